"""Independent draws from a posterior over rho and both taus.

rho comes from the inverse of its cdf. Given it, the same pair of uniforms is turned into both taus
at the four nearest nodes of rho, and the cubic through them is read off at rho: no draw repeats a
node. The coefficients are then drawn from their exact conditional.
"""

from __future__ import annotations

import numpy as np

from bayes_alliance.algebra.blocks import Array
from bayes_alliance.algebra.samples import Samples
from bayes_alliance.engines.exact.dependent_rows import draw_dependent_coefficients
from bayes_alliance.engines.exact.draws import draw_polynomial, draw_taus
from bayes_alliance.names import RHO, TAU_EFFECT, TAU_SAMPLE
from bayes_alliance.posterior.stack import GridStack
from bayes_alliance.spec.design import Design

__all__ = ["draw_correlated"]

#: Nodes of rho that a draw is read off.
NEAREST = 4


def draw_correlated(
    design: Design,
    samples: Samples,
    stack: GridStack,
    size: int,
    rng: np.random.Generator,
) -> dict[str, Array]:
    """Draw the parameters from their joint posterior.

    Parameters
    ----------
    design : Design
        The analysis.
    samples : Samples
        Its data.
    stack : GridStack
        Its posterior.
    size : int
        Number of independent draws D.
    rng : numpy.random.Generator
        Source of randomness.

    Returns
    -------
    dict
        ``beta`` (D, p), ``rho`` (D,), and ``tau_sample`` and ``tau_effect`` (D,) where they are
        not fixed at 0.
    """
    if design.dependence is None:
        raise ValueError("a posterior over rho needs samples whose covariances depend on it")
    uniforms = rng.random((size, 3))
    middle, half = 0.5 * stack.ends.sum(), 0.5 * (stack.ends[1] - stack.ends[0])
    rho = middle + half * draw_polynomial(stack.rho_marginal.density, uniforms[:, 0])
    drawn = {RHO: rho}
    taus = _taus(stack, rho, uniforms[:, 1:])
    if design.tau_sample is not None:
        drawn[TAU_SAMPLE] = taus[0]
    if design.tau_effect is not None:
        drawn[TAU_EFFECT] = taus[1]
    precision = design.prior_precision()
    drawn["beta"] = draw_dependent_coefficients(
        samples,
        design.dependence,
        rho=rho,
        taus=taus,
        normals=rng.standard_normal((size, len(precision))),
        precision=precision,
        prior_mean=design.prior_mean,
    )
    return drawn


def _taus(stack: GridStack, rho: Array, uniforms: Array) -> Array:
    """Both taus of every draw, shape (2, D)."""
    nodes, scale = stack.rho, stack.layers[0].scale
    first = np.clip(np.searchsorted(nodes, rho) - NEAREST // 2, 0, len(nodes) - NEAREST)
    found = np.zeros((2, len(rho)))
    for r, layer in enumerate(stack.layers):
        near = np.flatnonzero((first <= r) & (r < first + NEAREST))
        if not len(near):
            continue
        weight = np.ones(len(near))
        for j in range(NEAREST):
            other = first[near] + j
            apart = np.where(other == r, 1.0, nodes[r] - nodes[other])
            weight *= np.where(other == r, 1.0, (rho[near] - nodes[other]) / apart)
        taus = np.array(draw_taus(layer, uniforms[near]))
        found[:, near] += weight * np.arcsinh(taus / scale)
    return np.asarray(scale * np.sinh(np.maximum(found, 0.0)))
