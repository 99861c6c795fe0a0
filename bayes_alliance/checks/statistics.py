"""Statistics of a data set by which replicated and observed data are compared."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import numpy as np
from numpy.typing import NDArray

from bayes_alliance.algebra.blocks import Array, sum_by_sample

__all__ = ["LARGEST_RESIDUAL", "predictive_p", "statistics_of"]

MEAN: Final = "mean of the effects"
SPREAD: Final = "sd of the effects"
RANGE: Final = "range of the effects"
BETWEEN: Final = "variance between samples"
LARGEST_RESIDUAL: Final = "largest standardised residual"


def statistics_of(
    y: Array, *, mean: Array, sd: Array, starts: NDArray[np.intp]
) -> Mapping[str, Array]:
    """Statistics of one or many data sets of k effects in S samples.

    - mean, sd (divisor k - 1) and range of the effects, each effect counting once;
    - variance between samples: variance (divisor S - 1) of the S sample means, a sample's mean
      being the plain mean of its effects and each sample counting once. Nothing is weighted:
      replicated data have the sampling errors of the observed data, so imprecise samples are
      noisy in both. It is left out where every sample has one effect (it would be the square of
      the sd) and where there is one sample;
    - largest standardised residual: max |y - X beta| / sqrt(v + tau_sample^2 + tau_effect^2). It
      depends on the parameters and is computed draw by draw, for replicated and observed data
      with the same draw (Gelman, Meng & Stern 1996, Statistica Sinica 6, 733-807).

    Parameters
    ----------
    y : ndarray, shape (k,) or (D, k)
        Effect sizes, observed or replicated.
    mean, sd : ndarray, shape (D, k)
        Mean and marginal standard deviation of every effect, one row a draw.
    starts : ndarray of int, shape (S,)
        First effect of each sample.

    Returns
    -------
    mapping of str to ndarray, shape () or (D,)
        One entry a statistic; what k and S do not define is left out.

    Examples
    --------
    >>> import numpy as np
    >>> from bayes_alliance.checks.statistics import statistics_of
    >>> y, ones = np.array([0.1, 0.3, 0.2, 0.6]), np.ones((1, 4))
    >>> found = statistics_of(y, mean=0 * ones, sd=ones, starts=np.array([0, 2]))
    >>> round(float(found["variance between samples"]), 3)
    0.02
    """
    k, samples = y.shape[-1], len(starts)
    found = {MEAN: y.mean(-1)}
    if k > 1:
        found |= {SPREAD: y.std(-1, ddof=1), RANGE: np.ptp(y, axis=-1)}
    if 1 < samples < k:
        sizes = np.diff(starts, append=k)
        found[BETWEEN] = (sum_by_sample(y, starts) / sizes).var(-1, ddof=1)
    found[LARGEST_RESIDUAL] = (np.abs(y - mean) / sd).max(-1)
    return {name: np.asarray(value) for name, value in found.items()}


def predictive_p(replicated: Array, observed: Array) -> float:
    """Probability that a replicated data set has the larger statistic; ties count half.

    Parameters
    ----------
    replicated : ndarray, shape (D,)
        The statistic of each replicated data set.
    observed : ndarray, shape () or (D,)
        That of the observed data (one a draw where it depends on the parameters).

    Returns
    -------
    float
        Between 0 and 1; NaN if no draw is finite.
    """
    finite = np.isfinite(replicated) & np.isfinite(observed)
    if not finite.any():
        return float("nan")
    difference = (replicated - observed)[finite]
    return float((difference > 0).mean() + 0.5 * (difference == 0).mean())
