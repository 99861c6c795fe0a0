r"""Sampling covariance of two correlations that were computed from the same people.

For variables j, k and h, m the asymptotic covariance of two sample correlations is

.. math:: n\,cov(r_{jk}, r_{hm}) \to \psi = \rho_{jh}\rho_{km} + \rho_{jm}\rho_{kh}
   + \tfrac12\rho_{jk}\rho_{hm}(\rho_{jh}^2 + \rho_{jm}^2 + \rho_{kh}^2 + \rho_{km}^2)
   - \rho_{jk}(\rho_{jh}\rho_{jm} + \rho_{kh}\rho_{km})
   - \rho_{hm}(\rho_{jh}\rho_{kh} + \rho_{jm}\rho_{km})

(Pearson & Filon 1898; Olkin & Siotani 1976; Steiger 1980, equation 1). With :math:`\psi = (1 -
\rho^2)^2` for a correlation with itself, :math:`c = \psi / ((1 - \rho_{jk}^2)(1 - \rho_{hm}^2))`
is the *correlation* of the two errors, on r and on Fisher's z alike (the transformation is
monotone, and asymptotically linear). Covariances follow as :math:`c\sqrt{v_1 v_2}`: with v = 1 /
(n - 3) on z, and (1 - r^2)^2 / (n - 1) on r, they are those of metafor's ``rcalc``.

All functions take arrays that broadcast against one another.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from bayes_alliance.algebra.blocks import Array

__all__ = ["correlation_of_errors", "overlap_factor", "shared_correlation_of_errors"]


def correlation_of_errors(
    *,
    r_jk: ArrayLike,
    r_hm: ArrayLike,
    r_jh: ArrayLike,
    r_km: ArrayLike,
    r_jm: ArrayLike,
    r_kh: ArrayLike,
) -> Array:
    """Correlation of the sampling errors of r_jk and r_hm, computed from the same people.

    Parameters
    ----------
    r_jk, r_hm : array_like
        The two correlations, strictly between -1 and 1.
    r_jh, r_km, r_jm, r_kh : array_like
        Correlations between a variable of the first and one of the second; 1 where it is the same.

    Returns
    -------
    ndarray
        The correlation, the same on r and on z (Olkin & Siotani 1976; Steiger 1980).

    Examples
    --------
    >>> from bayes_alliance.algebra.correlations import correlation_of_errors
    >>> c = correlation_of_errors(r_jk=0.21, r_hm=0.21, r_jh=0.7, r_km=1.0, r_jm=0.21, r_kh=0.21)
    >>> round(float(c), 4)
    0.6883
    """
    jk, hm, jh, km, jm, kh = (
        np.asarray(r, dtype=np.float64) for r in (r_jk, r_hm, r_jh, r_km, r_jm, r_kh)
    )
    psi = (
        jh * km
        + jm * kh
        + jk * hm * (jh**2 + jm**2 + kh**2 + km**2) / 2
        - jk * (jh * jm + kh * km)
        - hm * (jh * kh + jm * km)
    )
    return np.asarray(psi / ((1 - jk**2) * (1 - hm**2)))


def shared_correlation_of_errors(*, r_1: ArrayLike, r_2: ArrayLike, r_12: ArrayLike) -> Array:
    """Correlation of the errors of two correlations with one variable in common.

    Parameters
    ----------
    r_1, r_2 : array_like
        Correlations of two variables with the third.
    r_12 : array_like
        Correlation of these two variables with one another.

    Returns
    -------
    ndarray
        The correlation, the same on r and on z (Olkin & Siotani 1976).

    Examples
    --------
    >>> from bayes_alliance.algebra.correlations import shared_correlation_of_errors
    >>> float(shared_correlation_of_errors(r_1=0.5, r_2=0.5, r_12=0.7).round(3))
    0.62
    """
    return correlation_of_errors(r_jk=r_1, r_hm=r_2, r_jh=r_12, r_km=1.0, r_jm=r_1, r_kh=r_2)


def overlap_factor(*, n_1: ArrayLike, n_2: ArrayLike, n_both: ArrayLike) -> Array:
    """What is left of a correlation of errors where two correlations share only some people.

    Parameters
    ----------
    n_1, n_2 : array_like
        People behind each.
    n_both : array_like
        People behind both; more than the smaller of the two counts as the smaller.

    Returns
    -------
    ndarray
        n_both / sqrt(n_1 n_2), from 0 to 1: the sums behind the two share that part of their terms.
    """
    n_1, n_2 = np.asarray(n_1, dtype=np.float64), np.asarray(n_2, dtype=np.float64)
    return np.asarray(np.minimum(n_both, np.minimum(n_1, n_2)) / np.sqrt(n_1 * n_2))
