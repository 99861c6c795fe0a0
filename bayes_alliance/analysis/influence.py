"""Influence of samples on a fit."""

from __future__ import annotations

import pandas as pd

from bayes_alliance.analysis.face import Fit

__all__ = ["leave_one_out"]


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
