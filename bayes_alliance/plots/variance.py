"""Shares of the variance and the standard deviations behind them, drawn."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd

from bayes_alliance.engines.fitted import Fitted
from bayes_alliance.plots.footer import footer_height, place_footer
from bayes_alliance.plots.headed import GAP, heading_line, in_inches
from bayes_alliance.plots.keys import KeyEntry, hang_key, key_height
from bayes_alliance.plots.rows import effect_axis
from bayes_alliance.plots.sheet import AXIS_LABEL, PAUSE, furnish
from bayes_alliance.plots.style import (
    GREY,
    INK,
    LEVEL_COLOURS,
    LINE,
    MARGIN,
    PAPER,
    TWO_COLUMNS,
    figure_style,
    new_figure,
    placed_axes,
)
from bayes_alliance.plots.variance_data import VarianceData, variance_data
from bayes_alliance.plots.wording import number_text

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["variance"]

#: Height of a density, of a row without one, and of the bar; room beside the axes; in inches.
RIDGE: Final = 0.36
PLAIN: Final = 0.1
BAR: Final = 0.16
EDGE: Final = 0.12
#: Distance of the panels where they stand side by side, and one above the other; in inches.
APART: Final = 0.3
BETWEEN: Final = AXIS_LABEL + 0.12
#: Figures narrower than this have their panels one above the other; in inches.
STACKED: Final = 5.0
#: Marks the parts of the bar, so that a test can find them.
BAR_ID: Final = "bar"
#: Colours and hatches of the parts, told apart in grey too.
LOOKS: Final[dict[str, tuple[str, str]]] = {
    "sampling": ("#b5b5b5", "...."),
    "group": (LEVEL_COLOURS[2], "////"),
    "sample": (LEVEL_COLOURS[0], ""),
    "effect": (LEVEL_COLOURS[1], "\\\\\\\\"),
    "total": (LEVEL_COLOURS[4], ""),
}


def variance(
    fitted: Fitted,
    axes: tuple[Axes, Axes] | None = None,
    *,
    width: float = TWO_COLUMNS,
    caution: str = "",
) -> tuple[Axes, Axes]:
    """Draw the shares of the variance and the standard deviations behind them.

    Parameters
    ----------
    fitted : Fitted
        An analysis with heterogeneity.
    axes : pair of matplotlib.axes.Axes, optional
        Where to draw shares and standard deviations; by default a new figure.
    width : float
        Of a new figure, in inches; below 5 the panels stand one above the other.
    caution : str
        What the reader must beware of; stands under the figure in red.

    Returns
    -------
    pair of matplotlib.axes.Axes
        Shares and standard deviations; ``axes[0].figure`` is the figure.

    Raises
    ------
    InputError
        If the model has no heterogeneity, or as many coefficients as effects.

    Examples
    --------
    >>> from bayes_alliance.data.bundled import load
    >>> from bayes_alliance.engines.choose import run_analysis
    >>> from bayes_alliance.spec.library import read_specification
    >>> fitted = run_analysis(load("konstantopoulos2011"), read_specification("schools"))
    >>> from bayes_alliance.plots.variance import variance
    >>> shares, taus = variance(fitted)
    >>> shares.get_xlabel()
    'Share of the variance (%)'
    """
    data = variance_data(fitted, caution=caution)
    with figure_style():
        if axes is None:
            axes = _new_axes(data, width)
        else:
            furnish(axes[0], data.footer, _key())
        heights = _heights(data, stacked=width < STACKED)
        _draw_shares(axes[0], data, heights[0])
        _draw_taus(axes[1], data, heights[1])
    return axes


def _step(*, dense: bool) -> float:
    return LINE + 0.04 + (RIDGE if dense else PLAIN) + 0.05 + GAP


def _heights(data: VarianceData, *, stacked: bool) -> tuple[float, float]:
    """Heights of both panels in inches; alike where they stand side by side."""
    shares = LINE + BAR + 2 * GAP + len(data.shares) * _step(dense=True)
    taus = sum(_step(dense=one) for one in _has_density(data))
    return (shares, taus) if stacked else (max(shares, taus), max(shares, taus))


def _has_density(data: VarianceData) -> list[bool]:
    """Which standard deviations stand with a density."""
    drawn = set(data.densities.loc[data.densities["panel"] == "tau", "part"])
    rows = zip(data.taus["part"], data.taus["detail"], strict=True)
    return [part in drawn and not detail for part, detail in rows]


def _new_axes(data: VarianceData, width: float) -> tuple[Axes, Axes]:
    room, key = width - 2 * MARGIN, _key()
    stacked = width < STACKED
    first, second = _heights(data, stacked=stacked)
    left, under = MARGIN + EDGE, MARGIN + footer_height(data.footer, room) + PAUSE
    bottom = under + key_height(key, room) + AXIS_LABEL
    across = room - 2 * EDGE if stacked else (room - 2 * EDGE - APART) / 2
    upper = bottom + second + BETWEEN if stacked else bottom
    beside = left if stacked else left + across + APART
    figure = new_figure(width, upper + first + MARGIN)
    shares = placed_axes(figure, left=left, bottom=upper, width=across, height=first)
    taus = placed_axes(figure, left=beside, bottom=bottom, width=across, height=second)
    place_footer(figure, data.footer)
    hang_key(taus if stacked else shares, key, below=AXIS_LABEL, width=room, left=EDGE)
    return shares, taus


def _draw_shares(ax: Axes, data: VarianceData, tall: float) -> None:
    effect_axis(ax, (0.0, 100.0), is_r=False, label="Share of the variance (%)")
    in_inches(ax, tall)
    heading_line(ax, 0.0, "Posterior means")
    start = 0.0
    for row in data.shares.to_dict("records"):
        colour, hatch = LOOKS[row["part"]]
        ax.fill_between(
            [start, start + 100 * row["mean"]], LINE + 0.03, LINE + 0.03 + BAR, facecolor=colour,
            edgecolor=PAPER, hatch=hatch, lw=0.5, gid=BAR_ID,
        )  # fmt: skip
        start += 100 * row["mean"]
    top = LINE + BAR + 2 * GAP
    for row in data.shares.to_dict("records"):
        median, lower, upper = (f"{100 * row[name]:.0f} %" for name in ("median", "lower", "upper"))
        text = f"{median} [{lower}, {upper}]"
        top = _draw_row(ax, top, row, text, _own(data, "share", row["part"]), 100.0)


def _draw_taus(ax: Axes, data: VarianceData, tall: float) -> None:
    ends = data.taus[["median", "upper"]].to_numpy(float).ravel()
    shown = data.densities.loc[data.densities["panel"] == "tau", "value"]
    high = 1.03 * float(np.nanmax(np.append(ends, shown)))
    effect_axis(ax, (0.0, high), is_r=False, label=data.label)
    in_inches(ax, tall)
    top = 0.0
    for row, dense in zip(data.taus.to_dict("records"), _has_density(data), strict=True):
        values = [number_text(row[name], is_r=False, digits=3) for name in ("lower", "upper")]
        median = number_text(row["median"], is_r=False, digits=3)
        text = f"{median} [{', '.join(values)}]" if values[0] else median
        own = _own(data, "tau", row["part"]) if dense else data.densities.iloc[:0]
        top = _draw_row(ax, top, row, text, own, 1.0)


def _own(data: VarianceData, panel: str, part: str) -> pd.DataFrame:
    return data.densities.loc[(data.densities["panel"] == panel) & (data.densities["part"] == part)]


def _draw_row(
    ax: Axes, top: float, row: dict[Any, Any], text: str, own: pd.DataFrame, unit: float
) -> float:
    """Draw one row and return where the next one begins."""
    colour = LOOKS[row["part"]][0]
    heading_line(ax, top, row["label"], text, bold=not row.get("detail"))
    dense = len(own) > 0
    line = top + LINE + 0.04 + (RIDGE if dense else PLAIN / 2)
    if dense and np.isfinite(own["density"]).all():
        height = line - RIDGE * own["density"] / own["density"].max()
        ax.fill_between(unit * own["value"], line, height, color=colour, alpha=0.35, lw=0, zorder=2)
        ax.plot(unit * own["value"], height, color=colour, lw=1.0, zorder=2.1)
    below = line + (0.05 if dense else 0.0)
    ends = [unit * row["lower"], unit * row["upper"]]
    ax.plot(ends, [below, below], color=INK, lw=1.6, zorder=3)
    ax.plot(
        [unit * row["median"]], [below], marker="o", ms=4.4, color=INK, mec=PAPER, mew=0.5,
        zorder=4, clip_on=False,
    )  # fmt: skip
    return top + _step(dense=dense)


def _key() -> list[KeyEntry]:
    area = {"patch": True, "facecolor": GREY, "alpha": 0.35, "edgecolor": "none"}
    point = {"color": INK, "lw": 1.6, "marker": "o", "markersize": 4.4, "markeredgecolor": PAPER}
    return [KeyEntry("Posterior density", area), KeyEntry("Median and 95 % interval", point)]
