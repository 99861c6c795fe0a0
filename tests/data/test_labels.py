"""Labels and moderators keep the type that their cells have."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest

from bayes_alliance.data.labels import label_series, sample_labels, spelling_key
from bayes_alliance.data.messages import join_words, list_rows, nearest_name, quoted
from bayes_alliance.data.readers import read_effects


@pytest.mark.parametrize(
    ("cells", "values", "kind"),
    [
        (["2001", "2013"], [2001, 2013], "i"),
        (["2001", None], [2001.0, None], "f"),
        (["1.5", "2"], [1.5, 2.0], "f"),
        ([2001.0, 2013.0], [2001, 2013], "i"),
        (["007", "008"], ["007", "008"], "text"),
        (["12345678901234567890", "2"], ["12345678901234567890", "2"], "text"),
        (["yes", "no"], ["yes", "no"], "text"),
        (["TRUE", "false"], [True, False], "b"),
        ([True, False], [True, False], "b"),
        ([True, None], ["True", None], "text"),
        (["task", "NA"], ["task", None], "text"),
        (["none", "null"], ["none", "null"], "text"),
        (["1", "x"], ["1", "x"], "text"),
        ([1.0, "x"], ["1", "x"], "text"),
        (["nan", None], [None, None], "f"),
        ([1.5, float("inf")], ["1.5", "inf"], "text"),
        (["=1+1", "@SUM(A1)"], ["=1+1", "@SUM(A1)"], "text"),
    ],
)
def test_types(cells: list[object], values: list[object], kind: str) -> None:
    series = label_series(cells, ".")  # type: ignore[arg-type]
    assert [None if pd.isna(v) else v for v in series.tolist()] == values
    assert (series.dtype.kind == kind) or (kind == "text" and series.dtype.kind == "O")


def test_decimal_commas_in_labels() -> None:
    assert label_series(["36,5", "41,0"], ",").tolist() == [36.5, 41.0]
    assert label_series(["36,5", "41,0"], ".").tolist() == ["36,5", "41,0"]


def test_sample_labels_are_text() -> None:
    cells = ["007", 1.0, 1, 1.5, True, None, "NA", "1.0"]
    assert sample_labels(cells) == ["007", "1", "1", "1.5", "True", None, None, "1.0"]


def test_leading_zeros_survive_a_file(tmp_path: Path) -> None:
    path = tmp_path / "table.csv"
    path.write_text("sample,r,n,batch\n007,.2,30,01\n7,.3,40,02\n", encoding="utf-8")
    effects = read_effects(path)
    assert effects.samples == ("007", "7")
    assert effects.frame["batch"].tolist() == ["01", "02"]


@pytest.mark.parametrize(
    ("one", "two", "alike"),
    [
        ("Müller 2001", "muller, 2001", True),
        ("Smith & Jones (2004a)", "Smith Jones 2004a", True),
        ("O’Neil 1999", "O'Neil 1999", True),
        ("Cafe\u0301 1999", "Café 1999", True),
        ("Study 1.2", "Study 12", False),
        ("Study 1-2", "Study 1.2", True),
        ("A", "Ä", False),
        ("Smith 2004a", "Smith 2004b", False),
    ],
)
def test_spellings(one: str, two: str, alike: bool) -> None:
    assert (spelling_key(one) == spelling_key(two)) is alike


def test_words_of_messages() -> None:
    assert list_rows([4]) == "row 4"
    assert list_rows([4, 11]) == "rows 4 and 11"
    assert list_rows(range(1, 9)) == "rows 1, 2, 3, 4, 5, 6, 7 and 8"
    assert list_rows(range(1, 101)) == "rows 1, 2, 3, 4, … and 96 more"
    assert list_rows(range(1, 11), None) == "rows 1, 2, 3, 4, 5, 6, 7, 8, 9 and 10"
    assert join_words([]) == ""
    assert quoted("a\nb\x1b") == '"a b "'
    assert len(quoted("x" * 100)) == 42
    assert nearest_name("SAMPEL", ["r", "Sample"]) == "Sample"
    assert nearest_name("xyz", ["r", "Sample"]) is None


def test_labels_of_a_table(table: Callable[..., Path]) -> None:
    effects = read_effects(
        table("sample,r,n,year,contact,age", "A,.2,30,2001,TRUE,", "B,.3,40,2013,FALSE,36.5")
    )
    assert effects.labels == ("year", "contact", "age")
    assert effects.frame["year"].tolist() == [2001, 2013]
    assert effects.frame["contact"].dtype == bool
    assert effects.frame["age"].isna().tolist() == [True, False]


def test_types_are_those_of_the_rows_that_stay(table: Callable[..., Path]) -> None:
    path = table("sample,r,n,year", "A,.2,30,2001", "B,,40,unknown")
    assert read_effects(path, missing="drop").frame["year"].tolist() == [2001]
