"""Sampling covariances from correlations among variables: sources, formula, refusals."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from made_fits import made_effects

import bayes_alliance as ba
from bayes_alliance.algebra.correlations import correlation_of_errors, shared_correlation_of_errors
from bayes_alliance.data.effects import EffectSizes
from bayes_alliance.engines.reml.estimate import estimate
from bayes_alliance.errors import InputError
from bayes_alliance.spec.compilation import compile_design
from bayes_alliance.spec.design import Design
from bayes_alliance.spec.reported import ReportedPrior

REFERENCE = Path(__file__).parents[1] / "reference"
CRAFT = {"predictor": ["var1"], "outcome": ["var2"], "plug_in": "raw"}


def design(effects: EffectSizes, within: str = "interscale", **keys: object) -> Design:
    asked = {f"sampling.{key}": value for key, value in keys.items() if key != "changes"}
    spec = ba.Specification().with_changes({"sampling.within_sample": within, **asked})
    extra = keys.get("changes")
    return compile_design(effects, spec if extra is None else spec.with_changes(extra))  # type: ignore[arg-type]


def errors(one: Design, sample: int = 0) -> np.ndarray:
    """Correlations of the sampling errors of a sample."""
    assert one.covariances is not None
    V = one.covariances[sample]
    return np.asarray(V / np.sqrt(np.outer(np.diag(V), np.diag(V))))


def reported(effects: EffectSizes, **pairs: float) -> EffectSizes:
    rows = [[*name.split("_"), r] for name, r in pairs.items()]
    return effects.with_correlations(pd.DataFrame(rows, columns=["first", "second", "r"]))


def craft() -> EffectSizes:
    effects = ba.load("craft2003")
    return effects.keep((effects.frame["sample"] != "17").to_numpy())


@pytest.mark.parametrize(("measure", "scale"), [("auto", "z"), ("COR", "r")])
def test_the_covariances_of_craft_are_those_of_rcalc(measure: str, scale: str) -> None:
    rows = pd.read_csv(REFERENCE / "craft2003_rcalc_z_rows.csv")
    told = pd.read_csv(REFERENCE / f"craft2003_rcalc_{scale}_V.csv", header=None).to_numpy()
    found = design(craft(), **CRAFT, changes={"effect.measure": measure})
    assert found.covariances is not None
    assert len(found.y) == 51
    for sample, V in zip(found.sample_ids, found.covariances, strict=True):
        at = rows.index[(rows["study"].astype(str) == sample) & rows["yi"].notna()]
        np.testing.assert_allclose(V, told[np.ix_(at, at)], rtol=0, atol=1e-8)


def test_the_fit_under_these_covariances_is_that_of_metafor() -> None:
    effects = craft()
    frame = effects.to_frame()
    frame["pair"] = frame["var1"] + "." + frame["var2"]
    table = EffectSizes(frame, effects.measure)
    spec = ba.Specification().with_terms("pair").with_changes(
        {"sampling.within_sample": "interscale"} | {f"sampling.{k}": v for k, v in CRAFT.items()}
    )  # fmt: skip
    compiled = compile_design(table, spec)
    found = estimate(compiled.blocks(), "REML")
    told = json.loads((REFERENCE / "metafor.json").read_text(encoding="utf-8"))
    told = told["special"]["craft2003"]["threelevel_rtoz"]
    at = [compiled.coefficients.index(name.removeprefix("var1.var2")) for name in told["names"]]
    np.testing.assert_allclose(found.beta[at], told["beta"], atol=1e-5)
    np.testing.assert_allclose(found.se[at], told["se"], atol=1e-5)
    assert found.log_likelihood == pytest.approx(told["logLik"], abs=1e-5)


def test_three_scales_of_one_sample_by_hand() -> None:
    effects = made_effects(list("aaab"), r=[0.3, 0.2, 0.1, 0.2], n=[60, 60, 45, 60],
                           subscale=["task", "goal", "bond", "task"])  # fmt: skip
    effects = reported(effects, task_goal=0.8, goal_bond=0.6)
    found = errors(design(effects, plug_in="raw", norms={"subscale": {"default": 0.5}}))
    pairs = {(0, 1): (0.3, 0.2, 0.8, 1.0), (1, 2): (0.2, 0.1, 0.6, np.sqrt(45 / 60)),
             (0, 2): (0.3, 0.1, 0.5, np.sqrt(45 / 60))}  # fmt: skip
    for (a, b), (r_1, r_2, r_12, factor) in pairs.items():
        c = shared_correlation_of_errors(r_1=r_1, r_2=r_2, r_12=r_12)
        assert found[a, b] == pytest.approx(float(c) * factor, abs=1e-12)
    half = errors(design(effects, plug_in="raw", overlap=0.5, norms={"subscale": {"default": 0.5}}))
    assert half[0, 1] == pytest.approx(found[0, 1] / 2, abs=1e-12)


def test_people_in_common_come_from_the_table() -> None:
    effects = made_effects(list("aa"), r=[0.3, 0.2], n=[60, 50], subscale=["task", "goal"])
    table = pd.DataFrame({"sample": ["a"], "first": ["goal"], "second": ["task"], "r": [0.8],
                          "n": [30]})  # fmt: skip
    found = errors(design(effects.with_correlations(table), plug_in="raw"))
    c = shared_correlation_of_errors(r_1=0.3, r_2=0.2, r_12=0.8)
    assert found[0, 1] == pytest.approx(float(c) * 30 / np.sqrt(3000), abs=1e-12)


def test_variables_that_differ_in_several_columns_are_a_product() -> None:
    effects = made_effects(list("aa"), r=[0.3, 0.2], subscale=["task", "goal"],
                           rater=["client", "therapist"])  # fmt: skip
    norms = {"subscale": {"task ~ goal": 0.8}, "rater": {"default": 0.4}}
    found = errors(design(effects, plug_in="raw", norms=norms))
    c = shared_correlation_of_errors(r_1=0.3, r_2=0.2, r_12=0.32)
    assert found[0, 1] == pytest.approx(float(c), abs=1e-12)
    table = pd.DataFrame({"first": ["task, client"], "second": ["goal, therapist"], "r": [0.25]})
    itself = errors(design(effects.with_correlations(table), plug_in="raw", norms=norms))
    c = shared_correlation_of_errors(r_1=0.3, r_2=0.2, r_12=0.25)
    assert itself[0, 1] == pytest.approx(float(c), abs=1e-12)


def test_different_outcomes_take_cross_correlations_from_the_table_or_a_product() -> None:
    keys = {"plug_in": "raw",
            "norms": {"subscale": {"default": 0.7}, "outcome": {"default": 0.5}}}  # fmt: skip
    full = made_effects(
        list("aaaa"),
        r=[0.3, 0.25, 0.2, 0.1],
        subscale=["task", "task", "goal", "goal"],
        outcome=list("xyxy"),
    )
    found = errors(design(full, **keys))
    c = correlation_of_errors(r_jk=0.3, r_hm=0.1, r_jh=0.7, r_km=0.5, r_jm=0.25, r_kh=0.2)
    assert found[0, 3] == pytest.approx(float(c), abs=1e-12)
    two = made_effects(list("aa"), r=[0.3, 0.1], subscale=["task", "goal"], outcome=list("xy"))
    lean = design(two, **keys)
    c = correlation_of_errors(
        r_jk=0.3, r_hm=0.1, r_jh=0.7, r_km=0.5, r_jm=0.1 * 0.7, r_kh=0.3 * 0.7
    )
    assert errors(lean)[0, 1] == pytest.approx(float(c), abs=1e-12)
    assert any("taken as products" in note for note in lean.notes)


def test_pooled_correlations_enter_the_formula_by_pair_of_variables() -> None:
    effects = made_effects(
        list("aabbccdd"),
        r=[0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.2, 0.3],
        n=[40, 40, 50, 50, 60, 60, 30, 30],
        subscale=["task", "goal"] * 3 + ["bond", "task"],
    )
    norms = {"subscale": {"default": 0.7}}
    found = errors(design(effects, norms=norms), 0)
    z, w = effects.frame["yi"].to_numpy(), effects.frame["n"].to_numpy() - 3
    task, goal = [0, 2, 4, 7], [1, 3, 5]
    pooled = [np.tanh(np.average(z[at], weights=w[at])) for at in (task, goal)]
    c = shared_correlation_of_errors(r_1=pooled[0], r_2=pooled[1], r_12=0.7)
    assert found[0, 1] == pytest.approx(float(c), abs=1e-12)
    overall = np.tanh(np.average(z, weights=w))  # bond is seen in one sample
    c = shared_correlation_of_errors(r_1=overall, r_2=pooled[0], r_12=0.7)
    last = errors(design(effects, norms=norms), 3)
    assert last[0, 1] == pytest.approx(float(c), abs=1e-12)


def test_the_unknown_is_refused_or_has_rho() -> None:
    effects = made_effects(list("aaabb"), r=[0.3, 0.2, 0.1, 0.2, 0.3], n=[60, 60, 45, 60, 60],
                           subscale=["task", "goal", "bond", "task", "bond"])  # fmt: skip
    effects = reported(effects, task_goal=0.8)
    with pytest.raises(InputError) as caught:
        design(effects)
    told = {problem.what: problem for problem in caught.value.problems}
    assert set(told) == {"the correlation of bond with task (subscale) is not known",
                         "the correlation of bond with goal (subscale) is not known"}  # fmt: skip
    assert told["the correlation of bond with task (subscale) is not known"].where == "samples a, b"
    assert "[sampling.norms.subscale]" in caught.value.problems[0].cure
    found = design(effects, "estimated", use_reports=False, plug_in="raw")
    assert found.dependence is not None
    fixed, pattern = found.dependence.fixed[0], found.dependence.pattern[0]
    v = found.variances[:3]
    c = float(shared_correlation_of_errors(r_1=0.3, r_2=0.2, r_12=0.8))
    assert fixed[0, 1] == pytest.approx(c * np.sqrt(v[0] * v[1]), abs=1e-14)
    assert pattern[0, 1] == 0
    np.testing.assert_allclose(pattern[2, :2], np.sqrt(45 / 60 * v[2] * v[:2]))
    np.testing.assert_allclose(np.diag(fixed), v)
    assert fixed[0, 2] == 0
    assert found.dependence.prior == ba.Specification().priors.rho


def test_two_effects_of_the_same_variables_are_told() -> None:
    effects = made_effects(list("aab"), subscale=["task", "task", "goal"], week=[1, 2, 3])
    with pytest.raises(
        InputError, match="two effect sizes relate the same two variables"
    ) as caught:
        design(effects)
    assert "sampling.predictor" in caught.value.problems[0].cure
    named = {"predictor": ["subscale", "week"], "norms": {"week": {"default": 0.6}}}
    assert 0.5 < errors(design(effects, **named))[0, 1] < 0.65
    with pytest.raises(InputError, match="no column 'weeks'") as caught:
        design(effects, predictor=["weeks"], outcome=["subscal"])
    assert "Did you mean 'week'" in caught.value.problems[0].cure


def test_ready_effect_sizes_have_an_unknown_rho_only() -> None:
    effects = made_effects(list("aab"), measure="GEN")
    with pytest.raises(InputError, match="correlations of variables only"):
        design(effects)
    found = design(effects, "estimated")
    assert found.dependence is not None
    sd = np.sqrt(found.variances[:2])
    assert found.dependence.pattern[0][0, 1] == pytest.approx(sd[0] * sd[1])


@given(st.integers(0, 10**6), st.integers(2, 5), st.integers(1, 3))
def test_a_valid_correlation_matrix_gives_a_possible_covariance(
    seed: int, measures: int, outcomes: int
) -> None:
    rng = np.random.default_rng(seed)
    names = [*"stuvw"[:measures], *"xyz"[:outcomes]]
    loadings = rng.normal(size=(len(names), len(names) + 2))
    S = loadings @ loadings.T
    R = S / np.sqrt(np.outer(np.diag(S), np.diag(S)))
    cells = [(a, b) for a in range(measures) for b in range(measures, len(names))]
    effects = made_effects(
        ["a"] * len(cells), r=[R[cell] for cell in cells], n=40,
        subscale=[names[a] for a, _ in cells], outcome=[names[b] for _, b in cells],
    )  # fmt: skip
    if len(cells) == 1:
        return
    rows = [[names[a], names[b], R[a, b]] for a in range(len(names)) for b in range(a)
            if (a < measures) == (b < measures)]  # fmt: skip
    table = pd.DataFrame(rows, columns=["first", "second", "r"])
    found = errors(design(effects.with_correlations(table), plug_in="raw"))
    assert np.linalg.eigvalsh(found)[0] > 0
    (a, b), (c, d) = cells[0], cells[-1]
    told = correlation_of_errors(r_jk=R[a, b], r_hm=R[c, d], r_jh=R[a, c], r_km=R[b, d],
                                 r_jm=R[a, d], r_kh=R[b, c])  # fmt: skip
    assert found[0, -1] == pytest.approx(float(told), abs=1e-10)


def test_impossible_covariances_are_refused_with_the_cause() -> None:
    effects = made_effects(list("aaabbb"), r=0.2, subscale=["task", "goal", "bond"] * 2)
    table = pd.DataFrame({"sample": ["a", "b"], "task ~ goal": [0.9, 0.7],
                          "task ~ bond": [0.9, 0.7], "goal ~ bond": [0.2, 0.7]})  # fmt: skip
    with pytest.raises(InputError) as caught:
        design(effects.with_correlations(table))
    (problem,) = caught.value.problems
    assert (problem.where, problem.code) == ("sample a", "not_positive_definite")
    assert "1 (task), 2 (goal) and 3 (bond)" in problem.what
    assert "the third lies between 0.61 and 1.00" in problem.cure
    total = made_effects(list("aaa"), r=0.2, subscale=["task", "goal", "total"])
    table = pd.DataFrame({"task ~ goal": [0.5], "task ~ total": [0.95], "goal ~ total": [0.95]})
    with pytest.raises(InputError, match="repeats the scales beside it"):
        design(total.with_correlations(table))


def test_rho_is_checked_where_its_prior_reaches() -> None:
    effects = made_effects(list("aaa"), r=0.2, subscale=["task", "goal", "bond"])
    told = reported(effects, task_goal=0.1)
    with pytest.raises(InputError, match=r"at rho = 0\.9\d, which the prior allows") as caught:
        design(told, "estimated", use_reports=False)
    assert "[priors.rho]" in caught.value.problems[0].cure
    narrow = {"priors.rho": ba.Prior("uniform", lower=0.0, upper=0.7)}
    found = design(told, "estimated", use_reports=False, changes=narrow)
    assert found.dependence is not None
    for rho in (0.0, 0.7):
        V = found.dependence.covariances(rho)[0]
        assert np.linalg.eigvalsh(V)[0] > 0


def test_reports_update_the_prior_of_rho() -> None:
    samples = [f"s{i}" for i in range(6)]
    effects = made_effects(np.repeat(samples, 2).tolist(), r=0.2, n=53,
                           subscale=["task", "goal"] * 6)  # fmt: skip
    table = pd.DataFrame({"sample": samples[:3], "task ~ goal": [0.5, 0.6, 0.7]})
    found = design(effects.with_correlations(table), "estimated", spread=0.2)
    assert found.dependence is not None
    prior = found.dependence.prior
    assert isinstance(prior, ReportedPrior)
    c = shared_correlation_of_errors(r_1=0.2, r_2=0.2, r_12=[0.5, 0.6, 0.7])
    np.testing.assert_allclose(prior.centres, np.arctanh(c), atol=1e-12)
    np.testing.assert_allclose(prior.variances, 0.2**2 + 1 / 50)
    assert found.dependence.centre == pytest.approx(float(prior.quantile(0.5)))
    assert found.dependence.pattern[0][0, 1] == 0
    assert found.dependence.pattern[3][0, 1] > 0
    assert any("updated by 3 reported correlations" in note for note in found.notes)


def test_what_is_not_used_is_told() -> None:
    effects = made_effects(list("aab"), subscale=["task", "goal", "task"])
    told = reported(effects, task_goal=0.8)
    notes = design(told, "independent").notes
    assert any('Set it to "interscale"' in note for note in notes)
    notes = design(told, norms={"subscale": {"taks ~ bond": 0.5}, "raters": {"default": 0.5}}).notes
    assert any("taks" in note and "Did you mean task?" in note for note in notes)
    assert any("norms of raters play no part" in note for note in notes)
    strange = told.with_correlations(pd.DataFrame({"task ~ goal": [0.7], "task ~ WAI": [0.9]}))
    assert strange.warnings[-1].problem.code == "unmatched_variable"
    assert any("task ~ WAI" in note for note in design(strange).notes)
    with pytest.raises(InputError, match="names no pair"):
        design(effects, norms={"subscale": {"task and goal": 0.5}})


def test_a_level_of_two_columns_has_to_say_which() -> None:
    effects = made_effects(list("aab"), rater=["client", "therapist", "client"],
                           outcome=["client", "therapist", "client"])  # fmt: skip
    table = pd.DataFrame({"first": ["client"], "second": ["therapist"], "r": [0.4]})
    keys = {"predictor": ["rater", "subscale"], "outcome": ["outcome"]}
    frame = effects.to_frame().assign(subscale="total")
    both = EffectSizes(frame, "ZCOR").with_correlations(table)
    with pytest.raises(InputError, match="could be levels of rater or of outcome"):
        design(both, **keys)
    table = pd.DataFrame({"first": ["rater=client", "outcome=client"],
                          "second": ["rater=therapist", "outcome=therapist"],
                          "r": [0.4, 0.6]})  # fmt: skip
    assert 0.2 < errors(design(both.with_correlations(table), **keys))[0, 1] < 0.3


def test_samples_with_one_effect_need_nothing() -> None:
    found = design(made_effects(list("abc"), subscale=["task", "goal", "bond"]))
    assert found.covariances is None
    assert found.dependence is None
