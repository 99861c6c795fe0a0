r"""Conclusions as states of numbers, to be compared between two analyses.

A conclusion is where a number lies between fixed limits: the interval of an answer and 0, the
probability that it is positive and .05 and .95, the probability of the region of practical
equivalence and .50 and .95, the probability to be above a benchmark and .05, .50 and .95; and which
mean of a term is the largest. Intervals, signs, medians and regions of means are read off exact
marginals. Regions of differences on r and benchmarks are read off D draws: such a probability p has
the Monte Carlo standard error :math:`\sqrt{p(1 - p)/D}`, and a conclusion from it counts as changed
only where p is farther than two of these errors from the limit that it crossed, in both analyses.
"""

from __future__ import annotations

from bisect import bisect
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from math import sqrt
from typing import Literal

from bayes_alliance.names import INTERVAL_PROBABILITY
from bayes_alliance.sensitivity.exact_answers import ExactAnswers
from bayes_alliance.spec.design import Design
from bayes_alliance.spec.tables import Rope
from bayes_alliance.summaries.coefficients import Estimate

__all__ = ["Conclusion", "Kind", "conclusions", "joined"]

Kind = Literal["interval", "positive", "rope", "largest", "benchmark"]

SIGN = (0.05, 0.95)
REGION = (0.50, 0.95)
BENCHMARK = (0.05, 0.50, 0.95)
#: Monte Carlo standard errors within which a probability from draws lies on both sides of a limit.
ERRORS = 2


@dataclass(frozen=True, slots=True)
class Conclusion:
    """What an analysis concludes about one thing.

    Parameters
    ----------
    kind : {"interval", "positive", "rope", "largest", "benchmark"}
        What about it.
    name : str
        The answer or term, or ``COEFFICIENT: BENCHMARK``.
    subject : str
        For a sentence, for example ``the 95 % interval of overall``.
    state : str
        For the same sentence, for example ``is above 0``.
    near : tuple of str
        States of all numbers within two Monte Carlo standard errors, of which `state` is one; empty
        where the number is exact.
    """

    kind: Kind
    name: str
    subject: str
    state: str
    near: tuple[str, ...] = ()

    @property
    def key(self) -> tuple[str, str]:
        """What it is about, the same in every analysis."""
        return self.kind, self.name

    @property
    def sentence(self) -> str:
        """Subject and state, beginning with a capital letter, without a full stop."""
        return f"{self.subject[0].upper()}{self.subject[1:]} {self.state}"

    def differs(self, other: Conclusion) -> bool:
        """Whether another analysis concludes something else, beyond Monte Carlo error.

        Parameters
        ----------
        other : Conclusion
            About the same thing.

        Returns
        -------
        bool
            False too where the states differ and draws do not tell on which side of the limit one
            of the two numbers lies.
        """
        return not {self.state, *self.near} & {other.state, *other.near}


def conclusions(
    answers: ExactAnswers,
    design: Design,
    rope: Rope,
    *,
    probability: float = INTERVAL_PROBABILITY,
) -> Mapping[tuple[str, str], Conclusion]:
    """Draw every conclusion of an analysis.

    Parameters
    ----------
    answers : ExactAnswers
        Its answers.
    design : Design
        Its design, for the terms.
    rope : Rope
        Half-widths of the regions of practical equivalence, for the words.
    probability : float
        Of the intervals.

    Returns
    -------
    mapping
        By what they are about.
    """
    found = [
        *_signs(answers, probability),
        *_regions(answers, rope),
        *_largest(answers, design),
        *_benchmarks(answers),
    ]
    return {one.key: one for one in found}


def _estimates(answers: ExactAnswers) -> Iterator[tuple[str, Estimate]]:
    yield from ((c.name, c.estimate) for c in answers.headline.coefficients)
    yield from ((d.name, d.estimate) for d in answers.headline.contrasts)


def _signs(answers: ExactAnswers, probability: float) -> Iterator[Conclusion]:
    level = f"{100 * probability:g} %"
    for name, estimate in _estimates(answers):
        state = "includes 0"
        if estimate.lower > 0 or estimate.upper < 0:
            state = "is above 0" if estimate.lower > 0 else "is below 0"
        yield Conclusion("interval", name, f"the {level} interval of {name}", state)
    for name, estimate in _estimates(answers):
        yield Conclusion("positive", name, f"P({name} > 0)", _band(estimate.p_positive, SIGN))


def _regions(answers: ExactAnswers, rope: Rope) -> Iterator[Conclusion]:
    effect, difference = (f"{v:.2f}".lstrip("0") for v in (rope.effect_r, rope.difference_r))
    for c in answers.headline.coefficients:
        if c.p_rope is not None:
            subject = f"P(|r| < {effect}) of {c.name}"
            yield Conclusion("rope", c.name, subject, _band(c.p_rope, REGION))
    for d in answers.headline.contrasts:
        if d.p_rope is not None:
            subject = f"P(|difference of r| < {difference}) of {d.name}"
            yield _drawn("rope", d.name, subject, d.p_rope, REGION, answers.draws)


def _largest(answers: ExactAnswers, design: Design) -> Iterator[Conclusion]:
    for term in design.terms:
        if term.kind != "categorical":
            continue
        alone = len(design.terms) == 1
        labels = {level if alone else f"{term.name}[{level}]": level for level in term.levels}
        medians = {
            c.name: c.estimate.median for c in answers.headline.coefficients if c.name in labels
        }
        if medians:
            best = max(medians, key=medians.__getitem__)
            subject = f"the largest mean of {term.name}"
            yield Conclusion("largest", term.name, subject, f"is {labels[best]}")


def _benchmarks(answers: ExactAnswers) -> Iterator[Conclusion]:
    for b in answers.benchmarks:
        name, subject = f"{b.coefficient}: {b.name}", f"P({b.coefficient} above {b.name})"
        yield _drawn("benchmark", name, subject, b.p_above, BENCHMARK, answers.draws)


def _drawn(
    kind: Kind, name: str, subject: str, value: float, limits: tuple[float, ...], draws: int
) -> Conclusion:
    """A conclusion from a probability that is a share of draws."""
    error = ERRORS * sqrt(value * (1 - value) / draws)
    ends = [bisect(limits, value - error), bisect(limits, value + error)]
    # One number between each two limits, and one beyond both ends.
    states = [_band(at, limits) for at in (limits[0] / 2, *limits)]
    near = tuple(states[ends[0] : ends[1] + 1])
    return Conclusion(kind, name, subject, _band(value, limits), near)


def _band(value: float, limits: tuple[float, ...]) -> str:
    """Between which of some limits a probability lies."""
    at = bisect(limits, value)
    texts = [f"{limit:.2f}".lstrip("0") for limit in limits]
    if at == 0:
        return f"is below {texts[0]}"
    if at == len(limits):
        return f"is above {texts[-1]}"
    return f"is between {texts[at - 1]} and {texts[at]}"


def joined(words: list[str], last: str = "and") -> str:
    """Write a list as in a sentence.

    Parameters
    ----------
    words : list of str
        At least one.
    last : str
        What stands before the last.

    Returns
    -------
    str
        For example ``A, B and C``.

    Examples
    --------
    >>> joined(["A", "B", "C"], "or")
    'A, B or C'
    """
    if len(words) == 1:
        return words[0]
    return f"{', '.join(words[:-1])} {last} {words[-1]}"
