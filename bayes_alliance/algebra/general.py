r"""Densities and conditionals of samples whose covariance is another general matrix at every draw.

.. math:: y_i \sim N(X_i\beta, M_i), \quad M_i = V_i(\rho) + \tau_{effect}^2 I + Z_i G Z_i'

V_i(rho) = F_i + rho P_i are the sampling covariances, Z_i says to which sample-level effect each
effect size belongs, G is the covariance of the sample-level effects (:math:`\tau_{sample}^2` where
a sample has one). All taus are standard deviations. `bayes_alliance.algebra.normal` has the same
answers in linear time where V is known and a sample has one effect of its own; here each matrix is
factorised, those of all draws and of all samples of equal size at once.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bayes_alliance.algebra.blocks import Array

__all__ = [
    "Group",
    "between_covariance",
    "cholesky_solve",
    "deviations",
    "group_by_size",
    "log_density",
    "noise",
    "regression",
    "sampling_covariance",
    "slices",
]

LOG_2_PI = float(np.log(2 * np.pi))

#: Numbers in one array of covariances (10 MB); a handful of such arrays is alive at once.
LARGEST = 1_250_000


@dataclass(frozen=True, slots=True)
class Group:
    """The n samples that have m effects each.

    Parameters
    ----------
    samples : ndarray of int, shape (n,)
        Which samples they are.
    rows : ndarray of int, shape (n, m)
        Their effects.
    fixed, pattern : ndarray, shape (n, m, m)
        F_i and P_i of their sampling covariances.
    """

    samples: NDArray[np.intp]
    rows: NDArray[np.intp]
    fixed: Array
    pattern: Array


def group_by_size(
    starts: NDArray[np.intp],
    sizes: NDArray[np.intp],
    *,
    fixed: Sequence[Array],
    pattern: Sequence[Array],
) -> tuple[Group, ...]:
    """Gather samples of equal size, so that their matrices can be stacked.

    Parameters
    ----------
    starts, sizes : ndarray of int, shape (S,)
        First effect and number of effects of each sample.
    fixed, pattern : sequence of ndarray
        F_i and P_i, each (m_i, m_i).

    Returns
    -------
    tuple of Group
        In order of size; every sample is in one of them.
    """
    groups = []
    for size in np.unique(sizes):
        samples = np.flatnonzero(sizes == size)
        groups.append(
            Group(
                samples=samples,
                rows=starts[samples, None] + np.arange(size),
                fixed=np.stack([fixed[int(i)] for i in samples]),
                pattern=np.stack([pattern[int(i)] for i in samples]),
            )
        )
    return tuple(groups)


def slices(group: Group, draws: int) -> Iterator[slice]:
    """Slices of the draws for which the matrices of a group fit into little memory.

    Parameters
    ----------
    group : Group
        Samples of equal size.
    draws : int
        Number of draws D.

    Yields
    ------
    slice
        Of the draws, in order.
    """
    step = max(1, LARGEST // group.fixed.size)
    for start in range(0, draws, step):
        yield slice(start, min(start + step, draws))


def sampling_covariance(group: Group, rho: Array) -> Array:
    """Sampling covariances V_i(rho) = F_i + rho P_i.

    Parameters
    ----------
    group : Group
        Samples of equal size.
    rho : ndarray, shape (D,)
        Draws of the correlation of sampling errors.

    Returns
    -------
    ndarray, shape (D, n, m, m)
        One matrix a draw and sample.
    """
    return np.asarray(group.fixed + rho[:, None, None, None] * group.pattern)


def between_covariance(group: Group, G: Array, level: NDArray[np.intp]) -> Array:
    """Covariance Z G Z' of the sample-level effects behind the effect sizes.

    Parameters
    ----------
    group : Group
        Samples of equal size.
    G : ndarray, shape (D, L, L)
        Covariance of the L sample-level effects of a sample.
    level : ndarray of int, shape (k,)
        To which of them each effect size belongs.

    Returns
    -------
    ndarray, shape (D, n, m, m)
        One matrix a draw and sample.
    """
    of = level[group.rows]
    return G[:, of[:, :, None], of[:, None, :]]


def cholesky_solve(factor: Array, right: Array) -> Array:
    """Solve L L' x = b for many small triangular matrices at once.

    Parameters
    ----------
    factor : ndarray, shape (..., m, m)
        Lower Cholesky factors L.
    right : ndarray, shape (..., m)
        Right-hand sides b.

    Returns
    -------
    ndarray, shape (..., m)
        Solutions x.
    """
    size = factor.shape[-1]
    x = _forward(factor, right)
    for i in reversed(range(size)):
        x[..., i] -= (factor[..., i + 1 :, i] * x[..., i + 1 :]).sum(-1)
        x[..., i] /= factor[..., i, i]
    return x


def _forward(factor: Array, right: Array) -> Array:
    """Solve L z = b."""
    z = np.empty(np.broadcast_shapes(factor.shape[:-1], right.shape))
    for i in range(factor.shape[-1]):
        z[..., i] = right[..., i] - (factor[..., i, :i] * z[..., :i]).sum(-1)
        z[..., i] /= factor[..., i, i]
    return z


def log_density(residual: Array, covariance: Array) -> Array:
    """Log density of N(0, M) at the residuals.

    Parameters
    ----------
    residual : ndarray, shape (..., m)
        Effect sizes minus their means.
    covariance : ndarray, shape (..., m, m)
        M, positive definite.

    Returns
    -------
    ndarray, shape (...)
        Log densities.
    """
    factor = np.linalg.cholesky(covariance)
    quadratic = np.square(_forward(factor, residual)).sum(-1)
    log_determinant = 2 * np.log(np.diagonal(factor, axis1=-2, axis2=-1)).sum(-1)
    return np.asarray(-0.5 * (quadratic + log_determinant + residual.shape[-1] * LOG_2_PI))


def regression(
    residual: Array, total: Array, *, covariance: Array, variance: Array
) -> tuple[Array, Array]:
    """Mean and variance, given y, of a normal number that covaries with it.

    Mean c'M^-1(y - X beta), variance v - c'M^-1c.

    Parameters
    ----------
    residual : ndarray, shape (..., m)
        y - X beta.
    total : ndarray, shape (..., m, m)
        M, the covariance of y.
    covariance : ndarray, shape (..., m)
        c, of the number with y.
    variance : ndarray, shape (...)
        v, of the number before y is known.

    Returns
    -------
    mean, variance : ndarray, shape (...)
        Of the conditional.
    """
    solved = cholesky_solve(np.linalg.cholesky(total), covariance)
    left = variance - (covariance * solved).sum(-1)
    return (residual * solved).sum(-1), np.maximum(left, 0.0)


def noise(covariance: Array, rng: np.random.Generator) -> Array:
    """Draw from N(0, covariance), one vector a matrix.

    Parameters
    ----------
    covariance : ndarray, shape (..., m, m)
        Positive definite.
    rng : numpy.random.Generator
        Source of randomness.

    Returns
    -------
    ndarray, shape (..., m)
        The draws.
    """
    factor = np.linalg.cholesky(covariance)
    return np.asarray((factor @ rng.standard_normal((*factor.shape[:-1], 1)))[..., 0])


def deviations(
    residual: Array,
    covariance: Array,
    between: Array,
    *,
    simulated: Array,
    tau_effect: Array,
    rng: np.random.Generator,
) -> tuple[Array, Array]:
    """Draw both random effects from their normal conditionals given y.

    Draws from the prior (u, w) and errors e are corrected by the regression on what they miss,
    u + B M^-1 (y - X beta - u - w - e) and likewise w: a draw from the conditional that needs no
    factor of its (perhaps singular) covariance (Matheron's rule; Doucet 2010).

    Parameters
    ----------
    residual : ndarray, shape (D, n, m)
        y - X beta.
    covariance, between : ndarray, shape (D, n, m, m)
        M and B.
    simulated : ndarray, shape (2, D, n, m)
        Prior draws of the sample-level effect behind each effect size, and of the errors.
    tau_effect : ndarray, shape (D,)
        Draws of the standard deviation of effects within a sample.
    rng : numpy.random.Generator
        Source of randomness.

    Returns
    -------
    u, w : ndarray, shape (D, n, m)
        Sample-level and effect-level deviation of each effect size.
    """
    u, e = simulated
    te = tau_effect[:, None, None]
    w = te * rng.standard_normal(residual.shape)
    missed = cholesky_solve(np.linalg.cholesky(covariance), residual - u - w - e)
    return u + (between @ missed[..., None])[..., 0], w + te**2 * missed
