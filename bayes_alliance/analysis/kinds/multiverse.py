"""Every combination of declared choices."""

from __future__ import annotations

from bayes_alliance.analysis.kinds.kind import Kind, Sensitivity, Settings
from bayes_alliance.engines.exact.engine import ExactEngine
from bayes_alliance.engines.fitted import Fitted
from bayes_alliance.errors import InputError, Problem
from bayes_alliance.report.multiverse import multiverse_record, multiverse_text, option_tables
from bayes_alliance.sensitivity.multiverse import run_multiverse
from bayes_alliance.spec.design import Design
from bayes_alliance.spec.specification import Specification

__all__ = ["KIND"]


def _run(fitted: Fitted, settings: Settings) -> Sensitivity:
    from bayes_alliance.plots.specification_curve import specification_curve

    # Beside the folder of results, which is written as a whole at the end.
    out = settings.folder
    kept = None if out is None else out.with_name(f"{out.name}.unfinished")
    found = run_multiverse(
        fitted.effects,
        fitted.specification,
        settings.grid,
        workers=settings.workers,
        dask=settings.dask,
        folder=kept,
        progress=settings.progress,
    )
    return Sensitivity(
        "multiverse",
        multiverse_text(fitted, found),
        multiverse_record(fitted, found),
        option_tables(found),
        {"specification_curve": lambda: specification_curve(fitted, found)},
        unfinished=kept,
    )


def _refuse(design: Design, specification: Specification) -> None:
    reason = ExactEngine().declines(design)
    if reason is not None:
        raise InputError(
            Problem(
                what=f"a multiverse needs exact fits: {reason}",
                where=f"model {specification.name}",
                cure="Take a model that the exact engine runs, for example overall or subscales",
                code="no_exact_multiverse",
            )
        )


KIND = Kind(_run, _refuse, frozenset({"grid", "workers", "dask"}))
