"""Predictive distributions, drawn with their probabilities shaded."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd

from bayes_alliance.engines.fitted import Fitted
from bayes_alliance.plots.headed import GAP, heading_line, in_inches
from bayes_alliance.plots.keys import KeyEntry
from bayes_alliance.plots.predictive_data import PredictiveData, predictive_data
from bayes_alliance.plots.references import benchmark_key, draw_benchmarks, published_text
from bayes_alliance.plots.rows import effect_axis, left_text, level_style
from bayes_alliance.plots.sheet import sheet_axes
from bayes_alliance.plots.style import (
    ESTIMATE,
    GREY,
    INK,
    LINE,
    MARGIN,
    PAPER,
    TWO_COLUMNS,
    figure_style,
)
from bayes_alliance.plots.wording import (
    interval_text,
    number_text,
    probability_phrase,
    wrap_phrases,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["predictive"]

#: Height of a density, of one among more than four, room under it for its interval, and room
#: beside the axes; in inches.
RIDGE: Final = 0.5
LOW_RIDGE: Final = 0.36
UNDER: Final = 0.1
EDGE: Final = 0.12
#: How dark a density is below 0, above it, and in addition above each benchmark.
BELOW: Final = 0.12
ABOVE: Final = 0.38
BEYOND: Final = 0.4
HATCH: Final = "////"
TITLES: Final = {
    "sample": "Mean of a new sample",
    "effect": "New effect in a new sample",
}


def predictive(
    fitted: Fitted,
    ax: Axes | None = None,
    *,
    by: str | None = None,
    width: float = TWO_COLUMNS,
    caution: str = "",
) -> Axes:
    """Draw predictive distributions with shaded probabilities.

    Parameters
    ----------
    fitted : Fitted
        An analysis with heterogeneity.
    ax : matplotlib.axes.Axes, optional
        Where to draw; by default a new figure.
    by : str, optional
        A categorical term of the model; by default its first one, or the overall mean if it has
        none.
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
        If the model has no heterogeneity, or `by` is no categorical term of it.

    Examples
    --------
    >>> from bayes_alliance.data.bundled import load
    >>> from bayes_alliance.engines.choose import run_analysis
    >>> from bayes_alliance.spec.library import read_specification
    >>> fitted = run_analysis(load("molloy2014"), read_specification("two_level"))
    >>> from bayes_alliance.plots.predictive import predictive
    >>> predictive(fitted, width=3.35).get_xlabel()
    'True correlation (r)'
    """
    data = predictive_data(fitted, by, caution=caution)
    with figure_style():
        return _draw(data, ax, width)


@dataclass(frozen=True, slots=True)
class _Block:
    """One distribution: where its texts begin, where its density stands, and its lines."""

    top: float
    line: float
    named: bool
    probabilities: tuple[str, ...]


def _ridge(data: PredictiveData) -> float:
    """Height of a density, in inches."""
    return RIDGE if len(data.predictions) <= 4 else LOW_RIDGE


def _blocks(data: PredictiveData, room: float) -> tuple[list[_Block], float]:
    """Places of the distributions in inches from the top, and the height of all."""
    blocks: list[_Block] = []
    top, before = 0.0, None
    for row in data.predictions.to_dict("records"):
        named = row["name"] != before
        lines = wrap_phrases(_probabilities(data, row), room)
        line = top + (named + 1 + len(lines)) * LINE + 0.04 + _ridge(data)
        blocks.append(_Block(top, line, named, lines))
        top, before = line + UNDER + GAP, row["name"]
    return blocks, top


def _probabilities(data: PredictiveData, row: dict[Any, Any]) -> list[str]:
    """The probabilities of one distribution."""
    symbol = "r" if data.scale.has_r else "effect"
    told = [(f"{symbol} > 0", row["p_positive"])]
    if data.scale.has_r:
        told.append((f"|r| < {number_text(data.rope, is_r=True)}", row["p_rope"]))
    own = data.beyond.loc[
        (data.beyond["name"] == row["name"]) & (data.beyond["kind"] == row["kind"])
    ]
    told += [(f"r > {published_text(b.r)}", b.probability) for b in own.itertuples()]
    return [probability_phrase(*one) for one in told]


def _draw(data: PredictiveData, ax: Axes | None, width: float) -> Axes:
    room = width - 2 * MARGIN - 2 * EDGE
    blocks, tall = _blocks(data, room)
    ax = sheet_axes(
        ax, footer=data.footer, key=_key(data), width=width, tall=tall, left=EDGE, right=EDGE
    )
    shown = np.append(data.densities["value"], [0.0, *data.benchmarks["r"]])
    label = "True correlation (r)" if data.scale.has_r else "True effect"
    effect_axis(ax, (float(shown.min()), float(shown.max())), is_r=data.scale.has_r, label=label)
    in_inches(ax, tall)
    for position, block in enumerate(blocks):
        row = data.predictions.iloc[position]
        _draw_texts(ax, block, row, is_r=data.scale.has_r)
        _draw_density(ax, block.line, row, data)
    return ax


def _draw_texts(ax: Axes, block: _Block, row: pd.Series[Any], *, is_r: bool) -> None:
    y = block.top
    if block.named:
        name = "Overall mean" if row["name"] == "overall" else str(row["name"])
        heading_line(ax, y, name)
        y += LINE
    numbers = interval_text(row["median"], row["lower"], row["upper"], is_r=is_r)
    heading_line(ax, y, TITLES[row["kind"]], numbers, bold=False)
    for number, line in enumerate(block.probabilities):
        left_text(ax, y + (number + 1.5) * LINE, line, start=0.0, width=np.inf, color=GREY)


def _draw_density(ax: Axes, line: float, row: pd.Series[Any], data: PredictiveData) -> None:
    """One density on its line, shaded by region, its median and interval under it."""
    name, kind = row["name"], row["kind"]
    own = data.densities.loc[(data.densities["name"] == name) & (data.densities["kind"] == kind)]
    beyond = data.beyond.loc[(data.beyond["name"] == name) & (data.beyond["kind"] == kind), "r"]
    levels = list(dict.fromkeys(data.predictions["name"]))
    colour = level_style(levels.index(name)).colour if len(levels) > 1 else ESTIMATE
    rope = data.rope if data.scale.has_r else 0.0
    value = np.union1d(own["value"], [0.0, -rope, rope, *beyond])
    height = np.interp(value, own["value"], own["density"], left=0.0, right=0.0)
    ridge = _ridge(data)
    top = line - ridge * height / data.densities["density"].max()

    def fill(low: float, high: float, **look: Any) -> None:
        inside = (value >= low) & (value <= high)
        ax.fill_between(value[inside], line, top[inside], lw=0, **look)

    fill(-np.inf, 0.0, color=colour, alpha=BELOW, zorder=2)
    fill(0.0, np.inf, color=colour, alpha=ABOVE, zorder=2)
    for r in beyond:
        fill(r, np.inf, color=colour, alpha=BEYOND, zorder=2.1)
    if rope:
        fill(-rope, rope, facecolor="none", edgecolor=INK, hatch=HATCH, alpha=0.5, zorder=2.2)
    ax.plot(value, top, color=colour, lw=1.0, zorder=2.3)
    ax.plot([0, 0], [line - ridge, line], color=GREY, lw=0.6, zorder=0.4)
    below = line + 0.6 * UNDER
    ax.plot([row["lower"], row["upper"]], [below, below], color=INK, lw=1.6, zorder=3)
    ax.plot([row["median"]], [below], marker="o", ms=4.2, color=INK, mec=PAPER, mew=0.5, zorder=4)
    draw_benchmarks(ax, data.benchmarks, row["coefficient"] or "-", (line - ridge, line))


def _key(data: PredictiveData) -> list[KeyEntry]:
    colour = ESTIMATE if len(set(data.predictions["name"])) == 1 else GREY
    symbol = "r" if data.scale.has_r else "effect"
    area = {"patch": True, "facecolor": colour, "edgecolor": "none"}
    entries = [
        KeyEntry(
            "Median and 95 % interval", {"color": INK, "lw": 1.6, "marker": "o", "markersize": 4.2}
        ),
        KeyEntry(f"{symbol} > 0", {**area, "alpha": ABOVE}),
        KeyEntry(f"{symbol} < 0", {**area, "alpha": BELOW}),
    ]
    if data.scale.has_r:
        hatch = {
            "patch": True,
            "facecolor": "none",
            "edgecolor": INK,
            "hatch": HATCH,
            "alpha": 0.5,
            "lw": 0,
        }
        entries.append(KeyEntry(f"|r| < {number_text(data.rope, is_r=True)}", hatch))
    if len(data.benchmarks):
        entries.append(
            KeyEntry("Above a benchmark", {**area, "alpha": 1 - (1 - ABOVE) * (1 - BEYOND)})
        )
    return [*entries, *benchmark_key(data.benchmarks)]
