"""An answer and its evidence after each sample, the samples added one after another."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
import pandas as pd

from bayes_alliance.algebra.blocks import Array
from bayes_alliance.plots.footer import Footer, footer_height, footer_of, place_footer
from bayes_alliance.plots.rows import axis_limits, dress
from bayes_alliance.plots.style import (
    ESTIMATE,
    GREY,
    INK,
    LIGHT,
    MARGIN,
    MEDIUM,
    SMALL,
    TWO_COLUMNS,
    figure_style,
    new_figure,
    placed_axes,
)
from bayes_alliance.plots.wording import escape, number_text, shorten, text_width
from bayes_alliance.sensitivity.cumulative import Cumulative
from bayes_alliance.summaries.evidence import GRADES

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["CumulativeData", "cumulative", "cumulative_data"]

#: Steps that are drawn as dots with bars; more are a line with a band.
MOST_DOTS: Final = 60
#: Height of the upper and lower panel, room under each, in inches.
TALL: Final = (2.0, 1.5)
BETWEEN: Final = 0.16
UNDER: Final = 0.55
NUMBERS: Final = 0.6
#: Room for the words for the evidence, in inches.
GRADE_NAMES: Final = 0.82
#: Distance of the numbers under the axis, in inches.
TICK: Final = 0.42


@dataclass(frozen=True, slots=True)
class CumulativeData:
    """The numbers of the figure.

    Parameters
    ----------
    steps : pandas.DataFrame
        One row a step: ``sample``, ``value`` (of the column of the order), ``samples``,
        ``median``, ``lower``, ``upper`` (on r where the answer has a meaning there),
        ``log_bf10``.
    answer, by : str
        The followed answer, and the column.
    in_r : bool
        Whether the numbers are correlations.
    footer : Footer
        What stands under the figure.
    """

    steps: pd.DataFrame
    answer: str
    by: str
    in_r: bool
    footer: Footer


def cumulative_data(found: Cumulative, *, caution: str = "") -> CumulativeData:
    """Arrange a cumulative analysis for its figure.

    Parameters
    ----------
    found : Cumulative
        The analysis after each sample.
    caution : str
        What the reader must beware of; stands under the figure in red.

    Returns
    -------
    CumulativeData
        One row a step.
    """
    table = found.table
    in_r = bool(table["r"].notna().any())
    keys = ["r", "r_lower", "r_upper"] if in_r else ["median", "lower", "upper"]
    steps = table[["samples", *keys, "log_bf10"]].copy()
    steps.columns = pd.Index(["samples", "median", "lower", "upper", "log_bf10"])
    steps.insert(0, "value", [step.value for step in found.steps])
    steps.insert(0, "sample", [step.sample for step in found.steps])
    also = f"Samples added in the order of {found.by}, ties as in the table; each step is an exact "
    also += "analysis. " + " ".join(found.notes)
    return CumulativeData(
        steps=steps.reset_index(drop=True),
        answer=found.answer,
        by=found.by,
        in_r=in_r,
        footer=footer_of(found.fitted, caution=caution, also=also.strip()),
    )


def cumulative(
    found: Cumulative,
    *,
    axes: tuple[Axes, Axes] | None = None,
    caution: str = "",
    width: float = TWO_COLUMNS,
) -> Figure:
    """Draw the followed answer and its Bayes factor against 0 after each sample.

    Parameters
    ----------
    found : Cumulative
        The analysis after each sample.
    axes : pair of matplotlib.axes.Axes, optional
        Where to draw the answer and the evidence; by default a new figure.
    caution : str
        What the reader must beware of; stands under the figure in red.
    width : float
        Of a new figure, in inches.

    Returns
    -------
    matplotlib.figure.Figure
        The figure.

    Examples
    --------
    >>> from bayes_alliance.data.bundled import load
    >>> from bayes_alliance.engines.choose import run_analysis
    >>> from bayes_alliance.sensitivity.cumulative import cumulate
    >>> from bayes_alliance.spec.library import read_specification
    >>> fitted = run_analysis(load("konstantopoulos2011"), read_specification("schools"))
    >>> len(cumulative(cumulate(fitted, "year")).axes)
    2
    """
    from bayes_alliance.plots.style import figure_of

    data = cumulative_data(found, caution=caution)
    with figure_style():
        upper, lower = _new_axes(data, width) if axes is None else axes
        _draw_answer(upper, data)
        _draw_evidence(lower, data)
        _name_steps(lower, data)
        upper.set_xticks(lower.get_xticks())
        upper.tick_params(axis="x", labelbottom=False)
    return figure_of(upper)


def _new_axes(data: CumulativeData, width: float) -> tuple[Axes, Axes]:
    wide = width - 2 * MARGIN
    under = MARGIN + footer_height(data.footer, wide) + UNDER
    figure = new_figure(width, under + sum(TALL) + BETWEEN + MARGIN)
    room = wide - NUMBERS - GRADE_NAMES
    lower = placed_axes(figure, left=MARGIN + NUMBERS, bottom=under, width=room, height=TALL[1])
    upper = placed_axes(
        figure, left=MARGIN + NUMBERS, bottom=under + TALL[1] + BETWEEN, width=room, height=TALL[0]
    )
    place_footer(figure, data.footer)
    return upper, lower


def _draw_answer(ax: Axes, data: CumulativeData) -> None:
    from matplotlib.ticker import FuncFormatter, MaxNLocator

    steps = data.steps
    x = steps["samples"].to_numpy(float)
    median, lower, upper = steps[["median", "lower", "upper"]].to_numpy(float).T
    ax.axhspan(lower[-1], upper[-1], color=LIGHT, alpha=0.5, lw=0, zorder=0)
    ax.axhline(0, color=INK, lw=0.6, zorder=1)
    if len(x) <= MOST_DOTS:
        ax.vlines(x, lower, upper, color=ESTIMATE, lw=1.1, zorder=2)
        ax.plot(x, median, "o", color=ESTIMATE, markersize=3.4, zorder=3)
    else:
        ax.fill_between(x, lower, upper, color=ESTIMATE, alpha=0.25, lw=0, zorder=2)
        ax.plot(x, median, color=ESTIMATE, lw=1.2, zorder=3)
    ax.set_ylim(*axis_limits(np.append(lower, upper), [], is_r=data.in_r))
    ax.yaxis.set_major_locator(MaxNLocator(nbins=6, steps=[1, 2, 2.5, 5, 10]))
    ax.yaxis.set_major_formatter(
        FuncFormatter(lambda v, _: "0" if abs(v) < 1e-9 else number_text(v, is_r=data.in_r))
    )
    ax.set_ylabel(escape(shorten(data.answer, TALL[0])), fontsize=MEDIUM)
    ax.set_xlim(x[0] - 0.7, x[-1] + 0.7)
    dress(ax)


def _draw_evidence(ax: Axes, data: CumulativeData) -> None:
    steps = data.steps
    x, logs = steps["samples"].to_numpy(float), steps["log_bf10"].to_numpy(float)
    ax.set_xlim(x[0] - 0.7, x[-1] + 0.7)
    ax.set_ylabel("log BF10", fontsize=MEDIUM)
    dress(ax)
    if not np.isfinite(logs).any():
        ax.set_yticks([])
        ax.text(0.5, 0.5, "no Bayes factor: a prior is flat", transform=ax.transAxes, ha="center",
                va="center", fontsize=SMALL, color=GREY)  # fmt: skip
        return
    ax.plot(x, logs, "-o", color=ESTIMATE, lw=1.0, markersize=3.0 if len(x) <= MOST_DOTS else 0)
    low, high = float(np.nanmin(logs)), float(np.nanmax(logs))
    low, high = min(low, -1.4) - 0.1, max(high, 1.4) + 0.1
    ax.set_ylim(low - 0.03 * (high - low), high + 0.03 * (high - low))
    ax.axhline(0, color=INK, lw=0.6, zorder=1)
    _draw_grades(ax)


def _draw_grades(ax: Axes) -> None:
    """Lines where the words for the evidence change, named at the right where there is room."""
    low, high = ax.get_ylim()
    inches = TALL[1] / (high - low)
    before: list[float] = []
    for least, word in reversed(GRADES):
        for sign in (1, -1):
            at = sign * math.log(least)
            if not low < at < high:
                continue
            ax.axhline(at, color=GREY, lw=0.6, linestyle=(0, (4, 2)), zorder=0.5)
            if all(abs(at - other) * inches > 0.12 for other in before):
                before.append(at)
                ax.annotate(
                    word if sign > 0 else f"{word}, null", xy=(1.0, at),
                    xycoords=("axes fraction", "data"), xytext=(3, 0), textcoords="offset points",
                    va="center", fontsize=SMALL - 0.5, color=GREY, annotation_clip=False,
                )  # fmt: skip


def _name_steps(ax: Axes, data: CumulativeData) -> None:
    """Numbers of samples, and under them what the column of the order says there."""
    steps = data.steps
    last = len(steps) - 1
    widest = max(text_width(str(v)) for v in (*steps["value"], str(last + 1)))
    room = float(ax.get_window_extent().width) / ax.figure.dpi
    count = int(max(min(room / (min(widest, 1.0) + 0.12), 12), 2))
    shown = np.unique(np.linspace(0, last, min(count, last + 1)).round().astype(int))
    ax.set_xticks(_positions(steps, shown))
    ax.set_xticklabels(
        [f"{steps['samples'][i]}\n{escape(shorten(steps['value'][i], 1.0))}" for i in shown]
    )
    ax.set_xlabel(escape(f"Samples so far, and {data.by} of the last"), fontsize=MEDIUM)


def _positions(steps: pd.DataFrame, shown: Array) -> list[float]:
    return [float(steps["samples"][int(i)]) for i in shown]
