"""Results: means with intervals, predictions, and what predictors do to them."""

from __future__ import annotations

from typing import Final

from bayes_alliance.report.material import Material
from bayes_alliance.report.numbers import (
    correlation,
    decimal,
    interval,
    percent,
    probability_phrase,
)
from bayes_alliance.report.prose.draft import Draft
from bayes_alliance.report.prose.paragraph import Paragraph
from bayes_alliance.report.prose.phrasing import (
    DIGITS,
    counted,
    credible,
    in_words,
    series,
    spoken,
    spread,
)
from bayes_alliance.summaries.answers import Answers
from bayes_alliance.summaries.coefficients import CoefficientSummary, Range

__all__ = ["means", "predictors"]

#: So many means are told one by one; of more, the highest and the lowest.
MOST_MEANS: Final = 8
#: So many slopes and deviations are told.
MOST_SLOPES: Final = 12


def means(material: Material) -> tuple[Paragraph, ...]:
    """Tell the means and the predictions.

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
    found = [c for c in answers.coefficients if c.new_sample is not None]
    draft = Draft("means", "Mean Correlations" if answers.scale.has_r else "Mean Effects")
    ordered = sorted(found, key=lambda c: c.estimate.median, reverse=True)
    shown = found if len(found) <= MOST_MEANS else [ordered[0], ordered[-1]]
    if len(shown) < len(found):
        draft.say(f"Of {len(found)} means, all of which stand in the table, the highest and the "
                  "lowest were the following.")  # fmt: skip
    for number, c in enumerate(shown):
        draft.say(_mean(c, answers, first=number == 0, alone=len(found) == 1))
    draft.say(*_predictions(shown, answers, alone=len(found) == 1))
    draft.say(*_orders(answers))
    return draft.paragraphs()


def _mean(c: CoefficientSummary, answers: Answers, *, first: bool, alone: bool) -> str:
    name = "overall " if alone and c.name == "overall" else ""
    where = "" if name else f" for {spoken(c.name)}"
    if c.r is None:
        centre = Range(None, c.estimate.lower, c.estimate.upper)
        return (
            f"The {name}mean effect{where} was {decimal(c.estimate.median, DIGITS)}, "
            f"{credible(centre, answers.probability, in_r=False)}, "
            f"{probability_phrase('effect > 0', c.estimate.p_positive)}."
        )
    level = credible(c.r, answers.probability, in_r=True)
    kind = "median true correlation" if answers.scale.measure == "ZCOR" else "mean correlation"
    mean = (
        f"; the mean true correlation was {correlation(c.r_mean.centre)}"
        if c.r_mean is not None and answers.scale.measure == "ZCOR"
        else ""
    )
    rope = ""
    if c.p_rope is not None:
        event = f"|r| < {correlation(answers.rope_effect)}"
        rope = f", {probability_phrase(event, c.p_rope)}"
    head = f"The {name}{kind}{where}" if first or alone else f"For {spoken(c.name)}, it"
    return (
        f"{head} was r = {correlation(c.r.centre)}, {level}, "
        f"{probability_phrase('r > 0', c.estimate.p_positive)}{rope}{mean}."
    )


def _predictions(
    shown: list[CoefficientSummary], answers: Answers, *, alone: bool
) -> list[str]:  # fmt: skip
    found = answers.heterogeneity
    if found.tau_total is None:
        return []
    in_r = answers.scale.has_r
    told = []
    for c in shown:
        of_sample, of_effect = (
            (c.new_sample_r, c.new_effect_r) if in_r else (c.new_sample, c.new_effect)
        )
        if of_sample is None or of_effect is None:
            continue
        sample, effect = interval(of_sample, in_r=in_r), interval(of_effect, in_r=in_r)
        name = "" if alone else f" for {spoken(c.name)}"
        both = sample != effect
        told.append(f"{sample} and {effect}{name}" if both else f"{effect}{name}")
    level = percent(answers.probability, blank=False)
    group = " of a new group" if found.tau_group is not None else ""
    if not told:
        return []
    what = "correlations" if in_r else "effects"
    of = (
        "the mean of a new sample and for a new effect in a new sample were, respectively,"
        if any("] and [" in one for one in told)
        else f"a new effect in a new sample {'was' if len(told) == 1 else 'were'}"
    )
    noun = "interval" if of.endswith("was") else "intervals"
    new = f" (a new sample being one{group})" if group else ""
    return [f"The {level} prediction {noun} of true {what} for {of} {_joined(told)}{new}."]


def _joined(told: list[str]) -> str:
    return told[0] if len(told) == 1 else "; ".join([*told[:-1], f"and {told[-1]}"])


def _orders(answers: Answers) -> list[str]:
    return [
        f"The order {order.name} had a posterior probability of "
        f"{percent(order.probability, blank=False)} (prior probability "
        f"{percent(order.prior, blank=False)})."
        for order in answers.orders
    ]


def predictors(material: Material) -> tuple[Paragraph, ...]:
    """Tell slopes and deviations of levels, and what the predictors explain.

    Parameters
    ----------
    material : Material
        The analysis.

    Returns
    -------
    tuple of Paragraph
        One; none without predictors.
    """
    answers = material.answers
    draft = Draft("predictors", "Predictors")
    found = [c for c in answers.coefficients if c.new_sample is None]
    scale = "on Fisher’s z" if answers.scale.measure == "ZCOR" else "on the scale of the analysis"
    slopes = {term.slope_name for term in material.fitted.design.terms if term.kind == "continuous"}
    for c in [c for c in found if c.name in slopes]:
        draft.say(
            f"The slope of {c.name} was {spread(c.estimate, answers.probability)} {scale}, "
            f"{probability_phrase('slope > 0', c.estimate.p_positive)}."
        )
    levels = [c for c in found if c.name not in slopes]
    if levels:
        shown = levels[:MOST_SLOPES]
        listed = "; ".join(
            f"{spoken(c.name)}, {spread(c.estimate, answers.probability)}" for c in shown
        )
        rest = len(levels) - len(shown)
        more = f"; {in_words(rest)} more stand in the table" if rest else ""
        draft.say(f"Deviations from the equal-weight mean of the levels {scale} were {listed}"
                  f"{more}.")  # fmt: skip
    if answers.explained is not None:
        share = answers.explained.posterior
        terms = series([term.name for term in material.fitted.design.terms])
        whose = terms if len(material.fitted.design.terms) <= 3 else (
            f"the {counted(len(material.fitted.design.terms), 'predictor')}"
        )  # fmt: skip
        limits = f"[{percent(share.lower, blank=False)}, {percent(share.upper, blank=False)}]"
        draft.say(
            f"Of the variance of true effects, {whose} explained "
            f"{percent(share.median, blank=False)}, {percent(answers.probability, blank=False)} "
            f"CrI {limits}; before the data, chance alone explained "
            f"{percent(answers.explained.prior_median, blank=False)} (prior median)."
        )
    return draft.paragraphs()
