"""Results: heterogeneity by level, its shares, and what is known of sampling errors."""

from __future__ import annotations

from typing import Final

from bayes_alliance.report.material import Material
from bayes_alliance.report.numbers import decimal, percent, probability_phrase
from bayes_alliance.report.prose.draft import Draft
from bayes_alliance.report.prose.paragraph import Paragraph
from bayes_alliance.report.prose.phrasing import counted, credible, series, spoken, spread
from bayes_alliance.summaries.answers import Answers
from bayes_alliance.summaries.coefficients import Estimate, Range
from bayes_alliance.summaries.heterogeneity import Tails

__all__ = ["heterogeneity"]

#: Outlying samples and ratios of heterogeneity that are named.
MOST_NAMED, MOST_RATIOS = 5, 3
#: Fewer samples tell little about heterogeneity.
FEW_SAMPLES: Final = 5


def heterogeneity(material: Material) -> tuple[Paragraph, ...]:
    """Tell the heterogeneity.

    Parameters
    ----------
    material : Material
        The analysis.

    Returns
    -------
    tuple of Paragraph
        One.
    """
    answers = material.answers
    found = answers.heterogeneity
    draft = Draft("heterogeneity", "Heterogeneity")
    parts = _parts(answers)
    if not parts:
        draft.say("The model had no heterogeneity: all differences among true effects beyond "
                  "those of the means were assumed to be absent.")  # fmt: skip
    else:
        scale = "Fisher’s z" if answers.scale.measure == "ZCOR" else "the scale of the analysis"
        draft.say(f"The standard deviation of true effects (τ, on {scale}) was {series(parts)}.")
        draft.say(_total(answers, len(parts)))
        draft.say(_shares(answers))
    if found.correlations:
        listed = "; ".join(f"{pair}, {spread(e, answers.probability)}"
                           for pair, e in found.correlations)  # fmt: skip
        draft.say(f"The effects of the samples on the scales correlated as follows: {listed}.")
    if found.tails is not None:
        draft.say(*_tails(found.tails, answers))
    draft.say(*_scale_models(answers))
    if answers.rho is not None:
        draft.say(
            "The correlation ρ of sampling errors of the same sample was estimated as "
            f"{spread(answers.rho, answers.probability)}."
        )
    samples = len(material.fitted.design.sample_ids)
    if parts and samples < FEW_SAMPLES:
        draft.say(
            f"With {counted(samples, 'sample')}, the priors of the heterogeneity largely decide "
            "how wide the intervals are."
        )
    return draft.paragraphs()


def _parts(answers: Answers) -> list[str]:
    found, p = answers.heterogeneity, answers.probability
    several = found.tau_group is not None
    between = "between samples of the same group" if several else "between samples"
    only = found.tau_sample is None and not found.scales and not several
    within = "among effect sizes" if only else "between effects of the same sample"
    named: list[tuple[str, Estimate | None]] = [
        ("between groups of samples", found.tau_group),
        (between, found.tau_sample),
        *((f"between samples for {name}", e) for name, e in found.scales),
        (within, found.tau_effect),
    ]
    return [f"{spread(e, p)}, {where}" for where, e in named if e is not None]


def _total(answers: Answers, levels: int) -> str:
    total = answers.heterogeneity.tau_total
    if total is None or levels < 2:
        return ""
    return f"The levels together had a standard deviation of {spread(total, answers.probability)}."


def _shares(answers: Answers) -> str:
    found = answers.heterogeneity
    told = [
        f"{percent(e.median, blank=False)} "
        f"[{percent(e.lower, blank=False)}, {percent(e.upper, blank=False)}] {where}"
        for where, e in (
            ("for groups", found.i2_group),
            ("for samples", found.i2_sample),
            ("for effects" if found.i2_sample is None else "for effects within samples",
             found.i2_effect),
        )
        if e is not None
    ]  # fmt: skip
    return f"I² was {series(told)}." if told else ""


def _tails(tails: Tails, answers: Answers) -> list[str]:
    level = answers.probability
    fixed = tails.df.lower == tails.df.upper
    limits = credible(Range(None, tails.df.lower, tails.df.upper), level, in_r=False, digits=1)
    df = decimal(tails.df.median, 1)
    told = [
        f"The effects of the samples followed a t distribution with {df} degrees of freedom"
        f"{' (fixed)' if fixed else f', {limits}'}; τ between samples is its scale"
        + (f", and its standard deviation was {spread(tails.sd_sample, level)}." if tails.sd_sample
           else ".")
    ]  # fmt: skip
    names = [f"{w.sample} (weight {decimal(w.weight.median)})" for w in tails.outlying]
    if not names:
        return [*told, "No sample was treated as outlying."]
    more = f", and {len(names) - MOST_NAMED} more" if len(names) > MOST_NAMED else ""
    shown = names[:MOST_NAMED]
    return [*told, "Treated as outlying (weight below .50) were "
            f"{', '.join(shown) if more else series(shown)}{more}."]  # fmt: skip


def _scale_models(answers: Answers) -> list[str]:
    told = []
    for model in answers.scale_models:
        level = "between samples" if model.level == "sample" else "within samples"
        shown = [
            f"{_compared(row.name)}, {decimal(row.ratio.median)} times, "
            f"{credible(Range(None, row.ratio.lower, row.ratio.upper), answers.probability,
                        in_r=False, digits=2)}, {probability_phrase('ratio > 1', row.p_larger)}"
            for row in model.ratios[:MOST_RATIOS]
        ]  # fmt: skip
        rest = len(model.ratios) - MOST_RATIOS
        more = f"; {rest} more stand in the table" if rest > 0 else ""
        told.append(f"Ratios of τ {level} were: {'; '.join(shown)}{more}.")
    if told:
        told.append("All other heterogeneity, I², and predictions are at the average of these "
                    "predictors.")  # fmt: skip
    return told


def _compared(name: str) -> str:
    sides = name.split(" / ")
    return " to ".join(spoken(side) for side in sides)
