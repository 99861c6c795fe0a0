"""A table as a fragment of HTML that screen readers can walk through."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from importlib import resources

from jinja2 import Environment, PackageLoader, StrictUndefined

from bayes_alliance.report.tables.plain_table import PlainTable
from bayes_alliance.report.tables.typography import long_columns, runs, spanners, typeset

__all__ = ["table_html", "table_page", "table_style"]


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
        kinds=_kinds(printed),
    )


def _kinds(table: PlainTable) -> list[str]:
    """Class of the cells of each column."""
    long = long_columns(table)
    return [
        "ba-num" if column.numeric else "ba-text ba-long" if i in long else "ba-text"
        for i, column in enumerate(table.columns)
    ]


def table_page(tables: Sequence[PlainTable]) -> str:
    """Write tables as one page that opens from disk.

    Parameters
    ----------
    tables : sequence of PlainTable
        The tables, numbered in this order.

    Returns
    -------
    str
        HTML.
    """
    parts = "\n".join(table_html(table, number) for number, table in enumerate(tables, 1))
    return (
        '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>Tables</title>\n<style>\n{table_style()}</style>\n</head>\n<body>\n<main>\n"
        f"<h1>Tables</h1>\n{parts}\n</main>\n</body>\n</html>\n"
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
