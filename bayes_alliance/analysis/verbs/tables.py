"""Tables of a fit for a manuscript."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from bayes_alliance.analysis.verbs.gathered import Gathered

if TYPE_CHECKING:
    from bayes_alliance.report.tables.table import Table
    from bayes_alliance.report.variation import Variation

__all__ = ["TableVerbs"]


class TableVerbs(Gathered):
    """What a fit says, as tables in APA style."""

    def tables(self, variations: Iterable[Variation] = ()) -> dict[str, Table]:
        """Make every table that the analysis has.

        Parameters
        ----------
        variations : iterable of Variation
            Sensitivity analyses that were made; each adds a table.

        Returns
        -------
        dict of str to Table
            See `bayes_alliance.report.tables.all_tables.tables`; a notebook shows a table as it
            is printed, ``.frame`` has the unrounded numbers.
        """
        from bayes_alliance.report.tables.all_tables import tables

        return {table.name: table for table in tables(self.material(variations))}

    def write_tables(
        self,
        folder: str | Path,
        formats: Sequence[str] = ("html", "tex", "docx", "csv"),
        *,
        variations: Iterable[Variation] = (),
    ) -> Path:
        """Write every table to a folder.

        Parameters
        ----------
        folder : str or Path
            Where the files go; it is made, and files of the same names are replaced.
        formats : sequence of str
            Among html, tex, docx and csv.
        variations : iterable of Variation
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
