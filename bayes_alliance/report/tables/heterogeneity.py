"""How much true effects differ: standard deviations, shares of variance, what tau depends on."""

from __future__ import annotations

from collections.abc import Iterator

from bayes_alliance.report.frames import heterogeneity_frame
from bayes_alliance.report.material import Material
from bayes_alliance.report.numbers import decimal, interval, percent, probability
from bayes_alliance.report.tables.general_note import (
    finished,
    interval_note,
    level_of,
    unit_of,
)
from bayes_alliance.report.tables.table import Column, Table
from bayes_alliance.summaries.answers import Answers
from bayes_alliance.summaries.coefficients import Estimate, Range
from bayes_alliance.summaries.heterogeneity import I2_DEFINITION, HeterogeneitySummary

__all__ = ["heterogeneity_table"]

Row = list[str]


def heterogeneity_table(material: Material) -> Table | None:
    """Write the heterogeneity of every level.

    Parameters
    ----------
    material : Material
        What the report is made of.

    Returns
    -------
    Table or None
        Named ``heterogeneity``; None where the model has none.
    """
    answers = material.answers
    found = answers.heterogeneity
    parts = [
        (f"Standard deviations ({unit_of(answers)})", list(_taus(found))),
        ("Correlations", list(_correlations(answers))),
        ("Tails of the sample effects", list(_tails(found))),
        ("τ at levels of its terms", list(_at(answers))),
        ("Ratios of τ (two levels, or one unit up)", list(_ratios(answers))),
        ("Shares", list(_explained(answers))),
    ]
    if not parts[0][1]:
        return None
    parts = [(heading, rows) for heading, rows in parts if rows]
    rows, sections = list[Row](), list[tuple[int, str]]()
    for heading, own in parts:
        sections.append((len(rows), heading))
        rows += own
    level = level_of(answers)
    columns = [Column("Quantity", numeric=False), Column("median"), Column(f"{level} interval")]
    shared = any(row[3] != "-" for row in rows)
    larger = bool(answers.scale_models)
    columns += [Column("I²"), Column(f"{level} interval of I²")] if shared else []
    columns += [Column("P(> 1)")] if larger else []
    kept = [0, 1, 2, *([3, 4] if shared else []), *([5] if larger else [])]
    return finished(
        material,
        "heterogeneity",
        "Heterogeneity of True Effects",
        columns,
        [[row[i] for i in kept] for row in rows],
        _notes(material, shared=shared),
        heterogeneity_frame(answers),
        sections if len(sections) > 1 else (),
    )


def _limits(estimate: Estimate, digits: int = 3) -> str:
    return interval(Range(None, estimate.lower, estimate.upper), in_r=False, digits=digits)


def _row(name: str, e: Estimate, share: Estimate | None = None, *, digits: int = 3) -> Row:
    limits = "-" if share is None else f"[{percent(share.lower)}, {percent(share.upper)}]"
    shown = "-" if share is None else percent(share.median)
    return [name, decimal(e.median, digits), _limits(e, digits), shown, limits, "-"]


def _taus(found: HeterogeneitySummary) -> Iterator[Row]:
    if found.tau_group is not None:
        yield _row("τ between groups", found.tau_group, found.i2_group)
    if found.tau_sample is not None:
        yield _row("τ between samples", found.tau_sample, found.i2_sample)
    for scale, e in found.scales:
        yield _row(f"τ between samples, {scale}", e)
    if found.tau_effect is not None:
        yield _row("τ between effects of a sample", found.tau_effect, found.i2_effect)
    if found.tau_total is not None:
        yield _row("τ total", found.tau_total)


def _correlations(answers: Answers) -> Iterator[Row]:
    for pair, e in answers.heterogeneity.correlations:
        yield _row(f"true effects of {pair}", e)
    if answers.rho is not None:
        yield _row("ρ of sampling errors of one sample", answers.rho)


def _tails(found: HeterogeneitySummary) -> Iterator[Row]:
    if found.tails is None:
        return
    if found.tails.sd_sample is not None:
        yield _row("SD between samples", found.tails.sd_sample)
    yield _row("df of their t", found.tails.df)
    for w in found.tails.outlying:
        yield _row(f"weight of {w.sample}", w.weight, digits=2)


def _at(answers: Answers) -> Iterator[Row]:
    for model in answers.scale_models:
        for row in model.at:
            yield _row(f"τ {model.level}, {row.name}", row.estimate)


def _ratios(answers: Answers) -> Iterator[Row]:
    for model in answers.scale_models:
        for ratio in model.ratios:
            row = _row(f"τ {model.level}, {ratio.name}", ratio.ratio, digits=2)
            yield [*row[:5], probability(ratio.p_larger)]


def _explained(answers: Answers) -> Iterator[Row]:
    if answers.explained is not None:
        share = answers.explained.posterior
        limits = f"[{percent(share.lower)}, {percent(share.upper)}]"
        yield ["variance explained by the terms", percent(share.median), limits, "-", "-", "-"]


def _notes(material: Material, *, shared: bool) -> list[str]:
    answers = material.answers
    tails, explained = answers.heterogeneity.tails, answers.explained
    return [
        "τ = standard deviation of true effects, posterior median.",
        interval_note(answers),
        f"I² = {I2_DEFINITION}." if shared else "",
        ""
        if tails is None
        else "Sample effects follow a t: τ between samples is its scale, SD its standard "
        "deviation; a weight below 1 marks a sample that lies apart.",
        "The first standard deviations, I² and predictions are at the average of the terms of τ "
        "(the centre of slopes, the geometric mean over levels)."
        if answers.scale_models
        else "",
        "P(> 1) = posterior probability of a ratio above 1." if answers.scale_models else "",
        ""
        if explained is None
        else "Variance explained is that of true effects; before the data its median is "
        f"{percent(explained.prior_median)}.",
    ]
