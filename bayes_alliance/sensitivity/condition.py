"""Conditions on the columns of a table in a small language that is never evaluated as code.

``year < 2005``, ``rater == client``, ``diagnosis in (depression, "social anxiety")``, ``n is
missing``; several are joined by ``and`` or by ``or``, not by both.
"""

from __future__ import annotations

import re
from contextlib import suppress
from difflib import get_close_matches
from itertools import pairwise

import numpy as np
import pandas as pd

from bayes_alliance.errors import InputError, Problem

__all__ = ["matching"]

#: Column, operator, value; a column with other letters is written in backticks.
CLAUSE = re.compile(
    r"^\s*(?:`(?P<quoted>[^`]+)`|(?P<plain>[^\s`=!<>]+))\s*"
    r"(?P<operator>==|!=|<=|>=|<|>|=|\bnot\s+in\b|\bin\b|\bis\s+missing\b|\bis\s+known\b)"
    r"\s*(?P<value>.*?)\s*$",
    re.DOTALL,
)
#: Quoted texts are passed over when a condition is split.
QUOTED = re.compile(r"\"[^\"]*\"|'[^']*'|`[^`]*`")
COMPARED = {"<": np.less, "<=": np.less_equal, ">": np.greater, ">=": np.greater_equal}


def matching(frame: pd.DataFrame, condition: str) -> np.ndarray:
    """Find the rows that meet a condition.

    Parameters
    ----------
    frame : pandas.DataFrame
        The table, k rows.
    condition : str
        For example ``year < 2005 and rater != client``; a missing value meets ``is missing`` and
        no other condition.

    Returns
    -------
    ndarray of bool, shape (k,)
        Which rows meet it.

    Raises
    ------
    InputError
        If it cannot be read, or names a column that is not there.

    Examples
    --------
    >>> import pandas as pd
    >>> frame = pd.DataFrame({"year": [1999, 2010], "rater": ["client", "therapist"]})
    >>> matching(frame, "year < 2005 or rater in (therapist, observer)").tolist()
    [True, True]
    """
    ors, ands = _split(condition, "or"), _split(condition, "and")
    if len(ors) > 1 and len(ands) > 1:
        raise _unreadable(condition, "it joins by both and and or")
    parts = ors if len(ors) > 1 else ands
    found = np.array([_clause(frame, part, condition) for part in parts])
    return np.asarray(found.any(axis=0) if len(ors) > 1 else found.all(axis=0))


def _split(condition: str, word: str) -> list[str]:
    """Split at a word outside quotes."""
    hidden = QUOTED.sub(lambda found: "\0" * len(found.group()), condition)
    cuts = [m.span() for m in re.finditer(rf"(?<=\s){word}(?=\s)", hidden)]
    starts = [0, *(end for _, end in cuts)]
    ends = [*(start for start, _ in cuts), len(condition)]
    return [condition[a:b] for a, b in zip(starts, ends, strict=True)]


def _clause(frame: pd.DataFrame, text: str, condition: str) -> np.ndarray:
    read = CLAUSE.match(text)
    if read is None:
        raise _unreadable(condition, f"{text.strip()!r} is no comparison")
    name = read["quoted"] or read["plain"]
    operator, value = re.sub(r"\s+", " ", read["operator"]), read["value"]
    if name not in frame.columns:
        near = get_close_matches(name, [str(c) for c in frame.columns], n=1)
        hint = f"Did you mean {near[0]!r}? " if near else ""
        raise InputError(
            Problem(
                what=f"the table has no column {name!r}",
                where=f"condition {condition!r}",
                cure=f"{hint}Columns: {', '.join(str(c) for c in frame.columns)}",
                code="unknown_column",
            )
        )
    column = frame[name]
    known = column.notna().to_numpy(bool)
    if operator in ("is missing", "is known"):
        if value:
            raise _unreadable(condition, f"nothing may follow {operator}")
        return known if operator == "is known" else ~known
    if operator in COMPARED:
        return _ordered(column, operator, value, condition) & known
    values = (
        _listed(value, condition) if operator in ("in", "not in") else [_bare(value, condition)]
    )
    same = np.logical_or.reduce([_equal(column, one) for one in values])
    return np.asarray((~same if operator in ("!=", "not in") else same) & known)


def _ordered(column: pd.Series, operator: str, value: str, condition: str) -> np.ndarray:
    numbers = pd.to_numeric(column, errors="coerce").to_numpy(float)
    try:
        bound = float(_bare(value, condition))
    except ValueError:
        raise _unreadable(condition, f"{value!r} is no number") from None
    if np.isnan(numbers[column.notna().to_numpy(bool)]).any():
        raise _unreadable(condition, f"the column {column.name!r} is not all numbers")
    with np.errstate(invalid="ignore"):
        return np.asarray(COMPARED[operator](numbers, bound))


def _equal(column: pd.Series, value: str) -> np.ndarray:
    """As numbers where both are, otherwise as text; true and false as the words."""
    same = column.astype(str).str.strip() == value
    if pd.api.types.is_bool_dtype(column.dtype):
        same = column.astype(str).str.lower() == value.lower()
    numbers = pd.to_numeric(column, errors="coerce")
    with suppress(ValueError):  # a value that is no number equals none
        same |= numbers == float(value)
    return same.to_numpy(bool)


def _listed(value: str, condition: str) -> list[str]:
    inside = value.strip()
    if not (len(inside) > 2 and inside[0] in "([" and inside[-1] in ")]"):
        raise _unreadable(condition, "a list is written (a, b, c)")
    hidden = QUOTED.sub(lambda found: "\0" * len(found.group()), inside[1:-1])
    cuts = [-1, *(i for i, c in enumerate(hidden) if c == ","), len(hidden)]
    return [_bare(inside[1:-1][a + 1 : b], condition) for a, b in pairwise(cuts)]


def _bare(value: str, condition: str) -> str:
    text = value.strip()
    if len(text) > 1 and text[0] == text[-1] and text[0] in "\"'":
        return text[1:-1]
    if not text:
        raise _unreadable(condition, "a value is missing")
    return text


def _unreadable(condition: str, why: str) -> InputError:
    return InputError(
        Problem(
            what=f"the condition cannot be read: {why}",
            where=f"condition {condition!r}",
            cure='Write COLUMN OPERATOR VALUE, for example "year < 2005 and rater == client"; '
            "operators: == != < <= > >= in, not in, is missing, is known",
            code="unreadable_condition",
        )
    )
