"""A fit on disk: one file, or a folder with all that was found and all that repeats it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from bayes_alliance.analysis.archive import write_archive
from bayes_alliance.analysis.folder import write_folder
from bayes_alliance.analysis.origin import Made
from bayes_alliance.analysis.verbs.gathered import Gathered

__all__ = ["WritingVerbs"]


class WritingVerbs(Gathered):
    """What writes a fit to disk."""

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
        material = self.material(command=command)
        return write_folder(material, Path(folder), overwrite=overwrite, made=made)
