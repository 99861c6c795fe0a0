"""Limits of such data and of this analysis, in plain words."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from bayes_alliance.checks.result import counted, failed
from bayes_alliance.names import ALLIANCE_SCALES, TOTAL_SCALE
from bayes_alliance.report.checklists.commands import refusal, sensitivity_command
from bayes_alliance.report.checklists.of_data import several_effects
from bayes_alliance.report.checklists.told import check_of, joined, most, sentence
from bayes_alliance.report.material import Material
from bayes_alliance.report.words import SYNTHETIC
from bayes_alliance.spec.notes import FEW_SAMPLES

__all__ = ["limits"]

#: Samples with which six exploratory moderators are still underpowered.
MODERATE: Final = 40
#: Satterthwaite degrees of freedom below which a robust test is not to be relied on.
FEW_DF: Final = 4
SCALES: Final = frozenset(ALLIANCE_SCALES) - {TOTAL_SCALE}


def limits(material: Material) -> tuple[str, ...]:
    """Say what these data and this model cannot tell.

    Parameters
    ----------
    material : Material
        The analysis.

    Returns
    -------
    tuple of str
        Sentences; simulated data and failed checks first, then what follows from this fit, then
        what holds for all such data.
    """
    return tuple(
        dict.fromkeys(
            sentence(line)
            for part in (_first, _heterogeneity, _dependence, _results, _moderators, _always)
            for line in part(material)
        )
    )


def _first(material: Material) -> Iterator[str]:
    effects = material.fitted.effects
    if effects.synthetic:
        yield f"{effects.notice} {SYNTHETIC}".strip()
    elif effects.notice:
        yield effects.notice
    wrong = failed(material.checks)
    if wrong:
        yield f"{counted(len(wrong), 'check')} failed: " + " ".join(
            f"{check.name}: {sentence(check.text)}" for check in wrong
        )


def _heterogeneity(material: Material) -> Iterator[str]:
    design = material.fitted.design
    samples, effects = len(design.sample_ids), len(design.y)
    found = material.answers.heterogeneity
    if found.tau_total is None:
        yield (
            "The model has no heterogeneity: where true effects differ, its intervals are too "
            "short, and there is no prediction for a new sample"
        )
        return
    if samples < FEW_SAMPLES:
        yield (
            f"{counted(samples, 'sample')}: with so few the priors on tau largely decide how wide "
            "the intervals are"
        )
    both = design.tau_sample is not None and design.tau_effect is not None
    if both and samples == effects and design.scales is None:
        yield (
            "Every sample has one effect size: tau_sample and tau_effect are not identified apart, "
            "only their total is; their priors decide the split"
        )
    learned = check_of(material, "tau learned from data")
    if learned is not None and learned.is_remark and "learned" in learned.table:
        names = learned.table.loc[~learned.table["learned"].astype(bool), "parameter"].tolist()
        yield (
            f"The data say little about {joined(names)}: the posterior is nearly the prior, which "
            "decides it"
        )


def _dependence(material: Material) -> Iterator[str]:
    several, spec = several_effects(material), material.fitted.specification
    if several and spec.sampling.within_sample == "independent":
        varied = " It was varied over rho." if "dependence" in material.variations else ""
        yield (
            f"{counted(several, 'sample')} with several effect sizes: their sampling errors are "
            "taken as independent. If they share people, differences between effects of one sample "
            "are known better than told here, tau_effect is larger and tau_sample smaller."
            f"{varied}"
        )
    elif several and spec.sampling.within_sample == "constant":
        yield (
            f"The correlation of sampling errors within samples, rho = {spec.sampling.rho:g}, is "
            "an assumption and was not estimated"
        )
    elif material.fitted.design.dependence is not None:
        yield (
            "How sampling errors of one sample correlate is hardly told by the data: where all "
            "effects of a sample have the same n, rho is known only together with the taus, and "
            "its prior counts"
        )
    for note in material.fitted.design.notes:
        if "a total score beside its scales" in note:
            yield note


def _results(material: Material) -> Iterator[str]:
    fitted = material.fitted
    silent = int(fitted.effects.frame["not_significant"].sum())
    if silent:
        how = {
            "leave_out": "they are left out, which inflates the mean",
            "zero": "they are set to 0, which is a guess towards 0",
            "censored": "they are taken to lie below their critical values, which assumes that "
            "they were tested two-sided at the stated level",
        }[fitted.specification.effect.not_significant]
        yield (
            f"{counted(silent, 'correlation')} printed only as not significant "
            f"{'is' if silent == 1 else 'are'} not missing at random: {how}"
        )
    other = len(fitted.design.left_out) - sum(
        "not significant" in left.reason for left in fitted.design.left_out
    )
    if fitted.design.measure == "COR":
        yield (
            "Raw correlations are weighted by variances that depend on themselves, which pulls the "
            "mean away from 0: for sensitivity only"
        )
    yield from _mixture(material)
    if other:
        yield (
            f"{counted(other, 'row')} of the table {'is' if other == 1 else 'are'} not used; if "
            "they differ from the others, the answer is about a part only"
        )
    if "bias" not in material.variations:
        yield (
            "Results that were never reported would make the mean too large; small-study effects "
            "and selection were not examined here"
        )
    else:
        yield (
            "Corrections for unreported results rest on assumptions that the data cannot test; "
            "they show how much could hang on it, not what is missing"
        )
    few = [
        line.name
        for line in material.twin.coefficients
        if line.df_cr2 is not None and line.df_cr2 < FEW_DF
    ]
    if few:
        yield (
            f"The robust test of REML has fewer than {FEW_DF} degrees of freedom for "
            f"{most(few)}: its interval is not to be relied on"
        )


def _mixture(material: Material) -> Iterator[str]:
    """Over unbalanced scales an overall mean mixes effect and composition."""
    fitted, column = material.fitted, _scale_column(material)
    if fitted.design.terms or column not in fitted.effects.frame:
        return
    if fitted.effects.frame[column].iloc[fitted.design.rows].nunique() > 1:
        yield f"{fitted.design.estimand} Another mix of scales would give another mean"


def _moderators(material: Material) -> Iterator[str]:
    design = material.fitted.design
    samples = len(design.sample_ids)
    compared = "moderators" in material.variations
    apart = ("sample", _scale_column(material))
    named = [term.name for term in design.terms if term.name not in apart]
    if named or compared:
        yield (
            "Moderators were observed, not assigned: what goes with them may be due to something "
            "else in which the samples differ"
        )
    if (named or compared) and samples <= MODERATE:
        yield (
            f"{counted(samples, 'sample')} can show only large effects of moderators: no evidence "
            "for a moderator is not evidence that it makes no difference"
        )
    if "design" in material.variations:
        yield from _smallest(material.variations["design"].record)
    elif (design.terms or compared) and refusal(material, "design") is None:
        yield (
            "How small a difference these data could have shown was not computed: "
            f"{sensitivity_command(material, 'design')}"
        )
    if _asks_scales(material):
        yield (
            "There is no benchmark by scale for therapy face to face: published syntheses give no "
            "correlation for task, goal and bond that these could be held against"
        )


def _smallest(record: dict[str, Any]) -> Iterator[str]:
    yield from (str(line) for line in record.get("sentences", ())[:3])


def _scale_column(material: Material) -> str:
    return material.fitted.specification.effect.scale_column


def _asks_scales(material: Material) -> bool:
    levels = {level.casefold() for term in material.fitted.design.terms for level in term.levels}
    return bool(levels & SCALES)


def _always(material: Material) -> Iterator[str]:
    about = "alliance" in material.fitted.effects.topic or _asks_scales(material)
    if material.answers.scale.has_r:
        yield (
            "Association is not cause: a correlation says nothing about what brings what about"
            + (
                "; early gains may raise the alliance, so that the time of rating matters"
                if about
                else ""
            )
        )
    if material.answers.benchmarks:
        yield (
            "Benchmarks come from other samples, measures and years: a difference from them is not "
            "an effect of the setting alone"
        )
        fixed = [b.name for b in material.answers.benchmarks if b.lower is None]
        if fixed:
            yield (
                f"No interval is known for {most(fixed, separator='; ')}: taken as fixed, so that "
                "a difference from it looks more certain than it is"
            )
    yield (
        "A synthesis inherits what is wrong with its studies: unreliable measures, selective "
        "reporting and range restriction are not corrected here"
    )
