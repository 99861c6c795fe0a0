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
from bayes_alliance.engines.exact.density import Problem
from bayes_alliance.engines.exact.rows import draw_coefficients
from bayes_alliance.engines.exact.solve import make_problem
from bayes_alliance.posterior.grid import Grid
from bayes_alliance.posterior.grid_marginal import GridMarginal, integral_of_series
from bayes_alliance.spec.design import Design

__all__ = ["draw", "draw_polynomial", "draw_taus"]

#: Cells of each tabulated inverse cdf; between their ends it is taken as linear.
TABLE = 96
#: Cells of a tabulated cdf, at least; within one the density is taken as linear.
FINE = 128
#: Shares at which the inverse cdfs are tabulated, dense in both tails: the second is 2e-7.
LEVELS = 0.5 * (1 - np.cos(0.5 * np.pi * (1 - np.cos(np.linspace(0, np.pi, TABLE + 1)))))
#: The cell of `LEVELS` in which each of so many equal shares begins.
GUIDED = 1024
GUIDE = np.searchsorted(LEVELS, np.arange(GUIDED + 1) / GUIDED, side="right") - 1


def draw(
    design: Design,
    blocks: RotatedBlocks,
    grid: Grid,
    size: int,
    rng: np.random.Generator,
    *,
    made: tuple[Problem, Array] | None = None,
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
    made : tuple, optional
        What `make_problem` made of them, if it is at hand.

    Returns
    -------
    dict
        ``beta`` (D, p), and ``tau_sample`` and ``tau_effect`` (D,) where they are not fixed at 0.
    """
    tau_sample, tau_effect = draw_taus(grid, rng.random((size, 2)))
    problem, shift = made or make_problem(design, blocks, grid.scale)
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
    at = _from_one(grid.effect_marginal, uniforms[:, 0])
    tau_effect = _tau(grid.effect_marginal, at)
    if np.isfinite(grid.fixed[0]):
        return np.full(len(uniforms), grid.fixed[0]), tau_effect
    if len(grid.tau_effect) == 1:
        return _tau(
            grid.sample_marginal, _from_one(grid.sample_marginal, uniforms[:, 1])
        ), tau_effect
    nodes = np.arcsinh(grid.tau_effect / grid.scale)
    # Only columns next to a draw are needed: two before the first, two after the last.
    first = min(max(int(np.searchsorted(nodes, at.min())) - 2, 0), len(nodes) - 4)
    last = max(int(np.searchsorted(nodes, at.max())) + 2, first + 4)
    columns = slice(first, last)
    quantiles = _inverse_cdfs(grid, columns)
    v = _interpolate(at, uniforms[:, 1], nodes[columns], quantiles)
    return grid.scale * np.sinh(v), tau_effect


def _from_one(marginal: GridMarginal, uniforms: Array) -> Array:
    """Draws of v from a marginal that is one column."""
    positions = _draw(marginal.density, marginal.integral, uniforms)
    low, high = marginal.ends[0]
    return np.asarray(0.5 * (low + high) + 0.5 * (high - low) * positions)


def _tau(marginal: GridMarginal, v: Array) -> Array:
    """Tau at v; the value of one that is fixed."""
    if marginal.sd == 0:
        return np.full(len(v), marginal.mean)
    return np.asarray(marginal.scale * np.sinh(v))


def draw_polynomial(density: Array, uniforms: Array) -> Array:
    """Turn uniforms into draws from a polynomial density on [-1, 1].

    Parameters
    ----------
    density : ndarray, shape (n + 1, 1)
        Its Chebyshev coefficients.
    uniforms : ndarray, shape (D,)
        Between 0 and 1.

    Returns
    -------
    ndarray, shape (D,)
        The draws.
    """
    return _draw(density, integral_of_series(density), uniforms)


def _draw(density: Array, integral: Array, uniforms: Array) -> Array:
    """`draw_polynomial` where the integral of the density is known."""
    levels = np.ascontiguousarray(uniforms)
    return np.asarray(_invert_all(levels, *_fine_cdfs(density, integral))[0])


def _inverse_cdfs(grid: Grid, columns: slice) -> Array:
    """Quantiles of v, the inner variable, at some outer nodes, shape (columns, TABLE + 1)."""
    marginal = grid.sample_marginal
    ends = marginal.ends[columns]
    middle, half = 0.5 * (ends[:, :1] + ends[:, 1:]), 0.5 * (ends[:, 1:] - ends[:, :1])
    return np.asarray(
        middle
        + half
        * _invert_all(
            LEVELS, *_fine_cdfs(marginal.density[:, columns], marginal.integral[:, columns])
        )
    )


def _fine_cdfs(density: Array, integral: Array) -> tuple[Array, Array]:
    """Cdfs and densities on [-1, 1] at FINE + 1 Chebyshev points, each of shape (columns, points).

    Both are sums of cosines there, which one transform computes at all points.
    """
    fine = max(FINE, 2 ** math.ceil(math.log2(len(density) + 1)))
    columns = density.shape[1]
    halves = np.zeros((2, columns, fine + 1))
    for at, series in enumerate((integral, density)):
        halves[at, :, : len(series)] = 0.5 * series.T
    halves[:, :, 0] *= 2
    found = dct(halves, type=1, axis=-1)[:, :, ::-1]
    return found[0], found[1]


@njit(cache=True)
def _invert_all(levels: Array, cdfs: Array, densities: Array) -> Array:
    """`_invert` for every column of a table."""
    positions, last = np.empty((len(cdfs), len(levels))), cdfs.shape[1] - 1
    points = -np.cos(np.pi * np.arange(last + 1) / last)
    for e in range(len(cdfs)):
        positions[e] = _invert(levels, points, cdfs[e].copy(), densities[e])
    return positions


@njit(cache=True)
def _invert(levels: Array, points: Array, cdf: Array, density: Array) -> Array:
    """Points below which a table has shares `levels`; the density is linear in a cell."""
    last, positions = len(cdf) - 1, np.empty(len(levels))
    for i in range(1, last + 1):
        cdf[i] = max(cdf[i], cdf[i - 1])
    total, cell = cdf[last], 0
    guide = np.empty(last + 1, np.intp)  # the cell in which each of `last` equal shares begins
    for i in range(last + 1):
        while cell < last - 1 and cdf[cell + 1] < total * i / last:
            cell += 1
        guide[i] = cell
    for i in range(len(levels)):
        target = levels[i] * total
        cell = guide[min(int(levels[i] * last), last)]
        while cell < last - 1 and cdf[cell + 1] < target:
            cell += 1
        positions[i] = _within(target - cdf[cell], cell, points, cdf, density)
    return positions


@njit(cache=True)
def _within(rest: float, cell: int, points: Array, cdf: Array, density: Array) -> float:
    """Point of a cell below which `rest` of its mass lies."""
    left = points[cell]
    width, mass = points[cell + 1] - left, cdf[cell + 1] - cdf[cell]
    if mass <= 0 or rest <= 0:
        return float(left)
    # The densities at both ends, scaled so that the cell has its mass.
    start, end = max(density[cell], 0.0), max(density[cell + 1], 0.0)
    if start + end <= 0:
        return float(left + width * min(rest / mass, 1.0))
    scale = 2 * mass / (width * (start + end))
    start, slope = start * scale, (end - start) * scale / width
    root = math.sqrt(max(start * start + 2 * slope * rest, 0.0))
    return float(left + min(2 * rest / (start + root), width))


@njit(cache=True)
def _interpolate(  # type: ignore[no-untyped-def]
    at: Array, uniforms: Array, nodes: Array, quantiles: Array
):
    """Inner variable of each draw: between levels on a line, between columns on a cubic."""
    drawn, weights = np.empty(len(at)), np.empty(4)
    size, cells = len(nodes), quantiles.shape[1] - 1
    scales = np.ones((size - 3, 4))  # of the cubics' weights
    for first in range(size - 3):
        for j in range(4):
            for m in range(4):
                if m != j:
                    scales[first, j] /= nodes[first + j] - nodes[first + m]
    for i in range(len(at)):
        first = min(max(np.searchsorted(nodes, at[i]) - 2, 0), size - 4)
        d0, d1 = at[i] - nodes[first], at[i] - nodes[first + 1]
        d2, d3 = at[i] - nodes[first + 2], at[i] - nodes[first + 3]
        weights[0], weights[1] = d1 * d2 * d3, d0 * d2 * d3
        weights[2], weights[3] = d0 * d1 * d3, d0 * d1 * d2
        u = uniforms[i]
        level = GUIDE[int(u * GUIDED)]
        while level < cells - 1 and LEVELS[level + 1] < u:
            level += 1
        share = (u - LEVELS[level]) / (LEVELS[level + 1] - LEVELS[level])
        value = 0.0
        for j in range(4):
            low, high = quantiles[first + j, level], quantiles[first + j, level + 1]
            value += weights[j] * scales[first, j] * (low + share * (high - low))
        drawn[i] = max(value, 0.0)
    return drawn
