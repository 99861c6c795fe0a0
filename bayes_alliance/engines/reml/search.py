"""The search for the two variances that maximise a likelihood.

The variances are found on their own scale (not on a log scale, where zero is infinitely far away):
Newton steps with the exact Hessian from several starts and, should none of them end at a maximum,
a bounded quasi-Newton search. Every face of the boundary (one variance exactly 0, or both) is
searched as well and compared, so that an estimate of zero is a zero and not a small number. Where a
nearby maximum is known (a profile, a refit without one sample) the Newton steps start there.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import product
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize

from bayes_alliance.algebra.blocks import Array, RotatedBlocks
from bayes_alliance.engines.reml.likelihood import Expansion, expand

__all__ = [
    "Candidate",
    "VarianceProblem",
    "estimable_variances",
    "is_maximum",
    "maximise",
    "maximise_with",
    "variance_problem",
]

# Starting variances as shares of the variance of the residuals.
STARTS: Final = ((0.5, 0.5), (0.05, 0.5), (0.5, 0.05), (0.01, 0.01))

# Two log likelihoods that differ by less than this are the same (relative to their size).
SAME_LIKELIHOOD: Final = 1e-10

# A gain in log likelihood per unit of (variance / its scale) below this counts as none.
FLAT: Final = 1e-6

# Two variances whose information has a correlation this close to 1 cannot be told apart.
INSEPARABLE: Final = 1e-9

# Variances within this share of a known maximum are on their way to it.
CLOSE: Final = 0.01

STEP: Final = 1e-11
MAX_STEPS: Final = 100


@dataclass(frozen=True, slots=True)
class VarianceProblem:
    """What the search needs.

    Parameters
    ----------
    blocks : RotatedBlocks
        The blocks of a `ReducedBlocks`.
    restricted : bool
        REML if true, else ML.
    scale : float
        An ordinary size of a variance of these data.
    fixed : ndarray, shape (2,)
        Variances (sample, effect) held fixed, NaN where they are free.
    """

    blocks: RotatedBlocks
    restricted: bool
    scale: float
    fixed: Array

    def at(self, variances: Array) -> Expansion:
        """Expand the log likelihood.

        Parameters
        ----------
        variances : ndarray, shape (2,)
            Variances of the sample and the effect level.

        Returns
        -------
        Expansion
            Value and derivatives there.
        """
        return expand(
            self.blocks, float(variances[0]), float(variances[1]), restricted=self.restricted
        )


@dataclass(frozen=True, slots=True)
class Candidate:
    """Where a search ended.

    Parameters
    ----------
    variances : ndarray, shape (2,)
        Variances of the sample and the effect level.
    at : Expansion
        The log likelihood and its derivatives there.
    """

    variances: Array
    at: Expansion


def variance_problem(
    blocks: RotatedBlocks, *, restricted: bool, fixed: Array | None = None
) -> VarianceProblem:
    """Set up the search.

    Parameters
    ----------
    blocks : RotatedBlocks
        The blocks of a `ReducedBlocks`.
    restricted : bool
        REML if true, else ML.
    fixed : ndarray, shape (2,), optional
        Variances held fixed, NaN where they are free; by default both are free.

    Returns
    -------
    VarianceProblem
        The problem with its scale.
    """
    k, p = blocks.X.shape
    residual = float(blocks.y @ blocks.y) / (k - p)
    # Where y has no variance left, sampling error still gives the problem a scale.
    scale = max(residual, 1e-3 * float(blocks.eigenvalues.mean()))
    held = np.full(2, np.nan) if fixed is None else fixed
    return VarianceProblem(blocks, restricted, scale, held)


def _search(problem: VarianceProblem, free: NDArray[np.bool_]) -> Candidate:
    """Maximise over the variances in `free`; the others are at their fixed value, or 0."""
    base = np.nan_to_num(problem.fixed, nan=0.0)
    if not free.any():
        return Candidate(base, problem.at(base))

    starts = np.tile(base, (len(STARTS), 1))
    starts[:, free] = np.array(STARTS)[:, free] * problem.scale
    first, *others = np.unique(starts, axis=0)
    best = _polish(problem, first, free)
    for start in others:
        rival = _polish(problem, start, free, known=best)
        best = max(best, rival, key=lambda candidate: candidate.at.value)
    if is_maximum(problem, best, free):
        return best
    return _polish(problem, _wide_search(problem, free, starts), free)


def _wide_search(problem: VarianceProblem, free: NDArray[np.bool_], starts: Array) -> Array:
    """Bounded quasi-Newton search: slower than Newton steps, and never lost."""

    def objective(shares: Array) -> tuple[float, Array]:
        variances = starts[0].copy()
        variances[free] = shares * problem.scale
        here = problem.at(variances)
        return -here.value, -here.score[free] * problem.scale

    bounds = [(0, None)] * int(free.sum())
    found = [
        minimize(objective, start[free] / problem.scale, jac=True, method="L-BFGS-B", bounds=bounds)
        for start in starts
    ]
    best = starts[0].copy()
    best[free] = min(found, key=lambda result: float(result.fun)).x * problem.scale
    return np.asarray(best)


def _polish(
    problem: VarianceProblem,
    variances: Array,
    free: NDArray[np.bool_],
    *,
    known: Candidate | None = None,
) -> Candidate:
    """Newton steps to the last digit, halved where they would lose likelihood.

    Steps that come close to a known maximum, from below, end there.
    """
    here = problem.at(variances)
    for _ in range(MAX_STEPS):
        # A variance at zero that is pushed further down takes no part in the step.
        moving = free & ((variances > 0) | (here.score > 0))
        if not moving.any():
            break
        curvature = -here.hessian[np.ix_(moving, moving)]
        if np.linalg.eigvalsh(curvature)[0] <= 0:
            curvature = here.information[np.ix_(moving, moving)]
        step = np.zeros(2)
        step[moving] = np.linalg.lstsq(curvature, here.score[moving], rcond=None)[0]
        moved, there = variances, here
        for halving in range(30):
            moved = np.maximum(variances + step * 0.5**halving, 0.0)
            moved[~moving] = variances[~moving]
            there = problem.at(moved)
            if there.value >= here.value - SAME_LIKELIHOOD * abs(here.value):
                break
        else:
            break
        change = float(np.max(np.abs(moved - variances)))
        variances, here = moved, there
        if known is not None and here.value <= known.at.value:
            apart = float(np.max(np.abs(variances - known.variances)))
            if apart <= CLOSE * float(known.variances.max()):
                return known
        if change <= STEP * max(float(variances.max()), STEP * problem.scale):
            break
    return Candidate(variances, here)


def _faces(free: NDArray[np.bool_]) -> list[NDArray[np.bool_]]:
    """Which variances are off the boundary, for each of its faces; most zeros first."""
    faces = [np.array(face, dtype=bool) for face in product((False, True), repeat=2)]
    return sorted((face for face in faces if not np.any(face & ~free)), key=lambda face: face.sum())


def maximise(
    problem: VarianceProblem, free: NDArray[np.bool_], *, near: Array | None = None
) -> Candidate:
    """Compare the maximum of the interior with the maximum of every face of the boundary.

    Parameters
    ----------
    problem : VarianceProblem
        Data, method and what is held fixed.
    free : ndarray of bool, shape (2,)
        Which variances are searched for; the others are at their fixed value, or 0.
    near : ndarray, shape (2,), optional
        Variances near the maximum, from which the search starts.

    Returns
    -------
    Candidate
        The maximum. Variances that gain nothing above 0 are exactly 0.
    """
    first, *others = _faces(free)
    best = _search(problem, first)
    for face in others:
        rival = _from_near(problem, face, near)
        if rival.at.value > best.at.value + SAME_LIKELIHOOD * (1 + abs(best.at.value)):
            best = rival
    return best


def _from_near(problem: VarianceProblem, face: NDArray[np.bool_], near: Array | None) -> Candidate:
    """Newton steps from a known place; the wide search where there is none, or they fail."""
    if near is not None:
        start = np.where(face, np.maximum(near, 1e-3 * problem.scale), 0.0)
        start = np.where(np.isnan(problem.fixed), start, problem.fixed)
        found = _polish(problem, start, face)
        if is_maximum(problem, found, face):
            return found
    return _search(problem, face)


def maximise_with(
    problem: VarianceProblem, level: int, value: float, *, other_free: bool, near: Array
) -> Candidate:
    """Maximise over one variance while the other is held: a point of a profile.

    Parameters
    ----------
    problem : VarianceProblem
        Data and method.
    level : int
        Which variance is held: 0 for the sample level, 1 for the effect level.
    value : float
        Where it is held.
    other_free : bool
        Whether the other one is searched for; if not, it stays at its value in `near`.
    near : ndarray, shape (2,)
        Variances from which the search starts.

    Returns
    -------
    Candidate
        The maximum under that restriction.
    """
    fixed = problem.fixed.copy()
    fixed[level] = value
    free = np.zeros(2, dtype=bool)
    free[1 - level] = other_free
    if not other_free:
        fixed[1 - level] = near[1 - level]
    return maximise(replace(problem, fixed=fixed), free, near=near)


def estimable_variances(problem: VarianceProblem, free: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Tell which of the free variances the data inform, judged where both are of ordinary size.

    Parameters
    ----------
    problem : VarianceProblem
        The data.
    free : ndarray of bool, shape (2,)
        Which variances are to be estimated.

    Returns
    -------
    ndarray of bool, shape (2,)
        The sample level alone where the data inform only the sum of both.
    """
    usual = problem.scale + float(problem.blocks.eigenvalues.mean())
    information = problem.at(np.full(2, usual)).information
    share = information * usual**2 / len(problem.blocks.y)
    seen = free & (np.diag(share) > INSEPARABLE)
    if seen.all() and 1 - share[0, 1] ** 2 / (share[0, 0] * share[1, 1]) < INSEPARABLE:
        return np.array([True, False])
    return np.asarray(seen)


def is_maximum(problem: VarianceProblem, found: Candidate, free: NDArray[np.bool_]) -> bool:
    """Tell whether the slope vanishes inside and points to zero on the boundary.

    Parameters
    ----------
    problem : VarianceProblem
        The data.
    found : Candidate
        Where a search ended.
    free : ndarray of bool, shape (2,)
        Which variances were searched for.

    Returns
    -------
    bool
        Whether first-order conditions hold.
    """
    slope = found.at.score * problem.scale
    zero = free & (found.variances == 0)
    inside = free & ~zero
    return bool(np.all(np.abs(slope[inside]) < FLAT) and np.all(slope[zero] < FLAT))
