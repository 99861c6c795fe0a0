"""How much the posterior moves when the prior or the likelihood is made a little stronger.

The density of the prior (or of the data) is raised to a power alpha near 1, the draws of the
posterior are weighted by Pareto-smoothed importance sampling, and the distance of the weighted from
the unweighted cdf is read off: Kallioinen, Paananen, Bürkner and Vehtari (2024, Statistics and
Computing 34, 57, doi 10.1007/s11222-023-10366-5), computed by `arviz_stats.psense`. A prior that
moves a parameter while the data move it too may be in conflict with the data; one that moves it
while the data do not is strong, or the data are weak. The likelihood has all random effects
integrated out, so the priors that are scaled are those that were declared.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
import pandas as pd

from bayes_alliance.algebra.blocks import Array
from bayes_alliance.engines.fitted import Fitted
from bayes_alliance.errors import InputError, Problem
from bayes_alliance.names import DF, RHO, SCALE_CORRELATION, TAU_EFFECT, TAU_GROUP, TAU_SAMPLE
from bayes_alliance.sensitivity.log_prior import log_prior_of

if TYPE_CHECKING:
    import xarray as xr

__all__ = ["SENSITIVE", "PowerScaling", "power_scaling", "verdict", "with_log_prior"]

#: From here on a posterior is called sensitive (Kallioinen et al. 2024, section 2.4).
SENSITIVE: Final = 0.05
#: Parameters of the distribution of the effect sizes that are one number each.
SINGLE: Final = (TAU_GROUP, TAU_SAMPLE, TAU_EFFECT, RHO, DF, "shrinkage")
WORDS: Final = {
    "possible prior-data conflict": "its prior moves it and the data do too, perhaps apart",
    "strong prior or weak data": "its prior moves it and the data hardly do",
    "none": "its prior hardly moves it",
}


@dataclass(frozen=True, slots=True)
class PowerScaling:
    """Sensitivity of every answer to the prior and to the data.

    Parameters
    ----------
    table : pandas.DataFrame
        Index ``parameter`` (reported quantities, contrasts, taus and others); ``prior`` and
        ``likelihood`` (sensitivities), ``verdict``, then ``prior_NAME`` for the prior of NAME alone
        and ``driver``, the prior that moves it most (empty where none does).
    draws : int
        Posterior draws that were weighted.
    """

    table: pd.DataFrame
    draws: int

    @property
    def sentences(self) -> tuple[str, ...]:
        """The verdict on every parameter that is sensitive to its prior, or that none is."""
        told = tuple(_sentences(self.table))
        calm = f"No answer is sensitive to its prior (all below {SENSITIVE:g})."
        return told or (calm,)

    def __repr__(self) -> str:
        head = f"Power scaling of prior and likelihood by {self.draws} draws"
        return "\n".join([head, *(f"  {line}" for line in self.sentences), "  next: .table"])


def verdict(prior: float, likelihood: float) -> str:
    """Name what two sensitivities say.

    Parameters
    ----------
    prior, likelihood : float
        Sensitivity to the prior and to the likelihood.

    Returns
    -------
    str
        ``possible prior-data conflict``, ``strong prior or weak data`` or ``none``.

    Examples
    --------
    >>> verdict(0.2, 0.3), verdict(0.2, 0.01), verdict(0.01, 0.3)
    ('possible prior-data conflict', 'strong prior or weak data', 'none')
    """
    if prior < SENSITIVE:
        return "none"
    return (
        "possible prior-data conflict" if likelihood >= SENSITIVE else "strong prior or weak data"
    )


def power_scaling(fitted: Fitted) -> PowerScaling:
    """Find which answers the priors move, and whether the data do too.

    Parameters
    ----------
    fitted : Fitted
        A finished analysis, by whatever engine.

    Returns
    -------
    PowerScaling
        Sensitivities and verdicts.

    Raises
    ------
    InputError
        If no prior is proper and free, or the tree has no log likelihood.

    Examples
    --------
    >>> from bayes_alliance.data.bundled import load
    >>> from bayes_alliance.engines.choose import run_analysis
    >>> from bayes_alliance.spec.library import read_specification
    >>> fitted = run_analysis(load("konstantopoulos2011"), read_specification("schools"))
    >>> power_scaling(fitted).table["verdict"].tolist()
    ['none', 'none', 'none']
    """
    import xarray as xr
    from arviz_stats import psense

    tree = with_log_prior(fitted)
    posterior, priors = tree["posterior"].dataset, tree["log_prior"].dataset
    values = dict(_parameters(fitted, posterior))
    asked = xr.Dataset(
        {"value": (("parameter", "chain", "draw"), np.stack(list(values.values())))},
        coords={**posterior[["chain", "draw"]].coords, "parameter": list(values)},
    )
    data = xr.DataTree.from_dict(
        {"posterior": asked, "log_prior": priors, "log_likelihood": tree["log_likelihood"].dataset}
    )
    dims = ["chain", "draw"]

    def sensitivity(group: str, names: list[str] | None = None) -> Array:
        found = psense(data, group=group, sample_dims=dims, group_var_names=names)
        return np.asarray(found["value"].to_numpy(), float)

    components = [str(name) for name in priors.data_vars]
    table = pd.DataFrame(
        {"prior": sensitivity("prior"), "likelihood": sensitivity("likelihood")},
        index=pd.Index(list(values), name="parameter"),
    )
    table["verdict"] = [verdict(*row) for row in table.to_numpy(float)]
    for name in components:
        table[f"prior_{name}"] = sensitivity("prior", [name])
    strongest = table[[f"prior_{name}" for name in components]].to_numpy(float).argmax(axis=1)
    table["driver"] = [
        components[i] if moved else ""
        for i, moved in zip(strongest, table["prior"] >= SENSITIVE, strict=True)
    ]
    return PowerScaling(table, asked.sizes["chain"] * asked.sizes["draw"])


def with_log_prior(fitted: Fitted) -> xr.DataTree:
    """The tree of an analysis with the log density of each prior, as ArviZ reads it.

    Parameters
    ----------
    fitted : Fitted
        A finished analysis.

    Returns
    -------
    xarray.DataTree
        Groups ``posterior``, ``log_prior`` (one variable a prior: ``coefficients``, the taus, and
        others) and ``log_likelihood``, at the draws that have a log likelihood.

    Raises
    ------
    InputError
        As in `power_scaling`.
    """
    import xarray as xr

    tree = fitted.posterior.tree
    if "log_likelihood" not in tree:
        raise InputError(
            Problem(
                what="this posterior was kept without the log likelihood of its draws",
                cure="Fit the model again with fit()",
                code="no_log_likelihood",
            )
        )
    likelihood = tree["log_likelihood"].dataset
    posterior = tree["posterior"].dataset.sel(chain=likelihood["chain"], draw=likelihood["draw"])
    found = log_prior_of(fitted.design, posterior)
    if not found:
        raise InputError(
            Problem(
                what="no prior can be scaled: all are flat or fixed",
                cure="Give at least one proper prior",
                code="no_log_prior",
            )
        )
    log_prior = xr.Dataset(
        {name: (("chain", "draw"), values) for name, values in found.items()},
        coords=posterior[["chain", "draw"]].coords,
    )
    return xr.DataTree.from_dict(
        {"posterior": posterior, "log_prior": log_prior, "log_likelihood": likelihood}
    )


def _parameters(fitted: Fitted, posterior: xr.Dataset) -> Iterator[tuple[str, Array]]:
    """Draws (chain, draw) of all that is reported and is not fixed."""
    beta = posterior["beta"].transpose("chain", "draw", ...).to_numpy()
    design = fitted.design
    for quantity in design.quantities:
        yield quantity.name, beta @ quantity.weights
    for contrast in design.contrasts:
        yield contrast.name, beta @ (contrast.of - contrast.minus.mean(axis=0))
    for name in SINGLE:
        if name in posterior:
            values = posterior[name].transpose("chain", "draw").to_numpy()
            if np.ptp(values) > 0:
                yield name, values
    if design.scales is not None:
        for label, name, column, prior in design.scales.parameters():
            if prior.support != "point" and (name != SCALE_CORRELATION or name in posterior):
                yield label, posterior[name].transpose("chain", "draw", ...).to_numpy()[..., column]
    for scale in design.scale_models:
        values = posterior[f"gamma_{scale.level}"].transpose("chain", "draw", ...).to_numpy()
        for j, name in enumerate(scale.names):
            yield f"log tau_{scale.level}: {name}", values[..., j]


def _sentences(table: pd.DataFrame) -> Iterator[str]:
    for name, row in table.iterrows():
        if row["verdict"] != "none":
            yield (
                f"{name}: {row['verdict']}; {WORDS[row['verdict']]} (sensitivity to the prior "
                f"{row['prior']:.2f}, to the data {row['likelihood']:.2f}; mostly the prior of "
                f"{row['driver']})."
            )
