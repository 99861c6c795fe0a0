"""Bayes factors as text, JSON and tables; `bf01` of the contrasts of a fit."""

from __future__ import annotations

import json
import math

import numpy as np
import pandas as pd
import pytest
from made_fits import made_effects, planted

import bayes_alliance as ba
from bayes_alliance.analysis.face import Fit
from bayes_alliance.report.contrasts import contrasts_text
from bayes_alliance.report.evidence import (
    curve_frame,
    evidence_record,
    evidence_sentences,
    evidence_text,
    hypothesis_frame,
)
from bayes_alliance.sensitivity.invited import invited_tests
from bayes_alliance.spec.specification import Specification
from bayes_alliance.summaries.answers import answer
from bayes_alliance.summaries.evidence import ratio_text
from bayes_alliance.summaries.headline import headline
from bayes_alliance.summaries.hypotheses import HypothesisTest

SHORT = {"run.draws": 500, "run.chains": 2}


@pytest.fixture(scope="module")
def fit() -> Fit:
    return ba.fit("ibi_synthetic", "subscales_independent", changes=SHORT)


@pytest.fixture(scope="module")
def tests(fit: Fit) -> tuple[HypothesisTest, ...]:
    return invited_tests(fit.fitted, prior_odds=2.0)


def test_what_a_model_invites(tests: tuple[HypothesisTest, ...]) -> None:
    assert [test.hypothesis for test in tests] == [
        "task = 0", "goal = 0", "bond = 0", "total = 0",
        "task - goal = 0", "task - bond = 0", "task - total = 0",
        "goal - bond = 0", "goal - total = 0", "bond - total = 0",
        "subscale: no differences", "tau_sample = 0", "tau_effect = 0", "task > goal > bond",
    ]  # fmt: skip


def test_bf01_of_a_contrast_is_the_ratio_of_marginal_likelihoods(
    fit: Fit, tests: tuple[HypothesisTest, ...]
) -> None:
    by_name = {test.hypothesis: test for test in tests}
    for c in fit.answers.contrasts:
        assert c.bf01 == pytest.approx(by_name[f"{c.name} = 0"].bf01, rel=1e-6)
        assert c.prior_sd == pytest.approx(0.25)
    record = fit.to_dict()["contrasts"]
    assert [c["bf01"] for c in record] == [c.bf01 for c in fit.answers.contrasts]
    assert record[0]["bf01_prior_sd"] == pytest.approx(0.25)
    np.testing.assert_array_equal(
        fit.contrasts()["bf01"].dropna(), [c.bf01 for c in fit.answers.contrasts]
    )
    text = contrasts_text(fit.answers)
    assert "BF01" in text.splitlines()[1]
    assert "2.27" in text.splitlines()[2]
    assert "at a prior sd of the difference of 0.25" in " ".join(text.split())
    assert max(map(len, text.splitlines())) <= 80


def test_against_the_others_the_prior_sd_is_that_of_the_difference() -> None:
    others = ba.fit(
        "ibi_synthetic",
        "subscales_independent",
        changes=SHORT | {"location.contrasts": "others"},
    )
    c = others.answers.contrasts[0]
    assert c.prior_sd == pytest.approx(0.25 * math.sqrt((1 + 1 / 3) / 2))
    found = others.bayes_factor("task - others = 0")
    assert c.bf01 == pytest.approx(found.bf01, rel=1e-6)
    assert found.prior_scales == (("sd of differences", "0.25"),)
    assert others.contrasts()["bf01_prior_sd"].iloc[0] == pytest.approx(c.prior_sd)


def test_no_bf01_from_draws_from_flat_priors_nor_beyond_the_nodes() -> None:
    effects = made_effects(list("aabbc"), kind=list("xyxyx"))
    spec = Specification().with_terms("kind")
    drawn = planted(effects, spec, beta=[0.3, 0.1])
    (c,) = answer(drawn.posterior, drawn.design).contrasts
    assert (c.bf01, c.prior_sd) == (None, None)
    assert "BF01" not in contrasts_text(answer(drawn.posterior, drawn.design))
    flat = spec.with_changes(SHORT | {"priors.differences": {"family": "flat"}})
    (c,) = ba.fit(effects, flat).answers.contrasts
    assert (c.bf01, c.prior_sd) == (None, None)
    apart = made_effects(
        [f"s{i}" for i in range(30)], r=[0.5, -0.4] * 15, n=400, kind=list("xy") * 15
    )
    certain = ba.fit(apart, spec.with_changes(SHORT))
    (c,) = certain.answers.contrasts
    assert c.bf01 is None
    assert c.prior_sd == pytest.approx(0.25)
    assert "< 1e-07" in contrasts_text(certain.answers)
    assert np.isnan(certain.contrasts()["bf01"].iloc[0])
    assert certain.bayes_factor("x - y = 0").bf01 < 1e-7


def test_the_text_tells_scale_words_and_notice(fit: Fit, tests: tuple[HypothesisTest, ...]) -> None:
    text = evidence_text(fit.fitted, tests)
    assert max(map(len, text.splitlines())) <= 80
    flowing = " ".join(text.split())
    assert fit.effects.notice in flowing
    for told in (
        "prior odds 2 of the alternative",
        "Prior scale, sd of differences 0.25: task - goal = 0;",
        "Prior scale, tau_effect half_normal(0.15): tau_effect = 0.",
        "task - goal = 0: the data cannot tell task - goal != 0 from task - goal = 0",
        "BF01 passes 3 at 1.35 times the scale (sd of differences 0.34)",
        "task > goal > bond: strong evidence for task > goal > bond",
    ):
        assert told in flowing
    for test, sentence in zip(tests, evidence_sentences(tests), strict=True):
        if test.order is None:
            for_null = test.log_bf10 <= 0
            assert ("(BF01 = " in sentence) == for_null
            assert ("(BF10 = " in sentence) != for_null
    assert any(test.order is None and test.log_bf10 > 0 for test in tests)
    row = next(line for line in text.splitlines() if "task - goal = 0 " in line).split()
    odds = 2 * tests[4].bf10
    assert row[5:8] == ["0.441", "2.27", f"{1 / (1 + odds):.2f}"[1:]]


def test_json_and_tables_hold_the_same(fit: Fit, tests: tuple[HypothesisTest, ...]) -> None:
    found = headline(fit.posterior, fit.design)
    record = json.loads(json.dumps(evidence_record(fit.fitted, tests, found), allow_nan=False))
    assert record["what"] == "evidence"
    assert record["data"]["synthetic"] is True
    table, curves = hypothesis_frame(tests), curve_frame(tests)
    for row, test in zip(record["rows"], tests, strict=True):
        answers = row["answers"]
        assert row["label"] == test.hypothesis
        assert answers["log_bf10"] == test.log_bf10 == table.loc[test.hypothesis, "log_bf10"]
        assert answers["posterior_probability"] == test.posterior_probability
        own = curves.loc[curves["hypothesis"] == test.hypothesis]
        np.testing.assert_array_equal(own["log_bf10"], answers["curve"]["log_bf10"])
    null = record["rows"][4]["answers"]
    h1, h0 = null["log_marginal_likelihood_h1"], null["log_marginal_likelihood_h0"]
    assert h1["value"] - h0["value"] == pytest.approx(null["log_bf10"])
    assert null["log_bf10_savage_dickey"] == pytest.approx(null["log_bf10"], abs=1e-6)
    assert null["prior_scales"] == {"sd of differences": "0.25"}
    order = record["rows"][-1]["answers"]
    assert order["order"]["prior"] == pytest.approx(1 / 6)
    assert record["sentences"] == list(evidence_sentences(tests))
    assert isinstance(tests[4].curve.table if tests[4].curve else None, pd.DataFrame)


def test_a_test_tells_itself_in_a_few_lines(tests: tuple[HypothesisTest, ...]) -> None:
    lines = repr(tests[4]).splitlines()
    assert lines[0] == "HypothesisTest: task - goal = 0"
    assert "BF10 0.441 (BF01 2.27)" in lines[1]
    assert "sd of differences 0.25" in lines[4]
    assert max(map(len, lines)) <= 100


@pytest.mark.parametrize(
    ("value", "text"),
    [(1.0, "1.00"), (0.9996, "1.00"), (0.441, "0.441"), (0.0663, "0.0663"), (0.00123, "0.0012"),
     (9.996, "10.0"), (12.34, "12.3"), (99.96, "100"), (1855.4, "1855"), (9999.6, "1.0e+04"),
     (2.34e7, "2.3e+07"), (1e-7, "1.0e-07")],
)  # fmt: skip
def test_bayes_factors_are_written_with_three_digits(value: float, text: str) -> None:
    assert ratio_text(math.log(value)) == text
