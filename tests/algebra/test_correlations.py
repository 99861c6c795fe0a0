"""Sampling covariances of correlations from one sample, against R, derivatives and simulation."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bayes_alliance.algebra.correlations import (
    correlation_of_errors,
    overlap_factor,
    shared_correlation_of_errors,
)

REFERENCE = Path(__file__).parents[1] / "reference"
#: Pairs of which rcalc gives the covariance; none where a study reports too few correlations.
COMPARED = 123


def random_correlations(seed: int, size: int = 4) -> np.ndarray:
    rng = np.random.default_rng(seed)
    loadings = rng.normal(size=(size, size + 2))
    covariance = loadings @ loadings.T
    sd = np.sqrt(np.diag(covariance))
    return covariance / np.outer(sd, sd)


def of_matrix(R: np.ndarray, j: int, k: int, h: int, m: int) -> float:
    found = correlation_of_errors(
        r_jk=R[j, k], r_hm=R[h, m], r_jh=R[j, h], r_km=R[k, m], r_jm=R[j, m], r_kh=R[k, h]
    )
    return float(found)


def by_derivative(R: np.ndarray, j: int, k: int, h: int, m: int) -> float:
    """Delta method: cov(s_ab, s_cd) = s_ac s_bd + s_ad s_bc of normal variables (n times)."""

    def gradient(a: int, b: int) -> np.ndarray:
        step, found = 1e-5, np.zeros((4, 4))
        for row in range(4):
            for column in range(4):
                ends = []
                for sign in (1, -1):
                    S = R.copy()
                    S[row, column] += sign * step
                    # Entry (row, column) alone: r_ab reads s_ab only where a is the row.
                    ends.append(S[a, b] / np.sqrt(S[a, a] * S[b, b]))
                found[row, column] = (ends[0] - ends[1]) / (2 * step)
        return found

    covariance = np.einsum("ac,bd->abcd", R, R) + np.einsum("ad,bc->abcd", R, R)
    first, second = gradient(j, k), gradient(h, m)
    cross = np.einsum("ab,abcd,cd->", first, covariance, second)
    sizes = [np.einsum("ab,abcd,cd->", g, covariance, g) for g in (first, second)]
    return float(cross / np.sqrt(np.prod(sizes)))


@given(st.integers(0, 10**6), st.permutations(range(4)), st.integers(2, 4))
def test_the_formula_is_the_derivative_of_correlations(
    seed: int, order: list[int], different: int
) -> None:
    R = random_correlations(seed)
    j, k, h, m = order[0], order[1], order[2 % different], order[3 % different]
    assert of_matrix(R, j, k, h, m) == pytest.approx(by_derivative(R, j, k, h, m), abs=1e-6)


@given(st.floats(-0.9, 0.9), st.floats(-0.9, 0.9), st.floats(-0.9, 0.9))
def test_one_shared_variable_is_the_printed_formula(r_1: float, r_2: float, r_12: float) -> None:
    printed = r_12 * (1 - r_1**2 - r_2**2) - r_1 * r_2 * (1 - r_1**2 - r_2**2 - r_12**2) / 2
    printed /= (1 - r_1**2) * (1 - r_2**2)
    found = float(shared_correlation_of_errors(r_1=r_1, r_2=r_2, r_12=r_12))
    assert found == pytest.approx(printed, abs=1e-12)
    itself = float(shared_correlation_of_errors(r_1=r_1, r_2=r_1, r_12=1.0))
    assert itself == pytest.approx(1, abs=1e-12)


def test_the_formula_is_what_simulated_samples_show() -> None:
    R = np.array([[1, 0.7, 0.5, 0.3], [0.7, 1, 0.4, 0.2], [0.5, 0.4, 1, 0.6], [0.3, 0.2, 0.6, 1.0]])
    people, samples = 200, 20_000
    rng = np.random.default_rng(20)
    data = rng.standard_normal((samples, people, 4)) @ np.linalg.cholesky(R).T
    data -= data.mean(axis=1, keepdims=True)
    S = np.einsum("spa,spb->sab", data, data)
    sd = np.sqrt(np.einsum("saa->sa", S))
    z = np.arctanh(S / (sd[:, :, None] * sd[:, None, :] + 1e-12) * (1 - np.eye(4)))
    pairs = [(0, 2), (1, 2), (0, 3), (1, 3), (0, 1)]
    errors = np.stack([z[:, a, b] for a, b in pairs])
    expected = [[of_matrix(R, *one, *two) for two in pairs] for one in pairs]
    # Monte Carlo error .007, and terms of order 1 / n.
    np.testing.assert_allclose(np.corrcoef(errors), expected, atol=0.025)
    np.testing.assert_allclose(np.cov(errors).diagonal() * (people - 3), 1, atol=0.04)


@pytest.mark.parametrize("scale", ["z", "r"])
def test_covariances_equal_rcalc(scale: str) -> None:
    rows = pd.read_csv(REFERENCE / "craft2003_rcalc_z_rows.csv")
    told = pd.read_csv(REFERENCE / f"craft2003_rcalc_{scale}_V.csv", header=None).to_numpy()
    compared = 0
    for _, study in rows.groupby("study"):
        names = sorted({*study["var1"], *study["var2"]})
        R = pd.DataFrame(np.eye(len(names)), names, names)
        for a, b, z in study[["var1", "var2", "yi"]].to_numpy():
            R.loc[a, b] = R.loc[b, a] = np.tanh(z)
        at = {name: i for i, name in enumerate(names)}
        pairs = [(at[a], at[b]) for a, b in study[["var1", "var2"]].to_numpy()]
        c = np.array([[of_matrix(R.to_numpy(), *p, *q) for q in pairs] for p in pairs])
        n = study["ni"].to_numpy(float)
        # rcalc: 1 / (n - 3) on z, (1 - r^2)^2 / (n - 1) on r.
        v = 1 / (n - 3) if scale == "z" else (1 - np.tanh(study["yi"]) ** 2) ** 2 / (n - 1)
        block = told[np.ix_(study.index, study.index)]
        known = np.isfinite(block)
        ours = c * np.sqrt(np.outer(v, v))
        np.testing.assert_allclose(ours[known], block[known], rtol=0, atol=1e-8)
        compared += int(np.triu(known, 1).sum())
    assert compared == COMPARED


def test_people_in_common() -> None:
    assert float(overlap_factor(n_1=50, n_2=50, n_both=50)) == 1
    assert float(overlap_factor(n_1=100, n_2=64, n_both=64)) == pytest.approx(0.8)
    assert float(overlap_factor(n_1=100, n_2=64, n_both=900)) == pytest.approx(0.8)
    assert float(overlap_factor(n_1=100, n_2=64, n_both=0)) == 0
