"""Methods and results: the frequentist twin of the analysis."""

from __future__ import annotations

from bayes_alliance.engines.reml.comparison import SAME_SHARE
from bayes_alliance.report.material import Material
from bayes_alliance.report.numbers import correlation, decimal, interval, percent
from bayes_alliance.report.prose.draft import Draft
from bayes_alliance.report.prose.paragraph import Paragraph
from bayes_alliance.report.prose.phrasing import DIGITS, series, spoken, symbols
from bayes_alliance.report.twin import twin_sentences
from bayes_alliance.summaries.coefficients import Range, in_r

__all__ = ["twin_methods", "twin_results"]

#: Means that are told; the table has all.
MOST = 6
#: Below so many degrees of freedom the approximation of Satterthwaite is not to be trusted.
FEW_DF = 4


def twin_methods(material: Material) -> tuple[Paragraph, ...]:
    """Say what the analysis is compared with.

    Parameters
    ----------
    material : Material
        The analysis.

    Returns
    -------
    tuple of Paragraph
        One; none where REML has no such fit.
    """
    twin = material.twin
    if twin.unavailable:
        return ()
    cluster = "sample" if twin.groups is None else "group"
    draft = Draft("twin_methods", "Frequentist Comparison")
    draft.say(
        "For comparison, the same data and model were analyzed by restricted maximum likelihood "
        f"(REML) {draft.source('patterson1971', 'viechtbauer2010')} with cluster-robust CR2 "
        f"standard errors, clustered by {cluster}, and Satterthwaite degrees of freedom "
        f"{draft.source('pustejovsky2018')}."
    )
    if twin.rho is not None and material.answers.rho is not None:
        draft.say("The correlation of sampling errors was fixed at its posterior median "
                  f"(ρ = {decimal(twin.rho, DIGITS)}).")  # fmt: skip
    if twin.plainer:
        draft.say(f"This comparison is without {twin.plainer}.")
    return draft.paragraphs()


def twin_results(material: Material) -> tuple[Paragraph, ...]:
    """Tell what REML gives for the same model.

    Parameters
    ----------
    material : Material
        The analysis.

    Returns
    -------
    tuple of Paragraph
        One.
    """
    twin, answers = material.twin, material.answers
    draft = Draft("twin", "Frequentist Comparison")
    if twin.unavailable:
        draft.say(f"There was no frequentist counterpart: {twin.unavailable}.")
        return draft.paragraphs()
    by_name = {line.name: line for line in twin.coefficients}
    shown = [c for c in answers.coefficients if c.new_sample is not None and c.name in by_name]
    is_r = answers.scale.has_r
    level = percent(twin.probability, blank=False)
    told, few = [], []
    for c in shown[:MOST]:
        line = by_name[c.name]
        centre = Range(line.estimate, line.lower_cr2 or line.lower, line.upper_cr2 or line.upper)
        robust = line.lower_cr2 is not None and line.upper_cr2 is not None
        on_scale = in_r(centre, answers.scale) if is_r else centre
        digits = 2 if is_r else DIGITS
        value = correlation(on_scale.centre) if is_r else decimal(on_scale.centre, digits)
        name = "" if c.name == "overall" and len(shown) == 1 else f"{spoken(c.name)}: "
        df = f", df = {decimal(line.df_cr2, 1)}" if robust and line.df_cr2 is not None else ""
        kind = "" if robust else ", not robust"
        told.append(f"{name}{'r = ' if is_r else ''}{value}, {level} CI "
                    f"{interval(on_scale, in_r=is_r, digits=digits)}{df}{kind}")  # fmt: skip
        if robust and line.df_cr2 is not None and line.df_cr2 < FEW_DF:
            few.append(spoken(c.name))
    if told:
        head = "estimate" if len(told) == 1 else "estimates"
        was = "was" if len(told) == 1 else "were"
        draft.say(f"The REML {head} (with CR2 intervals) {was} {'; '.join(told)}.")
    if few:
        draft.say(f"With fewer than {FEW_DF} degrees of freedom, the robust interval of "
                  f"{series(few)} is not to be trusted.")  # fmt: skip
    draft.say(*_variances(material), _agreement(material))
    return draft.paragraphs()


def _variances(material: Material) -> list[str]:
    twin = material.twin
    told = [
        f"{decimal(value**0.5, DIGITS)} {where}"
        for where, value in (
            ("between groups", twin.sigma2_group),
            ("between samples", twin.sigma2_sample),
            ("within samples", twin.sigma2_effect),
        )
        if value is not None
    ]
    return [f"The REML estimates of τ were {series(told)}."] if told else []


def _agreement(material: Material) -> str:
    """One mean with the causes of a difference; of several how far they differ at most."""
    twin, answers = material.twin, material.answers
    by_name = {line.name: line for line in twin.coefficients}
    shifts = {
        c.name: abs(c.estimate.mean - by_name[c.name].estimate) / by_name[c.name].se
        for c in answers.coefficients
        if c.new_sample is not None and c.name in by_name
    }
    if len(shifts) < 2:
        return " ".join(map(symbols, twin_sentences(twin, answers)))
    most = max(shifts, key=lambda name: shifts[name])
    if shifts[most] <= SAME_SHARE:
        return f"All posterior means agreed with REML to within {SAME_SHARE:g} SE."
    return (
        f"Of the posterior means, that for {spoken(most)} differed most from REML, by "
        f"{decimal(shifts[most], 1)} SE of REML."
    )
