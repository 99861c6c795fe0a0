"""Point estimates of the three-level model by restricted or full maximum likelihood.

The two variances are found on their own scale (not on a log scale, where zero is infinitely far
away): a bounded quasi-Newton search from several starts, then Newton steps with the exact Hessian.
Every face of the boundary (one variance exactly 0, or both) is searched as well and compared, so
that an estimate of zero is a zero and not a small number.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product
from typing import Final, Literal

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize

from bayes_alliance.algebra.blocks import Array, RotatedBlocks
from bayes_alliance.algebra.normal import least_squares
from bayes_alliance.engines.reml.likelihood import (
    Expansion,
    ReducedBlocks,
    expand,
    reduce_blocks,
)
from bayes_alliance.errors import InputError, Problem

__all__ = ["RemlEstimate", "estimate"]

Method = Literal["REML", "ML"]

# Starting variances as shares of the variance of the residuals.
STARTS: Final = ((0.5, 0.5), (0.05, 0.5), (0.5, 0.05), (0.01, 0.01))

# Two log likelihoods that differ by less than this are the same (relative to their size).
SAME_LIKELIHOOD: Final = 1e-10

# A gain in log likelihood per unit of (variance / its scale) below this counts as none.
FLAT: Final = 1e-6

# Two variances whose information has a correlation this close to 1 cannot be told apart.
INSEPARABLE: Final = 1e-9

STEP: Final = 1e-11
MAX_STEPS: Final = 100


@dataclass(frozen=True, slots=True, eq=False)
class RemlEstimate:
    """A point estimate of the three-level model.

    Parameters
    ----------
    beta : ndarray, shape (p,)
        Coefficients, on the scale of the effect sizes (z for correlations).
    covariance : ndarray, shape (p, p)
        (X' M^-1 X)^-1 at the estimated variances.
    sigma2_sample, sigma2_effect : float
        Variances (not standard deviations) of the sample and the effect level.
    log_likelihood : float
        Restricted (with log|X'X| / 2, as in metafor) or full log likelihood.
    method : {"REML", "ML"}
        Which likelihood was maximised.
    converged : bool
        Whether the estimate is a maximum: free variances without slope, zero ones pushed to zero.
    at_boundary : bool
        Whether a variance that was estimated is exactly 0.
    identified : bool
        False where the data cannot tell the two variances apart: every sample has one effect and
        only their sum is estimated (reported as `sigma2_sample`, with `sigma2_effect` 0), or the
        coefficients take up all that a level could show (its variance is then reported as 0).
    """

    beta: Array
    covariance: Array
    sigma2_sample: float
    sigma2_effect: float
    log_likelihood: float
    method: Method
    converged: bool
    at_boundary: bool
    identified: bool

    @property
    def se(self) -> Array:
        """Standard errors of `beta` given the variances, shape (p,)."""
        return np.sqrt(np.diag(self.covariance))


@dataclass(frozen=True, slots=True)
class _Problem:
    """What the search needs: reduced data, which variances are free, where the others stand."""

    blocks: RotatedBlocks
    restricted: bool
    scale: float
    fixed: Array  # (2,), NaN where free

    def at(self, variances: Array) -> Expansion:
        return expand(
            self.blocks, float(variances[0]), float(variances[1]), restricted=self.restricted
        )


@dataclass(frozen=True, slots=True)
class _Candidate:
    variances: Array
    free: NDArray[np.bool_]
    at: Expansion


def _search(problem: _Problem, free: NDArray[np.bool_]) -> _Candidate:
    """Maximise over the variances in `free`; the others are at their fixed value, or 0."""
    base = np.nan_to_num(problem.fixed, nan=0.0)
    if not free.any():
        return _Candidate(base, free, problem.at(base))

    def objective(shares: Array) -> tuple[float, Array]:
        variances = base.copy()
        variances[free] = shares * problem.scale
        here = problem.at(variances)
        return -here.value, -here.score[free] * problem.scale

    starts = np.unique(np.array(STARTS)[:, free], axis=0)
    found = [
        minimize(objective, start, jac=True, method="L-BFGS-B", bounds=[(0, None)] * len(start))
        for start in starts
    ]
    best = base.copy()
    best[free] = min(found, key=lambda result: float(result.fun)).x * problem.scale
    return _polish(problem, best, free)


def _polish(problem: _Problem, variances: Array, free: NDArray[np.bool_]) -> _Candidate:
    """Newton steps to the last digit, halved where they would lose likelihood."""
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
        if change <= STEP * max(float(variances.max()), STEP * problem.scale):
            break
    return _Candidate(variances, free, here)


def _best(problem: _Problem, free: NDArray[np.bool_]) -> _Candidate:
    """Compare the maximum of the interior with the maximum of every face of the boundary."""
    faces = [
        np.array(face, dtype=bool)
        for face in product((False, True), repeat=2)
        if not np.any(np.array(face, dtype=bool) & ~free)
    ]
    # Faces with more zeros come first and are kept where the others gain nothing.
    faces.sort(key=lambda face: int(face.sum()))
    best = _search(problem, faces[0])
    for face in faces[1:]:
        rival = _search(problem, face)
        if rival.at.value > best.at.value + SAME_LIKELIHOOD * (1 + abs(best.at.value)):
            best = rival
    return best


def _estimable(problem: _Problem, free: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Which of the free variances the data inform, judged where both are of ordinary size."""
    usual = problem.scale + float(problem.blocks.eigenvalues.mean())
    information = expand(problem.blocks, usual, usual, restricted=problem.restricted).information
    share = information * usual**2 / len(problem.blocks.y)
    seen = free & (np.diag(share) > INSEPARABLE)
    if seen.all() and 1 - share[0, 1] ** 2 / (share[0, 0] * share[1, 1]) < INSEPARABLE:
        return np.array([True, False])
    return np.asarray(seen)


def _is_maximum(problem: _Problem, found: _Candidate, free: NDArray[np.bool_]) -> bool:
    slope = found.at.score * problem.scale
    zero = free & (found.variances == 0)
    inside = free & ~zero
    return bool(np.all(np.abs(slope[inside]) < FLAT) and np.all(slope[zero] < FLAT))


def _fixed(tau_sample: float | None, tau_effect: float | None) -> Array:
    taus = {"tau_sample": tau_sample, "tau_effect": tau_effect}
    problems = [
        Problem(
            what=f"{name} must be a standard deviation of at least 0; it is {tau}",
            cure="Pass a number of at least 0, or None to have it estimated.",
            code="tau_invalid",
        )
        for name, tau in taus.items()
        if tau is not None and not (np.isfinite(tau) and tau >= 0)
    ]
    if problems:
        raise InputError(problems)
    return np.array([np.nan if tau is None else float(tau) ** 2 for tau in taus.values()])


def _result(
    reduced: ReducedBlocks, found: _Candidate, *, method: Method, flags: tuple[bool, bool, bool]
) -> RemlEstimate:
    converged, at_boundary, identified = flags
    taus = np.sqrt(found.variances)
    fit = least_squares(reduced.blocks, tau_sample=taus[0], tau_effect=taus[1])
    spread = np.linalg.inv(fit.xx)
    beta, covariance = reduced.coefficients(spread @ fit.xy, spread)
    value = found.at.value
    for array in (beta, covariance):
        array.setflags(write=False)
    return RemlEstimate(
        beta=beta,
        covariance=covariance,
        sigma2_sample=float(found.variances[0]),
        sigma2_effect=float(found.variances[1]),
        log_likelihood=value,
        method=method,
        converged=converged,
        at_boundary=at_boundary,
        identified=identified,
    )


def estimate(
    blocks: RotatedBlocks,
    method: Method = "REML",
    *,
    tau_sample: float | None = None,
    tau_effect: float | None = None,
) -> RemlEstimate:
    """Estimate the three-level model by (restricted) maximum likelihood.

    Parameters
    ----------
    blocks : RotatedBlocks
        The data of k effects in S samples, from `bayes_alliance.algebra.blocks.rotate`.
    method : {"REML", "ML"}
        Restricted maximum likelihood (Patterson & Thompson 1971; Harville 1977) or maximum
        likelihood.
    tau_sample, tau_effect : float, optional
        Standard deviations held fixed; None: estimated.

    Returns
    -------
    RemlEstimate
        Coefficients and their covariance, both variances, log likelihood, and whether it is a
        maximum, on the boundary, and identified.

    Raises
    ------
    EngineError
        If there are no more effects than coefficients, or a column of X repeats the others.
    InputError
        If the method is unknown or a fixed tau is negative.

    Examples
    --------
    >>> import numpy as np
    >>> from bayes_alliance.algebra.blocks import rotate
    >>> y = np.array([0.1, 0.3, 0.5, 0.2, 0.0, 0.6])
    >>> blocks = rotate(y=y, X=np.ones((6, 1)), variances=np.full(6, 0.01),
    ...                 starts=np.array([0, 2, 4]))
    >>> estimate(blocks).beta.round(4)
    array([0.2833])
    """
    if method not in ("REML", "ML"):
        raise InputError(
            Problem(
                what=f"unknown method {method!r}",
                cure='Pass "REML" or "ML".',
                code="method_unknown",
            )
        )
    fixed = _fixed(tau_sample, tau_effect)
    reduced = reduce_blocks(blocks)
    k, p = blocks.X.shape
    residual = float(reduced.blocks.y @ reduced.blocks.y) / (k - p)
    # Where y has no variance left, sampling error still gives the problem a scale.
    scale = max(residual, 1e-3 * float(blocks.eigenvalues.mean()))
    problem = _Problem(reduced.blocks, method == "REML", scale, fixed)
    free = np.isnan(fixed)
    estimable = _estimable(problem, free)
    found = _best(problem, estimable)
    return _result(
        reduced,
        found,
        method=method,
        flags=(
            _is_maximum(problem, found, estimable),
            bool(np.any((found.variances == 0) & estimable)),
            bool(np.all(estimable[free])),
        ),
    )
