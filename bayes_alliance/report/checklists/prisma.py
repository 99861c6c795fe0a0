"""PRISMA 2020, the items of a synthesis (Page et al., 2021, doi 10.1136/bmj.n71)."""

from __future__ import annotations

from typing import Final

from bayes_alliance.report.checklists.item import Checklist
from bayes_alliance.report.checklists.of_computation import software
from bayes_alliance.report.checklists.of_data import (
    effect_measure,
    left_out,
    preparation,
    single_results,
    size,
)
from bayes_alliance.report.checklists.of_evidence import how_moderators, moderators
from bayes_alliance.report.checklists.of_model import heterogeneity_levels
from bayes_alliance.report.checklists.of_results import displays, synthesis
from bayes_alliance.report.checklists.of_variations import (
    any_sensitivity,
    bias,
    how_bias,
    what_was_varied,
)
from bayes_alliance.report.checklists.told import Question, Told, filled, left_to_authors, sentence
from bayes_alliance.report.material import Material

__all__ = ["prisma"]


def _method(material: Material) -> Told:
    found = software(material)
    told = f"{heterogeneity_levels(material)} {sentence(material.fitted.design.estimand)}"
    return Told(found.done, f"{told.strip()} {found.says}", "model")


def _in_synthesis(material: Material) -> str:
    return f"In the synthesis: {size(material)}."


def _certainty(material: Material) -> str:
    return "Intervals, predictions, sensitivity and bias are what such a judgement rests on."


QUESTIONS: Final = (
    Question("12", "In which measure effects are expressed", effect_measure),
    Question("13a", "How it was decided which results enter which synthesis",
             left_to_authors("how results were assigned to syntheses", left_out, "data")),
    Question("13b", "How results were made ready: conversions, missing statistics", preparation),
    Question("13c", "How single results and syntheses are tabulated and drawn", displays),
    Question("13d", "The model of the synthesis, and the software", _method),
    Question("13e", "How causes of heterogeneity were looked for", how_moderators),
    Question("13f", "How it was examined whether results are robust", what_was_varied),
    Question("14", "How bias from missing results was assessed", how_bias),
    Question("15", "How the certainty of the evidence was judged",
             left_to_authors("how certainty was judged", _certainty)),
    Question("19", "Every single result with its precision", single_results),
    Question("20a", "Characteristics and risk of bias of what entered each synthesis",
             left_to_authors("the risk of bias of the studies", _in_synthesis, "data")),
    Question("20b", "Result of each synthesis with precision and heterogeneity", synthesis),
    Question("20c", "What was found about causes of heterogeneity", moderators),
    Question("20d", "What was found about the robustness of results", any_sensitivity),
    Question("21", "What was found about bias from missing results", bias),
    Question("22", "The certainty of the evidence for each outcome",
             left_to_authors("how certain the evidence is", _certainty)),
)  # fmt: skip


def prisma(material: Material) -> Checklist:
    """Fill in the items of PRISMA 2020 that concern the synthesis.

    Parameters
    ----------
    material : Material
        The analysis.

    Returns
    -------
    Checklist
        The items, filled in.
    """
    return filled("PRISMA 2020", "Items of a synthesis", "page2021", QUESTIONS, material)
