"""CSV that no spreadsheet takes for formulas, and that reads back as it was."""

from __future__ import annotations

import csv
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bayes_alliance.analysis.folder import write_answers
from bayes_alliance.report.spreadsheet import neutral, original, write_csv

FORMULAS = (
    "=1+1", "+1+1", "-2+3", "@SUM(A1)", "\t=1", "\r=1", "=cmd|' /C calc'!A0", " =1+1", "＝1+1",
    "-", "'=1",
)  # fmt: skip
HARMLESS = ("task - goal", "a=b", "-0.35", "+5", "-1e-5", "", "'quoted'", "Ünal", "中文")


@pytest.mark.parametrize("text", FORMULAS)
def test_text_that_would_be_a_formula_gets_an_apostrophe(text: str) -> None:
    assert neutral(text) == f"'{text}"
    assert original(neutral(text)) == text


@pytest.mark.parametrize("cell", [*HARMLESS, -0.35, -2, None, True, float("nan")])
def test_anything_else_stays(cell: object) -> None:
    assert neutral(cell) is cell


@given(st.text() | st.sampled_from(FORMULAS + HARMLESS).map(lambda text: f"'{text}"))
def test_any_text_reads_back(text: str) -> None:
    assert original(neutral(text)) == text


def test_cells_headings_and_index_are_safe_and_numbers_are_numbers(tmp_path: Path) -> None:
    frame = pd.DataFrame(
        {"=1+1": ["@a", "b"], "x": [-0.5, 1.0], "mixed": ["-1+2", -3]},
        index=pd.MultiIndex.from_tuples([("+a", 1), ("b", -2)], names=["-i", None]),
    )
    write_csv(frame, tmp_path / "t.csv")
    with (tmp_path / "t.csv").open(encoding="utf-8", newline="") as file:
        fields = [field for line in csv.reader(file) for field in line]
    assert [field for field in fields if field.startswith(("=", "+", "@"))] == []
    assert {field for field in fields if field.startswith("-")} == {"-0.5", "-2", "-3"}
    back = pd.read_csv(tmp_path / "t.csv").map(original).rename(columns=original)
    assert list(back["=1+1"]) == ["@a", "b"]
    assert list(back["x"]) == [-0.5, 1.0]
    assert list(back["-i"]) == ["+a", "b"]


def test_folders_of_fits_and_variations_use_it(tmp_path: Path) -> None:
    (tmp_path / "tables").mkdir()
    frame = pd.DataFrame({"sample": ["=1+1"]}).set_index("sample")
    write_answers(tmp_path, {"data": {"notice": ""}}, "text", {"samples": frame})
    assert (tmp_path / "tables" / "samples.csv").read_text().splitlines() == ["sample", "'=1+1"]
