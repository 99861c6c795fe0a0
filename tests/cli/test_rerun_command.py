"""`bayes-alliance rerun`: exit status, text, JSON."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import bayes_alliance as ba
from bayes_alliance.analysis import folder as folders

Command = Callable[..., Any]


@pytest.fixture
def results(command: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(folders, "write_report_of", lambda *given: None)
    ba.load("craft2003").frame[["sample", "yi", "vi"]].to_csv(tmp_path / "trials.csv", index=False)
    done = command("fit", "trials.csv", "--model", "overall", "--draws", "100", "--out", "results")
    assert done.status == 0, done.err
    return tmp_path / "results"


def test_status_0_1_and_2(command: Command, results: Path) -> None:
    done = command("rerun", "results")
    assert done.status == 0, done.err
    assert "numbers are the same to the last digit" in " ".join(done.out.split())
    assert max(map(len, done.out.splitlines())) <= 80
    answers = json.loads((results / "answers.json").read_text(encoding="utf-8"))
    answers["heterogeneity"]["tau_sample"]["median"] *= 1.00001
    (results / "answers.json").write_text(json.dumps(answers))
    done = command("rerun", "results", "--json")
    assert done.status == 1
    record = json.loads(done.out)
    assert [n["name"] for n in record["numbers"] if n["verdict"] != "same"] == [
        "tau_sample: median"
    ]
    path = results / "data.csv"
    path.write_text(path.read_text(encoding="utf-8").replace("0.", "1.", 1), encoding="utf-8")
    done = command("rerun", "results")
    assert (done.status, done.out) == (2, "")
    assert "data.csv: the file is not as it was written" in done.err
    assert command("rerun", "nowhere").status == 2
    assert command("rerun", "results", "--tolerance", "-1").status == 2


def test_the_folder_has_the_file_and_the_command(results: Path, tmp_path: Path) -> None:
    kept = results / "source" / "trials.csv"
    assert kept.read_bytes() == (tmp_path / "trials.csv").read_bytes()
    told = json.loads((results / "environment.json").read_text(encoding="utf-8"))
    assert told["command"] == (
        "bayes-alliance fit trials.csv --model overall --draws 100 --out results"
    )


def test_the_help_tells_what_the_status_means(command: Command) -> None:
    done = command("rerun", "--help")
    assert done.status == 0
    text = " ".join(done.out.replace("│", " ").split())
    assert "Repeat the fit of a folder and say for every number whether it is the same." in text
    assert "Exit status: 0 all the same, 1 some not, 2 no such folder or changed inputs." in text
    assert max(map(len, done.out.splitlines())) <= 80


def test_a_folder_of_variations_has_what_went_in(
    command: Command, tmp_path: Path, results: Path
) -> None:
    done = command(
        "sensitivity", "trials.csv", "--what", "dependence", "--set", "run.draws=100",
        "--out", "curve",
    )  # fmt: skip
    assert done.status == 0, done.err
    folder = tmp_path / "curve"
    assert ba.load_effects(folder) == ba.load_effects(results)
    assert ba.read_specification(folder / "specification.toml").run.draws == 100
    assert not (folder / "rerun.py").exists()
    assert "answers.json says what was varied" in " ".join(
        (folder / "README.txt").read_text(encoding="utf-8").split()
    )
    done = command("rerun", "curve")
    assert done.status == 2
    assert "this is a sensitivity analysis (dependence)" in done.err
