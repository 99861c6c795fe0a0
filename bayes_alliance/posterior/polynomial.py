"""A marginal whose density is a polynomial on an interval."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import ArrayLike

from bayes_alliance.algebra.blocks import Array
from bayes_alliance.posterior.grid_marginal import integral_of_series
from bayes_alliance.posterior.marginal import EqualTailed

__all__ = ["PolynomialMarginal"]


@dataclass(frozen=True)
class PolynomialMarginal(EqualTailed):
    """Marginal with a polynomial density between two ends.

    Parameters
    ----------
    ends : ndarray, shape (2,)
        The ends.
    density : ndarray, shape (n + 1, 1)
        Chebyshev coefficients of the density on [-1, 1].
    mean, sd : float
        Its moments.
    """

    ends: Array
    density: Array
    mean: float
    sd: float

    @cached_property
    def columns(self) -> tuple[Array, Array, Array, Array]:
        """What the compiled sums take: a share of 1, the ends, the cdf, the density."""
        density = np.ascontiguousarray(self.density)
        return np.ones(1), self.ends[None, :], integral_of_series(density), density

    def _at(self, x: ArrayLike) -> tuple[Array, Array]:
        from bayes_alliance.posterior.columns import sum_columns

        x = np.asarray(x, float)
        below, height = sum_columns(np.ascontiguousarray(x.ravel()), *self.columns)
        return below.reshape(x.shape), height.reshape(x.shape)

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
        return np.clip(self._at(x)[0], 0.0, 1.0)

    def pdf(self, x: ArrayLike) -> Array:
        """Posterior density.

        Parameters
        ----------
        x : array_like
            Values.

        Returns
        -------
        ndarray
            Densities; 0 outside the ends.
        """
        return np.maximum(self._at(x)[1], 0.0)

    def quantile(self, q: ArrayLike) -> Array:
        """Value below which the posterior has probability q.

        Parameters
        ----------
        q : array_like
            Probabilities strictly between 0 and 1.

        Returns
        -------
        ndarray
            Values, good to 1e-10 of the distance of the ends.
        """
        from bayes_alliance.posterior.columns import column_roots

        wanted = np.asarray(q, float)
        found = column_roots(np.atleast_1d(wanted).ravel(), *self.columns)
        return np.asarray(found.reshape(wanted.shape), float)
