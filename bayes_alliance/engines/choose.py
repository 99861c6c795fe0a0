"""Which engine runs a design, and the run."""

from __future__ import annotations

import os
from dataclasses import replace
from typing import Literal

from bayes_alliance.data.effects import EffectSizes
from bayes_alliance.engines.engine import Engine, RunOptions
from bayes_alliance.engines.fitted import Fitted
from bayes_alliance.errors import InputError, Problem
from bayes_alliance.spec.compilation import compile_design
from bayes_alliance.spec.design import Design
from bayes_alliance.spec.specification import Specification

__all__ = ["run_analysis"]


def _engines() -> tuple[Engine, ...]:
    """All engines, the preferred first; imported only when something is run."""
    from bayes_alliance.engines.exact.engine import ExactEngine
    from bayes_alliance.engines.nuts.engine import NutsEngine

    return (ExactEngine(), NutsEngine())


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
    engine, declined = _choose(design, specification.run.engine)
    options = RunOptions.of(
        specification.run, cores=cores or os.cpu_count() or 1, progress=progress
    )
    posterior = engine.run(design, options)
    provenance = replace(posterior.provenance, declined=declined)
    return Fitted(effects, specification, design, replace(posterior, provenance=provenance))


def _choose(
    design: Design, wanted: Literal["auto", "exact", "nuts"]
) -> tuple[Engine, dict[str, str]]:
    """The first engine that takes the design; with the reasons of those that declined."""
    declined: dict[str, str] = {}
    available = [engine.name for engine in _engines()]
    for engine in _engines():
        if wanted not in ("auto", engine.name):
            continue
        reason = engine.declines(design)
        if reason is None:
            return engine, declined
        declined[engine.name] = reason
    reasons = "; ".join(f"{name}: {reason}" for name, reason in declined.items())
    raise InputError(
        Problem(
            what=f"no engine {wanted!r} can run this analysis"
            + (f" ({reasons})" if reasons else ""),
            where="run.engine",
            cure=f'Use engine = "auto"; available: {", ".join(available)}',
            code="no_engine",
        )
    )
