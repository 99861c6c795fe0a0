"""Correlations from what each row reports: r itself, or t, F, d or chi squared."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

import numpy as np
import numpy.typing as npt

from bayes_alliance.data import measures
from bayes_alliance.data.ingredients import BoolArray, FloatArray, Ingredients
from bayes_alliance.data.notes import Note
from bayes_alliance.errors import Problem

__all__ = ["Correlations", "reported_correlations"]


@dataclass(frozen=True, slots=True)
class Correlations:
    """The correlation behind each row, before its sign is turned.

    Parameters
    ----------
    r, n : numpy.ndarray, shape (k,)
        Correlations and participants; NaN where unknown.
    vz : numpy.ndarray, shape (k,)
        Variances on z of correlations converted from d; NaN elsewhere.
    statistic : numpy.ndarray of str, shape (k,)
        What was reported.
    covariates : numpy.ndarray of int, shape (k,)
        Covariates partialled out.
    complete : numpy.ndarray of bool, shape (k,)
        Rows with all that their effect size needs.
    lacking : mapping of str to numpy.ndarray of bool
        Rows that lack something, by our name of the column in which it is missing.
    used : frozenset of str
        Our names of the columns that rows were derived from.
    notes : tuple of Note
        What was derived and what contradicts itself.
    """

    r: FloatArray
    n: FloatArray
    vz: FloatArray
    statistic: npt.NDArray[np.object_]
    covariates: npt.NDArray[np.int64]
    complete: BoolArray
    lacking: Mapping[str, BoolArray]
    used: frozenset[str]
    notes: tuple[Note, ...]


_FORMULAS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "t": "r = t / sqrt(t² + df)",
        "F": "|r| = sqrt(F / (F + df))",
        "d": "r = d / sqrt(d² + a), a = (n1 + n2)² / (n1 n2)",
        "chi2": "|r| = sqrt(chi2 / n)",
    }
)
_SOURCES: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {"t": ("t", "df"), "F": ("F", "df"), "d": ("d", "n1", "n2"), "chi2": ("chi2",)}
)


def reported_correlations(given: Ingredients) -> Correlations:
    """Correlations from what the rows report.

    A t or F takes its degrees of freedom from ``df`` or else from n - 2 - covariates; a
    correlation without n takes n = df + 2 + covariates.

    Parameters
    ----------
    given : Ingredients
        The numbers of the source, within their ranges.

    Returns
    -------
    Correlations
        Correlations, what is lacking, and what was derived.
    """
    x = given.numbers
    p = np.nan_to_num(x["covariates"])
    r, n, stated = x["r"].copy(), x["n"].copy(), given.statistic
    has_r = np.isfinite(r) | given.not_significant
    no_n = np.isnan(n)
    n_from_df = has_r & no_n & np.isfinite(x["df"])
    n[n_from_df] = x["df"][n_from_df] + 2 + p[n_from_df]
    df = np.where(np.isnan(x["df"]), n - 2 - p, x["df"])
    kinds = _kinds(given, has_r)
    complete = {
        "r": has_r & np.isfinite(n) & ~np.isin(stated.astype(str), ("d", "given")),
        "t": kinds["t"] & np.isfinite(df),
        "F": kinds["F"] & np.isfinite(df),
        "d": kinds["d"] & np.isfinite(x["n1"]) & np.isfinite(x["n2"]),
        "chi2": kinds["chi2"] & np.isfinite(n),
    }
    with np.errstate(invalid="ignore", divide="ignore"):
        converted = {
            "t": measures.r_from_t(x["t"], df),
            "F": measures.r_from_f(x["F"], df),
            "d": measures.r_from_d(x["d"], x["n1"], x["n2"]),
            "chi2": measures.r_from_chi2(x["chi2"], n),
        }
        d_variance = measures.z_variance_from_d(x["d"], x["n1"], x["n2"])
    statistic = np.where(stated == "", np.where(p > 0, "partial", "pearson"), stated)
    contradiction = has_r & (p > 0) & (statistic == "pearson")
    statistic = np.where(contradiction, "partial", statistic).astype(object)
    for kind, values in converted.items():
        rows = complete[kind]
        r[rows] = values[rows]
        statistic[kinds[kind]] = kind
    by_df = complete["t"] | complete["F"]
    conflict = by_df & ~no_n & (np.abs(x["n"] - (df + 2 + p)) > 0.5)
    n[by_df] = (df + 2 + p)[by_df]
    n[complete["d"]] = (x["n1"] + x["n2"])[complete["d"]]
    anything = np.logical_or.reduce([has_r, *kinds.values()])
    lacking = {
        "r": ~anything,
        "n": (has_r & np.isnan(n)) | (kinds["chi2"] & ~complete["chi2"]),
        "df": (kinds["t"] & ~complete["t"]) | (kinds["F"] & ~complete["F"]),
        "n1": kinds["d"] & ~complete["d"],
    }
    notes = [*_contradictions(given, contradiction, conflict, statistic, has_r, p)]
    notes += _derivations(given, complete, n_from_df)
    used = {role for kind in _SOURCES if kinds[kind].any() for role in _SOURCES[kind]}
    return Correlations(
        r=r,
        n=n,
        vz=np.where(complete["d"], d_variance, np.nan),
        statistic=statistic,
        covariates=p.astype(np.int64),
        complete=np.logical_or.reduce(list(complete.values())),
        lacking=lacking,
        used=frozenset(used | ({"df"} if n_from_df.any() else set())),
        notes=tuple(notes),
    )


def _kinds(given: Ingredients, has_r: BoolArray) -> dict[str, BoolArray]:
    """Which rows without r report which statistic; the first of t, F, d and chi2 that is there."""
    free = ~has_r
    kinds: dict[str, BoolArray] = {}
    for kind in _FORMULAS:
        allowed = np.isin(given.statistic.astype(str), ("", kind, "pearson", "partial"))
        kinds[kind] = free & allowed & np.isfinite(given.numbers[kind])
        free = free & ~kinds[kind]
    return kinds


def _contradictions(
    given: Ingredients,
    both: BoolArray,
    conflict: BoolArray,
    statistic: npt.NDArray[np.object_],
    has_r: BoolArray,
    p: FloatArray,
) -> list[Note]:
    notes: list[Note] = []

    def warn(rows: BoolArray, role: str, what: str, cure: str, code: str) -> None:
        if rows.any():
            notes.append(Note("warning", Problem(what, given.at(rows, role), cure, code)))

    warn(
        both,
        "covariates",
        "there are covariates, but the statistic is called Pearson's r: read as a partial r",
        "Write partial in the statistic column, or 0 covariates",
        "pearson_with_covariates",
    )
    warn(
        has_r & (statistic == "partial") & (p == 0),
        "covariates",
        "a partial r without its number of covariates: read as if it had none",
        "Write the number of covariates; the variance on z is 1 / (n - 3 - covariates)",
        "partial_without_covariates",
    )
    warn(
        conflict,
        "n",
        "n is not df + 2 + covariates; n was taken from df",
        "Check both, or say how many covariates there were",
        "n_and_df_disagree",
    )
    return notes


def _derivations(
    given: Ingredients, complete: Mapping[str, BoolArray], n_from_df: BoolArray
) -> list[Note]:
    notes: list[Note] = []
    for kind, formula in _FORMULAS.items():
        rows = complete[kind]
        if not rows.any():
            continue
        what = f"r computed from {kind}, {formula}"
        notes.append(Note("derived", Problem(what, given.at(rows, kind), "", f"from_{kind}")))
        unsigned = rows & np.isnan(given.direction)
        if kind in ("F", "chi2") and unsigned.any():
            notes.append(
                Note(
                    "warning",
                    Problem(
                        f"{kind} has no sign; the correlation was taken as positive",
                        given.at(unsigned, kind),
                        "Say so in a column direction: 1 for positive, -1 for negative",
                        "sign_unknown",
                    ),
                )
            )
    if n_from_df.any():
        what = "n computed from df, n = df + 2 + covariates"
        notes.append(Note("derived", Problem(what, given.at(n_from_df, "df"), "", "n_from_df")))
    return notes
