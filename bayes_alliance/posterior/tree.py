"""Assemble the DataTree of a posterior: the same groups, names and dims from every engine."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from bayes_alliance.algebra.blocks import Array
from bayes_alliance.algebra.samples import Samples
from bayes_alliance.names import (
    COEFFICIENT,
    DF,
    EFFECT_COEFFICIENT,
    EFFECT_ID,
    GAMMA_EFFECT,
    GAMMA_SAMPLE,
    GROUP_ID,
    LAMBDA_SAMPLE,
    RHO,
    SAMPLE_COEFFICIENT,
    SAMPLE_ID,
    SCALE,
    SCALE_CORRELATION,
    SCALE_PAIR,
    TAU_EFFECT,
    TAU_GROUP,
    TAU_SAMPLE,
    TAU_SCALE,
)

if TYPE_CHECKING:
    import xarray as xr

__all__ = [
    "PARAMETERS",
    "add_group",
    "constants",
    "flattened",
    "labelled",
    "predictive",
    "with_true_effects",
]

#: Dims of every variable after chain and draw.
DIMS: Mapping[str, tuple[str, ...]] = {
    "beta": (COEFFICIENT,),
    TAU_GROUP: (),
    TAU_SAMPLE: (),
    TAU_EFFECT: (),
    TAU_SCALE: (SCALE,),
    SCALE_CORRELATION: (SCALE_PAIR,),
    RHO: (),
    DF: (),
    LAMBDA_SAMPLE: (SAMPLE_ID,),
    GAMMA_SAMPLE: (SAMPLE_COEFFICIENT,),
    GAMMA_EFFECT: (EFFECT_COEFFICIENT,),
    "shrinkage": (),
    "y_censored": ("censored_id",),
    "theta_group": (GROUP_ID,),
    "theta_sample": (SAMPLE_ID,),
    "theta_effect": (EFFECT_ID,),
}

#: What the distribution of the effect sizes depends on.
PARAMETERS = (
    "beta",
    TAU_GROUP,
    TAU_SAMPLE,
    TAU_SCALE,
    SCALE_CORRELATION,
    TAU_EFFECT,
    RHO,
    DF,
    LAMBDA_SAMPLE,
    GAMMA_SAMPLE,
    GAMMA_EFFECT,
)

#: Predictive draws are thinned to at most this many numbers.
LARGEST_PREDICTIVE = 4_000_000


def labelled(variables: Mapping[str, Array], coords: Mapping[str, tuple[str, ...]]) -> xr.Dataset:
    """Draws with the names and dims of the contract.

    Parameters
    ----------
    variables : mapping of str to ndarray, shape (chain, draw, ...)
        Draws.
    coords : mapping of str to tuple of str
        Labels of the dims.

    Returns
    -------
    xarray.Dataset
        Dims chain, draw and those of each variable.
    """
    import xarray as xr

    used = {dim for name in variables for dim in DIMS[name]}
    some = next(iter(variables.values()))
    return xr.Dataset(
        {name: (("chain", "draw", *DIMS[name]), values) for name, values in variables.items()},
        coords={
            "chain": np.arange(some.shape[0]),
            "draw": np.arange(some.shape[1]),
            **{dim: list(labels) for dim, labels in coords.items() if dim in used},
        },
    )


def predictive(
    dataset: xr.Dataset, blocks: Samples, effect_ids: tuple[str, ...], seed: list[int]
) -> xr.Dataset:
    """Effect sizes simulated from every draw of a group.

    Parameters
    ----------
    dataset : xarray.Dataset
        Draws of the parameters.
    blocks : Samples
        The design.
    effect_ids : tuple of str
        Labels of the k effects.
    seed : list of int
        Seed of the simulation.

    Returns
    -------
    xarray.Dataset
        ``y`` with dims chain, draw, effect_id (draws thinned in very large problems).
    """
    import xarray as xr

    total = dataset.sizes["chain"] * dataset.sizes["draw"] * len(effect_ids)
    step = max(1, int(np.ceil(total / LARGEST_PREDICTIVE)))
    thinned = dataset.isel(draw=slice(None, None, step))
    shape = (thinned.sizes["chain"], thinned.sizes["draw"])
    y = blocks.simulate(flattened(thinned), np.random.default_rng(seed))
    return xr.Dataset(
        {"y": (("chain", "draw", EFFECT_ID), y.reshape(*shape, -1))},
        coords={
            "chain": thinned["chain"], "draw": thinned["draw"], EFFECT_ID: list(effect_ids),
        },
    )  # fmt: skip


def flattened(dataset: xr.Dataset) -> dict[str, Array]:
    """Draws of a group, chains end to end.

    Parameters
    ----------
    dataset : xarray.Dataset
        Draws with dims chain and draw.

    Returns
    -------
    dict of str to ndarray, shape (D, ...)
        One entry a variable.
    """
    return {
        str(name): values.transpose("chain", "draw", ...).to_numpy().reshape(-1, *values.shape[2:])
        for name, values in dataset.data_vars.items()
    }


def constants(
    *,
    y: Array,
    X: Array,
    variances: Array,
    sample_index: NDArray[np.intp],
    censored_at: Array,
    coords: Mapping[str, tuple[str, ...]],
    group_index: NDArray[np.intp] | None = None,
) -> tuple[xr.Dataset, xr.Dataset]:
    """Observed and constant data of an analysis.

    Parameters
    ----------
    y, variances, censored_at : ndarray, shape (k,)
        Effect sizes, sampling variances, critical values of censored effects (NaN elsewhere).
    X : ndarray, shape (k, p)
        Design matrix.
    sample_index : ndarray of int, shape (k,)
        Sample of each effect.
    coords : mapping of str to tuple of str
        Labels of the dims.
    group_index : ndarray of int, shape (k,), optional
        Group of each effect, where samples lie in groups.

    Returns
    -------
    observed_data, constant_data : xarray.Dataset
        Ready for the tree.
    """
    import xarray as xr

    labels = {dim: list(coords[dim]) for dim in (EFFECT_ID, SAMPLE_ID, COEFFICIENT)}
    observed = xr.Dataset({"y": (EFFECT_ID, y)}, coords={EFFECT_ID: labels[EFFECT_ID]})
    constant = xr.Dataset(
        {
            "X": ((EFFECT_ID, COEFFICIENT), X),
            "sampling_variance": (EFFECT_ID, variances),
            "sample_index": (EFFECT_ID, sample_index),
            "censored": (EFFECT_ID, np.isfinite(censored_at).astype(np.int8)),
            "sample_size": (SAMPLE_ID, np.bincount(sample_index)),
        },
        coords=labels,
    )
    if group_index is not None:
        constant["group_index"] = (EFFECT_ID, group_index)
        constant = constant.assign_coords({GROUP_ID: list(coords[GROUP_ID])})
    return observed, constant


def add_group(tree: xr.DataTree, name: str, dataset: xr.Dataset) -> None:
    """Put a dataset into a tree as a group of its own.

    Parameters
    ----------
    tree : xarray.DataTree
        The tree; changed in place while it is being assembled.
    name : str
        Name of the group.
    dataset : xarray.Dataset
        Its content.
    """
    import xarray as xr

    tree[name] = xr.DataTree(dataset)


def with_true_effects(
    tree: xr.DataTree, sample: Array, effect: Array, group: Array | None = None
) -> xr.DataTree:
    """Return a copy of a tree with draws of the true effects in its posterior group.

    Parameters
    ----------
    tree : xarray.DataTree
        The tree of a posterior.
    sample : ndarray, shape (D, S)
        True means of the samples, chains end to end.
    effect : ndarray, shape (D, k)
        True effects.
    group : ndarray, shape (D, G), optional
        True means of the groups that samples lie in; G = 0: there are none.

    Returns
    -------
    xarray.DataTree
        With ``theta_sample``, ``theta_effect`` and, where given, ``theta_group``.
    """
    tree = tree.copy()
    dataset, observed = tree["posterior"].dataset, tree["constant_data"].dataset
    shape = (dataset.sizes["chain"], dataset.sizes["draw"], -1)
    drawn = dataset.assign(
        theta_sample=(("chain", "draw", SAMPLE_ID), sample.reshape(shape)),
        theta_effect=(("chain", "draw", EFFECT_ID), effect.reshape(shape)),
    )
    dims = [SAMPLE_ID, EFFECT_ID]
    if group is not None and group.shape[-1]:
        drawn = drawn.assign(theta_group=(("chain", "draw", GROUP_ID), group.reshape(shape)))
        dims.append(GROUP_ID)
    tree["posterior"].dataset = drawn.assign_coords({dim: observed[dim] for dim in dims})
    return tree
