"""Differences of levels on z and on r, and probabilities of an order."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import factorial

import numpy as np

from bayes_alliance.algebra.blocks import Array
from bayes_alliance.names import INTERVAL_PROBABILITY, ROPE_DIFFERENCE_R
from bayes_alliance.posterior.marginal import DrawnMarginal
from bayes_alliance.posterior.posterior import Posterior
from bayes_alliance.summaries.asked import Compared
from bayes_alliance.summaries.coefficients import Estimate, Range, estimate_of
from bayes_alliance.summaries.scale import Scale

__all__ = ["ContrastSummary", "OrderProbability", "order_probability", "summarise_contrasts"]


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
        Bayes factor for no difference; None where no marginal likelihood is at hand.
    """

    name: str
    estimate: Estimate
    r: Range | None
    p_positive: float
    p_rope: float | None
    bf01: float | None = None


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

    Returns
    -------
    tuple of ContrastSummary
        In the order of `contrasts`.
    """
    return tuple(_summarise(posterior, c, scale, rope, probability) for c in contrasts)


def _summarise(
    posterior: Posterior, contrast: Compared, scale: Scale, rope: float, probability: float
) -> ContrastSummary:
    difference = posterior.linear(contrast.of - contrast.minus.mean(axis=0))
    estimate = estimate_of(difference, probability)
    if not scale.has_r:
        return ContrastSummary(contrast.name, estimate, None, estimate.p_positive, None)
    beta = posterior.draws("beta")
    others = scale.to_r(beta @ contrast.minus.T).mean(axis=1)
    in_r = DrawnMarginal(scale.to_r(beta @ contrast.of) - others)
    return ContrastSummary(
        name=contrast.name,
        estimate=estimate,
        r=Range(float(in_r.quantile(0.5)), *in_r.interval(probability)),
        p_positive=1 - float(in_r.cdf(0.0)),
        p_rope=float(in_r.cdf(rope) - in_r.cdf(-rope)),
    )


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
    return OrderProbability(" > ".join(names), float(ordered.mean()), 1 / factorial(len(names)))
