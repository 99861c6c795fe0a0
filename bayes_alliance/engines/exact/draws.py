"""Independent draws from a posterior on a grid.

tau_effect comes from the inverse of its cdf, exact at the points of a fine table and continued with
a linear density between them. tau_sample, given it, comes from the inverse conditional cdfs of the
four nearest outer nodes, interpolated by the cubic through them: no draw repeats a node. The
coefficients are then drawn from their exact conditional at the drawn taus.
"""

from __future__ import annotations

import math

import numpy as np
from numba import njit
from scipy.fft import dct

from bayes_alliance.algebra.blocks import Array, RotatedBlocks
from bayes_alliance.engines.exact.rows import draw_coefficients
from bayes_alliance.engines.exact.solve import make_problem
from bayes_alliance.posterior.grid import Grid
from bayes_alliance.posterior.grid_marginal import GridMarginal, integral_of_series
from bayes_alliance.spec.design import Design

__all__ = ["draw", "draw_taus"]

#: Points of each tabulated inverse cdf.
TABLE = 257
#: Cells of a tabulated cdf; within one the density is taken as linear.
FINE = 256


def draw(
    design: Design, blocks: RotatedBlocks, grid: Grid, size: int, rng: np.random.Generator
) -> dict[str, Array]:
    """Draw the parameters from their joint posterior.

    Parameters
    ----------
    design : Design
        The analysis.
    blocks : RotatedBlocks
        Its rotated data.
    grid : Grid
        Its posterior.
    size : int
        Number of independent draws D.
    rng : numpy.random.Generator
        Source of randomness.

    Returns
    -------
    dict
        ``beta`` (D, p), and ``tau_sample`` and ``tau_effect`` (D,) where they are not fixed at 0.
    """
    tau_sample, tau_effect = draw_taus(grid, rng.random((size, 2)))
    problem, shift = make_problem(design, blocks, grid.scale)
    normals = rng.standard_normal((size, len(shift)))
    drawn = {"beta": draw_coefficients(problem, tau_sample, tau_effect, normals) + shift}
    if design.tau_sample is not None:
        drawn["tau_sample"] = tau_sample
    if design.tau_effect is not None:
        drawn["tau_effect"] = tau_effect
    return drawn


def draw_taus(grid: Grid, uniforms: Array) -> tuple[Array, Array]:
    """Turn pairs of uniforms into draws of both taus.

    Parameters
    ----------
    grid : Grid
        The posterior.
    uniforms : ndarray, shape (D, 2)
        Between 0 and 1.

    Returns
    -------
    tau_sample, tau_effect : ndarray, shape (D,)
        The draws.
    """
    tau_effect = _from_one(grid.effect_marginal, uniforms[:, 0])
    if np.isfinite(grid.fixed[0]):
        return np.full(len(uniforms), grid.fixed[0]), tau_effect
    if len(grid.tau_effect) == 1:
        return _from_one(grid.sample_marginal, uniforms[:, 1]), tau_effect
    levels = 0.5 * (1 - np.cos(np.linspace(0, np.pi, TABLE)))  # dense in both tails
    nodes = np.arcsinh(grid.tau_effect / grid.scale)
    at = np.arcsinh(tau_effect / grid.scale)
    # Only columns next to a draw are needed: two before the first, two after the last.
    first = min(max(int(np.searchsorted(nodes, at.min())) - 2, 0), len(nodes) - 4)
    last = max(int(np.searchsorted(nodes, at.max())) + 2, first + 4)
    columns = slice(first, last)
    quantiles = _inverse_cdfs(grid, levels, columns)
    v = _interpolate(at, uniforms[:, 1], nodes[columns], levels, quantiles)
    return grid.scale * np.sinh(v), tau_effect


def _from_one(marginal: GridMarginal, uniforms: Array) -> Array:
    """Draws from a marginal that is one column."""
    if marginal.sd == 0:
        return np.full(len(uniforms), marginal.mean)
    cdf, density = _fine_cdfs(marginal.density)
    positions = _invert(np.ascontiguousarray(uniforms), cdf[0], density[0])
    low, high = marginal.ends[0]
    return np.asarray(marginal.scale * np.sinh(0.5 * (low + high) + 0.5 * (high - low) * positions))


def _inverse_cdfs(grid: Grid, levels: Array, columns: slice) -> Array:
    """Quantiles of v, the inner variable, at some outer nodes, shape (columns, TABLE)."""
    marginal = grid.sample_marginal
    ends = marginal.ends[columns]
    middle, half = ends.mean(1), np.diff(ends, axis=1)[:, 0] / 2
    tables = _fine_cdfs(marginal.density[:, columns])
    positions = np.stack([_invert(levels, *table) for table in zip(*tables, strict=True)])
    return np.asarray(middle[:, None] + half[:, None] * positions)


def _fine_cdfs(density: Array) -> tuple[Array, Array]:
    """Cdfs and densities on [-1, 1] at FINE + 1 Chebyshev points, each of shape (columns, points).

    Both are sums of cosines there, which one transform computes at all points.
    """
    fine = max(FINE, 2 ** math.ceil(math.log2(len(density) + 1)))
    found = []
    for series in (integral_of_series(density), density):
        halves = np.zeros((series.shape[1], fine + 1))
        halves[:, : len(series)] = 0.5 * series.T
        halves[:, 0] *= 2
        found.append(np.ascontiguousarray(dct(halves, type=1, axis=1)[:, ::-1]))
    return found[0], found[1]


@njit(cache=True)
def _invert(levels: Array, cdf: Array, density: Array) -> Array:
    """Points below which a table has shares `levels`; the density is linear in a cell."""
    last = len(cdf) - 1
    positions, points = np.empty(len(levels)), np.empty(last + 1)
    for i in range(last + 1):
        points[i] = -math.cos(math.pi * i / last)
    for i in range(1, last + 1):
        cdf[i] = max(cdf[i], cdf[i - 1])
    total = cdf[last]
    for i in range(len(levels)):
        target = levels[i] * total
        cell = min(max(np.searchsorted(cdf, target), 1), last) - 1
        left = points[cell]
        width = points[cell + 1] - left
        mass, rest = cdf[cell + 1] - cdf[cell], target - cdf[cell]
        if mass <= 0 or rest <= 0:
            positions[i] = left
            continue
        # The densities at both ends, scaled so that the cell has its mass.
        start, end = max(density[cell], 0.0), max(density[cell + 1], 0.0)
        if start + end <= 0:
            positions[i] = left + width * rest / mass
            continue
        scale = 2 * mass / (width * (start + end))
        start, slope = start * scale, (end - start) * scale / width
        root = math.sqrt(max(start * start + 2 * slope * rest, 0.0))
        positions[i] = left + min(2 * rest / (start + root), width)
    return positions


@njit(cache=True)
def _interpolate(  # type: ignore[no-untyped-def]
    at: Array, uniforms: Array, nodes: Array, levels: Array, quantiles: Array
):
    """Inner variable of each draw: between levels on a line, between columns on a cubic."""
    drawn = np.empty(len(at))
    for i in range(len(at)):
        first = min(max(np.searchsorted(nodes, at[i]) - 2, 0), len(nodes) - 4)
        upper = min(max(np.searchsorted(levels, uniforms[i]), 1), len(levels) - 1)
        share = (uniforms[i] - levels[upper - 1]) / (levels[upper] - levels[upper - 1])
        value = 0.0
        for j in range(first, first + 4):
            weight = 1.0
            for m in range(first, first + 4):
                if m != j:
                    weight *= (at[i] - nodes[m]) / (nodes[j] - nodes[m])
            low, high = quantiles[j, upper - 1], quantiles[j, upper]
            value += weight * (low + share * (high - low))
        drawn[i] = max(value, 0.0)
    return drawn
