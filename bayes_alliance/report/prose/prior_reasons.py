"""Methods: every prior distribution with the reason that was declared for it, word by word."""

from __future__ import annotations

from collections.abc import Iterator

from bayes_alliance.engines.fitted import Fitted
from bayes_alliance.report.material import Material
from bayes_alliance.report.prose.draft import Draft
from bayes_alliance.report.prose.paragraph import Paragraph
from bayes_alliance.report.prose.phrasing import prior_phrase
from bayes_alliance.spec.prior import Prior

__all__ = ["priors"]


def priors(material: Material) -> tuple[Paragraph, ...]:
    """Tell the prior distributions.

    Parameters
    ----------
    material : Material
        The analysis.

    Returns
    -------
    tuple of Paragraph
        One.
    """
    fitted = material.fitted
    design = fitted.design
    draft = Draft("priors", "Prior Distributions")
    scale = {"ZCOR": "Fisher’s z", "COR": "r"}.get(design.measure, "the effect sizes")
    draft.say(f"Prior distributions were declared on the scale of {scale}; the reasons in "
              "quotation marks are those declared with the analysis.")  # fmt: skip
    if design.tau_sample is not None or design.tau_effect is not None:
        draft.say("Priors of heterogeneity were placed on standard deviations, not on variances "
                  f"{draft.source('williams2018')}.")  # fmt: skip
    for what, prior in _listed(fitted):
        reason = f" ({draft.quote(prior.because)})" if prior.because else ", without a reason given"
        draft.say(f"{what} had the prior {prior_phrase(prior)}{reason}.")
    if design.scales is not None and design.scales.structure != "diagonal":
        declared = fitted.specification.priors.scale_correlation
        reason = f" ({draft.quote(declared.because)})" if declared.because else ""
        draft.say(
            f"The correlations among the scales had the prior LKJ(η = {design.scales.eta:g}) "
            f"{draft.source('lewandowski2009')}{reason}."
        )
    if design.flat:
        draft.say("With a flat prior there is no marginal likelihood and hence no Bayes factor.")
    return draft.paragraphs()


def _listed(fitted: Fitted) -> Iterator[tuple[str, Prior]]:
    declared, design = fitted.specification.priors, fitted.design
    kinds = {term.kind for term in design.terms}
    where = {"categorical": "of the levels together", "continuous": "at the center of predictors"}
    told = [words for kind, words in where.items() if kind in kinds]
    yield " ".join(["The mean", *told]), declared.location
    compared = {
        "categorical": "the difference between any two levels",
        "continuous": "the slope of a predictor for one unit",
    }
    told = [words for kind, words in compared.items() if kind in kinds]
    if told and design.prior_differences.shape[1]:
        differing = " and ".join(told)
        yield f"{differing[0].upper()}{differing[1:]}", declared.differences
    if design.shrinkage is not None:
        yield "A factor on the standard deviation of all differences (shrinkage)", design.shrinkage
    yield from _heterogeneity(fitted)
    if design.df is not None:
        yield "The degrees of freedom of the effects of the samples", design.df
    if design.scale_models:
        yield "The log ratio of standard deviations between two levels", declared.scale
    if design.dependence is not None:
        yield "The correlation ρ of sampling errors", design.dependence.prior


def _heterogeneity(fitted: Fitted) -> Iterator[tuple[str, Prior]]:
    design = fitted.design
    if design.tau_total is not None and design.share is not None:
        yield "The total standard deviation of true effects", design.tau_total
        yield "The share of its square that lies between samples", design.share
        return
    if design.groups is not None:
        yield "The standard deviation between groups", design.groups.tau
    if design.scales is not None:
        yield "The standard deviation between samples, on each scale,", design.scales.tau
    elif design.tau_sample is not None:
        between = "between samples" if design.groups is None else "between samples of one group"
        yield f"The standard deviation {between}", design.tau_sample
    if design.tau_effect is not None:
        alone = design.tau_sample is None and design.scales is None
        within = "of true effects" if alone else "of effects within samples"
        yield f"The standard deviation {within}", design.tau_effect
