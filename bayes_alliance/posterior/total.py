"""Marginal of the total heterogeneity, the square root of the summed squares of both taus.

With tau_effect = x sin(a), tau_sample <= x cos(a) the probability of a total of at most x is a
smooth integral over the angle a. Between outer nodes the joint density is the polynomial through
them, as everywhere on the grid.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.polynomial import chebyshev
from numpy.typing import ArrayLike
from scipy.optimize import brentq

from bayes_alliance.algebra.blocks import Array
from bayes_alliance.names import INTERVAL_PROBABILITY
from bayes_alliance.posterior.grid import Grid, GridMarginal, clenshaw_curtis

__all__ = ["TotalMarginal", "total_marginal"]

NODES, WEIGHTS = np.polynomial.legendre.leggauss(96)
ANGLES = np.pi / 4 * (NODES + 1)


def total_marginal(grid: Grid) -> GridMarginal | TotalMarginal:
    """Marginal of the total heterogeneity.

    Parameters
    ----------
    grid : Grid
        Posterior of both taus.

    Returns
    -------
    GridMarginal or TotalMarginal
        That of the only tau where the other is fixed at 0.
    """
    if grid.fixed[0] == 0:
        return grid.effect_marginal
    if grid.fixed[1] == 0:
        return grid.sample_marginal
    return TotalMarginal(grid)


@dataclass(frozen=True)
class TotalMarginal:
    """Marginal of sqrt(tau_sample^2 + tau_effect^2) on a grid.

    Parameters
    ----------
    grid : Grid
        Posterior of both taus.
    """

    grid: Grid

    @cached_property
    def _nodes(self) -> Array:
        return np.sqrt(np.square(self.grid.tau_sample) + np.square(self.grid.tau_effect)[:, None])

    @property
    def mean(self) -> float:
        """Posterior mean."""
        return float((self.grid.weights * self._nodes).sum())

    @property
    def sd(self) -> float:
        """Posterior standard deviation."""
        return float(np.sqrt((self.grid.weights * np.square(self._nodes - self.mean)).sum()))

    @cached_property
    def _conditional(self) -> Array:
        """Chebyshev coefficients of the conditional cdfs of tau_sample, shape (n + 2, E)."""
        return np.asarray(chebyshev.chebint(self.grid.sample_marginal.density, lbnd=-1, axis=0))

    def _below(self, x: float) -> float:
        """P(total <= x)."""
        grid = self.grid
        if x <= 0:
            return 0.0
        low, high = grid.inner.T[:, :, None]
        tau_sample = x * np.cos(ANGLES)
        at = (2 * np.arcsinh(tau_sample / grid.scale) - low - high) / (high - low)
        inside = np.asarray(
            chebyshev.chebval(np.clip(at, -1, 1), self._conditional[:, :, None], tensor=False)
        )
        if len(grid.tau_effect) == 1:
            bound = np.sqrt(max(x**2 - float(grid.tau_effect[0]) ** 2, 0.0))
            return float(grid.sample_marginal.cdf(bound))
        rule = clenshaw_curtis(len(grid.tau_effect) - 1)[1]
        height = grid.weights.sum(1) / rule  # density in the outer variable on [-1, 1]
        tau_effect = x * np.sin(ANGLES)
        first, last = grid.outer
        position = (2 * np.arcsinh(tau_effect / grid.scale) - first - last) / (last - first)
        reached = np.abs(position) <= 1
        cardinal = _cardinal(len(height) - 1, np.clip(position, -1, 1))
        joint = (height[:, None] * inside * cardinal).sum(0) * reached
        slope = 2 / (last - first) / np.hypot(grid.scale, tau_effect)
        return float(np.pi / 4 * (WEIGHTS * joint * slope * x * np.cos(ANGLES)).sum())

    def cdf(self, x: ArrayLike) -> Array:
        """Posterior probability of a value at most x.

        Parameters
        ----------
        x : array_like
            Values.

        Returns
        -------
        ndarray
            Probabilities.
        """
        x = np.asarray(x, float)
        values = [min(max(self._below(float(value)), 0.0), 1.0) for value in x.ravel()]
        return np.asarray(values).reshape(x.shape)

    def quantile(self, q: ArrayLike) -> Array:
        """Value below which the posterior has probability q.

        Parameters
        ----------
        q : array_like
            Probabilities strictly between 0 and 1.

        Returns
        -------
        ndarray
            Values.
        """
        kept = self._nodes[self.grid.weights > 1e-14]
        low, high = 0.0, float(kept.max()) * 1.01
        found = [
            brentq(lambda x, p=p: self._below(x) - p, low, high, xtol=1e-9) for p in np.ravel(q)
        ]
        return np.asarray(found).reshape(np.shape(q))

    def pdf(self, x: ArrayLike) -> Array:
        """Posterior density, by central differences of the cdf.

        Parameters
        ----------
        x : array_like
            Values.

        Returns
        -------
        ndarray
            Densities.
        """
        x = np.asarray(x, float)
        step = 1e-4 * self.sd
        return np.maximum((self.cdf(x + step) - self.cdf(x - step)) / (2 * step), 0.0)

    def interval(self, probability: float = INTERVAL_PROBABILITY) -> tuple[float, float]:
        """Equal-tailed credible interval.

        Parameters
        ----------
        probability : float
            Its posterior probability.

        Returns
        -------
        tuple of float
            Lower and upper limit.
        """
        low, high = self.quantile([(1 - probability) / 2, (1 + probability) / 2])
        return float(low), float(high)


def _cardinal(intervals: int, at: Array) -> Array:
    """Values of the polynomials that are 1 at one Chebyshev node and 0 at the others."""
    nodes, _ = clenshaw_curtis(intervals)
    signs = np.where(np.arange(intervals + 1) % 2, -1.0, 1.0)
    signs[[0, -1]] /= 2
    distance = at - nodes[:, None]
    hit = np.abs(distance) < 1e-14
    terms = signs[:, None] / np.where(hit, 1.0, distance)
    weights = terms / terms.sum(0)
    return np.where(hit.any(0), hit.astype(float), weights)
