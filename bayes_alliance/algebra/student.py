r"""Sample effects that follow a Student t: what integrating them out does to the density.

.. math:: u_i \mid \lambda_i \sim N(0, \tau^2/\lambda_i), \quad
          \lambda_i \sim \mathrm{Gamma}(\nu/2, \nu/2)
          \quad\Longleftrightarrow\quad u_i \sim t_\nu(0, \tau)

tau is the *scale* of the t (its standard deviation is tau sqrt(nu / (nu - 2)), nu above 2), lambda
the weight of a sample: well below 1 where it lies apart (West 1984, Journal of the Royal
Statistical Society B 46; Baker & Jackson 2008, doi 10.1007/s10729-007-9041-8).

Given lambda_i, integrating u_i out multiplies the density of a sample's effects by

.. math:: g(\lambda) = (1 + \tau^2 o/\lambda)^{-1/2}
          \exp\{\tfrac12 (\tau^2/\lambda)\, c^2 / (1 + \tau^2 o/\lambda)\},

o = z'D^-1 z and c = z'D^-1 (y - X beta) in rotated coordinates. The integral of g over the Gamma
distribution has no closed form. It is a sum over equal steps t of log lambda =
s (t - expm1(-q t) / q) / 2, s = (df / 2 + r)^(-1/2): the trapezoidal rule converges exponentially
for such integrands (Trefethen & Weideman 2014, doi 10.1137/130932132), and the stretched left end
reaches the small weights of samples far apart. With these constants and 48 nodes the error of the
log density of a sample is below 1e-9 for df from 2 to 1000, tau^2 o from .02 to 1000 and c^2 / o to
40 (against a rule of 60,001 nodes); at df = 1.05 it reaches 2e-7 where tau^2 o is near 0.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import gammaln, logsumexp

from bayes_alliance.algebra.blocks import Array

__all__ = [
    "STRETCHED_STEPS",
    "draw_weights",
    "log_factor_normal",
    "log_factor_student",
    "new_weights",
    "weight_rule",
]

NODES = 48
LEFT, RIGHT, STRETCH, SHIFT = 14.541, 7.263, 0.157, 1.056

_STEPS = np.linspace(-LEFT, RIGHT, NODES)
#: t - expm1(-q t) / q, halved, and its derivative times the step: the rule but for s(df).
STRETCHED_STEPS = (
    (_STEPS - np.expm1(-STRETCH * _STEPS) / STRETCH) / 2,
    (1 + np.exp(-STRETCH * _STEPS)) / 2 * (_STEPS[1] - _STEPS[0]),
)


def weight_rule(df: ArrayLike) -> tuple[Array, Array]:
    """Nodes and weights for integrals over lambda ~ Gamma(df / 2, rate df / 2).

    Parameters
    ----------
    df : array_like, shape (...)
        Degrees of freedom, above 1.

    Returns
    -------
    log_nodes : ndarray, shape (..., Q)
        log lambda at the nodes.
    log_weights : ndarray, shape (..., Q)
        Logs of their weights, which sum to 1 but for the error of the rule.

    Examples
    --------
    >>> import numpy as np
    >>> from bayes_alliance.algebra.student import weight_rule
    >>> log_nodes, log_weights = weight_rule(4.0)
    >>> float(np.exp(log_weights + log_nodes).sum().round(8))
    1.0
    """
    a = np.asarray(df, float)[..., None] / 2
    position, width = STRETCHED_STEPS
    scale = 1 / np.sqrt(a + SHIFT)
    x = scale * position
    log_density = a * np.log(a) - gammaln(a) + a * (x - np.exp(x))
    return x, np.asarray(log_density + np.log(scale * width))


def log_factor_normal(variance: Array, ones: Array, crossed: Array) -> Array:
    """Log of what a normal sample effect multiplies the density of a sample's effects by.

    Parameters
    ----------
    variance : ndarray, shape (..., S) or broadcast to it
        Variance of the sample effect.
    ones, crossed : ndarray, shape (..., S)
        z'D^-1 z and z'D^-1 (y - X beta).

    Returns
    -------
    ndarray, shape (..., S)
        Log factors.
    """
    inflation = 1 + variance * ones
    return np.asarray(0.5 * (variance * crossed**2 / inflation - np.log(inflation)))


def log_factor_student(variance: Array, ones: Array, crossed: Array, df: ArrayLike) -> Array:
    """Log of what a sample effect that follows a t multiplies the density by.

    Parameters
    ----------
    variance : ndarray, shape (..., S) or broadcast to it
        Squared scale of the t.
    ones, crossed : ndarray, shape (..., S)
        z'D^-1 z and z'D^-1 (y - X beta).
    df : array_like, shape (...)
        Degrees of freedom.

    Returns
    -------
    ndarray, shape (..., S)
        Log factors, the weights integrated out.
    """
    return np.asarray(logsumexp(_log_terms(variance, ones, crossed, df)[1], axis=-1))


def draw_weights(
    variance: Array, ones: Array, crossed: Array, df: Array, rng: np.random.Generator
) -> Array:
    """Draw the weight of each sample given its data and the parameters.

    A node of the rule is drawn, given it the sample effect from its normal conditional, and given
    that the weight from Gamma((df + 1) / 2, (df + u^2 / tau^2) / 2): the last step makes the draw
    continuous, and the first is as exact as the rule.

    Parameters
    ----------
    variance : ndarray, shape (D, S) or (D, 1)
        Squared scale of the t.
    ones, crossed : ndarray, shape (D, S)
        z'D^-1 z and z'D^-1 (y - X beta).
    df : ndarray, shape (D,)
        Degrees of freedom.
    rng : numpy.random.Generator
        Source of randomness.

    Returns
    -------
    ndarray, shape (D, S)
        Draws of lambda.
    """
    log_nodes, terms = _log_terms(variance, ones, crossed, df)
    reached = np.cumsum(np.exp(terms - terms.max(-1, keepdims=True)), axis=-1)
    chosen = (reached < reached[..., -1:] * rng.random((*reached.shape[:-1], 1))).sum(-1)
    node = np.exp(
        np.take_along_axis(np.broadcast_to(log_nodes, terms.shape), chosen[..., None], -1)
    )
    # In units of the scale, so that a scale of 0 leaves the weight to its prior.
    scale = np.sqrt(variance)
    given = 1 / (node[..., 0] + variance * ones)
    standard = given * scale * crossed + np.sqrt(given) * rng.standard_normal(given.shape)
    shape = (df[:, None] + 1) / 2
    return np.asarray(rng.gamma(shape, size=given.shape) / ((df[:, None] + standard**2) / 2))


def new_weights(df: Array, samples: int, rng: np.random.Generator) -> Array:
    """Draw weights of new samples from Gamma(df / 2, rate df / 2).

    Parameters
    ----------
    df : ndarray, shape (D,)
        Draws of the degrees of freedom.
    samples : int
        Number S of weights a draw.
    rng : numpy.random.Generator
        Source of randomness.

    Returns
    -------
    ndarray, shape (D, S)
        The weights.
    """
    half = df[:, None] / 2
    return np.asarray(rng.gamma(half, size=(len(df), samples)) / half)


def _log_terms(variance: Array, ones: Array, crossed: Array, df: ArrayLike) -> tuple[Array, Array]:
    """Log nodes, and the log of weight times factor at each, shape (..., S, Q)."""
    log_nodes, log_weights = weight_rule(df)
    log_nodes, log_weights = log_nodes[..., None, :], log_weights[..., None, :]
    node = np.exp(log_nodes)
    variance, ones, crossed = (np.asarray(v)[..., None] for v in (variance, ones, crossed))
    left = node + variance * ones
    gained = 0.5 * (variance * crossed**2 / left - np.log(left) + log_nodes)
    return log_nodes, log_weights + gained
