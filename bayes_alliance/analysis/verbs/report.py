"""A fit written as a report."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from bayes_alliance.analysis.report import REPORTED, write_report
from bayes_alliance.engines.fitted import Fitted
from bayes_alliance.report.material import Material

if TYPE_CHECKING:
    from bayes_alliance.checks.result import CheckResult
    from bayes_alliance.engines.reml.twin_record import Twin
    from bayes_alliance.summaries.answers import Answers

__all__ = ["ReportVerbs"]


class ReportVerbs:
    """What goes into a manuscript and its supplement."""

    fitted: Fitted
    if TYPE_CHECKING:

        @property
        def answers(self) -> Answers: ...
        @property
        def checks(self) -> tuple[CheckResult, ...]: ...
        @property
        def twin(self) -> Twin: ...

    def report(
        self, path: str | Path, *, what: Sequence[str] = REPORTED, overwrite: bool = False
    ) -> Path:
        """Write a report: a page that needs nothing else, a Word document, and all their parts.

        Parameters
        ----------
        path : str or Path
            Ending in ``.html``: the page alone. Ending in ``.docx``: the document alone. Otherwise
            a folder with both and every table, figure and text by itself.
        what : sequence of str
            Sensitivity analyses to be made for it, among those of `bayes_alliance.analysis.
            sensitivity.KINDS`; the report says which were not made.
        overwrite : bool
            Whether what was written before may be replaced.

        Returns
        -------
        Path
            What was written.

        Raises
        ------
        InputError
            If the place may not be replaced or cannot be written, or `what` has an unknown name.
        """
        material = Material(self.fitted, self.answers, self.checks, self.twin)
        return write_report(material, Path(path), what=what, overwrite=overwrite)
