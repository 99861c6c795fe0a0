"""Cells to numbers, strictly: what is not plainly a number is a problem, never a guess."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from bayes_alliance.data.messages import Places, list_names, quoted
from bayes_alliance.data.table import Cell
from bayes_alliance.errors import Problem

__all__ = [
    "MISSING_WORDS",
    "NumberColumn",
    "decimal_mark",
    "is_missing",
    "parse_number",
    "parse_numbers",
    "unreadable_cells",
]

#: Words that stand for an empty cell (R, Excel, SPSS and Stata write them).
MISSING_WORDS: Final = frozenset({"na", "n/a", "#n/a", "nan", "."})

_MINUS: Final = str.maketrans({"\u2212": "-", "\u2013": "-", "\ufe63": "-", "\uff0d": "-"})
_POINT: Final = re.compile(r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?")
_COMMA: Final = re.compile(r"[+-]?(?:\d+,?\d*|,\d+)(?:[eE][+-]?\d+)?")
_THOUSANDS: Final = re.compile(r"[+-]?[1-9]\d{0,2}(?:[,.\u202f\xa0' ]\d{3})+")
_NOT_SIGNIFICANT: Final = re.compile(r"n\s?\.?\s?s\s?\.?", re.IGNORECASE)
_DATE: Final = re.compile(r"\d{4}-\d{2}-\d{2}\b")
_NUMBER_INSIDE: Final = re.compile(r"[+-]?(?:\d+[.,]?\d*|[.,]\d+)")


@dataclass(frozen=True, slots=True)
class NumberColumn:
    """A column read as numbers.

    Parameters
    ----------
    values : numpy.ndarray, shape (k,)
        The numbers; NaN where there is none.
    not_significant : numpy.ndarray of bool, shape (k,)
        Where the cell says only "n.s.".
    bad : tuple of (int, str)
        Positions and texts of cells that are no numbers.
    """

    values: npt.NDArray[np.float64]
    not_significant: npt.NDArray[np.bool_]
    bad: tuple[tuple[int, str], ...] = ()


def is_missing(cell: Cell) -> bool:
    """Whether a cell stands for a missing value.

    Parameters
    ----------
    cell : str, float, int, bool or None
        The cell.

    Returns
    -------
    bool
        True for blanks and for `MISSING_WORDS` in any case.
    """
    return cell is None or (isinstance(cell, str) and cell.casefold() in MISSING_WORDS)


def decimal_mark(columns: Iterable[Sequence[Cell]]) -> str:
    """The decimal mark of the numbers written as text.

    Parameters
    ----------
    columns : iterable of sequences of cells
        The columns that hold numbers.

    Returns
    -------
    str
        ``","`` if more cells have a decimal comma than a point, else ``"."``. A comma that could
        set off thousands ("1,234") decides nothing.
    """
    commas = points = 0
    for cells in columns:
        for cell in cells:
            if isinstance(cell, str):
                text = cell.translate(_MINUS)
                if "," in text:
                    plain = _COMMA.fullmatch(text) and not _THOUSANDS.fullmatch(text)
                    commas += bool(plain)
                elif "." in text:
                    points += bool(_POINT.fullmatch(text))
    return "," if commas > points else "."


def parse_number(text: str, mark: str) -> float | None:
    """The number that a text is, or None.

    Parameters
    ----------
    text : str
        Text without blanks around it.
    mark : str
        Decimal mark, ``"."`` or ``","``.

    Returns
    -------
    float or None
        The number; None if the text is anything else or more than one.
    """
    plain = text.translate(_MINUS)
    if mark == ",":
        return float(plain.replace(",", ".")) if _COMMA.fullmatch(plain) else None
    return float(plain) if _POINT.fullmatch(plain) else None


def parse_numbers(
    cells: Sequence[Cell], mark: str, *, allow_not_significant: bool = False
) -> NumberColumn:
    """Read the cells of a column as numbers.

    Parameters
    ----------
    cells : sequence of cells, length k
        The column.
    mark : str
        Decimal mark, ``"."`` or ``","``.
    allow_not_significant : bool
        Whether "n.s." is a legitimate content.

    Returns
    -------
    NumberColumn
        Numbers and cells that are none.
    """
    values = np.full(len(cells), np.nan)
    not_significant = np.zeros(len(cells), dtype=np.bool_)
    bad: list[tuple[int, str]] = []
    for i, cell in enumerate(cells):
        if is_missing(cell):
            continue
        if isinstance(cell, float | int) and not isinstance(cell, bool):
            number: float | None = float(cell)
        elif isinstance(cell, str):
            number = parse_number(cell, mark)
            if number is None and allow_not_significant and _NOT_SIGNIFICANT.fullmatch(cell):
                not_significant[i] = True
                continue
        else:
            number = None
        if number is None or not np.isfinite(number):
            bad.append((i, str(cell)))
        else:
            values[i] = number
    return NumberColumn(values, not_significant, tuple(bad))


def unreadable_cells(
    bad: Sequence[tuple[int, str]], role: str, column: str, mark: str, places: Places
) -> list[Problem]:
    """The problems of cells that are no numbers, one for each cure.

    Parameters
    ----------
    bad : sequence of (int, str)
        Positions and texts of the cells.
    role : str
        Our name of the column.
    column : str
        Its name in the source.
    mark : str
        Decimal mark of the source.
    places : Places
        Where the rows stand.

    Returns
    -------
    list of Problem
        Rows, column, samples, the texts found and the cure.
    """
    groups: dict[str, list[tuple[int, str]]] = {}
    cures: dict[str, str] = {}
    for i, text in bad:
        code, cure = _diagnosis(text, role, mark)
        groups.setdefault(code, []).append((i, text))
        cures.setdefault(code, cure)
    return [
        Problem(
            f"not a number: {list_names(text for _, text in cells)}",
            places.at(np.array([i for i, _ in cells]), column),
            cures[code],
            code,
        )
        for code, cells in groups.items()
    ]


_CURES: Final[Mapping[str, str]] = {
    "df": "Write the residual df alone; F is a correlation only with 1 numerator df",
    "covariates": "Write how many covariates were partialled out, as a number",
    "direction": "Write 1 where a higher value is better, -1 where the sign has to be turned",
}


def _diagnosis(text: str, role: str, mark: str) -> tuple[str, str]:
    """Code and cure of one cell."""
    if role in _CURES:
        return "not_a_number", _CURES[role]
    other = "." if mark == "," else ","
    name = {".": "points", ",": "commas"}
    if _THOUSANDS.fullmatch(text):
        return "thousands_mark", "Write the number without a mark for thousands (1234)"
    if parse_number(text, other) is not None:
        cure = f"The other numbers have decimal {name[mark]}: write this one with the same mark"
        return "mixed_decimal_marks", cure
    if _DATE.match(text):
        cure = "A spreadsheet took the number for a date: format the cell as a number, type it anew"
        return "date", cure
    if "%" in text:
        return "percent", "Write the proportion: .21 for 21 %"
    inside = _NUMBER_INSIDE.search(text.translate(_MINUS))
    if inside is not None and not text[:1].isalpha():
        found = quoted(inside.group())
        cure = f"Write the number alone ({found}); marks, p values and notes need their own column"
        return "more_than_a_number", cure if inside.start() == 0 else _PLAIN_CURE
    if role == "r":
        cure = (
            'Write the correlation, leave the cell empty, or write "n.s." if only that is printed'
        )
        return "not_a_number", cure
    return "not_a_number", _PLAIN_CURE


_PLAIN_CURE: Final = "Write a number, or leave the cell empty"
