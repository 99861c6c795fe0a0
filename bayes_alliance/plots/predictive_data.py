r"""Predictive distributions: the mean of a new sample and a new effect in it, with probabilities.

What the next study may find apart from its sampling error, the uncertainty of mean and
heterogeneity included (Higgins, Thompson & Spiegelhalter 2009, doi
10.1111/j.1467-985X.2008.00552.x). On r every number is that of Fisher's z read through tanh:
intervals are those of the tables. Benchmarks count as fixed values here.

A density is drawn as the probability of each of 240 narrow cells over its width, so that what is
shaded adds up to the probability printed, for draws as well as for exact posteriors.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, Literal

import numpy as np
import pandas as pd

from bayes_alliance.algebra.blocks import Array
from bayes_alliance.engines.fitted import Fitted
from bayes_alliance.errors import InputError, Problem
from bayes_alliance.names import Level
from bayes_alliance.plots.footer import Footer, footer_of
from bayes_alliance.plots.levels import (
    LevelMean,
    chosen_term,
    held_terms,
    level_means,
    prediction_notes,
    true_effects_vary,
)
from bayes_alliance.plots.references import benchmark_data
from bayes_alliance.posterior.marginal import Marginal
from bayes_alliance.summaries.scale import Scale

__all__ = ["PredictiveData", "predictive_data"]

Kind = Literal["sample", "effect"]

CELLS: Final = 240
#: What the axis leaves out of each distribution at either end.
TAIL: Final = 0.001
LEVELS: Final[dict[Kind, tuple[Level, ...]]] = {
    "sample": ("sample",),
    "effect": ("sample", "effect"),
}


@dataclass(frozen=True, slots=True)
class PredictiveData:
    """The numbers of the figure.

    Parameters
    ----------
    densities : pandas.DataFrame
        ``name``, ``kind`` (sample, effect), ``value`` (r for correlations; middle of a cell),
        ``density``; 240 cells a distribution.
    predictions : pandas.DataFrame
        One row a distribution: ``name``, ``coefficient``, ``kind``, ``median``, ``lower``,
        ``upper``, ``p_positive``, ``p_rope`` (NaN where there is no r).
    beyond : pandas.DataFrame
        One row a distribution and benchmark of its mean: ``name``, ``kind``, ``benchmark``, ``r``,
        ``probability`` of more than it.
    benchmarks : pandas.DataFrame
        See `bayes_alliance.plots.references.benchmark_data`; those about a mean that is shown.
    rope : float
        Half-width of the region of practical equivalence to 0, on r.
    scale : Scale
        How the measure is read as a correlation.
    footer : Footer
        What stands under the figure.
    """

    densities: pd.DataFrame
    predictions: pd.DataFrame
    beyond: pd.DataFrame
    benchmarks: pd.DataFrame
    rope: float
    scale: Scale
    footer: Footer


def predictive_data(fitted: Fitted, by: str | None = None, *, caution: str = "") -> PredictiveData:
    """Compute predictive distributions of an analysis.

    Parameters
    ----------
    fitted : Fitted
        An analysis with heterogeneity.
    by : str, optional
        A categorical term of the model; by default its first one, or the overall mean if it has
        none.
    caution : str
        What the reader must beware of; stands under the figure in red.

    Returns
    -------
    PredictiveData
        On r for correlations, otherwise on the scale of the effects.

    Raises
    ------
    InputError
        If the model has no heterogeneity, or `by` is no categorical term of it.
    """
    design, scale = fitted.design, Scale(fitted.design.measure)
    if not true_effects_vary(design):
        raise InputError(
            Problem(
                what="the model has no heterogeneity: a new sample has the mean itself",
                where=f"model {fitted.specification.name}",
                cure="Give a level heterogeneity, or draw the means (plot_scales)",
                code="no_heterogeneity",
            )
        )
    term = chosen_term(fitted, by)
    levels = level_means(fitted, term)
    benchmarks = benchmark_data(fitted)
    benchmarks = benchmarks.loc[benchmarks["coefficient"].isin([m.coefficient for m in levels])]
    rope = fitted.specification.rope.effect_r
    densities, predictions, beyond = [], [], []
    for level in levels:
        for kind, marginal in _marginals(fitted, level):
            own = {"name": level.name, "kind": kind}
            densities.append(pd.DataFrame({**own, **_density(marginal, scale)}))
            numbers = _numbers(marginal, scale, rope)
            predictions.append({**own, "coefficient": level.coefficient, **numbers})
            about = benchmarks.loc[benchmarks["coefficient"] == level.coefficient]
            for name, r in zip(about["name"], about["r"].to_numpy(float), strict=True):
                above = 1 - float(marginal.cdf(scale.from_r(r)))
                beyond.append({**own, "benchmark": name, "r": r, "probability": above})
    return PredictiveData(
        densities=pd.concat(densities, ignore_index=True),
        predictions=pd.DataFrame(predictions),
        beyond=pd.DataFrame(beyond, columns=["name", "kind", "benchmark", "r", "probability"]),
        benchmarks=benchmarks,
        rope=rope,
        scale=scale,
        footer=footer_of(
            fitted,
            caution=caution,
            also=f"{prediction_notes(design)} {held_terms(design, term)}".strip(),
        ),
    )


def _marginals(fitted: Fitted, level: LevelMean) -> Iterator[tuple[Kind, Marginal]]:
    """Both predictive distributions; one where no heterogeneity tells them apart."""
    design, posterior = fitted.design, fitted.posterior
    between = (design.tau_sample, design.scales, design.groups)
    mean = posterior.predictive(level.weights, LEVELS["sample"])
    effect = posterior.predictive(level.weights, LEVELS["effect"])
    if any(source is not None for source in between):
        yield "sample", mean
        if np.allclose(mean.interval(), effect.interval(), rtol=0, atol=1e-9):
            return
    yield "effect", effect


def _density(marginal: Marginal, scale: Scale) -> dict[str, Array]:
    """Probability of each cell over its width."""
    low, high = scale.to_r(marginal.quantile([TAIL, 1 - TAIL]))
    margin = 0.1 * (high - low)
    end = 1 - 1e-9 if scale.has_r else np.inf
    edges = np.linspace(max(low - margin, -end), min(high + margin, end), CELLS + 1)
    shares = np.diff(marginal.cdf(scale.from_r(edges)))
    return {"value": (edges[1:] + edges[:-1]) / 2, "density": shares / np.diff(edges)}


def _numbers(marginal: Marginal, scale: Scale, rope: float) -> dict[str, float]:
    ends = scale.to_r(np.array([marginal.quantile(0.5), *marginal.interval()]))
    inside = np.nan
    if scale.has_r:
        inside = float(marginal.cdf(scale.from_r(rope)) - marginal.cdf(scale.from_r(-rope)))
    return {
        **dict(zip(("median", "lower", "upper"), map(float, ends), strict=True)),
        "p_positive": 1 - float(marginal.cdf(0.0)),
        "p_rope": inside,
    }
