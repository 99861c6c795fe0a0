"""A posterior computed by quadrature: its marginals are exact, its tree holds independent draws."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from bayes_alliance.algebra.blocks import Array
from bayes_alliance.names import Level
from bayes_alliance.posterior.grid import Grid
from bayes_alliance.posterior.marginal import DrawnMarginal, Marginal, MixtureMarginal
from bayes_alliance.posterior.posterior import NODES, WEIGHTS, Posterior
from bayes_alliance.posterior.total import total_marginal

__all__ = ["QuadraturePosterior"]


@dataclass(frozen=True, slots=True)
class MeanCorrelation(DrawnMarginal):
    """Posterior of the mean true correlation: draws, and the exact mean.

    Parameters
    ----------
    exact_mean : float
        The integral of tanh over the predictive distribution.
    """

    exact_mean: float = field(kw_only=True)

    @property
    def mean(self) -> float:
        """The exact mean."""
        return self.exact_mean


#: Nodes with less probability than this say nothing.
NEGLIGIBLE = 1e-13


@dataclass(frozen=True, slots=True)
class QuadraturePosterior(Posterior):
    """A posterior with exact marginals, made with a `grid`; the prior is still told by draws."""

    @property
    def nodes(self) -> Grid:
        """The grid, which a posterior of this kind always has."""
        if self.grid is None:
            raise ValueError("a QuadraturePosterior needs a grid")
        return self.grid

    def linear(self, weights: Array, group: str = "posterior") -> Marginal:
        """Marginal of a linear combination of the coefficients.

        Parameters
        ----------
        weights : ndarray, shape (p,)
            Its weights.
        group : str
            ``posterior`` (exact) or ``prior`` (drawn).

        Returns
        -------
        Marginal
            On the analysis scale.
        """
        return (
            Posterior.linear(self, weights, group) if group == "prior" else self._mixture(weights)
        )

    def tau(self, level: Level, group: str = "posterior") -> Marginal:
        """Marginal of the standard deviation of a level.

        Parameters
        ----------
        level : {"sample", "effect"}
            Which one.
        group : str
            ``posterior`` (exact) or ``prior`` (drawn).

        Returns
        -------
        Marginal
            On the analysis scale.
        """
        if group == "prior":
            return Posterior.tau(self, level, group)
        return self.nodes.sample_marginal if level == "sample" else self.nodes.effect_marginal

    def predictive(
        self, weights: Array, levels: Sequence[Level], group: str = "posterior"
    ) -> Marginal:
        """Distribution of a new true effect.

        Parameters
        ----------
        weights : ndarray, shape (p,)
            Weights of its mean.
        levels : sequence of {"sample", "effect"}
            Which levels vary.
        group : str
            ``posterior`` (exact) or ``prior`` (drawn).

        Returns
        -------
        Marginal
            On the analysis scale.
        """
        if group == "prior":
            return Posterior.predictive(self, weights, levels, group)
        return self._mixture(weights, self._variance(levels))

    def total_tau(self) -> Marginal:
        """Marginal of the square root of the summed squares of both taus.

        Returns
        -------
        Marginal
            On the analysis scale.
        """
        return total_marginal(self.nodes)

    def mean_r(self, weights: Array, group: str = "posterior") -> DrawnMarginal:
        """Mean true correlation; its mean is exact, its limits come from the draws.

        Parameters
        ----------
        weights : ndarray, shape (p,)
            Weights of the mean z.
        group : str
            ``posterior`` or ``prior``.

        Returns
        -------
        DrawnMarginal
            On r.
        """
        drawn = Posterior.mean_r(self, weights, group)
        if group == "prior":
            return drawn
        predicted = self._mixture(weights, self._variance(("sample", "effect")))
        share = predicted.weights if predicted.weights is not None else 1 / len(predicted.means)
        values = np.tanh(predicted.means[:, None] + predicted.sds[:, None] * NODES) @ WEIGHTS
        return MeanCorrelation(drawn.draws, exact_mean=float((share * values).sum()))

    def theta(self, sample: int) -> tuple[MixtureMarginal, tuple[MixtureMarginal, ...]]:
        """Marginals of the true mean of a sample and of its true effects.

        Given the taus, the true effects are linear in the coefficients plus normal noise:
        E(theta) = X beta + T M^-1 (y - X beta), var(theta) = T - T M^-1 T, with
        T = tau_effect^2 I + tau_sample^2 11' and M = V + T.

        Parameters
        ----------
        sample : int
            Position of the sample.

        Returns
        -------
        mean : MixtureMarginal
            Of the average of the sample's regression means plus its deviation u.
        effects : tuple of MixtureMarginal
            Of each effect, on the analysis scale.
        """
        blocks, grid = self.blocks, self.nodes
        rows = blocks.sample_index == sample
        size = int(rows.sum())
        q = np.eye(size) if blocks.vectors is None else blocks.vectors[sample]
        V, X, y = q * blocks.eigenvalues[rows] @ q.T, q @ blocks.X[rows], q @ blocks.y[rows]
        kept = grid.weights > NEGLIGIBLE * grid.weights.max()
        ts2 = np.square(grid.tau_sample[kept])[:, None, None]
        te2 = np.square(np.broadcast_to(grid.tau_effect[:, None], kept.shape)[kept])[:, None, None]
        T = te2 * np.eye(size) + ts2 * np.ones((size, size))
        gain = np.linalg.solve(V + T, T).swapaxes(-1, -2)
        effects = self._linear_in_beta(kept, X - gain @ X, gain @ y, T - gain @ T)
        ones = np.linalg.solve(V + T, np.ones((len(T), size, 1)))[..., 0] * ts2[..., 0]  # u's gain
        slope = X.mean(0) - ones @ X
        variance = ts2[:, 0, 0] - ts2[:, 0, 0] * ones.sum(-1)
        mean = self._linear_in_beta(
            kept, slope[:, None, :], (ones @ y)[:, None], variance[:, None, None]
        )
        return mean[0], effects

    def _linear_in_beta(
        self, kept: NDArray[np.bool_], slopes: Array, offsets: Array, covariance: Array
    ) -> tuple[MixtureMarginal, ...]:
        """Mixtures over nodes of slope' beta + offset + noise, one a row of the slopes."""
        grid = self.nodes
        share = grid.weights[kept] / grid.weights[kept].sum()
        centre = np.einsum("nmp,np->nm", slopes, grid.means[kept]) + offsets
        solved = np.linalg.solve(grid.factors[kept], slopes.swapaxes(-1, -2))
        variance = np.square(solved).sum(-2) + np.diagonal(covariance, axis1=-2, axis2=-1)
        return tuple(
            MixtureMarginal(m, np.sqrt(np.maximum(v, 0.0)), share)
            for m, v in zip(centre.T, variance.T, strict=True)
        )

    def _variance(self, levels: Sequence[Level]) -> Array:
        """Variance of the given levels at every node, shape (E, I)."""
        variance = np.zeros(self.nodes.log_values.shape)
        if "sample" in levels:
            variance = variance + np.square(self.nodes.tau_sample)
        if "effect" in levels:
            variance = variance + np.square(self.nodes.tau_effect)[:, None]
        return variance

    def _mixture(self, weights: Array, added: Array | None = None) -> MixtureMarginal:
        """Mixture over nodes of the normal of a combination, with a variance added at each."""
        grid = self.nodes
        kept = grid.weights > NEGLIGIBLE * grid.weights.max()
        factors = grid.factors[kept]
        # The variance is |L^-1 w|^2 with the Cholesky factor L of the precision.
        columns = np.tile(weights[:, None], (len(factors), 1, 1))
        variance = np.square(np.linalg.solve(factors, columns)[..., 0]).sum(-1)
        if added is not None:
            variance = variance + added[kept]
        share = grid.weights[kept]
        return MixtureMarginal(grid.means[kept] @ weights, np.sqrt(variance), share / share.sum())
