"""Predicted random effects, refits without a sample and Cook's distances."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from reml_cases import DATA, THREE_LEVEL, dense, intercept, simulated, table
from scipy import stats

from bayes_alliance.algebra.blocks import rotate
from bayes_alliance.engines.reml.estimate import estimate
from bayes_alliance.engines.reml.influence import (
    cooks_distances,
    leave_one_sample_out,
    without_sample,
)
from bayes_alliance.engines.reml.random_effects import PredictedEffects, predict_random_effects

seeds = st.integers(0, 2**32 - 1)
quick = settings(max_examples=8, derandomize=True, deadline=None)


def agrees(found: PredictedEffects, names: list[str], told: dict[str, list[float]]) -> None:
    order = [told["names"].index(name) for name in names]
    assert len(order) == len(told["names"])
    for numbers, key in (
        (found.value, "intrcpt"),
        (found.se, "se"),
        (found.lower, "pi_lb"),
        (found.upper, "pi_ub"),
    ):
        np.testing.assert_allclose(numbers, np.array(told[key])[order], atol=1e-7)


@pytest.mark.parametrize("name", DATA)
def test_predicted_effects_equal_metafor(name: str) -> None:
    frame, blocks = table(name), intercept(name)
    samples, effects = predict_random_effects(blocks, estimate(blocks))
    told = THREE_LEVEL[name]["blup"]
    agrees(samples, [str(c) for c in frame["cluster"].unique()], told["cluster"])
    labels = [f"{c}/{e}" for c, e in zip(frame["cluster"], frame["effect"], strict=True)]
    agrees(effects, labels, told["cluster/effect"])


@quick
@given(seeds)
def test_predicted_effects_equal_the_dense_formulas(seed: int) -> None:
    data = simulated(seed)
    blocks = rotate(**data)
    fit = estimate(blocks, tau_sample=0.3, tau_effect=0.2)
    M, X, y = dense(data, 0.09, 0.04)
    W = np.linalg.inv(M)
    P = W - W @ X @ np.linalg.inv(X.T @ W @ X) @ X.T @ W
    Z = (blocks.sample_index[:, None] == np.arange(len(blocks.starts))).astype(float)
    for found, variance, columns in zip(
        predict_random_effects(blocks, fit, probability=0.8),
        (0.09, 0.04),
        (Z, np.eye(len(y))),
        strict=True,
    ):
        value = variance * columns.T @ P @ y
        se = np.sqrt(variance - variance**2 * np.diag(columns.T @ P @ columns))
        np.testing.assert_allclose(found.value, value, atol=1e-10)
        np.testing.assert_allclose(found.se, se, atol=1e-10)
        np.testing.assert_allclose(found.upper, value + stats.norm.ppf(0.9) * se, atol=1e-9)


def test_without_heterogeneity_nothing_is_predicted_but_zero() -> None:
    blocks = intercept("crede2010")
    fit = estimate(blocks, tau_sample=0.0, tau_effect=0.0)
    for found in predict_random_effects(blocks, fit):
        np.testing.assert_array_equal(found.value, 0.0)
        np.testing.assert_array_equal(found.se, 0.0)


@pytest.mark.parametrize("name", DATA)
def test_every_refit_without_a_sample_equals_metafor(name: str) -> None:
    blocks = intercept(name)
    labels = [str(c) for c in table(name)["cluster"].unique()]
    told = {case["cluster"]: case for case in THREE_LEVEL[name]["leave_one_cluster_out"]}
    fit = estimate(blocks)
    left_out = leave_one_sample_out(blocks, fit)
    assert set(labels) == set(told)
    for label, left in zip(labels, left_out, strict=True):
        case, refit = told[label], left.fit
        assert left.effects == case["k"]
        assert refit.converged
        assert refit.log_likelihood == pytest.approx(case["logLik"], abs=1e-6)
        assert refit.beta[0] == pytest.approx(case["beta"], abs=1e-6)
        assert refit.se[0] == pytest.approx(case["se"], abs=1e-6)
        np.testing.assert_allclose(refit.variances, case["sigma2"], rtol=1e-4, atol=1e-8)
    distances = cooks_distances(fit, left_out)
    cook = THREE_LEVEL[name]["cooks_cluster"]
    np.testing.assert_allclose(distances, [cook[label] for label in labels], atol=1e-5)


@quick
@given(seeds)
def test_a_refit_equals_a_fit_of_the_other_samples(seed: int) -> None:
    data = simulated(seed)
    blocks = rotate(**data)
    last = blocks.starts[-1]
    rest = rotate(
        y=data["y"][:last],
        X=data["X"][:last],
        variances=data["variances"][:last],
        starts=data["starts"][:-1],
        covariances=data["covariances"][:-1],
    )
    expected = estimate(rest)
    found = leave_one_sample_out(blocks, estimate(blocks))[-1].fit
    assert found.log_likelihood == pytest.approx(expected.log_likelihood, abs=1e-8)
    np.testing.assert_allclose(found.variances, expected.variances, rtol=1e-5, atol=1e-8)
    np.testing.assert_allclose(found.beta, expected.beta, atol=1e-7)


def test_any_sample_can_be_taken_out() -> None:
    data = simulated(7)
    blocks = rotate(**data)
    for sample in range(len(blocks.starts)):
        rest = without_sample(blocks, sample)
        keep = blocks.sample_index != sample
        np.testing.assert_array_equal(rest.sizes, np.delete(blocks.sizes, sample))
        np.testing.assert_allclose(rest.back(rest.y), data["y"][keep], atol=1e-12)


def test_a_model_that_needs_the_sample_says_so() -> None:
    X = np.column_stack([np.ones(6), [1, 1, 0, 0, 0, 0]])
    blocks = rotate(y=np.arange(6.0), X=X, variances=np.ones(6), starts=np.array([0, 2, 4]))
    fit = estimate(blocks)
    left_out = leave_one_sample_out(blocks, fit)
    assert [left.fit is None for left in left_out] == [True, False, False]
    assert "combination of the others" in left_out[0].reason
    distances = cooks_distances(fit, left_out)
    np.testing.assert_array_equal(np.isnan(distances), [True, False, False])
    alone = rotate(y=np.arange(3.0), X=np.ones((3, 1)), variances=np.ones(3), starts=np.array([0]))
    (only,) = leave_one_sample_out(alone, estimate(alone))
    assert only.reason == "no effect size remains"
