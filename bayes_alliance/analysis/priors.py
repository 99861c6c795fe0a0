"""What a fit hangs on in its priors, and the prior that it leaves for the next."""

from __future__ import annotations

from bayes_alliance.analysis.face import Fit
from bayes_alliance.sensitivity.earlier import About
from bayes_alliance.sensitivity.priors import PriorAlternatives
from bayes_alliance.spec.prior import Prior

__all__ = ["over_priors", "prior_from_fit"]


def over_priors(fit: Fit) -> PriorAlternatives:
    """Every headline answer under named priors and under the specification's own alternatives.

    Parameters
    ----------
    fit : Fit
        A fit.

    Returns
    -------
    PriorAlternatives
        `table` (one row a prior), `changes` (one row a conclusion that differs) and `sentences`.

    Raises
    ------
    InputError
        If the exact engine declines the analysis.

    Examples
    --------
    >>> import bayes_alliance as ba
    >>> ba.over_priors(ba.fit("crede2010", "three_level")).sentences
    ('No conclusion changes under any of the 8 other priors.',)
    """
    return fit.over_priors()


def prior_from_fit(
    fit: Fit,
    name: str = "overall",
    *,
    about: About = "mean",
    discount: float = 1.0,
    extra_sd: float = 0.0,
) -> Prior:
    """A prior for a later meta-analysis from what an earlier one found.

    Parameters
    ----------
    fit : Fit
        The earlier meta-analysis.
    name : str
        A mean (or another reported quantity), ``tau_group``, ``tau_sample`` or ``tau_effect``.
    about : {"mean", "new_sample", "new_effect"}
        Of a mean: its posterior; or the prediction of the mean of a new sample or of a new effect.
    discount : float
        Weight in (0, 1] of the earlier analysis (means only): the variance is divided by it.
    extra_sd : float
        Sd by which both meta-analyses may differ (means only), on the analysis scale.

    Returns
    -------
    Prior
        Normal for a mean; half-normal, half-t, gamma or log-normal for a tau, whichever is nearest.
        `because` names the source and how well the family fits.

    Raises
    ------
    InputError
        If there is no such quantity, or a tau is to be discounted.

    Examples
    --------
    >>> import bayes_alliance as ba
    >>> prior = ba.prior_from_fit(ba.fit("crede2010", "three_level"), discount=0.25)
    >>> {name: round(value, 2) for name, value in prior.parameters.items()}
    {'mean': 0.45, 'sd': 0.06}
    """
    return fit.as_prior(name, about=about, discount=discount, extra_sd=extra_sd)
