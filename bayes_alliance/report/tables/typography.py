"""What all writers of tables share: printable text, true minus signs, italic symbols, widths."""

from __future__ import annotations

import re
import textwrap
import unicodedata
from collections.abc import Iterator
from dataclasses import replace
from itertools import groupby
from typing import Final

from bayes_alliance.report.tables.plain_table import Column, PlainTable

__all__ = [
    "HEADING",
    "Run",
    "is_wide",
    "long_columns",
    "minus_signs",
    "one_line",
    "runs",
    "spanners",
    "typeset",
    "widths",
]

#: A piece of text and whether it is set in italics.
Run = tuple[str, bool]

MINUS: Final = "\N{MINUS SIGN}"
DASH: Final = "\N{EM DASH}"
#: Characters that turn the direction of all text after them, and those no XML has.
UNPRINTABLE: Final = re.compile("[\u202a-\u202e\u2066-\u2069\ufffe\uffff]")
NEGATIVE: Final = re.compile(r"(?<![\w.)\]])-(?=\.?\d)")
#: Latin letters that stand for statistics are set in italics (APA 7, section 6.44).
SYMBOLS: Final = re.compile(r"\b(?:BF|CI|SD|SE|df|[FMPSIknprtz])(?=\b|[0-9²])")
UPRIGHT: Final = frozenset({"CI"})
#: Headings are broken into lines of so many letters.
HEADING: Final = 14
#: A column of longer text is wrapped.
WRAPPED: Final = 24
#: More characters than this in a row ask for a page turned on its side.
WIDEST: Final = 112


def one_line(text: str) -> str:
    r"""Make a label printable in any format: one line, nothing that steers.

    Parameters
    ----------
    text : str
        Any text.

    Returns
    -------
    str
        Without control characters, lone surrogates and marks that turn the direction of what
        follows; runs of blanks become one.

    Examples
    --------
    >>> one_line("two\nlines\x07")
    'two lines'
    """
    kept = "".join(c for c in " ".join(text.split()) if unicodedata.category(c) not in ("Cc", "Cs"))
    return UNPRINTABLE.sub("", kept)


def minus_signs(text: str) -> str:
    """Write the hyphens before negative numbers as minus signs, and a lone one as a dash.

    Parameters
    ----------
    text : str
        A cell of numbers.

    Returns
    -------
    str
        The same numbers.

    Examples
    --------
    >>> minus_signs("-.05 [-.10, .01]")
    '−.05 [−.10, .01]'
    """
    return DASH if text == "-" else NEGATIVE.sub(MINUS, text)


def runs(text: str) -> tuple[Run, ...]:
    """Split a heading or note into upright text and statistical symbols, which are italic.

    Parameters
    ----------
    text : str
        Of this package, not a label.

    Returns
    -------
    tuple of (str, bool)
        Pieces, and whether they are italic.

    Examples
    --------
    >>> runs("median r")
    (('median ', False), ('r', True))
    """
    return tuple(_pieces(text))


def _pieces(text: str) -> Iterator[Run]:
    end = 0
    for match in SYMBOLS.finditer(text):
        if match.group() in UPRIGHT:
            continue
        if match.start() > end:
            yield text[end : match.start()], False
        yield match.group(), True
        end = match.end()
    if end < len(text):
        yield text[end:], False


def spanners(columns: tuple[Column, ...]) -> tuple[tuple[str, int], ...]:
    """Group neighbouring columns that have one spanner.

    Parameters
    ----------
    columns : tuple of Column
        All columns.

    Returns
    -------
    tuple of (str, int)
        Spanner ("" for none) and number of columns; columns without one stand alone. Empty if no
        column has any.
    """
    if not any(column.spanner for column in columns):
        return ()
    groups = [(text, len(list(own))) for text, own in groupby(columns, lambda c: c.spanner)]
    alone = ([(text, size)] if text else [("", 1)] * size for text, size in groups)
    return tuple(group for several in alone for group in several)


def is_wide(table: PlainTable) -> bool:
    """Whether a table has more columns than an upright page has room for.

    Parameters
    ----------
    table : PlainTable
        The table.

    Returns
    -------
    bool
        By the letters of its rows; long text is wrapped and counts little.
    """
    return sum(widths(table)) > WIDEST


def long_columns(table: PlainTable) -> tuple[int, ...]:
    """Columns of text that are too long for one line.

    Parameters
    ----------
    table : PlainTable
        The table.

    Returns
    -------
    tuple of int
        Their positions.
    """
    return tuple(
        i
        for i, column in enumerate(table.columns)
        if not column.numeric and max((len(row[i]) for row in table.rows), default=0) > WRAPPED
    )


def widths(table: PlainTable, *, most_text: int = WRAPPED) -> tuple[int, ...]:
    """Letters that each column takes, gap included.

    Parameters
    ----------
    table : PlainTable
        The table.
    most_text : int
        Longest line of a column of text, which is wrapped there.

    Returns
    -------
    tuple of int
        One a column.
    """
    found = []
    for i, column in enumerate(table.columns):
        longest = max((len(row[i]) for row in table.rows), default=0)
        above = column.spanner if _is_alone(table.columns, i) else ""
        lines = [*textwrap.wrap(column.heading, HEADING), *textwrap.wrap(above, HEADING)]
        heading = max(map(len, lines), default=0)
        found.append(2 + max(longest if column.numeric else min(longest, most_text), heading, 3))
    return tuple(found)


def _is_alone(columns: tuple[Column, ...], i: int) -> bool:
    """Whether a spanner stands above one column only."""
    beside = [columns[j].spanner for j in (i - 1, i + 1) if 0 <= j < len(columns)]
    return columns[i].spanner not in beside


def typeset(table: PlainTable) -> PlainTable:
    """The table with every text printable and every negative number with a true minus sign.

    Parameters
    ----------
    table : PlainTable
        As it was made.

    Returns
    -------
    PlainTable
        A copy for writers.
    """
    return replace(
        table,
        title=one_line(table.title),
        columns=tuple(
            replace(c, heading=one_line(c.heading), spanner=one_line(c.spanner))
            for c in table.columns
        ),
        rows=tuple(
            tuple(
                minus_signs(one_line(cell)) if column.numeric or cell == "-" else one_line(cell)
                for cell, column in zip(row, table.columns, strict=True)
            )
            for row in table.rows
        ),
        notes=tuple(one_line(note) for note in table.notes),
        sections=tuple((first, one_line(text)) for first, text in table.sections),
    )
