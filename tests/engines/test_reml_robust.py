"""CR2, Satterthwaite df and HTZ against clubSandwich, brute force and closed forms."""

from __future__ import annotations

import tracemalloc
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from reml_cases import (
    DATA,
    MODERATED,
    THREE_LEVEL,
    blocks_of,
    correlated,
    dense,
    design,
    intercept,
    simulated,
    table,
)
from scipy import stats

from bayes_alliance.algebra.blocks import Array, RotatedBlocks, rotate
from bayes_alliance.engines.reml.estimate import estimate
from bayes_alliance.engines.reml.robust import (
    ClusterRobust,
    cluster_robust,
    htz_test,
    robust_tests,
    satterthwaite_df,
)
from bayes_alliance.errors import EngineError

seeds = st.integers(0, 2**32 - 1)
quick = settings(max_examples=12, derandomize=True, deadline=None)


def robust_of(blocks: RotatedBlocks) -> ClusterRobust:
    return cluster_robust(blocks, estimate(blocks))


def agrees(robust: ClusterRobust, told: dict[str, Any]) -> None:
    found = robust_tests(robust)
    np.testing.assert_allclose(found.se, np.atleast_1d(told["SE"]), rtol=1e-5)
    np.testing.assert_allclose(found.df, np.atleast_1d(told["df"]), atol=1e-3)
    np.testing.assert_allclose(found.p, np.atleast_1d(told["p"]), atol=1e-5)
    for limits, key in ((found.lower, "ci_lb"), (found.upper, "ci_ub")):
        np.testing.assert_allclose(limits, np.atleast_1d(told[key]), rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("name", DATA)
def test_the_intercept_equals_clubsandwich(name: str) -> None:
    told = THREE_LEVEL[name]["intercept"]["clubSandwich"]["CR2"]
    robust = robust_of(intercept(name))
    agrees(robust, told)
    assert robust.se[0] == pytest.approx(told["SE"], abs=1e-9)


@pytest.mark.parametrize("name", DATA)
def test_correlated_sampling_errors_equal_clubsandwich(name: str) -> None:
    frame = table(name)
    robust = robust_of(blocks_of(frame, np.ones((len(frame), 1)), correlated(frame, 0.6)))
    agrees(robust, THREE_LEVEL[name]["vcalc_rho06"]["clubSandwich"]["CR2"])


@pytest.mark.parametrize(("name", "formula"), MODERATED)
def test_moderators_equal_clubsandwich(name: str, formula: str) -> None:
    frame = table(name)
    told = THREE_LEVEL[name]["moderators"][formula]
    robust = robust_of(blocks_of(frame, design(frame, formula)))
    agrees(robust, told["clubSandwich"]["CR2"])
    joint = htz_test(robust, np.eye(len(robust.beta))[1:])
    assert pytest.approx(told["Wald_HTZ"]["Fstat"], rel=1e-5) == joint.F
    assert joint.df_numerator == told["Wald_HTZ"]["df_num"]
    assert joint.df_denominator == pytest.approx(told["Wald_HTZ"]["df_denom"], abs=1e-3)
    assert joint.p == pytest.approx(told["Wald_HTZ"]["p"], abs=1e-5)


@pytest.mark.parametrize("predictor", ["sei", "vi"])
@pytest.mark.parametrize("name", DATA)
def test_small_study_models_equal_clubsandwich(name: str, predictor: str) -> None:
    frame = table(name)
    robust = robust_of(blocks_of(frame, design(frame, predictor)))
    agrees(robust, THREE_LEVEL[name]["small_study"][predictor]["clubSandwich_CR2"])


def brute_force(data: dict[str, Any], H: Array) -> tuple[Array, Array, float]:
    """CR2 covariance, df and Zhang's eta from k x k matrices, after the paper's definitions."""
    blocks = rotate(**data)
    fit = estimate(blocks)
    M, X, y = dense(data, fit.sigma2_sample, fit.sigma2_effect)
    W = np.linalg.inv(M)
    C = np.linalg.inv(X.T @ W @ X)
    I_H = np.eye(len(y)) - X @ C @ X.T @ W
    bounds = np.append(data["starts"], len(y))
    forms = []  # one array (q, k) a sample: the linear forms in y whose squares are summed
    meat = np.zeros((X.shape[1],) * 2)
    for a, b in pairwise(bounds):
        D = np.linalg.cholesky(M[a:b, a:b]).T
        B = D @ I_H[a:b] @ M @ I_H[a:b].T @ D.T
        values, vectors = np.linalg.eigh(B)
        A = D.T @ vectors @ np.diag(values**-0.5) @ vectors.T @ D
        half = X[a:b].T @ W[a:b, a:b] @ A
        meat += np.outer(half @ (I_H[a:b] @ y), half @ (I_H[a:b] @ y))
        forms.append(H @ C @ half @ I_H[a:b])
    V = C @ meat @ C
    P = np.array([[g @ M @ h.T for h in forms] for g in forms])  # (S, S, q, q)
    single = np.einsum("iiqq->q", P) ** 2 / np.einsum("ijqq->q", P**2)
    omega = np.einsum("iiab->ab", P)
    values, vectors = np.linalg.eigh(omega)
    whiten = vectors @ np.diag(values**-0.5) @ vectors.T
    P = whiten @ P @ whiten
    q = len(H)
    variances = [
        np.sum(P[:, :, s, s] * P[:, :, t, t]) + np.sum(P[:, :, s, t] * P[:, :, t, s])
        for s in range(q)
        for t in range(q)
    ]
    return V, single, q * (q + 1) / sum(variances)


@quick
@given(seeds, st.booleans())
def test_the_moments_equal_brute_force(seed: int, correlated_errors: bool) -> None:
    data = simulated(seed, correlated=correlated_errors)
    H = np.array([[1.0, 0.5], [0.0, 1.0]])
    V, df, eta = brute_force(data, H)
    robust = robust_of(rotate(**data))
    np.testing.assert_allclose(robust.covariance, V, rtol=1e-6, atol=1e-9 * np.abs(V).max())
    np.testing.assert_allclose(satterthwaite_df(robust, H), df, rtol=1e-6)
    joint = htz_test(robust, H)
    assert joint.df_denominator == pytest.approx(eta - 1, rel=1e-6)


@quick
@given(seeds)
def test_htz_of_one_contrast_is_the_squared_t(seed: int) -> None:
    robust = robust_of(rotate(**simulated(seed)))
    H = np.array([[0.3, -1.0]])
    single, joint = robust_tests(robust, H), htz_test(robust, H)
    assert pytest.approx(single.statistic[0] ** 2, rel=1e-9) == joint.F
    assert joint.df_denominator == pytest.approx(single.df[0], rel=1e-9)
    assert joint.p == pytest.approx(single.p[0], rel=1e-7)


@quick
@given(seeds)
def test_one_effect_a_sample_and_equal_variances_is_hc2(seed: int) -> None:
    rng = np.random.default_rng(seed)
    k = int(rng.integers(6, 20))
    X = np.column_stack([np.ones(k), rng.normal(size=k)])
    y = rng.normal(size=k)
    robust = robust_of(rotate(y=y, X=X, variances=np.full(k, 0.02), starts=np.arange(k)))
    C = np.linalg.inv(X.T @ X)
    leverage = np.einsum("ka,ab,kb->k", X, C, X)
    residual = y - X @ C @ X.T @ y
    hc2 = C @ (X.T * (residual**2 / (1 - leverage))) @ X @ C
    np.testing.assert_allclose(robust.covariance, hc2, rtol=1e-8, atol=1e-12)


def test_balanced_samples_and_an_intercept_give_the_t_test_of_sample_means() -> None:
    y = np.array([0.1, 0.3, 0.5, 0.2, 0.0, 0.6, 0.4, 0.9])
    blocks = rotate(y=y, X=np.ones((8, 1)), variances=np.full(8, 0.01), starts=np.arange(0, 8, 2))
    found = robust_tests(robust_of(blocks))
    expected = stats.ttest_1samp(y.reshape(4, 2).mean(axis=1), 0.0)
    assert found.statistic[0] == pytest.approx(expected.statistic, rel=1e-10)
    assert found.df[0] == pytest.approx(3.0, rel=1e-10)
    assert found.p[0] == pytest.approx(expected.pvalue, rel=1e-9)


@quick
@given(seeds)
def test_order_shift_scale_and_coding_do_not_matter(seed: int) -> None:
    data = simulated(seed)
    y, X, starts = data["y"], data["X"], data["starts"]
    still = robust_of(rotate(**data))
    parts = np.split(np.arange(len(y)), starts[1:])[::-1]
    rows = np.concatenate([part[::-1] for part in parts])
    sizes = np.array([len(part) for part in parts])
    turned = {
        "y": y[rows],
        "X": X[rows],
        "variances": data["variances"][rows],
        "starts": np.cumsum(sizes) - sizes,
        "covariances": [V[::-1, ::-1] for V in data["covariances"][::-1]],
    }
    scaled = {
        **data,
        "y": 1e-3 * (y + X @ [3.0, -7.0]),
        "variances": 1e-6 * data["variances"],
        "covariances": [1e-6 * V for V in data["covariances"]],
    }
    recoding = np.array([[1.0, 0.3], [-2.0, 5.0]])
    for changed, unit, turn in (
        (turned, 1.0, np.eye(2)),
        (scaled, 1e-6, np.eye(2)),
        ({**data, "X": X @ recoding}, 1.0, np.linalg.inv(recoding)),
    ):
        other = robust_of(rotate(**changed))
        V = turn @ still.covariance @ turn.T * unit
        np.testing.assert_allclose(other.covariance, V, rtol=1e-5, atol=1e-7 * np.abs(V).max())
        df = satterthwaite_df(other, np.eye(2) @ np.linalg.inv(turn))
        np.testing.assert_allclose(df, satterthwaite_df(still), rtol=1e-5)


def memory(samples: int) -> int:
    """Largest number of bytes that the robust test of a problem of this size holds at once."""
    rng = np.random.default_rng(samples)
    k = 3 * samples
    X = np.column_stack([np.ones(k), rng.normal(size=k)])
    blocks = rotate(y=rng.normal(size=k), X=X, variances=np.ones(k), starts=np.arange(0, k, 3))
    fit = estimate(blocks, tau_sample=0.5, tau_effect=0.5)
    tracemalloc.start()
    robust = cluster_robust(blocks, fit)
    satterthwaite_df(robust)
    htz_test(robust, np.eye(2))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return peak


def test_the_cost_is_linear_in_the_number_of_samples() -> None:
    small, large = memory(1_000), memory(8_000)
    # One dense S x S or k x k matrix would multiply the need by 64 and hold at least 512 MB.
    assert large < 8 * 1.2 * small
    assert large < 64e6


def test_a_coefficient_that_one_sample_fixes_has_no_robust_error() -> None:
    rng = np.random.default_rng(2)
    own = np.zeros(9)
    own[0] = 1.0
    X = np.column_stack([np.ones(9), own])
    starts = np.array([0, 1, 3, 5, 7])
    robust = robust_of(rotate(y=rng.normal(size=9), X=X, variances=np.full(9, 0.1), starts=starts))
    assert np.isfinite(satterthwaite_df(robust)[0])
    # The single effect of the first sample has residual 0: what is left of the contrast is the
    # error of the other samples.
    assert robust.se[1] == pytest.approx(robust.se[0], rel=1e-9)


def test_what_cannot_be_tested_is_told() -> None:
    rng = np.random.default_rng(3)
    three = rotate(
        y=rng.normal(size=6), X=np.ones((6, 1)), variances=np.ones(6), starts=np.array([0, 2, 4])
    )
    robust = robust_of(three)
    with pytest.raises(EngineError, match="repeat one another"):
        htz_test(robust, [[1.0], [2.0]])
    one = rotate(
        y=rng.normal(size=4), X=np.ones((4, 1)), variances=np.ones(4), starts=np.array([0])
    )
    with pytest.raises(EngineError, match="one sample"):
        robust_of(one)
    cells = np.eye(3)[[0, 1, 2, 2, 2]]
    own = robust_of(
        rotate(y=rng.normal(size=5), X=cells, variances=np.ones(5), starts=np.arange(5))
    )
    with pytest.raises(EngineError, match="cannot test 2 contrasts together"):
        htz_test(own, np.eye(3)[:2])
    np.testing.assert_array_equal(np.isnan(satterthwaite_df(own)), [True, True, False])


def test_what_was_computed_cannot_be_changed() -> None:
    robust = robust_of(intercept("crede2010"))
    for array in (robust.covariance, robust.beta, robust_tests(robust).p):
        with pytest.raises(ValueError, match="read-only"):
            array[0] = 0.0


def test_too_few_samples_for_so_many_contrasts_give_no_number() -> None:
    rng = np.random.default_rng(4)
    X = np.column_stack([np.ones(8), np.repeat(rng.normal(size=(4, 2)), 2, axis=0)])
    blocks = rotate(y=rng.normal(size=8), X=X, variances=np.ones(8), starts=np.arange(0, 8, 2))
    joint = htz_test(robust_of(blocks), np.eye(3))
    # One degree of freedom between samples: Zhang's eta is q - 1 up to rounding.
    assert joint.df_denominator == pytest.approx(0, abs=1e-9)
    assert np.isnan(joint.F)
    assert np.isnan(joint.p)
