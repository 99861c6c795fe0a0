"""Records compared number by number."""

from __future__ import annotations

import copy
import math
from typing import Any

import pytest

from bayes_alliance.report.comparison import compare_records
from bayes_alliance.report.reproduction import (
    comparison_frame,
    comparison_record,
    comparison_text,
    verdict,
)

RECORD: dict[str, Any] = {
    "schema": 1,
    "data": {"name": "made up", "effects": 8},
    "engine": {"name": "exact", "seconds": 1.5, "versions": {"numpy": "2"}, "seed": 1},
    "coefficients": [
        {
            "name": "task\x1b[31m",
            "estimate": {"mean": 0.2, "sd": 0.05, "lower": 0.1, "upper": 0.3, "p_positive": 0.9},
            "r": {"median": 0.19, "lower": 0.1, "upper": 0.29},
        },
        {"name": "goal", "estimate": {"mean": 0.1, "sd": None}},
    ],
    "log_marginal_likelihood": -12.5,
    "frequentist": {"sigma2_sample": 0.02, "at_boundary": False},
    "rho": None,
    "checks": [{"name": "R-hat", "passed": True, "text": "All below 1.01."}],
}


def changed(*path: Any, to: Any) -> dict[str, Any]:
    record = copy.deepcopy(RECORD)
    place: Any = record
    for key in path[:-1]:
        place = place[key]
    place[path[-1]] = to
    return record


def test_every_number_is_counted_and_the_clock_is_not() -> None:
    other = copy.deepcopy(RECORD)
    other["engine"] |= {"seconds": 9.0, "versions": {"numpy": "3"}}
    found = compare_records(RECORD, other)
    assert found.same
    assert len(found.numbers) == found.counts()["same"] == 14
    assert len(found.others) == 8
    assert found.largest is None
    assert verdict(found) == (
        "14 of 14 numbers are the same to the last digit. "
        "8 of 8 texts and truth values are the same."
    )


def test_one_changed_digit_is_found_and_named() -> None:
    path = ("coefficients", 0, "estimate", "mean")
    found = compare_records(RECORD, changed(*path, to=0.200001))
    assert not found.same
    assert found.counts() == {"same": 13, "different": 1}
    (wrong,) = [n for n in found.numbers if n.verdict == "different"]
    assert (wrong.group, wrong.name) == ("coefficients", "task\x1b[31m: estimate mean")
    assert wrong.difference == pytest.approx(1e-6)
    assert wrong.in_scales == pytest.approx(1e-6 / 0.05)
    text = comparison_text(found, title="Rerun", told=["a notice"], environment=[])
    assert "  task [31m: estimate mean" in text
    assert "0.200001     NO" in text
    assert "1 is NOT the same." in " ".join(text.split())
    assert "a notice" in text
    assert "\x1b" not in text


def test_numbers_that_differ_in_the_last_digit_are_written_apart() -> None:
    found = compare_records(RECORD, changed("log_marginal_likelihood", to=math.nextafter(-12.5, 0)))
    text = comparison_text(found, title="Rerun", told=[], environment=[])
    assert "-12.5  -12.499999999999998     NO" in text


@pytest.mark.parametrize(
    ("path", "scale"),
    [
        (("coefficients", 0, "estimate", "mean"), 0.05),
        (("coefficients", 0, "estimate", "upper"), 0.05),
        (("coefficients", 0, "estimate", "p_positive"), 0.3),
        (("coefficients", 0, "r", "median"), 0.19 / (2 * 1.959963984540054)),
        (("coefficients", 1, "estimate", "mean"), 0.1),
        (("log_marginal_likelihood",), 1.0),
        (("frequentist", "sigma2_sample"), 0.02),
    ],
)
def test_a_tolerance_is_in_units_of_what_is_uncertain(path: tuple[Any, ...], scale: float) -> None:
    value: Any = RECORD
    for key in path:
        value = value[key]
    for times, verdict_ in ((0.9, "near"), (1.1, "different")):
        other = changed(*path, to=value + times * 0.01 * scale)
        found = compare_records(RECORD, other, exact=False, tolerance=0.01)
        (number,) = [n for n in found.numbers if n.verdict != "same"]
        assert number.scale == pytest.approx(scale)
        assert number.verdict == verdict_
        assert found.same == (verdict_ == "near")


@pytest.mark.parametrize(
    ("path", "value", "exact", "same"),
    [
        (("checks", 0, "text"), "All below 1.02.", True, False),
        (("checks", 0, "text"), "All below 1.02.", False, True),
        (("checks", 0, "passed"), False, False, False),
        (("frequentist", "at_boundary"), 0, False, False),
        (("rho",), 0.5, False, False),
        (("log_marginal_likelihood",), None, False, False),
        (("coefficients", 1, "name"), "bond", True, False),
        (("schema",), 1.0, True, True),
    ],
)
def test_texts_truth_values_and_gaps_count(
    path: tuple[Any, ...], value: object, exact: bool, same: bool
) -> None:
    found = compare_records(RECORD, changed(*path, to=value), exact=exact, tolerance=1.0)
    assert found.same == same


def test_a_number_that_was_not_stored_counts_but_for_newer_versions() -> None:
    more = changed("rho", to={"mean": 0.6})
    found = compare_records(RECORD, more)
    assert [(n.group, n.name, n.now) for n in found.numbers if n.verdict == "not stored"] == [
        ("rho", "mean", 0.6)
    ]
    assert not found.same
    longer = changed("coefficients", to=RECORD["coefficients"][:1])
    assert compare_records(longer, RECORD).counts()["not stored"] == 1
    assert compare_records(longer, RECORD, fields_added=True).same
    assert not compare_records(RECORD, longer, fields_added=True).same


def test_names_that_repeat_are_compared_by_position() -> None:
    twins = {"samples": [{"name": "a", "raw": 1.0}, {"name": "a", "raw": 2.0}]}
    assert compare_records(twins, copy.deepcopy(twins)).counts() == {"same": 2}


def test_frame_and_record_have_every_number() -> None:
    found = compare_records(RECORD, changed("frequentist", "sigma2_sample", to=0.03))
    frame = comparison_frame(found)
    assert len(frame) == 14
    wrong = frame[frame["verdict"] == "different"].iloc[0]
    assert wrong["stored"] == 0.02
    assert wrong["now"] == 0.03
    record = comparison_record(found, title="Rerun", environment=["numpy 2, now 3"])
    assert record["counts"] == {"same": 13, "near": 0, "different": 1, "not stored": 0}
    assert record["same"] is False
    assert len(record["numbers"]) == 14
    assert record["environment"] == ["numpy 2, now 3"]


def test_the_text_has_80_columns_with_long_names() -> None:
    long = changed("coefficients", 0, "name", to="a sample of a very long name " * 9)
    other = changed("coefficients", 0, "estimate", "mean", to=math.nextafter(0.2, 1))
    for exact in (True, False):
        found = compare_records(long, other, exact=exact, tolerance=0.001)
        lines = comparison_text(
            found, title="Rerun of " + "folder/" * 20, told=[], environment=["numpy 1, now 2"]
        ).splitlines()
        assert max(map(len, lines)) <= 80
    assert "Tolerance: 0.001 posterior sd" in " ".join(" ".join(lines).split())
