"""Independent draws from a posterior on a grid.

tau_effect comes from the inverse of its exact cdf. tau_sample, given it, comes from the inverse
conditional cdfs of the four nearest outer nodes, interpolated by the cubic through them: no draw
repeats a node. The coefficients are then drawn from their exact conditional at the drawn taus.
"""

from __future__ import annotations

import numpy as np
from numpy.polynomial import chebyshev

from bayes_alliance.algebra.blocks import Array, RotatedBlocks
from bayes_alliance.engines.exact.integration import draw_coefficients
from bayes_alliance.engines.exact.solve import make_problem
from bayes_alliance.posterior.grid import Grid
from bayes_alliance.spec.design import Design

__all__ = ["draw", "draw_taus"]

#: Points of each tabulated inverse cdf.
TABLE = 257


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
    problem, shift = make_problem(design, blocks)
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
    tau_effect = grid.effect_marginal.quantile(uniforms[:, 0])
    if np.isfinite(grid.fixed[0]):
        return np.full(len(uniforms), grid.fixed[0]), tau_effect
    if len(grid.tau_effect) == 1:
        return grid.sample_marginal.quantile(uniforms[:, 1]), tau_effect
    levels = 0.5 * (1 - np.cos(np.linspace(0, np.pi, TABLE)))  # dense in both tails
    quantiles = _inverse_cdfs(grid, levels)
    nodes = np.arcsinh(grid.tau_effect / grid.scale)
    at = np.arcsinh(tau_effect / grid.scale)
    first = np.clip(np.searchsorted(nodes, at) - 2, 0, len(nodes) - 4)
    columns = first[:, None] + np.arange(4)
    weights = _lagrange(nodes[columns], at)
    upper = np.clip(np.searchsorted(levels, uniforms[:, 1]), 1, TABLE - 1)
    share = (uniforms[:, 1] - levels[upper - 1]) / (levels[upper] - levels[upper - 1])
    low = (quantiles[columns, upper[:, None] - 1] * weights).sum(1)
    high = (quantiles[columns, upper[:, None]] * weights).sum(1)
    v = low + share * (high - low)
    return grid.scale * np.sinh(np.maximum(v, 0.0)), tau_effect


def _inverse_cdfs(grid: Grid, levels: Array) -> Array:
    """Quantiles of v, the inner variable, at every outer node, shape (E, TABLE)."""
    marginal = grid.sample_marginal
    fine = np.linspace(-1, 1, 4 * TABLE + 1)
    cumulative = chebyshev.chebval(fine, chebyshev.chebint(marginal.density, lbnd=-1, axis=0))
    middle, half = marginal.ends.mean(1), np.diff(marginal.ends, axis=1)[:, 0] / 2
    positions = np.stack(
        [np.interp(levels, np.maximum.accumulate(row / row[-1]), fine) for row in cumulative]
    )
    return np.asarray(middle[:, None] + half[:, None] * positions)


def _lagrange(nodes: Array, at: Array) -> Array:
    """Weights of the cubic through four nodes, shape (D, 4)."""
    weights = np.ones_like(nodes)
    for j in range(4):
        for m in range(4):
            if m != j:
                weights[:, j] *= (at - nodes[:, m]) / (nodes[:, j] - nodes[:, m])
    return weights
