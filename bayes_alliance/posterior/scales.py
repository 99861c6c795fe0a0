r"""The standard deviations of each sample and effect that the draws of a posterior stand for.

Where sample effects follow a t, sample i has the standard deviation
:math:`\tau_{sample} / \sqrt{\lambda_i}` given its weight: drawn from its posterior for an observed
sample, from :math:`\mathrm{Gamma}(\nu/2, \nu/2)` for a new one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import numpy as np

from bayes_alliance.algebra.blocks import Array
from bayes_alliance.names import DF, LAMBDA_SAMPLE, TAU_EFFECT, TAU_SAMPLE

if TYPE_CHECKING:
    import xarray as xr

__all__ = ["flat", "level_scales", "new_weights"]


def flat(dataset: xr.Dataset, name: str) -> Array:
    """All draws of a variable, chains end to end.

    Parameters
    ----------
    dataset : xarray.Dataset
        Draws; a tau that is absent is 0 throughout.
    name : str
        Name of the variable.

    Returns
    -------
    ndarray, shape (D,) or (D, size)
        The draws.
    """
    if name not in dataset and name in (TAU_SAMPLE, TAU_EFFECT):
        return np.zeros(dataset.sizes["chain"] * dataset.sizes["draw"])
    values = dataset[name].transpose("chain", "draw", ...).to_numpy()
    return np.asarray(values.reshape(-1, *values.shape[2:]), float)


def level_scales(
    dataset: xr.Dataset,
    samples: int,
    *,
    weights: Literal["integrated", "observed", "new"],
    rng: np.random.Generator | None = None,
) -> dict[str, Array]:
    """Standard deviations of the samples and of the effects, draw by draw.

    Parameters
    ----------
    dataset : xarray.Dataset
        Draws of the parameters.
    samples : int
        Number S of samples.
    weights : {"integrated", "observed", "new"}
        Where sample effects follow a t: its scale, the standard deviation of each observed sample
        given its weight, or that of S new samples.
    rng : numpy.random.Generator, optional
        Source of the weights of new samples.

    Returns
    -------
    dict
        ``tau_sample`` (D,) or (D, S), ``tau_effect`` (D,).
    """
    sample = flat(dataset, TAU_SAMPLE)
    if DF in dataset and weights != "integrated":
        if weights == "observed":
            drawn = flat(dataset, LAMBDA_SAMPLE)
        else:
            drawn = new_weights(flat(dataset, DF), samples, rng or np.random.default_rng(0))
        sample = sample[:, None] / np.sqrt(drawn)
    return {TAU_SAMPLE: sample, TAU_EFFECT: flat(dataset, TAU_EFFECT)}


def new_weights(df: Array, samples: int, rng: np.random.Generator) -> Array:
    """Draw weights from Gamma(df / 2, rate df / 2).

    Parameters
    ----------
    df : ndarray, shape (D,)
        Draws of the degrees of freedom.
    samples : int
        Number S of weights a draw.
    rng : numpy.random.Generator
        Source of randomness.

    Returns
    -------
    ndarray, shape (D, S)
        The weights.
    """
    half = df[:, None] / 2
    # A gamma of tiny shape can come out as 0: the smallest weight keeps the sd finite.
    return np.maximum(rng.gamma(half, size=(len(df), samples)) / half, 1e-12)
