"""When to worry and how to avoid the misuse of Bayesian statistics (Depaoli & van de Schoot, 2017).

Doi 10.1037/met0000065.
"""

from __future__ import annotations

from typing import Final

from bayes_alliance.report.checklists.item import Checklist
from bayes_alliance.report.checklists.of_computation import (
    autocorrelation,
    convergence,
    doubled,
    resolution,
)
from bayes_alliance.report.checklists.of_model import understood_priors
from bayes_alliance.report.checklists.of_results import predictive, synthesis, twin
from bayes_alliance.report.checklists.of_variations import prior_sensitivity, tau_priors
from bayes_alliance.report.checklists.told import ONLY_AUTHORS, Question, Told, filled
from bayes_alliance.report.material import Material

__all__ = ["wambs"]


def _sense(material: Material) -> Told:
    found = predictive("posterior predictive")(material)
    return Told(found.done, f"{found.says} {ONLY_AUTHORS} what is plausible for the subject.",
                found.where)  # fmt: skip


QUESTIONS: Final = (
    Question("1", "Are the priors understood?", understood_priors),
    Question("2", "Did the chains converge?", convergence),
    Question("3", "Does the answer stay with twice as many iterations?", doubled),
    Question("4", "Are there enough draws to see the posterior?", resolution),
    Question("5", "Do successive draws repeat one another?", autocorrelation),
    Question("6", "Does the posterior make sense for the subject?", _sense),
    Question("7", "Do other priors of the variances change the results?", tau_priors),
    Question("8", "How do the results compare with those without information in the priors?", twin),
    Question("9", "Are the results stable under other priors?", prior_sensitivity),
    Question("10", "Are results told as posterior probabilities and intervals?", synthesis),
)  # fmt: skip


def wambs(material: Material) -> Checklist:
    """Fill in the WAMBS checklist.

    Parameters
    ----------
    material : Material
        The analysis.

    Returns
    -------
    Checklist
        The checklist, filled in.
    """
    title = "When to worry and how to avoid the misuse of Bayesian statistics"
    return filled("WAMBS", title, "depaoli2017", QUESTIONS, material)
