r"""The selection model in PyMC, with explicit sample effects.

Given coefficients and taus, the deviation :math:`u_i` of a sample from its mean is normal with
known mean and variance where nothing is selected. It is written as that mean plus that sd times a
standard normal variable: a form between centred and non-centred, as good as either at its best, in
which without selection the standard normals are their own posterior. The log density is then the
ordinary one with all random effects integrated out, plus the logs of weights and probabilities to
be published of `bayes_alliance.engines.selection.density`, in the notation used there.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np
import pymc as pm
import pytensor.tensor as pt

from bayes_alliance.engines.nuts.priors import random_variable
from bayes_alliance.engines.selection.density import RowsBySize, rows_by_size, trapezoid_rule
from bayes_alliance.engines.selection.steps import Steps
from bayes_alliance.names import COEFFICIENT, SAMPLE_ID, TAU_EFFECT, TAU_SAMPLE
from bayes_alliance.spec.design import Design

__all__ = ["STEP", "build_selection_model"]

#: Dimension of the weights.
STEP: Final = "step"
#: A probability whose log is finite and that adds nothing to any sum.
NOTHING: Final = 1e-300


def build_selection_model(design: Design, steps: Steps) -> pm.Model:
    """Build the PyMC model of a selection model.

    Parameters
    ----------
    design : Design
        The analysis, with independent sampling errors and proper priors.
    steps : Steps
        The selection model.

    Returns
    -------
    pymc.Model
        Free variables ``beta``, the taus, ``ratio`` (of neighbouring weights) and, where effects
        get lost one by one, ``u_standardised``; ``omega`` and ``theta_sample`` beside them. Where
        whole samples get lost nothing in the density depends on the effects of single samples but
        the ordinary likelihood, and they are integrated out.
    """
    coords = {
        COEFFICIENT: list(design.coefficients),
        SAMPLE_ID: list(design.sample_ids),
        STEP: list(steps.labels),
    }
    with pm.Model(coords=coords) as model:
        factor = np.linalg.cholesky(design.prior_covariance())
        beta = pm.MvNormal("beta", mu=design.prior_mean, chol=factor, dims=COEFFICIENT)
        tau_sample, tau_effect = (
            np.asarray(0.0) if prior is None else random_variable(name, prior)
            for name, prior in ((TAU_SAMPLE, design.tau_sample), (TAU_EFFECT, design.tau_effect))
        )
        ratio = pm.Beta("ratio", alpha=steps.shapes, beta=np.ones(len(steps.shapes)))
        weights = [pt.ones(())]
        for s in range(len(steps.cutpoints)):
            weights.append(weights[-1] * ratio[s])
        omega = pm.Deterministic("omega", pt.stack(weights), dims=STEP)
        centre, variance, ordinary = _without_selection(design, beta, tau_sample, tau_effect)
        pm.Potential("log_likelihood", ordinary)
        pm.Potential("log_passed", pt.dot(pt.log(omega), steps.counts.astype(float)))
        mean, sd = pt.dot(design.X, beta), pt.sqrt(design.variances + tau_effect**2)
        if steps.mechanism == "effects":
            if design.tau_sample is not None:
                u = centre + pt.sqrt(variance) * pm.Normal("u_standardised", dims=SAMPLE_ID)
                pm.Deterministic("theta_sample", _sample_mean(design, mean) + u, dims=SAMPLE_ID)
                mean = mean + u[design.sample_index]
            pm.Potential(
                "log_published", -_log_passing(steps, weights, steps.direction * mean, sd).sum()
            )
        else:
            published = _log_published(design, steps, weights, mean, sd, tau_sample)
            pm.Potential("log_published", -published.sum())
    return model


def _by_sample(design: Design, values: Any) -> Any:
    size = len(design.starts)
    shape = (size,) if values.ndim == 1 else (size, values.shape[1])
    return pt.zeros(shape)[design.sample_index].inc(values)


def _sample_mean(design: Design, mean: Any) -> Any:
    sizes = np.diff(design.starts, append=len(design.y))
    return _by_sample(design, mean) / sizes


def _without_selection(
    design: Design, beta: Any, tau_sample: Any, tau_effect: Any
) -> tuple[Any, Any, Any]:
    """Conditional mean and variance of the sample effects, and the ordinary log density."""
    variance = design.variances + tau_effect**2
    residual = design.y - pt.dot(design.X, beta)
    ones = _by_sample(design, 1 / variance)
    crossed = _by_sample(design, residual / variance)
    between = tau_sample**2
    inflation = 1 + between * ones
    log_density = -0.5 * (
        (residual**2 / variance).sum()
        + pt.log(variance).sum()
        + len(design.y) * np.log(2 * np.pi)
        - (between * crossed**2 / inflation).sum()
        + pt.log(inflation).sum()
    )
    return between * crossed / inflation, between / inflation, log_density


def _cdf(x: Any) -> Any:
    return 0.5 * pt.erfc(-x / np.sqrt(2))


def _log_passing(steps: Steps, weights: list[Any], mean: Any, sd: Any) -> Any:
    """Log of A_ij, shape (k,)."""
    passing = weights[-1]
    for s in range(len(steps.cutpoints)):
        passing = passing + (weights[s] - weights[s + 1]) * _cdf((mean - steps.critical[:, s]) / sd)
    return pt.log(passing)


def _log_published(
    design: Design, steps: Steps, weights: list[Any], mean: Any, sd: Any, tau_sample: Any
) -> Any:
    """Log of the probability that each sample is published: those with one effect, the others."""
    x, w = trapezoid_rule()
    split = rows_by_size(design)
    alone, several = split.alone, split.several
    total = pt.sqrt(sd[alone] ** 2 + tau_sample**2)
    gather = np.zeros((len(split.others), len(several)))
    gather[np.repeat(np.arange(len(split.others)), _sizes(split)), np.arange(len(several))] = 1.0
    passing = [weights[-1], weights[-1]]
    for s in range(len(steps.cutpoints)):
        below = steps.critical[:, s] - steps.direction * mean
        z = (below[several, None] - tau_sample * x) / sd[several, None]
        chances = (
            _cdf(below[alone] / total),
            pt.dot(pt.exp(pt.dot(gather, pt.log(pt.maximum(_cdf(z), NOTHING)))), w),
        )
        drop = weights[s] - weights[s + 1]
        passing = [
            chance + drop * (1 - none) for chance, none in zip(passing, chances, strict=True)
        ]
    kept = [pt.log(p) for p, rows in zip(passing, (alone, several), strict=True) if len(rows)]
    return pt.concatenate(kept)


def _sizes(split: RowsBySize) -> Any:
    return np.diff(split.starts, append=len(split.several))
