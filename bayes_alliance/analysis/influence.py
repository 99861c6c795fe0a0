"""What a fit hangs on: each sample, and the correlation of sampling errors within samples."""

from __future__ import annotations

import pandas as pd
from numpy.typing import ArrayLike

from bayes_alliance.analysis.face import Fit
from bayes_alliance.sensitivity.correlation import RhoCurve

__all__ = ["leave_one_out", "over_rho"]


def leave_one_out(fit: Fit) -> pd.DataFrame:
    """The analysis without each sample, exactly.

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
