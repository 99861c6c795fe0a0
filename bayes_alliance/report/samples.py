"""Shrunken means of the observed samples, the lowest and the highest."""

from __future__ import annotations

import pandas as pd

from bayes_alliance.engines.fitted import Fitted
from bayes_alliance.report.layout import aligned, wrapped
from bayes_alliance.report.numbers import correlation, decimal, interval
from bayes_alliance.summaries.answers import Answers
from bayes_alliance.summaries.coefficients import Range
from bayes_alliance.summaries.samples import sample_effects

__all__ = ["samples_text"]

#: So many samples are listed whole; of more, the extremes.
MOST, EXTREMES = 8, 3


def samples_text(fitted: Fitted, answers: Answers) -> str:
    """Tell raw and shrunken means of samples, and what a new effect in them is expected to be.

    Parameters
    ----------
    fitted : Fitted
        The analysis.
    answers : Answers
        Its answers.

    Returns
    -------
    str
        Lines of at most 80 columns; empty without heterogeneity between samples.
    """
    found = answers.heterogeneity
    if found.tau_group is None and found.tau_sample is None and not found.scales:
        return ""
    frame = sample_effects(fitted.posterior, answers.scale, probability=answers.probability)
    ordered = frame.sort_values("estimate", ascending=False, kind="stable")
    cut = len(ordered) > MOST
    shown = pd.concat([ordered.head(EXTREMES), ordered.tail(EXTREMES)]) if cut else ordered
    in_r = answers.scale.has_r
    write = correlation if in_r else decimal
    rows = [
        [
            str(row["sample"]),
            str(row["effects"]),
            write(row["raw"]),
            write(row["estimate"]),
            interval(Range(None, row["lower"], row["upper"]), in_r=in_r),
            interval(Range(None, row["new_effect_lower"], row["new_effect_upper"]), in_r=in_r),
        ]
        for _, row in shown.iterrows()
    ]
    if cut:
        rows.insert(EXTREMES, ["...", "", "", "", "", ""])
    level = f"{100 * answers.probability:g} %"
    head = ["", "k", "raw", "true mean", f"{level} interval", "a new effect in it"]
    text = f"Observed samples, shrunken\n{aligned(head, rows)}"
    if cut:
        text += "\n" + wrapped(
            f"The {EXTREMES} highest and lowest of {len(ordered)}; fit.predict() has all."
        )
    return text
