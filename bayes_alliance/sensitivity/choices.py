r"""Which choices matter: the share of the variance of an answer that each factor explains.

Over a full factorial the sums of squares of main effects are orthogonal, and a factor's first-order
share is that of an analysis of variance,

.. math:: S_f = \frac{\sum_l n_l (\bar y_l - \bar y)^2}{\sum_i (y_i - \bar y)^2},

the first-order index of Sobol' (1993) over the grid; what main effects leave is the share of
interactions. Where cells are refused, factors are no longer orthogonal. The explained variance of
the additive model is then divided by averaging each factor's increment of R squared over all orders
in which factors can enter (Lindeman, Merenda & Gold 1980; Grömping 2007), which is the same number
in a full factorial and adds up to R squared in any. Where that takes too long (many factors with
many options), the average is over entering first and entering last.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import factorial, prod

import numpy as np
from numpy.typing import NDArray

from bayes_alliance.algebra.blocks import Array

__all__ = ["Shares", "explained_shares"]

#: Directions of less variance than this, as a share of the largest, repeat others.
REPEATED = 1e-10
#: Variances smaller than this, relative to the size of the values, are rounding.
ROUNDING = 1e-24
#: Subsets of factors times the cube of the number of columns, above which orders are not averaged.
MOST_WORK = 1e9


@dataclass(frozen=True, slots=True)
class Shares:
    """Shares of the variance of an answer over specifications.

    Parameters
    ----------
    factors : tuple of float
        One a factor.
    interactions : float
        What the additive model leaves.
    full : bool
        Whether all combinations of the options that occur are there.
    total : float
        Standard deviation of the answer over specifications.
    """

    factors: tuple[float, ...]
    interactions: float
    full: bool
    total: float


def explained_shares(picks: NDArray[np.intp], values: Array) -> Shares:
    """Divide the variance of an answer between factors.

    Parameters
    ----------
    picks : ndarray of int, shape (N, f)
        Option of every factor in each specification; no two rows alike.
    values : ndarray, shape (N,)
        The answer.

    Returns
    -------
    Shares
        All 0 where the answer does not vary.
    """
    count = int(picks.shape[1])
    full = (
        len(values) == prod(len(np.unique(column)) for column in picks.T) if len(values) else True
    )
    centred = values - values.mean() if len(values) else values
    whole = float(centred @ centred)
    if whole <= ROUNDING * max(float(values @ values), 1.0) if len(values) else True:
        return Shares((0.0,) * count, 0.0, full, 0.0)
    spread = float(np.sqrt(whole / len(values)))
    if full:
        own = tuple(_between(picks[:, f], centred) / whole for f in range(count))
        additive = sum(own)
    else:
        own, additive = _averaged_over_orders(picks, centred, whole)
    return Shares(own, min(max(1.0 - additive, 0.0), 1.0), full, spread)


def _between(codes: NDArray[np.intp], centred: Array) -> float:
    """Sum of squares between the levels of a factor."""
    sums = np.bincount(codes, centred)
    sizes = np.bincount(codes)
    used = sizes > 0
    return float((np.square(sums[used]) / sizes[used]).sum())


def _averaged_over_orders(
    picks: NDArray[np.intp], centred: Array, whole: float
) -> tuple[tuple[float, ...], float]:
    """Increment of R squared of every factor, averaged over orders, and R squared."""
    count = int(picks.shape[1])
    columns, owner = [], []
    for f, codes in enumerate(picks.T):
        for level in np.unique(codes)[1:]:
            column = (codes == level).astype(float)
            columns.append(column - column.mean())
            owner.append(f)
    if not columns:
        return (0.0,) * count, 0.0
    X, owners = np.column_stack(columns), np.array(owner)
    gram, cross = X.T @ X, X.T @ centred

    def explained(subset: int) -> float:
        return _explained(gram, cross, np.isin(owners, _members(subset))) / whole

    everything = 2**count - 1
    if 2**count * float(len(owner)) ** 3 > MOST_WORK:
        r_squared = explained(everything)
        ends = [
            0.5 * (explained(1 << f) + r_squared - explained(everything ^ 1 << f))
            for f in range(count)
        ]
        return tuple(ends), r_squared
    known = [explained(subset) for subset in range(2**count)]
    shares = [0.0] * count
    for f in range(count):
        for subset in range(2**count):
            if not subset >> f & 1:
                size = subset.bit_count()
                weight = factorial(size) * factorial(count - size - 1) / factorial(count)
                shares[f] += weight * (known[subset | 1 << f] - known[subset])
    return tuple(shares), known[everything]


def _members(subset: int) -> list[int]:
    return [f for f in range(subset.bit_length()) if subset >> f & 1]


def _explained(gram: Array, cross: Array, chosen: NDArray[np.bool_]) -> float:
    """Sum of squares that some columns explain."""
    if not chosen.any():
        return 0.0
    values, vectors = np.linalg.eigh(gram[np.ix_(chosen, chosen)])
    used = values > REPEATED * values[-1]
    along = vectors[:, used].T @ cross[chosen]
    return float((np.square(along) / values[used]).sum())
