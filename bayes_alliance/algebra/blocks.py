r"""The three-level model rotated so that every sampling covariance is diagonal.

The model of effect j in sample i is

.. math:: y_{ij} = x_{ij}'\beta + u_i + w_{ij} + e_{ij}, \quad
          u_i \sim N(0, \tau_{sample}^2),\; w_{ij} \sim N(0, \tau_{effect}^2),\; e_i \sim N(0, V_i),

so that :math:`y_i \sim N(X_i\beta, M_i)` with
:math:`M_i = V_i + \tau_{effect}^2 I + \tau_{sample}^2 11'`. Both taus are standard deviations.

With :math:`V_i = Q_i \Lambda_i Q_i'` and everything multiplied by :math:`Q_i'`, the covariance is
:math:`\Lambda_i + \tau_{effect}^2 I + \tau_{sample}^2 z_i z_i'`, :math:`z_i = Q_i'1`: a diagonal
plus a rank-one term, whose inverse and determinant are known (Sherman & Morrison 1950). The
rotation does not depend on the taus, so it is made once, and every evaluation costs time linear in
the number of effects.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

__all__ = ["Array", "RotatedBlocks", "rotate", "sum_by_sample"]


@dataclass(frozen=True, slots=True)
class RotatedBlocks:
    """Data of k effects in S samples, p coefficients, rotated by the eigenvectors of each V_i.

    Parameters
    ----------
    starts : ndarray of int, shape (S,)
        Index of the first effect of each sample; the effects of a sample are contiguous.
    eigenvalues : ndarray, shape (k,)
        Eigenvalues of the V_i (the variances themselves where V_i is diagonal).
    ones : ndarray, shape (k,)
        The rotated vectors of ones, z_i.
    y : ndarray, shape (k,)
        The rotated effect sizes.
    X : ndarray, shape (k, p)
        The rotated design matrix.
    vectors : tuple of ndarray or None
        The eigenvectors Q_i, or None where every V_i is diagonal (nothing was rotated).
    """

    starts: NDArray[np.intp]
    eigenvalues: Array
    ones: Array
    y: Array
    X: Array
    vectors: tuple[Array, ...] | None = None

    @property
    def sizes(self) -> NDArray[np.intp]:
        """Number of effects in each sample, shape (S,)."""
        return np.diff(self.starts, append=len(self.y))

    @property
    def sample_index(self) -> NDArray[np.intp]:
        """Index of the sample of each effect, shape (k,)."""
        return np.repeat(np.arange(len(self.starts)), self.sizes)

    def forward(self, values: Array) -> Array:
        """Rotate: multiply each sample's block by Q_i'.

        Parameters
        ----------
        values : ndarray, shape (..., k)
            Values in the coordinates of the effects.

        Returns
        -------
        ndarray, shape (..., k)
            The same in the rotated coordinates.
        """
        if self.vectors is None:
            return values
        pieces = np.split(values, self.starts[1:], axis=-1)
        return np.concatenate(
            [piece @ q for piece, q in zip(pieces, self.vectors, strict=True)], axis=-1
        )

    def back(self, rotated: Array) -> Array:
        """Undo the rotation: multiply each sample's block by Q_i.

        Parameters
        ----------
        rotated : ndarray, shape (..., k)
            Values in the rotated coordinates.

        Returns
        -------
        ndarray, shape (..., k)
            The same in the coordinates of the effects.
        """
        if self.vectors is None:
            return rotated
        pieces = np.split(rotated, self.starts[1:], axis=-1)
        return np.concatenate(
            [piece @ q.T for piece, q in zip(pieces, self.vectors, strict=True)], axis=-1
        )


def rotate(
    *,
    y: Array,
    X: Array,
    variances: Array,
    starts: NDArray[np.intp],
    covariances: Sequence[Array] | None = None,
) -> RotatedBlocks:
    """Rotate the data of every sample by the eigenvectors of its sampling covariance.

    Parameters
    ----------
    y : ndarray, shape (k,)
        Effect sizes, the effects of a sample contiguous.
    X : ndarray, shape (k, p)
        Design matrix.
    variances : ndarray, shape (k,)
        Sampling variances; used where `covariances` is None.
    starts : ndarray of int, shape (S,)
        Index of the first effect of each sample.
    covariances : sequence of ndarray, optional
        The V_i, each (m_i, m_i) and positive definite.

    Returns
    -------
    RotatedBlocks
        What every density and every posterior of the model is computed from.
    """
    if covariances is None:
        return RotatedBlocks(starts, variances, np.ones_like(y), y, X)
    pieces = [np.linalg.eigh(V) for V in covariances]
    vectors = tuple(q for _, q in pieces)
    ends = np.append(starts[1:], len(y))
    blocks = list(zip(vectors, starts, ends, strict=True))
    return RotatedBlocks(
        starts=starts,
        eigenvalues=np.concatenate([values for values, _ in pieces]),
        ones=np.concatenate([q.sum(axis=0) for q in vectors]),
        y=np.concatenate([q.T @ y[a:b] for q, a, b in blocks]),
        X=np.concatenate([q.T @ X[a:b] for q, a, b in blocks]),
        vectors=vectors,
    )


def sum_by_sample(values: Array, starts: NDArray[np.intp]) -> Array:
    """Sum over the effects of each sample.

    Parameters
    ----------
    values : ndarray, shape (..., k)
        One value an effect, the effects of a sample contiguous.
    starts : ndarray of int, shape (S,)
        Index of the first effect of each sample.

    Returns
    -------
    ndarray, shape (..., S)
        The sums.
    """
    return np.asarray(np.add.reduceat(values, starts, axis=-1))
