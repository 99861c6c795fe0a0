"""The data of all samples, and the answers that depend on draws of the parameters.

Two kinds of data answer the same questions. Where the sampling covariances are known, each is
rotated once and every answer is linear in the number of effects. Where they depend on an unknown
rho, a matrix is factorised for every draw and sample (`bayes_alliance.algebra.dependent`). Who
asks need not know which.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from bayes_alliance.algebra import general, normal
from bayes_alliance.algebra.blocks import Array, RotatedBlocks
from bayes_alliance.algebra.student import new_weights
from bayes_alliance.names import DF, LAMBDA_SAMPLE, TAU_EFFECT, TAU_SAMPLE

__all__ = ["Draws", "Samples", "normal_parameters"]

#: Draws of the parameters by name, draw first: beta (D, p), the taus (D,), rho (D,), df (D,) and
#: lambda_sample (D, S) where sample effects follow a t. A tau that is absent is 0.
Draws = Mapping[str, Array]


@dataclass(frozen=True, slots=True)
class Samples(RotatedBlocks):
    """Samples whose sampling covariances are known.

    Parameters
    ----------
    starts, eigenvalues, ones, y, X, vectors
        See `bayes_alliance.algebra.blocks.RotatedBlocks`.
    """

    @property
    def effect_sizes(self) -> Array:
        """Effect sizes in their own coordinates, shape (k,)."""
        return self.back(self.y)

    @property
    def design_matrix(self) -> Array:
        """Design matrix in the coordinates of the effects, shape (k, p)."""
        return np.column_stack([self.back(column) for column in self.X.T])

    def groups(self) -> tuple[general.Group, ...]:
        """Samples of equal size with their stacked sampling covariances.

        Returns
        -------
        tuple of Group
            In order of size; nothing in them depends on rho.
        """
        known = [self.sampling_covariance(i) for i in range(len(self.starts))]
        return general.group_by_size(
            self.starts, self.sizes, fixed=known, pattern=[np.zeros_like(V) for V in known]
        )

    def sampling_covariance(self, sample: int, rho: float = np.nan) -> Array:
        """Sampling covariance V_i of one sample.

        Parameters
        ----------
        sample : int
            Its position.
        rho : float
            The correlation of sampling errors, where V_i depends on it.

        Returns
        -------
        ndarray, shape (m, m)
            In the coordinates of its effects.
        """
        own = slice(self.starts[sample], self.starts[sample] + self.sizes[sample])
        if self.vectors is None:
            return np.diag(self.eigenvalues[own])
        Q = self.vectors[sample]
        return np.asarray((Q * self.eigenvalues[own]) @ Q.T)

    def cross_products(self, draws: Draws) -> tuple[Array, Array]:
        """Weighted cross-products of the design and the effect sizes at every draw.

        Parameters
        ----------
        draws : mapping of str to ndarray
            Draws of the parameters; ``beta`` is not used.

        Returns
        -------
        xx : ndarray, shape (D, p, p)
            X' M^-1 X.
        xy : ndarray, shape (D, p)
            X' M^-1 y.
        """
        taus = {name: v for name, v in normal_parameters(draws).items() if name != "beta"}
        found = normal.least_squares(self, **taus)
        return found.xx, found.xy

    def log_density(self, draws: Draws, y: Array | None = None) -> Array:
        """Log density of each sample's effects with all random effects integrated out.

        Parameters
        ----------
        draws : mapping of str to ndarray
            Draws of the parameters.
        y : ndarray, shape (D, k), optional
            Effect sizes to be used instead of those observed, in their own coordinates.

        Returns
        -------
        ndarray, shape (D, S)
            One value a draw and sample.
        """
        return normal.log_density_by_sample(
            self, **self.scales(draws), df=draws.get(DF), y=self._rotated(y)
        )

    def deviations_of_samples(
        self, draws: Draws, y: Array | None = None, *, weights: Array | None = None
    ) -> tuple[Array, Array]:
        """Mean and variance of each sample's deviation, averaged over its effects, given y.

        Parameters
        ----------
        draws : mapping of str to ndarray
            Draws of the parameters.
        y : ndarray, shape (D, k), optional
            As in `log_density`.
        weights : ndarray, shape (p,), optional
            Weights of a mean: its deviation in each sample is meant; all means of a sample
            deviate alike here.

        Returns
        -------
        mean, variance : ndarray, shape (D, S)
            Of the normal conditional.
        """
        return normal.conditional_samples(self, **self._weighted(draws), y=self._rotated(y))

    def draw_deviations(
        self, draws: Draws, rng: np.random.Generator, y: Array | None = None
    ) -> tuple[Array, Array]:
        """Draw the random effects of both levels from their normal conditionals given y.

        Parameters
        ----------
        draws : mapping of str to ndarray
            Draws of the parameters.
        rng : numpy.random.Generator
            Source of randomness.
        y : ndarray, shape (D, k), optional
            As in `log_density`.

        Returns
        -------
        u, w : ndarray, shape (D, k)
            Sample-level and effect-level deviation behind each effect size.
        """
        u, w = normal.conditional_effects(
            self, **self._weighted(draws), rng=rng, y=self._rotated(y)
        )
        return np.repeat(u, self.sizes, axis=-1), w

    def draw_groups(self, draws: Draws, rng: np.random.Generator, y: Array | None = None) -> Array:
        """Draw the true means of the groups that samples lie in, given y.

        Parameters
        ----------
        draws : mapping of str to ndarray
            Draws of the parameters.
        rng : numpy.random.Generator
            Source of randomness.
        y : ndarray, shape (D, k), optional
            As in `log_density`.

        Returns
        -------
        ndarray, shape (D, G)
            No column, as there are no groups here.
        """
        return np.empty((len(draws["beta"]), 0))

    def simulate(self, draws: Draws, rng: np.random.Generator) -> Array:
        """Draw new effect sizes of the same samples.

        Parameters
        ----------
        draws : mapping of str to ndarray
            Draws of the parameters.
        rng : numpy.random.Generator
            Source of randomness.

        Returns
        -------
        ndarray, shape (D, k)
            One simulated data set a draw, in the coordinates of the effects.
        """
        if DF in draws:
            weights = new_weights(draws[DF], len(self.starts), rng)
            draws = {**draws, LAMBDA_SAMPLE: weights}
        return normal.simulate(self, **self._weighted(draws), rng=rng)

    def draw_weights(self, draws: Draws, rng: np.random.Generator, y: Array | None = None) -> Array:
        """Draw the weight of each sample given its data, where sample effects follow a t.

        Parameters
        ----------
        draws : mapping of str to ndarray
            Draws of the parameters, df among them.
        rng : numpy.random.Generator
            Source of randomness.
        y : ndarray, shape (D, k), optional
            As in `log_density`.

        Returns
        -------
        ndarray, shape (D, S)
            Draws of lambda (see `bayes_alliance.algebra.student`).
        """
        return normal.conditional_weights(
            self, **self.scales(draws), df=draws[DF], rng=rng, y=self._rotated(y)
        )

    def scales(self, draws: Draws) -> dict[str, Array]:
        """Coefficients and both taus; where sample effects follow a t, the scale of it.

        Parameters
        ----------
        draws : mapping of str to ndarray
            Draws of the parameters.

        Returns
        -------
        dict of str to ndarray
            ``beta`` (D, p), ``tau_sample`` (D,), ``tau_effect`` (D,).
        """
        return normal_parameters(draws)

    def _weighted(self, draws: Draws) -> dict[str, Array]:
        """As `scales`, but each sample has its standard deviation (D, S) given its weight."""
        given = self.scales(draws)
        if LAMBDA_SAMPLE not in draws:
            return given
        scale = normal.columns(given[TAU_SAMPLE], given["beta"])
        return given | {TAU_SAMPLE: scale / np.sqrt(draws[LAMBDA_SAMPLE])}

    def between_variance(
        self, draws: Draws, weights: Array | None = None, *, one_effect: bool = False
    ) -> Array:
        """Variance between samples of the true effects with a given mean.

        Parameters
        ----------
        draws : mapping of str to ndarray
            Draws of the parameters.
        weights : ndarray, shape (p,), optional
            Weights of the mean; all means vary alike here.
        one_effect : bool
            Whether of one effect rather than of the mean of a sample; alike here.

        Returns
        -------
        ndarray, shape (D,)
            One variance a draw.
        """
        return np.square(normal_parameters(draws)[TAU_SAMPLE])

    def between_variances(self, draws: Draws) -> Array:
        """Variance between samples of each true effect.

        Parameters
        ----------
        draws : mapping of str to ndarray
            Draws of the parameters.

        Returns
        -------
        ndarray, shape (D, k) or (D, 1)
            One variance a draw and effect, or one a draw.
        """
        return self.between_variance(draws)[:, None]

    def at_median(self, draws: Draws) -> RotatedBlocks:
        """Return the data rotated at one value of whatever the sampling covariances depend on.

        Parameters
        ----------
        draws : mapping of str to ndarray
            Draws of the parameters.

        Returns
        -------
        RotatedBlocks
            These data themselves, as nothing here depends on a parameter.
        """
        return self

    def marginal_covariance(self, sample: int, draws: Draws) -> Array:
        """Covariance of one sample's effect sizes: sampling error and heterogeneity.

        Parameters
        ----------
        sample : int
            Its position.
        draws : mapping of str to ndarray
            Draws of the parameters.

        Returns
        -------
        ndarray, shape (D, m, m)
            One matrix a draw.
        """
        given = normal_parameters(draws)
        V = self.sampling_covariance(sample)
        te2, ts2 = (np.square(given[name])[:, None, None] for name in (TAU_EFFECT, TAU_SAMPLE))
        return np.asarray(V + te2 * np.eye(len(V)) + ts2)

    def _rotated(self, y: Array | None) -> Array | None:
        return None if y is None else self.forward(y)


def normal_parameters(draws: Draws) -> dict[str, Array]:
    """Coefficients and both taus; a level without heterogeneity has a tau of 0.

    Parameters
    ----------
    draws : mapping of str to ndarray
        Draws of the parameters.

    Returns
    -------
    dict of str to ndarray
        ``beta``, ``tau_sample``, ``tau_effect``.
    """
    absent = np.zeros(len(next(iter(draws.values()))))
    taus = {name: draws.get(name, absent) for name in (TAU_SAMPLE, TAU_EFFECT)}
    return {name: draws[name] for name in ("beta",) if name in draws} | taus
