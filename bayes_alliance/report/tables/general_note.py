"""Sentences that stand in the notes of many tables, and those that must stand in all."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from bayes_alliance.checks.result import failed, headline
from bayes_alliance.names import INTERVAL_KIND
from bayes_alliance.report.material import Material
from bayes_alliance.report.tables.table import Column, Table
from bayes_alliance.summaries.answers import Answers

__all__ = ["finished", "interval_note", "level_of", "scale_note", "unit_of"]

#: Said of simulated data that bring no notice of their own.
SIMULATED = "The data are simulated: these numbers are no evidence."


def level_of(answers: Answers) -> str:
    """Write the probability of every interval.

    Parameters
    ----------
    answers : Answers
        All answers.

    Returns
    -------
    str
        For example ``95 %``.
    """
    return f"{100 * answers.probability:g} %"


def interval_note(answers: Answers) -> str:
    """Say what the intervals are.

    Parameters
    ----------
    answers : Answers
        All answers.

    Returns
    -------
    str
        A sentence.
    """
    return f"Intervals are {level_of(answers)} {INTERVAL_KIND} posterior intervals."


def unit_of(answers: Answers) -> str:
    """Name the scale on which the model was fitted.

    Parameters
    ----------
    answers : Answers
        All answers.

    Returns
    -------
    str
        Fisher's z, r or the scale of the effect sizes.
    """
    units = {"ZCOR": "Fisher's z", "COR": "r"}
    return units.get(answers.scale.measure, "the scale of the effect sizes")


def scale_note(answers: Answers) -> str:
    """Say what r stands for.

    Parameters
    ----------
    answers : Answers
        All answers.

    Returns
    -------
    str
        A sentence; about the effect sizes where there is no r.
    """
    if not answers.scale.has_r:
        return "Numbers are on the scale of the effect sizes as given."
    if answers.scale.measure == "ZCOR":
        return "r = correlation; the model is fitted on Fisher's z and read as r through tanh."
    return "r = correlation; the model is fitted on raw correlations."


def finished(
    material: Material,
    name: str,
    title: str,
    columns: Sequence[Column],
    rows: Sequence[Sequence[str]],
    notes: Sequence[str],
    frame: pd.DataFrame,
    sections: Sequence[tuple[int, str]] = (),
) -> Table:
    """Make a table that also says what every output of this fit must say.

    Parameters
    ----------
    material : Material
        What the report is made of.
    name, title : str
        As in `Table`.
    columns : sequence of Column
        Headings.
    rows : sequence of sequence of str
        Cells.
    notes : sequence of str
        Sentences of its note; empty ones are left out.
    frame : pandas.DataFrame
        The unrounded numbers.
    sections : sequence of (int, str)
        As in `Table`.

    Returns
    -------
    Table
        With the notice of the data and a failed check at the end of its note.
    """
    effects = material.fitted.effects
    notice = effects.notice or (SIMULATED if effects.synthetic else "")
    caution = f"Caution: {headline(material.checks)}" if failed(material.checks) else ""
    return Table(
        name,
        title,
        tuple(columns),
        tuple(map(tuple, rows)),
        tuple(note for note in (*notes, notice, caution) if note),
        frame,
        tuple(sections),
    )
