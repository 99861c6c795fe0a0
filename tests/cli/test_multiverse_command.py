"""`bayes-alliance sensitivity --what multiverse`: text, JSON, folder, resuming and refusals."""

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
GRID = """
[about]
title = "Two questions"

[[factors]]
name = "effects"
because = "Scales repeat totals."
[[factors.options]]
name = "all"
because = "All that was reported."
[[factors.options]]
name = "clients"
because = "They carry the literature."
rows = [{ column = "rater", values = ["client"] }]
[[factors.options]]
name = "impossible"
because = "To show what a refusal looks like."
change = { "sampling.within_sample" = "constant", "sampling.rho" = -0.9 }

[[factors]]
name = "prior of tau"
[[factors.options]]
name = "declared"
because = "The model's own."
[[factors.options]]
name = "wide"
because = "Very different samples."
change = { "priors.tau_sample.scale" = 0.5 }
"""


@pytest.fixture
def asked(tmp_path: Path) -> tuple[str, ...]:
    """A command with a grid of six specifications, two of them impossible."""
    (tmp_path / "choices.toml").write_text(GRID)
    return ("sensitivity", "ibi_synthetic", "--what", "multiverse", "--grid", "choices.toml",
            "--workers", "1")  # fmt: skip


def test_json_and_folder_hold_every_specification(
    command: Command, asked: tuple[str, ...], tmp_path: Path
) -> None:
    done = command(*asked, "--json", "--out", "many")
    assert done.status == 0, done.err
    record = json.loads(done.out)
    assert record["what"] == "multiverse"
    assert record["data"]["synthetic"] is True
    assert record["baseline"]["choices"] == {}
    assert [row["choices"] for row in record["rows"]] == [
        {"effects": e, "prior of tau": p} for e in ("all", "clients") for p in ("declared", "wide")
    ]
    assert record["rows"][0]["answers"] == record["baseline"]["answers"]
    found = ba.multiverse(ba.load("ibi_synthetic"), tmp_path / "choices.toml")
    for row, (_, expected) in zip(record["rows"], found.table.iterrows(), strict=True):
        assert set(row) == {"label", "choices", "answers"}
        answers = row["answers"]
        (mean,) = answers["coefficients"]
        assert mean["name"] == "overall"
        assert mean["r"]["median"] == expected["r_median"]
        assert mean["estimate"]["p_positive"] == expected["p_positive"]
        assert answers["log_bf10"] == expected["log_bf10"]
        assert answers["log_marginal_likelihood"] == expected["log_marginal_likelihood"]
        assert answers["heterogeneity"]["tau_sample"]["median"] == expected["tau_sample"]
        assert answers["effects"] == expected["effects"]
        first = answers["benchmarks"][0]
        assert first["p_above"] == expected[f"p_above: {first['name']}"]
        assert first["difference_r"]["median"] == pytest.approx(expected["r_median"] - 0.21)
    assert [row["choices"]["effects"] for row in record["refused"]] == ["impossible"] * 2
    assert "cannot all correlate -0.9" in record["refused"][0]["reason"]
    assert any("Refused, 2 combinations" in note for note in record["notes"])
    assert record["factors"][0]["share_estimate"] == found.shares["estimate"].factors[0]

    folder = tmp_path / "many"
    assert json.loads((folder / "answers.json").read_text()) == record
    table = pd.read_csv(folder / "tables" / "specifications.csv", index_col="specification")
    np.testing.assert_allclose(table["log_bf10"], found.table["log_bf10"].astype(float))
    assert table["choice: effects"].tolist() == ["all", "all", "clients", "clients"]
    assert len(pd.read_csv(folder / "tables" / "refused.csv")) == 2
    assert (folder / "figures" / "specification_curve.png").read_bytes().startswith(b"\x89PNG")
    text = (folder / "summary.txt").read_text()
    assert max(map(len, text.splitlines())) <= 80
    assert "no evidence" in text
    told = " ".join(text.split())
    assert "4 specifications were computed and 2 combinations refused." in told
    assert "are no probabilities" in told
    assert not (tmp_path / "many.unfinished").exists()


def test_work_that_was_left_unfinished_is_taken_up(
    command: Command, asked: tuple[str, ...], tmp_path: Path
) -> None:
    kept = tmp_path / "many.unfinished"
    short = ("--set", "run.draws=100")
    spec = ba.read_specification("overall").with_changes({"run.draws": 100, "run.engine": "exact"})
    ba.multiverse(ba.load("ibi_synthetic"), tmp_path / "choices.toml", specification=spec,
                  folder=kept)  # fmt: skip
    (chunk,) = (kept / "chunks").iterdir()
    lines = [json.loads(line) for line in chunk.read_text().splitlines()]
    lines[0]["log_bf10"] = 123.0  # told from what would be computed anew
    chunk.write_text("".join(json.dumps(line) + "\n" for line in lines))
    done = command(*asked, *short, "--json", "--out", "many")
    assert done.status == 0, done.err
    assert json.loads(done.out)["rows"][0]["answers"]["log_bf10"] == 123.0
    ba.multiverse(ba.load("crede2010"), specification="three_level", folder=kept, grid={
        "factors": [{"name": "a", "options": [{"name": "a", "because": "b"},
                                              {"name": "b", "because": "b"}]}]})  # fmt: skip
    again = command(*asked, *short, "--out", "many", "--overwrite")
    assert again.status == 2
    assert "keeps a multiverse of another table" in " ".join(again.err.split())


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("crede2010", "--grid", "none.toml"), "cannot be read"),
        (("crede2010", "--grid", "choices.toml"), "no column 'rater'"),
        (("ibi_synthetic", "--workers", "0"), "0 processes"),
        (("crede2010", "-m", "robust"), "a multiverse needs exact fits"),
        (("crede2010", "--by", "year"), "--by says nothing about multiverse"),
    ],
)
def test_what_is_wrong_is_told(
    command: Command, asked: tuple[str, ...], arguments: tuple[str, ...], told: str
) -> None:
    assert asked
    done = command("sensitivity", "--what", "multiverse", *arguments)
    assert (done.status, done.out) == (2, "")
    assert told in " ".join(done.err.split())
    assert "Traceback" not in done.err


def test_a_fit_has_the_verb() -> None:
    fit = ba.fit("konstantopoulos2011", "schools", changes={"run.draws": 100})
    found = fit.multiverse({"factors": [{"name": "levels", "options": [
        {"name": "both", "because": "Schools differ."},
        {"name": "districts", "because": "Schools differ by chance.",
         "change": {"heterogeneity.effect": False}}]}]})  # fmt: skip
    assert "2 specifications, 0 refused" in repr(found)
    assert found.curve["estimate"].tolist() == sorted(found.table["median"])
    assert len(fit.plot_multiverse(found).axes) == 4
