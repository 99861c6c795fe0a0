"""Compiled densities: priors of tau, and the data with the coefficients integrated out.

At a fixed tau_effect the data enter through a few sums a sample (`fill_column`); at each
tau_sample a sample then costs a division and a few additions (`log_joint`). Nothing here is larger
than the table, so time and memory are linear in the number of effects. All taus are standard
deviations.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from bayes_alliance.algebra.blocks import Array

__all__ = [
    "FAMILY_CODES",
    "IMPLIED",
    "TOTAL_AND_SHARE",
    "Column",
    "Problem",
    "fill_column",
    "log_joint",
    "log_prior",
    "new_column",
]

#: Families of priors on tau that the compiled density knows.
FAMILY_CODES = {
    "half_normal": 0,
    "half_cauchy": 1,
    "half_t": 2,
    "inverse_gamma": 3,
    "lognormal": 4,
    "uniform": 5,
    "exponential": 6,
    "lomax": 7,
    "beta": 8,
    "gamma": 9,
}

#: Codes of tau_sample and tau_effect where a total and a share are declared: the first carries the
#: joint prior (share a, b at 1, 2; the total's code and parameters from 6; last, the tau_effect at
#: which it is asked), the second nothing.
TOTAL_AND_SHARE, IMPLIED = 20, 21

LOG_2_PI = math.log(2 * math.pi)
#: A prior's end reaches this far beyond itself, relatively: the last node of a rule is the end up
#: to rounding, and a density of 0 there would leave an error of the order of the node's weight.
ROUNDING = 1e-12


class Problem(NamedTuple):
    """What stays fixed during a quadrature: k effects, S samples, p coefficients, q = p + 1.

    Parameters
    ----------
    eigenvalues, ones : ndarray, shape (k,)
        Of the rotated blocks.
    data : ndarray, shape (q, k)
        Rotated columns of X and, last, y.
    starts : ndarray of int, shape (S + 1,)
        First effect of each sample, and k.
    prior : ndarray, shape (p, p + 1)
        Prior precision of the coefficients and, last column, precision times prior mean.
    tau_sample, tau_effect : ndarray, shape (12,)
        Code of the prior's family, four parameters, and the c of tau = c sinh(v); the code is -1
        where tau is fixed at the first parameter. See `TOTAL_AND_SHARE` for the rest.
    constant : float
        What the log density has that does not depend on the taus.
    """

    eigenvalues: Array
    ones: Array
    data: Array
    starts: NDArray[np.intp]
    prior: Array
    tau_sample: Array
    tau_effect: Array
    constant: float


class Column(NamedTuple):
    """Sums over effects at one tau_effect, and room for results; E = q (q + 1) / 2.

    Few arrays, because the compiled code pays for each one it takes out of a record.

    Parameters
    ----------
    totals : ndarray, shape (E + 1,)
        Sums of D_a D_b / d over all effects (a >= b), D being the columns of X and y; last, the
        part of the log density that depends on tau_effect only.
    sums : ndarray, shape (E + 2, S)
        Products of each sample's sums of z D_a / d and z D_b / d; then its sum of z^2 / d; the last
        row is room for `log_joint`.
    out : ndarray, shape (p + 1, p + 1)
        From `log_joint`: lower Cholesky factor of the coefficients' conditional precision, and in
        the last column their conditional mean.
    """

    totals: Array
    sums: Array
    out: Array


@njit(cache=True)
def log_prior(prior: Array, tau: float) -> float:
    """Log density of a prior on tau.

    Parameters
    ----------
    prior : ndarray, shape (12,)
        One of `FAMILY_CODES` and up to four parameters in the order of the family.
    tau : float
        Standard deviation, at least 0.

    Returns
    -------
    float
        Log density; -inf outside the support.
    """
    code, a, b, c, d = int(prior[0]), prior[1], prior[2], prior[3], prior[4]
    if code == IMPLIED:
        return 0.0
    if code == TOTAL_AND_SHARE:
        return _log_total_and_share(prior, tau)
    return _log_family(code, a, b, c, d, tau)


@njit(cache=True)
def _log_total_and_share(prior: Array, tau: float) -> float:
    """Log density of both taus; the tau_effect at which it is asked stands in the last entry."""
    total = math.hypot(tau, prior[-1])
    if tau <= 0 or prior[-1] <= 0:
        return -math.inf
    share = (tau / total) ** 2
    of_total = _log_family(int(prior[6]), prior[7], prior[8], prior[9], prior[10], total)
    jacobian = math.log(2 * tau * prior[-1]) - 3 * math.log(total)
    return of_total + _log_beta(prior[1], prior[2], 0.0, 1.0, share) + jacobian


@njit(cache=True)
def _log_family(code: int, a: float, b: float, c: float, d: float, tau: float) -> float:
    """Log density of a family."""
    if code == 0:
        return 0.5 * math.log(2 / math.pi) - math.log(a) - 0.5 * (tau / a) ** 2
    if code == 1:
        return math.log(2 / math.pi) - math.log(a) - math.log1p((tau / a) ** 2)
    if code == 2:
        constant = math.lgamma((a + 1) / 2) - math.lgamma(a / 2) - 0.5 * math.log(a * math.pi)
        return math.log(2) + constant - math.log(b) - (a + 1) / 2 * math.log1p((tau / b) ** 2 / a)
    if code == 5:
        inside = a - ROUNDING * b <= tau <= b + ROUNDING * b
        return -math.log(b - a) if inside else -math.inf
    if code == 6:
        return -math.log(a) - tau / a
    if code == 7:
        return math.log(a / b) - (a + 1) * math.log1p(tau / b)
    if code == 8:
        return _log_beta(a, b, c, d, tau)
    if code == 9:
        return _log_gamma(a, b, c, tau)
    if tau <= 0:
        return -math.inf
    if code == 3:
        return a * math.log(b) - math.lgamma(a) - (a + 1) * math.log(tau) - b / tau
    return -math.log(tau * b) - 0.5 * LOG_2_PI - 0.5 * ((math.log(tau) - a) / b) ** 2


@njit(cache=True)
def _log_gamma(shape: float, rate: float, lower: float, tau: float) -> float:
    x = tau - lower
    if x < -ROUNDING * (abs(lower) + 1 / rate) or (x <= 0 and shape != 1.0):
        return -math.inf
    value = shape * math.log(rate) - math.lgamma(shape) - rate * x
    return value + (shape - 1.0) * math.log(x) if shape != 1.0 else value


@njit(cache=True)
def _log_beta(a: float, b: float, lower: float, upper: float, tau: float) -> float:
    width, slack = upper - lower, ROUNDING * upper
    if not lower - slack <= tau <= upper + slack:
        return -math.inf
    x = min(max((tau - lower) / width, 0.0), 1.0)
    if (x == 0.0 and a != 1.0) or (x == 1.0 and b != 1.0):
        return -math.inf
    value = math.lgamma(a + b) - math.lgamma(a) - math.lgamma(b) - math.log(width)
    if a != 1.0:
        value += (a - 1.0) * math.log(x)
    if b != 1.0:
        value += (b - 1.0) * math.log1p(-x)
    return value


@njit(cache=True)
def new_column(problem: Problem) -> Column:
    """Room for one column.

    Parameters
    ----------
    problem : Problem
        The data.

    Returns
    -------
    Column
        Not filled.
    """
    q = problem.data.shape[0]
    entries = q * (q + 1) // 2
    sums = np.zeros((entries + 2, len(problem.starts) - 1))
    return Column(np.zeros(entries + 1), sums, np.zeros((q, q)))


@njit(cache=True, error_model="numpy", fastmath={"contract", "reassoc", "nsz"})
def fill_column(tau_effect: float, problem: Problem, column: Column) -> None:
    """Sum over effects at a fixed tau_effect.

    Parameters
    ----------
    tau_effect : float
        Standard deviation of the effect level.
    problem : Problem
        The data.
    column : Column
        Its totals and sums are filled.
    """
    problem.tau_sample[-1] = tau_effect  # for a prior of both taus
    starts, eigenvalues, ones, data = (
        problem.starts,
        problem.eigenvalues,
        problem.ones,
        problem.data,
    )
    totals, sums = column.totals, column.sums
    q, entries = data.shape[0], len(totals) - 1
    te2 = tau_effect * tau_effect
    totals[:] = 0.0
    own = np.empty(q)
    log_d, product = 0.0, 1.0
    for i in range(len(starts) - 1):
        of_ones = 0.0
        own[:] = 0.0
        for j in range(starts[i], starts[i + 1]):
            d = eigenvalues[j] + te2
            product *= d  # one logarithm for many factors
            if product < 1e-200 or product > 1e200:
                log_d += math.log(product)
                product = 1.0
            inverse = 1.0 / d
            z = ones[j] * inverse
            of_ones += ones[j] * z
            at = 0
            for a in range(q):
                x = data[a, j]
                own[a] += z * x
                x *= inverse
                for b in range(a + 1):
                    totals[at] += x * data[b, j]
                    at += 1
        at = 0
        for a in range(q):
            for b in range(a + 1):
                sums[at, i] = own[a] * own[b]
                at += 1
        sums[entries, i] = of_ones
    totals[entries] = problem.constant - 0.5 * (log_d + math.log(product))


@njit(cache=True, error_model="numpy", fastmath={"contract", "reassoc", "nsz"})
def log_joint(tau_sample: float, totals: Array, sums: Array, prior: Array, out: Array) -> float:
    """Log density of the data at both taus, coefficients integrated out.

    Parameters
    ----------
    tau_sample : float
        Standard deviation of the sample level.
    totals, sums, out : ndarray
        Of the `Column` at the tau_effect; `out` is filled here.
    prior : ndarray, shape (p, p + 1)
        Of the `Problem`.

    Returns
    -------
    float
        log p(y | taus).
    """
    ts2 = tau_sample * tau_sample
    entries, samples, p = len(totals) - 1, sums.shape[1], len(prior)
    log_det = 0.0
    damping = sums[entries + 1]
    for i in range(samples):
        damping[i] = 1.0 / (1.0 + ts2 * sums[entries, i])
    product = 1.0
    for first in range(0, samples, 4):  # four factors cannot leave the range of numbers
        part = 1.0
        for i in range(first, min(first + 4, samples)):
            part *= damping[i]
        product *= part
        if product < 1e-120:
            log_det -= math.log(product)
            product = 1.0
    base = p * (p + 1) // 2  # the row of y
    explained, diagonal, at = 0.0, 1.0, 0
    for a in range(p + 1):
        for b in range(a + 1):
            value = 0.0
            for i in range(samples):
                value += sums[at, i] * damping[i]
            value = totals[at] - ts2 * value
            # Cholesky of the precision, row by row; the row of y solves for the mean on the way.
            if at < base:
                value += prior[a, b]
            elif b < p:
                value += prior[b, p]
            for c in range(b):
                value -= out[a, c] * out[b, c]
            if a < p and a == b:
                out[a, a] = math.sqrt(value)
                diagonal *= out[a, a]
            elif a == b:
                explained = value  # y'y less what the coefficients explain
            else:
                out[a, b] = value / out[b, b]
            at += 1
    for a in range(p - 1, -1, -1):
        value = out[p, a]
        for c in range(a + 1, p):
            value -= out[c, a] * out[c, p]
        out[a, p] = value / out[a, a]
    return totals[entries] - 0.5 * (log_det - math.log(product) + explained) - math.log(diagonal)
