"""What verbs that write something read of a fit."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from bayes_alliance.engines.fitted import Fitted
from bayes_alliance.report.material import Material
from bayes_alliance.report.variation import Variation

if TYPE_CHECKING:
    from bayes_alliance.checks.result import CheckResult
    from bayes_alliance.engines.reml.twin_record import Twin
    from bayes_alliance.summaries.answers import Answers

__all__ = ["Gathered"]


class Gathered:
    """A fit with all that is read from it, as the record that reports are made of."""

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

    def material(
        self,
        variations: Iterable[Variation] = (),
        *,
        declined: Mapping[str, str] | None = None,
        command: str = "",
    ) -> Material:
        """Gather what tables, paragraphs, checklists and reports are made of.

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
        Material
            The record.
        """
        made = {variation.what: variation for variation in variations}
        return Material(
            self.fitted, self.answers, self.checks, self.twin, made, declined or {}, command
        )
