"""What a fit hangs on: each sample, and the correlation of sampling errors within samples."""

from __future__ import annotations

from typing import Literal

import pandas as pd
from numpy.typing import ArrayLike

from bayes_alliance.analysis.face import Fit
from bayes_alliance.analysis.fit import fit as run_fit
from bayes_alliance.data.effects import EffectSizes
from bayes_alliance.sensitivity.correlation import RhoCurve
from bayes_alliance.sensitivity.cumulative import Cumulative
from bayes_alliance.sensitivity.exclusion import Exclusion, Where
from bayes_alliance.sensitivity.influence import Influence
from bayes_alliance.spec.specification import Specification

__all__ = ["cumulative", "exclude", "influence", "leave_one_out", "over_rho"]


def influence(
    fit: Fit, unit: Literal["sample", "effect"] = "sample", *, answer: str | None = None
) -> Influence:
    """What each sample, or each effect size, does to an analysis.

    Moments, intervals and signs are exact. A conclusion that rests on draws (the region of a
    difference on r, a benchmark) is told to change only beyond two Monte Carlo standard errors.

    Parameters
    ----------
    fit : Fit
        A fit.
    unit : {"sample", "effect"}
        What is left out.
    answer : str, optional
        The reported quantity or contrast that is followed; by default the overall mean, else the
        first mean.

    Returns
    -------
    Influence
        `table` (one row a unit: divergence, Cook's distance, weight, ...), `answers` (every answer
        without each), `conclusions` and `sentences` (what must be absent for one to change). The
        formulas stand in `bayes_alliance.sensitivity.influence`.

    Raises
    ------
    InputError
        If the exact engine cannot run the analysis, or there is one sample only.

    Examples
    --------
    >>> import bayes_alliance as ba
    >>> found = ba.influence(ba.fit("konstantopoulos2011", "schools"))
    >>> found.sentences[0]
    'The 95 % interval of overall includes 0; without 11 or 58 it is above 0.'
    """
    return fit.influence(unit, answer=answer)


def cumulative(
    data: Fit | EffectSizes | str,
    by: str,
    model: str | Specification = "overall",
    *,
    answer: str | None = None,
    missing: Literal["refuse", "first", "last", "leave_out"] = "refuse",
) -> Cumulative:
    """Add samples one after another in the order of a column, and answer everything after each.

    Parameters
    ----------
    data : Fit, EffectSizes or str
        A fit, or a table (or the name of a bundled one) to which `model` is fitted.
    by : str
        A column of the table; samples with the same value come as in the table.
    model : str or Specification
        Not read where `data` is a fit.
    answer : str, optional
        The reported quantity or contrast whose Bayes factor against 0 is followed; by default the
        overall mean, else the first mean.
    missing : {"refuse", "first", "last", "leave_out"}
        What becomes of samples without a value.

    Returns
    -------
    Cumulative
        `table` (one row a step), `answers` (every answer after each) and `sentences`.

    Raises
    ------
    InputError
        If the exact engine cannot run the analysis, there is no such column, or a sample (named)
        has no value.

    Examples
    --------
    >>> import bayes_alliance as ba
    >>> steps = ba.cumulative("konstantopoulos2011", "year", "schools").table
    >>> steps["log_bf10"].round(2).tolist()[-2:]
    [-0.28, -0.38]
    """
    given = data if isinstance(data, Fit) else run_fit(data, model)
    return given.cumulative(by, answer=answer, missing=missing)


def exclude(fit: Fit, *samples: str, where: Where | None = None) -> Exclusion:
    """Exclude samples or rows, compute the posterior of the others exactly, and compare.

    Slopes keep their centre and unit, so that every answer means the same in both.

    Parameters
    ----------
    fit : Fit
        A fit.
    *samples : str
        Labels of samples that are excluded.
    where : str, array_like of bool or callable, optional
        Rows that are excluded too: a condition such as ``"year < 2005 and rater == client"``, a
        mask of the rows of the table, or a function that takes the table and returns one.

    Returns
    -------
    Exclusion
        `table` (both analyses side by side), `sentences` (what changes), `notes`, and `refit()`,
        the model fitted to the kept rows alone.

    Raises
    ------
    InputError
        If a sample is not there, a condition cannot be read, nothing is excluded or nothing stays,
        or the exact engine declines the analysis.

    Examples
    --------
    >>> import bayes_alliance as ba
    >>> fit = ba.fit("konstantopoulos2011", "schools")
    >>> ba.exclude(fit, "71").table.loc[("mean", "overall"), "mean_without"].round(2)
    np.float64(0.12)
    """
    return fit.without(*samples, where=where)


def leave_one_out(fit: Fit) -> pd.DataFrame:
    """Exact coefficients and taus without each sample.

    Parameters
    ----------
    fit : Fit
        A fit.

    Returns
    -------
    pandas.DataFrame
        Index: ``sample``; ``elpd``, and mean, sd and limits of every coefficient and tau without
        the sample, on the analysis scale.

    Raises
    ------
    InputError
        If the exact engine cannot run the analysis.

    Examples
    --------
    >>> import bayes_alliance as ba
    >>> table = ba.leave_one_out(ba.fit("konstantopoulos2011", "schools"))
    >>> float(table["overall"].round(2).max())
    0.21
    """
    return fit.leave_one_out()


def over_rho(fit: Fit, rho: ArrayLike | None = None) -> RhoCurve:
    """Every headline answer over rho, and where a conclusion would change.

    rho is the correlation of the sampling errors of two effect sizes of one sample. Where the model
    estimates it, pairs whose correlation is known keep it; otherwise every pair has rho.

    Parameters
    ----------
    fit : Fit
        A fit.
    rho : array_like, optional
        Two or more values between -1 and 1; by default 0, .05, ..., .9.

    Returns
    -------
    RhoCurve
        `table` (one row a rho), `changes` (one row a change) and `sentences`.

    Raises
    ------
    InputError
        If no correlation is free, or the exact engine declines the analysis.

    Examples
    --------
    >>> import bayes_alliance as ba
    >>> curve = ba.over_rho(ba.fit("konstantopoulos2011", "schools"), [0.0, 0.3, 0.6, 0.9])
    >>> curve.sentences
    ('No conclusion changes between rho = 0 and .90.',)
    """
    return fit.over_rho(rho)
