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

__all__ = ["Array", "Pencil", "RotatedBlocks", "rotate", "sum_by_sample"]


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


@dataclass(frozen=True, slots=True)
class Pencil:
    """Data whose sampling covariances are linear in a correlation: V_i = F_i + rho P_i.

    Samples of equal size are kept together, so that one call finds the eigenvectors of all.

    Parameters
    ----------
    y : ndarray, shape (k,)
        Effect sizes, the effects of a sample contiguous.
    X : ndarray, shape (k, p)
        Design matrix.
    starts : ndarray of int, shape (S,)
        Index of the first effect of each sample.
    groups : tuple
        For each size m: indices of its g samples (g,), rows of their effects (g, m), F and P, each
        (g, m, m).
    """

    y: Array
    X: Array
    starts: NDArray[np.intp]
    groups: tuple[tuple[NDArray[np.intp], NDArray[np.intp], Array, Array], ...]

    @classmethod
    def of(
        cls,
        *,
        y: Array,
        X: Array,
        starts: NDArray[np.intp],
        fixed: Sequence[Array],
        pattern: Sequence[Array] | None = None,
    ) -> Pencil:
        """Sort the samples by size.

        Parameters
        ----------
        y : ndarray, shape (k,)
            Effect sizes, the effects of a sample contiguous.
        X : ndarray, shape (k, p)
            Design matrix.
        starts : ndarray of int, shape (S,)
            Index of the first effect of each sample.
        fixed, pattern : sequence of ndarray
            The F_i and P_i, each (m_i, m_i); no pattern: zeros.

        Returns
        -------
        Pencil
            The same, sorted.
        """
        sizes, groups = np.diff(starts, append=len(y)), []
        for m in np.unique(sizes):
            samples = np.flatnonzero(sizes == m)
            F = np.stack([fixed[int(i)] for i in samples])
            P = (
                np.zeros_like(F)
                if pattern is None
                else np.stack([pattern[int(i)] for i in samples])
            )
            groups.append((samples, starts[samples][:, None] + np.arange(m), F, P))
        return cls(y, X, starts, tuple(groups))

    def at(self, rho: float) -> RotatedBlocks:
        """Rotate the data by the eigenvectors of the covariances at a value of rho.

        Parameters
        ----------
        rho : float
            The correlation.

        Returns
        -------
        RotatedBlocks
            What every density of the model is computed from.
        """
        eigenvalues, ones, y = (np.empty_like(self.y) for _ in range(3))
        X = np.empty_like(self.X)
        vectors: list[Array] = [np.empty(0)] * len(self.starts)
        for samples, rows, F, P in self.groups:
            eigenvalues[rows], q = np.linalg.eigh(F + rho * P)
            ones[rows] = q.sum(axis=1)
            turned = q.swapaxes(1, 2)
            y[rows] = (turned @ self.y[rows][..., None])[..., 0]
            X[rows] = turned @ self.X[rows]
            for i, vector in zip(samples.tolist(), q, strict=True):
                vectors[i] = vector
        return RotatedBlocks(self.starts, eigenvalues, ones, y, X, tuple(vectors))


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
    return Pencil.of(y=y, X=X, starts=starts, fixed=covariances).at(0.0)


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
