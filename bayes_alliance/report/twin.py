"""The frequentist twin beside the posterior: one table, one honest sentence a mean."""

from __future__ import annotations

from bayes_alliance.engines.reml.comparison import compare_with_posterior
from bayes_alliance.engines.reml.twin_record import Twin, TwinCoefficient
from bayes_alliance.report.layout import aligned, wrapped
from bayes_alliance.report.numbers import correlation, decimal, interval
from bayes_alliance.summaries.answers import Answers
from bayes_alliance.summaries.coefficients import Range, in_r

__all__ = ["twin_cells", "twin_sentences", "twin_text"]


def twin_text(twin: Twin, answers: Answers) -> str:
    """Tell the REML fit of the same model, and where it differs from the posterior.

    Parameters
    ----------
    twin : Twin
        The REML fit.
    answers : Answers
        Answers of the posterior.

    Returns
    -------
    str
        Lines of at most 80 columns.
    """
    cluster = "sample" if twin.groups is None else "group"
    title = f"Frequentist twin (REML, cluster-robust CR2 by {cluster})"
    if twin.unavailable:
        return f"{title}\n{wrapped(f'Not available: {twin.unavailable}.')}"
    means = {c.name for c in answers.coefficients if c.r is not None}
    rows = [twin_cells(line, answers, is_mean=line.name in means) for line in twin.coefficients]
    level = f"{100 * twin.probability:g} %"
    head = ["", "estimate", f"{level} (z)", f"{level} (CR2, t)", "df", "p (CR2)"]
    rho = "differing" if twin.rho is None else f"{twin.rho:.3g}"
    variances = ", ".join(
        f"sigma_{level} = {decimal(value**0.5, 3)}"
        for level, value in (
            ("group", twin.sigma2_group),
            ("sample", twin.sigma2_sample),
            ("effect", twin.sigma2_effect),
        )
        if value is not None
    )
    facts = [text for text in (variances, f"rho of sampling errors {rho}") if text]
    if twin.log_likelihood is not None:
        facts.append(f"log likelihood {decimal(twin.log_likelihood, 2)}")
    scale = " In the table means are on r; sentences are on z." if means else ""
    parts = [f"{title}\n{aligned(head, rows)}", wrapped(f"{', '.join(facts)}.{scale}")]
    parts += [wrapped(f"- {note}") for note in twin.notes]
    parts += [wrapped(sentence, bullet="- ") for sentence in twin_sentences(twin, answers)]
    return "\n".join(parts)


def twin_cells(line: TwinCoefficient, answers: Answers, *, is_mean: bool) -> list[str]:
    """Write a coefficient by REML as a row.

    Parameters
    ----------
    line : TwinCoefficient
        The coefficient, on the analysis scale.
    answers : Answers
        Answers of the posterior.
    is_mean : bool
        Whether it is a mean of correlations, which is written on r.

    Returns
    -------
    list of str
        Name, estimate, interval against z, robust interval, its degrees of freedom, its p.
    """
    z = Range(line.estimate, line.lower, line.upper)
    robust = None
    if line.lower_cr2 is not None and line.upper_cr2 is not None:
        robust = Range(line.estimate, line.lower_cr2, line.upper_cr2)
    if is_mean:
        z = in_r(z, answers.scale)
        robust = None if robust is None else in_r(robust, answers.scale)
    digits = 2 if is_mean else 3
    write = correlation if is_mean else decimal
    return [
        line.name,
        write(z.centre, digits),
        interval(z, in_r=is_mean, digits=digits),
        "-" if robust is None else interval(robust, in_r=is_mean, digits=digits),
        decimal(line.df_cr2, 1),
        _p_value(line.p_cr2),
    ]


def _p_value(p: float | None) -> str:
    if p is None:
        return "-"
    return "< .001" if p < 0.001 else correlation(p, 3)


def twin_sentences(twin: Twin, answers: Answers) -> tuple[str, ...]:
    """Say for each mean where REML and the posterior differ, and why.

    Parameters
    ----------
    twin : Twin
        The REML fit.
    answers : Answers
        Answers of the posterior.

    Returns
    -------
    tuple of str
        One sentence a mean; empty where REML has no fit.
    """
    if twin.unavailable:
        return ()
    found = answers.heterogeneity
    known = {line.name for line in twin.coefficients}
    return tuple(
        compare_with_posterior(
            twin,
            c.name,
            mean=c.estimate.mean,
            sd=c.estimate.sd,
            tau_sample=None if found.tau_sample is None else found.tau_sample.median,
            tau_effect=None if found.tau_effect is None else found.tau_effect.median,
            tau_group=None if found.tau_group is None else found.tau_group.median,
        )
        for c in answers.coefficients
        if c.new_sample is not None and c.name in known
    )
