"""Samples left out, and the correlation of sampling errors varied."""

from __future__ import annotations

import pandas as pd
from numpy.typing import ArrayLike

from bayes_alliance.engines.fitted import Fitted
from bayes_alliance.sensitivity.correlation import RhoCurve, over_rho
from bayes_alliance.sensitivity.omission import leave_one_out

__all__ = ["OmissionVerbs"]


class OmissionVerbs:
    """What an analysis says without a sample, and over rho."""

    fitted: Fitted

    def leave_one_out(self) -> pd.DataFrame:
        """The analysis without each sample, exactly.

        Returns
        -------
        pandas.DataFrame
            See `bayes_alliance.sensitivity.omission.leave_one_out`.
        """
        return leave_one_out(self.fitted)

    def over_rho(self, rho: ArrayLike | None = None) -> RhoCurve:
        """The headline answers over the correlation of sampling errors within samples.

        Parameters
        ----------
        rho : array_like, optional
            Two or more values between -1 and 1; by default 0, .05, ..., .9.

        Returns
        -------
        RhoCurve
            See `bayes_alliance.sensitivity.correlation.over_rho`.
        """
        return over_rho(self.fitted, rho)
