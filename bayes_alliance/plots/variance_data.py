r"""Where the variance of effect sizes comes from: sampling error, groups, samples, effects.

On the left the posterior of each share, :math:`I^2_l = \tau_l^2 / (\sum \tau^2 + \tilde v)` with
the typical sampling variance :math:`\tilde v = (k - p) / \mathrm{tr}(P)`, and of what is left to
sampling error; on the right the standard deviations themselves. Shares depend on how large the
samples are, standard deviations do not (see `bayes_alliance.summaries.heterogeneity`). The bar
stacks posterior means, which add up to 1; medians need not.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import pandas as pd

from bayes_alliance.engines.fitted import Fitted
from bayes_alliance.errors import InputError, Problem
from bayes_alliance.names import Level
from bayes_alliance.plots.footer import Footer, footer_of
from bayes_alliance.plots.levels import true_effects_vary
from bayes_alliance.posterior.marginal import DrawnMarginal, Marginal
from bayes_alliance.summaries.coefficients import Estimate, estimate_of
from bayes_alliance.summaries.heterogeneity import (
    HeterogeneitySummary,
    summarise_heterogeneity,
    variance_parts,
)
from bayes_alliance.summaries.scale_models import summarise_scale_models

__all__ = ["VarianceData", "variance_data"]

CELLS: Final = 80
LABELS: Final = {
    "sampling": "Sampling error",
    "group": "Between groups",
    "sample": "Between samples",
    "effect": "Within samples",
    "total": "Total",
}


@dataclass(frozen=True, slots=True)
class VarianceData:
    """The numbers of the figure.

    Parameters
    ----------
    shares : pandas.DataFrame
        One row a part: ``part`` (sampling, group, sample, effect; those of the model), ``label``,
        ``mean``, ``median``, ``lower``, ``upper`` (0 to 1).
    taus : pandas.DataFrame
        One row a standard deviation on the analysis scale: ``part`` (also total), ``label``,
        ``median``, ``lower``, ``upper``; that of sampling error is the root of the typical
        variance and has no interval (NaN). Where scales or moderators have their own, these
        follow, ``detail`` is True and they have no density.
    densities : pandas.DataFrame
        ``panel`` (share, tau), ``part``, ``value``, ``density``; 80 values each.
    label : str
        Name of the axis of the standard deviations.
    footer : Footer
        What stands under the figure.
    """

    shares: pd.DataFrame
    taus: pd.DataFrame
    densities: pd.DataFrame
    label: str
    footer: Footer


def variance_data(fitted: Fitted, *, caution: str = "") -> VarianceData:
    """Split the variance of the effect sizes of an analysis.

    Parameters
    ----------
    fitted : Fitted
        An analysis with heterogeneity.
    caution : str
        What the reader must beware of; stands under the figure in red.

    Returns
    -------
    VarianceData
        Levels that the model takes as homogeneous are absent.

    Raises
    ------
    InputError
        If the model has no heterogeneity, or as many coefficients as effects.
    """
    posterior = fitted.posterior
    parts = variance_parts(posterior)
    _refuse(fitted, parts.typical)
    found, exact = summarise_heterogeneity(posterior), posterior.has_exact_densities
    shares, densities = [], []
    variances = {"sampling": np.full_like(parts.total, parts.typical)}
    named = (("group", parts.group), ("sample", parts.sample), ("effect", parts.effect))
    variances |= {part: draws for part, draws in named if draws is not None}
    for part, draws in variances.items():
        share = DrawnMarginal(parts.share(draws), 0.0)
        shares.append(_row(part, LABELS[part], estimate_of(share)))
        densities.append(_density("share", part, share, 1.0))
    for part, marginal in _marginals(fitted, found):
        densities.append(_density("tau", part, marginal, np.inf, exact=exact))
    taus = [
        {"part": "sampling", "label": "Typical standard error", "median": np.sqrt(parts.typical)},
        *_tau_rows(fitted, found),
    ]
    scale = "Fisher's z" if fitted.design.measure == "ZCOR" else "scale of the effects"
    return VarianceData(
        shares=pd.DataFrame(shares).drop(columns="detail"),
        taus=pd.DataFrame(taus).fillna({"detail": False}).astype({"detail": bool}),
        densities=pd.concat(densities, ignore_index=True),
        label=f"Standard deviation ({scale})",
        footer=footer_of(fitted, caution=caution, also=_also(fitted)),
    )


def _refuse(fitted: Fitted, typical: float) -> None:
    where = f"model {fitted.specification.name}"
    if not true_effects_vary(fitted.design):
        raise InputError(
            Problem(
                what="the model has no heterogeneity: all variance is sampling error",
                where=where,
                cure="Give a level heterogeneity (heterogeneity.sample, heterogeneity.effect)",
                code="no_heterogeneity",
            )
        )
    if not np.isfinite(typical):
        raise InputError(
            Problem(
                what=f"{len(fitted.design.y)} effect sizes with as many coefficients leave no "
                "typical sampling variance",
                where=where,
                cure="Fit a model with fewer terms; fit.heterogeneity() has the taus",
                code="saturated",
            )
        )


def _row(part: str, label: str, estimate: Estimate, *, detail: bool = False) -> dict[str, Any]:
    return {
        "part": part,
        "label": label,
        "mean": estimate.mean,
        "median": estimate.median,
        "lower": estimate.lower,
        "upper": estimate.upper,
        "detail": detail,
    }


def _marginals(fitted: Fitted, found: HeterogeneitySummary) -> Iterator[tuple[str, Marginal]]:
    """Posteriors of the standard deviations that are one number for all effects."""
    levels: tuple[Level, ...] = ("group", "sample", "effect")
    for level in levels:
        if fitted.posterior.has(f"tau_{level}"):
            yield level, fitted.posterior.tau(level)
    if found.tau_total is not None:
        yield "total", fitted.posterior.total_tau()


def _tau_rows(fitted: Fitted, found: HeterogeneitySummary) -> Iterator[dict[str, Any]]:
    """Standard deviations as in the tables, with what each of them is made of."""
    models = {
        m.level: m for m in summarise_scale_models(fitted.posterior, fitted.design.scale_models)
    }
    own = {"group": found.tau_group, "sample": found.tau_sample, "effect": found.tau_effect}
    for part, estimate in own.items():
        label = LABELS[part]
        if estimate is not None:
            scaled = part == "sample" and found.tails is not None
            yield _row(part, f"{label} (scale of t)" if scaled else label, estimate)
        if part == "sample":
            for scale, of_scale in found.scales:
                yield _row(part, f"{label}, {scale}", of_scale, detail=True)
            if found.tails is not None and found.tails.sd_sample is not None:
                yield _row(part, "standard deviation of the t", found.tails.sd_sample, detail=True)
        for level in models[part].at if part in models else ():
            yield _row(part, level.name, level.estimate, detail=True)
    if found.tau_total is not None:
        yield _row("total", "Total of true effects", found.tau_total)


def _density(
    panel: str, part: str, marginal: Marginal, end: float, *, exact: bool = False
) -> pd.DataFrame:
    """Density of a part; an exact one as the probability of narrow cells over their width."""
    low, high = (float(value) for value in marginal.quantile([0.001, 0.999]))
    margin = 0.1 * (high - low)
    edges = np.linspace(max(low - margin, 0.0), min(high + margin, end), CELLS + 1)
    value = (edges[1:] + edges[:-1]) / 2
    density = np.diff(marginal.cdf(edges)) / np.diff(edges) if exact else marginal.pdf(value)
    return pd.DataFrame({"panel": panel, "part": part, "value": value, "density": density})


def _also(fitted: Fitted) -> str:
    design = fitted.design
    told = ["Shares: I² with (k − p) / trace(P) as typical sampling variance."]
    if design.scales is not None:
        told.append("Every scale has sample effects of its own; shares and total are averages.")
    if design.df is not None:
        told.append("Sample effects follow a t: shares and total are of its scale.")
    if design.scale_models:
        told.append("Heterogeneity depends on terms: shares and total are at their average.")
    between = (design.tau_sample, design.scales)
    if all(level is None for level in between):
        told.append("No heterogeneity between samples in this model.")
    if design.tau_effect is None:
        told.append("No heterogeneity within samples in this model.")
    return " ".join(told)
