"""Commands: what stands on which stream, and the exit status 0, 1, 2 or 70."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

import bayes_alliance as ba
from bayes_alliance.analysis import folder as folders
from bayes_alliance.analysis.face import Fit
from bayes_alliance.checks.result import CheckResult
from bayes_alliance.errors import EngineError
from bayes_alliance.spec.specification import Specification

Command = Callable[..., Any]
Asked = list[Specification]

GOOD = "study,ri,ni,scale\nA,.2,50,task\nA,.3,50,bond\nB,.1,80,task\nC,.25,60,goal\n"
BAD = "study,ri,ni\nA,.2,50\nA,1.3,50\nB,.1,2\nC,?,60\n"
MAPPED = ("--columns", "sample=study,r=ri,n=ni")


@pytest.fixture
def good(tmp_path: Path) -> str:
    (tmp_path / "good.csv").write_text(GOOD)
    return "good.csv"


@pytest.fixture
def bad(tmp_path: Path) -> str:
    (tmp_path / "bad.csv").write_text(BAD)
    return "bad.csv"


def wrong(done: Any) -> str:
    """The message of a command that was given wrong input."""
    assert done.status == 2, done
    assert "Traceback" not in done.out + done.err
    assert done.err.startswith("bayes-alliance: ")
    assert done.out == ""
    return " ".join(str(done.err).split())


def test_the_models_are_listed(command: Command) -> None:
    done = command("models")
    assert done.status == 0
    names = {entry.name for entry in ba.models()}
    assert names <= set(done.out.split())
    assert max(map(len, done.out.splitlines())) <= 80
    entries = json.loads(command("models", "--json").out)
    assert {entry["name"] for entry in entries} == names
    assert all(entry["question"] for entry in entries)


def test_the_data_sets_are_listed(command: Command) -> None:
    done = command("datasets")
    assert done.status == 0
    assert max(map(len, done.out.splitlines())) <= 80
    entries = json.loads(command("datasets", "--json").out)
    told = {entry["name"]: (entry["k"], entry["samples"]) for entry in entries}
    assert told["crede2010"] == (97, 68)
    assert told["konstantopoulos2011"] == (56, 11)
    assert all(name in done.out for name in told)
    assert "(k = 97, 68 samples)" in " ".join(done.out.split())


def test_the_version_and_the_help(command: Command) -> None:
    assert command("--version").out.strip() == ba.__version__
    for arguments in (("--help",), ("fit", "--help"), ("-h",)):
        done = command(*arguments)
        assert done.status == 0
        assert "Usage" in done.out


@pytest.mark.parametrize(
    "arguments", [("fitt",), ("fit",), ("fit", "crede2010", "--modl", "x"), ("models", "x")]
)
def test_a_wrong_command_has_status_2(command: Command, arguments: tuple[str, ...]) -> None:
    done = command(*arguments)
    assert done.status == 2
    assert "Usage" in done.err
    assert "Traceback" not in done.err


def test_a_good_table_is_checked(command: Command, good: str) -> None:
    done = command("check", good, *MAPPED)
    assert (done.status, done.err) == (0, "")
    told = json.loads(command("check", good, *MAPPED, "--json").out)
    assert told["ok"] is True
    assert told["rows"] == 4
    assert command("check", "crede2010").status == 0


def test_a_bad_table_is_told_completely(command: Command, bad: str) -> None:
    done = command("check", bad, *MAPPED)
    assert done.status == 2
    assert "Traceback" not in done.out + done.err
    assert "3 problems" in done.out
    for shown in ("1.3", "?"):
        assert shown in done.out
    told = command("check", bad, *MAPPED, "--json")
    assert told.status == 2
    assert len(json.loads(told.out)["problems"]) == 3
    message = wrong(command("fit", bad, *MAPPED))
    assert "1.3" in message


def test_a_fit_prints_every_answer(command: Command, good: str, asked: Asked) -> None:
    done = command("fit", good, *MAPPED)
    assert done.status == 0
    assert "Correlations" in done.out
    assert "Heterogeneity" in done.out
    assert "In words" in done.out
    assert max(map(len, done.out.splitlines())) <= 80
    assert [spec.name for spec in asked] == ["overall"]


def test_json_stands_alone_on_standard_output(
    command: Command, good: str, asked: Asked, tmp_path: Path
) -> None:
    done = command("fit", good, *MAPPED, "--json", "--out", "results")
    assert done.status == 0
    record = json.loads(done.out)
    assert record == json.loads((tmp_path / "results" / "answers.json").read_text())
    assert record["data"]["effects"] == 4
    assert "Written to results" in done.err
    fit = ba.load_fit(tmp_path / "results")
    assert record["coefficients"][0]["estimate"]["median"] == fit.summary()["median"].iloc[0]


def test_options_reach_the_specification(command: Command, good: str, asked: Asked) -> None:
    options = (
        "--seed", "7", "--draws", "300", "--chains", "3", "--engine", "nuts",
        "--set", "priors.tau_sample.scale=0.1", "--set", "sampling.within_sample=constant",
        "--set", "sampling.rho=0.6", "--set", 'location.terms=["scale"]', "--set", 'name="mine"',
    )  # fmt: skip
    assert command("fit", good, *MAPPED, *options).status == 0
    (spec,) = asked
    assert (spec.run.seed, spec.run.draws, spec.run.chains, spec.run.engine) == (7, 300, 3, "nuts")
    assert spec.priors.tau_sample.parameters["scale"] == 0.1
    assert spec.sampling.rho == 0.6
    assert spec.location.terms == ("scale",)
    assert spec.name == "mine"


def test_a_moderator_is_filled_in(command: Command, good: str, asked: Asked) -> None:
    done = command("fit", good, *MAPPED, "-m", "moderator", "--moderator", "scale")
    assert done.status == 0
    assert asked[0].location.terms == ("scale",)
    for level in ("task", "goal", "bond"):
        assert level in done.out


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("--model", "overal"), "Did you mean 'overall'"),
        (("--model", "no/such.toml"), "the file cannot be read"),
        (("--model", "moderator"), "--moderator COLUMN"),
        (("--model", "moderator", "--moderator", "scal"), "Did you mean 'scale'"),
        (("--moderator", "scale"), "'overall' takes no moderator"),
        (("--columns", "sample"), "'sample' maps no column"),
        (("--columns", "r=ri,r=scale"), "'r' is mapped twice"),
        (("--set", "priors.tau_smple.scale=1"), "Did you mean 'tau_sample'"),
        (("--set", "run.seed"), "sets nothing"),
        (("--set", "run.seed="), "sets nothing"),
        (("--set", "=3"), "sets nothing"),
        (("--set", "run.seed=two"), "run.seed"),
        (("--set", "run.seed=1" + "0" * 5_000), "run.seed"),
        (("--set", "run.seed=" + "[" * 50_000), "run.seed"),
        (("--set", "priors.tau_sample.scale=inf"), "must be at most 1e+06"),
        (("--set", "priors.tau_sample.scale=__import__('os')"), "must be a number"),
        (("--engine", "stan"), "run.engine"),
        (("--seed", "-1"), "run.seed"),
        (("--draws", "3"), "run.draws"),
        (("--missing", "guess"), "'guess' is no treatment of missing values"),
    ],
)  # fmt: skip
def test_wrong_options_get_one_message_and_status_2(
    command: Command, good: str, arguments: tuple[str, ...], told: str
) -> None:
    given = () if arguments[0] == "--columns" else MAPPED
    assert told in wrong(command("fit", good, *given, *arguments))


@pytest.mark.parametrize(
    "data", ["no.csv", "crede2011", ".", "a" * 300, "broken.xlsx", "binary.csv", "empty.csv"]
)
def test_unreadable_data_get_one_message_and_status_2(
    command: Command, tmp_path: Path, data: str
) -> None:
    (tmp_path / "broken.xlsx").write_bytes(b"PK\x03\x04 no workbook")
    (tmp_path / "binary.csv").write_bytes(bytes(range(256)) * 9)
    (tmp_path / "empty.csv").write_bytes(b"")
    assert wrong(command("fit", data))
    done = command("check", data)
    assert done.status == 2
    assert "Traceback" not in done.out + done.err


@pytest.mark.parametrize("sheet", ["9", "no such sheet", "\N{SUPERSCRIPT TWO}"])
def test_a_sheet_that_is_not_there_is_told(command: Command, tmp_path: Path, sheet: str) -> None:
    frame = pd.DataFrame({"sample": ["a", "b"], "r": [0.1, 0.2], "n": [40, 50]})
    frame.to_excel(tmp_path / "book.xlsx", index=False)
    assert command("check", "book.xlsx", "--sheet", "1").status == 0
    assert wrong(command("fit", "book.xlsx", "--sheet", sheet))


def test_results_are_not_overwritten_before_anything_is_computed(
    command: Command, good: str, asked: Asked, tmp_path: Path
) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "thesis.docx").write_text("mine")
    for extra in ((), ("--overwrite",)):
        done = command("fit", good, *MAPPED, "--out", "mine", *extra)
        assert "the folder is not empty" in wrong(done)
    assert "you are in it" in wrong(command("fit", good, *MAPPED, "--out", "."))
    assert wrong(command("fit", good, *MAPPED, "--out", "a" * 300))
    assert "a file has this name" in wrong(command("fit", good, *MAPPED, "--out", good))
    assert asked == []
    assert (tmp_path / "mine" / "thesis.docx").read_text() == "mine"


def test_own_results_are_overwritten_when_told(
    command: Command, good: str, asked: Asked, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(folders, "write_report_of", lambda *given: None)
    assert command("fit", good, *MAPPED, "--out", "results").status == 0
    assert "add --overwrite" in wrong(command("fit", good, *MAPPED, "--out", "results"))
    again = ("fit", good, *MAPPED, "--out", "results", "--overwrite", "--seed", "5")
    assert command(*again).status == 0
    assert ba.load_fit("results").posterior.provenance.seed == 5


@pytest.mark.parametrize("passed", [True, None, False])
@pytest.mark.parametrize("strict", [(), ("--strict",)])
def test_strict_turns_a_failed_check_into_status_1(
    command: Command, good: str, asked: Asked, monkeypatch: pytest.MonkeyPatch, passed: bool | None,
    strict: tuple[str, ...],
) -> None:  # fmt: skip
    result = CheckResult("R-hat", passed, "R-hat of beta is 1.3.", pd.DataFrame())
    monkeypatch.setattr(Fit, "checks", (result,))
    done = command("fit", good, *MAPPED, "--json", *strict)
    assert done.status == (1 if strict and passed is False else 0)
    assert json.loads(done.out)["checks"][0]["passed"] is passed
    text = command("fit", good, *MAPPED, *strict).out
    assert ("CAUTION" in text) is (passed is False)


def test_a_defect_is_called_so(
    command: Command, good: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*given: object, **options: object) -> None:
        raise RuntimeError("a planted defect")

    monkeypatch.setattr("bayes_alliance.analysis.fit.run_analysis", broken)
    done = command("fit", good, *MAPPED, "--json")
    assert done.status == 70
    assert done.out == ""
    assert "Traceback (most recent call last)" in done.err
    assert "RuntimeError: a planted defect" in done.err
    assert "this is a defect of the program, not of your data" in done.err
    assert "issue tracker" in done.err


def test_an_engine_that_fails_has_a_message(
    command: Command, good: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def failing(*given: object, **options: object) -> None:
        raise EngineError("NUTS could not sample this model")

    monkeypatch.setattr("bayes_alliance.analysis.fit.run_analysis", failing)
    assert "NUTS could not sample" in wrong(command("fit", good, *MAPPED))


def test_warnings_about_the_data_stand_on_standard_error(
    command: Command, tmp_path: Path, asked: Asked
) -> None:
    rows = "".join(f"S{i},.2,50\n" for i in range(6))
    (tmp_path / "odd.csv").write_text(f"sample,r,n\n{rows}S7,.99,4000\n")
    done = command("fit", "odd.csv", "--json")
    assert done.status == 0
    json.loads(done.out)
    effects = ba.read_effects(tmp_path / "odd.csv")
    for note in effects.warnings:
        assert str(note) in done.err


def test_the_demo_makes_a_folder_for_each_model(
    command: Command, asked: Asked, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(folders, "write_report_of", lambda *given: None)
    done = command("demo", "--quick", "--out", "demo", "--seed", "3")
    assert done.status == 0, done.err
    made = {p.name for p in (tmp_path / "demo").iterdir()}
    assert made == {
        "overall", "subscales", "moderator_f2f_contact", "summary.txt", "bayes_alliance.json",
    }  # fmt: skip
    assert {spec.run.seed for spec in asked} == {3}
    assert "no evidence" in " ".join(done.out.split())
    assert (tmp_path / "demo" / "summary.txt").read_text(encoding="utf-8").strip()
    assert "add --overwrite" in wrong(command("demo", "--quick", "--out", "demo"))
    assert command("demo", "--quick", "--out", "demo", "--overwrite").status == 0
    (tmp_path / "demo" / "mine.txt").write_text("mine")
    assert "mine.txt" in wrong(command("demo", "--quick", "--out", "demo", "--overwrite"))


def test_names_of_columns_may_have_commas() -> None:
    from bayes_alliance.cli.options import column_mapping

    one = ["sample=Studie (Autor, Jahr),r=r, roh", "n=N"]
    assert column_mapping(one) == {"sample": "Studie (Autor, Jahr)", "r": "r, roh", "n": "N"}


def test_reported_correlations_are_read_beside_the_table(
    command: Command, good: str, tmp_path: Path
) -> None:
    (tmp_path / "scales.csv").write_text("sample;task ~ bond\nA;,72\n")
    names = ("--columns", "sample=study,r=ri,n=ni,subscale=scale")
    done = command("check", good, *names, "--correlations", "scales.csv")
    assert done.status == 0
    assert "1 correlations among variables" in done.out
    interscale = ("--set", "sampling.within_sample=interscale")
    lacking = wrong(command("fit", good, *names, *interscale))
    assert "the correlation of bond with task (subscale) is not known" in lacking
    done = command("fit", good, *names, *interscale, "--correlations", "scales.csv", "--json")
    record = json.loads(done.out)
    assert record["data"]["reported_correlations"] == 1
    assert any("1 from reported correlations" in note for note in record["notes"])
    (tmp_path / "scales.csv").write_text("sample;task ~ bond\nZ;,72\nA;1,4\n")
    told = wrong(command("fit", good, *names, "--correlations", "scales.csv"))
    assert "it is 1.4" in told
