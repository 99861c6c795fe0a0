r"""Where each sample lies in the distribution that all other samples predict for it.

The probability integral transform of a sample left out (Dawid 1984, doi 10.2307/2981683; Gelfand,
Dey & Chang 1992) is :math:`u_i = P(\bar y_i^{new} \le \bar y_i | y_{-i})`, with the plain mean of
the sample's effects: one number a sample, because the effects of a sample depend on one another and
would not be uniform together. With a good model the :math:`u_i` are nearly uniform. Where the
posterior has a grid the posterior without the sample is exact, and so is :math:`u_i`. Otherwise the
replicated data of the posterior are weighted by Pareto-smoothed importance sampling (Vehtari,
Gelman & Gabry 2017, doi 10.1007/s11222-016-9696-4), on the likelihood of the whole sample. Where
samples lie in groups, whole groups are left out.
"""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from typing import Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from bayes_alliance.algebra.blocks import Array
from bayes_alliance.checks.loo import leave_one_out, rests_on_one_sample
from bayes_alliance.engines.exact.omission import leave_samples_out, needed_sample
from bayes_alliance.engines.fitted import Fitted
from bayes_alliance.errors import InputError, Problem
from bayes_alliance.names import EFFECT_ID
from bayes_alliance.posterior.grid import Grid
from bayes_alliance.posterior.marginal import MixtureMarginal
from bayes_alliance.posterior.stack import GridStack

__all__ = ["FEWEST", "LeftOutRanks", "left_out_ranks"]

#: With fewer units a distribution cannot be told from a uniform one.
FEWEST: Final = 5
#: Nodes with less probability than this share of the largest say nothing.
NEGLIGIBLE: Final = 1e-12


@dataclass(frozen=True, slots=True)
class LeftOutRanks:
    """Probability integral transforms of all units, each predicted from all others.

    Parameters
    ----------
    table : pandas.DataFrame
        One row a unit: its name under ``sample`` (``group``, ``component``), ``effects``, ``mean``
        (of its observed effects, on the analysis scale), ``pit``, and ``pareto_k`` (NaN where
        nothing was approximated).
    word : {"sample", "group", "component"}
        What was left out.
    exact : bool
        Whether every posterior without a unit is exact.
    threshold : float
        Largest Pareto k that can be trusted; infinite where nothing was approximated.
    """

    table: pd.DataFrame
    word: str
    exact: bool
    threshold: float


def left_out_ranks(fitted: Fitted) -> LeftOutRanks:
    """Predict the mean of every sample from all others, and tell where the observed one lies.

    Parameters
    ----------
    fitted : Fitted
        A finished analysis.

    Returns
    -------
    LeftOutRanks
        One row a sample, or group where samples lie in groups; samples without an observed effect
        are left out.

    Raises
    ------
    InputError
        If there are fewer than five of them, or leaving one out leaves a coefficient without
        information.

    Examples
    --------
    >>> from bayes_alliance.data.bundled import load
    >>> from bayes_alliance.engines.choose import run_analysis
    >>> from bayes_alliance.spec.library import read_specification
    >>> fitted = run_analysis(load("konstantopoulos2011"), read_specification("schools"))
    >>> bool(left_out_ranks(fitted).table["pit"].between(0, 1).all())
    True
    """
    design, grid = fitted.design, fitted.posterior.grid
    _refuse(fitted)
    units, seen = design.units, ~design.censored
    weights = np.array([(units.index == i) & seen for i in range(len(units.labels))], float)
    counts = weights.sum(axis=1)
    kept = np.flatnonzero(counts > 0)
    weights[kept] /= counts[kept, None]
    table = pd.DataFrame(
        {
            units.word: np.array(units.labels, dtype=object)[kept],
            "effects": counts[kept].astype(int),
            "mean": (weights @ np.where(seen, design.y, 0.0))[kept],
        }
    )
    if grid is not None:
        table["pit"], table["pareto_k"] = _exact(fitted, grid, table["mean"].to_numpy()), np.nan
        return LeftOutRanks(table, units.word, True, np.inf)
    loo = leave_one_out(fitted)
    table["pit"] = _smoothed(fitted, weights[kept], kept)
    table["pareto_k"] = loo.table["pareto_k"].to_numpy()[kept]
    return LeftOutRanks(table, units.word, False, loo.threshold)


def _refuse(fitted: Fitted) -> None:
    design = fitted.design
    word = design.units.word
    count = len(np.unique(design.units.index[~design.censored]))
    what, cure = "", "Look at plot_predictive_checks, which leaves nothing out"
    if count < FEWEST:
        what = f"{count} {word}{'' if count == 1 else 's'} cannot be told from a distribution"
        cure = f"With fewer than {FEWEST} look at the {word}s one by one, for example in a forest"
    elif needed_sample(design) is not None:
        what = f"without {needed_sample(design)} a flat prior leaves a coefficient undetermined"
    elif all(rests_on_one_sample(fitted)):
        what = f"every {word} has a coefficient of its own, and only the prior would predict it"
    elif not np.isfinite(fitted.posterior.tree["log_likelihood"]["y"].to_numpy()).all():
        what = "the log likelihood is not finite in some draws"
        cure = "Look at fit.check() first"
    if what:
        raise InputError(
            Problem(what=what, where=f"model {fitted.specification.name!r}", cure=cure,
                    code="loo_pit")
        )  # fmt: skip


def _exact(fitted: Fitted, grid: Grid | GridStack, means: Array) -> Array:
    """Predictive cdfs of the samples' means, from the exact posterior without each of them."""
    left = leave_samples_out(fitted.design, grid, blocks=fitted.posterior.blocks)
    cdfs = [
        _predicted(fitted, i, without.grid).cdf(mean)
        for i, (without, mean) in enumerate(zip(left, means, strict=True))
    ]
    return np.array(cdfs, float)


def _predicted(fitted: Fitted, sample: int, grid: Grid | GridStack) -> MixtureMarginal:
    """Predictive distribution of the mean of a sample's effects: a normal at every node."""
    from bayes_alliance.posterior.moments import combination_variances

    blocks = fitted.posterior.blocks
    rows = blocks.sample_index == sample
    size = int(rows.sum())
    x = np.ascontiguousarray(blocks.design_matrix[rows].mean(axis=0))
    parts = []
    for share, layer, rho in zip(grid.shares, grid.layers, grid.rho, strict=True):
        if share <= NEGLIGIBLE * grid.shares.max():
            continue
        kept = layer.weights > NEGLIGIBLE * layer.weights.max()
        variance = combination_variances(layer.factors, x) + np.square(layer.tau_sample)
        variance = variance + np.square(layer.tau_effect)[:, None] / size
        variance = variance + blocks.sampling_covariance(sample, float(rho)).sum() / size**2
        probability = share * layer.weights[kept]
        parts.append(MixtureMarginal((layer.means @ x)[kept], np.sqrt(variance[kept]), probability))
    return MixtureMarginal.joined(parts)


def _smoothed(fitted: Fitted, weights: Array, kept: NDArray[np.intp]) -> Array:
    """Weighted shares of replicated means below the observed ones, by ArviZ."""
    import arviz_stats
    import xarray as xr

    tree, unit = fitted.posterior.tree, fitted.design.units.dim
    likelihood = tree["log_likelihood"]["y"].transpose("chain", "draw", unit).isel({unit: kept})
    # In very large problems both are thinned, each in its own way.
    drawn = tree["posterior_predictive"]["y"].transpose("chain", "draw", EFFECT_ID)
    likelihood, drawn = xr.align(likelihood, drawn, join="inner", exclude=(unit, EFFECT_ID))
    dims = ("chain", "draw", unit)
    coords = {**likelihood.coords}
    y = np.where(fitted.design.censored, 0.0, fitted.design.y)
    groups = {
        "posterior": tree["posterior"].dataset.sel(chain=drawn["chain"], draw=drawn["draw"]),
        "log_likelihood": xr.Dataset({"y": likelihood}),
        "posterior_predictive": xr.Dataset(
            {"y": (dims, drawn.to_numpy() @ weights.T)}, coords=coords
        ),
        "observed_data": xr.Dataset({"y": ((unit,), weights @ y)}, coords={unit: coords[unit]}),
    }
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # Pareto k is told beside the numbers
        found = arviz_stats.loo_pit(xr.DataTree.from_dict(groups), var_names="y")
    return np.asarray(found["y"].to_numpy(), float)
