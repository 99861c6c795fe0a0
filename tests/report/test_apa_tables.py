"""Every table of every kind of fit: the numbers of the text, the frame behind them, the notes."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from made_fits import made_effects, scattered
from report_cases import CHECKS, FAILED, SCALES, make
from report_cases import KINDS as ALL

from bayes_alliance.analysis.face import Fit
from bayes_alliance.analysis.verbs.tables import TableVerbs
from bayes_alliance.errors import InputError
from bayes_alliance.report.material import Material
from bayes_alliance.report.numbers import correlation, decimal, interval, whole
from bayes_alliance.report.record_of_variation import headline_record
from bayes_alliance.report.tables.all_tables import tables
from bayes_alliance.report.tables.table import Table
from bayes_alliance.report.text import fit_text
from bayes_alliance.report.variation import Variation
from bayes_alliance.summaries.coefficients import Range
from bayes_alliance.summaries.headline import headline
from bayes_alliance.summaries.heterogeneity import SampleWeight, Tails
from bayes_alliance.summaries.scale_models import NamedEstimate, ScaleRatio, ScaleSummary

#: Two kinds differ from "overall" in nothing that a table shows.
KINDS = tuple(kind for kind in ALL if kind not in ("raw", "dependent"))


def _material(fit: Fit, **others: Any) -> Material:
    return Material(fit.fitted, fit.answers, others.pop("checks", CHECKS), fit.twin, **others)


def _made(fit: Fit, **others: Any) -> dict[str, Table]:
    return {table.name: table for table in tables(_material(fit, **others))}


@pytest.fixture(scope="module")
def fits() -> dict[str, Fit]:
    return {kind: make(kind) for kind in KINDS}


@pytest.fixture(scope="module")
def made(fits: dict[str, Fit]) -> dict[str, dict[str, Table]]:
    return {kind: _made(fit) for kind, fit in fits.items()}


@pytest.mark.parametrize("kind", KINDS)
def test_tables_are_whole(made: dict[str, dict[str, Table]], kind: str) -> None:
    found = made[kind]
    assert {"samples", "effects", "priors", "coefficients", "diagnostics"} <= set(found)
    for table in found.values():
        assert table.rows
        assert all(len(row) == len(table.columns) for row in table.rows)
        assert all(cell.strip() for row in table.rows for cell in row)
        assert all(column.heading for column in table.columns)
        assert len(table.frame)
        assert all(note.endswith((".", ")")) for note in table.notes)
        headings = {column.heading for column in table.columns}
        note = " ".join(table.notes)
        for symbol in headings & {"k", "S", "n"}:
            assert f"{symbol} = number of" in note


@pytest.mark.parametrize("kind", KINDS)
def test_numbers_are_those_of_the_text(
    fits: dict[str, Fit], made: dict[str, dict[str, Table]], kind: str
) -> None:
    fit = fits[kind]
    text = fit_text(fit.fitted, fit.answers, CHECKS, fit.twin)
    for name in ("coefficients", "contrasts", "orders", "heterogeneity", "benchmarks", "moderators",
                 "frequentist_twin"):  # fmt: skip
        table = made[kind].get(name)
        if table is None:
            continue
        counts = {"k", "S"}
        for row in table.rows:
            cells = zip(table.columns, row, strict=True)
            told = [cell for c, cell in cells if c.numeric and c.heading not in counts]
            assert [cell for cell in told if cell != "-" and cell not in text] == [], name


def test_frames_are_unrounded(fits: dict[str, Fit], made: dict[str, dict[str, Table]]) -> None:
    table, frame = made["scales"]["coefficients"], fits["scales"].summary()
    pd.testing.assert_frame_equal(table.frame, frame)
    for row in table.rows:
        own = frame.loc[row[0]]
        assert row[3] == correlation(own["r"])
        assert row[4] == interval(Range(None, own["r_lower"], own["r_upper"]), in_r=True)


def test_means_have_the_effects_and_samples_behind_them(
    made: dict[str, dict[str, Table]],
) -> None:
    counts = {row[0]: row[1:3] for row in made["scales"]["coefficients"].rows}
    assert counts == {
        "task": ("3", "3"), "goal": ("2", "2"), "bond": ("2", "2"), "total": ("1", "1"),
    }  # fmt: skip
    deviations = {row[0]: row[1:3] for row in made["additive"]["coefficients"].rows}
    assert deviations["subscale[task]"] == ("3", "3")
    assert deviations["overall"] == ("7", "4")


def test_effects_are_those_of_the_table(
    fits: dict[str, Fit], made: dict[str, dict[str, Table]]
) -> None:
    table, source = made["scales"]["effects"], fits["scales"].effects.frame
    assert [row[:4] for row in table.rows] == [
        (str(s), str(e), level, whole(n))
        for s, e, level, n in source[["sample", "effect", "subscale", "n"]].itertuples(index=False)
    ]
    assert [row[4] for row in table.rows] == [correlation(r) for r in np.tanh(source["yi"])]
    general = made["general"]["effects"]
    assert "n" not in [column.heading for column in general.columns]
    yi = fits["general"].effects.frame["yi"]
    assert [row[3] for row in general.rows] == [decimal(value) for value in yi]


def test_samples_list_the_values_of_their_labels(made: dict[str, dict[str, Table]]) -> None:
    table = made["overall"]["samples"]
    headings = [column.heading for column in table.columns]
    rows = {row[0]: dict(zip(headings, row, strict=True)) for row in table.rows}
    assert rows["a"]["subscale"] == "task, goal, bond"
    assert rows["a"]["k"] == "3"
    assert rows["d"]["year"] == "-"
    assert "Values that differ within a sample are listed." in table.notes


def test_labels_named_like_numbers_do_not_replace_them() -> None:
    effects = made_effects(list("aabb"), raw=list("xyxy"), estimate=list("uuvv"))
    found = _made(scattered(effects))
    frame = found["samples"].frame
    assert frame["raw"].dtype == float
    assert list(frame["raw (label)"]) == ["x, y", "x, y"]
    assert [row[3] for row in found["samples"].rows] == ["x, y", "x, y"]


def test_priors_have_their_reasons_word_by_word(
    fits: dict[str, Fit], made: dict[str, dict[str, Table]]
) -> None:
    priors = fits["additive"].specification.priors
    rows = {row[0]: row for row in made["additive"]["priors"].rows}
    assert rows["location"][4] == priors.location.because
    assert rows["differences"][1] == str(priors.differences)
    assert rows["τ between samples"][4] == priors.tau_sample.because
    assert rows["shrinkage of differences"][4] == "No reason was given."
    assert "τ between samples" not in {row[0] for row in made["no heterogeneity"]["priors"].rows}


def test_notice_and_failed_checks_stand_in_every_note(
    fits: dict[str, Fit], made: dict[str, dict[str, Table]]
) -> None:
    notice = fits["synthetic"].effects.notice
    assert all(notice in table.notes for table in made["synthetic"].values())
    for table in _made(fits["overall"], checks=(*CHECKS, FAILED)).values():
        assert any(note.startswith("Caution: 1 of 2 checks failed") for note in table.notes)
    assert not any("Caution" in n for table in made["overall"].values() for n in table.notes)


def test_what_an_analysis_has_not_has_no_table(made: dict[str, dict[str, Table]]) -> None:
    assert not {"contrasts", "orders", "moderators"} & set(made["overall"])
    assert "benchmarks" not in made["general"]
    assert not {"heterogeneity"} & set(made["no heterogeneity"])
    assert {"contrasts", "orders", "moderators"} <= set(made["scales"])


def _answers(fit: Fit) -> dict[str, Any]:
    location = fit.specification.location
    return headline_record(headline(fit.posterior, fit.design, orders=location.orders))


def _variation(what: str, fit: Fit, rows: list[dict[str, Any]], **record: Any) -> Variation:
    baseline = {"choices": {}, "answers": _answers(fit)}
    return Variation(what, "", {"baseline": baseline, "rows": rows, **record},
                     record.pop("frames", {}), {})  # fmt: skip


def test_answers_under_other_priors_are_reduced_to_the_main_ones() -> None:
    effects = made_effects(list("aaabbcde"), subscale=["task", "goal", "bond", "total"] * 2)
    fit = scattered(effects, SCALES)
    rows = [
        {"label": "wide", "answers": _answers(fit), "differences": [{}]},
        {"label": "narrow", "answers": _answers(fit), "differences": []},
    ]
    found = _made(fit, variations={"priors": _variation("priors", fit, rows)})
    table = found["sensitivity_priors"]
    means = fit.summary()
    first = means.loc["task"]
    limits = interval(Range(None, first["r_lower"], first["r_upper"]), in_r=True)
    assert [row[0] for row in table.rows] == ["as declared", "wide*", "narrow"]
    assert [row[1] for row in table.rows] == [f"{correlation(first['r'])} {limits}"] * 3
    assert len(table.columns) == 1 + 3 + 2 + 1
    assert "Not shown: total." in table.notes
    assert table.frame.loc["wide", "total r_median"] == pytest.approx(means.loc["total", "r"])


def test_a_curve_over_rho_is_printed_at_some_points(fits: dict[str, Fit]) -> None:
    fit = fits["overall"]
    rows = [{"label": f"rho = {i}", "answers": _answers(fit)} for i in range(100)]
    variation = _variation("dependence", fit, rows, changes=[])
    table = _made(fit, variations={"dependence": variation})["sensitivity_dependence"]
    labels = [row[0] for row in table.rows]
    assert len(labels) == 12
    assert (labels[0], labels[1], labels[-1]) == ("as declared", "rho = 0", "rho = 99")
    assert len(table.frame) == 101


def test_evidence_is_a_table_of_bayes_factors(fits: dict[str, Fit]) -> None:
    test = {
        "hypothesis": "overall = 0", "log_bf10": np.log(12.3), "posterior_probability": 0.075,
        "rope_probability": None, "curve": {"log_bf10": [0.0, 1.0, np.log(4)]},
        "words": "strong evidence for overall != 0", "prior_odds": 1.0,
    }  # fmt: skip
    frames = {"evidence": pd.DataFrame({"log_bf10": [np.log(12.3)]})}
    rows = [{"label": "overall = 0", "answers": test}]
    variation = replace(_variation("evidence", fits["overall"], rows), tables=frames)
    table = _made(fits["overall"], variations={"evidence": variation})["sensitivity_evidence"]
    assert table.rows == (
        ("overall = 0", "12.3", "0.0813", ".07", "-", "1.00", "4.00",
         "strong evidence for overall != 0"),
    )  # fmt: skip


def test_a_multiverse_is_told_by_its_options(fits: dict[str, Fit]) -> None:
    options = [
        {"factor": "tau", "option": "wide", "fitted": 1200, "estimate": 0.2012, "log_bf10": None},
        {"factor": "tau", "option": "narrow", "fitted": 8, "estimate": 0.19, "log_bf10": 2.302585},
    ]
    variation = _variation(
        "multiverse", fits["overall"], [{}] * 3, options=options, refused=[{}],
        factors=[{"name": "tau", "share_estimate": 0.42, "share_log_bf10": float("nan")}],
        agreement=[{"statement": "r > 0", "count": 3, "of": 3}],
    )  # fmt: skip
    variation = replace(variation, tables={"choices": pd.DataFrame(options)})
    table = _made(fits["overall"], variations={"multiverse": variation})["sensitivity_multiverse"]
    assert table.rows == (("wide", "1,200", ".201", "-"), ("narrow", "8", ".190", "1.0"))
    assert table.sections == ((0, "tau (42 % of r)"),)
    assert "r > 0: 3 of 3." in table.notes


def test_smallest_effects_are_those_of_the_record(fits: dict[str, Fit]) -> None:
    shown = {"estimate": 0.15, "lower": 0.14, "upper": 0.17}
    nothing = dict.fromkeys(shown)
    row = {"name": "overall", "delta": shown, "r": shown, "power": 0.9, "p_null": 0.5,
           "p_false": 0.01, "largest": {"delta": 1.0, "r": 0.76}}  # fmt: skip
    rows = [row, row | {"name": "slope", "delta": nothing, "r": nothing, "power": None}]
    smallest = {"power": 0.8, "replications": 500, "taus": "known", "rows": rows}
    variation = _variation("design", fits["overall"], [], smallest=smallest, threshold=3.0)
    variation = replace(variation, tables={"smallest": pd.DataFrame({"delta": [0.15, np.nan]})})
    table = _made(fits["overall"], variations={"design": variation})["sensitivity_design"]
    assert [cells[:3] for cells in table.rows] == [
        ("overall", ".150", "[.140, .170]"), ("slope", "> .760", "-"),
    ]  # fmt: skip


def test_heterogeneity_has_tails_scales_groups_and_ratios(fits: dict[str, Fit]) -> None:
    fit = fits["overall"]
    tau = fit.answers.heterogeneity.tau_sample
    assert tau is not None
    found = replace(
        fit.answers.heterogeneity,
        tau_group=tau,
        tails=Tails(tau, None, (SampleWeight("far out", replace(tau, median=0.2)),)),
        scales=(("task", tau),),
        correlations=(("task, goal", tau),),
    )
    ratio = ScaleRatio("rater[client] / rater[therapist]", replace(tau, median=1.5), 0.97)
    models = (ScaleSummary("sample", (), (NamedEstimate("rater[client]", tau),), (ratio,)),)
    answers = replace(fit.answers, heterogeneity=found, scale_models=models)
    material = replace(_material(fit), answers=answers)
    table = {t.name: t for t in tables(material)}["heterogeneity"]
    rows = {row[0]: row[1:] for row in table.rows}
    median = decimal(tau.median, 3)
    for name in ("τ between groups", "τ between samples, task", "true effects of task, goal",
                 "df of their t", "τ sample, rater[client]"):  # fmt: skip
        assert rows[name][0] == median
    assert rows["weight of far out"][0] == "0.20"
    name = "τ sample, rater[client] / rater[therapist]"
    assert (rows[name][0], rows[name][-1]) == ("1.50", ".97")
    assert [column.heading for column in table.columns][-1] == "P(> 1)"


class _Tabled(TableVerbs):
    def __init__(self, fit: Fit) -> None:
        self.fitted, self.answers = fit.fitted, fit.answers
        self.checks, self.twin = CHECKS, fit.twin


def test_verbs_write_every_format(fits: dict[str, Fit], tmp_path: Path) -> None:
    verbs = _Tabled(fits["overall"])
    names = set(verbs.tables())
    folder = verbs.write_tables(tmp_path / "out")
    written = {path.name for path in folder.iterdir()}
    fragments = {f"{name}.{ending}" for name in names for ending in ("html", "tex", "csv")}
    assert written == fragments | {"tables.html", "tables.tex", "tables.docx"}
    with pytest.raises(InputError, match="no format of tables"):
        verbs.write_tables(tmp_path / "more", formats=("xlsx",))
    (tmp_path / "file").write_text("")
    with pytest.raises(InputError, match="cannot be written"):
        verbs.write_tables(tmp_path / "file" / "sub")
