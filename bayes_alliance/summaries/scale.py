"""From the analysis scale to the correlation and back."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from bayes_alliance.algebra.blocks import Array
from bayes_alliance.names import Measure
from bayes_alliance.posterior.marginal import Marginal
from bayes_alliance.posterior.posterior import Posterior

__all__ = ["Scale"]


@dataclass(frozen=True, slots=True)
class Scale:
    """How a measure is read as a correlation.

    Parameters
    ----------
    measure : {"ZCOR", "COR", "GEN"}
        Fisher's z is read through tanh, raw r as it is, any other measure not at all.
    """

    measure: Measure

    @property
    def has_r(self) -> bool:
        """Whether values of this measure have a meaning in r."""
        return self.measure != "GEN"

    @property
    def symbol(self) -> str:
        """How estimates of this measure are labelled: r, or the measure itself."""
        return "r" if self.has_r else "effect"

    def to_r(self, values: Array) -> Array:
        """Correlations of values on the analysis scale.

        Parameters
        ----------
        values : ndarray
            On the analysis scale.

        Returns
        -------
        ndarray
            tanh of Fisher's z; raw r unchanged.
        """
        return np.tanh(values) if self.measure == "ZCOR" else np.asarray(values)

    def from_r(self, r: Array | float) -> Array:
        """Values on the analysis scale of correlations.

        Parameters
        ----------
        r : float or ndarray
            Correlations.

        Returns
        -------
        ndarray
            atanh for Fisher's z; raw r unchanged.
        """
        return np.arctanh(r) if self.measure == "ZCOR" else np.asarray(r)

    def density(self, marginal: Marginal, values: Array) -> Array:
        """Density on r of a quantity whose marginal is on the analysis scale.

        Parameters
        ----------
        marginal : Marginal
            On the analysis scale.
        values : ndarray
            Correlations (values of the measure itself, if it has no r).

        Returns
        -------
        ndarray
            For Fisher's z the density at atanh(r) over 1 - r^2, 0 at -1 and 1.
        """
        if self.measure != "ZCOR":
            return marginal.pdf(values)
        inside = np.abs(values) < 1
        r = np.where(inside, values, 0.0)
        return np.where(inside, marginal.pdf(np.arctanh(r)) / (1 - r**2), 0.0)

    def mean_r(self, posterior: Posterior, weights: Array) -> Marginal:
        """Mean true correlation, averaged over both levels of heterogeneity.

        Parameters
        ----------
        posterior : Posterior
            The posterior.
        weights : ndarray, shape (p,)
            Weights of the mean.

        Returns
        -------
        Marginal
            On r; for raw r the mean is the coefficient itself.
        """
        return posterior.mean_r(weights) if self.measure == "ZCOR" else posterior.linear(weights)
