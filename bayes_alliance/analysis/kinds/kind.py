"""What every kind of sensitivity analysis is made of."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from bayes_alliance.analysis.folder import new_folder, write_answers
from bayes_alliance.analysis.origin import Made, write_origin
from bayes_alliance.engines.fitted import Fitted
from bayes_alliance.report.variation import Variation
from bayes_alliance.spec.design import Design
from bayes_alliance.spec.specification import Specification

__all__ = ["Kind", "Sensitivity", "Settings"]


@dataclass(frozen=True, slots=True)
class Settings:
    """How something is varied; a kind takes some of these, and None is its own default.

    Parameters
    ----------
    moderators : tuple of str, optional
        Columns of the table.
    by : str, optional
        Column whose order adds samples one after another.
    grid : Path, optional
        File that declares choices.
    predictor : str, optional
        What small-study effects are regressed on.
    mechanism : str, optional
        How results get lost.
    prior_odds : float, optional
        Odds of the alternative before the data.
    workers : int, optional
        Processes.
    dask : str, optional
        Address of a Dask scheduler.
    folder : Path, optional
        Where finished work is kept while it goes on.
    progress : bool
        Whether progress is shown.
    """

    moderators: tuple[str, ...] | None = None
    by: str | None = None
    grid: Path | None = None
    predictor: str | None = None
    mechanism: str | None = None
    prior_odds: float | None = None
    workers: int | None = None
    dask: str | None = None
    folder: Path | None = None
    progress: bool = False


@dataclass(frozen=True, slots=True)
class Sensitivity(Variation):
    """A finished sensitivity analysis that can be written to a folder.

    Parameters
    ----------
    fitted : Fitted, optional
        The fit that was varied; its table and specification go into the folder.
    """

    fitted: Fitted | None = field(default=None, repr=False)

    def write(
        self,
        folder: str | Path,
        *,
        overwrite: bool = False,
        sources: Sequence[str | Path] = (),
        command: str = "",
    ) -> Path:
        """Write a folder with text, JSON, tables, figures, and what went in.

        Parameters
        ----------
        folder : str or Path
            Folder to be made.
        overwrite : bool
            Whether results written before may be replaced.
        sources : sequence of str or Path
            Files that the table was read from, to be kept beside it.
        command : str
            The command that was given, for README.txt.

        Returns
        -------
        Path
            The folder.
        """
        from bayes_alliance.plots.style import save

        with new_folder(Path(folder), "sensitivity", overwrite=overwrite) as partial:
            write_answers(partial, self.record, self.text, self.tables)
            for name, draw in self.figures.items():
                save(draw(), partial / "figures" / f"{name}.png")
            if self.fitted is not None:
                made = Made(tuple(Path(source) for source in sources), command)
                write_origin(self.fitted, partial, made, what=self.what)
        if self.unfinished is not None:
            shutil.rmtree(self.unfinished, ignore_errors=True)
        return Path(folder)


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of sensitivity analysis.

    Parameters
    ----------
    run : callable
        Takes the exact fit and the settings, returns the finished analysis.
    refuse : callable
        Takes a design and its specification and raises an InputError where this kind has nothing to
        vary; called before anything is computed.
    takes : frozenset of str
        Names of the `Settings` that it reads.
    """

    run: Callable[[Fitted, Settings], Sensitivity]
    refuse: Callable[[Design, Specification], None]
    takes: frozenset[str] = frozenset()
