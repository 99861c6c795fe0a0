"""`bayes-alliance sensitivity`: text, JSON, folder and refusals."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import bayes_alliance as ba
from bayes_alliance.analysis.sensitivity import KINDS
from bayes_alliance.cli.sensitivity import WHAT
from bayes_alliance.sensitivity.influence import influence_of

Command = Callable[..., Any]
SCALES = (
    "sensitivity", "ibi_synthetic", "--model", "subscales_independent", "--set", "run.draws=200",
)  # fmt: skip
ANSWERS = {"coefficients", "contrasts", "orders", "heterogeneity", "log_marginal_likelihood"}


def test_the_curve_over_rho_as_json_and_as_a_folder(command: Command, tmp_path: Path) -> None:
    done = command(*SCALES, "--what", "rho", "--json", "--out", "curve")
    assert done.status == 0, done.err
    record = json.loads(done.out)
    assert record["what"] == "dependence"
    assert record["data"]["synthetic"] is True
    assert record["baseline"]["choices"] == {"within_sample": "independent", "rho": 0.0}
    assert set(record["baseline"]["answers"]) == {*ANSWERS, "rho"}
    assert [row["choices"]["rho"] for row in record["rows"]] == pytest.approx(
        np.linspace(0, 0.9, 19)
    )
    assert record["rows"][3]["label"] == "rho = .150"
    for row in record["rows"]:
        assert set(row) == {"label", "choices", "answers"}
        assert set(row["answers"]) == ANSWERS
        names = [contrast["name"] for contrast in row["answers"]["contrasts"]]
        assert names[:2] == ["task - goal", "task - bond"]
    assert record["rows"][0]["answers"]["contrasts"] == record["baseline"]["answers"]["contrasts"]
    first = record["changes"][0]
    assert set(first) == {"answer", "from", "to", "rho", "sentence"}
    assert (first["answer"], first["to"]) == ("goal - bond", "above 0")

    folder = tmp_path / "curve"
    assert json.loads((folder / "answers.json").read_text()) == record
    table = pd.read_csv(folder / "tables" / "rho.csv", index_col="rho")
    taus = [row["answers"]["heterogeneity"]["tau_effect"]["median"] for row in record["rows"]]
    np.testing.assert_allclose(table["tau_effect"], taus)
    assert pd.read_csv(folder / "tables" / "changes.csv")["rho"].iloc[0] == first["rho"]
    assert (folder / "figures" / "rho.png").read_bytes().startswith(b"\x89PNG")
    notice = (folder / "tables" / "NOTICE.txt").read_text()
    assert "no evidence" in notice
    text = (folder / "summary.txt").read_text()
    assert first["sentence"] in " ".join(text.split())
    assert notice.strip() in " ".join(text.split())
    assert max(map(len, text.splitlines())) <= 80

    again = command(*SCALES, "--what", "rho", "--out", "curve")
    assert again.status == 2
    assert "--overwrite" in again.err


def test_leave_one_out_as_text_json_and_folder(command: Command, tmp_path: Path) -> None:
    asked = ("sensitivity", "konstantopoulos2011", "-m", "schools", "--set", "run.draws=200",
             "--what", "leave-one-out")  # fmt: skip
    done = command(*asked, "--out", "left")
    assert done.status == 0, done.err
    assert max(map(len, done.out.splitlines())) <= 80
    short = {"run.draws": 200}
    fit = ba.fit("konstantopoulos2011", "schools", changes=short)
    table = fit.leave_one_out()
    sd = fit.heterogeneity().loc["tau_effect", "sd"]
    shift = (table["tau_effect"] - fit.heterogeneity().loc["tau_effect", "mean"]) / sd
    told = f"By the largest shift of a parameter the most influential sample is {shift.idxmax()}: "
    told += "without it the mean of tau_effect is "
    assert f"{told}{shift.max():.2f} posterior sd higher." in " ".join(done.out.split())
    written = pd.read_csv(tmp_path / "left" / "tables" / "leave_one_out.csv", index_col="sample")
    np.testing.assert_allclose(written, table)
    record = json.loads(command(*asked, "--json").out)
    assert record["what"] == "leave-one-out"
    whole = record["baseline"]["answers"]["coefficients"][0]
    assert whole["estimate"]["median"] == fit.summary()["median"].iloc[0]
    for row, (sample, expected) in zip(record["rows"], table.iterrows(), strict=True):
        assert row["label"] == sample
        assert row["choices"] == {"left_out": sample}
        (coefficient,) = row["answers"]["coefficients"]
        assert coefficient["estimate"]["mean"] == expected["overall"]
        assert (
            row["answers"]["heterogeneity"]["tau_sample"]["upper"] == expected["tau_sample_upper"]
        )
        assert row["answers"]["rho"] is None


def test_evidence_as_text_json_and_folder(command: Command, tmp_path: Path) -> None:
    asked = ("sensitivity", "konstantopoulos2011", "-m", "schools", "--set", "run.draws=200",
             "--what", "evidence", "--prior-odds", "3")  # fmt: skip
    done = command(*asked, "--out", "evidence")
    assert done.status == 0, done.err
    assert max(map(len, done.out.splitlines())) <= 80
    folder = tmp_path / "evidence"
    record = json.loads((folder / "answers.json").read_text())
    assert [row["label"] for row in record["rows"]] == [
        "overall = 0", "tau_sample = 0", "tau_effect = 0",
    ]  # fmt: skip
    table = pd.read_csv(folder / "tables" / "evidence.csv", index_col="hypothesis")
    fit = ba.fit("konstantopoulos2011", "schools", changes={"run.draws": 200})
    for row in record["rows"]:
        found = fit.bayes_factor(row["label"], prior_odds=3)
        assert row["answers"]["log_bf10"] == pytest.approx(found.log_bf10, abs=1e-12)
        assert table.loc[row["label"], "posterior_probability"] == pytest.approx(
            found.posterior_probability
        )
        assert row["answers"]["prior_odds"] == 3
    curves = pd.read_csv(folder / "tables" / "curves.csv")
    assert len(curves) == 3 * 17
    assert (folder / "figures" / "evidence.png").read_bytes().startswith(b"\x89PNG")


def test_samples_added_in_order_stand_in_text_json_tables_and_figures(
    command: Command, tmp_path: Path
) -> None:
    asked = ("sensitivity", "ibi_synthetic", "-m", "overall", "--set", "run.draws=200",
             "--what", "leave-one-out", "--by", "year")  # fmt: skip
    done = command(*asked, "--out", "added", "--json")
    assert done.status == 0, done.err
    record = json.loads(done.out)
    fit = ba.fit("ibi_synthetic", "overall", changes={"run.draws": 200})
    steps, found = fit.cumulative("year"), influence_of(fit.fitted, most=1)
    rows = record["cumulative"]["rows"]
    assert [row["label"] for row in rows] == list(steps.table.index)
    assert [row["choices"]["year"] for row in rows] == list(steps.table["year"])
    logs = [row["answers"]["log_bf10"] for row in rows]
    np.testing.assert_allclose(logs, steps.table["log_bf10"])
    last = rows[-1]["answers"]["coefficients"][0]["estimate"]
    whole = record["baseline"]["answers"]["coefficients"][0]["estimate"]
    assert last["mean"] == pytest.approx(whole["mean"], abs=1e-9)
    assert {"benchmarks", "rho", *ANSWERS} <= set(record["baseline"]["answers"])
    for row in record["rows"]:
        (kl,) = found.table.loc[[row["label"]], "kl"]
        assert row["influence"]["kl"] == pytest.approx(kl, abs=1e-9)
        assert row["answers"]["heterogeneity"]["tau_total"]["median"] > 0
        assert len(row["answers"]["benchmarks"]) == 2
    told = [change.sentence for change in found.changes if change.singles]
    assert {*told} <= {*record["sentences"]}
    # So few draws leave no change by one sample that is beyond their error.
    singles = [c["left_out"] for c in record["changes"] if not c["together"]]
    assert singles == [[label] for change in found.changes for label, _ in change.singles]
    assert all({*c["left_out"]} <= {*fit.effects.samples} for c in record["changes"])
    folder = tmp_path / "added"
    names = {path.stem for path in (folder / "figures").iterdir()}
    assert names == {"leave_one_out", "baujat", "cumulative"}
    table = pd.read_csv(folder / "tables" / "influence.csv", index_col="sample")
    np.testing.assert_allclose(table["cook"], found.table["cook"])
    assert len(pd.read_csv(folder / "tables" / "cumulative.csv")) == 40
    assert {p.stem for p in (folder / "tables").glob("*.csv")} == {
        "leave_one_out", "leave_one_out_answers", "influence", "conclusions", "cumulative",
        "cumulative_answers",
    }  # fmt: skip
    text = (folder / "summary.txt").read_text()
    assert max(map(len, text.splitlines())) <= 80
    told = " ".join(text.split())
    assert all(sentence in told for sentence in steps.sentences)
    assert "no evidence about therapy" in told


def test_an_order_that_is_none_is_told(command: Command) -> None:
    asked = ("sensitivity", "konstantopoulos2011", "-m", "schools", "-w", "leave-one-out")
    done = command(*asked, "--by", "yaer")
    assert (done.status, done.out) == (2, "")
    assert "Did you mean 'year'?" in " ".join(done.err.split())


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("crede2010", "--what", "nothing"), "Choose one of dependence, leave-one-out, priors"),
        (("molloy2014", "--what", "rho"), "no two effect sizes share a sample"),
        (("crede2010", "-m", "robust", "--what", "rho"), "computed by the exact engine"),
        (("crede2010", "-m", "robust", "--what", "leave-one-out"), "cannot be left out exactly"),
        (("crede2010", "--what", "rho", "--moderator", "x"), "takes no moderator"),
        (("crede2010", "--what", "evidence", "--prior-odds", "0"), "odds are a positive number"),
        (("crede2010", "-m", "robust", "--what", "evidence"), "tests one hypothesis by simulation"),
        (("crede2010", "--what", "evidence", "--by", "year"), "--by says nothing about evidence"),
        (
            ("crede2010", "--what", "evidence", "--set", "priors.location={family = 'flat'}"),
            "a flat prior has no marginal likelihood",
        ),
    ],
)
def test_what_cannot_be_varied_is_told_before_anything_runs(
    command: Command, arguments: tuple[str, ...], told: str
) -> None:
    done = command("sensitivity", *arguments)
    assert (done.status, done.out) == (2, "")
    assert told in " ".join(done.err.split())
    assert "Traceback" not in done.err


def test_an_estimated_rho_is_told(command: Command) -> None:
    data = "ibi_synthetic"
    done = command("sensitivity", data, "-m", "subscales", "-w", "rho", "--set", "run.draws=200")
    assert done.status == 0, done.err
    assert "averages over the posterior of rho: median .69" in " ".join(done.out.split())


def test_an_option_that_says_nothing_is_refused(command: Command) -> None:
    done = command(*SCALES, "--what", "dependence", "--prior-odds", "2")
    assert (done.status, done.out) == (2, "")
    assert "--prior-odds says nothing about dependence" in " ".join(done.err.split())


def test_the_help_names_everything_that_can_be_varied() -> None:
    *names, last = re.split(r", | or ", WHAT)
    assert [*names, last] == list(KINDS)
