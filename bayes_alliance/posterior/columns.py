"""Compiled sums over the columns of a grid's marginal: polynomials on supports of their own."""

from __future__ import annotations

import numpy as np
from numba import njit

from bayes_alliance.algebra.blocks import Array

__all__ = ["sum_columns"]


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
