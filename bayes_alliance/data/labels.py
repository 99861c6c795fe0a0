"""Labels and moderators: text stays text, numbers stay numbers, truth values stay truth values."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from typing import Final

import numpy as np
import pandas as pd

from bayes_alliance.data.cells import is_missing, parse_number
from bayes_alliance.data.table import Cell, text_of

__all__ = ["label_series", "number_within", "sample_labels", "spelling_key"]

#: Digits that a float holds exactly; longer numbers are identifiers and stay text.
EXACT_DIGITS: Final = 15
#: In labels shorter than this an accent makes another label ("A", "Ä").
SHORT: Final = 4
_LEADING_ZERO: Final = re.compile(r"[+-]?0\d")


def sample_labels(cells: Sequence[Cell]) -> list[str | None]:
    """Labels of samples or effects as text.

    Parameters
    ----------
    cells : sequence of cells, length k
        The column.

    Returns
    -------
    list of (str or None)
        "007" stays "007", the number 1.0 becomes "1"; None where the cell is blank.
    """
    return [None if is_missing(cell) else text_of(cell) for cell in cells]


def number_within(samples: Sequence[str | None]) -> list[str]:
    """Number the effect sizes of each sample.

    Parameters
    ----------
    samples : sequence of (str or None), length k
        Labels of the samples.

    Returns
    -------
    list of str
        "1", "2", … within each sample, in the order of the rows.
    """
    seen: dict[str | None, int] = {}
    numbers = []
    for sample in samples:
        seen[sample] = seen.get(sample, 0) + 1
        numbers.append(str(seen[sample]))
    return numbers


def label_series(cells: Sequence[Cell], mark: str) -> pd.Series:
    """A column of labels with the type that its cells have.

    Parameters
    ----------
    cells : sequence of cells, length k
        The column.
    mark : str
        Decimal mark of numbers written as text.

    Returns
    -------
    pandas.Series
        Truth values or whole numbers if no cell is missing, numbers with NaN, or text with a
        missing value where the cell is blank or NA. Numbers with leading zeros or more than 15
        digits are identifiers and stay text.
    """
    kept: list[Cell] = [None if is_missing(cell) else cell for cell in cells]
    present = [cell for cell in kept if cell is not None]
    if not present:
        return pd.Series(np.full(len(kept), np.nan))
    truth = _truth(kept) if len(present) == len(kept) else None
    if truth is not None:
        return pd.Series(truth, dtype=np.bool_)
    numbers = _numbers(kept, mark)
    if numbers is None:
        return pd.Series([text_of(cell) for cell in kept])
    whole = bool(np.all(np.mod(numbers, 1) == 0)) and bool(np.all(np.abs(numbers) < 2**53))
    return pd.Series(numbers.astype(np.int64) if whole else numbers)


def _truth(cells: Sequence[Cell]) -> list[bool] | None:
    words = {"true": True, "false": False}
    found: list[bool] = []
    for cell in cells:
        value = words.get(cell.casefold()) if isinstance(cell, str) else cell
        if not isinstance(value, bool):
            return None
        found.append(value)
    return found


def _numbers(cells: Sequence[Cell], mark: str) -> np.ndarray | None:
    found: list[float] = []
    for cell in cells:
        if cell is None:
            found.append(np.nan)
        elif isinstance(cell, bool):
            return None
        elif isinstance(cell, str):
            if _LEADING_ZERO.match(cell) or len(cell) > EXACT_DIGITS + 8:
                return None
            number = parse_number(cell, mark)
            digits = sum(c.isdigit() for c in cell)
            if number is None or (digits > EXACT_DIGITS and "." not in cell and "," not in cell):
                return None
            found.append(number)
        elif not np.isfinite(cell):
            return None
        else:
            found.append(float(cell))
    return np.array(found, dtype=np.float64)


def spelling_key(label: str) -> str:
    """What is left of a label without case, accents, blanks and punctuation.

    Parameters
    ----------
    label : str
        Label of a sample.

    Returns
    -------
    str
        Labels with the same key are probably one sample; marks between digits still count
        ("1.2" is not "12").
    """
    folded = unicodedata.normalize("NFKD", label.casefold())
    plain = "".join(c for c in folded if not unicodedata.combining(c))
    if len(plain) < SHORT:
        plain = unicodedata.normalize("NFC", label.casefold())
    plain = re.sub(r"(?<=\d)[\W_]+(?=\d)", "·", plain)
    return re.sub(r"[^\w·]|_", "", plain)
