"""What was not done, with the command that would do it."""

from __future__ import annotations

from collections.abc import Iterator

from bayes_alliance.report.checklists.commands import refusal, sensitivity_command
from bayes_alliance.report.checklists.of_computation import doubled
from bayes_alliance.report.checklists.of_data import several_effects
from bayes_alliance.report.checklists.of_model import unreasoned
from bayes_alliance.report.checklists.of_variations import KINDS
from bayes_alliance.report.checklists.told import joined, sentence
from bayes_alliance.report.material import Material

__all__ = ["not_done"]


def not_done(material: Material) -> tuple[str, ...]:
    """List what was not done.

    Parameters
    ----------
    material : Material
        The analysis.

    Returns
    -------
    tuple of str
        A sentence each, with the command that would do it, or the reason why it cannot be done.
    """
    return tuple(_sentences(material))


def _sentences(material: Material) -> Iterator[str]:
    for what, (words, _) in KINDS.items():
        if what in material.variations:
            continue
        why = refusal(material, what)
        if why is not None:
            yield f"Not possible for this analysis, {words}: {sentence(why)}"
        elif what != "dependence" or several_effects(material):
            yield f"Not done, {words}: {sensitivity_command(material, what)}"
    if not material.checks:
        yield "The posterior and the model were not checked. In Python: fit.check()"
    if material.twin.unavailable:
        yield f"No fit by REML stands beside this one: {sentence(material.twin.unavailable)}"
    if doubled(material).done is False and material.checks:
        yield f"Twice as many iterations. {doubled(material).says}"
    missing = unreasoned(material.fitted)
    if missing:
        yield f"No reason is given for the prior of {joined(missing)}."
    if not material.command:
        yield (
            "The command of the fit is not known: where it changed the specification or named "
            "columns (--set, --columns), the commands above need the same."
        )
    yield (
        "No reader's judgement is in here: search, selection and coding of studies, their risk of "
        "bias, and the certainty of the evidence are for the authors to report."
    )
