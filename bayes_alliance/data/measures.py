"""Effect sizes and their sampling variances as array functions.

The analysis scale of a correlation is Fisher's z = atanh(r); `v` is always a sampling *variance*
(never a standard error), on z unless the name says r. All functions take numbers or arrays that
broadcast, and check nothing: what they need is checked where the table is read.

References
----------
.. [1] Fisher, R. A. (1921). On the "probable error" of a coefficient of correlation deduced from a
   small sample. Metron, 1, 3-32.
.. [2] Fisher, R. A. (1924). The distribution of the partial correlation coefficient. Metron, 3,
   329-332.
.. [3] Hotelling, H. (1953). New light on the correlation coefficient and its transforms. Journal
   of the Royal Statistical Society B, 15, 193-232.
.. [4] Fieller, E. C., Hartley, H. O., & Pearson, E. S. (1957). Tests for rank correlation
   coefficients. I. Biometrika, 44, 470-481.
.. [5] Hedges, L. V., & Olkin, I. (1985). Statistical methods for meta-analysis. Academic Press.
.. [6] Borenstein, M., Hedges, L. V., Higgins, J. P. T., & Rothstein, H. R. (2009). Introduction to
   meta-analysis. Wiley.
"""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt

__all__ = [
    "SPEARMAN_FACTOR",
    "fisher_z",
    "r_from_chi2",
    "r_from_d",
    "r_from_f",
    "r_from_t",
    "r_from_z",
    "r_variance",
    "r_variance_from_z",
    "z_correction",
    "z_variance",
    "z_variance_from_d",
]

FloatArray = npt.NDArray[np.float64]

#: Variance of Spearman's rho on z relative to Pearson's r with the same n (reference 4).
SPEARMAN_FACTOR: Final = 1.06


def _array(value: npt.ArrayLike) -> FloatArray:
    return np.asarray(value, dtype=np.float64)


def fisher_z(r: npt.ArrayLike) -> FloatArray:
    """Fisher's z of a correlation, z = atanh(r) (reference 1).

    Parameters
    ----------
    r : array_like
        Correlations, -1 < r < 1.

    Returns
    -------
    numpy.ndarray
        z, in the shape of `r`.

    Examples
    --------
    >>> round(float(fisher_z(0.5)), 4)
    0.5493
    """
    return np.arctanh(_array(r))


def r_from_z(z: npt.ArrayLike) -> FloatArray:
    """The correlation of a Fisher's z, r = tanh(z) (reference 1).

    Parameters
    ----------
    z : array_like
        Fisher's z.

    Returns
    -------
    numpy.ndarray
        r, in the shape of `z`.

    Examples
    --------
    >>> round(float(r_from_z(0.5493)), 4)
    0.5
    """
    return np.tanh(_array(z))


def z_correction(r: npt.ArrayLike, n: npt.ArrayLike, covariates: npt.ArrayLike = 0) -> FloatArray:
    """The small-sample bias of z, r / (2 (n - 1)), to be subtracted from it (references 3 and 5).

    Parameters
    ----------
    r : array_like
        Correlations.
    n : array_like
        Participants.
    covariates : array_like
        Covariates partialled out; each costs one participant (reference 2).

    Returns
    -------
    numpy.ndarray
        The bias, on z.

    Examples
    --------
    >>> float(z_correction(0.5, 26))
    0.01
    """
    return _array(r) / (2.0 * (_array(n) - _array(covariates) - 1.0))


def z_variance(
    n: npt.ArrayLike, covariates: npt.ArrayLike = 0, *, spearman: npt.ArrayLike = False
) -> FloatArray:
    """Sampling variance of z: 1 / (n - 3 - covariates), for Spearman's rho times 1.06.

    References 1 (Pearson), 2 (partial) and 4 (Spearman) of this module. A correlation converted
    from t or F has df = n - 2 - covariates, hence the same variance, 1 / (df - 1).

    Parameters
    ----------
    n : array_like
        Participants.
    covariates : array_like
        Covariates partialled out.
    spearman : array_like of bool
        Whether the correlation is Spearman's rho.

    Returns
    -------
    numpy.ndarray
        v, on z.

    Examples
    --------
    >>> float(z_variance(103)), float(z_variance(107, 4)), float(z_variance(103, spearman=True))
    (0.01, 0.01, 0.0106)
    """
    factor = np.where(np.asarray(spearman, dtype=bool), SPEARMAN_FACTOR, 1.0)
    return _array(factor / (_array(n) - 3.0 - _array(covariates)))


def r_variance(r: npt.ArrayLike, n: npt.ArrayLike, covariates: npt.ArrayLike = 0) -> FloatArray:
    """Sampling variance of a raw correlation, (1 - r^2)^2 / (n - 1 - covariates).

    For sensitivity analyses only: it depends on r itself, so that weights by it favour large
    correlations. The formula is the large-sample one of Hedges and Olkin (1985, reference 5), with
    n lowered by the covariates as for z (reference 2).

    Parameters
    ----------
    r : array_like
        Correlations.
    n : array_like
        Participants.
    covariates : array_like
        Covariates partialled out.

    Returns
    -------
    numpy.ndarray
        v, on r.

    Examples
    --------
    >>> float(r_variance(0.0, 101))
    0.01
    """
    return _array(np.square(1.0 - np.square(_array(r))) / (_array(n) - 1.0 - _array(covariates)))


def r_variance_from_z(v: npt.ArrayLike, r: npt.ArrayLike) -> FloatArray:
    """Sampling variance on r of one on z by the delta method, v (1 - r^2)^2.

    Parameters
    ----------
    v : array_like
        Sampling variances on z.
    r : array_like
        Correlations.

    Returns
    -------
    numpy.ndarray
        v, on r.

    Examples
    --------
    >>> float(r_variance_from_z(0.01, 0.0))
    0.01
    """
    return _array(_array(v) * np.square(1.0 - np.square(_array(r))))


def r_from_t(t: npt.ArrayLike, df: npt.ArrayLike) -> FloatArray:
    """The (partial) correlation behind a t statistic, t / sqrt(t^2 + df) (reference 5).

    Parameters
    ----------
    t : array_like
        t statistics of one coefficient or of a difference between two groups.
    df : array_like
        Their residual degrees of freedom.

    Returns
    -------
    numpy.ndarray
        r, with the sign of t.

    Examples
    --------
    >>> float(r_from_t(3.0, 16))
    0.6
    """
    t = _array(t)
    return _array(t / np.sqrt(np.square(t) + _array(df)))


def r_from_f(F: npt.ArrayLike, df: npt.ArrayLike) -> FloatArray:
    """The size of the correlation behind F(1, df), sqrt(F / (F + df)) (reference 5).

    Parameters
    ----------
    F : array_like
        F statistics with one numerator degree of freedom.
    df : array_like
        Their denominator degrees of freedom.

    Returns
    -------
    numpy.ndarray
        |r|: F has lost the sign.

    Examples
    --------
    >>> float(r_from_f(9.0, 16))
    0.6
    """
    return r_from_t(np.sqrt(_array(F)), df)


def r_from_d(d: npt.ArrayLike, n1: npt.ArrayLike, n2: npt.ArrayLike) -> FloatArray:
    """The correlation behind a standardised mean difference (reference 6, chapter 7).

    r = d / sqrt(d^2 + a) with a = (n1 + n2)^2 / (n1 n2).

    Parameters
    ----------
    d : array_like
        Standardised mean differences.
    n1, n2 : array_like
        Participants of the two groups.

    Returns
    -------
    numpy.ndarray
        r, with the sign of d.

    Examples
    --------
    >>> float(r_from_d(1.5, 50, 50))
    0.6
    """
    d = _array(d)
    return _array(d / np.sqrt(np.square(d) + _d_factor(n1, n2)))


def z_variance_from_d(d: npt.ArrayLike, n1: npt.ArrayLike, n2: npt.ArrayLike) -> FloatArray:
    """Sampling variance on z of a correlation converted from d, by the delta method.

    v_d / (d^2 + a) with v_d = (n1 + n2) / (n1 n2) + d^2 / (2 (n1 + n2)): the variance on r of
    reference 6 (chapter 7), a^2 v_d / (d^2 + a)^3, divided by (1 - r^2)^2.

    Parameters
    ----------
    d : array_like
        Standardised mean differences.
    n1, n2 : array_like
        Participants of the two groups.

    Returns
    -------
    numpy.ndarray
        v, on z.

    Examples
    --------
    >>> float(z_variance_from_d(0.0, 50, 50))
    0.01
    """
    d, n1, n2 = _array(d), _array(n1), _array(n2)
    v_d = (n1 + n2) / (n1 * n2) + np.square(d) / (2.0 * (n1 + n2))
    return _array(v_d / (np.square(d) + _d_factor(n1, n2)))


def _d_factor(n1: npt.ArrayLike, n2: npt.ArrayLike) -> FloatArray:
    n1, n2 = _array(n1), _array(n2)
    return _array(np.square(n1 + n2) / (n1 * n2))


def r_from_chi2(chi2: npt.ArrayLike, n: npt.ArrayLike) -> FloatArray:
    """The size of the correlation (phi) behind a chi squared with one df, sqrt(chi2 / n).

    Parameters
    ----------
    chi2 : array_like
        Chi squared statistics of 2 x 2 tables, without continuity correction.
    n : array_like
        Participants.

    Returns
    -------
    numpy.ndarray
        |r|: chi squared has lost the sign.

    Examples
    --------
    >>> float(r_from_chi2(9.0, 25))
    0.6
    """
    return _array(np.sqrt(_array(chi2) / _array(n)))
