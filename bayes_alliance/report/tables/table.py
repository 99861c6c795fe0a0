"""A table as it is printed, which can write itself."""

from __future__ import annotations

from dataclasses import dataclass

from bayes_alliance.report.tables.as_html import table_html, table_style
from bayes_alliance.report.tables.as_latex import table_latex
from bayes_alliance.report.tables.plain_table import Column, PlainTable

__all__ = ["Column", "Table"]


@dataclass(frozen=True, slots=True)
class Table(PlainTable):
    """A table as it is printed, in APA style: title above, notes below.

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

    Examples
    --------
    >>> means = Table(
    ...     "means", "Means", (Column("Mean", numeric=False), Column("r")), (("overall", ".21"),)
    ... )
    >>> '<td class="ba-num">.21</td>' in means.to_html()
    True
    """

    def to_html(self, number: int | None = None) -> str:
        """Write the table as a fragment of HTML.

        Parameters
        ----------
        number : int, optional
            Its number in the document.

        Returns
        -------
        str
            See `bayes_alliance.report.tables.as_html.table_html`.
        """
        return table_html(self, number)

    def to_latex(self) -> str:
        """Write the table as LaTeX.

        Returns
        -------
        str
            See `bayes_alliance.report.tables.as_latex.table_latex`.
        """
        return table_latex(self)

    def _repr_html_(self) -> str:
        return f"<style>{table_style()}</style>{self.to_html()}"
