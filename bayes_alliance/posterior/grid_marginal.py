"""Marginal of a tau whose posterior is known on the nodes of a nested quadrature."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.polynomial import chebyshev
from numpy.typing import ArrayLike, NDArray

from bayes_alliance.algebra.blocks import Array
from bayes_alliance.posterior.marginal import EqualTailed

__all__ = ["GridMarginal"]


@dataclass(frozen=True)
class GridMarginal(EqualTailed):
    """Marginal of a tau: a mixture of columns, each a polynomial density in v on its own support.

    Parameters
    ----------
    shares : ndarray, shape (E,)
        Probability of each column.
    ends : ndarray, shape (E, 2)
        Ends of v.
    density : ndarray, shape (n + 1, E)
        Chebyshev coefficients of the densities on [-1, 1].
    scale : float
        The c of tau = c sinh(v).
    mean, sd : float
        Moments of tau; an sd of 0 is a fixed value.
    """

    shares: Array
    ends: Array
    density: Array
    scale: float
    mean: float
    sd: float

    @cached_property
    def _cumulative(self) -> Array:
        return np.asarray(chebyshev.chebint(self.density, lbnd=-1, axis=0))

    @cached_property
    def _kept(self) -> NDArray[np.bool_]:
        return self.shares > 1e-14

    def _position(self, tau: Array) -> Array:
        """Positions on [-1, 1] in every kept column, shape (columns, x)."""
        low, high = self.ends[self._kept].T[:, :, None]
        return np.asarray(
            (2 * np.arcsinh(np.maximum(tau, 0) / self.scale) - low - high) / (high - low)
        )

    def cdf(self, x: ArrayLike) -> Array:
        """Posterior probability of a value at most x.

        Parameters
        ----------
        x : array_like
            Values of tau.

        Returns
        -------
        ndarray
            Probabilities.
        """
        x = np.asarray(x, float)
        if self.sd == 0:
            return np.where(x >= self.mean, 1.0, 0.0)
        at = np.clip(self._position(x.ravel()), -1, 1)
        columns = self._cumulative[:, self._kept]
        values = chebyshev.chebval(at, columns[:, :, None], tensor=False)
        shares = self.shares[self._kept]
        result = shares @ np.asarray(values) / shares.sum()
        return np.clip(np.where(x < 0, 0.0, result.reshape(x.shape)), 0.0, 1.0)

    def pdf(self, x: ArrayLike) -> Array:
        """Posterior density.

        Parameters
        ----------
        x : array_like
            Values of tau.

        Returns
        -------
        ndarray
            Densities; 0 below 0.
        """
        x = np.asarray(x, float)
        if self.sd == 0:
            return np.where(x == self.mean, np.inf, 0.0)
        flat = np.maximum(x.ravel(), 0)
        at = self._position(flat)
        values = chebyshev.chebval(
            np.clip(at, -1, 1), self.density[:, self._kept, None], tensor=False
        )
        low, high = self.ends[self._kept].T[:, :, None]
        inside = (np.abs(at) <= 1 + 1e-12) * 2 / (high - low)
        slope = 1 / np.hypot(self.scale, flat)
        result = self.shares[self._kept] @ (np.asarray(values) * inside) * slope
        return np.where(x < 0, 0.0, np.maximum(result, 0).reshape(x.shape))

    def quantile(self, q: ArrayLike) -> Array:
        """Value below which the posterior has probability q.

        Parameters
        ----------
        q : array_like
            Probabilities strictly between 0 and 1.

        Returns
        -------
        ndarray
            Values of tau, good to 1e-10.
        """
        if self.sd == 0:
            return np.full(np.shape(q), self.mean)
        q = np.asarray(q, float)
        table, cumulative = self._table
        found = np.interp(q, cumulative, table)
        for _ in range(4):  # Newton, kept between the neighbours of the table
            at = np.clip(np.searchsorted(cumulative, q), 1, len(table) - 1)
            with np.errstate(divide="ignore", invalid="ignore"):
                step = (self.cdf(found) - q) / self.pdf(found)
            found = np.clip(found - np.where(np.isfinite(step), step, 0), table[at - 1], table[at])
        return np.asarray(found, float)

    @cached_property
    def _table(self) -> tuple[Array, Array]:
        """Increasing values of tau and their cdf."""
        ends = self.ends[self._kept]
        v = np.linspace(ends[:, 0].min(), ends[:, 1].max(), 401)
        table = self.scale * np.sinh(v)
        cumulative = np.maximum.accumulate(self.cdf(table))
        cumulative[0], cumulative[-1] = 0.0, 1.0
        rising = np.append(True, np.diff(cumulative) > 0)
        return table[rising], cumulative[rising]
