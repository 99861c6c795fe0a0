"""Reporting standards filled in, and the limits of an analysis."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import pandas as pd

from bayes_alliance.analysis.verbs.gathered import Gathered
from bayes_alliance.report.checklists.all_lists import checklists
from bayes_alliance.report.checklists.frame import checklist_frame
from bayes_alliance.report.checklists.limits import limits
from bayes_alliance.report.checklists.not_done import not_done
from bayes_alliance.report.variation import Variation

__all__ = ["ChecklistVerbs"]


class ChecklistVerbs(Gathered):
    """What reviewers ask of a report of an analysis."""

    def checklists(
        self,
        variations: Iterable[Variation] = (),
        *,
        declined: Mapping[str, str] | None = None,
        command: str = "",
    ) -> pd.DataFrame:
        """BARG, WAMBS, JARS-MARS and PRISMA 2020, filled in from what was done.

        Parameters
        ----------
        variations : iterable of Variation
            Sensitivity analyses that were made; what is missing is told as not done.
        declined : mapping of str to str, optional
            Sensitivity analyses that this analysis does not allow, and why.
        command : str
            The command or call that made the fit, if it is to be told.

        Returns
        -------
        pandas.DataFrame
            See `bayes_alliance.report.checklists.frame.checklist_frame`.
        """
        material = self.material(variations, declined=declined, command=command)
        return checklist_frame(checklists(material))

    def limits(self, variations: Iterable[Variation] = ()) -> tuple[str, ...]:
        """What these data and this model cannot tell, in plain words.

        Parameters
        ----------
        variations : iterable of Variation
            Sensitivity analyses that were made.

        Returns
        -------
        tuple of str
            See `bayes_alliance.report.checklists.limits.limits`.
        """
        return limits(self.material(variations))

    def not_done(
        self, variations: Iterable[Variation] = (), *, command: str = ""
    ) -> tuple[str, ...]:
        """What was not done, with the command that would do it.

        Parameters
        ----------
        variations : iterable of Variation
            Sensitivity analyses that were made.
        command : str
            The command that made the fit, if it is known.

        Returns
        -------
        tuple of str
            See `bayes_alliance.report.checklists.not_done.not_done`.
        """
        return not_done(self.material(variations, command=command))
