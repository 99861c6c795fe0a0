"""Confidence and plug-in prediction intervals of linear combinations of the coefficients."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy import stats

from bayes_alliance.algebra.blocks import Array
from bayes_alliance.engines.reml.estimate import RemlEstimate
from bayes_alliance.engines.reml.wald import wald_tests
from bayes_alliance.names import INTERVAL_PROBABILITY

__all__ = ["Prediction", "predict"]


@dataclass(frozen=True, slots=True, eq=False)
class Prediction:
    """Predictions of q rows of a design matrix, on the scale of the effect sizes.

    Parameters
    ----------
    mean, se : ndarray, shape (q,)
        Predicted means and their standard errors.
    lower, upper : ndarray, shape (q,)
        Confidence limits of the means.
    sample_lower, sample_upper : ndarray, shape (q,)
        Prediction limits of the mean of a new sample: variance se^2 + sigma_s^2.
    effect_lower, effect_upper : ndarray, shape (q,)
        Prediction limits of a new true effect in a new sample: se^2 + sigma_s^2 + sigma_e^2, as
        ``pi.lb`` and ``pi.ub`` of metafor's ``predict``.
    """

    mean: Array
    se: Array
    lower: Array
    upper: Array
    sample_lower: Array
    sample_upper: Array
    effect_lower: Array
    effect_upper: Array

    def __post_init__(self) -> None:
        for name in self.__dataclass_fields__:
            getattr(self, name).setflags(write=False)


def predict(
    fit: RemlEstimate,
    rows: ArrayLike,
    *,
    df: ArrayLike = np.inf,
    probability: float = INTERVAL_PROBABILITY,
) -> Prediction:
    """Predict the mean, a new sample and a new effect.

    The prediction intervals take the variances as known: with few samples they are too short.

    Parameters
    ----------
    fit : RemlEstimate
        The estimate.
    rows : array_like, shape (q, p)
        Rows of a design matrix.
    df : array_like, shape (q,) or a number
        Degrees of freedom of t; infinite: z.
    probability : float
        Of every interval.

    Returns
    -------
    Prediction
        Means and limits.

    Examples
    --------
    >>> import numpy as np
    >>> from bayes_alliance.algebra.blocks import rotate
    >>> from bayes_alliance.engines.reml.estimate import estimate
    >>> y = np.array([0.1, 0.3, 0.5, 0.2, 0.0, 0.6])
    >>> blocks = rotate(y=y, X=np.ones((6, 1)), variances=np.full(6, 0.01),
    ...                 starts=np.array([0, 2, 4]))
    >>> new = predict(estimate(blocks), [[1.0]])
    >>> new.effect_lower.round(3), new.effect_upper.round(3)
    (array([-0.166]), array([0.733]))
    """
    means = wald_tests(fit.beta, fit.covariance, contrasts=rows, df=df, probability=probability)
    quantile = stats.t.ppf((1 + probability) / 2, means.df)
    sample = quantile * np.sqrt(means.se**2 + fit.sigma2_sample)
    effect = quantile * np.sqrt(means.se**2 + fit.sigma2_sample + fit.sigma2_effect)
    return Prediction(
        mean=means.estimate,
        se=means.se,
        lower=means.lower,
        upper=means.upper,
        sample_lower=means.estimate - sample,
        sample_upper=means.estimate + sample,
        effect_lower=means.estimate - effect,
        effect_upper=means.estimate + effect,
    )
