"""Probabilities and densities under mixtures of normals, against SciPy and the exact marginals."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import multivariate_normal

import bayes_alliance as ba
from bayes_alliance.engines.exact.engine import ExactEngine
from bayes_alliance.sensitivity.densities import (
    Normals,
    log_density_at_zero,
    normals_of,
    probability_positive,
)
from bayes_alliance.spec.compilation import compile_design


def mixture(m: int, seed: int) -> Normals:
    rng = np.random.default_rng(seed)
    A = rng.normal(size=(3, m, m))
    return Normals(
        np.array([0.2, 0.5, 0.3]), rng.normal(size=(3, m)), A @ A.swapaxes(1, 2) + 0.1 * np.eye(m)
    )


@pytest.mark.parametrize("seed", [1, 2, 3])
@pytest.mark.parametrize("m", [1, 2, 3, 4])
def test_probabilities_of_all_positive(m: int, seed: int) -> None:
    given = mixture(m, seed)
    components = zip(given.weights, given.means, given.covariances, strict=True)
    expected = sum(
        w * multivariate_normal(-mean, cov).cdf(np.zeros(m), rng=np.random.default_rng(1))
        for w, mean, cov in components
    )
    found, error = probability_positive(given)
    assert error == 0 if m <= 2 else error < 1e-4
    assert found == pytest.approx(expected, abs=1e-12 if m <= 2 else 5 * error + 2e-5)
    densities = [
        multivariate_normal(mean, cov).pdf(np.zeros(m))
        for mean, cov in zip(given.means, given.covariances, strict=True)
    ]
    assert log_density_at_zero(given) == pytest.approx(np.log(given.weights @ densities), abs=1e-12)


@settings(max_examples=50, derandomize=True, deadline=None)
@given(st.floats(-6, 6), st.floats(-6, 6), st.floats(-0.999, 0.999))
def test_four_quadrants_make_one(a: float, b: float, rho: float) -> None:
    total = 0.0
    for s, t in ((1, 1), (1, -1), (-1, 1), (-1, -1)):
        cov = np.array([[[1, s * t * rho], [s * t * rho, 1]]])
        found, _ = probability_positive(Normals(np.ones(1), np.array([[s * a, t * b]]), cov))
        assert 0 <= found <= 1
        total += found
    assert total == pytest.approx(1, abs=1e-12)


@pytest.mark.parametrize("model", ["subscales_independent", "subscales"])
def test_the_mixture_of_a_posterior_has_its_moments(model: str) -> None:
    design = compile_design(ba.load("ibi_synthetic"), ba.read_specification(model))
    grid = ExactEngine().solve(design)
    normals, (_, means, sds) = normals_of(grid), grid.moments()
    p = len(design.coefficients)
    centre = normals.weights @ normals.means
    np.testing.assert_allclose(centre, means[:p], atol=1e-9)
    own = np.diagonal(normals.covariances, axis1=-2, axis2=-1) + np.square(normals.means - centre)
    np.testing.assert_allclose(np.sqrt(normals.weights @ own), sds[:p], rtol=1e-8)
