"""Results: checks, the failed ones first and plainly."""

from __future__ import annotations

from typing import Final

from bayes_alliance.checks.result import failed
from bayes_alliance.report.material import Material
from bayes_alliance.report.prose.draft import Draft
from bayes_alliance.report.prose.paragraph import Paragraph
from bayes_alliance.report.prose.phrasing import counted, in_words, series, unspaced, without_hints

__all__ = ["diagnostics"]

#: What table and model leave open stands with the model.
TOLD_IN_METHODS: Final = "design"


def diagnostics(material: Material) -> tuple[Paragraph, ...]:
    """Tell what the checks found.

    Parameters
    ----------
    material : Material
        The analysis.

    Returns
    -------
    tuple of Paragraph
        One; none if nothing was checked.
    """
    draft = Draft("checks", "Checks")
    wrong = failed(material.checks)
    passed = [check for check in material.checks if check.passed is True]
    applied = len(wrong) + len(passed)
    if wrong:
        draft.say(f"Of {counted(applied, 'check')}, {in_words(len(wrong))} failed.")
        for check in wrong:
            draft.say(f"Failed: {check.name}. {unspaced(check.text)}")
        if any(check.voids_numbers for check in wrong):
            draft.say("The numbers of this analysis must not be reported before this is settled.")
    if passed:
        names = series([check.name for check in passed])
        all_of = "All other" if wrong else "All"
        head = f"{all_of} checks that apply were passed ({names})"
        if applied == 1:
            head = f"The one check that applies was passed ({names})"
        draft.say(f"{head}.")
        draft.say(*(unspaced(check.text) for check in passed if _tells_accuracy(check.name)))
    draft.say(*(f"Remark on {check.name}: {unspaced(without_hints(check.text))}"
                for check in material.checks
                if check.is_remark and check.name != TOLD_IN_METHODS))  # fmt: skip
    return draft.paragraphs()


def _tells_accuracy(name: str) -> bool:
    return name in {"R-hat", "bulk ESS", "Pareto k of the proposal"}
