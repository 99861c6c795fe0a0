"""The PyMC twin of every family of priors."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

import numpy as np
import pymc as pm

from bayes_alliance.spec.prior import Prior

__all__ = ["PYMC_FAMILIES", "random_variable"]


def _lomax(name: str, c: Any, scale: Any) -> Any:
    """Lomax: a Pareto shifted to start at 0 (PyMC has none of its own)."""

    def shifted(c: Any, scale: Any, size: Any) -> Any:
        return pm.Pareto.dist(alpha=c, m=scale, size=size) - scale

    return pm.CustomDist(name, c, scale, dist=shifted, transform=pm.distributions.transforms.log)


def _beta(name: str, a: Any, b: Any, lower: Any, upper: Any) -> Any:
    """Beta between two limits: its density needs the Jacobian of the stretch."""

    def stretched(a: Any, b: Any, lower: Any, upper: Any, size: Any) -> Any:
        return lower + (upper - lower) * pm.Beta.dist(alpha=a, beta=b, size=size)

    interval = pm.distributions.transforms.Interval(float(lower), float(upper))
    return pm.CustomDist(name, a, b, lower, upper, dist=stretched, transform=interval)


#: From a name and the family's parameters to a random variable in the current model.
PYMC_FAMILIES: Final[Mapping[str, Callable[..., Any]]] = {
    "normal": lambda name, mean, sd: pm.Normal(name, mu=mean, sigma=sd),
    "half_normal": lambda name, scale: pm.HalfNormal(name, sigma=scale),
    "half_cauchy": lambda name, scale: pm.HalfCauchy(name, beta=scale),
    "half_t": lambda name, df, scale: pm.HalfStudentT(name, nu=df, sigma=scale),
    "inverse_gamma": lambda name, shape, scale: pm.InverseGamma(name, alpha=shape, beta=scale),
    "lognormal": lambda name, mu, sigma: pm.LogNormal(name, mu=mu, sigma=sigma),
    "uniform": lambda name, lower, upper: pm.Uniform(name, lower=lower, upper=upper),
    "exponential": lambda name, scale: pm.Exponential(name, scale=scale),
    "lomax": _lomax,
    "beta": _beta,
    "point": lambda name, value: pm.Deterministic(name, pm.math.constant(value)),
}


def random_variable(name: str, prior: Prior) -> Any:
    """Make a random variable with this prior in the current PyMC model.

    Parameters
    ----------
    name : str
        Name of the variable.
    prior : Prior
        Its prior.

    Returns
    -------
    pytensor variable
        The random variable (a constant for a point mass).
    """
    # Python floats would be stored in single precision: 6e-8 in the log density.
    parameters = {key: np.asarray(value, np.float64) for key, value in prior.parameters.items()}
    return PYMC_FAMILIES[prior.family](name, **parameters)
