"""Densities, least squares and conditionals of the three-level normal model, linear in effects.

All taus are standard deviations. Leading dimensions (``...``) are draws or quadrature nodes.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from bayes_alliance.algebra.blocks import Array, RotatedBlocks, sum_by_sample
from bayes_alliance.algebra.student import draw_weights, log_factor_normal, log_factor_student

__all__ = [
    "LeastSquares",
    "columns",
    "conditional_effects",
    "conditional_samples",
    "conditional_weights",
    "least_squares",
    "log_density_by_sample",
    "simulate",
]

LOG_2_PI = float(np.log(2 * np.pi))


def columns(tau: ArrayLike, beta: ArrayLike) -> Array:
    """A tau of each draw as a column; one of each draw and sample (or effect) as it is.

    Parameters
    ----------
    tau : array_like, shape (...) or (..., size)
        Standard deviations.
    beta : array_like, shape (..., p)
        Coefficients of the same draws.

    Returns
    -------
    ndarray, shape (..., 1) or (..., size)
        Ready to be broadcast over samples or effects.
    """
    values = np.asarray(tau, float)
    return values[..., None] if values.ndim < np.ndim(beta) else values


@dataclass(frozen=True, slots=True)
class LeastSquares:
    """What generalised least squares needs at given taus, M^-1 being the inverse covariance.

    Parameters
    ----------
    xx : ndarray, shape (..., p, p)
        X' M^-1 X.
    xy : ndarray, shape (..., p)
        X' M^-1 y.
    yy : ndarray, shape (...)
        y' M^-1 y.
    log_determinant : ndarray, shape (...)
        log |M|.
    """

    xx: Array
    xy: Array
    yy: Array
    log_determinant: Array


def least_squares(
    blocks: RotatedBlocks, *, tau_sample: ArrayLike, tau_effect: ArrayLike
) -> LeastSquares:
    """Weighted cross-products and log determinant at given taus.

    Parameters
    ----------
    blocks : RotatedBlocks
        The data.
    tau_sample, tau_effect : array_like, shape (...)
        Standard deviations of the two levels, broadcast against one another.

    Returns
    -------
    LeastSquares
        Cross-products with M^-1 and log |M|.
    """
    ts2, te2 = np.broadcast_arrays(np.square(tau_sample), np.square(tau_effect))
    starts = blocks.starts
    inverse = 1 / (blocks.eigenvalues + te2[..., None])
    data = np.column_stack([blocks.X, blocks.y])
    weighted = data.T * inverse[..., None, :]  # (..., p + 1, k)
    cross = np.asarray(weighted @ data)
    with_ones = sum_by_sample(weighted * blocks.ones, starts)  # (..., p + 1, S)
    ones = sum_by_sample(inverse * blocks.ones**2, starts)
    shrink = ts2[..., None] / (1 + ts2[..., None] * ones)
    cross = cross - (with_ones * shrink[..., None, :]) @ np.swapaxes(with_ones, -1, -2)
    log_determinant = -np.log(inverse).sum(-1) + np.log1p(ts2[..., None] * ones).sum(-1)
    return LeastSquares(
        xx=cross[..., :-1, :-1],
        xy=cross[..., :-1, -1],
        yy=cross[..., -1, -1],
        log_determinant=log_determinant,
    )


def log_density_by_sample(
    blocks: RotatedBlocks,
    *,
    beta: ArrayLike,
    tau_sample: ArrayLike,
    tau_effect: ArrayLike,
    df: ArrayLike | None = None,
    y: Array | None = None,
) -> Array:
    """Log density of each sample's effects with all random effects integrated out.

    Parameters
    ----------
    blocks : RotatedBlocks
        The data.
    beta : array_like, shape (..., p)
        Coefficients.
    tau_sample : array_like, shape (...) or (..., S)
        Standard deviation between samples, or of each; with `df` the scale of the t.
    tau_effect : array_like, shape (...) or (..., k)
        Standard deviation within samples, or of each effect in rotated coordinates.
    df : array_like, shape (...), optional
        Degrees of freedom of sample effects that follow a t; by default they are normal.
    y : ndarray, shape (..., k), optional
        Rotated effect sizes to be used instead of those in `blocks`.

    Returns
    -------
    ndarray, shape (..., S)
        log N(y_i; X_i beta, V_i + tau_effect^2 I + tau_sample^2 11'), or the same with the weights
        of the samples integrated out (see `bayes_alliance.algebra.student`).
    """
    ts2, te2 = np.square(columns(tau_sample, beta)), np.square(columns(tau_effect, beta))
    residual = (blocks.y if y is None else y) - np.asarray(beta, float) @ blocks.X.T
    variance = blocks.eigenvalues + te2
    ones = sum_by_sample(blocks.ones**2 / variance, blocks.starts)
    crossed = sum_by_sample(blocks.ones * residual / variance, blocks.starts)
    squared = sum_by_sample(residual**2 / variance, blocks.starts)
    log_determinant = sum_by_sample(np.log(variance), blocks.starts)
    within = -0.5 * (squared + log_determinant + blocks.sizes * LOG_2_PI)
    if df is None:
        return np.asarray(within + log_factor_normal(ts2, ones, crossed))
    return np.asarray(within + log_factor_student(ts2, ones, crossed, df))


def conditional_samples(
    blocks: RotatedBlocks,
    *,
    beta: Array,
    tau_sample: Array,
    tau_effect: Array,
    y: Array | None = None,
) -> tuple[Array, Array]:
    """Mean and variance of the sample effects u_i given the data, beta and the taus.

    u_i is normal with variance tau_s^2 / (1 + tau_s^2 z'D^-1 z) and mean that times
    z'D^-1 (y - X beta), D being the diagonal of eigenvalues plus tau_e^2.

    Parameters
    ----------
    blocks : RotatedBlocks
        The data.
    beta : ndarray, shape (D, p)
        Draws of the coefficients.
    tau_sample : ndarray, shape (D,) or (D, S)
        Draws of the standard deviation between samples, or of each sample.
    tau_effect : ndarray, shape (D,) or (D, k)
        Draws of the standard deviation within samples, or of each effect.
    y : ndarray, shape (D, k), optional
        Rotated effect sizes, where some of them are drawn too (censored ones).

    Returns
    -------
    mean, variance : ndarray, shape (D, S)
        Of the deviations u_i.
    """
    ts2, te2 = np.square(columns(tau_sample, beta)), np.square(columns(tau_effect, beta))
    residual = (blocks.y if y is None else y) - beta @ blocks.X.T
    precision = 1 / (blocks.eigenvalues + te2)
    ones = sum_by_sample(blocks.ones**2 * precision, blocks.starts)
    crossed = sum_by_sample(blocks.ones * residual * precision, blocks.starts)
    variance = ts2 / (1 + ts2 * ones)
    return variance * crossed, variance


def conditional_weights(
    blocks: RotatedBlocks,
    *,
    beta: Array,
    tau_sample: Array,
    tau_effect: Array,
    df: Array,
    rng: np.random.Generator,
    y: Array | None = None,
) -> Array:
    """Draw the weights lambda_i of samples whose effects follow a t, given y and the parameters.

    Parameters
    ----------
    blocks : RotatedBlocks
        The data.
    beta : ndarray, shape (D, p)
        Draws of the coefficients.
    tau_sample : ndarray, shape (D,) or (D, S)
        Draws of the scale of the t.
    tau_effect : ndarray, shape (D,) or (D, k)
        Draws of the standard deviation within samples, or of each effect.
    df : ndarray, shape (D,)
        Degrees of freedom.
    rng : numpy.random.Generator
        Source of randomness.
    y : ndarray, shape (D, k), optional
        Rotated effect sizes, where some of them are drawn too (censored ones).

    Returns
    -------
    ndarray, shape (D, S)
        Weights; small ones mark samples that lie apart. The scale of sample i is
        tau_sample / sqrt(lambda_i).
    """
    ts2, te2 = np.square(columns(tau_sample, beta)), np.square(columns(tau_effect, beta))
    residual = (blocks.y if y is None else y) - beta @ blocks.X.T
    precision = 1 / (blocks.eigenvalues + te2)
    ones = sum_by_sample(blocks.ones**2 * precision, blocks.starts)
    crossed = sum_by_sample(blocks.ones * residual * precision, blocks.starts)
    ones = np.broadcast_to(ones, crossed.shape)
    return draw_weights(ts2, ones, crossed, df, rng)


def conditional_effects(
    blocks: RotatedBlocks,
    *,
    beta: Array,
    tau_sample: Array,
    tau_effect: Array,
    rng: np.random.Generator,
    y: Array | None = None,
) -> tuple[Array, Array]:
    """Draw the random effects of both levels from their normal conditionals given y.

    First the u_i (see `conditional_samples`); given them the w_ij are independent in rotated
    coordinates, shrunk by tau_e^2 / (tau_e^2 + eigenvalue).

    Parameters
    ----------
    blocks : RotatedBlocks
        The data.
    beta : ndarray, shape (D, p)
        Draws of the coefficients.
    tau_sample : ndarray, shape (D,) or (D, S)
        Draws of the standard deviation between samples, or of each sample.
    tau_effect : ndarray, shape (D,) or (D, k)
        Draws of the standard deviation within samples, or of each effect.
    rng : numpy.random.Generator
        Source of randomness.
    y : ndarray, shape (D, k), optional
        Rotated effect sizes, where some of them are drawn too (censored ones).

    Returns
    -------
    u : ndarray, shape (D, S)
        Deviations of the samples.
    w : ndarray, shape (D, k)
        Deviations of the effects from their sample.
    """
    mean_u, variance_u = conditional_samples(
        blocks, beta=beta, tau_sample=tau_sample, tau_effect=tau_effect, y=y
    )
    u = mean_u + np.sqrt(variance_u) * rng.standard_normal(mean_u.shape)
    residual = (blocks.y if y is None else y) - beta @ blocks.X.T
    left = residual - blocks.ones * np.repeat(u, blocks.sizes, axis=-1)
    te2 = np.square(columns(tau_effect, beta))
    shrink = te2 / (blocks.eigenvalues + te2)
    w = shrink * left + np.sqrt(shrink * blocks.eigenvalues) * rng.standard_normal(left.shape)
    return u, blocks.back(w)


def simulate(
    blocks: RotatedBlocks,
    *,
    beta: Array,
    tau_sample: Array,
    tau_effect: Array,
    rng: np.random.Generator,
) -> Array:
    """Draw new effect sizes of the same samples: y ~ N(X beta, M).

    Parameters
    ----------
    blocks : RotatedBlocks
        The design; its y is not used.
    beta : ndarray, shape (D, p)
        Draws of the coefficients.
    tau_sample : ndarray, shape (D,) or (D, S)
        Draws of the standard deviation between samples, or of each sample.
    tau_effect : ndarray, shape (D,) or (D, k)
        Draws of the standard deviation within samples, or of each effect.
    rng : numpy.random.Generator
        Source of randomness.

    Returns
    -------
    ndarray, shape (D, k)
        One simulated data set a draw, in the coordinates of the effects.
    """
    ts, te2 = columns(tau_sample, beta), np.square(columns(tau_effect, beta))
    mean = beta @ blocks.X.T
    u = ts * rng.standard_normal((len(beta), len(blocks.starts)))
    noise = np.sqrt(blocks.eigenvalues + te2) * rng.standard_normal(mean.shape)
    rotated = mean + blocks.ones * np.repeat(u, blocks.sizes, axis=-1) + noise
    return blocks.back(rotated)
