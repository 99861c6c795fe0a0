"""Every headline answer under other priors: the named ones and the alternatives of the user.

Each row is a fit of its own, by quadrature wherever the exact engine runs it; all take the same
random numbers, so that what is read off draws does not differ by chance. Named priors replace the
declared one of the location, of differences, or of every standard deviation of true effects.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from bayes_alliance.data.effects import EffectSizes
from bayes_alliance.engines.choose import run_analysis
from bayes_alliance.engines.engine import RunOptions
from bayes_alliance.engines.exact.engine import ExactEngine
from bayes_alliance.engines.fitted import Fitted
from bayes_alliance.errors import InputError, Problem
from bayes_alliance.names import INTERVAL_PROBABILITY
from bayes_alliance.posterior.posterior import Posterior
from bayes_alliance.sensitivity.answers import answer_rows, wide_answers
from bayes_alliance.sensitivity.changes import Difference, find_differences
from bayes_alliance.spec.alternatives import declared_priors, named_changes, named_priors
from bayes_alliance.spec.compilation import compile_design
from bayes_alliance.spec.design import Design
from bayes_alliance.spec.prior import Prior
from bayes_alliance.spec.specification import Specification
from bayes_alliance.summaries.headline import Headline, headline
from bayes_alliance.summaries.scale import Scale

__all__ = ["PriorAlternatives", "UnderPrior", "over_priors", "questions_of", "refuse_priors"]


@dataclass(frozen=True, slots=True)
class UnderPrior:
    """The analysis under another prior.

    Parameters
    ----------
    label : str
        What is replaced and by what.
    because : str
        Why.
    changes : mapping of str to str
        Key paths of the specification and their other values.
    headline : Headline
        Its answers.
    differences : tuple of Difference
        Conclusions that the declared priors do not share.
    engine : str
        Who computed it.
    own : bool
        Whether it is an alternative of the specification (and may change more than priors).
    same_effects : bool
        Whether it reads the same effect sizes; only then marginal likelihoods compare.
    """

    label: str
    because: str
    changes: Mapping[str, str]
    headline: Headline
    differences: tuple[Difference, ...]
    engine: str
    own: bool
    same_effects: bool


@dataclass(frozen=True, slots=True)
class PriorAlternatives:
    """Headline answers under the declared priors and under others.

    Parameters
    ----------
    baseline : Headline
        Answers under the declared priors.
    engine : str
        Who computed these.
    declared : mapping of str to str
        The declared priors.
    rows : tuple of UnderPrior
        The others.
    scale : Scale
        How the measure is read as a correlation.
    probability : float
        Of every interval.
    notes : tuple of str
        What was not run, and what a reader has to know.
    """

    baseline: Headline
    engine: str
    declared: Mapping[str, str]
    rows: tuple[UnderPrior, ...]
    scale: Scale
    probability: float = INTERVAL_PROBABILITY
    notes: tuple[str, ...] = ()

    @property
    def answers(self) -> pd.DataFrame:
        """One row an answer and prior: ``prior`` and the columns of `answer_rows`."""
        labelled = [("declared", self.baseline), *((row.label, row.headline) for row in self.rows)]
        return pd.DataFrame(
            {"prior": label, **row}
            for label, found in labelled
            for row in answer_rows(found, self.scale)
        )

    @property
    def table(self) -> pd.DataFrame:
        """One row a prior, the declared ones first; columns as in `wide_answers`.

        Also ``changed``, how many conclusions differ from those under the declared priors;
        ``log_bf``, the log Bayes factor against these (NaN where the effect sizes are others, or a
        prior is flat); ``engine``.
        """
        first = {"prior": "declared", "changed": 0, **wide_answers(self.baseline, self.scale)}
        rows = [
            {
                "prior": row.label,
                "changed": len(row.differences),
                **wide_answers(row.headline, self.scale),
                "log_bf": self.log_bf(row),
                "engine": row.engine,
            }
            for row in self.rows
        ]
        return pd.DataFrame([first | {"log_bf": 0.0, "engine": self.engine}, *rows]).set_index(
            "prior"
        )

    def log_bf(self, row: UnderPrior) -> float:
        """Log Bayes factor of another prior against the declared ones.

        Parameters
        ----------
        row : UnderPrior
            The analysis under the other.

        Returns
        -------
        float
            NaN where it reads other effect sizes or there is no marginal likelihood.
        """
        one, other = self.baseline.log_marginal_likelihood, row.headline.log_marginal_likelihood
        return other - one if row.same_effects and one is not None and other is not None else np.nan

    @property
    def changes(self) -> pd.DataFrame:
        """One row a conclusion that differs.

        ``prior``, ``answer``, ``from`` (under the declared priors), ``to``, ``sentence``.
        """
        rows = [
            (row.label, d.answer, d.before, d.after, f"{d.sentence}.")
            for row in self.rows
            for d in row.differences
        ]
        return pd.DataFrame(rows, columns=["prior", "answer", "from", "to", "sentence"])

    @property
    def sentences(self) -> tuple[str, ...]:
        """What another prior would make a reader conclude, or that none would."""
        told = tuple(
            f"Under {row.label}: {d.sentence}." for row in self.rows for d in row.differences
        )
        count = len(self.rows)
        return told or (f"No conclusion changes under any of the {count} other priors.",)

    def __repr__(self) -> str:
        head = f"Answers under the declared priors and {len(self.rows)} others"
        told = [f"  {line}" for line in (*self.sentences, *self.notes)]
        return "\n".join([head, *told, "  next: .table, .changes, fit.plot_alternatives()"])


def questions_of(fitted: Fitted, probability: float = INTERVAL_PROBABILITY) -> dict[str, Any]:
    """What is asked of every fit: orders, regions of practical equivalence, benchmarks.

    Parameters
    ----------
    fitted : Fitted
        The analysis.
    probability : float
        Of every interval.

    Returns
    -------
    dict
        Keyword arguments of `bayes_alliance.summaries.headline.headline`.
    """
    spec = fitted.specification
    return {
        "orders": spec.location.orders,
        "rope_effect": spec.rope.effect_r,
        "rope_difference": spec.rope.difference_r,
        "probability": probability,
        "benchmarks": fitted.benchmarks,
    }


def refuse_priors(design: Design, specification: Specification) -> None:
    """Tell why the priors of an analysis cannot be varied by exact fits.

    Parameters
    ----------
    design : Design
        The analysis.
    specification : Specification
        What was declared.

    Raises
    ------
    InputError
        If the exact engine declines the analysis.
    """
    reason = ExactEngine().declines(design)
    if reason is not None:
        raise InputError(
            Problem(
                what=f"priors are varied by exact fits, and the exact engine declines: {reason}",
                where=f"{specification.name}, --what priors",
                cure="Take a model that it runs; for any fit, fit.power_scaling() and "
                "fit.prior_and_posterior() tell how much its priors matter",
                code="no_exact_priors",
            )
        )


def over_priors(fitted: Fitted, *, probability: float = INTERVAL_PROBABILITY) -> PriorAlternatives:
    """Answer every headline question under other priors.

    Parameters
    ----------
    fitted : Fitted
        A finished analysis, by whatever engine, of a model that the exact engine runs.
    probability : float
        Of every interval.

    Returns
    -------
    PriorAlternatives
        The answers beside those under the declared priors, and the conclusions that change.

    Raises
    ------
    InputError
        If the exact engine declines the analysis.

    Examples
    --------
    >>> from bayes_alliance.data.bundled import load
    >>> from bayes_alliance.engines.choose import run_analysis
    >>> from bayes_alliance.spec.library import read_specification
    >>> fitted = run_analysis(load("konstantopoulos2011"), read_specification("schools"))
    >>> over_priors(fitted).table["overall"].round(2).iloc[:3].tolist()
    [0.18, 0.18, 0.18]
    """
    design, spec = fitted.design, fitted.specification
    refuse_priors(design, spec)
    questions = questions_of(fitted, probability)
    asked = {key: questions[key] for key in ("rope_effect", "rope_difference", "probability")}
    baseline = headline(fitted.posterior, design, **questions)
    rows, notes = [], []
    for label, because, changes, own in _wanted(design, spec):
        try:
            other, theirs, posterior = _run(fitted.effects, spec.with_changes(dict(changes)))
        except InputError as error:
            notes.append(f"Not run: {label}. {error.problems[0]}")
            continue
        found = headline(posterior, theirs, **questions | {"orders": other.location.orders})
        rows.append(
            UnderPrior(
                label=label,
                because=because,
                changes={path: str(value) for path, value in changes.items()},
                headline=found,
                differences=find_differences(design, baseline, found, **asked),
                engine=posterior.provenance.engine,
                own=own,
                same_effects=_same_effects(design, theirs),
            )
        )
    return PriorAlternatives(
        baseline=baseline,
        engine=fitted.posterior.provenance.engine,
        declared=_declared(spec, design),
        rows=tuple(rows),
        scale=Scale(design.measure),
        probability=probability,
        notes=(*_scale_note(design), *_evidence_notes(rows), *notes),
    )


def _wanted(
    design: Design, spec: Specification
) -> Iterator[tuple[str, str, Mapping[str, Any], bool]]:
    """Label, reason, changes and whether the user's own, of everything to be run."""
    for named in named_priors():
        changes = named_changes(named, design, spec)
        if changes:
            label = f"{named.target} {named.name}"
            yield label, f"{named.title}: {named.because} ({named.source})", changes, False
    for own in spec.alternatives:
        yield own.name, own.because, own.change, True


def _run(effects: EffectSizes, spec: Specification) -> tuple[Specification, Design, Posterior]:
    """A fit by quadrature where that is possible, otherwise by what the specification says."""
    design, exact = compile_design(effects, spec), ExactEngine()
    if exact.declines(design) is None:
        options = RunOptions.of(spec.run, cores=1, progress=False)
        return spec, design, exact.run_brief(design, options)
    fitted = run_analysis(effects, spec.with_changes({"run.engine": "auto"}))
    return spec, fitted.design, fitted.posterior


def _same_effects(one: Design, other: Design) -> bool:
    return (
        one.measure == other.measure
        and len(one.y) == len(other.y)
        and bool((one.rows == other.rows).all())
        and bool(np.allclose(one.y, other.y, rtol=0, atol=1e-12))
    )


def _declared(spec: Specification, design: Design) -> dict[str, str]:
    """The declared priors in words, flat ones too."""
    declared: dict[str, Prior] = {"location": spec.priors.location}
    if design.prior_differences.shape[1]:
        declared["differences"] = spec.priors.differences
    return {name: str(p) for name, p in (declared | declared_priors(design, spec)).items()}


def _scale_note(design: Design) -> Iterator[str]:
    if design.measure == "GEN":
        yield (
            "The named priors are meant for Fisher's z; these effect sizes have another measure, "
            "so judge the scales in its units."
        )


def _evidence_notes(rows: list[UnderPrior]) -> Iterator[str]:
    others = [row.label for row in rows if not row.same_effects]
    if others:
        yield (
            f"{', '.join(others)}: reads other effect sizes, so its marginal likelihood (in "
            "brackets) does not compare with the others."
        )
