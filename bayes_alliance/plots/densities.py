"""Densities on the axis of a figure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import numpy as np
import pandas as pd

from bayes_alliance.algebra.blocks import Array
from bayes_alliance.posterior.marginal import Marginal
from bayes_alliance.summaries.scale import Scale

__all__ = ["POINTS", "density_frame", "density_values"]

POINTS: Final = 401


def density_values(marginal: Marginal, scale: Scale, points: int = POINTS) -> Array:
    """Values over nearly all of a marginal, on the scale of the axis.

    Parameters
    ----------
    marginal : Marginal
        On the analysis scale.
    scale : Scale
        How the measure is read as a correlation.
    points : int
        How many.

    Returns
    -------
    ndarray, shape (points,)
        Evenly spaced, on r for correlations.
    """
    low, high = scale.to_r(marginal.quantile([0.0005, 0.9995]))
    margin = 0.15 * (high - low)
    end = 1.0 if scale.has_r else np.inf
    return np.linspace(max(low - margin, -end), min(high + margin, end), points)


def density_frame(
    marginals: Mapping[str, Marginal], scale: Scale, points: int = POINTS
) -> pd.DataFrame:
    """Densities of several marginals, one below the other.

    Parameters
    ----------
    marginals : mapping of str to Marginal
        By name, on the analysis scale.
    scale : Scale
        How the measure is read as a correlation.
    points : int
        Values a marginal.

    Returns
    -------
    pandas.DataFrame
        ``name``, ``value`` (r for correlations), ``density``.
    """
    parts = []
    for name, marginal in marginals.items():
        value = density_values(marginal, scale, points)
        density = scale.density(marginal, value)
        parts.append(pd.DataFrame({"name": name, "value": value, "density": density}))
    empty = pd.DataFrame({"name": pd.Series(dtype=str), "value": [], "density": []})
    return pd.concat(parts, ignore_index=True) if parts else empty
