r"""A mixture of multivariate t distributions: drawn from, evaluated, and fitted to weighted points.

The fit is a step of expectation-maximisation under importance weights (Cappé, Douc, Guillin, Marin
& Robert 2008, doi 10.1007/s11222-008-9059-x): each component's share, centre and scale matrix are
averages over points, weighted by w_i times the probability that the point is the component's.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from scipy.special import gammaln

from bayes_alliance.algebra.blocks import Array

__all__ = ["DF", "Mixture", "refitted", "systematic"]

#: Degrees of freedom: the coordinates have normal tails, and these are heavier.
DF: Final = 6.0
#: A component with a smaller share of the weight is put back where the weight is.
SMALLEST_SHARE: Final = 0.01
#: Pooled covariance counts as so many points in each component's scale matrix.
PRIOR_POINTS: Final = 20.0


@dataclass(frozen=True, slots=True)
class Mixture:
    """K multivariate t distributions in d dimensions.

    Parameters
    ----------
    shares : ndarray, shape (K,)
        Probabilities of the components.
    centres : ndarray, shape (K, d)
        Their centres.
    factors : ndarray, shape (K, d, d)
        Lower Cholesky factors of their scale matrices.
    """

    shares: Array
    centres: Array
    factors: Array

    def draws(self, size: int, rng: np.random.Generator) -> Array:
        """Draw points, from each component as many as its share (stratified).

        Parameters
        ----------
        size : int
            Number of points N.
        rng : numpy.random.Generator
            Source of randomness.

        Returns
        -------
        ndarray, shape (N, d)
            Ordered by component.
        """
        of = systematic(self.shares, size, rng)
        z = rng.standard_normal((size, self.centres.shape[1]))
        z /= np.sqrt(rng.chisquare(DF, (size, 1)) / DF)
        return np.asarray(self.centres[of] + (self.factors[of] @ z[..., None])[..., 0])

    def distances(self, x: Array) -> Array:
        """Squared Mahalanobis distances from every centre.

        Parameters
        ----------
        x : ndarray, shape (N, d)
            Points.

        Returns
        -------
        ndarray, shape (N, K)
            Distances.
        """
        result = np.empty((len(x), len(self.shares)))
        for k, inverse in enumerate(np.linalg.inv(self.factors)):
            result[:, k] = np.square((x - self.centres[k]) @ inverse.T).sum(-1)
        return result

    def log_components(self, distances: Array) -> Array:
        """Log of share times density of each component.

        Parameters
        ----------
        distances : ndarray, shape (N, K)
            From `distances`.

        Returns
        -------
        ndarray, shape (N, K)
            Log densities.
        """
        d = self.centres.shape[1]
        log_root = np.log(np.diagonal(self.factors, axis1=1, axis2=2)).sum(-1)
        constant = gammaln((DF + d) / 2) - gammaln(DF / 2) - d / 2 * np.log(DF * np.pi) - log_root
        return np.asarray(np.log(self.shares) + constant - (DF + d) / 2 * np.log1p(distances / DF))

    def logpdf(self, x: Array) -> Array:
        """Log density.

        Parameters
        ----------
        x : ndarray, shape (N, d)
            Points.

        Returns
        -------
        ndarray, shape (N,)
            Log densities.
        """
        parts = self.log_components(self.distances(x))
        most = parts.max(axis=1)
        return np.asarray(most + np.log(np.exp(parts - most[:, None]).sum(axis=1)))

    def with_components(self, shares: Array, centres: Array, factors: Array) -> Mixture:
        """Return the mixture with more components.

        Parameters
        ----------
        shares : ndarray, shape (J,)
            Their shares; those that there are make up the rest.
        centres : ndarray, shape (J, d)
            Their centres.
        factors : ndarray, shape (J, d, d)
            Lower Cholesky factors of their scale matrices.

        Returns
        -------
        Mixture
            Of K + J components.
        """
        return Mixture(
            np.append(self.shares * (1 - shares.sum()), shares),
            np.concatenate([self.centres, centres]),
            np.concatenate([self.factors, factors]),
        )


def systematic(weights: Array, size: int, rng: np.random.Generator) -> Array:
    """Indices by systematic resampling: each as often as its weight says, up to one.

    Parameters
    ----------
    weights : ndarray, shape (N,)
        Not negative; their sum does not matter.
    size : int
        Number of indices.
    rng : numpy.random.Generator
        Source of the one random number.

    Returns
    -------
    ndarray of int, shape (size,)
        Sorted.
    """
    edges = np.cumsum(weights) / weights.sum()
    wanted = (rng.uniform() + np.arange(size)) / size
    return np.asarray(np.minimum(np.searchsorted(edges, wanted, side="right"), len(weights) - 1))


def pooled(x: Array, weights: Array) -> tuple[Array, Array]:
    """Weighted mean and covariance of points, the latter kept away from singular.

    Parameters
    ----------
    x : ndarray, shape (N, d)
        Points.
    weights : ndarray, shape (N,)
        With sum 1.

    Returns
    -------
    mean : ndarray, shape (d,)
        Weighted mean.
    covariance : ndarray, shape (d, d)
        Weighted covariance.
    """
    mean = weights @ x
    centred = x - mean
    covariance = (centred * weights[:, None]).T @ centred
    return mean, covariance + 1e-6 * np.eye(x.shape[1])


def refitted(mixture: Mixture, x: Array, weights: Array, rng: np.random.Generator) -> Mixture:
    """One step of expectation-maximisation under importance weights.

    Parameters
    ----------
    mixture : Mixture
        As it is.
    x : ndarray, shape (N, d)
        Points.
    weights : ndarray, shape (N,)
        Importance weights with sum 1.
    rng : numpy.random.Generator
        Where components without points go.

    Returns
    -------
    Mixture
        Of as many components.
    """
    d = x.shape[1]
    _, covariance = pooled(x, weights)
    distances = mixture.distances(x)
    parts = mixture.log_components(distances)
    belongs = np.exp(parts - parts.max(axis=1, keepdims=True))
    belongs *= (weights / belongs.sum(axis=1))[:, None]
    nearness = belongs * (DF + d) / (DF + distances)
    shares = belongs.sum(axis=0)
    # Effective numbers of points: few ones say little about a matrix.
    points = np.square(shares) / np.maximum(np.square(belongs).sum(axis=0), 1e-300)
    centres, factors = mixture.centres.copy(), mixture.factors.copy()
    start = 0.6 * covariance
    for k in range(len(shares)):
        if shares[k] < SMALLEST_SHARE:
            centres[k] = x[systematic(weights, 1, rng)[0]]
            factors[k] = np.linalg.cholesky(start)
            continue
        centres[k] = nearness[:, k] @ x / nearness[:, k].sum()
        centred = x - centres[k]
        own = (centred * nearness[:, k, None]).T @ centred / shares[k]
        mixed = (points[k] * own + PRIOR_POINTS * start) / (points[k] + PRIOR_POINTS)
        factors[k] = np.linalg.cholesky(mixed)
    shares = np.maximum(shares, SMALLEST_SHARE)
    return Mixture(shares / shares.sum(), centres, factors)
