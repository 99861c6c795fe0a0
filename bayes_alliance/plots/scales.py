"""Posterior densities of the means: one for each scale (or level), or one overall.

The density on r is that of Fisher's z carried over with the derivative of atanh,
``p(r) = p(z) / (1 - r^2)``: exact where the posterior's marginals are, otherwise a kernel estimate.
Its mode is not tanh of the mode on z. The interval is that of the tables (quantiles go through tanh
unchanged). Benchmarks stand on the row of the coefficient they are about. Below the densities of
the levels of one term stand their pairwise differences (`bayes_alliance.plots.differences`).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd

from bayes_alliance.engines.fitted import Fitted
from bayes_alliance.plots.densities import density_frame
from bayes_alliance.plots.differences import (
    MOST_LEVELS,
    difference_columns,
    difference_key,
    differences_data,
    differences_height,
    draw_differences,
)
from bayes_alliance.plots.footer import Footer, footer_of
from bayes_alliance.plots.forest_data import mean_counts
from bayes_alliance.plots.keys import KeyEntry
from bayes_alliance.plots.references import benchmark_data, benchmark_key, draw_benchmarks
from bayes_alliance.plots.rows import effect_axis, fitting, left_text, level_style, right_text
from bayes_alliance.plots.sheet import sheet_axes, stacked_axes
from bayes_alliance.plots.style import (
    ESTIMATE,
    GREY,
    INK,
    LIGHT,
    MARGIN,
    PAPER,
    TWO_COLUMNS,
    figure_style,
)
from bayes_alliance.plots.wording import interval_text, text_width
from bayes_alliance.summaries.coefficients import summarise_coefficients
from bayes_alliance.summaries.scale import Scale

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["ScalesData", "scales", "scales_data"]

#: Height of a row in inches, of one alone, and the share of it that the highest density takes.
RIDGE: Final = 0.5
LONE_RIDGE: Final = 0.85
FILLED: Final = 0.78
#: Most that labels may take, as a share of the figure.
WIDEST_LABEL: Final = 0.28
GUTTER: Final = 0.12
#: Room under the densities for the numbers and the name of their axis, in inches.
BETWEEN: Final = 0.5
TOO_MANY: Final = "Pairwise differences of so many levels are in the table of contrasts only."


@dataclass(frozen=True, slots=True)
class ScalesData:
    """The numbers of the figure.

    Parameters
    ----------
    densities : pandas.DataFrame
        ``name``, ``value`` (r for correlations), ``density``; 401 values a mean.
    means : pandas.DataFrame
        One row a mean: ``name``, ``k``, ``median``, ``lower``, ``upper``.
    benchmarks : pandas.DataFrame
        See `bayes_alliance.plots.references.benchmark_data`.
    scale : Scale
        How the measure is read as a correlation.
    footer : Footer
        What stands under the figure.
    differences : pandas.DataFrame
        See `bayes_alliance.plots.differences.differences_data`.
    rope : float
        Half-width of the region of practical equivalence of differences, on r.
    """

    densities: pd.DataFrame
    means: pd.DataFrame
    benchmarks: pd.DataFrame
    scale: Scale
    footer: Footer
    differences: pd.DataFrame
    rope: float


def scales_data(fitted: Fitted, *, caution: str = "") -> ScalesData:
    """Compute posterior densities of the means of an analysis.

    Parameters
    ----------
    fitted : Fitted
        The analysis.
    caution : str
        What the reader must beware of; stands under the figure in red.

    Returns
    -------
    ScalesData
        On r for correlations, otherwise on the scale of the effects.
    """
    scale = Scale(fitted.design.measure)
    asked = [q for q in fitted.design.quantities if q.role == "mean"]
    counts = mean_counts(fitted.design)
    rows = []
    for quantity, summary in zip(
        asked, summarise_coefficients(fitted.posterior, asked, scale), strict=True
    ):
        e = summary.estimate
        ends = scale.to_r(np.array([e.median, e.lower, e.upper]))
        rows.append((quantity.name, counts[quantity.name], *ends))
    marginals = {q.name: fitted.posterior.linear(q.weights) for q in asked}
    rope = fitted.specification.rope.difference_r
    also = TOO_MANY if len(asked) > MOST_LEVELS else ""
    return ScalesData(
        densities=density_frame(marginals, scale),
        means=pd.DataFrame(rows, columns=["name", "k", "median", "lower", "upper"]),
        benchmarks=benchmark_data(fitted),
        scale=scale,
        footer=footer_of(fitted, caution=caution, also=also),
        differences=differences_data(fitted, rope=rope),
        rope=rope,
    )


def scales(
    fitted: Fitted, ax: Axes | None = None, *, caution: str = "", width: float = TWO_COLUMNS
) -> Axes:
    """Draw posterior densities of the means, with their benchmarks and pairwise differences.

    Parameters
    ----------
    fitted : Fitted
        The analysis; without terms the one density is that of the overall mean.
    ax : matplotlib.axes.Axes, optional
        Where to draw the densities alone; labels stand left and right of the axes. By default a
        new figure, with the pairwise differences of up to seven levels in axes below.
    caution : str
        What the reader must beware of; stands under the figure in red.
    width : float
        Of a new figure, in inches.

    Returns
    -------
    matplotlib.axes.Axes
        The axes of the densities; ``axes.figure`` is the figure.

    Examples
    --------
    >>> from bayes_alliance.data.bundled import load
    >>> from bayes_alliance.engines.choose import run_analysis
    >>> from bayes_alliance.spec.library import read_specification
    >>> fitted = run_analysis(load("konstantopoulos2011"), read_specification("schools"))
    >>> from bayes_alliance.plots.scales import scales
    >>> scales(fitted).get_xlabel()
    'Effect size'
    """
    data = scales_data(fitted, caution=caution)
    with figure_style():
        return _draw(data, ax, width)


def _draw(data: ScalesData, ax: Axes | None, width: float) -> Axes:
    heading = f"{'r' if data.scale.has_r else 'Estimate'} [95 %]"
    texts = [_numbers(data, row) for row in data.means.to_dict("records")]
    right = max(text_width(text, bold=True) for text in (heading, *texts)) + GUTTER
    left = _labels_width(data, width) + GUTTER
    ax = _axes(data, ax, width, left, right)
    _frame(ax, data)
    right_text(ax, -1.05, heading, at=right, weight="bold")
    place = {"start": left, "width": left - GUTTER}
    for position, row in enumerate(data.means.to_dict("records")):
        name, tail = _name(row)
        if row["name"] == "overall":
            name = fitting(left - GUTTER - text_width(tail, bold=True), name, "Mean")
        _draw_ridge(ax, position, data)
        left_text(ax, position - 0.08, name, tail=tail, weight="bold", **place)
        right_text(ax, position - 0.08, texts[position], at=right)
    return ax


def _labels_width(data: ScalesData, width: float) -> float:
    """As wide as the longest name or pair, up to a share of the figure."""
    names = [text_width("".join(_name(row)), bold=True) for row in data.means.to_dict("records")]
    pairs = (data.differences["first"] + " - " + data.differences["second"]).map(text_width)
    return float(min(max(*names, *pairs, 0.0), WIDEST_LABEL * width))


def _axes(data: ScalesData, ax: Axes | None, width: float, left: float, right: float) -> Axes:
    """Axes of the densities; in a figure of our own the differences are drawn below them."""
    tall = (RIDGE if len(data.means) > 1 else LONE_RIDGE) * (len(data.means) + 0.45)
    if ax is not None or data.differences.empty:
        return sheet_axes(
            ax, footer=data.footer, key=_key(data), width=width, tall=tall, left=left, right=right
        )
    is_r = data.scale.has_r
    columns = difference_columns(data.differences, is_r=is_r, left=left, room=width - 2 * MARGIN)
    upper, lower = stacked_axes(
        (tall, differences_height(data.differences)),
        footer=data.footer,
        key=[*_key(data), *difference_key(data.rope, is_r=is_r)],
        width=width,
        left=(left, left),
        right=(right, columns.right),
        between=BETWEEN,
    )
    draw_differences(lower, data.differences, columns, rope=data.rope, is_r=is_r)
    return upper


def _frame(ax: Axes, data: ScalesData) -> None:
    published = data.benchmarks[["r", "lower", "upper"]].to_numpy(float)
    everything = np.append(data.densities["value"], published[np.isfinite(published)])
    edge = 0.02 * np.ptp(everything)
    limits = (float(everything.min() - edge), float(everything.max() + edge))
    label = "Correlation (r)" if data.scale.has_r else "Effect size"
    effect_axis(ax, limits, is_r=data.scale.has_r, label=label)
    last = len(data.means) - 0.75
    ax.set_ylim(last, -1.2)
    ax.set_yticks([])
    ax.spines["left"].set_visible(False)
    if limits[0] < 0 < limits[1]:
        ax.plot([0, 0], [-1, last], color=GREY, lw=0.6, zorder=0.4)


def _name(row: dict[Any, Any]) -> tuple[str, str]:
    """Name of a mean, and its number of effects, which is never cut."""
    name = "Overall mean" if row["name"] == "overall" else row["name"]
    return name, f" (k = {row['k']:,})"


def _numbers(data: ScalesData, row: dict[Any, Any]) -> str:
    return interval_text(row["median"], row["lower"], row["upper"], is_r=data.scale.has_r)


def _draw_ridge(ax: Axes, position: int, data: ScalesData) -> None:
    """One density on its line, with median and interval under it and benchmarks through it."""
    mean = data.means.iloc[position]
    own = data.densities.loc[data.densities["name"] == mean["name"]]
    height = FILLED * own["density"] / data.densities["density"].max()
    colour = level_style(position).colour if len(data.means) > 1 else ESTIMATE
    value = own["value"].to_numpy()
    top = position - height.to_numpy()
    inside = ((value >= mean["lower"]) & (value <= mean["upper"])).tolist()
    ax.axhline(position, color=LIGHT, lw=0.6, zorder=0.3)
    ax.fill_between(value, position, top, color=colour, alpha=0.22, lw=0, zorder=2)
    ax.fill_between(
        value, position, top, where=inside, color=colour, alpha=0.45, lw=0, zorder=2.1
    )  # fmt: skip
    ax.plot(value, top, color=colour, lw=1.0, zorder=2.2)
    below = position + 0.09
    ax.plot([mean["lower"], mean["upper"]], [below, below], color=colour, lw=1.6, zorder=3)
    marker = level_style(position).marker if len(data.means) > 1 else "o"
    ax.plot(
        [mean["median"]], [below], marker=marker, ms=4.6, color=colour, mec=PAPER, mew=0.5, zorder=4
    )
    draw_benchmarks(ax, data.benchmarks, mean["name"], (position - FILLED - 0.08, position + 0.18))


def _key(data: ScalesData) -> list[KeyEntry]:
    colour = ESTIMATE if len(data.means) == 1 else INK
    what = "median true correlation" if data.scale.has_r else "mean"
    area = {"patch": True, "facecolor": colour, "alpha": 0.45, "edgecolor": "none"}
    point = {"color": colour, "lw": 1.6, "marker": "o", "markersize": 4.6, "markeredgecolor": PAPER}
    return [
        KeyEntry(f"Posterior density of the {what}", area),
        KeyEntry("Median and 95 % interval", point),
        *benchmark_key(data.benchmarks),
    ]
