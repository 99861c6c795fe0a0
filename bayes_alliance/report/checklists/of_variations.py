"""What sensitivity analyses found, as answers to questions of reporting standards."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from bayes_alliance.checks.result import counted
from bayes_alliance.report.checklists.commands import sensitivity_command
from bayes_alliance.report.checklists.told import Told, joined, sentence
from bayes_alliance.report.material import Material
from bayes_alliance.report.numbers import percent, probability, probability_phrase

__all__ = [
    "KINDS",
    "any_sensitivity",
    "bayes_factors",
    "bias",
    "decisions_varied",
    "evidence_over_priors",
    "informed_priors",
    "moderators",
    "prior_odds",
    "prior_sensitivity",
    "smallest_effects",
    "tau_priors",
    "varied",
    "verdict",
]

#: What can be varied, in words and with the section of the report that shows it.
KINDS: Final[Mapping[str, tuple[str, str]]] = {
    "priors": ("other priors", "sensitivity"),
    "dependence": ("other correlations of sampling errors within samples", "sensitivity"),
    "leave-one-out": ("each sample left out", "influence"),
    "multiverse": ("every combination of declared choices", "sensitivity"),
    "bias": ("small-study effects and selection of results", "bias"),
    "evidence": ("Bayes factors of every hypothesis over prior scales", "evidence"),
    "moderators": ("evidence for and against each moderator", "moderators"),
    "design": ("the smallest effects that these data could have shown", "limits"),
}
#: Those that ask whether the results of the synthesis are robust.
OF_RESULTS: Final = ("priors", "dependence", "leave-one-out", "multiverse")
#: So many sentences of an analysis are repeated; its section has the others.
MOST_SENTENCES: Final = 2
#: A posterior probability that counts as decisive in the question which prior it needs.
DECISIVE: Final = 0.95
#: So many hypotheses are named.
MOST_TESTS: Final = 3


def verdict(record: Mapping[str, Any], number: int = MOST_SENTENCES) -> str:
    """Say the main results of a sensitivity analysis.

    Parameters
    ----------
    record : mapping
        Its record.
    number : int
        So many of its sentences are told.

    Returns
    -------
    str
        Sentences, and how many more there are.
    """
    told = [sentence(str(line)) for line in record.get("sentences", ()) if str(line).strip()]
    more = len(told) - number
    tail = [f"{counted(more, 'more sentence')} there."] if more > 0 else []
    return " ".join([*told[:number], *tail])


def varied(
    material: Material,
    what: str,
    says: Callable[[dict[str, Any]], str] = verdict,
) -> Told:
    """Tell a sensitivity analysis, or that it was not made and how it would be.

    Parameters
    ----------
    material : Material
        The analysis.
    what : str
        What was varied.
    says : callable
        Takes the record and returns sentences.

    Returns
    -------
    Told
        Done if the material has it.
    """
    words, where = KINDS[what]
    if what in material.variations:
        return Told(True, says(material.variations[what].record), where)
    if what in material.declined:
        return Told(False, f"Not done ({words}): {sentence(material.declined[what])}")
    return Told(False, f"Not done ({words}). Command: {sensitivity_command(material, what)}")


def prior_sensitivity(material: Material) -> Told:
    """Other priors, one after another and over the scale of each.

    Parameters
    ----------
    material : Material
        The analysis.

    Returns
    -------
    Told
        How many, and what they change.
    """

    def says(record: dict[str, Any]) -> str:
        rows = record.get("rows", ())
        head = f"The analysis was repeated under {counted(len(rows), 'other choice')} of priors"
        if record.get("curves"):
            head += f" and over the scale of {counted(len(record['curves']), 'prior')}"
        return f"{head}. {_changed(rows)} {verdict(record)}".strip()

    return varied(material, "priors", says)


def decisions_varied(material: Material) -> Told:
    """Whether a conclusion hangs on the priors.

    Parameters
    ----------
    material : Material
        The analysis.

    Returns
    -------
    Told
        How many of the other priors change one.
    """
    return varied(material, "priors", lambda record: _changed(record.get("rows", ())))


def _changed(rows: Sequence[Mapping[str, Any]]) -> str:
    changing = sum(bool(row.get("differences")) for row in rows)
    if not changing:
        return f"None of the {len(rows)} changes a conclusion." if rows else ""
    return f"A conclusion changes under {changing} of the {len(rows)}."


def informed_priors(material: Material) -> Told:
    """Published results as a prior, beside the declared priors.

    Parameters
    ----------
    material : Material
        The analysis.

    Returns
    -------
    Told
        Not applicable where no benchmark can be a prior.
    """
    found = material.variations.get("priors")
    if found is not None and not found.record.get("given_benchmarks"):
        return Told(
            None,
            "Does not apply: no prior is declared to rest on one published result, and no "
            "benchmark with an interval could serve as one.",
            "sensitivity",
        )

    def says(record: dict[str, Any]) -> str:
        names = [str(given["benchmark"]) for given in record["given_benchmarks"]]
        return f"The analysis was repeated with published results as the prior: {joined(names)}."

    return varied(material, "priors", says)


def tau_priors(material: Material) -> Told:
    """Other priors of the heterogeneity.

    Parameters
    ----------
    material : Material
        The analysis.

    Returns
    -------
    Told
        Not applicable where the model has no heterogeneity.
    """
    if material.answers.heterogeneity.tau_total is None:
        return Told(None, "Does not apply: the model has no variance with a prior.", "model")
    found = material.variations.get("priors")
    if found is None:
        return varied(material, "priors")
    rows = [
        row
        for row in found.record.get("rows", ())
        if any("tau" in str(path) or "share" in str(path) for path in row.get("choices", ()))
    ]
    if not rows:
        return Told(False, "No other prior of a tau was among those tried: declare one under "
                    "[[alternatives]].", "sensitivity")  # fmt: skip
    return Told(
        True,
        f"{counted(len(rows), 'other choice')} of priors on the standard deviations tau. "
        f"{_changed(rows)}",
        "sensitivity",
    )


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
        number = counted(len(record.get("rows", ())), "Bayes factor")
        return f"{number} over the scale of the priors it depends on. {verdict(record)}".strip()

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
    terms = [term.name for term in material.fitted.design.terms]
    terms += [f"tau_{model.level}" for model in material.fitted.design.scale_models]
    own = f"The model itself has terms: {joined(terms)}." if terms else ""
    if "moderators" in material.variations:
        told = varied(material, "moderators")
        return Told(True, f"{own} {told.says}".strip(), told.where)
    if own:
        return Told(True, f"{own}{_explained(material)}", "moderators")
    return varied(material, "moderators")


def _explained(material: Material) -> str:
    found = material.answers.explained
    if found is None:
        return ""
    share = found.posterior
    return (
        f" They explain {percent(share.median)} [{percent(share.lower)}, {percent(share.upper)}] "
        f"of the variance of true effects (before the data {percent(found.prior_median)})."
    )


def bias(material: Material) -> Told:
    """Small-study effects and selection of results.

    Parameters
    ----------
    material : Material
        The analysis.

    Returns
    -------
    Told
        What was found.
    """
    return varied(material, "bias")


def smallest_effects(material: Material) -> Told:
    """The smallest effects that the data could have shown.

    Parameters
    ----------
    material : Material
        The analysis.

    Returns
    -------
    Told
        What was found.
    """
    return varied(material, "design")


def any_sensitivity(material: Material) -> Told:
    """Whatever was varied to see whether the results are robust.

    Parameters
    ----------
    material : Material
        The analysis.

    Returns
    -------
    Told
        Done if anything was; what was not is said.
    """
    made = [what for what in OF_RESULTS if what in material.variations]
    missing = [KINDS[what][0] for what in OF_RESULTS if what not in material.variations]
    if not made:
        command = sensitivity_command(material, OF_RESULTS[0])
        return Told(False, f"None was made. Command, for the priors: {command}")
    told = [
        f"{KINDS[what][0].capitalize()}: {verdict(material.variations[what].record, 1)}"
        for what in made
    ]
    rest = f" Not varied: {joined(missing)}." if missing else ""
    return Told(True, " ".join(told) + rest, KINDS[made[0]][1])
