"""CSV that is safe to open in a spreadsheet.

A cell that begins with ``=``, ``+``, ``-``, ``@``, a tab or a carriage return is a formula to
spreadsheets, whoever wrote it (OWASP, CSV injection). Text of that kind gets an apostrophe before
it, which spreadsheets take as "what follows is text"; numbers stay numbers, and so does text that
is nothing but a number. To read the text back take one apostrophe away where `original` does.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any, Final

import pandas as pd

__all__ = ["neutral", "original", "write_csv"]

#: What spreadsheets start a formula with, full-width forms too, whatever blanks stand before.
FORMULA: Final = re.compile(r"'*[\s\x00-\x1f]*[=+\-@\uff1d\uff0b\uff0d\uff20]|'*[\t\r\n]")
NUMBER: Final = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?")


def neutral(cell: Any) -> Any:
    """Make a cell harmless in a spreadsheet.

    Parameters
    ----------
    cell : object
        A cell, a heading or a label of a row.

    Returns
    -------
    object
        Text that would be a formula with an apostrophe before it; anything else as it is.

    Examples
    --------
    >>> neutral("=1+1"), neutral("task - goal"), neutral(-0.5)
    ("'=1+1", 'task - goal', -0.5)
    """
    if not isinstance(cell, str) or not FORMULA.match(cell) or NUMBER.fullmatch(cell):
        return cell
    return f"'{cell}"


def original(cell: Any) -> Any:
    """Take back what `neutral` did.

    Parameters
    ----------
    cell : object
        A cell of a file that `write_csv` wrote.

    Returns
    -------
    object
        The cell before.

    Examples
    --------
    >>> original("'=1+1"), original("'quoted'")
    ('=1+1', "'quoted'")
    """
    if isinstance(cell, str) and cell.startswith("'") and FORMULA.match(cell):
        return cell[1:]
    return cell


def write_csv(frame: pd.DataFrame, path: Path) -> None:
    """Write a frame with its index as CSV that is safe to open in a spreadsheet.

    Parameters
    ----------
    frame : pandas.DataFrame
        Any frame; cells, headings and the index may be text of the user.
    path : Path
        File to be written. ``pandas.read_csv(path).map(original)`` reads it back.
    """
    safe = frame.map(neutral).rename(index=neutral, columns=neutral)
    safe.index.names = [neutral(name) for name in frame.index.names]
    safe.to_csv(path)
