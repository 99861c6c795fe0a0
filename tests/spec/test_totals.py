"""Total scores beside scales: left out, alone, or as the sum of their scales."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from made_fits import made_effects, not_significant

import bayes_alliance as ba
from bayes_alliance.analysis.check import check_source
from bayes_alliance.data.effects import EffectSizes
from bayes_alliance.engines.reml.estimate import estimate
from bayes_alliance.errors import InputError
from bayes_alliance.spec.compilation import compile_design
from bayes_alliance.spec.design import Design

SCALES = ("task", "goal", "bond")
R = np.array([[1, 0.8, 0.6], [0.8, 1, 0.7], [0.6, 0.7, 1.0]])
NORMS = {"subscale": {"task ~ goal": 0.8, "task ~ bond": 0.6, "goal ~ bond": 0.7}}
TRUE = np.array([0.4, 0.3, 0.2])
ROOT = float(np.sqrt(R.sum()))


def design(
    effects: EffectSizes, totals: str, terms: tuple[str, ...] = (), **keys: object
) -> Design:
    changes = {
        "effect.totals": totals, "location.terms": list(terms),
        "sampling.within_sample": "interscale", "sampling.norms": NORMS,
        **{key.replace("__", "."): value for key, value in keys.items()},
    }  # fmt: skip
    return compile_design(effects, ba.Specification().with_changes(changes))


def mixed(n: int = 60, r: np.ndarray = TRUE) -> EffectSizes:
    """Six samples with the three scales, four with a total alone, and no sampling error."""
    scale = [*SCALES] * 6 + ["Total"] * 4
    samples = np.repeat([f"s{i}" for i in range(6)], 3).tolist() + [f"t{i}" for i in range(4)]
    values = [*np.tile(r, 6), *[r.sum() / ROOT] * 4]
    return made_effects(samples, r=values, n=n, subscale=scale)


def test_rows_are_left_out_and_the_estimand_is_said() -> None:
    effects = made_effects(
        list("aaabbc"), subscale=["task", "goal", "total", "task", None, "TOTAL"]
    )
    everything = design(effects, "all", sampling__within_sample="independent")
    assert len(everything.y) == 6
    assert "all 6 effect sizes, total scores and scales alike" in everything.estimand
    assert any('takes "only", "scales" or "composite"' in note for note in everything.notes)
    only = design(effects, "only")
    np.testing.assert_array_equal(only.rows, [2, 5])
    assert [(left.row, left.reason) for left in only.left_out] == [
        (2, "a scale (only total scores are used)"),
        (3, "a scale (only total scores are used)"),
        (5, "a scale (only total scores are used)"),
        (6, "no value of subscale (only total scores are used)"),
    ]
    assert only.estimand.startswith("'overall' averages 2 total scores, scales left out")
    scales = design(effects, "scales", sampling__within_sample="independent")
    np.testing.assert_array_equal(scales.rows, [0, 1, 3, 4])
    assert {left.reason for left in scales.left_out} == {"a total score (only scales are used)"}
    assert "4 effect sizes of scales, total scores left out" in scales.estimand
    for one in (only, scales):
        assert not any("repeats them" in note for note in one.notes)


def test_a_total_is_the_sum_of_its_scales() -> None:
    found = design(mixed(), "composite", ("subscale",))
    assert found.coefficients == SCALES
    assert found.terms[0].counts == (6, 6, 6)
    r_total = TRUE.sum() / ROOT
    weights = (1 - TRUE**2) / (ROOT * (1 - r_total**2))
    np.testing.assert_allclose(found.X[-1], weights, atol=1e-10)
    np.testing.assert_allclose(found.X[:3], np.eye(3))
    np.testing.assert_allclose(found.y[-1], weights @ np.arctanh(TRUE), atol=1e-10)
    overall = design(mixed(), "composite")
    np.testing.assert_allclose(overall.X[-1], [weights.sum()], atol=1e-10)
    assert weights.sum() > 1
    assert "'overall' is the mean of a single scale: 18 effect sizes of scales, and 4" in (
        overall.estimand
    )
    raw = design(mixed(), "composite", ("subscale",), effect__measure="COR")
    np.testing.assert_allclose(raw.X[-1], 1 / ROOT)
    np.testing.assert_allclose(raw.y[-1], r_total)


@given(st.lists(st.floats(0.01, 0.6), min_size=3, max_size=3))
def test_the_weights_are_the_derivative_on_z(r: list[float]) -> None:
    found = design(mixed(r=np.array(r)), "composite", ("subscale",))
    z = np.arctanh(r)

    def total(at: np.ndarray) -> float:
        return float(np.arctanh(np.tanh(at).sum() / ROOT))

    step = 1e-5 * np.eye(3)
    slope = [(total(z + one) - total(z - one)) / 2e-5 for one in step]
    np.testing.assert_allclose(found.X[-1], slope, rtol=1e-6)


def test_the_truth_is_found_with_totals_and_without() -> None:
    for n in (60, 6000):
        with_totals = estimate(design(mixed(n), "composite", ("subscale",)).blocks(), "REML")
        without = estimate(design(mixed(n), "scales", ("subscale",)).blocks(), "REML")
        np.testing.assert_allclose(with_totals.beta, np.arctanh(TRUE), atol=1e-8)
        np.testing.assert_allclose(without.beta, np.arctanh(TRUE), atol=1e-8)
        assert (with_totals.se < without.se).all()


def test_simulated_samples_give_the_same_truth() -> None:
    rng = np.random.default_rng(11)
    joint = np.block([[R, TRUE[:, None]], [TRUE[None, :], np.ones((1, 1))]])
    root, rows = np.linalg.cholesky(joint), []
    for i in range(300):
        data = rng.standard_normal((150, 4)) @ root.T
        scores = np.column_stack([data[:, :3], data[:, :3].sum(axis=1)])
        r = [np.corrcoef(score, data[:, 3])[0, 1] for score in scores.T]
        shown = [3] if i % 3 == 0 else [0, 3] if i % 3 == 1 else [0, 1, 2, 3]
        rows += [(f"s{i}", [*SCALES, "total"][j], r[j]) for j in shown]
    frame = pd.DataFrame(rows, columns=["sample", "subscale", "r"])
    effects = made_effects(
        frame["sample"].tolist(), r=frame["r"], n=150, subscale=frame["subscale"].tolist()
    )
    found = design(effects, "composite", ("subscale",))
    assert len(found.left_out) == 100  # the totals beside all three scales
    fitted = estimate(found.blocks(), "REML")
    scales = estimate(design(effects, "scales", ("subscale",)).blocks(), "REML")
    for one in (fitted, scales):
        assert (np.abs(one.beta - np.arctanh(TRUE)) < 3 * one.se).all()
    assert (np.abs(fitted.beta - scales.beta) < 0.02).all()
    assert fitted.se[2] < scales.se[2]


def test_the_implied_correlations_are_those_of_simulated_sums() -> None:
    rng = np.random.default_rng(5)
    data = rng.standard_normal((200_000, 3)) @ np.linalg.cholesky(R).T
    told = [np.corrcoef(data.sum(axis=1), column)[0, 1] for column in data.T]
    effects = made_effects(list("aaabc") + ["d"] * 2, r=0.01, n=60,
                           subscale=[*SCALES, "task", "task", "total", "bond"])  # fmt: skip
    V = design(effects, "composite").covariances
    assert V is not None
    implied = R.sum(axis=1) / ROOT
    np.testing.assert_allclose(implied, told, atol=0.005)
    found = V[3][0, 1] * 57
    assert found == pytest.approx(implied[2], abs=5e-4)  # at r = .01 errors correlate as scores do


def test_a_total_with_more_people_than_its_scales_stays() -> None:
    effects = made_effects(list("aaaab"), r=[*TRUE, 0.33, 0.3], n=[40, 40, 40, 60, 50],
                           subscale=[*SCALES, "total", "task"])  # fmt: skip
    assert len(design(effects, "composite").y) == 5
    fewer = made_effects(list("aaaab"), r=[*TRUE, 0.33, 0.3], n=40,
                         subscale=[*SCALES, "total", "task"])  # fmt: skip
    assert [left.reason for left in design(fewer, "composite").left_out] == [
        "a total whose scales are all here (it is their sum)"
    ]
    rated = made_effects(list("aaaab"), r=[*TRUE, 0.33, 0.3], n=40,
                         subscale=[*SCALES, "total", "task"],
                         rater=["client"] * 3 + ["therapist", "client"])  # fmt: skip
    norms = {**NORMS, "rater": {"default": 0.4}}
    assert len(design(rated, "composite", sampling__norms=norms).y) == 5


def test_composites_work_with_other_terms_and_independent_errors() -> None:
    effects = mixed()
    frame = effects.to_frame().assign(year=np.arange(22.0))
    found = design(EffectSizes(frame, "ZCOR"), "composite", ("subscale", "year"),
                   sampling__within_sample="independent")  # fmt: skip
    assert found.covariances is None
    weights = design(effects, "composite", ("subscale",)).X[-1]
    names = list(found.coefficients)
    total = found.X[-1]
    assert total[names.index("overall")] == pytest.approx(weights.sum())
    assert total[1] == pytest.approx(weights[0] - weights[2])
    slope = (21 - 10.5) / found.terms[1].unit if found.terms[1].unit else 0
    assert total[-1] == pytest.approx(weights.sum() * slope)
    assert not any(note.startswith("Not used") for note in found.notes)


@pytest.mark.parametrize(
    ("totals", "columns", "changes", "code"),
    [
        ("only", {"subscale": ["task"] * 3}, {}, "nothing_left"),
        ("scales", {"subscale": ["total"] * 3}, {}, "nothing_left"),
        ("only", {"scale": ["task"] * 3}, {}, "no_scale_column"),
        ("composite", {"subscale": ["total", "task", "task"]}, {}, "too_few_scales"),
        ("composite", {"subscale": ["total", "task", "goal"]}, {"sampling.norms": {}},
         "unknown_pair"),
        ("composite", {"subscale": ["total", "task", "goal"]}, {"effect.measure": "GEN"},
         "composite_of_gen"),
        ("composite", {"subscale": ["total", "task", "goal"]},
         {"heterogeneity.structure": "cs"}, "composite_by_scale"),
        ("composite", {"subscale": ["total", "task", "goal"], "week": [1, 2, 3]},
         {"sampling.predictor": ["week"]}, "scale_column_unused"),
        ("composite", {"subscale": ["total", "task", "goal"]},
         {"sampling.norms": {"subscale": {"task ~ goal": -0.999}}}, "not_positive_definite"),
    ],
)  # fmt: skip
def test_what_cannot_be_done_is_refused(
    totals: str, columns: dict[str, list[object]], changes: dict[str, object], code: str
) -> None:
    effects = made_effects(list("abc"), r=0.3, **columns)
    spec = ba.Specification().with_changes(
        {"effect.totals": totals, "sampling.norms": NORMS, **changes}
    )
    with pytest.raises(InputError) as caught:
        compile_design(effects, spec)
    assert [problem.code for problem in caught.value.problems] == [code]
    assert caught.value.problems[0].cure


def test_a_censored_total_is_refused() -> None:
    effects = not_significant(made_effects(list("abc"), subscale=["total", "task", "goal"]), [0])
    with pytest.raises(InputError, match="known only to be not significant"):
        design(effects, "composite", effect__not_significant="censored")


def test_check_says_what_an_overall_mean_would_average() -> None:
    found = check_source("ibi_synthetic")
    assert "25 total scores among scales; 4 samples with a total beside its" in found.text
    assert found.to_dict()["table"]["totals"] == {"effects": 25, "samples_beside_scales": 4}
