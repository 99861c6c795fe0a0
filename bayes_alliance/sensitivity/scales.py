"""A Bayes factor over the scale of the priors it depends on."""

from __future__ import annotations

import math
from collections.abc import Callable
from itertools import pairwise
from typing import Final

import numpy as np
from scipy.optimize import brentq

from bayes_alliance.algebra.blocks import Array
from bayes_alliance.sensitivity.hypotheses import Hypothesis
from bayes_alliance.spec.design import Design
from bayes_alliance.spec.prior import Prior
from bayes_alliance.spec.rescaled import Knob
from bayes_alliance.summaries.evidence import TELLS
from bayes_alliance.summaries.hypotheses import ScaleCurve

__all__ = ["FACTORS", "curve_of", "knobs_of", "prior_scales"]

#: What the prior scales are multiplied by: from a quarter to four times, 1 among them.
FACTORS: Final = np.exp2(np.linspace(-2, 2, 17))
#: Crossings are good to this, in log2 of the factor.
CLOSE: Final = 1e-3


def knobs_of(asked: Hypothesis, design: Design) -> tuple[Knob, ...]:
    """Priors on whose scale the evidence about a hypothesis depends most.

    Parameters
    ----------
    asked : Hypothesis
        The hypothesis.
    design : Design
        The analysis.

    Returns
    -------
    tuple of str
        ``differences`` where only differences are restricted, else ``location``; the taus that
        are 0. None where such a prior has no scale (a fixed value).
    """
    knobs: list[Knob] = []
    if len(asked.weights):
        differences = np.allclose(asked.weights @ design.prior_location, 0, atol=1e-12)
        knobs.append("differences" if differences else "location")
    named: dict[str, tuple[Knob, Prior | None]] = {
        "group": ("tau_group", None if design.groups is None else design.groups.tau),
        "sample": ("tau_sample", design.tau_sample),
        "scale": ("tau_scale", None if design.scales is None else design.scales.tau),
        "effect": ("tau_effect", design.tau_effect),
    }
    for level, (knob, prior) in named.items():
        if level in asked.levels and prior is not None and prior.support != "point":
            knobs.append(knob)
    return tuple(knobs)


def prior_scales(design: Design, knobs: tuple[Knob, ...]) -> tuple[tuple[str, str], ...]:
    """Name and value of priors, for a reader.

    Parameters
    ----------
    design : Design
        The analysis.
    knobs : tuple of str
        Which priors.

    Returns
    -------
    tuple of (str, str)
        For example ``("sd of differences", "0.25")`` and ``("tau_sample", "half_normal(0.25)")``.
    """
    return tuple({_name(design, knob): _value(design, knob) for knob in knobs}.items())


def _name(design: Design, knob: Knob) -> str:
    if design.tau_total is not None and knob in ("tau_sample", "tau_effect"):
        return "tau_total"
    return {"location": "sd of the location", "differences": "sd of differences"}.get(knob, knob)


def _value(design: Design, knob: Knob) -> str:
    sd = _sd(design, knob)
    if sd is not None:
        return f"{sd:.4g}"
    return str(_prior(design, knob))


def _prior(design: Design, knob: Knob) -> Prior | None:
    """Prior of a standard deviation; of the total, where a total and a share were declared."""
    if design.tau_total is not None and knob in ("tau_sample", "tau_effect"):
        return design.tau_total
    return {
        "tau_sample": design.tau_sample,
        "tau_effect": design.tau_effect,
        "tau_group": None if design.groups is None else design.groups.tau,
        "tau_scale": None if design.scales is None else design.scales.tau,
    }[knob]


def _sd(design: Design, knob: Knob) -> float | None:
    """The declared sd of location or differences, from the factors that it multiplied."""
    if knob == "location":
        means = [q for q in design.quantities if q.role == "mean"]
        return float(abs(means[0].weights @ design.prior_location))
    if knob != "differences":
        return None
    # Any contrast of two levels, or a slope, has a prior with this sd.
    for contrast in design.contrasts:
        if len(contrast.minus) == 1:
            w = contrast.of - contrast.minus[0]
            return float(np.linalg.norm(w @ design.prior_differences))
    contrast = design.contrasts[0]  # a level against the mean of the n others
    n, w = len(contrast.minus), contrast.of - contrast.minus.mean(axis=0)
    return float(np.linalg.norm(w @ design.prior_differences) * math.sqrt(2 * n / (n + 1)))


def curve_of(
    at: Callable[[float], tuple[float, float]],
    design: Design,
    knobs: tuple[Knob, ...],
    factors: Array,
) -> ScaleCurve:
    """Compute a Bayes factor at every factor, and where it crosses 1/3 and 3.

    Parameters
    ----------
    at : callable
        Log Bayes factor and its error at a factor.
    design : Design
        The analysis.
    knobs : tuple of str
        Priors whose scale is multiplied.
    factors : ndarray, shape (n,)
        Ascending.

    Returns
    -------
    ScaleCurve
        One point a factor.
    """
    points = [at(float(factor)) for factor in factors]
    values = np.array([value for value, _ in points])
    return ScaleCurve(
        factors=factors,
        log_bf10=values,
        errors=np.array([error for _, error in points]),
        scales={_name(design, knob): _along(design, knob, factors) for knob in knobs},
        crossings=_crossings(at, factors, values),
    )


def _along(design: Design, knob: Knob, factors: Array) -> Array:
    """Size of a prior at every factor: an sd, or the median of the prior of a tau."""
    sd = _sd(design, knob)
    if sd is not None:
        return factors * sd
    prior = _prior(design, knob)
    if prior is None:
        raise ValueError(f"there is no prior of {knob}")
    # What is multiplied is the quantity: its median with it.
    return factors * float(prior.quantile(0.5))


def _crossings(
    at: Callable[[float], tuple[float, float]], factors: Array, values: Array
) -> tuple[tuple[float, float], ...]:
    """Factors at which the Bayes factor passes 1/3 or 3, refined between neighbours."""
    found = []
    steps = np.log2(factors)
    for bound in (1 / TELLS, TELLS):
        rest = values - math.log(bound)
        for i, (a, b) in enumerate(pairwise(rest)):
            if (a > 0) == (b > 0):
                continue

            def distance(step: float, bound: float = bound) -> float:
                return at(float(np.exp2(step)))[0] - math.log(bound)

            root = brentq(distance, steps[i], steps[i + 1], xtol=CLOSE)
            found.append((float(np.exp2(root)), bound))
    return tuple(sorted(found))
