"""The source as it was read: names, cells and row numbers, before anything is understood."""

from __future__ import annotations

import datetime
import numbers
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal

import numpy as np
import numpy.typing as npt
import pandas as pd

from bayes_alliance.data.messages import join_words, list_names, list_rows
from bayes_alliance.data.notes import Note
from bayes_alliance.errors import InputError, Problem

__all__ = ["Cell", "SourceTable", "assemble", "cell_of", "text_of"]

#: What a cell can hold once it is read; None is blank.
type Cell = str | float | int | bool | None


@dataclass(frozen=True, slots=True)
class SourceTable:
    """A table as the source has it.

    Parameters
    ----------
    names : tuple of str
        Names of the columns.
    cells : tuple of list
        One list of k cells for each column.
    rows : numpy.ndarray of int, shape (k,)
        Row numbers as the user sees them.
    source : str
        How messages call the source.
    name : str
        Name of the data set.
    sha256 : str
        Hash of the source.
    features : mapping of str to str
        What was understood of the file: format, separator, encoding, sheet.
    notes : tuple of Note
        What was left out on the way.
    problems : tuple of Problem
        What is wrong with the shape of the table.
    """

    names: tuple[str, ...]
    cells: tuple[list[Cell], ...]
    rows: npt.NDArray[np.int64]
    source: str = "the table"
    name: str = "data"
    sha256: str = ""
    features: Mapping[str, str] = field(default_factory=dict)
    notes: tuple[Note, ...] = ()
    problems: tuple[Problem, ...] = ()


def cell_of(value: object) -> Cell:
    """A cell from whatever a library hands over; text is stripped, blanks become None.

    Parameters
    ----------
    value : object
        Text, number, truth value, date, or one of the many signs of a missing value.

    Returns
    -------
    str, float, int, bool or None
        The cell; a date becomes ISO text.
    """
    if value is None or value is pd.NA or value is pd.NaT:
        return None
    if isinstance(value, str):
        return value.strip() or None
    if isinstance(value, bool | np.bool_):
        return bool(value)
    if isinstance(value, int | np.integer):
        return int(value)
    if isinstance(value, Decimal | numbers.Real):
        number = float(value)
        return None if number != number else number
    if isinstance(value, datetime.datetime):
        midnight = value.time() == datetime.time()
        return value.date().isoformat() if midnight else value.isoformat(sep=" ")
    if isinstance(value, datetime.date | datetime.time):
        return value.isoformat()
    return str(value).strip() or None


def text_of(cell: Cell) -> str | None:
    """The text of a cell that serves as a label; 1.0 becomes "1".

    Parameters
    ----------
    cell : str, float, int, bool or None
        The cell.

    Returns
    -------
    str or None
        Its text; None if it is blank.
    """
    if cell is None or isinstance(cell, str):
        return cell
    if isinstance(cell, float) and cell.is_integer() and abs(cell) < 1e15:
        return str(int(cell))
    return str(cell)


def assemble(
    records: Sequence[Sequence[Cell]],
    first_row: int,
    source: str,
    sha256: str,
    features: Mapping[str, str],
) -> SourceTable:
    """A table from records of which the first that is not blank holds the column names.

    Parameters
    ----------
    records : sequence of sequences of cells
        All rows of the source, blank ones too.
    first_row : int
        Row number of the first record.
    source : str
        How messages call the source.
    sha256 : str
        Hash of the source.
    features : mapping of str to str
        What was understood of the file.

    Returns
    -------
    SourceTable
        The table with notes on what was left out and the problems of its shape.

    Raises
    ------
    InputError
        If there is no header or no row below it.
    """
    filled = [i for i, record in enumerate(records) if any(c is not None for c in record)]
    if not filled:
        raise InputError(
            Problem("the file is empty", source, "Check that it was saved", "empty_file")
        )
    head, body = filled[0], filled[1:]
    if not body:
        raise InputError(
            Problem(
                "there are column names and no row of data below them",
                source,
                "Check that the rows were saved with the file",
                "no_rows",
            )
        )
    notes = _empty_rows(head, filled, first_row)
    width = 1 + max(j for j, c in enumerate(records[head]) if c is not None)
    ragged = _ragged_rows(records, body, width, max(width, len(records[head])), first_row)
    longest = max(len(records[head]), *(len(records[i]) for i in body))
    padded = [[*records[i], *[None] * (longest - len(records[i]))] for i in body]
    columns = [list(column) for column in zip(*padded, strict=True)]
    header = [text_of(c) for c in records[head]] + [None] * (longest - len(records[head]))
    kept: list[int] = []
    unnamed: list[int] = []
    for j, name in enumerate(header):
        if name is not None:
            kept.append(j)
        elif any(c is not None for c in columns[j]) and (j < width or not ragged):
            unnamed.append(j)
    if unnamed:
        notes = (*notes, _unnamed_columns(unnamed))
    return SourceTable(
        names=tuple(str(header[j]) for j in kept),
        cells=tuple(columns[j] for j in kept),
        rows=np.array([first_row + i for i in body], dtype=np.int64),
        source=source,
        sha256=sha256,
        features=features,
        notes=notes,
        problems=ragged,
    )


def _empty_rows(head: int, filled: Sequence[int], first_row: int) -> tuple[Note, ...]:
    present = set(filled)
    empty = [first_row + i for i in range(head, filled[-1]) if i not in present]
    if not empty:
        return ()
    problem = Problem(
        f"{len(empty)} empty row{'s' if len(empty) > 1 else ''} between rows with data",
        list_rows(empty),
        "Check that nothing was lost there",
        "empty_row",
    )
    return (Note("left out", problem),)


def _unnamed_columns(unnamed: Sequence[int]) -> Note:
    plural = "s" if len(unnamed) > 1 else ""
    numbers_ = join_words([str(j + 1) for j in unnamed])
    problem = Problem(
        f"column{plural} {numbers_} of the file ha{'ve' if plural else 's'} no name",
        "",
        "Give the column a name if it matters (row numbers written by R have none)",
        "unnamed_column",
    )
    return Note("left out", problem)


def _ragged_rows(
    records: Sequence[Sequence[Cell]],
    body: Sequence[int],
    named: int,
    width: int,
    first_row: int,
) -> tuple[Problem, ...]:
    """Rows with fewer fields than names, or with something beyond the width of the header."""
    bad = [
        i for i in body if len(records[i]) < named or any(c is not None for c in records[i][width:])
    ]
    if not bad:
        return ()
    fields = sorted({len(records[i]) for i in bad})
    if len(bad) == len(body) and fields == [named + 1]:
        cure = (
            "If R wrote the file, the row names have no column name: write it with row.names=FALSE;"
            " if it has decimal commas, save it with semicolons between the columns"
        )
    elif max(fields) > named:
        cure = (
            "If the file has decimal commas, save it with semicolons between the columns; "
            "text that contains a comma must stand in quotation marks"
        )
    else:
        cure = "Fill in the missing fields; a note below the table does not belong in the file"
    what = f"{join_words([str(f) for f in fields])} fields, but the header has {named}"
    starts = list_names([records[i][0] for i in bad], 3)
    where = f"{list_rows(first_row + i for i in bad)} (beginning {starts})"
    return (Problem(what, where, cure, "ragged"),)
