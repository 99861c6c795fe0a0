"""What sensitivity analyses found, as answers to questions of reporting standards."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from bayes_alliance.checks.result import counted
from bayes_alliance.report.checklists.commands import refusal, sensitivity_command
from bayes_alliance.report.checklists.told import Told, joined, sentence
from bayes_alliance.report.material import Material

__all__ = [
    "KINDS",
    "any_sensitivity",
    "bias",
    "decisions_varied",
    "how_bias",
    "informed_priors",
    "prior_sensitivity",
    "smallest_effects",
    "tau_priors",
    "varied",
    "verdict",
    "what_was_varied",
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
    tail = [f"({more} more in that section.)"] if more > 0 else []
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
    why = refusal(material, what)
    if why is not None:
        return Told(False, f"Not done ({words}): {sentence(why)}")
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
        return f"{head}. {verdict(record)}".strip()

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
        return f"None of the {len(rows)} others changes a conclusion." if rows else ""
    return f"A conclusion changes under {changing} of the {len(rows)} others."


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
            "Does not apply: no benchmark with an interval of its own could serve as an informed "
            "prior of this model.",
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


def how_bias(material: Material) -> Told:
    """How results that are missing were looked for.

    Parameters
    ----------
    material : Material
        The analysis.

    Returns
    -------
    Told
        As `bias`, with the models that were compared in place of what came out.
    """

    def says(record: dict[str, Any]) -> str:
        labels = [str(row["label"]) for row in record.get("rows", ())]
        none = record.get("no_selection_model")
        without = f" No selection model: {sentence(str(none))}" if none else ""
        return f"Compared on the same effect sizes: {joined(labels)}.{without}"

    return varied(material, "bias", says)


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
    if not made:
        return _nothing_varied(material)
    told = [
        f"{KINDS[what][0].capitalize()}: {verdict(material.variations[what].record, 1)}"
        for what in made
    ]
    return Told(True, " ".join(told), KINDS[made[0]][1])


def what_was_varied(material: Material) -> Told:
    """How it was examined whether the results are robust, without what came out.

    Parameters
    ----------
    material : Material
        The analysis.

    Returns
    -------
    Told
        Done if anything was varied; what was not is said.
    """
    made = [what for what in OF_RESULTS if what in material.variations]
    if not made:
        return _nothing_varied(material)
    told = [
        f"{KINDS[what][0]} ({len(material.variations[what].record.get('rows', ()))})"
        for what in made
    ]
    missing = [
        KINDS[what][0]
        for what in OF_RESULTS
        if what not in material.variations and what not in material.declined
    ]
    rest = f" Not varied: {joined(missing)}." if missing else ""
    return Told(True, f"Varied: {joined(told)}.{rest}", KINDS[made[0]][1])


def _nothing_varied(material: Material) -> Told:
    why = refusal(material, OF_RESULTS[0])
    if why is not None:
        return Told(False, f"None was made; other priors: {sentence(why)}")
    command = sensitivity_command(material, OF_RESULTS[0])
    return Told(False, f"None was made. Command, for the priors: {command}")
