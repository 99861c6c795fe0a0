"""All reporting standards, filled in from what was done."""

from __future__ import annotations

from bayes_alliance.report.checklists.barg import barg
from bayes_alliance.report.checklists.item import Checklist
from bayes_alliance.report.checklists.mars import mars
from bayes_alliance.report.checklists.prisma import prisma
from bayes_alliance.report.checklists.wambs import wambs
from bayes_alliance.report.material import Material

__all__ = ["checklists"]


def checklists(material: Material) -> tuple[Checklist, ...]:
    """Fill in every reporting standard.

    Parameters
    ----------
    material : Material
        The fit, what was read from it, and what was varied.

    Returns
    -------
    tuple of Checklist
        BARG, WAMBS, JARS-MARS and the synthesis items of PRISMA 2020; every item is derived from
        the material, and what is missing there is told as not done, with its command.

    Examples
    --------
    >>> import bayes_alliance as ba
    >>> from bayes_alliance.report.checklists.all_lists import checklists
    >>> from bayes_alliance.report.material import Material
    >>> fit = ba.fit("molloy2014", "two_level")
    >>> lists = checklists(Material(fit.fitted, fit.answers, fit.checks, fit.twin))
    >>> [one.name for one in lists]
    ['BARG', 'WAMBS', 'JARS-MARS', 'PRISMA 2020']
    >>> [item.number for item in lists[3].items if item.done is False]
    ['13e', '13f', '14', '20c', '20d', '21']
    """
    return barg(material), wambs(material), mars(material), prisma(material)
