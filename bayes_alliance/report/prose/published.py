"""How a published correlation is named, the same in methods and results."""

from __future__ import annotations

from bayes_alliance.report.numbers import interval, percent, published
from bayes_alliance.report.prose.phrasing import spoken
from bayes_alliance.spec.tables import Benchmark
from bayes_alliance.summaries.benchmarks import BenchmarkSummary, published_digits
from bayes_alliance.summaries.coefficients import Range

__all__ = ["benchmark_phrase", "mean_of"]


def benchmark_phrase(found: BenchmarkSummary, declared: Benchmark | None) -> str:
    """Name a benchmark with its value and its interval.

    Parameters
    ----------
    found : BenchmarkSummary
        The comparison.
    declared : Benchmark or None
        What was declared, for the probability of the interval.

    Returns
    -------
    str
        ``r = .278, 95% CI [.256, .299] (face to face)``.
    """
    if found.lower is None or found.upper is None:
        return f"r = {published(found.r)} ({found.name})"
    level = percent(declared.probability if declared is not None else 0.95, blank=False)
    digits = published_digits(found.r, found.lower, found.upper)
    limits = interval(Range(None, found.lower, found.upper), in_r=True, digits=digits)
    return f"r = {published(found.r)}, {level} CI {limits} ({found.name})"


def mean_of(coefficient: str) -> str:
    """Name the mean that a benchmark is held against.

    Parameters
    ----------
    coefficient : str
        As in the tables.

    Returns
    -------
    str
        ``the overall correlation`` or ``the correlation for task``.
    """
    if coefficient == "overall":
        return "the overall correlation"
    return f"the correlation for {spoken(coefficient)}"
