"""Normal priors from published intervals, discounted and widened: by hand, and as identities."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import bayes_alliance as ba
from bayes_alliance import Prior
from bayes_alliance.spec.benchmark_prior import prior_of_benchmark
from bayes_alliance.summaries.benchmarks import benchmark_on_z

FINE = {"allow_nan": False, "allow_infinity": False}


def test_the_numbers_by_hand() -> None:
    prior = Prior.from_interval(0.256, 0.299, r=0.278)
    # atanh(.278) = .285513; (atanh(.299) - atanh(.256)) / (2 * 1.959964) = .0118874
    assert prior.parameters["mean"] == pytest.approx(0.285513, abs=1e-6)
    assert prior.parameters["sd"] == pytest.approx(0.0118874, abs=1e-7)
    assert prior.because == "From r = 0.278, 95 % interval [0.256, 0.299]."
    middle = Prior.from_interval(0.256, 0.299)
    assert middle.parameters["mean"] == pytest.approx((math.atanh(0.256) + math.atanh(0.299)) / 2)
    ninety = Prior.from_interval(0.1, 0.5, estimate=0.3, probability=0.9, because="A study")
    assert ninety.parameters["mean"] == 0.3
    assert ninety.parameters["sd"] == pytest.approx(0.2 / 1.6448536, rel=1e-7)
    assert ninety.because == "A study: estimate 0.3, 90 % interval [0.1, 0.5]."


@given(st.floats(-2, 2, **FINE), st.floats(0.01, 0.5, **FINE), st.floats(0.5, 0.99, **FINE))
def test_the_limits_of_the_prior_are_those_of_the_interval(
    mean: float, sd: float, probability: float
) -> None:
    tails = [(1 - probability) / 2, (1 + probability) / 2]
    lower, upper = np.tanh(Prior("normal", mean=mean, sd=sd).quantile(tails))
    prior = Prior.from_interval(lower, upper, r=math.tanh(mean), probability=probability)
    np.testing.assert_allclose(np.tanh(prior.quantile(tails)), [lower, upper], atol=1e-9)


@given(st.floats(0.01, 1, **FINE), st.floats(0.01, 1, **FINE), st.floats(0.0, 0.5, **FINE))
def test_discounts_multiply_and_variances_add(a: float, b: float, extra: float) -> None:
    prior = Prior("normal", mean=0.2, sd=0.1)
    twice = prior.discounted(a).discounted(b).parameters["sd"]
    assert twice == pytest.approx(prior.discounted(a * b).parameters["sd"])
    widened = prior.discounted(a, extra_sd=extra).parameters["sd"]
    assert widened**2 == pytest.approx(0.01 / a + extra**2)


def test_two_halves_are_one() -> None:
    """Two sources at half their weight hold as much information as one at full weight."""
    whole, half = (
        Prior("normal", mean=0.2, sd=0.1),
        Prior("normal", mean=0.2, sd=0.1).discounted(0.5),
    )
    x = np.linspace(-0.5, 0.9, 15)
    difference = 2 * half.logpdf(x) - whole.logpdf(x)
    np.testing.assert_allclose(difference, difference[0], atol=1e-12)
    assert half.because == "Discounted to 0.5 of its information."
    assert whole.discounted() is whole


def test_a_benchmark_is_the_same_normal_as_in_its_comparison() -> None:
    for spec in ("overall", "subscales"):
        for benchmark in ba.read_specification(spec).benchmarks:
            if benchmark.lower is not None:
                prior = prior_of_benchmark(benchmark)
                assert tuple(prior.parameters.values()) == pytest.approx(benchmark_on_z(benchmark))


def test_a_benchmark_becomes_the_prior_of_a_specification() -> None:
    spec = ba.with_benchmark_prior(ba.read_specification("overall"), discount=0.25, extra_sd=0.03)
    sd = math.sqrt(0.0118874**2 / 0.25 + 0.03**2)
    assert spec.priors.location.parameters["sd"] == pytest.approx(sd, rel=1e-5)
    assert "pst0000172" in spec.priors.location.because
    fixed = ba.with_benchmark_prior(ba.read_specification("overall"), "internet", extra_sd=0.1)
    assert tuple(fixed.priors.location.parameters.values()) == (math.atanh(0.21), 0.1)


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        ({"lower": 0.1, "upper": 0.6, "r": 0.15}, "lie 0.05081 below and 0.542 above"),
        ({"lower": 0.1, "upper": 0.9, "estimate": 0.15}, "take logs of a ratio"),
        ({"lower": 0.3, "upper": 0.1}, "lower < upper does not hold"),
        ({"lower": 0.1, "upper": 0.3, "r": 0.4}, "lower < estimate < upper does not hold"),
        ({"lower": 0.1, "upper": 1.3}, "correlations lie between -1 and 1"),
        ({"lower": 0.1, "upper": 0.3, "r": 0.2, "estimate": 0.2}, "both given"),
        ({"lower": 0.1, "upper": float("nan")}, "upper must be finite"),
        ({"lower": 0.1, "upper": 0.3, "probability": 95}, "probability must be between 0 and 1"),
        ({"lower": "0.1", "upper": 0.3}, "lower must be a number, it is '0.1'"),
        ({"lower": 0.1, "upper": True}, "upper must be a number"),
        ({"lower": 0.1, "upper": 0.3, "discount": "half"}, "discount must be a number"),
        ({"lower": 0.1, "upper": 0.3, "discount": 0}, "discount must be above 0"),
        ({"lower": 0.1, "upper": 0.3, "discount": 1.5}, "at most 1"),
        ({"lower": 0.1, "upper": 0.3, "extra_sd": -0.1}, "extra_sd must be at least 0"),
    ],
)  # fmt: skip
def test_what_makes_no_normal_prior_is_told(arguments: dict[str, Any], told: str) -> None:
    with pytest.raises(ba.InputError, match=told):
        Prior.from_interval(**arguments)


def test_only_a_normal_is_discounted() -> None:
    with pytest.raises(ba.InputError, match="only a normal prior"):
        Prior("half_normal", scale=0.1).discounted(0.5)


@pytest.mark.parametrize(
    ("name", "told"),
    [("nobody", "no benchmark fits"), ("Flückiger", "more than one"), ("internet", "no interval")],
)
def test_a_benchmark_that_makes_no_prior_is_told(name: str, told: str) -> None:
    with pytest.raises(ba.InputError, match=told):
        ba.with_benchmark_prior(ba.read_specification("overall"), name)
