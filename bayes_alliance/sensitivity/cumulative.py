"""Samples added one after another: every headline answer after each, and the sequential evidence.

After each sample the posterior is that of an exact fit to the samples so far, coded as all are. The
Bayes factor of the followed answer against 0 is the ratio of two marginal likelihoods, which equals
the Savage-Dickey ratio (Dickey 1971); it may be looked at after every sample without correction,
because it compares how well two models predicted the same data (Edwards, Lindman & Savage 1963).
"""

from __future__ import annotations

from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any, Literal

import numpy as np
import pandas as pd

from bayes_alliance.engines.evidence import evidence_of
from bayes_alliance.engines.exact.engine import ExactEngine
from bayes_alliance.engines.fitted import Fitted
from bayes_alliance.errors import InputError, Problem
from bayes_alliance.names import INTERVAL_PROBABILITY
from bayes_alliance.sensitivity.conclusions import conclusions
from bayes_alliance.sensitivity.exact_answers import (
    ExactAnswers,
    answer_frame,
    answer_weights,
    answered,
    exact_posterior,
    main_answer,
)
from bayes_alliance.spec.coding import level_labels, level_order
from bayes_alliance.spec.constrained import constrained
from bayes_alliance.spec.design import Design
from bayes_alliance.spec.specification import Specification
from bayes_alliance.summaries.evidence import BayesFactor

__all__ = ["Cumulative", "Step", "cumulate", "refuse_order"]

Missing = Literal["refuse", "first", "last", "leave_out"]
#: Samples that an error names.
NAMED = 10


@dataclass(frozen=True, slots=True, repr=False)
class Step:
    """The analysis after one more sample.

    Parameters
    ----------
    sample : str
        The sample that was added.
    value : str
        What the column of the order says of it; empty where it says nothing.
    samples, effects : int
        How many there are now.
    answers : ExactAnswers
        Headline answers of all samples so far.
    evidence : BayesFactor or None
        Of the followed answer against 0; None where a prior is flat.
    """

    sample: str
    value: str
    samples: int
    effects: int
    answers: ExactAnswers
    evidence: BayesFactor | None


@dataclass(frozen=True, slots=True, repr=False)
class Cumulative:
    """Headline answers after each sample, in the order of a column.

    Parameters
    ----------
    fitted : Fitted
        The analysis of all samples.
    by : str
        The column.
    answer : str
        The reported quantity or contrast whose evidence is followed.
    steps : tuple of Step
        One a sample, in order.
    probability : float
        Of every interval.
    notes : tuple of str
        What a reader has to know.
    """

    fitted: Fitted
    by: str
    answer: str
    steps: tuple[Step, ...]
    probability: float = INTERVAL_PROBABILITY
    notes: tuple[str, ...] = ()

    @property
    def answers(self) -> pd.DataFrame:
        """One row a step and answer: ``added``, and the columns of `ExactAnswers.rows`."""
        return answer_frame({step.sample: step.answers for step in self.steps}, "added")

    @property
    def table(self) -> pd.DataFrame:
        """One row a step.

        Index: ``added`` (the sample). The column of the order, ``samples``, ``effects``; ``mean``,
        ``sd``, ``median``, ``lower``, ``upper``, ``p_positive`` of the followed answer on the
        analysis scale, ``r``, ``r_lower``, ``r_upper`` where it has a meaning on r;
        ``log_bf10`` against 0; means of both taus.
        """
        rows = []
        for step in self.steps:
            own = {row["name"]: row for row in step.answers.rows() if row["kind"] != "benchmark"}
            row: dict[str, Any] = {"added": step.sample, self.by: step.value}
            row |= {"samples": step.samples, "effects": step.effects}
            row |= {k: v for k, v in own[self.answer].items()
                    if k not in ("kind", "name", "probability")}  # fmt: skip
            row["log_bf10"] = np.nan if step.evidence is None else step.evidence.log_bf10
            taus = ("tau_sample", "tau_effect", "tau_total")
            row |= {name: own[name]["mean"] for name in taus if name in own}
            rows.append(row)
        return pd.DataFrame(rows).set_index("added")

    @property
    def sentences(self) -> tuple[str, ...]:
        """From which sample on the conclusions about the followed answer are those of all.

        One that rests on draws must differ by more than Monte Carlo error (`Conclusion.differs`).
        """
        fitted, last = self.fitted, self.steps[-1]
        rope = fitted.specification.rope
        drawn = [
            conclusions(step.answers, fitted.design, rope, probability=self.probability)
            for step in self.steps
        ]
        told = []
        for kind in ("interval", "positive", "rope"):
            final = drawn[-1].get((kind, self.answer))
            if final is None:
                continue
            since = len(drawn) - 1
            while since and not drawn[since - 1][final.key].differs(final):
                since -= 1
            told.append(f"{final.sentence} {_since(self.steps[since], since, self.by)}.")
        if last.evidence is not None:
            told.append(_evidence(last.evidence, self.steps))
        return tuple(told)

    def __repr__(self) -> str:
        head = f"{len(self.steps)} samples added in the order of {self.by!r}"
        head += " (intervals, signs and moments exact)"
        told = [f"  {line}" for line in (*self.sentences, *self.notes)]
        return "\n".join([head, *told, "  next: .table, .answers"])


def _since(step: Step, position: int, by: str) -> str:
    if position == 0:
        return "from the first sample on"
    value = f", {by} {step.value}" if step.value else ""
    return f"from sample {step.samples} ({step.sample}{value}) on"


def _evidence(final: BayesFactor, steps: tuple[Step, ...]) -> str:
    logs = [step.evidence.log_bf10 for step in steps if step.evidence is not None]
    least, most = steps[int(np.argmin(logs))], steps[int(np.argmax(logs))]
    return (
        f"After all samples: {final.words} (log BF10 {final.log_bf10:.2f}); the lowest log BF10 on "
        f"the way was {min(logs):.2f} after {least.samples} "
        f"sample{'' if least.samples == 1 else 's'}, the highest {max(logs):.2f} after "
        f"{most.samples}."
    )


def cumulate(
    fitted: Fitted,
    by: str,
    *,
    answer: str | None = None,
    missing: Missing = "refuse",
    probability: float = INTERVAL_PROBABILITY,
) -> Cumulative:
    """Add samples one after another in the order of a column and answer everything after each.

    Numbers are ordered by size, other values as levels are. A sample with several values comes at
    the first of them. Samples with the same value come in the order in which they first appear in
    the table.

    Parameters
    ----------
    fitted : Fitted
        A finished analysis of all samples.
    by : str
        A column of its table.
    answer : str, optional
        The reported quantity or contrast whose evidence is followed; by default the overall mean,
        else the first mean.
    missing : {"refuse", "first", "last", "leave_out"}
        What becomes of samples without a value; left out, the last step is not the analysis of all
        samples.
    probability : float
        Of every interval.

    Returns
    -------
    Cumulative
        One step a sample.

    Raises
    ------
    InputError
        If the exact engine declines the analysis, there is no such column, a sample (named) has no
        value, or `answer` is none.

    Examples
    --------
    >>> from bayes_alliance.data.bundled import load
    >>> from bayes_alliance.engines.choose import run_analysis
    >>> from bayes_alliance.spec.library import read_specification
    >>> fitted = run_analysis(load("konstantopoulos2011"), read_specification("schools"))
    >>> cumulate(fitted, "year").table["samples"].tolist()[-1]
    11
    """
    design = fitted.design
    refuse_order(design, fitted.specification)
    followed = main_answer(design, answer)
    order, values, notes = _order(fitted, by, missing)
    index, steps = design.sample_index, []
    for size in range(1, len(order) + 1):
        reduced = design.keep(np.isin(index, order[:size]))
        posterior = exact_posterior(fitted, reduced)
        steps.append(
            Step(
                sample=design.sample_ids[order[size - 1]],
                value=values[size - 1],
                samples=size,
                effects=len(reduced.y),
                answers=answered(fitted, reduced, posterior, probability=probability),
                evidence=_against_zero(reduced, followed),
            )
        )
    informed = _informed(design, order)
    if informed > 1:
        notes.append(
            f"Before sample {informed} the samples so far do not inform every coefficient: what is "
            "then said of the rest comes from its prior given the others."
        )
    if design.flat:
        notes.append("A prior of the coefficients is flat: there is no Bayes factor.")
    return Cumulative(fitted, by, followed, tuple(steps), probability, tuple(notes))


def _informed(design: Design, order: list[int]) -> int:
    """How many samples it takes until they inform as many coefficients as all do."""
    index, rank = (
        design.sample_index,
        np.linalg.matrix_rank(design.X[np.isin(design.sample_index, order)]),
    )
    for size in range(1, len(order) + 1):
        if np.linalg.matrix_rank(design.X[np.isin(index, order[:size])]) == rank:
            return size
    return len(order)


def _against_zero(design: Design, name: str) -> BayesFactor | None:
    """Evidence that an answer differs from 0."""
    if design.flat:
        return None
    free = evidence_of(design)
    null = evidence_of(constrained(design, answer_weights(design)[name]))
    return BayesFactor(
        hypothesis=f"{name} != 0",
        null=f"{name} = 0",
        log_bf10=free.log_value - null.log_value,
        error=free.error + null.error,
        method="exact",
    )


def refuse_order(design: Design, specification: Specification) -> None:
    """Refuse a cumulative analysis that the exact engine cannot run.

    Parameters
    ----------
    design : Design
        The analysis.
    specification : Specification
        Its specification.

    Raises
    ------
    InputError
        If it declines, or a prior is flat and the first samples do not inform every coefficient.
    """
    reason = ExactEngine().declines(design)
    if design.flat and len(design.coefficients) > 1:
        reason = "with a flat prior the first samples leave coefficients without information"
    if reason is not None:
        raise InputError(
            Problem(
                what=f"samples cannot be added one after another exactly: {reason}",
                where=f"model {specification.name}",
                cure="Take a model that the exact engine runs, with proper priors",
                code="no_exact_cumulative",
            )
        )


def _order(fitted: Fitted, by: str, missing: Missing) -> tuple[list[int], list[str], list[str]]:
    """Positions of the samples in order, their values as text, and notes."""
    design, frame = fitted.design, fitted.effects.frame
    if by not in frame.columns:
        near = get_close_matches(by, [str(c) for c in frame.columns], n=1)
        hint = f"Did you mean {near[0]!r}? " if near else ""
        raise InputError(
            Problem(
                what=f"the table has no column {by!r} that could order the samples",
                where="by",
                cure=f"{hint}Columns: {', '.join(fitted.effects.labels) or 'none'}",
                code="missing_order",
            )
        )
    column = frame[by].iloc[design.rows].reset_index(drop=True)
    known = column.dropna()
    numbers = pd.to_numeric(known, errors="coerce")
    numeric = bool(numbers.notna().all())
    texts = level_labels(known) if len(known) else known
    place: dict[int, tuple[Any, str]] = {}
    several = []
    for i in range(len(design.sample_ids)):
        own = [at for at in known.index if design.sample_index[at] == i]
        keys = [
            (float(numbers[at]) if numeric else level_order(texts[at]), texts[at]) for at in own
        ]
        if keys:
            place[i] = min(keys)
            several += [i] if len(set(keys)) > 1 else []
    without = [i for i in range(len(design.sample_ids)) if i not in place]
    if without and (missing == "refuse" or not place):
        _refuse_missing(design, by, without)
    ordered = sorted(place, key=lambda i: place[i][0])
    ordered = without + ordered if missing == "first" else ordered
    ordered = ordered + without if missing == "last" else ordered
    notes = []
    if several:
        notes.append(f"Samples with several values of {by} come at the first: "
                     f"{_names(design, several)}.")  # fmt: skip
    if without:
        where = {"first": "come first", "last": "come last", "leave_out": "are left out"}[missing]
        notes.append(f"Samples without {by}, which {where}: {_names(design, without)}.")
    return ordered, [place[i][1] if i in place else "" for i in ordered], notes


def _names(design: Design, which: list[int]) -> str:
    more = f" and {len(which) - NAMED} more" if len(which) > NAMED else ""
    return ", ".join(design.sample_ids[i] for i in which[:NAMED]) + more


def _refuse_missing(design: Design, by: str, without: list[int]) -> None:
    raise InputError(
        Problem(
            what=f"samples without {by!r} have no place in the order: {_names(design, without)}",
            where=f"column {by}",
            cure="Fill the empty cells or leave those rows out of the table; in Python "
            'missing="first", "last" or "leave_out" says where they go',
            code="order_missing",
        )
    )
