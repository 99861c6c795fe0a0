"""A linear combination of the coefficients on the nodes of a quadrature: marginal and density."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from bayes_alliance.algebra.blocks import Array
from bayes_alliance.names import Level
from bayes_alliance.posterior.grid import Grid
from bayes_alliance.posterior.marginal import MixtureMarginal
from bayes_alliance.posterior.stack import GridStack

__all__ = ["log_density_at", "mixture_of"]

#: Nodes with less probability than this say nothing about a marginal.
NEGLIGIBLE = 1e-13


def _at_nodes(layer: Grid, weights: Array) -> tuple[Array, Array]:
    """Conditional means and variances of the combination at all nodes, each of shape (E, I)."""
    if len(weights) == 1:
        return layer.means[..., 0] * weights[0], layer.conditional_variances[..., 0] * weights[
            0
        ] ** 2
    from bayes_alliance.posterior.moments import combination_variances

    return layer.means @ weights, np.asarray(combination_variances(layer.factors, weights))


def mixture_of(
    nodes: Grid | GridStack, weights: Array, levels: Sequence[Level] = ()
) -> MixtureMarginal:
    """Marginal of a linear combination of the coefficients, with some levels' variances added.

    Parameters
    ----------
    nodes : Grid or GridStack
        The posterior on its nodes.
    weights : ndarray, shape (p,)
        Weights of the coefficients.
    levels : sequence of {"sample", "effect"}
        Which levels vary.

    Returns
    -------
    MixtureMarginal
        One component a node, on the analysis scale.
    """
    means, variances, shares = [], [], []
    largest = nodes.shares.max()
    for layer, share in zip(nodes.layers, nodes.shares, strict=True):
        if share <= NEGLIGIBLE * largest:
            continue
        kept = share * layer.weights > NEGLIGIBLE * largest * layer.weights.max()
        mean, variance = _at_nodes(layer, weights)
        if "sample" in levels:
            variance = variance + np.square(layer.tau_sample)
        if "effect" in levels:
            variance = variance + np.square(layer.tau_effect)[:, None]
        means.append(mean[kept])
        variances.append(variance[kept])
        shares.append(share * layer.weights[kept])
    probabilities = np.concatenate(shares)
    return MixtureMarginal(
        np.concatenate(means),
        np.sqrt(np.concatenate(variances)),
        probabilities / probabilities.sum(),
    )


def log_density_at(nodes: Grid | GridStack, weights: Array, value: float) -> tuple[float, float]:
    """Log posterior density of a linear combination of the coefficients at a value.

    The joint density of data, taus and combination at the value is integrated by the rule of the
    posterior itself, so that the error of this integral is known as that of the posterior is: far
    from the posterior the taus that matter may lie beyond its supports, and the error tells.

    Parameters
    ----------
    nodes : Grid or GridStack
        The posterior on its nodes.
    weights : ndarray, shape (p,)
        Weights of the coefficients.
    value : float
        On the analysis scale.

    Returns
    -------
    log_density, error : float
        The reported error of the rule for this integral, absolute on the log.
    """
    layers = []
    for layer in nodes.layers:
        mean, variance = _at_nodes(layer, weights)
        log_density = -0.5 * (np.square(value - mean) / variance + np.log(2 * np.pi * variance))
        layers.append(layer.with_values(layer.log_values + log_density, layer.means, layer.factors))
    at = layers[0] if isinstance(nodes, Grid) else nodes.with_layers(layers)
    return float(at.log_evidence - nodes.log_evidence), float(at.error)
