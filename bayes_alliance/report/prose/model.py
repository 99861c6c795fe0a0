"""Methods: the model in words, its levels and terms, and what its means average."""

from __future__ import annotations

import re
from typing import Final

from bayes_alliance.engines.fitted import Fitted
from bayes_alliance.report.material import Material
from bayes_alliance.report.prose.draft import Draft
from bayes_alliance.report.prose.paragraph import Paragraph
from bayes_alliance.report.prose.phrasing import counted, in_words, series, without_hints
from bayes_alliance.spec.design import Design
from bayes_alliance.spec.rows import is_total

__all__ = ["model"]

#: Levels that are named in a sentence; of more only the number.
MOST_LEVELS: Final = 8
#: Notes of a design that sentences of these paragraphs tell in their own words.
ELSEWHERE: Final = re.compile(
    "total repeats them|adds little to them|taken as independent|not identified apart"
    "|^Only [0-9]+ sample|^The order |^Sampling errors:|own correlations in that formula"
)
STRUCTURES: Final = {
    "unstructured": "a standard deviation of its own on each and any correlations among them",
    "diagonal": "a standard deviation of its own on each, uncorrelated",
    "cs": "one standard deviation and one correlation common to all",
}


def model(material: Material) -> tuple[Paragraph, ...]:
    """Say what was modelled.

    Parameters
    ----------
    material : Material
        The analysis.

    Returns
    -------
    tuple of Paragraph
        Levels, terms, and the estimand.
    """
    fitted = material.fitted
    design = fitted.design
    draft = Draft("model", "Model")
    draft.say(_levels(design, draft), *_shape(design, draft), *_terms(design))
    draft.say(*_estimand(fitted), *_notes(design))
    return draft.paragraphs()


def _levels(design: Design, draft: Draft) -> str:
    parts = []
    if design.groups is not None:
        where = "nested above" if design.groups.nested else "crossed with"
        parts.append(
            f"a random effect of the group ({in_words(len(design.groups.names))} groups {where} "
            f"the samples, by {design.groups.column})"
        )
    if design.scales is not None or design.tau_sample is not None:
        parts.append("a random effect of the sample")
    if design.tau_effect is not None:
        inside = " within its sample" if parts else ""
        parts.append(f"a random effect of the effect size{inside}")
    if not parts:
        return (
            "A Bayesian model without heterogeneity was fitted: all differences among effect sizes "
            "beyond those of the means were taken as sampling error (a common-effect model)."
        )
    levels = ("two", "three", "four")[len(parts) - 1]
    source = f" {draft.source('konstantopoulos2011')}" if len(parts) > 1 else ""
    normal = "sampling errors were" if design.df is not None else "all of these were"
    known = "known up to a correlation ρ" if design.dependence is not None else "known"
    return (
        f"A Bayesian {levels}-level random-effects model was fitted{source}, in which each "
        f"observed effect size was the sum of a mean, {series([*parts, 'a sampling error'])}; "
        f"{normal} normally distributed, and variances and covariances of the sampling errors were "
        f"taken as {known}."
    )


def _shape(design: Design, draft: Draft) -> list[str]:
    told = []
    if design.scales is not None:
        scales = design.scales
        told.append(
            f"The samples had effects on {series(scales.names)}, with "
            f"{STRUCTURES[scales.structure]}."
        )
    if design.df is not None:
        fixed = design.df.support == "point"
        told.append(
            "The effects of the samples followed a t distribution instead of a normal one, so that "
            "outlying samples had less weight; its degrees of freedom were "
            f"{'fixed' if fixed else 'estimated'}, and its scale is reported as the heterogeneity "
            "of typical samples."
        )
    for scale in design.scale_models:
        level = "between samples" if scale.level == "sample" else "within samples"
        names = series([term.name for term in scale.terms])
        told.append(
            f"The logarithm of the standard deviation {level} depended linearly on {names} "
            f"{draft.source('viechtbauer2022')}."
        )
    return told


def _terms(design: Design) -> list[str]:
    told = []
    alone = len(design.terms) == 1
    for term in design.terms:
        if term.kind == "continuous":
            told.append(
                f"The predictor {term.name} was continuous and centered at "
                f"{term.centre or 0.0:.4g}; its slope refers to a difference of "
                f"{term.unit or 1.0:g}."
            )
            continue
        levels = (
            series([f"{n} ({c})" for n, c in zip(term.levels, term.counts, strict=True)])
            if len(term.levels) <= MOST_LEVELS
            else counted(len(term.levels), "level")
        )
        what = (
            f"A mean was estimated for every level of {term.name}"
            if alone
            else f"The predictor {term.name} was categorical, with exchangeable deviations of its "
            "levels from their equal-weight mean"
        )
        told.append(f"{what} (effect sizes at each: {levels})." if len(term.levels) <= MOST_LEVELS
                    else f"{what} ({levels}).")  # fmt: skip
    if len(design.terms) > 1 or (alone and design.terms[0].kind == "continuous"):
        told.append(
            "The overall mean refers to the equal-weight average of the levels of categorical "
            "predictors and to the center of continuous ones."
        )
    return told


def _estimand(fitted: Fitted) -> list[str]:
    effect, design = fitted.specification.effect, fitted.design
    told = []
    if design.estimand and len(design.y) > 1:
        told.append(
            design.estimand.replace("'overall' averages", "The overall mean averaged").replace(
                "'overall' is", "The overall mean was"
            )
        )
    rows = fitted.effects.frame.iloc[design.rows]
    total = is_total(rows, effect.scale_column)
    if not total.any():
        return told
    scale = ~total & rows[effect.scale_column].notna().to_numpy()
    both = len(set(rows["sample"][total]) & set(rows["sample"][scale]))
    if effect.totals == "composite":
        told.append("Total scores were modeled as the sums of their scales.")
    elif both:
        told.append(
            f"In {counted(both, 'sample')}, a total score and its scales both counted as effect "
            "sizes, although the total repeats its scales."
        )
    return told


def _notes(design: Design) -> list[str]:
    """What else a reader has to know; what other sentences tell is not told twice."""
    told = []
    if (
        design.tau_sample is not None
        and design.tau_effect is not None
        and (len(design.sample_ids) == len(design.y) > 1)
    ):
        told.append(
            "As every sample had one effect size, the heterogeneity between and within samples "
            "was not identified apart; the priors decide the split, and only the total is learned."
        )  # fmt: skip
    return [*told, *(without_hints(note) for note in design.notes if not ELSEWHERE.search(note))]
