"""Log densities without each sample, at the nodes of the full posterior, many nodes at once.

A sample's part of the cross-products and of the log determinant is a summand of the whole: at every
node it is taken off, and the square in the coefficients is completed anew.
"""

from __future__ import annotations

import math

import numpy as np
from numba import njit

from bayes_alliance.algebra.blocks import Array
from bayes_alliance.engines.exact.density import Problem, fill_column, log_prior, new_column
from bayes_alliance.engines.exact.rows import (
    BETWEEN_CHECKS,
    TOGETHER,
    complete_square,
    keep_in_range,
)

__all__ = ["subtract"]


@njit(cache=True)
def _own_totals(i: int, tau_effect: float, problem: Problem, entries: Array) -> float:
    """Fill a sample's sums of D_a D_b / d, and return half its sum of log(2 pi d)."""
    entries[:] = 0.0
    log_d = 0.0
    for j in range(problem.starts[i], problem.starts[i + 1]):
        d = problem.eigenvalues[j] + tau_effect * tau_effect
        log_d += math.log(2 * math.pi * d)
        at = 0
        for a in range(len(problem.data)):
            x = problem.data[a, j] / d
            for b in range(a + 1):
                entries[at] += x * problem.data[b, j]
                at += 1
    return 0.5 * log_d


@njit(cache=True, error_model="numpy", fastmath={"contract", "nsz"})
def _whole(ts2: Array, totals: Array, sums: Array, damping: Array, full: Array, logs: Array):  # type: ignore[no-untyped-def]
    """Cross-products and log determinants of all samples, and each sample's damping."""
    count, size = len(ts2), len(full)
    products = np.ones(count)
    full[:, :count] = 0.0
    logs[:count] = 0.0
    for i in range(sums.shape[1]):
        of_ones = sums[size, i]
        for n in range(count):
            damping[i, n] = 1.0 / (1.0 + ts2[n] * of_ones)
            products[n] *= damping[i, n]
        for at in range(size):
            value = sums[at, i]
            if value != 0.0:
                for n in range(count):
                    full[at, n] += value * damping[i, n]
        if i % BETWEEN_CHECKS == BETWEEN_CHECKS - 1:
            keep_in_range(products, logs, count)
    for n in range(count):
        logs[n] += math.log(products[n])
    for at in range(size):
        for n in range(count):
            full[at, n] = totals[at] - ts2[n] * full[at, n]


@njit(cache=True, error_model="numpy", fastmath={"contract", "nsz"})
def _without(ts2: Array, own: Array, sums: Array, full: Array, damping: Array, work: Array):  # type: ignore[no-untyped-def]
    """Cross-products without one sample."""
    for at in range(len(full)):
        for n in range(len(ts2)):
            work[at, n] = full[at, n] - own[at] + ts2[n] * damping[n] * sums[at]


@njit(cache=True)
def _store(work: Array, count: int, means: Array, factors: Array) -> None:
    """Lay means and Cholesky factors out node by node."""
    p = means.shape[1]
    base = p * (p + 1) // 2
    for a in range(p):
        for n in range(count):
            means[n, a] = work[base + a, n]
        for b in range(a + 1):
            for n in range(count):
                factors[n, a, b] = work[a * (a + 1) // 2 + b, n]


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
    means : ndarray, shape (S, E, I, p)
        Conditional means of the coefficients.
    factors : ndarray, shape (S, E, I, p, p)
        Lower Cholesky factors of their conditional precisions.
    """
    samples, p = len(problem.starts) - 1, len(problem.prior)
    (E, size), column = tau_sample.shape, new_column(problem)
    entries, sums = len(column.totals) - 1, column.sums
    log_values, means = np.zeros((samples, E, size)), np.zeros((samples, E, size, p))
    factors = np.zeros((samples, E, size, p, p))
    own, own_logs = np.zeros((samples, entries)), np.zeros(samples)
    by_sample = np.ascontiguousarray(sums.T)
    damping, full = np.empty((samples, TOGETHER)), np.empty((entries, TOGETHER))
    work, whole_logs = np.empty((entries, TOGETHER)), np.empty(TOGETHER)
    products, logs = np.empty(TOGETHER), np.empty(TOGETHER)
    for e in range(E):
        fill_column(tau_effect[e], problem, column)
        by_sample[:] = sums.T
        for i in range(samples):
            own_logs[i] = _own_totals(i, tau_effect[e], problem, own[i])
        outer = log_prior(problem.tau_effect, tau_effect[e]) if problem.tau_effect[0] >= 0 else 0.0
        for first in range(0, size, TOGETHER):
            last = min(first + TOGETHER, size)
            taus, count = tau_sample[e, first:last], last - first
            ts2 = taus * taus
            prior = jacobian[e, first:last] + (outer + column.totals[entries])
            if problem.tau_sample[0] >= 0:
                for n in range(count):
                    prior[n] += log_prior(problem.tau_sample, taus[n])
            _whole(ts2, column.totals, sums, damping, full, whole_logs)
            for i in range(samples):
                _without(ts2, own[i], by_sample[i], full, damping[i], work)
                products[:count] = 1 / damping[i, :count]
                logs[:count] = whole_logs[:count]
                complete_square(work, problem.prior, products, logs, count)
                for n in range(count):
                    log_determinants = logs[n] + math.log(products[n])
                    log_values[i, e, first + n] = (
                        prior[n] + own_logs[i] + 0.5 * (log_determinants - work[entries - 1, n])
                    )
                _store(work, count, means[i, e, first:last], factors[i, e, first:last])
    return log_values, means, factors
