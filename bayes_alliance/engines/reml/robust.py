r"""Cluster-robust covariance CR2 with the sample as cluster, Satterthwaite df and the HTZ test.

Pustejovsky and Tipton (2018), with the fitted :math:`M` as working model and :math:`M^{-1}` as
weights. With :math:`C = (X'M^{-1}X)^{-1}`, :math:`e_i` the residuals of sample i and
:math:`M_i = R_iR_i'` (Cholesky)

.. math::
   V^{CR2} = C\Bigl(\sum_i L_i'e_ie_i'L_i\Bigr)C, \quad L_i = A_iM_i^{-1}X_i, \quad
   A_i = R_iB_i^{+1/2}R_i', \quad B_i = R_i'(M_i - X_iCX_i')R_i,

where :math:`B_i^{+1/2}` is the symmetric root of the Moore-Penrose inverse: :math:`A_i` undoes what
fitting took off the residuals of sample i (their covariance is :math:`M_i - X_iCX_i'`).

For q contrasts :math:`H\beta` put :math:`G = CH'`, :math:`S_i = G'L_i'X_i` and
:math:`T_i = G'L_i'M_iL_iG`. The estimator is a sum of squared linear forms in y whose covariance
between samples i and j under the working model is :math:`P_{ij} = \delta_{ij}T_i - S_iCS_j'`, and

.. math::
   \Omega = \sum_i P_{ii}, \qquad
   df = \frac{\Omega^2}{\sum_{ij} P_{ij}^2} \;(q = 1), \qquad
   \eta = \frac{q(q + 1)}{\sum_{ij}\{(tr P_{ij})^2 + tr(P_{ij}P_{ij})\}},

the last (Zhang 2012) with contrasts scaled so that :math:`\Omega = I`; then
:math:`\frac{\eta - q + 1}{\eta q} b'H'(HV^{CR2}H')^{-1}Hb \sim F(q, \eta - q + 1)`.

Between samples only :math:`S_iCS_j'` remains, of rank p. With :math:`U_i = S_iC^{1/2}` all sums
over pairs are functions of the moments :math:`\sum_i U_{i,ab}U_{i,cd}`, an array of (qp)^2 numbers,
plus a correction on the diagonal: no S x S or k x k matrix is formed, and the cost is linear in the
number of samples.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import ArrayLike
from scipy import stats
from scipy.linalg import solve_triangular

from bayes_alliance.algebra.blocks import Array, RotatedBlocks
from bayes_alliance.engines.reml.estimate import RemlEstimate
from bayes_alliance.engines.reml.inverse import Inverse
from bayes_alliance.engines.reml.likelihood import reduce_blocks
from bayes_alliance.engines.reml.wald import CoefficientTests, JointTest, wald_tests
from bayes_alliance.errors import EngineError
from bayes_alliance.names import INTERVAL_PROBABILITY

__all__ = [
    "ClusterRobust",
    "adjustments",
    "cluster_robust",
    "htz_test",
    "robust_tests",
    "satterthwaite_df",
]

# Eigenvalues of B_i below this share of those of M_i^2, and variances below this share of those of
# the model, are zero: a residual that is always 0.
NO_RESIDUAL: Final = 1e-10

# Denominator degrees of freedom that are none, up to rounding.
NO_FREEDOM: Final = 1e-6


@dataclass(frozen=True, slots=True, eq=False)
class ClusterRobust:
    """CR2 covariance and what the degrees of freedom of any contrast need.

    Parameters
    ----------
    beta : ndarray, shape (p,)
        Coefficients.
    covariance : ndarray, shape (p, p)
        Their CR2 covariance.
    half : ndarray, shape (p, p)
        A factor N with N N' = (X'M^-1X)^-1.
    leverage : ndarray, shape (S, p, p)
        N'L_i'X_iN for each sample.
    spread : ndarray, shape (S, p, p)
        N'L_i'M_iL_iN for each sample.
    """

    beta: Array
    covariance: Array
    half: Array
    leverage: Array
    spread: Array

    def __post_init__(self) -> None:
        for name in self.__dataclass_fields__:
            getattr(self, name).setflags(write=False)

    @property
    def se(self) -> Array:
        """Robust standard errors of `beta`, shape (p,)."""
        return np.sqrt(np.diag(self.covariance))


def cluster_robust(blocks: RotatedBlocks, fit: RemlEstimate) -> ClusterRobust:
    """CR2 covariance of the coefficients, clustered by sample.

    Parameters
    ----------
    blocks : RotatedBlocks
        The data that were fitted.
    fit : RemlEstimate
        Their estimate.

    Returns
    -------
    ClusterRobust
        Covariance and moments.

    Raises
    ------
    EngineError
        If there is only one sample.

    Examples
    --------
    >>> import numpy as np
    >>> from bayes_alliance.algebra.blocks import rotate
    >>> from bayes_alliance.engines.reml.estimate import estimate
    >>> y = np.array([0.1, 0.3, 0.5, 0.2, 0.0, 0.6])
    >>> blocks = rotate(y=y, X=np.ones((6, 1)), variances=np.full(6, 0.01),
    ...                 starts=np.array([0, 2, 4]))
    >>> robust = cluster_robust(blocks, estimate(blocks))
    >>> robust.se.round(4), satterthwaite_df(robust).round(4)
    (array([0.0441]), array([2.]))
    """
    if len(blocks.starts) < 2:
        raise EngineError("one sample is no basis for standard errors that are robust by sample")
    reduced = reduce_blocks(blocks)
    data = reduced.blocks
    inverse = Inverse.at(data, fit.sigma2_sample, fit.sigma2_effect)
    WX = inverse.times(data.X.T)
    N = np.linalg.inv(np.linalg.cholesky(WX @ data.X)).T
    WXN, XN = WX.T @ N, data.X @ N
    residual = data.y - XN @ (WXN.T @ data.y)

    count, p = len(data.starts), data.X.shape[1]
    scores, leverage, spread = (np.empty((count, *shape)) for shape in ((p,), (p, p), (p, p)))
    for size in np.unique(data.sizes):
        members = np.flatnonzero(data.sizes == size)
        rows = data.starts[members][:, None] + np.arange(size)
        M = _covariances(data.eigenvalues[rows], data.ones[rows], fit)
        L = adjustments(M, XN[rows]) @ WXN[rows]
        scores[members] = np.einsum("smp,sm->sp", L, residual[rows])
        leverage[members] = L.swapaxes(-1, -2) @ XN[rows]
        spread[members] = L.swapaxes(-1, -2) @ M @ L
    half = np.asarray(solve_triangular(reduced.upper, N))
    robust = half @ scores.T
    return ClusterRobust(fit.beta, robust @ robust.T, half, leverage, spread)


def _covariances(eigenvalues: Array, ones: Array, fit: RemlEstimate) -> Array:
    """M_i in rotated coordinates, shape (n, m, m), of n samples of the same size."""
    size = eigenvalues.shape[1]
    diagonal = (eigenvalues + fit.sigma2_effect)[:, :, None] * np.eye(size)
    return np.asarray(diagonal + fit.sigma2_sample * ones[:, :, None] * ones[:, None, :])


def adjustments(M: Array, XN: Array) -> Array:
    """Adjustments A_i of residuals for what fitting took off them.

    Parameters
    ----------
    M : ndarray, shape (n, m, m)
        Covariances of n clusters of equal size.
    XN : ndarray, shape (n, m, p)
        X_iN with NN' = C.

    Returns
    -------
    ndarray, shape (n, m, m)
        See the head of the module.
    """
    R = np.linalg.cholesky(M)
    RX = R.swapaxes(-1, -2) @ XN
    RR = R.swapaxes(-1, -2) @ R
    values, vectors = np.linalg.eigh(RR @ RR - RX @ RX.swapaxes(-1, -2))
    largest = np.linalg.eigvalsh(RR)[:, -1:] ** 2
    seen = values > NO_RESIDUAL * largest
    roots = np.where(seen, np.where(seen, values, 1.0) ** -0.25, 0.0)
    turned = R @ (vectors * roots[:, None, :])
    return np.asarray(turned @ turned.swapaxes(-1, -2))


def _linear_forms(robust: ClusterRobust, contrasts: Array) -> tuple[Array, Array]:
    """U_i, shape (S, q, p), and T_i, shape (S, q, q), of q contrasts."""
    G = robust.half.T @ contrasts.T
    return G.T @ robust.leverage, G.T @ robust.spread @ G


def satterthwaite_df(robust: ClusterRobust, contrasts: ArrayLike | None = None) -> Array:
    """Satterthwaite degrees of freedom of single contrasts.

    Parameters
    ----------
    robust : ClusterRobust
        The covariance and its moments.
    contrasts : array_like, shape (q, p), optional
        One contrast a row; by default each coefficient.

    Returns
    -------
    ndarray, shape (q,)
        Degrees of freedom; NaN where the estimator is always 0.
    """
    p = len(robust.beta)
    rows = np.eye(p) if contrasts is None else np.atleast_2d(np.asarray(contrasts, float))
    G = robust.half.T @ rows.T
    U = np.swapaxes(robust.leverage, -1, -2) @ G  # (S, p, q)
    T = np.einsum("aq,sab,bq->sq", G, robust.spread, G)
    own = np.einsum("spq,spq->sq", U, U)
    pairs = np.einsum("spq,srq->qpr", U, U)
    total = (T - own).sum(0)
    squares = np.sum(pairs**2, axis=(1, 2)) + np.sum((T - own) ** 2 - own**2, axis=0)
    defined = total > NO_RESIDUAL * np.sum(G**2, axis=0)
    return np.where(defined, total**2 / np.where(defined, squares, 1.0), np.nan)


def robust_tests(
    robust: ClusterRobust,
    contrasts: ArrayLike | None = None,
    *,
    probability: float = INTERVAL_PROBABILITY,
) -> CoefficientTests:
    """Test contrasts against t with their Satterthwaite degrees of freedom.

    Parameters
    ----------
    robust : ClusterRobust
        The covariance and its moments.
    contrasts : array_like, shape (q, p), optional
        One contrast a row; by default each coefficient.
    probability : float
        Coverage of the intervals.

    Returns
    -------
    CoefficientTests
        Estimates, CR2 standard errors, df, p and limits, one a contrast.
    """
    rows = np.eye(len(robust.beta)) if contrasts is None else np.atleast_2d(contrasts)
    return wald_tests(
        robust.beta,
        robust.covariance,
        contrasts=rows,
        df=satterthwaite_df(robust, rows),
        probability=probability,
    )


def htz_test(robust: ClusterRobust, contrasts: ArrayLike) -> JointTest:
    """Approximate Hotelling T^2 test that several contrasts are all 0, with Zhang's df.

    Parameters
    ----------
    robust : ClusterRobust
        The covariance and its moments.
    contrasts : array_like, shape (q, p)
        Linearly independent contrasts, one a row.

    Returns
    -------
    JointTest
        F, its degrees of freedom and p; NaN where the data leave no denominator degrees of
        freedom.

    Raises
    ------
    EngineError
        If the contrasts repeat one another, or their robust covariance is singular (too few
        samples, or residuals that are always 0).
    """
    H = np.atleast_2d(np.asarray(contrasts, float))
    q = len(H)
    U, T = _linear_forms(robust, H)
    omega = (T - U @ U.swapaxes(-1, -2)).sum(0)
    covariance = H @ robust.covariance @ H.T
    model = H @ robust.half @ robust.half.T @ H.T
    scale = np.sqrt(np.outer(np.diag(model), np.diag(model)))
    if _rank(model / scale) < q:
        raise EngineError("the contrasts repeat one another")
    if _rank(omega / scale) < q or _rank(covariance / scale) < q:
        raise EngineError(f"the residuals of {len(T)} samples cannot test {q} contrasts together")
    whiten = np.linalg.inv(np.linalg.cholesky(omega))
    eta = q * (q + 1) / _total_variance(whiten @ U, whiten @ T @ whiten.T)
    b = H @ robust.beta
    statistic = float(b @ np.linalg.solve(covariance, b))
    df = eta - q + 1
    if df <= NO_FREEDOM:
        return JointTest(float("nan"), q, float(df), float("nan"))
    F = statistic * df / (eta * q)
    return JointTest(float(F), q, float(df), float(stats.f.sf(F, q, df)))


def _rank(matrix: Array) -> int:
    return int(np.linalg.matrix_rank(matrix, tol=NO_RESIDUAL, hermitian=True))


def _total_variance(U: Array, T: Array) -> float:
    """Sum over all pairs of samples of (tr P_ij)^2 + tr(P_ij P_ij)."""
    moments = np.tensordot(U, U, axes=(0, 0))  # (q, p, q, p)
    traces = np.sum(moments**2)
    squares = np.einsum("abcd,cbad->", moments, moments)
    R = U @ U.swapaxes(-1, -2)
    P = T - R

    def diagonal(block: Array) -> float:
        trace = np.trace(block, axis1=-2, axis2=-1)
        return float(np.sum(trace**2) + np.einsum("sab,sba->", block, block))

    return float(traces + squares) + diagonal(P) - diagonal(R)
