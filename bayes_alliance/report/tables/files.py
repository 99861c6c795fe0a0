"""Tables as files."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

from bayes_alliance.errors import InputError, Problem
from bayes_alliance.report.spreadsheet import write_csv
from bayes_alliance.report.tables.as_html import table_page
from bayes_alliance.report.tables.as_latex import latex_document
from bayes_alliance.report.tables.as_word import write_word
from bayes_alliance.report.tables.table import Table

__all__ = ["FORMATS", "write_tables"]

FORMATS: Final = ("html", "tex", "docx", "csv")


def write_tables(
    tables: Mapping[str, Table], folder: Path, formats: Sequence[str] = FORMATS
) -> tuple[Path, ...]:
    """Write tables to a folder, which is made.

    Parameters
    ----------
    tables : mapping of str to Table
        By name.
    folder : Path
        Where the files go; files of the same names are replaced.
    formats : sequence of str
        Among ``html`` and ``tex`` (one fragment a table, and ``tables.html`` and ``tables.tex``
        with all), ``docx`` (all in ``tables.docx``) and ``csv`` (unrounded).

    Returns
    -------
    tuple of Path
        The files.

    Raises
    ------
    InputError
        If a format is unknown or the folder cannot be written.
    """
    unknown = [name for name in formats if name not in FORMATS]
    if unknown:
        raise InputError(
            Problem(
                what=f"{unknown[0]!r} is no format of tables",
                where="formats",
                cure=f"Choose among {', '.join(FORMATS)}",
                code="unknown_format",
            )
        )
    try:
        folder.mkdir(parents=True, exist_ok=True)
        return tuple(path for name in formats for path in _written(tables, folder, name))
    except OSError as error:
        raise InputError(
            Problem(
                what=f"the tables cannot be written ({error.strerror or error})",
                where=str(folder),
                cure="Check the folder's permissions and the free space, or name another folder",
                code="unwritable",
            )
        ) from None


def _written(tables: Mapping[str, Table], folder: Path, ending: str) -> list[Path]:
    several, whole = list(tables.values()), folder / f"tables.{ending}"
    if ending == "docx":
        return [write_word(several, whole)]
    paths = [folder / f"{name}.{ending}" for name in tables]
    for path, table in zip(paths, several, strict=True):
        if ending == "csv":
            write_csv(table.frame, path)
        else:
            text = table.to_html() if ending == "html" else table.to_latex()
            path.write_text(text + "\n", encoding="utf-8")
    if ending == "csv":
        return paths
    page = table_page(several) if ending == "html" else latex_document(several)
    whole.write_text(page, encoding="utf-8")
    return [*paths, whole]
