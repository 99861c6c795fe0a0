"""What the data say for and against hypotheses and moderators, for standards."""

from __future__ import annotations

import math
from typing import Any, Final

from bayes_alliance.report.checklists.of_variations import varied, verdict
from bayes_alliance.report.checklists.told import Told, joined, most
from bayes_alliance.report.material import Material
from bayes_alliance.report.numbers import percent, probability, probability_phrase

__all__ = [
    "bayes_factors",
    "evidence_over_priors",
    "how_moderators",
    "moderators",
    "prior_odds",
]

#: A posterior probability that counts as decisive in the question which prior it needs.
DECISIVE: Final = 0.95
#: So many hypotheses are named.
MOST_TESTS: Final = 3


def bayes_factors(material: Material) -> Told:
    """Bayes factors with their prior odds and posterior probabilities.

    Parameters
    ----------
    material : Material
        The analysis.

    Returns
    -------
    Told
        Of the first hypotheses, with what was assumed before the data.
    """

    def says(record: dict[str, Any]) -> str:
        rows = record.get("rows", ())
        odds = {row["answers"].get("prior_odds") for row in rows} - {None}
        told = [
            probability_phrase(str(row["label"]), row["answers"]["posterior_probability"])
            for row in rows[:MOST_TESTS]
            if row["answers"].get("posterior_probability") is not None
        ]
        before = f" with prior odds {joined([f'{x:g}' for x in sorted(odds)])}" if odds else ""
        return f"{_hypotheses(len(rows))} tested{before}. " + (
            f"After the data: {'; '.join(told)}. {verdict(record, 1)}" if told else verdict(record)
        )

    return varied(material, "evidence", says)


def _hypotheses(number: int) -> str:
    return "1 hypothesis was" if number == 1 else f"{number} hypotheses were"


def prior_odds(material: Material) -> Told:
    """How probable an alternative must be before the data to be decisive afterwards.

    With a Bayes factor BF10 the posterior odds are BF10 times the prior odds.

    Parameters
    ----------
    material : Material
        The analysis.

    Returns
    -------
    Told
        Smallest prior probability for a posterior one of .95, for the first hypotheses.
    """

    def says(record: dict[str, Any]) -> str:
        told = [
            f"{row['answers'].get('h1', row['label'])}: "
            f"{probability(_needed(row['answers']['log_bf10']))}"
            for row in record.get("rows", ())[:MOST_TESTS]
            if row["answers"].get("log_bf10") is not None
        ]
        return (
            "Between 1/3 and 3 the data cannot tell. Smallest prior probability of an "
            f"alternative that makes its posterior probability {probability(DECISIVE)}: "
            f"{'; '.join(told)}."
        )

    return varied(material, "evidence", says)


def _needed(log_bf10: float) -> float:
    log_odds = math.log(DECISIVE / (1 - DECISIVE)) - log_bf10
    return 1 / (1 + math.exp(-min(max(log_odds, -700.0), 700.0)))


def evidence_over_priors(material: Material) -> Told:
    """Bayes factors over the scale of the priors.

    Parameters
    ----------
    material : Material
        The analysis.

    Returns
    -------
    Told
        That each was computed over a range of prior scales.
    """

    def says(record: dict[str, Any]) -> str:
        number = len(record.get("rows", ()))
        head = (
            f"Each Bayes factor ({number}) was computed over the scale of the priors it rests on."
        )
        return f"{head} {verdict(record)}".strip()

    return varied(material, "evidence", says)


def moderators(material: Material) -> Told:
    """What explains differences between effects.

    Parameters
    ----------
    material : Material
        The analysis.

    Returns
    -------
    Told
        Done where moderators were compared, or where the model itself has terms.
    """
    # A mean for each sample is no moderator.
    terms = [term.name for term in material.fitted.design.terms if term.name != "sample"]
    terms += [f"tau_{model.level}" for model in material.fitted.design.scale_models]
    own = f"The model itself has terms: {joined(terms)}." if terms else ""
    if "moderators" in material.variations:
        told = varied(material, "moderators")
        return Told(True, f"{own} {told.says}".strip(), told.where)
    if own:
        return Told(True, f"{own}{_explained(material)}", "moderators")
    return varied(material, "moderators")


def how_moderators(material: Material) -> Told:
    """How causes of heterogeneity were looked for.

    Parameters
    ----------
    material : Material
        The analysis.

    Returns
    -------
    Told
        As `moderators`, with what was compared in place of what came out.
    """
    found = material.variations.get("moderators")
    if found is None:
        return moderators(material)
    rows, prior = found.record.get("rows", ()), found.record.get("prior", {})
    told = f"Compared by Bayes factors: {most([str(row['label']) for row in rows])}"
    if prior.get("differences_sd") is not None:
        told += f"; prior sd of a difference {prior['differences_sd']:g}"
    if prior.get("prior_odds") is not None:
        told += f", prior odds {prior['prior_odds']:g} each"
    return Told(True, f"{told}. Whether they were chosen before the data were seen, the authors "
                "have to say.", "moderators")  # fmt: skip


def _explained(material: Material) -> str:
    found = material.answers.explained
    if found is None:
        return ""
    share = found.posterior
    return (
        f" They explain {percent(share.median)} [{percent(share.lower)}, {percent(share.upper)}] "
        f"of the variance of true effects (before the data {percent(found.prior_median)})."
    )
