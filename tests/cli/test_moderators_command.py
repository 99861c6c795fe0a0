"""`bayes-alliance sensitivity --what moderators`: text, JSON, folder, figure and refusals."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import bayes_alliance as ba

Command = Callable[..., Any]
SHORT = ("--set", "run.draws=200", "--what", "moderators")


def test_the_six_moderators_as_json_and_as_a_folder(command: Command, tmp_path: Path) -> None:
    done = command("sensitivity", "ibi_synthetic", *SHORT, "--prior-odds", "0.5", "--json",
                   "--out", "found")  # fmt: skip
    assert done.status == 0, done.err
    record = json.loads(done.out)
    compared = ba.compare_moderators("ibi_synthetic", prior_odds=0.5)
    each = ba.compare_moderators("ibi_synthetic", rows="each", prior_odds=0.5)
    assert record["what"] == "moderators"
    assert record["baseline"]["answers"]["coefficients"][0]["name"] == "overall"
    assert (record["compared_on"]["effects"], len(record["compared_on"]["left_out"])) == (64, 18)
    assert record["prior"] == {"differences_sd": 0.25, "prior_odds": 0.5, "always": []}
    for row, one, own in zip(record["rows"], compared.found, each.found, strict=True):
        answers = row["answers"]
        assert row["label"] == one.name
        assert answers["log_bf10"] == pytest.approx(one.factor.log_bf10)
        assert answers["posterior_probability"] == pytest.approx(one.factor.posterior_probability)
        assert answers["own_rows"]["log_bf10"] == pytest.approx(own.factor.log_bf10)
        assert answers["own_rows"]["effects"] == own.effects
        assert [a["differences_sd"] for a in answers["over_prior_sd"]] == [
            0.0625,
            0.125,
            0.25,
            0.5,
            1.0,
        ]
        assert answers["difference"]["name"] == one.difference.name
    averaged = ba.average("ibi_synthetic", prior_inclusion=1 / 3)
    assert len(record["averaging"]["models"]) == 256
    for inclusion, row in zip(averaged.inclusions, record["averaging"]["inclusions"], strict=True):
        assert row["posterior"] == pytest.approx(inclusion.posterior)
        prior = 1 / 3 if row["kind"] == "term" else 1 / 2
        prior = 3 / 4 if row["name"] == "heterogeneity" else prior
        assert row["prior"] == pytest.approx(prior)
    tables = tmp_path / "found" / "tables"
    written = pd.read_csv(tables / "moderators.csv", index_col="moderator")
    np.testing.assert_allclose(written["bf01"], compared.table["bf01"])
    models = pd.read_csv(tables / "models.csv", index_col="model")
    np.testing.assert_allclose(models["posterior"], averaged.table["posterior"], atol=1e-12)
    assert len(pd.read_csv(tables / "left_out.csv")) == 18
    assert "no evidence" in (tables / "NOTICE.txt").read_text()
    figure = tmp_path / "found" / "figures" / "moderator_evidence.png"
    assert figure.read_bytes().startswith(b"\x89PNG")

    text = (tmp_path / "found" / "summary.txt").read_text()
    assert max(map(len, text.splitlines())) <= 80
    told = " ".join(text.split())
    assert "on the same 64 effect sizes in 33 samples; prior sd of a difference 0.25" in told
    assert "18 effect sizes not compared: no value of approach (7); no value of diagnosis (4); no" \
        " value of rater (7)." in told  # fmt: skip
    assert "row 2 (Synthetic 01, WAI-SR total): no value of diagnosis" in told
    assert "its interval is no test of the moderator" in told
    assert all(sentence in told for sentence in record["sentences"])
    (line,) = [x for x in text.splitlines() if x.split()[:2] == ["rater", "3.42"]]
    assert line.split() == ["rater", "3.42", "0.292", ".13", "moderate,", "against"]


def test_one_moderator_of_any_table(command: Command) -> None:
    done = command("sensitivity", "crede2010", "-m", "three_level", *SHORT, "--moderators",
                   "criterion, year")  # fmt: skip
    assert done.status == 0, done.err
    assert max(map(len, done.out.splitlines())) <= 80
    assert "year (per 10)" in done.out
    assert "not compared" not in done.out
    assert "own rows" not in done.out


def test_terms_that_repeat_one_another_have_no_average(command: Command, tmp_path: Path) -> None:
    frame = ba.load("konstantopoulos2011").to_frame()[["sample", "effect", "yi", "vi", "year"]]
    rng = np.random.default_rng(1)
    frame["kind"] = rng.choice(["a", "b"], len(frame))
    frame["same"] = frame["kind"].map({"a": "x", "b": "y"})
    frame.to_csv(tmp_path / "schools.csv", index=False)
    done = command("sensitivity", "schools.csv", *SHORT, "--moderators", "kind,same", "--json")
    assert done.status == 0, done.err
    record = json.loads(done.out)
    assert record["averaging"] is None
    (note,) = record["notes"]
    assert "There is no average over the models" in note
    assert "can be computed from the terms before it" in note
    first, second = (row["answers"]["log_bf10"] for row in record["rows"])
    assert first == pytest.approx(second)


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("crede2010", "--moderators", "criterion,nothing"), "no column 'nothing'"),
        (("crede2010", "--moderators", "effect"), "no column 'effect'"),
        (("alliance_ibi_published", "--moderators", "doi"), "has a level of its own"),
        (("craft2003",), "--moderators A,B"),
        (("crede2010", "-m", "robust", "--moderators", "criterion"), "cannot be compared exactly"),
        (("ibi_synthetic", "-m", "moderators_all"), "cannot be compared exactly"),
        (("crede2010", "--moderators", "criterion", "--prior-odds", "-1"), "prior odds of -1"),
        (("crede2010", "--moderators", "criterion", "--by", "year"), "--by says nothing"),
        (("crede2010", "--moderators", ""), "no column ''"),
    ],
)
def test_what_cannot_be_compared_is_told(
    command: Command, arguments: tuple[str, ...], told: str
) -> None:
    done = command("sensitivity", *arguments, *SHORT)
    assert (done.status, done.out) == (2, "")
    assert told in " ".join(done.err.split())
    assert "Traceback" not in done.err


def test_rows_that_decide_are_told(command: Command) -> None:
    done = command("sensitivity", "ibi_synthetic", "-w", "moderators", "--set", "run.draws=200")
    assert done.status == 0, done.err
    told = " ".join(done.out.split())
    assert "The rows decide about diagnosis: BF01 is 1.89 on the 64 effect sizes" in told
    assert "new effect in a new sample" in told
