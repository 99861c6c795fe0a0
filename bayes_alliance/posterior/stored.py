"""Grids as datasets, for a file."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np

from bayes_alliance.posterior.grid import Grid
from bayes_alliance.posterior.stack import GridStack

if TYPE_CHECKING:
    import xarray as xr

__all__ = ["grid_from_dataset", "grid_to_dataset"]

#: Dims of the arrays of a grid.
GRID_DIMS: Mapping[str, tuple[str, ...]] = {
    "outer": ("end",),
    "inner": ("outer_node", "end"),
    "limits": ("tau", "end"),
    "fixed": ("tau",),
    "log_values": ("outer_node", "inner_node"),
    "means": ("outer_node", "inner_node", "coefficient"),
    "factors": ("outer_node", "inner_node", "coefficient", "column"),
}
#: Dims of the arrays of a stack, beside those of its grids, which have the first of these in front.
STACK_DIMS: Mapping[str, tuple[str, ...]] = {
    "log_prior": ("rho_node",),
    "ends": ("end",),
    "rho_limits": ("end",),
}


def grid_to_dataset(grid: Grid | GridStack) -> xr.Dataset:
    """A grid as a dataset, for a file.

    Parameters
    ----------
    grid : Grid or GridStack
        Nodes of a quadrature.

    Returns
    -------
    xarray.Dataset
        Its arrays with named dims; scalars as attributes.
    """
    import xarray as xr

    if isinstance(grid, Grid):
        arrays = {name: (dims, getattr(grid, name)) for name, dims in GRID_DIMS.items()}
        return xr.Dataset(arrays, attrs={"scale": grid.scale})
    arrays = {
        name: (("rho_node", *dims), np.stack([getattr(layer, name) for layer in grid.layers]))
        for name, dims in GRID_DIMS.items()
    }
    own = {"log_prior": grid.log_prior, "ends": grid.ends, "rho_limits": grid.limits}
    arrays |= {name: (STACK_DIMS[name], values) for name, values in own.items()}
    return xr.Dataset(arrays, attrs={"scale": grid.layers[0].scale, "within": grid.within})


def grid_from_dataset(dataset: xr.Dataset) -> Grid | GridStack:
    """Read what `grid_to_dataset` made.

    Parameters
    ----------
    dataset : xarray.Dataset
        Arrays of a grid.

    Returns
    -------
    Grid or GridStack
        The grid.
    """
    scale = float(dataset.attrs["scale"])
    arrays = {name: dataset[name].to_numpy() for name in GRID_DIMS}
    if "rho_node" not in dataset.dims:
        return Grid(scale=scale, **arrays)
    layers = tuple(
        Grid(
            scale=scale,
            **{name: np.ascontiguousarray(values[r]) for name, values in arrays.items()},
        )
        for r in range(dataset.sizes["rho_node"])
    )
    return GridStack(
        ends=dataset["ends"].to_numpy(),
        limits=dataset["rho_limits"].to_numpy(),
        log_prior=dataset["log_prior"].to_numpy(),
        layers=layers,
        within=float(dataset.attrs["within"]),
    )
