r"""The profile log likelihood of the two variances, with exact derivatives.

Here :math:`\sigma_s^2` and :math:`\sigma_e^2` are variances (the squares of tau_sample and
tau_effect), :math:`M = V + \sigma_s^2 ZZ' + \sigma_e^2 I`, :math:`Z` the indicator of samples,
:math:`C = (X'M^{-1}X)^{-1}` and :math:`P = M^{-1} - M^{-1}XCX'M^{-1}`. With beta profiled out

.. math::
   \ell_{ML} &= -\tfrac12\{k\log 2\pi + \log|M| + y'Py\} \\
   \ell_{REML} &= -\tfrac12\{(k-p)\log 2\pi + \log|M| + \log|X'M^{-1}X| - \log|X'X| + y'Py\}.

The term log|X'X| makes the restricted likelihood independent of how X is coded (Harville 1977);
metafor includes it as well. With :math:`G_s = ZZ'`, :math:`G_e = I` and K = P for REML, K =
:math:`M^{-1}` for ML (Harville 1977; Searle, Casella & McCulloch 1992, section 6.6)

.. math::
   \partial\ell/\partial\sigma_i^2 &= \tfrac12\{y'PG_iPy - tr(KG_i)\} \\
   \partial^2\ell/\partial\sigma_i^2\partial\sigma_j^2
       &= \tfrac12 tr(KG_iKG_j) - y'PG_iPG_jPy.

Everything is computed in rotated coordinates, where M is diagonal plus rank one in each sample, in
time linear in the number of effects.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from scipy.linalg import solve_triangular

from bayes_alliance.algebra.blocks import Array, RotatedBlocks, sum_by_sample
from bayes_alliance.algebra.normal import least_squares
from bayes_alliance.engines.reml.inverse import Inverse
from bayes_alliance.errors import EngineError

__all__ = ["Expansion", "ReducedBlocks", "expand", "reduce_blocks"]

LOG_2_PI = float(np.log(2 * np.pi))

# Below this ratio of singular values (columns scaled to length one) a column repeats the others.
RANK_TOLERANCE = 1e-10


@dataclass(frozen=True, slots=True)
class ReducedBlocks:
    """The same data with an orthonormal design and the least-squares fit taken off.

    Estimates of the variances do not depend on either, and a year of 2004 in X or a large mean in
    y then costs no digits.

    Parameters
    ----------
    blocks : RotatedBlocks
        X orthonormal (k, p), y the residuals of ordinary least squares (k,).
    upper : ndarray, shape (p, p)
        R of X = QR.
    center : ndarray, shape (p,)
        Q'y, what was taken off in the coordinates of Q.
    """

    blocks: RotatedBlocks
    upper: Array
    center: Array

    def coefficients(self, reduced: Array, spread: Array) -> tuple[Array, Array]:
        """Bring coefficients of the reduced problem back to those of X.

        Parameters
        ----------
        reduced : ndarray, shape (p,)
            Coefficients of Q.
        spread : ndarray, shape (p, p)
            Their covariance.

        Returns
        -------
        beta : ndarray, shape (p,)
            Coefficients of X.
        covariance : ndarray, shape (p, p)
            Their covariance.
        """
        beta = solve_triangular(self.upper, self.center + reduced)
        half = solve_triangular(self.upper, np.linalg.cholesky(spread))
        return np.asarray(beta), np.asarray(half @ half.T)


def reduce_blocks(blocks: RotatedBlocks) -> ReducedBlocks:
    """Orthonormalise X and take the least-squares fit off y.

    Parameters
    ----------
    blocks : RotatedBlocks
        The data, rotated by sample.

    Returns
    -------
    ReducedBlocks
        A problem with the same variances and better numbers.

    Raises
    ------
    EngineError
        If X has no more rows than columns, or a column that repeats the others.
    """
    k, p = blocks.X.shape
    if k <= p:
        raise EngineError(f"{k} effect sizes cannot carry {p} coefficients and their variances")
    lengths = np.linalg.norm(blocks.X, axis=0)
    singular = np.linalg.svd(blocks.X / np.where(lengths > 0, lengths, 1), compute_uv=False)
    if singular[-1] <= RANK_TOLERANCE * singular[0]:
        raise EngineError("a column of the design matrix is a combination of the others")
    q, upper = np.linalg.qr(blocks.X)
    center = q.T @ blocks.y
    return ReducedBlocks(replace(blocks, X=q, y=blocks.y - q @ center), upper, center)


@dataclass(frozen=True, slots=True)
class Expansion:
    """The profile log likelihood around one pair of variances (order: sample, effect).

    Parameters
    ----------
    value : float
        Log likelihood.
    score : ndarray, shape (2,)
        First derivatives with respect to the variances.
    hessian : ndarray, shape (2, 2)
        Second derivatives.
    information : ndarray, shape (2, 2)
        Expected information, tr(K G_i K G_j) / 2.
    """

    value: float
    score: Array
    hessian: Array
    information: Array


def _restrict(
    traces: tuple[Array, Array], inverse: Inverse, A: Array, C: Array
) -> tuple[Array, Array]:
    """Turn traces of M^-1 into traces of P = M^-1 - A'CA, A = X'M^-1 of shape (p, k)."""
    first, second = traces
    B, MA = inverse.gather(A), inverse.times(A)
    E = inverse.gather(MA)
    aa, bb = A @ A.T, B @ B.T
    # Z'M^-1Z is diagonal, because M is block diagonal.
    diagonal = sum_by_sample(inverse.ones**2 * inverse.precision, inverse.starts) / inverse.damping
    off_first = np.array([np.trace(C @ bb), np.trace(C @ aa)])
    sample = -2 * np.trace(C @ (B * diagonal) @ B.T) + np.trace(C @ bb @ C @ bb)
    effect = -2 * np.trace(C @ A @ MA.T) + np.trace(C @ aa @ C @ aa)
    both = -2 * np.trace(C @ B @ E.T) + np.trace(C @ aa @ C @ bb)
    return first - off_first, second + np.array([[sample, both], [both, effect]])


def expand(
    blocks: RotatedBlocks, sigma2_sample: float, sigma2_effect: float, *, restricted: bool
) -> Expansion:
    """Log likelihood, score, Hessian and expected information at one pair of variances.

    Parameters
    ----------
    blocks : RotatedBlocks
        The blocks of a `ReducedBlocks` (X orthonormal, so that log|X'X| is 0).
    sigma2_sample, sigma2_effect : float
        Variances of the two levels.
    restricted : bool
        REML if true, else ML.

    Returns
    -------
    Expansion
        Value and derivatives; the formulas stand at the head of the module.
    """
    k, p = blocks.X.shape
    fit = least_squares(
        blocks, tau_sample=np.sqrt(sigma2_sample), tau_effect=np.sqrt(sigma2_effect)
    )
    C = np.linalg.inv(fit.xx)
    quadratic = float(fit.yy - fit.xy @ C @ fit.xy)
    determinants = float(fit.log_determinant)
    inverse = Inverse.at(blocks, sigma2_sample, sigma2_effect)
    A = inverse.times(blocks.X.T)
    traces = inverse.traces()
    if restricted:
        determinants += float(np.linalg.slogdet(fit.xx)[1])
        traces = _restrict(traces, inverse, A, C)
    count = k - p if restricted else k

    Py = inverse.times(blocks.y[None, :])[0] - (C @ fit.xy) @ A
    ZPy = inverse.gather(Py[None, :])[0]
    # Rows: G_s P y and G_e P y.
    GPy = np.vstack([blocks.ones * inverse.spread(ZPy), Py])
    PGPy = inverse.times(GPy) - (GPy @ A.T) @ C @ A
    first, second = traces
    return Expansion(
        value=-0.5 * (count * LOG_2_PI + determinants + quadratic),
        score=0.5 * (np.array([ZPy @ ZPy, Py @ Py]) - first),
        hessian=0.5 * second - GPy @ PGPy.T,
        information=0.5 * second,
    )
