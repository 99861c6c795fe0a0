r"""Correlated priors of both taus: a total and the share of its square that lies between samples.

.. math:: \tau_{sample} = R\sqrt{s}, \quad \tau_{effect} = R\sqrt{1 - s}, \qquad
   p(\tau_{sample}, \tau_{effect}) = p(R)\,p(s)\,\frac{2\tau_{sample}\tau_{effect}}{R^3}

R is the total standard deviation, s the share of the variance between samples (the intraclass
correlation of true effects). The prior of one level alone follows by integrating over s.
"""

from __future__ import annotations

from types import MappingProxyType
from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from bayes_alliance.spec.families import Support
from bayes_alliance.spec.prior import Prior

__all__ = ["LevelPrior"]


class _Level:
    """Distribution of R sqrt(s), by Gauss-Legendre over the quantiles of s."""

    def __init__(self, total: Prior, share: Prior, level: Literal["sample", "effect"]) -> None:
        nodes, weights = np.polynomial.legendre.leggauss(400)
        self._weights = weights / 2
        s = share.quantile((nodes + 1) / 2)
        self._roots = np.sqrt(s if level == "sample" else 1 - s)
        self._total, self._share, self._level = total, share, level

    def cdf(self, x: ArrayLike) -> NDArray[np.float64]:
        with np.errstate(divide="ignore"):
            scaled = np.maximum(np.asarray(x, float), 0)[..., None] / self._roots
        return np.asarray(self._total.cdf(scaled) @ self._weights)

    def logpdf(self, x: ArrayLike) -> NDArray[np.float64]:
        x = np.asarray(x, float)
        scaled = np.maximum(x, 0)[..., None] / self._roots
        density = (np.exp(self._total.logpdf(scaled)) / self._roots) @ self._weights
        with np.errstate(divide="ignore"):
            return np.where(x >= 0, np.log(density), -np.inf)

    def ppf(self, q: ArrayLike) -> NDArray[np.float64]:
        q = np.asarray(q, float)
        top = self._total.quantile(np.minimum(1 - (1 - np.max(q, initial=0.5)) / 4, 1 - 1e-9))
        table = np.linspace(0, float(top), 20_001)
        return np.asarray(np.interp(q, self.cdf(table), table))

    def rvs(self, size: Any, random_state: np.random.Generator) -> NDArray[np.float64]:
        share = self._share.draws(size, random_state)
        part = share if self._level == "sample" else 1 - share
        return np.asarray(self._total.draws(size, random_state) * np.sqrt(part))


class LevelPrior(Prior):
    """The prior that a total and a share imply for the standard deviation of one level.

    Parameters
    ----------
    total : Prior
        Of the total standard deviation R.
    share : Prior
        Of the share of the variance between samples.
    level : {"sample", "effect"}
        Which level.
    """

    __slots__ = ()

    def __init__(self, total: Prior, share: Prior, level: Literal["sample", "effect"]) -> None:
        object.__setattr__(self, "family", "total_and_share")
        object.__setattr__(self, "because", total.because)
        object.__setattr__(self, "parameters", MappingProxyType({}))
        object.__setattr__(self, "_distribution", _Level(total, share, level))

    @property
    def support(self) -> Support:
        """A standard deviation is positive."""
        return "positive"

    def __str__(self) -> str:
        return "from the total and the share"

    def __repr__(self) -> str:
        return "LevelPrior(from the total and the share)"
