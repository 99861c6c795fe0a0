"""A prior from an earlier meta-analysis: its posterior, or its prediction, as a named family.

A mean becomes a normal with the same mean and sd. A standard deviation becomes the family
(half-normal, half-t, gamma or log-normal) whose quantiles lie nearest to those of its posterior;
one with two parameters is taken only where it is clearly nearer than the half-normal. How near is
told in the prior's `because`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, Literal, get_args

import numpy as np
import pandas as pd
from scipy.optimize import least_squares

from bayes_alliance.algebra.blocks import Array
from bayes_alliance.engines.fitted import Fitted
from bayes_alliance.errors import InputError, Problem
from bayes_alliance.names import TAU_EFFECT, TAU_GROUP, TAU_SAMPLE, Level
from bayes_alliance.posterior.marginal import Marginal
from bayes_alliance.spec.prior import Prior

__all__ = ["About", "MatchedPrior", "matched_prior", "matched_tau", "prior_from_fit"]

#: What of a mean: its posterior, or a prediction, which is wider.
About = Literal["mean", "new_sample", "new_effect"]
LEVELS: Final[dict[str, tuple[Level, ...]]] = {
    "mean": (),
    "new_sample": ("sample",),
    "new_effect": ("sample", "effect"),
}
TAUS: Final[dict[str, Level]] = {TAU_GROUP: "group", TAU_SAMPLE: "sample", TAU_EFFECT: "effect"}
#: Quantiles that are matched.
MATCHED: Final = np.array([0.025, 0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95, 0.975])
#: Where the two cdfs are compared.
COMPARED: Final = (np.arange(500) + 0.5) / 500
#: Beyond this difference of the cdfs a reader is warned.
POOR: Final = 0.1
#: A family with more parameters must have at most this share of the error of a simpler one.
NEARER: Final = 0.8


@dataclass(frozen=True, slots=True)
class MatchedPrior:
    """A prior fitted to a distribution.

    Parameters
    ----------
    prior : Prior
        The nearest family.
    distance : float
        Largest difference of the two cdfs.
    tried : pandas.DataFrame
        Index ``prior``; ``error`` (root mean square of the differences of quantiles, in sds of the
        distribution) and ``distance`` of every family that was tried.
    """

    prior: Prior
    distance: float
    tried: pd.DataFrame


def prior_from_fit(
    fitted: Fitted,
    name: str = "overall",
    *,
    about: About = "mean",
    discount: float = 1.0,
    extra_sd: float = 0.0,
) -> Prior:
    """Make a prior from what an earlier meta-analysis found.

    Parameters
    ----------
    fitted : Fitted
        The earlier analysis.
    name : str
        A mean (or another reported quantity), ``tau_group``, ``tau_sample`` or ``tau_effect``.
    about : {"mean", "new_sample", "new_effect"}
        Of a mean: its posterior; or the prediction of the mean of a new sample or of a new effect,
        for a new meta-analysis whose mean may differ as much as these do.
    discount : float
        Weight in (0, 1] of the earlier analysis (means only): the variance is divided by it.
    extra_sd : float
        Sd by which both meta-analyses may differ (means only), on the analysis scale.

    Returns
    -------
    Prior
        Normal for a mean; half-normal, half-t, gamma or log-normal for a tau. `because` names the
        source, whether it was simulated, and how well the family fits.

    Raises
    ------
    InputError
        If there is no such quantity, or a tau is to be discounted.

    Examples
    --------
    >>> from bayes_alliance.data.bundled import load
    >>> from bayes_alliance.engines.choose import run_analysis
    >>> from bayes_alliance.spec.library import read_specification
    >>> fitted = run_analysis(load("crede2010"), read_specification("three_level"))
    >>> prior_from_fit(fitted, discount=0.5).family, prior_from_fit(fitted, "tau_sample").family
    ('normal', 'gamma')
    """
    if about not in get_args(About):
        raise InputError(
            Problem(
                what=f"{about!r} is nothing that a prior can be about",
                where="about",
                cure=f"Choose one of {', '.join(get_args(About))}",
                code="prior_about",
            )
        )
    matched, what = _matched(fitted, name, about, widened=discount != 1 or extra_sd != 0)
    effects = fitted.effects
    data = f"{effects.name!r} ({len(fitted.design.y)} effects, "
    data += f"{len(fitted.design.sample_ids)} samples)"
    source = (
        f"{what} of {name} in the analysis {fitted.specification.name!r} of {data}, by the "
        f"{fitted.posterior.provenance.engine} engine; its cdf within {matched.distance:.3f}."
    )
    if matched.distance > POOR:
        source += " No family fits it well."
    if effects.synthetic:
        source += " SIMULATED data: no evidence."
    prior = Prior(matched.prior.family, because=source, **matched.prior.parameters)
    return prior if name in TAUS else prior.discounted(discount, extra_sd=extra_sd)


def _matched(fitted: Fitted, name: str, about: About, *, widened: bool) -> tuple[MatchedPrior, str]:
    posterior = fitted.posterior
    if name in TAUS and posterior.has(name):
        if widened or about != "mean":
            raise InputError(
                Problem(
                    what=f"about, discount and extra_sd are for means, not for {name}",
                    where="about, discount, extra_sd",
                    cure="Leave them out, and widen the prior of the tau by hand",
                    code="discount_family",
                )
            )
        return matched_tau(posterior.tau(TAUS[name])), "Posterior"
    quantities = {q.name: q for q in fitted.design.quantities}
    if name not in quantities or (about != "mean" and quantities[name].role != "mean"):
        known = [*quantities, *(tau for tau in TAUS if posterior.has(tau))]
        raise InputError(
            Problem(
                what=f"the earlier analysis has no {name!r} of which {about} could be told",
                where="name",
                cure=f"Choose one of {', '.join(known)}",
                code="unknown_quantity",
            )
        )
    weights = quantities[name].weights
    if about == "mean":
        return matched_prior(posterior.linear(weights)), "Posterior"
    marginal = posterior.predictive(weights, LEVELS[about])
    return matched_prior(marginal), f"Prediction of a {about.replace('_', ' ')}"


def matched_prior(marginal: Marginal) -> MatchedPrior:
    """The normal with the mean and the sd of a distribution.

    Parameters
    ----------
    marginal : Marginal
        Any distribution with two moments.

    Returns
    -------
    MatchedPrior
        The normal nearest in the sense of Kullback and Leibler.
    """
    return _judged([Prior("normal", mean=marginal.mean, sd=marginal.sd)], marginal)


def matched_tau(marginal: Marginal) -> MatchedPrior:
    """The family of priors of a standard deviation whose quantiles are nearest.

    Parameters
    ----------
    marginal : Marginal
        Posterior of a standard deviation.

    Returns
    -------
    MatchedPrior
        Half-normal, half-t, gamma (shape at least 1) or log-normal.

    Examples
    --------
    >>> import numpy as np
    >>> from bayes_alliance.posterior.marginal import DrawnMarginal
    >>> given = Prior("half_normal", scale=0.2).quantile((np.arange(4000) + 0.5) / 4000)
    >>> round(matched_tau(DrawnMarginal(given)).prior.parameters["scale"], 3)
    0.2
    """
    target = marginal.quantile(MATCHED)
    standard = Prior("half_normal", scale=1.0).quantile(MATCHED)
    scale = float(target @ standard / (standard @ standard))
    logs = np.log(np.maximum(target, 1e-12))
    spread = max(float(logs[-1] - logs[0]) / 3.92, 1e-3)

    def half_t(x: Array) -> Prior:
        return Prior("half_t", df=float(np.exp(x[0])), scale=float(np.exp(x[1])))

    def lognormal(x: Array) -> Prior:
        return Prior("lognormal", mu=float(x[0]), sigma=float(np.exp(x[1])))

    def gamma(x: Array) -> Prior:
        shape = float(np.exp(x[0]))
        return Prior("gamma", shape=shape, rate=shape / float(np.exp(x[1])))

    candidates = [
        Prior("half_normal", scale=scale),
        _nearest(half_t, target, [np.log(5.0), np.log(scale)], ([0.0, -20.0], [5.3, 5.0])),
        _nearest(gamma, target, [1.0, float(logs[4])], ([0.0, -20.0], [9.0, 5.0])),
        _nearest(lognormal, target, [float(logs[4]), np.log(spread)], ([-27.0, -7.0], [5.0, 3.0])),
    ]
    return _judged(candidates, marginal)


def _nearest(
    family: Callable[[Array], Prior],
    target: Array,
    start: list[float],
    bounds: tuple[list[float], list[float]],
) -> Prior:
    """The member of a family whose quantiles are nearest by least squares."""
    unit = float(target[-1] - target[0])
    inside = np.clip(start, np.add(bounds[0], 1e-6), np.subtract(bounds[1], 1e-6))
    found = least_squares(
        lambda x: (family(x).quantile(MATCHED) - target) / unit, inside, bounds=bounds
    )
    return family(found.x)


def _judged(candidates: list[Prior], marginal: Marginal) -> MatchedPrior:
    target, sd = marginal.quantile(MATCHED), marginal.sd
    at = marginal.quantile(COMPARED)
    cdf = marginal.cdf(at)
    errors = [float(np.sqrt(np.mean((c.quantile(MATCHED) - target) ** 2))) / sd for c in candidates]
    distances = [float(np.abs(c.cdf(at) - cdf).max()) for c in candidates]
    best = 0
    for i in range(1, len(candidates)):
        simpler = len(candidates[best].parameters) == 1
        best = i if errors[i] < errors[best] * (NEARER if simpler else 1.0) else best
    tried = pd.DataFrame(
        {"error": errors, "distance": distances},
        index=pd.Index([str(c) for c in candidates], name="prior"),
    )
    return MatchedPrior(candidates[best], distances[best], tried)
