"""Profile-likelihood intervals against metafor and by their definition."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from reml_cases import DATA, METAFOR, THREE_LEVEL, blocks_of, intercept, simulated, table
from scipy import stats

from bayes_alliance.algebra.blocks import rotate
from bayes_alliance.engines.reml.estimate import estimate
from bayes_alliance.engines.reml.profile_likelihood import profile_intervals

seeds = st.integers(0, 2**32 - 1)
methods = st.sampled_from(["REML", "ML"])
quick = settings(max_examples=8, derandomize=True, deadline=None)
DROP = stats.chi2.ppf(0.95, 1) / 2


@pytest.mark.parametrize("name", DATA)
def test_reml_intervals_equal_metafor(name: str) -> None:
    blocks = intercept(name)
    told = THREE_LEVEL[name]["intercept"]["confint"]["values"]
    for i, interval in enumerate(profile_intervals(blocks, estimate(blocks)), 1):
        expected = told[str(i)][f"sigma^2.{i}"]
        assert interval.lower == pytest.approx(expected["ci.lb"], abs=1e-8)
        assert interval.upper == pytest.approx(expected["ci.ub"], abs=1e-8)
        tau = told[str(i)][f"sigma.{i}"]
        assert np.sqrt(interval.lower) == pytest.approx(tau["ci.lb"], abs=1e-7)


def test_a_limit_below_zero_is_zero() -> None:
    blocks = intercept("crede2010")
    sample, _ = profile_intervals(blocks, estimate(blocks))
    assert sample.lower == 0.0


def test_two_levels_give_the_interval_of_the_sum() -> None:
    frame = table("molloy2014")
    blocks = blocks_of(frame, np.ones((len(frame), 1)))
    fit = estimate(blocks)
    sample, effect = profile_intervals(blocks, fit)
    assert effect is None
    told = METAFOR["twolevel"]["molloy2014"]["confint_PL"]["sigma^2"]
    # The reference stops its search for a limit at 1.2e-4.
    assert sample.lower == pytest.approx(told["ci.lb"], abs=1.2e-4)
    assert sample.upper == pytest.approx(told["ci.ub"], abs=1.2e-4)
    alone = estimate(blocks, tau_sample=0.0)
    none, other = profile_intervals(blocks, alone)
    assert none is None
    assert other.lower == pytest.approx(sample.lower, rel=1e-9)
    assert other.upper == pytest.approx(sample.upper, rel=1e-9)


@quick
@given(seeds, methods)
def test_the_likelihood_falls_by_half_the_quantile_at_each_limit(seed: int, method: str) -> None:
    blocks = rotate(**simulated(seed))
    fit = estimate(blocks, method)
    intervals = profile_intervals(blocks, fit)
    for level, interval in zip(("sample", "effect"), intervals, strict=True):
        assert interval.lower <= getattr(fit, f"sigma2_{level}") < interval.upper
        for limit in (interval.lower, interval.upper):
            held = estimate(blocks, method, **{f"tau_{level}": np.sqrt(limit)})
            lost = fit.log_likelihood - held.log_likelihood
            if limit == 0:
                assert -1e-9 <= lost <= DROP
            else:
                assert lost == pytest.approx(DROP, abs=1e-6)


@quick
@given(seeds, st.sampled_from([1e-3, 30.0]))
def test_another_unit_scales_the_limits(seed: int, unit: float) -> None:
    data = simulated(seed)
    scaled = {
        **data,
        "y": data["y"] * unit,
        "variances": data["variances"] * unit**2,
        "covariances": [V * unit**2 for V in data["covariances"]],
    }
    one, other = (
        profile_intervals(blocks, estimate(blocks)) for blocks in (rotate(**data), rotate(**scaled))
    )
    for here, there in zip(one, other, strict=True):
        assert there.lower == pytest.approx(here.lower * unit**2, rel=1e-6)
        assert there.upper == pytest.approx(here.upper * unit**2, rel=1e-6)


def test_a_larger_probability_gives_a_longer_interval() -> None:
    blocks = intercept("crede2010_grade")
    fit = estimate(blocks)
    for short, long in zip(
        profile_intervals(blocks, fit, probability=0.5),
        profile_intervals(blocks, fit, probability=0.99),
        strict=True,
    ):
        assert long.lower < short.lower
        assert short.upper < long.upper


def test_a_variance_that_is_held_has_no_interval() -> None:
    blocks = intercept("crede2010")
    fit = estimate(blocks, tau_effect=0.0)
    sample, effect = profile_intervals(blocks, fit)
    assert effect is None
    held = estimate(blocks, tau_effect=0.0, tau_sample=np.sqrt(sample.upper))
    assert fit.log_likelihood - held.log_likelihood == pytest.approx(DROP, abs=1e-6)
