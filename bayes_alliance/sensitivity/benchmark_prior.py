r"""The analysis with a published correlation as its prior, and how much the two conflict.

Box (1980, doi 10.2307/2982063) holds the data against what the prior expects of them. Given the
taus, the estimate of the mean is normal around it with variance v, so that a benchmark
N(m_0, s_0^2) expects estimates N(m_0, s_0^2 + v), and the tail area of the estimate is

.. math:: p = \sum_\tau P(\tau \mid y) \; 2 \Phi(-|m_\tau - m_0| / \sqrt{s_0^2 + v_\tau}),

averaged over the posterior of the taus, and of rho, under a flat prior of the location, which lends
the estimate nothing.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.special import ndtr

from bayes_alliance.algebra.blocks import Array
from bayes_alliance.engines.choose import run_analysis
from bayes_alliance.engines.engine import RunOptions
from bayes_alliance.engines.exact.engine import ExactEngine
from bayes_alliance.engines.fitted import Fitted
from bayes_alliance.errors import InputError, Problem
from bayes_alliance.names import INTERVAL_PROBABILITY
from bayes_alliance.posterior.marginal import MixtureMarginal
from bayes_alliance.sensitivity.answers import answer_rows
from bayes_alliance.sensitivity.priors import questions_of
from bayes_alliance.spec.benchmark_prior import benchmark_named, prior_of_benchmark
from bayes_alliance.spec.compilation import compile_design
from bayes_alliance.spec.design import Design
from bayes_alliance.spec.prior import Prior
from bayes_alliance.spec.tables import Benchmark
from bayes_alliance.summaries.headline import Headline, headline
from bayes_alliance.summaries.scale import Scale

__all__ = ["GivenBenchmark", "box_p", "given_benchmark", "given_benchmarks"]

#: Below this tail area the data are called surprising under the benchmark.
SURPRISING = 0.05


@dataclass(frozen=True, slots=True)
class GivenBenchmark:
    """The analysis given a benchmark.

    Parameters
    ----------
    benchmark : Benchmark
        The published correlation.
    prior : Prior
        The prior it became, on Fisher's z.
    fitted : Fitted
        The analysis under it.
    baseline, given : Headline
        Answers under the declared priors and given the benchmark.
    p : float or None
        Box's p: how probable an estimate at least as far from the benchmark is; None where the
        exact engine does not run the model.
    weight : float
        Share of the information about the mean that is the benchmark's (posterior variance over
        prior variance; exact where the taus are known).
    log_bf : float or None
        Log Bayes factor of the benchmark as prior against the declared one.
    scale : Scale
        How the measure is read as a correlation.
    """

    benchmark: Benchmark
    prior: Prior
    fitted: Fitted
    baseline: Headline
    given: Headline
    p: float | None
    weight: float
    log_bf: float | None
    scale: Scale

    @property
    def table(self) -> pd.DataFrame:
        """One row an answer.

        Index ``name``; ``kind``, ``declared`` and ``given`` (medians) with their ``_lower`` and
        ``_upper``, ``shift`` of the median, ``length`` of the interval as a share of that under the
        declared prior. Scales as in `answer_rows`.
        """
        rows = []
        pairs = zip(
            answer_rows(self.baseline, self.scale), answer_rows(self.given, self.scale), strict=True
        )
        for one, other in pairs:
            if one["kind"] == "order":
                continue
            row = {"name": one["name"], "kind": one["kind"]}
            for label, of in (("declared", one), ("given", other)):
                row |= {label: of["median"], f"{label}_lower": of["lower"]}
                row[f"{label}_upper"] = of["upper"]
            row["shift"] = other["median"] - one["median"]
            row["length"] = (other["upper"] - other["lower"]) / (one["upper"] - one["lower"])
            rows.append(row)
        return pd.DataFrame(rows).set_index("name")

    @property
    def conflict(self) -> bool | None:
        """Whether the data are surprising under the benchmark (p below .05)."""
        return None if self.p is None else self.p < SURPRISING

    @property
    def sentences(self) -> tuple[str, ...]:
        """Posterior, weight, conflict and evidence in words."""
        row = self.table.loc[self.benchmark.coefficient]
        declared, given = (
            f"{row[k]:.3f} [{row[f'{k}_lower']:.3f}, {row[f'{k}_upper']:.3f}]".replace("0.", ".")
            for k in ("declared", "given")
        )
        told = [
            f"Given {self.benchmark.name} as the prior ({self.prior} on Fisher's z), the "
            f"correlation {self.benchmark.coefficient} is {given}; under the declared prior it is "
            f"{declared}.",
            f"The benchmark carries about {100 * self.weight:.0f} % of the information in the "
            "posterior given it.",
        ]
        if self.p is not None:
            size = "< .001" if self.p < 0.001 else f"= {self.p:.3f}".replace("0.", ".", 1)
            verdict = (
                "the benchmark and the data are in conflict, and the posterior is a compromise "
                "that neither supports; consider discount= or extra_sd="
                if self.conflict
                else "no sign of a conflict between the benchmark and the data"
            )
            told.append(
                "Under the benchmark an estimate at least as far from it as that of the data has "
                f"probability p {size} (Box): {verdict}."
            )
        if self.log_bf is not None:
            better, factor = (
                ("the benchmark", self.log_bf)
                if self.log_bf > 0
                else ("the declared", -self.log_bf)
            )
            told.append(
                f"The data are {np.exp(min(factor, 700)):.3g} times as probable under {better} "
                f"prior as under the {'declared' if self.log_bf > 0 else 'benchmark'} prior."
            )
        return tuple(told)

    def __repr__(self) -> str:
        head = f"{self.fitted.effects.name!r} given {self.benchmark.name}"
        told = [f"  {line}" for line in self.sentences]
        return "\n".join([head, *told, "  next: .table, .fitted, .prior"])


def given_benchmark(
    fitted: Fitted,
    name: str | None = None,
    *,
    discount: float = 1.0,
    extra_sd: float = 0.0,
    probability: float = INTERVAL_PROBABILITY,
) -> GivenBenchmark:
    """Fit an analysis again with one of its benchmarks as the prior of the location.

    Parameters
    ----------
    fitted : Fitted
        An analysis of correlations on Fisher's z.
    name : str, optional
        Name of the benchmark or a part of it; not needed where only one has an interval.
    discount : float
        Weight in (0, 1] of the benchmark.
    extra_sd : float
        Sd on z by which the benchmark's population and that of the data may differ.
    probability : float
        Of every interval.

    Returns
    -------
    GivenBenchmark
        Posterior, change against the declared prior, and prior-data conflict.

    Raises
    ------
    InputError
        If no benchmark or several fit, it has no interval, the measure is not Fisher's z, or the
        benchmark is about a coefficient whose prior is not that of the location alone.

    Examples
    --------
    >>> from bayes_alliance.data.bundled import load
    >>> from bayes_alliance.engines.choose import run_analysis
    >>> from bayes_alliance.spec.library import read_specification
    >>> fitted = run_analysis(load("ibi_synthetic"), read_specification("overall"))
    >>> found = given_benchmark(fitted, "face to face", discount=0.1)
    >>> float(found.table.loc["overall", "given"].round(2))
    0.24
    """
    design, spec = fitted.design, fitted.specification
    benchmark = benchmark_named(fitted.benchmarks, name)
    weights = _weights(design, benchmark)
    prior = prior_of_benchmark(benchmark, discount=discount, extra_sd=extra_sd)
    again = run_analysis(fitted.effects, spec.with_prior("location", prior))
    questions = questions_of(fitted, probability)
    baseline = headline(fitted.posterior, design, **questions)
    given = headline(again.posterior, again.design, **questions)
    one, other = baseline.log_marginal_likelihood, given.log_marginal_likelihood
    return GivenBenchmark(
        benchmark=benchmark,
        prior=prior,
        fitted=again,
        baseline=baseline,
        given=given,
        p=_conflict(fitted, prior, weights),
        weight=float(min(1.0, (again.posterior.linear(weights).sd / prior.parameters["sd"]) ** 2)),
        log_bf=None if one is None or other is None else other - one,
        scale=Scale(design.measure),
    )


def given_benchmarks(
    fitted: Fitted, *, probability: float = INTERVAL_PROBABILITY
) -> tuple[GivenBenchmark, ...]:
    """Fit an analysis again with each of its benchmarks that can be the prior of the location.

    Parameters
    ----------
    fitted : Fitted
        An analysis.
    probability : float
        Of every interval.

    Returns
    -------
    tuple of GivenBenchmark
        One a benchmark with an interval about a coefficient that has the location's prior; empty
        for other measures than Fisher's z.
    """
    found = []
    for benchmark in fitted.benchmarks if fitted.design.measure == "ZCOR" else ():
        weights = _location_weights(fitted.design, benchmark)
        if benchmark.lower is not None and weights is not None:
            found.append(given_benchmark(fitted, benchmark.name, probability=probability))
    return tuple(found)


def box_p(estimate: MixtureMarginal, prior: Prior) -> float:
    """Tail area of an estimate under a normal prior.

    Parameters
    ----------
    estimate : MixtureMarginal
        Estimates and their standard errors given the taus, and the probabilities of these.
    prior : Prior
        Normal.

    Returns
    -------
    float
        Two-sided, averaged over the taus.

    Examples
    --------
    >>> import numpy as np
    >>> known = MixtureMarginal(np.array([0.3]), np.array([0.03]))
    >>> round(box_p(known, Prior("normal", mean=0.2, sd=0.04)), 4)
    0.0455
    """
    mean, sd = prior.parameters["mean"], prior.parameters["sd"]
    tails = 2 * ndtr(-np.abs(estimate.means - mean) / np.hypot(sd, estimate.sds))
    return float(np.average(tails, weights=estimate.weights))


def _conflict(fitted: Fitted, prior: Prior, weights: Array) -> float | None:
    """Box's p by a fit with a flat prior of the location."""
    spec = fitted.specification.with_prior("location", Prior("flat"))
    design, exact = compile_design(fitted.effects, spec), ExactEngine()
    if exact.declines(design) is not None:
        return None
    options = RunOptions.of(spec.run, cores=1, progress=False)
    estimate = exact.run_brief(design, options).linear(weights)
    return box_p(estimate, prior) if isinstance(estimate, MixtureMarginal) else None


def _weights(design: Design, benchmark: Benchmark) -> Array:
    """Weights of the coefficient that the benchmark is about; its prior is the location's."""
    if design.measure != "ZCOR":
        raise InputError(
            Problem(
                what="a benchmark becomes a prior on Fisher's z, and this analysis is on another "
                "scale",
                where="effect.measure",
                cure='Analyse correlations with effect.measure = "ZCOR"',
                code="benchmark_scale",
            )
        )
    weights = _location_weights(design, benchmark)
    if weights is not None:
        return weights
    raise InputError(
        Problem(
            what=f"the prior of {benchmark.coefficient!r} is not that of the location alone, so "
            f"the benchmark {benchmark.name!r} cannot take its place",
            where="location.terms",
            cure='Use a model of one overall mean ("overall"), or one with slopes only',
            code="benchmark_coefficient",
        )
    )


def _location_weights(design: Design, benchmark: Benchmark) -> Array | None:
    """Weights of the coefficient if differences have no part in its prior."""
    means = {q.name: q.weights for q in design.quantities if q.role == "mean"}
    weights = means.get(benchmark.coefficient)
    if weights is None or np.abs(weights @ design.prior_differences).max(initial=0.0) > 0:
        return None
    return weights
