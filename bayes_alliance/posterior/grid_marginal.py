"""Marginal of a tau whose posterior is known on the nodes of a nested quadrature."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import ArrayLike
from scipy.fft import dct

from bayes_alliance.algebra.blocks import Array
from bayes_alliance.posterior.marginal import EqualTailed

__all__ = ["GridMarginal", "chebyshev_series", "integral_of_series"]


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
    def integral(self) -> Array:
        """Chebyshev coefficients of the cdfs of the columns on [-1, 1], shape (n + 2, E)."""
        return integral_of_series(self.density)

    @cached_property
    def _columns(self) -> tuple[Array, Array, Array, Array]:
        """Of the columns with any probability: shares (summing to 1), ends, cdfs, densities."""
        kept = self.shares > 1e-14
        shares, density = self.shares[kept], np.ascontiguousarray(self.density[:, kept])
        integral = np.ascontiguousarray(self.integral[:, kept])
        return shares / shares.sum(), self.ends[kept], integral, density

    def _in_v(self, v: Array) -> tuple[Array, Array]:
        """Cdf and density of v itself, each of shape (x,)."""
        from bayes_alliance.posterior.columns import sum_columns

        below, height = sum_columns(np.ascontiguousarray(v), *self._columns)
        return below, height

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
        below, _ = self._in_v(np.arcsinh(np.maximum(x.ravel(), 0) / self.scale))
        return np.clip(np.where(x < 0, 0.0, below.reshape(x.shape)), 0.0, 1.0)

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
        _, height = self._in_v(np.arcsinh(flat / self.scale))
        result = height / np.hypot(self.scale, flat)
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
        from bayes_alliance.posterior.columns import column_roots

        wanted = np.asarray(q, float)
        found = column_roots(np.atleast_1d(wanted).ravel(), *self._columns)
        return np.asarray(self.scale * np.sinh(found).reshape(wanted.shape), float)


def integral_of_series(series: Array) -> Array:
    """Integrate Chebyshev series from -1.

    Parameters
    ----------
    series : ndarray, shape (n + 1, E)
        Chebyshev coefficients of E functions on [-1, 1].

    Returns
    -------
    ndarray, shape (n + 2, E)
        Chebyshev coefficients of their integrals.
    """
    padded = np.concatenate([2 * series[:1], series[1:], np.zeros((2, series.shape[1]))])
    j = np.arange(1, len(series) + 1)[:, None]
    rest = (padded[:-2] - padded[2:]) / (2 * j)
    at_minus_one = (rest * np.where(j % 2, -1.0, 1.0)).sum(axis=0, keepdims=True)
    return np.concatenate([-at_minus_one, rest])


def chebyshev_series(values: Array) -> Array:
    """Chebyshev coefficients of the polynomials through values at Chebyshev nodes.

    Parameters
    ----------
    values : ndarray, shape (..., n + 1)
        Values at ascending nodes.

    Returns
    -------
    ndarray, shape (n + 1, ...)
        The coefficients.
    """
    n = values.shape[-1] - 1
    if n == 0:
        return np.moveaxis(values, -1, 0)
    coefficients = dct(values[..., ::-1], type=1, axis=-1) / n
    coefficients[..., [0, -1]] /= 2
    return np.asarray(np.moveaxis(coefficients, -1, 0))
