"""One sentence on where REML and the posterior differ, and why.

A difference has few possible causes, and each is measured, not guessed: the prior of the
coefficients (what it does at the REML variances is known exactly, see `prior_shift` and
`prior_width` of `TwinCoefficient`), the heterogeneity (what remains: REML fixes it at its estimate,
the posterior averages over it), a variance that REML puts at 0, few samples (the quantile of t with
the Satterthwaite degrees of freedom against that of z), and a model that misses heterogeneity (a
CR2 standard error above that of the model).
"""

from __future__ import annotations

from typing import Final

from scipy import stats

from bayes_alliance.engines.reml.twin_record import Twin, TwinCoefficient

__all__ = ["compare_with_posterior"]

#: Shifts up to this share of an SE, and spreads this close, count as agreement.
SAME_SHARE: Final = 0.1

#: How many times longer the CR2 interval is before the z interval is called too short.
TOO_SHORT: Final = 1.1


def compare_with_posterior(
    twin: Twin,
    name: str,
    *,
    mean: float,
    sd: float,
    tau_sample: float | None = None,
    tau_effect: float | None = None,
    tau_group: float | None = None,
) -> str:
    """Say in one sentence how a posterior compares with REML, and why they differ if they do.

    Parameters
    ----------
    twin : Twin
        The REML fit.
    name : str
        A coefficient or contrast of both.
    mean, sd : float
        Its posterior mean and standard deviation, on the analysis scale (z for correlations).
    tau_sample, tau_effect, tau_group : float, optional
        Posterior medians of the heterogeneity standard deviations, where the model has them.

    Returns
    -------
    str
        One sentence, with a full stop.

    Raises
    ------
    InputError
        If REML was fitted and has no coefficient or contrast of that name.

    Examples
    --------
    >>> import bayes_alliance as ba
    >>> from bayes_alliance.engines.reml.twin import frequentist_twin
    >>> from bayes_alliance.spec.compilation import compile_design
    >>> design = compile_design(ba.load("crede2010"), ba.read_specification("three_level"))
    >>> twin = frequentist_twin(design)
    >>> print(compare_with_posterior(twin, "overall", mean=0.45, sd=0.029))
    For overall, REML (0.451, SE 0.029) and the posterior (0.450, SD 0.029) agree to within 0.1 SE.
    """
    if twin.unavailable:
        return f"There is no REML fit to compare {name} with: {twin.unavailable}."
    line = twin.of(name)
    shift, width = (mean - line.estimate) / line.se, sd / line.se
    head = (
        f"For {name}, REML ({_decimal(line.estimate)}, SE {_decimal(line.se)}) and the posterior "
        f"({_decimal(mean)}, SD {_decimal(sd)}) "
    )
    clauses = [
        clause
        for clause in (
            _width(width, line.prior_width),
            _boundary(twin, tau_sample, tau_effect, tau_group),
            _short_interval(twin, line),
        )
        if clause
    ]
    if abs(shift) <= SAME_SHARE:
        verdict = f"agree to within {SAME_SHARE:g} SE"
    else:
        verdict = f"differ by {abs(shift):.1f} SE: {_cause(shift, line.prior_shift)}"
    if twin.plainer:
        verdict += f" (REML is without {twin.plainer})"
    return head + "; ".join([verdict, *clauses]) + "."


def _decimal(value: float | None) -> str:
    if value is None:
        return "-"
    text = f"{value:.3f}"
    return text.removeprefix("-") if float(text) == 0 else text


def _cause(shift: float, pull: float) -> str:
    """Whether the prior of the coefficients accounts for a shift, both in units of the SE."""
    direction = "upwards" if shift > 0 else "downwards"
    if pull * shift > 0 and abs(pull) >= abs(shift) / 2:
        return f"the prior of the coefficients alone pulls {direction} by {abs(pull):.1f} SE"
    if abs(pull) < SAME_SHARE:
        return (
            "the prior of the coefficients hardly pulls, so the cause is the heterogeneity, which "
            "REML fixes at its estimate and the posterior averages over"
        )
    side = "the same way" if pull * shift > 0 else "the other way"
    return (
        f"the prior of the coefficients pulls {side} by {abs(pull):.1f} SE, the rest comes from "
        "the heterogeneity, which REML fixes at its estimate and the posterior averages over"
    )


def _width(width: float, by_prior: float) -> str:
    """Why the posterior is wider or narrower; the prior of the coefficients can only narrow it."""
    if width > 1 + SAME_SHARE:
        return (
            f"the posterior SD is {width:.1f} times the SE, which takes the heterogeneity for known"
        )
    if width >= 1 - SAME_SHARE:
        return ""
    cause = (
        f"the prior of the coefficients alone makes it {by_prior:.2f} times the SE"
        if 1 - by_prior >= (1 - width) / 2
        else "as the posterior has less heterogeneity than the REML estimate"
    )
    return f"the posterior SD is {width:.2f} times the SE, {cause}"


def _boundary(
    twin: Twin, tau_sample: float | None, tau_effect: float | None, tau_group: float | None
) -> str:
    told = []
    for level, variance, median in (
        ("tau_group", twin.sigma2_group, tau_group),
        ("tau_sample", twin.sigma2_sample, tau_sample),
        ("tau_effect", twin.sigma2_effect, tau_effect),
    ):
        if twin.at_boundary and variance == 0 and median is not None:
            told.append(f"{level} (posterior median {_decimal(median)})")
    if not told:
        return ""
    return f"REML puts {' and '.join(told)} at exactly 0, while the posterior keeps its spread"


def _counted(twin: Twin) -> str:
    return f"{twin.samples} samples" if twin.groups is None else f"{twin.groups} groups"


def _short_interval(twin: Twin, line: TwinCoefficient) -> str:
    """Whether CR2 asks for a longer interval than z, and for which of two reasons."""
    if line.se_cr2 is None or line.df_cr2 is None:
        return ""
    upper = (1 + twin.probability) / 2
    by_quantile = float(stats.t.ppf(upper, line.df_cr2) / stats.norm.ppf(upper))
    by_se = line.se_cr2 / line.se
    if by_quantile * by_se <= TOO_SHORT:
        return ""
    reason = (
        f"with {_counted(twin)} and {line.df_cr2:.1f} degrees of freedom"
        if by_quantile >= by_se
        else f"with a robust SE {by_se:.1f} times that of the model, which misses heterogeneity,"
    )
    return (
        f"{reason} the z interval ({_decimal(line.lower)} to {_decimal(line.upper)}) is too short, "
        f"CR2 gives {_decimal(line.lower_cr2)} to {_decimal(line.upper_cr2)}"
    )
