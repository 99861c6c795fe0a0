"""Methods: how sampling errors of one sample depend on one another, and who says so."""

from __future__ import annotations

from typing import Final

import numpy as np

from bayes_alliance.engines.fitted import Fitted
from bayes_alliance.report.material import Material
from bayes_alliance.report.numbers import correlation, percent
from bayes_alliance.report.prose.draft import Draft
from bayes_alliance.report.prose.paragraph import Paragraph
from bayes_alliance.report.prose.phrasing import counted, in_words, series
from bayes_alliance.spec.dependence import Dependence

__all__ = ["dependence"]

#: Norms that are named in a sentence.
MOST_NORMS: Final = 6


def dependence(material: Material) -> tuple[Paragraph, ...]:
    """Say what was known, estimated and assumed about correlated sampling errors.

    Parameters
    ----------
    material : Material
        The analysis.

    Returns
    -------
    tuple of Paragraph
        One.
    """
    fitted = material.fitted
    draft = Draft("dependence", "Dependent Sampling Errors")
    sizes = np.diff(fitted.design.starts, append=len(fitted.design.y))
    several = int((sizes > 1).sum())
    if not several:
        draft.say("Every sample contributed one effect size, so that no sampling errors depended "
                  "on one another.")  # fmt: skip
        return draft.paragraphs()
    draft.say(f"More than one effect size was contributed by {counted(several, 'sample')}.")
    draft.say(*_said(fitted, draft))
    return draft.paragraphs()


def _said(fitted: Fitted, draft: Draft) -> list[str]:
    sampling, design = fitted.specification.sampling, fitted.design
    how = sampling.within_sample
    if how == "independent":
        return [
            "Their sampling errors were treated as independent. Where such effects come from the "
            "same participants, their errors are correlated, which was not modeled."
        ]
    if how == "constant":
        return [
            "The sampling errors of effects of the same sample were assumed to correlate "
            f"ρ = {correlation(sampling.rho)}; this value was not estimated."
        ]
    if how == "interscale":
        return [f"{_formula(draft)}.", *_norms(fitted), *_overlap(fitted)]
    given = design.dependence
    if given is None:
        return [f"{_formula(draft)}; all of them followed from reported correlations."]
    unknown, known = _pairs(given)
    told = [
        f"For {counted(unknown, 'pair')} of effect sizes the correlation of the sampling errors "
        "was unknown; it was represented by one parameter ρ, which was estimated with a prior "
        "distribution, and all results are averaged over its posterior distribution."
    ]
    if known:
        told.append(f"{_formula(draft)} for the other {counted(known, 'pair')}.")
        told += _overlap(fitted)
    reports = len(fitted.effects.correlations or ())
    if reports and sampling.use_reports:
        told.append(f"The {counted(reports, 'reported correlation')} among the variables informed "
                    "ρ or entered directly.")  # fmt: skip
    return told


def _formula(draft: Draft) -> str:
    return (
        "Correlations of sampling errors were computed from the correlations among the variables "
        "involved, by the asymptotic covariance of dependent correlations "
        f"{draft.source('olkin1976', 'steiger1980')}"
    )


def _pairs(given: Dependence) -> tuple[int, int]:
    """Pairs of effects of one sample whose errors have rho, and others that correlate."""
    unknown = known = 0
    for fixed, pattern in zip(given.fixed, given.pattern, strict=True):
        above = np.triu_indices(len(fixed), 1)
        has_rho = pattern[above] != 0
        unknown += int(has_rho.sum())
        known += int((~has_rho & (fixed[above] != 0)).sum())
    return unknown, known


def _norms(fitted: Fitted) -> list[str]:
    told = []
    reports = len(fitted.effects.correlations or ())
    if reports:
        told.append(f"Of these, {in_words(reports)} had been reported by the studies.")
    for column, norms in fitted.specification.sampling.norms.items():
        named = [
            f"{pair.replace('~', 'with').strip()} {correlation(value)}"
            for pair, value in norms.items()
            if pair != "default"
        ]
        shown = series(named[:MOST_NORMS])
        rest = f" {correlation(norms['default'])}" if "default" in norms else ""
        if shown and rest:
            rest = f"; {rest.strip()} for all other pairs"
        if shown or rest:
            told.append(
                f"For {column}, correlations that were not reported were assumed to be "
                f"{(shown + rest).strip()}."
            )
    return told


def _overlap(fitted: Fitted) -> list[str]:
    sampling = fitted.specification.sampling
    share = (
        "all participants"
        if sampling.overlap is None
        else f"{percent(sampling.overlap, blank=False)} of the participants"
    )
    plug = "pooled over samples" if sampling.plug_in == "pooled" else "each sample’s own"
    return [
        f"The effect sizes in that formula were {plug}, and where the number of shared "
        f"participants was not reported, {share} of the smaller group were taken to be in both."
    ]
