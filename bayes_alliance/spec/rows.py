"""Which rows of the table a model uses, and why it leaves the others out."""

from __future__ import annotations

from difflib import get_close_matches

import numpy as np
import pandas as pd
from scipy import stats

from bayes_alliance.algebra.blocks import Array
from bayes_alliance.data.effects import RESERVED_COLUMNS, EffectSizes
from bayes_alliance.errors import InputError, Problem
from bayes_alliance.names import TOTAL_SCALE
from bayes_alliance.spec.design import LeftOut
from bayes_alliance.spec.scale_terms import scale_columns
from bayes_alliance.spec.specification import Specification
from bayes_alliance.spec.tables import Effect
from bayes_alliance.spec.variables import naming_columns

__all__ = ["is_total", "used_rows"]


def used_rows(
    measured: EffectSizes, specification: Specification
) -> tuple[pd.DataFrame, pd.Series[float], tuple[LeftOut, ...]]:
    """Rows that a model uses, the rows of a sample next to one another.

    Parameters
    ----------
    measured : EffectSizes
        The table on the scale of the analysis.
    specification : Specification
        Says what happens to totals, to correlations printed only as "n.s.", and which columns are
        needed.

    Returns
    -------
    frame : pandas.DataFrame
        The rows; the index is the position in the table.
    censored_at : pandas.Series
        Critical values of rows known only to be not significant; NaN elsewhere.
    left_out : tuple of LeftOut
        The other rows.

    Raises
    ------
    InputError
        If no row is left, or the column of the scales is not there.
    """
    effect = specification.effect
    frame = measured.to_frame().reset_index(drop=True)
    frame, left_out = _treat_totals(frame, effect)
    frame, censored_at, silent = _treat_not_significant(frame, measured, effect)
    frame, left_out = _complete_cases(frame, specification, (*silent, *left_out))
    if effect.totals == "composite":
        frame, spare = _spare_totals(frame, specification)
        left_out += spare
    order = frame["sample"].map({s: i for i, s in enumerate(pd.unique(frame["sample"]))})
    return frame.iloc[np.argsort(order.to_numpy(), kind="stable")], censored_at, left_out


def is_total(frame: pd.DataFrame, column: str) -> np.ndarray:
    """Which rows are total scores.

    Parameters
    ----------
    frame : pandas.DataFrame
        k rows.
    column : str
        Column that names the scale.

    Returns
    -------
    ndarray of bool, shape (k,)
        True where the scale is "total", in any case; all False without that column.
    """
    if column not in frame:
        return np.zeros(len(frame), dtype=bool)
    text = frame[column].astype("string").str.strip().str.casefold()
    return np.asarray((text == TOTAL_SCALE).fillna(False).to_numpy(bool))


def _treat_totals(frame: pd.DataFrame, effect: Effect) -> tuple[pd.DataFrame, tuple[LeftOut, ...]]:
    """Leave out scales or totals, if that is declared."""
    if effect.totals == "all":
        return frame, ()
    column = effect.scale_column
    if column not in frame:
        labels = [str(name) for name in frame.columns if name not in RESERVED_COLUMNS]
        near = get_close_matches(column, labels, n=1)
        hint = f"Did you mean {near[0]!r}? " if near else ""
        raise InputError(
            Problem(
                what=f"the table has no column {column!r} that would tell totals from scales",
                where="effect.totals",
                cure=f"{hint}Name the column of the scales under effect.scale_column; columns: "
                f"{', '.join(labels) or 'none besides the effects'}",
                code="no_scale_column",
            )
        )
    total = is_total(frame, column)
    unnamed = frame[column].isna().to_numpy()
    if effect.totals == "only":
        left = _listed(frame.loc[~total & ~unnamed], "a scale (only total scores are used)")
        left += _listed(frame.loc[unnamed], f"no value of {column} (only total scores are used)")
        keep = total
    elif effect.totals == "scales":
        left, keep = _listed(frame.loc[total], "a total score (only scales are used)"), ~total
    else:
        return frame, ()
    if not keep.any():
        raise InputError(
            Problem(
                what="no row is left: the table has no "
                + ("total scores" if effect.totals == "only" else "scales"),
                where=f'effect.totals = "{effect.totals}", column {column}',
                cure=f'Set effect.totals = "all", or check the levels of {column}',
                code="nothing_left",
            )
        )
    return frame.loc[keep], left


def _spare_totals(
    frame: pd.DataFrame, specification: Specification
) -> tuple[pd.DataFrame, tuple[LeftOut, ...]]:
    """Leave out totals whose scales are all there, for the same people, raters, times, outcomes.

    As the sum of these scales such a total has nothing to add, and its error is theirs.
    """
    column = specification.effect.scale_column
    total = is_total(frame, column)
    scale = ~total & frame[column].notna().to_numpy()
    first, second = naming_columns(frame, specification.sampling)
    others = [name for name in (*first, *second) if name != column]
    group = frame.groupby(["sample", *others], dropna=False, sort=False).ngroup().to_numpy()
    beside = frame.loc[scale].groupby(group[scale])
    complete = beside[column].nunique() == frame.loc[scale, column].nunique()
    fewest = beside["n"].min()
    at = pd.Series(group[total], index=frame.index[total])
    whole = at.map(complete).fillna(False).to_numpy(bool)
    more = (frame.loc[total, "n"] > at.map(fewest)).to_numpy()
    spare = np.zeros(len(frame), dtype=bool)
    spare[np.flatnonzero(total)[whole & ~more]] = True
    left = _listed(frame.loc[spare], "a total whose scales are all here (it is their sum)")
    return frame.loc[~spare], left


def _treat_not_significant(
    frame: pd.DataFrame, measured: EffectSizes, effect: Effect
) -> tuple[pd.DataFrame, pd.Series[float], tuple[LeftOut, ...]]:
    """Apply the declared treatment of correlations printed only as "n.s."."""
    frame = frame.copy()
    unknown = frame["not_significant"].to_numpy(bool)
    censored_at = pd.Series(np.nan, index=frame.index)
    if not unknown.any():
        return frame, censored_at, ()
    if effect.not_significant == "leave_out":
        left = _listed(frame.loc[unknown], "printed only as not significant (left out)")
        return frame.loc[~unknown], censored_at, left
    frame.loc[unknown, ["yi", "r"]] = 0.0
    if effect.not_significant == "censored":
        n, covariates = (frame.loc[unknown, name].to_numpy(float) for name in ("n", "covariates"))
        r = _critical_r(n - 2 - covariates, effect.alpha)
        # The limit stands on the scale of yi, small-sample correction included.
        bias = r / (2 * (n - 1)) if measured.small_sample else 0.0
        censored_at.loc[unknown] = r if measured.measure == "COR" else np.arctanh(r) - bias
    return frame, censored_at, ()


def _critical_r(df: Array, alpha: float) -> Array:
    """Largest |r| that a two-sided t test with these degrees of freedom calls not significant."""
    t = stats.t.ppf(1 - alpha / 2, df)
    return np.asarray(t / np.sqrt(t**2 + df))


def _listed(frame: pd.DataFrame, reason: str) -> tuple[LeftOut, ...]:
    return tuple(
        LeftOut(int(row), str(sample), str(effect), reason)
        for row, sample, effect in zip(frame["row"], frame["sample"], frame["effect"], strict=True)
    )


def _complete_cases(
    frame: pd.DataFrame, specification: Specification, left_out: tuple[LeftOut, ...]
) -> tuple[pd.DataFrame, tuple[LeftOut, ...]]:
    """Leave rows with a missing moderator out of this model, and say which."""
    levels = specification.heterogeneity
    scales = () if levels.structure == "common" else (levels.scales,)
    groups = () if levels.groups is None else (levels.groups,)
    for term in dict.fromkeys(
        (*specification.location.terms, *scales, *scale_columns(specification), *groups)
    ):
        missing = frame[term].isna().to_numpy()
        left_out += _listed(frame.loc[missing], f"no value of {term}")
        frame = frame.loc[~missing]
    if frame.empty:
        raise InputError(
            Problem(
                what="no effect size is left for this model",
                where=f"model {specification.name}",
                cure=f"Of the table's rows, {len(left_out)} were left out: "
                + "; ".join(sorted({left.reason for left in left_out})),
                code="nothing_left",
            )
        )
    return frame, left_out
