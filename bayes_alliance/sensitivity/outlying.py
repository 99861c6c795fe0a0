r"""Samples that lie apart: standardised residuals with the sample itself left out.

For sample i with effects y_i, design matrix X_i and sampling covariance V_i, the weighted mean
a'y_i with a proportional to V_i^-1 1 is held against what the other samples predict,

.. math:: t_i = \frac{a'y_i - a'X_i E(\beta)}
    {\sqrt{var(a'X_i\beta) + E(\tau_{sample}^2) + a'a E(\tau_{effect}^2) + a'V_i a}},

with moments of the exact posterior without sample i: the externally studentised residual of
Viechtbauer and Cheung (2010), with the uncertainty of the taus in the moments.
"""

from __future__ import annotations

import numpy as np

from bayes_alliance.algebra.blocks import Array
from bayes_alliance.engines.exact.engine import ExactEngine
from bayes_alliance.engines.exact.omission import leave_samples_out, needed_sample
from bayes_alliance.errors import InputError, Problem
from bayes_alliance.posterior.combinations import mixture_of
from bayes_alliance.spec.design import Design

__all__ = ["residuals_left_out"]


def residuals_left_out(design: Design) -> Array:
    """Standardised residual of every sample given the others.

    Parameters
    ----------
    design : Design
        The analysis; where rho is estimated it is taken at the median of its prior.

    Returns
    -------
    ndarray, shape (S,)
        The residuals; 0 for a single sample.

    Raises
    ------
    InputError
        If the exact engine declines the design, or a flat prior needs every sample.
    """
    known = design if design.dependence is None else design.with_rho(design.dependence.centre)
    engine = ExactEngine()
    reason = engine.declines(known)
    if reason is None and needed_sample(known) is not None:
        reason = "without one of the samples a flat prior leaves a coefficient without information"
    if reason is not None:
        raise InputError(
            Problem(
                what=f"residuals without each sample are not computed exactly: {reason}",
                where="outliers",
                cure="Name the samples: rows = [{ column = 'sample', without = [...] }]",
                code="no_residuals",
            )
        )
    residuals = np.zeros(len(known.sample_ids))
    ends = np.append(known.starts, len(known.y))
    for i, left in enumerate(leave_samples_out(known, engine.solve(known))):
        rows = slice(ends[i], ends[i + 1])
        V = np.diag(known.variances[rows]) if known.covariances is None else known.covariances[i]
        a = np.linalg.solve(V, np.ones(len(V)))
        a /= a.sum()
        predicted = mixture_of(left.grid, np.ascontiguousarray(a @ known.X[rows]))
        _, means, sds = left.grid.moments()
        squares = np.square(means[-2:]) + np.square(sds[-2:])  # of tau_sample and tau_effect
        variance = predicted.sd**2 + squares[0] + (a @ a) * squares[1] + a @ V @ a
        residuals[i] = (a @ known.y[rows] - predicted.mean) / np.sqrt(variance)
    return residuals
