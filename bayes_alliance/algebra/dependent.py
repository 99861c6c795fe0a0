"""Samples whose sampling covariances depend on an unknown rho."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bayes_alliance.algebra import general
from bayes_alliance.algebra.blocks import Array, RotatedBlocks, rotate
from bayes_alliance.algebra.samples import Draws, Samples, normal_parameters
from bayes_alliance.names import RHO, TAU_EFFECT, TAU_SAMPLE

__all__ = ["DependentSamples"]


@dataclass(frozen=True, slots=True, kw_only=True)
class DependentSamples(Samples):
    """Samples whose sampling covariances are F_i + rho P_i, rho being drawn.

    The rotated data are those at one value of rho, for whatever needs one covariance.

    Parameters
    ----------
    fixed, pattern : tuple of ndarray
        F_i and P_i of each sample, shape (m_i, m_i).
    starts, eigenvalues, ones, y, X, vectors
        See `bayes_alliance.algebra.blocks.RotatedBlocks`.
    """

    fixed: tuple[Array, ...]
    pattern: tuple[Array, ...]

    def groups(self) -> tuple[general.Group, ...]:
        """As `Samples.groups`, with what depends on rho.

        Returns
        -------
        tuple of Group
            In order of size.
        """
        return general.group_by_size(
            self.starts, self.sizes, fixed=self.fixed, pattern=self.pattern
        )

    def sampling_covariance(self, sample: int, rho: float = np.nan) -> Array:
        """As `Samples.sampling_covariance`, at a value of rho.

        Parameters
        ----------
        sample : int
            Its position.
        rho : float
            The correlation; without it that at which the data are rotated.

        Returns
        -------
        ndarray, shape (m, m)
            In the coordinates of its effects.
        """
        if np.isnan(rho):
            return Samples.sampling_covariance(self, sample)
        return np.asarray(self.fixed[sample] + rho * self.pattern[sample])

    def cross_products(self, draws: Draws) -> tuple[Array, Array]:
        """As `Samples.cross_products`, with the covariances of each draw.

        Parameters
        ----------
        draws : mapping of str to ndarray
            Draws of the taus and of rho.

        Returns
        -------
        xx : ndarray, shape (D, p, p)
            X' M^-1 X.
        xy : ndarray, shape (D, p)
            X' M^-1 y.
        """
        data = np.column_stack([self.design_matrix, self.effect_sizes])
        size, count = data.shape[1], _count(draws)
        products = np.zeros((count, size, size))
        for part, group, total, _ in self._covariances(draws):
            own = np.ascontiguousarray(data[group.rows])
            solved = np.linalg.solve(total, own)
            products[part] += np.einsum("nma,dnmb->dab", own, solved, optimize=True)
        return products[:, :-1, :-1], products[:, :-1, -1]

    def log_density(self, draws: Draws, y: Array | None = None) -> Array:
        """As `Samples.log_density`, with the covariances of each draw.

        Parameters
        ----------
        draws : mapping of str to ndarray
            Draws of the parameters, rho among them.
        y : ndarray, shape (D, k), optional
            Effect sizes to be used instead of those observed.

        Returns
        -------
        ndarray, shape (D, S)
            One value a draw and sample.
        """
        residual = self._residual(draws, y)
        result = np.empty((len(residual), len(self.starts)))
        for part, group, total, _ in self._covariances(draws):
            result[part, group.samples] = general.log_density(residual[part][:, group.rows], total)
        return result

    def deviations_of_samples(
        self, draws: Draws, y: Array | None = None, *, weights: Array | None = None
    ) -> tuple[Array, Array]:
        """As `Samples.deviations_of_samples`, with the covariances of each draw.

        Parameters
        ----------
        draws : mapping of str to ndarray
            Draws of the parameters, rho among them.
        y : ndarray, shape (D, k), optional
            Effect sizes to be used instead of those observed.
        weights : ndarray, shape (p,), optional
            Weights of a mean: its deviation in each sample is meant.

        Returns
        -------
        mean, variance : ndarray, shape (D, S)
            Of the normal conditional.
        """
        residual = self._residual(draws, y)
        mean, variance = np.empty((2, len(residual), len(self.starts)))
        for part, group, total, between in self._covariances(draws):
            covariance, own = self._target(group, between, draws, part, weights)
            mean[part, group.samples], variance[part, group.samples] = general.regression(
                residual[part][:, group.rows], total, covariance=covariance, variance=own
            )
        return mean, variance

    def draw_deviations(
        self, draws: Draws, rng: np.random.Generator, y: Array | None = None
    ) -> tuple[Array, Array]:
        """As `Samples.draw_deviations`, with the covariances of each draw.

        Parameters
        ----------
        draws : mapping of str to ndarray
            Draws of the parameters, rho among them.
        rng : numpy.random.Generator
            Source of randomness.
        y : ndarray, shape (D, k), optional
            Effect sizes to be used instead of those observed.

        Returns
        -------
        u, w : ndarray, shape (D, k)
            Sample-level and effect-level deviation behind each effect size.
        """
        residual = self._residual(draws, y)
        given = normal_parameters(draws)
        u, w = np.empty((2, *residual.shape))
        between_samples = self._draw_between(draws, rng)
        for part, group, total, between in self._covariances(draws):
            errors = general.noise(general.sampling_covariance(group, self._rho(draws)[part]), rng)
            drawn = general.deviations(
                residual[part][:, group.rows],
                total,
                between,
                simulated=np.stack([between_samples[part][:, group.rows], errors]),
                tau_effect=given[TAU_EFFECT][part],
                rng=rng,
            )
            u[part, group.rows], w[part, group.rows] = drawn
        return u, w

    def simulate(self, draws: Draws, rng: np.random.Generator) -> Array:
        """As `Samples.simulate`, with the covariances of each draw.

        Parameters
        ----------
        draws : mapping of str to ndarray
            Draws of the parameters, rho among them.
        rng : numpy.random.Generator
            Source of randomness.

        Returns
        -------
        ndarray, shape (D, k)
            One simulated data set a draw.
        """
        y = draws["beta"] @ self.design_matrix.T
        for part, group, total, _ in self._covariances(draws):
            y[part, group.rows] += general.noise(total, rng)
        return y

    def at_median(self, draws: Draws) -> RotatedBlocks:
        """As `Samples.at_median`, at the median of the draws of rho.

        Parameters
        ----------
        draws : mapping of str to ndarray
            Draws of the parameters, rho among them.

        Returns
        -------
        RotatedBlocks
            Data rotated by the eigenvectors of F_i + rho P_i.
        """
        rho = float(np.median(self._rho(draws)))
        return rotate(
            y=self.effect_sizes,
            X=self.design_matrix,
            variances=np.concatenate([np.diag(f) for f in self.fixed]),
            starts=self.starts,
            covariances=[f + rho * p for f, p in zip(self.fixed, self.pattern, strict=True)],
        )

    def marginal_covariance(self, sample: int, draws: Draws) -> Array:
        """As `Samples.marginal_covariance`, at the rho of each draw.

        Parameters
        ----------
        sample : int
            Its position.
        draws : mapping of str to ndarray
            Draws of the parameters, rho among them.

        Returns
        -------
        ndarray, shape (D, m, m)
            One matrix a draw.
        """
        own = general.group_by_size(
            self.starts[[sample]],
            self.sizes[[sample]],
            fixed=self.fixed[sample : sample + 1],
            pattern=self.pattern[sample : sample + 1],
        )[0]
        total, _ = self._marginal(own, draws, slice(None))
        return total[:, 0]

    def _covariances(self, draws: Draws) -> Iterator[tuple[slice, general.Group, Array, Array]]:
        """Slices of draws, samples of equal size, their covariances M and B."""
        for group in self.groups():
            for part in general.slices(group, _count(draws)):
                yield part, group, *self._marginal(group, draws, part)

    def _marginal(self, group: general.Group, draws: Draws, part: slice) -> tuple[Array, Array]:
        between = general.between_covariance(group, self._between(draws)[part], self._level)
        total = general.sampling_covariance(group, self._rho(draws)[part]) + between
        te2 = np.square(normal_parameters(draws)[TAU_EFFECT][part])
        total += te2[:, None, None, None] * np.eye(group.rows.shape[1])
        return total, between

    def _target(
        self,
        group: general.Group,
        between: Array,
        draws: Draws,
        part: slice,
        weights: Array | None,
    ) -> tuple[Array, Array]:
        """Covariance of a sample's deviation with its effect sizes, and its variance."""
        averaged = between.mean(-1)
        return averaged, averaged.mean(-1)

    def _rho(self, draws: Draws) -> Array:
        """Draws of rho, shape (D,)."""
        return draws[RHO]

    def _between(self, draws: Draws) -> Array:
        """Covariance of the sample-level effects of one sample, shape (D, L, L)."""
        return np.square(normal_parameters(draws)[TAU_SAMPLE])[:, None, None]

    @property
    def _level(self) -> NDArray[np.intp]:
        """Which sample-level effect stands behind each effect size, shape (k,)."""
        return np.zeros(len(self.y), np.intp)

    def _draw_between(self, draws: Draws, rng: np.random.Generator) -> Array:
        """Prior draws of the sample-level effect behind each effect size, shape (D, k)."""
        size = (len(draws["beta"]), len(self.starts))
        drawn = normal_parameters(draws)[TAU_SAMPLE][:, None] * rng.standard_normal(size)
        return np.repeat(drawn, self.sizes, axis=-1)

    def _residual(self, draws: Draws, y: Array | None) -> Array:
        return (self.effect_sizes if y is None else y) - draws["beta"] @ self.design_matrix.T


def _count(draws: Draws) -> int:
    return len(next(iter(draws.values())))
