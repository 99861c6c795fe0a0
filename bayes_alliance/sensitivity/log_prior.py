"""Log density of every declared prior at the draws of a posterior.

Each prior is taken in the parameters in which it was declared (the total and its share, not the two
standard deviations that follow from them), because a power of a density depends on them. Where the
sd of differences has a factor that is estimated, the prior of the coefficients is a middle level of
the model, and only the prior of the factor is one that somebody declared. Reported correlations
that have updated the prior of rho are data, not prior.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from bayes_alliance.algebra.blocks import Array
from bayes_alliance.algebra.correlation_matrices import matrix_of_pairs
from bayes_alliance.names import DF, RHO, SCALE_CORRELATION, TAU_EFFECT, TAU_GROUP, TAU_SAMPLE
from bayes_alliance.spec.design import Design
from bayes_alliance.spec.prior import Prior

if TYPE_CHECKING:
    import xarray as xr

__all__ = ["log_prior_of"]


def log_prior_of(design: Design, posterior: xr.Dataset) -> dict[str, Array]:
    """Compute the log density of each prior, up to constants.

    Parameters
    ----------
    design : Design
        The analysis.
    posterior : xarray.Dataset
        Draws with dims chain and draw.

    Returns
    -------
    dict of str to ndarray, shape (chain, draw)
        ``coefficients`` (jointly normal; not where a prior is flat or shrunken), the taus
        (``tau_total`` and ``share`` where these were declared), ``rho``, ``df``, ``shrinkage``,
        ``tau_scale``, ``scale_correlation``, ``log_tau_sample`` and ``log_tau_effect`` (terms of
        the log standard deviations); fixed values have none.
    """
    drawn = {
        str(name): values.transpose("chain", "draw", ...).to_numpy()
        for name, values in posterior.data_vars.items()
    }
    found: dict[str, Array] = {}
    if not design.flat and design.shrinkage is None:
        found["coefficients"] = _coefficients(design, drawn["beta"])
    for name, prior in _single(design).items():
        if prior is not None and prior.support != "point" and name in drawn:
            found[name] = prior.logpdf(drawn[name])
    if design.tau_total is not None and design.share is not None:
        total = np.hypot(drawn[TAU_SAMPLE], drawn[TAU_EFFECT])
        if design.tau_total.support != "point":
            found["tau_total"] = design.tau_total.logpdf(total)
        if design.share.support != "point":
            found["share"] = design.share.logpdf(np.square(drawn[TAU_SAMPLE] / total))
    found |= _of_scales(design, drawn)
    for scale in design.scale_models:
        standard = drawn[f"gamma_{scale.level}"] @ np.linalg.pinv(scale.factor).T
        found[f"log_tau_{scale.level}"] = -0.5 * np.square(standard).sum(-1)
    return found


def _single(design: Design) -> dict[str, Prior | None]:
    independent = design.tau_total is None
    rho = None if design.dependence is None else design.dependence.prior
    return {
        TAU_GROUP: None if design.groups is None else design.groups.tau,
        TAU_SAMPLE: design.tau_sample if independent else None,
        TAU_EFFECT: design.tau_effect if independent else None,
        RHO: None if rho is None else getattr(rho, "base", rho),
        DF: design.df,
        "shrinkage": design.shrinkage,
    }


def _coefficients(design: Design, beta: Array) -> Array:
    """Normal log density of the coefficients."""
    centred = beta - design.prior_mean
    factor = np.linalg.cholesky(design.prior_covariance())
    standard = np.linalg.solve(factor, centred.reshape(-1, centred.shape[-1]).T)
    return np.asarray(-0.5 * np.square(standard).sum(0).reshape(centred.shape[:-1]))


def _of_scales(design: Design, drawn: dict[str, Array]) -> dict[str, Array]:
    """Priors of the standard deviations of the scales and of their correlations."""
    scales = design.scales
    if scales is None:
        return {}
    found: dict[str, Array] = {}
    if scales.tau.support != "point":
        taus = [
            scales.tau.logpdf(drawn[name][..., column])
            for _, name, column, _ in scales.parameters()
            if name != SCALE_CORRELATION
        ]
        found["tau_scale"] = np.sum(taus, axis=0)
    if SCALE_CORRELATION not in drawn or scales.structure == "diagonal":
        return found
    pairs = drawn[SCALE_CORRELATION]
    if scales.structure == "cs":
        found[SCALE_CORRELATION] = scales.pair_prior().logpdf(pairs[..., 0])
    else:
        R = matrix_of_pairs(pairs.reshape(-1, pairs.shape[-1]), len(scales.names))
        log_determinant = np.linalg.slogdet(R)[1].reshape(pairs.shape[:-1])
        found[SCALE_CORRELATION] = (scales.eta - 1) * log_determinant
    return found
