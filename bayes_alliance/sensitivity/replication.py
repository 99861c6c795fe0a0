"""Many simulated data sets of one layout, each fitted exactly: evidence and intervals.

The layout (rows, sampling covariances, priors) is the same in all of them, so what does not depend
on the effect sizes is prepared once. Each fit uses a looser rule than the engine's default;
`Refits` can compare itself with that.

A Bayes factor against w'beta = 0 is the Savage-Dickey ratio (Dickey 1971): prior density of w'beta
at 0 over its posterior density there. Where rho is estimated, it is integrated by a Gauss rule for
the distribution that rho has before the simulated data (Golub & Welsch 1969).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from scipy.special import logsumexp

from bayes_alliance.algebra.blocks import Array, RotatedBlocks, rotate
from bayes_alliance.engines.exact.engine import ExactEngine
from bayes_alliance.engines.exact.solve import make_problem, solve_once
from bayes_alliance.errors import InputError, Problem
from bayes_alliance.names import INTERVAL_PROBABILITY
from bayes_alliance.posterior.grid import Grid
from bayes_alliance.posterior.marginal import Marginal, MixtureMarginal
from bayes_alliance.posterior.stack import GridStack
from bayes_alliance.sensitivity.targets import Target
from bayes_alliance.spec.design import Design

__all__ = ["Reading", "Refits", "read_grid", "refuse_replication"]

#: Intervals of both rules over the taus: log Bayes factors within 1e-3 of many more (tested).
INTERVALS = 24
#: Reported error (n against n / 2 intervals) above which a rule is refined, and the finest one.
LOOSE, FINEST = 0.1, 192
#: Nodes of the rule over rho: 5 are within 1e-2, 6 within 3e-3 for the bundled subscales.
RHO_NODES = 6
#: Shares of a node that say nothing about an interval.
NEGLIGIBLE = 1e-13
#: Points that stand for the density of rho, and what is left out at each of its ends.
FINE, TAIL = 400, 1e-7


def refuse_replication(design: Design, name: str) -> None:
    """Refuse what cannot be fitted exactly, or has no Bayes factor.

    Parameters
    ----------
    design : Design
        The analysis.
    name : str
        Name of its specification, for the message.

    Raises
    ------
    InputError
        If the exact engine declines the design, or a prior of the coefficients is flat.
    """
    reason = ExactEngine().declines(design)
    if reason is None and design.flat:
        reason = "a flat prior has no Bayes factor"
    if reason is not None:
        raise InputError(
            Problem(
                what=f"expected evidence needs many exact fits, and there are none: {reason}",
                where=f"model {name}",
                cure="Take a model that the exact engine runs, with proper priors (for example "
                "overall, subscales or moderator)",
                code="no_exact_replications",
            )
        )


@dataclass(frozen=True, slots=True)
class Reading:
    """What one fit says about M targets.

    Parameters
    ----------
    log_bf10 : ndarray, shape (M,)
        Log Bayes factors against 0.
    lower, upper : ndarray, shape (M,)
        Limits of their intervals on the analysis scale; NaN where none were asked for.
    """

    log_bf10: Array
    lower: Array
    upper: Array


class Refits:
    """Exact fits of data sets that differ in their effect sizes only.

    Parameters
    ----------
    design : Design
        The layout; its effect sizes are not used.
    targets : sequence of Target
        What is read off every fit.
    probability : float
        Of the intervals.
    rho : Marginal, optional
        What is known about rho before the simulated data (the posterior of present data, where
        they are among them); by default its prior.
    """

    def __init__(
        self,
        design: Design,
        targets: Sequence[Target],
        *,
        probability: float = INTERVAL_PROBABILITY,
        rho: Marginal | None = None,
    ) -> None:
        self.design, self.targets, self.probability = design, tuple(targets), probability
        self.weights = np.stack([target.weights for target in targets])
        mean = self.weights @ design.prior_mean
        variance = np.einsum("mp,pq,mq->m", self.weights, design.prior_covariance(), self.weights)
        self.log_prior = -0.5 * (mean**2 / variance + np.log(2 * np.pi * variance))
        self._layers = _layers_of(design, rho)

    def read(self, y: Array, *, intervals: bool = True) -> Reading:
        """Fit one data set.

        Parameters
        ----------
        y : ndarray, shape (k,)
            Effect sizes.
        intervals : bool
            Whether limits are wanted.

        Returns
        -------
        Reading
            Evidence and limits.
        """
        grids, logs = [], []
        for log_weight, blocks in self._layers:
            turned = replace(blocks, y=np.asarray(blocks.forward(y)))
            grid = self._solved(turned)
            grids.append(grid)
            logs.append(log_weight + grid.log_evidence)
        shares = np.exp(np.array(logs) - logsumexp(logs))
        return self._read(grids, shares, intervals=intervals)

    def _solved(self, blocks: RotatedBlocks) -> Grid:
        """One fit; refined where a share of the total lets the posterior pile up at an edge."""
        problem, intervals = make_problem(self.design, blocks), INTERVALS
        grid = solve_once(*problem, intervals)
        while self.design.tau_total is not None and grid.error > LOOSE and intervals < FINEST:
            intervals *= 2
            grid = solve_once(*problem, intervals)
        return grid

    def check(self, data: Array) -> tuple[float, float]:
        """Compare with the default rules of the exact engine.

        Parameters
        ----------
        data : ndarray, shape (R, k)
            Some data sets.

        Returns
        -------
        log_bf10 : float
            Largest difference of a log Bayes factor below 1,000 in size.
        width : float
            Largest relative difference of the width of an interval.
        """
        worst_bf, worst_width = 0.0, 0.0
        for y in data:
            grid = ExactEngine().solve(replace(self.design, y=y))
            fine, rough = self._read(grid.layers, grid.shares, intervals=True), self.read(y)
            moderate = np.abs(fine.log_bf10) < np.log(1e3)
            apart = np.abs(fine.log_bf10 - rough.log_bf10)[moderate]
            worst_bf = max(worst_bf, float(apart.max(initial=0.0)))
            ratio = (rough.upper - rough.lower) / (fine.upper - fine.lower)
            worst_width = max(worst_width, float(np.abs(ratio - 1).max()))
        return worst_bf, worst_width

    def of_grid(self, grid: Grid | GridStack) -> Reading:
        """Read a fit that is at hand.

        Parameters
        ----------
        grid : Grid or GridStack
            Its posterior.

        Returns
        -------
        Reading
            Evidence and limits.
        """
        return self._read(grid.layers, grid.shares, intervals=True)

    def _read(self, grids: Sequence[Grid], shares: Array, *, intervals: bool) -> Reading:
        found = [read_grid(grid, self.weights) for grid in grids]
        with np.errstate(divide="ignore"):
            logs = [
                np.log(share) + np.log(grid.weights.ravel())
                for share, grid in zip(shares, grids, strict=True)
            ]
        log_share = np.concatenate(logs)
        means = np.concatenate([mean for mean, _ in found], axis=1)
        variances = np.concatenate([variance for _, variance in found], axis=1)
        density = -0.5 * (means**2 / variances + np.log(2 * np.pi * variances))
        log_bf10 = self.log_prior - logsumexp(density + log_share, axis=1)
        limits = np.full((len(self.weights), 2), np.nan)
        if intervals:
            kept = log_share > log_share.max() + np.log(NEGLIGIBLE)
            share = np.exp(log_share[kept] - logsumexp(log_share[kept]))
            for i, (mean, variance) in enumerate(zip(means, variances, strict=True)):
                mixture = MixtureMarginal(mean[kept], np.sqrt(variance[kept]), share)
                limits[i] = mixture.interval(self.probability)
        return Reading(np.asarray(log_bf10), limits[:, 0], limits[:, 1])


def read_grid(grid: Grid, weights: Array) -> tuple[Array, Array]:
    """Conditional means and variances of linear combinations at all nodes of a grid.

    The variance of w'beta is |L^-1 w|^2 with L the Cholesky factor of the precision.

    Parameters
    ----------
    grid : Grid
        A posterior, N nodes.
    weights : ndarray, shape (M, p)
        The combinations.

    Returns
    -------
    means, variances : ndarray, shape (M, N)
        Of the normal distributions given the taus.
    """
    p = weights.shape[1]
    factors = grid.factors.reshape(-1, p, p)
    solved: list[Array] = []  # forward substitution, all nodes at once
    for j in range(p):
        rest = weights[:, j, None] - sum(
            (factors[None, :, j, m] * solved[m] for m in range(j)), np.zeros((1, 1))
        )
        solved.append(rest / factors[None, :, j, j])
    variances = np.sum(np.square(solved), axis=0)
    return weights @ grid.means.reshape(-1, p).T, np.asarray(variances)


def _layers_of(design: Design, rho: Marginal | None) -> list[tuple[float, RotatedBlocks]]:
    """Log weight and rotated layout at every node of rho; one where errors are known."""
    if design.dependence is None:
        return [(0.0, _rotated(design))]
    prior = design.dependence.prior
    if rho is None:
        ends = prior.quantile([TAIL, 1 - TAIL])
        points = np.linspace(ends[0], ends[1], FINE)
        density = np.exp(prior.logpdf(points))
    else:
        ends = rho.quantile([TAIL, 1 - TAIL])
        points = np.linspace(ends[0], ends[1], FINE)
        density = np.asarray(rho.pdf(points))
    density = np.where(np.isfinite(density), np.maximum(density, 0.0), 0.0)
    nodes, weights = _gauss_rule(points, density / density.sum())
    before = np.interp(nodes, points, density)
    logs = np.log(weights) + prior.logpdf(nodes) - np.log(before)
    return [
        (float(log), _rotated(design.with_rho(float(node))))
        for log, node in zip(logs, nodes, strict=True)
    ]


def _rotated(design: Design) -> RotatedBlocks:
    return rotate(
        y=design.y,
        X=design.X,
        variances=design.variances,
        starts=design.starts,
        covariances=design.covariances,
    )


def _gauss_rule(points: Array, mass: Array) -> tuple[Array, Array]:
    """Gauss rule of a distribution on many points: recurrence by Stieltjes, then Golub-Welsch."""
    size = RHO_NODES
    diagonal, below = np.zeros(size), np.zeros(size - 1)
    previous, current = np.zeros_like(points), np.ones_like(points) / np.sqrt(mass.sum())
    for j in range(size):
        diagonal[j] = mass @ (points * current**2)
        following = (points - diagonal[j]) * current - (below[j - 1] * previous if j else 0.0)
        norm = np.sqrt(mass @ following**2)
        if j < size - 1:
            below[j] = norm
            previous, current = current, following / norm
    nodes, vectors = np.linalg.eigh(np.diag(diagonal) + np.diag(below, 1) + np.diag(below, -1))
    return nodes, mass.sum() * vectors[0] ** 2
