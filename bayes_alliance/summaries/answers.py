"""All answers of one analysis, computed once and then only read."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from bayes_alliance.algebra.blocks import Array
from bayes_alliance.names import (
    INTERVAL_PROBABILITY,
    RHO,
    ROPE_DIFFERENCE_R,
    ROPE_EFFECT_R,
    Measure,
)
from bayes_alliance.posterior.posterior import Posterior
from bayes_alliance.summaries.asked import Compared, Published, Reported, ScaleModel
from bayes_alliance.summaries.benchmarks import BenchmarkSummary, summarise_benchmarks
from bayes_alliance.summaries.coefficients import (
    CoefficientSummary,
    Estimate,
    estimate_of,
    summarise_coefficients,
)
from bayes_alliance.summaries.contrasts import (
    ContrastSummary,
    OrderProbability,
    order_probability,
    summarise_contrasts,
)
from bayes_alliance.summaries.heterogeneity import (
    Explained,
    HeterogeneitySummary,
    summarise_explained,
    summarise_heterogeneity,
)
from bayes_alliance.summaries.scale import Scale
from bayes_alliance.summaries.scale_models import ScaleSummary, summarise_scale_models

__all__ = ["Answers", "Questions", "answer"]


class Questions(Protocol):
    """The questions an analysis asks: a compiled design has this shape."""

    @property
    def measure(self) -> Measure:
        """Analysis scale."""
        ...

    @property
    def quantities(self) -> Sequence[Reported]:
        """What is reported."""
        ...

    @property
    def contrasts(self) -> Sequence[Compared]:
        """What is compared."""
        ...

    @property
    def scale_models(self) -> Sequence[ScaleModel]:
        """What tau depends on."""
        ...

    @property
    def normal_prior(self) -> tuple[Array, Array] | None:
        """Mean and covariance of the coefficients' prior, where it is normal."""
        ...


@dataclass(frozen=True, slots=True)
class Answers:
    """Everything that tables, sentences and JSON say.

    Parameters
    ----------
    scale : Scale
        How the measure is read as a correlation.
    coefficients, contrasts, orders, benchmarks : tuple
        Summaries in the order asked.
    heterogeneity : HeterogeneitySummary
        Taus and I^2.
    rho : Estimate or None
        Correlation of the sampling errors of one sample, where it was estimated.
    explained : Explained or None
        Share of the true variance that the terms explain.
    scale_models : tuple of ScaleSummary
        What the heterogeneity depends on; empty where it has no terms.
    rope_effect, rope_difference : float
        Half-widths of the regions of practical equivalence used, on r.
    probability : float
        Of every interval.
    """

    scale: Scale
    coefficients: tuple[CoefficientSummary, ...]
    contrasts: tuple[ContrastSummary, ...]
    orders: tuple[OrderProbability, ...]
    heterogeneity: HeterogeneitySummary
    rho: Estimate | None
    explained: Explained | None
    benchmarks: tuple[BenchmarkSummary, ...]
    scale_models: tuple[ScaleSummary, ...]
    rope_effect: float
    rope_difference: float
    probability: float


def answer(
    posterior: Posterior,
    questions: Questions,
    *,
    benchmarks: Sequence[Published] = (),
    orders: Sequence[str] = (),
    rope_effect: float = ROPE_EFFECT_R,
    rope_difference: float = ROPE_DIFFERENCE_R,
    probability: float = INTERVAL_PROBABILITY,
) -> Answers:
    """Answer every question of an analysis.

    Parameters
    ----------
    posterior : Posterior
        The posterior.
    questions : Questions
        What is reported and compared.
    benchmarks : sequence of Published
        Published correlations.
    orders : sequence of str
        Orders such as ``"task > goal > bond"``; those naming an absent level are passed over.
    rope_effect, rope_difference : float
        Half-widths of the regions of practical equivalence, on r.
    probability : float
        Of every interval.

    Returns
    -------
    Answers
        All summaries.
    """
    scale = Scale(questions.measure)
    means = {q.name: q.weights for q in questions.quantities if q.role == "mean"}
    named = [[part.strip() for part in order.split(">")] for order in orders]
    return Answers(
        scale=scale,
        coefficients=summarise_coefficients(
            posterior, questions.quantities, scale, rope=rope_effect, probability=probability
        ),
        contrasts=summarise_contrasts(
            posterior,
            questions.contrasts,
            scale,
            rope=rope_difference,
            probability=probability,
            prior=questions.normal_prior,
        ),
        orders=tuple(
            order_probability(posterior, names, [means[name] for name in names])
            for names in named
            if all(name in means for name in names)
        ),
        heterogeneity=summarise_heterogeneity(posterior, probability=probability),
        rho=estimate_of(posterior.rho(), probability) if posterior.has(RHO) else None,
        explained=summarise_explained(posterior, probability=probability),
        benchmarks=summarise_benchmarks(
            posterior, benchmarks, means, scale, rope=rope_difference, probability=probability
        ),
        scale_models=summarise_scale_models(
            posterior, questions.scale_models, probability=probability
        ),
        rope_effect=rope_effect,
        rope_difference=rope_difference,
        probability=probability,
    )
