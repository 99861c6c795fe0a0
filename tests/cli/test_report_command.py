"""The sub-command `report`: what it writes, what it varies, what it never replaces."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from made_fits import made_effects, scattered

from bayes_alliance.analysis import folder as folders
from bayes_alliance.analysis import report as reports
from bayes_alliance.analysis.sensitivity import KINDS
from bayes_alliance.cli.report import USUAL
from bayes_alliance.errors import InputError, Problem
from bayes_alliance.report.document import parts
from bayes_alliance.report.document.plate import Plate
from bayes_alliance.report.material import Material
from bayes_alliance.report.variation import Variation


@pytest.fixture(autouse=True)
def no_figures(monkeypatch: pytest.MonkeyPatch) -> None:
    """Figures have tests of their own."""

    def refused(report: Any, formats: Any = ()) -> dict[str, Plate]:
        blocks = (block for section in report.sections for block in section.blocks)
        return {b.name: Plate((), "not now") for b in blocks if hasattr(b, "draw")}

    monkeypatch.setattr(parts, "plates_of", refused)


@pytest.fixture
def results(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    with monkeypatch.context() as patch:
        patch.setattr(folders, "write_report_of", lambda *given: None)
        scattered(made_effects(list("aabbc"))).write(tmp_path / "results")
    return "results"


@pytest.fixture
def varied(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Sensitivity analyses that were asked for; one of them does not apply."""
    asked: list[str] = []

    def vary(fitted: object, name: str) -> Variation:
        asked.append(name)
        if name == "dependence":
            raise InputError(Problem(what="nothing depends", cure="None", code="none"))
        record = {"what": name, "rows": [], "sentences": [], "notes": []}
        return Variation(name, "", record, {}, {})

    monkeypatch.setattr(reports, "vary", vary)
    return asked


def files(folder: Path) -> set[str]:
    return {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}


def test_a_report_stands_in_the_folder_of_its_fit(
    command: Any, results: str, tmp_path: Path
) -> None:
    given = tmp_path / results / "environment.json"
    told = json.loads(given.read_text(encoding="utf-8")) | {"command": "a command of mine"}
    given.write_text(json.dumps(told), encoding="utf-8")
    assert command("report", results, "--what", "none").status == 0
    page = (tmp_path / results / "report" / "report.html").read_text(encoding="utf-8")
    assert "a command of mine" in page
    found = files(tmp_path / results / "report")
    assert {"report.html", "report.docx", "text/methods.txt", "text/results.txt",
            "text/references.bib", "text/references.json", "text/checklists.csv",
            "tables/coefficients.csv", "tables/tables.docx"} <= found  # fmt: skip
    again = command("report", results, "--what", "none")
    assert again.status == 2
    assert "--overwrite" in again.err
    assert command("report", results, "--what", "none", "--overwrite").status == 0


def test_one_file_may_be_asked_for(command: Any, results: str, tmp_path: Path) -> None:
    for name, start in (("page.html", b"<!DOCTYPE html>"), ("text.docx", b"PK")):
        assert command("report", results, "--what", "none", "--out", name).status == 0
        assert (tmp_path / name).read_bytes().startswith(start)
        (tmp_path / name).write_bytes(b"mine")
        done = command("report", results, "--what", "none", "--out", name)
        assert done.status == 2
        assert "Traceback" not in done.err
        assert (tmp_path / name).read_bytes() == b"mine"
    assert not list(tmp_path.glob(".*partial"))


def test_what_is_varied_can_be_chosen(
    command: Any, results: str, varied: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    written: list[Material] = []

    def page_of(material: Material) -> str:
        written.append(material)
        return "a page"

    monkeypatch.setattr(parts, "report_page", page_of)
    asked = ("report", results, "--out", "page.html", "--overwrite")
    assert command(*asked, "--what", "dependence, bias").status == 0
    assert varied == ["dependence", "bias"]
    assert list(written[0].variations) == ["bias"]
    assert "nothing depends" in written[0].declined["dependence"]
    done = command(*asked, "--what", "weather")
    assert done.status == 2
    assert "'weather' is nothing that can be varied" in done.err


def test_the_usual_choice_is_that_of_the_library() -> None:
    assert tuple(USUAL.split(",")) == reports.REPORTED
    assert set(reports.REPORTED) <= set(KINDS)


def test_a_folder_without_a_fit_is_refused(command: Any, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    done = command("report", "empty")
    assert done.status == 2
    assert "Traceback" not in done.err
