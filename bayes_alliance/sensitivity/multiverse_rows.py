"""Rows of the table that an option keeps."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from bayes_alliance.data.effects import EffectSizes
from bayes_alliance.data.table import cell_of, text_of
from bayes_alliance.errors import InputError, Problem
from bayes_alliance.spec.grid import RowFilter

__all__ = ["kept_rows"]


def kept_rows(effects: EffectSizes, rules: Iterable[RowFilter]) -> NDArray[np.bool_]:
    """Find the rows that all rules keep.

    Parameters
    ----------
    effects : EffectSizes
        The table.
    rules : iterable of RowFilter
        Each about one column. Rows without a value are kept by `without`, and by the other rules
        only with `missing`. Values are compared as labels: 2 and 2.0 are the same.

    Returns
    -------
    ndarray of bool, shape (k,)
        Which rows stay.

    Raises
    ------
    InputError
        If there is no such column, it has none of the values, or it is not numeric where numbers
        are compared.
    """
    frame, kept = effects.frame, np.ones(len(effects), dtype=bool)
    for rule in rules:
        if rule.column not in frame:
            raise InputError(_missing_column(effects, rule.column))
        column = frame[rule.column]
        if rule.values or rule.without:
            kept &= _by_value(column, rule)
        else:
            kept &= _by_size(column, rule)
    return kept


def _by_value(column: pd.Series, rule: RowFilter) -> NDArray[np.bool_]:
    cells = [text_of(cell_of(value)) for value in column]
    wanted = {str(text_of(cell_of(value))) for value in (rule.values or rule.without)}
    found = {cell for cell in cells if cell is not None}
    absent = sorted(wanted - found)
    # A rule that keeps values needs all of them; one that leaves values out may find none of some.
    if absent and (rule.values or not wanted & found):
        near = get_close_matches(absent[0], sorted(found), n=1)
        hint = f"Did you mean {near[0]!r}? " if near else ""
        shown = ", ".join(sorted(found)[:12]) or "none"
        raise InputError(
            Problem(
                what=f"the column {rule.column!r} has no value {absent[0]!r}",
                where=f"rows, column {rule.column}",
                cure=f"{hint}Its values: {shown}",
                code="no_such_value",
            )
        )
    if rule.values:
        return np.array([cell in wanted if cell is not None else rule.missing for cell in cells])
    return np.array([cell not in wanted for cell in cells])


def _by_size(column: pd.Series, rule: RowFilter) -> NDArray[np.bool_]:
    numeric = pd.api.types.is_numeric_dtype(column) and not pd.api.types.is_bool_dtype(column)
    if not numeric:
        raise InputError(
            Problem(
                what=f"the column {rule.column!r} has texts, which have no min or max",
                where=f"rows, column {rule.column}",
                cure="Name the values that are kept (values) or left out (without)",
                code="not_numeric",
            )
        )
    values = column.to_numpy(float, na_value=np.nan)
    low = -np.inf if rule.min is None else rule.min
    high = np.inf if rule.max is None else rule.max
    return np.where(np.isnan(values), rule.missing, (values >= low) & (values <= high))


def _missing_column(effects: EffectSizes, column: str) -> Problem:
    near = get_close_matches(column, [str(name) for name in effects.frame.columns], n=1)
    hint = f"Did you mean {near[0]!r}? " if near else ""
    return Problem(
        what=f"the table has no column {column!r}",
        where="rows",
        cure=f"{hint}Columns: {', '.join(effects.labels) or 'none besides the effects'}, and "
        "sample, effect, n, statistic",
        code="missing_column",
    )
