"""The correlations of the effect sizes that enter the formula for their sampling covariances.

Single correlations are noisy, and a covariance computed from them is correlated with the effect
sizes it belongs to. Pooled ones, by the two variables they relate, are steadier; each sample's own
are what metafor's ``rcalc`` takes.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from bayes_alliance.algebra.blocks import Array
from bayes_alliance.spec.variables import Variables

__all__ = ["Plugged", "plug_ins"]

#: A pair of variables seen in fewer samples takes the mean of all.
FEWEST_SAMPLES: Final = 3


@dataclass(frozen=True, slots=True)
class Plugged:
    """Correlations of k effect sizes as they enter the formula.

    Parameters
    ----------
    r : ndarray, shape (k,)
        The correlations.
    overall : float
        Their weighted mean, on r.
    pooled : bool
        Whether they are means over samples.
    by_variable : ndarray, shape (V,)
        Weighted mean of the effect sizes of each variable.
    by_level : tuple of ndarray
        The same for each level of each column.
    """

    r: Array
    overall: float
    pooled: bool
    by_variable: Array
    by_level: tuple[Array, ...]

    def of(self, column: int, code: int) -> float:
        """Mean correlation of a level, or of a variable.

        Parameters
        ----------
        column, code : int
            Column (-1: whole variables) and code.

        Returns
        -------
        float
            Weighted mean on r of the effect sizes that have it.
        """
        return float(self.by_variable[code] if column < 0 else self.by_level[column][code])


def plug_ins(
    frame: pd.DataFrame, variables: Variables, sample: NDArray[np.intp], *, pooled: bool
) -> Plugged:
    """Correlations of the effect sizes that enter the formula.

    Parameters
    ----------
    frame : pandas.DataFrame
        k effect sizes with r and n.
    variables : Variables
        What each relates.
    sample : ndarray of int, shape (k,)
        Its sample.
    pooled : bool
        Means over the samples by pair of variables (of z, weighted by n - 3; a pair seen in fewer
        than three samples takes the mean of all), or each effect's own.

    Returns
    -------
    Plugged
        The correlations.
    """
    z = np.arctanh(np.clip(frame["r"].to_numpy(float), -0.9999, 0.9999))
    n = frame["n"].to_numpy(float)
    weight = np.where(np.isnan(z), 0.0, np.where(n > 3, n - 3, 1.0))
    z = np.nan_to_num(z)
    overall = float(np.average(z, weights=weight)) if weight.sum() else 0.0
    low = np.minimum(variables.first, variables.second)
    high = np.maximum(variables.first, variables.second)
    _, label = np.unique(low * len(variables) + high, return_inverse=True)

    own = z
    if pooled:
        own = _means(label, int(label.max()) + 1, z, weight, sample, overall)[label]
    # Each effect size counts for both of its variables, and for the levels that name them.
    twice = (np.tile(z, 2), np.tile(weight, 2), np.tile(sample, 2), overall)
    both = np.concatenate([variables.first, variables.second])
    by_variable = _means(both, len(variables), *twice)
    by_level = [
        _means(variables.grid[both, c], len(levels), *twice)
        for c, levels in enumerate(variables.levels)
    ]
    return Plugged(
        np.tanh(own),
        float(np.tanh(overall)),
        pooled,
        np.tanh(by_variable),
        tuple(np.tanh(level) for level in by_level),
    )


def _means(
    codes: NDArray[np.int64],
    size: int,
    z: Array,
    weight: Array,
    sample: NDArray[np.intp],
    overall: float,
) -> Array:
    """Weighted mean of z for each code; of all where a code is seen in too few samples."""
    held = codes >= 0
    seen = np.unique(codes[held] * (int(sample.max()) + 1) + sample[held])
    samples = np.bincount(seen // (int(sample.max()) + 1), minlength=size)
    weights = np.bincount(codes[held], weight[held], size)
    sums = np.bincount(codes[held], (weight * z)[held], size)
    enough = (samples >= FEWEST_SAMPLES) & (weights > 0)
    return np.where(enough, sums / np.where(enough, weights, 1), overall)
