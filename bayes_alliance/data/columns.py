"""Which column of the source is which: names that are certain, and suggestions for the rest."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from bayes_alliance.data.messages import (
    CANDIDATE_LIMIT,
    join_words,
    list_names,
    nearest_name,
    quoted,
)
from bayes_alliance.data.notes import Note
from bayes_alliance.errors import Problem

__all__ = ["METAFOR_NAMES", "ROLES", "ColumnMap", "map_columns", "mapping_cure", "suggest"]

#: The names with a meaning, in the order in which messages and records list them.
ROLES: Final = (
    "sample",
    "effect",
    "r",
    "n",
    "yi",
    "vi",
    "sei",
    "statistic",
    "covariates",
    "t",
    "F",
    "df",
    "d",
    "n1",
    "n2",
    "chi2",
    "direction",
    "turned",
    "not_significant",
)

#: Spellings of metafor's ``escalc`` that mean the same and are taken without being asked for.
METAFOR_NAMES: Final[Mapping[str, str]] = MappingProxyType(
    {"ri": "r", "ni": "n", "ti": "t", "fi": "F", "di": "d", "n1i": "n1", "n2i": "n2"}
)

#: Names under which each role is often found; used for suggestions only, likeliest first.
_USUAL: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {
        "sample": (
            *("sample_id", "sample_label", "study_id", "cluster", "study", "slab", "district"),
            *("trial", "author", "authors", "paper", "reference", "publication", "id"),
        ),
        "effect": ("effect_id", "es_id", "esid", "outcome", "effect_number"),
        "r": (
            *("correlation", "cor", "corr", "pearson_r", "pearson", "r_xy", "rxy", "rho"),
            *("zero_order_r", "effect_size", "es"),
        ),
        "n": ("sample_size", "n_total", "ntotal", "size", "participants", "nobs", "N_r"),
        "yi": ("g", "effect_size", "es", "hedges_g", "smd", "fisher_z", "z", "lnor", "y"),
        "vi": ("v", "variance", "var", "vg", "vd", "vz", "var_yi", "v_yi"),
        "sei": ("se", "standard_error", "std_error", "stderr", "se_yi", "seg", "se_g", "se_z"),
        "n1": ("n_1", "n_treatment", "n_t", "nt"),
        "n2": ("n_2", "n_control", "n_c", "nc"),
        "df": ("df2", "df_error", "degrees_of_freedom", "dof"),
    }
)
_BY_KEY: Final = {role.casefold(): role for role in ROLES} | dict(METAFOR_NAMES)


@dataclass(frozen=True, slots=True)
class ColumnMap:
    """Positions of the columns in the source.

    Parameters
    ----------
    roles : mapping of str to int
        Our names (`ROLES`) to positions.
    labels : mapping of str to int
        Names of all other columns, as the table will have them, to positions.
    asked : mapping of str to str
        The user's own mapping.
    notes : tuple of Note
        Columns that are not used, and why.
    problems : tuple of Problem
        What is wrong with the mapping or the names.
    """

    roles: Mapping[str, int]
    labels: Mapping[str, int]
    asked: Mapping[str, str]
    notes: tuple[Note, ...] = ()
    problems: tuple[Problem, ...] = ()


def map_columns(names: tuple[str, ...], columns: object) -> ColumnMap:
    """Find the columns with a meaning among the names of the source.

    A name counts if the user's mapping says so, if it is one of `ROLES` in any case, or if it is
    one of `METAFOR_NAMES`; nothing else is guessed.

    Parameters
    ----------
    names : tuple of str
        Names of the columns of the source.
    columns : mapping of str to str, or None
        The user's mapping, our names (or any label) to names of the source.

    Returns
    -------
    ColumnMap
        Positions, and what is wrong.
    """
    problems = list(_duplicates(names))
    position: dict[str, int] = {}
    for j, name in enumerate(names):
        position.setdefault(name, j)
    asked, bad_keys = _clean_mapping(columns)
    problems += bad_keys
    roles: dict[str, int] = {}
    labels: dict[str, int] = {}
    for ours, theirs in asked.items():
        if theirs not in position:
            problems.append(_not_there(ours, theirs, names))
        elif ours in ROLES:
            roles[ours] = position[theirs]
        else:
            labels[ours] = position[theirs]
    taken = {*roles.values(), *labels.values()}
    notes: list[Note] = []
    for exact in (True, False):
        for name, j in position.items():
            role = name if exact and name in ROLES else _BY_KEY.get(name.casefold())
            if role is None or j in taken or (exact and name != role):
                continue
            if role not in roles and role not in asked:
                roles[role] = j
                taken.add(j)
    for name, j in position.items():
        if j in taken:
            continue
        if name in labels or name in roles or name == "row":
            notes.append(_unused(name))
        else:
            labels[name] = j
    labels = dict(sorted(labels.items(), key=lambda item: item[1]))
    return ColumnMap(roles, labels, asked, tuple(notes), tuple(problems))


def _duplicates(names: tuple[str, ...]) -> Iterable[Problem]:
    positions: dict[str, list[int]] = {}
    for j, name in enumerate(names):
        positions.setdefault(name, []).append(j + 1)
    for name, places in positions.items():
        if len(places) > 1:
            yield Problem(
                f"{len(places)} columns have the same name",
                f"column {quoted(name)} (columns {join_words([str(p) for p in places])})",
                "Give each column a name of its own",
                "duplicate_column",
            )


def _clean_mapping(columns: object) -> tuple[dict[str, str], list[Problem]]:
    if columns is None:
        return {}, []
    if not isinstance(columns, Mapping):
        what = f"columns is a {type(columns).__name__}, not a mapping"
        cure = 'Write columns={"sample": "study_id", "r": "correlation"}: our name, then yours'
        return {}, [Problem(what, "columns", cure, "columns_type")]
    clean: dict[str, str] = {}
    problems: list[Problem] = []
    for key, value in columns.items():
        ours = _BY_KEY.get(str(key).strip().casefold(), str(key).strip())
        if ours in clean:
            what = f"{quoted(ours)} is mapped twice"
            problems.append(Problem(what, "columns", "Map each name once", "mapped_twice"))
        elif ours == "row":
            what = '"row" is the name of the row numbers, which come from the source itself'
            cure = "Choose another name for this label"
            problems.append(Problem(what, "columns", cure, "reserved_name"))
        else:
            clean[ours] = str(value).strip()
    return clean, problems


def _not_there(ours: str, theirs: str, names: tuple[str, ...]) -> Problem:
    near = nearest_name(theirs, names)
    hint = f"Did you mean {quoted(near)}? " if near else ""
    return Problem(
        f"there is no column {quoted(theirs)}, to which {quoted(ours)} is mapped",
        "columns",
        f"{hint}The columns are {list_names(names, 20)}",
        "unknown_column",
    )


def _unused(name: str) -> Note:
    reason = (
        "its name is reserved for the row numbers of the source"
        if name == "row"
        else f"another column is mapped to {quoted(name)}"
    )
    cure = f"Rename it, or map it to a label of another name, to keep {quoted(name)}"
    what = f"the column is not used: {reason}"
    return Note("left out", Problem(what, f"column {quoted(name)}", cure, "unused_column"))


def _key(name: str) -> str:
    return re.sub(r"[\W_]+", "", name.casefold())


def suggest(role: str, names: Iterable[str]) -> str | None:
    """The column of the source that most likely has a role.

    Parameters
    ----------
    role : str
        One of `ROLES`.
    names : iterable of str
        Names of the columns that are still free.

    Returns
    -------
    str or None
        The likeliest name; None if none is likely.
    """
    candidates = list(names)[:CANDIDATE_LIMIT]
    by_key = {_key(name): name for name in reversed(candidates)}
    for usual in (role, *_USUAL.get(role, ())):
        if _key(usual) in by_key:
            return by_key[_key(usual)]
    if role == "sample":
        starts = ("sample", "study", "cluster")
        begun = [name for name in candidates if _key(name).startswith(starts)]
        if begun:
            return begun[0]
    if role == "sample" or len(role) > 3:
        for usual in (role, *_USUAL.get(role, ())[:8]):
            near = nearest_name(usual, candidates, 0.75)
            if near:
                return near
    return None


def mapping_cure(asked: Mapping[str, str], found: Mapping[str, str]) -> str:
    """The exact words that map columns, for Python and for the command line.

    Parameters
    ----------
    asked : mapping of str to str
        What the user mapped already.
    found : mapping of str to str
        What is to be added.

    Returns
    -------
    str
        ``columns={...} in Python, --columns ... on the command line``.
    """
    whole = dict(asked) | dict(found)
    python = ", ".join(f'"{ours}": "{theirs}"' for ours, theirs in whole.items())
    line = ",".join(f"{ours}={theirs}" for ours, theirs in whole.items())
    if re.search(r"[^\w=,.-]", line):
        line = f"'{line}'"
    return f"columns={{{python}}} in Python, --columns {line} on the command line"
