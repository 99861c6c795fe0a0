"""A design whose priors are wider or narrower by a factor: what a Bayes factor depends on."""

from __future__ import annotations

import math
from collections.abc import Collection
from dataclasses import replace
from typing import Final, Literal

from bayes_alliance.spec.correlated import LevelPrior
from bayes_alliance.spec.design import Design
from bayes_alliance.spec.prior import Prior

__all__ = ["KNOBS", "Knob", "rescaled", "rescaled_prior"]

Knob = Literal["location", "differences", "tau_sample", "tau_effect", "tau_group", "tau_scale"]
#: Priors that have a scale.
KNOBS: Final[tuple[Knob, ...]] = (
    "location", "differences", "tau_group", "tau_sample", "tau_scale", "tau_effect",
)  # fmt: skip
#: Parameters that are multiplied; of the others none is a scale.
SCALES: Final = ("scale", "lower", "upper", "sd")


def rescaled_prior(prior: Prior, factor: float) -> Prior:
    """Return the prior of `factor` times the quantity.

    Parameters
    ----------
    prior : Prior
        Of a standard deviation; a `LevelPrior` is rescaled through its total.
    factor : float
        Positive.

    Returns
    -------
    Prior
        Of the same family.

    Examples
    --------
    >>> str(rescaled_prior(Prior("half_normal", scale=0.25), 2.0))
    'half_normal(0.5)'
    """
    given = dict(prior.parameters)
    changed = {name: value * factor for name, value in given.items() if name in SCALES}
    if "rate" in given:
        changed["rate"] = given["rate"] / factor
    if prior.family == "lognormal":
        changed["mu"] = given["mu"] + math.log(factor)
    if prior.family == "point":
        changed["value"] = given["value"] * factor
    return Prior(prior.family, because=prior.because, **(given | changed))


def rescaled(design: Design, knobs: Collection[Knob], factor: float) -> Design:
    """Multiply the scales of some priors.

    Parameters
    ----------
    design : Design
        The analysis.
    knobs : collection of str
        Which priors: ``location`` and ``differences`` (their sds), ``tau_sample`` and others
        (their scales; with a total and a share the scale of the total).
    factor : float
        Positive.

    Returns
    -------
    Design
        A copy with these priors; all else is as it was.
    """
    changed: dict[str, object] = {}
    if "location" in knobs:
        changed["prior_location"] = design.prior_location * factor
    if "differences" in knobs:
        changed["prior_differences"] = design.prior_differences * factor
    if design.tau_total is not None and design.share is not None:
        if {"tau_sample", "tau_effect"} & set(knobs):
            total = rescaled_prior(design.tau_total, factor)
            changed |= {
                "tau_total": total,
                "tau_sample": LevelPrior(total, design.share, "sample"),
                "tau_effect": LevelPrior(total, design.share, "effect"),
            }
    else:
        if "tau_sample" in knobs and design.tau_sample is not None:
            changed["tau_sample"] = rescaled_prior(design.tau_sample, factor)
        if "tau_effect" in knobs and design.tau_effect is not None:
            changed["tau_effect"] = rescaled_prior(design.tau_effect, factor)
    if "tau_group" in knobs and design.groups is not None:
        tau = rescaled_prior(design.groups.tau, factor)
        changed["groups"] = replace(design.groups, tau=tau)
    if "tau_scale" in knobs and design.scales is not None:
        tau = rescaled_prior(design.scales.tau, factor)
        changed["scales"] = replace(design.scales, tau=tau)
    return replace(design, **changed)  # type: ignore[arg-type]
