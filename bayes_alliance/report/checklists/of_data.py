"""What is known of the table, as answers to questions of reporting standards."""

from __future__ import annotations

from collections import Counter
from typing import Final

import numpy as np
import pandas as pd

from bayes_alliance.checks.result import counted
from bayes_alliance.report.checklists.commands import refusal, sensitivity_command
from bayes_alliance.report.checklists.of_variations import verdict
from bayes_alliance.report.checklists.told import ONLY_AUTHORS, Told, joined, most, sentence
from bayes_alliance.report.material import Material
from bayes_alliance.report.text import MEASURES
from bayes_alliance.spec.sampling_words import in_words

__all__ = [
    "data_files",
    "dependence",
    "effect_measure",
    "left_out",
    "preparation",
    "several_effects",
    "single_results",
    "size",
    "used_frame",
    "variables",
]

#: How a correlation was come by, for a reader.
STATISTICS: Final = {
    "pearson": "Pearson correlations as reported",
    "partial": "partial correlations",
    "spearman": "rank correlations",
    "t": "computed from t",
    "F": "computed from F",
    "d": "computed from d",
    "chi2": "computed from chi squared",
}
#: What a correlation printed only as "n.s." becomes.
NOT_SIGNIFICANT: Final = {
    "leave_out": "left out",
    "zero": "set to 0",
    "censored": "taken to lie below the critical value",
}


def used_frame(material: Material) -> pd.DataFrame:
    """Rows of the table that the model uses.

    Parameters
    ----------
    material : Material
        The analysis.

    Returns
    -------
    pandas.DataFrame
        k rows in the order of the design.
    """
    fitted = material.fitted
    return fitted.effects.frame.iloc[fitted.design.rows]


def several_effects(material: Material) -> int:
    """How many samples have more than one effect size.

    Parameters
    ----------
    material : Material
        The analysis.

    Returns
    -------
    int
        Their number.
    """
    return int((np.bincount(material.fitted.design.sample_index) > 1).sum())


def size(material: Material) -> str:
    """Write how large the synthesis is.

    Parameters
    ----------
    material : Material
        The analysis.

    Returns
    -------
    str
        Effects, samples, groups and participants.
    """
    fitted = material.fitted
    design = fitted.design
    used = np.isin(np.arange(len(fitted.effects)), design.rows)
    people = fitted.effects.keep(used).participants
    text = f"{counted(len(design.y), 'effect size')} in {counted(len(design.sample_ids), 'sample')}"
    if design.groups is not None:
        text += f" in {counted(len(design.groups.names), 'group')}"
    return text if people is None else f"{text}, {people:,} participants"


def variables(material: Material) -> Told:
    """What is predicted from what.

    Parameters
    ----------
    material : Material
        The analysis.

    Returns
    -------
    Told
        Left to the authors where the table does not say what its effect sizes are about.
    """
    fitted = material.fitted
    design = fitted.design
    told = f"{size(material)}; {MEASURES[design.measure]}."
    terms = [
        f"{term.name} ({len(term.levels)} levels)" if term.levels else term.slope_name
        for term in design.terms
    ]
    told += f" Moderators in the model: {joined(terms)}." if terms else " No moderators."
    if fitted.effects.topic:
        return Told(True, f"Effect sizes are about {fitted.effects.topic}. {told}", "data")
    return Told(None, f"{told} {ONLY_AUTHORS} what the variables behind them mean.", "data")


def effect_measure(material: Material) -> Told:
    """In what unit effects are analysed and reported.

    Parameters
    ----------
    material : Material
        The analysis.

    Returns
    -------
    Told
        Left to the authors where effect sizes were given ready.
    """
    measure = material.fitted.design.measure
    if not material.answers.scale.has_r:
        return Told(
            None,
            f"The table gives effect sizes ready with their variances. {ONLY_AUTHORS} what "
            "measure they are and how they were computed.",
            "data",
        )
    how = (
        "analysed on Fisher's z and reported on r, where the median and the mean true correlation "
        "are told apart"
        if measure == "ZCOR"
        else "analysed as raw r, whose variance depends on itself: for sensitivity only"
    )
    return Told(True, f"Correlations, {how}.", "data")


def preparation(material: Material) -> Told:
    """How effect sizes were made ready: conversions, turned signs, missing statistics.

    Parameters
    ----------
    material : Material
        The analysis.

    Returns
    -------
    Told
        Left to the authors where effect sizes were given ready.
    """
    if not material.answers.scale.has_r:
        return Told(None, f"Effect sizes were given ready. {ONLY_AUTHORS} how they were computed.",
                    "data")  # fmt: skip
    frame, spec = used_frame(material), material.fitted.specification
    counts = frame["statistic"].astype(str).value_counts()
    told = [f"{count} {STATISTICS.get(str(kind), str(kind))}" for kind, count in counts.items()]
    parts = [f"{most(told)}."]
    if material.fitted.design.measure == "ZCOR":
        small = ", less r / (2 (n - 1))" if spec.effect.small_sample else ""
        parts.append(f"Fisher's z{small}, with the variance that follows from n.")
    turned = int(frame["turned"].sum())
    if turned:
        parts.append(f"{counted(turned, 'sign')} turned so that all point one way.")
    silent = int(material.fitted.effects.frame["not_significant"].sum())
    if silent:
        how = NOT_SIGNIFICANT[spec.effect.not_significant]
        parts.append(f"{silent} printed only as not significant: {how}.")
    return Told(True, " ".join(parts), "data")


def left_out(material: Material) -> str:
    """Write which rows of the table are not in the synthesis, and why.

    Parameters
    ----------
    material : Material
        The analysis.

    Returns
    -------
    str
        Numbers by reason; rows that were dropped when the table was read are told too.
    """
    fitted = material.fitted
    rows = fitted.design.left_out
    parts = []
    if rows:
        reasons = Counter(left.reason for left in rows)
        told = [f"{reason} ({number})" for reason, number in reasons.most_common()]
        parts.append(
            f"{len(rows)} of {len(rows) + len(fitted.design.y)} rows of the table are not used: "
            f"{most(told, separator='; ')}."
        )
    dropped = [note for note in fitted.effects.notes if note.kind == "left out"]
    if dropped:
        lines = [sentence(str(note.problem)) for note in dropped]
        parts.append(f"Left out when the table was read: {most(lines, 2, ' ')}")
    return " ".join(parts) if parts else "All rows of the table are used."


def dependence(material: Material) -> Told:
    """What was assumed about the sampling errors of effects that share people.

    Parameters
    ----------
    material : Material
        The analysis.

    Returns
    -------
    Told
        Not applicable without such effects; not done where errors are taken as independent and
        that was not varied.
    """
    fitted, several = material.fitted, several_effects(material)
    if not several:
        return Told(None, "Does not apply: no two effect sizes share a sample.", "model")
    sampling = fitted.specification.sampling
    told = (
        f"{counted(several, 'sample')} with several effect sizes; their sampling errors are taken "
        f"as: {in_words(sampling)}."
    )
    if fitted.design.dependence is not None:
        told += f" Prior of rho: {fitted.design.dependence.prior}."
    if "dependence" in material.variations:
        record = material.variations["dependence"].record
        curve = [row["choices"]["rho"] for row in record.get("rows", ())]
        ends = f" from {min(curve):g} to {max(curve):g}" if curve else ""
        return Told(True, f"{told} Varied: rho{ends}. {verdict(record)}".strip(), "sensitivity")
    why = refusal(material, "dependence")
    if why is not None:
        told += f" Not varied: {sentence(why)}"
    else:
        told += f" Not varied. Command: {sensitivity_command(material, 'dependence')}"
    return Told(sampling.within_sample != "independent", told, "model")


def single_results(material: Material) -> Told:
    """Whether every effect size in the synthesis is there with its precision.

    Parameters
    ----------
    material : Material
        The analysis.

    Returns
    -------
    Told
        Not done where a result has no number.
    """
    design = material.fitted.design
    frame = material.fitted.effects.frame
    silent, every = int(frame["not_significant"].sum()), len(frame)
    if silent:
        return Told(
            False,
            f"{silent} of {every} results have no number in the table: they were printed only as "
            "not significant. The others are shown with their intervals.",
            "figures",
        )
    with_n = " and n" if frame["n"].iloc[design.rows].notna().all() else ""
    return Told(
        True,
        f"All {counted(len(design.y), 'effect size')} with interval{with_n}, beside their "
        "posteriors.",
        "figures",
    )


def data_files(material: Material) -> Told:
    """Whether the data can be identified.

    Parameters
    ----------
    material : Material
        The analysis.

    Returns
    -------
    Told
        Done if the source has a hash.
    """
    effects = material.fitted.effects
    if not effects.sha256:
        return Told(False, "The table has no hash: read it from a file, or from a data frame by "
                    "read_effects.", "provenance")  # fmt: skip
    told = f"{effects.name} is identified by its SHA-256, {effects.sha256[:12]}..."
    if effects.correlations is not None:
        told += f"; reported correlations by {effects.correlations.sha256[:12]}..."
    return Told(True, f"{told} The archive of fit --out has the table.", "provenance")
