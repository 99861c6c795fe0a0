r"""How far apart two posteriors of the same parameters are, exactly.

Let :math:`\theta` be the coefficients and the taus (and rho), the random effects integrated out.
The posteriors with all data y and without a part :math:`y_i` of them are related by

.. math:: \log\frac{p(\theta\mid y)}{p(\theta\mid y_{-i})}
          = \log p(y_i\mid y_{-i},\theta) - \log p(y_i\mid y_{-i}),

so that the Kullback-Leibler divergence of the posterior with the part from the one without it is
the posterior expectation of the first term minus the log predictive density of the part (Geisser &
Johnson 1983; Peng & Dey 1995),

.. math:: KL = E\{\log p(y_i\mid y_{-i},\theta)\mid y\} - \log p(y_i\mid y_{-i}),

in nats. At every node of the taus the coefficients are normal and the log density is quadratic in
them, so the expectation is a sum over the nodes of the posterior with all data; the nodes of the
posterior without the part need not be the same. Where they are, the same number is the divergence
of the nodes' probabilities plus the expected divergence of the conditional normals.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from bayes_alliance.algebra.blocks import Array, RotatedBlocks
from bayes_alliance.engines.exact.correlation import pencil
from bayes_alliance.posterior.grid import Grid
from bayes_alliance.posterior.marginal import MixtureMarginal
from bayes_alliance.posterior.stack import GridStack
from bayes_alliance.spec.design import Design

__all__ = [
    "Moments",
    "Reference",
    "coin",
    "expected_log_densities",
    "mean_weights",
    "moments_of",
]

#: Points of the trapezoidal rule for the divergence of two marginals, and the tail left out.
POINTS, TAIL = 161, 1e-12
#: Nodes with less probability than this share of the largest say nothing.
NEGLIGIBLE = 1e-13
#: Densities of components that are computed together.
TOGETHER = 60_000


@dataclass(frozen=True, slots=True)
class Moments:
    """Moments of a posterior on a grid, p coefficients.

    Parameters
    ----------
    mean : ndarray, shape (p,)
        Posterior means of the coefficients.
    covariance : ndarray, shape (p, p)
        Their posterior covariance.
    sample, effect : float
        Posterior means of the squares of tau_sample and tau_effect.
    rho : float
        Posterior mean of the correlation of the sampling errors; NaN where it is known.
    """

    mean: Array
    covariance: Array
    sample: float
    effect: float
    rho: float


def moments_of(grid: Grid | GridStack) -> Moments:
    """Joint moments of the coefficients, and second moments of the taus.

    Parameters
    ----------
    grid : Grid or GridStack
        A posterior.

    Returns
    -------
    Moments
        By the law of total covariance over the nodes.
    """
    p = grid.layers[0].means.shape[-1]
    mean, second, squares = np.zeros(p), np.zeros((p, p)), np.zeros(2)
    for share, layer in zip(grid.shares, grid.layers, strict=True):
        weights = share * layer.weights
        mean += np.einsum("ei,eip->p", weights, layer.means)
        second += np.einsum("ei,eip,eiq->pq", weights, layer.means, layer.means)
        kept = layer.weights > NEGLIGIBLE * layer.weights.max()
        half = np.linalg.inv(layer.factors[kept]) * np.sqrt(weights[kept])[:, None, None]
        second += np.tensordot(half, half, axes=((0, 1), (0, 1)))
        squares[0] += float((weights * np.square(layer.tau_sample)).sum())
        squares[1] += float(weights.sum(axis=1) @ np.square(layer.tau_effect))
    rho = float(grid.shares @ grid.rho)
    return Moments(mean, second - np.outer(mean, mean), squares[0], squares[1], rho)


def _covariances(layer: Grid) -> Array:
    """Conditional covariances of the coefficients at the nodes, shape (E, I, p, p)."""
    half = np.linalg.inv(layer.factors)
    return np.asarray(np.swapaxes(half, -1, -2) @ half)


def expected_log_densities(design: Design, grid: Grid | GridStack) -> Array:
    r"""Posterior expectation of the log density of each sample, the random effects integrated out.

    Parameters
    ----------
    design : Design
        Some or all of the effects of an analysis (`Design.keep`), S samples.
    grid : Grid or GridStack
        Posterior of the whole analysis, whose coefficients are the same.

    Returns
    -------
    ndarray, shape (S,)
        :math:`E\{\log N(y_i; X_i\beta, V_i + \tau_{effect}^2 I + \tau_{sample}^2 11')\}`.
    """
    total = np.zeros(len(design.sample_ids))
    for share, layer, blocks in _layers(design, grid):
        covariances = _covariances(layer)
        for i, statistics in enumerate(_statistics(blocks, layer)):
            total[i] += share * float(
                (layer.weights * _expected(statistics, layer, covariances)).sum()
            )
    return total


def _layers(design: Design, grid: Grid | GridStack) -> list[tuple[float, Grid, RotatedBlocks]]:
    """Layers with any probability, and the data rotated at their rho."""
    if design.dependence is None:
        return [(1.0, grid.layers[0], design.blocks())]
    data, top = pencil(design, design.dependence), grid.shares.max()
    return [
        (float(share), layer, data.at(float(rho)))
        for share, layer, rho in zip(grid.shares, grid.layers, grid.rho, strict=True)
        if share > NEGLIGIBLE * top
    ]


@dataclass(frozen=True, slots=True)
class _Statistics:
    """X' M^-1 X, X' M^-1 y, y' M^-1 y, log |M| and size of a sample at E x I nodes."""

    xx: Array  # (E, I, p, p)
    xy: Array  # (E, I, p)
    yy: Array  # (E, I)
    log_determinant: Array  # (E, I)
    x1: Array  # 1' M^-1 X, (E, I, p)
    size: int


def _statistics(blocks: RotatedBlocks, layer: Grid) -> list[_Statistics]:
    """Of every sample, by the rank-one update of a diagonal matrix (Sherman & Morrison 1950)."""
    ts2, te2 = np.square(layer.tau_sample), np.square(layer.tau_effect)
    found = []
    for start, size in zip(blocks.starts, blocks.sizes, strict=True):
        own = slice(start, start + size)
        z, y, X = blocks.ones[own], blocks.y[own], blocks.X[own]
        d = blocks.eigenvalues[own] + te2[:, None]  # (E, m)
        zx, zy, zz = (z / d) @ X, (z / d) @ y, (z / d) @ z
        xx = np.einsum("em,mp,mq->epq", 1 / d, X, X)
        gain = ts2 / (1 + ts2 * zz[:, None])
        found.append(
            _Statistics(
                xx=xx[:, None] - gain[..., None, None] * (zx[:, :, None] * zx[:, None, :])[:, None],
                xy=((y / d) @ X)[:, None] - gain[..., None] * (zx * zy[:, None])[:, None],
                yy=((y / d) @ y)[:, None] - gain * np.square(zy)[:, None],
                log_determinant=np.log(d).sum(1)[:, None] + np.log1p(ts2 * zz[:, None]),
                x1=zx[:, None] / (1 + ts2 * zz[:, None])[..., None],
                size=int(size),
            )
        )
    return found


def _expected(own: _Statistics, layer: Grid, covariances: Array) -> Array:
    """Expectation of the log density over the coefficients at every node, shape (E, I)."""
    b = layer.means
    quadratic = own.yy - 2 * (own.xy * b).sum(-1) + np.einsum("eip,eipq,eiq->ei", b, own.xx, b)
    quadratic += (own.xx * covariances).sum((-1, -2))
    return np.asarray(-0.5 * (own.size * np.log(2 * np.pi) + own.log_determinant + quadratic))


def mean_weights(design: Design, grid: Grid | GridStack, weights: Array) -> Array:
    r"""Weight of each sample in the posterior mean of a linear combination of the coefficients.

    Given the taus the posterior mean of :math:`w'\beta` is linear in the data; the weight of a
    sample is the sum of the coefficients of its effects, :math:`w'C X_i'M_i^{-1}1`, with C the
    posterior covariance given the taus, averaged over the posterior of these. A mean that the data
    alone decided would have weights that add up to 1; what is missing is the prior's.

    Parameters
    ----------
    design : Design
        The analysis, S samples.
    grid : Grid or GridStack
        Its posterior.
    weights : ndarray, shape (p,)
        The linear combination w.

    Returns
    -------
    ndarray, shape (S,)
        The weights.
    """
    total = np.zeros(len(design.sample_ids))
    for share, layer, blocks in _layers(design, grid):
        gains = np.einsum("p,eipq->eiq", weights, _covariances(layer))
        for i, own in enumerate(_statistics(blocks, layer)):
            total[i] += share * float((layer.weights * (gains * own.x1).sum(-1)).sum())
    return total


@dataclass(frozen=True, slots=True)
class Reference:
    """A marginal at the points of the trapezoidal rule that divergences from others are taken by.

    Parameters
    ----------
    x : ndarray, shape (n,)
        Evenly spaced, from one far quantile to the other.
    log_density : ndarray, shape (n,)
        Log density there.
    """

    x: Array
    log_density: Array

    @classmethod
    def of(cls, marginal: MixtureMarginal) -> Reference:
        """Points that cover all but 2e-12 of a marginal.

        Parameters
        ----------
        marginal : MixtureMarginal
            The marginal.

        Returns
        -------
        Reference
            Its points and log densities.
        """
        low, high = (float(v) for v in marginal.quantile([TAIL, 1 - TAIL]))
        x = np.linspace(low, high, POINTS)
        return cls(x, _log_density(marginal, x))

    def divergence(self, other: MixtureMarginal) -> float:
        """Kullback-Leibler divergence of this marginal from another.

        Parameters
        ----------
        other : MixtureMarginal
            The other; the expectation is taken over this one.

        Returns
        -------
        float
            In nats, at least 0.
        """
        ratio = self.log_density - _log_density(other, self.x)
        return max(float(np.trapezoid(np.exp(self.log_density) * ratio, self.x)), 0.0)


def _log_density(marginal: MixtureMarginal, x: Array) -> Array:
    """Log density of a mixture of normals, also where it underflows."""
    shares = np.ones(1) if marginal.weights is None else marginal.weights
    kept = shares > NEGLIGIBLE * shares.max()
    means, sds = marginal.means[kept], marginal.sds[kept]
    logs, found = np.log(shares[kept] / sds), np.empty(len(x))
    halved = np.sqrt(0.5) / sds
    # A few points at a time: their terms stay in the processor's memory.
    for part in np.array_split(np.arange(len(x)), max(1, len(x) * len(means) // TOGETHER)):
        terms = x[part, None] - means
        terms *= halved
        np.square(terms, out=terms)
        np.subtract(logs, terms, out=terms)
        top = terms.max(axis=1)
        terms -= top[:, None]
        found[part] = top + np.log(np.exp(terms, out=terms).sum(axis=1))
    return np.asarray(found - 0.5 * np.log(2 * np.pi))


def coin(divergence: Array) -> Array:
    r"""Calibrate a divergence by a coin (McCulloch 1989).

    A fair coin and one that shows heads with probability :math:`(1 + \sqrt{1 - e^{-2 KL}})/2`
    are as far apart as the two posteriors.

    Parameters
    ----------
    divergence : ndarray, shape (...)
        In nats.

    Returns
    -------
    ndarray, shape (...)
        Probabilities from .5 (no difference) to 1.

    Examples
    --------
    >>> coin(np.array([0.0, 0.02, 1.0])).round(2).tolist()
    [0.5, 0.6, 0.96]
    """
    return np.asarray(0.5 * (1 + np.sqrt(-np.expm1(-2 * np.maximum(divergence, 0.0)))))
