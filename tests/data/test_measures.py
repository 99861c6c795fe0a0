"""Formulas against printed numbers and against statistics computed from raw scores."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from bayes_alliance.data import measures

SIZES = st.floats(5, 1e5)
CORRELATIONS = st.floats(-0.99, 0.99)


def test_worked_example_of_borenstein_and_others_2009() -> None:
    # Chapter 6: r = .50, n = 100 gives z = 0.5493 with variance 0.0103 and standard error 0.1015.
    assert measures.fisher_z(0.5) == pytest.approx(0.5493, abs=5e-5)
    assert measures.z_variance(100) == pytest.approx(0.0103, abs=5e-5)
    assert np.sqrt(measures.z_variance(100)) == pytest.approx(0.1015, abs=5e-5)
    # Chapter 6: the limits 0.3504 and 0.7482 on z are 0.3368 and 0.6341 on r.
    assert measures.r_from_z([0.3504, 0.7482]) == pytest.approx([0.3368, 0.6341], abs=1e-4)


def test_d_of_one_half_is_the_textbook_correlation() -> None:
    # Borenstein et al. (2009), chapter 7: d = 0.50, equal groups of 100, gives r = 0.2425 with
    # variance 0.0043.
    r = measures.r_from_d(0.5, 100, 100)
    assert r == pytest.approx(0.2425, abs=5e-5)
    v = measures.r_variance_from_z(measures.z_variance_from_d(0.5, 100, 100), r)
    assert v == pytest.approx(0.0043, abs=5e-5)


def test_variances_of_partial_and_rank_correlations() -> None:
    assert measures.z_variance(54, 4) == pytest.approx(1 / 47)
    assert measures.z_variance(103, spearman=True) == pytest.approx(1.06 / 100)
    both = measures.z_variance([103, 103], spearman=[False, True])
    assert both == pytest.approx([0.01, 0.0106])
    assert measures.r_variance(0.6, 101) == pytest.approx(0.64**2 / 100)


def test_rank_correlations_vary_as_fieller_and_others_say() -> None:
    rng = np.random.default_rng(7)
    n, runs = 30, 4000
    x = rng.standard_normal((runs, n))
    y = 0.5 * x + np.sqrt(0.75) * rng.standard_normal((runs, n))
    ranks = [stats.rankdata(v, axis=1) for v in (x, y)]
    centred = [v - v.mean(axis=1, keepdims=True) for v in ranks]
    products = (centred[0] * centred[1]).sum(axis=1)
    rho = products / np.sqrt((centred[0] ** 2).sum(axis=1) * (centred[1] ** 2).sum(axis=1))
    assert np.var(np.arctanh(rho)) == pytest.approx(
        float(measures.z_variance(n, spearman=True)), rel=0.08
    )


def test_t_of_a_regression_weight_is_the_partial_correlation() -> None:
    rng = np.random.default_rng(3)
    n = 40
    covariates = rng.standard_normal((n, 2))
    x = covariates @ [0.5, -0.2] + rng.standard_normal(n)
    y = 0.4 * x + covariates @ [0.3, 0.6] + rng.standard_normal(n)
    design = np.column_stack([np.ones(n), covariates, x])
    beta, rss = np.linalg.lstsq(design, y)[:2]
    df = n - design.shape[1]
    se = np.sqrt(rss[0] / df * np.linalg.inv(design.T @ design)[-1, -1])
    others = design[:, :-1]

    def residual(v: np.ndarray) -> np.ndarray:
        return v - others @ np.linalg.lstsq(others, v)[0]

    partial = np.corrcoef(residual(x), residual(y))[0, 1]
    assert measures.r_from_t(beta[-1] / se, df) == pytest.approx(partial, abs=1e-12)
    assert measures.z_variance(n, 2) == pytest.approx(1 / (df - 1))


def test_t_and_f_of_two_groups_are_the_point_biserial_correlation() -> None:
    rng = np.random.default_rng(4)
    group = np.repeat([0.0, 1.0], [20, 33])
    y = 0.6 * group + rng.standard_normal(53)
    t = stats.ttest_ind(y[group == 1], y[group == 0]).statistic
    f = stats.f_oneway(y[group == 1], y[group == 0]).statistic
    expected = np.corrcoef(group, y)[0, 1]
    assert measures.r_from_t(t, 51) == pytest.approx(expected, abs=1e-12)
    assert measures.r_from_f(f, 51) == pytest.approx(abs(expected), abs=1e-12)


def test_chi_squared_of_a_two_by_two_table_is_phi() -> None:
    counts = np.array([[30, 12], [14, 25]])
    chi2 = stats.chi2_contingency(counts, correction=False).statistic
    rows, columns = np.repeat(np.indices((2, 2)).reshape(2, 4), counts.ravel(), axis=1)
    phi = np.corrcoef(rows, columns)[0, 1]
    assert measures.r_from_chi2(chi2, counts.sum()) == pytest.approx(phi, abs=1e-12)


def test_the_correction_removes_the_bias_of_z() -> None:
    # The mean of z over samples of 12 from a population with correlation .5.
    rng = np.random.default_rng(11)
    n, runs = 12, 60_000
    x = rng.standard_normal((runs, n))
    y = 0.5 * x + np.sqrt(0.75) * rng.standard_normal((runs, n))
    x, y = (v - v.mean(axis=1, keepdims=True) for v in (x, y))
    r = (x * y).sum(axis=1) / np.sqrt((x**2).sum(axis=1) * (y**2).sum(axis=1))
    bias = measures.fisher_z(r) - np.arctanh(0.5)
    error = bias.std() / np.sqrt(runs)
    assert bias.mean() > 10 * error
    assert abs((bias - measures.z_correction(r, n)).mean()) < 4 * error


@given(r=CORRELATIONS, n=SIZES)
def test_r_comes_back_from_its_statistics(r: float, n: float) -> None:
    df = n - 2
    t = r * np.sqrt(df / (1 - r * r))
    assert measures.r_from_t(t, df) == pytest.approx(r, abs=1e-12)
    assert measures.r_from_f(t * t, df) == pytest.approx(abs(r), abs=1e-12)
    assert measures.r_from_chi2(r * r * n, n) == pytest.approx(abs(r), abs=1e-12)
    assert measures.r_from_z(measures.fisher_z(r)) == pytest.approx(r, abs=1e-12)


@given(r=CORRELATIONS, n1=SIZES, n2=SIZES)
def test_r_comes_back_from_d_and_variances_stay_positive(r: float, n1: float, n2: float) -> None:
    a = (n1 + n2) ** 2 / (n1 * n2)
    d = r * np.sqrt(a / (1 - r * r))
    assert measures.r_from_d(d, n1, n2) == pytest.approx(r, abs=1e-9)
    v = float(measures.z_variance_from_d(d, n1, n2))
    assert v > 0
    assert measures.z_variance_from_d(-d, n1, n2) == pytest.approx(v)
    assert measures.z_variance_from_d(d, n2, n1) == pytest.approx(v)


@given(r=CORRELATIONS, n=SIZES)
def test_everything_is_odd_or_even_in_r(r: float, n: float) -> None:
    assert measures.fisher_z(-r) == -measures.fisher_z(r)
    assert measures.z_correction(-r, n) == -measures.z_correction(r, n)
    assert measures.r_variance(-r, n) == measures.r_variance(r, n)
