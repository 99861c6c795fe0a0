"""Parameters drawn from posterior or prior, and data sets drawn from them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from bayes_alliance.algebra.blocks import Array
from bayes_alliance.engines.exact.correlated_draws import draw_correlated
from bayes_alliance.engines.exact.draws import draw
from bayes_alliance.names import RHO, TAU_EFFECT, TAU_SAMPLE
from bayes_alliance.posterior.grid import Grid
from bayes_alliance.posterior.stack import GridStack
from bayes_alliance.spec.design import Design

__all__ = ["draw_parameters", "draw_prior", "simulate"]


def draw_parameters(
    design: Design, grid: Grid | GridStack, size: int, rng: np.random.Generator
) -> dict[str, Array]:
    """Independent draws of the parameters from the exact posterior.

    Parameters
    ----------
    design : Design
        The analysis.
    grid : Grid or GridStack
        Its posterior.
    size : int
        Number of draws D.
    rng : numpy.random.Generator
        Source of randomness.

    Returns
    -------
    dict
        ``beta`` (D, p), ``tau_sample`` and ``tau_effect`` (D,), ``rho`` (D,) where it is estimated.
    """
    if isinstance(grid, GridStack):
        drawn = draw_correlated(design, design.blocks(), grid, size, rng)
    else:
        drawn = draw(design, design.blocks(), grid, size, rng)
    none = np.zeros(size)
    return {TAU_SAMPLE: none, TAU_EFFECT: none, **drawn}


def draw_prior(design: Design, size: int, rng: np.random.Generator) -> dict[str, Array]:
    """Independent draws of the parameters from the prior.

    Parameters
    ----------
    design : Design
        The analysis; its priors are proper.
    size : int
        Number of draws D.
    rng : numpy.random.Generator
        Source of randomness.

    Returns
    -------
    dict
        As from `draw_parameters`.
    """
    C = design.prior_differences
    beta = design.prior_mean + np.outer(rng.standard_normal(size), design.prior_location)
    drawn = {"beta": beta + rng.standard_normal((size, C.shape[1])) @ C.T}
    if design.tau_total is not None and design.share is not None:
        total, share = design.tau_total.draws(size, rng), design.share.draws(size, rng)
        drawn |= {TAU_SAMPLE: total * np.sqrt(share), TAU_EFFECT: total * np.sqrt(1 - share)}
    else:
        for name, prior in ((TAU_SAMPLE, design.tau_sample), (TAU_EFFECT, design.tau_effect)):
            drawn[name] = np.zeros(size) if prior is None else prior.draws(size, rng)
    if design.dependence is not None:
        drawn[RHO] = design.dependence.prior.draws(size, rng)
    return drawn


def simulate(design: Design, parameters: dict[str, Array], seed: Sequence[int]) -> Array:
    """Draw effect sizes of a layout, one data set a draw of the parameters.

    Every sample has random numbers of its own, so that the first samples are the same however many
    follow them.

    Parameters
    ----------
    design : Design
        The layout.
    parameters : dict
        As from `draw_parameters`, R draws.
    seed : sequence of int
        What the random numbers follow from.

    Returns
    -------
    ndarray, shape (R, k)
        On the analysis scale.
    """
    beta, ends = parameters["beta"], np.append(design.starts[1:], len(design.y))
    y, size = beta @ design.X.T, len(beta)
    for i, (start, end) in enumerate(zip(design.starts, ends, strict=True)):
        rng, m = np.random.default_rng([*seed, i]), int(end - start)
        u, w, e = rng.standard_normal(size), *rng.standard_normal((2, size, m))
        y[:, start:end] += parameters[TAU_SAMPLE][:, None] * u[:, None]
        y[:, start:end] += parameters[TAU_EFFECT][:, None] * w
        y[:, start:end] += _errors(design, i, slice(int(start), int(end)), parameters, e)
    return np.asarray(y)


def _errors(design: Design, i: int, rows: slice, parameters: dict[str, Array], e: Array) -> Array:
    """Sampling errors of one sample from standard normals, shape (R, m)."""
    if design.dependence is not None:
        fixed, pattern = design.dependence.fixed[i], design.dependence.pattern[i]
        if not pattern.any():
            return np.asarray(e @ np.linalg.cholesky(fixed).T)
        V = fixed + parameters[RHO][:, None, None] * pattern
        return np.asarray((np.linalg.cholesky(V) @ e[..., None])[..., 0])
    if design.covariances is not None:
        return np.asarray(e @ np.linalg.cholesky(design.covariances[i]).T)
    return np.asarray(e * np.sqrt(design.variances[rows]))
