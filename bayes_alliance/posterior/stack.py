"""The posterior of both taus and of rho: a grid of the taus at every node of a rule over rho.

Everything of the two-dimensional posterior is asked of each grid and averaged with the posterior
probabilities of the nodes of rho. A single `Grid` answers to the same names with one layer.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import pairwise

import numpy as np

from bayes_alliance.algebra.blocks import Array
from bayes_alliance.posterior.grid import Grid, clenshaw_curtis, moment_difference
from bayes_alliance.posterior.grid_marginal import GridMarginal, chebyshev_series
from bayes_alliance.posterior.polynomial import PolynomialMarginal

__all__ = ["GridStack"]


#: How many times the extrapolated error of the rule over rho is reported.
SAFETY = 3.0
#: Least share of the error with half as many intervals that is reported.
LEAST = 2e-3
#: Smaller errors cannot be told from rounding.
ROUNDING = 1e-8
#: Log of a density, relative to the top, that is nothing.
VANISHING = -20.0


@dataclass(frozen=True)
class GridStack:
    """Grids of both taus at R nodes of rho.

    Parameters
    ----------
    ends : ndarray, shape (2,)
        Ends of rho; the nodes are those of a Clenshaw-Curtis rule between them.
    limits : ndarray, shape (2,)
        Range in which the prior of rho has mass.
    log_prior : ndarray, shape (R,)
        Log prior density of rho at the nodes.
    layers : tuple of Grid
        Posterior of both taus at each node, all of one shape.
    within : float
        Error of the grids, from some of them against twice as many nodes, weighted with the
        probabilities of rho.
    """

    ends: Array
    limits: Array
    log_prior: Array
    layers: tuple[Grid, ...]
    within: float

    @property
    def shape(self) -> tuple[int, ...]:
        """Numbers of nodes of rho, tau_effect and tau_sample."""
        return len(self.layers), *self.layers[0].shape

    @cached_property
    def rho(self) -> Array:
        """The nodes, shape (R,)."""
        nodes = clenshaw_curtis(len(self.layers) - 1)[0]
        return np.asarray(0.5 * self.ends.sum() + 0.5 * (self.ends[1] - self.ends[0]) * nodes)

    @cached_property
    def log_values(self) -> Array:
        """Log density of the data and rho at the nodes, shape (R,)."""
        return np.asarray(self.log_prior + [layer.log_evidence for layer in self.layers])

    def with_layers(self, layers: Iterable[Grid]) -> GridStack:
        """Other grids at the same nodes of rho.

        Parameters
        ----------
        layers : iterable of Grid
            One a node.

        Returns
        -------
        GridStack
            The same nodes with these grids.
        """
        return replace(self, layers=tuple(layers))

    def _weighed(self, step: int) -> tuple[float, Array]:
        values = self.log_values[::step]
        rule = 0.5 * (self.ends[1] - self.ends[0]) * clenshaw_curtis(len(values) - 1)[1]
        top = values.max()
        mass = rule * np.exp(values - top)
        return float(top + np.log(mass.sum())), mass / mass.sum()

    @cached_property
    def log_evidence(self) -> float:
        """Log marginal likelihood."""
        return self._weighed(1)[0]

    @cached_property
    def shares(self) -> Array:
        """Posterior probabilities of the nodes of rho, shape (R,)."""
        return self._weighed(1)[1]

    def moments(self, step: int = 1) -> tuple[float, Array, Array]:
        """Log integral, posterior means and sds of beta, tau_sample, tau_effect and rho.

        Parameters
        ----------
        step : int
            2: by the rule of every second node of rho.

        Returns
        -------
        log_evidence : float
            Log marginal likelihood.
        means, sds : ndarray, shape (p + 3,)
            Of the coefficients, tau_sample, tau_effect and rho.
        """
        log_evidence, shares = self._weighed(step)
        found = [layer.moments() for layer in self.layers[::step]]
        centres = np.column_stack([[mean for _, mean, _ in found], self.rho[::step]])
        spreads = np.column_stack([[sd for _, _, sd in found], np.zeros(len(found))])
        means = shares @ centres
        endless = np.isinf(spreads).any(axis=0)  # of a tau whose prior has heavy tails
        spreads[:, endless] = 0.0
        variances = shares @ (np.square(spreads) + np.square(centres - means))
        variances[endless] = np.inf
        return log_evidence, means, np.sqrt(variances)

    @cached_property
    def error(self) -> float:
        """Reported error of the rule over rho and of the grids; see `Grid.error` for its unit.

        The rule with n intervals converges geometrically, so that its error is that with n / 2
        times the square of the ratio of those with n / 2 and n / 4, each known from the rule with
        twice as many. Of the error with n / 2 at least `LEAST` is reported, and at most all; all
        where the density does not vanish at a limit of rho, because there V may be singular and the
        convergence slow.
        """
        rules = [self.moments(step) for step in (1, 2, 4)]
        half, quarter = (moment_difference(*pair) for pair in pairwise(rules))
        ratio = half / quarter if quarter > 0 else 1.0
        final = np.abs(self.ends - self.limits) < 1e-9
        vanishes = (self.log_values[[0, -1]] < self.log_values.max() + VANISHING)[final].all()
        rule = half * min(1.0, max(SAFETY * ratio**2, LEAST)) if vanishes else half
        return max(rule + 2 * self.within, self.edge_mass, ROUNDING)

    @cached_property
    def edge_mass(self) -> float:
        """Largest density at an end of a support, as a share of the top."""
        edges = np.exp(self.log_values[[0, -1]] - self.log_values.max())
        cut = edges[np.abs(self.ends - self.limits) > 1e-9]
        inner = self.shares @ [layer.edge_mass for layer in self.layers]
        return float(max([inner, *cut]))

    @cached_property
    def rho_marginal(self) -> PolynomialMarginal:
        """Marginal of rho."""
        rule = clenshaw_curtis(len(self.layers) - 1)[1]
        _, means, sds = self.moments()
        density = chebyshev_series((self.shares / rule)[None, :])
        return PolynomialMarginal(self.ends, density, float(means[-1]), float(sds[-1]))

    @cached_property
    def effect_marginal(self) -> GridMarginal:
        """Marginal of tau_effect."""
        return self._joined([layer.effect_marginal for layer in self.layers], -2)

    @cached_property
    def sample_marginal(self) -> GridMarginal:
        """Marginal of tau_sample."""
        return self._joined([layer.sample_marginal for layer in self.layers], -3)

    def _joined(self, marginals: list[GridMarginal], at: int) -> GridMarginal:
        """One mixture of the columns of all layers."""
        _, means, sds = self.moments()
        first = marginals[0]
        if first.sd == 0:
            return first
        shares = [
            share * marginal.shares for share, marginal in zip(self.shares, marginals, strict=True)
        ]
        return GridMarginal(
            shares=np.concatenate(shares),
            ends=np.concatenate([marginal.ends for marginal in marginals]),
            density=np.concatenate([marginal.density for marginal in marginals], axis=1),
            scale=first.scale,
            mean=float(means[at]),
            sd=float(sds[at]),
        )
