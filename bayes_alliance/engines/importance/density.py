r"""Compiled log density of the data at many hyperparameters, the coefficients integrated out.

.. math:: M_i = V_i(\rho) + \tau_{effect}^2 I + Z_i G Z_i', \quad
          A = P + \sum_i X_i'M_i^{-1}X_i, \quad \beta | y \sim N(A^{-1}b, A^{-1})

with P the prior precision of the coefficients and b = P m + sum X_i'M_i^-1 y_i. Then log p(y) is
-(k log 2 pi + sum log|M_i| + sum y_i'M_i^-1 y_i + m'Pm - b'A^-1 b + log|A| - log|P|) / 2.
tau_effect is a standard deviation, V and G are covariances. Every M_i is factorised by a Cholesky
written out here, row by row together with the forward solution of [X_i, y_i]: calls of a library
for such small matrices cost more than the work.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from bayes_alliance.algebra.blocks import Array
from bayes_alliance.algebra.scales import ScaleSamples
from bayes_alliance.names import RHO, TAU_EFFECT
from bayes_alliance.spec.design import Design

__all__ = ["Collapsed", "Problem", "collapsed", "problem_of"]


class Problem(NamedTuple):
    """What does not depend on the hyperparameters: k effects, S samples, p coefficients.

    Parameters
    ----------
    starts : ndarray of int, shape (S + 1,)
        First effect of each sample, and k.
    level : ndarray of int, shape (k,)
        Scale of each effect.
    data : ndarray, shape (k, p + 1)
        Columns of X and, last, y - X shift.
    fixed, pattern : ndarray, shape (sum of m_i (m_i + 1) / 2,)
        Lower triangles of F_i and P_i of V_i = F_i + rho P_i, row by row.
    prior : ndarray, shape (p, p + 1)
        Prior precision of the coefficients and, last column, precision times (prior mean - shift).
    shift : ndarray, shape (p,)
        Taken from the coefficients so that no digits are lost.
    constant : float
        What does not depend on the hyperparameters.
    """

    starts: NDArray[np.int64]
    level: NDArray[np.int64]
    data: Array
    fixed: Array
    pattern: Array
    prior: Array
    shift: Array
    constant: float


class Collapsed(NamedTuple):
    """The data and the coefficients at N vectors of hyperparameters.

    Parameters
    ----------
    log_density : ndarray, shape (N,)
        Log density of the data; -inf where a covariance is not positive definite.
    mean : ndarray, shape (N, p)
        Conditional means of the coefficients.
    factor : ndarray, shape (N, p, p)
        Lower Cholesky factors of their conditional precisions.
    """

    log_density: Array
    mean: Array
    factor: Array


def problem_of(design: Design, blocks: ScaleSamples) -> Problem:
    """Lay out a design for the compiled code.

    Parameters
    ----------
    design : Design
        The analysis.
    blocks : ScaleSamples
        Its data.

    Returns
    -------
    Problem
        Contiguous arrays.
    """
    precision = design.prior_precision()
    weighted = design.X / design.variances[:, None]
    shift = np.linalg.solve(
        design.X.T @ weighted + precision, weighted.T @ design.y + precision @ design.prior_mean
    )
    centre = design.prior_mean - shift
    # A flat prior has no constant, and no marginal likelihood is told.
    log_determinant = 0.0 if design.flat else np.linalg.slogdet(precision)[1]
    constant = log_determinant - centre @ precision @ centre
    return Problem(
        starts=np.append(blocks.starts, len(design.y)).astype(np.int64),
        level=blocks.level.astype(np.int64),
        data=np.ascontiguousarray(np.column_stack([design.X, design.y - design.X @ shift])),
        fixed=_packed(blocks.fixed),
        pattern=_packed(blocks.pattern),
        prior=np.ascontiguousarray(np.column_stack([precision, precision @ centre])),
        shift=shift,
        constant=float(0.5 * (constant - len(design.y) * math.log(2 * math.pi))),
    )


def _packed(matrices: tuple[Array, ...]) -> Array:
    return np.concatenate([np.asarray(V, float)[np.tril_indices(len(V))] for V in matrices])


def collapsed(problem: Problem, G: Array, parameters: Mapping[str, Array]) -> Collapsed:
    """Integrate the coefficients out at many hyperparameters.

    Parameters
    ----------
    problem : Problem
        The data.
    G : ndarray, shape (N, L, L)
        Covariances of the sample effects on the scales.
    parameters : mapping of str to ndarray, shape (N,)
        ``tau_effect`` (0 if absent) and ``rho`` (used where V depends on it).

    Returns
    -------
    Collapsed
        Log densities of the data and the conditionals of the coefficients.
    """
    size, p = len(G), problem.prior.shape[0]
    zeros = np.zeros(size)
    log_density, mean, factor = np.empty(size), np.empty((size, p)), np.empty((size, p, p))
    _fill(
        problem,
        np.ascontiguousarray(G),
        np.square(parameters.get(TAU_EFFECT, zeros)),
        np.ascontiguousarray(parameters.get(RHO, zeros)),
        log_density,
        mean,
        factor,
    )
    return Collapsed(log_density, mean + problem.shift, factor)


@njit(cache=True, error_model="numpy", fastmath={"contract", "reassoc", "nsz"})
def _fill(
    problem: Problem,
    G: Array,
    within: Array,
    rho: Array,
    log_density: Array,
    mean: Array,
    factor: Array,
) -> None:
    """Fill the three results for every vector of hyperparameters."""
    starts, level, data = problem.starts, problem.level, problem.data
    fixed, pattern, prior = problem.fixed, problem.pattern, problem.prior
    p = prior.shape[0]
    q = p + 1
    largest = 0
    for i in range(len(starts) - 1):
        largest = max(largest, starts[i + 1] - starts[i])
    L, Z = np.empty((largest, largest)), np.empty((largest, q))
    A = np.empty((q, q))
    for d in range(len(G)):
        for a in range(p):
            for b in range(a + 1):
                A[a, b] = prior[a, b]
            A[p, a] = prior[a, p]
        A[p, p] = 0.0
        total, product, good, at = 0.0, 1.0, True, 0
        for i in range(len(starts) - 1):
            first, size = starts[i], starts[i + 1] - starts[i]
            for r in range(size):
                own = level[first + r]
                for c in range(r + 1):
                    left = fixed[at] + rho[d] * pattern[at] + G[d, own, level[first + c]]
                    at += 1
                    if r == c:
                        left += within[d]
                    for e in range(c):
                        left -= L[r, e] * L[c, e]
                    # The diagonal holds reciprocals: a product is cheaper than a division.
                    if r == c:
                        good = good and left > 0.0
                        product *= left
                        L[r, r] = 1.0 / math.sqrt(left)
                    else:
                        L[r, c] = left * L[c, c]
                for a in range(q):
                    value = data[first + r, a]
                    for e in range(r):
                        value -= L[r, e] * Z[e, a]
                    Z[r, a] = value * L[r, r]
                for a in range(q):
                    for b in range(a + 1):
                        A[a, b] += Z[r, a] * Z[r, b]
                if product < 1e-200 or product > 1e200:
                    total += math.log(product)
                    product = 1.0
        total += math.log(product)
        if not good:
            log_density[d] = -math.inf
            mean[d] = 0.0
            factor[d] = np.eye(p)
            continue
        log_density[d] = problem.constant - 0.5 * total + _coefficients(A, mean[d], factor[d])


@njit(cache=True, error_model="numpy", fastmath={"contract", "reassoc", "nsz"})
def _coefficients(A: Array, mean: Array, factor: Array) -> float:
    """Factorise A, solve for the mean; -(y'M^-1 y - b'A^-1 b + log|A|) / 2."""
    p = len(mean)
    value: float = A[p, p]
    for a in range(p):
        for b in range(a + 1):
            left = A[a, b]
            for e in range(b):
                left -= factor[a, e] * factor[b, e]
            factor[a, b] = math.sqrt(left) if a == b else left / factor[b, b]
        for b in range(a + 1, p):
            factor[a, b] = 0.0
        left = A[p, a]
        for e in range(a):
            left -= factor[a, e] * mean[e]
        mean[a] = left / factor[a, a]
        value += 2.0 * math.log(factor[a, a]) - mean[a] ** 2
    for a in range(p - 1, -1, -1):
        for e in range(a + 1, p):
            mean[a] -= factor[e, a] * mean[e]
        mean[a] /= factor[a, a]
    return -0.5 * value
