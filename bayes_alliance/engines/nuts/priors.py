"""The PyMC twin of every family of priors."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final, Protocol, TypeGuard

import numpy as np
import pymc as pm
import pytensor.tensor as pt
from pymc.distributions.transforms import Interval

from bayes_alliance.engines.nuts.transforms import Softplus
from bayes_alliance.spec.prior import Prior

__all__ = ["PYMC_FAMILIES", "ReportedEvidence", "random_variable"]

#: Families with a finite density at 0, where a posterior of tau can pile up.
REACH_ZERO = ("half_normal", "half_cauchy", "half_t", "exponential", "lomax")

#: Scale of the softplus as a share of the prior's median.
SOFTPLUS_SHARE = 0.4


def _lomax(name: str, c: Any, scale: Any, **options: Any) -> Any:
    """Lomax: a Pareto shifted to start at 0 (PyMC has none of its own)."""

    def shifted(c: Any, scale: Any, size: Any) -> Any:
        return pm.Pareto.dist(alpha=c, m=scale, size=size) - scale

    return pm.CustomDist(name, c, scale, dist=shifted, **options)


def _beta(name: str, a: Any, b: Any, lower: Any, upper: Any) -> Any:
    """Beta between two limits: its density needs the Jacobian of the stretch."""

    def stretched(a: Any, b: Any, lower: Any, upper: Any, size: Any) -> Any:
        return lower + (upper - lower) * pm.Beta.dist(alpha=a, beta=b, size=size)

    interval = Interval(float(lower), float(upper))
    return pm.CustomDist(name, a, b, lower, upper, dist=stretched, default_transform=interval)


def _gamma(name: str, shape: Any, rate: Any, lower: Any) -> Any:
    """Gamma moved to start at a lower limit."""
    if float(lower) == 0:
        return pm.Gamma(name, alpha=shape, beta=rate)

    def moved(shape: Any, rate: Any, lower: Any, size: Any) -> Any:
        return lower + pm.Gamma.dist(alpha=shape, beta=rate, size=size)

    interval = Interval(float(lower), None)
    return pm.CustomDist(name, shape, rate, lower, dist=moved, default_transform=interval)


#: From a name and the family's parameters to a random variable in the current model.
PYMC_FAMILIES: Final[Mapping[str, Callable[..., Any]]] = {
    "normal": lambda name, mean, sd: pm.Normal(name, mu=mean, sigma=sd),
    "half_normal": lambda name, scale, **o: pm.HalfNormal(name, sigma=scale, **o),
    "half_cauchy": lambda name, scale, **o: pm.HalfCauchy(name, beta=scale, **o),
    "half_t": lambda name, df, scale, **o: pm.HalfStudentT(name, nu=df, sigma=scale, **o),
    "inverse_gamma": lambda name, shape, scale: pm.InverseGamma(name, alpha=shape, beta=scale),
    "lognormal": lambda name, mu, sigma: pm.LogNormal(name, mu=mu, sigma=sigma),
    "uniform": lambda name, lower, upper: pm.Uniform(name, lower=lower, upper=upper),
    "gamma": _gamma,
    "exponential": lambda name, scale, **o: pm.Exponential(name, scale=scale, **o),
    "lomax": _lomax,
    "beta": _beta,
    "point": lambda name, value: pm.Deterministic(name, pm.math.constant(value)),
}


class ReportedEvidence(Protocol):
    """A prior of a correlation updated by reported values of it.

    Its density is that of `base` times the product of N(atanh rho; centre, variance) over what was
    reported, divided by exp(log_constant).
    """

    base: Prior
    centres: Any
    variances: Any
    log_constant: float


def _is_updated(prior: object) -> TypeGuard[ReportedEvidence]:
    """Whether a prior is another one with reported values on top, told by its structure."""
    return all(hasattr(prior, n) for n in ("base", "centres", "variances", "log_constant"))


def _between_limits(name: str, prior: ReportedEvidence) -> Any:
    """The variable of the declared prior, or one between narrower limits with the same density."""
    own = np.asarray(prior.base.quantile([0.0, 1.0]), np.float64)
    lower, upper = np.asarray(getattr(prior, "limits", own), np.float64)
    if (lower, upper) == tuple(own):
        return random_variable(name, prior.base)
    variable = pm.Uniform(name, lower=lower, upper=upper)
    density = -np.log(own[1] - own[0])
    if prior.base.family == "beta":
        a, b = (np.asarray(prior.base.parameters[key], np.float64) for key in "ab")
        stretched = (variable - own[0]) / (own[1] - own[0])
        density += pm.logp(pm.Beta.dist(alpha=a, beta=b), stretched)
    pm.Potential(f"{name}_between_limits", density + np.log(upper - lower))
    return variable


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
    if _is_updated(prior):
        variable = _between_limits(name, prior)
        centres, sds = (np.asarray(v, float) for v in (prior.centres, np.sqrt(prior.variances)))
        reported = pm.logp(pm.Normal.dist(mu=pt.arctanh(variable), sigma=sds), centres).sum()
        pm.Potential(f"{name}_reported", reported - np.asarray(prior.log_constant, float))
        return variable
    # Python floats would be stored in single precision: 6e-8 in the log density.
    given: dict[str, Any] = {
        key: np.asarray(value, np.float64) for key, value in prior.parameters.items()
    }
    if prior.family in REACH_ZERO:
        given["default_transform"] = Softplus(SOFTPLUS_SHARE * float(prior.quantile(0.5)))
    return PYMC_FAMILIES[prior.family](name, **given)
