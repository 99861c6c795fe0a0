"""Distributions one can ask: mean, sd, cdf, quantile, pdf, interval; made of draws or normals."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

import numpy as np
from numpy.typing import ArrayLike
from scipy import stats
from scipy.special import ndtr, ndtri

from bayes_alliance.algebra.blocks import Array
from bayes_alliance.names import INTERVAL_PROBABILITY

__all__ = ["DrawnMarginal", "EqualTailed", "Marginal", "MixtureMarginal"]

#: A component that has no sd gets this one, in sds of the mixture; a step this short, in the
#: smallest sds of a component, is the last.
NARROWEST, CLOSE = 1e-12, 3e-4
ROOT_2_PI = float(np.sqrt(2 * np.pi))


@runtime_checkable
class Marginal(Protocol):
    """What every one-dimensional posterior can be asked."""

    @property
    def mean(self) -> float:
        """Posterior mean."""
        ...

    @property
    def sd(self) -> float:
        """Posterior standard deviation."""
        ...

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
        ...

    def quantile(self, q: ArrayLike) -> Array:
        """Value below which the posterior has probability q.

        Parameters
        ----------
        q : array_like
            Probabilities.

        Returns
        -------
        ndarray
            Quantiles.
        """
        ...

    def pdf(self, x: ArrayLike) -> Array:
        """Posterior density at x.

        Parameters
        ----------
        x : array_like
            Values.

        Returns
        -------
        ndarray
            Densities.
        """
        ...

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
        ...


class EqualTailed:
    """The interval of anything that has quantiles."""

    __slots__ = ()

    def quantile(self, q: ArrayLike) -> Array:
        """Value below which the posterior has probability q.

        Parameters
        ----------
        q : array_like
            Probabilities.

        Returns
        -------
        ndarray
            Quantiles.
        """
        raise TypeError(f"{type(self).__name__} has no quantiles")

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


@dataclass(frozen=True, slots=True)
class DrawnMarginal(EqualTailed):
    """A marginal made of draws.

    Parameters
    ----------
    draws : ndarray, shape (D,)
        Posterior draws.
    lower : float
        Lower end of the support (0 for a standard deviation).

    Examples
    --------
    >>> import numpy as np
    >>> from bayes_alliance.posterior.marginal import DrawnMarginal
    >>> DrawnMarginal(np.arange(101.0)).interval(0.5)
    (25.0, 75.0)
    """

    draws: Array
    lower: float = -np.inf

    @property
    def mean(self) -> float:
        """Mean of the draws."""
        return float(self.draws.mean())

    @property
    def sd(self) -> float:
        """Standard deviation of the draws."""
        return float(self.draws.std(ddof=1))

    def cdf(self, x: ArrayLike) -> Array:
        """Share of draws at most x.

        Parameters
        ----------
        x : array_like
            Values.

        Returns
        -------
        ndarray
            Probabilities.
        """
        ordered = np.sort(self.draws)
        return np.asarray(np.searchsorted(ordered, x, side="right") / len(ordered))

    def quantile(self, q: ArrayLike) -> Array:
        """Quantiles of the draws.

        Parameters
        ----------
        q : array_like
            Probabilities.

        Returns
        -------
        ndarray
            Values.
        """
        return np.asarray(np.quantile(self.draws, np.asarray(q, float)))

    def pdf(self, x: ArrayLike) -> Array:
        """Kernel density estimate, reflected at the lower end of the support.

        Parameters
        ----------
        x : array_like
            Values.

        Returns
        -------
        ndarray
            Densities; 0 below the support.
        """
        x = np.asarray(x, float)
        if np.ptp(self.draws) == 0:
            return np.where(x == self.draws[0], np.inf, 0.0)
        kernel = stats.gaussian_kde(self.draws)
        density = kernel(x.ravel()).reshape(x.shape)
        if np.isfinite(self.lower):
            mirrored = kernel((2 * self.lower - x).ravel()).reshape(x.shape)
            density = np.where(x >= self.lower, density + mirrored, 0.0)
        return np.asarray(density)

    def through(self, function: Callable[[Array], Array]) -> DrawnMarginal:
        """Distribution of a function of the quantity.

        Parameters
        ----------
        function : callable
            Applied to every draw, for example ``numpy.tanh``.

        Returns
        -------
        DrawnMarginal
            The transformed draws.
        """
        return DrawnMarginal(function(self.draws))


@dataclass(frozen=True, slots=True)
class MixtureMarginal(EqualTailed):
    """A mixture of normals: one component a posterior draw, or a node of a quadrature.

    Parameters
    ----------
    means, sds : ndarray, shape (D,)
        Mean and standard deviation of each component.
    weights : ndarray, shape (D,), optional
        Probabilities of the components, summing to 1; by default all alike.
    """

    means: Array
    sds: Array
    weights: Array | None = None

    @classmethod
    def joined(cls, parts: Sequence[MixtureMarginal]) -> MixtureMarginal:
        """One mixture of the components of several.

        Parameters
        ----------
        parts : sequence of MixtureMarginal
            Their weights need not sum to 1.

        Returns
        -------
        MixtureMarginal
            With the weights scaled to sum to 1.
        """
        weights = np.concatenate(
            [np.ones(len(p.means)) if p.weights is None else p.weights for p in parts]
        )
        return cls(
            np.concatenate([p.means for p in parts]),
            np.concatenate([p.sds for p in parts]),
            weights / weights.sum(),
        )

    def _average(self, values: Array) -> Array:
        """Average over components, the last axis."""
        return np.asarray(values.mean(-1) if self.weights is None else values @ self.weights)

    @property
    def mean(self) -> float:
        """Mean of the mixture."""
        return float(self._average(self.means))

    @property
    def sd(self) -> float:
        """Standard deviation of the mixture."""
        spread = np.square(self.means - self.mean) + np.square(self.sds)
        return float(np.sqrt(self._average(spread)))

    def cdf(self, x: ArrayLike) -> Array:
        """Average of the components' cdfs.

        Parameters
        ----------
        x : array_like
            Values.

        Returns
        -------
        ndarray
            Probabilities.
        """
        distance = np.asarray(x, float)[..., None] - self.means
        if (self.sds > 0).all():
            return self._average(ndtr(distance / self.sds))
        with np.errstate(divide="ignore", invalid="ignore"):
            standard = np.where(
                self.sds > 0, distance / self.sds, np.where(distance >= 0, np.inf, -np.inf)
            )
        return self._average(ndtr(standard))

    def quantile(self, q: ArrayLike) -> Array:
        """Quantiles, by root finding on the cdf.

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
        if not self.sds.any() and self.weights is None:
            return np.asarray(np.quantile(self.means, q))
        wanted, slices = q.ravel(), max(1, q.size * len(self.means) // 2_000_000)
        parts = [self._roots(part) for part in np.array_split(wanted, slices)]
        return np.concatenate(parts).reshape(q.shape)

    def _roots(self, wanted: Array) -> Array:
        """Where the cdf is `wanted`."""
        from bayes_alliance.posterior.moments import mixture_roots

        mean, sd, size = self.mean, self.sd, len(self.means)
        standard = ndtri(wanted)
        sds = np.maximum(self.sds, NARROWEST * sd)
        found = mixture_roots(
            wanted,
            standard,
            mean + sd * standard,
            self.means,
            sds,
            np.full(size, 1 / size) if self.weights is None else self.weights,
            CLOSE * float(sds.min()),
        )
        return np.asarray(found)

    def pdf(self, x: ArrayLike) -> Array:
        """Average of the components' densities.

        Parameters
        ----------
        x : array_like
            Values.

        Returns
        -------
        ndarray
            Densities.
        """
        sds = np.maximum(self.sds, 1e-12)
        standard = (np.asarray(x, float)[..., None] - self.means) / sds
        return self._average(np.exp(-0.5 * np.square(standard)) / sds) / ROOT_2_PI
