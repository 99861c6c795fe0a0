r"""Total scores as the composite of their scales.

A total is the sum of S scales with equal standard deviations and correlations R among them, so that

.. math:: r_{total} = \frac{\sum_s r_s}{\sqrt{1'R1}}, \qquad
   corr(total, scale_j) = \frac{(R1)_j}{\sqrt{1'R1}}.

On Fisher's z the first is linearised at the pooled correlations of the scales: with D the root of
1'R1,

.. math:: z_{total} \approx c + \sum_s g_s z_s, \qquad
   g_s = \frac{1 - r_s^2}{D (1 - r_{total}^2)}.

The row of X of a total is then the sum of the rows of the scales with weights g, and c is taken
from its y. Where correlations are pooled, the total enters the formula of sampling errors with this
r. There is no coefficient for totals. A total predicts more than each of its scales does:
the weights add up to more than 1.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from bayes_alliance.algebra.blocks import Array
from bayes_alliance.errors import InputError, Problem
from bayes_alliance.names import ALLIANCE_SCALES, Measure
from bayes_alliance.spec.coding import Coding
from bayes_alliance.spec.known import Known
from bayes_alliance.spec.rows import is_total
from bayes_alliance.spec.variables import Codes

__all__ = ["Composite", "code_composite", "composite_of"]


@dataclass(frozen=True, slots=True)
class Composite:
    """Total scores (t of them) as sums of S scales.

    Parameters
    ----------
    column : str
        Column of the scales.
    rows : ndarray of int, shape (t,)
        Rows of the totals.
    scales : tuple of str
        The scales.
    weights : ndarray, shape (t, S)
        g, weights of the scales' means on the analysis scale.
    constants : ndarray, shape (t,)
        c, what is taken from the totals' y.
    """

    column: str
    rows: NDArray[np.intp]
    scales: tuple[str, ...]
    weights: Array
    constants: Array

    def shifted(self, y: Array) -> Array:
        """Effect sizes less the constants of the linearisation.

        Parameters
        ----------
        y : ndarray, shape (k,)
            Effect sizes.

        Returns
        -------
        ndarray, shape (k,)
            A copy; rows that are no totals are unchanged.
        """
        y = y.copy()
        y[self.rows] -= self.constants
        return y

    @property
    def note(self) -> str:
        """What a reader of the results has to know."""
        low, high = self.weights.min(), self.weights.max()
        each = f"{low:.2f}" if f"{low:.2f}" == f"{high:.2f}" else f"{low:.2f} to {high:.2f}"
        largest = np.abs(self.constants).max()
        return (
            f"{len(self.rows)} total scores count as the sum of {', '.join(self.scales)} with "
            f"equal standard deviations: their means weigh {each} each on the analysis scale, and "
            f"the constant of this approximation (at most {largest:.3f}) is taken from the totals."
        )


def composite_of(
    frame: pd.DataFrame, known: Known, column: str, measure: Measure
) -> Composite | None:
    """Weights of the scales in each total, and how totals correlate with them.

    What follows for the correlations of totals with scales is added to the sources of `known`.

    Parameters
    ----------
    frame : pandas.DataFrame
        k effect sizes.
    known : Known
        Correlations between their variables.
    column : str
        Column of the scales.
    measure : {"ZCOR", "COR"}
        Analysis scale.

    Returns
    -------
    Composite or None
        None if there is no total.

    Raises
    ------
    InputError
        If there are no two scales, correlations between scales are unknown or impossible, or a
        total is known only to be not significant.
    """
    rows = np.flatnonzero(is_total(frame, column))
    if not len(rows):
        return None
    at, levels, codes = _scales(frame, known, column)
    sample = known.sample[rows]
    R = _correlations(known, at, sample, codes)
    D = np.sqrt(R.sum(axis=(1, 2)))
    names = tuple(known.variables.levels[at][code] for code in codes)
    r = known.plugged.by_level[at][codes]
    total = r.sum() / D
    if not (np.abs(total) < 1).all():
        raise _impossible(known, sample[np.abs(total) >= 1], names)
    if known.plugged.pooled:
        known.plugged.r[rows] = total
        known.sources.replace_plug_ins(known.plugged.r)
    weights, constants = 1 / np.tile(D[:, None], len(codes)), np.zeros(len(rows))
    if measure == "ZCOR":
        weights = (1 - r**2) / (D * (1 - total**2))[:, None]
        constants = np.arctanh(total) - weights @ np.arctanh(r)
    implied = R.sum(axis=2) / D[:, None]
    known.sources.add_composites(
        at,
        np.repeat(sample, len(codes)),
        np.repeat(levels[rows], len(codes)),
        np.tile(codes, len(rows)),
        implied.ravel(),
    )
    return Composite(column, rows, names, weights, constants)


def _scales(frame: pd.DataFrame, known: Known, column: str) -> tuple[int, Codes, Codes]:
    """Position of the column, level of each row, and codes of the scales in their usual order."""
    variables = known.variables
    if column not in variables.columns:
        raise InputError(
            Problem(
                what=f"totals are sums of scales, but {column!r} does not name variables here "
                f"({', '.join(variables.columns) or 'no column does'})",
                where='effect.totals = "composite"',
                cure=f"Put {column!r} into sampling.predictor",
                code="scale_column_unused",
            )
        )
    at = variables.columns.index(column)
    levels = np.maximum(variables.grid[variables.first, at], variables.grid[variables.second, at])
    total = is_total(frame, column)
    found = [code for code in pd.unique(levels[~total]) if variables.levels[at][code]]
    if len(found) < 2:
        raise InputError(
            Problem(
                what=f"totals are sums of scales, but the table has {len(found)} of them",
                where=f'effect.totals = "composite", column {column}',
                cure='Set effect.totals = "all" or "only"',
                code="too_few_scales",
            )
        )
    order = {name: i for i, name in enumerate(ALLIANCE_SCALES)}
    names = variables.levels[at]
    found.sort(key=lambda code: (order.get(names[code], len(order)), names[code]))
    return at, levels, np.array(found, dtype=np.int64)


def _correlations(known: Known, column: int, sample: Codes, codes: Codes) -> Array:
    """Correlations among the scales in the sample of each total, shape (t, S, S)."""
    size = len(codes)
    names = known.variables.levels[column]
    R = np.tile(np.eye(size), (len(sample), 1, 1))
    problems = []
    for i in range(size):
        for j in range(i):
            values, _ = known.sources.of_levels(
                column, sample, np.full_like(sample, codes[i]), np.full_like(sample, codes[j])
            )
            R[:, i, j] = R[:, j, i] = values[:, 0]
            lost = np.isnan(values[:, 0])
            if lost.any():
                problems.append(_unknown(known, sample[lost], names[codes[j]], names[codes[i]]))
    if problems:
        raise InputError(problems)
    impossible = np.linalg.eigvalsh(R)[:, 0] <= 0
    if impossible.any():
        raise _impossible(known, sample[impossible], [names[code] for code in codes])
    return R


def _where(known: Known, sample: Codes) -> str:
    names = [known.samples[s] for s in np.unique(sample)]
    more = f" and {len(names) - 4} more" if len(names) > 4 else ""
    return f"sample{'s' if len(names) > 1 else ''} {', '.join(names[:4])}{more}"


def _unknown(known: Known, sample: Codes, first: str, second: str) -> Problem:
    return Problem(
        what=f"the correlation of {first} with {second} is not known, so that the total cannot be "
        "their sum",
        where=_where(known, sample),
        cure="Report it (--correlations FILE), give a norm or a default under [sampling.norms], or "
        'set effect.totals = "scales"',
        code="unknown_pair",
    )


def _impossible(known: Known, sample: Codes, names: object) -> InputError:
    return InputError(
        Problem(
            what=f"no {' + '.join(map(str, names))} has these correlations",  # type: ignore[call-overload]
            where=_where(known, sample),
            cure="Check the reported correlations among the scales, and the norms",
            code="not_positive_definite",
        )
    )


def code_composite(
    code: Callable[[pd.DataFrame], Coding], frame: pd.DataFrame, composite: Composite
) -> Coding:
    """Code location terms with totals as sums of scales.

    Parameters
    ----------
    code : callable
        Codes a frame.
    frame : pandas.DataFrame
        k effect sizes.
    composite : Composite
        The totals.

    Returns
    -------
    Coding
        As `code` gives it with every total called one of the scales; the rows of totals are the
        weighted sums over the scales, and totals are not counted among any level.
    """
    codings = []
    for scale in composite.scales:
        called = frame.copy()
        called.iloc[composite.rows, called.columns.get_loc(composite.column)] = scale  # type: ignore[index]
        codings.append(code(called))
    coding = codings[0]
    X = coding.X.copy()
    X[composite.rows] = np.einsum(
        "ts,stp->tp", composite.weights, np.stack([c.X[composite.rows] for c in codings])
    )
    first, count = composite.scales[0], len(composite.rows)
    terms = tuple(
        replace(
            term,
            counts=tuple(
                n - count if level == first else n
                for level, n in zip(term.levels, term.counts, strict=True)
            ),
        )
        if term.name == composite.column
        else term
        for term in coding.terms
    )
    return replace(coding, X=X, terms=terms)
