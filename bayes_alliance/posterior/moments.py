"""Compiled sums over the nodes of a grid: weights, moments, and mixtures of normals."""

from __future__ import annotations

import math

import numpy as np
from numba import njit

from bayes_alliance.algebra.blocks import Array

__all__ = [
    "combination_variances",
    "conditional_variances",
    "edges",
    "largest_difference",
    "mixture_roots",
    "node_moments",
    "node_taus",
    "weigh",
]

ROOT_2, ROOT_2_PI = math.sqrt(2), math.sqrt(2 * math.pi)
#: Steps after which a root is taken as it stands.
STEPS = 200
#: Cells of means and of sds in which a mixture is compressed.
COMPRESSED = (48, 16)


@njit(cache=True)
def weigh(log_values: Array, outer: Array, inner: Array, step_outer: int, step_inner: int):  # type: ignore[no-untyped-def]
    """Log integral of a density on nodes, and the probability of every node.

    Parameters
    ----------
    log_values : ndarray, shape (E, I)
        Log density.
    outer : ndarray, shape (E',)
        Weights of the rows in use.
    inner : ndarray, shape (I',)
        Weights of the columns in use.
    step_outer, step_inner : int
        Every so many rows and columns are used.

    Returns
    -------
    log_total : float
        Log of the integral.
    shares : ndarray, shape (E', I')
        Probabilities, summing to 1.
    """
    shares = np.empty((len(outer), len(inner)))
    top = -math.inf
    for e in range(len(outer)):
        for i in range(len(inner)):
            top = max(top, log_values[e * step_outer, i * step_inner])
    total = 0.0
    for e in range(len(outer)):
        for i in range(len(inner)):
            mass = math.exp(log_values[e * step_outer, i * step_inner] - top)
            shares[e, i] = outer[e] * inner[i] * mass
            total += shares[e, i]
    shares /= total
    return top + math.log(total), shares


@njit(cache=True, fastmath={"contract", "reassoc", "nsz"})
def node_moments(  # type: ignore[no-untyped-def]
    shares: Array, means: Array, variances: Array, tau_sample: Array, tau_effect: Array,
    step_outer: int, step_inner: int,
):  # fmt: skip
    """Means and variances of the coefficients and of both taus over nodes.

    Parameters
    ----------
    shares : ndarray, shape (E', I')
        Probabilities of the nodes in use.
    means, variances : ndarray, shape (E, I, p)
        Conditional means and variances of the coefficients at all nodes.
    tau_sample : ndarray, shape (E, I)
        Values of tau_sample.
    tau_effect : ndarray, shape (E,)
        Values of tau_effect.
    step_outer, step_inner : int
        Every so many rows and columns are used.

    Returns
    -------
    centres, spreads : ndarray, shape (p + 2,)
        Means and variances of the coefficients, tau_sample and tau_effect.
    """
    rows, columns = shares.shape
    p = means.shape[2]
    centres, spreads = np.zeros(p + 2), np.zeros(p + 2)
    for e in range(rows):
        at, whole = e * step_outer, 0.0
        for i in range(columns):
            share = shares[e, i]
            whole += share
            centres[p] += share * tau_sample[at, i * step_inner]
            for a in range(p):
                centres[a] += share * means[at, i * step_inner, a]
        centres[p + 1] += whole * tau_effect[at]
    for e in range(rows):
        at, whole = e * step_outer, 0.0
        for i in range(columns):
            share = shares[e, i]
            whole += share
            spreads[p] += share * (tau_sample[at, i * step_inner] - centres[p]) ** 2
            for a in range(p):
                distance = means[at, i * step_inner, a] - centres[a]
                spreads[a] += share * (distance * distance + variances[at, i * step_inner, a])
        spreads[p + 1] += whole * (tau_effect[at] - centres[p + 1]) ** 2
    return centres, spreads


@njit(cache=True)
def node_taus(ends: Array, nodes: Array, scale: float) -> Array:
    """Values of tau at the nodes of rows of their own, as the quadrature itself computes them.

    Parameters
    ----------
    ends : ndarray, shape (E, 2)
        Ends of v, with tau = c sinh(v).
    nodes : ndarray, shape (n + 1,)
        Nodes of the rule on [-1, 1].
    scale : float
        The c.

    Returns
    -------
    ndarray, shape (E, n + 1)
        The values, to the last digit those that the densities were computed at.
    """
    taus = np.empty((len(ends), len(nodes)))
    for e in range(len(ends)):
        left, right = ends[e]
        for i in range(len(nodes)):
            taus[e, i] = scale * math.sinh(0.5 * (left + right) + 0.5 * (right - left) * nodes[i])
    return taus


@njit(cache=True)
def largest_difference(means: Array, sds: Array, other_means: Array, other_sds: Array) -> float:
    """Largest difference of means, in sds, and of log sds.

    Parameters
    ----------
    means, sds : ndarray, shape (p,)
        The better ones; what has no finite sd above 1e-12 is passed over.
    other_means, other_sds : ndarray, shape (p,)
        The others.

    Returns
    -------
    float
        The difference; infinite where only the better sd is positive.
    """
    largest = 0.0
    for a in range(len(means)):
        if sds[a] > 1e-12 and math.isfinite(sds[a]):
            largest = max(largest, abs(means[a] - other_means[a]) / sds[a])
            if other_sds[a] > 0:
                largest = max(largest, abs(math.log(other_sds[a] / sds[a])))
            elif other_sds[a] == 0:
                return math.inf
    return largest


@njit(cache=True)
def conditional_variances(factors: Array) -> Array:
    """Diagonals of the inverses of L L'.

    Parameters
    ----------
    factors : ndarray, shape (E, I, p, p)
        Lower Cholesky factors L.

    Returns
    -------
    ndarray, shape (E, I, p)
        Variances.
    """
    rows, columns, p = factors.shape[0], factors.shape[1], factors.shape[2]
    variances, column = np.zeros((rows, columns, p)), np.empty(p)
    for e in range(rows):
        for i in range(columns):
            for j in range(p):  # column j of the inverse factor, by forward substitution
                column[j] = 1 / factors[e, i, j, j]
                value = column[j] * column[j]
                for a in range(j + 1, p):
                    entry = 0.0
                    for m in range(j, a):
                        entry -= factors[e, i, a, m] * column[m]
                    column[a] = entry / factors[e, i, a, a]
                    value += column[a] * column[a]
                variances[e, i, j] = value
    return variances


@njit(cache=True)
def combination_variances(factors: Array, weights: Array) -> Array:
    """Variances of a linear combination, w' (L L')^-1 w.

    Parameters
    ----------
    factors : ndarray, shape (E, I, p, p)
        Lower Cholesky factors L.
    weights : ndarray, shape (p,)
        The w.

    Returns
    -------
    ndarray, shape (E, I)
        Squared lengths of L^-1 w.
    """
    rows, columns, p = factors.shape[0], factors.shape[1], factors.shape[2]
    variances, solved = np.zeros((rows, columns)), np.empty(p)
    for e in range(rows):
        for i in range(columns):
            total = 0.0
            for a in range(p):
                entry = weights[a]
                for m in range(a):
                    entry -= factors[e, i, a, m] * solved[m]
                solved[a] = entry / factors[e, i, a, a]
                total += solved[a] * solved[a]
            variances[e, i] = total
    return variances


@njit(cache=True)
def edges(log_values: Array, outer: Array, inner: Array, limits: Array, scale: float, far: float):  # type: ignore[no-untyped-def]
    """Densities at the ends of the supports, as shares of the largest.

    At upper ends they count times the growth of tau squared since the top.

    Parameters
    ----------
    log_values : ndarray, shape (E, I)
        Log density in v, with tau = c sinh(v).
    outer, inner : ndarray, shape (2,) and (E, 2)
        Ends of v for tau_effect, and for tau_sample in each row.
    limits : ndarray, shape (2, 2)
        Range of v in which the priors of tau_sample and tau_effect have mass.
    scale : float
        The c.
    far : float
        A v beyond which an end stands for infinity.

    Returns
    -------
    cut : float
        The largest at an end that is not the end of a prior's range.
    endless : ndarray, shape (2,)
        The largest of tau_sample and of tau_effect at ends that stand for infinity.
    """
    rows, columns = log_values.shape
    best = log_values.argmax()
    e, i = best // columns, best % columns
    top = log_values[e, i]
    cut, endless = 0.0, np.zeros(2)
    if columns > 1:
        middle, half = 0.5 * (inner[e, 0] + inner[e, 1]), 0.5 * (inner[e, 1] - inner[e, 0])
        at = 1 + math.sinh(middle - half * math.cos(math.pi * i / (columns - 1))) ** 2
        for row in range(rows):
            for side in range(2):
                v = inner[row, side]
                edge = math.exp(log_values[row, side * (columns - 1)] - top)
                edge *= max((1 + math.sinh(v) ** 2) / at, 1.0)
                if abs(v - limits[0, side]) > 1e-9:
                    cut = max(cut, edge)
                if v >= far:
                    endless[0] = max(endless[0], edge)
    if rows > 1:
        middle, half = 0.5 * (outer[0] + outer[1]), 0.5 * (outer[1] - outer[0])
        at = 1 + math.sinh(middle - half * math.cos(math.pi * e / (rows - 1))) ** 2
        for side in range(2):
            v = outer[side]
            edge = math.exp(log_values[side * (rows - 1)].max() - top)
            edge *= max((1 + math.sinh(v) ** 2) / at, 1.0)
            if abs(v - limits[1, side]) > 1e-9:
                cut = max(cut, edge)
            if v >= far:
                endless[1] = max(endless[1], edge)
    return cut, endless


@njit(cache=True, fastmath={"contract", "reassoc", "nsz"})
def _below(x: float, means: Array, sds: Array, shares: Array):  # type: ignore[no-untyped-def]
    """Cdf, density and its slope of a mixture of normals at one point."""
    cdf, density, slope = 0.0, 0.0, 0.0
    for n in range(len(means)):
        z = (x - means[n]) / sds[n]
        cdf += shares[n] * math.erfc(-z / ROOT_2)
        height = shares[n] / sds[n] * math.exp(-0.5 * z * z)
        density += height
        slope -= height * z / sds[n]
    return 0.5 * cdf, density / ROOT_2_PI, slope / ROOT_2_PI


@njit(cache=True)
def _compressed(means: Array, sds: Array, shares: Array):  # type: ignore[no-untyped-def]
    """A smaller mixture with the same mean and variance within cells of means and sds."""
    rows, columns = COMPRESSED
    low, high, least, most = means[0], means[0], sds[0], sds[0]
    for n in range(len(means)):
        low, high = min(low, means[n]), max(high, means[n])
        least, most = min(least, sds[n]), max(most, sds[n])
    by_mean = (rows - 1e-9) / (high - low) if high > low else 0.0
    by_sd = (columns - 1e-9) / (most - least) if most > least else 0.0
    sums = np.zeros((rows * columns, 3))
    for n in range(len(means)):
        cell = int((means[n] - low) * by_mean) * columns + int((sds[n] - least) * by_sd)
        sums[cell, 0] += shares[n]
        sums[cell, 1] += shares[n] * (means[n] - low)
        sums[cell, 2] += shares[n] * ((means[n] - low) ** 2 + sds[n] ** 2)
    used = sums[:, 0] > 0
    share = sums[used, 0]
    centre = sums[used, 1] / share
    return centre + low, np.sqrt(np.maximum(sums[used, 2] / share - centre**2, least**2)), share


@njit(cache=True)
def mixture_roots(wanted: Array, standard: Array, start: Array, means: Array, sds: Array,
                  shares: Array, tolerance: float) -> Array:  # fmt: skip
    """Quantiles of a mixture of normals, first of a smaller mixture near it.

    Parameters
    ----------
    wanted, standard, start : ndarray, shape (q,)
        Probabilities, their standard normal quantiles, and where to start.
    means, sds, shares : ndarray, shape (n,)
        Of the components; sds positive.
    tolerance : float
        A step this short is the last; the error after it is of the order of its cube.

    Returns
    -------
    ndarray, shape (q,)
        The quantiles.
    """
    small_means, small_sds, small_shares = _compressed(means, sds, shares)
    found = np.empty(len(wanted))
    for i in range(len(wanted)):
        low, high = math.inf, -math.inf  # it lies between the quantiles of the components
        for n in range(len(means)):
            point = means[n] + standard[i] * sds[n]
            low, high = min(low, point), max(high, point)
        near = _root(wanted[i], start[i], low, high, small_means, small_sds, small_shares,
                     tolerance)  # fmt: skip
        found[i] = _root(wanted[i], near, low, high, means, sds, shares, tolerance)
    return found


@njit(cache=True)
def _root(wanted: float, start: float, low: float, high: float, means: Array, sds: Array,
          shares: Array, tolerance: float) -> float:  # fmt: skip
    """Halley's steps, which converge cubically; where one leaves its bracket, halving."""
    x = min(max(start, low), high)
    for _ in range(STEPS):
        below, density, slope = _below(x, means, sds, shares)
        if below < wanted:
            low = x
        else:
            high = x
        step = (below - wanted) / density if density > 0 else math.inf
        bent = 1 - 0.5 * step * slope / density if density > 0 else 1.0
        better = x - step / bent if 0.5 < bent < 2.0 else x - step
        inside = low <= better <= high
        if not inside:
            better = 0.5 * (low + high)
        moved, x = abs(better - x), better
        if (inside and moved <= tolerance) or moved <= 1e-4 * tolerance + 1e-15 * abs(x):
            break
    return x
