"""The average of several marginals."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import ArrayLike
from scipy.optimize import brentq

from bayes_alliance.algebra.blocks import Array
from bayes_alliance.posterior.marginal import EqualTailed, Marginal

__all__ = ["AveragedMarginal"]


@dataclass(frozen=True)
class AveragedMarginal(EqualTailed):
    """A mixture of marginals, for example of those at the nodes of rho.

    Parameters
    ----------
    weights : ndarray, shape (R,)
        Their probabilities, summing to 1.
    marginals : tuple of Marginal
        The components.
    """

    weights: Array
    marginals: tuple[Marginal, ...]

    @cached_property
    def mean(self) -> float:
        """Mean of the mixture."""
        return float(self.weights @ [marginal.mean for marginal in self.marginals])

    @cached_property
    def sd(self) -> float:
        """Standard deviation of the mixture."""
        second = [m.sd**2 + (m.mean - self.mean) ** 2 for m in self.marginals]
        return float(np.sqrt(self.weights @ second))

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
        parts = np.array([marginal.cdf(x) for marginal in self.marginals])
        return np.asarray(np.tensordot(self.weights, parts, axes=1))

    def pdf(self, x: ArrayLike) -> Array:
        """Posterior density.

        Parameters
        ----------
        x : array_like
            Values.

        Returns
        -------
        ndarray
            Densities.
        """
        parts = np.array([marginal.pdf(x) for marginal in self.marginals])
        return np.asarray(np.tensordot(self.weights, parts, axes=1))

    def quantile(self, q: ArrayLike) -> Array:
        """Value below which the posterior has probability q.

        Parameters
        ----------
        q : array_like
            Probabilities strictly between 0 and 1.

        Returns
        -------
        ndarray
            Values, good to 1e-10.
        """
        q = np.asarray(q, float)
        return np.array([self._root(float(level)) for level in q.ravel()]).reshape(q.shape)

    def _root(self, level: float) -> float:
        if self.sd == 0:
            return self.mean
        step = self.sd if np.isfinite(self.sd) else max(abs(self.mean), 1.0)
        low, high = self.mean - step, self.mean + step
        while self.cdf(low) > level:
            low -= step
            step *= 2
        while self.cdf(high) < level:
            high += step
            step *= 2
        return float(brentq(lambda x: float(self.cdf(x)) - level, low, high, xtol=1e-11))
