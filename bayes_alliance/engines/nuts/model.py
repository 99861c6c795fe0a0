r"""The PyMC model of a design.

.. math:: y_i \sim N(X_i\beta, V_i + \tau_{effect}^2 I + \tau_{sample}^2 11')

``tau_sample`` and ``tau_effect`` are standard deviations; the diagonal of V_i holds variances. In
the marginal form the random effects are integrated out (as a rank-one update of a diagonal, see
`bayes_alliance.algebra.blocks`; by Cholesky where V_i depends on an unknown rho), which NUTS
samples without divergences; in the hierarchical form ``theta_sample`` and ``theta_effect`` are
parameters, non-centred. Both have the same posterior. Where every scale has sample effects of its
own, Z_i G Z_i' stands in place of tau_sample^2 11' (`bayes_alliance.algebra.scales`). Where samples
lie in groups, ``tau_group`` is the standard deviation of their effects, and the covariance is that
of a component (`bayes_alliance.algebra.nested`); under nested groups with known V_i their effects
add another rank-one update, and every evaluation stays linear in the number of effects.

Where sample effects follow a t with ``df`` degrees of freedom, ``tau_sample`` is its scale. In the
marginal form the weights of the samples are integrated out as well (see
`bayes_alliance.algebra.student`), so that no weight and no funnel is left to sample.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

import numpy as np
import pymc as pm
import pytensor.tensor as pt

from bayes_alliance.algebra.blocks import Array
from bayes_alliance.algebra.general import Group
from bayes_alliance.algebra.samples import Samples
from bayes_alliance.algebra.student import SHIFT, STRETCHED_STEPS
from bayes_alliance.engines.nuts.covariance import log_density_of_group
from bayes_alliance.engines.nuts.priors import random_variable
from bayes_alliance.engines.nuts.scales import covariance_factor
from bayes_alliance.names import (
    COEFFICIENT,
    DF,
    EFFECT_COEFFICIENT,
    EFFECT_ID,
    GAMMA_EFFECT,
    GAMMA_SAMPLE,
    GROUP_ID,
    RHO,
    SAMPLE_COEFFICIENT,
    SAMPLE_ID,
    SCALE,
    SCALE_CORRELATION,
    SCALE_PAIR,
    TAU_EFFECT,
    TAU_GROUP,
    TAU_SAMPLE,
    TAU_SCALE,
)
from bayes_alliance.spec.design import Design

__all__ = ["PARAMETERS", "build_model"]

#: Variables kept in the posterior; what else a form needs is internal.
PARAMETERS = (
    "beta",
    TAU_GROUP,
    TAU_SAMPLE,
    TAU_SCALE,
    SCALE_CORRELATION,
    TAU_EFFECT,
    RHO,
    DF,
    GAMMA_SAMPLE,
    GAMMA_EFFECT,
    "shrinkage",
    "y_censored",
    "theta_group",
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
        Free variables ``beta`` and the taus (and, where declared, ``rho``, ``shrinkage`` and
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
    for scale in design.scale_models:
        dim = SAMPLE_COEFFICIENT if scale.level == "sample" else EFFECT_COEFFICIENT
        coords[dim] = list(scale.names)
    blocks = design.blocks()
    with pm.Model(coords=coords) as model:
        given = {"beta": _location(design), **_standard_deviations(design), **_correlation(design)}
        if design.scales is not None:
            model.add_coords({SCALE: design.scales.names, SCALE_PAIR: design.scales.pairs})
            given[SCALE] = covariance_factor(design.scales)
        if design.groups is not None:
            model.add_coords({GROUP_ID: design.groups.names})
            given[TAU_GROUP] = random_variable(TAU_GROUP, design.groups.tau)
        if design.df is not None:
            given[DF] = random_variable(DF, design.df)
        scales = _scales(design, given)
        likelihood = _hierarchical if hierarchical else _marginal
        likelihood(design, blocks, given | scales)
    return model


def _location(design: Design) -> Any:
    """Coefficients; with a shrinkage factor they are built from standard normals."""
    if design.flat:
        beta = pm.Flat("beta", dims=COEFFICIENT)
        apart = beta - design.prior_mean
        pm.Potential("prior_of_beta", -0.5 * apart @ design.prior_precision() @ apart)
        return beta
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


def _scales(design: Design, given: Mapping[str, Any]) -> dict[str, Any]:
    """The standard deviations of each sample or effect, where they depend on terms."""
    names = {
        "sample": (GAMMA_SAMPLE, TAU_SAMPLE, SAMPLE_COEFFICIENT),
        "effect": (GAMMA_EFFECT, TAU_EFFECT, EFFECT_COEFFICIENT),
    }
    found = {}
    for scale in design.scale_models:
        name, tau, dim = names[scale.level]
        factor = np.linalg.cholesky(scale.factor @ scale.factor.T)
        gamma = pm.MvNormal(name, mu=np.zeros(len(factor)), chol=factor, dims=dim)
        found[tau] = given[tau] * pt.exp(pt.dot(scale.Z, gamma))
    return found


def _correlation(design: Design) -> dict[str, Any]:
    """Correlation of the sampling errors, where it is estimated."""
    if design.dependence is None:
        return {}
    return {RHO: random_variable(RHO, design.dependence.prior)}


def _effect_sizes(design: Design, y: Array, columns: Array) -> Any:
    """Effect sizes; those known only as "n.s." are parameters within their limits.

    `y` and the rows of the identity matrix that belong to the censored effects (`columns`) come in
    the coordinates, rotated or not, of the likelihood.
    """
    if not design.censored.any():
        return y
    limit = design.censored_at[design.censored]
    drawn = pm.Uniform("y_censored", lower=-limit, upper=limit, dims="censored_id")
    # A uniform on the limits times the density of y integrates to the censored likelihood up to
    # the constant width, which is added back so that marginal likelihoods are right.
    pm.Potential("width_of_limits", pt.as_tensor(np.log(2 * limit).sum()))
    return y + pt.dot(columns.T, drawn)


def _rotated_effect_sizes(design: Design, blocks: Samples) -> Any:
    return _effect_sizes(design, blocks.y, blocks.forward(np.eye(len(blocks.y))[design.censored]))


def _own_effect_sizes(design: Design) -> Any:
    return _effect_sizes(design, design.y, np.eye(len(design.y))[design.censored])


def _marginal(design: Design, blocks: Samples, given: Mapping[str, Any]) -> None:
    nested = design.groups is None or design.groups.nested
    if design.dependence is None and design.scales is None and nested:
        pm.Potential("log_likelihood", _rank_one(design, blocks, given))
        return
    residual = _own_effect_sizes(design) - pt.dot(design.X, given["beta"])
    between, within = _between(design, given), given[TAU_EFFECT] ** 2

    def covariance(group: Group, at: Any) -> Any:
        diagonal = np.broadcast_to(np.eye(group.rows.shape[1]), group.fixed.shape)
        errors = _sampling_covariance(group, at, given)
        return errors + between(group, at) + within * diagonal[at]

    pm.Potential("log_likelihood", _sum_over_groups(blocks, residual, covariance))


def _sampling_covariance(group: Group, at: Any, given: Mapping[str, Any]) -> Any:
    return group.fixed[at] + given[RHO] * group.pattern[at] if RHO in given else group.fixed[at]


def _between(design: Design, given: Mapping[str, Any]) -> Callable[[Group, Any], Any]:
    """Covariance of the effects of samples (and groups of them) behind stacked effect sizes."""
    if design.groups is not None:
        sample_index, group_index = design.sample_index, design.groups.index

        def linked(group: Group, at: Any) -> Any:
            same = [
                (of[group.rows][:, :, None] == of[group.rows][:, None, :]).astype(float)[at]
                for of in (sample_index, group_index)
            ]
            return given[TAU_SAMPLE] ** 2 * same[0] + given[TAU_GROUP] ** 2 * same[1]

        return linked
    if design.scales is None:
        return lambda group, at: given[TAU_SAMPLE] ** 2
    indicator = np.eye(len(design.scales.names))[design.scales.level]
    G = (given[SCALE] @ given[SCALE].T).ravel()

    def between(group: Group, at: Any) -> Any:
        # A product with indicators compiles in a fraction of the time that indexing takes.
        own = indicator[group.rows]
        pairs = own[:, :, None, :, None] * own[:, None, :, None, :]
        return pairs.reshape(*group.fixed.shape, -1)[at] @ G

    return between


def _sum_over_groups(
    blocks: Samples, residual: Any, covariance: Callable[[Group, Any], Any]
) -> Any:
    return pt.add(
        np.asarray(0.0),
        *(
            log_density_of_group(group, residual, partial(covariance, group))
            for group in blocks.groups()
        ),
    )


def _rank_one(design: Design, blocks: Samples, given: Mapping[str, Any]) -> Any:
    """Log density with known sampling covariances: a rank-one update of a diagonal."""
    index, size = blocks.sample_index, len(blocks.starts)
    between = given[TAU_SAMPLE] ** 2

    def by_sample(values: Any) -> Any:
        return pt.zeros(size)[index].inc(values)

    residual = _rotated_effect_sizes(design, blocks) - pt.dot(blocks.X, given["beta"])
    variance = blocks.eigenvalues + given[TAU_EFFECT] ** 2
    ones = by_sample(blocks.ones**2 / variance)
    crossed = by_sample(blocks.ones * residual / variance)
    quadratic, log_determinant = (residual**2 / variance).sum(), pt.log(variance).sum()
    within = -0.5 * (quadratic + log_determinant + len(blocks.y) * np.log(2 * np.pi))
    log_density = within + _log_factors(between, ones, crossed, given.get(DF)).sum()
    if design.groups is None:
        return log_density
    # Given the group's effect its samples are independent: sums of z'M_i^-1 z and z'M_i^-1 r.
    group_of = design.groups.index[design.starts]
    inflation = 1 + between * ones
    ones, crossed = (
        pt.zeros(len(design.groups.names))[group_of].inc(values / inflation)
        for values in (ones, crossed)
    )
    return log_density + _log_factors(given[TAU_GROUP] ** 2, ones, crossed, None).sum()


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


def _hierarchical(design: Design, blocks: Samples, given: Mapping[str, Any]) -> None:
    theta = _true_effects(design, given)
    if design.dependence is not None:

        def covariance(group: Group, at: Any) -> Any:
            return _sampling_covariance(group, at, given)

        residual = _own_effect_sizes(design) - theta
        pm.Potential("log_likelihood", _sum_over_groups(blocks, residual, covariance))
        return
    y = _rotated_effect_sizes(design, blocks)
    if blocks.vectors is not None:
        theta = pt.dot(blocks.forward(np.eye(len(blocks.y))).T, theta)
    errors = pm.Normal.dist(mu=theta, sigma=np.sqrt(blocks.eigenvalues))
    if design.censored.any():
        pm.Potential("log_likelihood", pm.logp(errors, y).sum())
    else:
        pm.Normal("y", mu=theta, sigma=np.sqrt(blocks.eigenvalues), observed=y)


def _true_effects(design: Design, given: Mapping[str, Any]) -> Any:
    """The true effects from standard normals; those of the samples are kept beside them."""
    index, mean = design.sample_index, pt.dot(design.X, given["beta"])
    if design.groups is not None:
        of_group = np.eye(len(design.groups.names))[design.groups.index]
        g = given[TAU_GROUP] * pm.Normal("g_standardised", dims=GROUP_ID)
        own = pt.dot((of_group / of_group.sum(axis=0)).T, mean) + g
        pm.Deterministic("theta_group", own, dims=GROUP_ID)
        mean = mean + g[design.groups.index]
    if design.tau_sample is not None:
        standard = (
            pm.StudentT("u_standardised", nu=given[DF], dims=SAMPLE_ID)
            if DF in given
            else pm.Normal("u_standardised", dims=SAMPLE_ID)
        )
        mean = mean + (given[TAU_SAMPLE] * standard)[index]
    if design.scales is not None:
        u = pm.Normal("u_standardised", dims=(SAMPLE_ID, SCALE))
        mean = mean + (u @ given[SCALE].T)[index, design.scales.level]
    theta = mean
    if design.tau_effect is not None:
        theta = theta + given[TAU_EFFECT] * pm.Normal("w_standardised", dims=EFFECT_ID)
    sizes = np.diff(design.starts, append=len(design.y))
    average = np.eye(len(sizes))[index].T / sizes[:, None]
    pm.Deterministic("theta_sample", pt.dot(average, mean), dims=SAMPLE_ID)
    return pm.Deterministic("theta_effect", theta, dims=EFFECT_ID)
