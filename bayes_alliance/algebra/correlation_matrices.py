r"""Correlation matrices from numbers that vary freely.

Partial correlations. With :math:`z_{ij}` the correlation of i and j given all before j, row i of
the Cholesky factor is :math:`L_{ij} = z_{ij}\sqrt{1 - \sum_{k<j} L_{ik}^2}`, j < i, and the rest
on the diagonal. If every :math:`z_{ij}` is Beta(a, a) on (-1, 1) with :math:`a = \eta + (L - 1 -
j)/2`, j = 1, 2, ..., the matrix has density proportional to :math:`|R|^{\eta - 1}` (Lewandowski,
Kurowicka & Joe 2009, doi 10.1016/j.jmva.2009.04.008).

One common correlation c. Then :math:`|R|^{\eta - 1}` is a Beta(eta, (L - 1)(eta - 1) + 1) stretched
over the range (-1 / (L - 1), 1) that leaves R positive definite; eta = 1 is uniform.
"""

from __future__ import annotations

import numpy as np

from bayes_alliance.algebra.blocks import Array

__all__ = [
    "cholesky_rows",
    "common_shapes",
    "lowest_common",
    "matrix_of_pairs",
    "pairs_of_matrix",
    "partial_shapes",
]


def partial_shapes(size: int, eta: float) -> Array:
    """Shape a of the Beta(a, a) of every partial correlation, row by row below the diagonal.

    Parameters
    ----------
    size : int
        Number of variables L.
    eta : float
        Shape of the LKJ distribution; 1 is uniform over correlation matrices.

    Returns
    -------
    ndarray, shape (L (L - 1) / 2,)
        For (2, 1), (3, 1), (3, 2), ...
    """
    column = np.concatenate([np.arange(i) for i in range(1, size)])
    return np.asarray(eta + (size - 2 - column) / 2)


def cholesky_rows(partial: Array, size: int) -> Array:
    """Cholesky factors of correlation matrices from partial correlations.

    Parameters
    ----------
    partial : ndarray, shape (..., L (L - 1) / 2)
        Partial correlations, in the order of `partial_shapes`.
    size : int
        Number of variables L.

    Returns
    -------
    ndarray, shape (..., L, L)
        Lower triangular.
    """
    factor = np.zeros((*partial.shape[:-1], size, size))
    at = 0
    for i in range(size):
        left = np.ones(partial.shape[:-1])
        for j in range(i):
            factor[..., i, j] = partial[..., at] * np.sqrt(np.maximum(left, 0.0))
            left = left - factor[..., i, j] ** 2
            at += 1
        factor[..., i, i] = np.sqrt(np.maximum(left, 0.0))  # rounding, near a correlation of 1
    return factor


def pairs_of_matrix(R: Array) -> Array:
    """Correlations of the pairs (1, 2), (1, 3), ..., (2, 3), ... of correlation matrices.

    Parameters
    ----------
    R : ndarray, shape (..., L, L)
        Correlation matrices.

    Returns
    -------
    ndarray, shape (..., L (L - 1) / 2)
        The elements above the diagonal, row by row.
    """
    first, second = np.triu_indices(R.shape[-1], 1)
    return np.asarray(R[..., first, second])


def matrix_of_pairs(pairs: Array, size: int) -> Array:
    """Correlation matrices from the correlations of their pairs.

    Parameters
    ----------
    pairs : ndarray, shape (..., L (L - 1) / 2)
        In the order of `pairs_of_matrix`.
    size : int
        Number of variables L.

    Returns
    -------
    ndarray, shape (..., L, L)
        Symmetric, with ones on the diagonal.
    """
    first, second = np.triu_indices(size, 1)
    R = np.broadcast_to(np.eye(size), (*pairs.shape[:-1], size, size)).copy()
    R[..., first, second] = pairs
    R[..., second, first] = pairs
    return R


def lowest_common(size: int) -> float:
    """Lower limit of a correlation common to all pairs of variables.

    Parameters
    ----------
    size : int
        Number of variables L.

    Returns
    -------
    float
        -1 / (L - 1).
    """
    return -1 / (size - 1)


def common_shapes(size: int, eta: float) -> tuple[float, float]:
    """Shapes of the beta distribution of a common correlation.

    Parameters
    ----------
    size : int
        Number of variables L.
    eta : float
        Shape; the density is proportional to the determinant to the power eta - 1.

    Returns
    -------
    tuple of float
        a and b, on the range from `lowest_common` to 1.
    """
    return eta, (size - 1) * (eta - 1) + 1
