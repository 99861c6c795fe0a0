"""The headline answers of one analysis: what a sensitivity analysis follows from run to run."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from bayes_alliance.names import (
    INTERVAL_PROBABILITY,
    ROPE_DIFFERENCE_R,
    ROPE_EFFECT_R,
    TAU_EFFECT,
    TAU_GROUP,
    TAU_SAMPLE,
)
from bayes_alliance.posterior.posterior import Posterior
from bayes_alliance.summaries.answers import Questions
from bayes_alliance.summaries.asked import Published
from bayes_alliance.summaries.benchmarks import BenchmarkSummary, summarise_benchmarks
from bayes_alliance.summaries.coefficients import (
    CoefficientSummary,
    Estimate,
    estimate_of,
    summarise_median,
)
from bayes_alliance.summaries.contrasts import (
    ContrastSummary,
    OrderProbability,
    order_probability,
    summarise_contrasts,
)
from bayes_alliance.summaries.scale import Scale

__all__ = ["Headline", "headline"]


@dataclass(frozen=True, slots=True)
class Headline:
    """Headline answers, each the number that the tables of a fit show.

    Parameters
    ----------
    coefficients : tuple of CoefficientSummary
        Median, interval, P(> 0) and ROPE of every reported quantity; no predictions.
    contrasts : tuple of ContrastSummary
        The same of every comparison.
    orders : tuple of OrderProbability
        Probabilities of the declared orders.
    tau_sample, tau_effect : Estimate or None
        Standard deviations on the analysis scale; None where a level has none.
    log_marginal_likelihood : float or None
        Where the engine has it.
    tau_group : Estimate or None
        Standard deviation between groups of samples; None without groups.
    benchmarks : tuple of BenchmarkSummary
        Differences from published correlations; empty unless these were asked for.
    """

    coefficients: tuple[CoefficientSummary, ...]
    contrasts: tuple[ContrastSummary, ...]
    orders: tuple[OrderProbability, ...]
    tau_sample: Estimate | None
    tau_effect: Estimate | None
    log_marginal_likelihood: float | None
    tau_group: Estimate | None = None
    benchmarks: tuple[BenchmarkSummary, ...] = ()

    def coefficient(self, name: str) -> CoefficientSummary:
        """Answer about one reported quantity.

        Parameters
        ----------
        name : str
            Its name.

        Returns
        -------
        CoefficientSummary
            The summary.
        """
        return next(found for found in self.coefficients if found.name == name)

    def contrast(self, name: str) -> ContrastSummary:
        """Answer about one comparison.

        Parameters
        ----------
        name : str
            Its name.

        Returns
        -------
        ContrastSummary
            The summary.
        """
        return next(found for found in self.contrasts if found.name == name)


def headline(
    posterior: Posterior,
    questions: Questions,
    *,
    orders: Sequence[str] = (),
    rope_effect: float = ROPE_EFFECT_R,
    rope_difference: float = ROPE_DIFFERENCE_R,
    probability: float = INTERVAL_PROBABILITY,
    benchmarks: Sequence[Published] = (),
) -> Headline:
    """Answer the headline questions of an analysis.

    Parameters
    ----------
    posterior : Posterior
        The posterior; of its tree the group posterior is read, and no other.
    questions : Questions
        What is reported and compared.
    orders : sequence of str
        Orders such as ``"task > goal > bond"``; those naming an absent level are passed over.
    rope_effect, rope_difference : float
        Half-widths of the regions of practical equivalence, on r.
    probability : float
        Of every interval.
    benchmarks : sequence of Published
        Published correlations; those about a coefficient that the model does not have are passed
        over.

    Returns
    -------
    Headline
        The answers.
    """
    scale = Scale(questions.measure)
    means = {q.name: q.weights for q in questions.quantities if q.role == "mean"}
    named = [[part.strip() for part in order.split(">")] for order in orders]
    return Headline(
        coefficients=tuple(
            summarise_median(posterior, q, scale, rope=rope_effect, probability=probability)
            for q in questions.quantities
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
        tau_sample=estimate_of(posterior.tau("sample"), probability)
        if posterior.has(TAU_SAMPLE)
        else None,
        tau_effect=estimate_of(posterior.tau("effect"), probability)
        if posterior.has(TAU_EFFECT)
        else None,
        log_marginal_likelihood=posterior.log_marginal_likelihood,
        tau_group=estimate_of(posterior.tau("group"), probability)
        if posterior.has(TAU_GROUP)
        else None,
        benchmarks=summarise_benchmarks(
            posterior, benchmarks, means, scale, rope=rope_difference, probability=probability
        )
        if benchmarks
        else (),
    )
