r"""What heterogeneity depends on: tau at the levels of a term, and ratios of tau.

A coefficient of log tau is a log ratio: exp(gamma) says how many times larger tau is one unit up,
or at one level against another. Other terms are at their average; where sample effects follow a t,
tau_sample is its scale.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from bayes_alliance.names import INTERVAL_PROBABILITY, Level
from bayes_alliance.posterior.marginal import DrawnMarginal
from bayes_alliance.posterior.posterior import Posterior
from bayes_alliance.summaries.asked import ScaleModel
from bayes_alliance.summaries.coefficients import Estimate, estimate_of

__all__ = ["NamedEstimate", "ScaleRatio", "ScaleSummary", "summarise_scale_models"]


@dataclass(frozen=True, slots=True)
class NamedEstimate:
    """An estimate with its name.

    Parameters
    ----------
    name : str
        A coefficient, or a level such as ``rater[client]``.
    estimate : Estimate
        Of the log ratio, or of tau.
    """

    name: str
    estimate: Estimate


@dataclass(frozen=True, slots=True)
class ScaleRatio:
    """A ratio of tau.

    Parameters
    ----------
    name : str
        A slope (one unit up), or two levels: ``rater[client] / rater[therapist]``.
    ratio : Estimate
        Of exp(the difference of log tau).
    p_larger : float
        Posterior probability that the ratio is above 1.
    """

    name: str
    ratio: Estimate
    p_larger: float


@dataclass(frozen=True, slots=True)
class ScaleSummary:
    """Posterior of the terms of one standard deviation.

    Parameters
    ----------
    level : {"sample", "effect"}
        Which one.
    coefficients : tuple of NamedEstimate
        gamma, on the log of tau.
    at : tuple of NamedEstimate
        tau at the levels of categorical terms.
    ratios : tuple of ScaleRatio
        Ratios of tau.
    """

    level: Level
    coefficients: tuple[NamedEstimate, ...]
    at: tuple[NamedEstimate, ...]
    ratios: tuple[ScaleRatio, ...]


def summarise_scale_models(
    posterior: Posterior,
    models: Sequence[ScaleModel],
    *,
    probability: float = INTERVAL_PROBABILITY,
) -> tuple[ScaleSummary, ...]:
    """Summarise the terms of every standard deviation that has any.

    Parameters
    ----------
    posterior : Posterior
        The posterior.
    models : sequence of ScaleModel
        Terms by level.
    probability : float
        Of every interval.

    Returns
    -------
    tuple of ScaleSummary
        In the order given.
    """
    return tuple(_summary(posterior, model, probability) for model in models)


def _summary(posterior: Posterior, model: ScaleModel, probability: float) -> ScaleSummary:
    gamma = posterior.draws(f"gamma_{model.level}")
    tau = posterior.draws(f"tau_{model.level}")
    ratios = []
    for asked in model.ratios:
        log_ratio = gamma @ asked.weights
        summary = estimate_of(DrawnMarginal(np.exp(log_ratio), 0.0), probability)
        ratios.append(ScaleRatio(asked.name, summary, float((log_ratio > 0).mean())))
    return ScaleSummary(
        level=model.level,
        coefficients=tuple(
            NamedEstimate(name, estimate_of(DrawnMarginal(gamma[:, j]), probability))
            for j, name in enumerate(model.names)
        ),
        at=tuple(
            NamedEstimate(
                asked.name,
                estimate_of(DrawnMarginal(tau * np.exp(gamma @ asked.weights), 0.0), probability),
            )
            for asked in model.at
        ),
        ratios=tuple(ratios),
    )
