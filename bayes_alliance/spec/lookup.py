"""Many values found at once by sample and unordered pair of codes."""

from __future__ import annotations

import numpy as np

from bayes_alliance.algebra.blocks import Array
from bayes_alliance.spec.variables import Codes

__all__ = ["Lookup"]


class Lookup:
    """Values by sample and unordered pair of codes.

    Parameters
    ----------
    sample, first, second : ndarray of int, shape (m,)
        Keys.
    values : ndarray, shape (m,) or (m, 2)
        What is found under them; of equal keys the first counts.
    size : int
        Number of codes.
    """

    __slots__ = ("_keys", "_size", "_values")

    def __init__(
        self, sample: Codes, first: Codes, second: Codes, values: Array, size: int
    ) -> None:
        self._size = size
        keys = self._key(sample, first, second)
        self._keys, at = np.unique(keys, return_index=True)
        self._values = values[at]

    def _key(self, sample: Codes, first: Codes, second: Codes) -> Codes:
        low, high = np.minimum(first, second), np.maximum(first, second)
        return np.asarray((sample * self._size + low) * self._size + high, dtype=np.int64)

    def find(self, sample: Codes, first: Codes, second: Codes) -> Array:
        """Look values up.

        Parameters
        ----------
        sample, first, second : ndarray of int, shape (m,)
            Keys.

        Returns
        -------
        ndarray, shape (m,) or (m, 2)
            Values; NaN where there is none.
        """
        if not len(self._keys):
            return np.full((len(first), *self._values.shape[1:]), np.nan)
        wanted = self._key(sample, first, second)
        at = np.minimum(np.searchsorted(self._keys, wanted), len(self._keys) - 1)
        values = self._values[at].astype(np.float64)
        values[self._keys[at] != wanted] = np.nan
        return np.asarray(values)
