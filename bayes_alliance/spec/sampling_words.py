"""What is said about sampling errors: what was built from what, and what is not known."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np

from bayes_alliance.algebra.blocks import Array
from bayes_alliance.errors import InputError, Problem
from bayes_alliance.spec.interscale import ASSUMED, COMPOSITE, NORM, REPORTED, SAME, TABLE, UNKNOWN
from bayes_alliance.spec.plug_ins import Plugged
from bayes_alliance.spec.tables import Sampling
from bayes_alliance.spec.variables import Codes, Variables

__all__ = ["in_words", "notes_of", "refuse_unknown"]

MOST_TOLD: Final = 8
SOURCES: Final = {
    SAME: "by definition",
    TABLE: "from correlations in the table itself",
    REPORTED: "from reported correlations",
    COMPOSITE: "from totals that are sums of their scales",
    NORM: "from norms",
    ASSUMED: "from an assumed default",
    UNKNOWN: "unknown, so that they have rho",
}


def in_words(sampling: Sampling) -> str:
    """How the sampling errors of one sample depend on one another, in a few words.

    Parameters
    ----------
    sampling : Sampling
        What is declared.

    Returns
    -------
    str
        For the head of a report.
    """
    if sampling.within_sample == "constant":
        return f"constant, rho = {sampling.rho:g}"
    if sampling.within_sample == "interscale":
        return "from the correlations among their variables (interscale)"
    if sampling.within_sample == "estimated":
        return "correlated by an estimated rho, unless their correlation is known"
    return "independent"


def notes_of(
    origin: Codes,
    crossed: np.ndarray,
    plugged: Plugged,
    sampling: Sampling,
    variables: Variables,
    reports: int,
) -> list[str]:
    """Say what the covariances were built from.

    Parameters
    ----------
    origin : ndarray of int, shape (m,)
        Source of each pair's correlation.
    crossed : ndarray of bool, shape (m,)
        Pairs with a cross correlation by the product rule.
    plugged : Plugged
        Correlations of the effects in the formula.
    sampling : Sampling
        What is declared.
    variables : Variables
        The variables.
    reports : int
        Reported correlations that updated the prior of rho.

    Returns
    -------
    list of str
        Notes for readers of the results.
    """
    counts = [(SOURCES[one], int((origin == one).sum())) for one in SOURCES]
    told = ", ".join(f"{count} {words}" for words, count in counts if count)
    columns = ", ".join(variables.columns) or "no column"
    notes = [
        f"Sampling errors: {len(origin)} pairs of effects share a sample; their correlations are "
        f"{told}. Variables are named by {columns}."
    ]
    if (origin != UNKNOWN).any():
        plug = "pooled over samples" if plugged.pooled else "each sample's own"
        overlap = (
            "all people of the smaller n are taken to be in both, where no number is reported"
            if sampling.overlap is None
            else f"{100 * sampling.overlap:g} % of the smaller n are taken to be in both"
        )
        notes.append(f"The effects' own correlations in that formula are {plug}; {overlap}.")
    if crossed.any():
        notes.append(
            f"In {int(crossed.sum())} pairs both variables differ and the cross correlations are "
            "not in the table: they are taken as products (what a measure shares with the other "
            "outcome goes through that outcome's own measure)."
        )
    if reports:
        notes.append(
            f"The prior of rho is updated by {reports} reported correlations "
            f"(sd {sampling.spread:g} between true ones, on z)."
        )
    if sampling.within_sample == "estimated" and not (origin == UNKNOWN).any():
        notes.append("Every pair is known: there is nothing left for rho to say.")
    return notes


def refuse_unknown(
    sample: Codes,
    c: Array,
    x: Codes,
    y: Codes,
    variables: Variables,
    samples: Sequence[str],
) -> None:
    """Refuse pairs of effects whose correlation cannot be computed.

    Parameters
    ----------
    sample : ndarray of int, shape (m,)
        Sample of each pair.
    c : ndarray, shape (m,)
        Correlation of errors; NaN where unknown.
    x, y : ndarray of int, shape (m,)
        The variables whose correlation is lacking; equal where two effects have the same variables.
    variables : Variables
        The variables.
    samples : sequence of str
        Labels of the samples.

    Raises
    ------
    InputError
        One problem for each pair of variables, with the samples and the cures.
    """
    lost = np.isnan(c)
    if not lost.any():
        return
    low, high = np.minimum(x, y)[lost], np.maximum(x, y)[lost]
    distinct, at = np.unique(low * len(variables) + high, return_inverse=True)
    lacking: dict[tuple[str, str, str], set[int]] = {}
    for i, key in enumerate(distinct):
        told = _lacking(variables, *divmod(int(key), len(variables)))
        lacking.setdefault(told, set()).update(sample[lost][at == i].tolist())
    problems = []
    for (what, cure, code), found in list(lacking.items())[:MOST_TOLD]:
        names = [samples[s] for s in sorted(found)]
        where = f"sample{'s' if len(names) > 1 else ''} " + ", ".join(names[:4])
        where += f" and {len(names) - 4} more" if len(names) > 4 else ""
        problems.append(Problem(what=what, where=where, cure=cure, code=code))
    if len(lacking) > MOST_TOLD:
        more = f"{len(lacking) - MOST_TOLD} more pairs of variables are unknown"
        problems.append(Problem(what=more, code="unknown_pair"))
    raise InputError(problems)


def _lacking(variables: Variables, a: int, b: int) -> tuple[str, str, str]:
    """What is not known about two variables, the cure and its code."""
    if a == b:
        return (
            f"two effect sizes relate the same two variables ({variables.label(a)})",
            "Name the columns that tell them apart under sampling.predictor or "
            'sampling.outcome, or set sampling.within_sample = "estimated"',
            "same_variables",
        )
    differing = np.flatnonzero(variables.grid[a] != variables.grid[b])
    pairs = [
        " with ".join(
            sorted(variables.levels[c][variables.grid[v, c]] or "(not given)" for v in (a, b))
        )
        for c in differing
        if variables.grid[a, c] >= 0 and variables.grid[b, c] >= 0
    ]
    names = [variables.columns[c].split("/")[0] for c in differing]
    between = ", ".join(f"{pair} ({name})" for pair, name in zip(pairs, names, strict=False))
    what = f"{variables.label(a)} with {variables.label(b)}" if not pairs else between
    return (
        f"the correlation of {what} is not known",
        "Report it (--correlations FILE), give a norm or a default under "
        f"{' and '.join(f'[sampling.norms.{name}]' for name in names)}, or set "
        'sampling.within_sample = "estimated"',
        "unknown_pair",
    )
