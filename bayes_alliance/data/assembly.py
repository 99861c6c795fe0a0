"""The finished table: fixed columns first, then labels in the order of the source."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import compress

import numpy as np
import pandas as pd

from bayes_alliance.data.cells import is_missing
from bayes_alliance.data.columns import ColumnMap
from bayes_alliance.data.derive import Derived
from bayes_alliance.data.effects import RESERVED_COLUMNS, Note
from bayes_alliance.data.ingredients import BoolArray, Ingredients
from bayes_alliance.data.labels import label_series, number_within, sample_labels
from bayes_alliance.data.messages import LIST_LIMIT, list_rows, quoted
from bayes_alliance.data.requirements import CONVERTIBLE
from bayes_alliance.data.table import Cell, SourceTable
from bayes_alliance.errors import Problem
from bayes_alliance.names import Measure

__all__ = ["build_frame", "effect_labels", "label_columns", "repeated_effects", "repeated_rows"]


def effect_labels(
    table: SourceTable, mapped: ColumnMap, samples: Sequence[str | None]
) -> list[str]:
    """Labels of the effect sizes, numbered within the sample if the source has none.

    Parameters
    ----------
    table : SourceTable
        The source.
    mapped : ColumnMap
        Which column is which.
    samples : sequence of (str or None), length k
        Labels of the samples.

    Returns
    -------
    list of str
        k labels.
    """
    if "effect" not in mapped.roles:
        return number_within(samples)
    return [label or "" for label in sample_labels(table.cells[mapped.roles["effect"]])]


def label_columns(
    table: SourceTable, mapped: ColumnMap, given: Ingredients, derived: Derived, measure: Measure
) -> tuple[dict[str, int], list[Note]]:
    """The columns that become labels, and those that cannot because their name is fixed.

    Parameters
    ----------
    table : SourceTable
        The source.
    mapped : ColumnMap
        Which column is which.
    given : Ingredients
        The columns that were read as numbers.
    derived : Derived
        Which of them were used.
    measure : {"ZCOR", "COR", "GEN"}
        The scale of the analysis.

    Returns
    -------
    labels : dict of str to int
        Names of the labels to positions in the source.
    notes : list of Note
        Columns that are not used.
    """
    labels = dict(mapped.labels)
    notes: list[Note] = []
    for role, j in mapped.roles.items():
        idle = role in CONVERTIBLE and role not in derived.used
        unread = measure == "GEN" and role in ("r", "statistic", "covariates")
        name = table.names[j]
        if idle or (unread and name not in RESERVED_COLUMNS):
            labels.setdefault(name, j)
        elif unread and _tells_something(table.cells[j]):
            what = "the column is not used: yi and vi are taken as they are (measure GEN)"
            cure = 'Choose measure="ZCOR" to use correlations, or rename the column to keep it'
            problem = Problem(what, f"column {quoted(name)}", cure, "unused_column")
            notes.append(Note("left out", problem))
    return dict(sorted(labels.items(), key=lambda item: item[1])), notes


def _tells_something(cells: Sequence[Cell]) -> bool:
    return any(not is_missing(cell) and cell not in (0, "0", "given") for cell in cells)


def build_frame(
    table: SourceTable,
    labels: dict[str, int],
    given: Ingredients,
    derived: Derived,
    effects: Sequence[str],
    kept: BoolArray,
) -> pd.DataFrame:
    """The table with the columns of `RESERVED_COLUMNS` first.

    Parameters
    ----------
    table : SourceTable
        The source.
    labels : dict of str to int
        Names of the labels to positions in the source.
    given : Ingredients
        Places and decimal mark.
    derived : Derived
        The numbers of each row.
    effects : sequence of str, length k
        Labels of the effect sizes.
    kept : numpy.ndarray of bool, shape (k,)
        Rows that stay in the table; the types of the labels are those of these rows.

    Returns
    -------
    pandas.DataFrame
        The rows that stay.
    """
    blank = derived.not_significant
    columns: dict[str, object] = {
        "row": table.rows,
        "sample": pd.Series([str(s) for s in given.places.samples]),
        "effect": pd.Series(list(effects)),
        "yi": np.where(blank, np.nan, derived.yi),
        "vi": derived.vi,
        "r": np.where(blank, np.nan, derived.r),
        "n": derived.n,
        "statistic": pd.Series([str(s) for s in derived.statistic]),
        "covariates": derived.covariates,
        "turned": derived.turned,
        "not_significant": blank,
    }
    fixed = pd.DataFrame(columns).loc[kept].reset_index(drop=True)
    rest = {
        name: label_series(list(compress(table.cells[j], kept)), given.mark)
        for name, j in labels.items()
    }
    return pd.concat([fixed, pd.DataFrame(rest, index=fixed.index)], axis="columns")


def repeated_effects(given: Ingredients, effects: Sequence[str], kept: BoolArray) -> list[Problem]:
    """Effect labels that occur twice within a sample.

    Parameters
    ----------
    given : Ingredients
        Places of the rows.
    effects : sequence of str, length k
        Labels of the effect sizes.
    kept : numpy.ndarray of bool, shape (k,)
        Rows that stay in the table.

    Returns
    -------
    list of Problem
        One for each repeated label, naming its rows; the last one counts the rest.
    """
    rows: dict[tuple[str | None, str], list[int]] = {}
    for i, (sample, effect) in enumerate(zip(given.places.samples, effects, strict=True)):
        if kept[i] and effect and sample is not None:
            rows.setdefault((sample, effect), []).append(i)
    repeated = {key: where for key, where in rows.items() if len(where) > 1}
    problems = [
        Problem(
            f"the effect {quoted(effect)} occurs {len(where)} times in one sample",
            given.at(np.array(where), "effect"),
            "Give each effect size of a sample a label of its own, remove a row entered twice, or "
            "leave out the effect column",
            "repeated_effect",
        )
        for (_, effect), where in list(repeated.items())[:LIST_LIMIT]
    ]
    more = len(repeated) - len(problems)
    if more:
        what = f"{more:,} more effect labels occur repeatedly in one sample"
        problems.append(Problem(what, "", "", "repeated_effect"))
    return problems


def repeated_rows(table: SourceTable, given: Ingredients, kept: BoolArray) -> list[Note]:
    """Rows that are exactly alike in all columns, where no effect column tells them apart.

    Parameters
    ----------
    table : SourceTable
        The source.
    given : Ingredients
        Places of the rows.
    kept : numpy.ndarray of bool, shape (k,)
        Rows that stay in the table.

    Returns
    -------
    list of Note
        One warning that names the rows, or none.
    """
    groups: dict[tuple[Cell, ...], list[int]] = {}
    for i, record in enumerate(zip(*table.cells, strict=True)):
        if kept[i]:
            groups.setdefault(record, []).append(i)
    alike = [where for where in groups.values() if len(where) > 1]
    if not alike:
        return []
    pairs = "; ".join(list_rows(table.rows[where]) for where in alike[:LIST_LIMIT])
    more = f"; and {len(alike) - LIST_LIMIT:,} more" if len(alike) > LIST_LIMIT else ""
    problem = Problem(
        f"rows are alike in every column: {pairs}{more}",
        given.at(np.array([i for where in alike for i in where])),
        "Remove rows entered twice, or add a column effect that tells them apart",
        "repeated_rows",
    )
    return [Note("warning", problem)]
