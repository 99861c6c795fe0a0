"""Heterogeneity beyond two numbers: outlying samples, and what tau depends on."""

from __future__ import annotations

from bayes_alliance.report.layout import aligned, wrapped
from bayes_alliance.report.numbers import decimal, interval, probability, probability_phrase
from bayes_alliance.summaries.answers import Answers
from bayes_alliance.summaries.coefficients import Estimate, Range
from bayes_alliance.summaries.heterogeneity import Tails
from bayes_alliance.summaries.scale_models import ScaleRatio, ScaleSummary

__all__ = ["scale_sentences", "scale_text", "tails_sentence", "tails_text"]

#: So many outlying samples are listed, and named in a sentence.
MOST_ROWS, MOST_NAMES = 12, 5
#: So many ratios are told in a sentence.
MOST_RATIOS = 3


def _limits(estimate: Estimate, digits: int = 2) -> str:
    return interval(Range(None, estimate.lower, estimate.upper), in_r=False, digits=digits)


def tails_text(answers: Answers) -> str:
    """Say what a t of the sample effects means, and which samples it sets apart.

    Parameters
    ----------
    answers : Answers
        All answers.

    Returns
    -------
    str
        Lines of at most 80 columns; empty where sample effects are normal.
    """
    tails = answers.heterogeneity.tails
    if tails is None:
        return ""
    text = wrapped(
        "Sample effects follow a t: tau_sample, the total and I^2 are of its scale, which is below "
        "its standard deviation sd_sample. Weights below 1 mark samples that lie apart."
    )
    if not tails.outlying:
        return text
    level = f"{100 * answers.probability:g} %"
    rows = [[w.sample, decimal(w.weight.median), _limits(w.weight)] for w in tails.outlying]
    shown = aligned(["", "weight", f"{level} interval"], rows[:MOST_ROWS])
    return f"{text}\n\nSamples that the model treats as outlying\n{shown}"


def tails_sentence(tails: Tails) -> str:
    """Say how heavy the tails of the sample effects are, and who is in them.

    Parameters
    ----------
    tails : Tails
        Degrees of freedom and weights.

    Returns
    -------
    str
        Two sentences.
    """
    fixed = tails.df.lower == tails.df.upper
    df = decimal(tails.df.median, 1)
    if not fixed:
        df += f" {_limits(tails.df, 1)}"
    sd = ""
    if tails.sd_sample is not None:
        sd = f"; its standard deviation is {decimal(tails.sd_sample.median)}"
        sd += f" {_limits(tails.sd_sample)}"
    names = [f"{w.sample} (weight {decimal(w.weight.median)})" for w in tails.outlying]
    more = f" and {len(names) - MOST_NAMES} more" if len(names) > MOST_NAMES else ""
    told = (
        f"Samples that the model treats as outlying: {', '.join(names[:MOST_NAMES])}{more}."
        if names
        else "The model treats no sample as outlying."
    )
    return (
        f"Sample effects follow a t with {'fixed ' if fixed else ''}df = {df}, and tau_sample is "
        f"its scale{sd}. {told}"
    )


def scale_text(answers: Answers) -> str:
    """Tell tau at the levels of its terms, and ratios of tau.

    Parameters
    ----------
    answers : Answers
        All answers.

    Returns
    -------
    str
        Lines of at most 80 columns; empty where no tau has terms.
    """
    if not answers.scale_models:
        return ""
    level = f"{100 * answers.probability:g} %"
    at = [
        [f"tau_{model.level} at {row.name}", decimal(row.estimate.median, 3),
         _limits(row.estimate, 3)]
        for model in answers.scale_models
        for row in model.at
    ]  # fmt: skip
    ratios = [
        [f"tau_{model.level}: {row.name}", decimal(row.ratio.median), _limits(row.ratio),
         probability(row.p_larger)]
        for model in answers.scale_models
        for row in model.ratios
    ]  # fmt: skip
    parts = [
        wrapped(
            "Heterogeneity depends on terms: the numbers above, I^2 and the predictions are at "
            "their average (the centre of slopes, the geometric mean over levels)."
        )
    ]
    if at:
        table = aligned(["", "median", f"{level} interval"], at)
        parts.append(f"Heterogeneity at levels of its terms\n{table}")
    table = aligned(["", "ratio", f"{level} interval", "P(> 1)"], ratios)
    parts.append(f"Ratios of heterogeneity (two levels, or one unit up)\n{table}")
    return "\n\n".join(parts)


def scale_sentences(answers: Answers) -> list[str]:
    """Say how many times larger tau is, ratio by ratio.

    Parameters
    ----------
    answers : Answers
        All answers.

    Returns
    -------
    list of str
        One sentence a standard deviation with terms.
    """
    return [
        f"tau_{model.level} depends on its terms: {'; '.join(_ratios(model, answers))}."
        for model in answers.scale_models
    ]


def _ratios(model: ScaleSummary, answers: Answers) -> list[str]:
    level = f"{100 * answers.probability:g} %"
    told = [_ratio(row, level) for row in model.ratios[:MOST_RATIOS]]
    left = len(model.ratios) - MOST_RATIOS
    return [*told, f"{left} more in the table"] if left > 0 else told


def _ratio(row: ScaleRatio, level: str) -> str:
    return (
        f"{row.name}, {decimal(row.ratio.median)} times as large, {level} interval "
        f"{_limits(row.ratio)}, {probability_phrase('ratio > 1', row.p_larger)}"
    )
