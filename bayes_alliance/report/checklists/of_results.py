"""What was found, as answers to questions of reporting standards."""

from __future__ import annotations

from collections.abc import Callable

from bayes_alliance.engines.reml.twin_record import TwinCoefficient
from bayes_alliance.report.checklists.told import Told, check_of, most, sentence, verdict_of
from bayes_alliance.report.material import Material
from bayes_alliance.report.numbers import correlation, decimal, interval
from bayes_alliance.summaries.coefficients import CoefficientSummary, Estimate, Range, in_r
from bayes_alliance.summaries.scale import Scale

__all__ = [
    "displays",
    "equivalence",
    "estimates",
    "heterogeneity",
    "predictive",
    "synthesis",
    "twin",
]


def predictive(name: str) -> Callable[[Material], Told]:
    """Make the answer of a predictive check.

    Parameters
    ----------
    name : {"prior predictive", "posterior predictive"}
        Which one.

    Returns
    -------
    callable
        Done if the check looked at something, whatever its verdict, which is told.
    """

    def tell(material: Material) -> Told:
        check = check_of(material, name)
        if check is None:
            return Told(False, f"The {name} check was not made. In Python: fit.check()")
        if check.table.empty:
            return Told(None, check.text, "checks")
        return Told(True, verdict_of(check), "checks")

    return tell


def _estimate(c: CoefficientSummary) -> str:
    if c.r is not None:
        return f"r = {correlation(c.r.centre)} {interval(c.r, in_r=True)}"
    limits = Range(None, c.estimate.lower, c.estimate.upper)
    return f"{decimal(c.estimate.median)} {interval(limits, in_r=False)}"


def estimates(material: Material) -> Told:
    """Posterior of what the question is about.

    Parameters
    ----------
    material : Material
        The analysis.

    Returns
    -------
    Told
        Medians with intervals.
    """
    answers = material.answers
    if not answers.coefficients:
        return Told(False, "No coefficient was summarised.")
    listed = most([f"{c.name} {_estimate(c)}" for c in answers.coefficients], separator="; ")
    return Told(
        True,
        f"Posterior medians with {100 * answers.probability:g} % equal-tailed intervals: {listed}.",
        "means",
    )


def _tau(name: str, estimate: Estimate) -> str:
    limits = Range(None, estimate.lower, estimate.upper)
    return f"{name} = {decimal(estimate.median)} {interval(limits, in_r=False)}"


def heterogeneity(material: Material) -> Told:
    """How much true effects vary, by level.

    Parameters
    ----------
    material : Material
        The analysis.

    Returns
    -------
    Told
        Not done where the model has no heterogeneity.
    """
    found = material.answers.heterogeneity
    levels = (
        ("tau_group", found.tau_group),
        ("tau_sample", found.tau_sample),
        *((f"tau of {name}", estimate) for name, estimate in found.scales),
        ("tau_effect", found.tau_effect),
        ("all together", found.tau_total),
    )
    told = [_tau(name, estimate) for name, estimate in levels if estimate is not None]
    if not told:
        return Told(False, "The model has no heterogeneity: true effects are taken to be the same. "
                    "Model three_level estimates it.", "heterogeneity")  # fmt: skip
    shares = "" if found.i2_sample is None and found.i2_effect is None else "; I^2 by level"
    return Told(
        True,
        f"Standard deviations of true effects, medians with intervals: {'; '.join(told)}{shares}.",
        "heterogeneity",
    )


def synthesis(material: Material) -> Told:
    """Results of the synthesis: means, their precision, heterogeneity, predictions.

    Parameters
    ----------
    material : Material
        The analysis.

    Returns
    -------
    Told
        As `estimates`, with the heterogeneity.
    """
    means = estimates(material)
    if means.done is not True:
        return means
    return Told(True, f"{means.says} {heterogeneity(material).says}", "means")


def displays(material: Material) -> Told:
    """How single results and the synthesis are shown.

    Parameters
    ----------
    material : Material
        The analysis.

    Returns
    -------
    Told
        Done if there is a mean to be drawn.
    """
    if not any(c.new_sample is not None for c in material.answers.coefficients):
        return Told(False, "The model has no mean that a figure could show.")
    return Told(
        True,
        "A forest of the effect sizes under their samples, raw and with the posterior; the "
        "posterior of each mean; tables of all answers.",
        "figures",
    )


def equivalence(material: Material) -> Told:
    """Regions of practical equivalence.

    Parameters
    ----------
    material : Material
        The analysis.

    Returns
    -------
    Told
        Their limits; not applicable where effects are no correlations.
    """
    answers = material.answers
    if not answers.scale.has_r:
        return Told(None, "Does not apply: regions of equivalence are stated on r, and these "
                    "effect sizes are no correlations.", "means")  # fmt: skip
    asked = [c.p_rope for c in answers.coefficients] + [c.p_rope for c in answers.contrasts]
    if all(p is None for p in asked):
        return Told(False, "No probability of a region of equivalence was computed.", "means")
    return Told(
        True,
        f"A correlation counts as negligible where |r| < {correlation(answers.rope_effect)}, a "
        f"difference where it is < {correlation(answers.rope_difference)} in r; their posterior "
        "probabilities are given. Why these limits and not others, the authors have to say.",
        "means",
    )


def _reml(line: TwinCoefficient, c: CoefficientSummary, scale: Scale) -> str:
    found = Range(line.estimate, line.lower, line.upper)
    if c.r is None:
        return f"{c.name}: REML {decimal(found.centre)} {interval(found, in_r=False)}"
    found = in_r(found, scale)
    return f"{c.name}: REML r = {correlation(found.centre)} {interval(found, in_r=True)}"


def twin(material: Material) -> Told:
    """The same model without priors.

    Parameters
    ----------
    material : Material
        The analysis.

    Returns
    -------
    Told
        REML beside the posterior of the first mean.
    """
    found = material.twin
    if found.unavailable:
        return Told(False, f"There is no fit by REML: {sentence(found.unavailable)}", "frequentist")
    lines = {line.name: line for line in found.coefficients}
    told = [
        f"{_reml(lines[c.name], c, material.answers.scale)}, posterior {_estimate(c)}"
        for c in material.answers.coefficients
        if c.name in lines
    ]
    plainer = f" REML leaves out {sentence(found.plainer)}" if found.plainer else ""
    if not told:
        return Told(False, "REML and the posterior have no coefficient in common.", "frequentist")
    return Told(
        True,
        f"The same model by REML, which has no priors: {most(told, 2, '; ')}.{plainer}",
        "frequentist",
    )
