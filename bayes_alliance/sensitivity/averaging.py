r"""Bayesian model averaging over moderators, heterogeneity structures and, if wished, a mean of 0.

With marginal likelihoods :math:`m_i` and prior probabilities :math:`\pi_i` the posterior
probability of model i is :math:`p_i = \pi_i m_i / \sum_j \pi_j m_j`. The inclusion Bayes factor of
a term is its posterior inclusion odds over its prior inclusion odds (Hinne et al. 2020, doi
10.1177/2515245919898657). An averaged quantity is the mixture of its exact posteriors in all
models with probabilities :math:`p_i`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Final

import numpy as np
from scipy.special import logsumexp

from bayes_alliance.algebra.blocks import Array
from bayes_alliance.data.effects import EffectSizes
from bayes_alliance.engines.engine import RunOptions
from bayes_alliance.engines.evidence import Evidence, evidence_of
from bayes_alliance.errors import InputError, Problem
from bayes_alliance.names import INTERVAL_PROBABILITY, TAU_EFFECT, TAU_SAMPLE
from bayes_alliance.sensitivity.model_answers import (
    Estimand,
    ModelAnswers,
    answers_of,
    averaged,
    candidate_design,
    weights_of,
)
from bayes_alliance.sensitivity.model_average import (
    ANY_LEVEL,
    AveragedModel,
    Difference,
    Inclusion,
    ModelAverage,
)
from bayes_alliance.sensitivity.model_space import Candidate, model_space
from bayes_alliance.sensitivity.moderator_evidence import hypotheses
from bayes_alliance.sensitivity.moderator_rows import (
    ComparedRows,
    chosen_moderators,
    compared_rows,
    refuse_analysis,
    refuse_idle,
)
from bayes_alliance.spec.design import Design
from bayes_alliance.spec.specification import Specification
from bayes_alliance.summaries.coefficients import estimate_of
from bayes_alliance.summaries.evidence import BayesFactor
from bayes_alliance.summaries.scale import Scale

__all__ = ["average"]

#: Models with less posterior probability are in the table and in every inclusion probability, not
#: in the averaged quantities.
NEGLIGIBLE: Final = 1e-7


def average(
    effects: EffectSizes,
    terms: Sequence[str] | None,
    specification: Specification,
    *,
    structures: bool = True,
    effect: bool = False,
    estimand: Estimand = "effects",
    prior_inclusion: float | Mapping[str, float] = 0.5,
    prior_structures: Mapping[str, float] | None = None,
    prior_effect: float = 0.5,
    units: Mapping[str, float] | None = None,
    categorical: Sequence[str] = (),
    probability: float = INTERVAL_PROBABILITY,
) -> ModelAverage:
    """Average over all subsets of terms, and over heterogeneity structures.

    Parameters
    ----------
    effects : EffectSizes
        The table.
    terms : sequence of str or None
        Moderators; None: those of the study that the table has.
    specification : Specification
        The model without any of them; its other terms are in every model.
    structures : bool
        Whether to average over both taus, one of them, and none.
    effect : bool
        Whether models with a mean of 0 are among the models.
    estimand : {"effects", "levels"}
        Whether in the mean every effect size counts the same or every level of a moderator.
    prior_inclusion : float or mapping of str to float
        Prior probability of every term, or of each.
    prior_structures : mapping of str to float, optional
        Prior weights of ``both``, ``sample``, ``effect`` and ``none``; by default all alike.
    prior_effect : float
        Prior probability of a mean other than 0, where `effect`.
    units : mapping of str to float, optional
        Steps of the slopes of continuous terms.
    categorical : sequence of str
        Numeric columns to be read as categories.
    probability : float
        Of every interval.

    Returns
    -------
    ModelAverage
        Models, inclusions and averaged quantities.

    Raises
    ------
    InputError
        As `compare_moderators`; also if terms repeat one another or make too many models.

    Examples
    --------
    >>> from bayes_alliance.data.bundled import load
    >>> from bayes_alliance.spec.library import read_specification
    >>> found = average(load("ibi_synthetic"), ["year"], read_specification("overall"))
    >>> len(found.models), found.inclusion.index.tolist()
    (8, ['year', 'tau_sample', 'tau_effect', 'heterogeneity'])
    """
    names = () if terms is not None and not len(terms) else chosen_moderators(
        effects, terms, specification
    )  # fmt: skip
    refuse_idle(names, units or {}, categorical)
    _refuse_words(estimand, probability)
    rows = compared_rows(effects, names, specification, units=units, categorical=categorical)
    refuse_analysis(rows.design, rows.specification)
    space = model_space(
        names,
        rows.design,
        structures=structures,
        effect=effect,
        prior_inclusion=prior_inclusion,
        prior_structures=prior_structures,
        prior_effect=prior_effect,
    )
    designs = _Designs(rows, estimand)
    designs.of(names)  # terms that repeat one another are told before anything is computed
    options = RunOptions.of(rows.specification.run, cores=1, progress=False)
    found = [
        evidence_of(candidate_design(*designs.asked(candidate)), options) for candidate in space
    ]
    joint = np.log([c.prior for c in space]) + [e.log_value for e in found]
    posterior = np.exp(joint - logsumexp(joint))
    heavy = np.flatnonzero(posterior > NEGLIGIBLE)
    answers = {
        int(i): answers_of(*designs.asked(space[i]), tolerance=options.tolerance) for i in heavy
    }
    return _gathered(rows, designs, space, found, joint, posterior, answers, estimand, probability)


class _Designs:
    """Every set of terms compiled once, with the weights of its mean."""

    def __init__(self, rows: ComparedRows, estimand: Estimand) -> None:
        self._rows, self._estimand = rows, estimand
        self._known: dict[tuple[str, ...], tuple[Design, Array]] = {}

    def of(self, terms: tuple[str, ...]) -> tuple[Design, Array]:
        """Design with these terms and every level of heterogeneity, and weights of the mean."""
        if terms not in self._known:
            design = self._rows.model(terms)
            self._known[terms] = (design, weights_of(design, self._estimand))
        return self._known[terms]

    def asked(self, candidate: Candidate) -> tuple[Design, Candidate, Array]:
        """What a model is made of."""
        design, weights = self.of(candidate.terms)
        return design, candidate, weights


def _gathered(
    rows: ComparedRows,
    designs: _Designs,
    space: Sequence[Candidate],
    found: Sequence[Evidence],
    joint: Array,
    posterior: Array,
    answers: Mapping[int, ModelAnswers],
    estimand: Estimand,
    probability: float,
) -> ModelAverage:
    heavy = np.array(sorted(answers))
    weights, own = posterior[heavy], [answers[int(i)] for i in heavy]
    means = {
        int(i): None if a.mean is None else estimate_of(a.mean, probability)
        for i, a in zip(heavy, own, strict=True)
    }
    whole, _ = designs.of(rows.moderators)
    return ModelAverage(
        terms=rows.moderators,
        always=rows.specification.location.terms,
        models=tuple(
            AveragedModel(space[i], float(posterior[i]), found[i], means.get(int(i)))
            for i in np.argsort(-posterior, kind="stable")
        ),
        inclusions=tuple(_inclusions(whole, rows, space, found, joint)),
        mean=averaged(weights, [a.mean for a in own]),
        new_sample=averaged(weights, [a.new_sample for a in own]),
        new_effect=averaged(weights, [a.new_effect for a in own]),
        taus={
            name: averaged(weights, [a.taus.get(name) for a in own])
            for name in (TAU_SAMPLE, TAU_EFFECT)
        },
        differences=tuple(_differences(rows.moderators, weights, own, probability)),
        estimand=_sentence(rows, estimand),
        sd=float(rows.specification.priors.differences.parameters["sd"]),
        effects=len(rows.design.y),
        samples=len(rows.design.sample_ids),
        left_out=rows.left_out,
        scale=Scale(rows.design.measure),
        probability=probability,
        notes=_notes(rows.design, space),
    )


def _differences(
    order: Sequence[str], weights: Array, answers: Sequence[ModelAnswers], probability: float
) -> Iterator[Difference]:
    names = dict.fromkeys(key for a in answers for key in a.differences)
    for key in sorted(names, key=lambda k: order.index(k[0])):
        parts = [a.differences.get(key) for a in answers]
        there = np.array([part is not None for part in parts])
        yield Difference(
            *key,
            averaged=estimate_of(averaged(weights, parts), probability),
            included=estimate_of(
                averaged(weights[there], [p for p in parts if p is not None]), probability
            ),
        )


def _inclusions(
    whole: Design,
    rows: ComparedRows,
    space: Sequence[Candidate],
    found: Sequence[Evidence],
    joint: Array,
) -> Iterator[Inclusion]:
    priors = np.array([c.prior for c in space])
    error = 2 * max(e.error for e in found)
    engines = ", ".join(dict.fromkeys(e.engine for e in found))

    def factor(inside: Callable[[Candidate], bool], said: tuple[str, str]) -> BayesFactor | None:
        is_in = np.array([inside(c) for c in space])
        if is_in.all() or not is_in.any():
            return None
        odds = float(priors[is_in].sum() / priors[~is_in].sum())
        log_odds = float(logsumexp(joint[is_in]) - logsumexp(joint[~is_in]))
        return BayesFactor(*said, log_odds - np.log(odds), error, odds, engines)

    for name in rows.moderators:
        term = next(t for t in whole.terms if t.name == name)
        got = factor(lambda c, name=name: name in c.terms, hypotheses(term))  # type: ignore[misc]
        if got is not None:
            yield Inclusion(name, "term", got)
    levels = (
        (TAU_SAMPLE, "heterogeneity between samples", lambda c: c.has_sample),
        (TAU_EFFECT, "heterogeneity within samples", lambda c: c.has_effect),
    )
    for name, said, test in levels:
        got = factor(test, (said, f"no {said}"))
        if got is not None:
            yield Inclusion(name, "heterogeneity", got)
    if _both(space):
        said = "any heterogeneity"
        got = factor(lambda c: c.has_sample or c.has_effect, (said, "no heterogeneity"))
        if got is not None:
            yield Inclusion(ANY_LEVEL, "heterogeneity", got)
    got = factor(lambda c: c.effect, ("a mean other than 0", "a mean of 0"))
    if got is not None:
        yield Inclusion("mean", "effect", got)


def _both(space: Sequence[Candidate]) -> bool:
    """Whether some models have no heterogeneity and some have it at both levels."""
    levels = {(c.has_sample, c.has_effect) for c in space}
    return {(True, True), (False, False)} <= levels


def _notes(design: Design, space: Sequence[Candidate]) -> tuple[str, ...]:
    if len(design.starts) < len(design.y) or not _both(space):
        return ()
    return (
        "Every sample has one effect size, which cannot tell the levels of heterogeneity apart: "
        "without one, the other takes its place. Read the evidence for any heterogeneity.",
    )


def _sentence(rows: ComparedRows, estimand: Estimand) -> str:
    k = len(rows.design.y)
    if estimand == "effects":
        return (
            f"The averaged mean is that of the true effects at the moderators of the {k} effect "
            "sizes, each counted the same (levels as often as the table has them, slopes at the "
            "mean of their column), in every model."
        )
    return (
        "The averaged mean gives every level of a categorical moderator the same weight in models "
        "with it and has slopes at the mean of their column; without moderators it is the mean of "
        f"the {k} effect sizes."
    )


def _refuse_words(estimand: str, probability: float) -> None:
    problems = []
    if estimand not in ("effects", "levels"):
        problems.append(
            Problem(what=f"the mean cannot be that of {estimand!r}", where="estimand",
                    cure='Choose "effects" (each effect size counts the same) or "levels"',
                    code="estimand")
        )  # fmt: skip
    if not 0 < probability < 1:
        problems.append(
            Problem(what=f"{probability:g} is no probability of an interval", where="probability",
                    cure="Write, for example, 0.95", code="probability")
        )  # fmt: skip
    if problems:
        raise InputError(problems)
