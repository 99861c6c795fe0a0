"""Checking a table by name, file or frame."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Literal

from bayes_alliance.analysis.sources import effects_from, is_bare_name, is_bundled
from bayes_alliance.data.bundled import load
from bayes_alliance.data.check import DataCheck, check_data
from bayes_alliance.data.correlations import Correlations, read_correlations
from bayes_alliance.errors import InputError

__all__ = ["check_source"]


def check_source(
    source: object,
    columns: Mapping[str, str] | None = None,
    *,
    missing: Literal["refuse", "drop"] = "refuse",
    sheet: str | int | None = None,
    correlations: object = None,
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
    correlations : Correlations, path or frame, optional
        Reported correlations among the variables of the samples.

    Returns
    -------
    DataCheck
        What was found; problems of the data are reported, not raised.
    """
    found = _checked(source, columns, missing, sheet)
    if correlations is None:
        return found
    try:
        table = (
            correlations
            if isinstance(correlations, Correlations)
            else read_correlations(correlations)
        )
        if found.effects is None:
            return found
        effects = found.effects.with_correlations(table)
    except InputError as error:
        return replace(found, effects=None, problems=(*found.problems, *error.problems))
    return replace(found, effects=effects, notes=(*effects.notes, *table.notes))


def _checked(
    source: object,
    columns: Mapping[str, str] | None,
    missing: Literal["refuse", "drop"],
    sheet: str | int | None,
) -> DataCheck:
    if is_bundled(source):
        effects = effects_from(source, columns)
        return DataCheck(effects, notes=effects.notes, name=effects.name, rows=len(effects))
    if is_bare_name(source):
        try:
            load(str(source))
        except InputError as error:
            return DataCheck(None, error.problems, name=str(source)[:80])
    return check_data(source, columns, missing=missing, sheet=sheet)
