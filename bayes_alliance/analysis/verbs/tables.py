"""Tables of a fit for a manuscript."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from bayes_alliance.engines.fitted import Fitted

if TYPE_CHECKING:
    from bayes_alliance.checks.result import CheckResult
    from bayes_alliance.engines.reml.twin_record import Twin
    from bayes_alliance.report.tables.table import Table
    from bayes_alliance.report.variation import Variation
    from bayes_alliance.summaries.answers import Answers

__all__ = ["TableVerbs"]


class TableVerbs:
    """What a fit says, as tables in APA style."""

    fitted: Fitted
    answers: Answers
    checks: tuple[CheckResult, ...]
    twin: Twin

    def tables(self, variations: Mapping[str, Variation] | None = None) -> dict[str, Table]:
        """Make every table that the analysis has.

        Parameters
        ----------
        variations : mapping of str to Variation, optional
            Finished sensitivity analyses by what was varied; each adds a table.

        Returns
        -------
        dict of str to Table
            See `bayes_alliance.report.tables.all_tables.tables`; a notebook shows a table as it
            is printed, ``.frame`` has the unrounded numbers.
        """
        from bayes_alliance.report.material import Material
        from bayes_alliance.report.tables.all_tables import tables

        material = Material(self.fitted, self.answers, self.checks, self.twin, variations or {})
        return {table.name: table for table in tables(material)}

    def write_tables(
        self,
        folder: str | Path,
        formats: Sequence[str] = ("html", "tex", "docx", "csv"),
        *,
        variations: Mapping[str, Variation] | None = None,
    ) -> Path:
        """Write every table to a folder.

        Parameters
        ----------
        folder : str or Path
            Where the files go; it is made, and files of the same names are replaced.
        formats : sequence of str
            Among html, tex, docx and csv.
        variations : mapping of str to Variation, optional
            As for `tables`.

        Returns
        -------
        Path
            The folder.

        Raises
        ------
        InputError
            If a format is unknown or the folder cannot be written.
        """
        from bayes_alliance.report.tables.files import write_tables

        write_tables(self.tables(variations), Path(folder), formats)
        return Path(folder)
