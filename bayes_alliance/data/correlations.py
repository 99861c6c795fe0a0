"""Reported correlations among the variables of a sample: scales, raters, times, outcomes.

They are no effect sizes. From them follows how the sampling errors of a sample's effect sizes
depend on one another (`bayes_alliance.algebra.correlations`).
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from bayes_alliance.data.messages import list_names, list_rows, nearest_name, quoted
from bayes_alliance.data.notes import Note
from bayes_alliance.data.pairs import Entry, entries_of, parts_of
from bayes_alliance.data.sources import read_source
from bayes_alliance.errors import InputError, Problem

__all__ = ["Correlations", "read_correlations", "unmatched"]

COLUMNS = ("row", "sample", "first", "second", "r", "n")


@dataclass(frozen=True, slots=True, repr=False)
class Correlations:
    """Reported correlations among variables, checked and frozen.

    Parameters
    ----------
    frame : pandas.DataFrame
        One row a pair: row (line of the source), sample ("" where the value holds for every sample,
        a norm), first, second (names of the variables), r, and n (people behind it, or NaN).
    name : str
        Name of the file.
    sha256 : str
        Hash of the source as it was read.
    notes : tuple of Note
        What was left out.
    """

    frame: pd.DataFrame = field(compare=False)
    name: str = "correlations"
    sha256: str = ""
    notes: tuple[Note, ...] = ()

    def __len__(self) -> int:
        return len(self.frame)

    def to_frame(self) -> pd.DataFrame:
        """Return a copy of the table that may be changed freely.

        Returns
        -------
        pandas.DataFrame
            row, sample, first, second, r, n.
        """
        return self.frame.copy(deep=True)

    @property
    def samples(self) -> tuple[str, ...]:
        """Samples that report something, in order of first appearance."""
        return tuple(str(s) for s in pd.unique(self.frame["sample"]) if s)

    @property
    def variables(self) -> tuple[str, ...]:
        """Names of the variables, in order of first appearance."""
        both = self.frame[["first", "second"]].to_numpy().ravel()
        return tuple(str(name) for name in pd.unique(both))

    def __repr__(self) -> str:
        norms = int((self.frame["sample"] == "").sum())
        return "\n".join(
            [
                f"Correlations {self.name!r}: {len(self)} pairs, {len(self.samples)} samples, "
                f"{norms} for every sample",
                f"  variables: {', '.join(self.variables[:12])}",
                "  next: effects.with_correlations(correlations)",
            ]
        )


def read_correlations(
    source: object,
    columns: Mapping[str, str] | None = None,
    *,
    sheet: str | int | None = None,
    name: str | None = None,
) -> Correlations:
    """Read reported correlations among the variables of samples.

    Three forms are understood. *Long*: columns sample, first, second, r and, if known, n (var1 and
    var2, ri and ni are taken too). *Wide*: one row a sample, and a column for each pair, named
    ``task ~ goal``, ``task - goal``, ``task.goal`` or ``r_task_goal``. *Square*: columns sample,
    variable, and one column for each variable, filled as far as is known. A row without a sample
    (or a table without that column) holds for every sample: a norm.

    A variable is a level of a column of the effect sizes (``task``; ``subscale=task`` if two
    columns have that level), or several levels with commas between them (``task, client``).

    Parameters
    ----------
    source : path, pandas.DataFrame, polars.DataFrame or anything with ``to_pandas``
        What `read_effects` takes.
    columns : mapping of str to str, optional
        Our names (sample, first, second, r, n, variable) to those of the source.
    sheet : str or int, optional
        Sheet of a workbook.
    name : str, optional
        Name of the table; the file's if not given.

    Returns
    -------
    Correlations
        The checked table.

    Raises
    ------
    InputError
        If a value is no correlation, a pair has two values, or the form is not understood; all
        problems are told at once.

    Examples
    --------
    >>> import pandas as pd
    >>> import bayes_alliance as ba
    >>> wide = pd.DataFrame({"sample": ["A", "B"], "task ~ goal": [0.8, 0.7]})
    >>> ba.read_correlations(wide).frame[["sample", "first", "second", "r"]].values.tolist()
    [['A', 'task', 'goal', 0.8], ['B', 'task', 'goal', 0.7]]
    """
    table = read_source(source, sheet=sheet, name=name)
    entries, notes, problems = entries_of(table, columns)
    problems = [*table.problems, *problems, *_ranges(entries), *_contradictions(entries)]
    if not problems and not entries:
        what = "there is no correlation in the table"
        problems.append(Problem(what, table.source, "Check the columns", "no_correlations"))
    if problems:
        raise InputError(problems)
    distinct: dict[tuple[str, frozenset[str]], Entry] = {}
    for entry in entries:
        distinct.setdefault((entry.sample, frozenset((entry.first, entry.second))), entry)
    kept = list(distinct.values())
    frame = pd.DataFrame(
        {
            "row": np.array([e.row for e in kept], dtype=np.int64),
            "sample": [e.sample for e in kept],
            "first": [e.first for e in kept],
            "second": [e.second for e in kept],
            "r": np.array([e.r for e in kept], dtype=np.float64),
            "n": np.array([e.n for e in kept], dtype=np.float64),
        }
    )
    return Correlations(frame, table.name, table.sha256, (*table.notes, *notes))


def _at(entry: Entry) -> str:
    sample = f", sample {quoted(entry.sample)}" if entry.sample else ""
    return f"row {entry.row}, column {quoted(entry.column)}{sample}"


def _ranges(entries: Sequence[Entry]) -> list[Problem]:
    problems = []
    for entry in entries:
        pair = f"{entry.first} ~ {entry.second}"
        if entry.first == entry.second:
            what = f"{quoted(entry.first)} is paired with itself, r = {entry.r:g}"
            cure = "Name two variables, or leave the row out"
            problems.append(Problem(what, _at(entry), cure, "same_variable"))
        elif not abs(entry.r) < 1:
            what = f"r of {pair} must lie between -1 and 1; it is {entry.r:g}"
            cure = "Check the value; a correlation of exactly 1 makes one variable of two"
            problems.append(Problem(what, _at(entry), cure, "r_out_of_range"))
        if entry.n <= 3:
            what = f"n of {pair} must be more than 3; it is {entry.n:g}"
            cure = "Write how many people have both variables, or leave the cell empty"
            problems.append(Problem(what, _at(entry), cure, "n_too_small"))
    return problems


def _contradictions(entries: Sequence[Entry]) -> list[Problem]:
    seen: dict[tuple[str, frozenset[str]], Entry] = {}
    problems = []
    for entry in entries:
        before = seen.setdefault((entry.sample, frozenset((entry.first, entry.second))), entry)
        if before.r != entry.r:
            rows = list_rows(sorted({before.row, entry.row}))
            sample = f", sample {quoted(entry.sample)}" if entry.sample else ""
            problems.append(
                Problem(
                    f"{entry.first} ~ {entry.second} has two values, {before.r:g} and {entry.r:g}",
                    f"{rows}{sample}",
                    "Keep one; name rater or time with it if both are right (task, client)",
                    "two_values",
                )
            )
    return problems


def unmatched(table: Correlations, samples: Collection[str], labels: Collection[str]) -> list[Note]:
    """Refuse unknown samples, and warn of variables that match no label.

    Parameters
    ----------
    table : Correlations
        The reported correlations.
    samples : collection of str
        Samples of the effect sizes.
    labels : collection of str
        Levels of all label columns of the effect sizes.

    Returns
    -------
    list of Note
        A warning for each variable that matches nothing.

    Raises
    ------
    InputError
        For every unknown sample, with the nearest one.
    """
    known = set(samples)
    problems = []
    for sample in table.samples:
        if sample in known:
            continue
        rows = table.frame.loc[table.frame["sample"] == sample, "row"]
        near = nearest_name(sample, samples)
        hint = f"Did you mean {quoted(near)}? " if near else ""
        cure = f"{hint}The samples are {list_names(samples, 6)}"
        what = f"the effect sizes have no sample {quoted(sample)}"
        where = f"{table.name}, {list_rows(rows)}"
        problems.append(Problem(what, where, cure, "unknown_sample"))
    if problems:
        raise InputError(problems)
    folded = {label.casefold() for label in labels}
    notes = []
    for variable in table.variables:
        for _, level in parts_of(variable):
            if level in folded:
                continue
            near = nearest_name(level, labels)
            hint = f"Did you mean {quoted(near)}? " if near else ""
            what = f"no effect size has the label {quoted(level)}"
            cure = f"{hint}Such pairs are not used"
            where = f"{table.name}, variable {quoted(variable)}"
            notes.append(Note("warning", Problem(what, where, cure, "unmatched_variable")))
    return notes
