"""Checking a table by name, file or frame."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from bayes_alliance.analysis.sources import effects_from, is_bare_name, is_bundled
from bayes_alliance.data.bundled import load
from bayes_alliance.data.check import DataCheck, check_data
from bayes_alliance.errors import InputError

__all__ = ["check_source"]


def check_source(
    source: object,
    columns: Mapping[str, str] | None = None,
    *,
    missing: Literal["refuse", "drop"] = "refuse",
    sheet: str | int | None = None,
) -> DataCheck:
    """Say what is understood of a table and all that is wrong with it.

    Parameters
    ----------
    source : str, path or frame
        A bundled data set, a file or a data frame.
    columns : mapping of str to str, optional
        Our names to the names of the source.
    missing : {"refuse", "drop"}
        What happens to rows without r or n.
    sheet : str or int, optional
        Sheet of a workbook.

    Returns
    -------
    DataCheck
        What was found; problems of the data are reported, not raised.
    """
    if is_bundled(source):
        effects = effects_from(source, columns)
        return DataCheck(effects, notes=effects.notes, name=effects.name, rows=len(effects))
    if is_bare_name(source):
        try:
            load(str(source))
        except InputError as error:
            return DataCheck(None, error.problems, name=str(source)[:80])
    return check_data(source, columns, missing=missing, sheet=sheet)
