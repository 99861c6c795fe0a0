"""Fits whose future evidence has a closed form: the taus known to be 0, one mean."""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy import stats

import bayes_alliance as ba

PRIOR_SD = 0.5


def known_mean(
    variances: np.ndarray, y: np.ndarray | None = None, *, shrink: float = 0.0
) -> ba.Fit:
    """A fit of ready effects with no heterogeneity: a normal mean with known variances."""
    y = np.full(len(variances), 0.1) if y is None else y
    table = pd.DataFrame({"sample": [f"s{i}" for i in range(len(y))], "yi": y, "vi": variances})
    changes = {
        "priors.location": {"family": "normal", "mean": shrink, "sd": PRIOR_SD},
        "heterogeneity.sample": False,
        "heterogeneity.effect": False,
        "run.draws": 200,
    }
    return ba.fit(ba.read_effects(table), "overall", changes=changes)


def log_bf10(estimate: np.ndarray, variance: float) -> np.ndarray:
    """Of an estimate with known variance against 0, the prior of the mean N(0, PRIOR_SD^2)."""
    wide = stats.norm.logpdf(estimate, 0, np.sqrt(variance + PRIOR_SD**2))
    return np.asarray(wide - stats.norm.logpdf(estimate, 0, np.sqrt(variance)))


def critical(variance: float, threshold: float) -> float:
    """|estimate| above which BF10 exceeds a threshold."""
    precision = 1 / variance - 1 / (variance + PRIOR_SD**2)
    least = np.log(threshold) + 0.5 * np.log((variance + PRIOR_SD**2) / variance)
    return float(np.sqrt(2 * least / precision))


def power(delta: float, variance: float, threshold: float = 3.0) -> float:
    """P(BF10 > threshold) where the mean is delta."""
    limit, sd = critical(variance, threshold), np.sqrt(variance)
    return float(stats.norm.sf((limit - delta) / sd) + stats.norm.cdf((-limit - delta) / sd))
