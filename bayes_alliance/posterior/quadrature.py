"""A posterior computed by quadrature: its marginals are exact, its tree holds independent draws."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bayes_alliance.algebra.blocks import Array
from bayes_alliance.names import Level
from bayes_alliance.posterior.averaged import AveragedMarginal
from bayes_alliance.posterior.combinations import mixture_of
from bayes_alliance.posterior.grid import Grid
from bayes_alliance.posterior.marginal import Marginal, MixtureMarginal
from bayes_alliance.posterior.mean_correlation import MeanCorrelation
from bayes_alliance.posterior.posterior import Posterior
from bayes_alliance.posterior.stack import GridStack
from bayes_alliance.posterior.total import total_marginal

__all__ = ["QuadraturePosterior"]


#: Nodes with less probability than this say nothing.
NEGLIGIBLE = 1e-13
#: Layers with less probability say nothing about the total heterogeneity.
NEGLIGIBLE_LAYER = 1e-10


@dataclass(frozen=True, slots=True)
class QuadraturePosterior(Posterior):
    """A posterior with exact marginals, made with a `grid`; the prior is still told by draws."""

    @property
    def nodes(self) -> Grid | GridStack:
        """The grid, or the grids over rho, which a posterior of this kind always has."""
        if self.grid is None:
            raise ValueError("a QuadraturePosterior needs a grid")
        return self.grid

    @property
    def has_exact_densities(self) -> bool:
        """They are exact."""
        return True

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
        return Posterior.linear(self, weights, group) if group == "prior" else self.mixture(weights)

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
        return self.mixture(weights, levels)

    def total_tau(self) -> Marginal:
        """Marginal of the square root of the summed squares of both taus.

        Returns
        -------
        Marginal
            On the analysis scale.
        """
        shares, layers = self.nodes.shares, self.nodes.layers
        used = np.flatnonzero(shares > NEGLIGIBLE_LAYER * shares.max())
        if len(used) == 1:
            return total_marginal(layers[int(used[0])])
        marginals = tuple(total_marginal(layers[int(i)]) for i in used)
        return AveragedMarginal(shares[used] / shares[used].sum(), marginals)

    def rho(self, group: str = "posterior") -> Marginal:
        """Marginal of the correlation of sampling errors, where it was estimated.

        Parameters
        ----------
        group : str
            ``posterior`` (exact) or ``prior`` (drawn).

        Returns
        -------
        Marginal
            Of the correlation of two errors of one sample, on the analysis scale.
        """
        if group == "prior" or not isinstance(self.nodes, GridStack):
            return Posterior.rho(self, group)
        return self.nodes.rho_marginal

    def mean_r(self, weights: Array, group: str = "posterior") -> Marginal:
        """Mean true correlation: tanh averaged over both random levels.

        Parameters
        ----------
        weights : ndarray, shape (p,)
            Weights of the mean z.
        group : str
            ``posterior`` (exact) or ``prior`` (drawn).

        Returns
        -------
        Marginal
            On r.
        """
        if group == "prior":
            return Posterior.mean_r(self, weights, group)
        centre = self.mixture(weights)
        spread = np.concatenate(
            [
                np.sqrt(np.square(layer.tau_sample) + np.square(layer.tau_effect)[:, None])[kept]
                for layer, kept, _ in self._kept()
            ]
        )
        return MeanCorrelation(centre, spread)

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
        blocks = self.blocks
        rows = blocks.sample_index == sample
        X, y = blocks.design_matrix[rows], blocks.effect_sizes[rows]
        pieces = [
            _theta_of_layer(layer, kept, share, blocks.sampling_covariance(sample, rho), X, y)
            for (layer, kept, share), rho in zip(self._kept(), self._rho_kept(), strict=True)
        ]
        joined = [MixtureMarginal.joined(parts) for parts in zip(*pieces, strict=True)]
        return joined[0], tuple(joined[1:])

    def _kept(self) -> list[tuple[Grid, NDArray[np.bool_], Array]]:
        """Layers with any probability, their nodes with any, and the probabilities of these."""
        nodes = self.nodes
        found = []
        for i in self._used():
            weights = nodes.shares[i] * nodes.layers[i].weights
            kept = weights > NEGLIGIBLE * nodes.layers[i].weights.max() * nodes.shares.max()
            found.append((nodes.layers[i], kept, weights[kept]))
        return found

    def _used(self) -> list[int]:
        shares = self.nodes.shares
        return [int(i) for i in np.flatnonzero(shares > NEGLIGIBLE * shares.max())]

    def _rho_kept(self) -> list[float]:
        return [float(self.nodes.rho[i]) for i in self._used()]

    def mixture(self, weights: Array, levels: Sequence[Level] = ()) -> MixtureMarginal:
        """Mixture over nodes of the normal of a combination, with some levels' variances added.

        Parameters
        ----------
        weights : ndarray, shape (p,)
            Weights of the coefficients.
        levels : sequence of {"sample", "effect"}
            Which levels vary.

        Returns
        -------
        MixtureMarginal
            One component a node, on the analysis scale.
        """
        return mixture_of(self.nodes, weights, levels)


def _theta_of_layer(
    layer: Grid, kept: NDArray[np.bool_], share: Array, V: Array, X: Array, y: Array
) -> list[MixtureMarginal]:
    """True mean of a sample and its true effects at the nodes of a grid."""
    size = len(y)
    ts2 = np.square(layer.tau_sample[kept])[:, None, None]
    te2 = np.square(np.broadcast_to(layer.tau_effect[:, None], kept.shape)[kept])[:, None, None]
    T = te2 * np.eye(size) + ts2 * np.ones((size, size))
    gain = np.linalg.solve(V + T, T).swapaxes(-1, -2)
    ones = np.linalg.solve(V + T, np.ones((len(T), size, 1)))[..., 0] * ts2[..., 0]  # u's gain
    slopes = np.concatenate([(X.mean(0) - ones @ X)[:, None, :], X - gain @ X], axis=1)
    offsets = np.concatenate([(ones @ y)[:, None], gain @ y], axis=1)
    own = ts2[:, 0, 0] - ts2[:, 0, 0] * ones.sum(-1)
    noise = np.column_stack([own, np.diagonal(T - gain @ T, axis1=-2, axis2=-1)])
    centre = np.einsum("nmp,np->nm", slopes, layer.means[kept]) + offsets
    solved = np.linalg.solve(layer.factors[kept], slopes.swapaxes(-1, -2))
    variance = np.square(solved).sum(-2) + noise
    return [
        MixtureMarginal(m, np.sqrt(np.maximum(v, 0.0)), share)
        for m, v in zip(centre.T, variance.T, strict=True)
    ]
