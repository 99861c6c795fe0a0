"""Small-study effects and selection: regressions on the standard error, selection, averages."""

from __future__ import annotations

import os
from typing import cast

from bayes_alliance.analysis.kinds.kind import Kind, Sensitivity, Settings
from bayes_alliance.engines.fitted import Fitted
from bayes_alliance.engines.selection.steps import Mechanism
from bayes_alliance.report.bias import bias_record, bias_text
from bayes_alliance.sensitivity.bias import analyse_bias, refuse_bias

__all__ = ["KIND"]


def _run(fitted: Fitted, settings: Settings) -> Sensitivity:
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
    return Sensitivity("bias", bias_text(found), bias_record(found), tables, {})


KIND = Kind(_run, refuse_bias, frozenset({"predictor", "mechanism"}))
