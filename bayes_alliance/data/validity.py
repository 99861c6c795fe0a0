"""What makes an effect size impossible: each check is a mask over the rows, told with its cure."""

from __future__ import annotations

from typing import Final

import numpy as np

from bayes_alliance.data.derive import Derived
from bayes_alliance.data.ingredients import BoolArray, Ingredients
from bayes_alliance.data.messages import LIST_LIMIT, list_names
from bayes_alliance.errors import Problem
from bayes_alliance.names import Measure

__all__ = ["check_ranges", "missing_values", "unfinished"]

#: Numbers that people type for a missing value.
MISSING_CODES: Final = (9.0, 99.0, 999.0, 9999.0, 77.0, 777.0, 88.0, 888.0)


def check_ranges(given: Ingredients, measure: Measure) -> list[Problem]:
    """Numbers outside their range.

    Parameters
    ----------
    given : Ingredients
        The numbers of the source.
    measure : {"ZCOR", "COR", "GEN"}
        The scale of the analysis; with "GEN" only yi and its variance matter.

    Returns
    -------
    list of Problem
        One for each kind of impossible number.
    """
    x = given.numbers
    problems: list[Problem] = []

    def refuse(bad: BoolArray, role: str, what: str, cure: str, code: str) -> None:
        if bad.any():
            values = list_names(f"{v:g}" for v in x[role][bad]).replace('"', "")
            told = Problem(f"{what}; found {values}", given.at(bad, role), cure, code)
            problems.append(told)

    for role, other in (("vi", "sei"), ("sei", "vi")):
        noun = "variances" if role == "vi" else "standard errors"
        refuse(
            x[role] <= 0,
            role,
            f"{role} must be positive",
            f"Sampling {noun} are positive; if the column holds something else, map {role} or "
            f"{other} to the right one",
            f"{role}_not_positive",
        )
    if measure == "GEN":
        return problems
    if measure == "COR":
        refuse(
            np.isnan(x["r"]) & (np.abs(x["yi"]) >= 1),
            "yi",
            "a raw correlation must be smaller than 1 in size",
            'With measure="COR", yi holds correlations; choose measure="ZCOR" for Fisher\'s z',
            "yi_out_of_range",
        )
    problems += _correlation_range(given)
    p = np.nan_to_num(x["covariates"])
    refuse(
        (x["covariates"] < 0) | (np.mod(p, 1) != 0),
        "covariates",
        "the number of covariates must be 0 or a positive whole number",
        "Write how many covariates were partialled out",
        "bad_covariates",
    )
    problems += _too_few(given)
    with np.errstate(invalid="ignore"):
        few = (x["n1"] + x["n2"] <= 3) & np.isfinite(x["d"])
        too_large = x["chi2"] >= x["n"]
    cure = "The variance on z is 1 / (df - 1); check the degrees of freedom"
    refuse(x["df"] <= 1, "df", "df must be greater than 1", cure, "df_too_small")
    for role in ("F", "chi2"):
        cure = f"Write the size of {role}; the sign belongs in a column direction"
        code = f"{role.casefold()}_negative"
        refuse(x[role] < 0, role, f"{role} cannot be negative", cure, code)
    for role in ("n1", "n2"):
        cure = "Write the participants of each group"
        refuse(x[role] < 1, role, f"{role} must be at least 1", cure, "group_too_small")
    cure = "Only chi squared of a 2 x 2 table (1 df) is a correlation"
    refuse(too_large, "chi2", "chi squared must be smaller than n", cure, "chi2_too_large")
    cure = "Check the participants of the groups"
    refuse(few, "n1", "n1 + n2 must be greater than 3", cure, "n_too_small")
    return problems


def _correlation_range(given: Ingredients) -> list[Problem]:
    r = given.numbers["r"]
    bad = np.abs(r) >= 1
    if not bad.any():
        return []
    values = list_names(f"{v:g}" for v in r[bad]).replace('"', "")
    known = np.isfinite(r)
    size = np.abs(r[known])
    if size.min() >= 1 and size.max() <= 100 and len(np.unique(size)) > 1:
        what = f"all correlations are between 1 and 100 in size, like percentages; found {values}"
        cure = "Divide them by 100: a correlation of 21 % is .21"
        return [Problem(what, given.at(bad, "r"), cure, "r_percent")]
    problems = []
    code = bad & np.isin(np.abs(r), MISSING_CODES)
    for rows, cure, name in (
        (
            code,
            "If this is a code for a missing value, leave the cell empty and choose whether such "
            'rows are left out (missing="drop", --missing drop)',
            "r_missing_code",
        ),
        (
            bad & ~code,
            "A correlation lies between -1 and 1 (exclusive); look for a lost decimal point, a "
            "percentage or another statistic in this column",
            "r_out_of_range",
        ),
    ):
        if rows.any():
            values = list_names(f"{v:g}" for v in r[rows]).replace('"', "")
            what = f"|r| must be smaller than 1; found {values}"
            problems.append(Problem(what, given.at(rows, "r"), cure, name))
    return problems


def _too_few(given: Ingredients) -> list[Problem]:
    """Rows whose n leaves no degrees of freedom for the variance."""
    x = given.numbers
    p = np.nan_to_num(x["covariates"])
    by_n = np.isnan(x["df"]) & (np.isfinite(x["t"]) | np.isfinite(x["F"]))
    needs_n = by_n | np.isfinite(x["r"]) | given.not_significant | np.isfinite(x["chi2"])
    bad = needs_n & (x["n"] <= 3 + np.maximum(p, 0))
    if not bad.any():
        return []
    values = list_names(f"{v:g}" for v in x["n"][bad]).replace('"', "")
    cure = "Check n; such a correlation has no sampling variance and cannot be analysed"
    found = x["n"][bad]
    if np.all((found > 0) & (found < 1)):
        cure = "These are proportions: write the number of participants"
    elif np.any(found < 0) or np.any(np.isin(found, MISSING_CODES)):
        cure = "If this is a code for a missing value, leave the cell empty"
    elif np.any(np.mod(found, 1) != 0):
        cure = "Write the number of participants, without a mark for thousands"
    covariates = " + covariates" if np.any(p[bad] > 0) else ""
    what = f"n must be greater than 3{covariates}; found {values}"
    return [Problem(what, given.at(bad, "n"), cure, "n_too_small")]


_LACKING: Final = {
    "r": ("no effect size", "missing_r"),
    "n": ("no n", "missing_n"),
    "df": ("t or F without df (or n)", "missing_df"),
    "n1": ("d without n1 and n2", "missing_groups"),
    "yi": ("no yi", "missing_yi"),
    "vi": ("no vi (or sei) for yi", "missing_vi"),
}


def missing_values(
    given: Ingredients, derived: Derived, *, limit: int | None = LIST_LIMIT
) -> tuple[BoolArray, list[Problem]]:
    """Rows that lack what their effect size needs; cells that cannot be read do not count.

    Parameters
    ----------
    given : Ingredients
        The numbers of the source.
    derived : Derived
        What each row amounts to.
    limit : int or None
        Longest list of rows shown in full; None shows all.

    Returns
    -------
    rows : numpy.ndarray of bool, shape (k,)
        Rows that lack anything.
    problems : list of Problem
        One for each thing that is lacking, naming the rows.
    """
    rows = np.zeros(len(derived.yi), dtype=np.bool_)
    problems: list[Problem] = []
    for role, lacking in derived.lacking.items():
        empty = lacking & ~given.unreadable
        if empty.any():
            what, code = _LACKING[role]
            cure = 'Fill the cells, or leave the rows out with missing="drop" (--missing drop)'
            problems.append(Problem(what, given.at(empty, role, limit=limit), cure, code))
            rows |= empty
    return rows, problems


def unfinished(given: Ingredients, derived: Derived, kept: BoolArray) -> list[Problem]:
    """Rows that passed every check and still have no number: none may enter a table unseen.

    Parameters
    ----------
    given : Ingredients
        The numbers of the source.
    derived : Derived
        What each row amounts to.
    kept : numpy.ndarray of bool, shape (k,)
        Rows that lack nothing.

    Returns
    -------
    list of Problem
        One that names the rows, or none.
    """
    known = np.isfinite(derived.yi) | derived.not_significant
    bad = kept & ~(known & np.isfinite(derived.vi) & (derived.vi > 0))
    if not bad.any():
        return []
    what = "no effect size with a positive variance follows from these numbers"
    cure = "Check the numbers of the row; extremely large or small ones cannot be used"
    return [Problem(what, given.at(bad), cure, "no_effect_size")]
