"""Design analyses as figures: evidence over the true size of an effect, and over added samples.

`detectable` has a panel an effect: shares of simulated data sets of the present layout with
evidence for it, for none, and for neither, over its true size; a line marks the smallest effect
that is shown with the probability asked for, a band its Monte Carlo interval.
`expected` has two panels an answer: the width of its interval (median, 80 and 95 % of data sets)
and the shares of data sets with evidence, over the number of samples.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd

from bayes_alliance.engines.fitted import Fitted
from bayes_alliance.plots.footer import Footer, footer_height, footer_of, place_footer
from bayes_alliance.plots.keys import KeyEntry, hang_key, key_height
from bayes_alliance.plots.rows import dress, effect_axis
from bayes_alliance.plots.sheet import AXIS_LABEL, PAUSE, columns_that_fit
from bayes_alliance.plots.style import (
    CAUTION,
    ESTIMATE,
    GREY,
    INK,
    LARGE,
    MARGIN,
    MEDIUM,
    PRIOR,
    SMALL,
    TWO_COLUMNS,
    figure_of,
    figure_style,
    new_figure,
    placed_axes,
)
from bayes_alliance.plots.wording import escape, number_text, shorten
from bayes_alliance.sensitivity.expected import Expected
from bayes_alliance.sensitivity.smallest import Detectable

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["DetectableData", "detectable", "detectable_data", "expected", "expected_data"]

#: Panels in a row, of effects and of pairs; fewest, so that one is not as wide as the page.
COLUMNS, PAIRED, FEWEST = 3, 4, 2
#: Least width of a panel with its numbers, in inches.
LEAST: Final = 1.4
#: Effects or answers that are drawn at most.
MOST: Final = 12
#: In inches: height of a panel, room above it for its title, for the numbers of a vertical axis,
#: below it for those of its own horizontal axis, and between panels.
PANEL: Final = 1.05
TITLE: Final = 0.28
NUMBERS: Final = 0.4
TICKS: Final = 0.2
GUTTER: Final = 0.2
#: How the three outcomes are drawn: colour and dashes.
OUTCOMES: Final[dict[str, tuple[str, Any]]] = {
    "p_bf10": (ESTIMATE, "-"),
    "p_bf01": (PRIOR, (0, (4, 1.6))),
    "p_neither": (GREY, (0, (1, 1.2))),
}


@dataclass(frozen=True, slots=True)
class DetectableData:
    """The numbers of the figure of smallest effects.

    Parameters
    ----------
    curves : pandas.DataFrame
        ``name``, ``x`` (true size: r for correlations), ``p_bf10``, ``p_bf01``, ``p_neither``.
    smallest : pandas.DataFrame
        Index ``name``; ``x``, ``lower``, ``upper``: the answer, NaN where there is none.
    power, threshold : float
        Probability and Bayes factor asked for.
    in_r : bool
        Whether true sizes are on r.
    footer : Footer
        What stands under the figure.
    """

    curves: pd.DataFrame
    smallest: pd.DataFrame
    power: float
    threshold: float
    in_r: bool
    footer: Footer


def detectable_data(found: Detectable, fitted: Fitted, *, caution: str = "") -> DetectableData:
    """Arrange smallest effects for their figure.

    Parameters
    ----------
    found : Detectable
        The smallest effects.
    fitted : Fitted
        The analysis, for the footer.
    caution : str
        What the reader must beware of; stands under the figure in red.

    Returns
    -------
    DetectableData
        At most twelve effects.
    """
    in_r = found.scale.has_r
    names = [row.target.name for row in found.rows][:MOST]
    curves, table = found.curves, found.table.loc[names]
    curves = curves.loc[curves["name"].isin(names)]
    column = "r" if in_r else "delta"
    also = (
        f"Shares of {found.replications} simulated data sets of the same samples and sampling "
        f"errors; heterogeneity {found.taus}."
    )
    left = len(found.rows) - len(names)
    also += f" Not shown: {left} effects, they stand in the table." if left else ""
    return DetectableData(
        curves=curves.assign(x=curves[column])[["name", "x", "p_bf10", "p_bf01", "p_neither"]],
        smallest=pd.DataFrame(
            {
                "x": table[column],
                "lower": table[f"{column}_lower"],
                "upper": table[f"{column}_upper"],
            }
        ),
        power=found.power,
        threshold=found.threshold,
        in_r=in_r,
        footer=footer_of(fitted, caution=caution, also=also),
    )


def detectable(
    found: Detectable, fitted: Fitted, *, caution: str = "", width: float = TWO_COLUMNS
) -> Figure:
    """Draw shares of data sets with evidence over the true size of every effect.

    Parameters
    ----------
    found : Detectable
        The smallest effects.
    fitted : Fitted
        The analysis, for the footer.
    caution : str
        What the reader must beware of; stands under the figure in red.
    width : float
        Of the figure, in inches.

    Returns
    -------
    matplotlib.figure.Figure
        A panel an effect.

    Examples
    --------
    >>> from bayes_alliance.data.bundled import load
    >>> from bayes_alliance.engines.choose import run_analysis
    >>> from bayes_alliance.sensitivity.detectable import smallest_detectable
    >>> from bayes_alliance.spec.library import read_specification
    >>> fitted = run_analysis(load("molloy2014"), read_specification("two_level"))
    >>> figure = detectable(smallest_detectable(fitted, replications=20), fitted)
    >>> figure.axes[0].get_title("left")
    'overall'
    """
    data = detectable_data(found, fitted, caution=caution)
    entries = _outcome_key(data.threshold)
    entries.append(
        KeyEntry(
            f"Smallest effect with evidence in {100 * data.power:g} % of data sets, "
            "95 % Monte Carlo interval",
            {"color": CAUTION, "lw": 0.9},
        )
    )
    names = list(data.smallest.index)
    with figure_style():
        columns = columns_that_fit(width, LEAST, most=min(COLUMNS, max(FEWEST, len(names))))
        panels = _sheet(names, columns, entries, data.footer, width)
        for name, ax in zip(names, panels, strict=True):
            _draw_shares_by_size(ax, data, name)
        label = "True size on r" if data.in_r else "True size on the scale of yi"
        return _labelled(panels, label)


def _draw_shares_by_size(ax: Axes, data: DetectableData, name: str) -> None:
    own = data.curves.loc[data.curves["name"] == name]
    x = own["x"].to_numpy(float)
    at, lower, upper = data.smallest.loc[[name], ["x", "lower", "upper"]].to_numpy(float)[0]
    effect_axis(ax, (0.0, float(x[-1])), is_r=data.in_r, label="")
    _share_axis(ax)
    for outcome, (colour, dash) in OUTCOMES.items():
        ax.plot(x, own[outcome].to_numpy(float), color=colour, linestyle=dash, lw=1.2, zorder=3)
    ax.axhline(data.power, color=GREY, lw=0.5, zorder=0.5)
    if np.isfinite(at):
        ax.axvspan(lower, upper if np.isfinite(upper) else x[-1], color=CAUTION, alpha=0.12, lw=0,
                   zorder=0.4)  # fmt: skip
        ax.axvline(at, color=CAUTION, lw=0.9, zorder=2)
        ax.annotate(
            number_text(float(at), is_r=data.in_r, digits=3),
            xy=(float(at), 0.5),
            xycoords=("data", "axes fraction"),
            xytext=(3, 0),
            textcoords="offset points",
            fontsize=SMALL,
            color=CAUTION,
            va="center",
        )


def expected_data(found: Expected) -> pd.DataFrame:
    """Arrange expected evidence for its figure.

    Parameters
    ----------
    found : Expected
        The evidence.

    Returns
    -------
    pandas.DataFrame
        One row an answer and number of samples, at most twelve answers; columns of
        `Expected.table`.
    """
    table = found.table
    names = list(dict.fromkeys(table["name"]))[:MOST]
    return table.loc[table["name"].isin(names)].reset_index(drop=True)


def expected(
    found: Expected, fitted: Fitted | None = None, *, caution: str = "", width: float = TWO_COLUMNS
) -> Figure:
    """Draw widths of intervals and shares of data sets with evidence over numbers of samples.

    Parameters
    ----------
    found : Expected
        Expected evidence.
    fitted : Fitted, optional
        The analysis, for the footer; none for one that is only planned.
    caution : str
        What the reader must beware of; stands under the figure in red.
    width : float
        Of the figure, in inches.

    Returns
    -------
    matplotlib.figure.Figure
        Two panels an answer.

    Examples
    --------
    >>> from bayes_alliance.data.bundled import load
    >>> from bayes_alliance.engines.choose import run_analysis
    >>> from bayes_alliance.sensitivity.expected import expected_evidence
    >>> from bayes_alliance.spec.library import read_specification
    >>> fitted = run_analysis(load("molloy2014"), read_specification("two_level"))
    >>> figure = expected(expected_evidence(fitted, [0, 10, 20], replications=20), fitted)
    >>> len(figure.axes)
    2
    """
    table = expected_data(found)
    names = list(dict.fromkeys(table["name"]))
    also = f"{found.replications} simulated data sets; {found.layout}."
    footer = Footer(also, caution=caution)
    if fitted is not None:
        footer = footer_of(fitted, caution=caution, also=also)
    level = f"{100 * found.probability:g} %"
    entries = [
        KeyEntry(f"Width of the {level} interval: median", {"color": INK, "lw": 1.3}),
        KeyEntry("80 and 95 % of data sets", {"patch": True, "facecolor": GREY, "alpha": 0.5,
                                              "edgecolor": "none"}),
        *_outcome_key(found.threshold),
    ]  # fmt: skip
    if found.narrow is not None:
        entries.append(
            KeyEntry(f"Width {found.narrow:g}, which is asked for", {"color": CAUTION, "lw": 0.8})
        )
    columns = columns_that_fit(width, LEAST, most=FEWEST if len(names) == 1 else PAIRED)
    with figure_style():
        panels = _sheet([name for name in names for _ in range(2)], columns, entries, footer, width)
        for number, name in enumerate(names):
            own = table.loc[table["name"] == name]
            _draw_widths(panels[2 * number], own, found)
            _draw_shares_by_count(panels[2 * number + 1], own)
        return _labelled(panels, "Samples added" if found.present else "Samples")


def _draw_widths(ax: Axes, own: pd.DataFrame, found: Expected) -> None:
    x = own["samples"].to_numpy(float)
    _count_axis(ax, x)
    for level, alpha in ((95, 0.15), (80, 0.25)):
        low, high = (own[f"width_{end}{level}"].to_numpy(float) for end in ("lower", "upper"))
        ax.fill_between(x, low, high, color=ESTIMATE, alpha=alpha, lw=0, zorder=1)
    ax.plot(x, own["width_median"], color=INK, lw=1.3, marker="o", ms=2.5, zorder=3)
    if found.narrow is not None:
        ax.axhline(found.narrow, color=CAUTION, lw=0.8, zorder=2)
    top = float(own["width_upper95"].max())
    ax.set_ylim(0, 1.08 * (top if found.narrow is None else max(top, found.narrow)))
    _numbers(ax)
    ax.set_ylabel(f"width on {own['scale'].iloc[0]}", fontsize=SMALL, labelpad=1)


def _draw_shares_by_count(ax: Axes, own: pd.DataFrame) -> None:
    x = own["samples"].to_numpy(float)
    _count_axis(ax, x)
    _share_axis(ax)
    for outcome, (colour, dash) in OUTCOMES.items():
        share = own[outcome].to_numpy(float)
        ax.plot(x, share, color=colour, linestyle=dash, lw=1.2, marker="o", ms=2.2, zorder=3)
    ax.set_ylabel("share of data sets", fontsize=SMALL, labelpad=1)


def _count_axis(ax: Axes, x: np.ndarray) -> None:
    edge = 0.04 * float(x[-1] - x[0] or 1.0)
    ax.set_xlim(float(x[0]) - edge, float(x[-1]) + edge)
    ax.set_xticks(x)
    dress(ax)


def _share_axis(ax: Axes) -> None:
    ax.set_ylim(-0.02, 1.02)
    ax.set_yticks([0, 0.5, 1])
    _numbers(ax, digits=1)


def _numbers(ax: Axes, *, digits: int = 2) -> None:
    from matplotlib.ticker import FuncFormatter, MaxNLocator

    if digits == 2:
        ax.yaxis.set_major_locator(MaxNLocator(nbins=4, steps=[1, 2, 2.5, 5, 10]))
    ax.yaxis.set_major_formatter(
        FuncFormatter(
            lambda value, _: (
                f"{value:g}"
                if value in (0, 1)
                else number_text(value, is_r=value < 1, digits=digits)
            )
        )
    )
    dress(ax)


def _outcome_key(threshold: float) -> list[KeyEntry]:
    words = {
        "p_bf10": f"BF10 > {threshold:g}: evidence for an effect",
        "p_bf01": f"BF01 > {threshold:g}: evidence for none",
        "p_neither": "neither: the data cannot tell",
    }
    return [
        KeyEntry(words[outcome], {"color": colour, "lw": 1.2, "linestyle": dash})
        for outcome, (colour, dash) in OUTCOMES.items()
    ]


def _sheet(
    titles: Sequence[str], columns: int, key: Sequence[KeyEntry], footer: Footer, width: float
) -> tuple[Axes, ...]:
    """Panels in rows, each with a title; key and footer below."""
    rows = -(-len(titles) // columns)
    room = width - 2 * MARGIN
    under = AXIS_LABEL + key_height(key, room) + PAUSE + footer_height(footer, room) + MARGIN
    step = TITLE + PANEL + TICKS
    figure = new_figure(width, under + step * rows - TICKS + MARGIN)
    wide = (room - 0.1 - GUTTER * (columns - 1)) / columns - NUMBERS
    panels = []
    for number, title in enumerate(titles):
        row, column = divmod(number, columns)
        bottom = under + (rows - 1 - row) * step
        left = MARGIN + NUMBERS + column * (wide + NUMBERS + GUTTER)
        ax = placed_axes(figure, left=left, bottom=bottom, width=wide, height=PANEL)
        ax.set_title(escape(shorten(title, wide, size=LARGE)), fontsize=LARGE, loc="left")
        panels.append(ax)
    place_footer(figure, footer)
    hang_key(panels[(rows - 1) * columns], key, below=AXIS_LABEL, width=room, left=NUMBERS)
    return tuple(panels)


def _labelled(panels: Sequence[Axes], label: str) -> Figure:
    """Name the horizontal axis of the lowest panel of every column; return the figure."""
    lowest = {round(ax.get_position().x0, 6): ax for ax in panels}
    for ax in lowest.values():
        ax.set_xlabel(label, fontsize=MEDIUM, labelpad=1)
    return figure_of(panels[0])
