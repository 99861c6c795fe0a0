"""Likelihood of samples some of whose effects are known only to lie within limits."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from bayes_alliance.algebra.blocks import Array

__all__ = ["complete_y", "log_density_with_censored"]


def log_density_with_censored(*, y: Array, mean: Array, covariance: Array, limit: Array) -> Array:
    """Log density of the observed effects of one sample and probability of the censored ones.

    p(y_o) P(|y_c| < limit | y_o): the joint normal of the sample is split into the marginal of
    what was observed and the conditional of what was censored.

    Parameters
    ----------
    y : ndarray, shape (m,)
        Effect sizes; ignored where censored.
    mean : ndarray, shape (D, m)
        Mean, one row a draw.
    covariance : ndarray, shape (D, m, m)
        Marginal covariance (sampling error and heterogeneity).
    limit : ndarray, shape (m,)
        Critical absolute value of a censored effect, NaN where the effect was observed.

    Returns
    -------
    ndarray, shape (D,)
        One log likelihood a draw.
    """
    hidden = np.isfinite(limit)
    seen = ~hidden
    gain = np.zeros((len(mean), int(hidden.sum()), int(seen.sum())))
    result = np.zeros(len(mean))
    if seen.any():
        observed = covariance[:, seen][:, :, seen]
        residual = y[seen] - mean[:, seen]
        solved = np.linalg.solve(observed, residual[..., None])[..., 0]
        _, log_determinant = np.linalg.slogdet(observed)
        size = int(seen.sum())
        result = -0.5 * ((residual * solved).sum(-1) + log_determinant + size * np.log(2 * np.pi))
        gain = np.linalg.solve(observed, covariance[:, seen][:, :, hidden]).swapaxes(-1, -2)
        centre = mean[:, hidden] + (gain @ residual[..., None])[..., 0]
    else:
        centre = mean[:, hidden]
    spread = covariance[:, hidden][:, :, hidden] - gain @ covariance[:, seen][:, :, hidden]
    return np.asarray(result + np.log(_within(limit[hidden], centre, spread)))


def _within(limit: Array, centre: Array, spread: Array) -> Array:
    """Probability that a normal vector lies within plus and minus its limits, for each draw."""
    if len(limit) == 1:
        sd = np.sqrt(spread[:, 0, 0])
        upper = stats.norm.cdf((limit[0] - centre[:, 0]) / sd)
        return np.asarray(upper - stats.norm.cdf((-limit[0] - centre[:, 0]) / sd))
    boxes: Sequence[float] = [
        stats.multivariate_normal.cdf(limit, mean=m, cov=c, lower_limit=-limit, allow_singular=True)
        for m, c in zip(centre, spread, strict=True)
    ]
    return np.maximum(boxes, 1e-300)


def complete_y(y: Array, drawn: Array, censored: NDArray[np.bool_]) -> Array:
    """Put drawn values in the place of censored effect sizes.

    Parameters
    ----------
    y : ndarray, shape (k,)
        Effect sizes.
    drawn : ndarray, shape (D, c)
        Draws of the c censored effects.
    censored : ndarray of bool, shape (k,)
        Which effects they are.

    Returns
    -------
    ndarray, shape (D, k)
        Complete effect sizes.
    """
    complete = np.tile(y, (len(drawn), 1))
    complete[:, censored] = drawn
    return complete
