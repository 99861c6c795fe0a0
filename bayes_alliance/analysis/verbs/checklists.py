"""Reporting standards filled in, and the limits of an analysis."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

import pandas as pd

from bayes_alliance.engines.fitted import Fitted
from bayes_alliance.report.checklists.all_lists import checklists
from bayes_alliance.report.checklists.frame import checklist_frame
from bayes_alliance.report.checklists.limits import limits
from bayes_alliance.report.checklists.not_done import not_done
from bayes_alliance.report.material import Material
from bayes_alliance.report.variation import Variation

if TYPE_CHECKING:
    from bayes_alliance.checks.result import CheckResult
    from bayes_alliance.engines.reml.twin_record import Twin
    from bayes_alliance.summaries.answers import Answers

__all__ = ["ChecklistVerbs"]


class ChecklistVerbs:
    """What reviewers ask of a report of an analysis."""

    fitted: Fitted

    if TYPE_CHECKING:

        @property
        def answers(self) -> Answers:
            """All answers as records."""

        @property
        def checks(self) -> tuple[CheckResult, ...]:
            """All checks."""

        @property
        def twin(self) -> Twin:
            """The same model by REML."""

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
        material = self._material(variations, declined, command)
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
        return limits(self._material(variations))

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
        return not_done(self._material(variations, command=command))

    def _material(
        self,
        variations: Iterable[Variation],
        declined: Mapping[str, str] | None = None,
        command: str = "",
    ) -> Material:
        made = {variation.what: variation for variation in variations}
        return Material(
            self.fitted, self.answers, self.checks, self.twin, made, declined or {}, command
        )
