"""Small-study effects and selection: regressions on the standard error, selection, averages."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from typing import TYPE_CHECKING, cast

from bayes_alliance.analysis.kinds.kind import Kind, Sensitivity, Settings
from bayes_alliance.engines.fitted import Fitted
from bayes_alliance.engines.selection.steps import Mechanism, refusal_of_selection
from bayes_alliance.report.bias import bias_record, bias_text
from bayes_alliance.sensitivity.bias import analyse_bias, refuse_bias

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["KIND"]


def _run(fitted: Fitted, settings: Settings) -> Sensitivity:
    from bayes_alliance.plots.bias import corrected_means, step_weights
    from bayes_alliance.plots.funnel import funnel
    from bayes_alliance.plots.style import figure_of

    if settings.progress and refusal_of_selection(fitted.design) is None:
        print("Sampling the selection model (NUTS, up to a minute) ...", file=sys.stderr)
    found = analyse_bias(
        fitted,
        predictor=settings.predictor,
        mechanism=cast("Mechanism", settings.mechanism or "effects"),
        cores=os.cpu_count() or 1,
        progress=settings.progress,
    )
    tables = {"bias": found.table, "prior_scales": found.curve.set_index("regression")}
    if found.selection is not None:
        tables["weights"] = found.selection.weights
    figures: dict[str, Callable[[], Figure]] = {
        "funnel": lambda: figure_of(funnel(fitted, found)[0]),
        "means": lambda: figure_of(corrected_means(found)),
    }
    if found.selection is not None:
        figures["weights"] = lambda: figure_of(step_weights(found))
    return Sensitivity("bias", bias_text(found), bias_record(found), tables, figures)


KIND = Kind(_run, refuse_bias, frozenset({"predictor", "mechanism"}))
