"""The families a prior can have: their parameters, constraints and SciPy distributions.

Priors of heterogeneity are on tau, a standard deviation, never on its square.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import stats

__all__ = ["FAMILIES", "Constraint", "Family", "Support"]

Support = Literal["real", "positive", "interval", "point"]
Constraint = Literal["real", "positive", "exponent"]


class _HalfT:
    """Absolute value of a scaled Student t (SciPy has the half-normal and half-Cauchy only)."""

    def __init__(self, df: float, scale: float) -> None:
        self._t = stats.t(df, scale=scale)

    def logpdf(self, x: ArrayLike) -> NDArray[np.float64]:
        x = np.asarray(x, float)
        return np.where(x >= 0, math.log(2) + self._t.logpdf(x), -np.inf)

    def cdf(self, x: ArrayLike) -> NDArray[np.float64]:
        return np.asarray(np.maximum(2 * self._t.cdf(x) - 1, 0.0))

    def ppf(self, q: ArrayLike) -> NDArray[np.float64]:
        return np.asarray(self._t.ppf((1 + np.asarray(q)) / 2))

    def rvs(self, size: Any, random_state: np.random.Generator) -> NDArray[np.float64]:
        return np.asarray(np.abs(self._t.rvs(size=size, random_state=random_state)))


class _Point:
    """All mass at one value: "no heterogeneity at this level" if the value is 0."""

    def __init__(self, value: float) -> None:
        self._value = value

    def logpdf(self, x: ArrayLike) -> NDArray[np.float64]:
        return np.where(np.asarray(x) == self._value, np.inf, -np.inf)

    def cdf(self, x: ArrayLike) -> NDArray[np.float64]:
        return np.where(np.asarray(x) >= self._value, 1.0, 0.0)

    def ppf(self, q: ArrayLike) -> NDArray[np.float64]:
        return np.full(np.shape(q), self._value)

    def rvs(self, size: Any, random_state: np.random.Generator) -> NDArray[np.float64]:
        return np.full(size, self._value)


class _Flat:
    """The same density everywhere: improper, so that nothing can be drawn from it."""

    def logpdf(self, x: ArrayLike) -> NDArray[np.float64]:
        return np.zeros(np.shape(x))

    def cdf(self, x: ArrayLike) -> NDArray[np.float64]:
        raise ValueError("a flat prior has no probabilities")

    def ppf(self, q: ArrayLike) -> NDArray[np.float64]:
        raise ValueError("a flat prior has no quantiles")

    def rvs(self, size: Any, random_state: np.random.Generator) -> NDArray[np.float64]:
        raise ValueError("a flat prior has no draws")


@dataclass(frozen=True, slots=True)
class Family:
    """A family of distributions as a specification file names it.

    Parameters
    ----------
    name : str
        Key in the file.
    support : {"real", "positive", "interval", "point"}
        Where it has mass.
    parameters : mapping of str to str
        Parameter names and their constraint: real, positive, or exponent (of e).
    distribution : callable
        From the parameters to an object with logpdf, cdf, ppf and rvs.
    defaults : mapping of str to float
        Parameters that may be left out.
    """

    name: str
    support: Support
    parameters: Mapping[str, Constraint]
    distribution: Callable[..., Any]
    defaults: Mapping[str, float]


def _family(
    name: str,
    support: Support,
    distribution: Callable[..., Any],
    defaults: Mapping[str, float] | None = None,
    **parameters: Constraint,
) -> Family:
    return Family(name, support, parameters, distribution, defaults or {})


#: Every family by its key. SciPy's names for exponential and lomax, the field's for the others.
FAMILIES: Final[Mapping[str, Family]] = {
    family.name: family
    for family in (
        _family(
            "normal", "real", lambda mean, sd: stats.norm(mean, sd), mean="real", sd="positive"
        ),
        _family("flat", "real", lambda: _Flat()),
        _family(
            "half_normal", "positive", lambda scale: stats.halfnorm(0, scale), scale="positive"
        ),
        _family(
            "half_cauchy", "positive", lambda scale: stats.halfcauchy(0, scale), scale="positive"
        ),
        _family("half_t", "positive", _HalfT, df="positive", scale="positive"),
        _family(
            "inverse_gamma",
            "positive",
            lambda shape, scale: stats.invgamma(shape, scale=scale),
            shape="positive",
            scale="positive",
        ),
        _family(
            "lognormal",
            "positive",
            lambda mu, sigma: stats.lognorm(sigma, scale=math.exp(mu)),
            mu="exponent",
            sigma="positive",
        ),
        _family(
            "uniform",
            "interval",
            lambda lower, upper: stats.uniform(lower, upper - lower),
            lower="real",
            upper="real",
        ),
        _family(
            "gamma",
            "positive",
            lambda shape, rate, lower: stats.gamma(shape, lower, 1 / rate),
            {"lower": 0.0},
            shape="positive",
            rate="positive",
            lower="real",
        ),
        _family("exponential", "positive", lambda scale: stats.expon(0, scale), scale="positive"),
        _family(
            "lomax",
            "positive",
            lambda c, scale: stats.lomax(c, 0, scale),
            c="positive",
            scale="positive",
        ),
        _family(
            "beta",
            "interval",
            lambda a, b, lower, upper: stats.beta(a, b, lower, upper - lower),
            {"lower": 0.0, "upper": 1.0},
            a="positive",
            b="positive",
            lower="real",
            upper="real",
        ),
        _family("point", "point", _Point, value="real"),
    )
}
