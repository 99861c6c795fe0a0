"""Nested quadrature over tau_effect (outer) and, given it, tau_sample (inner).

Each tau runs on v with tau = c sinh(v), which is linear near 0 and logarithmic far out, so that a
posterior at 0, a huge tau and a heavy tail need no special case. The support of the inner integral
is found anew at every outer node; a ridge (where only the total is identified) then costs nothing
extra. Both rules are Clenshaw-Curtis with an even number of intervals, whose every second node is
the rule with half as many: the difference of the two is the reported error, and it costs nothing.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
from numba import njit

from bayes_alliance.algebra.blocks import Array
from bayes_alliance.engines.exact.density import (
    FAMILY_CODES,
    TOTAL_AND_SHARE,
    Column,
    Problem,
    fill_column,
    log_joint,
    log_prior,
    new_column,
)
from bayes_alliance.engines.exact.rows import fill_row

__all__ = ["DROP", "bounds", "evaluate", "integrate"]

#: The integrand (above its maximum: times tau^2) is followed until it has fallen by this much, in
#: logs.
DROP = 26.0
#: Points of the first look along an axis.
SCAN = 14
UNIFORM, BETA, GAMMA = FAMILY_CODES["uniform"], FAMILY_CODES["beta"], FAMILY_CODES["gamma"]
HALF_NORMAL = FAMILY_CODES["half_normal"]
#: Of so many columns the ends of one are searched for; those of the others lie between, unless the
#: integrand has fallen by less at such an end, or by more well inside it, than these (in logs).
SEARCHED, LEAST_DROP, MOST_DROP = 4, 23.0, 40.0
#: Golden section.
GOLDEN = (math.sqrt(5) - 1) / 2


@njit(cache=True)
def _inner_value(
    v: float, totals: Array, sums: Array, prior: Array, out: Array, tau: Array
) -> float:
    """Log integrand of the inner integral in v, with the Jacobian c cosh(v)."""
    tau_sample = tau[5] * math.sinh(v)
    density = log_prior(tau, tau_sample)
    if density == -math.inf:
        return density
    jacobian = 0.5 * math.log(tau[5] ** 2 + tau_sample**2)
    return log_joint(tau_sample, totals, sums, prior, out) + density + jacobian


@njit(cache=True)
def _inner_values(  # type: ignore[no-untyped-def]
    left: float, right: float, nodes: Array, problem: Problem, column: Column,
    values: Array, solved: Array, taus: Array,
):  # fmt: skip
    """`_inner_value` at all nodes between two ends; what `fill_row` solves for is kept, and tau."""
    tau = problem.tau_sample
    for i in range(len(nodes)):
        taus[i] = tau[5] * math.sinh(0.5 * (left + right) + 0.5 * (right - left) * nodes[i])
    fill_row(taus, column.totals, column.sums, problem.prior, values, solved)
    constant = log_prior(tau, 0.0) if tau[0] == HALF_NORMAL else 0.0
    for i in range(len(nodes)):
        if tau[0] == HALF_NORMAL:  # the default, without a logarithm at every node
            values[i] += constant - 0.5 * (taus[i] / tau[1]) ** 2
        else:
            values[i] += log_prior(tau, taus[i])
        values[i] += 0.5 * math.log(tau[5] ** 2 + taus[i] ** 2)


@njit(cache=True)
def _inner(v: float, problem: Problem, column: Column, rule: Array) -> float:
    """`_inner_value` with the arguments of the search."""
    return _inner_value(
        v, column.totals, column.sums, problem.prior, column.out, problem.tau_sample
    )


def _end_search(value: Callable[..., float]) -> Callable[..., float]:
    """Make the walk from inside a support to the point where the integrand has fallen by DROP."""

    @njit(cache=True)
    def end(inside, bound, at, top, problem, column, rule):  # type: ignore[no-untyped-def]
        if value(bound, problem, column, rule) + _growth(bound, at) > top - DROP:
            return bound
        outside = bound
        step = max(abs(inside - at), 1e-4 * abs(bound - inside), 1e-10)
        if bound < inside:
            step = -step
        probe = inside
        for _ in range(100):
            probe += step
            if (bound - probe) * step <= 0:
                break
            if value(probe, problem, column, rule) + _growth(probe, at) < top - DROP:
                outside = probe
                break
            inside = probe
            step *= 2.0
        for _ in range(60):
            if abs(outside - inside) < 0.06 * abs(outside - at):
                break
            middle = 0.5 * (inside + outside)
            if value(middle, problem, column, rule) + _growth(middle, at) < top - DROP:
                outside = middle
            else:
                inside = middle
        return outside

    return end


@njit(cache=True)
def _growth(v: float, at: float) -> float:
    """Log of how much more tau^2 is at v than at the top: the sd of tau needs a heavy tail, too."""
    return 2.0 * math.log(math.cosh(v) / math.cosh(at)) if v > at else 0.0


def _support_search(value: Callable[..., float]) -> Callable[..., Any]:
    """Make the search for the ends between which an integrand lives."""
    end = _end_search(value)

    @njit(cache=True)
    def search(low, high, problem, column, rule):  # type: ignore[no-untyped-def]
        points, values = np.empty(SCAN), np.empty(SCAN)
        best = 0
        for i in range(SCAN):
            share = i / (SCAN - 1)
            points[i] = low + (high - low) * share * share
            values[i] = value(points[i], problem, column, rule)
            if values[i] > values[best]:
                best = i
        top, at = values[best], points[best]
        a, b = points[max(best - 1, 0)], points[min(best + 1, SCAN - 1)]
        x1, x2 = b - GOLDEN * (b - a), a + GOLDEN * (b - a)
        f1, f2 = value(x1, problem, column, rule), value(x2, problem, column, rule)
        for _ in range(100):
            if f1 > top:
                top, at = f1, x1
            if f2 > top:
                top, at = f2, x2
            # Near the top when both ends of the bracket are within a fraction of a unit.
            if (abs(f1 - f2) < 0.3 and abs(top - f1) < 0.5) or b - a < 1e-12 * (1 + abs(b)):
                break
            if f1 > f2:
                b, x2, f2 = x2, x1, f1
                x1 = b - GOLDEN * (b - a)
                f1 = value(x1, problem, column, rule)
            else:
                a, x1, f1 = x1, x2, f2
                x2 = a + GOLDEN * (b - a)
                f2 = value(x2, problem, column, rule)
        left, right = at, at
        for i in range(SCAN):  # a scanned point that is not negligible: a second mode
            if values[i] + _growth(points[i], at) > top - DROP:
                left, right = min(left, points[i]), max(right, points[i])
        left = end(left, low, at, top, problem, column, rule)
        right = end(right, high, at, top, problem, column, rule)
        return left, right, top

    return search


_inner_support = _support_search(_inner)


@njit(cache=True)
def bounds(tau: Array) -> tuple[float, float]:
    """Range of v in which a prior of tau can have mass.

    Parameters
    ----------
    tau : ndarray, shape (12,)
        `tau_sample` or `tau_effect` of a `Problem`.

    Returns
    -------
    low, high : float
        Ends of v; tau = 1e12 c stands for infinity.
    """
    if tau[0] == UNIFORM:
        return math.asinh(tau[1] / tau[5]), math.asinh(tau[2] / tau[5])
    if tau[0] == BETA:
        return math.asinh(tau[3] / tau[5]), math.asinh(tau[4] / tau[5])
    if tau[0] == GAMMA:
        return math.asinh(tau[3] / tau[5]), math.asinh(1e12)
    # The density from a total and a share is 0 at 0, where it has no logarithm.
    low = 1e-7 if tau[0] >= TOTAL_AND_SHARE else 0.0
    return low, math.asinh(1e12)


@njit(cache=True)
def _outer(v: float, problem: Problem, column: Column, rule: Array) -> float:
    """Log integrand of the outer integral in v, the inner one done by a short rule."""
    tau = problem.tau_effect[5] * math.sinh(v)
    density = log_prior(problem.tau_effect, tau)
    if density == -math.inf:
        return density
    fill_column(tau, problem, column)
    density += 0.5 * math.log(problem.tau_effect[5] ** 2 + tau**2)
    totals, sums, out = column.totals, column.sums, column.out
    if problem.tau_sample[0] < 0:
        return log_joint(problem.tau_sample[1], totals, sums, problem.prior, out) + density
    low, high = bounds(problem.tau_sample)
    left, right, top = _inner_support(low, high, problem, column, rule)
    values, none = np.empty((2, rule.shape[1])), np.empty((0, *problem.prior.shape))
    _inner_values(left, right, rule[0], problem, column, values[0], none, values[1])
    total = 0.0
    for i in range(rule.shape[1]):
        total += rule[1, i] * math.exp(values[0, i] - top)
    return math.log(0.5 * (right - left) * total + 1e-300) + top + density


_outer_support = _support_search(_outer)


@njit(cache=True)
def integrate(problem: Problem, nodes: Array, look: Array, known: Array):  # type: ignore[no-untyped-def]
    """Evaluate the posterior of both taus at the nodes of the nested rule.

    Parameters
    ----------
    problem : Problem
        Data and priors.
    nodes : ndarray, shape (n + 1,)
        Nodes of the rule on [-1, 1].
    look : ndarray, shape (2, m)
        Nodes and weights of the short rule used while looking for the outer support.
    known : ndarray, shape (2,)
        Ends of the outer variable; equal ends: they are looked for.

    Returns
    -------
    outer : ndarray, shape (2,)
        Ends of the outer variable v (equal where tau_effect is fixed).
    inner : ndarray, shape (E, 2)
        Ends of the inner variable v at each of the E outer nodes.
    log_values : ndarray, shape (E, I)
        Log of the joint density of data and taus in v, at every node.
    solved : ndarray, shape (E, I, p, p + 1)
        Lower Cholesky factor of the coefficients' conditional precision, and their mean (last).
    tau_sample : ndarray, shape (E, I)
        Values of tau_sample at every node.
    """
    column = new_column(problem)
    p = len(problem.prior)
    fixed_effect, fixed_sample = problem.tau_effect[0] < 0, problem.tau_sample[0] < 0
    columns = 1 if fixed_effect else len(nodes)
    rows = 1 if fixed_sample else len(nodes)
    outer, inner = np.zeros(2), np.zeros((columns, 2))
    if not fixed_effect and known[1] > known[0]:
        outer[:] = known
    elif not fixed_effect:
        low, high = bounds(problem.tau_effect)
        outer[0], outer[1], _ = _outer_support(low, high, problem, column, look)
    log_values, solved = np.zeros((columns, rows)), np.zeros((columns, rows, p, p + 1))
    taus = np.full((columns, rows), problem.tau_sample[1])
    low, high = bounds(problem.tau_sample)
    for turn in range(2):  # first the columns whose ends are searched for
        for e in range(columns):
            if (e % SEARCHED == 0) != (turn == 0):
                continue
            extra, tau_effect = 0.0, problem.tau_effect[1]
            if not fixed_effect:
                v = 0.5 * (outer[0] + outer[1]) + 0.5 * (outer[1] - outer[0]) * nodes[e]
                tau_effect = problem.tau_effect[5] * math.sinh(v)
                jacobian = 0.5 * math.log(problem.tau_effect[5] ** 2 + tau_effect**2)
                extra = log_prior(problem.tau_effect, tau_effect) + jacobian
            fill_column(tau_effect, problem, column)
            row, solutions, fits = log_values[e], solved[e], False
            if fixed_sample:
                fill_row(problem.tau_sample[1:2], column.totals, column.sums, problem.prior, row,
                         solutions)  # fmt: skip
            elif turn == 1:
                _ends_between(e, nodes, inner)
                left, right = inner[e]
                _inner_values(left, right, nodes, problem, column, row, solutions, taus[e])
                fits = _fit(left, right, low, high, nodes, row)
            if not fixed_sample and not fits:
                inner[e, 0], inner[e, 1], _ = _inner_support(low, high, problem, column, look)
                left, right = inner[e]
                _inner_values(left, right, nodes, problem, column, row, solutions, taus[e])
            row += extra
    return outer, inner, log_values, solved, taus


@njit(cache=True)
def _ends_between(e: int, nodes: Array, inner: Array) -> None:
    """Ends of a column on the line between those of the nearest columns that were searched."""
    before = e - e % SEARCHED
    after = min(before + SEARCHED, (len(nodes) - 1) // SEARCHED * SEARCHED)
    share = (nodes[e] - nodes[before]) / (nodes[after] - nodes[before]) if after > before else 0.0
    for side in range(2):
        inner[e, side] = (1 - share) * inner[before, side] + share * inner[after, side]


@njit(cache=True)
def _fit(left: float, right: float, low: float, high: float, nodes: Array, values: Array) -> bool:
    """Whether ends that were not searched for cut nothing off and are not much too wide."""
    best = values.argmax()
    top, at = values[best], 0.5 * (left + right) + 0.5 * (right - left) * nodes[best]
    if left > low and values[0] > top - LEAST_DROP:
        return False
    if right < high and values[-1] + _growth(right, at) > top - LEAST_DROP:
        return False
    inside = np.searchsorted(nodes, -0.8)
    if left > low and values[inside] < top - MOST_DROP:
        return False
    return bool(values[len(nodes) - 1 - inside] + _growth(right, at) >= top - MOST_DROP)


@njit(cache=True)
def evaluate(problem: Problem, tau_sample: Array, tau_effect: Array):  # type: ignore[no-untyped-def]
    """Log density of data and taus, and the coefficients' conditionals, at given points.

    Parameters
    ----------
    problem : Problem
        Data and priors.
    tau_sample, tau_effect : ndarray, shape (D,)
        The points.

    Returns
    -------
    log_values : ndarray, shape (D,)
        Log joint density in the taus themselves (fixed taus carry no prior).
    solved : ndarray, shape (D, p, p + 1)
        As from `integrate`.
    """
    column = new_column(problem)
    p, size = len(problem.prior), len(tau_sample)
    log_values, solved = np.zeros(size), np.zeros((size, p, p + 1))
    for i in range(size):
        fill_column(tau_effect[i], problem, column)
        value = log_joint(tau_sample[i], column.totals, column.sums, problem.prior, column.out)
        if problem.tau_sample[0] >= 0:
            value += log_prior(problem.tau_sample, tau_sample[i])
        if problem.tau_effect[0] >= 0:
            value += log_prior(problem.tau_effect, tau_effect[i])
        log_values[i] = value
        solved[i] = column.out[:p]
    return log_values, solved
