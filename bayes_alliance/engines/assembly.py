"""From draws of the parameters to a whole posterior: what all engines do alike."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np
from scipy.special import logsumexp

from bayes_alliance.algebra.blocks import Array
from bayes_alliance.algebra.censored import log_density_with_censored
from bayes_alliance.algebra.samples import Draws, Samples
from bayes_alliance.algebra.student import new_weights, weight_rule
from bayes_alliance.names import (
    COEFFICIENT,
    DF,
    EFFECT_COEFFICIENT,
    EFFECT_ID,
    GROUP_ID,
    LAMBDA_SAMPLE,
    RHO,
    SAMPLE_COEFFICIENT,
    SAMPLE_ID,
    SCALE,
    SCALE_PAIR,
    TAU_EFFECT,
    TAU_GROUP,
    TAU_SAMPLE,
)
from bayes_alliance.posterior.tree import add_group, constants, flattened, labelled, predictive
from bayes_alliance.spec.design import Design

if TYPE_CHECKING:
    import xarray as xr

__all__ = ["assemble", "coordinates", "draw_prior"]

PRIOR_DRAWS = 4_000

#: Log likelihoods are thinned to at most this many numbers.
LARGEST = 40_000_000


def coordinates(design: Design) -> dict[str, tuple[str, ...]]:
    """Labels of every dim of a posterior.

    Parameters
    ----------
    design : Design
        The analysis.

    Returns
    -------
    dict
        Dim to labels.
    """
    scales, groups = design.scales, design.groups
    censored = np.array(design.effect_ids, dtype=object)[design.censored]
    return {
        COEFFICIENT: design.coefficients,
        SAMPLE_ID: design.sample_ids,
        EFFECT_ID: design.effect_ids,
        GROUP_ID: () if groups is None else groups.names,
        "censored_id": tuple(censored),
        SAMPLE_COEFFICIENT: () if design.scale_sample is None else design.scale_sample.names,
        EFFECT_COEFFICIENT: () if design.scale_effect is None else design.scale_effect.names,
        SCALE: () if scales is None else scales.names,
        SCALE_PAIR: () if scales is None else scales.pairs,
    }


def draw_prior(design: Design, size: int, rng: np.random.Generator) -> dict[str, Array]:
    """Draw the parameters from their prior.

    Parameters
    ----------
    design : Design
        The analysis.
    size : int
        Number of draws D.
    rng : numpy.random.Generator
        Source of randomness.

    Returns
    -------
    dict
        ``beta`` (D, p; not where its prior is flat), the taus (D,) of the levels that vary,
        ``shrinkage``, ``rho``, ``df`` and ``lambda_sample`` (D, S), ``gamma_sample`` and
        ``gamma_effect`` (D, q) if the model has them.
    """
    drawn: dict[str, Array] = {}
    dependence = {} if design.dependence is None else {RHO: design.dependence.prior}
    shrinkage = np.ones(size)
    if design.shrinkage is not None:
        drawn["shrinkage"] = shrinkage = design.shrinkage.draws(size, rng)
    if not design.flat:
        location = rng.standard_normal(size)[:, None] * design.prior_location
        differences = rng.standard_normal((size, design.prior_differences.shape[1]))
        drawn["beta"] = (
            design.prior_mean
            + location
            + shrinkage[:, None] * (differences @ design.prior_differences.T)
        )
    if design.tau_total is not None and design.share is not None:
        total, share = design.tau_total.draws(size, rng), design.share.draws(size, rng)
        drawn |= {TAU_SAMPLE: total * np.sqrt(share), TAU_EFFECT: total * np.sqrt(1 - share)}
    else:
        levels = {TAU_SAMPLE: design.tau_sample, TAU_EFFECT: design.tau_effect}
        drawn |= {name: p.draws(size, rng) for name, p in levels.items() if p is not None}
    if design.scales is not None:
        drawn |= design.scales.draws(size, rng)
    if design.groups is not None:
        drawn[TAU_GROUP] = design.groups.tau.draws(size, rng)
    if design.df is not None:
        drawn[DF] = design.df.draws(size, rng)
        drawn[LAMBDA_SAMPLE] = new_weights(drawn[DF], len(design.sample_ids), rng)
    for scale in design.scale_models:
        standard = rng.standard_normal((size, scale.factor.shape[1]))
        drawn[f"gamma_{scale.level}"] = standard @ scale.factor.T
    return drawn | {name: prior.draws(size, rng) for name, prior in dependence.items()}


def assemble(design: Design, blocks: Samples, draws: Mapping[str, Array], seed: int) -> xr.DataTree:
    """Build the tree of a posterior from draws of its parameters.

    Parameters
    ----------
    design : Design
        The analysis.
    blocks : Samples
        Its data.
    draws : mapping of str to ndarray, shape (chain, draw, ...)
        Posterior draws of the parameters.
    seed : int
        Seed of the prior and predictive draws.

    Returns
    -------
    xarray.DataTree
        Groups posterior, prior, posterior_predictive, prior_predictive (not with a flat prior,
        from which nothing can be drawn), log_likelihood,
        observed_data, constant_data.
    """
    import xarray as xr

    coords = coordinates(design)
    posterior = labelled(draws, coords)
    prior_draws = draw_prior(design, PRIOR_DRAWS, np.random.default_rng([seed, 2]))
    prior = xr.Dataset()
    if prior_draws:
        prior = labelled({name: values[None] for name, values in prior_draws.items()}, coords)
    observed, constant = constants(
        y=design.y,
        X=design.X,
        variances=design.variances,
        sample_index=design.sample_index,
        censored_at=design.censored_at,
        coords=coords,
        group_index=None if design.groups is None else design.groups.index,
    )
    tree = xr.DataTree()
    add_group(tree, "posterior", posterior)
    add_group(tree, "prior", prior)
    for group, source, part in (
        ("posterior_predictive", posterior, 3),
        ("prior_predictive", prior, 4),
    ):
        if "beta" in source:
            add_group(tree, group, predictive(source, blocks, design.effect_ids, [seed, part]))
    add_group(tree, "log_likelihood", _log_likelihood(design, blocks, posterior))
    add_group(tree, "observed_data", observed)
    add_group(tree, "constant_data", constant)
    return tree


def _log_likelihood(design: Design, blocks: Samples, posterior: xr.Dataset) -> xr.Dataset:
    """Log likelihood by unit, all random effects integrated out, in slices of draws."""
    import xarray as xr

    units = design.units
    size = posterior.sizes["chain"] * posterior.sizes["draw"]
    step = max(1, int(np.ceil(size * len(units.labels) / LARGEST)))
    posterior = posterior.isel(draw=slice(None, None, step))
    draws = flattened(posterior)
    result = np.empty((len(draws["beta"]), len(units.labels)))
    block = max(1, (2_000_000 if DF not in draws else 100_000) // len(design.y))
    for a in range(0, len(result), block):
        part = {name: values[a : a + block] for name, values in draws.items()}
        result[a : a + block] = blocks.log_density(part)
    for i in np.unique(units.index[design.censored]):
        result[:, i] = _censored_unit(design, blocks, int(i), draws)
    shape = (posterior.sizes["chain"], posterior.sizes["draw"], -1)
    return xr.Dataset(
        {"y": (("chain", "draw", units.dim), result.reshape(shape))},
        coords={**posterior[["chain", "draw"]].coords, units.dim: list(units.labels)},
    )


def _censored_unit(design: Design, blocks: Samples, i: int, draws: Draws) -> Array:
    if DF not in draws:
        return _given_weight(design, blocks, i, draws)
    log_nodes, log_weights = weight_rule(draws[DF])
    parts = [
        _given_weight(
            design, blocks, i, {**draws, TAU_SAMPLE: draws[TAU_SAMPLE] * np.exp(-node / 2)}
        )
        for node in log_nodes.T
    ]
    return np.asarray(logsumexp(log_weights + np.stack(parts, axis=-1), axis=-1))


def _given_weight(design: Design, blocks: Samples, i: int, draws: Draws) -> Array:
    rows = design.units.index == i
    return log_density_with_censored(
        y=design.y[rows],
        mean=draws["beta"] @ design.X[rows].T,
        covariance=blocks.marginal_covariance(i, draws),
        limit=design.censored_at[rows],
    )
