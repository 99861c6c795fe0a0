"""Every hypothesis that a model invites, tested over the scale of its priors."""

from __future__ import annotations

import sys

from bayes_alliance.analysis.kinds.kind import Kind, Sensitivity, Settings
from bayes_alliance.engines.fitted import Fitted
from bayes_alliance.report.evidence import (
    curve_frame,
    evidence_record,
    evidence_text,
    hypothesis_frame,
)
from bayes_alliance.sensitivity.evidence import refuse_odds
from bayes_alliance.sensitivity.invited import invited_tests, refuse_evidence
from bayes_alliance.spec.design import Design
from bayes_alliance.spec.specification import Specification
from bayes_alliance.summaries.headline import headline

__all__ = ["KIND"]


def _refuse(design: Design, specification: Specification) -> None:
    refuse_evidence(design)


def _run(fitted: Fitted, settings: Settings) -> Sensitivity:
    from bayes_alliance.plots.evidence import evidence

    odds = 1.0 if settings.prior_odds is None else settings.prior_odds
    refuse_odds(odds)
    shown = settings.progress and sys.stderr.isatty()
    tests = invited_tests(fitted, prior_odds=odds, told=_tell if shown else None)
    spec = fitted.specification
    baseline = headline(
        fitted.posterior,
        fitted.design,
        orders=spec.location.orders,
        rope_effect=spec.rope.effect_r,
        rope_difference=spec.rope.difference_r,
    )
    return Sensitivity(
        "evidence",
        evidence_text(fitted, tests),
        evidence_record(fitted, tests, baseline),
        {"evidence": hypothesis_frame(tests), "curves": curve_frame(tests).set_index("hypothesis")},
        {"evidence": lambda: evidence(fitted, tests)},
    )


def _tell(hypothesis: str) -> None:
    sys.stderr.write(f"Testing {hypothesis}\n")


KIND = Kind(_run, _refuse, frozenset({"prior_odds"}))
