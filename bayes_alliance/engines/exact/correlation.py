"""Quadrature over an unknown correlation of sampling errors: a third dimension.

At each node of rho the covariances are known and the posterior of both taus is a `Grid`. The
support of rho is found from the posterior with a coarse rule; the grids then need few nodes, which
is checked on some of them against twice as many.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from bayes_alliance.algebra.blocks import Array, Pencil
from bayes_alliance.engines.exact.solve import (
    TOLERANCE,
    UNKNOWN,
    grid_scale,
    make_problem,
    solve_once,
)
from bayes_alliance.posterior.grid import Grid, clenshaw_curtis, moment_difference
from bayes_alliance.posterior.stack import GridStack
from bayes_alliance.spec.dependence import Dependence
from bayes_alliance.spec.design import Design

__all__ = ["pencil", "solve_correlation", "stack_at"]

#: Intervals of the rules over rho and over the taus that are tried, one pair after another.
TRIES = ((28, 32), (40, 56), (64, 112), (128, 224))
#: The density of rho is followed until it has fallen by this much, in logs.
DROP = 21.0
#: Probability that the prior has beyond each end of the first support.
TAIL = 1e-10
#: A first support that ends so near to a limit, as a share of the range, ends there.
NEAR = 0.05
#: A support of which less than this share is in use is narrowed.
USED = 0.6
#: Nearer to its limits, as a share of their distance, rho is not looked at: V is singular there.
MARGIN = 1e-6
#: Of so many nodes of rho the outer support of one is looked for; the density at an end, as a share
#: of the top, above which a borrowed support is not taken.
SEARCHED, LARGEST_EDGE = 4, 1e-9
#: Grids are checked where rho is at least so likely, as a share of the top.
LIKELY = 0.02
#: Supports that are tried, at most.
SUPPORTS = 8


def pencil(design: Design, dependence: Dependence) -> Pencil:
    """Data of a design whose covariances depend on rho.

    Parameters
    ----------
    design : Design
        The analysis.
    dependence : Dependence
        How its covariances depend on rho.

    Returns
    -------
    Pencil
        Ready to be rotated at any rho.
    """
    return Pencil.of(
        y=design.y,
        X=design.X,
        starts=design.starts,
        fixed=dependence.fixed,
        pattern=dependence.pattern,
    )


class _Layers:
    """Grids of one design at any rho, all with the same c of tau = c sinh(v)."""

    def __init__(self, design: Design, dependence: Dependence) -> None:
        self.design, self.data, self.prior = design, pencil(design, dependence), dependence.prior
        self.scale = grid_scale(design, self.data.at(dependence.centre))
        self.limits = np.array([float(end) for end in self.prior.quantile([0.0, 1.0])])
        self.limits += MARGIN * (self.limits[1] - self.limits[0]) * np.array([1.0, -1.0])

    def solve(self, rho: float, intervals: int, known: Array = UNKNOWN) -> Grid:
        """Grid at a value of rho."""
        problem, shift = make_problem(self.design, self.data.at(rho), self.scale)
        return solve_once(problem, shift, intervals, known)

    def between(self, rho: float, intervals: int, before: Grid, after: Grid) -> Grid:
        """Grid on the outer support of its neighbours, if that cuts nothing off."""
        known = np.array(
            [min(before.outer[0], after.outer[0]), max(before.outer[1], after.outer[1])]
        )
        grid = self.solve(rho, intervals, known)
        return grid if grid.edge_mass < LARGEST_EDGE else self.solve(rho, intervals)

    def solve_all(self, rho: Array, intervals: int) -> tuple[Grid, ...]:
        """Grids at ascending values of rho; the outer support of every fourth is looked for."""
        found: dict[int, Grid] = {}
        last = len(rho) - 1
        for i in (*range(0, last, SEARCHED), last):
            found[i] = self.solve(float(rho[i]), intervals)
        for i in range(last + 1):
            if i not in found:
                before = i - i % SEARCHED
                after = min(before + SEARCHED, last)
                found[i] = self.between(float(rho[i]), intervals, found[before], found[after])
        return tuple(found[i] for i in range(last + 1))


def solve_correlation(design: Design, *, tolerance: float = TOLERANCE) -> GridStack:
    """Exact posterior of a design whose correlation of sampling errors is unknown.

    Parameters
    ----------
    design : Design
        The analysis; it has a `dependence`.
    tolerance : float
        Largest reported error; the rules are refined to meet it.

    Returns
    -------
    GridStack
        The first that meets the tolerance, or the finest; its `error` says which.

    Raises
    ------
    ValueError
        If rho is known.
    """
    layers = _layers(design)
    limits = layers.limits
    ends = np.clip(layers.prior.quantile([TAIL, 1 - TAIL]), *limits)
    ends = np.where(np.abs(ends - limits) < NEAR * (limits[1] - limits[0]), limits, ends)
    (nodes, intervals), *tries = TRIES
    supports, stack = 1, _stack(layers, ends, nodes, intervals)
    while True:
        ends = _better_ends(stack)
        if supports < SUPPORTS and np.abs(ends - stack.ends).max() > 0:
            supports += 1
        elif stack.error > tolerance and tries:
            nodes, intervals = tries.pop(0)
            ends = stack.ends
        else:
            return stack
        stack = _stack(layers, ends, nodes, intervals)


def stack_at(design: Design, ends: Array, nodes: int, intervals: int) -> GridStack:
    """Posterior by a given rule.

    Parameters
    ----------
    design : Design
        The analysis; it has a `dependence`.
    ends : ndarray, shape (2,)
        Ends of rho.
    nodes, intervals : int
        Intervals of the rule over rho and of those over the taus, multiples of 4.

    Returns
    -------
    GridStack
        Not refined.

    Raises
    ------
    ValueError
        If rho is known.
    """
    return _stack(_layers(design), ends, nodes, intervals)


def _layers(design: Design) -> _Layers:
    if design.dependence is None:
        raise ValueError("the correlation of the sampling errors is known")
    return _Layers(design, design.dependence)


def _better_ends(stack: GridStack) -> Array:
    """Ends of rho that cut nothing off and are not much too wide; the same if these are right."""
    values, rho, ends = stack.log_values, stack.rho, stack.ends.copy()
    alive = np.flatnonzero(values > values.max() - DROP)
    first, last = max(int(alive[0]) - 1, 0), min(int(alive[-1]) + 1, len(rho) - 1)
    if alive[0] == 0:
        ends[0] = stack.limits[0]
    if alive[-1] == len(rho) - 1:
        ends[1] = stack.limits[1]
    if rho[last] - rho[first] < USED * (rho[-1] - rho[0]):
        ends[:] = (
            (rho[first] if first else ends[0]),
            (rho[last] if last < len(rho) - 1 else ends[1]),
        )
    return ends


def _stack(layers: _Layers, ends: Array, nodes: int, intervals: int) -> GridStack:
    at = 0.5 * ends.sum() + 0.5 * (ends[1] - ends[0]) * clenshaw_curtis(nodes)[0]
    stack = GridStack(
        ends=ends,
        limits=layers.limits,
        log_prior=np.asarray(layers.prior.logpdf(at)),
        layers=layers.solve_all(at, intervals),
        within=0.0,
    )
    return replace(stack, within=_grid_error(layers, stack, intervals))


def _grid_error(layers: _Layers, stack: GridStack, intervals: int) -> float:
    """Error of the grids against twice as many nodes, weighted with the probabilities of rho.

    It is measured where rho is likely and at both ends of that, on borrowed supports if it can be,
    and interpolated (its logarithm) between.
    """
    likely = np.flatnonzero(stack.shares > LIKELY * stack.shares.max())
    borrowed = likely[likely % SEARCHED != 0]
    inside = borrowed if len(borrowed) else likely
    top = inside[np.abs(inside - int(stack.shares.argmax())).argmin()]
    chosen = np.unique([inside[0], top, inside[-1]])
    errors = [
        moment_difference(
            layers.solve(float(stack.rho[i]), 2 * intervals).moments(), stack.layers[i].moments()
        )
        for i in chosen
    ]
    known = np.log(np.maximum(errors, np.finfo(float).tiny))
    return float(stack.shares @ np.exp(np.interp(np.arange(len(stack.rho)), chosen, known)))
