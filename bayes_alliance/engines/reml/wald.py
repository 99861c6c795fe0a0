"""Wald tests and intervals of coefficients, against z or t.

With t the degrees of freedom are residual (k - p), or by containment as in metafor's
``dfs="contain"``: a coefficient whose column is constant within every sample is informed by the S
samples and has S - p of them, any other k - p (Pinheiro & Bates 2000, section 2.4, in its simplest
form).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike
from scipy import stats

from bayes_alliance.algebra.blocks import Array, RotatedBlocks
from bayes_alliance.errors import EngineError
from bayes_alliance.names import INTERVAL_PROBABILITY

__all__ = [
    "CoefficientTests",
    "JointTest",
    "degrees_of_freedom",
    "effect_of_prior",
    "joint_wald_test",
    "wald_tests",
]


@dataclass(frozen=True, slots=True, eq=False)
class CoefficientTests:
    """Tests of q coefficients or contrasts, on the scale of the effect sizes (z for correlations).

    Parameters
    ----------
    estimate, se : ndarray, shape (q,)
        Estimates and standard errors.
    statistic : ndarray, shape (q,)
        Their ratio.
    df : ndarray, shape (q,)
        Degrees of freedom of t; infinite for z.
    p : ndarray, shape (q,)
        Two-sided p values.
    lower, upper : ndarray, shape (q,)
        Limits of the interval.
    """

    estimate: Array
    se: Array
    statistic: Array
    df: Array
    p: Array
    lower: Array
    upper: Array

    def __post_init__(self) -> None:
        for name in self.__dataclass_fields__:
            getattr(self, name).setflags(write=False)


@dataclass(frozen=True, slots=True)
class JointTest:
    """Test that several contrasts are all 0.

    Parameters
    ----------
    F : float
        Statistic, divided by the numerator degrees of freedom.
    df_numerator : int
        Number of contrasts.
    df_denominator : float
        Denominator degrees of freedom; infinite for chi^2.
    p : float
        p value.
    """

    F: float
    df_numerator: int
    df_denominator: float
    p: float


def degrees_of_freedom(
    blocks: RotatedBlocks, kind: Literal["residual", "contain"] = "residual"
) -> Array:
    """Degrees of freedom of the t test of each coefficient.

    Parameters
    ----------
    blocks : RotatedBlocks
        The data.
    kind : {"residual", "contain"}
        k - p for all, or S - p for columns that are constant within samples.

    Returns
    -------
    ndarray, shape (p,)
        Degrees of freedom; NaN where none are left.
    """
    k, p = blocks.X.shape
    df = np.full(p, float(k - p))
    if kind == "contain":
        X = blocks.back(blocks.X.T)
        first = np.repeat(X[:, blocks.starts], blocks.sizes, axis=-1)
        # The rotation is undone only up to rounding.
        constant = np.all(np.abs(X - first) <= 1e-9 * (1 + np.abs(X)), axis=1)
        df[constant] = float(len(blocks.starts) - p)
    return np.where(df > 0, df, np.nan)


def wald_tests(
    beta: Array,
    covariance: Array,
    *,
    contrasts: ArrayLike | None = None,
    df: ArrayLike = np.inf,
    probability: float = INTERVAL_PROBABILITY,
) -> CoefficientTests:
    """Wald tests of coefficients or contrasts.

    Parameters
    ----------
    beta : ndarray, shape (p,)
        Coefficients.
    covariance : ndarray, shape (p, p)
        Their covariance.
    contrasts : array_like, shape (q, p), optional
        One contrast a row; by default each coefficient.
    df : array_like, shape (q,) or a number
        Degrees of freedom of t; infinite: z. NaN: no test.
    probability : float
        Coverage of the intervals.

    Returns
    -------
    CoefficientTests
        Statistic, p and limits.

    Examples
    --------
    >>> import numpy as np
    >>> wald_tests(np.array([0.2]), np.array([[0.01]])).p.round(4)
    array([0.0455])
    """
    H = np.eye(len(beta)) if contrasts is None else np.atleast_2d(np.asarray(contrasts, float))
    freedom = np.broadcast_to(np.asarray(df, float), len(H)).copy()
    found, se = H @ beta, np.sqrt(np.einsum("qa,ab,qb->q", H, covariance, H))
    positive = se > 0
    ratio = np.where(positive, found / np.where(positive, se, 1.0), np.nan)
    reach = stats.t.ppf((1 + probability) / 2, freedom) * se
    return CoefficientTests(
        estimate=found,
        se=se,
        statistic=ratio,
        df=freedom,
        p=2 * stats.t.sf(np.abs(ratio), freedom),
        lower=found - reach,
        upper=found + reach,
    )


def joint_wald_test(
    beta: Array, covariance: Array, contrasts: ArrayLike, *, df: float = np.inf
) -> JointTest:
    """Wald test that several contrasts are all 0.

    Parameters
    ----------
    beta : ndarray, shape (p,)
        Coefficients.
    covariance : ndarray, shape (p, p)
        Their covariance.
    contrasts : array_like, shape (q, p)
        Linearly independent contrasts, one a row.
    df : float
        Denominator degrees of freedom; infinite: F times q is chi^2.

    Returns
    -------
    JointTest
        The test; for the omnibus test of metafor take the rows of the identity matrix but the
        intercept's, and the smallest df of the coefficients in it.

    Raises
    ------
    EngineError
        If the contrasts repeat one another.
    """
    H = np.atleast_2d(np.asarray(contrasts, float))
    q, b, spread = len(H), H @ beta, H @ covariance @ H.T
    scale = np.sqrt(np.diag(spread))
    correlation = spread / np.outer(scale, scale)
    if np.linalg.matrix_rank(correlation, hermitian=True) < q:
        raise EngineError("the contrasts repeat one another")
    F = float(b / scale @ np.linalg.solve(correlation, b / scale)) / q
    p = stats.chi2.sf(F * q, q) if np.isinf(df) else stats.f.sf(F, q, df)
    return JointTest(F, q, float(df), float(p))


def effect_of_prior(
    beta: Array, covariance: Array, contrasts: Array, *, mean: Array, precision: Array
) -> tuple[Array, Array]:
    """What the prior of the coefficients does to contrasts, given the variances.

    Normal likelihood times normal prior.

    Parameters
    ----------
    beta : ndarray, shape (p,)
        Estimates.
    covariance : ndarray, shape (p, p)
        Their covariance.
    contrasts : ndarray, shape (q, p)
        Weights, one row a contrast.
    mean : ndarray, shape (p,)
        Prior mean.
    precision : ndarray, shape (p, p)
        Inverse of the prior covariance; 0 where the prior is flat.

    Returns
    -------
    shift, spread : ndarray, shape (q,)
        How far each contrast moves, and its standard deviation afterwards.
    """
    left = np.linalg.inv(np.linalg.inv(covariance) + precision)
    shift = -left @ precision @ (beta - mean)
    spread = np.einsum("qa,ab,qb->q", contrasts, left, contrasts)
    return contrasts @ shift, np.sqrt(np.maximum(spread, 0.0))
