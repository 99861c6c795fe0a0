"""What every kind of sensitivity analysis is made of."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from bayes_alliance.analysis.folder import new_folder, write_answers
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
    """A finished sensitivity analysis that can be written to a folder."""

    def write(self, folder: str | Path, *, overwrite: bool = False) -> Path:
        """Write a folder with text, JSON, tables and figures.

        Parameters
        ----------
        folder : str or Path
            Folder to be made.
        overwrite : bool
            Whether results written before may be replaced.

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
