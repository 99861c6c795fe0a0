"""Bayesian analysis reporting guidelines (Kruschke, 2021, doi 10.1038/s41562-021-01177-7)."""

from __future__ import annotations

from typing import Final

from bayes_alliance.report.checklists.item import Checklist
from bayes_alliance.report.checklists.of_computation import (
    approximation,
    convergence,
    resolution,
    script,
    seeds,
    software,
    software_and_platform,
)
from bayes_alliance.report.checklists.of_data import data_files, variables
from bayes_alliance.report.checklists.of_evidence import (
    bayes_factors,
    evidence_over_priors,
    prior_odds,
)
from bayes_alliance.report.checklists.of_model import (
    default_priors,
    formal_specification,
    goals,
    parameters,
    prior_reasons,
    written_down,
)
from bayes_alliance.report.checklists.of_results import equivalence, estimates, predictive
from bayes_alliance.report.checklists.of_variations import (
    decisions_varied,
    informed_priors,
    prior_sensitivity,
)
from bayes_alliance.report.checklists.told import Question, Told, filled, joined, left_to_authors
from bayes_alliance.report.material import Material

__all__ = ["barg"]


def _default_priors(material: Material) -> Told:
    unchanged = default_priors(material)
    if not unchanged:
        return Told(None, "Does not apply: no prior is a default of the program.", "priors")
    told = prior_sensitivity(material)
    return Told(told.done, f"Defaults of the program: {joined(unchanged)}. {told.says}", told.where)


def _beside_reml(material: Material) -> str:
    if material.twin.unavailable:
        return ""
    return "The same model by REML stands beside it for readers who expect it."


def _rerun(material: Material) -> str:
    return "bayes-alliance rerun DIR compares every number of an archive made by fit --out DIR."


QUESTIONS: Final = (
    Question("Preamble A", "Why a Bayesian analysis serves this audience",
             left_to_authors("why it serves this one", _beside_reml, "frequentist")),
    Question("Preamble B", "What the analysis is meant to find out", goals),
    Question("1.A", "Which variables are predicted, and from which", variables),
    Question("1.B", "The likelihood and its levels; which parameters matter and which serve",
             parameters),
    Question("1.C", "Every prior, with its reason", prior_reasons),
    Question("1.D", "Likelihood and priors as formulas or code", formal_specification),
    Question("1.E", "What data the priors expect, by simulation", predictive("prior predictive")),
    Question("2.A", "The software and its parts", software),
    Question("2.B", "That the chains agree, for every parameter", convergence),
    Question("2.C", "That there are enough effective draws, for every parameter", resolution),
    Question("2.D", "Without chains: how exact the computation is", approximation),
    Question("3.A", "Whether the fitted model reproduces the data",
             predictive("posterior predictive")),
    Question("3.B", "Centre and interval of the posterior of what matters", estimates),
    Question("3.C", "With Bayes factors: prior and posterior probabilities too", bayes_factors),
    Question("4.A", "Whether and why a decision is needed at all",
             left_to_authors("whether a decision is needed; the report makes none")),
    Question("4.B", "What each wrong decision would cost",
             left_to_authors("what a wrong decision would cost")),
    Question("4.C", "Limits of practical equivalence, and why these", equivalence),
    Question("4.D", "With Bayes factors: the threshold, and the prior probability that reaches it",
             prior_odds),
    Question("4.E", "Estimates beside every decision", estimates),
    Question("5.A", "Whether other broad priors change the results", prior_sensitivity),
    Question("5.B", "Whether other informed priors change the results", informed_priors),
    Question("5.C", "Whether results hang on default priors", _default_priors),
    Question("5.D", "Whether Bayes factors hang on the priors", evidence_over_priors),
    Question("5.E", "Whether conclusions hang on the priors", decisions_varied),
    Question("6.A", "Versions of all software, and the machine", software_and_platform),
    Question("6.B", "The script or command, with seeds", script),
    Question("6.C", "Whether others can read the script", written_down),
    Question("6.D", "Data and other files that the script needs", data_files),
    Question("6.E", "That the files run as they are",
             left_to_authors("whether the published files ran again", _rerun, "provenance")),
    Question("6.F", "That the draws can be made again", seeds),
)  # fmt: skip


def barg(material: Material) -> Checklist:
    """Fill in the Bayesian analysis reporting guidelines.

    Parameters
    ----------
    material : Material
        The analysis.

    Returns
    -------
    Checklist
        The guidelines, filled in.
    """
    title = "Bayesian analysis reporting guidelines"
    return filled("BARG", title, "kruschke2021", QUESTIONS, material)
