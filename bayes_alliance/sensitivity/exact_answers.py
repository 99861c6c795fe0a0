"""All headline answers of an exact posterior, for analyses that differ in their data alone.

Every posterior turns the same random numbers into draws, so that answers which are read off draws
(differences on r and their ROPE, orders, benchmarks) differ between two analyses by what the data
say and hardly by chance.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from bayes_alliance.algebra.blocks import Array
from bayes_alliance.engines.engine import RunOptions
from bayes_alliance.engines.exact.engine import ExactEngine
from bayes_alliance.engines.fitted import Fitted
from bayes_alliance.errors import InputError, Problem
from bayes_alliance.names import INTERVAL_PROBABILITY, RHO, TAU_EFFECT, TAU_SAMPLE
from bayes_alliance.posterior.grid import Grid
from bayes_alliance.posterior.quadrature import QuadraturePosterior
from bayes_alliance.posterior.stack import GridStack
from bayes_alliance.spec.design import Design
from bayes_alliance.summaries.benchmarks import BenchmarkSummary, summarise_benchmarks
from bayes_alliance.summaries.coefficients import Estimate, Range, estimate_of
from bayes_alliance.summaries.headline import Headline, headline
from bayes_alliance.summaries.scale import Scale

__all__ = [
    "TOTAL_TAU",
    "ExactAnswers",
    "answer_frame",
    "answer_weights",
    "answered",
    "exact_posterior",
    "main_answer",
]

#: Square root of the summed squares of both taus.
TOTAL_TAU = "tau_total"


@dataclass(frozen=True, slots=True)
class ExactAnswers:
    """Headline answers of one exact posterior.

    Parameters
    ----------
    headline : Headline
        Means, slopes, contrasts, orders, taus, evidence.
    total : Estimate or None
        The total heterogeneity, where both levels have a tau.
    rho : Estimate or None
        Correlation of the sampling errors, where it is estimated.
    benchmarks : tuple of BenchmarkSummary
        Means held against published correlations.
    scale : Scale
        How the measure is read as a correlation.
    draws : int
        Draws behind differences on r, their ROPE, orders and benchmarks; all else is exact.
    """

    headline: Headline
    total: Estimate | None
    rho: Estimate | None
    benchmarks: tuple[BenchmarkSummary, ...]
    scale: Scale
    draws: int

    def rows(self) -> Iterator[dict[str, Any]]:
        """One row an answer.

        Yields
        ------
        dict
            ``kind`` (mean, slope, difference, tau, rho, order, benchmark), ``name``; ``mean``,
            ``sd``, ``median``, ``lower``, ``upper``, ``p_positive`` on the analysis scale; ``r``,
            ``r_lower``, ``r_upper`` (median and limits on r), ``p_rope``; ``probability`` of an
            order, or that ours is above a benchmark, whose difference stands under ``r``.
        """
        found = self.headline
        for c in found.coefficients:
            kind = "slope" if c.r is None and self.scale.has_r else "mean"
            yield _row(kind, c.name, c.estimate, c.r, p_rope=c.p_rope)
        for d in found.contrasts:
            yield _row("difference", d.name, d.estimate, d.r, p_rope=d.p_rope)
        taus = {TAU_SAMPLE: found.tau_sample, TAU_EFFECT: found.tau_effect, TOTAL_TAU: self.total}
        for name, tau in taus.items():
            if tau is not None:
                yield _row("tau", name, tau, None)
        if self.rho is not None:
            yield _row("rho", RHO, self.rho, None)
        for order in found.orders:
            yield _row("order", order.name, None, None, probability=order.probability)
        for b in self.benchmarks:
            yield _row(
                "benchmark", b.name, None, b.difference_r, p_rope=b.p_rope, probability=b.p_above
            )


def _row(
    kind: str,
    name: str,
    estimate: Estimate | None,
    r: Range | None,
    *,
    p_rope: float | None = None,
    probability: float = np.nan,
) -> dict[str, Any]:
    centre = np.nan if r is None or r.centre is None else r.centre
    row: dict[str, Any] = {"kind": kind, "name": name}
    for field in ("mean", "sd", "median", "lower", "upper", "p_positive"):
        row[field] = np.nan if estimate is None else getattr(estimate, field)
    return row | {
        "r": centre,
        "r_lower": np.nan if r is None else r.lower,
        "r_upper": np.nan if r is None else r.upper,
        "p_rope": np.nan if p_rope is None else p_rope,
        "probability": probability,
    }


def answer_frame(answers: dict[str, ExactAnswers], label: str) -> pd.DataFrame:
    """Answers of several analyses as one table.

    Parameters
    ----------
    answers : dict
        By the label of the analysis.
    label : str
        Name of the column with that label.

    Returns
    -------
    pandas.DataFrame
        One row an analysis and answer; see `ExactAnswers.rows`.
    """
    return pd.DataFrame(
        [{label: key, **row} for key, found in answers.items() for row in found.rows()]
    )


def exact_posterior(
    fitted: Fitted, design: Design | None = None, grid: Grid | GridStack | None = None
) -> QuadraturePosterior:
    """The exact posterior of all or some of the effects of an analysis.

    Parameters
    ----------
    fitted : Fitted
        A finished analysis that the exact engine does not decline.
    design : Design, optional
        Some of its effects, coded as all are (`Design.keep`); None: all, computed now only where
        the analysis was sampled.
    grid : Grid or GridStack, optional
        Their posterior on its nodes, if it is at hand.

    Returns
    -------
    QuadraturePosterior
        With draws made of the random numbers of the analysis.
    """
    if design is None:
        if isinstance(fitted.posterior, QuadraturePosterior):
            return fitted.posterior
        design, grid = fitted.design, fitted.posterior.grid
    options = RunOptions.of(fitted.specification.run, cores=1, progress=False)
    return ExactEngine().run_brief(design, options, grid=grid)


def answered(
    fitted: Fitted,
    design: Design,
    posterior: QuadraturePosterior,
    *,
    probability: float = INTERVAL_PROBABILITY,
) -> ExactAnswers:
    """Answer all headline questions.

    Parameters
    ----------
    fitted : Fitted
        The analysis with all effects, for its orders, regions and benchmarks.
    design : Design
        All or some of its effects.
    posterior : QuadraturePosterior
        Their posterior.
    probability : float
        Of every interval.

    Returns
    -------
    ExactAnswers
        The answers.
    """
    spec, scale = fitted.specification, Scale(design.measure)
    both = design.tau_sample is not None and design.tau_effect is not None
    return ExactAnswers(
        headline=headline(
            posterior,
            design,
            orders=spec.location.orders,
            rope_effect=spec.rope.effect_r,
            rope_difference=spec.rope.difference_r,
            probability=probability,
        ),
        total=estimate_of(posterior.total_tau(), probability) if both else None,
        rho=None if design.dependence is None else estimate_of(posterior.rho(), probability),
        benchmarks=summarise_benchmarks(
            posterior,
            fitted.benchmarks,
            {q.name: q.weights for q in design.quantities if q.role == "mean"},
            scale,
            rope=spec.rope.difference_r,
            probability=probability,
        ),
        scale=scale,
        draws=len(posterior.draws("beta")),
    )


def answer_weights(design: Design) -> dict[str, Array]:
    """Weights of everything that is a linear combination of the coefficients.

    Parameters
    ----------
    design : Design
        The analysis.

    Returns
    -------
    dict
        Name of a reported quantity or contrast to its weights, shape (p,).
    """
    named = {q.name: q.weights for q in design.quantities}
    return named | {c.name: c.of - c.minus.mean(axis=0) for c in design.contrasts}


def main_answer(design: Design, asked: str | None = None) -> str:
    """Name the answer that influence is told about.

    Parameters
    ----------
    design : Design
        The analysis.
    asked : str, optional
        A reported quantity or contrast.

    Returns
    -------
    str
        The one asked for; else ``overall`` where that is reported, else the first mean.

    Raises
    ------
    InputError
        If the one asked for is none.
    """
    named = tuple(answer_weights(design))
    if asked is None:
        return "overall" if "overall" in named else named[0]
    if asked not in named:
        raise InputError(
            Problem(
                what=f"{asked!r} is no answer of this analysis",
                where="answer",
                cure=f"Choose one of {', '.join(named)}",
                code="unknown_answer",
            )
        )
    return asked
