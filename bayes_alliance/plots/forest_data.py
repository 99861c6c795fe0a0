"""The numbers of a forest: what was reported, what the model makes of it, and the means.

The thin line is a reported effect with its 95 % confidence interval, ``yi -+ 1.96 sqrt(vi)`` on the
analysis scale, read as r through tanh for Fisher's z (Viechtbauer 2010, doi 10.18637/jss.v036.i03).
The thick line is the posterior of the true effect behind it, drawn from its normal conditional
given the parameters (partial pooling). The diamond is the posterior of the mean (on r: the median
true correlation), the curve under it the predictive density of a new effect in a new sample, with
its interval as a line (IntHout et al. 2016, doi 10.1136/bmjopen-2015-010247). The weight of an
effect is its share in the posterior mean of the mean that it belongs to
(`bayes_alliance.sensitivity.weights`).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import partial
from typing import Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import stats

from bayes_alliance.algebra.blocks import Array
from bayes_alliance.engines.fitted import Fitted
from bayes_alliance.names import ALLIANCE_SCALES, INTERVAL_PROBABILITY
from bayes_alliance.plots.densities import density_frame
from bayes_alliance.plots.footer import Footer, footer_of
from bayes_alliance.plots.references import benchmark_data
from bayes_alliance.plots.rows import axis_limits
from bayes_alliance.posterior.marginal import Marginal
from bayes_alliance.sensitivity.weights import effect_weights
from bayes_alliance.spec.coding import level_labels
from bayes_alliance.spec.design import Design
from bayes_alliance.summaries.coefficients import summarise_coefficients
from bayes_alliance.summaries.scale import Scale

__all__ = ["ForestData", "forest_data", "mean_counts"]

#: Column of the alliance scale, whose levels are told apart by colour if it is there.
SCALE_COLUMN: Final = "subscale"
NO_LEVEL: Final = "not stated"

NEW_EFFECT: Final = "New effect in a new sample"
NEW_EFFECT_OF_GROUP: Final = "New effect in a new sample and group"


@dataclass(frozen=True, slots=True)
class ForestData:
    """The numbers of a forest.

    Parameters
    ----------
    rows : pandas.DataFrame
        One row an effect (or a sample, where collapsed), samples together: ``sample``, ``effect``,
        ``level``, ``k``, ``n``, ``yi``, ``vi``; ``weight``, the share in the posterior mean of its
        mean (NaN where no one mean is its own); on the scale of the axis ``reported``,
        ``reported_lower``, ``reported_upper`` and the posterior ``median``, ``lower``, ``upper`` of
        the true effect; ``not_significant`` where only that was printed (``reported`` is NaN then,
        its limits are the critical values).
    means : pandas.DataFrame
        One row a mean: ``name``, ``k``, ``median``, ``lower``, ``upper``, ``new_lower``,
        ``new_upper`` (a new effect in a new sample; NaN where nothing varies).
    benchmarks : pandas.DataFrame
        See `bayes_alliance.plots.references.benchmark_data`.
    levels : tuple of str
        Levels told apart by colour and marker.
    limits : tuple of float
        Ends of the axis.
    scale : Scale
        How the measure is read as a correlation.
    collapsed : bool
        Whether a row is a sample.
    footer : Footer
        What stands under the figure.
    new_effect : str
        What is predicted.
    densities : pandas.DataFrame
        Predictive density of a new effect around each mean, on the scale of the axis: ``name``,
        ``value``, ``density``; no rows where nothing varies.
    weight_note : str
        What the weights are; stands under the figure where they are shown.
    """

    rows: pd.DataFrame
    means: pd.DataFrame
    benchmarks: pd.DataFrame
    levels: tuple[str, ...]
    limits: tuple[float, float]
    scale: Scale
    collapsed: bool
    footer: Footer
    new_effect: str = NEW_EFFECT
    densities: pd.DataFrame = field(default_factory=partial(density_frame, {}, Scale("GEN")))
    weight_note: str = ""


def forest_data(
    fitted: Fitted,
    *,
    collapse: bool = False,
    limits: tuple[float, float] | None = None,
    caution: str = "",
) -> ForestData:
    """Compute the numbers of a forest.

    Parameters
    ----------
    fitted : Fitted
        The analysis: k effects in S samples.
    collapse : bool
        One row a sample instead of one an effect. The reported value of a sample is then the plain
        mean of its effects with the variance ``1'V 1 / m^2``, the estimand of ``theta_sample``.
    limits : tuple of float, optional
        Ends of the axis, on r for correlations; by default chosen from the numbers.
    caution : str
        What the reader must beware of; stands under the figure in red.

    Returns
    -------
    ForestData
        k (or S) rows; nothing is left out.
    """
    scale = Scale(fitted.design.measure)
    of_sample, of_effect = fitted.posterior.random_effects()
    labels = _labels(fitted)
    if collapse:
        labels = _one_a_sample(labels)
        yi, vi = _sample_means(fitted)
        rows = _with_numbers(labels, yi, vi, of_sample, scale)
    else:
        rows = _with_numbers(labels, fitted.design.y, fitted.design.variances, of_effect, scale)
        _mark_not_significant(rows, fitted.design.censored_at, scale)
    rows["weight"], told = _weights(fitted, collapse=collapse)
    means = _means(fitted, scale)
    benchmarks = benchmark_data(fitted)
    return ForestData(
        rows=rows,
        means=means,
        benchmarks=benchmarks,
        levels=_shown_levels(rows["level"]),
        limits=limits or _limits(rows, means, benchmarks, scale),
        scale=scale,
        collapsed=collapse,
        footer=footer_of(fitted, caution=caution),
        new_effect=NEW_EFFECT if fitted.design.groups is None else NEW_EFFECT_OF_GROUP,
        densities=density_frame(_predictives(fitted), scale),
        weight_note=told,
    )


def _labels(fitted: Fitted) -> pd.DataFrame:
    frame = fitted.effects.frame.iloc[fitted.design.rows]
    sizes = np.bincount(fitted.design.sample_index)
    return pd.DataFrame(
        {
            "sample": frame["sample"].astype(str).to_numpy(),
            "effect": frame["effect"].astype(str).to_numpy(),
            "level": _levels(frame),
            "k": np.repeat(sizes, sizes),
            "n": frame["n"].to_numpy(float),
        }
    )


def _levels(frame: pd.DataFrame) -> Array | str:
    if SCALE_COLUMN not in frame:
        return ""
    column = frame[SCALE_COLUMN]
    known = column.notna().to_numpy()
    if not known.any():
        return ""
    levels = np.full(len(frame), NO_LEVEL, dtype=object)
    levels[known] = level_labels(column[known]).to_numpy()
    return levels


def _shown_levels(levels: pd.Series[str]) -> tuple[str, ...]:
    """Levels that are told apart, the alliance scales first in their usual order."""
    found = [str(level) for level in pd.unique(levels) if level not in ("", NO_LEVEL)]
    known = [scale for scale in ALLIANCE_SCALES if scale in found]
    return (*known, *sorted(level for level in found if level not in known))


def _one_a_sample(labels: pd.DataFrame) -> pd.DataFrame:
    grouped = labels.groupby("sample", sort=False)
    return pd.DataFrame(
        {
            "sample": list(grouped.groups),
            "effect": "",
            "level": "",
            "k": grouped.size().to_numpy(),
            "n": grouped["n"].max().to_numpy(),
        }
    )


def _sample_means(fitted: Fitted) -> tuple[Array, Array]:
    """Plain mean of each sample's effects and its sampling variance, on the analysis scale."""
    design = fitted.design
    sizes = np.bincount(design.sample_index)
    yi = np.add.reduceat(design.y, design.starts) / sizes
    if design.covariances is None:
        total = np.add.reduceat(design.variances, design.starts)
    else:
        total = np.array([V.sum() for V in design.covariances])
    return yi, total / sizes**2


def _with_numbers(
    labels: pd.DataFrame, yi: Array, vi: Array, draws: Array, scale: Scale
) -> pd.DataFrame:
    """Add reported and posterior intervals to the labels of the rows."""
    tails = (1 - INTERVAL_PROBABILITY) / 2
    half = stats.norm.ppf(1 - tails) * np.sqrt(vi)
    lower, median, upper = np.quantile(draws, (tails, 0.5, 1 - tails), axis=0)
    return labels.assign(
        yi=yi,
        vi=vi,
        reported=scale.to_r(yi),
        reported_lower=scale.to_r(yi - half),
        reported_upper=scale.to_r(yi + half),
        median=scale.to_r(median),
        lower=scale.to_r(lower),
        upper=scale.to_r(upper),
        not_significant=False,
    )


def _mark_not_significant(rows: pd.DataFrame, critical: Array, scale: Scale) -> None:
    unknown = np.isfinite(critical)
    rows.loc[unknown, "reported"] = np.nan
    rows.loc[unknown, "reported_lower"] = scale.to_r(-critical[unknown])
    rows.loc[unknown, "reported_upper"] = scale.to_r(critical[unknown])
    rows["not_significant"] = unknown


def mean_counts(design: Design) -> dict[str, int]:
    """Effects behind each mean.

    Parameters
    ----------
    design : Design
        The analysis.

    Returns
    -------
    dict
        Name of a mean to its number of effects: those of its level, or all.
    """
    means = [quantity.name for quantity in design.quantities if quantity.role == "mean"]
    counts = dict.fromkeys(means, len(design.y))
    if len(design.terms) == 1 and design.terms[0].kind == "categorical":
        counts |= dict(zip(design.terms[0].levels, design.terms[0].counts, strict=True))
    return counts


def _means(fitted: Fitted, scale: Scale) -> pd.DataFrame:
    asked = [q for q in fitted.design.quantities if q.role == "mean"]
    counts = mean_counts(fitted.design)
    varies = _varies(fitted.design)
    rows = []
    for summary in summarise_coefficients(fitted.posterior, asked, scale):
        estimate, new = summary.estimate, summary.new_effect
        predicted = (new.lower, new.upper) if varies and new is not None else (np.nan, np.nan)
        values = scale.to_r(np.array([estimate.median, estimate.lower, estimate.upper, *predicted]))
        rows.append((summary.name, counts[summary.name], *values))
    columns = ["name", "k", "median", "lower", "upper", "new_lower", "new_upper"]
    return pd.DataFrame(rows, columns=columns)


def _varies(design: Design) -> bool:
    levels = (design.tau_sample, design.tau_effect, design.scales, design.groups)
    return any(level is not None for level in levels)


def _predictives(fitted: Fitted) -> dict[str, Marginal]:
    """Predictive distribution of a new effect in a new sample around each mean."""
    if not _varies(fitted.design):
        return {}
    return {
        q.name: fitted.posterior.predictive(q.weights, ("sample", "effect"))
        for q in fitted.design.quantities
        if q.role == "mean"
    }


def _weights(fitted: Fitted, *, collapse: bool) -> tuple[Array, str]:
    """Weight of each row in the mean that it belongs to, and what is said about it."""
    design = fitted.design
    means = {q.name: q.weights for q in design.quantities if q.role == "mean"}
    own = _own_means(design, tuple(means))
    if own is None or (collapse and len(means) > 1):
        return np.full(len(design.sample_ids if collapse else design.y), np.nan), ""
    weights = effect_weights(fitted, np.stack(list(means.values())))[own, np.arange(len(design.y))]
    several, unit = len(means) > 1, "a sample" if collapse else "an effect"
    mean = "the estimated mean of its level" if several else "the estimated mean"
    rest = "other levels and the prior have the rest" if several else "the prior has the rest"
    told = f"Weight: share of {unit} in {mean}, averaged over the posterior of tau; {rest}."
    return (np.add.reduceat(weights, design.starts) if collapse else weights), told


def _own_means(design: Design, means: tuple[str, ...]) -> NDArray[np.intp] | None:
    """Position of the mean that each effect belongs to, if there is just one."""
    if len(means) == 1:
        return np.zeros(len(design.y), np.intp)
    if len(design.terms) == 1 and design.terms[0].kind == "categorical":
        of = np.stack([q.weights for q in design.quantities if q.role == "mean"])
        matches = (design.X[:, None, :] == of).all(axis=-1)
        if (matches.sum(axis=1) == 1).all():
            return np.asarray(matches.argmax(axis=1), np.intp)
    return None


def _limits(
    rows: pd.DataFrame, means: pd.DataFrame, benchmarks: pd.DataFrame, scale: Scale
) -> tuple[float, float]:
    posterior = [rows["lower"], rows["upper"], means["lower"], means["upper"]]
    predicted = [means["new_lower"], means["new_upper"]]
    published = [benchmarks["r"], benchmarks["lower"], benchmarks["upper"]]
    wished = [rows["reported"], rows["reported_lower"], rows["reported_upper"]]
    return axis_limits(
        np.concatenate([*posterior, *predicted, *published]),
        np.concatenate(wished),
        is_r=scale.has_r,
    )
