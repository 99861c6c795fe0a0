"""The files that a release consists of agree with one another."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import Final

import yaml

import bayes_alliance

ROOT: Final = Path(__file__).resolve().parents[2]


def test_one_version_everywhere() -> None:
    citation = yaml.safe_load((ROOT / "CITATION.cff").read_text(encoding="utf-8"))
    changes = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    newest = re.search(r"^## \[(?:Unreleased\] - )?(\d+\.\d+\.\d+)", changes, flags=re.MULTILINE)
    assert newest is not None
    assert {str(citation["version"]), newest[1]} == {bayes_alliance.__version__}


def test_the_citation_has_what_its_schema_requires() -> None:
    citation = yaml.safe_load((ROOT / "CITATION.cff").read_text(encoding="utf-8"))
    assert citation["cff-version"] == "1.2.0"
    assert {"message", "title", "authors"} <= set(citation)
    assert len(citation["authors"]) >= 1
    assert citation["license"] == "MIT"


def test_the_oldest_python_is_the_same_everywhere() -> None:
    table = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    assert table["project"]["requires-python"] == ">=3.12"
    assert table["tool"]["mypy"]["python_version"] == "3.12"
    assert table["tool"]["ruff"]["target-version"] == "py312"
    assert "sys.version_info < (3, 12)" in (ROOT / "scripts" / "find_python.sh").read_text("utf-8")


def test_ci_runs_what_a_developer_runs() -> None:
    run = ROOT / ".ci" / "run"
    assert run.stat().st_mode & 0o111
    text = run.read_text(encoding="utf-8")
    assert "set -euo pipefail" in text
    assert "make test" in text
