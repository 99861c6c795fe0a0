"""What must hold for any data: order, shift, scale, derivatives, boundary, messages."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from reml_cases import dense, simulated
from scipy.stats import multivariate_normal

from bayes_alliance.algebra.blocks import RotatedBlocks, rotate
from bayes_alliance.engines.reml import search
from bayes_alliance.engines.reml.estimate import RemlEstimate, estimate
from bayes_alliance.engines.reml.likelihood import expand, reduce_blocks
from bayes_alliance.errors import EngineError, InputError

seeds = st.integers(0, 2**32 - 1)
methods = st.sampled_from(["REML", "ML"])
quick = settings(max_examples=20, derandomize=True, deadline=None)


def same(a: RemlEstimate, b: RemlEstimate, scale: float) -> None:
    np.testing.assert_allclose(a.beta, b.beta, atol=1e-7 * scale)
    np.testing.assert_allclose(a.covariance, b.covariance, rtol=1e-5)
    for name in ("sigma2_sample", "sigma2_effect"):
        one, other = getattr(a, name), getattr(b, name)
        assert one == pytest.approx(other, rel=1e-6, abs=1e-8 * scale**2)
    assert a.at_boundary == b.at_boundary
    assert a.converged
    assert b.converged


@quick
@given(seeds, st.floats(0, 0.2), st.floats(0, 0.2))
def test_the_log_likelihoods_are_those_of_the_dense_matrices(
    seed: int, sample: float, effect: float
) -> None:
    data = simulated(seed)
    M, X, y = dense(data, sample, effect)
    W = np.linalg.inv(M)
    C = np.linalg.inv(X.T @ W @ X)
    beta = C @ X.T @ W @ y
    ml = multivariate_normal(X @ beta, M).logpdf(y)
    p = X.shape[1]
    reml = ml + 0.5 * (
        p * np.log(2 * np.pi) + np.linalg.slogdet(X.T @ X)[1] + np.linalg.slogdet(C)[1]
    )
    blocks = rotate(**data)
    taus = {"tau_sample": np.sqrt(sample), "tau_effect": np.sqrt(effect)}
    found = estimate(blocks, "REML", **taus)
    assert found.log_likelihood == pytest.approx(reml, abs=1e-8)
    assert estimate(blocks, "ML", **taus).log_likelihood == pytest.approx(ml, abs=1e-8)
    np.testing.assert_allclose(found.beta, beta, atol=1e-9)
    np.testing.assert_allclose(found.covariance, C, rtol=1e-8, atol=1e-12)


@quick
@given(seeds, st.booleans())
def test_the_derivatives_are_those_of_the_value(seed: int, restricted: bool) -> None:
    blocks = reduce_blocks(rotate(**simulated(seed))).blocks
    at, step = np.array([0.03, 0.02]), 1e-5
    here = expand(blocks, *at, restricted=restricted)
    for i, shift in enumerate(np.eye(2) * step):
        up = expand(blocks, *(at + shift), restricted=restricted)
        down = expand(blocks, *(at - shift), restricted=restricted)
        slope = (up.value - down.value) / (2 * step)
        assert here.score[i] == pytest.approx(slope, rel=1e-5, abs=1e-4)
        np.testing.assert_allclose(
            here.hessian[i], (up.score - down.score) / (2 * step), rtol=1e-4, atol=1e-2
        )


@quick
@given(seeds, st.booleans())
def test_the_information_is_that_of_the_dense_matrices(seed: int, restricted: bool) -> None:
    data = simulated(seed)
    M, X, _ = dense(data, 0.03, 0.02)
    K = np.linalg.inv(M)
    if restricted:
        K = K - K @ X @ np.linalg.inv(X.T @ K @ X) @ X.T @ K
    Z = np.asarray(M[:, :] * 0.0)
    starts = np.asarray(data["starts"])
    for a, b in zip(starts, np.r_[starts[1:], len(X)], strict=True):
        Z[a:b, a:b] = 1.0
    expected = [
        [np.trace(K @ G @ K @ H) / 2 for H in (Z, np.eye(len(X)))] for G in (Z, np.eye(len(X)))
    ]
    blocks = reduce_blocks(rotate(**data)).blocks
    found = expand(blocks, 0.03, 0.02, restricted=restricted).information
    np.testing.assert_allclose(found, expected, rtol=1e-8)


@quick
@given(seeds, methods)
def test_no_pair_of_variances_is_more_likely(seed: int, method: str) -> None:
    blocks = rotate(**simulated(seed))
    found = estimate(blocks, method)
    assert found.converged
    reduced = reduce_blocks(blocks).blocks
    for sample in (0.0, 1e-4, 1e-3, 0.01, 0.03, 0.1, 0.3, 1.0):
        for effect in (0.0, 1e-4, 1e-3, 0.01, 0.03, 0.1, 0.3, 1.0):
            value = expand(reduced, sample, effect, restricted=method == "REML").value
            assert value <= found.log_likelihood + 1e-8


@quick
@given(seeds, methods)
def test_the_order_of_rows_and_samples_does_not_matter(seed: int, method: str) -> None:
    data = simulated(seed)
    y, X, v, starts = (np.asarray(data[name]) for name in ("y", "X", "variances", "starts"))
    blocks = data["covariances"]
    rng = np.random.default_rng(seed)
    parts = np.split(np.arange(len(y)), starts[1:])
    order = rng.permutation(len(parts))
    within = [rng.permutation(len(parts[i])) for i in order]
    rows = np.concatenate([parts[i][w] for i, w in zip(order, within, strict=True)])
    sizes = [len(parts[i]) for i in order]
    shuffled = rotate(
        y=y[rows],
        X=X[rows],
        variances=v[rows],
        starts=np.r_[0, np.cumsum(sizes)[:-1]],
        covariances=[blocks[i][np.ix_(w, w)] for i, w in zip(order, within, strict=True)],
    )
    same(estimate(rotate(**data), method), estimate(shuffled, method), 1.0)


@quick
@given(seeds, methods)
def test_adding_Xb_moves_the_coefficients_by_b(seed: int, method: str) -> None:
    data = simulated(seed)
    b = np.array([3.0, -7.0])
    moved = estimate(rotate(**{**data, "y": data["y"] + data["X"] @ b}), method)
    still = estimate(rotate(**data), method)
    np.testing.assert_allclose(moved.beta, still.beta + b, atol=1e-7)
    np.testing.assert_allclose(moved.covariance, still.covariance, rtol=1e-5)
    assert moved.log_likelihood == pytest.approx(still.log_likelihood, abs=1e-7)
    assert moved.sigma2_sample == pytest.approx(still.sigma2_sample, rel=1e-6, abs=1e-9)


@quick
@given(seeds, methods, st.sampled_from([1e-3, 0.5, 30.0]))
def test_another_unit_scales_the_estimates(seed: int, method: str, unit: float) -> None:
    data = simulated(seed)
    scaled = {
        **data,
        "y": data["y"] * unit,
        "variances": data["variances"] * unit**2,
        "covariances": [V * unit**2 for V in data["covariances"]],
    }
    one, other = estimate(rotate(**data), method), estimate(rotate(**scaled), method)
    np.testing.assert_allclose(other.beta, one.beta * unit, rtol=1e-6, atol=1e-8 * unit)
    for name in ("sigma2_sample", "sigma2_effect"):
        assert getattr(other, name) == pytest.approx(
            getattr(one, name) * unit**2, rel=1e-6, abs=1e-9 * unit**2
        )
    k, p = data["X"].shape
    lost = (k - p if method == "REML" else k) * np.log(unit)
    assert other.log_likelihood == pytest.approx(one.log_likelihood - lost, abs=1e-6)


@quick
@given(seeds)
def test_the_coding_of_X_does_not_change_the_restricted_likelihood(seed: int) -> None:
    data = simulated(seed)
    recoded = {**data, "X": data["X"] @ np.array([[1.0, 0.3], [-2.0, 5.0]])}
    one, other = estimate(rotate(**data)), estimate(rotate(**recoded))
    assert other.log_likelihood == pytest.approx(one.log_likelihood, abs=1e-8)
    assert other.sigma2_sample == pytest.approx(one.sigma2_sample, rel=1e-6, abs=1e-9)


def homogeneous() -> RotatedBlocks:
    """Effects closer together than their sampling errors allow."""
    y = 0.2 + 0.001 * np.array([1, -1, 0, 2, -2, 1, 0, -1.0])
    return rotate(y=y, X=np.ones((8, 1)), variances=np.full(8, 0.02), starts=np.arange(0, 8, 2))


def test_variances_without_support_are_exactly_zero() -> None:
    found = estimate(homogeneous())
    assert (found.sigma2_sample, found.sigma2_effect) == (0.0, 0.0)
    assert found.at_boundary
    assert found.converged
    assert found.beta[0] == pytest.approx(0.2)
    assert found.se[0] == pytest.approx(np.sqrt(0.02 / 8))


def test_one_variance_at_zero_and_the_other_inside() -> None:
    u = np.repeat([0.5, -0.4, 0.1, -0.2, 0.3], 2)
    blocks = rotate(
        y=0.2 + u, X=np.ones((10, 1)), variances=np.full(10, 0.02), starts=np.arange(0, 10, 2)
    )
    found = estimate(blocks)
    assert found.sigma2_effect == 0.0
    # Balanced one-way layout without differences inside samples: with the effect variance at 0 the
    # between-sample mean square estimates V/2 + sigma2_sample.
    between = np.var([0.5, -0.4, 0.1, -0.2, 0.3], ddof=1)
    assert found.sigma2_sample == pytest.approx(between - 0.01, rel=1e-9)
    assert found.at_boundary
    assert found.converged


def test_an_exact_fit_gives_zeros() -> None:
    blocks = rotate(
        y=np.full(6, 0.3), X=np.ones((6, 1)), variances=np.full(6, 0.01), starts=np.arange(0, 6, 2)
    )
    found = estimate(blocks)
    assert (found.sigma2_sample, found.sigma2_effect) == (0.0, 0.0)
    assert found.beta[0] == pytest.approx(0.3)


def test_one_effect_a_sample_says_that_the_variances_are_not_identified_apart() -> None:
    rng = np.random.default_rng(5)
    v = rng.uniform(0.01, 0.03, 20)
    y = rng.normal(0.2, np.sqrt(v + 0.09))
    blocks = rotate(y=y, X=np.ones((20, 1)), variances=v, starts=np.arange(20))
    both = estimate(blocks)
    assert not both.identified
    assert both.converged
    assert both.sigma2_effect == 0.0
    one = estimate(blocks, tau_sample=0.0)
    assert one.identified
    assert one.sigma2_effect == pytest.approx(both.sigma2_sample, rel=1e-9)
    assert one.log_likelihood == pytest.approx(both.log_likelihood, abs=1e-10)
    split = estimate(blocks, tau_effect=0.1)
    assert split.identified
    assert split.sigma2_sample == pytest.approx(both.sigma2_sample - 0.01, rel=1e-8)


def test_a_coefficient_a_sample_leaves_nothing_for_the_sample_level() -> None:
    rng = np.random.default_rng(1)
    X = np.repeat(np.eye(4), 3, axis=0)
    y = rng.normal(size=12)
    found = estimate(rotate(y=y, X=X, variances=np.full(12, 0.01), starts=np.arange(0, 12, 3)))
    assert not found.identified
    assert found.sigma2_sample == 0.0
    within = np.mean(np.var(y.reshape(4, 3), axis=1, ddof=1))
    assert found.sigma2_effect == pytest.approx(within - 0.01, rel=1e-8)


def test_the_arrays_are_read_only() -> None:
    with pytest.raises(ValueError, match="read-only"):
        estimate(homogeneous()).beta[0] = 1.0


def test_wrong_requests_are_told() -> None:
    with pytest.raises(InputError, match=r'unknown method .*Pass "REML" or "ML"'):
        estimate(homogeneous(), "DL")
    with pytest.raises(InputError) as both:
        estimate(homogeneous(), tau_sample=-0.1, tau_effect=float("nan"))
    assert [problem.code for problem in both.value.problems] == ["tau_invalid", "tau_invalid"]
    two = rotate(
        y=np.array([0.1, 0.2]), X=np.eye(2), variances=np.full(2, 0.1), starts=np.array([0])
    )
    with pytest.raises(EngineError, match="2 effect sizes cannot carry 2 coefficients"):
        estimate(two)
    repeated = rotate(
        y=np.arange(6.0), X=np.ones((6, 2)), variances=np.ones(6), starts=np.array([0, 3])
    )
    with pytest.raises(EngineError, match="combination of the others"):
        estimate(repeated)


def test_the_wide_search_finds_what_newton_steps_find(monkeypatch: pytest.MonkeyPatch) -> None:
    blocks = [rotate(**simulated(seed)) for seed in range(6)]
    expected = [estimate(each) for each in blocks]
    wide = search._wide_search
    used = []

    def counted(*arguments: object) -> object:
        used.append(1)
        return wide(*arguments)

    monkeypatch.setattr(search, "MAX_STEPS", 1)
    monkeypatch.setattr(search, "_wide_search", counted)
    for each, told in zip(blocks, expected, strict=True):
        found = estimate(each)
        assert found.log_likelihood == pytest.approx(told.log_likelihood, abs=1e-7)
        np.testing.assert_allclose(found.beta, told.beta, atol=1e-5)
    assert used


@quick
@given(seeds, methods)
def test_a_known_neighbour_changes_nothing(seed: int, method: str) -> None:
    blocks = rotate(**simulated(seed))
    near = estimate(rotate(**simulated(seed + 1)), method)
    same(estimate(blocks, method), estimate(blocks, method, near=near), 1.0)
