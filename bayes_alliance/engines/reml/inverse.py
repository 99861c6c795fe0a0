r"""The inverse of the marginal covariance M = V + sigma_s^2 ZZ' + sigma_e^2 I, never formed.

In rotated coordinates :math:`M_i = D_i + \sigma_s^2 z_iz_i'` with
:math:`D_i = \Lambda_i + \sigma_e^2 I`, so that (Sherman & Morrison 1950)

.. math:: M_i^{-1} = D_i^{-1} - \frac{\sigma_s^2}{1 + \sigma_s^2 z_i'D_i^{-1}z_i}
          D_i^{-1}z_iz_i'D_i^{-1}.

Every method costs time linear in the number of effects, `diagonal` with correlated sampling errors
in the sum of the squared numbers of effects of the samples.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bayes_alliance.algebra.blocks import Array, RotatedBlocks, sum_by_sample

__all__ = ["Inverse"]


@dataclass(frozen=True, slots=True)
class Inverse:
    """M^-1 at one pair of variances, in rotated coordinates.

    Parameters
    ----------
    starts : ndarray of int, shape (S,)
        First effect of each sample.
    sizes : ndarray of int, shape (S,)
        Number of effects of each sample.
    ones : ndarray, shape (k,)
        The rotated vectors of ones, z_i.
    precision : ndarray, shape (k,)
        1 / (lambda + sigma_e^2).
    damping : ndarray, shape (S,)
        1 + sigma_s^2 z'D^-1 z.
    shrink : ndarray, shape (S,)
        sigma_s^2 / damping: the variance of a sample effect given its data and beta.
    """

    starts: NDArray[np.intp]
    sizes: NDArray[np.intp]
    ones: Array
    precision: Array
    damping: Array
    shrink: Array

    @classmethod
    def at(cls, blocks: RotatedBlocks, sigma2_sample: float, sigma2_effect: float) -> Inverse:
        """Invert at one pair of variances.

        Parameters
        ----------
        blocks : RotatedBlocks
            The data.
        sigma2_sample, sigma2_effect : float
            Variances of the two levels.

        Returns
        -------
        Inverse
            The inverse as diagonal and rank-one parts.
        """
        precision = 1 / (blocks.eigenvalues + sigma2_effect)
        weight = sum_by_sample(precision * blocks.ones**2, blocks.starts)
        damping = 1 + sigma2_sample * weight
        shrink = sigma2_sample / damping
        return cls(blocks.starts, blocks.sizes, blocks.ones, precision, damping, shrink)

    def times(self, columns: Array) -> Array:
        """Multiply by M^-1.

        Parameters
        ----------
        columns : ndarray, shape (q, k)
            The columns of a matrix B, one a row.

        Returns
        -------
        ndarray, shape (q, k)
            M^-1 B, one row a column of B.
        """
        weighted = columns * self.precision
        inner = sum_by_sample(weighted * self.ones, self.starts) * self.shrink
        return weighted - self.ones * self.precision * self.spread(inner)

    def gather(self, columns: Array) -> Array:
        """Multiply by Z'.

        Parameters
        ----------
        columns : ndarray, shape (q, k)
            The columns of a matrix B, one a row.

        Returns
        -------
        ndarray, shape (q, S)
            Z'B, one row a column of B.
        """
        return sum_by_sample(columns * self.ones, self.starts)

    def spread(self, by_sample: Array) -> Array:
        """Repeat a value of each sample for its effects.

        Parameters
        ----------
        by_sample : ndarray, shape (..., S)
            One value a sample.

        Returns
        -------
        ndarray, shape (..., k)
            One value an effect.
        """
        return np.repeat(by_sample, self.sizes, axis=-1)

    def diagonal(self, blocks: RotatedBlocks) -> Array:
        """Diagonal of M^-1 in the coordinates of the effects.

        Parameters
        ----------
        blocks : RotatedBlocks
            The data, with the rotation.

        Returns
        -------
        ndarray, shape (k,)
            The diagonal, after the rotation is undone.
        """
        direction = blocks.back(self.ones * self.precision)
        if blocks.vectors is None:
            own = self.precision
        else:
            pieces = np.split(self.precision, self.starts[1:])
            own = np.concatenate([q**2 @ d for q, d in zip(blocks.vectors, pieces, strict=True)])
        return np.asarray(own - self.spread(self.shrink) * direction**2)

    def traces(self) -> tuple[Array, Array]:
        """Traces of M^-1 G_i and of M^-1 G_i M^-1 G_j, with G_s = ZZ' and G_e = I.

        Returns
        -------
        first : ndarray, shape (2,)
            tr(M^-1 G_i).
        second : ndarray, shape (2, 2)
            tr(M^-1 G_i M^-1 G_j).
        """
        w1, w2, w3 = (
            sum_by_sample(self.ones**2 * self.precision**power, self.starts) for power in (1, 2, 3)
        )
        first = np.array([np.sum(w1 / self.damping), self.precision.sum() - self.shrink @ w2])
        both = np.sum(w2 / self.damping**2)
        effect = np.sum(self.precision**2) + np.sum(self.shrink**2 * w2**2 - 2 * self.shrink * w3)
        return first, np.array([[np.sum((w1 / self.damping) ** 2), both], [both, effect]])
