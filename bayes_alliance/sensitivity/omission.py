"""The analysis without each sample, or without each effect size.

A sample is left out on the nodes of the full posterior (`engines.exact.omission`); an effect size
is left out by an exact fit of the others. All keep the coding of the full table: a slope stays
centred where it was, and a level whose only effects are left out keeps its prior given the others.
Moments, intervals and signs are exact; differences on r, their ROPE, orders and benchmarks are read
off draws of the exact posterior.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import pandas as pd

from bayes_alliance.algebra.blocks import Array
from bayes_alliance.engines.exact.engine import ExactEngine
from bayes_alliance.engines.exact.omission import leave_samples_out, needed_sample
from bayes_alliance.engines.fitted import Fitted
from bayes_alliance.errors import InputError, Problem
from bayes_alliance.names import INTERVAL_PROBABILITY, RHO, TAU_EFFECT, TAU_SAMPLE
from bayes_alliance.posterior.grid import Grid
from bayes_alliance.posterior.marginal import Marginal
from bayes_alliance.posterior.quadrature import QuadraturePosterior
from bayes_alliance.posterior.stack import GridStack
from bayes_alliance.sensitivity.divergence import (
    Moments,
    Reference,
    expected_log_densities,
    moments_of,
)
from bayes_alliance.sensitivity.exact_answers import (
    ExactAnswers,
    answer_frame,
    answer_weights,
    answered,
    exact_posterior,
    main_answer,
)
from bayes_alliance.sensitivity.prediction import misfit
from bayes_alliance.spec.design import Design
from bayes_alliance.spec.specification import Specification

__all__ = ["Left", "Omission", "Unit", "leave_each_out", "leave_one_out", "refuse_omission"]

Unit = Literal["sample", "effect"]
#: Units that a note names.
NAMED = 6


@dataclass(frozen=True, slots=True, repr=False)
class Left:
    """The analysis without one sample or one effect size.

    Parameters
    ----------
    label : str
        What is left out.
    rows : ndarray of bool, shape (k,)
        Effects that stay.
    elpd : float
        Log predictive density of what is left out, given all others.
    answers : ExactAnswers
        Headline answers without it.
    spreads : dict
        Mean, sd, lower and upper limit of every coefficient, both taus and rho, on the analysis
        scale.
    moments : Moments
        Joint moments of the posterior without it.
    kl : float
        Divergence of the joint posterior with it from the one without it, in nats.
    kl_answer : float
        The same of the marginal of the followed answer.
    spread_of_answer : tuple of float
        Mean and sd of the followed answer without it, on the analysis scale.
    misfit : float
        Squared distance of what is left out from its predictions, by effect.
    """

    label: str
    rows: np.ndarray
    elpd: float
    answers: ExactAnswers
    spreads: dict[str, tuple[float, float, float, float]]
    moments: Moments
    kl: float
    kl_answer: float
    spread_of_answer: tuple[float, float]
    misfit: float


@dataclass(frozen=True, slots=True, repr=False)
class Omission:
    """All headline answers without each sample or each effect size.

    Parameters
    ----------
    fitted : Fitted
        The analysis.
    unit : {"sample", "effect"}
        What is left out.
    answer : str
        The reported quantity or contrast that is followed.
    posterior : QuadraturePosterior
        Exact posterior with everything.
    baseline : ExactAnswers
        Answers with everything.
    left : tuple of Left
        One a sample or effect size, in order.
    probability : float
        Of every interval.
    """

    fitted: Fitted
    unit: Unit
    answer: str
    posterior: QuadraturePosterior
    baseline: ExactAnswers
    left: tuple[Left, ...]
    probability: float = INTERVAL_PROBABILITY

    @property
    def labels(self) -> tuple[str, ...]:
        """What is left out, in order."""
        return tuple(left.label for left in self.left)

    @property
    def table(self) -> pd.DataFrame:
        """Moments and limits of coefficients and taus, as `leave_one_out` returns them."""
        rows = [_row(self.unit, left.label, left.elpd, left.spreads) for left in self.left]
        return pd.DataFrame(rows).set_index(self.unit)

    @property
    def answers(self) -> pd.DataFrame:
        """One row an answer and left-out unit; see `ExactAnswers.rows`."""
        return answer_frame({left.label: left.answers for left in self.left}, self.unit)

    @property
    def notes(self) -> tuple[str, ...]:
        """Tell of units without which the others do not inform every coefficient."""
        X = self.fitted.design.X
        rank = np.linalg.matrix_rank(X)
        alone = [left.label for left in self.left if np.linalg.matrix_rank(X[left.rows]) < rank]
        if not alone:
            return ()
        more = f" and {len(alone) - NAMED} more" if len(alone) > NAMED else ""
        return (
            f"Without {', '.join(alone[:NAMED])}{more} (each alone) the others do not inform every "
            "coefficient: what is then said of it comes from its prior given the others.",
        )

    def __repr__(self) -> str:
        return f"{len(self.left)} analyses, each without one {self.unit}\n  next: .table, .answers"


def leave_one_out(fitted: Fitted, *, probability: float = INTERVAL_PROBABILITY) -> pd.DataFrame:
    """Leave every sample out in turn and tell all coefficients and both taus.

    One pass over the grid of the full posterior serves all samples; where a sample pinned a tau,
    that one posterior is computed anew. A posterior that was sampled is computed exactly first.

    Parameters
    ----------
    fitted : Fitted
        A finished analysis.
    probability : float
        Of every interval.

    Returns
    -------
    pandas.DataFrame
        Index: ``sample``. ``elpd`` (log predictive density of the sample given the others), and
        for each coefficient, ``tau_sample``, ``tau_effect`` and ``rho``: ``NAME``, ``NAME_sd``,
        ``NAME_lower``, ``NAME_upper`` on the analysis scale (posterior mean, sd, limits). All
        other headline answers are those of `leave_each_out`.

    Raises
    ------
    InputError
        If the exact engine cannot run the analysis, or there is one sample only.
    """
    refuse_omission(fitted.design, fitted.specification)
    whole = exact_posterior(fitted)
    rows = []
    for one in _samples(fitted, whole):
        posterior = QuadraturePosterior(
            tree=whole.tree, blocks=whole.blocks, provenance=whole.provenance, grid=one.grid
        )
        spreads = _spreads(one.design, posterior, probability)
        rows.append(_row("sample", one.label, one.elpd, spreads))
    return pd.DataFrame(rows).set_index("sample")


def _row(
    unit: Unit, label: str, elpd: float, spreads: dict[str, tuple[float, float, float, float]]
) -> dict[str, Any]:
    row: dict[str, Any] = {unit: label, "elpd": elpd}
    for name, (mean, sd, lower, upper) in spreads.items():
        row |= {name: mean, f"{name}_sd": sd, f"{name}_lower": lower, f"{name}_upper": upper}
    return row


def leave_each_out(
    fitted: Fitted,
    unit: Unit = "sample",
    *,
    answer: str | None = None,
    probability: float = INTERVAL_PROBABILITY,
) -> Omission:
    """Answer all headline questions without each sample, or without each effect size.

    Parameters
    ----------
    fitted : Fitted
        A finished analysis.
    unit : {"sample", "effect"}
        What is left out.
    answer : str, optional
        The reported quantity or contrast whose marginal is followed; by default the overall mean,
        else the first mean.
    probability : float
        Of every interval.

    Returns
    -------
    Omission
        The answers.

    Raises
    ------
    InputError
        If the exact engine cannot run the analysis, there is one sample (effect size) only, or
        `answer` is none.

    Examples
    --------
    >>> from bayes_alliance.data.bundled import load
    >>> from bayes_alliance.engines.choose import run_analysis
    >>> from bayes_alliance.spec.library import read_specification
    >>> fitted = run_analysis(load("konstantopoulos2011"), read_specification("schools"))
    >>> leave_each_out(fitted).table["overall"].round(2).tolist()[:4]
    [0.2, 0.19, 0.16, 0.15]
    """
    design = fitted.design
    refuse_omission(design, fitted.specification, unit)
    followed = main_answer(design, answer)
    whole, weights = exact_posterior(fitted), answer_weights(design)[followed]
    reference = Reference.of(whole.mixture(weights))
    return Omission(
        fitted=fitted,
        unit=unit,
        answer=followed,
        posterior=whole,
        baseline=answered(fitted, design, whole, probability=probability),
        left=tuple(
            _left(fitted, one, float(expected), (weights, reference), probability)
            for one, expected in zip(
                (_samples if unit == "sample" else _effects)(fitted, whole),
                _expected(design, unit, whole.nodes),
                strict=True,
            )
        ),
        probability=probability,
    )


@dataclass(frozen=True, slots=True)
class _Reduced:
    """Posterior of the effects that stay."""

    label: str
    rows: np.ndarray
    design: Design
    grid: Grid | GridStack
    elpd: float


def _samples(fitted: Fitted, whole: QuadraturePosterior) -> Iterator[_Reduced]:
    design = fitted.design
    for i, one in enumerate(leave_samples_out(design, whole.nodes)):
        rows = design.sample_index != i
        yield _Reduced(one.sample, rows, design.keep(rows), one.grid, one.elpd)


def _effects(fitted: Fitted, whole: QuadraturePosterior) -> Iterator[_Reduced]:
    design = fitted.design
    for i, label in enumerate(design.effect_ids):
        reduced = design.without_effect(i)
        grid = ExactEngine().solve(reduced, tolerance=fitted.specification.run.tolerance)
        elpd = float(whole.nodes.log_evidence - grid.log_evidence)
        yield _Reduced(label, np.arange(len(design.y)) != i, reduced, grid, elpd)


def _expected(design: Design, unit: Unit, grid: Grid | GridStack) -> Array:
    """Posterior expectation of the log density of every unit, given the rest of its sample."""
    samples = expected_log_densities(design, grid)
    if unit == "sample":
        return samples
    index = design.sample_index
    found = samples[index]
    for i, sample in enumerate(index):
        rest = (index == sample) & (np.arange(len(index)) != i)
        if rest.any():
            found[i] -= expected_log_densities(design.keep(rest), grid)[0]
    return np.asarray(found)


def _left(
    fitted: Fitted,
    one: _Reduced,
    expected: float,
    followed: tuple[Array, Reference],
    probability: float,
) -> Left:
    design, (weights, reference) = fitted.design, followed
    posterior = exact_posterior(fitted, one.design, one.grid)
    answers = answered(fitted, one.design, posterior, probability=probability)
    marginal = posterior.mixture(weights)
    return Left(
        label=one.label,
        rows=one.rows,
        elpd=one.elpd,
        answers=answers,
        spreads=_spreads(one.design, posterior, probability),
        moments=moments_of(one.grid),
        kl=max(expected - one.elpd, 0.0),
        kl_answer=reference.divergence(marginal),
        spread_of_answer=(marginal.mean, marginal.sd),
        misfit=misfit(design, one.rows, one.grid),
    )


def _spreads(
    design: Design, posterior: QuadraturePosterior, probability: float
) -> dict[str, tuple[float, float, float, float]]:
    """Of every coefficient, both taus and rho, as far as they are in the model."""
    asked: dict[str, Marginal] = {
        name: posterior.linear(weights)
        for name, weights in zip(design.coefficients, np.eye(len(design.coefficients)), strict=True)
    }
    if design.tau_sample is not None:
        asked[TAU_SAMPLE] = posterior.tau("sample")
    if design.tau_effect is not None:
        asked[TAU_EFFECT] = posterior.tau("effect")
    if design.dependence is not None:
        asked[RHO] = posterior.rho()
    return {name: (m.mean, m.sd, *m.interval(probability)) for name, m in asked.items()}


def refuse_omission(design: Design, specification: Specification, unit: Unit = "sample") -> None:
    """Refuse to leave samples or effect sizes out where that cannot be done exactly.

    Parameters
    ----------
    design : Design
        The analysis.
    specification : Specification
        Its specification.
    unit : {"sample", "effect"}
        What is left out.

    Raises
    ------
    InputError
        If the exact engine cannot run the analysis, or there is one sample (effect size) only.
    """
    reason, word = ExactEngine().declines(design), "sample" if unit == "sample" else "effect size"
    size = len(design.sample_ids) if unit == "sample" else len(design.y)
    if size < 2:
        reason = f"there is one {word} only"
    needed = needed_sample(design) if unit == "sample" else _needed_effect(design)
    if needed is not None:
        reason = f"without {needed} a flat prior leaves a coefficient without information"
    if reason is not None:
        raise InputError(
            Problem(
                what=f"{word}s cannot be left out exactly: {reason}",
                where=f"model {specification.name}",
                cure="Refit the model to some of the rows: fit(effects.keep(...), model)",
                code="no_exact_leave_one_out",
            )
        )


def _needed_effect(design: Design) -> str | None:
    """An effect size to which alone a flat prior leaves a coefficient."""
    if design.flat:
        for i, label in enumerate(design.effect_ids):
            if not design.identified_by(np.delete(design.X, i, axis=0)):
                return label
    return None
