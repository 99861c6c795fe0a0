"""A posterior computed by quadrature: its marginals are exact, its tree holds independent draws."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

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
    """A posterior with exact marginals; the prior is still told by draws.

    Parameters
    ----------
    grid : Grid
        Posterior of both taus on the nodes of the quadrature, with the coefficients' conditionals.
    """

    grid: Grid = field(kw_only=True, compare=False, repr=False)

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
        return self.grid.sample_marginal if level == "sample" else self.grid.effect_marginal

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
        taus = {"sample": self.grid.tau_sample,
                "effect": np.broadcast_to(self.grid.tau_effect[:, None], self.grid.log_values.shape)}  # fmt: skip
        return self._mixture(weights, sum(np.square(taus[level]) for level in levels))

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

    def _mixture(self, weights: Array, added: Array | float = 0.0) -> MixtureMarginal:
        """Mixture over nodes of the normal of a combination, with a variance added."""
        grid = self.grid
        kept = grid.weights > NEGLIGIBLE * grid.weights.max()
        # var = |L^-1 w|^2 with the Cholesky factor L of the precision
        solved = np.linalg.solve(grid.factors[kept], np.broadcast_to(weights, (kept.sum(), len(weights)))[..., None])  # fmt: skip
        variance = np.square(solved[..., 0]).sum(-1)
        variance = variance + (
            np.broadcast_to(added, kept.shape)[kept] if np.ndim(added) else added
        )
        share = grid.weights[kept]
        return MixtureMarginal(grid.means[kept] @ weights, np.sqrt(variance), share / share.sum())
