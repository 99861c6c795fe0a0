"""Which two variables each effect size relates, as codes: a measure and an outcome.

A variable is named by the levels of one or more columns (scale, rater and time of an alliance
rating). Where one column names the first and one the second variable of any pair, and they share a
level, both stand in one name space, and the effect sizes of a sample are themselves the
correlations among its variables.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from bayes_alliance.errors import InputError, Problem
from bayes_alliance.spec.coding import level_labels
from bayes_alliance.spec.tables import Sampling

__all__ = ["Codes", "Variables", "naming_columns", "pairs_within", "variables_of"]

type Codes = NDArray[np.int64]

PREDICTOR_COLUMNS: Final = ("subscale", "rater", "timing")
OUTCOME_COLUMNS: Final = ("outcome", "outcome_measure", "criterion")
BLANK: Final = ""


@dataclass(frozen=True, slots=True)
class Variables:
    """The variables of k effect sizes in S samples.

    Parameters
    ----------
    columns : tuple of str
        Columns that name variables: those of the first, then those of the second.
    levels : tuple of tuple of str
        Levels of each column; "" where the table has none.
    first, second : ndarray of int, shape (k,)
        Code of the variable on either side of each effect size.
    grid : ndarray of int, shape (V, C)
        Level of each variable in each column; -1 in columns of the other side.
    firsts : int
        Variables below this code belong to the first side.
    shared : bool
        Whether both sides stand in one name space (then there is one column).
    """

    columns: tuple[str, ...]
    levels: tuple[tuple[str, ...], ...]
    first: Codes
    second: Codes
    grid: Codes
    firsts: int
    shared: bool

    def __len__(self) -> int:
        return len(self.grid)

    def label(self, code: int) -> str:
        """Name of a variable as messages show it.

        Parameters
        ----------
        code : int
            The variable.

        Returns
        -------
        str
            Its levels, with commas between them.
        """
        parts = [
            self.levels[c][level] or f"{self.columns[c]} not given"
            for c, level in enumerate(self.grid[code])
            if level >= 0
        ]
        return ", ".join(parts) or "the same variable"


def variables_of(frame: pd.DataFrame, sampling: Sampling) -> Variables:
    """Code the variables that the effect sizes relate.

    Parameters
    ----------
    frame : pandas.DataFrame
        k effect sizes.
    sampling : Sampling
        Names the columns; without them, those of the usual names that the table has.

    Returns
    -------
    Variables
        Codes.

    Raises
    ------
    InputError
        If a named column is not in the table.
    """
    first, second = naming_columns(frame, sampling)
    texts = {name: _texts(frame[name]) for name in dict.fromkeys((*first, *second))}
    if len(first) == len(second) == 1 and set(texts[first[0]]) & set(texts[second[0]]) - {BLANK}:
        both = np.concatenate([texts[first[0]], texts[second[0]]])
        codes, names = pd.factorize(both)
        k = len(frame)
        grid = np.arange(len(names), dtype=np.int64)[:, None]
        named = (f"{first[0]}/{second[0]}",)
        sides = codes[:k].astype(np.int64), codes[k:].astype(np.int64)
        return Variables(named, (tuple(map(str, names)),), *sides, grid, len(grid), True)
    codes_1, grid_1, levels_1 = _side(texts, first, len(frame))
    codes_2, grid_2, levels_2 = _side(texts, second, len(frame))
    grid = np.full((len(grid_1) + len(grid_2), len(first) + len(second)), -1, dtype=np.int64)
    grid[: len(grid_1), : len(first)] = grid_1
    grid[len(grid_1) :, len(first) :] = grid_2
    columns, levels = (*first, *second), (*levels_1, *levels_2)
    firsts = len(grid_1)
    return Variables(columns, levels, codes_1, codes_2 + firsts, grid, firsts, False)


def naming_columns(
    frame: pd.DataFrame, sampling: Sampling
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Columns that name the first and the second variable of an effect size.

    Parameters
    ----------
    frame : pandas.DataFrame
        k effect sizes.
    sampling : Sampling
        Names them; without names, those of the usual names that the table has.

    Returns
    -------
    first, second : tuple of str
        The columns.

    Raises
    ------
    InputError
        If a named column is not in the table.
    """
    first = _columns(frame, sampling.predictor, PREDICTOR_COLUMNS, "predictor")
    return first, _columns(frame, sampling.outcome, OUTCOME_COLUMNS, "outcome")


def _columns(
    frame: pd.DataFrame, asked: Sequence[str] | None, usual: Sequence[str], key: str
) -> tuple[str, ...]:
    if asked is None:
        return tuple(name for name in usual if name in frame)
    problems = []
    for name in asked:
        if name not in frame:
            near = get_close_matches(name, [str(c) for c in frame.columns], n=1)
            hint = f"Did you mean {near[0]!r}? " if near else ""
            problems.append(
                Problem(
                    what=f"the table has no column {name!r}",
                    where=f"sampling.{key}",
                    cure=f"{hint}Columns: {', '.join(map(str, frame.columns))}",
                    code="missing_column",
                )
            )
    if problems:
        raise InputError(problems)
    return tuple(dict.fromkeys(asked))


def _texts(column: pd.Series) -> NDArray[np.object_]:
    given = column.notna().to_numpy()
    texts = np.full(len(column), BLANK, dtype=object)
    if given.any():
        texts[given] = level_labels(column[given]).to_numpy()
    return texts


def _side(
    texts: dict[str, NDArray[np.object_]], names: Sequence[str], k: int
) -> tuple[Codes, Codes, tuple[tuple[str, ...], ...]]:
    """Codes of one side's variables, their levels by column, and the levels."""
    if not names:
        return np.zeros(k, dtype=np.int64), np.zeros((1, 0), dtype=np.int64), ()
    read = [pd.factorize(texts[name]) for name in names]
    sizes = tuple(len(levels) for _, levels in read)
    joined = np.ravel_multi_index([codes for codes, _ in read], sizes)
    distinct, codes = np.unique(joined, return_inverse=True)
    grid = np.stack(np.unravel_index(distinct, sizes), axis=1).astype(np.int64)
    return codes.astype(np.int64), grid, tuple(tuple(map(str, levels)) for _, levels in read)


def pairs_within(starts: NDArray[np.intp], k: int) -> tuple[Codes, Codes, Codes]:
    """All pairs of effect sizes of one sample.

    Parameters
    ----------
    starts : ndarray of int, shape (S,)
        First row of each sample.
    k : int
        Number of rows.

    Returns
    -------
    sample, first, second : ndarray of int, shape (m,)
        Sample and both rows of each pair, first < second.
    """
    sizes = np.diff(starts, append=k)
    samples, firsts, seconds = [], [], []
    for size in np.unique(sizes[sizes > 1]):
        at = np.flatnonzero(sizes == size)
        a, b = np.triu_indices(int(size), 1)
        samples.append(np.repeat(at, len(a)))
        firsts.append((starts[at][:, None] + a).ravel())
        seconds.append((starts[at][:, None] + b).ravel())
    if not samples:
        return (np.zeros(0, dtype=np.int64),) * 3
    sample, first, second = (np.concatenate(x).astype(np.int64)
                             for x in (samples, firsts, seconds))  # fmt: skip
    return sample, first, second
