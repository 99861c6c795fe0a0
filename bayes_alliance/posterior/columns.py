"""Compiled sums over the columns of a grid's marginal: polynomials on supports of their own."""

from __future__ import annotations

import numpy as np
from numba import njit

from bayes_alliance.algebra.blocks import Array

__all__ = ["column_roots", "sum_columns"]

#: Points of the table in which a root is first looked for, steps after which it is taken as it
#: stands, and a difference of probabilities that is none.
TABLE, STEPS, ROUNDING = 13, 60, 1e-15


@njit(cache=True, error_model="numpy", fastmath={"contract", "nsz"})
def sum_columns(  # type: ignore[no-untyped-def]
    v: Array, shares: Array, ends: Array, cumulative: Array, density: Array
):
    """Mixture of polynomials at given points, by Clenshaw's recurrence in all columns at once.

    Parameters
    ----------
    v : ndarray, shape (x,)
        The points.
    shares : ndarray, shape (E,)
        Weights of the columns.
    ends : ndarray, shape (E, 2)
        Their supports.
    cumulative : ndarray, shape (n + 2, E)
        Chebyshev coefficients of the cdfs on [-1, 1].
    density : ndarray, shape (n + 1, E)
        Chebyshev coefficients of the densities on [-1, 1].

    Returns
    -------
    below, height : ndarray, shape (x,)
        Sums over columns, times their weights, of the cdfs and of the densities in v.
    """
    columns, terms = len(shares), len(cumulative)
    below, height = np.zeros(len(v)), np.zeros(len(v))
    at, twice = np.empty(columns), np.empty(columns)
    c1, c2 = np.empty(columns), np.empty(columns)
    d1, d2 = np.empty(columns), np.empty(columns)
    for i in range(len(v)):
        for e in range(columns):
            width = ends[e, 1] - ends[e, 0]
            at[e] = (2 * v[i] - ends[e, 0] - ends[e, 1]) / width
            twice[e] = 2 * min(max(at[e], -1.0), 1.0)
            c1[e] = cumulative[terms - 1, e]
            c2[e] = d1[e] = d2[e] = 0.0
        for j in range(terms - 2, 0, -1):
            for e in range(columns):
                c = cumulative[j, e] + twice[e] * c1[e] - c2[e]
                c2[e] = c1[e]
                c1[e] = c
                d = density[j, e] + twice[e] * d1[e] - d2[e]
                d2[e] = d1[e]
                d1[e] = d
        for e in range(columns):
            half = 0.5 * twice[e]
            below[i] += shares[e] * (cumulative[0, e] + half * c1[e] - c2[e])
            if abs(at[e]) <= 1 + 1e-12:
                value = density[0, e] + half * d1[e] - d2[e]
                height[i] += shares[e] * value * 2 / (ends[e, 1] - ends[e, 0])
    return below, height


@njit(cache=True)
def column_roots(
    wanted: Array, shares: Array, ends: Array, cumulative: Array, density: Array
) -> Array:
    """Quantiles of a mixture of polynomials: Newton steps; where one leaves its bracket, halving.

    Parameters
    ----------
    wanted : ndarray, shape (q,)
        Probabilities strictly between 0 and 1.
    shares, ends, cumulative, density : ndarray
        As for `sum_columns`.

    Returns
    -------
    ndarray, shape (q,)
        Values of v, good to 1e-10 of the width of the support.
    """
    first, last = float(ends[:, 0].min()), float(ends[:, 1].max())
    table = np.linspace(first, last, TABLE)
    heights = sum_columns(table, shares, ends, cumulative, density)[0]
    found, point = np.empty(len(wanted)), np.empty(1)
    for i in range(len(wanted)):
        low, high = first, last
        x: float = 0.5 * (first + last)
        for j in range(TABLE - 1):
            if heights[j] < wanted[i] <= heights[j + 1]:
                low, high = table[j], table[j + 1]
                share = (wanted[i] - heights[j]) / (heights[j + 1] - heights[j])
                x = low + share * (high - low)
                break
        for _ in range(STEPS):
            point[0] = x
            below, height = sum_columns(point, shares, ends, cumulative, density)
            if below[0] < wanted[i]:
                low = x
            else:
                high = x
            better = x - (below[0] - wanted[i]) / height[0] if height[0] > 0 else np.inf
            newton = low <= better <= high
            if not newton:
                better = 0.5 * (low + high)
            moved = abs(better - x)
            x = better
            # The error after a Newton step is of the order of its square.
            near = newton and moved <= 1e-6 * (last - first)
            if near or abs(below[0] - wanted[i]) <= ROUNDING:
                break
        found[i] = x
    return found
