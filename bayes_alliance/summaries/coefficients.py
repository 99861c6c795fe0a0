"""Overall, per-level and slope estimates, with their predictions."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

import numpy as np

from bayes_alliance.names import INTERVAL_PROBABILITY, ROPE_EFFECT_R
from bayes_alliance.posterior.marginal import Marginal
from bayes_alliance.posterior.posterior import Posterior
from bayes_alliance.summaries.asked import Reported
from bayes_alliance.summaries.scale import Scale

__all__ = [
    "CoefficientSummary",
    "Estimate",
    "Range",
    "estimate_of",
    "summarise_coefficients",
    "summarise_median",
]


@dataclass(frozen=True, slots=True)
class Range:
    """A centre (median, or mean where named so; None for predictions) and its interval.

    Parameters
    ----------
    centre : float or None
        Median or mean.
    lower, upper : float
        Limits of the equal-tailed interval.
    """

    centre: float | None
    lower: float
    upper: float


@dataclass(frozen=True, slots=True)
class Estimate:
    """Posterior of one number on the analysis scale.

    Parameters
    ----------
    mean, sd, median, lower, upper : float
        Moments, median and limits of the equal-tailed interval.
    p_positive : float
        Posterior probability of a value above 0.
    """

    mean: float
    sd: float
    median: float
    lower: float
    upper: float
    p_positive: float


@dataclass(frozen=True, slots=True)
class CoefficientSummary:
    """What is reported of one quantity.

    Parameters
    ----------
    name : str
        Its name.
    estimate : Estimate
        On the analysis scale (z for correlations).
    r : Range or None
        *Median* true correlation; None for differences and other measures.
    r_mean : Range or None
        *Mean* true correlation, averaged over both levels of heterogeneity.
    p_rope : float or None
        Posterior probability that the median correlation is inside the ROPE.
    new_sample, new_effect : Range or None
        Prediction of the mean of a new sample, and of a new effect in a new sample, on the
        analysis scale; None for differences.
    new_sample_r, new_effect_r : Range or None
        The same on r.
    """

    name: str
    estimate: Estimate
    r: Range | None = None
    r_mean: Range | None = None
    p_rope: float | None = None
    new_sample: Range | None = None
    new_effect: Range | None = None
    new_sample_r: Range | None = None
    new_effect_r: Range | None = None


def estimate_of(marginal: Marginal, probability: float = INTERVAL_PROBABILITY) -> Estimate:
    """Summarise a marginal.

    Parameters
    ----------
    marginal : Marginal
        Any distribution one can ask.
    probability : float
        Of the interval.

    Returns
    -------
    Estimate
        Moments, median, interval and probability of a positive value.
    """
    lower, upper = marginal.interval(probability)
    return Estimate(
        mean=marginal.mean,
        sd=marginal.sd,
        median=float(marginal.quantile(0.5)),
        lower=lower,
        upper=upper,
        p_positive=1 - float(marginal.cdf(0.0)),
    )


def summarise_coefficients(
    posterior: Posterior,
    quantities: Iterable[Reported],
    scale: Scale,
    *,
    rope: float = ROPE_EFFECT_R,
    probability: float = INTERVAL_PROBABILITY,
) -> tuple[CoefficientSummary, ...]:
    """Summarise every reported quantity.

    Parameters
    ----------
    posterior : Posterior
        The posterior.
    quantities : iterable of Reported
        Names, weights and roles.
    scale : Scale
        How the measure is read as a correlation.
    rope : float
        Half-width of the region of practical equivalence to 0, on r.
    probability : float
        Of every interval.

    Returns
    -------
    tuple of CoefficientSummary
        In the order of `quantities`.
    """
    return tuple(_summarise(posterior, q, scale, rope, probability) for q in quantities)


def _summarise(
    posterior: Posterior, quantity: Reported, scale: Scale, rope: float, probability: float
) -> CoefficientSummary:
    found = summarise_median(posterior, quantity, scale, rope=rope, probability=probability)
    if quantity.role == "difference":
        return found
    sample = _predicted(posterior.predictive(quantity.weights, ("sample",)), probability)
    effect = _predicted(posterior.predictive(quantity.weights, ("sample", "effect")), probability)
    if not scale.has_r:
        return replace(found, new_sample=sample, new_effect=effect)
    mean_r = scale.mean_r(posterior, quantity.weights)
    return replace(
        found,
        r_mean=Range(mean_r.mean, *mean_r.interval(probability)),
        new_sample=sample,
        new_effect=effect,
        new_sample_r=in_r(sample, scale),
        new_effect_r=in_r(effect, scale),
    )


def summarise_median(
    posterior: Posterior,
    quantity: Reported,
    scale: Scale,
    *,
    rope: float = ROPE_EFFECT_R,
    probability: float = INTERVAL_PROBABILITY,
) -> CoefficientSummary:
    """Summarise one reported quantity without its mean correlation and its predictions.

    Parameters
    ----------
    posterior : Posterior
        The posterior.
    quantity : Reported
        Name, weights and role.
    scale : Scale
        How the measure is read as a correlation.
    rope : float
        Half-width of the region of practical equivalence to 0, on r.
    probability : float
        Of the interval.

    Returns
    -------
    CoefficientSummary
        `estimate`, and for means of correlations `r` and `p_rope`.
    """
    marginal = posterior.linear(quantity.weights)
    estimate = estimate_of(marginal, probability)
    if quantity.role == "difference" or not scale.has_r:
        return CoefficientSummary(quantity.name, estimate)
    inside = marginal.cdf(scale.from_r(rope)) - marginal.cdf(scale.from_r(-rope))
    centre = Range(estimate.median, estimate.lower, estimate.upper)
    return CoefficientSummary(
        name=quantity.name, estimate=estimate, r=in_r(centre, scale), p_rope=float(inside)
    )


def _predicted(marginal: Marginal, probability: float) -> Range:
    return Range(None, *marginal.interval(probability))


def in_r(given: Range, scale: Scale) -> Range:
    """Median and limits on r; quantiles go through a monotone function unchanged.

    Parameters
    ----------
    given : Range
        On the analysis scale.
    scale : Scale
        How it is read as a correlation.

    Returns
    -------
    Range
        On r.
    """

    def one(value: float) -> float:
        return float(scale.to_r(np.asarray(value, float)))

    return Range(
        None if given.centre is None else one(given.centre), one(given.lower), one(given.upper)
    )
