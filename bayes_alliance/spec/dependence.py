r"""Sampling covariances that depend on an unknown correlation.

.. math:: V_i(\rho) = F_i + \rho P_i

F holds what is known whatever rho is (variances, and covariances that follow from reported
correlations), P the products of standard errors of the pairs whose errors correlate rho. V is
linear in rho, so it is positive definite between any two values at which it is.
"""

from __future__ import annotations

from dataclasses import dataclass

from bayes_alliance.algebra.blocks import Array
from bayes_alliance.spec.prior import Prior

__all__ = ["Dependence"]


@dataclass(frozen=True, slots=True)
class Dependence:
    """Unknown correlation rho of the sampling errors (on the analysis scale) within samples.

    Parameters
    ----------
    prior : Prior
        Prior of rho.
    fixed : tuple of ndarray
        F_i of each sample, shape (m_i, m_i).
    pattern : tuple of ndarray
        P_i of each sample, shape (m_i, m_i); zero diagonal.
    centre : float
        Value of rho, the prior median, for whatever needs one covariance.
    """

    prior: Prior
    fixed: tuple[Array, ...]
    pattern: tuple[Array, ...]
    centre: float

    def covariances(self, rho: float) -> tuple[Array, ...]:
        """Sampling covariances at a value of rho.

        Parameters
        ----------
        rho : float
            The correlation.

        Returns
        -------
        tuple of ndarray
            V_i of each sample, shape (m_i, m_i).
        """
        return tuple(f + rho * p for f, p in zip(self.fixed, self.pattern, strict=True))
