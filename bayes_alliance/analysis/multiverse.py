"""Every combination of declared choices: one call from a table to a multiverse."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from bayes_alliance.data.effects import EffectSizes
from bayes_alliance.sensitivity.multiverse import Multiverse, run_multiverse
from bayes_alliance.spec.grid import ChoiceGrid
from bayes_alliance.spec.library import read_specification
from bayes_alliance.spec.specification import Specification

__all__ = ["multiverse"]


def multiverse(
    effects: EffectSizes,
    grid: ChoiceGrid | Mapping[str, Any] | str | Path | None = None,
    *,
    specification: Specification | str | Path = "overall",
    workers: int | None = None,
    dask: str | None = None,
    folder: str | Path | None = None,
    progress: bool | Callable[[int, int], object] = False,
) -> Multiverse:
    """Compute every combination of declared choices, exactly.

    Parameters
    ----------
    effects : EffectSizes
        The table.
    grid : ChoiceGrid, mapping, path or None
        Factors and their options, as tables or a TOML file; None: the grid that comes with the
        package, without what the table cannot have.
    specification : Specification, str or Path
        What the options change: a specification, a model's name or its file.
    workers : int, optional
        Processes of this machine; by default its processors, one where there is little to do.
    dask : str, optional
        Address of a Dask scheduler whose workers compute instead.
    folder : path, optional
        Where finished work is kept; a run that was killed goes on from there.
    progress : bool or callable
        True: a bar on standard error; a callable is told how many are done, and of how many.

    Returns
    -------
    Multiverse
        `table`, `curve`, `choices`, `shares`, `agreement`, `refused`.

    Raises
    ------
    InputError
        If the grid is wrong, the model or no combination can be computed, or the folder keeps
        something else.

    Examples
    --------
    >>> import bayes_alliance as ba
    >>> grid = {"factors": [
    ...     {"name": "levels", "options": [
    ...         {"name": "three", "because": "Schools differ within districts."},
    ...         {"name": "two", "because": "Schools differ by chance alone.",
    ...          "change": {"heterogeneity.effect": False}}]},
    ...     {"name": "rho", "options": [
    ...         {"name": "0", "because": "As mostly done."},
    ...         {"name": ".5", "because": "Schools of a district share pupils' background.",
    ...          "change": {"sampling.within_sample": "constant", "sampling.rho": 0.5}}]}]}
    >>> found = ba.multiverse(ba.load("konstantopoulos2011"), grid, specification="schools")
    >>> found.table["median"].round(2).tolist()
    [0.18, 0.19, 0.19, 0.21]
    """
    given = (
        specification
        if isinstance(specification, Specification)
        else read_specification(specification)
    )
    return run_multiverse(
        effects, given, grid, workers=workers, dask=dask, folder=folder, progress=progress
    )
