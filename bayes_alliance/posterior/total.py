"""Marginal of the total heterogeneity, the square root of the summed squares of both taus.

With tau_effect = x sin(a), tau_sample <= x cos(a) the probability of a total of at most x is a
smooth integral over the angle a. Between outer nodes the joint density is the polynomial through
them, as everywhere on the grid.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import ArrayLike
from scipy.optimize import brentq

from bayes_alliance.algebra.blocks import Array
from bayes_alliance.posterior.grid import Grid, GridMarginal, clenshaw_curtis
from bayes_alliance.posterior.marginal import EqualTailed

__all__ = ["TotalMarginal", "total_marginal"]

NODES, WEIGHTS = np.polynomial.legendre.leggauss(96)


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
class TotalMarginal(EqualTailed):
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
        """Posterior standard deviation; infinite where that of one of the taus is."""
        if np.isinf(self.grid.moments()[2][-2:]).any():
            return np.inf
        return float(np.sqrt((self.grid.weights * np.square(self._nodes - self.mean)).sum()))

    @cached_property
    def _density(self) -> tuple[Array, Array, Array]:
        """Outer nodes, density there, and coefficients of the conditional cdfs of tau_sample."""
        nodes, rule = clenshaw_curtis(len(self.grid.tau_effect) - 1)
        integral = np.ascontiguousarray(self.grid.sample_marginal.integral)
        return nodes, self.grid.weights.sum(1) / rule, integral

    def _below(self, x: float) -> float:
        """P(total <= x)."""
        grid = self.grid
        if x <= 0:
            return 0.0
        if len(grid.tau_effect) == 1:
            bound = np.sqrt(max(x**2 - float(grid.tau_effect[0]) ** 2, 0.0))
            return float(grid.sample_marginal.cdf(bound))
        if np.isfinite(grid.fixed[0]):
            bound = np.sqrt(max(x**2 - float(grid.fixed[0]) ** 2, 0.0))
            return float(grid.effect_marginal.cdf(bound))
        from bayes_alliance.posterior.quarter_circle import within_radius

        radius, support = np.array([x]), (grid.scale, grid.outer, grid.inner)
        return float(within_radius(radius, NODES, WEIGHTS, *support, *self._density)[0])

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
        levels = np.ravel(np.asarray(q, float))
        taus = self.grid.sample_marginal, self.grid.effect_marginal
        # The total is at least either tau; where it is above x, one tau is above x / sqrt(2).
        lows = np.max([tau.quantile(levels) for tau in taus], axis=0) * (1 - 1e-6)
        highs = np.max([tau.quantile((1 + levels) / 2) for tau in taus], axis=0) * 1.4143
        found = [
            brentq(lambda x, p=p: self._below(x) - p, low, high, xtol=1e-12)
            for p, low, high in zip(levels, lows, highs, strict=True)
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
        step = 1e-4 * float(np.diff(self.quantile([0.25, 0.75]))[0])
        return np.maximum((self.cdf(x + step) - self.cdf(x - step)) / (2 * step), 0.0)
