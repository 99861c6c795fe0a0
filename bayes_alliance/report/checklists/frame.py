"""Reporting standards as a data frame."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import pandas as pd

from bayes_alliance.report.checklists.item import Checklist

__all__ = ["checklist_frame"]

COLUMNS: Final = ("standard", "number", "asks", "done", "says", "where")


def checklist_frame(lists: Sequence[Checklist]) -> pd.DataFrame:
    """All items of all standards.

    Parameters
    ----------
    lists : sequence of Checklist
        Filled in.

    Returns
    -------
    pandas.DataFrame
        ``standard``, ``number``, ``asks``, ``done`` (True, False, or None where an item does not
        apply or only the authors can tell), ``says``, ``where`` (section of the report).
    """
    rows = [
        (one.name, item.number, item.asks, item.done, item.says, item.where)
        for one in lists
        for item in one.items
    ]
    frame = pd.DataFrame(rows, columns=list(COLUMNS))
    return frame.astype({"done": object})
