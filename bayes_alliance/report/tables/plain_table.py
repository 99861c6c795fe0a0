"""What stands in a table: cells are text, beside the unrounded numbers they were written from."""

from __future__ import annotations

from dataclasses import dataclass, field

import pandas as pd

__all__ = ["Column", "PlainTable"]


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a printed table.

    Parameters
    ----------
    heading : str
        What stands above it, for example ``95 % interval``.
    numeric : bool
        Whether its cells are numbers, which are aligned at the right.
    spanner : str
        What stands above several neighbouring columns of the same spanner; empty for none.
    """

    heading: str
    numeric: bool = True
    spanner: str = ""


@dataclass(frozen=True, slots=True)
class PlainTable:
    """A table as it is printed, in APA style: title above, notes below; see `Table`.

    Parameters
    ----------
    name : str
        File name without an ending, for example ``coefficients``.
    title : str
        One line in title case, without a number.
    columns : tuple of Column
        Headings; the first column names the rows.
    rows : tuple of tuple of str
        Cells, written by `bayes_alliance.report.numbers`; a cell is never empty where a number is
        missing (a dash stands there).
    notes : tuple of str
        Sentences of the general note; every abbreviation is explained.
    frame : pandas.DataFrame
        The same, unrounded.
    sections : tuple of (int, str)
        Headings between rows: position of the first row under it, and its text.
    """

    name: str
    title: str
    columns: tuple[Column, ...]
    rows: tuple[tuple[str, ...], ...]
    notes: tuple[str, ...] = ()
    frame: pd.DataFrame = field(default_factory=pd.DataFrame, compare=False, repr=False)
    sections: tuple[tuple[int, str], ...] = ()

    def bodies(self) -> tuple[tuple[str, tuple[tuple[str, ...], ...]], ...]:
        """Rows by section.

        Returns
        -------
        tuple of (str, tuple)
            Heading of a section ("" where rows stand before the first) and its rows.
        """
        starts = [first for first, _ in self.sections]
        headings = [text for _, text in self.sections]
        if not starts or starts[0] > 0:
            starts, headings = [0, *starts], ["", *headings]
        ends = [*starts[1:], len(self.rows)]
        return tuple(
            (heading, self.rows[first:end])
            for heading, first, end in zip(headings, starts, ends, strict=True)
        )
