"""Evidence for and against hypotheses about a fit."""

from __future__ import annotations

from bayes_alliance.analysis.face import Fit
from bayes_alliance.summaries.hypotheses import HypothesisTest

__all__ = ["bayes_factor"]


def bayes_factor(fit: Fit, hypothesis: str, *, prior_odds: float = 1.0) -> HypothesisTest:
    """Test a hypothesis about a fit by its Bayes factor.

    Parameters
    ----------
    fit : Fit
        A fit.
    hypothesis : str
        A null: ``overall = 0``, ``task = bond``, ``task = goal = bond``, the name of a term or
        ``all equal`` (equal levels, a slope of 0), ``tau_sample = 0``, ``tau_effect = 0``; ``&``
        joins nulls. An order: ``task > goal > bond``, ``overall > 0``. Names are those of the
        tables; in double quotes where they hold one of these signs.
    prior_odds : float
        Before the data: odds of what denies the null against the null; of an order against its
        complement.

    Returns
    -------
    HypothesisTest
        Bayes factor with its error, in words, and with what it depends on: the prior scale and
        the Bayes factor over a range of it. Nulls: ratio of marginal likelihoods of two models of
        the same rows. Orders: posterior over prior probability of the order (Klugkist, Laudy &
        Hoijtink 2005), and against its complement.

    Raises
    ------
    InputError
        If the text is no hypothesis about this fit, a prior is flat, or the odds are not positive.

    Examples
    --------
    >>> import bayes_alliance as ba
    >>> fit = ba.fit("konstantopoulos2011", "schools")
    >>> ba.bayes_factor(fit, "overall = 0").words
    'the data cannot tell overall != 0 from overall = 0'
    >>> round(ba.bayes_factor(fit, "tau_sample = 0").bf10)
    1855
    """
    return fit.bayes_factor(hypothesis, prior_odds=prior_odds)
