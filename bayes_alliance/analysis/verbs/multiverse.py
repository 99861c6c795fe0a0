"""Every combination of declared choices, and its figure."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bayes_alliance.engines.fitted import Fitted
from bayes_alliance.sensitivity.multiverse import Multiverse, run_multiverse
from bayes_alliance.spec.grid import ChoiceGrid

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["MultiverseVerbs"]


class MultiverseVerbs:
    """What an analysis says when every choice is made in every way."""

    fitted: Fitted

    def multiverse(
        self,
        grid: ChoiceGrid | Mapping[str, Any] | str | Path | None = None,
        *,
        workers: int | None = None,
        dask: str | None = None,
        folder: str | Path | None = None,
        progress: bool | Callable[[int, int], object] = False,
    ) -> Multiverse:
        """Compute every combination of declared choices, exactly.

        Parameters
        ----------
        grid : ChoiceGrid, mapping, path or None
            The choices, see `bayes_alliance.multiverse`.
        workers : int, optional
            Processes of this machine.
        dask : str, optional
            Address of a Dask scheduler.
        folder : path, optional
            Where finished work is kept.
        progress : bool or callable
            Whether and how progress is told.

        Returns
        -------
        Multiverse
            Answers of all specifications.
        """
        return run_multiverse(
            self.fitted.effects,
            self.fitted.specification,
            grid,
            workers=workers,
            dask=dask,
            folder=folder,
            progress=progress,
        )

    def plot_multiverse(self, found: Multiverse, *, width: float = 7.0) -> Figure:
        """Draw the specification curve, with the choices below.

        Parameters
        ----------
        found : Multiverse
            What `multiverse` returned.
        width : float
            In inches.

        Returns
        -------
        matplotlib.figure.Figure
            The figure.
        """
        from bayes_alliance.plots.specification_curve import specification_curve

        return specification_curve(self.fitted, found, width=width)
