"""Sample effects of several scales in PyMC: their standard deviations and correlations."""

from __future__ import annotations

from typing import Any

import numpy as np
import pymc as pm
import pytensor.tensor as pt

from bayes_alliance.algebra.correlation_matrices import partial_shapes
from bayes_alliance.engines.nuts.priors import random_variable
from bayes_alliance.names import SCALE, SCALE_CORRELATION, SCALE_PAIR, TAU_SCALE
from bayes_alliance.spec.prior import Prior
from bayes_alliance.spec.scales import ScaleEffects

__all__ = ["covariance_factor"]


def covariance_factor(scales: ScaleEffects) -> Any:
    """Make the parameters of the scales, and the Cholesky factor of the covariance G.

    Parameters
    ----------
    scales : ScaleEffects
        The scales, their structure and priors.

    Returns
    -------
    pytensor variable, shape (L, L)
        Lower triangular; ``tau_scale`` and ``scale_correlation`` are kept in the model.
    """
    size = len(scales.names)
    if scales.structure == "cs":
        tau = pt.zeros(size) + random_variable("tau_scale_common", scales.tau)
    else:
        tau = pt.stack([random_variable(f"tau_scale_{i}", scales.tau) for i in range(size)])
    tau = pm.Deterministic(TAU_SCALE, tau, dims=SCALE)
    if scales.structure == "diagonal":
        return pt.diag(tau)
    factor = _common(scales, size) if scales.structure == "cs" else _any(scales, size)
    pairs = (factor @ factor.T)[np.triu_indices(size, 1)]
    pm.Deterministic(SCALE_CORRELATION, pairs, dims=SCALE_PAIR)
    return tau[:, None] * factor


def _common(scales: ScaleEffects, size: int) -> Any:
    """Cholesky factor of one common correlation."""
    c = random_variable("scale_correlation_common", scales.pair_prior())
    eye = np.eye(size)
    return pt.linalg.cholesky(eye + c * (1 - eye))


def _any(scales: ScaleEffects, size: int) -> Any:
    """Cholesky factor of correlations that follow from partial correlations."""
    shapes = iter(partial_shapes(size, scales.eta))
    rows: list[Any] = []
    for i in range(size):
        left: Any = pt.as_tensor(np.asarray(1.0))
        row: list[Any] = []
        for j in range(i):
            shape = float(next(shapes))
            prior = Prior("beta", a=shape, b=shape, lower=-1.0, upper=1.0)
            element = random_variable(f"scale_partial_{i}_{j}", prior) * pt.sqrt(left)
            left = left - element**2
            row.append(element)
        zeros = [pt.as_tensor(np.asarray(0.0))] * (size - i - 1)
        rows.append(pt.stack([*row, pt.sqrt(left), *zeros]))
    return pt.stack(rows)
