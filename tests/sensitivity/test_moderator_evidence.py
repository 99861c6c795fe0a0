"""Evidence on moderators: identities, brute force, nulls favoured, truths found, rows, refusals."""

from __future__ import annotations

from dataclasses import replace

import hypothesis
import hypothesis.strategies as st
import numpy as np
import pytest
from made_fits import made_effects
from moderator_cases import brute_evidence, overall, simulated, small

import bayes_alliance as ba
from bayes_alliance.engines.evidence import evidence_of
from bayes_alliance.sensitivity.moderator_evidence import ModeratorComparison
from bayes_alliance.spec.compilation import compile_design

SIX = ["diagnosis", "rater", "f2f_contact", "approach", "year", "country"]
NAMES = [*SIX[:4], "year (per 10)", "country"]


@pytest.fixture(scope="module")
def six() -> ModeratorComparison:
    """The six moderators of the study, in synthetic data without any."""
    return ba.compare_moderators("ibi_synthetic")


def test_without_a_true_moderator_the_null_is_favoured(six: ModeratorComparison) -> None:
    assert six.table.index.tolist() == NAMES
    assert (six.table["bf01"] > 1).all()
    verdicts = [one.verdict for one in six.found]
    assert "for" not in verdicts
    assert verdicts.count("against") == 4
    told = [row["evidence"] for row in six.table.to_dict("records")]
    assert told[1] == "moderate evidence for no difference by rater"
    assert told[0].startswith("the data cannot tell a difference by diagnosis")
    assert all(("cannot tell" in text) == (v == "cannot tell")
               for text, v in zip(told, verdicts, strict=True))  # fmt: skip


def test_a_comparison_is_that_of_two_fits_of_the_same_rows(six: ModeratorComparison) -> None:
    effects = ba.load("ibi_synthetic")
    complete = effects.keep(effects.frame[SIX].notna().all(axis=1).to_numpy())
    short = {"run.draws": 200}
    none = ba.fit(complete, "overall", changes=short).posterior.log_marginal_likelihood
    assert none is not None
    for one, name in zip(six.found, SIX, strict=True):
        model = f"moderator_{name}"
        fit = ba.fit(complete, model, changes=short)
        evidence = fit.posterior.log_marginal_likelihood
        assert evidence is not None
        assert one.factor.log_bf10 == pytest.approx(evidence - none, abs=1e-5)
        wide = ba.fit(complete, model, changes={**short, "priors.differences.sd": 0.5})
        assert wide.posterior.log_marginal_likelihood is not None
        at = dict(one.over_scales)[0.5]
        gap = wide.posterior.log_marginal_likelihood - none
        assert at.log_bf10 == pytest.approx(gap, abs=1e-5)
        assert dict(one.over_scales)[0.25].log_bf10 == pytest.approx(one.factor.log_bf10)
        assert (one.effects, one.samples) == (len(complete), len(complete.samples)) == (64, 33)


def test_largest_difference_is_that_of_the_fit(six: ModeratorComparison) -> None:
    effects = ba.load("ibi_synthetic")
    complete = effects.keep(effects.frame[SIX].notna().all(axis=1).to_numpy())
    pairs = {"location.contrasts": "pairwise"}
    fit = ba.fit(complete, "moderator_country", changes=pairs)
    means = fit.summary()["mean"]
    one = six.found[-1]
    high, low = one.difference.name.split(" - ")
    assert (high, low) == (means.idxmax(), means.idxmin())
    (contrast,) = [c for c in fit.contrasts().to_dict("index").items()
                   if set(c[0].split(" - ")) == {high, low}]  # fmt: skip
    sign = 1 if contrast[0] == one.difference.name else -1
    assert one.difference.estimate.median == pytest.approx(sign * contrast[1]["median"], abs=1e-7)
    assert one.difference.p_rope == pytest.approx(contrast[1]["p_rope"], abs=1e-3)
    assert one.p_all_rope is not None
    assert one.difference.p_rope is not None
    assert one.p_all_rope < one.difference.p_rope
    rater = six.found[1]
    assert rater.p_all_rope == pytest.approx(rater.difference.p_rope, abs=2e-3)
    slope = six.found[4].difference
    year = ba.fit(complete, "moderator_year").summary().loc["year (per 10)"]
    assert slope.estimate.median == pytest.approx(year["median"], abs=1e-7)


@pytest.mark.parametrize("seed", range(3))
def test_a_true_moderator_is_found(seed: int) -> None:
    names = ["mode", "setting", "year", "occasion"]
    found = ba.compare_moderators(simulated(0.2, seed=seed), names, overall())
    assert found.table.loc["mode", "bf10"] > 10
    assert found.found[0].verdict == "for"
    assert found.found[0].difference.name == "guided - alone"
    assert found.found[0].difference.estimate.lower > 0
    assert (found.table["bf01"].iloc[1:] > 1).all()
    assert found.sentences[0].startswith("The data speak for mode (BF10 ")


def test_evidence_by_brute_force() -> None:
    found = ba.compare_moderators(small(), ["mode", "dose"], overall())
    none = brute_evidence(small(), (), sample=True, effect=True)
    for one, term in zip(found.found, ("mode", "dose"), strict=True):
        with_it = brute_evidence(small(), (term,), sample=True, effect=True)
        assert one.factor.log_bf10 == pytest.approx(with_it - none, abs=1e-6)
        assert one.factor.error < 1e-4


def test_rows_are_common_unless_each_is_asked(six: ModeratorComparison) -> None:
    effects = ba.load("ibi_synthetic")
    gaps = effects.frame[SIX].isna()
    assert len(six.left_out) == gaps.any(axis=1).sum() == 18
    reasons = {row.row: row.reason for row in six.left_out}
    for line, missing in zip(effects.frame["row"], gaps.to_numpy(), strict=True):
        names = [name for name, gap in zip(SIX, missing, strict=True) if gap]
        assert reasons.get(line) == (f"no value of {', '.join(names)}" if names else None)
    each = ba.compare_moderators(effects, SIX, rows="each")
    assert each.table["effects"].tolist() == [82 - int(gaps[name].sum()) for name in SIX]
    assert each.left_out == ()
    country = ba.compare_moderators(effects, ["country"])
    assert each.found[-1].factor == country.found[0].factor
    assert "18" not in repr(each)


def test_other_terms_are_in_every_model() -> None:
    effects = simulated(0.2)
    found = ba.compare_moderators(effects, ["setting"], overall().with_terms("mode"))
    assert found.always == ("mode",)
    both, one = (
        evidence_of(compile_design(effects, overall().with_terms(*terms))).log_value
        for terms in (("mode", "setting"), ("mode",))
    )
    assert found.found[0].factor.log_bf10 == pytest.approx(both - one, abs=1e-9)
    moved = ba.compare_moderators(effects, ["mode"], overall().with_terms("mode"))
    alone = ba.compare_moderators(effects, ["mode"], overall())
    assert moved.found[0].factor == alone.found[0].factor
    each = ba.compare_moderators(
        effects, ["setting", "mode"], overall().with_terms("mode"), rows="each"
    )
    assert each.found[1].factor == alone.found[0].factor


@hypothesis.settings(max_examples=6)
@hypothesis.given(
    st.permutations(["mode", "setting", "year"]),
    st.permutations(["p", "q", "r"]),
    st.floats(0.2, 5),
)
def test_order_and_names_do_not_matter(order: list[str], letters: list[str], odds: float) -> None:
    effects = simulated(0.1, samples=12)
    frame = effects.to_frame()
    named = dict(zip(["clinic", "home", "school"], letters, strict=True))
    frame["setting"] = frame["setting"].map(named)
    frame = frame.sample(frac=1, random_state=len(letters[0]) + int(10 * odds))
    first = ba.compare_moderators(effects, ["mode", "setting", "year"], overall(), scales=[0.1])
    again = ba.compare_moderators(
        replace(effects, frame=frame.reset_index(drop=True)), order, overall(), scales=[0.1],
        prior_odds=odds,
    )  # fmt: skip
    columns = ["log_bf10", "bf01_sd_0.1"]
    one = first.table.loc[again.table.index, columns]
    np.testing.assert_allclose(again.table[columns], one, rtol=1e-5, atol=1e-5)
    p = again.table["posterior_probability"]
    np.testing.assert_allclose(p / (1 - p), odds * again.table["bf10"], rtol=1e-9)


def test_other_measures_have_no_correlations() -> None:
    rng = np.random.default_rng(1)
    effects = made_effects(
        [f"s{i}" for i in range(12)], yi=rng.normal(1, 0.3, 12), vi=0.02, measure="GEN",
        mode=["a", "b"] * 6,
    )  # fmt: skip
    found = ba.compare_moderators(effects, ["mode"], overall())
    assert found.found[0].p_all_rope is None
    assert found.table["median"].iloc[0] == found.table["z_median"].iloc[0]


def refused(**columns: object) -> ba.EffectSizes:
    labels = [f"s{i}" for i in range(6) for _ in range(2)]
    return made_effects(labels, **columns)


@pytest.mark.parametrize(
    ("asked", "codes", "told"),
    [
        (["constant"], ["constant_moderator"], "column constant"),
        (["rows"], ["distinct_moderator"], "every effect size has a level of its own"),
        (["people"], ["distinct_moderator"], "every sample has a level of its own"),
        (["constnat"], ["missing_moderator"], "Did you mean 'constant'"),
        (["empty"], ["empty_moderator"], "no value in any effect size"),
        (["good", "good"], ["moderator_twice"], "named twice"),
        (["gaps", "good", "other_gaps"], ["nothing_left"], "gaps \\(6 gaps\\), other_gaps"),
        ([], ["moderators_needed"], "constant, rows, people"),
        (None, ["moderators_needed"], "--moderators A,B"),
        (["constant", "rows"], ["constant_moderator", "distinct_moderator"], "Leave rows out"),
        (["half"], ["constant_moderator"], "single value 'a'"),
    ],
)
def test_what_cannot_be_compared_is_named(
    asked: list[str] | None, codes: list[str], told: str
) -> None:
    effects = refused(
        constant="one", rows=[f"e{i}" for i in range(12)],
        people=[f"p{i}" for i in range(6) for _ in range(2)], empty=np.nan, good=["a", "b"] * 6,
        gaps=["a", None] * 6, other_gaps=[None, "b"] * 6, half=["a", None] * 6,
    )  # fmt: skip
    with pytest.raises(ba.InputError, match=told) as caught:
        ba.compare_moderators(effects, asked, overall())
    assert [problem.code for problem in caught.value.problems] == codes
    assert all(problem.cure for problem in caught.value.problems)


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        ({"units": {"year": 5}}, "idle_key"),
        ({"categorical": ["year"]}, "idle_key"),
        ({"prior_odds": 0.0}, "prior_odds"),
        ({"prior_odds": np.inf}, "prior_odds"),
        ({"probability": 1.0}, "probability"),
        ({"rows": "some"}, "rows"),
        ({"scales": [0.1, -1]}, "scale_values"),
        ({"specification": overall(**{"priors.shrinkage": {"family": "exponential", "scale": 1}})},
         "no_exact_comparison"),
        ({"specification": "robust"}, "no_exact_comparison"),
        ({"specification": overall(**{"priors.differences": {"family": "flat"}})},
         "no_exact_comparison"),
    ],
)  # fmt: skip
def test_what_has_no_comparison_is_refused(arguments: dict[str, object], code: str) -> None:
    asked = {"specification": overall(), **arguments}
    with pytest.raises(ba.InputError) as caught:
        ba.compare_moderators(simulated(0.1), ["mode"], **asked)  # type: ignore[arg-type]
    assert caught.value.problems[0].code == code


def test_numbers_are_read_as_asked() -> None:
    effects = small()
    slope = ba.compare_moderators(effects, ["dose"], overall(), units={"dose": 2})
    assert slope.found[0].name == "dose (per 2)"
    frame = effects.to_frame()
    frame["dose"] = [1.0, 1.0, 2.0, 2.0, 3.0, 3.0, 3.0]
    levels = ba.compare_moderators(
        replace(effects, frame=frame), ["dose"], overall(), categorical=["dose"]
    )
    assert levels.found[0].term.levels == ("1", "2", "3")


def test_what_was_not_asked_about_is_said() -> None:
    found = ba.compare_moderators("ibi_synthetic", scales=[])
    (note,) = found.notes
    assert note.startswith("No moderators were named: diagnosis, rater, f2f_contact")
    assert note.endswith("Not asked about: subscale, timing (name any column to compare it).")
    assert ba.compare_moderators("ibi_synthetic", ["year"]).notes == ()
    beside = ba.compare_moderators("ibi_synthetic", ["year"], "subscales_independent")
    (note,) = beside.notes
    assert note.endswith("that of subscale too, in both models.")


def test_an_infinite_moderator_is_refused() -> None:
    effects = small()
    effects.frame.loc[2, "dose"] = np.inf
    with pytest.raises(ba.InputError, match="infinite in 1 of 7 effect sizes"):
        ba.compare_moderators(effects, ["dose"], overall())


def test_a_curve_over_the_prior_sd_reaches_no_evidence_at_0() -> None:
    """A moderator that may hardly matter is the model without it."""
    sds = [1e-4, 0.05, 0.2, 1.0, 4.0]
    found = ba.compare_moderators(simulated(0.0), ["mode"], overall(), scales=sds).found[0]
    logs = np.array([factor.log_bf10 for _, factor in found.over_scales])
    assert logs[0] == pytest.approx(0, abs=1e-4)
    assert (np.diff(logs) < 0).all()
