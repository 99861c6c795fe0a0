"""One call from a table to a sensitivity analysis: text, JSON, tables and figures."""

from __future__ import annotations

from dataclasses import fields, replace
from importlib import import_module
from typing import Final

from bayes_alliance.analysis.kinds.kind import Kind, Sensitivity, Settings
from bayes_alliance.data.effects import EffectSizes
from bayes_alliance.engines.choose import run_analysis
from bayes_alliance.engines.fitted import Fitted
from bayes_alliance.errors import InputError, Problem
from bayes_alliance.spec.compilation import compile_design
from bayes_alliance.spec.specification import Specification

__all__ = ["KINDS", "sensitivity", "vary"]

#: What can be varied, and the module of `bayes_alliance.analysis.kinds` that does it.
KINDS: Final = {
    "dependence": "dependence",
    "leave-one-out": "omission",
    "priors": "priors",
    "moderators": "moderators",
    "multiverse": "multiverse",
    "bias": "bias",
    "evidence": "evidence",
    "design": "design",
}
#: Other names of the same.
ALSO: Final = {"rho": "dependence"}


def sensitivity(
    effects: EffectSizes,
    specification: Specification,
    what: str,
    settings: Settings | None = None,
) -> Sensitivity:
    """Run an analysis exactly and vary something about it.

    Parameters
    ----------
    effects : EffectSizes
        The table.
    specification : Specification
        What is claimed about it.
    what : str
        What is varied, one of `KINDS`.
    settings : Settings, optional
        How.

    Returns
    -------
    Sensitivity
        Text, JSON, tables and figures.

    Raises
    ------
    InputError
        If `what` is not known, a setting is none of its own, or this analysis cannot be varied so;
        before anything is computed.
    """
    kind, given = _kind(what), settings or Settings()
    _refuse_idle(what, kind, given)
    exact = specification.with_changes({"run.engine": "exact"})
    kind.refuse(compile_design(effects, exact), exact)
    fitted = run_analysis(effects, exact, progress=given.progress)
    return replace(kind.run(fitted, given), fitted=fitted)


def vary(fitted: Fitted, what: str, settings: Settings | None = None) -> Sensitivity:
    """Vary something about a finished analysis.

    Parameters
    ----------
    fitted : Fitted
        The analysis; it is run exactly first if its posterior is not by quadrature.
    what : str
        What is varied, one of `KINDS`.
    settings : Settings, optional
        How.

    Returns
    -------
    Sensitivity
        Text, JSON, tables and figures.

    Raises
    ------
    InputError
        As `sensitivity`.
    """
    kind, given = _kind(what), settings or Settings()
    _refuse_idle(what, kind, given)
    exact = fitted.specification.with_changes({"run.engine": "exact"})
    kind.refuse(fitted.design, exact)
    if fitted.posterior.grid is None:
        fitted = run_analysis(fitted.effects, exact, progress=given.progress)
    return replace(kind.run(fitted, given), fitted=fitted)


def _kind(what: str) -> Kind:
    name = ALSO.get(what, what)
    if name not in KINDS:
        raise InputError(
            Problem(
                what=f"{what!r} is nothing that can be varied",
                where="--what",
                cure=f"Choose one of {', '.join(KINDS)}",
                code="unknown_sensitivity",
            )
        )
    found: Kind = import_module(f"bayes_alliance.analysis.kinds.{KINDS[name]}").KIND
    return found


def _refuse_idle(what: str, kind: Kind, settings: Settings) -> None:
    """A setting that this kind does not read is a mistake."""
    none = Settings()
    idle = [
        f"--{field.name.replace('_', '-')}"
        for field in fields(settings)
        if field.name not in {"folder", "progress", *kind.takes}
        and getattr(settings, field.name) != getattr(none, field.name)
    ]
    if idle:
        known = ", ".join(f"--{name.replace('_', '-')}" for name in sorted(kind.takes)) or "none"
        raise InputError(
            Problem(
                what=f"{', '.join(idle)} says nothing about {what}",
                where=f"--what {what}",
                cure=f"Leave it out; options of this analysis: {known}",
                code="idle_setting",
            )
        )
