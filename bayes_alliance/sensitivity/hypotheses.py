"""Hypotheses about an analysis, read from text: nulls, equal levels, no heterogeneity, orders.

The text is taken apart into names, ``=``, ``>``, ``<`` and ``&`` and looked up; nothing of it is
ever evaluated. Names are those that the tables of a fit show; a name that holds such a sign itself
may stand in double quotes.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from difflib import get_close_matches
from itertools import pairwise
from typing import Final, Literal

import numpy as np

from bayes_alliance.algebra.blocks import Array
from bayes_alliance.errors import InputError, Problem
from bayes_alliance.spec.design import Design

__all__ = ["ALL_EQUAL", "Hypothesis", "known_names", "null_of", "read_hypothesis"]

ALL_EQUAL: Final = "all equal"
#: A longer text is no hypothesis.
LONGEST: Final = 500
SIGNS: Final = "=<>&"
#: Ways to write what a null is compared with, or that are no hypothesis here.
FOREIGN: Final = re.compile(r"!=|≠|<>|>=|<=|≥|≤|==|=>|=<|!")
QUOTED: Final = re.compile(r'"([^"]*)"')
ZERO: Final = re.compile(r"0(\.0*)?(?=\s|[=<>&]|$)")
EXAMPLES: Final = '"overall = 0", "task = bond", "tau_sample = 0" or "task > goal > bond"'


@dataclass(frozen=True, slots=True, eq=False)
class Hypothesis:
    """A restriction on the parameters of one analysis.

    Parameters
    ----------
    text, opposite : str
        The restriction and what it denies, for a reader; of an order the model without it.
    kind : {"null", "order"}
        All of W beta (and the taus named) are 0; or all of W beta are positive.
    weights : ndarray, shape (m, p)
        W.
    levels : tuple of str
        Levels without heterogeneity: sample, effect, group, scale.
    compared : tuple of ndarray, shape (p,)
        Weights of the quantities named, in the order of the text.
    with_zero : bool
        Whether they are held against 0 and not only against one another.
    """

    text: str
    opposite: str
    kind: Literal["null", "order"]
    weights: Array
    levels: tuple[str, ...] = ()
    compared: tuple[Array, ...] = ()
    with_zero: bool = False


_Token = tuple[Literal["sign", "name", "zero"], str]


def known_names(design: Design) -> tuple[str, ...]:
    """Names that a hypothesis about a design can hold.

    Parameters
    ----------
    design : Design
        The analysis.

    Returns
    -------
    tuple of str
        Quantities and contrasts, standard deviations, terms.
    """
    return tuple(dict.fromkeys([*_quantities(design), *_taus(design), *_terms(design)]))


def read_hypothesis(text: str, design: Design) -> Hypothesis:
    """Read a hypothesis about a design.

    Parameters
    ----------
    text : str
        ``overall = 0``, ``task = goal = bond``, ``tau_sample = 0``, ``task > goal > bond``,
        ``overall > 0``; a term (``subscale``) or ``all equal`` for levels that do not differ and
        a slope of 0. ``&`` joins nulls.
    design : Design
        The analysis.

    Returns
    -------
    Hypothesis
        The restriction.

    Raises
    ------
    InputError
        If the text is none of these; names nearest and known names.

    Examples
    --------
    >>> from bayes_alliance.data.bundled import load
    >>> from bayes_alliance.spec.compilation import compile_design
    >>> from bayes_alliance.spec.library import read_specification
    >>> design = compile_design(load("ibi_synthetic"), read_specification("subscales_independent"))
    >>> read_hypothesis("task = goal = bond", design).weights
    array([[ 1., -1.,  0.,  0.],
           [ 0.,  1., -1.,  0.]])
    """
    if not isinstance(text, str) or not text.strip() or len(text) > LONGEST:
        raise _wrong(str(text), "a hypothesis is a short text", f"Write {EXAMPLES}")
    clauses = _clauses(_tokens(text, design))
    read = [_clause(text, clause, design) for clause in clauses]
    if len(read) == 1:
        return _checked(text, read[0])
    if any(one.kind == "order" for one in read):
        raise _wrong(text, "& joins nulls, not orders", "Ask for one order at a time")
    return _checked(
        text,
        Hypothesis(
            text=" & ".join(one.text for one in read),
            opposite=f"not ({' & '.join(one.text for one in read)})",
            kind="null",
            weights=np.vstack([one.weights for one in read]),
            levels=tuple(dict.fromkeys(level for one in read for level in one.levels)),
        ),
    )


def _quantities(design: Design) -> dict[str, Array]:
    found = {q.name: q.weights for q in design.quantities}
    for contrast in design.contrasts:
        found.setdefault(contrast.name, contrast.of - contrast.minus.mean(axis=0))
    return found


def _taus(design: Design) -> dict[str, str]:
    """Names of the standard deviations and their levels."""
    present = {
        "sample": design.tau_sample,
        "effect": design.tau_effect,
        "group": design.groups,
        "scale": design.scales,
    }
    return {f"tau_{level}": level for level, prior in present.items() if prior is not None}


def _terms(design: Design) -> dict[str, Array]:
    """Terms, and what is 0 if they make no difference."""
    by_name, found = _quantities(design), {}
    alone = len(design.terms) == 1
    for term in design.terms:
        if term.kind == "continuous":
            found[term.name] = by_name[term.slope_name][None, :]
            continue
        cell_means = alone and all(level in by_name for level in term.levels)
        names = term.levels if cell_means else [f"{term.name}[{level}]" for level in term.levels]
        rows = [by_name[name] for name in names]
        found[term.name] = np.stack([a - b for a, b in pairwise(rows)])
    categorical = [term.name for term in design.terms if term.kind == "categorical"]
    if len(categorical) == 1:
        found[ALL_EQUAL] = found[categorical[0]]
    return found


def _tokens(text: str, design: Design) -> list[_Token]:
    """Signs, zeros and names; a name that is not known reaches to the next sign."""
    known = sorted(known_names(design), key=len, reverse=True)
    tokens: list[_Token] = []
    at = 0
    while at < len(text):
        token, width = _token(text[at:], known)
        foreign = FOREIGN.match(text, at)
        if foreign is not None and (token is None or token[0] == "sign" or token[1] not in known):
            raise _wrong(
                text,
                f"{foreign.group()!r} is no sign of a hypothesis",
                "Write = for a null (it is compared with what it denies), > or < for an order",
            )
        tokens += [] if token is None else [token]
        at += width
    return tokens


def _token(rest: str, known: list[str]) -> tuple[_Token | None, int]:
    """First token of a text and its width; none for a blank."""
    if rest[0].isspace():
        return None, 1
    zero, quoted = ZERO.match(rest), QUOTED.match(rest)
    name = next((name for name in known if _begins(rest, name)), None)
    if zero is not None and len(name or "") <= zero.end():  # a level called 0 must be quoted
        return ("zero", "0"), zero.end()
    if name is not None:
        found = _difference(rest, known) or name
        return ("name", found), len(found)
    if quoted is not None:
        return ("name", quoted.group(1)), quoted.end()
    if rest[0] in SIGNS:
        return ("sign", rest[0]), 1
    found = re.split("[=<>&!≠≥≤]", rest, maxsplit=1)[0]
    return ("name", found.strip()), max(len(found), 1)


def _begins(rest: str, name: str) -> bool:
    """Whether a text begins with a whole name."""
    after = rest[len(name) : len(name) + 1]
    return rest.startswith(name) and (not after or after.isspace() or after in SIGNS)


def _difference(rest: str, known: list[str]) -> str | None:
    """``A - B`` of two known names at the beginning of a text."""
    for first in known:
        sign = f"{first} - "
        if rest.startswith(sign):
            second = next((b for b in known if _begins(rest[len(sign) :], b)), None)
            if second is not None:
                return sign + second
    return None


def _clauses(tokens: list[_Token]) -> list[list[_Token]]:
    clauses: list[list[_Token]] = [[]]
    for token in tokens:
        if token == ("sign", "&"):
            clauses.append([])
        else:
            clauses[-1].append(token)
    return clauses


def _clause(text: str, tokens: list[_Token], design: Design) -> Hypothesis:
    """A chain of operands with one kind of sign between them, or a term alone."""
    operands, signs = tokens[::2], tokens[1::2]
    alternate = all(kind != "sign" for kind, _ in operands) and all(
        kind == "sign" for kind, _ in signs
    )
    if not alternate or len(tokens) % 2 == 0:
        raise _wrong(text, "names and signs do not alternate", f"Write {EXAMPLES}")
    taus, terms, quantities = _taus(design), _terms(design), _quantities(design)
    if not signs:
        return _term(text, operands[0], terms, design)
    if len({sign for _, sign in signs}) > 1:
        raise _wrong(text, "different signs in one chain", "Use one of =, > and < throughout")
    names = [name for kind, name in operands if kind == "name"]
    if names and all(name in taus for name in names):
        return _no_heterogeneity(text, operands, signs[0][1], taus, len(design.coefficients))
    slopes = {t.name: terms[t.name][0] for t in design.terms if t.kind == "continuous"}
    means = slopes | quantities
    weights = {name: _weights(text, name, means, taus, design) for name in names}
    return _linear(text, operands, signs[0][1], weights, len(design.coefficients))


def _term(text: str, operand: _Token, terms: dict[str, Array], design: Design) -> Hypothesis:
    kind, name = operand
    if name in terms:
        told = name if name == ALL_EQUAL else f"{name}: no {_differ(name, design)}"
        if name == ALL_EQUAL:
            (name,) = (term.name for term in design.terms if term.kind == "categorical")
            return Hypothesis(told, "not all equal", "null", terms[name], (), _levels(name, design))
        opposite = f"{name}: {_differ(name, design)}"
        return Hypothesis(told, opposite, "null", terms[name], (), _levels(name, design))
    if name == ALL_EQUAL:
        categorical = [t.name for t in design.terms if t.kind == "categorical"]
        what = "several terms have levels" if categorical else "no term of this model has levels"
        raise _wrong(text, what, f"Name one: {', '.join(_terms(design)) or 'there is none'}")
    if kind == "name" and (name in known_names(design)):
        raise _wrong(text, f"{name!r} alone says nothing", f'Write "{name} = 0"')
    raise _unknown(text, name, design)


def _levels(name: str, design: Design) -> tuple[Array, ...]:
    """Weights of the levels of a term, where these are means."""
    means = {q.name: q.weights for q in design.quantities if q.role == "mean"}
    (levels,) = (term.levels for term in design.terms if term.name == name)
    alone = len(design.terms) == 1 and len(levels) > 1
    return tuple(means[level] for level in levels) if alone else ()


def _differ(name: str, design: Design) -> str:
    kinds = {term.name: term.kind for term in design.terms}
    return "slope" if kinds.get(name) == "continuous" else "differences"


def _no_heterogeneity(
    text: str, operands: list[_Token], sign: str, taus: dict[str, str], size: int
) -> Hypothesis:
    names = [name for kind, name in operands if kind == "name"]
    if sign != "=" or operands[-1][0] != "zero" or len(names) != len(operands) - 1:
        raise _wrong(
            text,
            "a standard deviation is tested against 0 only",
            f'Write "{" = ".join(names)} = 0"',
        )
    return Hypothesis(
        f"{' = '.join(names)} = 0",
        f"{' or '.join(names)} > 0",
        "null",
        np.zeros((0, size)),
        levels=tuple(dict.fromkeys(taus[name] for name in names)),
    )


def _weights(
    text: str, name: str, means: dict[str, Array], taus: dict[str, str], design: Design
) -> Array:
    if name in means:
        return means[name]
    for first in sorted(means, key=len, reverse=True):
        if name.startswith(f"{first} - ") and name[len(first) + 3 :] in means:
            return np.asarray(means[first] - means[name[len(first) + 3 :]])
    if name in taus:
        raise _wrong(text, f"{name} is a standard deviation and no mean", f'Ask for "{name} = 0"')
    raise _unknown(text, name, design)


def _linear(
    text: str, operands: list[_Token], sign: str, weights: dict[str, Array], size: int
) -> Hypothesis:
    zeros = [i for i, (kind, _) in enumerate(operands) if kind == "zero"]
    if len(zeros) > 1 or (zeros and zeros[0] not in (0, len(operands) - 1)):
        raise _wrong(text, "0 stands once, at an end", f"Write {EXAMPLES}")
    if sign == "<":
        operands = operands[::-1]
    rows = [np.zeros(size) if kind == "zero" else weights[name] for kind, name in operands]
    told = [name for _, name in operands]
    chain = f" {'>' if sign != '=' else '='} ".join(told)
    several = f"not all of {', '.join(name for name in told if name != '0')} are "
    several += "0" if zeros else "equal"
    opposite = " != ".join(told) if len(told) == 2 else several
    return Hypothesis(
        text=chain,
        opposite=opposite if sign == "=" else "the model without it",
        kind="null" if sign == "=" else "order",
        weights=np.stack([a - b for a, b in pairwise(rows)]),
        compared=tuple(weights[name] for kind, name in operands if kind == "name"),
        with_zero=bool(zeros),
    )


def _checked(text: str, read: Hypothesis) -> Hypothesis:
    """Restrictions that repeat one another would be counted twice."""
    if len(read.weights) and np.linalg.matrix_rank(read.weights) < len(read.weights):
        raise _wrong(text, "parts of it repeat one another", "Name every quantity once")
    return read


def _unknown(text: str, name: str, design: Design) -> InputError:
    known = known_names(design)
    by_lower = {one.lower(): one for one in known}
    near = get_close_matches(name.lower(), by_lower, n=1, cutoff=0.5)
    hint = f"Did you mean {by_lower[near[0]]!r}? " if near else ""
    return _wrong(text, f"{name[:80]!r} is not known", f"{hint}Known: {', '.join(known)}")


def _wrong(text: str, what: str, cure: str) -> InputError:
    shown = text if len(text) <= 80 else f"{text[:77]}..."
    return InputError(
        Problem(what=what, where=f"hypothesis {shown!r}", cure=cure, code="hypothesis")
    )


def null_of(design: Design, name: str) -> Hypothesis:
    """The null that a reported quantity, a contrast or a standard deviation is 0.

    Parameters
    ----------
    design : Design
        The analysis.
    name : str
        One of `known_names`, no term.

    Returns
    -------
    Hypothesis
        The restriction, whatever signs the name holds.
    """
    taus, size = _taus(design), len(design.coefficients)
    if name in taus:
        return _no_heterogeneity(name, [("name", name), ("zero", "0")], "=", taus, size)
    return _linear(name, [("name", name), ("zero", "0")], "=", _quantities(design), size)
