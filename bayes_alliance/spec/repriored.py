"""Other priors on a design that is compiled already: the rows, V and X stay as they are."""

from __future__ import annotations

from dataclasses import replace

import pandas as pd

from bayes_alliance.data.effects import EffectSizes
from bayes_alliance.errors import InputError, Problem
from bayes_alliance.spec.compilation import compile_design, heterogeneity_of
from bayes_alliance.spec.design import Design
from bayes_alliance.spec.prior import Prior
from bayes_alliance.spec.specification import Specification
from bayes_alliance.spec.tables import Priors

__all__ = ["EXCHANGEABLE", "compile_unit", "with_priors", "with_specified_priors"]

#: Priors that can be exchanged without compiling anew.
EXCHANGEABLE = ("location", "differences", "tau_sample", "tau_effect", "tau_total", "share")
#: A location with mean 1 and sd 1 and differences with sd 1: their factors are those of the coding.
UNIT = {
    "location": Prior("normal", because="a unit", mean=1.0, sd=1.0),
    "differences": Prior("normal", because="a unit", mean=0.0, sd=1.0),
}


def compile_unit(effects: EffectSizes, specification: Specification) -> Design:
    """Compile with unit priors of the coefficients, for `with_priors` to put in others.

    Parameters
    ----------
    effects : EffectSizes
        The table.
    specification : Specification
        What is claimed; its priors of the coefficients are put aside.

    Returns
    -------
    Design
        To be given priors before an engine sees it.

    Raises
    ------
    InputError
        As `compile_design` does.
    """
    priors = specification.priors.model_copy(update=UNIT)
    return compile_design(effects, specification.model_copy(update={"priors": priors}))


def with_specified_priors(specification: Specification, priors: Priors) -> Specification:
    """Return a specification with the exchangeable priors of another.

    Parameters
    ----------
    specification : Specification
        What is claimed.
    priors : Priors
        Where the exchangeable priors come from.

    Returns
    -------
    Specification
        The copy; not checked again, because both were.
    """
    taken = {name: getattr(priors, name) for name in EXCHANGEABLE}
    own = specification.priors.model_copy(update=taken)
    return specification.model_copy(update={"priors": own})


def with_priors(unit: Design, specification: Specification) -> Design:
    """Put the priors of a specification into a design from `compile_unit`.

    Parameters
    ----------
    unit : Design
        What `compile_unit` made of the same specification up to its exchangeable priors.
    specification : Specification
        Its priors are taken.

    Returns
    -------
    Design
        What `compile_design` makes of the specification, notes apart.

    Raises
    ------
    InputError
        If a flat prior leaves a coefficient without information, or the priors of the taus do not
        go with the levels of heterogeneity.
    """
    priors = specification.priors
    location, differences = priors.location.parameters, priors.differences.parameters
    flat = tuple(n for n in ("location", "differences") if getattr(priors, n).family == "flat")
    if not unit.prior_differences.shape[1]:
        flat = tuple(name for name in flat if name == "location")
    taus = {} if unit.scales is not None else heterogeneity_of(specification, pd.DataFrame())
    design = replace(
        unit,
        prior_mean=location.get("mean", 0.0) * unit.prior_mean,
        prior_location=location.get("sd", 1.0) * unit.prior_location,
        prior_differences=differences.get("sd", 1.0) * unit.prior_differences,
        flat=flat,
        **{"tau_total": None, "share": None, **taus},
    )
    if not design.identified_by(design.X):
        raise InputError(
            Problem(
                what="with a flat prior the data must inform every coefficient; they do not tell "
                f"{', '.join(design.coefficients)} apart",
                where=f"key priors.{design.flat[0]}",
                cure='Give a normal prior (family = "normal")',
                code="flat_prior_without_data",
            )
        )
    return design
