r"""The PyMC model of a design.

.. math:: y_i \sim N(X_i\beta, V_i + \tau_{effect}^2 I + \tau_{sample}^2 11')

``tau_sample`` and ``tau_effect`` are standard deviations; the diagonal of V_i holds variances. In
the marginal form the random effects are integrated out (as a rank-one update of a diagonal, see
`bayes_alliance.algebra.blocks`), which NUTS samples without divergences; in the hierarchical form
``theta_sample`` and ``theta_effect`` are parameters, non-centred. Both have the same posterior.

Where sample effects follow a t with ``df`` degrees of freedom, ``tau_sample`` is its scale. In the
marginal form the weights of the samples are integrated out as well (see
`bayes_alliance.algebra.student`), so that no weight and no funnel is left to sample.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pymc as pm
import pytensor.tensor as pt

from bayes_alliance.algebra.blocks import RotatedBlocks
from bayes_alliance.algebra.student import SHIFT, STRETCHED_STEPS
from bayes_alliance.engines.nuts.priors import random_variable
from bayes_alliance.names import COEFFICIENT, DF, EFFECT_ID, SAMPLE_ID, TAU_EFFECT, TAU_SAMPLE
from bayes_alliance.spec.design import Design

__all__ = ["PARAMETERS", "build_model"]

#: Variables kept in the posterior; what else a form needs is internal.
PARAMETERS = (
    "beta",
    TAU_SAMPLE,
    TAU_EFFECT,
    DF,
    "shrinkage",
    "y_censored",
    "theta_sample",
    "theta_effect",
)


def build_model(design: Design, *, hierarchical: bool = False) -> pm.Model:
    """Build the PyMC model of a design.

    Parameters
    ----------
    design : Design
        Arrays, names and priors.
    hierarchical : bool
        True: with explicit ``theta_sample`` and ``theta_effect``; False: integrated out.

    Returns
    -------
    pymc.Model
        Free variables ``beta`` and the taus (and, where declared, ``shrinkage`` and
        ``y_censored``).

    Examples
    --------
    >>> import bayes_alliance as ba
    >>> from bayes_alliance.engines.nuts.model import build_model
    >>> from bayes_alliance.spec.compilation import compile_design
    >>> design = compile_design(ba.load("crede2010"), ba.read_specification("three_level"))
    >>> sorted(variable.name for variable in build_model(design).free_RVs)
    ['beta', 'tau_effect', 'tau_sample']
    """
    coords: dict[str, Any] = {
        COEFFICIENT: list(design.coefficients),
        SAMPLE_ID: list(design.sample_ids),
        EFFECT_ID: list(design.effect_ids),
        "censored_id": [e for e, c in zip(design.effect_ids, design.censored, strict=True) if c],
    }
    blocks = design.blocks()
    with pm.Model(coords=coords) as model:
        beta = _location(design)
        taus = _standard_deviations(design)
        y = _effect_sizes(design, blocks)
        likelihood = _hierarchical if hierarchical else _marginal
        likelihood(design, blocks, y, beta, taus[TAU_SAMPLE], taus[TAU_EFFECT])
    return model


def _location(design: Design) -> Any:
    """Coefficients; with a shrinkage factor they are built from standard normals."""
    if design.shrinkage is None:
        factor = np.linalg.cholesky(design.prior_covariance())
        return pm.MvNormal("beta", mu=design.prior_mean, chol=factor, dims=COEFFICIENT)
    shrinkage = random_variable("shrinkage", design.shrinkage)
    location = pm.Normal("location_standardised")
    differences = pm.Normal("differences_standardised", shape=design.prior_differences.shape[1])
    beta = (
        design.prior_mean
        + design.prior_location * location
        + shrinkage * (design.prior_differences @ differences)
    )
    return pm.Deterministic("beta", beta, dims=COEFFICIENT)


def _standard_deviations(design: Design) -> dict[str, Any]:
    """Both taus: independent, 0 where a level does not vary, or from a total and a share."""
    if design.tau_total is not None and design.share is not None:
        total, share = (
            random_variable("tau_total", design.tau_total),
            random_variable("share", design.share),
        )
        return {
            TAU_SAMPLE: pm.Deterministic(TAU_SAMPLE, total * pt.sqrt(share)),
            TAU_EFFECT: pm.Deterministic(TAU_EFFECT, total * pt.sqrt(1 - share)),
        }
    return {
        name: np.asarray(0.0) if prior is None else random_variable(name, prior)
        for name, prior in ((TAU_SAMPLE, design.tau_sample), (TAU_EFFECT, design.tau_effect))
    }


def _effect_sizes(design: Design, blocks: RotatedBlocks) -> Any:
    """Rotated effect sizes; those known only as "n.s." are parameters within their limits."""
    if not design.censored.any():
        return blocks.y
    limit = design.censored_at[design.censored]
    drawn = pm.Uniform("y_censored", lower=-limit, upper=limit, dims="censored_id")
    # A uniform on the limits times the density of y integrates to the censored likelihood up to
    # the constant width, which is added back so that marginal likelihoods are right.
    pm.Potential("width_of_limits", pt.as_tensor(np.log(2 * limit).sum()))
    columns = blocks.forward(np.eye(len(blocks.y))[design.censored]).T
    return blocks.y + pt.dot(columns, drawn)


def _marginal(
    design: Design, blocks: RotatedBlocks, y: Any, beta: Any, tau_sample: Any, tau_effect: Any
) -> None:
    index, size = blocks.sample_index, len(blocks.starts)
    df = None if design.df is None else random_variable(DF, design.df)

    def by_sample(values: Any) -> Any:
        return pt.zeros(size)[index].inc(values)

    residual = y - pt.dot(blocks.X, beta)
    variance = blocks.eigenvalues + tau_effect**2
    ones = by_sample(blocks.ones**2 / variance)
    crossed = by_sample(blocks.ones * residual / variance)
    quadratic, log_determinant = (residual**2 / variance).sum(), pt.log(variance).sum()
    constant = len(blocks.y) * np.log(2 * np.pi)
    within = -0.5 * (quadratic + log_determinant + constant)
    between = _log_factors(tau_sample**2, ones, crossed, df).sum()
    pm.Potential("log_likelihood", within + between)


def _log_factors(variance: Any, ones: Any, crossed: Any, df: Any) -> Any:
    """What integrating out each sample's effect multiplies the density by, in logs."""
    if df is None:
        inflation = 1 + variance * ones
        return 0.5 * (variance * crossed**2 / inflation - pt.log(inflation))
    log_node, log_weight = _weight_rule(df)
    left = pt.exp(log_node) + (variance * ones)[:, None]
    gained = (variance * crossed**2)[:, None] / left - pt.log(left) + log_node
    return pt.logsumexp(log_weight + 0.5 * gained, axis=-1)


def _weight_rule(df: Any) -> tuple[Any, Any]:
    """The rule of `bayes_alliance.algebra.student.weight_rule` for a df that is sampled."""
    position, width = STRETCHED_STEPS
    half, scale = df / 2, 1 / pt.sqrt(df / 2 + SHIFT)
    x = scale * position
    log_density = half * pt.log(half) - pt.gammaln(half) + half * (x - pt.exp(x))
    return x, log_density + pt.log(scale * width)


def _standardised(design: Design) -> Any:
    """Sample effects in units of their scale."""
    if design.df is None:
        return pm.Normal("u_standardised", dims=SAMPLE_ID)
    return pm.StudentT("u_standardised", nu=random_variable(DF, design.df), dims=SAMPLE_ID)


def _hierarchical(
    design: Design, blocks: RotatedBlocks, y: Any, beta: Any, tau_sample: Any, tau_effect: Any
) -> None:
    index, fixed = design.sample_index, pt.dot(design.X, beta)
    theta = fixed
    deviation: Any = pt.zeros(len(design.sample_ids))
    if design.tau_sample is not None:
        deviation = tau_sample * _standardised(design)
        theta = theta + deviation[index]
    if design.tau_effect is not None:
        theta = theta + tau_effect * pm.Normal("w_standardised", dims=EFFECT_ID)
    sizes = np.diff(design.starts, append=len(design.y))
    average = np.eye(len(sizes))[index].T / sizes[:, None]
    pm.Deterministic("theta_sample", pt.dot(average, fixed) + deviation, dims=SAMPLE_ID)
    pm.Deterministic("theta_effect", theta, dims=EFFECT_ID)
    if blocks.vectors is not None:
        theta = pt.dot(blocks.forward(np.eye(len(blocks.y))).T, theta)
    errors = pm.Normal.dist(mu=theta, sigma=np.sqrt(blocks.eigenvalues))
    if design.censored.any():
        pm.Potential("log_likelihood", pm.logp(errors, y).sum())
    else:
        pm.Normal("y", mu=theta, sigma=np.sqrt(blocks.eigenvalues), observed=y)
