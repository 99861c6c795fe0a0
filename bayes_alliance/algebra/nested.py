r"""Samples that lie in groups which have effects of their own.

.. math:: y_{ij} = x_{ij}'\beta + g_{c(ij)} + u_i + w_{ij} + e_{ij}, \quad
          g_c \sim N(0, \tau_{group}^2)

Rows of one sample may lie in one group (nested) or in several (crossed). Given the parameters the
independent units are the components, the samples and groups linked with one another: the covariance
of the effects of a component is

.. math:: M = V + \tau_{effect}^2 I + \tau_{sample}^2 Z_u Z_u' + \tau_{group}^2 Z_g Z_g'

with V block diagonal over its samples, and the indicators Z of samples and of groups. All taus are
standard deviations. Components of equal size are factorised together.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import block_diag

from bayes_alliance.algebra import general
from bayes_alliance.algebra.blocks import Array
from bayes_alliance.algebra.dependent import DependentSamples
from bayes_alliance.algebra.samples import Draws, normal_parameters
from bayes_alliance.names import RHO, TAU_EFFECT, TAU_GROUP, TAU_SAMPLE

__all__ = ["GroupedSamples"]


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupedSamples(DependentSamples):
    """Samples in groups.

    Parameters
    ----------
    group : ndarray of int, shape (k,)
        Group of each effect.
    component : ndarray of int, shape (k,)
        Component of each effect; all effects of a sample, and all of a group, have the same.
    starts, eigenvalues, ones, y, X, vectors, fixed, pattern
        See `bayes_alliance.algebra.dependent.DependentSamples`; pattern is 0 where rho is known.
    """

    group: NDArray[np.intp]
    component: NDArray[np.intp]

    def groups(self) -> tuple[general.Group, ...]:
        """As `Samples.groups`, of components in place of samples.

        Returns
        -------
        tuple of Group
            In order of size; `samples` are the positions of the components.
        """
        return self._stacked(np.unique(self.component))

    def _stacked(self, units: NDArray[np.intp]) -> tuple[general.Group, ...]:
        sample_index = self.sample_index
        rows = {int(c): np.flatnonzero(self.component == c) for c in units}
        sizes = np.array([len(rows[int(c)]) for c in units])
        stacked = []
        for size in np.unique(sizes):
            own = units[sizes == size]
            of = [np.unique(sample_index[rows[int(c)]]) for c in own]
            stacked.append(
                general.Group(
                    samples=own,
                    rows=np.stack([rows[int(c)] for c in own]),
                    fixed=np.stack([block_diag(*(self.fixed[i] for i in s)) for s in of]),
                    pattern=np.stack([block_diag(*(self.pattern[i] for i in s)) for s in of]),
                )
            )
        return tuple(stacked)

    def log_density(self, draws: Draws, y: Array | None = None) -> Array:
        """As `Samples.log_density`, by component.

        Parameters
        ----------
        draws : mapping of str to ndarray
            Draws of the parameters.
        y : ndarray, shape (D, k), optional
            Effect sizes to be used instead of those observed.

        Returns
        -------
        ndarray, shape (D, U)
            One value a draw and component.
        """
        residual = self._residual(draws, y)
        result = np.empty((len(residual), int(self.component.max()) + 1))
        for part, group, total, _ in self._covariances(draws):
            result[part, group.samples] = general.log_density(residual[part][:, group.rows], total)
        return result

    def deviations_of_samples(
        self, draws: Draws, y: Array | None = None, *, weights: Array | None = None
    ) -> tuple[Array, Array]:
        """As `Samples.deviations_of_samples`: of the sample and of the groups of its effects.

        Parameters
        ----------
        draws : mapping of str to ndarray
            Draws of the parameters.
        y : ndarray, shape (D, k), optional
            Effect sizes to be used instead of those observed.
        weights : ndarray, shape (p,), optional
            Weights of a mean; all means of a sample deviate alike here.

        Returns
        -------
        mean, variance : ndarray, shape (D, S)
            Of u_i plus the effects of the groups of its rows, averaged over these.
        """
        residual, sample_index = self._residual(draws, y), self.sample_index
        mean, variance = np.empty((2, len(residual), len(self.starts)))
        shares = np.zeros((len(self.starts), int(self.group.max()) + 1))
        np.add.at(shares, (sample_index, self.group), 1 / self.sizes[sample_index])
        ts2, tg2 = (np.square(tau) for tau in self._taus(draws))
        for part, group, total, _ in self._covariances(draws):
            first = np.isin(group.rows, self.starts)  # one row a sample
            of = sample_index[group.rows]
            averaged = shares[of[:, :, None], self.group[group.rows][:, None, :]]
            same = of[:, :, None] == of[:, None, :]
            s, g = ts2[part, None, None, None], tg2[part, None, None, None]
            covariance = s * same + g * averaged
            solved = np.linalg.solve(total, covariance.swapaxes(-1, -2))
            r = residual[part][:, group.rows]
            centre = np.einsum("dna,dnaj->dnj", r, solved)
            own = ts2[part, None, None] + tg2[part, None, None] * np.square(shares).sum(1)[of]
            left = np.maximum(own - np.einsum("dnja,dnaj->dnj", covariance, solved), 0.0)
            mean[part, of[first]], variance[part, of[first]] = centre[:, first], left[:, first]
        return mean, variance

    def draw_deviations(
        self, draws: Draws, rng: np.random.Generator, y: Array | None = None
    ) -> tuple[Array, Array]:
        """As `Samples.draw_deviations`; the effect of the group is part of the first.

        Parameters
        ----------
        draws : mapping of str to ndarray
            Draws of the parameters.
        rng : numpy.random.Generator
            Source of randomness.
        y : ndarray, shape (D, k), optional
            Effect sizes to be used instead of those observed.

        Returns
        -------
        u, w : ndarray, shape (D, k)
            Deviation of group and sample together, and of the effect.
        """
        g, u, w = self._draw_levels(draws, rng, y)
        return g[:, self.group] + u[:, self.sample_index], w

    def draw_groups(self, draws: Draws, rng: np.random.Generator, y: Array | None = None) -> Array:
        """As `Samples.draw_groups`.

        Parameters
        ----------
        draws : mapping of str to ndarray
            Draws of the parameters.
        rng : numpy.random.Generator
            Source of randomness; in the state that `draw_deviations` gets, the draws are joint
            with those it returns.
        y : ndarray, shape (D, k), optional
            Effect sizes to be used instead of those observed.

        Returns
        -------
        ndarray, shape (D, G)
            True means: of the coefficients over the effects of the group, plus its deviation.
        """
        deviations, _, _ = self._draw_levels(draws, rng, y)
        indicator = np.eye(deviations.shape[-1])[self.group]
        average = self.design_matrix.T @ (indicator / indicator.sum(axis=0))
        return np.asarray(draws["beta"] @ average + deviations)

    def _draw_levels(
        self, draws: Draws, rng: np.random.Generator, y: Array | None
    ) -> tuple[Array, Array, Array]:
        """Effects of groups, samples and effects: draws of the prior, corrected by what they miss.

        Matheron's rule (Doucet 2010), as in `bayes_alliance.algebra.general.deviations`.
        """
        residual = self._residual(draws, y)
        ts, tg = (tau[:, None] for tau in self._taus(draws))
        te = normal_parameters(draws)[TAU_EFFECT][:, None]
        count, groups = len(residual), int(self.group.max()) + 1
        u = ts * rng.standard_normal((count, len(self.starts)))
        g = tg * rng.standard_normal((count, groups))
        w = te * rng.standard_normal(residual.shape)
        residual = residual - g[:, self.group] - u[:, self.sample_index] - w
        missed = np.empty_like(residual)
        for part, group, total, _ in self._covariances(draws):
            errors = general.noise(general.sampling_covariance(group, self._rho(draws)[part]), rng)
            left = residual[part][:, group.rows] - errors
            missed[part, group.rows] = general.cholesky_solve(np.linalg.cholesky(total), left)
        indicator = np.eye(groups)[self.group]
        return (
            g + np.square(tg) * (missed @ indicator),
            u + np.square(ts) * np.add.reduceat(missed, self.starts, axis=-1),
            w + np.square(te) * missed,
        )

    def between_variance(
        self, draws: Draws, weights: Array | None = None, *, one_effect: bool = False
    ) -> Array:
        """As `Samples.between_variance`: of a sample in a group of its own.

        Parameters
        ----------
        draws : mapping of str to ndarray
            Draws of the parameters.
        weights : ndarray, shape (p,), optional
            Weights of the mean; all means vary alike here.
        one_effect : bool
            Alike for one effect and for the mean of a sample.

        Returns
        -------
        ndarray, shape (D,)
            tau_group^2 + tau_sample^2, one a draw.
        """
        ts, tg = self._taus(draws)
        return np.asarray(np.square(ts) + np.square(tg))

    def _taus(self, draws: Draws) -> tuple[Array, Array]:
        """Draws of tau_sample and tau_group, each (D,)."""
        ts = normal_parameters(draws)[TAU_SAMPLE]
        return ts, draws.get(TAU_GROUP, np.zeros_like(ts))

    def _marginal(self, group: general.Group, draws: Draws, part: slice) -> tuple[Array, Array]:
        ts2, tg2 = (np.square(tau[part])[:, None, None, None] for tau in self._taus(draws))
        same_sample, same_group = (
            of[group.rows][:, :, None] == of[group.rows][:, None, :]
            for of in (self.sample_index, self.group)
        )
        between = ts2 * same_sample + tg2 * same_group
        te2 = np.square(normal_parameters(draws)[TAU_EFFECT][part])[:, None, None, None]
        errors = general.sampling_covariance(group, self._rho(draws)[part])
        return errors + between + te2 * np.eye(group.rows.shape[1]), between

    def marginal_covariance(self, sample: int, draws: Draws) -> Array:
        """As `Samples.marginal_covariance`, of a component.

        Parameters
        ----------
        sample : int
            Position of the component.
        draws : mapping of str to ndarray
            Draws of the parameters.

        Returns
        -------
        ndarray, shape (D, m, m)
            One matrix a draw; its effects in the order of the rows.
        """
        (own,) = self._stacked(np.array([sample]))
        return self._marginal(own, draws, slice(None))[0][:, 0]

    def _rho(self, draws: Draws) -> Array:
        return draws.get(RHO, np.zeros(len(next(iter(draws.values())))))
