"""A distribution that is exactly 0 with some probability."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from bayes_alliance.algebra.blocks import Array
from bayes_alliance.posterior.marginal import EqualTailed, Marginal

__all__ = ["WithAtom"]


@dataclass(frozen=True, slots=True)
class WithAtom(EqualTailed):
    """Average over models in some of which a parameter is 0.

    Parameters
    ----------
    present : Marginal
        Given the models that have the parameter.
    absent : float
        Probability of the others, at least 0 and below 1.

    Examples
    --------
    >>> import numpy as np
    >>> from bayes_alliance.posterior.marginal import MixtureMarginal
    >>> WithAtom(MixtureMarginal(np.ones(1), np.ones(1)), 0.75).mean
    0.25
    """

    present: Marginal
    absent: float

    @property
    def mean(self) -> float:
        """Mean over all models."""
        return (1 - self.absent) * self.present.mean

    @property
    def sd(self) -> float:
        """Standard deviation over all models."""
        second = (1 - self.absent) * (self.present.sd**2 + self.present.mean**2)
        return float(np.sqrt(max(second - self.mean**2, 0.0)))

    def cdf(self, x: ArrayLike) -> Array:
        """Probability of a value at most x.

        Parameters
        ----------
        x : array_like
            Values.

        Returns
        -------
        ndarray
            Probabilities; they jump at 0.
        """
        x = np.asarray(x, float)
        return np.asarray(self.absent * (x >= 0) + (1 - self.absent) * self.present.cdf(x))

    def pdf(self, x: ArrayLike) -> Array:
        """Density of what is not at 0; its integral is the probability of that.

        Parameters
        ----------
        x : array_like
            Values.

        Returns
        -------
        ndarray
            Densities.
        """
        return np.asarray((1 - self.absent) * self.present.pdf(x))

    def quantile(self, q: ArrayLike) -> Array:
        """Smallest value at or below which the probability is q.

        Parameters
        ----------
        q : array_like
            Probabilities strictly between 0 and 1.

        Returns
        -------
        ndarray
            Values; 0 for all q at which the cdf jumps.
        """
        q = np.asarray(q, float)
        below = (1 - self.absent) * float(self.present.cdf(0.0))
        found = np.zeros(q.shape)
        low, high = q < below, q > below + self.absent
        if low.any():
            found[low] = self.present.quantile(q[low] / (1 - self.absent))
        if high.any():
            found[high] = self.present.quantile((q[high] - self.absent) / (1 - self.absent))
        return found
