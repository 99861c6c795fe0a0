"""From correlations to the scale of the analysis, and from one measure to another."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import numpy.typing as npt

from bayes_alliance.data import measures
from bayes_alliance.data.effects import EffectSizes
from bayes_alliance.data.messages import Places
from bayes_alliance.errors import InputError, Problem
from bayes_alliance.names import Measure

__all__ = ["effect_and_variance", "with_measure"]

FloatArray = npt.NDArray[np.float64]

#: Statistics whose variance on z does not follow from n, so that it has to be carried along.
CARRIED = ("d", "given")


def effect_and_variance(
    *,
    r: FloatArray,
    n: FloatArray,
    covariates: npt.NDArray[np.int64],
    statistic: npt.NDArray[np.object_],
    vz: FloatArray,
    measure: Measure,
    small_sample: bool = False,
) -> tuple[FloatArray, FloatArray]:
    """Effect sizes and sampling variances of correlations on the scale of a measure.

    Parameters
    ----------
    r, n : numpy.ndarray, shape (k,)
        Correlations and participants; r is NaN where only "n.s." was printed, and its variance on
        r is then the one at r = 0.
    covariates : numpy.ndarray of int, shape (k,)
        Covariates partialled out.
    statistic : numpy.ndarray of str, shape (k,)
        What was reported; "spearman", "d" and "given" have variances of their own.
    vz : numpy.ndarray, shape (k,)
        Variances on z, read where `statistic` is "d" or "given" only.
    measure : {"ZCOR", "COR"}
        Fisher's z or raw r.
    small_sample : bool
        Whether z - r / (2 (n - 1)) replaces z (Hotelling 1953; Hedges & Olkin 1985).

    Returns
    -------
    yi, vi : numpy.ndarray, shape (k,)
        Effect sizes and variances on z or on r.

    Examples
    --------
    >>> yi, vi = effect_and_variance(
    ...     r=np.array([0.5]), n=np.array([103.0]), covariates=np.array([0]),
    ...     statistic=np.array(["pearson"], dtype=object), vz=np.array([np.nan]), measure="ZCOR",
    ... )
    >>> round(float(yi[0]), 4), float(vi[0])
    (0.5493, 0.01)
    """
    carried = np.isin(statistic.astype(str), CARRIED)
    spearman = statistic == "spearman"
    with np.errstate(divide="ignore", invalid="ignore"):
        v = np.where(carried, vz, measures.z_variance(n, covariates, spearman=spearman))
        if measure == "COR":
            at = np.nan_to_num(r)
            from_z = measures.r_variance_from_z(v, at)
            direct = measures.r_variance(at, n, covariates)
            return r.copy(), np.where(carried | spearman, from_z, direct)
        yi = measures.fisher_z(r)
        if small_sample:
            yi = yi - measures.z_correction(r, n, covariates)
    return yi, v


def with_measure(
    effects: EffectSizes, measure: Measure, *, small_sample: bool = False
) -> EffectSizes:
    """The same correlations on another scale.

    Fisher's z and raw r are computed anew from r, n, the statistic and the covariates; variances
    that do not follow from n (converted from d, or given ready) are scaled by (1 - r^2)^2.

    Parameters
    ----------
    effects : EffectSizes
        A table of correlations.
    measure : {"ZCOR", "COR", "GEN"}
        Fisher's z, raw r (for sensitivity analyses), or the present yi and vi taken as they are.
    small_sample : bool
        With "ZCOR": whether z carries the small-sample correction.

    Returns
    -------
    EffectSizes
        A copy with new `yi`, `vi` and `measure`.

    Raises
    ------
    InputError
        If there is no r behind the effect sizes, or no n for the correction.

    Examples
    --------
    >>> import pandas as pd
    >>> from bayes_alliance.data.readers import read_effects
    >>> effects = read_effects(pd.DataFrame({"sample": ["A", "B"], "r": [0.2, 0.3], "n": [50, 80]}))
    >>> with_measure(effects, "COR").frame["yi"].tolist()
    [0.2, 0.3]
    """
    problems = _refuse(effects, measure, small_sample)
    if problems:
        raise InputError(problems)
    if measure == effects.measure and small_sample == effects.small_sample:
        return effects
    frame = effects.to_frame()
    if measure == "GEN":
        frame["r"] = np.nan
        return replace(effects, frame=frame, measure=measure, small_sample=False)
    r = frame["r"].to_numpy(dtype=np.float64)
    vi = frame["vi"].to_numpy(dtype=np.float64)
    # Carried variances stand on the present scale; r is NaN for "n.s." only, never for these.
    vz = vi if effects.measure == "ZCOR" else vi / np.square(1.0 - np.square(r))
    frame["yi"], frame["vi"] = effect_and_variance(
        r=r,
        n=frame["n"].to_numpy(dtype=np.float64),
        covariates=frame["covariates"].to_numpy(dtype=np.int64),
        statistic=frame["statistic"].to_numpy(dtype=object),
        vz=vz,
        measure=measure,
        small_sample=small_sample,
    )
    return replace(effects, frame=frame, measure=measure, small_sample=small_sample)


def _refuse(effects: EffectSizes, measure: Measure, small_sample: bool) -> list[Problem]:
    problems: list[Problem] = []
    if measure not in ("ZCOR", "COR", "GEN"):
        what = f'there is no measure "{measure}"'
        problems.append(Problem(what, "measure", "Choose ZCOR, COR or GEN", "unknown_measure"))
    elif effects.measure == "GEN" and measure != "GEN":
        problems.append(
            Problem(
                f"the effect sizes are no correlations and cannot become {measure}",
                effects.name,
                "Read the table with columns for r and n",
                "no_r",
            )
        )
    if small_sample and measure != "ZCOR":
        what = "the small-sample correction belongs to Fisher's z"
        cure = 'Leave out small_sample, or choose measure="ZCOR"'
        problems.append(Problem(what, "small_sample", cure, "small_sample_measure"))
    elif small_sample and not problems:
        frame = effects.frame
        unknown = (frame["n"].isna() & ~frame["not_significant"]).to_numpy()
        if unknown.any():
            places = Places(frame["row"].to_numpy(), frame["sample"].tolist())
            what = "the small-sample correction needs n, which is unknown"
            cure = "Leave out small_sample, or give n"
            problems.append(Problem(what, places.at(unknown, "n"), cure, "small_sample_without_n"))
    return problems
