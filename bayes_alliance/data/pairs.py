"""Names of pairs of variables, and the three forms of a table that holds their correlations."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np

from bayes_alliance.data.cells import decimal_mark, is_missing, parse_numbers, unreadable_cells
from bayes_alliance.data.labels import sample_labels
from bayes_alliance.data.messages import Places, list_names, nearest_name, quoted
from bayes_alliance.data.notes import Note
from bayes_alliance.data.table import SourceTable
from bayes_alliance.errors import Problem

__all__ = ["Entry", "entries_of", "pair_of", "parts_of"]

#: Names under which a column is found, in any case.
ROLES: Final[Mapping[str, tuple[str, ...]]] = {
    "sample": ("sample", "sample_id", "study", "study_id"),
    "first": ("first", "var1", "variable1", "scale1"),
    "second": ("second", "var2", "variable2", "scale2"),
    "r": ("r", "ri", "r12", "cor", "correlation"),
    "n": ("n", "ni", "n_overlap", "overlap"),
    "variable": ("variable", "scale"),
}
SEPARATORS: Final = ("~", " - ", ".")
FORMS_CURE: Final = (
    'Write columns sample, first, second, r; or a column for each pair ("task ~ goal"); or columns '
    "sample, variable and one for each variable"
)


@dataclass(frozen=True, slots=True)
class Entry:
    """One reported correlation as it stands in a source.

    Parameters
    ----------
    row : int
        Row as the user sees it.
    column : str
        Column that holds the value.
    sample : str
        Label; "" for every sample.
    first, second : str
        Names of the variables.
    r, n : float
        Correlation and people behind it (NaN if unknown).
    """

    row: int
    column: str
    sample: str
    first: str
    second: str
    r: float
    n: float


def pair_of(name: str) -> tuple[str, str] | None:
    """The two variables that the name of a column or key joins.

    Parameters
    ----------
    name : str
        For example ``task ~ goal``, ``task - goal``, ``task.goal`` or ``r_task_goal``.

    Returns
    -------
    (str, str) or None
        The variables; None if the name is no pair.
    """
    plain = name.strip()
    pieces = [plain]
    for separator in SEPARATORS:
        if separator in plain:
            pieces = plain.split(separator)
            break
    else:
        if plain[:2].casefold() == "r_":
            pieces = plain[2:].split("_")
    pieces = [piece.strip() for piece in pieces]
    return (pieces[0], pieces[1]) if len(pieces) == 2 and all(pieces) else None


def parts_of(variable: str) -> list[tuple[str, str]]:
    """The levels that together name a variable.

    Parameters
    ----------
    variable : str
        For example ``task``, ``task, client`` or ``subscale=task``.

    Returns
    -------
    list of (str, str)
        Column ("" if not said) and level, both in lower case.
    """
    found = []
    for piece in variable.split(","):
        column, equals, level = piece.rpartition("=")
        found.append((column.strip().casefold() if equals else "", level.strip().casefold()))
    return found


def entries_of(
    table: SourceTable, columns: Mapping[str, str] | None
) -> tuple[list[Entry], list[Note], list[Problem]]:
    """Correlations of a table in long, wide or square form.

    Parameters
    ----------
    table : SourceTable
        The source.
    columns : mapping of str to str or None
        Our names of columns to those of the source.

    Returns
    -------
    entries : list of Entry
        What is filled in.
    notes : list of Note
        Columns that are not used.
    problems : list of Problem
        What is wrong.
    """
    at, problems = _roles(table, dict(columns or {}))
    if problems:
        return [], [], problems
    samples: list[str | None] = [None] * len(table.rows)
    if "sample" in at:
        samples = sample_labels(table.cells[at["sample"]])
    places = Places(table.rows, samples)
    pairs = {j: pair for j, name in enumerate(table.names) if (pair := pair_of(name)) is not None
             and j not in at.values()}  # fmt: skip
    if {"first", "second", "r"} <= set(at):
        return _long(table, at, places)
    if pairs and "variable" not in at:
        return _wide(table, at, pairs, places)
    if "variable" in at:
        return _square(table, at, places)
    what = f"the form of the table is not understood; its columns are {list_names(table.names)}"
    return [], [], [Problem(what, table.source, FORMS_CURE, "form_of_correlations")]


def _roles(table: SourceTable, asked: dict[str, str]) -> tuple[dict[str, int], list[Problem]]:
    at: dict[str, int] = {}
    problems = []
    for ours, theirs in asked.items():
        if ours in ROLES and theirs in table.names:
            at[ours] = table.names.index(theirs)
            continue
        if ours not in ROLES:
            what, candidates = f"{quoted(ours)} is no name of a column here", list(ROLES)
        else:
            what, candidates = f"there is no column {quoted(theirs)}", list(table.names)
        near = nearest_name(ours if ours not in ROLES else theirs, candidates)
        hint = f"Did you mean {quoted(near)}? " if near else ""
        cure = f"{hint}Allowed: {list_names(candidates, 20)}"
        problems.append(Problem(what, "columns", cure, "unknown_column"))
    folded = [name.casefold() for name in table.names]
    for ours, names in ROLES.items():
        found = [folded.index(name) for name in names if name in folded]
        free = [j for j in found if j not in at.values()]
        if ours not in at and free:
            at[ours] = free[0]
    return at, problems


def _numbers(
    table: SourceTable, positions: list[int], places: Places, role: str
) -> tuple[dict[int, np.ndarray], list[Problem]]:
    mark = decimal_mark([table.cells[j] for j in positions])
    values, problems = {}, []
    for j in positions:
        read = parse_numbers(table.cells[j], mark)
        values[j] = read.values
        problems += unreadable_cells(read.bad, role, table.names[j], mark, places)
    return values, problems


def _people(
    table: SourceTable, at: Mapping[str, int], places: Places
) -> tuple[np.ndarray, list[Problem]]:
    if "n" not in at:
        return np.full(len(table.rows), np.nan), []
    values, problems = _numbers(table, [at["n"]], places, "n")
    return values[at["n"]], problems


def _long(
    table: SourceTable, at: Mapping[str, int], places: Places
) -> tuple[list[Entry], list[Note], list[Problem]]:
    values, problems = _numbers(table, [at["r"]], places, "r12")
    people, wrong = _people(table, at, places)
    r, column = values[at["r"]], table.names[at["r"]]
    names = [sample_labels(table.cells[at[role]]) for role in ("first", "second")]
    entries = []
    for i, row in enumerate(table.rows):
        first, second = names[0][i], names[1][i]
        blank = first is None or second is None
        if blank and not np.isnan(r[i]):
            cure = "Name both variables of the pair"
            where = places.at(np.array([i]))
            problems.append(Problem("a variable has no name", where, cure, "blank_variable"))
        if first is None or second is None or np.isnan(r[i]):
            continue
        sample = places.samples[i] or ""
        entries.append(Entry(int(row), column, sample, first, second, float(r[i]), people[i]))
    return entries, _unused(table, at.values()), problems + wrong


def _wide(
    table: SourceTable, at: Mapping[str, int], pairs: Mapping[int, tuple[str, str]], places: Places
) -> tuple[list[Entry], list[Note], list[Problem]]:
    values, problems = _numbers(table, list(pairs), places, "r12")
    people, wrong = _people(table, at, places)
    entries = [
        Entry(int(row), table.names[j], places.samples[i] or "", *pair, float(values[j][i]),
              people[i])
        for i, row in enumerate(table.rows)
        for j, pair in pairs.items()
        if not np.isnan(values[j][i])
    ]  # fmt: skip
    used = {at[role] for role in ("sample", "n") if role in at} | set(pairs)
    return entries, _unused(table, used), problems + wrong


def _square(
    table: SourceTable, at: Mapping[str, int], places: Places
) -> tuple[list[Entry], list[Note], list[Problem]]:
    rows = sample_labels(table.cells[at["variable"]])
    known = {name.casefold() for name in rows if name is not None}
    special = {at[role] for role in ("sample", "variable", "n") if role in at}
    filled = [j for j in range(len(table.names)) if j not in special
              and not all(is_missing(cell) for cell in table.cells[j])]  # fmt: skip
    others = [j for j in filled if table.names[j].casefold() in known]
    strange = [j for j in filled if j not in others]
    # A variable may stand in the columns only (the last one of a lower triangle in the rows only).
    numeric = [j for j in strange if not parse_numbers(table.cells[j], ".").bad]
    others = sorted(others + numeric)
    values, problems = _numbers(table, others, places, "r12")
    people, wrong = _people(table, at, places)
    entries = []
    for i, row in enumerate(table.rows):
        first = rows[i]
        for j in others:
            second, r = table.names[j], float(values[j][i])
            if first is None or np.isnan(r):
                continue
            if first.casefold() == second.casefold() and r == 1:
                continue
            sample = places.samples[i] or ""
            entries.append(Entry(int(row), second, sample, first, second, r, people[i]))
    return entries, _unused(table, special | set(others)), problems + wrong


def _unused(table: SourceTable, used: Iterable[int]) -> list[Note]:
    taken = set(used)
    what = "the column names no pair of variables and is not used"
    return [
        Note("left out", Problem(what, f"column {quoted(name)}", "", "unused_column"))
        for j, name in enumerate(table.names)
        if j not in taken
    ]
