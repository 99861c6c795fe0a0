"""Differences between levels in plain text."""

from __future__ import annotations

from bayes_alliance.report.layout import aligned, wrapped
from bayes_alliance.report.numbers import correlation, decimal, interval, probability
from bayes_alliance.summaries.answers import Answers
from bayes_alliance.summaries.coefficients import Range
from bayes_alliance.summaries.contrasts import SMALLEST, ContrastSummary
from bayes_alliance.summaries.evidence import ratio_of

__all__ = ["contrast_cells", "contrasts_text", "prior_of_contrasts"]


def contrasts_text(answers: Answers) -> str:
    """Tell the differences between levels, with Bayes factors where they are exact.

    Parameters
    ----------
    answers : Answers
        All answers.

    Returns
    -------
    str
        A table of at most 80 columns, and what its Bayes factors depend on; empty without
        contrasts.
    """
    if not answers.contrasts:
        return ""
    level, width = f"{100 * answers.probability:g} %", correlation(answers.rope_difference)
    evidence = any(c.prior_sd is not None for c in answers.contrasts)
    rows = [contrast_cells(c, evidence=evidence) for c in answers.contrasts]
    head = ["", "difference", f"{level} interval", "P(> 0)", f"P(|d| < {width})"]
    table = aligned([*head, "BF01"] if evidence else head, rows)
    note = f"\n{wrapped(prior_of_contrasts(answers))}" if evidence else ""
    return f"Differences of {answers.scale.symbol}\n{table}{note}"


def contrast_cells(c: ContrastSummary, *, evidence: bool) -> list[str]:
    """Write a difference as a row.

    Parameters
    ----------
    c : ContrastSummary
        The difference.
    evidence : bool
        Whether the Bayes factor has a column.

    Returns
    -------
    list of str
        Name, median, interval, probability above 0, probability of equivalence, Bayes factor.
    """
    return [
        c.name,
        correlation(c.r.centre) if c.r else decimal(c.estimate.median),
        interval(c.r, in_r=True) if c.r else _limits(c),
        probability(c.p_positive),
        "-" if c.p_rope is None else probability(c.p_rope),
        *([_bf01(c)] if evidence else []),
    ]


def _limits(c: ContrastSummary) -> str:
    return interval(Range(None, c.estimate.lower, c.estimate.upper), in_r=False, digits=2)


def _bf01(c: ContrastSummary) -> str:
    if c.prior_sd is None:
        return "-"
    return f"< {SMALLEST:g}" if c.bf01 is None else ratio_of(c.bf01)


def prior_of_contrasts(answers: Answers) -> str:
    """Tell the prior scale that a Bayes factor depends on, wherever one is shown.

    Parameters
    ----------
    answers : Answers
        All answers, with at least one Bayes factor of a difference.

    Returns
    -------
    str
        A sentence.
    """
    sds = sorted({round(c.prior_sd, 4) for c in answers.contrasts if c.prior_sd is not None})
    told = " to ".join(f"{sd:g}" for sd in dict.fromkeys((sds[0], sds[-1])))
    scale = " (on z)" if answers.scale.measure == "ZCOR" else ""
    return (
        f"BF01: Bayes factor for no difference{scale}, at a prior sd of the difference of {told}; "
        "between 1/3 and 3 the data cannot tell."
    )
