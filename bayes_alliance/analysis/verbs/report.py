"""A fit written as a report."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from bayes_alliance.analysis.report import REPORTED, write_report
from bayes_alliance.analysis.verbs.gathered import Gathered

__all__ = ["ReportVerbs"]


class ReportVerbs(Gathered):
    """What goes into a manuscript and its supplement."""

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
        return write_report(self.material(), Path(path), what=what, overwrite=overwrite)
