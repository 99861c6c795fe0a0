r"""Location terms coded as columns, with the prior that treats all levels alike.

Treatment coding would give the levels of a moderator unequal priors. Here levels are a common
location plus exchangeable deviations, so that the prior sd of the difference between *any* two
levels is one declared number :math:`s_d`: the covariance of the cell means is
:math:`s_l^2 11' + (s_d^2/2) I`. The coefficients are linear in independent standard normals,

.. math:: \beta = m + A g_0 + C g_1,

where A carries the location and C the differences; a shrinkage factor multiplies C.

One categorical term alone: coefficients are cell means, named by level. Otherwise: `overall` is
the equal-weight mean of the levels at the centre of the slopes, `term[level]` is a level's
deviation from it (the last level is minus the sum of the others), `term (per unit)` is a slope.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import pandas as pd

from bayes_alliance.algebra.blocks import Array
from bayes_alliance.errors import InputError, Problem
from bayes_alliance.names import ALLIANCE_SCALES

__all__ = ["CodedTerm", "Coding", "Contrast", "Quantity", "code_deviations", "code_location"]


@dataclass(frozen=True, slots=True)
class CodedTerm:
    """One term of the location model.

    Parameters
    ----------
    name : str
        The column.
    kind : {"categorical", "continuous"}
        How it was read.
    levels : tuple of str
        Levels of a categorical term, in the order shown.
    counts : tuple of int
        Effects at each level (a continuous term: one number, k).
    centre, unit : float or None
        What was subtracted from a continuous term and the step its slope stands for.
    """

    name: str
    kind: Literal["categorical", "continuous"]
    levels: tuple[str, ...]
    counts: tuple[int, ...]
    centre: float | None = None
    unit: float | None = None

    @property
    def slope_name(self) -> str:
        """Name of the slope of a continuous term, with its unit."""
        return f"{self.name} (per {self.unit:g})"


@dataclass(frozen=True, slots=True)
class Quantity:
    """A linear combination of the coefficients that is reported.

    Parameters
    ----------
    name : str
        Name in every table.
    weights : ndarray, shape (p,)
        Its weights.
    role : {"mean", "difference"}
        A mean is a correlation when transformed; a deviation or slope is not.
    """

    name: str
    weights: Array
    role: Literal["mean", "difference"]


@dataclass(frozen=True, slots=True)
class Contrast:
    """A mean minus the average of one or more other means.

    Parameters
    ----------
    name : str
        For example ``task - bond``.
    of : ndarray, shape (p,)
        Weights of the mean.
    minus : ndarray, shape (m, p)
        Weights of the means it is compared with; averaged with equal weight, on r after tanh.
    """

    name: str
    of: Array
    minus: Array


@dataclass(frozen=True, slots=True)
class Coding:
    """Columns, names and prior of the location model, k rows and p coefficients.

    Parameters
    ----------
    X : ndarray, shape (k, p)
        Design matrix.
    names : tuple of str
        Names of the coefficients.
    terms : tuple of CodedTerm
        What was coded.
    location : ndarray, shape (p,)
        The factor A for a location sd of 1.
    differences : ndarray, shape (p, q)
        The factor C for a difference sd of 1.
    quantities : tuple of Quantity
        What is reported, the derived last levels included.
    contrasts : tuple of Contrast
        Comparisons of levels; a slope is compared one unit above the centre with the centre.
    """

    X: Array
    names: tuple[str, ...]
    terms: tuple[CodedTerm, ...]
    location: Array
    differences: Array
    quantities: tuple[Quantity, ...]
    contrasts: tuple[Contrast, ...]


def code_location(
    frame: pd.DataFrame,
    terms: Sequence[str],
    *,
    categorical: Sequence[str] = (),
    units: Mapping[str, float] | None = None,
    contrasts: Literal["pairwise", "others"] = "pairwise",
) -> Coding:
    """Code the terms of a location model.

    Parameters
    ----------
    frame : pandas.DataFrame
        Complete cases, k rows.
    terms : sequence of str
        Columns of `frame`; none for one overall mean.
    categorical : sequence of str
        Numeric columns to be read as categories.
    units : mapping of str to float, optional
        Steps of the slopes; a continuous term without one uses its standard deviation, rounded to
        two digits.
    contrasts : {"pairwise", "others"}
        All pairs of levels, or each level against the equal-weight mean of the others
        (named `level - others`).

    Returns
    -------
    Coding
        Design matrix, names, prior factors, quantities and contrasts.

    Raises
    ------
    InputError
        If a term is constant, or the terms together are rank deficient (named).
    """
    coded = [
        _read_term(frame, term, term in categorical, (units or {}).get(term)) for term in terms
    ]
    if len(coded) == 1 and coded[0].kind == "categorical":
        return _cell_means(frame, coded[0], contrasts)
    return _additive(frame, tuple(coded), contrasts)


def code_deviations(
    frame: pd.DataFrame,
    terms: Sequence[str],
    *,
    categorical: Sequence[str] = (),
    units: Mapping[str, float] | None = None,
) -> Coding:
    """Code terms as deviations from `overall`, even a single categorical one.

    Parameters
    ----------
    frame : pandas.DataFrame
        Complete cases, k rows.
    terms : sequence of str
        Columns of `frame`.
    categorical : sequence of str
        Numeric columns to be read as categories.
    units : mapping of str to float, optional
        Steps of the slopes, see `code_location`.

    Returns
    -------
    Coding
        The first column is the intercept `overall`.

    Raises
    ------
    InputError
        If a term is constant, or the terms together are rank deficient (named).
    """
    coded = [
        _read_term(frame, term, term in categorical, (units or {}).get(term)) for term in terms
    ]
    return _additive(frame, tuple(coded), "pairwise")


def _read_term(frame: pd.DataFrame, term: str, as_category: bool, unit: float | None) -> CodedTerm:
    column = frame[term]
    numeric = pd.api.types.is_numeric_dtype(column) and not pd.api.types.is_bool_dtype(column)
    if numeric and column.nunique() > 2 and not as_category:
        values = column.to_numpy(float)
        step = unit if unit is not None else float(f"{values.std(ddof=1):.2g}")
        return CodedTerm(term, "continuous", (), (len(column),), float(values.mean()), step)
    counts = level_labels(column).value_counts()
    levels = tuple(sorted(counts.index, key=level_order))
    if len(levels) < 2:
        raise InputError(
            Problem(
                what=f"the moderator has the single level {levels[0]!r} in the {len(column)} "
                "effects that can be used",
                where=f"column {term}",
                cure="A moderator needs two levels; use another column or the model 'overall'",
                code="constant_moderator",
            )
        )
    return CodedTerm(term, "categorical", levels, tuple(int(counts[level]) for level in levels))


def level_labels(column: pd.Series[Any]) -> pd.Series[str]:
    """Levels of a categorical column as text; 1.0 is written 1.

    Parameters
    ----------
    column : pandas.Series
        k values without gaps.

    Returns
    -------
    pandas.Series
        k labels.
    """
    if pd.api.types.is_float_dtype(column):
        # Not :g, which would make one level of 1234567.0 and 1234568.0.
        return column.map(lambda value: repr(float(value)).removesuffix(".0"))
    return column.astype(str)


def level_order(level: str) -> tuple[int, float, str]:
    """Key that sorts levels: alliance scales as usual, then numbers by size, then the alphabet.

    Parameters
    ----------
    level : str
        Label of a level.

    Returns
    -------
    tuple
        To be compared with that of another level.
    """
    if level in ALLIANCE_SCALES:
        return 0, ALLIANCE_SCALES.index(level), level
    try:
        size = float(level)
    except ValueError:
        return 2, 0.0, level
    return (1, size, level) if math.isfinite(size) else (2, 0.0, level)


def _dummies(frame: pd.DataFrame, term: CodedTerm) -> Array:
    labels = level_labels(frame[term.name]).to_numpy()
    return np.column_stack([(labels == level).astype(float) for level in term.levels])


def _cell_means(
    frame: pd.DataFrame, term: CodedTerm, contrasts: Literal["pairwise", "others"]
) -> Coding:
    size = len(term.levels)
    means = dict(zip(term.levels, np.eye(size), strict=True))
    return Coding(
        X=_dummies(frame, term),
        names=term.levels,
        terms=(term,),
        location=np.ones(size),
        differences=np.eye(size) / np.sqrt(2),
        quantities=tuple(Quantity(name, row, "mean") for name, row in means.items()),
        contrasts=_contrasts(means, contrasts),
    )


def _additive(
    frame: pd.DataFrame,
    terms: tuple[CodedTerm, ...],
    contrasts: Literal["pairwise", "others"],
) -> Coding:
    names, columns = ["overall"], [np.ones(len(frame))]
    for term in terms:
        if term.kind == "continuous":
            names.append(term.slope_name)
            columns.append(_centred(frame, term))
        else:
            full = _dummies(frame, term)
            names += [f"{term.name}[{level}]" for level in term.levels[:-1]]
            columns += list((full[:, :-1] - full[:, -1:]).T)
    X = np.column_stack(columns)
    _refuse_rank_deficiency(X, names)
    size = len(names)
    factors: list[Array] = []
    quantities = [Quantity("overall", np.eye(size)[0], "mean")]
    compared: list[Contrast] = []
    at = 1
    for term in terms:
        if term.kind == "continuous":
            slope = np.eye(size)[at]
            factors.append(slope[:, None])
            quantities.append(Quantity(term.slope_name, slope, "difference"))
            centre = np.eye(size)[0]
            compared.append(Contrast(term.slope_name, centre + slope, centre[None, :]))
            at += 1
            continue
        deviations = _deviations(size, at, len(term.levels))
        factors.append(_deviation_factor(size, at, len(term.levels)))
        named = [f"{term.name}[{level}]" for level in term.levels]
        quantities += [
            Quantity(name, row, "difference") for name, row in zip(named, deviations, strict=True)
        ]
        means = {name: row + np.eye(size)[0] for name, row in zip(named, deviations, strict=True)}
        compared += _contrasts(means, contrasts)
        at += len(term.levels) - 1
    return Coding(
        X=X,
        names=tuple(names),
        terms=terms,
        location=np.eye(size)[0],
        differences=np.hstack(factors) if factors else np.zeros((size, 0)),
        quantities=tuple(quantities),
        contrasts=tuple(compared),
    )


def _centred(frame: pd.DataFrame, term: CodedTerm) -> Array:
    centre, unit = term.centre or 0.0, term.unit or 1.0
    return np.asarray((frame[term.name].to_numpy(float) - centre) / unit)


def _deviations(size: int, at: int, levels: int) -> Array:
    """Weights of each level's deviation, shape (levels, p); the last is minus the others' sum."""
    rows = np.zeros((levels, size))
    rows[:-1, at : at + levels - 1] = np.eye(levels - 1)
    rows[-1, at : at + levels - 1] = -1
    return rows


def _deviation_factor(size: int, at: int, levels: int) -> Array:
    """Prior factor of a term: exchangeable deviations, their mean counted to `overall`."""
    factor = np.zeros((size, levels))
    factor[0] = 1 / levels
    factor[at : at + levels - 1] = (np.eye(levels) - 1 / levels)[:-1]
    return np.asarray(factor / np.sqrt(2))


def _contrasts(
    means: Mapping[str, Array], kind: Literal["pairwise", "others"]
) -> tuple[Contrast, ...]:
    names = list(means)
    if kind == "pairwise" or len(names) == 2:
        return tuple(
            Contrast(f"{a} - {b}", means[a], means[b][None, :])
            for i, a in enumerate(names)
            for b in names[i + 1 :]
        )
    return tuple(
        Contrast(
            f"{name} - others",
            means[name],
            np.stack([row for other, row in means.items() if other != name]),
        )
        for name in names
    )


def _refuse_rank_deficiency(X: Array, names: Sequence[str]) -> None:
    scaled = X / np.maximum(np.linalg.norm(X, axis=0), 1e-300)
    for size in range(2, X.shape[1] + 1):
        if np.linalg.matrix_rank(scaled[:, :size], tol=1e-8) < size:
            raise InputError(
                Problem(
                    what=f"{names[size - 1]!r} can be computed from the terms before it "
                    f"({', '.join(names[1 : size - 1]) or 'the overall mean'})",
                    where="location.terms",
                    cure="Leave one of these terms out: the data cannot tell them apart",
                    code="rank_deficient",
                )
            )
