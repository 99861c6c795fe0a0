r"""ML and REML where every scale has sample effects of its own.

.. math:: y_i \sim N(X_i\beta, M_i), \quad M_i = V_i + \sigma^2_{effect} I + Z_i G Z_i'

G is the covariance of a sample's L effects: compound symmetric (``cs``: one variance, one
correlation), ``diagonal``, or ``unstructured``. With :math:`P` the projection of restricted
likelihood and :math:`C = (X'M^{-1}X)^{-1}`, the derivative by G is

.. math:: \tfrac12 \sum_i Z_i'(M_i^{-1} r_i r_i' M_i^{-1} - M_i^{-1}
          + M_i^{-1}X_i C X_i'M_i^{-1})Z_i

(the last term under REML only). G is searched as LL' with L lower triangular, or as a standard
deviation and a correlation, so that it stays positive semidefinite. The log likelihoods have
metafor's constants: REML includes :math:`\tfrac12 \log|X'X|`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final, Literal

import numpy as np
from numpy.typing import NDArray
from scipy import optimize
from scipy.special import expit, logit

from bayes_alliance.algebra.blocks import Array
from bayes_alliance.algebra.correlation_matrices import lowest_common
from bayes_alliance.algebra.general import Group, group_by_size

__all__ = ["StructuredEstimate", "estimate_structured"]

Structure = Literal["cs", "diagonal", "unstructured"]
Method = Literal["ML", "REML"]

#: Starts of the search: shares of the variance of the effect sizes, and correlations.
STARTS: Final = ((0.5, 0.0), (0.1, 0.5), (0.5, 0.8))

#: Largest slope of the log likelihood per standardised parameter at a maximum.
SLOPE: Final = 1e-4


@dataclass(frozen=True, slots=True)
class StructuredEstimate:
    """A fit by ML or REML.

    Parameters
    ----------
    method : {"ML", "REML"}
        Which likelihood.
    beta : ndarray, shape (p,)
        Coefficients.
    covariance : ndarray, shape (p, p)
        Their model-based covariance.
    G : ndarray, shape (L, L)
        Covariance of a sample's effects.
    sigma2_effect : float
        Variance of effects of one scale and sample.
    log_likelihood : float
        With metafor's constants.
    converged : bool
        Whether the search ended where the likelihood is flat.
    """

    method: Method
    beta: Array
    covariance: Array
    G: Array
    sigma2_effect: float
    log_likelihood: float
    converged: bool

    @property
    def se(self) -> Array:
        """Standard errors of the coefficients, shape (p,)."""
        return np.sqrt(np.diag(self.covariance))

    @property
    def correlation(self) -> Array:
        """Correlations of a sample's effects, shape (L, L); NaN where a variance is 0."""
        with np.errstate(invalid="ignore", divide="ignore"):
            sd = np.sqrt(np.diag(self.G))
            return np.asarray(self.G / np.outer(sd, sd))


@dataclass(frozen=True, slots=True)
class _Problem:
    """Data in groups of equal size, and whether the likelihood is restricted."""

    y: Array
    X: Array
    groups: tuple[Group, ...]
    indicator: Array  # (k, L)
    restricted: bool


@dataclass(frozen=True, slots=True)
class _Value:
    """Log likelihood with its derivatives by G and by the variance of effects."""

    log_likelihood: float
    slope: Array
    by_effect: float
    beta: Array
    covariance: Array


def estimate_structured(
    *,
    y: Array,
    X: Array,
    starts: NDArray[np.intp],
    level: NDArray[np.intp],
    covariances: Sequence[Array],
    structure: Structure,
    method: Method = "REML",
    effect: bool = False,
) -> StructuredEstimate:
    """Estimate coefficients and the covariance of a sample's effects.

    Parameters
    ----------
    y : ndarray, shape (k,)
        Effect sizes, those of a sample contiguous.
    X : ndarray, shape (k, p)
        Design matrix of full rank.
    starts : ndarray of int, shape (S,)
        First effect of each sample.
    level : ndarray of int, shape (k,)
        Scale of each effect, 0 to L - 1.
    covariances : sequence of ndarray
        Sampling covariance V_i of each sample.
    structure : {"cs", "diagonal", "unstructured"}
        Of G.
    method : {"ML", "REML"}
        Which likelihood.
    effect : bool
        Whether effects of one scale and sample vary too (metafor's CS and UN leave this out).

    Returns
    -------
    StructuredEstimate
        The fit with the highest likelihood of three starts.

    Examples
    --------
    >>> import numpy as np
    >>> from bayes_alliance.engines.reml.structured import estimate_structured
    >>> fit = estimate_structured(
    ...     y=np.array([0.1, 0.3, 0.4, 0.7, -0.2, 0.1]), X=np.tile(np.eye(2), (3, 1)),
    ...     starts=np.array([0, 2, 4]), level=np.array([0, 1, 0, 1, 0, 1]),
    ...     covariances=[0.01 * np.eye(2)] * 3, structure="cs",
    ... )
    >>> round(float(fit.correlation[0, 1]), 2)
    1.0
    """
    sizes = np.diff(starts, append=len(y))
    zeros = [np.zeros_like(V) for V in covariances]
    problem = _Problem(
        y=y,
        X=X,
        groups=group_by_size(starts, sizes, fixed=covariances, pattern=zeros),
        indicator=np.eye(int(level.max()) + 1)[level],
        restricted=method == "REML",
    )
    size = problem.indicator.shape[1]
    unpack = _PARAMETRISATIONS[structure]
    scale = float(np.sqrt(np.var(y)))

    def objective(theta: Array) -> tuple[float, Array]:
        G, pull = unpack(theta[:-1], size)
        value = _evaluate(problem, G, theta[-1] ** 2 if effect else 0.0)
        last = 2 * theta[-1] * value.by_effect if effect else 0.0
        return -value.log_likelihood, -np.append(pull(value.slope), last)

    found = min(
        (
            optimize.minimize(
                objective,
                _start(structure, size, scale * np.sqrt(share), correlation),
                jac=True,
                method="BFGS",
                options={"gtol": 1e-7, "maxiter": 2_000},
            )
            for share, correlation in STARTS
        ),
        key=lambda result: float(result.fun),
    )
    G, _ = unpack(found.x[:-1], size)
    sigma2_effect = float(found.x[-1] ** 2) if effect else 0.0
    value = _evaluate(problem, G, sigma2_effect)
    flat = bool(np.abs(found.jac).max() * max(scale, 1.0) < SLOPE)
    return StructuredEstimate(
        method=method,
        beta=value.beta,
        covariance=value.covariance,
        G=G,
        sigma2_effect=sigma2_effect,
        log_likelihood=value.log_likelihood,
        converged=flat,
    )


def _start(structure: Structure, size: int, sd: float, correlation: float) -> Array:
    """Where a search starts; the last parameter is the standard deviation of effects."""
    if structure == "cs":
        low = lowest_common(size)
        return np.array([sd, logit((correlation - low) / (1 - low)), sd / 2])
    if structure == "diagonal":
        return np.append(np.full(size, sd), sd / 2)
    R = np.eye(size) + correlation * (1 - np.eye(size))
    return np.append(sd * np.linalg.cholesky(R)[np.tril_indices(size)], sd / 2)


def _from_triangle(theta: Array, size: int) -> tuple[Array, Callable[[Array], Array]]:
    below = np.tril_indices(size)
    L = np.zeros((size, size))
    L[below] = theta
    return L @ L.T, lambda slope: 2 * (slope @ L)[below]


def _from_diagonal(theta: Array, size: int) -> tuple[Array, Callable[[Array], Array]]:
    return np.diag(theta**2), lambda slope: 2 * theta * np.diag(slope)


def _from_common(theta: Array, size: int) -> tuple[Array, Callable[[Array], Array]]:
    low, share = lowest_common(size), float(expit(theta[1]))
    others = 1 - np.eye(size)
    R = np.eye(size) + (low + (1 - low) * share) * others
    by_theta = theta[0] ** 2 * (1 - low) * share * (1 - share)

    def pull(slope: Array) -> Array:
        return np.array([2 * theta[0] * (slope * R).sum(), by_theta * (slope * others).sum()])

    return theta[0] ** 2 * R, pull


_PARAMETRISATIONS: Final[
    dict[Structure, Callable[[Array, int], tuple[Array, Callable[[Array], Array]]]]
] = {"cs": _from_common, "diagonal": _from_diagonal, "unstructured": _from_triangle}


def _evaluate(problem: _Problem, G: Array, sigma2_effect: float) -> _Value:
    """Log likelihood and its derivatives; coefficients by generalised least squares."""
    y, X = problem.y, problem.X
    k, p = X.shape
    inverses, log_determinant = [], 0.0
    xx, xy = np.zeros((p, p)), np.zeros(p)
    for group in problem.groups:
        Z = problem.indicator[group.rows]
        M = group.fixed + Z @ G @ Z.swapaxes(-1, -2) + sigma2_effect * np.eye(Z.shape[1])
        inverse = np.linalg.inv(M)
        inverses.append(inverse)
        log_determinant += float(np.linalg.slogdet(M)[1].sum())
        weighted = inverse @ X[group.rows]
        xx += np.einsum("nmp,nmq->pq", X[group.rows], weighted)
        xy += np.einsum("nmp,nm->p", weighted, y[group.rows])
    covariance = np.linalg.inv(xx)
    beta = covariance @ xy
    residual = y - X @ beta
    slope, by_effect, quadratic = np.zeros_like(G), 0.0, 0.0
    for group, inverse in zip(problem.groups, inverses, strict=True):
        Z, r = problem.indicator[group.rows], residual[group.rows]
        solved = np.einsum("nij,nj->ni", inverse, r)
        quadratic += float((r * solved).sum())
        inner = solved[:, :, None] * solved[:, None, :] - inverse
        if problem.restricted:
            weighted = inverse @ X[group.rows]
            inner = inner + weighted @ covariance @ weighted.swapaxes(-1, -2)
        slope += 0.5 * np.einsum("nia,nij,njb->ab", Z, inner, Z, optimize=True)
        by_effect += 0.5 * float(np.trace(inner, axis1=-2, axis2=-1).sum())
    value = -0.5 * (log_determinant + quadratic + k * np.log(2 * np.pi))
    if problem.restricted:
        own, cross = np.linalg.slogdet(xx)[1], np.linalg.slogdet(X.T @ X)[1]
        value += 0.5 * (p * np.log(2 * np.pi) + cross - own)
    return _Value(float(value), slope, by_effect, beta, covariance)
