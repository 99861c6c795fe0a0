"""What a table must have before anything can be computed, and what the user has to name."""

from __future__ import annotations

from typing import Final

import numpy as np

from bayes_alliance.data.cells import is_missing
from bayes_alliance.data.columns import ColumnMap, mapping_cure, suggest
from bayes_alliance.data.messages import Places, list_names, quoted
from bayes_alliance.data.table import SourceTable
from bayes_alliance.errors import Problem
from bayes_alliance.names import Measure

__all__ = [
    "CONVERTIBLE",
    "bad_options",
    "blank_labels",
    "filled_roles",
    "missing_columns",
    "roles_to_read",
]

#: Statistics that are read only where a row has no correlation; otherwise they are labels.
CONVERTIBLE: Final = ("t", "F", "d", "chi2", "df", "n1", "n2")
_COMMON: Final = ("direction", "turned", "not_significant")
_MEANING: Final = {
    "sample": "the independent sample a row comes from",
    "r": "the correlation",
    "n": "the number of participants",
    "yi": "the effect size",
    "vi": "its sampling variance; sei, the standard error, would do as well",
}


def bad_options(measure: str, small_sample: bool, missing: str) -> list[Problem]:
    """Options that do not exist or do not go together.

    Parameters
    ----------
    measure, small_sample, missing
        As for `read_effects`.

    Returns
    -------
    list of Problem
        What is wrong with them.
    """
    problems = []
    if measure not in ("auto", "ZCOR", "COR", "GEN"):
        what = f"there is no measure {quoted(measure)}"
        cure = 'Choose "auto", "ZCOR" (Fisher\'s z), "COR" (raw r) or "GEN" (yi with vi or sei)'
        problems.append(Problem(what, "measure", cure, "unknown_measure"))
    elif small_sample and measure in ("COR", "GEN"):
        what = "the small-sample correction belongs to Fisher's z"
        cure = 'Leave out small_sample, or choose measure="ZCOR"'
        problems.append(Problem(what, "small_sample", cure, "small_sample_measure"))
    if missing not in ("refuse", "drop"):
        what = f"missing cannot be {quoted(missing)}"
        problems.append(Problem(what, "missing", 'Choose "refuse" or "drop"', "unknown_missing"))
    return problems


def missing_columns(table: SourceTable, mapped: ColumnMap, measure: Measure) -> list[Problem]:
    """The columns without which nothing can be computed, with the words that name them.

    Parameters
    ----------
    table : SourceTable
        The source.
    mapped : ColumnMap
        Which column is which.
    measure : {"ZCOR", "COR", "GEN"}
        The scale of the analysis.

    Returns
    -------
    list of Problem
        One problem that names all missing columns, suggests the likeliest and gives the cure; or
        none.
    """
    lacking = [role for role in _lacking(mapped, measure) if role not in mapped.asked]
    if not lacking:
        return []
    free = [name for name, j in mapped.labels.items() if j not in mapped.roles.values()]
    found: dict[str, str] = {}
    for role in lacking:
        for wanted in (role, "sei") if role == "vi" else (role,):
            likely = suggest(wanted, [name for name in free if name not in found.values()])
            if likely is not None:
                found[wanted] = likely
                break
    described = [f"no column {role} ({_MEANING[role]})" for role in lacking]
    columns = f"{table.source}, columns found: {list_names(table.names, 20)}"
    if found:
        likeliest = list_names(found.values())
        cure = f"The likeliest: {likeliest}. Say {mapping_cure(mapped.asked, found)}"
    else:
        example = {role: f"your_{role}" for role in lacking}
        cure = f"Say which it is: {mapping_cure(mapped.asked, example)}"
    if len(table.names) == 1 or all(_is_number(name) for name in table.names):
        head = "The first row must hold the column names, with commas, semicolons or tabs between"
        cure = f"{head}. {cure}"
    elif "index" in table.features and "sample" in lacking:
        cure = f"The index ({table.features['index']}) is not read: call reset_index(). {cure}"
    return [Problem("; ".join(described), columns, cure, "missing_column")]


def _lacking(mapped: ColumnMap, measure: Measure) -> list[str]:
    have = {*mapped.roles, *mapped.asked}
    lacking = [] if "sample" in have else ["sample"]
    ready = "yi" in have and bool(have & {"vi", "sei"})
    if measure == "GEN":
        lacking += [] if "yi" in have else ["yi"]
        return lacking + ([] if have & {"vi", "sei"} else ["vi"])
    by_df = "df" in have and bool(have & {"r", "t", "F"})
    by_groups = {"d", "n1", "n2"} <= have
    if not have & {"r", "t", "F", "chi2"} and not by_groups and not ready:
        if have & {"vi", "sei"} and not have & {"n"}:
            return [*lacking, "yi"]
        lacking.append("r")
    if "n" not in have and not by_df and not by_groups and not ready:
        lacking.append("n")
    return lacking


def _is_number(name: str) -> bool:
    try:
        float(name.replace(",", "."))
    except ValueError:
        return False
    return True


def filled_roles(table: SourceTable, mapped: ColumnMap) -> set[str]:
    """The roles that say something: a column r without any content is as good as none.

    Parameters
    ----------
    table : SourceTable
        The source.
    mapped : ColumnMap
        Which column is which.

    Returns
    -------
    set of str
        Our names.
    """
    roles = {*mapped.roles, *mapped.asked}
    if "r" in mapped.roles and _blank(table, mapped, "r").all():
        roles.discard("r")
    return roles


def roles_to_read(table: SourceTable, mapped: ColumnMap, measure: Measure) -> tuple[str, ...]:
    """The roles whose columns are read as numbers; other columns of that name remain labels.

    Parameters
    ----------
    table : SourceTable
        The source.
    mapped : ColumnMap
        Which column is which.
    measure : {"ZCOR", "COR", "GEN"}
        The scale of the analysis.

    Returns
    -------
    tuple of str
        Our names.
    """
    if measure == "GEN":
        return ("n", "yi", "vi", "sei", *_COMMON)
    roles = ("r", "n", "yi", "vi", "sei", "statistic", "covariates", *_COMMON)
    no_r, no_n = _blank(table, mapped, "r"), _blank(table, mapped, "n")
    ready = ~_blank(table, mapped, "yi")
    ready &= ~_blank(table, mapped, "vi") | ~_blank(table, mapped, "sei")
    if (no_r & ~ready).any():
        return (*roles, *CONVERTIBLE)
    return (*roles, "df") if (no_n & ~ready).any() else roles


def _blank(table: SourceTable, mapped: ColumnMap, role: str) -> np.ndarray:
    if role not in mapped.roles:
        return np.ones(len(table.rows), dtype=np.bool_)
    cells = table.cells[mapped.roles[role]]
    return np.array([is_missing(cell) for cell in cells], dtype=np.bool_)


def blank_labels(table: SourceTable, mapped: ColumnMap, places: Places) -> list[Problem]:
    """Rows without the label of their sample or effect.

    Parameters
    ----------
    table : SourceTable
        The source.
    mapped : ColumnMap
        Which column is which.
    places : Places
        Where the rows stand.

    Returns
    -------
    list of Problem
        One for each of the two columns that has blanks.
    """
    problems = []
    for role in ("sample", "effect"):
        blank = _blank(table, mapped, role)
        if role in mapped.roles and blank.any():
            problems.append(
                Problem(
                    f"the label of the {role} is blank",
                    places.at(blank, table.names[mapped.roles[role]]),
                    "Write the label into every row (of merged cells only the first holds it); "
                    "a note or a total below the table does not belong in the file",
                    f"blank_{role}",
                )
            )
    return problems
