"""A fit on disk: one file, or a folder with all that was found and all that repeats it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from bayes_alliance.analysis.archive import write_archive
from bayes_alliance.analysis.folder import write_folder
from bayes_alliance.analysis.origin import Made
from bayes_alliance.engines.fitted import Fitted

if TYPE_CHECKING:
    from bayes_alliance.checks.result import CheckResult
    from bayes_alliance.engines.reml.twin_record import Twin
    from bayes_alliance.summaries.answers import Answers

__all__ = ["WritingVerbs"]


class WritingVerbs:
    """What writes a fit to disk."""

    fitted: Fitted

    if TYPE_CHECKING:

        @property
        def answers(self) -> Answers:
            """All answers."""

        @property
        def checks(self) -> tuple[CheckResult, ...]:
            """All checks."""

        @property
        def twin(self) -> Twin:
            """The same model by REML."""

    def save(self, path: str | Path, *, overwrite: bool = False) -> Path:
        """Save the whole fit as one netCDF file; `load_fit` reads it without loss.

        Parameters
        ----------
        path : str or Path
            File to be written.
        overwrite : bool
            Whether an existing file may be replaced.

        Returns
        -------
        Path
            The file.
        """
        return write_archive(self.fitted, Path(path), overwrite=overwrite)

    def write(
        self,
        folder: str | Path,
        *,
        overwrite: bool = False,
        sources: Sequence[str | Path] = (),
        command: str = "",
    ) -> Path:
        """Write a folder with the fit, tables, figures, text, JSON, and what repeats it (`rerun`).

        Parameters
        ----------
        folder : str or Path
            Folder to be made.
        overwrite : bool
            Whether a folder written before may be replaced.
        sources : sequence of str or Path
            Files that the table was read from, to be kept beside it.
        command : str
            The command that was given, for README.txt.

        Returns
        -------
        Path
            The folder.
        """
        made = Made(tuple(Path(source) for source in sources), command)
        return write_folder(
            self.fitted, self.answers, self.checks, self.twin, Path(folder),
            overwrite=overwrite, made=made,
        )  # fmt: skip
