"""Differences of levels on z and on r, and probabilities of an order."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from bayes_alliance.algebra.blocks import Array
from bayes_alliance.names import INTERVAL_PROBABILITY, ROPE_DIFFERENCE_R
from bayes_alliance.posterior.marginal import DrawnMarginal, Marginal
from bayes_alliance.posterior.posterior import Posterior
from bayes_alliance.summaries.asked import Compared
from bayes_alliance.summaries.coefficients import Estimate, Range, estimate_of
from bayes_alliance.summaries.scale import Scale

__all__ = [
    "SMALLEST",
    "ContrastSummary",
    "OrderProbability",
    "order_probability",
    "summarise_contrasts",
]

#: Below it a ratio of densities is not good to a millionth: the nodes do not reach the null.
SMALLEST = 1e-7


@dataclass(frozen=True, slots=True)
class ContrastSummary:
    """A difference between levels.

    Parameters
    ----------
    name : str
        For example ``task - bond``.
    estimate : Estimate
        Difference on the analysis scale.
    r : Range or None
        Difference of the median correlations, taken draw by draw (not a transformed difference).
    p_positive : float
        Posterior probability that the first is larger.
    p_rope : float or None
        Posterior probability that the difference of correlations is inside the ROPE.
    bf01 : float or None
        Bayes factor for no difference on the analysis scale, the ratio of posterior to prior
        density at 0 (Dickey 1971). None where no exact density is at hand (`prior_sd` is then
        None too), and where it is below 1e-7: the nodes of the posterior do not reach so far.
    prior_sd : float or None
        Prior sd of the difference, on which `bf01` depends; None where there is no `bf01`.
    """

    name: str
    estimate: Estimate
    r: Range | None
    p_positive: float
    p_rope: float | None
    bf01: float | None = None
    prior_sd: float | None = None


@dataclass(frozen=True, slots=True)
class OrderProbability:
    """Probability of an order of levels.

    Parameters
    ----------
    name : str
        For example ``task > goal > bond``.
    probability : float
        Posterior probability.
    prior : float
        Prior probability, 1 over the number of orders (levels are exchangeable a priori).
    """

    name: str
    probability: float
    prior: float


def summarise_contrasts(
    posterior: Posterior,
    contrasts: Iterable[Compared],
    scale: Scale,
    *,
    rope: float = ROPE_DIFFERENCE_R,
    probability: float = INTERVAL_PROBABILITY,
    prior: tuple[Array, Array] | None = None,
) -> tuple[ContrastSummary, ...]:
    """Summarise every contrast.

    Parameters
    ----------
    posterior : Posterior
        The posterior.
    contrasts : iterable of Compared
        What is compared.
    scale : Scale
        How the measure is read as a correlation.
    rope : float
        Half-width of the region of practical equivalence, on differences of r.
    probability : float
        Of every interval.
    prior : tuple of ndarray, shapes (p,) and (p, p), optional
        Mean and covariance of the normal prior of the coefficients, for Bayes factors.

    Returns
    -------
    tuple of ContrastSummary
        In the order of `contrasts`.
    """
    given = prior if posterior.has_exact_densities else None
    return tuple(_summarise(posterior, c, scale, rope, probability, given) for c in contrasts)


def _summarise(
    posterior: Posterior,
    contrast: Compared,
    scale: Scale,
    rope: float,
    probability: float,
    prior: tuple[Array, Array] | None,
) -> ContrastSummary:
    weights = contrast.of - contrast.minus.mean(axis=0)
    difference = posterior.linear(weights)
    estimate = estimate_of(difference, probability)
    bf01, prior_sd = (None, None) if prior is None else _evidence(difference, weights, *prior)
    if not scale.has_r:
        return ContrastSummary(
            contrast.name, estimate, None, estimate.p_positive, None, bf01, prior_sd
        )
    beta = posterior.draws("beta")
    others = scale.to_r(beta @ contrast.minus.T).mean(axis=1)
    in_r = DrawnMarginal(scale.to_r(beta @ contrast.of) - others)
    return ContrastSummary(
        name=contrast.name,
        estimate=estimate,
        r=Range(float(in_r.quantile(0.5)), *in_r.interval(probability)),
        p_positive=1 - float(in_r.cdf(0.0)),
        p_rope=float(in_r.cdf(rope) - in_r.cdf(-rope)),
        bf01=bf01,
        prior_sd=prior_sd,
    )


def _evidence(
    difference: Marginal, weights: Array, mean: Array, covariance: Array
) -> tuple[float | None, float]:
    """Bayes factor for a difference of 0, and the prior sd of the difference."""
    sd = math.sqrt(float(weights @ covariance @ weights))
    prior = math.exp(-0.5 * (float(weights @ mean) / sd) ** 2) / (sd * math.sqrt(2 * math.pi))
    bf01 = float(difference.pdf(0.0)) / prior
    return (bf01 if bf01 >= SMALLEST else None), sd


def order_probability(
    posterior: Posterior, names: Sequence[str], weights: Sequence[Array]
) -> OrderProbability:
    """Posterior probability that means stand in a given order, the largest first.

    Parameters
    ----------
    posterior : Posterior
        The posterior.
    names : sequence of str
        Names of the means.
    weights : sequence of ndarray, shape (p,)
        Their weights.

    Returns
    -------
    OrderProbability
        Posterior and prior probability of the order.
    """
    means = posterior.draws("beta") @ np.column_stack(weights)
    ordered = np.all(np.diff(means, axis=1) < 0, axis=1)
    return OrderProbability(
        " > ".join(names), float(ordered.mean()), 1 / math.factorial(len(names))
    )
