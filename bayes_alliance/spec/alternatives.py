"""Priors to hold against the declared ones: the named of ``alternatives.toml``, and rescaled ones.

A rescaled prior is that of the quantity times a factor: a normal keeps its mean and has `factor`
times the standard deviation; every quantile of a prior of tau is multiplied.
"""

from __future__ import annotations

import math
import tomllib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Final, Literal

from bayes_alliance.errors import InputError, Problem
from bayes_alliance.spec.design import Design
from bayes_alliance.spec.prior import Prior
from bayes_alliance.spec.specification import Specification

__all__ = [
    "NamedPrior",
    "declared_priors",
    "named_changes",
    "named_priors",
    "rescaled",
    "scale_words",
]

Target = Literal["tau", "location", "differences"]
TARGETS: Final[tuple[Target, ...]] = ("tau", "location", "differences")
#: What of each family is multiplied; a rate is divided, the log of a scale is added to.
MULTIPLIED: Final = {
    "normal": ("sd",),
    "half_normal": ("scale",),
    "half_cauchy": ("scale",),
    "half_t": ("scale",),
    "inverse_gamma": ("scale",),
    "exponential": ("scale",),
    "lomax": ("scale",),
    "uniform": ("lower", "upper"),
    "beta": ("lower", "upper"),
    "gamma": ("lower",),
    "lognormal": (),
}


@dataclass(frozen=True, slots=True)
class NamedPrior:
    """A prior of ``alternatives.toml``.

    Parameters
    ----------
    target : {"tau", "location", "differences"}
        What it is a prior of; tau: every standard deviation of true effects that a model has.
    name, title : str
        Family with numbers, and what kind of reader holds it.
    because, source : str
        Why, and whose.
    prior : Prior
        The prior, on Fisher's z.
    """

    target: Target
    name: str
    title: str
    because: str
    source: str
    prior: Prior


@cache
def named_priors() -> tuple[NamedPrior, ...]:
    """Read the named priors.

    Returns
    -------
    tuple of NamedPrior
        In the order of the file: tau, location, differences.

    Examples
    --------
    >>> [str(named.prior) for named in named_priors() if named.target == "location"]
    ['normal(0, 0.25)', 'normal(0, 0.5)', 'normal(0, 1)']
    """
    text = files("bayes_alliance.spec").joinpath("alternatives.toml").read_text(encoding="utf-8")
    tables = tomllib.loads(text)
    return tuple(
        NamedPrior(
            target=target,
            name=entry["name"],
            title=entry["title"],
            because=entry["because"],
            source=entry["source"],
            prior=Prior.from_mapping(
                {**entry["prior"], "because": f"{entry['because']} ({entry['source']})"}
            ),
        )
        for target in TARGETS
        for entry in tables[target]
    )


def declared_priors(design: Design, specification: Specification) -> dict[str, Prior]:
    """Declared priors with a scale, of what this analysis estimates.

    Parameters
    ----------
    design : Design
        The analysis.
    specification : Specification
        What was declared.

    Returns
    -------
    dict of str to Prior
        By name in the specification: location, differences, then the taus (tau_total where the
        total and its share have priors). Fixed values and flat priors have no scale.
    """
    priors = specification.priors
    found: dict[str, Prior] = {"location": priors.location}
    if design.prior_differences.shape[1]:
        found["differences"] = priors.differences
    if design.groups is not None:
        found["tau_group"] = priors.tau_group
    if design.tau_total is not None and priors.tau_total is not None:
        found["tau_total"] = priors.tau_total
    else:
        if design.tau_sample is not None or design.scales is not None:
            found["tau_sample"] = priors.tau_sample
        if design.tau_effect is not None:
            found["tau_effect"] = priors.tau_effect
    return {name: p for name, p in found.items() if p.family not in ("point", "flat")}


def named_changes(
    named: NamedPrior, design: Design, specification: Specification
) -> dict[str, Prior]:
    """What of an analysis a named prior replaces.

    Parameters
    ----------
    named : NamedPrior
        The prior.
    design : Design
        The analysis.
    specification : Specification
        What was declared.

    Returns
    -------
    dict of str to Prior
        Key paths to the prior; empty where it has nothing to replace, or all of it is declared so.
    """
    declared = declared_priors(design, specification)
    if named.target == "tau":
        touched = [name for name in declared if name.startswith("tau_")]
    else:
        touched = [name for name in declared if name == named.target]
        flat = getattr(specification.priors, named.target).family == "flat"
        if flat and (named.target == "location" or design.prior_differences.shape[1]):
            touched = [named.target]
    same = all(name in declared and _alike(declared[name], named.prior) for name in touched)
    return {} if same else {f"priors.{name}": named.prior for name in touched}


def _alike(one: Prior, other: Prior) -> bool:
    return one.family == other.family and dict(one.parameters) == dict(other.parameters)


def rescaled(prior: Prior, factor: float) -> Prior:
    """The prior of a quantity that is `factor` times as far from its centre.

    Parameters
    ----------
    prior : Prior
        A normal, whose mean is kept, or a prior of a standard deviation, which is multiplied.
    factor : float
        Above 0.

    Returns
    -------
    Prior
        Of the same family.

    Raises
    ------
    InputError
        If the family has no scale (flat, point), or the factor is not positive.

    Examples
    --------
    >>> str(rescaled(Prior("half_t", df=3, scale=0.5), 2.0))
    'half_t(3, 1)'
    """
    if prior.family not in MULTIPLIED or not (math.isfinite(factor) and factor > 0):
        raise InputError(
            Problem(
                what=f"the prior {prior} cannot be made {factor:g} times as wide",
                cure="Take a factor above 0 and a prior with a scale, not flat or point",
                code="no_scale",
            )
        )
    values = dict(prior.parameters)
    for name in MULTIPLIED[prior.family]:
        values[name] *= factor
    if prior.family == "gamma":
        values["rate"] /= factor
    if prior.family == "lognormal":
        values["mu"] += math.log(factor)
    times = f"{factor:.4g} times as wide as declared"
    return Prior(prior.family, because=f"{times}. {prior.because}".strip(), **values)


def scale_words(name: str, prior: Prior) -> str:
    """Say the scale of a prior in words.

    Parameters
    ----------
    name : str
        Name of the prior in the specification.
    prior : Prior
        The prior.

    Returns
    -------
    str
        ``sd of location = 0.5``; where a family has no one scale, its median.
    """
    own = {"normal": "sd", "lognormal": "", "gamma": "", "uniform": "upper", "beta": "upper"}
    parameter = own.get(prior.family, "scale")
    if parameter:
        limit = {"sd": "sd", "scale": "scale", "upper": "upper limit"}[parameter]
        return f"{limit} of {name} = {prior.parameters[parameter]:.3g}"
    return f"median of {name} = {prior.median:.3g}"
