r"""Orchard plot: every effect as a dot, and the trunk of mean, credible and prediction interval.

Dots are reported effects, their areas proportional to precision :math:`1/\sqrt{v_i}`; they lie
beside their row where others would hide them, at places that follow from the values alone. The
thick line is the credible interval of the mean (on r: of the median true correlation), the thin
one the predictive interval of a new true effect in a new sample (Nakagawa et al. 2021, doi
10.1002/jrsm.1424). A row is a level of a categorical term, the other terms at their reference.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd

from bayes_alliance.algebra.blocks import Array
from bayes_alliance.engines.fitted import Fitted
from bayes_alliance.plots.dots import diameters, precision_key, swarm
from bayes_alliance.plots.footer import Footer, footer_of
from bayes_alliance.plots.headed import GAP, HEADING, heading_line, in_inches
from bayes_alliance.plots.keys import KeyEntry
from bayes_alliance.plots.levels import (
    LevelMean,
    chosen_term,
    held_terms,
    level_means,
    prediction_notes,
    true_effects_vary,
)
from bayes_alliance.plots.references import benchmark_data, benchmark_key, draw_benchmarks
from bayes_alliance.plots.rows import axis_limits, draw_interval, effect_axis, level_style
from bayes_alliance.plots.sheet import sheet_axes
from bayes_alliance.plots.style import ESTIMATE, GREY, INK, LINE, PAPER, TWO_COLUMNS, figure_style
from bayes_alliance.plots.wording import interval_text
from bayes_alliance.summaries.scale import Scale

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["OrchardData", "orchard", "orchard_data"]

#: Height of the dots of a row in inches: with few rows, and with many of few effects.
TALLEST: Final = 0.9
SHORTEST: Final = 0.16
#: Height of all rows together that rows are made lower for, in inches.
PAGE: Final = 6.0
#: Room beside the axes for dots and numbers at their ends, in inches.
EDGE: Final = 0.12
#: Marks dots, so that a test can find them.
DOTS_ID: Final = "effects"


@dataclass(frozen=True, slots=True)
class OrchardData:
    """The numbers of the figure.

    Parameters
    ----------
    effects : pandas.DataFrame
        k effects: ``level``, ``sample``, ``effect``, ``value`` (r for correlations), ``precision``
        (1/SE on the analysis scale), ``place`` (-1 to 1, beside the row), ``not_significant`` (only
        that was printed; ``value`` is then that of 0).
    means : pandas.DataFrame
        One row a level: ``name``, ``coefficient``, ``k``, ``samples``, ``median``, ``lower``,
        ``upper`` of the mean, ``new_lower``, ``new_upper`` of a new effect in a new sample (NaN
        where true effects do not vary).
    benchmarks : pandas.DataFrame
        See `bayes_alliance.plots.references.benchmark_data`; those about a mean that is shown.
    scale : Scale
        How the measure is read as a correlation.
    footer : Footer
        What stands under the figure.
    """

    effects: pd.DataFrame
    means: pd.DataFrame
    benchmarks: pd.DataFrame
    scale: Scale
    footer: Footer


def orchard_data(fitted: Fitted, by: str | None = None, *, caution: str = "") -> OrchardData:
    """Arrange effects and means of an analysis by level.

    Parameters
    ----------
    fitted : Fitted
        The analysis.
    by : str, optional
        A categorical term of the model; by default its first one, or one row if it has none.
    caution : str
        What the reader must beware of; stands under the figure in red.

    Returns
    -------
    OrchardData
        On r for correlations, otherwise on the scale of the effects; every effect is there.

    Raises
    ------
    InputError
        If `by` is no categorical term of the model.
    """
    design, scale = fitted.design, Scale(fitted.design.measure)
    term = chosen_term(fitted, by)
    levels = level_means(fitted, term)
    value = scale.to_r(design.y)
    samples = np.array(design.sample_ids, dtype=object)[design.sample_index]
    means = pd.DataFrame([_mean(fitted, level, scale, samples) for level in levels])
    benchmarks = benchmark_data(fitted)
    effects = pd.DataFrame(
        {
            "level": "",
            "sample": samples,
            "effect": design.effect_ids,
            "value": value,
            "precision": 1 / np.sqrt(design.variances),
            "place": 0.0,
            "not_significant": design.censored,
        }
    )
    for level, places in zip(levels, swarm([value[one.rows] for one in levels]), strict=True):
        effects.loc[level.rows, "level"] = level.name
        effects.loc[level.rows, "place"] = places
    return OrchardData(
        effects=effects,
        means=means,
        benchmarks=benchmarks.loc[benchmarks["coefficient"].isin(means["coefficient"])],
        scale=scale,
        footer=footer_of(
            fitted,
            caution=caution,
            also=f"{held_terms(design, term)} {prediction_notes(design)}".strip(),
        ),
    )


def _mean(fitted: Fitted, level: LevelMean, scale: Scale, samples: Array) -> dict[str, Any]:
    """Estimate and prediction of one row, on the scale of the axis."""
    posterior = fitted.posterior
    marginal = posterior.linear(level.weights)
    new = (np.nan, np.nan)
    if true_effects_vary(fitted.design):
        new = posterior.predictive(level.weights, ("sample", "effect")).interval()
    numbers = scale.to_r(np.array([marginal.quantile(0.5), *marginal.interval(), *new]))
    columns = ("median", "lower", "upper", "new_lower", "new_upper")
    return {
        "name": level.name,
        "coefficient": level.coefficient,
        "k": int(level.rows.sum()),
        "samples": len(set(samples[level.rows])),
        **dict(zip(columns, map(float, numbers), strict=True)),
    }


def orchard(
    fitted: Fitted,
    ax: Axes | None = None,
    *,
    by: str | None = None,
    width: float = TWO_COLUMNS,
    caution: str = "",
) -> Axes:
    """Draw an orchard plot.

    Parameters
    ----------
    fitted : Fitted
        The analysis.
    ax : matplotlib.axes.Axes, optional
        Where to draw; by default a new figure.
    by : str, optional
        A categorical term of the model; by default its first one, or one row if it has none.
    width : float
        Of a new figure, in inches.
    caution : str
        What the reader must beware of; stands under the figure in red.

    Returns
    -------
    matplotlib.axes.Axes
        The axes; ``axes.figure`` is the figure.

    Raises
    ------
    InputError
        If `by` is no categorical term of the model.

    Examples
    --------
    >>> from bayes_alliance.data.bundled import load
    >>> from bayes_alliance.engines.choose import run_analysis
    >>> from bayes_alliance.spec.library import read_specification
    >>> fitted = run_analysis(load("konstantopoulos2011"), read_specification("schools"))
    >>> from bayes_alliance.plots.orchard import orchard
    >>> orchard(fitted, width=3.35).get_xlabel()
    'Effect size'
    """
    data = orchard_data(fitted, by, caution=caution)
    with figure_style():
        return _draw(data, ax, width)


def _draw(data: OrchardData, ax: Axes | None, width: float) -> Axes:
    rows = len(data.means)
    crown = min(TALLEST, max(SHORTEST, PAGE / rows - HEADING - GAP))
    step = HEADING + crown + GAP
    ax = sheet_axes(
        ax, footer=data.footer, key=_key(data), width=width, tall=rows * step, left=EDGE,
        right=EDGE,
    )  # fmt: skip
    limits = _limits(data)
    label = "Correlation (r)" if data.scale.has_r else "Effect size"
    effect_axis(ax, limits, is_r=data.scale.has_r, label=label)
    in_inches(ax, rows * step)
    for position, mean in enumerate(data.means.to_dict("records")):
        middle = position * step + HEADING + crown / 2
        reach = (middle - crown / 2, middle + crown / 2)
        ax.plot([0, 0], reach, color=GREY, lw=0.6, zorder=0.4)
        draw_benchmarks(ax, data.benchmarks, mean["coefficient"] or "-", reach)
        _draw_row(ax, position, middle, 0.92 * crown / 2, data, limits)
        _draw_texts(ax, position * step, mean, data.scale.has_r)
    return ax


def _draw_texts(ax: Axes, top: float, mean: dict[Any, Any], is_r: bool) -> None:
    name = "Overall mean" if mean["name"] == "overall" else str(mean["name"])
    new = interval_text(np.nan, mean["new_lower"], mean["new_upper"], is_r=is_r)
    numbers = interval_text(mean["median"], mean["lower"], mean["upper"], is_r=is_r)
    predicted = "" if np.isnan(mean["new_lower"]) else f"new effect {new}"
    heading_line(ax, top, name, numbers)
    detail = f"k = {mean['k']:,}, s = {mean['samples']:,}"
    heading_line(ax, top + LINE, detail, predicted, bold=False, colour=GREY)


def _limits(data: OrchardData) -> tuple[float, float]:
    columns = ["lower", "upper", "new_lower", "new_upper"]
    published = data.benchmarks[["r", "lower", "upper"]].to_numpy(float).ravel()
    inside = [data.effects["value"].to_numpy(), data.means[columns].to_numpy().ravel(), published]
    return axis_limits(np.concatenate(inside), [], is_r=data.scale.has_r)


def _draw_row(
    ax: Axes,
    position: int,
    middle: float,
    half: float,
    data: OrchardData,
    limits: tuple[float, float],
) -> None:
    """Dots of one row, and its trunk on top of them."""
    mean = data.means.iloc[position]
    own = (
        data.effects.loc[data.effects["level"] == mean["name"]]
        if len(data.means) > 1
        else data.effects
    )
    size = np.square(diameters(own["precision"].to_numpy(), data.effects["precision"].to_numpy()))
    colour = _colour(data, position)
    hollow = own["not_significant"].to_numpy()
    for which, fill in ((~hollow, colour), (hollow, PAPER)):
        ax.scatter(
            own["value"][which], middle + half * own["place"][which], s=size[which],
            facecolor=fill, edgecolor=colour, alpha=0.55, linewidth=0.5, zorder=2, clip_on=False,
            gid=DOTS_ID,
        )  # fmt: skip
    if np.isfinite(mean["new_lower"]):
        draw_interval(
            ax, middle, (mean["new_lower"], mean["new_upper"]), limits, color=INK, lw=0.9, zorder=4
        )
    draw_interval(ax, middle, (mean["lower"], mean["upper"]), limits, color=INK, lw=3.4, zorder=5)
    ax.plot([mean["median"]], [middle], **_point(), zorder=6)


def _point() -> dict[str, Any]:
    return {
        "marker": "o", "color": INK, "markerfacecolor": PAPER, "markeredgecolor": INK,
        "markersize": 6.0, "markeredgewidth": 1.2,
    }  # fmt: skip


def _colour(data: OrchardData, position: int) -> str:
    return level_style(position).colour if len(data.means) > 1 else ESTIMATE


def _key(data: OrchardData) -> list[KeyEntry]:
    what = "Median true correlation" if data.scale.has_r else "Mean effect"
    dot = {
        "markerfacecolor": GREY if len(data.means) > 1 else ESTIMATE,
        "markeredgecolor": "none",
        "alpha": 0.55,
    }
    entries = [
        KeyEntry(f"{what}, 95 % interval", {**_point(), "lw": 3.4}),
        KeyEntry("95 % prediction of a new effect in a new sample", {"color": INK, "lw": 0.9}),
        *precision_key(data.effects["precision"].to_numpy(), dot),
    ]
    if data.means["new_lower"].isna().all():
        entries.pop(1)
    if data.effects["not_significant"].any():
        hollow = {**dot, "linestyle": "", "marker": "o", "markersize": 4.5}
        look = {**hollow, "markerfacecolor": PAPER, "markeredgecolor": GREY}
        entries.append(KeyEntry("Printed only as not significant, shown at 0", look))
    return [*entries, *benchmark_key(data.benchmarks)]
