"""Where a conclusion changes along a curve of exact fits, or from one fit to another.

A conclusion is a sign: of a limit of an interval on the analysis scale (does it exclude 0), of the
difference from a benchmark, of the
distance of a ROPE probability from .5 and .95, or of the difference of two medians (which mean is
the largest). Between two neighbours on the curve where a sign differs, its root is found on exact
fits by Brent's method (Brent 1973, ch. 4); two changes between the same neighbours are not seen.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from scipy.optimize import brentq

from bayes_alliance.names import INTERVAL_PROBABILITY
from bayes_alliance.spec.design import Design
from bayes_alliance.summaries.headline import Headline

__all__ = [
    "ROPE_LEVELS",
    "Change",
    "Difference",
    "find_changes",
    "find_differences",
    "rho_point",
    "rho_text",
]

#: Probabilities of the ROPE that a conclusion hangs on.
ROPE_LEVELS = (0.5, 0.95)
#: Roots are found to this distance along the axis.
NEAR = 1e-7

Answered = Callable[[float, frozenset[str]], Headline]


@dataclass(frozen=True, slots=True)
class Change:
    """A conclusion that changes.

    Parameters
    ----------
    answer : str
        Whose: a reported quantity, a contrast, or ``largest mean of TERM``.
    kind : {"interval", "rope", "benchmark", "largest"}
        What about it.
    before, after : str
        The conclusion below and above `at`.
    at : float
        Where it changes.
    sentence : str
        The same in words.
    names : tuple of str
        The reported quantities or the contrast that it is read off.
    """

    answer: str
    kind: str
    before: str
    after: str
    at: float
    sentence: str
    names: tuple[str, ...] = ()

    @property
    def rho(self) -> float:
        """Where it changes, along a curve over rho."""
        return self.at


@dataclass(frozen=True, slots=True)
class Difference:
    """A conclusion of one fit that another does not share.

    Parameters
    ----------
    answer, kind
        As in `Change`.
    before, after : str
        The conclusion of the one and of the other.
    sentence : str
        The other's conclusion in words, without a full stop.
    """

    answer: str
    kind: str
    before: str
    after: str
    sentence: str


@dataclass(frozen=True, slots=True)
class _Sign:
    """A conclusion as the sign of a number."""

    answer: str
    kind: str
    names: frozenset[str]  # answers that the number is read off
    value: Callable[[Headline], float]
    states: tuple[str, str]  # below and above 0
    words: tuple[str, str]  # on becoming the one or the other


def rho_text(rho: float, digits: int = 2) -> str:
    """Write a value of rho as correlations are written.

    Parameters
    ----------
    rho : float
        The value.
    digits : int
        Digits after the point.

    Returns
    -------
    str
        For example ``.43``; ``0`` for zero.

    Examples
    --------
    >>> rho_text(0.4312), rho_text(0.0), rho_text(-0.2)
    ('.43', '0', '-.20')
    """
    text = f"{rho:.{digits}f}"
    return "0" if float(text) == 0 else text.replace("0.", ".", 1)


def rho_point(rho: float) -> str:
    """Say a point of a curve over rho.

    Parameters
    ----------
    rho : float
        The value.

    Returns
    -------
    str
        For example ``rho = .43``.
    """
    return f"rho = {rho_text(rho)}"


def find_changes(
    design: Design,
    values: Sequence[float],
    headlines: Sequence[Headline],
    answered: Answered,
    *,
    rope_effect: float,
    rope_difference: float,
    probability: float = INTERVAL_PROBABILITY,
    point: Callable[[float], str] = rho_point,
) -> tuple[Change, ...]:
    """Find every change of a conclusion along a curve.

    Parameters
    ----------
    design : Design
        The analysis, for its terms.
    values : sequence of float, length R
        Ascending points of the axis.
    headlines : sequence of Headline, length R
        Answers at these.
    answered : callable
        Gives the answers at any point to the named quantities and contrasts.
    rope_effect, rope_difference : float
        Half-widths of the regions of practical equivalence, on r, for the words.
    probability : float
        Of the intervals.
    point : callable
        Says a point of the axis in words.

    Returns
    -------
    tuple of Change
        In the order of the axis.
    """
    signs = _signs(headlines[0], rope_effect, rope_difference, probability)
    steps = list(zip(pairwise(values), pairwise(headlines), strict=True))
    found = []
    for ends, (one, other) in steps:
        here = [sign for sign in signs if (sign.value(one) > 0) != (sign.value(other) > 0)]
        here += _largest_signs(design, one, other)
        found += [_change(sign, ends, sign.value(other) > 0, answered, point) for sign in here]
    return tuple(sorted(found, key=lambda change: change.at))


def find_differences(
    design: Design,
    one: Headline,
    other: Headline,
    *,
    rope_effect: float,
    rope_difference: float,
    probability: float = INTERVAL_PROBABILITY,
) -> tuple[Difference, ...]:
    """Find every conclusion of one fit that another fit of the same quantities does not share.

    Parameters
    ----------
    design : Design
        The analysis, for its terms.
    one, other : Headline
        Answers of both; what only one of them has is passed over.
    rope_effect, rope_difference : float
        Half-widths of the regions of practical equivalence, on r, for the words.
    probability : float
        Of the intervals.

    Returns
    -------
    tuple of Difference
        In the order of the answers.
    """
    shared = _asked(one) & _asked(other)
    signs = [
        sign
        for sign in _signs(one, rope_effect, rope_difference, probability)
        if sign.names <= shared
    ]
    turned = [sign for sign in signs if (sign.value(one) > 0) != (sign.value(other) > 0)]
    if {c.name for c in one.coefficients} == {c.name for c in other.coefficients}:
        turned += _largest_signs(design, one, other)
    found = []
    for sign in turned:
        rises = sign.value(other) > 0
        before, after = sign.states if rises else sign.states[::-1]
        found.append(Difference(sign.answer, sign.kind, before, after, sign.words[rises]))
    return tuple(found)


def _asked(found: Headline) -> set[str]:
    return {name for name, _ in _names(found)} | {b.name for b in found.benchmarks}


def _signs(
    first: Headline, rope_effect: float, rope_difference: float, probability: float
) -> list[_Sign]:
    return [
        *_interval_signs(first, f"{100 * probability:g} %"),
        *_rope_signs(first, rope_effect, rope_difference),
        *_benchmark_signs(first, f"{100 * probability:g} %"),
    ]


def _interval_signs(first: Headline, level: str) -> Iterator[_Sign]:
    for name, contrast in _names(first):
        excludes = f"The {level} interval of {name} excludes 0"
        includes = f"The {level} interval of {name} includes 0"
        yield _Sign(name, "interval", frozenset({name}), _limit(name, contrast, "lower"),
                    ("includes 0", "above 0"), (includes, excludes))  # fmt: skip
        yield _Sign(name, "interval", frozenset({name}), _limit(name, contrast, "upper"),
                    ("below 0", "includes 0"), (excludes, includes))  # fmt: skip


def _rope_signs(first: Headline, effect: float, difference: float) -> Iterator[_Sign]:
    for name, contrast in _names(first):
        of = first.contrast(name) if contrast else first.coefficient(name)
        if of.p_rope is None:
            continue
        inside = f"|difference of r| < {rho_text(difference)}" if contrast else ""
        event = f"P({inside or f'|r| < {rho_text(effect)}'})"
        for threshold in ROPE_LEVELS:
            at = rho_text(threshold)
            yield _Sign(
                name,
                "rope",
                frozenset({name}),
                _rope(name, contrast, threshold),
                (f"{event} below {at}", f"{event} above {at}"),
                (f"{event} of {name} falls below {at}", f"{event} of {name} exceeds {at}"),
            )


def _benchmark_signs(first: Headline, level: str) -> Iterator[_Sign]:
    """Whether the interval of the difference from a benchmark excludes 0."""
    for found in first.benchmarks:
        names = frozenset({found.coefficient, found.name})
        told = f"The {level} interval of {found.coefficient} minus the benchmark {found.name}"
        excludes, includes = f"{told} excludes 0", f"{told} includes 0"
        yield _Sign(found.name, "benchmark", names, _benchmark_limit(found.name, "lower"),
                    ("includes 0", "above 0"), (includes, excludes))  # fmt: skip
        yield _Sign(found.name, "benchmark", names, _benchmark_limit(found.name, "upper"),
                    ("below 0", "includes 0"), (excludes, includes))  # fmt: skip


def _benchmark_limit(name: str, end: str) -> Callable[[Headline], float]:
    def value(found: Headline) -> float:
        of = next(benchmark for benchmark in found.benchmarks if benchmark.name == name)
        return float(getattr(of.difference_r, end))

    return value


def _names(first: Headline) -> Iterator[tuple[str, bool]]:
    """Names of everything that has an interval, and whether it is a contrast."""
    yield from ((found.name, False) for found in first.coefficients)
    yield from ((found.name, True) for found in first.contrasts)


def _limit(name: str, contrast: bool, end: str) -> Callable[[Headline], float]:
    def value(found: Headline) -> float:
        of = found.contrast(name) if contrast else found.coefficient(name)
        return float(getattr(of.estimate, end))

    return value


def _rope(name: str, contrast: bool, threshold: float) -> Callable[[Headline], float]:
    def value(found: Headline) -> float:
        of = found.contrast(name) if contrast else found.coefficient(name)
        return (0.0 if of.p_rope is None else of.p_rope) - threshold

    return value


def _largest_signs(design: Design, one: Headline, other: Headline) -> Iterator[_Sign]:
    """The change of the largest mean of each categorical term."""
    for term in design.terms:
        if term.kind != "categorical":
            continue
        alone = len(design.terms) == 1
        labels = {level if alone else f"{term.name}[{level}]": level for level in term.levels}
        old, new = (_largest(found, labels) for found in (one, other))
        if not old or not new or old == new:
            continue
        what = f"largest mean of {term.name}"
        sentence = f"The {what} is {labels[new]}, no longer {labels[old]}"
        yield _Sign(what, "largest", frozenset({old, new}), _distance(old, new),
                    (labels[old], labels[new]), (sentence, sentence))  # fmt: skip


def _largest(found: Headline, names: dict[str, str]) -> str:
    medians = {c.name: c.estimate.median for c in found.coefficients if c.name in names}
    return max(medians, key=medians.__getitem__, default="")


def _distance(old: str, new: str) -> Callable[[Headline], float]:
    def value(found: Headline) -> float:
        return found.coefficient(new).estimate.median - found.coefficient(old).estimate.median

    return value


def _change(
    sign: _Sign,
    ends: tuple[float, float],
    rises: bool,
    answered: Answered,
    point: Callable[[float], str],
) -> Change:
    root = float(brentq(lambda at: sign.value(answered(at, sign.names)), *ends, xtol=NEAR))
    before, after = sign.states if rises else sign.states[::-1]
    sentence = f"{sign.words[rises]} from {point(root)} on."
    names = tuple(sorted(sign.names))
    return Change(sign.answer, sign.kind, before, after, root, sentence, names)
