"""Every sample left out, one after another."""

from __future__ import annotations

from bayes_alliance.analysis.kinds.kind import Kind, Sensitivity, Settings
from bayes_alliance.engines.fitted import Fitted
from bayes_alliance.report.variations import omission_record, omission_text
from bayes_alliance.sensitivity.omission import leave_one_out, refuse_omission
from bayes_alliance.summaries.headline import headline

__all__ = ["KIND"]


def _run(fitted: Fitted, settings: Settings) -> Sensitivity:
    spec, table = fitted.specification, leave_one_out(fitted)
    whole = headline(
        fitted.posterior,
        fitted.design,
        orders=spec.location.orders,
        rope_effect=spec.rope.effect_r,
        rope_difference=spec.rope.difference_r,
    )
    return Sensitivity(
        "leave-one-out",
        omission_text(fitted, table),
        omission_record(fitted, table, whole),
        {"leave_one_out": table},
        {},
    )


KIND = Kind(_run, refuse_omission)
