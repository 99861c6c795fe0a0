"""Results: differences between means."""

from __future__ import annotations

from typing import Final

from bayes_alliance.names import ALLIANCE_SCALES
from bayes_alliance.report.material import Material
from bayes_alliance.report.numbers import (
    correlation,
    decimal,
    powers,
    probability_phrase,
    scientific,
)
from bayes_alliance.report.prose.draft import Draft
from bayes_alliance.report.prose.paragraph import Paragraph
from bayes_alliance.report.prose.phrasing import counted, credible, in_words, spoken
from bayes_alliance.summaries.answers import Answers
from bayes_alliance.summaries.coefficients import Range
from bayes_alliance.summaries.contrasts import SMALLEST, ContrastSummary
from bayes_alliance.summaries.evidence import ratio_of

__all__ = ["differences"]

#: So many differences are told; of more, those that are clearest.
MOST: Final = 6


def differences(material: Material) -> tuple[Paragraph, ...]:
    """Tell differences between levels.

    Parameters
    ----------
    material : Material
        The analysis.

    Returns
    -------
    tuple of Paragraph
        One; none without differences.
    """
    answers = material.answers
    asked = _asked(answers)
    draft = Draft("differences", "Differences")
    shown = asked
    if len(asked) > MOST:
        sure = sorted(asked, key=lambda c: abs(c.p_positive - 0.5), reverse=True)
        chosen = {c.name for c in sure[:MOST]}
        shown = [c for c in asked if c.name in chosen]
        apart = sum(c.estimate.lower > 0 or c.estimate.upper < 0 for c in asked)
        draft.say(
            f"Of {len(asked)} differences, the intervals of {in_words(apart)} excluded 0; the "
            f"{in_words(MOST)} whose direction was most certain follow, and all stand in the table."
        )
    for number, c in enumerate(shown):
        draft.say(_difference(c, answers, first=number == 0))
    others = len(answers.contrasts) - len(asked)
    if others:
        draft.say(f"The {counted(others, 'other difference')} (from total scores) "
                  f"{'stands' if others == 1 else 'stand'} in the table.")  # fmt: skip
    if any(c.prior_sd is not None for c in shown):
        sds = sorted({round(c.prior_sd, 4) for c in shown if c.prior_sd is not None})
        told = " to ".join(f"{sd:g}" for sd in dict.fromkeys((sds[0], sds[-1])))
        z = " on Fisher’s z" if answers.scale.measure == "ZCOR" else ""
        draft.say(
            f"BF01 is the Bayes factor for no difference at a prior standard deviation of the "
            f"difference of {told}{z}; between 1/3 and 3 the data cannot tell."
        )
    return draft.paragraphs()


def _asked(answers: Answers) -> list[ContrastSummary]:
    """Where the scales of the alliance are compared they are the question, not the totals."""
    alliance = {f"{a} - {b}" for a in ALLIANCE_SCALES[:3] for b in ALLIANCE_SCALES[:3]}
    if any(c.name in alliance for c in answers.contrasts):
        return [c for c in answers.contrasts if c.name in alliance]
    return list(answers.contrasts)


def _difference(c: ContrastSummary, answers: Answers, *, first: bool) -> str:
    parts = [probability_phrase("> 0", c.p_positive)]
    if c.p_rope is not None:
        event = f"|difference| < {correlation(answers.rope_difference)}"
        parts.append(probability_phrase(event, c.p_rope))
    if c.prior_sd is not None:
        parts.append(
            f"BF01 < {scientific(SMALLEST)}"
            if c.bf01 is None
            else f"BF01 = {powers(ratio_of(c.bf01))}"
        )
    if c.r is not None:
        size = f"{correlation(c.r.centre)}{' in r' if first else ''}"
        limits = credible(c.r, answers.probability, in_r=True)
    else:
        size = decimal(c.estimate.median)
        given = Range(None, c.estimate.lower, c.estimate.upper)
        limits = credible(given, answers.probability, in_r=False, digits=2)
    name = spoken(c.name)
    minus = " minus " in name
    head = f"The difference {name}" if minus else f"The difference for {name}"
    return f"{head} was {size}, {limits}, {', '.join(parts)}."
