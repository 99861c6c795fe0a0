"""`bayes-alliance sensitivity --what design`: text, JSON, folder and refusals."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from bayes_alliance.analysis.kinds import design

Command = Callable[..., Any]
ASKED = ("sensitivity", "ibi_synthetic", "--model", "subscales_constant", "--set", "run.draws=200",
         "--set", "effect.totals=scales", "--what", "design")  # fmt: skip
NAMES = ["task - goal", "task - bond", "goal - bond"]


@pytest.fixture(autouse=True)
def _few_replications(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(design, "REPLICATIONS", (25, 10))


def test_a_design_analysis_as_json_and_as_a_folder(command: Command, tmp_path: Path) -> None:
    done = command(*ASKED, "--json", "--out", "design")
    assert done.status == 0, done.err
    record = json.loads(done.out)
    assert record["what"] == "design"
    assert record["data"]["synthetic"] is True
    assert [row["choices"]["added"] for row in record["rows"]] == [0, 10, 20, 40]
    rows = record["smallest"]["rows"]
    assert [row["name"] for row in rows] == NAMES
    for row in rows:
        assert 0.02 < row["r"]["lower"] <= row["r"]["estimate"] <= row["r"]["upper"] < 0.5
        assert row["power"] == pytest.approx(0.8, abs=0.041)
    expected = {
        (row["choices"]["added"], answer["name"]): answer
        for row in record["rows"]
        for answer in row["answers"]["expected"]
    }
    now = {c["name"]: c["estimate"] for c in record["baseline"]["answers"]["contrasts"]}
    for name in NAMES:
        width = now[name]["upper"] - now[name]["lower"]
        assert expected[0, name]["width"]["median"] == pytest.approx(width, abs=1e-9)
        assert expected[40, name]["width"]["median"] < 0.9 * width
        assert expected[40, name]["p_narrow"] is None

    folder = tmp_path / "design"
    assert json.loads((folder / "answers.json").read_text()) == record
    table = pd.read_csv(folder / "tables" / "smallest.csv", index_col="name")
    np.testing.assert_allclose(table["r"], [row["r"]["estimate"] for row in rows])
    curves = pd.read_csv(folder / "tables" / "evidence_by_effect.csv")
    assert set(curves["name"]) == set(NAMES)
    assert len(pd.read_csv(folder / "tables" / "expected.csv")) == 12
    for name in ("evidence_by_effect", "expected"):
        assert (folder / "figures" / f"{name}.png").read_bytes().startswith(b"\x89PNG")
    text = (folder / "summary.txt").read_text()
    assert max(map(len, text.splitlines())) <= 80
    words = " ".join(text.split())
    assert all(sentence in words for sentence in record["sentences"][:3])
    assert "no evidence about therapy" in words


def test_what_cannot_be_fitted_exactly_is_refused(command: Command) -> None:
    done = command("sensitivity", "ibi_synthetic", "-m", "robust", "--what", "design")
    assert done.status == 2
    assert "follow a t" in done.err
    done = command(*ASKED, "--by", "year")
    assert done.status == 2
    assert "--by says nothing about design" in done.err


def test_a_single_mean_is_analysed_on_its_own_scale(command: Command) -> None:
    done = command(
        "sensitivity", "konstantopoulos2011", "-m", "schools", "--what", "design",
        "--set", "run.draws=200",
    )  # fmt: skip
    assert done.status == 0, done.err
    assert max(map(len, done.out.splitlines())) <= 80
    assert "on the scale of yi" in done.out
