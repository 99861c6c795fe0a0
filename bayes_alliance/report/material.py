"""Everything a report is made of: the fit, what was read from it, and what was varied."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from bayes_alliance.checks.result import CheckResult
from bayes_alliance.engines.fitted import Fitted
from bayes_alliance.engines.reml.twin_record import Twin
from bayes_alliance.report.variation import Variation
from bayes_alliance.summaries.answers import Answers

__all__ = ["Material"]


@dataclass(frozen=True, slots=True)
class Material:
    """What tables, paragraphs, checklists and documents are made from; they compute no fit.

    Parameters
    ----------
    fitted : Fitted
        The analysis.
    answers : Answers
        Its answers.
    checks : tuple of CheckResult
        Its checks; empty if none were made.
    twin : Twin
        The same model by REML.
    variations : mapping of str to Variation
        Sensitivity analyses that were made, by what was varied ("priors", "leave-one-out",
        "evidence", "dependence", ...). What is missing here was not done, and is told so.
    declined : mapping of str to str
        Sensitivity analyses that were asked for and do not apply to this analysis, and why.
    command : str
        The command or call that made the fit, for the provenance; empty if it is not known.
    """

    fitted: Fitted
    answers: Answers
    checks: tuple[CheckResult, ...]
    twin: Twin
    variations: Mapping[str, Variation] = field(default_factory=dict)
    declined: Mapping[str, str] = field(default_factory=dict)
    command: str = ""
