"""Whether covariances built from reported correlations are possible, and which entry is to blame.

A covariance that is not positive definite contradicts itself: it is refused with the sample and the
likeliest cause, and never repaired.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Final

import numpy as np
from numpy.typing import NDArray

from bayes_alliance.algebra.blocks import Array
from bayes_alliance.errors import InputError, Problem
from bayes_alliance.names import TOTAL_SCALE

__all__ = ["Blocks", "blocks_of", "in_order", "possible_range", "refuse_indefinite"]

#: Least eigenvalue of a correlation matrix of sampling errors that counts as positive.
LEAST_EIGENVALUE: Final = 1e-8
MOST_TOLD: Final = 8


@dataclass(frozen=True, slots=True)
class Blocks:
    """Matrices of all samples with the same number of effect sizes.

    Parameters
    ----------
    samples : ndarray of int, shape (s,)
        Which samples.
    matrices : ndarray, shape (s, m, m)
        Their matrices.
    """

    samples: NDArray[np.intp]
    matrices: Array


def blocks_of(diagonal: Array, off: Array, starts: NDArray[np.intp]) -> list[Blocks]:
    """Symmetric matrices of every sample from their entries.

    Parameters
    ----------
    diagonal : ndarray, shape (k,)
        Diagonal entries.
    off : ndarray, shape (m,)
        The others, in the order of `pairs_within`.
    starts : ndarray of int, shape (S,)
        First row of each sample.

    Returns
    -------
    list of Blocks
        One for each size of samples, smallest first.
    """
    sizes, at, found = np.diff(starts, append=len(diagonal)), 0, []
    for size in np.unique(sizes):
        samples = np.flatnonzero(sizes == size)
        rows, columns = np.triu_indices(int(size), 1)
        count = len(samples) * len(rows)
        entries = off[at : at + count].reshape(len(samples), len(rows))
        at += count
        matrices = np.zeros((len(samples), size, size))
        matrices[:, rows, columns] = matrices[:, columns, rows] = entries
        within = np.arange(size)
        matrices[:, within, within] = diagonal[starts[samples][:, None] + within]
        found.append(Blocks(samples, matrices))
    return found


def in_order(blocks: Sequence[Blocks]) -> tuple[Array, ...]:
    """Matrices in the order of the samples.

    Parameters
    ----------
    blocks : sequence of Blocks
        Of all sizes.

    Returns
    -------
    tuple of ndarray
        One matrix a sample.
    """
    samples = np.concatenate([block.samples for block in blocks])
    matrices = [matrix for block in blocks for matrix in block.matrices]
    return tuple(matrices[i] for i in np.argsort(samples, kind="stable"))


def refuse_indefinite(
    known: Array,
    pattern: Array,
    starts: NDArray[np.intp],
    *,
    ends: Sequence[float],
    samples: Sequence[str],
    count: int,
    effects: Callable[[], Sequence[str]],
) -> None:
    """Refuse correlations of sampling errors that no data can have.

    Parameters
    ----------
    known, pattern : ndarray, shape (m,)
        Correlations known + rho * pattern, in the order of `pairs_within`.
    starts : ndarray of int, shape (S,)
        First row of each sample.
    ends : sequence of float
        Values of rho to be checked; linear in rho, so what holds at both ends holds between them.
    samples : sequence of str
        Labels of the S samples.
    count : int
        Number of effects, k.
    effects : callable
        Gives the labels of the k effects (with the level of the scale, where there is one).

    Raises
    ------
    InputError
        For each sample, up to eight of them, with the cause.
    """
    bad: dict[int, tuple[Array, float]] = {}
    for rho in ends:
        for block in blocks_of(np.ones(count), known + rho * pattern, starts):
            least = np.linalg.eigvalsh(block.matrices)[:, 0]
            for i in np.flatnonzero(~(least > LEAST_EIGENVALUE)):
                bad.setdefault(int(block.samples[i]), (block.matrices[i], rho))
    if not bad:
        return
    problems, labels = [], effects()
    for sample, (matrix, rho) in sorted(bad.items())[:MOST_TOLD]:
        names = labels[starts[sample] : starts[sample] + len(matrix)]
        problems.append(_problem(samples[sample], matrix, names, rho if pattern.any() else None))
    if len(bad) > MOST_TOLD:
        what = f"the same holds for {len(bad) - MOST_TOLD} more samples"
        problems.append(Problem(what=what, code="not_positive_definite"))
    raise InputError(problems)


def possible_range(
    known: Array, pattern: Array, starts: NDArray[np.intp], *, inside: float, count: int
) -> tuple[float, float]:
    """Values of rho between which the covariances of all samples are positive definite.

    With C = known + rho * pattern and C(inside) = LL', C(rho) is positive definite as long as 1 +
    (rho - inside) m > 0 for every eigenvalue m of L^-1 pattern L^-T.

    Parameters
    ----------
    known, pattern : ndarray, shape (m,)
        Correlations known + rho * pattern, in the order of `pairs_within`.
    starts : ndarray of int, shape (S,)
        First row of each sample.
    inside : float
        A value of rho at which all are.
    count : int
        Number of effects, k.

    Returns
    -------
    lower, upper : float
        The limits, infinite where there is none; the covariances are singular there.
    """
    lower, upper = -np.inf, np.inf
    middle = blocks_of(np.ones(count), known + inside * pattern, starts)
    for block, slope in zip(middle, blocks_of(np.zeros(count), pattern, starts), strict=True):
        root = np.linalg.cholesky(block.matrices)
        half = np.linalg.solve(root, slope.matrices)
        speeds = np.linalg.eigvalsh(np.linalg.solve(root, np.swapaxes(half, 1, 2)))
        fastest, slowest = speeds.max(initial=0.0), speeds.min(initial=0.0)
        if fastest > 0:
            lower = max(lower, inside - 1 / fastest)
        if slowest < 0:
            upper = min(upper, inside - 1 / slowest)
    return float(lower), float(upper)


def _problem(sample: str, matrix: Array, names: Sequence[str], rho: float | None) -> Problem:
    what, cure = (
        _near_one(matrix, names)
        or _with_total(matrix, names)
        or _triple(matrix, names)
        or _whole(matrix, names)
    )
    if rho is not None:
        what = f"at rho = {rho:.2f}, which the prior allows, {what}"
        cure += (
            ". Or narrow the prior of rho ([priors.rho], beta with lower and upper), or tell all "
            "pairs (sampling.norms)"
        )
    return Problem(
        what=f"its sampling errors cannot be correlated as said: {what}",
        where=f"sample {sample}",
        cure=cure,
        code="not_positive_definite",
    )


def _near_one(matrix: Array, names: Sequence[str]) -> tuple[str, str] | None:
    for a, b in combinations(range(len(matrix)), 2):
        if abs(matrix[a, b]) > 1 - LEAST_EIGENVALUE:
            return (
                f"{names[a]} and {names[b]} would have the same error (correlation "
                f"{matrix[a, b]:.3f})",
                "Check their reported correlation; if they are different measures, name the column "
                "that tells them apart under sampling.predictor or sampling.outcome",
            )
    return None


def _with_total(matrix: Array, names: Sequence[str]) -> tuple[str, str] | None:
    totals = [name for name in names if TOTAL_SCALE in name.casefold()]
    if not totals or len(totals) == len(names):
        return None
    scales = ", ".join(name for name in names if name not in totals)
    return (
        f"{totals[0]} repeats the scales beside it ({scales})",
        "Use total scores only or scales only, or check what is said about the correlation of the "
        "total with its scales (about .89 where three scales correlate .7)",
    )  # fmt: skip


def _triple(matrix: Array, names: Sequence[str]) -> tuple[str, str] | None:
    for three in combinations(range(len(matrix)), 3):
        part = matrix[np.ix_(three, three)]
        if np.linalg.eigvalsh(part)[0] <= LEAST_EIGENVALUE:
            a, b, c = three
            room = np.sqrt(max((1 - matrix[a, b] ** 2) * (1 - matrix[a, c] ** 2), 0))
            middle = matrix[a, b] * matrix[a, c]
            return (
                f"{names[a]}, {names[b]} and {names[c]} have errors that correlate "
                f"{matrix[a, b]:.2f}, {matrix[a, c]:.2f} and {matrix[b, c]:.2f}",
                f"Given the first two, the third lies between {max(middle - room, -1):.2f} and "
                f"{min(middle + room, 1):.2f}: check the reported correlations of these three",
            )
    return None


def _whole(matrix: Array, names: Sequence[str]) -> tuple[str, str]:
    vector = np.linalg.eigh(matrix)[1][:, 0]
    a, b = np.argsort(-np.abs(vector))[:2]
    return (
        f"the correlations of its {len(matrix)} effects contradict one another, most of all those "
        f"of {names[a]} and {names[b]}",
        "Check the reported correlations of this sample",
    )
