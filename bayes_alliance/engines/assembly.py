"""From draws of the parameters to a whole posterior: what all engines do alike."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np
from scipy.special import logsumexp

from bayes_alliance.algebra.blocks import Array, RotatedBlocks
from bayes_alliance.algebra.censored import log_density_with_censored
from bayes_alliance.algebra.normal import log_density_by_sample
from bayes_alliance.algebra.student import weight_rule
from bayes_alliance.names import (
    COEFFICIENT,
    DF,
    EFFECT_ID,
    LAMBDA_SAMPLE,
    SAMPLE_ID,
    TAU_EFFECT,
    TAU_SAMPLE,
)
from bayes_alliance.posterior.scales import new_weights
from bayes_alliance.posterior.tree import add_group, constants, labelled, predictive
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
    censored = np.array(design.effect_ids, dtype=object)[design.censored]
    return {
        COEFFICIENT: design.coefficients,
        SAMPLE_ID: design.sample_ids,
        EFFECT_ID: design.effect_ids,
        "censored_id": tuple(censored),
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
        ``beta`` (D, p), the taus (D,) of the levels that vary, ``shrinkage``, ``df`` (D,) and
        ``lambda_sample`` (D, S) if declared.
    """
    drawn: dict[str, Array] = {}
    shrinkage = np.ones(size)
    if design.shrinkage is not None:
        drawn["shrinkage"] = shrinkage = design.shrinkage.draws(size, rng)
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
        for name, prior in ((TAU_SAMPLE, design.tau_sample), (TAU_EFFECT, design.tau_effect)):
            if prior is not None:
                drawn[name] = prior.draws(size, rng)
    if design.df is not None:
        drawn[DF] = design.df.draws(size, rng)
        drawn[LAMBDA_SAMPLE] = new_weights(drawn[DF], len(design.sample_ids), rng)
    return drawn


def assemble(
    design: Design, blocks: RotatedBlocks, draws: Mapping[str, Array], seed: int
) -> xr.DataTree:
    """Build the tree of a posterior from draws of its parameters.

    Parameters
    ----------
    design : Design
        The analysis.
    blocks : RotatedBlocks
        Its rotated data.
    draws : mapping of str to ndarray, shape (chain, draw, ...)
        Posterior draws of the parameters.
    seed : int
        Seed of the prior and predictive draws.

    Returns
    -------
    xarray.DataTree
        Groups posterior, prior, posterior_predictive, prior_predictive, log_likelihood,
        observed_data, constant_data.
    """
    import xarray as xr

    coords = coordinates(design)
    posterior = labelled(draws, coords)
    prior_draws = draw_prior(design, PRIOR_DRAWS, np.random.default_rng([seed, 2]))
    prior = labelled({name: values[None] for name, values in prior_draws.items()}, coords)
    observed, constant = constants(
        y=design.y,
        X=design.X,
        variances=design.variances,
        sample_index=design.sample_index,
        censored_at=design.censored_at,
        coords=coords,
    )
    tree = xr.DataTree()
    add_group(tree, "posterior", posterior)
    add_group(tree, "prior", prior)
    for group, source, part in (
        ("posterior_predictive", posterior, 3),
        ("prior_predictive", prior, 4),
    ):
        add_group(tree, group, predictive(source, blocks, design.effect_ids, [seed, part]))
    add_group(tree, "log_likelihood", _log_likelihood(design, blocks, draws, posterior))
    add_group(tree, "observed_data", observed)
    add_group(tree, "constant_data", constant)
    return tree


def _log_likelihood(
    design: Design, blocks: RotatedBlocks, draws: Mapping[str, Array], posterior: xr.Dataset
) -> xr.Dataset:
    """Log likelihood by sample, all random effects integrated out, in slices of draws."""
    import xarray as xr

    step = max(1, int(np.ceil(draws["beta"][..., 0].size * len(design.sample_ids) / LARGEST)))
    draws = {name: values[:, ::step] for name, values in draws.items()}
    posterior = posterior.isel(draw=slice(None, None, step))
    shape = draws["beta"].shape[:2]
    flat = {name: values.reshape(-1, *values.shape[2:]) for name, values in draws.items()}
    size = shape[0] * shape[1]
    taus = {name: flat.get(name, np.zeros(size)) for name in (TAU_SAMPLE, TAU_EFFECT)}
    if DF in flat:
        taus[DF] = flat[DF]
    result = np.empty((size, len(design.sample_ids)))
    block = max(1, (2_000_000 if DF not in flat else 100_000) // len(design.y))
    for a in range(0, size, block):
        part = slice(a, a + block)
        given = {name: values[part] for name, values in taus.items()}
        result[part] = log_density_by_sample(blocks, beta=flat["beta"][part], **given)
    for i in np.unique(design.sample_index[design.censored]):
        result[:, i] = _censored_sample(design, int(i), flat["beta"], **taus)
    return xr.Dataset(
        {"y": (("chain", "draw", SAMPLE_ID), result.reshape(*shape, -1))},
        coords={**posterior[["chain", "draw"]].coords, SAMPLE_ID: list(design.sample_ids)},
    )


def _censored_sample(
    design: Design,
    i: int,
    beta: Array,
    tau_sample: Array,
    tau_effect: Array,
    df: Array | None = None,
) -> Array:
    if df is not None:
        log_nodes, log_weights = weight_rule(df)
        values = [
            _censored_sample(design, i, beta, tau_sample * np.exp(-node / 2), tau_effect)
            for node in log_nodes.T
        ]
        return np.asarray(logsumexp(log_weights + np.stack(values, axis=-1), axis=-1))
    rows = design.sample_index == i
    V = np.diag(design.variances[rows]) if design.covariances is None else design.covariances[i]
    te2, ts2 = np.square(tau_effect)[:, None, None], np.square(tau_sample)[:, None, None]
    return log_density_with_censored(
        y=design.y[rows],
        mean=beta @ design.X[rows].T,
        covariance=V + te2 * np.eye(len(V)) + ts2,
        limit=design.censored_at[rows],
    )
