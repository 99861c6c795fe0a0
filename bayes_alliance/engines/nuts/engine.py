"""NUTS in PyMC, sampled by nutpie or by PyMC's own sampler."""

from __future__ import annotations

import logging
import time
import warnings
from typing import TYPE_CHECKING

import numpy as np
import pymc as pm
import pytensor

from bayes_alliance.algebra.blocks import Array
from bayes_alliance.algebra.censored import complete_y
from bayes_alliance.algebra.samples import Samples
from bayes_alliance.engines.assembly import assemble
from bayes_alliance.engines.engine import RunOptions
from bayes_alliance.engines.nuts.model import PARAMETERS, build_model
from bayes_alliance.errors import EngineError
from bayes_alliance.names import DF, LAMBDA_SAMPLE
from bayes_alliance.posterior.posterior import Posterior
from bayes_alliance.posterior.provenance import Provenance, versions
from bayes_alliance.posterior.tree import add_group
from bayes_alliance.spec.design import Design

if TYPE_CHECKING:
    import xarray as xr

__all__ = ["NutsEngine", "sample_model"]

#: Sampler statistics that both samplers have.
STATISTICS = ("diverging", "energy", "step_size", "n_steps")


class NutsEngine:
    """NUTS on the marginal or the hierarchical form of the model."""

    name = "nuts"

    def declines(self, design: Design) -> str | None:
        """NUTS takes every design.

        Parameters
        ----------
        design : Design
            The analysis.

        Returns
        -------
        None
            Always.
        """
        return None

    def falls_short(self, posterior: Posterior) -> str | None:
        """There is no engine to turn to after NUTS; its checks tell.

        Parameters
        ----------
        posterior : Posterior
            What `run` returned.

        Returns
        -------
        None
            Always.
        """
        return None

    def run(self, design: Design, options: RunOptions) -> Posterior:
        """Sample the posterior.

        Parameters
        ----------
        design : Design
            The analysis.
        options : RunOptions
            Chains, draws, seed, sampler.

        Returns
        -------
        Posterior
            Draws with the sampler's statistics.

        Raises
        ------
        EngineError
            If the sampler cannot start.
        """
        began = time.perf_counter()
        model = build_model(design, hierarchical=options.parametrization == "hierarchical")
        sampled = sample_model(model, options)
        draws = _parameters(sampled["posterior"].dataset)
        blocks = design.blocks()
        if design.df is not None:
            explicit = sampled["posterior"].dataset.get("u_standardised")
            draws[LAMBDA_SAMPLE] = _sample_weights(design, blocks, draws, explicit, options.seed)
        tree = assemble(design, blocks, draws, options.seed)
        statistics = sampled["sample_stats"].dataset
        kept = [name for name in STATISTICS if name in statistics]
        add_group(tree, "sample_stats", statistics[kept].drop_attrs())
        provenance = Provenance(
            engine=self.name,
            seed=options.seed,
            seconds=time.perf_counter() - began,
            settings={
                "chains": options.chains,
                "draws": options.draws,
                "tune": options.tune,
                "target_accept": options.target_accept,
                "parametrization": options.parametrization,
                "sampler": options.sampler,
            },
            versions=versions(),
        )
        return Posterior(tree=tree, blocks=blocks, provenance=provenance)


def sample_model(model: pm.Model, options: RunOptions) -> xr.DataTree:
    """Sample a PyMC model with NUTS.

    Parameters
    ----------
    model : pymc.Model
        The model.
    options : RunOptions
        Chains, draws, seed, sampler, progress.

    Returns
    -------
    xarray.DataTree
        Groups posterior and sample_stats.

    Raises
    ------
    EngineError
        If the sampler cannot start.
    """
    logger = logging.getLogger("pymc")
    level = logger.level
    if not options.progress:
        logger.setLevel(logging.ERROR)
    # Without fastmath off, the same seed gives other draws once numba's cache is warm.
    with model, warnings.catch_warnings(), pytensor.config.change_flags(numba__fastmath=False):
        warnings.simplefilter("ignore")
        try:
            sampled: xr.DataTree = pm.sample(
                draws=options.draws,
                tune=options.tune,
                chains=options.chains,
                cores=min(options.cores, options.chains),
                random_seed=options.seed,
                target_accept=options.target_accept,
                nuts_sampler=options.sampler,
                progressbar=options.progress,
                quiet=not options.progress,
                compute_convergence_checks=False,
            )
        except (pm.exceptions.SamplingError, RuntimeError) as error:
            raise EngineError(
                f'NUTS could not sample this model: {error}. Try sampler = "pymc" in [run], or '
                "another seed"
            ) from error
        finally:
            logger.setLevel(level)
    return sampled


def _sample_weights(
    design: Design,
    blocks: Samples,
    draws: dict[str, Array],
    explicit: xr.DataArray | None,
    seed: int,
) -> Array:
    """Weights of the samples given all else: from the data, or from an explicit sample effect."""
    rng = np.random.default_rng([seed, 6])
    shape = draws["beta"].shape[:2]
    if explicit is not None:
        u = explicit.transpose("chain", "draw", ...).to_numpy()
        df = draws[DF][..., None]
        return np.asarray(rng.gamma((df + 1) / 2, size=u.shape) / ((df + np.square(u)) / 2))
    flat = {name: values.reshape(-1, *values.shape[2:]) for name, values in draws.items()}
    hidden, size = flat.get("y_censored"), shape[0] * shape[1]
    result = []
    for part in np.array_split(np.arange(size), max(1, size * len(blocks.y) // 50_000)):
        y = None if hidden is None else complete_y(design.y, hidden[part], design.censored)
        given = {name: values[part] for name, values in flat.items()}
        result.append(blocks.draw_weights(given, rng, y))
    return np.concatenate(result).reshape(*shape, -1)


def _parameters(dataset: xr.Dataset) -> dict[str, Array]:
    """Draws of the parameters of the contract, chain and draw first."""
    return {
        name: np.asarray(dataset[name].transpose("chain", "draw", ...).to_numpy(), float)
        for name in PARAMETERS
        if name in dataset
    }
