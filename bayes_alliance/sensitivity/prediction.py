r"""How well the others predict what is left out: exact moments of its predictive distribution.

At a node of the taus the effects of a sample are normal with covariance
:math:`M = V + \tau_{effect}^2 I + \tau_{sample}^2 11'` given the coefficients. Left-out effects o
of a sample of which r stay have the conditional mean
:math:`X_o\beta + G(y_r - X_r\beta)` with :math:`G = M_{or}M_{rr}^{-1}`, and the covariance
:math:`M_{oo} - G M_{ro}`; the coefficients are normal too, and the nodes are averaged by the laws
of total expectation and covariance.
"""

from __future__ import annotations

import numpy as np

from bayes_alliance.algebra.blocks import Array
from bayes_alliance.posterior.grid import Grid
from bayes_alliance.posterior.stack import GridStack
from bayes_alliance.spec.design import Design

__all__ = ["misfit", "predicted"]

#: Nodes with less probability than this share of the largest say nothing.
NEGLIGIBLE = 1e-12


def predicted(design: Design, rows: np.ndarray, grid: Grid | GridStack) -> tuple[Array, Array]:
    """Mean and covariance of the predictive distribution of the left-out effects of one sample.

    Parameters
    ----------
    design : Design
        The analysis with all effects.
    rows : ndarray of bool, shape (k,)
        Effects that stay; the others, o of them, belong to one sample.
    grid : Grid or GridStack
        Posterior of those that stay.

    Returns
    -------
    mean : ndarray, shape (o,)
        Predictive means on the analysis scale.
    covariance : ndarray, shape (o, o)
        Predictive covariance.
    """
    index = design.sample_index
    sample = int(index[~rows][0])
    own = np.flatnonzero(index == sample)
    out = ~rows[own]
    size = int(out.sum())
    mean, second = np.zeros(size), np.zeros((size, size))
    for share, layer, rho in zip(grid.shares, grid.layers, grid.rho, strict=True):
        if share <= NEGLIGIBLE * grid.shares.max():
            continue
        V = _sampling_covariance(design, sample, float(rho))
        weights, centres, covariances = _at_nodes(design, own, out, V, layer)
        mean += share * weights @ centres
        second += share * np.einsum("n,no,nq->oq", weights, centres, centres)
        second += share * np.einsum("n,noq->oq", weights, covariances)
    return mean, second - np.outer(mean, mean)


def _at_nodes(
    design: Design, own: np.ndarray, out: np.ndarray, V: Array, layer: Grid
) -> tuple[Array, Array, Array]:
    """Probabilities of the nodes, conditional means and covariances of the left-out effects."""
    kept = layer.weights > NEGLIGIBLE * layer.weights.max()
    ts2 = np.square(layer.tau_sample[kept])[:, None, None]
    te2 = np.square(np.broadcast_to(layer.tau_effect[:, None], kept.shape)[kept])[:, None, None]
    M = V + te2 * np.eye(len(own)) + ts2
    X, y = design.X[own], design.y[own]
    gain = np.zeros((len(M), int(out.sum()), int((~out).sum())))
    if not out.all():
        rest = M[:, ~out][:, :, ~out]
        gain = np.linalg.solve(rest, M[:, ~out][:, :, out]).swapaxes(-1, -2)
    slopes = X[out] - gain @ X[~out]
    centres = np.einsum("nop,np->no", slopes, layer.means[kept]) + gain @ y[~out]
    half = np.linalg.solve(layer.factors[kept], slopes.swapaxes(-1, -2))
    covariances = M[:, out][:, :, out] - gain @ M[:, ~out][:, :, out]
    return layer.weights[kept], centres, covariances + half.swapaxes(-1, -2) @ half


def _sampling_covariance(design: Design, sample: int, rho: float) -> Array:
    if design.dependence is not None:
        own = design.dependence
        return np.asarray(own.fixed[sample] + rho * own.pattern[sample])
    if design.covariances is not None:
        return design.covariances[sample]
    return np.diag(design.variances[design.sample_index == sample])


def misfit(design: Design, rows: np.ndarray, grid: Grid | GridStack) -> float:
    """Squared distance of left-out effects from their predictions, by effect.

    Parameters
    ----------
    design : Design
        The analysis with all effects.
    rows : ndarray of bool, shape (k,)
        Effects that stay; the others, o of them, belong to one sample.
    grid : Grid or GridStack
        Posterior of those that stay.

    Returns
    -------
    float
        The residuals' squared length in the metric of their predictive covariance, over o.
    """
    mean, covariance = predicted(design, rows, grid)
    residual = design.y[~rows] - mean
    return float(residual @ np.linalg.solve(covariance, residual)) / len(residual)
