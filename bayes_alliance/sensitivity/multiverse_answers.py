"""What one specification of a multiverse says: its mean, its evidence, its heterogeneity."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from bayes_alliance.algebra.blocks import Array
from bayes_alliance.engines.exact.engine import ExactEngine
from bayes_alliance.engines.exact.solve import TOLERANCE, solve
from bayes_alliance.errors import InputError, Problem
from bayes_alliance.names import TOTAL_SCALE
from bayes_alliance.posterior.combinations import log_density_at, mixture_of
from bayes_alliance.posterior.grid import Grid
from bayes_alliance.posterior.marginal import MixtureMarginal
from bayes_alliance.posterior.stack import GridStack
from bayes_alliance.spec.constrained import constrained
from bayes_alliance.spec.design import Design
from bayes_alliance.spec.tables import Benchmark
from bayes_alliance.summaries.benchmarks import benchmark_on_z
from bayes_alliance.summaries.scale import Scale

__all__ = ["EQUAL", "Answer", "answer", "mean_weights", "number_of"]

#: Name of the mean in which all levels of the term weigh alike.
EQUAL = "equal"
#: A Savage-Dickey ratio whose own error is larger is replaced by a fit of the null.
LARGEST_ERROR = 1e-4
#: Gauss-Hermite rule over a benchmark's own uncertainty, where it is not on the scale of analysis.
NODES, WEIGHTS = np.polynomial.hermite_e.hermegauss(40)

#: Numbers and names of one specification.
Answer = dict[str, float | int | str | None]


def number_of(row: Answer) -> int:
    """Number of the specification that an answer is about.

    Parameters
    ----------
    row : dict
        The answer.

    Returns
    -------
    int
        Its ``specification``.
    """
    return int(row["specification"] or 0)


def mean_weights(design: Design, mean: str | None) -> tuple[str, Array]:
    """Weights of the mean that a multiverse follows.

    Parameters
    ----------
    design : Design
        The analysis.
    mean : str or None
        Name of a mean of the model, or ``equal``: the average of the means of the single
        categorical term with equal weights (on the analysis scale), a level ``total`` left out
        beside others. None: ``overall`` if the model has it, else ``equal``.

    Returns
    -------
    name : str
        What is followed.
    weights : ndarray, shape (p,)
        Its weights.

    Raises
    ------
    InputError
        If the model has no such mean.
    """
    means = {q.name: q.weights for q in design.quantities if q.role == "mean"}
    wanted = mean or ("overall" if "overall" in means else EQUAL)
    if wanted in means:
        return wanted, np.asarray(means[wanted], float)
    levels = design.terms[0].levels if len(design.terms) == 1 else ()
    levels = tuple(level for level in levels if level.strip().casefold() != TOTAL_SCALE) or levels
    if wanted == EQUAL and levels and all(level in means for level in levels):
        return EQUAL, np.mean([means[level] for level in levels], axis=0)
    raise InputError(
        Problem(
            what=f"this model has no mean {wanted!r}",
            where="grid of choices, key mean",
            cure=f'Choose one of {", ".join(means)}, or "{EQUAL}" with a single categorical term',
            code="no_such_mean",
        )
    )


def answer(
    design: Design,
    weights: Array,
    benchmarks: Sequence[Benchmark],
    *,
    probability: float,
    tolerance: float = TOLERANCE,
) -> Answer:
    """Answer one specification, exactly.

    Parameters
    ----------
    design : Design
        The analysis; the exact engine must not decline it.
    weights : ndarray, shape (p,)
        Of the mean that is followed.
    benchmarks : sequence of Benchmark
        Published correlations that it is held against.
    probability : float
        Of the interval.
    tolerance : float
        Largest reported error of the fit.

    Returns
    -------
    dict
        ``effects``, ``samples``; ``mean``, ``sd``, ``median``, ``lower``, ``upper`` on the analysis
        scale; ``r_median``, ``r_lower``, ``r_upper`` (None unless correlations); ``p_positive``;
        ``log_bf10`` against a mean of 0 (None with a flat prior) and ``bf_error``; mean, sd and
        median of both taus (0 where a level is left out); ``log_marginal_likelihood`` (None with a
        flat prior), ``error``; ``p_above_0`` and so on for the benchmarks in order.
    """
    if design.dependence is None:
        nodes: Grid | GridStack = solve(design, tolerance=tolerance)
    else:
        nodes = ExactEngine().solve(design, tolerance=tolerance)
    marginal, scale = mixture_of(nodes, weights), Scale(design.measure)
    tails = ((1 - probability) / 2, 0.5, (1 + probability) / 2)
    lower, median, upper = marginal.quantile(tails)
    r = [float(x) for x in scale.to_r(np.array([lower, median, upper]))]
    proper = not design.flat
    log_bf, bf_error = _evidence(design, nodes, weights, tolerance) if proper else (None, None)
    found: Answer = {
        "effects": len(design.y),
        "samples": len(design.sample_ids),
        "mean": marginal.mean,
        "sd": marginal.sd,
        "median": float(median),
        "lower": float(lower),
        "upper": float(upper),
        "r_median": r[1] if scale.has_r else None,
        "r_lower": r[0] if scale.has_r else None,
        "r_upper": r[2] if scale.has_r else None,
        "p_positive": float(1 - marginal.cdf(0.0)),
        "log_bf10": log_bf,
        "bf_error": bf_error,
        **_taus(design, nodes),
        "log_marginal_likelihood": float(nodes.log_evidence) if proper else None,
        "error": float(nodes.error),
    }
    for i, benchmark in enumerate(benchmarks if scale.has_r else ()):
        found[f"p_above_{i}"] = _above(marginal, benchmark, scale)
    return found


def _evidence(
    design: Design, nodes: Grid | GridStack, weights: Array, tolerance: float
) -> tuple[float, float]:
    """Log Bayes factor of a free mean against a mean of 0, and its error.

    The Savage-Dickey ratio (Dickey 1971), prior over posterior density at 0; where 0 lies so far
    out that its error is not small, the model with the mean restricted to 0 is fitted instead.
    """
    centre = float(weights @ design.prior_mean)
    variance = float(weights @ design.prior_covariance() @ weights)
    log_prior = -0.5 * (centre**2 / variance + math.log(2 * math.pi * variance))
    log_posterior, error = log_density_at(nodes, weights, 0.0)
    if error <= LARGEST_ERROR:
        return log_prior - log_posterior, error
    null = ExactEngine().solve(constrained(design, weights), tolerance=tolerance)
    return float(nodes.log_evidence - null.log_evidence), float(nodes.error + null.error)


def _taus(design: Design, nodes: Grid | GridStack) -> Answer:
    _, means, sds = nodes.moments()
    at = len(design.prior_mean)
    found: Answer = {}
    for i, level in enumerate(("sample", "effect")):
        marginal = nodes.sample_marginal if level == "sample" else nodes.effect_marginal
        found[f"tau_{level}"] = float(marginal.quantile(0.5))
        found[f"tau_{level}_mean"] = float(means[at + i])
        sd = float(sds[at + i])
        found[f"tau_{level}_sd"] = sd if math.isfinite(sd) else None
    return found


def _above(marginal: MixtureMarginal, benchmark: Benchmark, scale: Scale) -> float:
    """Probability that the mean is above a published correlation, whose error is normal on z."""
    centre, error = benchmark_on_z(benchmark)
    if scale.measure == "ZCOR":
        spread = np.sqrt(np.square(marginal.sds) + error**2)
        return float(1 - MixtureMarginal(marginal.means, spread, marginal.weights).cdf(centre))
    below = marginal.cdf(np.tanh(centre + error * NODES))
    return float(1 - below @ WEIGHTS / WEIGHTS.sum())
