"""The data set, effect by effect, and what the model makes of each."""

from __future__ import annotations

import pandas as pd

from bayes_alliance.report.material import Material
from bayes_alliance.report.numbers import correlation, decimal, interval, whole
from bayes_alliance.report.tables.general_note import (
    finished,
    interval_note,
    level_of,
    scale_note,
)
from bayes_alliance.report.tables.label_columns import free_name, label_texts
from bayes_alliance.report.tables.table import Column, Table
from bayes_alliance.summaries.coefficients import Range

__all__ = ["effects_table"]

REPORTED, TRUE = "Reported", "True effect"
#: So many terms have a column of their own.
MOST_TERMS = 2
NUMBERS = (
    "n", "yi", "vi", "reported", "reported_lower", "reported_upper", "not_significant",
)  # fmt: skip


def effects_table(material: Material) -> Table:
    """Write the effect sizes that the model uses, as in the forest plot.

    Parameters
    ----------
    material : Material
        What the report is made of.

    Returns
    -------
    Table
        Named ``effects``.
    """
    answers, fitted = material.answers, material.fitted
    frame, levels = _frame(material)
    in_r = answers.scale.has_r
    write = correlation if in_r else decimal
    level = level_of(answers)
    sized = bool(frame["n"].notna().any())
    columns = [
        Column("Sample", numeric=False),
        Column("Effect", numeric=False),
        *(Column(name, numeric=False) for name in levels),
        *([Column("n")] if sized else []),
        Column(answers.scale.symbol, spanner=REPORTED),
        Column(f"{level} CI", spanner=REPORTED),
        Column("median", spanner=TRUE),
        Column(f"{level} interval", spanner=TRUE),
    ]
    rows = [
        [
            row["sample"],
            row["effect"],
            *(row[name] for name in levels),
            *([whole(row["n"])] if sized else []),
            "ns" if row["not_significant"] else write(row["reported"]),
            "-" if row["not_significant"]
            else interval(Range(None, row["reported_lower"], row["reported_upper"]), in_r=in_r),
            write(row["true_median"]),
            interval(Range(None, row["true_lower"], row["true_upper"]), in_r=in_r),
        ]
        for row in frame.to_dict("records")
    ]  # fmt: skip
    left = len(fitted.design.left_out)
    notes = [
        "n = number of participants." if sized else "",
        scale_note(answers),
        "CI = confidence interval of the effect size alone; the true effect is shrunken towards "
        "the means of the model.",
        interval_note(answers),
        "ns = reported as not significant only." if frame["not_significant"].any() else "",
        f"{left} effect size{'s are' if left > 1 else ' is'} left out of this model."
        if left
        else "",
    ]
    return finished(
        material, "effects", "Effect Sizes by Sample", columns, rows, notes, frame.set_index("row")
    )


def _level_columns(material: Material) -> list[str]:
    """Categorical terms of the mean; without one the scale of the questionnaire, if known."""
    terms = [t.name for t in material.fitted.design.terms if t.kind == "categorical"]
    known = "subscale" in material.fitted.effects.labels
    return terms[:MOST_TERMS] or (["subscale"] if known else [])


def _frame(material: Material) -> tuple[pd.DataFrame, list[str]]:
    """Numbers and labels of the effects, and which columns are labels."""
    from bayes_alliance.plots.forest_data import forest_data

    fitted = material.fitted
    drawn = forest_data(fitted).rows
    source = fitted.effects.frame.iloc[fitted.design.rows]
    numbers = {
        "row": source["row"].to_numpy(),
        **{name: drawn[name].to_numpy() for name in ("sample", "effect", *NUMBERS)},
        **{f"true_{name}": drawn[name].to_numpy() for name in ("median", "lower", "upper")},
    }
    levels = {
        free_name(name, numbers): label_texts(source[name]) for name in _level_columns(material)
    }
    return pd.DataFrame({**numbers, **levels}), list(levels)
