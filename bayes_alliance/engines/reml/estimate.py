"""Point estimates of the three-level model by restricted or full maximum likelihood."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from bayes_alliance.algebra.blocks import Array, RotatedBlocks
from bayes_alliance.algebra.normal import least_squares
from bayes_alliance.engines.reml.likelihood import ReducedBlocks, reduce_blocks
from bayes_alliance.engines.reml.search import (
    Candidate,
    estimable_variances,
    is_maximum,
    maximise,
    variance_problem,
)
from bayes_alliance.errors import InputError, Problem

__all__ = ["Method", "RemlEstimate", "estimate"]

Method = Literal["REML", "ML"]


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
    estimated : tuple of bool, length 2
        Whether the variance of the sample and of the effect level was estimated; False where it
        was held fixed or the data do not inform it.
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
    estimated: tuple[bool, bool]

    @property
    def variances(self) -> Array:
        """Both variances, sample level first, shape (2,)."""
        return np.array([self.sigma2_sample, self.sigma2_effect])

    @property
    def se(self) -> Array:
        """Standard errors of `beta` given the variances, shape (p,)."""
        return np.sqrt(np.diag(self.covariance))


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
    reduced: ReducedBlocks,
    found: Candidate,
    *,
    method: Method,
    flags: tuple[bool, bool, bool],
    estimable: NDArray[np.bool_],
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
        estimated=(bool(estimable[0]), bool(estimable[1])),
    )


def estimate(
    blocks: RotatedBlocks,
    method: Method = "REML",
    *,
    tau_sample: float | None = None,
    tau_effect: float | None = None,
    near: RemlEstimate | None = None,
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
    near : RemlEstimate, optional
        An estimate of almost the same data, from which the search starts.

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
    problem = variance_problem(reduced.blocks, restricted=method == "REML", fixed=fixed)
    free = np.isnan(fixed)
    estimable = estimable_variances(problem, free)
    found = maximise(problem, estimable, near=None if near is None else near.variances)
    return _result(
        reduced,
        found,
        method=method,
        flags=(
            is_maximum(problem, found, estimable),
            bool(np.any((found.variances == 0) & estimable)),
            bool(np.all(estimable[free])),
        ),
        estimable=estimable,
    )
