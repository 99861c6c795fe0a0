"""The posterior held against published correlations, their own uncertainty included."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np
from scipy import stats

from bayes_alliance.algebra.blocks import Array
from bayes_alliance.names import INTERVAL_PROBABILITY, ROPE_DIFFERENCE_R
from bayes_alliance.posterior.posterior import Posterior
from bayes_alliance.summaries.asked import Published
from bayes_alliance.summaries.coefficients import Range
from bayes_alliance.summaries.scale import Scale

__all__ = ["BenchmarkSummary", "benchmark_on_z", "published_digits", "summarise_benchmarks"]

#: Midpoint quantiles that stand for the benchmark's own normal distribution.
QUANTILES = (np.arange(201) + 0.5) / 201


@dataclass(frozen=True, slots=True)
class BenchmarkSummary:
    """A coefficient against a published correlation.

    Parameters
    ----------
    name : str
        What it is and whose.
    coefficient : str
        Which quantity it is held against.
    r : float
        The published correlation.
    lower, upper : float or None
        Its interval; None: taken as a fixed value.
    difference_r : Range
        Posterior of ours minus the benchmark, median against median, on r.
    p_above : float
        Posterior probability that ours is above it.
    p_rope : float
        Posterior probability that the difference is inside the ROPE.
    """

    name: str
    coefficient: str
    r: float
    lower: float | None
    upper: float | None
    difference_r: Range
    p_above: float
    p_rope: float


def published_digits(*values: float) -> int:
    """Digits with which published correlations are repeated in texts, tables and figures.

    Parameters
    ----------
    *values : float
        A correlation, or one with its limits.

    Returns
    -------
    int
        2; 3 where two would change a value.

    Examples
    --------
    >>> published_digits(0.21), published_digits(0.278, 0.256, 0.299)
    (2, 3)
    """
    return 2 if all(round(value, 2) == value for value in values) else 3


def benchmark_on_z(benchmark: Published) -> tuple[float, float]:
    """Mean and standard error of a benchmark on Fisher's z.

    Parameters
    ----------
    benchmark : Published
        With or without an interval.

    Returns
    -------
    mean, standard_error : float
        atanh of r, and the half-width of the interval on z over the normal quantile; 0 where the
        benchmark has no interval.
    """
    if benchmark.lower is None or benchmark.upper is None:
        return float(np.arctanh(benchmark.r)), 0.0
    width = np.arctanh(benchmark.upper) - np.arctanh(benchmark.lower)
    quantile = stats.norm.ppf((1 + benchmark.probability) / 2)
    return float(np.arctanh(benchmark.r)), float(width / (2 * quantile))


def summarise_benchmarks(
    posterior: Posterior,
    benchmarks: Iterable[Published],
    weights: Mapping[str, Array],
    scale: Scale,
    *,
    rope: float = ROPE_DIFFERENCE_R,
    probability: float = INTERVAL_PROBABILITY,
) -> tuple[BenchmarkSummary, ...]:
    """Hold coefficients against published correlations.

    Parameters
    ----------
    posterior : Posterior
        The posterior.
    benchmarks : iterable of Published
        Those about a coefficient that the model does not have are passed over.
    weights : mapping of str to ndarray
        Weights of the means by name.
    scale : Scale
        How the measure is read as a correlation.
    rope : float
        Half-width of the region of practical equivalence, on differences of r.
    probability : float
        Of every interval.

    Returns
    -------
    tuple of BenchmarkSummary
        Empty for measures other than correlations.
    """
    if not scale.has_r:
        return ()
    return tuple(
        _summarise(posterior, benchmark, weights[benchmark.coefficient], scale, rope, probability)
        for benchmark in benchmarks
        if benchmark.coefficient in weights
    )


def _summarise(
    posterior: Posterior,
    benchmark: Published,
    weights: Array,
    scale: Scale,
    rope: float,
    probability: float,
) -> BenchmarkSummary:
    centre, error = benchmark_on_z(benchmark)
    theirs = np.tanh(centre + error * stats.norm.ppf(QUANTILES)) if error else np.tanh([centre])
    ours = scale.to_r(posterior.draws("beta") @ weights)
    difference = (ours[:, None] - theirs).ravel()
    tails = ((1 - probability) / 2, 0.5, (1 + probability) / 2)
    lower, median, upper = (float(value) for value in np.quantile(difference, tails))
    return BenchmarkSummary(
        name=benchmark.name,
        coefficient=benchmark.coefficient,
        r=benchmark.r,
        lower=benchmark.lower,
        upper=benchmark.upper,
        difference_r=Range(median, lower, upper),
        p_above=float((difference > 0).mean()),
        p_rope=float((np.abs(difference) < rope).mean()),
    )
