"""Means, deviations and slopes, with what is expected of new samples and effects."""

from __future__ import annotations

from bayes_alliance.report.frames import coefficient_frame
from bayes_alliance.report.material import Material
from bayes_alliance.report.numbers import correlation, decimal, interval, probability
from bayes_alliance.report.tables.counts import COUNTS_NOTE, counts_behind
from bayes_alliance.report.tables.general_note import (
    finished,
    interval_note,
    level_of,
    scale_note,
    unit_of,
)
from bayes_alliance.report.tables.table import Column, Table
from bayes_alliance.summaries.coefficients import CoefficientSummary, Estimate, Range

__all__ = ["coefficients_table"]

PREDICTED = "Prediction of true values"


def coefficients_table(material: Material) -> Table:
    """Write the coefficients: correlations first, then what is on the analysis scale.

    Parameters
    ----------
    material : Material
        What the report is made of.

    Returns
    -------
    Table
        Named ``coefficients``.
    """
    return _in_r(material) if material.answers.scale.has_r else _as_given(material)


def _in_r(material: Material) -> Table:
    answers, counts = material.answers, counts_behind(material.fitted)
    means = [c for c in answers.coefficients if c.r is not None]
    others = [c for c in answers.coefficients if c.r is None]
    rope = correlation(answers.rope_effect)
    columns = (
        Column("Quantity", numeric=False),
        Column("k"),
        Column("S"),
        Column("median r"),
        Column(f"{level_of(answers)} interval"),
        Column("mean r"),
        Column("P(r > 0)"),
        Column(f"P(|r| < {rope})"),
        Column("new sample", spanner=PREDICTED),
        Column("new effect", spanner=PREDICTED),
    )
    rows = [_mean_row(c, counts) for c in means] + [_other_row(c, counts) for c in others]
    deviations = f"Deviations from the equal-weight mean, and slopes ({unit_of(answers)})"
    sections = [(0, "Means (r)"), (len(means), deviations)] if others and means else []
    notes = [
        COUNTS_NOTE,
        scale_note(answers),
        "Median r = posterior median of the median true correlation, tanh of the mean of z; mean "
        "r = posterior mean of the mean true correlation, averaged over heterogeneity."
        if answers.scale.measure == "ZCOR"
        else "",
        interval_note(answers),
        f"P = posterior probability; |r| < {rope} is the region of practical equivalence to 0.",
        _predicted_note(material),
        "Of deviations and slopes P is that of a value above 0." if others else "",
    ]
    return finished(material, "coefficients", "Correlations and Predictions", columns, rows, notes,
                    coefficient_frame(answers), sections)  # fmt: skip


def _mean_row(c: CoefficientSummary, counts: dict[str, tuple[int, int]]) -> list[str]:
    assert c.r is not None
    return [
        c.name,
        *map(str, counts[c.name]),
        correlation(c.r.centre),
        interval(c.r, in_r=True),
        correlation(None if c.r_mean is None else c.r_mean.centre),
        probability(c.estimate.p_positive),
        "-" if c.p_rope is None else probability(c.p_rope),
        "-" if c.new_sample_r is None else interval(c.new_sample_r, in_r=True),
        "-" if c.new_effect_r is None else interval(c.new_effect_r, in_r=True),
    ]


def _other_row(c: CoefficientSummary, counts: dict[str, tuple[int, int]]) -> list[str]:
    return [c.name, *map(str, counts[c.name]), decimal(c.estimate.median, 3), _limits(c.estimate),
            "-", probability(c.estimate.p_positive), "-", "-", "-"]  # fmt: skip


def _limits(estimate: Estimate) -> str:
    return interval(Range(None, estimate.lower, estimate.upper), in_r=False, digits=3)


def _as_given(material: Material) -> Table:
    answers, counts = material.answers, counts_behind(material.fitted)
    columns = (
        Column("Quantity", numeric=False),
        Column("k"),
        Column("S"),
        Column("median"),
        Column(f"{level_of(answers)} interval"),
        Column("SD"),
        Column("P(> 0)"),
        Column("new sample", spanner=PREDICTED),
        Column("new effect", spanner=PREDICTED),
    )
    rows = [
        [
            c.name,
            *map(str, counts[c.name]),
            decimal(c.estimate.median, 3),
            _limits(c.estimate),
            decimal(c.estimate.sd, 3),
            probability(c.estimate.p_positive),
            "-" if c.new_sample is None else interval(c.new_sample, in_r=False),
            "-" if c.new_effect is None else interval(c.new_effect, in_r=False),
        ]
        for c in answers.coefficients
    ]
    notes = [
        COUNTS_NOTE,
        scale_note(answers),
        "Median and SD are those of the posterior.",
        interval_note(answers),
        "P(> 0) = posterior probability of a value above 0.",
        _predicted_note(material),
    ]
    return finished(material, "coefficients", "Estimates and Predictions", columns, rows, notes,
                    coefficient_frame(answers))  # fmt: skip


def _predicted_note(material: Material) -> str:
    answers = material.answers
    where = " of a new group" if answers.heterogeneity.tau_group is not None else ""
    return (
        f"Predictions are {level_of(answers)} intervals of the true mean of a new sample{where} "
        "and of a new true effect in it."
    )
