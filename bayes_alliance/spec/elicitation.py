"""From a published interval to the mean and the sd of a normal prior.

The limits of a correlation are taken to Fisher's z, where its sampling distribution is nearly
normal, so that a limit is one normal quantile away from the mean. A power prior with weight a0
(Ibrahim & Chen 2000) of a normal is a normal whose variance is divided by a0; a difference between
the studies behind the prior and those of the analysis adds its own variance (Spiegelhalter, Abrams
& Myles 2004, section 5.4).
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, Final

import numpy as np
from scipy import stats

from bayes_alliance.errors import InputError, Problem

__all__ = ["discounted_sd", "normal_of_interval"]

#: Largest difference of the two half-widths, as a share of the width, that rounding explains.
LARGEST_ASYMMETRY: Final = 0.2


def normal_of_interval(
    lower: float, upper: float, r: float | None, estimate: float | None, probability: float
) -> tuple[float, float, str]:
    """Mean and sd on the analysis scale.

    Parameters
    ----------
    lower, upper : float
        Limits; correlations unless `estimate` is given.
    r : float or None
        The correlation; None: the middle of the limits on Fisher's z.
    estimate : float or None
        The estimate of another measure, whose limits are then on its scale too.
    probability : float
        Of the interval.

    Returns
    -------
    mean, sd : float
        Of the normal.
    words : str
        What it is made of.

    Raises
    ------
    InputError
        All that is wrong with the numbers, at once.
    """
    correlations = estimate is None
    problems = _problems(lower, upper, r, estimate, probability)
    if problems:
        raise InputError(problems)
    low, high = (math.atanh(lower), math.atanh(upper)) if correlations else (lower, upper)
    centre = (math.atanh(r) if r is not None else (low + high) / 2) if correlations else estimate
    assert centre is not None
    asymmetry = abs((high - centre) - (centre - low)) / (high - low)
    scale = "Fisher's z" if correlations else "the scale of the estimate"
    if asymmetry > LARGEST_ASYMMETRY:
        raise InputError(
            Problem(
                what=f"on {scale} the limits lie {centre - low:.4g} below and {high - centre:.4g} "
                "above the estimate, which no normal prior has",
                where="lower, upper",
                cure="Check the three numbers, or leave r out to take the middle of the limits"
                if correlations
                else "Check the three numbers, or take logs of a ratio first",
                code="asymmetric_interval",
            )
        )
    sd = (high - low) / (2 * float(stats.norm.ppf((1 + probability) / 2)))
    what = f"r = {r:g}" if r is not None else ("r" if correlations else f"estimate {estimate:g}")
    return centre, sd, f"{what}, {100 * probability:g} % interval [{lower:g}, {upper:g}]"


def discounted_sd(sd: float, discount: float, extra_sd: float) -> tuple[float, str]:
    """The sd after discounting, and after adding a difference between studies.

    Parameters
    ----------
    sd : float
        Before.
    discount : float
        Weight a0 in (0, 1]: the variance is divided by it.
    extra_sd : float
        Sd of what the source and the analysis may differ by, at least 0; not discounted.

    Returns
    -------
    sd : float
        sqrt(sd^2 / a0 + extra_sd^2).
    words : str
        What was done; empty for nothing.

    Raises
    ------
    InputError
        If a value is out of its range.
    """
    problems = _not_numbers({"discount": discount, "extra_sd": extra_sd})
    if problems:
        raise InputError(problems)
    if not 0 < discount <= 1:
        problems.append(
            Problem(
                what=f"discount must be above 0 and at most 1, it is {discount!r}",
                cure="1 takes the source fully, 0.5 counts it half",
                code="discount",
            )
        )
    if not 0 <= extra_sd < math.inf:
        problems.append(
            Problem(
                what=f"extra_sd must be at least 0, it is {extra_sd!r}",
                cure="Give the sd by which the true values may differ, on the analysis scale",
                code="extra_sd",
            )
        )
    if problems:
        raise InputError(problems)
    told = [f"discounted to {discount:g} of its information"] if discount < 1 else []
    told += [f"sd {extra_sd:g} added for differences between the studies"] if extra_sd else []
    return math.sqrt(sd**2 / discount + extra_sd**2), ", ".join(told)


def _problems(
    lower: float, upper: float, r: float | None, estimate: float | None, probability: float
) -> list[Problem]:
    given = {"lower": lower, "upper": upper, "probability": probability}
    given |= {} if r is None else {"r": r}
    problems = _not_numbers(given if estimate is None else given | {"estimate": estimate})
    if problems:
        return problems

    def bad(what: str, where: str, cure: str) -> None:
        problems.append(Problem(what=what, where=where, cure=cure, code="prior_interval"))

    centre = estimate if estimate is not None else r
    if r is not None and estimate is not None:
        bad("r and estimate were both given", "r, estimate",
            "Give r for a correlation, estimate for any other measure")  # fmt: skip
    numbers = {"lower": lower, "upper": upper, "r or estimate": centre}
    wrong = [name for name, v in numbers.items() if v is not None and not math.isfinite(v)]
    if wrong:
        bad(f"{', '.join(wrong)} must be finite", "lower, upper", "Give the published numbers")
        return problems
    if estimate is None and not all(-1 < v < 1 for v in (lower, upper, r or 0.0)):
        bad("correlations lie between -1 and 1", "r, lower, upper",
            "Give estimate= in place of r= for another measure")  # fmt: skip
    if not lower < upper or (centre is not None and not lower < centre < upper):
        shown = "lower < upper" if centre is None else "lower < estimate < upper"
        bad(f"{shown} does not hold ({lower:g}, {centre if centre is not None else '-'}, "
            f"{upper:g})", "lower, upper", "Check the order of the numbers")  # fmt: skip
    if not 0 < probability < 1:
        bad(f"probability must be between 0 and 1, it is {probability!r}", "probability",
            "Write 0.95 for a 95 % interval")  # fmt: skip
    return problems


def _not_numbers(values: Mapping[str, Any]) -> list[Problem]:
    return [
        Problem(
            what=f"{name} must be a number, it is {str(value)[:80]!r}",
            where=name,
            cure="Write it without quotation marks",
            code="prior_interval",
        )
        for name, value in values.items()
        if isinstance(value, bool | np.bool_)
        or not isinstance(value, int | float | np.integer | np.floating)
    ]
