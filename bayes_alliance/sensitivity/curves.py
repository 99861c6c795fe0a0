"""Every headline answer as a curve over the scale of each prior.

Each point is an exact fit with one prior made `factor` times as wide and all others as declared;
the points lie evenly on the log of the factor. All fits take the same random numbers.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from bayes_alliance.algebra.blocks import Array
from bayes_alliance.engines.engine import RunOptions
from bayes_alliance.engines.exact.engine import ExactEngine
from bayes_alliance.engines.fitted import Fitted
from bayes_alliance.errors import InputError, Problem
from bayes_alliance.names import INTERVAL_PROBABILITY, TAU_EFFECT, TAU_GROUP, TAU_SAMPLE
from bayes_alliance.posterior.quadrature import QuadraturePosterior
from bayes_alliance.sensitivity.answers import answer_rows, wide_answers
from bayes_alliance.sensitivity.changes import Change, find_changes
from bayes_alliance.sensitivity.priors import questions_of, refuse_priors
from bayes_alliance.spec.alternatives import declared_priors, rescaled, scale_words
from bayes_alliance.spec.compilation import compile_design
from bayes_alliance.spec.design import Design
from bayes_alliance.spec.prior import Prior
from bayes_alliance.summaries.coefficients import Estimate
from bayes_alliance.summaries.headline import Headline, headline
from bayes_alliance.summaries.scale import Scale

__all__ = ["FACTORS", "PriorCurve", "over_prior_scale", "over_prior_scales"]

#: Factors unless others are asked for: a quarter to four times, evenly on the log.
FACTORS = 2.0 ** np.linspace(-2, 2, 17)


@dataclass(frozen=True, slots=True)
class PriorCurve:
    """Headline answers over the scale of one prior, F points.

    Parameters
    ----------
    name : str
        Of the prior in the specification, for example ``tau_sample``.
    prior : Prior
        As declared.
    factors : tuple of float, length F
        How many times as wide as declared, ascending.
    headlines : tuple of Headline, length F
        Answers of the exact fit at each.
    baseline : Headline
        Answers of the fit itself.
    found : tuple of Change
        Conclusions that change along the curve.
    scale : Scale
        How the measure is read as a correlation.
    probability : float
        Of every interval.
    notes : tuple of str
        What a reader of the curve has to know.
    """

    name: str
    prior: Prior
    factors: tuple[float, ...]
    headlines: tuple[Headline, ...]
    baseline: Headline
    found: tuple[Change, ...]
    scale: Scale
    probability: float = INTERVAL_PROBABILITY
    notes: tuple[str, ...] = ()

    def words(self, factor: float) -> str:
        """Say a point of the curve.

        Parameters
        ----------
        factor : float
            How many times as wide.

        Returns
        -------
        str
            For example ``sd of location = 0.25 (0.50 times the declared)``.
        """
        return _point(self.name, self.prior, factor)

    @property
    def answers(self) -> pd.DataFrame:
        """One row an answer and factor: ``prior``, ``factor`` and the columns of `answer_rows`."""
        return pd.DataFrame(
            {"prior": self.name, "factor": factor, **row}
            for factor, found in zip(self.factors, self.headlines, strict=True)
            for row in answer_rows(found, self.scale)
        )

    @property
    def table(self) -> pd.DataFrame:
        """One row a factor (the index); ``prior`` in words, then as in `wide_answers`."""
        rows = [
            {"factor": factor, "prior": str(rescaled(self.prior, factor)),
             **wide_answers(found, self.scale)}
            for factor, found in zip(self.factors, self.headlines, strict=True)
        ]  # fmt: skip
        return pd.DataFrame(rows).set_index("factor")

    @property
    def changes(self) -> pd.DataFrame:
        """One row a change: ``prior``, ``answer``, ``from``, ``to``, ``factor``, ``sentence``."""
        rows = [(self.name, c.answer, c.before, c.after, c.at, c.sentence) for c in self.found]
        columns = ["prior", "answer", "from", "to", "factor", "sentence"]
        return pd.DataFrame(rows, columns=columns).astype({"factor": float})

    @property
    def moved(self) -> pd.DataFrame:
        """How far each median moves along the curve, the one that moves most first.

        Index ``name``; ``lowest`` and ``highest`` median on the analysis scale, and ``sds``, their
        distance in posterior standard deviations of the fit itself.
        """
        sds = {name: estimate.sd for name, estimate in _estimates(self.baseline)}
        medians: dict[str, list[float]] = {name: [] for name, sd in sds.items() if sd > 0}
        for found in self.headlines:
            for name, estimate in _estimates(found):
                if name in medians:
                    medians[name].append(estimate.median)
        rows = [(n, min(v), max(v), (max(v) - min(v)) / sds[n]) for n, v in medians.items()]
        frame = pd.DataFrame(rows, columns=["name", "lowest", "highest", "sds"])
        return frame.set_index("name").sort_values("sds", ascending=False, kind="stable")

    @property
    def sentences(self) -> tuple[str, ...]:
        """What changes along the curve, in words, or that nothing does."""
        if self.found:
            return tuple(change.sentence for change in self.found)
        ends = [scale_words(self.name, rescaled(self.prior, self.factors[i])) for i in (0, -1)]
        return (f"No conclusion changes between {ends[0]} and {ends[1].split(' = ')[1]}.",)

    def __repr__(self) -> str:
        ends = f"{self.factors[0]:.3g} to {self.factors[-1]:.3g}"
        head = f"Answers at {len(self.factors)} scales of the prior of {self.name}, {ends} times "
        told = [f"  {line}" for line in (*self.sentences, *self.notes)]
        next_line = "  next: .table, .changes, fit.plot_prior_curves()"
        return "\n".join([f"{head}{self.prior}", *told, next_line])


def over_prior_scales(
    fitted: Fitted,
    factors: ArrayLike | None = None,
    *,
    probability: float = INTERVAL_PROBABILITY,
) -> tuple[PriorCurve, ...]:
    """Compute the curves of all priors that have a scale.

    Parameters
    ----------
    fitted : Fitted
        A finished analysis.
    factors : array_like, optional
        As in `over_prior_scale`.
    probability : float
        Of every interval.

    Returns
    -------
    tuple of PriorCurve
        One a prior: location, differences, the standard deviations.

    Raises
    ------
    InputError
        As in `over_prior_scale`.
    """
    refuse_priors(fitted.design, fitted.specification)
    return tuple(
        over_prior_scale(fitted, name, factors, probability=probability)
        for name in declared_priors(fitted.design, fitted.specification)
    )


def over_prior_scale(
    fitted: Fitted,
    name: str,
    factors: ArrayLike | None = None,
    *,
    probability: float = INTERVAL_PROBABILITY,
) -> PriorCurve:
    """Compute every headline answer over the scale of a prior.

    Parameters
    ----------
    fitted : Fitted
        A finished analysis, by whatever engine, of a model that the exact engine runs.
    name : str
        The prior: location, differences, tau_sample, tau_effect (or tau_total).
    factors : array_like, optional
        Two or more factors above 0; by default 17 from 1/4 to 4.
    probability : float
        Of every interval.

    Returns
    -------
    PriorCurve
        Answers, and where conclusions change.

    Raises
    ------
    InputError
        If this analysis has no such prior with a scale, a factor is none, or the exact engine
        declines.

    Examples
    --------
    >>> from bayes_alliance.data.bundled import load
    >>> from bayes_alliance.engines.choose import run_analysis
    >>> from bayes_alliance.spec.library import read_specification
    >>> fitted = run_analysis(load("konstantopoulos2011"), read_specification("schools"))
    >>> curve = over_prior_scale(fitted, "tau_sample", [0.25, 1, 4])
    >>> curve.table["tau_sample"].is_monotonic_increasing
    True
    """
    design, spec = fitted.design, fitted.specification
    refuse_priors(design, spec)
    prior, values = _declared(design, fitted, name), _checked(factors)
    questions = questions_of(fitted, probability)
    options = RunOptions.of(spec.run, cores=1, progress=False)

    def exact(factor: float) -> QuadraturePosterior:
        changed = spec.with_prior(name, rescaled(prior, factor))
        return ExactEngine().run_brief(compile_design(fitted.effects, changed), options)

    def answered(factor: float, names: frozenset[str]) -> Headline:
        wanted = tuple(b for b in fitted.benchmarks if b.name in names)
        asked = questions | {"orders": (), "benchmarks": wanted}
        return headline(exact(factor), _only(design, names), **asked)

    posteriors = [exact(value) for value in values]
    headlines = tuple(headline(found, design, **questions) for found in posteriors)
    return PriorCurve(
        name=name,
        prior=prior,
        factors=tuple(values),
        headlines=headlines,
        baseline=headline(fitted.posterior, design, **questions),
        found=find_changes(
            design,
            values,
            headlines,
            answered,
            rope_effect=spec.rope.effect_r,
            rope_difference=spec.rope.difference_r,
            probability=probability,
            point=lambda factor: _point(name, prior, factor),
        ),
        scale=Scale(design.measure),
        probability=probability,
        notes=_inexact(name, values, posteriors, options.tolerance),
    )


def _point(name: str, prior: Prior, factor: float) -> str:
    return f"{scale_words(name, rescaled(prior, factor))} ({factor:.2f} times the declared)"


def _estimates(found: Headline) -> Iterator[tuple[str, Estimate]]:
    for c in found.coefficients:
        yield c.name, c.estimate
    for d in found.contrasts:
        yield d.name, d.estimate
    for name in (TAU_GROUP, TAU_SAMPLE, TAU_EFFECT):
        tau = getattr(found, name)
        if tau is not None:
            yield name, tau


def _only(design: Design, names: frozenset[str]) -> Design:
    """The same design asked fewer questions."""
    return replace(
        design,
        quantities=tuple(q for q in design.quantities if q.name in names),
        contrasts=tuple(c for c in design.contrasts if c.name in names),
    )


def _declared(design: Design, fitted: Fitted, name: str) -> Prior:
    declared = declared_priors(design, fitted.specification)
    if name in declared:
        return declared[name]
    raise InputError(
        Problem(
            what=f"this analysis has no prior {name!r} with a scale",
            where="name",
            cure=f"Choose one of {', '.join(declared) or 'none (all are fixed or flat)'}",
            code="no_such_prior",
        )
    )


def _checked(factors: ArrayLike | None) -> list[float]:
    try:
        values: Array = np.unique(np.asarray(FACTORS if factors is None else factors, float))
    except (TypeError, ValueError):
        values = np.empty(0)
    if len(values) < 2 or not (np.isfinite(values) & (values > 0)).all():
        raise InputError(
            Problem(
                what="a curve needs two or more factors above 0",
                where="factors",
                cure="Write, for example, factors=[0.25, 0.5, 1, 2, 4]",
                code="prior_factors",
            )
        )
    return [float(value) for value in values]


def _inexact(
    name: str,
    values: Sequence[float],
    posteriors: Sequence[QuadraturePosterior],
    tolerance: float,
) -> tuple[str, ...]:
    """Tell of the worst point whose quadrature does not meet the tolerance."""
    errors = [found.nodes.error for found in posteriors]
    worst = int(np.argmax(errors))
    if errors[worst] <= tolerance:
        return ()
    return (
        f"With the prior of {name} {values[worst]:.3g} times as wide the quadrature reports an "
        f"error of {errors[worst]:.1e}, above run.tolerance ({tolerance:g}).",
    )
