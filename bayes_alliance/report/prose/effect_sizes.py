"""Methods: where the effect sizes come from, how they were measured, and which were left out."""

from __future__ import annotations

from collections import Counter
from typing import Final

import pandas as pd

from bayes_alliance.engines.fitted import Fitted
from bayes_alliance.report.material import Material
from bayes_alliance.report.numbers import percent
from bayes_alliance.report.prose.draft import Draft
from bayes_alliance.report.prose.library import sources_of
from bayes_alliance.report.prose.paragraph import Paragraph
from bayes_alliance.report.prose.phrasing import counted, in_words, series
from bayes_alliance.report.words import SYNTHETIC

__all__ = ["effect_sizes", "notice"]

CONVERTED: Final = {
    "t": "t statistics", "F": "F statistics", "d": "standardized mean differences",
    "chi2": "chi-squared statistics",
}  # fmt: skip


def notice(material: Material) -> tuple[Paragraph, ...]:
    """What must be said first about the data.

    Parameters
    ----------
    material : Material
        The analysis.

    Returns
    -------
    tuple of Paragraph
        The notice of the data set; none for most.
    """
    effects = material.fitted.effects
    draft = Draft("notice", "Note on the Data")
    draft.say(effects.notice, SYNTHETIC if effects.synthetic else "")
    return draft.paragraphs()


def effect_sizes(material: Material) -> tuple[Paragraph, ...]:
    """Say what was analysed.

    Parameters
    ----------
    material : Material
        The analysis.

    Returns
    -------
    tuple of Paragraph
        Source, measure, and rows that were left out or treated.
    """
    fitted = material.fitted
    draft = Draft("effect_sizes", "Effect Sizes")
    draft.say(_source(fitted, draft))
    draft.say(*_measure(fitted, draft))
    draft.say(*_treated(fitted), *_left_out(fitted))
    return draft.paragraphs()


def _source(fitted: Fitted, draft: Draft) -> str:
    effects, k = fitted.effects, len(fitted.design.y)
    head = (
        f"The analysis included {counted(k, 'effect size')} from "
        f"{counted(len(fitted.design.sample_ids), 'sample')} (data set {effects.name})"
    )
    known = sources_of(effects.name, effects.citation)
    if known:
        return f"{head} {draft.source(*known)}."
    return f"{head}. {effects.citation}" if effects.citation else f"{head}."


def _rows(fitted: Fitted) -> pd.DataFrame:
    return fitted.effects.frame.iloc[fitted.design.rows]


def _measure(fitted: Fitted, draft: Draft) -> list[str]:
    measure = fitted.design.measure
    if measure == "GEN":
        return [
            "Effect sizes and their sampling variances were taken as given, and all results are on "
            "the scale of these effect sizes."
        ]
    if measure == "COR":
        return [
            "Raw correlations were analyzed, with the sampling variance (1 - r²)²/(n - 1), which "
            "depends on the correlation itself."
        ]
    counts = Counter(_rows(fitted)["statistic"].astype(str))
    told = [
        f"Correlations were transformed to Fisher’s z, z = atanh(r) {draft.source('fisher1921')}"
        f"{_variances(counts)}."
    ]
    converted = [
        f"{in_words(counts[key])} from {words}" for key, words in CONVERTED.items() if counts[key]
    ]
    if converted:
        total = sum(counts[key] for key in CONVERTED)
        told.append(
            f"Of the correlations, {in_words(total)} had been computed from other statistics "
            f"({series(converted)})."
        )
    if fitted.effects.small_sample or fitted.specification.effect.small_sample:
        told.append("The z values were corrected for their small-sample bias, r/[2(n - 1)].")
    told.append("Results were transformed back to r.")
    return told


def _variances(counts: Counter[str]) -> str:
    """Sampling variances by kind of correlation."""
    ready, partial, spearman = counts["given"], counts["partial"], counts["spearman"]
    pearson = sum(counts.values()) - ready - partial - spearman
    several = bool(partial or spearman)
    parts = [
        f"1/(n - 3){' for Pearson correlations' if several else ''}" if pearson else "",
        "1/(n - 3 - p) for partial correlations with p covariates" if partial else "",
        "1.06/(n - 3) for Spearman correlations" if spearman else "",
    ]
    listed = series([part for part in parts if part])
    if not listed:
        return ", with the sampling variances that were given"
    beside = f", and given ready for {counted(ready, 'effect size')}" if ready else ""
    return f", with sampling variance {listed}{beside}"


def _treated(fitted: Fitted) -> list[str]:
    rows, effect = _rows(fitted), fitted.specification.effect
    told = []
    turned = int(rows["turned"].sum())
    if turned:
        told.append(
            f"The sign of {counted(turned, 'effect size')} was reversed, so that the same sign "
            "meant the same for all."
        )
    silent = int(rows["not_significant"].sum())
    if silent and effect.not_significant == "censored":
        told.append(
            f"Of {counted(silent, 'correlation')} that had been reported only as not significant, "
            "it was used that the absolute value was below the critical value at "
            f"{percent(1 - effect.alpha, blank=False)} confidence (censoring)."
        )
    elif silent:
        told.append(
            f"The {counted(silent, 'correlation')} that had been reported only as not significant "
            f"{'was' if silent == 1 else 'were'} set to 0."
        )
    return told


def _left_out(fitted: Fitted) -> list[str]:
    left = Counter(one.reason for one in fitted.design.left_out)
    if not left:
        return []
    reasons = "; ".join(f"{in_words(count)}: {reason}" for reason, count in left.most_common())
    total = sum(left.values())
    told = [
        f"Of the data set, {counted(total, 'effect size')} {'was' if total == 1 else 'were'} left "
        f"out of this analysis ({reasons})."
    ]
    if any("not significant" in reason for reason in left):
        told.append(
            "Leaving out correlations that were reported only as not significant inflates the mean."
        )
    return told
