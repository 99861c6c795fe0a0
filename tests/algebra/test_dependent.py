"""Answers with a covariance of its own for every draw, against SciPy and the rotated algebra."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import multivariate_normal

from bayes_alliance.algebra import general
from bayes_alliance.algebra.blocks import rotate
from bayes_alliance.algebra.kinds import samples_of

SIZES = (1, 3, 2, 3, 6)


def random_problem(seed, p=2, sizes=SIZES):
    """Data of samples of several sizes; some pairs correlate rho, others a known value."""
    rng = np.random.default_rng(seed)
    k, starts = sum(sizes), np.concatenate([[0], np.cumsum(sizes)[:-1]])
    fixed, pattern = [], []
    for m in sizes:
        sd = np.sqrt(rng.uniform(0.005, 0.1, m))
        known = np.triu(rng.random((m, m)) < 0.3, 1)
        known = known | known.T
        correlation = np.where(known, rng.uniform(0, 0.1), 0.0)
        fixed.append(np.outer(sd, sd) * np.where(np.eye(m), 1.0, correlation))
        pattern.append(np.outer(sd, sd) * ~(known | np.eye(m, dtype=bool)))
    X = np.column_stack([np.ones(k), rng.normal(size=(k, p - 1))])
    data = {"y": rng.normal(0.2, 0.3, k), "X": X, "starts": starts}
    return data, fixed, pattern


def at(data, fixed, pattern, rho):
    """The same data with rho known, rotated; and with rho drawn."""
    variances = np.concatenate([np.diag(f) for f in fixed])
    V = [f + rho * p for f, p in zip(fixed, pattern, strict=True)]
    rotated = rotate(**data, variances=variances, covariances=V)
    return samples_of(rotated), samples_of(rotated, (fixed, pattern)), V


def draws_of(rng, size, rho=None):
    return {
        "beta": rng.normal(0.1, 0.3, (size, 2)),
        "tau_sample": np.abs(rng.normal(0, 0.3, size)),
        "tau_effect": np.abs(rng.normal(0, 0.2, size)),
        "rho": rng.uniform(0, 0.45, size) if rho is None else np.full(size, rho),
    }


@given(st.integers(0, 10_000))
@settings(max_examples=25)
def test_log_density_equals_the_multivariate_normal_at_every_draw(seed):
    data, fixed, pattern = random_problem(seed)
    _, samples, _ = at(data, fixed, pattern, 0.2)
    draws = draws_of(np.random.default_rng(seed), 3)
    found = samples.log_density(draws)
    for d in range(3):
        beta, ts, te, rho = (draws[n][d] for n in ("beta", "tau_sample", "tau_effect", "rho"))
        for i, a in enumerate(data["starts"]):
            m = SIZES[i]
            M = fixed[i] + rho * pattern[i] + te**2 * np.eye(m) + ts**2
            mean = data["X"][a : a + m] @ beta
            want = multivariate_normal(mean, M).logpdf(data["y"][a : a + m])
            assert found[d, i] == pytest.approx(want, abs=1e-10 * max(1, abs(want)))
            np.testing.assert_allclose(samples.marginal_covariance(i, draws)[d], M, atol=1e-15)


@given(st.integers(0, 10_000), st.floats(0, 0.45))
@settings(max_examples=25)
def test_at_a_constant_rho_both_kinds_of_data_answer_alike(seed, rho):
    known, drawn, _ = at(*random_problem(seed), rho)
    rng = np.random.default_rng(seed)
    draws = draws_of(rng, 4, rho)
    y = rng.normal(size=(4, sum(SIZES)))
    for given_y in (None, y):
        a, b = known.log_density(draws, given_y), drawn.log_density(draws, given_y)
        np.testing.assert_allclose(a, b, rtol=1e-10, atol=1e-10)
        for a, b in zip(
            known.deviations_of_samples(draws, given_y),
            drawn.deviations_of_samples(draws, given_y),
            strict=True,
        ):
            np.testing.assert_allclose(a, b, rtol=1e-9, atol=1e-12)
    for group, same in zip(known.groups(), drawn.groups(), strict=True):
        np.testing.assert_allclose(group.fixed, same.fixed + rho * same.pattern, atol=1e-15)
    typical = drawn.at_median(draws)
    np.testing.assert_allclose(np.sort(typical.eigenvalues), np.sort(known.eigenvalues), rtol=1e-9)


def test_drawn_random_effects_have_the_moments_of_their_conditional():
    data, fixed, pattern = random_problem(5)
    _, samples, V = at(data, fixed, pattern, 0.4)
    size = 40_000
    one = draws_of(np.random.default_rng(8), 1, 0.4)
    draws = {name: np.repeat(values, size, axis=0) for name, values in one.items()}
    u, w = samples.draw_deviations(draws, np.random.default_rng(1))
    ts2, te2 = one["tau_sample"][0] ** 2, one["tau_effect"][0] ** 2
    for i, a in enumerate(data["starts"]):
        m = SIZES[i]
        own = slice(a, a + m)
        gain = np.linalg.inv(V[i] + te2 * np.eye(m) + ts2)
        prior = np.block([[np.full((m, m), ts2), np.zeros((m, m))],
                          [np.zeros((m, m)), te2 * np.eye(m)]])  # fmt: skip
        both = np.vstack([np.full((m, m), ts2), te2 * np.eye(m)])
        residual = data["y"][own] - data["X"][own] @ one["beta"][0]
        mean, covariance = both @ gain @ residual, prior - both @ gain @ both.T
        drawn = np.column_stack([u[:, own], w[:, own]])
        sd = np.sqrt(np.diag(covariance))
        assert np.abs((drawn.mean(0) - mean) / sd).max() < 4.5 / np.sqrt(size)
        np.testing.assert_allclose(np.cov(drawn.T), covariance, atol=4 * sd.max() ** 2 / 200)


def test_simulated_data_have_the_marginal_covariance():
    data, fixed, pattern = random_problem(6)
    _, samples, V = at(data, fixed, pattern, 0.3)
    one = draws_of(np.random.default_rng(9), 1, 0.3)
    draws = {name: np.repeat(values, 40_000, axis=0) for name, values in one.items()}
    y = samples.simulate(draws, np.random.default_rng(2))
    np.testing.assert_allclose(y.mean(0), data["X"] @ one["beta"][0], atol=0.01)
    M = V[1] + one["tau_effect"][0] ** 2 * np.eye(3) + one["tau_sample"][0] ** 2
    np.testing.assert_allclose(np.cov(y[:, 1:4].T), M, atol=0.02 * M.max())
    assert abs(np.corrcoef(y[:, 0], y[:, 1])[0, 1]) < 0.02


def test_slices_of_draws_change_nothing(monkeypatch):
    _, samples, _ = at(*random_problem(7), 0.2)
    draws = draws_of(np.random.default_rng(3), 50)
    whole = samples.log_density(draws)
    monkeypatch.setattr(general, "LARGEST", 100)
    np.testing.assert_array_equal(samples.log_density(draws), whole)
