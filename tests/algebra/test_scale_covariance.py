"""Samples with an effect for each scale: densities, conditionals and prior correlations."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from bayes_alliance.algebra.blocks import rotate
from bayes_alliance.algebra.correlation_matrices import (
    cholesky_rows,
    common_shapes,
    lowest_common,
    matrix_of_pairs,
    pairs_of_matrix,
    partial_shapes,
)
from bayes_alliance.algebra.kinds import samples_of

SIZES = (1, 3, 2, 3, 4)
LEVEL = np.array([0, 0, 1, 2, 2, 0, 1, 1, 2, 0, 0, 1, 2])
STARTS = np.concatenate([[0], np.cumsum(SIZES)[:-1]])


def samples(seed, dependence=False):
    rng = np.random.default_rng(seed)
    k = sum(SIZES)
    v = rng.uniform(0.005, 0.1, k)
    blocks = rotate(y=rng.normal(0.2, 0.3, k), X=np.eye(3)[LEVEL], variances=v, starts=STARTS)
    if not dependence:
        return samples_of(blocks, level=LEVEL), v
    roots = np.split(np.sqrt(v), STARTS[1:])
    fixed = [np.diag(root**2) for root in roots]
    pattern = [np.outer(root, root) - np.diag(root**2) for root in roots]
    return samples_of(blocks, (fixed, pattern), LEVEL), v


def draws_of(rng, size, rho=False):
    partial = rng.uniform(-0.8, 0.8, (size, 3))
    factor = cholesky_rows(partial, 3)
    found = {
        "beta": rng.normal(0.2, 0.2, (size, 3)),
        "tau_scale": rng.gamma(2, 0.08, (size, 3)),
        "scale_correlation": pairs_of_matrix(factor @ factor.swapaxes(-1, -2)),
        "tau_effect": rng.gamma(2, 0.04, size),
    }
    return found | ({"rho": rng.uniform(0, 0.9, size)} if rho else {})


def dense(draws, d, v, i):
    own = slice(STARTS[i], STARTS[i] + SIZES[i])
    root = np.sqrt(v[own])
    rho = draws["rho"][d] if "rho" in draws else 0.0
    V = np.outer(root, root) * (rho + (1 - rho) * np.eye(SIZES[i]))
    tau, R = draws["tau_scale"][d], np.eye(3)
    R[[0, 0, 1], [1, 2, 2]] = R[[1, 2, 2], [0, 0, 1]] = draws["scale_correlation"][d]
    Z = np.eye(3)[LEVEL[own]]
    G = np.outer(tau, tau) * R
    return own, Z, G, V + Z @ G @ Z.T + draws["tau_effect"][d] ** 2 * np.eye(SIZES[i])


@given(st.integers(0, 10_000), st.booleans())
@settings(max_examples=25)
def test_log_density_equals_the_multivariate_normal(seed, rho):
    data, v = samples(seed, rho)
    draws = draws_of(np.random.default_rng(seed), 2, rho)
    found = data.log_density(draws)
    for d in range(2):
        for i in range(len(SIZES)):
            own, _, _, M = dense(draws, d, v, i)
            normal = stats.multivariate_normal(draws["beta"][d][LEVEL[own]], M)
            want = normal.logpdf(data.effect_sizes[own])
            assert found[d, i] == pytest.approx(want, abs=1e-10 * max(1, abs(want)))
            np.testing.assert_allclose(data.marginal_covariance(i, draws)[d], M, atol=1e-14)


def test_one_tau_and_correlation_1_are_the_common_sample_effect():
    data, _ = samples(4)
    rng = np.random.default_rng(2)
    draws = draws_of(rng, 5)
    tau = rng.gamma(2, 0.1, 5)
    draws |= {"tau_scale": np.repeat(tau[:, None], 3, 1), "scale_correlation": np.ones((5, 3))}
    common = samples_of(rotate(y=data.effect_sizes, X=data.design_matrix, starts=STARTS,
                               variances=data.eigenvalues))  # fmt: skip
    single = {name: draws[name] for name in ("beta", "tau_effect")} | {"tau_sample": tau}
    np.testing.assert_allclose(data.log_density(draws), common.log_density(single), rtol=1e-10)
    for a, b in zip(data.deviations_of_samples(draws), common.deviations_of_samples(single),
                    strict=True):  # fmt: skip
        np.testing.assert_allclose(a, b, atol=1e-10)
    for weights in (None, np.array([1.0, 0, 0]), np.array([0.2, 0.3, 0.5])):
        variance = data.between_variance(draws, weights)
        np.testing.assert_allclose(variance, tau**2, rtol=1e-12)


def test_drawn_effects_have_the_moments_of_their_conditional():
    data, v = samples(5)
    one = draws_of(np.random.default_rng(6), 1)
    draws = {name: np.repeat(values, 40_000, axis=0) for name, values in one.items()}
    u, w = data.draw_deviations(draws, np.random.default_rng(1))
    for i in (1, 4):
        own, Z, G, M = dense(one, 0, v, i)
        residual = data.effect_sizes[own] - one["beta"][0][LEVEL[own]]
        for drawn, prior in ((u, Z @ G @ Z.T), (w, one["tau_effect"][0] ** 2 * np.eye(SIZES[i]))):
            mean = prior @ np.linalg.solve(M, residual)
            covariance = prior - prior @ np.linalg.solve(M, prior)
            sd = np.sqrt(np.diag(covariance))
            assert np.abs((drawn[:, own].mean(0) - mean) / sd).max() < 4.5 / 200
            np.testing.assert_allclose(
                np.cov(drawn[:, own].T), covariance, atol=0.03 * sd.max() ** 2
            )
    # Two effects of one sample and scale share their sample effect.
    np.testing.assert_allclose(u[:, STARTS[4]], u[:, STARTS[4] + 1], atol=1e-10)


def test_the_deviation_on_a_scale_is_predicted_from_all_scales():
    data, v = samples(7)
    draws = draws_of(np.random.default_rng(8), 3)
    mean, variance = data.deviations_of_samples(draws, weights=np.array([0.0, 0, 1]))
    for d in range(3):
        for i in range(len(SIZES)):
            own, Z, G, M = dense(draws, d, v, i)
            residual = data.effect_sizes[own] - draws["beta"][d][LEVEL[own]]
            cross = G[2] @ Z.T
            assert mean[d, i] == pytest.approx(cross @ np.linalg.solve(M, residual), abs=1e-12)
            left = G[2, 2] - cross @ np.linalg.solve(M, cross)
            assert variance[d, i] == pytest.approx(left, abs=1e-12)


def test_the_variance_of_a_new_sample_is_that_of_the_scale_asked_for():
    data, _ = samples(9)
    draws = draws_of(np.random.default_rng(9), 4)
    for scale in range(3):
        weights = np.eye(3)[scale]
        np.testing.assert_allclose(data.mixture_of_scales(weights), weights, atol=1e-12)
        for one_effect in (False, True):
            found = data.between_variance(draws, weights, one_effect=one_effect)
            np.testing.assert_allclose(found, draws["tau_scale"][:, scale] ** 2, rtol=1e-12)
    share = np.bincount(LEVEL) / len(LEVEL)
    np.testing.assert_allclose(data.mixture_of_scales(None), share)
    np.testing.assert_allclose(
        data.between_variance(draws, one_effect=True), np.square(draws["tau_scale"]) @ share
    )
    np.testing.assert_allclose(
        data.between_variances(draws), np.square(draws["tau_scale"])[:, LEVEL]
    )


@pytest.mark.parametrize(("size", "eta"), [(2, 2.0), (3, 1.0), (4, 2.0)])
def test_partial_correlations_make_lkj_matrices(size, eta):
    """Every pair of an LKJ matrix is Beta(eta - 1 + L/2), and log |R| has a known mean."""
    rng = np.random.default_rng(size)
    shapes = partial_shapes(size, eta)
    factor = cholesky_rows(2 * rng.beta(shapes, shapes, (20_000, len(shapes))) - 1, size)
    R = factor @ factor.swapaxes(-1, -2)
    np.testing.assert_allclose(np.diagonal(R, axis1=1, axis2=2), 1.0)
    marginal = stats.beta(eta - 1 + size / 2, eta - 1 + size / 2, loc=-1, scale=2)
    for pair in pairs_of_matrix(R).T:
        assert stats.kstest(pair, marginal.cdf).pvalue > 0.001
    np.testing.assert_array_equal(matrix_of_pairs(pairs_of_matrix(R), size)[0, 0, 1:], R[0, 0, 1:])


@pytest.mark.parametrize(("size", "eta"), [(2, 2.0), (3, 2.0), (5, 3.5), (4, 1.0)])
def test_a_common_correlation_has_the_density_of_its_determinant(size, eta):
    a, b = common_shapes(size, eta)
    low = lowest_common(size)
    density = stats.beta(a, b, loc=low, scale=1 - low)
    c = np.array([0.9 * low, 0.1, 0.5, 0.9])
    eye = np.eye(size)
    log_determinant = [np.linalg.slogdet(eye + one * (1 - eye))[1] for one in c]
    found = density.logpdf(c) - (eta - 1) * np.array(log_determinant)
    np.testing.assert_allclose(found, found[0], atol=1e-10)
