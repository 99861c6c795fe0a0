r"""ML and REML of three variances where samples lie in groups: groups, samples and effects.

.. math:: y \sim N(X\beta, M), \quad
          M = V + \sigma^2_{group} Z_g Z_g' + \sigma^2_{sample} Z_u Z_u' + \sigma^2_{effect} I

With :math:`C = (X'M^{-1}X)^{-1}`, residuals r and :math:`G_l` the matrix that a variance
multiplies, the derivative of the log likelihood by it is

.. math:: \tfrac12 \mathrm{tr}\{G_l (M^{-1} r r' M^{-1} - M^{-1} + M^{-1}XCX'M^{-1})\}

(the last term under REML only; Harville 1977). M is block diagonal over the components of linked
groups and samples, and those of equal size are factorised together. The log likelihoods have
metafor's constants: REML includes :math:`\tfrac12 \log|X'X|`. Standard errors that are robust by
group are those of `bayes_alliance.engines.reml.robust` with the component as cluster.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

import numpy as np
from numpy.typing import NDArray
from scipy import optimize

from bayes_alliance.algebra.blocks import Array
from bayes_alliance.algebra.general import Group
from bayes_alliance.algebra.samples import Samples
from bayes_alliance.engines.reml.robust import ClusterRobust, adjustments
from bayes_alliance.errors import EngineError
from bayes_alliance.spec.design import Design

__all__ = [
    "LEVELS", "GroupedEstimate", "estimate_grouped", "grouped_freedom", "robust_by_component",
]  # fmt: skip

Method = Literal["ML", "REML"]

#: Order of the variances.
LEVELS: Final = ("group", "sample", "effect")

#: Starts of the search: shares of the variance of the effect sizes by level.
STARTS: Final = ((0.3, 0.3, 0.3), (0.05, 0.5, 0.2), (0.5, 0.05, 0.2), (0.2, 0.05, 0.5))

#: A variance below this share of that of the effect sizes is 0 where the likelihood rises to it.
NOTHING: Final = 1e-6

#: Largest slope of the log likelihood per standardised parameter at a maximum.
SLOPE: Final = 1e-4


@dataclass(frozen=True, slots=True)
class GroupedEstimate:
    """A fit by ML or REML.

    Parameters
    ----------
    method : {"ML", "REML"}
        Which likelihood.
    beta : ndarray, shape (p,)
        Coefficients.
    covariance : ndarray, shape (p, p)
        Their model-based covariance.
    variances : ndarray, shape (3,)
        Of groups, samples and effects.
    estimated : tuple of bool, length 3
        Which of them were estimated, not held.
    log_likelihood : float
        With metafor's constants.
    converged : bool
        Whether the search ended where the likelihood is flat, or falls from 0.
    """

    method: Method
    beta: Array
    covariance: Array
    variances: Array
    estimated: tuple[bool, bool, bool]
    log_likelihood: float
    converged: bool

    @property
    def se(self) -> Array:
        """Standard errors of the coefficients, shape (p,)."""
        return np.sqrt(np.diag(self.covariance))

    @property
    def at_zero(self) -> tuple[str, ...]:
        """Levels whose variance was estimated as exactly 0."""
        found = zip(LEVELS, self.variances, self.estimated, strict=True)
        return tuple(level for level, variance, free in found if free and variance == 0)


@dataclass(frozen=True, slots=True)
class _Value:
    """Log likelihood with its derivatives by the variances."""

    log_likelihood: float
    slope: Array  # (3,)
    beta: Array
    covariance: Array


@dataclass(frozen=True, slots=True)
class _Problem:
    """Data in components of equal size."""

    y: Array
    X: Array
    groups: tuple[Group, ...]
    same: tuple[tuple[Array, Array, Array], ...]  # by level, each (n, m, m)
    restricted: bool


def estimate_grouped(
    blocks: Samples,
    group: NDArray[np.intp],
    *,
    method: Method = "REML",
    held: tuple[float | None, float | None, float | None] = (None, None, None),
) -> GroupedEstimate:
    """Estimate coefficients and the variances of groups, samples and effects.

    Parameters
    ----------
    blocks : Samples
        The data, its `groups()` being components of equal size, with known V.
    group : ndarray of int, shape (k,)
        Group of each effect.
    method : {"ML", "REML"}
        Which likelihood.
    held : tuple of float or None, length 3
        Standard deviations that are fixed, of groups, samples and effects.

    Returns
    -------
    GroupedEstimate
        The fit with the highest likelihood of four starts.

    Raises
    ------
    EngineError
        If the effects cannot carry the coefficients.
    """
    problem = _problem(blocks, group, method == "REML")
    k, p = problem.X.shape
    if k <= p or np.linalg.matrix_rank(problem.X) < p:
        raise EngineError(f"{k} effect sizes cannot carry {p} coefficients and their variances")
    free = np.array([tau is None for tau in held])
    fixed = np.array([0.0 if tau is None else tau for tau in held])
    scale = float(np.std(problem.y))

    def evaluate(taus: Array, kept: NDArray[np.bool_]) -> tuple[float, Array]:
        full = fixed.copy()
        full[kept] = taus
        value = _evaluate(problem, np.square(full))
        return -value.log_likelihood, -(2 * full * value.slope)[kept]

    def search(kept: NDArray[np.bool_]) -> tuple[Array, bool]:
        full = fixed.copy()
        if not kept.any():
            return full, True
        found = min(
            (
                optimize.minimize(
                    evaluate,
                    scale * np.sqrt(np.array(start)[kept]),
                    args=(kept,),
                    jac=True,
                    method="BFGS",
                    options={"gtol": 1e-8, "maxiter": 1_000},
                )
                for start in STARTS
            ),
            key=lambda result: float(result.fun),
        )
        full[kept] = np.abs(found.x)
        return full, bool(np.abs(found.jac).max() * max(scale, 1.0) < SLOPE)

    taus, flat = search(free)
    nothing = free & (np.square(taus) < NOTHING * scale**2)
    if nothing.any():
        at_zero, flat = search(free & ~nothing)
        outward = _evaluate(problem, np.square(at_zero)).slope[nothing] > 0
        taus, flat = at_zero, flat and not outward.any()
    value = _evaluate(problem, np.square(taus))
    return GroupedEstimate(
        method=method,
        beta=value.beta,
        covariance=value.covariance,
        variances=np.square(taus),
        estimated=(bool(free[0]), bool(free[1]), bool(free[2])),
        log_likelihood=value.log_likelihood,
        converged=flat,
    )


def _problem(blocks: Samples, group: NDArray[np.intp], restricted: bool) -> _Problem:
    stacked = blocks.groups()
    same = []
    for own in stacked:
        linked = [
            (of[own.rows][:, :, None] == of[own.rows][:, None, :]).astype(float)
            for of in (group, blocks.sample_index)
        ]
        diagonal = np.broadcast_to(np.eye(own.rows.shape[1]), own.fixed.shape)
        same.append((linked[0], linked[1], np.asarray(diagonal)))
    return _Problem(blocks.effect_sizes, blocks.design_matrix, stacked, tuple(same), restricted)


def _evaluate(problem: _Problem, variances: Array) -> _Value:
    """Log likelihood and its derivatives; coefficients by generalised least squares."""
    y, X = problem.y, problem.X
    k, p = X.shape
    inverses, log_determinant = [], 0.0
    xx, xy = np.zeros((p, p)), np.zeros(p)
    for own, same in zip(problem.groups, problem.same, strict=True):
        M = own.fixed + sum(v * G for v, G in zip(variances, same, strict=True))
        inverse = np.linalg.inv(M)
        inverses.append(inverse)
        log_determinant += float(np.linalg.slogdet(M)[1].sum())
        weighted = inverse @ X[own.rows]
        xx += np.einsum("nmp,nmq->pq", X[own.rows], weighted)
        xy += np.einsum("nmp,nm->p", weighted, y[own.rows])
    covariance = np.linalg.inv(xx)
    beta = covariance @ xy
    residual = y - X @ beta
    slope, quadratic = np.zeros(3), 0.0
    for own, same, inverse in zip(problem.groups, problem.same, inverses, strict=True):
        r = residual[own.rows]
        solved = np.einsum("nij,nj->ni", inverse, r)
        quadratic += float((r * solved).sum())
        inner = solved[:, :, None] * solved[:, None, :] - inverse
        if problem.restricted:
            weighted = inverse @ X[own.rows]
            inner = inner + weighted @ covariance @ weighted.swapaxes(-1, -2)
        slope += [0.5 * float((inner * G).sum()) for G in same]
    value = -0.5 * (log_determinant + quadratic + k * np.log(2 * np.pi))
    if problem.restricted:
        own_part, cross = np.linalg.slogdet(xx)[1], np.linalg.slogdet(X.T @ X)[1]
        value += 0.5 * (p * np.log(2 * np.pi) + cross - own_part)
    return _Value(float(value), slope, beta, covariance)


def robust_by_component(
    blocks: Samples, group: NDArray[np.intp], fit: GroupedEstimate
) -> ClusterRobust:
    """CR2 covariance of the coefficients, clustered by component (by group, where nested).

    Parameters
    ----------
    blocks : Samples
        The data that were fitted.
    group : ndarray of int, shape (k,)
        Group of each effect.
    fit : GroupedEstimate
        Their estimate.

    Returns
    -------
    ClusterRobust
        Covariance and moments, one entry a component.

    Raises
    ------
    EngineError
        If there is only one component.
    """
    problem = _problem(blocks, group, restricted=True)
    count = sum(len(own.samples) for own in problem.groups)
    if count < 2:
        raise EngineError("all effects hang together: no basis for robust standard errors")
    N = np.linalg.cholesky(fit.covariance)
    XN, residual = problem.X @ N, problem.y - problem.X @ fit.beta
    p = XN.shape[1]
    scores, leverage, spread = (np.empty((count, *shape)) for shape in ((p,), (p, p), (p, p)))
    for own, same in zip(problem.groups, problem.same, strict=True):
        M = own.fixed + sum(v * G for v, G in zip(fit.variances, same, strict=True))
        L = adjustments(M, XN[own.rows]) @ np.linalg.solve(M, XN[own.rows])
        scores[own.samples] = np.einsum("smp,sm->sp", L, residual[own.rows])
        leverage[own.samples] = L.swapaxes(-1, -2) @ XN[own.rows]
        spread[own.samples] = L.swapaxes(-1, -2) @ M @ L
    robust = N @ scores.T
    return ClusterRobust(fit.beta, robust @ robust.T, N, leverage, spread)


def grouped_freedom(design: Design) -> Array:
    """Degrees of freedom by containment: where a column varies tells what informs it.

    Parameters
    ----------
    design : Design
        An analysis with groups.

    Returns
    -------
    ndarray, shape (p,)
        G - p for columns that are constant within groups, S - p within samples, else k - p; NaN
        where none are left (Pinheiro & Bates 2000, section 2.4, in its simplest form).
    """
    X, groups = design.X, design.groups
    k, p = X.shape
    df = np.full(p, float(k - p))
    partitions = [(design.sample_index, len(design.sample_ids))]
    if groups is not None:
        partitions.append((groups.index, len(groups.names)))
    for index, size in partitions:
        first = np.unique(index, return_index=True)[1]
        constant = np.all(np.abs(X - X[first][index]) <= 1e-12, axis=0)
        df[constant] = np.minimum(df[constant], size - p)
    return np.where(df > 0, df, np.nan)
