"""Answers in sentences: what was found, with the numbers that the tables show."""

from __future__ import annotations

from bayes_alliance.names import ALLIANCE_SCALES
from bayes_alliance.report.heterogeneity import scale_sentences, tails_sentence
from bayes_alliance.report.numbers import (
    correlation,
    decimal,
    interval,
    percent,
    probability_phrase,
    published,
)
from bayes_alliance.summaries.answers import Answers
from bayes_alliance.summaries.benchmarks import BenchmarkSummary, published_digits
from bayes_alliance.summaries.coefficients import CoefficientSummary, Estimate, Range

__all__ = ["SYNTHETIC", "benchmark_sentence", "published_limits", "sentences"]

SYNTHETIC = "The data are simulated: agreement checks the program and is no evidence."


def sentences(answers: Answers, *, synthetic: bool = False) -> tuple[str, ...]:
    """Say the main answers in words.

    Parameters
    ----------
    answers : Answers
        All answers.
    synthetic : bool
        Whether the data are simulated; the benchmark sentences then say so.

    Returns
    -------
    tuple of str
        One sentence or two each: means, contrasts, orders, heterogeneity, benchmarks.
    """
    told = [_mean_sentence(c, answers) for c in answers.coefficients if c.new_sample is not None]
    told += _order_sentences(answers)
    told += _difference_sentences(answers)
    told += _heterogeneity_sentences(answers)
    told += _rho_sentences(answers)
    told += [benchmark_sentence(b, answers, synthetic=synthetic) for b in answers.benchmarks]
    return tuple(told)


def _level(answers: Answers) -> str:
    return f"{100 * answers.probability:g} %"


def _mean_sentence(c: CoefficientSummary, answers: Answers) -> str:
    probability = _level(answers)
    where = "" if answers.heterogeneity.tau_group is None else " of a new group"
    if c.r is None or c.r_mean is None or c.new_effect_r is None or c.new_sample_r is None:
        centre = Range(c.estimate.median, c.estimate.lower, c.estimate.upper)
        new = c.new_effect or centre
        return (
            f"{c.name}: the mean effect is {decimal(c.estimate.median)}, {probability} interval "
            f"{interval(centre, in_r=False)}, "
            f"{probability_phrase('effect > 0', c.estimate.p_positive)}; a new effect in a new "
            f"sample{where} is expected in {interval(new, in_r=False)}."
        )
    return (
        f"{c.name}: the median true correlation is r = {correlation(c.r.centre)}, {probability} "
        f"interval {interval(c.r, in_r=True)} (mean true correlation "
        f"{correlation(c.r_mean.centre)}), {probability_phrase('r > 0', c.estimate.p_positive)}; "
        f"the mean of a new sample{where} is expected in {interval(c.new_sample_r, in_r=True)}, a "
        f"new effect in a new sample{where} in {interval(c.new_effect_r, in_r=True)}."
    )


def _order_sentences(answers: Answers) -> list[str]:
    return [
        f"The order {order.name} has posterior probability {percent(order.probability)} "
        f"(before the data {percent(order.prior)})."
        for order in answers.orders
    ]


def _difference_sentences(answers: Answers) -> list[str]:
    told = []
    alliance = {f"{a} - {b}" for a in ALLIANCE_SCALES[:3] for b in ALLIANCE_SCALES[:3]}
    names = {contrast.name for contrast in answers.contrasts}
    for c in answers.contrasts:
        if names & alliance and c.name not in alliance:
            continue  # the scales are the question; totals stand in the table
        if c.r is not None and c.p_rope is not None:
            first = f"{c.name}: a difference of {correlation(c.r.centre)} in r"
            limits = interval(c.r, in_r=True)
            rope = f"|difference| < {correlation(answers.rope_difference)}"
            rest = (
                f"{probability_phrase('> 0', c.p_positive)}, {probability_phrase(rope, c.p_rope)}."
            )
        else:
            first = f"{c.name}: a difference of {decimal(c.estimate.median)}"
            limits = f"[{decimal(c.estimate.lower)}, {decimal(c.estimate.upper)}]"
            rest = f"{probability_phrase('> 0', c.p_positive)}."
        told.append(f"{first}, {_level(answers)} interval {limits}, {rest}")
    return told


def _sd(name: str, estimate: Estimate) -> str:
    limits = interval(Range(None, estimate.lower, estimate.upper), in_r=False)
    return f"{name} = {decimal(estimate.median)} {limits}"


def _heterogeneity_sentences(answers: Answers) -> list[str]:
    found = answers.heterogeneity
    scale = "Fisher's z" if answers.scale.measure == "ZCOR" else "the analysis scale"
    parts = []
    if found.tau_group is not None:
        parts.append("true effects differ between groups by " + _sd("tau_group", found.tau_group))
    if found.tau_sample is not None:
        between = "samples of one group" if parts else "samples"
        first = "" if parts else "true effects differ "
        parts.append(f"{first}between {between} by " + _sd("tau_sample", found.tau_sample))
    if found.scales:
        parts.append(
            "true effects differ between samples by "
            + ", ".join(_sd(f"tau of {name}", e) for name, e in found.scales)
        )
    if found.tau_effect is not None:
        parts.append(
            ("between effects of one sample by " if parts else "true effects differ by ")
            + _sd("tau_effect", found.tau_effect)
        )
    if not parts:
        return ["The model has no heterogeneity: all differences are taken as sampling error."]
    listed = " and ".join(filter(None, [", ".join(parts[:-1]), parts[-1]]))
    told = [f"Heterogeneity: {listed} (standard deviations of {scale}, medians)."]
    if found.tails is not None:
        told.append(tails_sentence(found.tails))
    told += scale_sentences(answers)
    if answers.explained is not None:
        share = answers.explained.posterior
        told.append(
            f"The terms explain {percent(share.median)} "
            f"[{percent(share.lower)}, {percent(share.upper)}] of the variance of true effects "
            f"(before the data: {percent(answers.explained.prior_median)})."
        )
    return told


def _rho_sentences(answers: Answers) -> list[str]:
    if answers.rho is None:
        return []
    limits = interval(Range(None, answers.rho.lower, answers.rho.upper), in_r=True)
    return [
        "The correlation of the sampling errors of one sample is unknown: all answers are averaged "
        f"over its posterior (median {correlation(answers.rho.median)}, {_level(answers)} interval "
        f"{limits})."
    ]


def benchmark_sentence(b: BenchmarkSummary, answers: Answers, *, synthetic: bool = False) -> str:
    """Say in one sentence how a coefficient stands to a benchmark.

    Parameters
    ----------
    b : BenchmarkSummary
        The comparison.
    answers : Answers
        All answers, for ROPE and probability.
    synthetic : bool
        Whether the data are simulated; the sentence then says that agreement is no evidence.

    Returns
    -------
    str
        The sentence.
    """
    width = correlation(answers.rope_difference)
    uncertain = (
        "taken as a fixed value, its interval is not public"
        if b.lower is None or b.upper is None
        else f"its own interval {published_limits(b)} included"
    )
    distance = correlation(abs(b.difference_r.centre or 0))
    ours = "the same to two decimals" if distance == ".00" else f"{_direction(b)} by {distance}"
    text = (
        f"{b.coefficient} against {b.name}, r = {published(b.r)} ({uncertain}): ours is {ours}, "
        f"{_level(answers)} interval of the difference {interval(b.difference_r, in_r=True)}, "
        f"{probability_phrase('ours is higher', b.p_above)}, "
        f"{probability_phrase(f'within {width}', b.p_rope)}."
    )
    return f"{text} {SYNTHETIC}" if synthetic else text


def published_limits(b: BenchmarkSummary) -> str:
    """Write the interval of a benchmark with the digits it was published with.

    Parameters
    ----------
    b : BenchmarkSummary
        A benchmark that has an interval.

    Returns
    -------
    str
        For example ``[.256, .299]``.
    """
    lower, upper = b.lower or 0.0, b.upper or 0.0
    return interval(
        Range(None, lower, upper), in_r=True, digits=published_digits(b.r, lower, upper)
    )


def _direction(b: BenchmarkSummary) -> str:
    return "higher" if (b.difference_r.centre or 0) >= 0 else "lower"
