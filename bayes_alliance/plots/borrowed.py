"""Axes of ours lent to arviz-plots, so that pyplot is not asked for a figure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from bayes_alliance.plots.style import figure_of

if TYPE_CHECKING:
    import xarray as xr
    from matplotlib.axes import Axes

__all__ = ["lend"]


def lend(ax: Axes, variable: str, data: xr.Dataset, *, overlaid: Sequence[str] = ()) -> Any:
    """Make a plot collection of arviz-plots that draws one variable in axes of ours.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
        The axes.
    variable : str
        The variable that is drawn.
    data : xarray.Dataset
        What arviz-plots will draw.
    overlaid : sequence of str
        Dimensions along which lines are drawn over one another.

    Returns
    -------
    arviz_plots.PlotCollection
        To be passed as ``plot_collection``.
    """
    import xarray as xr
    from arviz_plots import PlotCollection

    cells: list[Any] = []
    for thing in (ax, figure_of(ax)):
        cell = np.empty((), dtype=object)
        cell[()] = thing
        cells.append(cell)
    tree = xr.DataTree.from_dict(
        {
            "/": xr.Dataset({"figure": ((), cells[1])}),
            "/plot": xr.Dataset({variable: ((), cells[0])}),
        }
    )
    aes = {"overlay_ppc": list(overlaid)} if overlaid else {}
    return PlotCollection(data, tree, aes=aes, backend="matplotlib")
