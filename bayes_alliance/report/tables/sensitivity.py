"""What each sensitivity analysis does to the main answers, one table each."""

from __future__ import annotations

from collections.abc import Iterator

from bayes_alliance.report.material import Material
from bayes_alliance.report.tables.sensitivity_answers import answers_table
from bayes_alliance.report.tables.sensitivity_evidence import (
    evidence_table,
    moderator_evidence_table,
)
from bayes_alliance.report.tables.sensitivity_plans import design_table, multiverse_table
from bayes_alliance.report.tables.table import Table

__all__ = ["sensitivity_tables"]

#: Kinds whose rows are no answers of the same model.
OWN = {
    "evidence": evidence_table,
    "moderators": moderator_evidence_table,
    "multiverse": multiverse_table,
    "design": design_table,
}


def sensitivity_tables(material: Material) -> Iterator[Table]:
    """Write every sensitivity analysis that was made.

    Parameters
    ----------
    material : Material
        What the report is made of.

    Yields
    ------
    Table
        Named ``sensitivity_WHAT``.
    """
    for variation in material.variations.values():
        made = OWN.get(variation.what, answers_table)(material, variation)
        if made is not None:
            yield made
