"""How much of a reporting standard is reported, in one sentence."""

from __future__ import annotations

from bayes_alliance.checks.result import counted
from bayes_alliance.report.checklists.item import Checklist

__all__ = ["tally"]


def tally(checklist: Checklist) -> str:
    """Count the items that are reported, not done, and open.

    Parameters
    ----------
    checklist : Checklist
        A reporting standard.

    Returns
    -------
    str
        One sentence, which says what open means.
    """
    states = [item.done for item in checklist.items]
    return (
        f"{counted(len(states), 'item')}: {states.count(True)} reported, {states.count(False)} not "
        f"done, {states.count(None)} open (they do not apply to this analysis, or only the authors "
        "can fill them in)."
    )
