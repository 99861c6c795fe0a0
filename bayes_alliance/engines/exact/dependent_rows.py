"""Coefficients given the taus and rho of every draw, sample by sample, compiled.

The covariance of a sample, F + rho P + tau_effect^2 I + tau_sample^2 11', differs from draw to draw
and has no eigenvectors in common, so every draw has a Cholesky factorisation of each sample; the
samples are small.
"""

from __future__ import annotations

import math

import numpy as np
from numba import njit
from numpy.typing import NDArray

from bayes_alliance.algebra.blocks import Array
from bayes_alliance.algebra.samples import Samples
from bayes_alliance.spec.dependence import Dependence

__all__ = ["draw_dependent_coefficients"]

Index = NDArray[np.intp]


def draw_dependent_coefficients(
    samples: Samples,
    dependence: Dependence,
    *,
    rho: Array,
    taus: Array,
    normals: Array,
    precision: Array,
    prior_mean: Array,
) -> Array:
    """Draw the coefficients from their normal conditionals given the taus and rho.

    Parameters
    ----------
    samples : Samples
        The data, k effects in S samples.
    dependence : Dependence
        Their sampling covariances F + rho P.
    rho : ndarray, shape (D,)
        Draws of the correlation of sampling errors.
    taus : ndarray, shape (2, D)
        Draws of tau_sample and tau_effect.
    normals : ndarray, shape (D, p)
        Independent standard normals.
    precision : ndarray, shape (p, p)
        Prior precision of the coefficients.
    prior_mean : ndarray, shape (p,)
        Their prior mean.

    Returns
    -------
    ndarray, shape (D, p)
        m + L'^-1 z with the conditional mean m and the Cholesky factor L of the precision.
    """
    return np.asarray(
        _draw(
            np.column_stack([samples.design_matrix, samples.effect_sizes]),
            np.asarray(samples.starts, np.intp),
            np.asarray(samples.sizes, np.intp),
            np.concatenate([np.ravel(own) for own in dependence.fixed]),
            np.concatenate([np.ravel(own) for own in dependence.pattern]),
            np.ascontiguousarray(rho),
            np.square(taus[0]),
            np.square(taus[1]),
            np.ascontiguousarray(normals),
            np.column_stack([precision, precision @ prior_mean]),
        )
    )


@njit(cache=True, error_model="numpy")
def _draw(
    data: Array, starts: Index, sizes: Index, fixed: Array, pattern: Array, rho: Array,
    ts2: Array, te2: Array, normals: Array, prior: Array,
) -> Array:  # fmt: skip
    """`draw_dependent_coefficients` with matrices laid end to end; `data` is [X y]."""
    p, largest = data.shape[1] - 1, int(sizes.max())
    factor, solved = np.empty((largest, largest)), np.empty((largest, p + 1))
    total, drawn = np.empty((p, p + 1)), np.empty((len(rho), p))
    for d in range(len(rho)):
        total[:] = prior
        at = 0
        for s in range(len(starts)):
            size = sizes[s]
            for i in range(size):
                for j in range(i + 1):
                    entry = fixed[at + i * size + j] + rho[d] * pattern[at + i * size + j] + ts2[d]
                    factor[i, j] = entry + te2[d] if i == j else entry
            at += size * size
            _factorise(factor, size)
            for i in range(size):
                for a in range(p + 1):
                    entry = data[starts[s] + i, a]
                    for j in range(i):
                        entry -= factor[i, j] * solved[j, a]
                    solved[i, a] = entry / factor[i, i]
            for i in range(size):
                for a in range(p):
                    for b in range(a + 1):
                        total[a, b] += solved[i, a] * solved[i, b]
                    total[a, p] += solved[i, a] * solved[i, p]
        _factorise(total, p)
        for a in range(p):  # L^-1 of the right-hand side
            for b in range(a):
                total[a, p] -= total[a, b] * total[b, p]
            total[a, p] /= total[a, a]
        for a in range(p - 1, -1, -1):  # L'^-1 of that plus the normals
            entry = total[a, p] + normals[d, a]
            for b in range(a + 1, p):
                entry -= total[b, a] * drawn[d, b]
            drawn[d, a] = entry / total[a, a]
    return drawn


@njit(cache=True, error_model="numpy")
def _factorise(matrix: Array, size: int) -> None:
    """Put the Cholesky factor of a matrix in place of its lower triangle."""
    for j in range(size):
        for i in range(j, size):
            entry = matrix[i, j]
            for m in range(j):
                entry -= matrix[i, m] * matrix[j, m]
            matrix[i, j] = math.sqrt(entry) if i == j else entry / matrix[j, j]
