"""The posterior of both taus on the nodes of a nested quadrature.

Both taus run on v with tau = c sinh(v): tau_effect on an outer rule, tau_sample, given it, on an
inner rule whose ends depend on the outer node. Between the nodes densities are the polynomials
through them (Clenshaw-Curtis rules have Chebyshev nodes), so a cdf is exact to the accuracy of the
rule itself.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from functools import cache, cached_property

import numpy as np
from numpy.typing import NDArray

from bayes_alliance.algebra.blocks import Array
from bayes_alliance.posterior.grid_marginal import GridMarginal, chebyshev_series

#: The v = asinh(tau / c) that stands for infinity, and the share of the top at it that is nothing.
ENDLESS, NEGLIGIBLE = math.asinh(1e12), 1e-9

__all__ = ["Grid", "GridMarginal", "clenshaw_curtis", "moment_difference"]


@cache
def clenshaw_curtis(intervals: int) -> tuple[Array, Array]:
    """Nodes and weights of the Clenshaw-Curtis rule on [-1, 1].

    Every second node is a node of the rule with half as many intervals.

    Parameters
    ----------
    intervals : int
        An even number n; 0 for the rule of a fixed value.

    Returns
    -------
    nodes, weights : ndarray, shape (n + 1,)
        Ascending nodes; the weights sum to 2 (to 1 for n = 0).

    Examples
    --------
    >>> nodes, weights = clenshaw_curtis(8)
    >>> float((weights * nodes**2).sum().round(12))
    0.666666666667
    """
    if intervals == 0:
        return _kept(np.zeros(1)), _kept(np.ones(1))
    angles = np.arange(intervals + 1) * np.pi / intervals
    j = np.arange(1, intervals // 2 + 1)
    factor = np.where(j == intervals // 2, 1, 2) / (4 * j**2 - 1)
    weights = (1 - np.cos(2 * np.outer(angles, j)) @ factor) * 2 / intervals
    weights[[0, -1]] /= 2
    return _kept(-np.cos(angles)), _kept(weights)


def _kept(values: Array) -> Array:
    """The same array, no longer writeable, because it is handed out more than once."""
    values.setflags(write=False)
    return values


@dataclass(frozen=True)
class Grid:
    """Nodes of the posterior: E of tau_effect, I of tau_sample at each, p coefficients.

    Parameters
    ----------
    scale : float
        The c of tau = c sinh(v).
    outer : ndarray, shape (2,)
        Ends of the outer variable; equal where tau_effect is fixed.
    inner : ndarray, shape (E, 2)
        Ends of the inner variable at each outer node; equal where tau_sample is fixed.
    limits : ndarray, shape (2, 2)
        Range of v in which the priors of tau_sample and tau_effect have mass.
    fixed : ndarray, shape (2,)
        Values of fixed taus (sample, effect); NaN where a tau varies.
    log_values : ndarray, shape (E, I)
        Log joint density of data and taus, in v.
    means : ndarray, shape (E, I, p)
        Conditional means of the coefficients.
    factors : ndarray, shape (E, I, p, p)
        Lower Cholesky factors of their conditional precisions.
    """

    scale: float
    outer: Array
    inner: Array
    limits: Array
    fixed: Array
    log_values: Array
    means: Array
    factors: Array

    @property
    def shape(self) -> tuple[int, ...]:
        """Numbers of nodes of tau_effect and tau_sample."""
        return self.log_values.shape

    @property
    def layers(self) -> tuple[Grid, ...]:
        """The grids of a posterior: this one."""
        return (self,)

    @property
    def shares(self) -> Array:
        """Posterior probabilities of the layers: 1."""
        return np.ones(1)

    @property
    def rho(self) -> Array:
        """The correlation of sampling errors of the layers: not estimated."""
        return np.full(1, np.nan)

    @cached_property
    def tau_effect(self) -> Array:
        """tau_effect at the outer nodes, shape (E,)."""
        if np.isfinite(self.fixed[1]):
            return self.fixed[1:]
        return self.scale * np.sinh(_between(self.outer, len(self.log_values)))

    @cached_property
    def tau_sample(self) -> Array:
        """tau_sample at every node, shape (E, I)."""
        if np.isfinite(self.fixed[0]):
            return np.full(self.log_values.shape, self.fixed[0])
        from bayes_alliance.posterior.moments import node_taus

        rule = clenshaw_curtis(self.log_values.shape[1] - 1)[0]
        return np.asarray(node_taus(self.inner, rule, self.scale))

    def with_values(self, log_values: Array, means: Array, factors: Array) -> Grid:
        """Another density on the same nodes.

        Parameters
        ----------
        log_values : ndarray, shape (E, I)
            Log joint density in v.
        means : ndarray, shape (E, I, p)
            Conditional means of the coefficients.
        factors : ndarray, shape (E, I, p, p)
            Lower Cholesky factors of their conditional precisions.

        Returns
        -------
        Grid
            The same nodes with these values.
        """
        other = replace(self, log_values=log_values, means=means, factors=factors)
        # The nodes need not be computed again.
        for name in ("tau_sample", "tau_effect"):
            vars(other)[name] = getattr(self, name)
        return other

    @cached_property
    def log_evidence(self) -> float:
        """Log marginal likelihood."""
        return self._whole[0]

    @cached_property
    def weights(self) -> Array:
        """Posterior probability of every node, shape (E, I); they sum to 1."""
        return self._whole[1]

    @cached_property
    def _whole(self) -> tuple[float, Array]:
        return self._weighed(1)

    def _weighed(self, step: int) -> tuple[float, Array]:
        """Log integral and probabilities by the rule of every `step`-th node."""
        from bayes_alliance.posterior.moments import weigh

        total, shares = weigh(self.log_values, *self._rule_of(step), *self._steps(step))
        return float(total), shares

    def _steps(self, step: int) -> tuple[int, int]:
        """Steps along both axes: 1 where a tau is fixed."""
        rows, columns = self.log_values.shape
        return (step if rows > 1 else 1), (step if columns > 1 else 1)

    def _rule_of(self, step: int) -> tuple[Array, Array]:
        """Weights, in v, of the rows and columns of the rule of every `step`-th node."""
        (rows, columns), (outer, inner) = self.log_values.shape, self._steps(step)
        by_row = clenshaw_curtis((rows - 1) // outer)[1]
        if rows > 1:
            by_row = 0.5 * (self.outer[1] - self.outer[0]) * by_row
        if columns > 1:
            by_row = 0.5 * (self.inner[::outer, 1] - self.inner[::outer, 0]) * by_row
        return by_row, clenshaw_curtis((columns - 1) // inner)[1]

    def moments(self, step: int = 1) -> tuple[float, Array, Array]:
        """Log integral, posterior means and sds of beta, tau_sample and tau_effect.

        Parameters
        ----------
        step : int
            2: by the rule of every second node.

        Returns
        -------
        log_evidence : float
            Log marginal likelihood.
        means, sds : ndarray, shape (p + 2,)
            Of the coefficients, tau_sample and tau_effect.
        """
        return self._moments if step == 1 else self._moments_of(step)

    @cached_property
    def _moments(self) -> tuple[float, Array, Array]:
        return self._moments_of(1)

    def _moments_of(self, step: int) -> tuple[float, Array, Array]:
        from bayes_alliance.posterior.moments import node_moments

        log_evidence, shares = self._whole if step == 1 else self._weighed(step)
        centres, spreads = node_moments(
            shares,
            self.means,
            self.conditional_variances,
            self.tau_sample,
            self.tau_effect,
            *self._steps(step),
        )
        spreads[-2:][self._endless] = np.inf
        return log_evidence, _kept(centres), _kept(np.sqrt(spreads))

    @cached_property
    def conditional_variances(self) -> Array:
        """Variances of the coefficients given the taus, shape (E, I, p)."""
        from bayes_alliance.posterior.moments import conditional_variances

        return np.asarray(conditional_variances(self.factors))

    @cached_property
    def error(self) -> float:
        """Reported error: the rule against every second of its nodes.

        The largest of the differences of the log marginal likelihood, of posterior means in units
        of the posterior sd, of log sds, and of what the supports cut off (`edge_mass`); it bounds
        the error of the finer rule generously.
        """
        return max(moment_difference(self.moments(), self.moments(2)), self.edge_mass)

    @cached_property
    def _edges(self) -> tuple[float, Array]:
        """Largest density at an end that cuts off, and at ends that stand for infinity."""
        from bayes_alliance.posterior.moments import edges

        cut, endless = edges(
            self.log_values, self.outer, self.inner, self.limits, self.scale, ENDLESS - 1e-9
        )
        return float(cut), endless

    @property
    def _endless(self) -> NDArray[np.bool_]:
        """Whether tau_sample and tau_effect have mass up to the largest numbers, shape (2,)."""
        return self._edges[1] > NEGLIGIBLE

    @property
    def edge_mass(self) -> float:
        """Largest density at an end of a support, as a share of the top.

        At upper ends it counts times the growth of tau squared since the top, because what is cut
        off must not matter to the sd of tau either. An end that is an end of the prior's own range
        cuts nothing off and does not count.
        """
        return self._edges[0]

    @cached_property
    def effect_marginal(self) -> GridMarginal:
        """Marginal of tau_effect."""
        values = self.weights.sum(axis=1)
        if len(values) == 1:
            return _point(self.fixed[1])
        rule = clenshaw_curtis(len(values) - 1)[1]
        return GridMarginal(
            shares=np.ones(1),
            ends=self.outer[None, :],
            density=chebyshev_series((values / rule)[None, :]),
            scale=self.scale,
            mean=float(values @ self.tau_effect),
            sd=float(self.moments()[2][-1]),
        )

    @cached_property
    def sample_marginal(self) -> GridMarginal:
        """Marginal of tau_sample."""
        if self.weights.shape[1] == 1:
            return _point(self.fixed[0])
        rule = clenshaw_curtis(self.weights.shape[1] - 1)[1]
        shares = self.weights.sum(axis=1)
        safe = np.where(shares > 0, shares, 1.0)
        return GridMarginal(
            shares=shares,
            ends=self.inner,
            density=chebyshev_series(self.weights / rule / safe[:, None]),
            scale=self.scale,
            mean=float((self.weights * self.tau_sample).sum()),
            sd=float(self.moments()[2][-2]),
        )


def _between(ends: Array, size: int) -> Array:
    nodes = clenshaw_curtis(size - 1)[0]
    low, high = ends[..., :1], ends[..., 1:]
    return 0.5 * (low + high) + 0.5 * (high - low) * nodes


def _point(value: float) -> GridMarginal:
    return GridMarginal(np.ones(1), np.zeros((1, 2)), np.ones((1, 1)), 1.0, float(value), 0.0)


def moment_difference(
    fine: tuple[float, Array, Array], coarse: tuple[float, Array, Array]
) -> float:
    """Distance of two answers of a quadrature.

    Parameters
    ----------
    fine, coarse : tuple
        Log marginal likelihood, means and sds, as from `Grid.moments`.

    Returns
    -------
    float
        The largest of the differences of the log marginal likelihoods, of the means in units of
        the sd and of the log sds.
    """
    from bayes_alliance.posterior.moments import largest_difference

    return max(abs(fine[0] - coarse[0]), float(largest_difference(*fine[1:], *coarse[1:])))
