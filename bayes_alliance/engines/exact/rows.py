"""The joint density at many nodes at once: the innermost loops run over nodes, not over samples.

A processor then works on several nodes in one instruction, and the data are read once for all of
them. The small matrices of the coefficients are stored entry by entry, row by row of their lower
triangle (entry a (a + 1) / 2 + b is row a, column b), each with one number a node; the last row is
that of y. Divisions follow NumPy's rules (`error_model`): a check for zero at each would keep the
compiler from doing several at once.
"""

from __future__ import annotations

import math

import numpy as np
from numba import njit

from bayes_alliance.algebra.blocks import Array
from bayes_alliance.engines.exact.density import Problem

__all__ = [
    "BETWEEN_CHECKS",
    "TOGETHER",
    "complete_square",
    "draw_coefficients",
    "fill_row",
    "keep_in_range",
]

#: Nodes that are worked on together; their numbers stay in the fastest memory.
TOGETHER = 96
#: Products are turned into logarithms before they leave the range between this and its inverse.
TINY = 1e-120
#: Factors of a product between two such checks. Each is at most some 1e30 (tau = 1e12 typical
#: standard errors), so four of them cannot overflow.
BETWEEN_CHECKS = 4


@njit(cache=True)
def keep_in_range(products: Array, logs: Array, count: int) -> None:
    """Move factors from products that grow extreme to their logarithms.

    Parameters
    ----------
    products, logs : ndarray, shape (N,)
        Changed in place; products times exp(logs) stays the same.
    count : int
        Nodes in use.
    """
    for n in range(count):
        if products[n] < TINY or products[n] > 1 / TINY:
            logs[n] += math.log(products[n])
            products[n] = 1.0


@njit(cache=True, error_model="numpy", fastmath={"contract", "nsz"})
def complete_square(entries: Array, prior: Array, products: Array, logs: Array, count: int) -> None:
    """Complete the square in the coefficients at many nodes.

    Parameters
    ----------
    entries : ndarray, shape (E, N)
        Cross-products of the columns of X and y; replaced by the lower Cholesky factor of the
        conditional precision and, in the row of y, by the conditional mean and, last, by the sum of
        squares that the coefficients do not explain.
    prior : ndarray, shape (p, p + 1)
        Of the `Problem`.
    products, logs : ndarray, shape (N,)
        The determinant of the precision is divided out of `products` times exp(`logs`).
    count : int
        Nodes in use.
    """
    p = len(prior)
    base = p * (p + 1) // 2
    for a in range(p + 1):
        row = a * (a + 1) // 2
        for b in range(a + 1):
            at, column = row + b, b * (b + 1) // 2
            known = 0.0
            if a < p:
                known = prior[a, b]
            elif b < p:
                known = prior[b, p]
            for n in range(count):
                entries[at, n] += known
            for c in range(b):
                for n in range(count):
                    entries[at, n] -= entries[row + c, n] * entries[column + c, n]
            if a < p and a == b:
                for n in range(count):
                    products[n] /= entries[at, n]
                    entries[at, n] = math.sqrt(entries[at, n])
                if a % BETWEEN_CHECKS == BETWEEN_CHECKS - 1:
                    keep_in_range(products, logs, count)
            elif b < a:
                for n in range(count):
                    entries[at, n] /= entries[column + b, n]
    for a in range(p - 1, -1, -1):
        for c in range(a + 1, p):
            for n in range(count):
                entries[base + a, n] -= entries[c * (c + 1) // 2 + a, n] * entries[base + c, n]
        for n in range(count):
            entries[base + a, n] /= entries[a * (a + 1) // 2 + a, n]


@njit(cache=True, error_model="numpy", fastmath={"contract", "nsz"})
def _gather(ts2: Array, totals: Array, sums: Array, entries: Array, products: Array, logs: Array):  # type: ignore[no-untyped-def]
    """Sum over samples at each tau_sample^2: cross-products, and 1 / determinants."""
    count, size, samples = len(ts2), len(totals) - 1, sums.shape[1]
    damping = np.empty(TOGETHER)
    entries[:size, :count] = 0.0
    products[:count] = 1.0
    logs[:count] = 0.0
    for i in range(samples):
        of_ones = sums[size, i]
        for n in range(count):
            damping[n] = 1.0 / (1.0 + ts2[n] * of_ones)
            products[n] *= damping[n]
        for at in range(size):
            value = sums[at, i]
            if value != 0.0:
                for n in range(count):
                    entries[at, n] += value * damping[n]
        if i % BETWEEN_CHECKS == BETWEEN_CHECKS - 1:
            keep_in_range(products, logs, count)
    keep_in_range(products, logs, count)
    for at in range(size):
        for n in range(count):
            entries[at, n] = totals[at] - ts2[n] * entries[at, n]


@njit(cache=True)
def fill_row(  # type: ignore[no-untyped-def]
    tau_sample: Array, totals: Array, sums: Array, prior: Array, log_values: Array, solved: Array
):
    """What `log_joint` computes, at many values of tau_sample.

    Parameters
    ----------
    tau_sample : ndarray, shape (N,)
        Standard deviations of the sample level.
    totals, sums : ndarray
        Of the `Column` at the tau_effect.
    prior : ndarray, shape (p, p + 1)
        Of the `Problem`.
    log_values : ndarray, shape (N,)
        Filled with log p(y | taus).
    solved : ndarray, shape (N, p, p + 1)
        Its lower triangles are filled with the Cholesky factor of the coefficients' conditional
        precision, the last column with their conditional mean; shape (0, p, p + 1) leaves it out.
    """
    size, p = len(totals) - 1, len(prior)
    base = p * (p + 1) // 2
    entries = np.empty((size, TOGETHER))
    products, logs = np.empty(TOGETHER), np.empty(TOGETHER)
    for first in range(0, len(tau_sample), TOGETHER):
        last = min(first + TOGETHER, len(tau_sample))
        ts2 = tau_sample[first:last] ** 2
        count = last - first
        _gather(ts2, totals, sums, entries, products, logs)
        complete_square(entries, prior, products, logs, count)
        for n in range(count):
            log_determinants = logs[n] + math.log(products[n])
            unexplained = entries[base + p, n]
            log_values[first + n] = totals[size] + 0.5 * (log_determinants - unexplained)
        if len(solved) > 0:
            for a in range(p):
                for n in range(count):
                    solved[first + n, a, p] = entries[base + a, n]
                for b in range(a + 1):
                    for n in range(count):
                        solved[first + n, a, b] = entries[a * (a + 1) // 2 + b, n]


@njit(cache=True, error_model="numpy", fastmath={"contract", "nsz"})
def _cross_products(problem: Problem, ts2: Array, te2: Array, entries: Array):  # type: ignore[no-untyped-def]
    """Cross-products of the columns of X and y with M^-1 at each pair of variances."""
    data, starts = problem.data, problem.starts
    q, count = len(data), len(ts2)
    inverse, of_ones, shrink = np.empty(TOGETHER), np.empty(TOGETHER), np.empty(TOGETHER)
    own, present = np.empty((q, TOGETHER)), np.zeros(q, np.bool_)
    entries[:, :count] = 0.0
    for i in range(len(starts) - 1):
        of_ones[:count] = 0.0
        own[:, :count] = 0.0
        present[:] = False
        for j in range(starts[i], starts[i + 1]):
            value, one = problem.eigenvalues[j], problem.ones[j]
            for n in range(count):
                inverse[n] = 1.0 / (value + te2[n])
                of_ones[n] += one * one * inverse[n]
            at = 0
            for a in range(q):
                x = data[a, j]
                if x == 0.0:
                    at += a + 1
                    continue
                present[a] = True
                for n in range(count):
                    own[a, n] += one * x * inverse[n]
                for b in range(min(a + 1, q - 1)):  # y'y does not matter to the coefficients
                    product = x * data[b, j]
                    if product != 0.0:
                        for n in range(count):
                            entries[at, n] += product * inverse[n]
                    at += 1
        for n in range(count):
            shrink[n] = ts2[n] / (1.0 + ts2[n] * of_ones[n])
        at = 0
        for a in range(q):
            for b in range(a + 1):
                if present[a] and present[b]:
                    for n in range(count):
                        entries[at, n] -= own[a, n] * own[b, n] * shrink[n]
                at += 1


@njit(cache=True)
def draw_coefficients(
    problem: Problem, tau_sample: Array, tau_effect: Array, normals: Array
) -> Array:
    """Turn standard normal numbers into draws of the coefficients, given the taus.

    Parameters
    ----------
    problem : Problem
        Data and priors.
    tau_sample, tau_effect : ndarray, shape (D,)
        Draws of the taus.
    normals : ndarray, shape (D, p)
        Standard normal draws.

    Returns
    -------
    ndarray, shape (D, p)
        Draws from the exact conditional of the coefficients.
    """
    p = len(problem.prior)
    base = p * (p + 1) // 2
    entries = np.empty((base + p + 1, TOGETHER))
    products, logs = np.empty(TOGETHER), np.empty(TOGETHER)
    draws = np.empty_like(normals)
    for first in range(0, len(tau_sample), TOGETHER):
        last = min(first + TOGETHER, len(tau_sample))
        ts2, te2 = tau_sample[first:last] ** 2, tau_effect[first:last] ** 2
        _cross_products(problem, ts2, te2, entries)
        products[:] = 1.0
        logs[:] = 0.0
        complete_square(entries, problem.prior, products, logs, last - first)
        for a in range(p - 1, -1, -1):  # solve factor' x = normals
            for n in range(last - first):
                value = normals[first + n, a]
                for c in range(a + 1, p):
                    value -= entries[c * (c + 1) // 2 + a, n] * draws[first + n, c]
                draws[first + n, a] = value / entries[a * (a + 1) // 2 + a, n]
        for a in range(p):
            for n in range(last - first):
                draws[first + n, a] += entries[base + a, n]
    return draws
