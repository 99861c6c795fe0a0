"""A posterior computed by quadrature: its marginals are exact, its tree holds independent draws."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from bayes_alliance.algebra.blocks import Array
from bayes_alliance.names import Level
from bayes_alliance.posterior.grid import Grid
from bayes_alliance.posterior.marginal import DrawnMarginal, Marginal, MixtureMarginal
from bayes_alliance.posterior.posterior import Posterior

__all__ = ["QuadraturePosterior"]

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
        variance = np.zeros(self.nodes.log_values.shape)
        if "sample" in levels:
            variance = variance + np.square(self.nodes.tau_sample)
        if "effect" in levels:
            variance = variance + np.square(self.nodes.tau_effect)[:, None]
        return self._mixture(weights, variance)

    def mean_r(self, weights: Array, group: str = "posterior") -> DrawnMarginal:
        """Mean true correlation; told by draws, its mean is that of the predictive distribution.

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
        return Posterior.mean_r(self, weights, group)

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
