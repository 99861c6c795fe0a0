"""Hypotheses tested by Bayes factors."""

from __future__ import annotations

import sys

from bayes_alliance.engines.fitted import Fitted
from bayes_alliance.sensitivity.evidence import bayes_factor
from bayes_alliance.summaries.hypotheses import HypothesisTest

__all__ = ["EvidenceVerbs"]


class EvidenceVerbs:
    """What the data say for and against a hypothesis."""

    fitted: Fitted

    def bayes_factor(
        self, hypothesis: str, *, prior_odds: float = 1.0, progress: bool | None = None
    ) -> HypothesisTest:
        """Test a hypothesis by its Bayes factor.

        Parameters
        ----------
        hypothesis : str
            For example ``task = bond``, ``tau_sample = 0`` or ``task > goal > bond``.
        prior_odds : float
            Before the data: odds of what denies the null against the null; of an order against
            its complement.
        progress : bool, optional
            Whether a simulation shows its progress; by default on a terminal only.

        Returns
        -------
        HypothesisTest
            See `bayes_alliance.bayes_factor`.
        """
        shown = sys.stderr.isatty() if progress is None else progress
        return bayes_factor(self.fitted, hypothesis, prior_odds=prior_odds, progress=shown)
