"""Bayes factors as numbers and as words."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

__all__ = ["BayesFactor", "evidence_words", "ratio_of", "ratio_text"]

#: Between this and its inverse the data cannot tell (Jeffreys 1961; Lee & Wagenmakers 2013).
TELLS = 3.0
#: From each of these on the evidence is called so.
GRADES = ((100.0, "extreme"), (30.0, "very strong"), (10.0, "strong"), (TELLS, "moderate"))


@dataclass(frozen=True, slots=True)
class BayesFactor:
    """Evidence of the data for a hypothesis against its null.

    Parameters
    ----------
    hypothesis, null : str
        What is compared, for a reader: ``task - bond differs from 0``, ``task = bond``.
    log_bf10 : float
        Log of the marginal likelihood of the hypothesis over that of the null.
    error : float
        Of `log_bf10`, absolute.
    prior_odds : float
        Odds of the hypothesis before the data.
    method : str
        How it was computed.
    """

    hypothesis: str
    null: str
    log_bf10: float
    error: float = 0.0
    prior_odds: float = 1.0
    method: str = "exact"

    @property
    def bf10(self) -> float:
        """Bayes factor for the hypothesis; infinite beyond the largest number."""
        return float(np.exp(min(self.log_bf10, 709.0))) if self.log_bf10 < 709 else math.inf

    @property
    def bf01(self) -> float:
        """Bayes factor for the null."""
        return float(np.exp(-self.log_bf10)) if self.log_bf10 > -709 else math.inf

    @property
    def posterior_probability(self) -> float:
        """Probability of the hypothesis after the data, of the two."""
        log_odds = self.log_bf10 + math.log(self.prior_odds)
        return float(1 / (1 + np.exp(-np.clip(log_odds, -709, 709))))

    @property
    def words(self) -> str:
        """The evidence in words, for example ``moderate evidence for task = bond``."""
        return evidence_words(self.log_bf10, hypothesis=self.hypothesis, null=self.null)


def evidence_words(log_bf10: float, *, hypothesis: str, null: str) -> str:
    """Say a Bayes factor in words.

    Grades are those of Jeffreys (1961) in the wording of Lee and Wagenmakers (2013).

    Parameters
    ----------
    log_bf10 : float
        Log Bayes factor of the hypothesis against the null.
    hypothesis, null : str
        Their names.

    Returns
    -------
    str
        For example ``strong evidence for HYPOTHESIS``; between 1/3 and 3 ``the data cannot tell``.

    Examples
    --------
    >>> evidence_words(2.5, hypothesis="an effect", null="no effect")
    'strong evidence for an effect'
    >>> evidence_words(-0.5, hypothesis="an effect", null="no effect")
    'the data cannot tell an effect from no effect'
    """
    size = abs(log_bf10)
    for least, word in GRADES:
        if size >= math.log(least):
            return f"{word} evidence for {hypothesis if log_bf10 > 0 else null}"
    return f"the data cannot tell {hypothesis} from {null}"


def ratio_text(log_bf: float) -> str:
    """Write a Bayes factor with three digits.

    Parameters
    ----------
    log_bf : float
        Its log.

    Returns
    -------
    str
        For example ``0.143``, ``12.3`` or ``1.2e+22``.

    Examples
    --------
    >>> ratio_text(0.0), ratio_text(-2.0), ratio_text(800.0)
    ('1.00', '0.135', '2.7e+347')
    """
    if abs(log_bf) < math.log(9_999.5):
        value = math.exp(log_bf)
        ends = (0.009995, 0.09995, 0.9995, 9.995, 99.95)
        digits = 5 - sum(value >= end for end in ends)
        return f"{value:.{digits}f}" if digits < 5 else f"{value:.2g}"
    exponent = math.floor(log_bf / math.log(10))
    leading = round(math.exp(log_bf - exponent * math.log(10)), 1)
    if leading >= 10:
        leading, exponent = 1.0, exponent + 1
    return f"{leading:.1f}e{exponent:+03d}"


def ratio_of(bf: float) -> str:
    """Write a Bayes factor with three digits; one beyond the largest number as a bound.

    Parameters
    ----------
    bf : float
        The Bayes factor.

    Returns
    -------
    str
        As `ratio_text`.
    """
    return ratio_text(math.log(min(max(bf, 1e-300), 1e300)))
