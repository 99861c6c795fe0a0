"""Columns of the user's table as text, under names that no number has."""

from __future__ import annotations

from collections.abc import Container

import numpy as np
import pandas as pd

from bayes_alliance.spec.coding import level_labels

__all__ = ["free_name", "label_texts"]


def free_name(name: str, taken: Container[str]) -> str:
    """Name a column of labels so that it does not replace a column of numbers.

    Parameters
    ----------
    name : str
        What the user calls it.
    taken : container of str
        Names of the other columns.

    Returns
    -------
    str
        The name, with ``(label)`` behind it where it is taken.
    """
    return f"{name} (label)" if name in taken else name


def label_texts(column: pd.Series) -> list[str]:
    """Write the values of a column of labels.

    Parameters
    ----------
    column : pandas.Series
        k values.

    Returns
    -------
    list of str
        As levels are written everywhere; a dash where there is none.
    """
    texts = np.full(len(column), "-", dtype=object)
    known = column.notna().to_numpy()
    texts[known] = level_labels(column[known]).to_numpy()
    return [str(text) for text in texts]
