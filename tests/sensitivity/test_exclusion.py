"""Exclusion by samples, conditions and masks; what must be absent for a conclusion to change."""

from __future__ import annotations

from contextlib import suppress

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

import bayes_alliance as ba
from bayes_alliance.engines.fitted import Fitted
from bayes_alliance.sensitivity.conclusions import conclusions, joined
from bayes_alliance.sensitivity.condition import matching
from bayes_alliance.sensitivity.exclusion import exclude
from bayes_alliance.sensitivity.omission import leave_each_out
from bayes_alliance.sensitivity.removal import absences

SHORT = {"run.draws": 500, "run.chains": 2}
FRAME = pd.DataFrame(
    {
        "year": [1999.0, 2005.0, np.nan, 2010.0],
        "rater": ["client", "thera pist", None, "and, or"],
        "short form": [True, False, True, False],
    }
)


def fitted_of(data: str, model: str) -> Fitted:
    return ba.fit(data, model, changes=SHORT).fitted


@pytest.mark.parametrize(
    ("condition", "rows"),
    [
        ("year < 2005", [0]),
        ("year<=2005", [0, 1]),
        ("year != 2005", [0, 3]),
        ("year == 2005.0", [1]),
        ("year is missing", [2]),
        ("rater is known and year > 2000", [1, 3]),
        ("rater == client or year >= 2010", [0, 3]),
        ("rater in (client, 'and, or')", [0, 3]),
        ('rater not in ("thera pist", client)', [3]),
        ('rater = "thera pist"', [1]),
        ("`short form` == true", [0, 2]),
        ("`short form` is known and rater == 'and, or'", [3]),
    ],
)
def test_conditions(condition: str, rows: list[int]) -> None:
    assert np.flatnonzero(matching(FRAME, condition)).tolist() == rows


@pytest.mark.parametrize(
    ("condition", "told"),
    [
        ("yaer < 2005", "Did you mean 'year'"),
        ("year", "is no comparison"),
        ("year < old", "is no number"),
        ("rater < 3", "not all numbers"),
        ("year < 1 and rater == a or rater == b", "both and and or"),
        ("rater in client", "a list is written"),
        ("rater ==", "a value is missing"),
        ("year is missing now", "nothing may follow"),
        ("__import__('os').system('true') == 1", "no column"),
    ],
)
def test_conditions_that_cannot_be_read(condition: str, told: str) -> None:
    with pytest.raises(ba.InputError, match=told):
        matching(FRAME, condition)


@given(st.text(max_size=40))
def test_no_text_does_anything_but_match_or_be_refused(text: str) -> None:
    with suppress(ba.InputError):
        assert matching(FRAME, text).shape == (4,)


def test_all_ways_to_exclude_are_one(schools: Fitted) -> None:
    frame = schools.effects.frame
    old = (frame["year"] < 1980).to_numpy()
    ways = [
        exclude(schools, where="year < 1980"),
        exclude(schools, where=old),
        exclude(schools, where=lambda table: table["year"] < 1980),
        exclude(schools, "11", "27", "58"),
        exclude(schools, "11", where="sample in (27, 58)"),
    ]
    again = ba.fit(schools.effects.keep(~old), "schools", changes=SHORT)
    for way in ways:
        assert way.samples == ("11", "27", "58")
        assert way.effects == old.sum() == 19
        mean, tau = (way.table.loc[("mean", "overall")], way.table.loc[("tau", "tau_sample")])
        own = again.summary().iloc[0]
        assert mean["mean_without"] == pytest.approx(own["mean"], abs=1e-7)
        assert tau["median_without"] == pytest.approx(
            again.heterogeneity().loc["tau_sample", "median"], abs=1e-7
        )
        assert mean["shift"] == pytest.approx((mean["mean_without"] - mean["mean"]) / mean["sd"])
    assert "without rows with year < 1980" in repr(ways[0])


@pytest.fixture(scope="module")
def schools() -> Fitted:
    return fitted_of("konstantopoulos2011", "schools")


@pytest.mark.parametrize(
    ("samples", "where", "told"),
    [
        (("72",), None, "no sample '72'"),
        ((), "year > 3000", "none of its effect sizes"),
        ((), "year > 3", "all its effect sizes"),
        ((), [True, False], "a mask needs 56 values"),
        ((), np.ones(56), "true or false"),
    ],
)
def test_what_cannot_be_excluded(
    schools: Fitted, samples: tuple[str, ...], where: object, told: str
) -> None:
    with pytest.raises(ba.InputError, match=told):
        exclude(schools, *samples, where=where)  # type: ignore[arg-type]


def test_the_samples_that_a_conclusion_hangs_on_change_it_when_they_are_absent() -> None:
    fitted = fitted_of("ibi_synthetic", "subscales_independent")
    omission = leave_each_out(fitted)
    changes = absences(omission, most=2)
    assert len(changes) == len({change.conclusion.key for change in changes})
    rope = fitted.specification.rope
    singles = pairs = 0
    for change in changes:
        key, was = change.conclusion.key, change.conclusion.state
        for left in omission.left:
            state = conclusions(left.answers, fitted.design, rope)[key].state
            assert (state != was) == (left.label in dict(change.singles))
        singles += bool(change.singles)
        if change.together and key[0] != "benchmark":
            assert not change.singles
            assert len(change.together) == 2
            refit = exclude(fitted, *change.together)
            found = conclusions(refit.answers, refit.refit.design, rope)[key]
            assert found.state == change.state != was
            assert found.state in change.sentence
            pairs += 1
    assert singles > 3
    assert pairs > 3


def test_sentences_about_absence(schools: Fitted) -> None:
    told = {c.conclusion.key: c for c in absences(leave_each_out(schools))}
    interval = told["interval", "overall"]
    assert interval.sentence == (
        "The 95 % interval of overall includes 0; without 11 or 58 it is above 0."
    )
    alone = absences(leave_each_out(schools, "effect"), most=4)
    assert all(not change.together for change in alone)
    kept = [c.sentence for c in alone if not c.changes]
    assert all("no single effect size changes that." in line for line in kept)
    assert joined(["a", "b"]) == "a and b"
