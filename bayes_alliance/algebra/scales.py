r"""Samples in which every scale has an effect of its own.

.. math:: y_{ij} = x_{ij}'\beta + u_{i,s(j)} + w_{ij} + e_{ij}, \quad u_i \sim N(0, G), \;
          G = \mathrm{diag}(\tau_{scale})\, R\, \mathrm{diag}(\tau_{scale})
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bayes_alliance.algebra import general
from bayes_alliance.algebra.blocks import Array
from bayes_alliance.algebra.correlation_matrices import matrix_of_pairs
from bayes_alliance.algebra.dependent import DependentSamples
from bayes_alliance.algebra.samples import Draws
from bayes_alliance.names import RHO, SCALE_CORRELATION, TAU_SCALE

__all__ = ["ScaleSamples"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ScaleSamples(DependentSamples):
    """Samples with one effect for each of L scales, correlated within the sample.

    Parameters
    ----------
    level : ndarray of int, shape (k,)
        Scale of each effect size.
    starts, eigenvalues, ones, y, X, vectors, fixed, pattern
        See `bayes_alliance.algebra.dependent.DependentSamples`; pattern is 0 where rho is known.
    """

    level: NDArray[np.intp]

    def mixture_of_scales(self, weights: Array | None) -> Array:
        """Shares of the scales among effects with a given mean.

        The indicators of the scales are regressed on the design: where the scale is a term, a
        scale's own mean has that scale alone; otherwise the shares are those in the data.

        Parameters
        ----------
        weights : ndarray, shape (p,), optional
            Weights of the mean; by default all effects of the data, each counting once.

        Returns
        -------
        ndarray, shape (L,)
            Not negative, with sum 1.
        """
        indicator = np.eye(self.level.max() + 1)[self.level]
        if weights is None:
            return np.asarray(indicator.mean(axis=0))
        found, *_ = np.linalg.lstsq(self.design_matrix, indicator)
        shares = np.where(weights @ found < SMALLEST_SHARE, 0.0, weights @ found)
        return np.asarray(shares / shares.sum() if shares.sum() > 0 else indicator.mean(axis=0))

    def between_variance(
        self, draws: Draws, weights: Array | None = None, *, one_effect: bool = False
    ) -> Array:
        """As `Samples.between_variance`, by the scales behind the mean.

        Parameters
        ----------
        draws : mapping of str to ndarray
            Draws of the parameters.
        weights : ndarray, shape (p,), optional
            Weights of the mean, which tell the scale (see `mixture_of_scales`).
        one_effect : bool
            False: variance of a sample's mean over its scales; True: of one effect, which
            belongs to one scale.

        Returns
        -------
        ndarray, shape (D,)
            One variance a draw.
        """
        share, G = self.mixture_of_scales(weights), self._between(draws)
        if one_effect:
            return np.asarray(np.diagonal(G, axis1=-2, axis2=-1) @ share)
        return np.asarray(np.einsum("i,dij,j->d", share, G, share))

    def between_variances(self, draws: Draws) -> Array:
        """As `Samples.between_variances`, by the scale of each effect.

        Parameters
        ----------
        draws : mapping of str to ndarray
            Draws of the parameters.

        Returns
        -------
        ndarray, shape (D, k)
            One variance a draw and effect.
        """
        return np.diagonal(self._between(draws), axis1=-2, axis2=-1)[:, self.level]

    def _target(
        self,
        group: general.Group,
        between: Array,
        draws: Draws,
        part: slice,
        weights: Array | None,
    ) -> tuple[Array, Array]:
        if weights is None:
            averaged = between.mean(-1)
            return averaged, averaged.mean(-1)
        share, G = self.mixture_of_scales(weights), self._between(draws)[part]
        covariance = (G @ share)[:, self.level[group.rows]]
        return covariance, np.broadcast_to(
            np.einsum("i,dij,j->d", share, G, share)[:, None], covariance.shape[:-1]
        )

    def _rho(self, draws: Draws) -> Array:
        return draws.get(RHO, np.zeros(len(draws["beta"])))

    def _between(self, draws: Draws) -> Array:
        tau = draws[TAU_SCALE]
        absent = np.zeros((len(tau), len(np.triu_indices(tau.shape[-1], 1)[0])))
        R = matrix_of_pairs(draws.get(SCALE_CORRELATION, absent), tau.shape[-1])
        return np.asarray(tau[:, :, None] * R * tau[:, None, :])

    @property
    def _level(self) -> NDArray[np.intp]:
        return self.level

    def _draw_between(self, draws: Draws, rng: np.random.Generator) -> Array:
        # By eigenvectors: a tau of 0 leaves no Cholesky factor.
        values, vectors = np.linalg.eigh(self._between(draws))
        root = vectors * np.sqrt(np.maximum(values, 0.0))[:, None, :]
        standard = rng.standard_normal((len(root), len(self.starts), root.shape[-1]))
        u = np.einsum("dij,dsj->dsi", root, standard)
        return np.asarray(u[:, self.sample_index, self.level])


#: A share below this is rounding.
SMALLEST_SHARE = 1e-9
