"""The linear-time algebra against SciPy's multivariate normal and brute-force matrices."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import multivariate_normal

from bayes_alliance.algebra.blocks import rotate
from bayes_alliance.algebra.normal import (
    conditional_effects,
    least_squares,
    log_density_by_sample,
    simulate,
)


def random_problem(seed, correlated, p=2, sizes=(1, 3, 2, 4)):
    rng = np.random.default_rng(seed)
    k, starts = sum(sizes), np.concatenate([[0], np.cumsum(sizes)[:-1]])
    v = rng.uniform(0.005, 0.1, k)
    V = []
    for a, m in zip(starts, sizes, strict=True):
        sd = np.sqrt(v[a : a + m])
        rho = rng.uniform(0, 0.9) if correlated else 0.0
        V.append(np.outer(sd, sd) * (rho + (1 - rho) * np.eye(m)))
    X = np.column_stack([np.ones(k), rng.normal(size=(k, p - 1))])
    y = rng.normal(0.2, 0.3, k)
    blocks = rotate(y=y, X=X, variances=v, starts=starts, covariances=V if correlated else None)
    return blocks, y, X, V, starts


def dense(V, starts, k, ts, te):
    M = np.zeros((k, k))
    for a, block in zip(starts, V, strict=True):
        m = len(block)
        M[a : a + m, a : a + m] = block + te**2 * np.eye(m) + ts**2
    return M


@given(st.integers(0, 10_000), st.booleans(), st.floats(0, 2), st.floats(0, 2))
def test_log_density_equals_the_multivariate_normal(seed, correlated, ts, te):
    blocks, y, X, V, starts = random_problem(seed, correlated)
    beta = np.array([0.1, -0.3])
    got = log_density_by_sample(blocks, beta=beta, tau_sample=ts, tau_effect=te)
    for i, (a, block) in enumerate(zip(starts, V, strict=True)):
        m = len(block)
        cov = block + te**2 * np.eye(m) + ts**2
        want = multivariate_normal(X[a : a + m] @ beta, cov).logpdf(y[a : a + m])
        assert got[i] == pytest.approx(want, abs=1e-10 * max(1, abs(want)))


@given(st.integers(0, 10_000), st.booleans(), st.floats(0, 2), st.floats(0, 2))
def test_least_squares_equals_dense_matrices(seed, correlated, ts, te):
    blocks, y, X, V, starts = random_problem(seed, correlated)
    M = dense(V, starts, len(y), ts, te)
    got = least_squares(blocks, tau_sample=ts, tau_effect=te)
    inverse = np.linalg.inv(M)
    np.testing.assert_allclose(got.xx, X.T @ inverse @ X, rtol=1e-8, atol=1e-8)
    np.testing.assert_allclose(got.xy, X.T @ inverse @ y, rtol=1e-8, atol=1e-8)
    np.testing.assert_allclose(got.yy, y @ inverse @ y, rtol=1e-8, atol=1e-8)
    np.testing.assert_allclose(got.log_determinant, np.linalg.slogdet(M)[1], rtol=1e-9, atol=1e-9)


def test_least_squares_takes_many_nodes_at_once():
    blocks, *_ = random_problem(3, True)
    ts, te = np.array([0.0, 0.1, 0.5]), np.array([0.2, 0.0, 0.3])
    many = least_squares(blocks, tau_sample=ts, tau_effect=te)
    for i in range(3):
        one = least_squares(blocks, tau_sample=ts[i], tau_effect=te[i])
        np.testing.assert_allclose(many.xx[i], one.xx, rtol=1e-12)
        np.testing.assert_allclose(many.log_determinant[i], one.log_determinant, rtol=1e-12)


@pytest.mark.parametrize("correlated", [False, True])
def test_conditional_effects_have_the_exact_mean_and_covariance(correlated):
    blocks, y, X, V, starts = random_problem(5, correlated)
    ts, te, beta, k, draws = 0.3, 0.2, np.array([0.1, 0.2]), len(y), 200_000
    ones = np.full(draws, 1.0)
    u, w = conditional_effects(
        blocks,
        beta=np.tile(beta, (draws, 1)),
        tau_sample=ts * ones,
        tau_effect=te * ones,
        rng=np.random.default_rng(1),
    )
    Z = np.eye(len(starts))[blocks.sample_index]
    M = dense(V, starts, k, ts, te)
    gain = np.vstack([ts**2 * Z.T, te**2 * np.eye(k)]) @ np.linalg.inv(M)
    prior = np.diag(np.concatenate([np.full(len(starts), ts**2), np.full(k, te**2)]))
    mean = gain @ (y - X @ beta)
    covariance = prior - gain @ np.hstack([ts**2 * Z, te**2 * np.eye(k)])
    drawn = np.hstack([u, w])
    np.testing.assert_allclose(drawn.mean(0), mean, atol=0.004)
    np.testing.assert_allclose(np.cov(drawn.T), covariance, atol=0.0015)


@pytest.mark.parametrize("correlated", [False, True])
def test_simulated_data_have_the_marginal_covariance(correlated):
    blocks, y, X, V, starts = random_problem(7, correlated)
    draws, beta = 200_000, np.array([0.1, 0.2])
    ones = np.ones(draws)
    got = simulate(
        blocks,
        beta=np.tile(beta, (draws, 1)),
        tau_sample=0.3 * ones,
        tau_effect=0.2 * ones,
        rng=np.random.default_rng(2),
    )
    np.testing.assert_allclose(got.mean(0), X @ beta, atol=0.006)
    np.testing.assert_allclose(np.cov(got.T), dense(V, starts, len(y), 0.3, 0.2), atol=0.004)
