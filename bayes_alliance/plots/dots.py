"""Effects as dots: areas that tell their precision, and places beside a line where none hides."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import numpy as np
from scipy.stats import gaussian_kde, qmc

from bayes_alliance.algebra.blocks import Array
from bayes_alliance.plots.keys import KeyEntry

__all__ = ["diameters", "precision_key", "swarm"]

#: Diameters of the most precise effect and of the smallest dot, in points.
LARGEST: Final = 7.0
SMALLEST: Final = 1.4
#: With more effects than this dots are drawn smaller.
MANY: Final = 60
#: Quantiles of the precisions whose dots stand in the key.
SHOWN: Final = (0.1, 0.9)


def diameters(precision: Array, among: Array) -> Array:
    """Diameters of dots whose areas are proportional to precision.

    Parameters
    ----------
    precision : ndarray, shape (n,)
        One over the standard errors of the effects asked about.
    among : ndarray, shape (k,)
        Those of all effects of the figure.

    Returns
    -------
    ndarray, shape (n,)
        In points, at least 1.4 where an area would be too small to be seen.

    Examples
    --------
    >>> import numpy as np
    >>> diameters(np.array([4.0, 16.0]), np.array([4.0, 16.0])).tolist()
    [3.5, 7.0]
    """
    largest = LARGEST * min(1.0, (MANY / len(among)) ** 0.25)
    return np.asarray(np.maximum(largest * np.sqrt(precision / among.max()), SMALLEST))


def swarm(values: Sequence[Array]) -> tuple[Array, ...]:
    """Sideways places of dots that lie along lines: wider where more of them lie.

    Quasi-random: dots take the places of van der Corput's sequence in the order of their values,
    times the density of the values at theirs. The same values give the same places, in whatever
    order they come.

    Parameters
    ----------
    values : sequence of ndarray
        Positions along each line; NaN is no dot.

    Returns
    -------
    tuple of ndarray
        Places between -1 and 1. Densities are those of numbers of dots, so a line with few of them
        stays narrow beside one with many.
    """
    heights = [_density(own) for own in values]
    highest = max((float(np.nanmax(h)) for h in heights if np.isfinite(h).any()), default=1.0)
    return tuple(
        height / highest * _alternating(own) for own, height in zip(values, heights, strict=True)
    )


def _density(values: Array) -> Array:
    """Dots by unit of length at each dot; one alone, or all alike, count as 1 by unit."""
    finite = np.isfinite(values)
    heights = np.full(len(values), np.nan)
    inside = values[finite]
    if len(inside):
        varies = len(inside) > 2 and np.ptp(inside) > 0
        heights[finite] = len(inside) * gaussian_kde(inside)(inside) if varies else len(inside)
    return heights


def _alternating(values: Array) -> Array:
    """Van der Corput's numbers on (-1, 1) in the order of the values, the first at 0."""
    order = np.argsort(values, kind="stable")
    sequence = qmc.Halton(1, scramble=False)
    sequence.fast_forward(1)  # its first number is an end of the interval
    places = np.empty(len(values))
    places[order] = 2 * np.ravel(sequence.random(len(values))) - 1 if len(values) else 0.0
    return places


def precision_key(precision: Array, look: dict[str, Any]) -> list[KeyEntry]:
    """Entries of a key that tell what the sizes of dots mean.

    Parameters
    ----------
    precision : ndarray, shape (k,)
        One over the standard errors of all effects of the figure.
    look : dict
        Properties of the dots.

    Returns
    -------
    list of KeyEntry
        A round precision among the lowest and one among the highest, if they differ.
    """
    rounded = [float(f"{value:.2g}") for value in np.quantile(precision, SHOWN)]
    entries = []
    for value in dict.fromkeys(rounded):
        size = float(diameters(np.array([value]), precision)[0])
        dot = {"linestyle": "", "marker": "o", **look, "markersize": size}
        entries.append(KeyEntry(f"Reported effect, 1/SE = {value:g}", dot))
    return entries
