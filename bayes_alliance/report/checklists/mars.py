"""Standards for reporting meta-analyses (Appelbaum et al., 2018, doi 10.1037/amp0000191).

The standard has headings and no numbers: items are named by heading and topic. Items about the
search and the coding of studies stand here as what only the authors can fill in.
"""

from __future__ import annotations

from typing import Final

from bayes_alliance.report.checklists.item import Checklist
from bayes_alliance.report.checklists.limits import limits
from bayes_alliance.report.checklists.of_computation import software
from bayes_alliance.report.checklists.of_data import (
    dependence,
    effect_measure,
    left_out,
    preparation,
    single_results,
    size,
)
from bayes_alliance.report.checklists.of_evidence import how_moderators, moderators
from bayes_alliance.report.checklists.of_model import goals, parameters
from bayes_alliance.report.checklists.of_results import heterogeneity, synthesis
from bayes_alliance.report.checklists.of_variations import (
    any_sensitivity,
    bias,
    how_bias,
    smallest_effects,
)
from bayes_alliance.report.checklists.told import Question, Told, filled, left_to_authors
from bayes_alliance.report.material import Material

__all__ = ["mars"]


def _missing(material: Material) -> Told:
    silent = int(material.fitted.effects.frame["not_significant"].sum())
    told = left_out(material)
    kept = material.fitted.specification.effect.not_significant != "leave_out"
    if silent and not kept:
        return Told(False, f"{told} {silent} results printed only as not significant are left out, "
                    "which inflates the mean; compare --set effect.not_significant=censored.",
                    "data")  # fmt: skip
    return Told(True, told, "data")


def _limitations(material: Material) -> str:
    found = limits(material)
    return (
        f"The report lists {len(found)} limits of these data and this model, the first: {found[0]}"
    )


def _used(material: Material) -> str:
    return f"In the analysis: {size(material)}."


QUESTIONS: Final = (
    Question("Introduction: problem", "The question of the synthesis", goals),
    Question("Introduction: protocol", "Where protocol or registration can be found",
             left_to_authors("where the protocol is, and what departs from it")),
    Question("Method: inclusion", "Which studies were eligible",
             left_to_authors("the criteria of inclusion and exclusion")),
    Question("Method: information sources", "Where and when studies were searched for",
             left_to_authors("how studies were searched for")),
    Question("Method: study selection", "How studies were screened and chosen",
             left_to_authors("how studies were chosen, and by whom")),
    Question("Method: data collection", "How results were taken from reports, and how reliably",
             left_to_authors("how results were coded, and with what agreement")),
    Question("Method: risk to internal validity", "How the quality of studies was assessed",
             left_to_authors("how the quality of studies was assessed")),
    Question("Method: summary measures", "The effect size and how it was computed", effect_measure),
    Question("Method: synthesis, preparation", "Conversions and corrections of effect sizes",
             preparation),
    Question("Method: synthesis, model", "The model, its levels and what it averages", parameters),
    Question("Method: synthesis, software", "The software with versions", software),
    Question("Method: synthesis, dependence", "Several effect sizes of the same people",
             dependence),
    Question("Method: synthesis, missing data", "Results and moderators that are missing",
             _missing),
    Question("Method: synthesis, power", "What size of effect could have been shown",
             smallest_effects),
    Question("Method: synthesis, moderators", "What may explain differences, and how it was tested",
             how_moderators),
    Question("Method: publication bias", "How missing results were looked for", how_bias),
    Question("Results: study selection", "How many studies were found, excluded and used",
             left_to_authors("how many reports were found and excluded", _used, "data")),
    Question("Results: study characteristics", "What each study is like",
             left_to_authors("what was coded of the studies beyond the table", _used, "data")),
    Question("Results: individual studies", "Every effect size with its precision",
             single_results),
    Question("Results: synthesis, means", "Means with intervals", synthesis),
    Question("Results: synthesis, heterogeneity", "How much effects differ, by level",
             heterogeneity),
    Question("Results: synthesis, moderators", "What explains differences", moderators),
    Question("Results: synthesis, sensitivity", "Whether results are robust", any_sensitivity),
    Question("Results: internal validity", "The quality of the studies found",
             left_to_authors("the quality of the studies")),
    Question("Results: publication bias", "What was found about missing results", bias),
    Question("Discussion: limitations", "Limits of the studies and of the analysis",
             left_to_authors("the limits of the studies themselves", _limitations, "limits")),
    Question("Discussion: generalisability", "To whom and to what results extend",
             left_to_authors("to whom results extend")),
    Question("Author note: funding", "Funding, interests and access to data",
             left_to_authors("who paid, and what interests they have")),
)  # fmt: skip


def mars(material: Material) -> Checklist:
    """Fill in the reporting standards of quantitative meta-analysis.

    Parameters
    ----------
    material : Material
        The analysis.

    Returns
    -------
    Checklist
        The standards, filled in.
    """
    title = "Journal article reporting standards: quantitative meta-analysis"
    return filled("JARS-MARS", title, "appelbaum2018", QUESTIONS, material)
