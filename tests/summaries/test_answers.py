"""Coefficients, contrasts, orders and benchmarks with values known beforehand."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from made_fits import made_effects, planted, scattered
from scipy import stats

from bayes_alliance.analysis.face import Fit
from bayes_alliance.engines.fitted import Fitted
from bayes_alliance.names import Measure
from bayes_alliance.spec.specification import Specification
from bayes_alliance.spec.tables import Benchmark
from bayes_alliance.summaries.answers import Answers
from bayes_alliance.summaries.benchmarks import benchmark_on_z
from bayes_alliance.summaries.contrasts import order_probability
from bayes_alliance.summaries.scale import Scale

SCALES = Specification().with_terms("subscale")
FACE_TO_FACE = Benchmark(
    name="face to face", coefficient="overall", r=0.278, lower=0.256, upper=0.299
)
FIXED = Benchmark(name="internet", coefficient="overall", r=0.21)
#: Quantiles of a normal distribution, in a shuffled order: draws without Monte Carlo error.
NORMAL = np.random.default_rng(0).permutation(stats.norm.ppf((np.arange(20_000) + 0.5) / 20_000))


def answers_of(fitted: Fitted) -> Answers:
    return Fit(fitted).answers


def overall(
    mean: float, sd: float, *benchmarks: Benchmark, measure: Measure = "ZCOR", **taus: Any
) -> Answers:
    effects = made_effects(list("aabbcd"), measure=measure)
    spec = Specification().with_benchmarks(*benchmarks)
    beta = (mean + sd * NORMAL).reshape(2, 10_000, 1)
    return answers_of(planted(effects, spec, beta=beta, shape=(2, 10_000), **taus))


def by_scale(beta: np.ndarray | Sequence[float], **changes: Any) -> Answers:
    effects = made_effects(
        list("aaabbbcc"), subscale=["task", "goal", "bond", "task", "goal", "bond", "task", "goal"]
    )
    spec = SCALES.with_changes(changes)
    beta = np.asarray(beta, float)
    shape = (1, len(beta)) if beta.ndim == 2 else (1, 10)
    return answers_of(planted(effects, spec, beta=beta, shape=shape))


def test_a_coefficient_has_the_moments_of_its_draws() -> None:
    (c,) = overall(0.2, 0.05).coefficients
    e = c.estimate
    assert (e.mean, e.sd, e.median) == pytest.approx((0.2, 0.05, 0.2), abs=1e-5)
    assert (e.lower, e.upper) == pytest.approx(stats.norm(0.2, 0.05).interval(0.95), abs=5e-5)
    assert e.p_positive == pytest.approx(stats.norm.cdf(4), abs=1e-4)


def test_r_is_the_median_and_r_mean_the_mean_true_correlation() -> None:
    (c,) = overall(0.2, 0.05, tau_sample=0.3, tau_effect=0.1).coefficients
    assert c.r is not None
    assert c.r_mean is not None
    assert c.r.centre == pytest.approx(np.tanh(0.2), abs=1e-5)
    limits = np.tanh(stats.norm(0.2, 0.05).interval(0.95))
    assert (c.r.lower, c.r.upper) == pytest.approx(tuple(limits), abs=5e-5)
    z = stats.norm.ppf((np.arange(4_000) + 0.5) / 4_000)
    integral = np.tanh(0.2 + z * np.sqrt(0.05**2 + 0.1)).mean()
    assert c.r_mean.centre == pytest.approx(integral, abs=1e-4)
    assert c.r_mean.centre < c.r.centre


def test_predictions_transform_their_limits() -> None:
    (c,) = overall(0.2, 0.05, tau_sample=0.3, tau_effect=0.4).coefficients
    assert c.new_sample is not None
    assert c.new_effect is not None
    assert c.new_sample_r is not None
    assert c.new_effect_r is not None
    sample = stats.norm(0.2, np.hypot(0.05, 0.3)).interval(0.95)
    effect = stats.norm(0.2, np.sqrt(0.05**2 + 0.25)).interval(0.95)
    assert (c.new_sample.lower, c.new_sample.upper) == pytest.approx(sample, abs=1e-4)
    assert (c.new_effect.lower, c.new_effect.upper) == pytest.approx(effect, abs=1e-4)
    assert (c.new_sample_r.lower, c.new_sample_r.upper) == pytest.approx(np.tanh(sample), abs=1e-4)
    assert (c.new_effect_r.lower, c.new_effect_r.upper) == pytest.approx(np.tanh(effect), abs=1e-4)


def test_the_region_of_equivalence_is_in_r() -> None:
    (c,) = overall(0.1, 0.05).coefficients
    z = stats.norm(0.1, 0.05)
    assert c.p_rope == pytest.approx(z.cdf(np.arctanh(0.1)) - z.cdf(-np.arctanh(0.1)), abs=1e-4)
    (raw,) = overall(0.1, 0.05, measure="COR").coefficients
    assert raw.p_rope == pytest.approx(z.cdf(0.1) - z.cdf(-0.1), abs=1e-4)


def test_raw_correlations_are_read_as_they_are() -> None:
    answers = overall(0.2, 0.05, FIXED, measure="COR", tau_sample=0.3)
    (c,) = answers.coefficients
    assert c.r is not None
    assert c.r_mean is not None
    assert c.r.centre == pytest.approx(0.2, abs=1e-5)
    assert c.r_mean.centre == pytest.approx(0.2, abs=1e-5)
    (b,) = answers.benchmarks
    assert b.difference_r.centre == pytest.approx(-0.01, abs=1e-5)


def test_other_measures_have_no_correlations() -> None:
    answers = overall(0.2, 0.05, FIXED, FACE_TO_FACE, measure="GEN")
    (c,) = answers.coefficients
    assert (c.r, c.r_mean, c.p_rope, c.new_sample_r, c.new_effect_r) == (None,) * 5
    assert c.new_effect is not None
    assert answers.benchmarks == ()


@pytest.mark.parametrize("measure", ["ZCOR", "COR", "GEN"])
def test_scales_go_there_and_back(measure: Measure) -> None:
    scale, r = Scale(measure), np.array([-0.9, 0.0, 0.21, 0.5])
    np.testing.assert_allclose(scale.to_r(scale.from_r(r)), r, atol=1e-15)
    assert scale.has_r is (measure != "GEN")
    expected = np.tanh(r) if measure == "ZCOR" else r
    np.testing.assert_array_equal(scale.to_r(r), expected)


def test_a_contrast_in_r_is_taken_draw_by_draw() -> None:
    rng = np.random.default_rng(1)
    beta = rng.normal([0.8, 0.3, 0.1], 0.1, (4_001, 3))
    answers = by_scale(beta)
    assert [c.name for c in answers.contrasts] == ["task - goal", "task - bond", "goal - bond"]
    c = answers.contrasts[0]
    assert c.r is not None
    difference = np.tanh(beta[:, 0]) - np.tanh(beta[:, 1])
    assert c.r.centre == pytest.approx(np.median(difference), abs=1e-12)
    assert (c.r.lower, c.r.upper) == pytest.approx(np.quantile(difference, [0.025, 0.975]))
    assert c.estimate.median == pytest.approx(np.median(beta[:, 0] - beta[:, 1]))
    wrong = np.tanh(np.median(beta[:, 0] - beta[:, 1]))
    assert abs(c.r.centre - wrong) > 0.05
    assert c.p_rope == pytest.approx((np.abs(difference) < 0.05).mean())
    assert c.p_positive == pytest.approx((difference > 0).mean())
    assert c.bf01 is None


def test_against_the_others_each_r_is_transformed_before_the_mean() -> None:
    beta = np.array([[1.2, 0.5, -0.3]] * 3)
    answers = by_scale(beta, **{"location.contrasts": "others"})
    task = answers.contrasts[0]
    assert task.r is not None
    expected = np.tanh(1.2) - (np.tanh(0.5) + np.tanh(-0.3)) / 2
    assert task.r.centre == pytest.approx(expected)
    assert task.estimate.median == pytest.approx(1.2 - 0.1)


def test_a_slope_is_told_as_the_change_of_r_at_the_centre() -> None:
    effects = made_effects(list("aabbc"), year=[2000.0, 2004, 2010, 2013, 2020])
    spec = Specification().with_terms("year").with_changes({"location.units.year": 10})
    answers = answers_of(planted(effects, spec, beta=[0.4, 0.1]))
    (contrast,) = answers.contrasts
    assert contrast.r is not None
    assert contrast.name == "year (per 10)"
    assert contrast.r.centre == pytest.approx(np.tanh(0.5) - np.tanh(0.4))
    assert contrast.estimate.median == pytest.approx(0.1)
    slope = answers.coefficients[1]
    assert (slope.r, slope.new_effect, slope.p_rope) == (None, None, None)


def test_the_probability_of_an_order_counts_the_draws() -> None:
    beta = np.array([[0.3, 0.2, 0.1], [0.3, 0.1, 0.2], [0.3, 0.2, 0.2], [0.5, 0.4, -0.4]])
    answers = by_scale(beta, **{"location.orders": ["task > goal > bond", "task>bond", "a > b"]})
    assert [order.name for order in answers.orders] == ["task > goal > bond", "task > bond"]
    assert [order.probability for order in answers.orders] == [0.5, 1.0]
    assert [order.prior for order in answers.orders] == pytest.approx([1 / 6, 1 / 2])


def test_all_orders_together_have_probability_one() -> None:
    effects = made_effects(list("aabbccdd"), m=list("xyzxyzxy"))
    fit = scattered(effects, Specification().with_terms("m"))
    names = ("x", "y", "z")
    total = 0.0
    for order in [(0, 1, 2), (0, 2, 1), (1, 0, 2), (1, 2, 0), (2, 0, 1), (2, 1, 0)]:
        weights = [np.eye(3)[i] for i in order]
        total += order_probability(fit.posterior, [names[i] for i in order], weights).probability
    assert total == pytest.approx(1)


def test_the_prior_probability_of_an_order_is_the_one_of_prior_draws() -> None:
    effects = made_effects(list("aabbccdd"), m=list("xyzxyzxy"))
    draws = scattered(effects, Specification().with_terms("m")).posterior.draws("beta", "prior")
    share = np.all(np.diff(draws, axis=1) < 0, axis=1).mean()
    assert share == pytest.approx(1 / 6, abs=4 * np.sqrt(5 / 36 / len(draws)))


def test_a_benchmark_has_the_standard_error_of_its_interval() -> None:
    mean, error = benchmark_on_z(FACE_TO_FACE)
    assert mean == pytest.approx(np.arctanh(0.278))
    assert error == pytest.approx(0.0119, abs=5e-5)
    limits = np.tanh(mean + np.array([-1.96, 1.96]) * error)
    np.testing.assert_allclose(limits, [0.256, 0.299], atol=1e-3)
    assert benchmark_on_z(FIXED) == (pytest.approx(np.arctanh(0.21)), 0.0)
    ninety = FACE_TO_FACE.model_copy(update={"probability": 0.90})
    assert benchmark_on_z(ninety)[1] == pytest.approx(error * 1.959964 / 1.644854, rel=1e-6)


def test_a_point_posterior_against_a_fixed_benchmark_is_exact() -> None:
    answers = overall(np.arctanh(0.25), 0.0, FIXED)
    (b,) = answers.benchmarks
    assert b.difference_r.centre == pytest.approx(0.04, abs=1e-12)
    assert (b.difference_r.lower, b.difference_r.upper) == pytest.approx((0.04, 0.04), abs=1e-12)
    assert (b.p_above, b.p_rope) == (1.0, 1.0)


def test_a_point_posterior_against_an_uncertain_benchmark_shows_its_uncertainty() -> None:
    (b,) = overall(np.arctanh(0.278), 0.0, FACE_TO_FACE).benchmarks
    assert b.difference_r.centre == pytest.approx(0, abs=1e-4)
    assert b.difference_r.lower == pytest.approx(0.278 - 0.299, abs=2e-3)
    assert b.difference_r.upper == pytest.approx(0.278 - 0.256, abs=2e-3)
    assert b.p_above == pytest.approx(0.5, abs=0.005)


@pytest.mark.parametrize(("mean", "sd"), [(0.21, 0.03), (0.27, 0.02), (0.3, 0.05)])
def test_the_probability_of_being_above_follows_normal_theory(mean: float, sd: float) -> None:
    centre, error = benchmark_on_z(FACE_TO_FACE)
    uncertain, fixed = overall(mean, sd, FACE_TO_FACE, FIXED).benchmarks
    expected = stats.norm.cdf((mean - centre) / np.hypot(sd, error))
    assert uncertain.p_above == pytest.approx(expected, abs=2e-3)
    assert fixed.p_above == pytest.approx(stats.norm.cdf((mean - np.arctanh(0.21)) / sd), abs=1e-3)
    inside = stats.norm(mean, sd).cdf(np.arctanh([0.16, 0.26]))
    assert fixed.p_rope == pytest.approx(inside[1] - inside[0], abs=1e-3)


def test_benchmarks_of_other_coefficients_and_topics_are_passed_over() -> None:
    other = Benchmark(name="a", coefficient="task", r=0.2)
    assert [b.name for b in overall(0.2, 0.05, other, FIXED).benchmarks] == ["internet"]
    effects = made_effects(list("aabb"), topic="conscientiousness")
    about = [FIXED.model_copy(update={"topic": topic}) for topic in ("", "alliance")]
    spec = Specification().with_benchmarks(*about)
    assert [b.topic for b in planted(effects, spec, beta=0.2).benchmarks] == [""]


@given(st.floats(-1.5, 1.5), st.floats(0.01, 0.5))
def test_limits_stand_around_their_centre(mean: float, sd: float) -> None:
    beta = (mean + sd * NORMAL[:400]).reshape(2, 200, 1)
    (c,) = answers_of(planted(made_effects(list("aab")), beta=beta)).coefficients
    for one in (c.r, c.r_mean):
        assert one is not None
        assert one.centre is not None
        assert -1 < one.lower < one.centre < one.upper < 1
    assert c.p_rope is not None
    assert 0 <= c.p_rope <= 1
