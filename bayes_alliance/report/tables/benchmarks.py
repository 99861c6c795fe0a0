"""The posterior against published correlations."""

from __future__ import annotations

from bayes_alliance.report.frames import benchmark_frame
from bayes_alliance.report.material import Material
from bayes_alliance.report.numbers import correlation, interval, probability, published
from bayes_alliance.report.tables.general_note import finished, interval_note, level_of, scale_note
from bayes_alliance.report.tables.table import Column, Table
from bayes_alliance.report.words import published_limits
from bayes_alliance.summaries.benchmarks import BenchmarkSummary
from bayes_alliance.summaries.coefficients import CoefficientSummary

__all__ = ["benchmarks_table"]


def benchmarks_table(material: Material) -> Table | None:
    """Write the comparisons with benchmarks.

    Parameters
    ----------
    material : Material
        What the report is made of.

    Returns
    -------
    Table or None
        Named ``benchmarks``; None without benchmarks.
    """
    answers = material.answers
    if not answers.benchmarks:
        return None
    width = correlation(answers.rope_difference)
    columns = (
        Column("Benchmark", numeric=False),
        Column("Quantity", numeric=False),
        Column("r", spanner="Benchmark"),
        Column("interval", spanner="Benchmark"),
        Column("median r", spanner="This analysis"),
        Column("difference", spanner="Difference"),
        Column(f"{level_of(answers)} interval", spanner="Difference"),
        Column("P(> 0)", spanner="Difference"),
        Column(f"P(< {width})", spanner="Difference"),
    )
    ours = {c.name: c for c in answers.coefficients}
    fixed = any(b.lower is None for b in answers.benchmarks)
    notes = [
        scale_note(answers),
        "Difference = this analysis minus the benchmark, with the uncertainty of both.",
        "A benchmark without an interval is taken as a fixed value." if fixed else "",
        interval_note(answers),
        "P(> 0) = posterior probability that the correlation here is higher; "
        f"P(< {width}) = that the two differ by less than {width}.",
        _sources(material),
    ]
    rows = [_row(b, ours.get(b.coefficient)) for b in answers.benchmarks]
    return finished(
        material, "benchmarks", "Comparison With Published Correlations", columns, rows, notes,
        benchmark_frame(answers),
    )  # fmt: skip


def _row(b: BenchmarkSummary, own: CoefficientSummary | None) -> list[str]:
    return [
        b.name,
        b.coefficient,
        published(b.r),
        "-" if b.lower is None else published_limits(b),
        "-" if own is None or own.r is None else correlation(own.r.centre),
        correlation(b.difference_r.centre),
        interval(b.difference_r, in_r=True),
        probability(b.p_above),
        probability(b.p_rope),
    ]


def _sources(material: Material) -> str:
    told = {b.name: b.source for b in material.fitted.benchmarks if b.source}
    shown = [f"{name}: {source}" for name, source in told.items()]
    return f"Sources: {'; '.join(shown)}." if shown else ""
