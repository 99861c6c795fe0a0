"""Means of tanh over distributions of true effects on Fisher's z: mean true correlations."""

from __future__ import annotations

import numpy as np

from bayes_alliance.algebra.blocks import Array
from bayes_alliance.algebra.student import weight_rule

__all__ = ["NODES", "WEIGHTS", "mean_tanh", "mean_tanh_of_t"]

#: Gauss-Hermite nodes for the mean of tanh over a normal; 41 are good to 1e-10 for sd up to .7, to
#: 2e-8 at sd 1 and to 1e-5 at 1.5 (against adaptive quadrature).
NODES, WEIGHTS = np.polynomial.hermite_e.hermegauss(41)
WEIGHTS = WEIGHTS / WEIGHTS.sum()
#: Nodes of a rule whose weight is below e to this add nothing to a mean of numbers below 1.
SMALLEST_LOG_WEIGHT = -25.0


def mean_tanh(mean: Array, spread: Array) -> Array:
    """Mean of tanh over normals.

    Parameters
    ----------
    mean, spread : ndarray, shape (D,)
        Means and standard deviations on z.

    Returns
    -------
    ndarray, shape (D,)
        On r.
    """
    return np.asarray(np.tanh(mean[:, None] + spread[:, None] * NODES) @ WEIGHTS)


def mean_tanh_of_t(mean: Array, between: Array, within: Array, df: Array) -> Array:
    """Mean of tanh over sums of a t and a normal.

    Parameters
    ----------
    mean : ndarray, shape (D,)
        Means on z.
    between, within : ndarray, shape (D,)
        Scale of the t between samples, and standard deviation within samples.
    df : ndarray, shape (D,)
        Degrees of freedom.

    Returns
    -------
    ndarray, shape (D,)
        On r, the weight of a sample integrated out.
    """
    log_nodes, log_weights = weight_rule(df)
    total = np.zeros_like(mean)
    for log_node, log_weight in zip(log_nodes.T, log_weights.T, strict=True):
        if log_weight.max() < SMALLEST_LOG_WEIGHT:
            continue
        spread = np.sqrt(np.square(between) * np.exp(-log_node) + np.square(within))
        total += np.exp(log_weight) * mean_tanh(mean, spread)
    return total
