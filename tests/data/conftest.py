from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from bayes_alliance.data.check import DataCheck, check_data
from bayes_alliance.errors import Problem

Table = Callable[..., Path]


@pytest.fixture
def table(tmp_path: Path) -> Table:
    """Write a text table and return its path; lines are given without line ends."""

    def write(*lines: str, name: str = "table.csv", encoding: str = "utf-8") -> Path:
        path = tmp_path / name
        path.write_bytes(("\n".join(lines) + "\n").encode(encoding))
        return path

    return write


@pytest.fixture
def problem_of() -> Callable[..., Problem]:
    """The one problem of a source; a second one fails the test."""

    def only(source: object, columns: object = None, **options: object) -> Problem:
        check: DataCheck = check_data(source, columns, **options)  # type: ignore[arg-type]
        assert check.effects is None
        assert len(check.problems) == 1, check.text
        return check.problems[0]

    return only
