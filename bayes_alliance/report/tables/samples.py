"""What is known of each sample, its raw mean and its true mean."""

from __future__ import annotations

from collections.abc import Hashable
from typing import Any

import pandas as pd

from bayes_alliance.engines.fitted import Fitted
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
from bayes_alliance.summaries.samples import sample_effects

__all__ = ["samples_table"]

#: So many columns of the user's table are printed; the frame has all.
MOST_LABELS = 5
#: So many values of one sample are listed.
MOST_VALUES = 4


def samples_table(material: Material) -> Table:
    """Write the characteristics of the samples, one row each.

    Parameters
    ----------
    material : Material
        What the report is made of.

    Returns
    -------
    Table
        Named ``samples``.
    """
    answers, fitted = material.answers, material.fitted
    frame, labels = _frame(material)
    shown, hidden = labels[:MOST_LABELS], labels[MOST_LABELS:]
    in_r = answers.scale.has_r
    write = correlation if in_r else decimal
    sized = bool(frame["n"].notna().any())
    symbol = answers.scale.symbol
    found = answers.heterogeneity
    differ = found.tau_group is not None or found.tau_sample is not None or bool(found.scales)
    columns = [
        Column("Sample", numeric=False),
        *([Column("n")] if sized else []),
        Column("k"),
        *(Column(name, numeric=False) for name in shown),
        Column(f"raw mean {symbol}"),
    ]
    if differ:
        columns += [Column(f"true mean {symbol}"), Column(f"{level_of(answers)} interval")]
    rows = [
        [
            row["sample"],
            *([whole(row["n"])] if sized else []),
            whole(row["effects"]),
            *(row[name] for name in shown),
            write(row["raw"]),
            *(_true_mean(row, in_r=in_r) if differ else []),
        ]
        for row in frame.to_dict("records")
    ]
    several = any(", " in row[name] for row in frame.to_dict("records") for name in shown)
    notes = [
        "n = number of participants, the largest of the sample's effect sizes." if sized else "",
        "k = number of effect sizes.",
        scale_note(answers),
        "The raw mean is weighted by precision.",
        "The true mean is the posterior median, shrunken towards the mean of the model."
        if differ
        else "In this model samples have no heterogeneity of their own.",
        interval_note(answers) if differ else "",
        "Values that differ within a sample are listed." if several else "",
        f"Not shown: {', '.join(hidden)}." if hidden else "",
    ]
    used = len(fitted.design.sample_ids)
    absent = len(fitted.effects.samples) - used
    notes.append(f"{absent} more of the table not in this model." if absent else "")
    return finished(material, "samples", "Characteristics of the Samples", columns, rows, notes,
                    frame.set_index("sample"))  # fmt: skip


def _true_mean(row: dict[Hashable, Any], *, in_r: bool) -> list[str]:
    write = correlation if in_r else decimal
    limits = interval(Range(None, row["lower"], row["upper"]), in_r=in_r)
    return [write(row["estimate"]), limits]


def _frame(material: Material) -> tuple[pd.DataFrame, list[str]]:
    """One row a sample, and the columns that are labels: terms of the model first."""
    fitted, answers = material.fitted, material.answers
    means = sample_effects(fitted.posterior, answers.scale, probability=answers.probability)
    source = fitted.effects.frame.iloc[fitted.design.rows]
    grouped = source.groupby("sample", sort=False)
    means.insert(1, "n", grouped["n"].max().to_numpy())
    index, taken = fitted.design.sample_index, set(means.columns)
    labels = {free_name(name, taken): name for name in _labels(fitted)}
    for free, name in labels.items():
        texts = pd.Series(label_texts(source[name]))
        means[free] = [_listed(texts[index == i]) for i in range(len(means))]
    return means, list(labels)


def _labels(fitted: Fitted) -> list[str]:
    design = fitted.design
    own = [term.name for term in design.terms]
    own += [term.name for scale in design.scale_models for term in scale.terms]
    own += [] if design.groups is None else [design.groups.column]
    known = fitted.effects.labels
    return list(dict.fromkeys([*(name for name in own if name in known), *known]))


def _listed(texts: pd.Series[str]) -> str:
    values = [str(text) for text in texts.unique() if text != "-"]
    more = len(values) - MOST_VALUES
    return ", ".join(values[:MOST_VALUES]) + (f" and {more} more" if more > 0 else "") or "-"
