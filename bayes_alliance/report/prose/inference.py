"""Methods: intervals, probabilities, practical equivalence, benchmarks and Bayes factors."""

from __future__ import annotations

from bayes_alliance.report.material import Material
from bayes_alliance.report.numbers import correlation, percent
from bayes_alliance.report.prose.draft import Draft
from bayes_alliance.report.prose.paragraph import Paragraph
from bayes_alliance.report.prose.phrasing import counted, series
from bayes_alliance.report.prose.published import benchmark_phrase, mean_of
from bayes_alliance.summaries.answers import Answers
from bayes_alliance.summaries.evidence import TELLS

__all__ = ["bayes_factors", "benchmark_methods", "inference"]


def inference(material: Material) -> tuple[Paragraph, ...]:
    """Say how the posterior is summarised.

    Parameters
    ----------
    material : Material
        The analysis.

    Returns
    -------
    tuple of Paragraph
        One.
    """
    answers = material.answers
    draft = Draft("inference", "Summaries of the Posterior Distribution")
    level = percent(answers.probability, blank=False)
    draft.say(
        f"Results are posterior medians with equal-tailed {level} credible intervals (CrI) and "
        "posterior probabilities (P)."
    )
    if answers.scale.measure == "ZCOR":
        draft.say(
            "The back-transformed mean of z is the median of the true correlations; the mean of "
            "the true correlations, which was obtained by integrating over the heterogeneity, is "
            "reported beside it."
        )
    if any(c.new_sample is not None for c in answers.coefficients) and _varies(answers):
        draft.say(
            f"Prediction intervals {draft.source('inthout2016')} refer to the true mean of a new "
            "sample and to a new true effect in a new sample, and include the uncertainty of all "
            "parameters."
        )
    draft.say(_rope(answers, draft))
    if answers.orders:
        draft.say("For orders of means that had been declared, the posterior probability is given "
                  "beside the prior probability.")  # fmt: skip
    found = answers.heterogeneity
    if any(i2 is not None for i2 in (found.i2_group, found.i2_sample, found.i2_effect)):
        draft.say(
            "I² is the share of a level’s variance of true effects in that of all levels plus the "
            "typical sampling variance, (k - p)/trace(P) with the full covariance matrix of the "
            f"sampling errors {draft.source('higgins2002', 'nakagawa2012')}."
        )
    if answers.explained is not None:
        draft.say(
            "The share of the variance of true effects that the predictors explain was computed "
            f"for every draw {draft.source('nakagawa2013')}; it cannot be negative and is "
            "therefore compared with its prior median."
        )
    return draft.paragraphs()


def _varies(answers: Answers) -> bool:
    found = answers.heterogeneity
    return found.tau_total is not None


def _rope(answers: Answers, draft: Draft) -> str:
    """Regions of practical equivalence, where they are used."""
    parts = []
    if any(c.p_rope is not None for c in answers.coefficients):
        parts.append(f"|r| < {correlation(answers.rope_effect)} for means")
    if any(c.p_rope is not None for c in answers.contrasts) or answers.benchmarks:
        parts.append(f"|difference| < {correlation(answers.rope_difference)} in r for differences")
    if not parts:
        return ""
    return (
        f"Regions of practical equivalence {draft.source('kruschke2018')} were "
        f"{series(parts)}."
    )  # fmt: skip


def benchmark_methods(material: Material) -> tuple[Paragraph, ...]:
    """Say what the posterior was compared with, and how that is uncertain itself.

    Parameters
    ----------
    material : Material
        The analysis.

    Returns
    -------
    tuple of Paragraph
        One; none without benchmarks.
    """
    found = material.answers.benchmarks
    if not found:
        return ()
    declared = {b.name: b for b in material.fitted.benchmarks}
    draft = Draft("benchmark_methods", "Benchmarks")
    for b in found:
        source = declared[b.name].source if b.name in declared else ""
        draft.credit(f"{b.name} {source}")
    by_mean: dict[str, list[str]] = {}
    for b in found:
        phrase = benchmark_phrase(b, declared.get(b.name))
        by_mean.setdefault(mean_of(b.coefficient), []).append(phrase)
    for mean, phrases in by_mean.items():
        draft.say(f"{mean[0].upper()}{mean[1:]} was compared with {series(phrases)}.")
    uncertain = sum(b.lower is not None for b in found)
    if uncertain:
        draft.say(
            "The uncertainty of a published correlation entered as a normal distribution on "
            "Fisher’s z with the standard error that its interval implies."
        )
    if uncertain < len(found):
        fixed = len(found) - uncertain
        which = counted(fixed, "published value")
        draft.say(
            f"The {which.removeprefix('one ')} without an interval "
            f"{'was' if fixed == 1 else 'were'} taken as fixed, which understates the uncertainty "
            "of the comparison."
        )
    draft.say("Medians of true correlations were compared with the published values on r.")
    return draft.paragraphs()


def bayes_factors(material: Material) -> tuple[Paragraph, ...]:
    """Say how Bayes factors were computed, and what they depend on.

    Parameters
    ----------
    material : Material
        The analysis.

    Returns
    -------
    tuple of Paragraph
        One; none where there are no Bayes factors.
    """
    draft = Draft("bayes_factors", "Bayes Factors")
    sds = sorted({round(c.prior_sd, 4) for c in material.answers.contrasts if c.prior_sd})
    if sds:
        told = series([f"{sd:g}" for sd in dict.fromkeys((sds[0], sds[-1]))], "to")
        draft.say(
            "Bayes factors for no difference between two means (BF01) are ratios of the posterior "
            f"to the prior density at 0 {draft.source('dickey1971')}, computed from exact "
            f"densities; the prior standard deviation of a difference was {told}, and they depend "
            "on it."
        )
    if "evidence" in material.variations:
        draft.say(
            "Hypotheses were tested with Bayes factors from marginal likelihoods "
            f"{draft.source('kass1995')}, which were computed over prior scales from a quarter to "
            "four times the declared ones."
        )
        rows = material.variations["evidence"].record.get("rows", [])
        if any(row["answers"].get("order") for row in rows):
            draft.say("Orders were compared with their complements by the ratio of posterior to "
                      f"prior odds {draft.source('klugkist2005')}.")  # fmt: skip
    if "evidence" in material.variations:
        draft.say(
            f"Words for the strength of evidence follow {draft.author('jeffreys1961')} in the "
            f"form of {draft.author('lee2013')}; between 1/{TELLS:g} and {TELLS:g} the data were "
            "taken not to tell."
        )
    elif sds:
        draft.say(f"Between 1/{TELLS:g} and {TELLS:g} the data were taken not to tell.")
    return draft.paragraphs()
