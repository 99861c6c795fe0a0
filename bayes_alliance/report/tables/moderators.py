"""What the terms of the model say: levels, slopes, differences, and how much they explain."""

from __future__ import annotations

import pandas as pd

from bayes_alliance.report.contrasts import contrast_cells
from bayes_alliance.report.frames import coefficient_frame, contrast_frame
from bayes_alliance.report.material import Material
from bayes_alliance.report.numbers import correlation, decimal, interval, percent, probability
from bayes_alliance.report.tables.counts import COUNTS_NOTE, counts_behind
from bayes_alliance.report.tables.general_note import (
    finished,
    interval_note,
    level_of,
    scale_note,
    unit_of,
)
from bayes_alliance.report.tables.table import Column, Table
from bayes_alliance.spec.coding import CodedTerm
from bayes_alliance.summaries.answers import Answers
from bayes_alliance.summaries.coefficients import CoefficientSummary, Range

__all__ = ["moderators_table"]


def moderators_table(material: Material) -> Table | None:
    """Write the terms of the mean.

    Parameters
    ----------
    material : Material
        What the report is made of.

    Returns
    -------
    Table or None
        Named ``moderators``; None where the model has one overall mean.
    """
    answers, design = material.answers, material.fitted.design
    if not design.terms:
        return None
    counts = counts_behind(material.fitted)
    rows, sections = list[list[str]](), list[tuple[int, str]]()
    for term in design.terms:
        named = _names(term, alone=len(design.terms) == 1)
        own = [c for c in answers.coefficients if c.name in named]
        if own:
            sections.append((len(rows), _heading(term, own, answers)))
            rows += [_row(named[c.name], c, counts[c.name]) for c in own]
    if answers.contrasts:
        sections.append((len(rows), f"Differences ({_difference_unit(answers)})"))
        for c in answers.contrasts:
            name, *cells = contrast_cells(c, evidence=False)
            rows.append([name, "-", "-", *cells[:3]])
    if answers.explained is not None:
        share = answers.explained.posterior
        sections.append((len(rows), "Variance of true effects"))
        limits = f"[{percent(share.lower)}, {percent(share.upper)}]"
        rows.append(["explained by the terms", "-", "-", percent(share.median), limits, "-"])
    columns = (
        Column("Level or difference", numeric=False),
        Column("k"),
        Column("S"),
        Column("median"),
        Column(f"{level_of(answers)} interval"),
        Column("P(> 0)"),
    )
    return finished(material, "moderators", "Moderators: Levels, Slopes, and Differences", columns,
                    rows, _notes(material), _frame(answers), sections)  # fmt: skip


def _difference_unit(answers: Answers) -> str:
    return "r" if answers.scale.has_r else unit_of(answers)


def _names(term: CodedTerm, *, alone: bool) -> dict[str, str]:
    """Coefficients of a term, and what a table calls them under its heading."""
    if term.kind == "continuous":
        return {term.slope_name: term.slope_name}
    return {level if alone else f"{term.name}[{level}]": level for level in term.levels}


def _heading(term: CodedTerm, own: list[CoefficientSummary], answers: Answers) -> str:
    if term.kind == "continuous":
        return f"{term.name}: slope ({unit_of(answers)})"
    if own[0].r is not None:
        return f"{term.name}: means (r)"
    means = own[0].new_sample is not None
    return f"{term.name}: {'means' if means else 'deviations from the mean'} ({unit_of(answers)})"


def _row(name: str, c: CoefficientSummary, counts: tuple[int, int]) -> list[str]:
    if c.r is not None:
        shown = [correlation(c.r.centre), interval(c.r, in_r=True)]
    else:
        limits = Range(None, c.estimate.lower, c.estimate.upper)
        shown = [decimal(c.estimate.median, 3), interval(limits, in_r=False, digits=3)]
    return [name, *map(str, counts), *shown, probability(c.estimate.p_positive)]


def _notes(material: Material) -> list[str]:
    answers, terms = material.answers, material.fitted.design.terms
    centred = [
        f"{term.name} is centred at {term.centre:g}"
        for term in terms
        if term.kind == "continuous" and term.centre is not None
    ]
    return [
        COUNTS_NOTE,
        scale_note(answers),
        interval_note(answers),
        "P(> 0) = posterior probability of a value above 0.",
        f"{'; '.join(centred)}; its difference is one unit above the centre minus the centre."
        if centred
        else "",
        ""
        if answers.explained is None
        else "Variance explained cannot be negative: before the data its median is "
        f"{percent(answers.explained.prior_median)}.",
    ]


def _frame(answers: Answers) -> pd.DataFrame:
    parts = {"coefficient": coefficient_frame(answers), "contrast": contrast_frame(answers)}
    if answers.explained is not None:
        share = answers.explained.posterior
        row = {"name": "explained", "mean": share.mean, "sd": share.sd, "median": share.median,
               "lower": share.lower, "upper": share.upper}  # fmt: skip
        parts["share"] = pd.DataFrame([row]).set_index("name")
    kept = {kind: frame for kind, frame in parts.items() if len(frame)}
    return pd.concat(kept, names=["kind", "name"])
