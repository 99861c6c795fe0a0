"""The priors, varied."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from bayes_alliance.analysis.kinds.kind import Kind, Sensitivity, Settings
from bayes_alliance.engines.fitted import Fitted
from bayes_alliance.report.priors import PriorAnalysis, priors_record, priors_text
from bayes_alliance.sensitivity.beliefs import prior_and_posterior
from bayes_alliance.sensitivity.benchmark_prior import given_benchmarks
from bayes_alliance.sensitivity.curves import over_prior_scales
from bayes_alliance.sensitivity.power_scaling import power_scaling
from bayes_alliance.sensitivity.prior_predictive import prior_predictive
from bayes_alliance.sensitivity.priors import over_priors, refuse_priors

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["KIND"]


def _run(fitted: Fitted, settings: Settings) -> Sensitivity:
    import pandas as pd

    from bayes_alliance.plots.prior_alternatives import alternatives
    from bayes_alliance.plots.prior_curves import prior_curves

    found = PriorAnalysis(
        alternatives=over_priors(fitted),
        curves=over_prior_scales(fitted),
        power=power_scaling(fitted),
        predictive=prior_predictive(fitted),
        before_and_after=prior_and_posterior(fitted),
        given=given_benchmarks(fitted),
    )
    curves = [curve.answers for curve in found.curves]
    changes = [found.alternatives.changes, *(curve.changes for curve in found.curves)]
    tables = {
        "alternatives": found.alternatives.table,
        "power_scaling": found.power.table,
        "prior_predictive": found.predictive.table,
        "prior_and_posterior": found.before_and_after,
        "changes": pd.concat([c for c in changes if len(c)] or changes[:1]).set_index("prior"),
    }
    figures: dict[str, Callable[[], Figure]] = {
        "alternatives": lambda: alternatives(fitted, found.alternatives)
    }
    if curves:
        tables["curves"] = pd.concat(curves).set_index("prior")
        figures["prior_curves"] = lambda: prior_curves(fitted, found.curves)
    return Sensitivity(
        "priors", priors_text(fitted, found), priors_record(fitted, found), tables, figures
    )


KIND = Kind(_run, refuse_priors)
