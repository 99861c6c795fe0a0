"""How numbers are written: no zero with a sign, no probability of 0 or 1."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bayes_alliance.report.expected import share_text
from bayes_alliance.report.numbers import (
    correlation,
    decimal,
    interval,
    percent,
    probability,
    probability_phrase,
    published,
)
from bayes_alliance.sensitivity.smallest import percent_of_runs
from bayes_alliance.summaries.coefficients import Range


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.21, ".21"), (-0.21, "-.21"), (0.0, ".00"), (-0.0, ".00"), (-0.004, ".00"),
        (-0.0051, "-.01"), (0.994, ".99"), (0.9951, "1.00"), (-0.9951, "-1.00"), (1.0, "1.00"),
        (1.02, "1.02"), (-1.02, "-1.02"), (10.52, "10.52"), (-20.04, "-20.04"), (None, "-"),
        (float("nan"), "-"),
    ],
)  # fmt: skip
def test_a_correlation_has_no_zero_before_the_point(value: float | None, text: str) -> None:
    assert correlation(value) == text


@pytest.mark.parametrize(
    ("value", "digits", "text"),
    [(0.2, 2, "0.20"), (-0.0004, 3, "0.000"), (-0.0006, 3, "-0.001"), (None, 3, "-"),
     (float("nan"), 2, "-"), (1234.5678, 1, "1234.6")],
)  # fmt: skip
def test_a_decimal_keeps_its_zero(value: float | None, digits: int, text: str) -> None:
    assert decimal(value, digits) == text


@given(st.floats(-1, 1), st.integers(1, 4))
def test_no_rounded_zero_has_a_sign_and_every_number_reads_back(value: float, digits: int) -> None:
    text = correlation(value, digits)
    assert not re.fullmatch(r"-0?\.0+", text)
    assert float(text) == pytest.approx(value, abs=0.5001 * 10**-digits)
    assert re.fullmatch(rf"-?(1|)\.\d{{{digits}}}", text)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (1.0, "> .999"), (0.9991, "> .999"), (0.999, ".999"), (0.995, ".995"), (0.9949, ".995"),
        (0.9901, ".990"), (0.99, ".99"), (0.975, ".97"), (0.5, ".50"), (0.01, ".01"),
        (0.0099, ".010"), (0.0049, ".005"), (0.001, ".001"), (0.00099, "< .001"), (0.0, "< .001"),
    ],
)  # fmt: skip
def test_a_probability_is_never_0_or_1(value: float, text: str) -> None:
    assert probability(value) in {text, ".98" if value == 0.975 else text}


@given(st.floats(0, 1))
def test_a_probability_reads_back(value: float) -> None:
    text = probability(value)
    assert not text.startswith(("1", "0", "-"))
    number = float(text.removeprefix("> ").removeprefix("< "))
    assert 0 < number < 1
    assert abs(number - value) <= (0.00501 if 0.01 <= value <= 0.99 else 0.00101)


def test_phrases_have_one_sign() -> None:
    assert probability_phrase("r > 0", 0.984) == "P(r > 0) = .98"
    assert probability_phrase("r > 0", 0.99995) == "P(r > 0) > .999"
    assert probability_phrase("r > 0", 0.0) == "P(r > 0) < .001"


def test_intervals_and_shares() -> None:
    assert interval(Range(None, -0.001, 0.256), in_r=True) == "[.00, .26]"
    assert interval(Range(0.1, -0.001, 0.256), in_r=False, digits=3) == "[-0.001, 0.256]"
    assert percent(0.434) == "43 %"
    assert percent(0.0) == "0 %"


@pytest.mark.parametrize(
    ("value", "text"), [(0.21, ".21"), (0.278, ".278"), (0.3, ".30"), (-0.15, "-.15"), (0.0, ".00")]
)
def test_a_published_correlation_keeps_its_digits(value: float, text: str) -> None:
    assert published(value) == text


@pytest.mark.parametrize(
    ("share", "runs", "text", "percentage"),
    [
        (1.0, 500, "> .998", "> 99.8 %"),
        (0.0, 500, "< .002", "< 0.2 %"),
        (0.998, 500, ".998", "99.8 %"),
        (0.84, 500, ".84", "84 %"),
        (1.0, 2000, "> .9995", "> 99.95 %"),
        (0.0, 100, "< .010", "< 1 %"),
    ],
)
def test_all_and_none_of_some_runs_are_bounds(
    share: float, runs: int, text: str, percentage: str
) -> None:
    assert share_text(share, runs) == text
    assert percent_of_runs(share, runs) == percentage
