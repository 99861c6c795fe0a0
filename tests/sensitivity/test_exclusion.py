"""Exclusion by samples, conditions and masks; what must be absent for a conclusion to change."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from made_fits import made_effects

import bayes_alliance as ba
from bayes_alliance.engines.fitted import Fitted
from bayes_alliance.sensitivity.conclusions import Conclusion, conclusions, joined
from bayes_alliance.sensitivity.condition import matching
from bayes_alliance.sensitivity.exact_answers import ExactAnswers, exact_posterior
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


def with_a_slope() -> Fitted:
    """A mean that rises in proportion with the dose, which three samples have far more of."""
    dose = np.array([30.0, 35, 40, 45, 50, 55, 60, 65, 70, 115, 120, 125])
    effects = made_effects(
        [f"s{i}" for i in range(12)],
        yi=0.004 * dose + 0.01 * np.tile([1, -1, 0], 4), vi=0.0005, measure="GEN", dose=dose,
    )  # fmt: skip
    return ba.fit(effects, "overall", changes={**SHORT, "location.terms": ["dose"]}).fitted


def test_a_slope_keeps_its_centre_and_unit() -> None:
    fitted = with_a_slope()
    found = exclude(fitted, "s9", "s10", "s11")
    kept = np.arange(12) < 9
    (term,) = fitted.design.terms
    assert found.design.terms == (term,)
    np.testing.assert_array_equal(found.design.X, fitted.design.X[kept])
    assert set(found.table.index) == set(
        pd.DataFrame(list(found.baseline.rows())).set_index(["kind", "name"]).index
    )
    table, slope = found.table, ("mean", term.slope_name)
    # The line is the same with and without: neither its height nor its slope moves far.
    assert abs(table.loc[("mean", "overall"), "shift"]) < 1
    assert table.loc[slope, "mean"] == pytest.approx(0.004 * term.unit, abs=0.01)
    assert abs(table.loc[slope, "mean_without"] - table.loc[slope, "mean"]) < 0.1
    posterior = exact_posterior(fitted, fitted.design.keep(kept))
    for name, weights in (("overall", [1.0, 0.0]), (term.slope_name, [0.0, 1.0])):
        own = posterior.linear(np.array(weights))
        row = table.xs(name, level="name").iloc[0]
        assert row["mean_without"] == pytest.approx(own.mean, abs=1e-9)
        assert row["sd_without"] == pytest.approx(own.sd, abs=1e-9)
    assert "there is no answer" not in " ".join(found.sentences)
    assert found.notes == ()


def test_leaving_one_sample_out_is_to_exclude_it() -> None:
    fitted = with_a_slope()
    left = leave_each_out(fitted).left[11]
    found = exclude(fitted, "s11")
    columns = ["mean", "sd", "median", "lower", "upper", "p_positive"]
    frames = [pd.DataFrame(list(a.rows()))[columns] for a in (found.answers, left.answers)]
    np.testing.assert_allclose(*frames, atol=1e-6)


def test_a_refit_is_coded_anew_with_the_same_unit() -> None:
    fitted = with_a_slope()
    (was,), again = fitted.design.terms, exclude(fitted, "s9", "s10", "s11").refit()
    (term,) = again.design.terms
    assert term.unit == was.unit
    assert term.centre == pytest.approx(50)
    assert again.design.coefficients == fitted.design.coefficients


def test_a_level_without_effects_is_told() -> None:
    effects = made_effects(
        list("abcdef"), yi=[0.1, 0.2, 0.3, 0.35, 0.5, 0.4], vi=0.01, measure="GEN",
        form=["x", "x", "y", "y", "z", "z"],
    )  # fmt: skip
    fitted = ba.fit(effects, "overall", changes={**SHORT, "location.terms": ["form"]}).fitted
    found = exclude(fitted, "e", "f")
    (note,) = found.notes
    assert note in repr(found)
    assert "comes from the prior given the others" in note
    told = note.split("said of ")[1].split(" comes")[0].split(", ")
    assert "z" in told
    assert not {"x", "y"} & set(told)
    assert found.table.loc[("mean", "z"), "sd_without"] > 2 * found.table.loc[("mean", "z"), "sd"]
    flat = {"priors.location": {"family": "flat"}, "priors.differences": {"family": "flat"}}
    loose = fitted.specification.with_changes(flat)
    with pytest.raises(ba.InputError, match="flat prior leaves a coefficient"):
        exclude(ba.fit(effects, loose).fitted, "e", "f")


def drawn(answers: ExactAnswers, fitted: Fitted, p: float, draws: int) -> Conclusion:
    """What is concluded where the ROPE probability of the first difference is this share."""
    first, *others = answers.headline.contrasts
    told = replace(answers.headline, contrasts=(replace(first, p_rope=p), *others))
    found = conclusions(
        replace(answers, headline=told, draws=draws), fitted.design, fitted.specification.rope
    )
    return found["rope", first.name]


def test_a_share_of_draws_changes_a_conclusion_only_beyond_its_error() -> None:
    fitted = fitted_of("ibi_synthetic", "subscales_independent")
    answers = exclude(fitted, fitted.design.sample_ids[0]).baseline
    assert answers.draws == 1000
    # The standard error at .5 is .00091 of 300,000 draws, .0158 of 1,000.
    one = drawn(answers, fitted, 0.5003, 300_000)
    near = drawn(answers, fitted, 0.4991, 300_000)
    assert (one.state, near.state) == ("is between .50 and .95", "is below .50")
    assert set(one.near) == {one.state, near.state}
    assert not one.differs(near)
    for p, draws, differs in [
        (0.4700, 300_000, False), (0.4700, 1_000, False), (0.9600, 300_000, True),
        (0.9600, 1_000, False), (0.9700, 1_000, True),
    ]:  # fmt: skip
        assert one.differs(drawn(answers, fitted, p, draws)) == differs, (p, draws)
    clear = drawn(answers, fitted, 0.6, 1_000)
    assert clear.near == (clear.state,)
    assert clear.differs(drawn(answers, fitted, 0.46, 1_000))
    assert not clear.differs(drawn(answers, fitted, 0.48, 1_000))
    # At an end there is no error; the other answers are exact.
    assert drawn(answers, fitted, 1.0, 1_000).near == ("is above .95",)
    found = conclusions(answers, fitted.design, fitted.specification.rope).values()
    assert not any(c.near for c in found if c.kind in ("interval", "positive", "largest"))


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
            found = conclusions(left.answers, fitted.design, rope)[key]
            assert found.differs(change.conclusion) == (left.label in dict(change.singles))
            if not found.near:
                assert found.differs(change.conclusion) == (found.state != was)
        singles += bool(change.singles)
        if change.together and key[0] != "benchmark":
            assert not change.singles
            assert len(change.together) == 2
            without = exclude(fitted, *change.together)
            found = conclusions(without.answers, fitted.design, rope)[key]
            assert found.state == change.state != was
            assert found.differs(change.conclusion)
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
