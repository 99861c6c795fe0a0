"""Which engine runs a design, and the run."""

from __future__ import annotations

import os
from dataclasses import replace
from typing import Final, Literal

from bayes_alliance.data.effects import EffectSizes
from bayes_alliance.engines.engine import Engine, RunOptions
from bayes_alliance.engines.fitted import Fitted
from bayes_alliance.errors import InputError, Problem
from bayes_alliance.posterior.posterior import Posterior
from bayes_alliance.spec.compilation import compile_design
from bayes_alliance.spec.design import Design
from bayes_alliance.spec.specification import Specification

__all__ = ["run_analysis"]

#: All engines, the preferred first.
ENGINES: Final = ("exact", "importance", "nuts")
Wanted = Literal["auto", "exact", "importance", "nuts"]


def _engine(name: str) -> Engine:
    """An engine by its name; imported only when it is asked."""
    if name == "exact":
        from bayes_alliance.engines.exact.engine import ExactEngine

        return ExactEngine()
    if name == "importance":
        from bayes_alliance.engines.importance.engine import ImportanceEngine

        return ImportanceEngine()
    from bayes_alliance.engines.nuts.engine import NutsEngine

    return NutsEngine()


def run_analysis(
    effects: EffectSizes,
    specification: Specification,
    *,
    cores: int | None = None,
    progress: bool = False,
) -> Fitted:
    """Compile, choose an engine, run it.

    Parameters
    ----------
    effects : EffectSizes
        The table.
    specification : Specification
        What is claimed, with the ``[run]`` options.
    cores : int, optional
        Processor cores to be used; by default all, at most one a chain.
    progress : bool
        Whether long work shows its progress.

    Returns
    -------
    Fitted
        The finished analysis.

    Raises
    ------
    InputError
        If the table and the specification do not fit, or the engine asked for declines.
    """
    design = compile_design(effects, specification)
    options = RunOptions.of(
        specification.run, cores=cores or os.cpu_count() or 1, progress=progress
    )
    posterior, declined = _answer(design, specification.run.engine, options)
    provenance = replace(posterior.provenance, declined=declined)
    return Fitted(effects, specification, design, replace(posterior, provenance=provenance))


def _answer(
    design: Design, wanted: Wanted, options: RunOptions
) -> tuple[Posterior, dict[str, str]]:
    """The posterior by the first engine that can; with the reasons of those that cannot.

    An engine that was asked for by name gives its answer even where it falls short: its checks
    tell.
    """
    declined: dict[str, str] = {}
    for name in ENGINES if wanted == "auto" else (wanted,):
        engine = _engine(name)
        reason = engine.declines(design)
        if reason is None:
            posterior = engine.run(design, options)
            reason = engine.falls_short(posterior)
            if wanted != "auto" or reason is None:
                return posterior, declined
        declined[name] = reason
    reasons = "; ".join(f"{name}: {reason}" for name, reason in declined.items())
    raise InputError(
        Problem(
            what=f"no engine {wanted!r} can run this analysis ({reasons})",
            where="run.engine",
            cure=f'Use engine = "auto"; available: {", ".join(ENGINES)}',
            code="no_engine",
        )
    )
