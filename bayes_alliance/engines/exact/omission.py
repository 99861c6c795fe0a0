"""Every posterior without one sample, in one pass over the grid of the full posterior.

A sample's contributions to the cross-products and to the log determinant add up over samples, so
leaving a sample out is a subtraction at every node (`subtract`). Where the posterior without a
sample reaches beyond the supports of the full one (few samples, one of which pinned a tau), it is
refitted.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numba import njit

from bayes_alliance.algebra.blocks import Array, RotatedBlocks
from bayes_alliance.engines.exact.density import Problem, fill_column, log_prior, new_column
from bayes_alliance.engines.exact.solve import TOLERANCE, make_problem, refine
from bayes_alliance.posterior.grid import Grid
from bayes_alliance.spec.design import Design

__all__ = ["LeftOutSample", "leave_samples_out"]

#: Density at an end of the supports, as a share of the largest, above which a case is refitted.
LARGEST_EDGE = 1e-9


@dataclass(frozen=True, slots=True)
class LeftOutSample:
    """The posterior without one sample.

    Parameters
    ----------
    sample : str
        The sample left out.
    grid : Grid
        Posterior of the others.
    elpd : float
        Log predictive density of the sample given the others.
    refitted : bool
        Whether it had to be computed anew.
    """

    sample: str
    grid: Grid
    elpd: float
    refitted: bool


@njit(cache=True)
def _one_sample(
    i: int, tau_effect: float, problem: Problem, entries: Array, own: Array
) -> tuple[float, float]:
    """Fill a sample's sums of D_a D_b / d and of z D_a / d; return those of log d, z^2 / d."""
    q = len(own)
    entries[:] = 0.0
    own[:] = 0.0
    log_d, of_ones = 0.0, 0.0
    for j in range(problem.starts[i], problem.starts[i + 1]):
        d = problem.eigenvalues[j] + tau_effect * tau_effect
        log_d += math.log(d)
        z = problem.ones[j] / d
        of_ones += problem.ones[j] * z
        at = 0
        for a in range(q):
            x = problem.data[a, j]
            own[a] += z * x
            for b in range(a + 1):
                entries[at] += x * problem.data[b, j] / d
                at += 1
    return log_d, of_ones


@njit(cache=True)
def _solve(work: Array, prior: Array, out: Array) -> float:
    """Complete the square in the coefficients as `log_joint` does; returns their part."""
    p = len(prior)
    base = p * (p + 1) // 2
    explained, diagonal, at = 0.0, 1.0, 0
    for a in range(p + 1):
        for b in range(a + 1):
            value = work[at]
            if at < base:
                value += prior[a, b]
            elif b < p:
                value += prior[b, p]
            for c in range(b):
                value -= out[a, c] * out[b, c]
            if a < p and a == b:
                out[a, a] = math.sqrt(value)
                diagonal *= out[a, a]
            elif a == b:
                explained = value
            else:
                out[a, b] = value / out[b, b]
            at += 1
    for a in range(p - 1, -1, -1):
        value = out[p, a]
        for c in range(a + 1, p):
            value -= out[c, a] * out[c, p]
        out[a, p] = value / out[a, a]
    return -0.5 * explained - math.log(diagonal)


@njit(cache=True)
def subtract(problem: Problem, tau_sample: Array, tau_effect: Array, jacobian: Array):  # type: ignore[no-untyped-def]
    """Log densities and conditionals without each sample, at the nodes of the full grid.

    Parameters
    ----------
    problem : Problem
        Data and priors.
    tau_sample : ndarray, shape (E, I)
        Inner nodes.
    tau_effect : ndarray, shape (E,)
        Outer nodes.
    jacobian : ndarray, shape (E, I)
        Log derivatives of the taus by v.

    Returns
    -------
    log_values : ndarray, shape (S, E, I)
        Log joint density of the other samples and the taus, in v.
    solved : ndarray, shape (S, E, I, p, p + 1)
        As from `integrate`.
    """
    samples, p = len(problem.starts) - 1, len(problem.prior)
    E, size = tau_sample.shape
    column = new_column(problem)
    entries = len(column.totals) - 1
    log_values = np.zeros((samples, E, size))
    solved = np.zeros((samples, E, size, p, p + 1))
    totals, own = np.zeros((samples, entries)), np.zeros(p + 1)
    logs = np.zeros(samples)
    full, work = np.zeros(entries), np.zeros(entries)
    inflation = np.zeros(samples)
    for e in range(E):
        fill_column(tau_effect[e], problem, column)
        for i in range(samples):
            logs[i], _ = _one_sample(i, tau_effect[e], problem, totals[i], own)
        outer = 0.0
        if problem.tau_effect[0] >= 0:
            outer = log_prior(problem.tau_effect, tau_effect[e])
        for n in range(size):
            ts2 = tau_sample[e, n] ** 2
            prior = outer + jacobian[e, n]
            if problem.tau_sample[0] >= 0:
                prior += log_prior(problem.tau_sample, tau_sample[e, n])
            log_det = 0.0
            for i in range(samples):
                inflation[i] = 1.0 + ts2 * column.sums[entries, i]
                log_det += math.log(inflation[i])
            for at in range(entries):
                total = column.totals[at]
                for i in range(samples):
                    total -= ts2 * column.sums[at, i] / inflation[i]
                full[at] = total
            for i in range(samples):
                shrink = ts2 / inflation[i]
                for at in range(entries):
                    work[at] = full[at] - totals[i, at] + shrink * column.sums[at, i]
                rest = column.totals[entries] - 0.5 * (log_det - math.log(inflation[i]) - logs[i])
                size_i = problem.starts[i + 1] - problem.starts[i]
                rest += 0.5 * size_i * math.log(2 * math.pi)
                log_values[i, e, n] = rest + _solve(work, problem.prior, column.out) + prior
                for a in range(p):
                    for b in range(p + 1):
                        solved[i, e, n, a, b] = column.out[a, b]
    return log_values, solved


def leave_samples_out(
    design: Design, grid: Grid, *, blocks: RotatedBlocks | None = None
) -> tuple[LeftOutSample, ...]:
    """Exact posteriors without each sample, and their predictive densities of it.

    Parameters
    ----------
    design : Design
        The analysis.
    grid : Grid
        Its full posterior.
    blocks : RotatedBlocks, optional
        The rotated data, if they are at hand.

    Returns
    -------
    tuple of LeftOutSample
        One a sample, in order; empty if there is one sample only.
    """
    blocks = design.blocks() if blocks is None else blocks
    if len(design.sample_ids) < 2:
        return ()
    problem, shift = make_problem(design, blocks)
    jacobian = np.zeros(grid.log_values.shape)
    if np.isnan(grid.fixed[0]):
        jacobian += np.log(np.hypot(grid.scale, grid.tau_sample))
    if np.isnan(grid.fixed[1]):
        jacobian += np.log(np.hypot(grid.scale, grid.tau_effect))[:, None]
    log_values, solved = subtract(
        problem, np.ascontiguousarray(grid.tau_sample), grid.tau_effect, jacobian
    )
    found = []
    for i, sample in enumerate(design.sample_ids):
        without = Grid(
            grid.scale, grid.outer, grid.inner, grid.limits, grid.fixed, log_values[i],
            solved[i, ..., -1] + shift, np.tril(solved[i, ..., :-1]),
        )  # fmt: skip
        wanting = without.edge_mass > LARGEST_EDGE
        if wanting:
            without = _refit(problem, shift, i, max(grid.log_values.shape) - 1)
        elpd = grid.log_evidence - without.log_evidence
        found.append(LeftOutSample(sample, without, float(elpd), bool(wanting)))
    return tuple(found)


def _refit(problem: Problem, shift: Array, i: int, intervals: int) -> Grid:
    """Posterior without sample i, on supports of its own."""
    rows = slice(problem.starts[i], problem.starts[i + 1])
    size = rows.stop - rows.start
    starts = np.delete(problem.starts, i + 1)
    starts[i + 1 :] -= size
    starts[i] = problem.starts[i]
    reduced = problem._replace(
        eigenvalues=np.delete(problem.eigenvalues, rows),
        ones=np.delete(problem.ones, rows),
        data=np.ascontiguousarray(np.delete(problem.data, rows, axis=1)),
        starts=starts,
        constant=problem.constant + 0.5 * size * math.log(2 * math.pi),
    )
    return refine(reduced, shift, intervals, TOLERANCE)
