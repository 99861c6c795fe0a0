"""Evidence for and against moderators, and the average over all models."""

from __future__ import annotations

from bayes_alliance.analysis.kinds.kind import Kind, Sensitivity, Settings
from bayes_alliance.engines.fitted import Fitted
from bayes_alliance.errors import InputError
from bayes_alliance.report.frames import left_out_frame
from bayes_alliance.report.moderators import moderators_record, moderators_text
from bayes_alliance.sensitivity.averaging import average
from bayes_alliance.sensitivity.model_average import ModelAverage
from bayes_alliance.sensitivity.moderator_rows import refuse_analysis
from bayes_alliance.sensitivity.moderators import compare_moderators
from bayes_alliance.summaries.headline import headline

__all__ = ["KIND"]


def _run(fitted: Fitted, settings: Settings) -> Sensitivity:
    from bayes_alliance.plots.moderator_evidence import moderator_evidence

    effects, spec = fitted.effects, fitted.specification
    odds = 1.0 if settings.prior_odds is None else settings.prior_odds
    found = compare_moderators(effects, settings.moderators, spec, prior_odds=odds)
    own = None
    if any(row.reason.startswith("no value of") for row in found.left_out):
        own = compare_moderators(
            effects, settings.moderators, spec, rows="each", scales=(), prior_odds=odds
        )
    averaged, notes = _average(fitted, settings.moderators, odds / (1 + odds))
    whole = headline(
        fitted.posterior,
        fitted.design,
        orders=spec.location.orders,
        rope_effect=spec.rope.effect_r,
        rope_difference=spec.rope.difference_r,
    )
    tables = {"moderators": found.table}
    if own is not None:
        tables["moderators_on_own_rows"] = own.table
    if averaged is not None:
        tables |= {
            "inclusion": averaged.inclusion,
            "models": averaged.table,
            "averages": averaged.averages,
        }
    if found.left_out:
        tables["left_out"] = left_out_frame(found.left_out).set_index("row")
    return Sensitivity(
        "moderators",
        moderators_text(fitted, found, own=own, average=averaged, notes=notes),
        moderators_record(fitted, found, whole, own=own, average=averaged, notes=notes),
        tables,
        {"moderator_evidence": lambda: moderator_evidence(fitted, found, averaged)},
    )


def _average(
    fitted: Fitted, moderators: tuple[str, ...] | None, prior: float
) -> tuple[ModelAverage | None, tuple[str, ...]]:
    """The average, or why there is none: terms that repeat one another, or too many models."""
    try:
        found = average(
            fitted.effects,
            moderators,
            fitted.specification,
            structures=fitted.design.tau_total is None,
            prior_inclusion=prior,
        )
    except InputError as error:
        reasons = " ".join(str(problem) for problem in error.problems)
        return None, (f"There is no average over the models: {reasons}",)
    return found, ()


KIND = Kind(_run, refuse_analysis, frozenset({"moderators", "prior_odds"}))
