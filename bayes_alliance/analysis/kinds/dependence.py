"""The correlation of the sampling errors within samples, varied."""

from __future__ import annotations

from bayes_alliance.analysis.kinds.kind import Kind, Sensitivity, Settings
from bayes_alliance.engines.fitted import Fitted
from bayes_alliance.report.variations import curve_record, curve_text
from bayes_alliance.sensitivity.correlation import over_rho
from bayes_alliance.sensitivity.pattern import refuse_rho

__all__ = ["KIND"]


def _run(fitted: Fitted, settings: Settings) -> Sensitivity:
    from bayes_alliance.plots.correlation import correlation

    curve = over_rho(fitted)
    return Sensitivity(
        "dependence",
        curve_text(fitted, curve),
        curve_record(fitted, curve),
        {"rho": curve.table, "changes": curve.changes.set_index("answer")},
        {"rho": lambda: correlation(fitted, curve)},
    )


KIND = Kind(_run, refuse_rho)
