"""Effect sizes and variances: from correlations, or as the source gives them.

Where a row has both a correlation with n and a ready effect size with its variance, the ready one
is used if it is the same within rounding (it has more digits), else the correlation, with a
warning.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
import numpy.typing as npt

from bayes_alliance.data import measures
from bayes_alliance.data.conversion import CARRIED, effect_and_variance
from bayes_alliance.data.ingredients import BoolArray, FloatArray, Ingredients
from bayes_alliance.data.notes import Note
from bayes_alliance.data.reported import Correlations, reported_correlations
from bayes_alliance.errors import Problem
from bayes_alliance.names import Measure

__all__ = ["Derived", "choose_measure", "derive"]

#: yi and vi agree with r and n if yi differs by no more than r rounded to two decimals does
#: (on z: divided by 1 - r^2), and vi by no more than rounding to four decimals or one per cent.
R_ROUNDING: Final = 0.0051
V_ROUNDING: Final = 0.000051
V_RELATIVE: Final = 0.01


@dataclass(frozen=True, slots=True)
class Derived:
    """What each row amounts to.

    Parameters
    ----------
    r, n, yi, vi : numpy.ndarray, shape (k,)
        Correlation, participants, effect size on the scale of the measure and its variance.
    statistic : numpy.ndarray of str, shape (k,)
        What the row reported.
    covariates : numpy.ndarray of int, shape (k,)
        Covariates partialled out.
    turned, not_significant : numpy.ndarray of bool, shape (k,)
        Whether the sign was turned; whether only "n.s." was printed.
    ready : numpy.ndarray of bool, shape (k,)
        Rows whose vi is the source's own.
    lacking : mapping of str to numpy.ndarray of bool
        Rows that lack something, by our name of the column in which it is missing.
    used : frozenset of str
        Our names of the statistics that rows were derived from.
    notes : tuple of Note
        What was derived, turned or contradictory.
    problems : tuple of Problem
        What cannot be resolved.
    """

    r: FloatArray
    n: FloatArray
    yi: FloatArray
    vi: FloatArray
    statistic: npt.NDArray[np.object_]
    covariates: npt.NDArray[np.int64]
    turned: BoolArray
    not_significant: BoolArray
    ready: BoolArray
    lacking: Mapping[str, BoolArray]
    used: frozenset[str] = frozenset()
    notes: tuple[Note, ...] = ()
    problems: tuple[Problem, ...] = ()


def choose_measure(roles: set[str], asked: str) -> Measure:
    """The measure of a table.

    Parameters
    ----------
    roles : set of str
        Our names of the columns of the source.
    asked : {"auto", "ZCOR", "COR", "GEN"}
        What the user asked for.

    Returns
    -------
    {"ZCOR", "COR", "GEN"}
        With "auto": Fisher's z if there are correlations with n (or, without yi, statistics that
        can be converted), else ready effect sizes.
    """
    explicit: dict[str, Measure] = {"ZCOR": "ZCOR", "COR": "COR", "GEN": "GEN"}
    if asked in explicit:
        return explicit[asked]
    if "yi" not in roles:
        return "ZCOR"
    return "ZCOR" if "r" in roles and roles & {"n", "df"} else "GEN"


def derive(given: Ingredients, measure: Measure, asked: str, small_sample: bool) -> Derived:
    """Effect sizes and variances of all rows.

    Parameters
    ----------
    given : Ingredients
        The numbers of the source, within their ranges.
    measure : {"ZCOR", "COR", "GEN"}
        The scale of the analysis.
    asked : str
        What the user asked for; with "auto" the scale of ready effect sizes has to be evident.
    small_sample : bool
        Whether z carries the small-sample correction.

    Returns
    -------
    Derived
        Effect sizes, what is lacking, and what was noticed.
    """
    vi, notes = _ready_variance(given)
    if measure == "GEN":
        merged = _generic(given, vi)
    else:
        found = reported_correlations(given)
        merged = _merge(given, found, vi, measure, asked, small_sample)
    return _turn(replace(merged, notes=(*notes, *merged.notes)), given)


def _ready_variance(given: Ingredients) -> tuple[FloatArray, list[Note]]:
    """Variances as given, or the squares of standard errors where there are none."""
    vi, square = given.numbers["vi"], np.square(given.numbers["sei"])
    with np.errstate(invalid="ignore"):
        differ = np.abs(vi - square) > np.maximum(V_ROUNDING, 5 * V_RELATIVE * vi)
    notes = []
    if differ.any():
        what = "vi is not the square of sei; vi was used"
        cure = "Check both, or leave one of the columns out"
        problem = Problem(what, given.at(differ, "vi"), cure, "vi_and_sei_disagree")
        notes.append(Note("warning", problem))
    return np.where(np.isnan(vi), square, vi), notes


def _generic(given: Ingredients, vi: FloatArray) -> Derived:
    yi = given.numbers["yi"].copy()
    k = len(yi)
    none = np.zeros(k, dtype=np.bool_)
    return Derived(
        r=np.full(k, np.nan),
        n=given.numbers["n"].copy(),
        yi=yi,
        vi=vi,
        statistic=np.full(k, "given", dtype=object),
        covariates=np.zeros(k, dtype=np.int64),
        turned=given.turned,
        not_significant=none,
        ready=~none,
        lacking={"yi": np.isnan(yi), "vi": np.isfinite(yi) & np.isnan(vi)},
    )


def _merge(
    given: Ingredients,
    found: Correlations,
    vi: FloatArray,
    measure: Measure,
    asked: str,
    small_sample: bool,
) -> Derived:
    """Correlations and ready effect sizes in one table."""
    yi = given.numbers["yi"]
    has_ready = np.isfinite(yi) & np.isfinite(vi) & ~given.not_significant
    # Rows converted from d elsewhere, or given ready: r is known, but n does not give the variance.
    carried = ~found.complete & (np.isfinite(found.r) | given.not_significant)
    carried &= np.isin(found.statistic.astype(str), CARRIED)
    only_ready = has_ready & ~found.complete & ~(carried & has_ready)
    y0, v0 = effect_and_variance(
        r=found.r,
        n=found.n,
        covariates=found.covariates,
        statistic=found.statistic,
        vz=found.vz,
        measure=measure,
    )
    both = has_ready & found.complete
    y_off, v_off = _disagreement(found.r, (yi, vi), (y0, v0), measure)
    agree = both & ~y_off & ~v_off
    ready = agree | (has_ready & (carried | only_ready))
    r = np.where(only_ready, measures.r_from_z(yi) if measure == "ZCOR" else yi, found.r)
    y = np.where(ready, yi, y0)
    if small_sample:
        with np.errstate(invalid="ignore"):
            y = measures.fisher_z(r) - measures.z_correction(r, found.n, found.covariates)
    resolved = found.complete | ready
    no_variance = ~resolved & (carried | (found.lacking["r"] & np.isfinite(yi)))
    lacking = {role: rows & ~resolved & ~no_variance for role, rows in found.lacking.items()}
    lacking["vi"] = no_variance
    disagree = (both & y_off, both & ~y_off & v_off)
    contradictions = _disagreement_notes(given, (yi, vi), (y0, v0), disagree, found.r)
    return Derived(
        r=r,
        n=found.n,
        yi=y,
        vi=np.where(ready, vi, v0),
        statistic=np.where(only_ready, "given", found.statistic).astype(object),
        covariates=found.covariates,
        turned=given.turned,
        not_significant=given.not_significant & resolved,
        ready=ready,
        lacking=lacking,
        used=found.used,
        notes=(*found.notes, *contradictions),
        problems=(
            *_unresolved(given, only_ready, agree, asked, small_sample),
            *_not_behind(given, carried & has_ready & y_off),
        ),
    )


def _disagreement(
    r: FloatArray,
    ready: tuple[FloatArray, FloatArray],
    computed: tuple[FloatArray, FloatArray],
    measure: Measure,
) -> tuple[BoolArray, BoolArray]:
    """Rows whose ready effect sizes, or only their variances, are not those of r and n."""
    (yi, vi), (y0, v0) = ready, computed
    with np.errstate(invalid="ignore", divide="ignore"):
        rounding = R_ROUNDING / (1.0 - np.square(r) if measure == "ZCOR" else 1.0)
        y_off = np.abs(yi - y0) > rounding
        v_off = np.abs(vi - v0) > np.maximum(V_ROUNDING, V_RELATIVE * np.abs(v0))
    return y_off, v_off


def _disagreement_notes(
    given: Ingredients,
    ready: tuple[FloatArray, FloatArray],
    computed: tuple[FloatArray, FloatArray],
    disagree: tuple[BoolArray, BoolArray],
    r: FloatArray,
) -> list[Note]:
    """Warnings about rows whose ready effect sizes, or only whose variances, are off."""
    y_off, v_off = disagree
    notes: list[Note] = []
    if y_off.any():
        raw = bool(np.all(np.abs(ready[0] - r)[y_off] <= R_ROUNDING))
        what = "yi is not Fisher's z of r" + (" but r itself" if raw else "")
        cure = (
            'r and n were used; if yi and vi are right, choose measure="GEN" or leave out r and n'
        )
        problem = Problem(what, given.at(y_off, "yi"), cure, "yi_disagrees")
        notes.append(Note("warning", problem))
    if v_off.any():
        role = "vi" if given.has("vi") else "sei"
        what = f"{role} is not the variance that n gives, 1 / (n - 3) for Pearson's r"
        swapped = _swapped(ready[1][v_off], computed[1][v_off])
        if swapped == "standard error":
            what += ": it looks like the standard error"
        elif swapped == "variance":
            what += ": it looks like the variance in place of the standard error"
        cure = "r and n were used; if they are standard errors, map them to sei, variances to vi"
        problem = Problem(what, given.at(v_off, role), cure, "vi_disagrees")
        notes.append(Note("warning", problem))
    return notes


def _swapped(vi: FloatArray, expected: FloatArray) -> str | None:
    """Whether a variance is a standard error, or the square of a variance."""
    for power, name in ((0.5, "standard error"), (2.0, "variance")):
        if np.median(np.abs(np.log(vi) - power * np.log(expected))) < 0.05:
            return name
    return None


def _unresolved(
    given: Ingredients, only_ready: BoolArray, agree: BoolArray, asked: str, small_sample: bool
) -> list[Problem]:
    problems: list[Problem] = []
    if asked == "auto" and only_ready.any() and not agree.any():
        problems.append(
            Problem(
                "only yi and vi are given here, and nothing shows that they are Fisher's z",
                given.at(only_ready, "yi"),
                'Choose measure="ZCOR" if they are, or measure="GEN" to use yi and vi throughout',
                "scale_unknown",
            )
        )
    if small_sample and only_ready.any():
        problems.append(
            Problem(
                "the small-sample correction needs r with n, and these rows have only yi and vi",
                given.at(only_ready, "yi"),
                "Leave out small_sample, or give r and n",
                "small_sample_without_n",
            )
        )
    return problems


def _not_behind(given: Ingredients, rows: BoolArray) -> list[Problem]:
    """Rows whose variance has to be taken as given, although yi is not that of their r."""
    if not rows.any():
        return []
    what = "yi is not the effect size of r, and n does not give its variance"
    cure = 'Check both, or choose measure="GEN" to use yi and vi as they are'
    return [Problem(what, given.at(rows, "yi"), cure, "yi_disagrees")]


def _turn(derived: Derived, given: Ingredients) -> Derived:
    """Turn the signs where the direction is -1, and say so."""
    rows = (given.direction == -1.0) & ~derived.not_significant
    notes = list(derived.notes)
    if rows.any():
        problem = Problem(
            "signs turned because the direction is -1", given.at(rows, "direction"), "", "turned"
        )
        notes.append(Note("turned", problem))
    if derived.not_significant.any():
        problem = Problem(
            'only "n.s." is printed; the row is kept without r, and the specification says whether '
            "it is left out, counted as 0 or censored",
            given.at(derived.not_significant, "r"),
            "",
            "not_significant",
        )
        notes.append(Note("not significant", problem))
    sign = np.where(rows, -1.0, 1.0)
    return replace(
        derived,
        r=derived.r * sign,
        yi=derived.yi * sign,
        turned=derived.turned | rows,
        notes=tuple(notes),
    )
