r"""Exact posterior of the mean true correlation.

At given taus the mean correlation :math:`m = \int \tanh(b + s x) \phi(x)\,dx`, with s the standard
deviation of both levels together, increases in the mean z b, which is normal. So m is at most x
exactly when b is at most the :math:`b_x(s)` at which the integral is x, and the posterior
probability of that is an average of normal probabilities over the nodes of the taus.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.polynomial import Chebyshev
from numpy.typing import ArrayLike
from scipy.optimize import brentq
from scipy.special import ndtr

from bayes_alliance.algebra.blocks import Array
from bayes_alliance.posterior.marginal import EqualTailed, MixtureMarginal
from bayes_alliance.posterior.means_of_tanh import NODES, WEIGHTS

__all__ = ["MeanCorrelation", "mean_of_tanh"]

#: Degree of the polynomial in s that b_x(s) is read off, and Newton steps that find its values.
DEGREE, STEPS = 32, 60
#: Normal rule for moments over b.
INNER_NODES, INNER_WEIGHTS = np.polynomial.hermite_e.hermegauss(15)
INNER_WEIGHTS = INNER_WEIGHTS / INNER_WEIGHTS.sum()


def mean_of_tanh(centre: Array, spread: Array) -> Array:
    """Mean of tanh over a normal distribution.

    Parameters
    ----------
    centre, spread : ndarray, shape (...)
        Its mean and standard deviation.

    Returns
    -------
    ndarray, shape (...)
        By Gauss-Hermite quadrature.
    """
    return np.asarray(np.tanh(centre[..., None] + spread[..., None] * NODES) @ WEIGHTS)


@dataclass(frozen=True)
class MeanCorrelation(EqualTailed):
    """Posterior of the mean true correlation over both levels.

    Parameters
    ----------
    centre : MixtureMarginal
        Posterior of the mean z, one component a node of the taus.
    spread : ndarray, shape (n,)
        Standard deviation of both levels together at the nodes.
    """

    centre: MixtureMarginal
    spread: Array

    @property
    def _shares(self) -> Array:
        return np.ones(0) if self.centre.weights is None else self.centre.weights

    @cached_property
    def mean(self) -> float:
        """Posterior mean: the integral of tanh over the predictive distribution."""
        total = np.hypot(self.centre.sds, self.spread)
        return float(self._shares @ mean_of_tanh(self.centre.means, total))

    @cached_property
    def sd(self) -> float:
        """Posterior standard deviation."""
        b = self.centre.means + self.centre.sds * INNER_NODES[:, None]
        values = mean_of_tanh(b, np.broadcast_to(self.spread, b.shape))
        second = INNER_WEIGHTS @ np.square(values - self.mean)
        return float(np.sqrt(self._shares @ second))

    def _bound(self, x: float) -> tuple[Array, Array]:
        """b_x(s) and its derivative by x at the nodes."""
        low, high = float(self.spread.min()), float(self.spread.max())
        if high - low < 1e-12:
            b, slope = _invert(x, self.spread[:1])
            return np.full(self.spread.shape, b[0]), np.full(self.spread.shape, slope[0])
        points = 0.5 * (low + high) - 0.5 * (high - low) * np.cos(
            np.pi * (np.arange(DEGREE + 1) + 0.5) / (DEGREE + 1)
        )
        found = [
            Chebyshev.fit(points, values, DEGREE, domain=[low, high])(self.spread)
            for values in _invert(x, points)
        ]
        return found[0], found[1]

    def cdf(self, x: ArrayLike) -> Array:
        """Posterior probability of a value at most x.

        Parameters
        ----------
        x : array_like
            Correlations.

        Returns
        -------
        ndarray
            Probabilities.
        """
        x = np.asarray(x, float)
        return np.array([self._below(float(value)) for value in x.ravel()]).reshape(x.shape)

    def _below(self, x: float) -> float:
        if abs(x) >= 1:
            return float(x > 0)
        b, _ = self._bound(x)
        return float(self._shares @ ndtr((b - self.centre.means) / self.centre.sds))

    def pdf(self, x: ArrayLike) -> Array:
        """Posterior density.

        Parameters
        ----------
        x : array_like
            Correlations.

        Returns
        -------
        ndarray
            Densities.
        """
        x = np.asarray(x, float)
        found = np.zeros(x.size)
        for i, value in enumerate(x.ravel()):
            if abs(value) < 1:
                b, slope = self._bound(float(value))
                z = (b - self.centre.means) / self.centre.sds
                height = np.exp(-0.5 * z**2) / self.centre.sds / np.sqrt(2 * np.pi)
                found[i] = self._shares @ (height * slope)
        return found.reshape(x.shape)

    def quantile(self, q: ArrayLike) -> Array:
        """Value below which the posterior has probability q.

        Parameters
        ----------
        q : array_like
            Probabilities strictly between 0 and 1.

        Returns
        -------
        ndarray
            Correlations, good to 1e-10.
        """
        q = np.asarray(q, float)
        edge = 1 - 1e-12
        roots = [
            brentq(lambda x, level=level: self._below(x) - level, -edge, edge, xtol=1e-12)
            for level in q.ravel()
        ]
        return np.array(roots, float).reshape(q.shape)


def _invert(x: float, spread: Array) -> tuple[Array, Array]:
    """Means of z at which the mean correlation is x, and their derivatives by x.

    Newton steps on atanh of the mean correlation, which is nearly linear in the mean of z.
    """
    target, b = np.arctanh(x), np.full(spread.shape, np.arctanh(x))
    for _ in range(STEPS):
        tanh = np.tanh(b[:, None] + spread[:, None] * NODES)
        m, slope = tanh @ WEIGHTS, (1 - np.square(tanh)) @ WEIGHTS
        m = np.clip(m, -1 + 1e-15, 1 - 1e-15)
        step = (np.arctanh(m) - target) * (1 - m**2) / np.maximum(slope, 1e-300)
        b = b - np.clip(step, -2.0, 2.0)
        if np.abs(step).max() < 1e-13 * (1 + np.abs(b).max()):
            break
    return b, 1 / np.maximum(slope, 1e-300)
