"""What every kind of sensitivity analysis is made of."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from bayes_alliance.analysis.folder import new_folder, write_answers
from bayes_alliance.engines.fitted import Fitted
from bayes_alliance.spec.design import Design
from bayes_alliance.spec.specification import Specification

if TYPE_CHECKING:
    from matplotlib.figure import Figure

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
class Sensitivity:
    """A finished sensitivity analysis.

    Parameters
    ----------
    what : str
        What was varied.
    text : str
        Lines of at most 80 columns.
    record : dict
        The same as JSON: what, baseline{choices, answers}, rows[{label, choices, answers}],
        sentences, notes; more by kind.
    tables : mapping of str to DataFrame
        By file name.
    figures : mapping of str to callable
        By file name; each makes its figure.
    unfinished : Path, optional
        Folder in which finished work was kept while it went on; removed when all is written.
    """

    what: str
    text: str
    record: dict[str, Any] = field(repr=False)
    tables: Mapping[str, pd.DataFrame] = field(repr=False)
    figures: Mapping[str, Callable[[], Figure]] = field(repr=False)
    unfinished: Path | None = None

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
