"""A posterior: an ArviZ DataTree and the marginals one can ask of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from bayes_alliance.algebra.blocks import Array
from bayes_alliance.algebra.censored import complete_y
from bayes_alliance.algebra.samples import Samples
from bayes_alliance.algebra.student import new_weights
from bayes_alliance.names import (
    DF,
    RHO,
    TAU_EFFECT,
    TAU_GROUP,
    TAU_SAMPLE,
    Level,
)
from bayes_alliance.posterior.grid import Grid
from bayes_alliance.posterior.marginal import DrawnMarginal, Marginal, MixtureMarginal
from bayes_alliance.posterior.means_of_tanh import mean_tanh, mean_tanh_of_t
from bayes_alliance.posterior.proposals import Proposals, proposals_of
from bayes_alliance.posterior.provenance import Provenance
from bayes_alliance.posterior.stack import GridStack
from bayes_alliance.posterior.tree import PARAMETERS, with_true_effects

if TYPE_CHECKING:
    import xarray as xr

__all__ = ["Posterior"]


@dataclass(frozen=True, slots=True)
class Posterior:
    """Posterior (and prior) of one analysis: a tree of draws and what can be read off it.

    Parameters
    ----------
    tree : xarray.DataTree
        Groups posterior, prior, prior_predictive, posterior_predictive, log_likelihood (by
        sample, or by group where samples lie in groups; random effects integrated out),
        observed_data, constant_data and, from a sampler, sample_stats (from importance sampling,
        importance). Variables ``beta`` (dim ``coefficient``), ``tau_sample``, ``tau_effect``
        (standard deviations; absent where a level has no heterogeneity), ``tau_group`` (where
        samples lie in groups), ``tau_scale`` (dim
        ``scale``) and ``scale_correlation`` (dim ``scale_pair``) in place of
        ``tau_sample`` where every scale has its own, ``rho`` (where it is estimated), ``df`` and
        ``lambda_sample`` (dim ``sample_id``; where sample effects follow a t). Any ArviZ function
        takes it.
    blocks : Samples
        The data behind it, for conditionals of the random effects.
    provenance : Provenance
        Engine, versions, seed, seconds.
    log_marginal_likelihood, log_marginal_likelihood_error : float or None
        Log of the probability density of the data, and its error, where the engine has them.
    grid : Grid, GridStack or None
        Posterior of both taus (and of rho) on the nodes of a quadrature, where the engine has one.
    """

    tree: xr.DataTree = field(compare=False)
    blocks: Samples = field(compare=False, repr=False)
    provenance: Provenance
    log_marginal_likelihood: float | None = None
    log_marginal_likelihood_error: float | None = None
    grid: Grid | GridStack | None = field(default=None, compare=False, repr=False)

    @property
    def proposals(self) -> Proposals | None:
        """Weighted points behind the draws, where an importance sampler made them."""
        return proposals_of(self.tree)

    @property
    def has_exact_densities(self) -> bool:
        """Whether the density of a marginal at a point is exact and not an estimate from draws."""
        return False

    def draws(self, name: str, group: str = "posterior") -> Array:
        """All draws of a variable, chains end to end.

        Parameters
        ----------
        name : str
            For example ``beta`` or ``tau_sample``; a tau of an absent level is 0 throughout.
        group : str
            ``posterior`` or ``prior``.

        Returns
        -------
        ndarray, shape (D,) or (D, size)
            The draws on the analysis scale.
        """
        dataset = self.tree[group].dataset
        if name not in dataset and name in (TAU_GROUP, TAU_SAMPLE, TAU_EFFECT):
            return np.zeros(dataset.sizes["chain"] * dataset.sizes["draw"])
        values = dataset[name].transpose("chain", "draw", ...).to_numpy()
        return np.asarray(values.reshape(-1, *values.shape[2:]), float)

    def has(self, name: str) -> bool:
        """Whether the posterior has a variable.

        Parameters
        ----------
        name : str
            Name of the variable.

        Returns
        -------
        bool
            True if it was estimated.
        """
        return name in self.tree["posterior"].dataset

    def linear(self, weights: Array, group: str = "posterior") -> Marginal:
        """Marginal of a linear combination of the coefficients.

        Parameters
        ----------
        weights : ndarray, shape (p,)
            Its weights.
        group : str
            ``posterior`` or ``prior``.

        Returns
        -------
        Marginal
            On the analysis scale (z for correlations).
        """
        return DrawnMarginal(self.draws("beta", group) @ weights)

    def tau(self, level: Level, group: str = "posterior") -> Marginal:
        """Marginal of the standard deviation of a level.

        Parameters
        ----------
        level : {"group", "sample", "effect"}
            Which one.
        group : str
            ``posterior`` or ``prior``.

        Returns
        -------
        Marginal
            On the analysis scale.
        """
        return DrawnMarginal(self.draws(f"tau_{level}", group), lower=0.0)

    def rho(self, group: str = "posterior") -> Marginal:
        """Marginal of the correlation of sampling errors, where it was estimated.

        Parameters
        ----------
        group : str
            ``posterior`` or ``prior``.

        Returns
        -------
        Marginal
            Of the correlation of two errors of one sample, on the analysis scale.
        """
        return DrawnMarginal(self.draws(RHO, group))

    def total_tau(self) -> Marginal:
        """Marginal of the square root of the summed squares of the taus of all levels.

        Returns
        -------
        Marginal
            On the analysis scale.
        """
        return DrawnMarginal(self.spread(("sample", "effect")), lower=0.0)

    def spread(
        self,
        levels: Sequence[Level],
        group: str = "posterior",
        weights: Array | None = None,
    ) -> Array:
        """Draws of the standard deviation of the given levels together.

        Where samples lie in groups, a new sample lies in a new group: the level of the samples
        includes that of the groups.
        Where every scale has sample effects of its own, that of the scale that the weights name;
        without weights, and for a mean of several scales, their average as in the data.

        Parameters
        ----------
        levels : sequence of {"group", "sample", "effect"}
            Which levels vary.
        group : str
            ``posterior`` or ``prior``.
        weights : ndarray, shape (p,), optional
            Weights of the mean around which they vary.

        Returns
        -------
        ndarray, shape (D,)
            Square root of the summed squares.
        """
        variance = np.square(self.draws(TAU_GROUP, group)) * ("group" in levels)
        if "sample" in levels:
            variance = self.blocks.between_variance(
                self.parameters(group), weights, one_effect="effect" in levels
            )
        if "effect" in levels:
            variance = variance + np.square(self.draws(TAU_EFFECT, group))
        return np.sqrt(variance)

    def predictive(
        self, weights: Array, levels: Sequence[Level], group: str = "posterior"
    ) -> Marginal:
        """Distribution of a new true effect.

        Where tau depends on moderators, at their average (the geometric mean over levels).

        Parameters
        ----------
        weights : ndarray, shape (p,)
            Weights of its mean.
        levels : sequence of {"group", "sample", "effect"}
            ``("sample",)``: the mean of a new sample (in a new group, where there are groups);
            ``("sample", "effect")``: a new effect in it; ``("group",)``: the mean of a new group.
        group : str
            ``posterior`` or ``prior``.

        Returns
        -------
        Marginal
            On the analysis scale.
        """
        spread = self.new_spread(levels, group, weights)
        return MixtureMarginal(self.draws("beta", group) @ weights, spread)

    def new_spread(
        self,
        levels: Sequence[Level],
        group: str = "posterior",
        weights: Array | None = None,
    ) -> Array:
        """Draws of the standard deviation of a new true effect, its sample's weight drawn.

        Parameters
        ----------
        levels : sequence of {"group", "sample", "effect"}
            Which levels vary.
        group : str
            ``posterior`` or ``prior``.
        weights : ndarray, shape (p,), optional
            As in `spread`.

        Returns
        -------
        ndarray, shape (D,)
            `spread` where sample effects are normal; where they follow a t the scale of the
            sample divided by the root of a weight drawn from its Gamma, one a draw.
        """
        if "sample" not in levels or not self.has(DF):
            return self.spread(levels, group, weights)
        rng = np.random.default_rng([self.provenance.seed, 7])
        drawn = new_weights(self.draws(DF, group), 1, rng)[:, 0]
        between = np.square(self.draws(TAU_SAMPLE, group)) / drawn
        within = np.square(self.draws(TAU_EFFECT, group)) if "effect" in levels else 0.0
        return np.asarray(np.sqrt(between + within))

    def predictive_in_sample(self, index: int, weights: Array) -> Marginal:
        """Distribution of a new true effect in an observed sample.

        Where tau_effect depends on moderators, at their average.

        Parameters
        ----------
        index : int
            Position of the sample.
        weights : ndarray, shape (p,)
            Weights of the effect's mean.

        Returns
        -------
        Marginal
            On the analysis scale.
        """
        mean, variance = self.deviations_of_samples(weights)
        centre = self.draws("beta") @ weights + mean[:, index]
        spread = np.sqrt(variance[:, index] + np.square(self.draws(TAU_EFFECT)))
        return MixtureMarginal(centre, spread)

    def mean_r(self, weights: Array, group: str = "posterior") -> Marginal:
        """Mean true correlation: tanh averaged over both random levels, draw by draw.

        tanh of the mean z is the *median* true correlation; the mean is the integral of tanh over
        N(beta, tau_sample^2 + tau_effect^2), with groups + tau_group^2, and is nearer to 0. Where
        sample effects follow a t, it is integrated over the weight of the sample too.

        Parameters
        ----------
        weights : ndarray, shape (p,)
            Weights of the mean z.
        group : str
            ``posterior`` or ``prior``.

        Returns
        -------
        Marginal
            On r.
        """
        mean = self.draws("beta", group) @ weights
        if not self.has(DF):
            spread = self.spread(("sample", "effect"), group, weights)
            return DrawnMarginal(mean_tanh(mean, spread))
        between, within = self.draws(TAU_SAMPLE, group), self.draws(TAU_EFFECT, group)
        return DrawnMarginal(mean_tanh_of_t(mean, between, within, self.draws(DF, group)))

    def random_effects(self) -> tuple[Array, Array]:
        """Draws of the true effects from their normal conditionals, seeded by the run's seed.

        Returns
        -------
        theta_sample : ndarray, shape (D, S)
            True mean of each sample over the effects it reports.
        theta_effect : ndarray, shape (D, k)
            True value of each effect.
        """
        rng = np.random.default_rng([self.provenance.seed, 1])
        blocks, given = self.blocks, self.parameters()
        u, w = blocks.draw_deviations(given, rng, self._completed())
        mean = given["beta"] @ blocks.design_matrix.T + u
        return np.add.reduceat(mean, blocks.starts, axis=-1) / blocks.sizes, mean + w

    def with_theta(self) -> xr.DataTree:
        """Return the tree with the true effects drawn: theta_sample and theta_effect.

        Returns
        -------
        xarray.DataTree
            A copy whose posterior group also has ``theta_sample`` (dim ``sample_id``),
            ``theta_effect`` (dim ``effect_id``) and, where samples lie in groups, ``theta_group``
            (dim ``group_id``).
        """
        if self.has("theta_effect"):
            return self.tree.copy()
        rng = np.random.default_rng([self.provenance.seed, 1])  # joint with random_effects
        group = self.blocks.draw_groups(self.parameters(), rng, self._completed())
        return with_true_effects(self.tree, *self.random_effects(), group)

    def parameters(self, group: str = "posterior") -> dict[str, Array]:
        """Draws of all parameters of the distribution of the effect sizes.

        Parameters
        ----------
        group : str
            ``posterior`` or ``prior``.

        Returns
        -------
        dict of str to ndarray
            What `bayes_alliance.algebra.samples.Samples` takes: ``beta`` and those of the taus
            and ``rho`` that were estimated, draw first.
        """
        return {name: self.draws(name, group) for name in PARAMETERS if self.has(name)}

    def deviations_of_samples(self, weights: Array | None = None) -> tuple[Array, Array]:
        """Mean and variance of each sample's deviation from the mean, given the data, by draw.

        Parameters
        ----------
        weights : ndarray, shape (p,), optional
            Weights of the mean, which tell the scale where each has effects of its own; by
            default the deviation is averaged over the effects that the sample has.

        Returns
        -------
        mean, variance : ndarray, shape (D, S)
            Of a normal distribution each, on the analysis scale.
        """
        return self.blocks.deviations_of_samples(
            self.parameters(), self._completed(), weights=weights
        )

    def _completed(self) -> Array | None:
        return self.completed_y() if self.has("y_censored") else None

    def completed_y(self) -> Array:
        """Effect sizes of every draw, the censored ones drawn.

        Returns
        -------
        ndarray, shape (D, k)
            On the analysis scale.
        """
        return complete_y(
            self.blocks.effect_sizes,
            self.draws("y_censored"),
            self.tree["constant_data"]["censored"].to_numpy().astype(bool),
        )
