"""A table as a fragment of HTML that screen readers can walk through."""

from __future__ import annotations

from functools import cache
from importlib import resources

from jinja2 import Environment, PackageLoader, StrictUndefined

from bayes_alliance.report.tables.plain_table import PlainTable
from bayes_alliance.report.tables.typography import runs, spanners, typeset

__all__ = ["table_html", "table_style"]


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("bayes_alliance.report.tables"),
        autoescape=True,
        undefined=StrictUndefined,
    )
    environment.filters["runs"] = runs
    return environment


def table_html(table: PlainTable, number: int | None = None) -> str:
    """Write a table as HTML.

    Parameters
    ----------
    table : PlainTable
        The table.
    number : int, optional
        Its number in the document.

    Returns
    -------
    str
        A ``<div>`` with the table, its caption and its note; all text is escaped, there is no
        script and nothing to be loaded. It has the id ``table-NAME``; `table_style` has its looks.
    """
    printed = typeset(table)
    template = _environment().get_template("table.html.jinja")
    return template.render(
        table=printed,
        number=number,
        id=f"table-{table.name}",
        spanners=spanners(printed.columns),
        bodies=printed.bodies(),
    )


@cache
def table_style() -> str:
    """Style sheet of the tables.

    Returns
    -------
    str
        CSS; every rule begins with ``.ba-table``.
    """
    folder = resources.files("bayes_alliance.report.tables") / "templates"
    return (folder / "table.css").read_text(encoding="utf-8")
