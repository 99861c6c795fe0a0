"""Densities and probabilities of linear combinations under a mixture of normals.

Given the taus (and rho) the coefficients are normal, so that their posterior is a mixture of
normals over the nodes of a quadrature, and their prior a single normal.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

import numpy as np
from scipy.special import logsumexp, ndtr, ndtri, owens_t

from bayes_alliance.algebra.blocks import Array
from bayes_alliance.posterior.grid import Grid
from bayes_alliance.posterior.stack import GridStack

__all__ = ["Normals", "log_density_at_zero", "normals_of", "probability_positive"]

#: Nodes with a smaller share of the largest weight say nothing.
NEGLIGIBLE: Final = 1e-13
#: Independent sets of quasi-random points, and the points of each (a power of 2).
SETS: Final = 16
POINTS: Final = 4_096
SEED: Final = 20
#: Nearer to 0 or 1 a probability is not told from it.
CLOSEST: Final = 1e-300


@dataclass(frozen=True, slots=True)
class Normals:
    """A mixture of N normal distributions in m dimensions.

    Parameters
    ----------
    weights : ndarray, shape (N,)
        Summing to 1.
    means : ndarray, shape (N, m)
        Means.
    covariances : ndarray, shape (N, m, m)
        Covariances.
    """

    weights: Array
    means: Array
    covariances: Array

    def of(self, W: Array) -> Normals:
        """Distribution of W x.

        Parameters
        ----------
        W : ndarray, shape (r, m)
            Weights.

        Returns
        -------
        Normals
            In r dimensions.
        """
        return Normals(self.weights, self.means @ W.T, W @ self.covariances @ W.T)


def normals_of(grid: Grid | GridStack) -> Normals:
    """Posterior of the coefficients on the nodes of a quadrature.

    Parameters
    ----------
    grid : Grid or GridStack
        The nodes.

    Returns
    -------
    Normals
        In p dimensions; nodes without any probability are left out.
    """
    weights, means, covariances = [], [], []
    largest = max(
        float(share * layer.weights.max())
        for share, layer in zip(grid.shares, grid.layers, strict=True)
    )
    for share, layer in zip(grid.shares, grid.layers, strict=True):
        mass = share * layer.weights
        kept = mass > NEGLIGIBLE * largest
        if not kept.any():
            continue
        inverse = np.linalg.inv(layer.factors[kept])
        weights.append(mass[kept])
        means.append(layer.means[kept])
        covariances.append(inverse.swapaxes(-1, -2) @ inverse)
    total = np.concatenate(weights)
    return Normals(total / total.sum(), np.concatenate(means), np.concatenate(covariances))


def log_density_at_zero(normals: Normals) -> float:
    """Log density of a mixture at 0.

    Parameters
    ----------
    normals : Normals
        In m dimensions.

    Returns
    -------
    float
        Log density.
    """
    factors = np.linalg.cholesky(normals.covariances)
    standard = np.linalg.solve(factors, normals.means[..., None])[..., 0]
    log_det = np.log(np.diagonal(factors, axis1=-2, axis2=-1)).sum(-1)
    m = normals.means.shape[1]
    each = -0.5 * np.square(standard).sum(-1) - log_det - 0.5 * m * math.log(2 * math.pi)
    return float(logsumexp(each, b=normals.weights))


def probability_positive(normals: Normals) -> tuple[float, float]:
    """Probability that every component is positive.

    In one dimension from the normal cdf, in two by Owen's (1956) T function, both exact; in more
    by the sequential conditioning of Genz (1992) at scrambled Sobol points, of which one coordinate
    chooses the normal.

    Parameters
    ----------
    normals : Normals
        In m dimensions, of full rank.

    Returns
    -------
    probability, error : float
        The error is the standard error over independent sets of points; 0 where it is exact.

    Examples
    --------
    >>> import numpy as np
    >>> one = Normals(np.ones(1), np.zeros((1, 2)), np.array([[[1.0, -0.5], [-0.5, 1.0]]]))
    >>> round(probability_positive(one)[0], 12)  # one order of three exchangeable values
    0.166666666667
    """
    m = normals.means.shape[1]
    sds = np.sqrt(np.diagonal(normals.covariances, axis1=-2, axis2=-1))
    heights = normals.means / sds
    if m == 1:
        return float(normals.weights @ ndtr(heights[:, 0])), 0.0
    if m == 2:
        rho = normals.covariances[:, 0, 1] / sds.prod(axis=1)
        return float(normals.weights @ _both(heights[:, 0], heights[:, 1], rho)), 0.0
    return _by_conditioning(normals)


def _both(h: Array, k: Array, rho: Array) -> Array:
    """P(X < h, Y < k) of standard normals with correlation rho (Owen 1956)."""
    h, k = (np.where(x == 0, CLOSEST, x) for x in (h, k))
    root = np.sqrt((1 - rho) * (1 + rho))
    with np.errstate(over="ignore"):
        across = owens_t(h, (k / h - rho) / root) + owens_t(k, (h / k - rho) / root)
    apart = np.where(np.sign(h) == np.sign(k), 0.0, 0.5)
    return np.asarray(np.clip(0.5 * (ndtr(h) + ndtr(k)) - across - apart, 0.0, 1.0))


def _by_conditioning(normals: Normals) -> tuple[float, float]:
    from scipy.stats.qmc import Sobol

    m = normals.means.shape[1]
    factors = np.linalg.cholesky(normals.covariances)
    ends = np.cumsum(normals.weights)
    found = []
    for i in range(SETS):
        points = Sobol(m, rng=np.random.default_rng([SEED, i])).random(POINTS)
        points = np.clip(points, 2**-40, 1 - 2**-40)
        chosen = np.minimum(np.searchsorted(ends, points[:, 0] * ends[-1]), len(ends) - 1)
        found.append(_conditioned(normals.means[chosen], factors[chosen], points[:, 1:]).mean())
    return float(np.mean(found)), float(np.std(found, ddof=1) / math.sqrt(SETS))


def _conditioned(means: Array, factors: Array, points: Array) -> Array:
    """Probability at each point: component by component, each given that those before are > 0."""
    size, m = means.shape
    probability = np.ones(size)
    standard = np.zeros((size, m))
    for j in range(m):
        centre = means[:, j] + np.einsum("nk,nk->n", factors[:, j, :j], standard[:, :j])
        share = ndtr(centre / factors[:, j, j])
        probability = probability * share
        if j < m - 1:
            # A standard normal above -centre / sd, by its mirrored inverse cdf.
            standard[:, j] = -ndtri(np.maximum(points[:, j] * share, CLOSEST))
    return probability
