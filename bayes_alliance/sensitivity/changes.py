"""Where a conclusion changes along a curve of exact fits.

A conclusion is a sign: of a limit of an interval on the analysis scale (does it exclude 0), of the
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

__all__ = ["ROPE_LEVELS", "Change", "find_changes", "rho_text"]

#: Probabilities of the ROPE that a conclusion hangs on.
ROPE_LEVELS = (0.5, 0.95)
#: Roots are found to this distance in rho.
NEAR = 1e-7

Answered = Callable[[float, frozenset[str]], Headline]


@dataclass(frozen=True, slots=True)
class Change:
    """A conclusion that changes.

    Parameters
    ----------
    answer : str
        Whose: a reported quantity, a contrast, or ``largest mean of TERM``.
    kind : {"interval", "rope", "largest"}
        What about it.
    before, after : str
        The conclusion below and above `rho`.
    rho : float
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
    rho: float
    sentence: str
    names: tuple[str, ...] = ()


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


def find_changes(
    design: Design,
    rho: Sequence[float],
    headlines: Sequence[Headline],
    answered: Answered,
    *,
    rope_effect: float,
    rope_difference: float,
    probability: float = INTERVAL_PROBABILITY,
) -> tuple[Change, ...]:
    """Find every change of a conclusion along a curve.

    Parameters
    ----------
    design : Design
        The analysis, for its terms.
    rho : sequence of float, length R
        Ascending values.
    headlines : sequence of Headline, length R
        Answers at these.
    answered : callable
        Gives the answers at any rho to the named quantities and contrasts.
    rope_effect, rope_difference : float
        Half-widths of the regions of practical equivalence, on r, for the words.
    probability : float
        Of the intervals.

    Returns
    -------
    tuple of Change
        In the order of rho.
    """
    level = f"{100 * probability:g} %"
    signs = [
        *_interval_signs(headlines[0], level),
        *_rope_signs(headlines[0], rope_effect, rope_difference),
    ]
    steps = list(zip(pairwise(rho), pairwise(headlines), strict=True))
    found = []
    for ends, (one, other) in steps:
        here = [sign for sign in signs if (sign.value(one) > 0) != (sign.value(other) > 0)]
        here += _largest_signs(design, one, other)
        found += [_change(sign, ends, sign.value(other) > 0, answered) for sign in here]
    return tuple(sorted(found, key=lambda change: change.rho))


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


def _change(sign: _Sign, ends: tuple[float, float], rises: bool, answered: Answered) -> Change:
    root = float(brentq(lambda rho: sign.value(answered(rho, sign.names)), *ends, xtol=NEAR))
    before, after = sign.states if rises else sign.states[::-1]
    sentence = f"{sign.words[rises]} from rho = {rho_text(root)} on."
    names = tuple(sorted(sign.names))
    return Change(sign.answer, sign.kind, before, after, root, sentence, names)
