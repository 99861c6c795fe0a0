"""Bayes factors over the scale of the prior, one panel a hypothesis.

Upwards is evidence against a null, or for an order against its complement. In the grey band,
between 1/3 and 3, the data cannot tell. A dot marks the analysis itself, red ticks where the curve
crosses a bound of the band. A curve that leaves the axis is told by its Bayes factor at the dot;
one that lies wholly beyond it has an axis of its own decades, and its panel says so.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
import pandas as pd

from bayes_alliance.engines.fitted import Fitted
from bayes_alliance.plots.footer import Footer, footer_height, footer_of, place_footer
from bayes_alliance.plots.rows import dress
from bayes_alliance.plots.sheet import AXIS_LABEL, PAUSE
from bayes_alliance.plots.style import (
    CAUTION,
    ESTIMATE,
    GREY,
    INK,
    LARGE,
    MARGIN,
    MEDIUM,
    SMALL,
    TWO_COLUMNS,
    figure_style,
    new_figure,
    placed_axes,
)
from bayes_alliance.plots.wording import escape, shorten
from bayes_alliance.summaries.evidence import TELLS, ratio_text
from bayes_alliance.summaries.hypotheses import HypothesisTest

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["EvidenceData", "draw_evidence", "evidence", "evidence_data"]

#: Panels in a row of a figure up to this width in inches, and of a wider one.
NARROW: Final = 5.0
FEW, MANY = 2, 4
#: Height of a panel, room above it for title and scale, for numbers on the left, between panels.
PANEL: Final = 1.05
TITLE: Final = 0.44
NUMBERS: Final = 0.6
GUTTER: Final = 0.22
#: Beyond this Bayes factor, either way, a curve is not drawn on the common axis.
EXTREME: Final = 1_000.0
#: And beyond this log Bayes factor on none: such numbers overflow.
UNDRAWN: Final = 600.0
#: From this Bayes factor on the axis has powers of ten.
POWERS: Final = 9_999.0
#: Panels of one figure.
MOST: Final = 24
BAND: Final = "#e5e5e5"
BAND_ID: Final = "band"
TELLS_NOTHING: Final = "the data cannot tell"
OWN_AXIS: Final = "axis of its own"


@dataclass(frozen=True, slots=True)
class EvidenceData:
    """The numbers of the figure.

    Parameters
    ----------
    curves : pandas.DataFrame
        ``hypothesis``, ``factor``, ``log_bf``: one row a hypothesis and factor.
    panels : pandas.DataFrame
        Index: hypothesis. ``scale`` (the prior scale at factor 1, in words), ``log_bf`` (of the
        analysis itself), ``order`` (whether it is an order).
    crossings : pandas.DataFrame
        ``hypothesis``, ``factor``, ``bound``.
    footer : Footer
        What stands under the figure.
    """

    curves: pd.DataFrame
    panels: pd.DataFrame
    crossings: pd.DataFrame
    footer: Footer


def evidence_data(
    fitted: Fitted, tests: Sequence[HypothesisTest], *, caution: str = ""
) -> EvidenceData:
    """Arrange tests of hypotheses for their figure.

    Parameters
    ----------
    fitted : Fitted
        The analysis.
    tests : sequence of HypothesisTest
        Its tests; those without a curve are left out.
    caution : str
        What the reader must beware of; stands under the figure in red.

    Returns
    -------
    EvidenceData
        At most 24 panels.

    Raises
    ------
    ValueError
        If no test has a curve.
    """
    drawn = [(test, test.curve) for test in tests if test.curve is not None]
    if not drawn:
        raise ValueError("no test has a curve over its prior scale")
    left, drawn = len(drawn) - MOST, drawn[:MOST]
    curves = [
        pd.DataFrame({"hypothesis": t.hypothesis, "factor": c.factors, "log_bf": c.log_bf10})
        for t, c in drawn
    ]
    panels = pd.DataFrame(
        {
            "hypothesis": [t.hypothesis for t, _ in drawn],
            "scale": [_scale_text(t) for t, _ in drawn],
            "log_bf": [c.log_bf10[c.factors.searchsorted(1.0)] for _, c in drawn],
            "order": [t.order is not None for t, _ in drawn],
        }
    ).set_index("hypothesis")
    crossings = [(t.hypothesis, at, bound) for t, c in drawn for at, bound in c.crossings]
    also = "Upwards: evidence against a null, or for an order against its complement."
    also += f" Not shown: {left} hypotheses, they stand in the table." if left > 0 else ""
    return EvidenceData(
        curves=pd.concat(curves, ignore_index=True),
        panels=panels,
        crossings=pd.DataFrame(crossings, columns=["hypothesis", "factor", "bound"]),
        footer=footer_of(fitted, caution=caution, also=also),
    )


def _scale_text(test: HypothesisTest) -> str:
    """The prior scales; the hypothesis names a tau already."""
    if len(test.prior_scales) == 1 and test.prior_scales[0][0].startswith("tau"):
        return test.prior_scales[0][1]
    return ", ".join(f"{name} {value}" for name, value in test.prior_scales)


def evidence(
    fitted: Fitted,
    tests: Sequence[HypothesisTest],
    *,
    width: float = TWO_COLUMNS,
    caution: str = "",
) -> Figure:
    """Draw Bayes factors over the scale of the prior.

    Parameters
    ----------
    fitted : Fitted
        The analysis.
    tests : sequence of HypothesisTest
        Its tests.
    width : float
        In inches; up to 5 inches there are two panels in a row, else four.
    caution : str
        What the reader must beware of; stands under the figure in red.

    Returns
    -------
    matplotlib.figure.Figure
        The figure.

    Examples
    --------
    >>> import bayes_alliance as ba
    >>> fit = ba.fit("konstantopoulos2011", "schools")
    >>> figure = evidence(fit.fitted, [fit.bayes_factor("overall = 0")])
    >>> figure.axes[0].get_title("left")
    'overall = 0'
    """
    data = evidence_data(fitted, tests, caution=caution)
    with figure_style():
        return _draw(data, width)


def _draw(data: EvidenceData, width: float) -> Figure:
    names = list(data.panels.index)
    columns = min(FEW if width <= NARROW else MANY, len(names))
    rows = -(-len(names) // columns)
    room = width - 2 * MARGIN
    under = AXIS_LABEL + PAUSE + footer_height(data.footer, room) + MARGIN
    figure = new_figure(width, under + (TITLE + PANEL) * rows + MARGIN)
    common = _limits(data)
    limits = [_own_limits(data, name) or common for name in names]
    several = len(set(limits)) > 1
    gutter = NUMBERS if several else GUTTER
    wide = (room - NUMBERS - gutter * (columns - 1) - 0.06) / columns
    for number, name in enumerate(names):
        row, column = divmod(number, columns)
        ax = placed_axes(
            figure,
            left=MARGIN + NUMBERS + column * (wide + gutter),
            bottom=under + (rows - 1 - row) * (TITLE + PANEL),
            width=wide,
            height=PANEL,
        )
        _head(ax, name, str(data.panels.loc[name, "scale"]), wide)
        draw_evidence(data, name, ax, limits=limits[number])
        last = number + columns >= len(names)
        ax.tick_params(axis="y", labelleft=column == 0 or several)
        if column == 0:
            ax.set_ylabel("BF10", fontsize=MEDIUM, labelpad=1)
        ax.tick_params(axis="x", labelbottom=last)
        if last:
            ax.set_xlabel("times the prior scale", fontsize=MEDIUM, labelpad=1)
    place_footer(figure, data.footer)
    return figure


def _head(ax: Axes, name: str, scale: str, wide: float) -> None:
    ax.set_title(escape(shorten(name, wide, size=LARGE)), fontsize=LARGE, loc="left", pad=13)
    ax.annotate(
        escape(shorten(scale, wide, size=SMALL)),
        xy=(0, 1),
        xycoords="axes fraction",
        xytext=(0, 3),
        textcoords="offset points",
        fontsize=SMALL,
        color=GREY,
        annotation_clip=False,
    )


def _limits(data: EvidenceData) -> tuple[float, float]:
    """The vertical axis of all panels but those with their own; the band is always on it."""
    most = np.log(EXTREME)
    values = np.clip(data.curves["log_bf"].to_numpy(float), -most, most)
    low = min(float(values.min()), -np.log(10)) - 0.25
    high = max(float(values.max()), np.log(10)) + 0.25
    return float(np.exp(low)), float(np.exp(high))


def _own_limits(data: EvidenceData, hypothesis: str) -> tuple[float, float] | None:
    """Whole decades about a curve that lies beyond the common axis everywhere."""
    own = data.curves["hypothesis"] == hypothesis
    log_bf = data.curves.loc[own, "log_bf"].to_numpy(float)
    size = np.abs(log_bf)
    beyond = (log_bf > 0).all() or (log_bf < 0).all()
    if not beyond or size.min() <= np.log(EXTREME) or size.max() > UNDRAWN:
        return None
    decades = log_bf / np.log(10)
    return 10.0 ** np.floor(decades.min() - 0.2), 10.0 ** np.ceil(decades.max() + 0.2)


def draw_evidence(
    data: EvidenceData, hypothesis: str, ax: Axes, *, limits: tuple[float, float] | None = None
) -> Axes:
    """Draw one curve of Bayes factors.

    Parameters
    ----------
    data : EvidenceData
        From `evidence_data`.
    hypothesis : str
        Which panel.
    ax : matplotlib.axes.Axes
        Where it is drawn.
    limits : tuple of float, optional
        Ends of the vertical axis, in Bayes factors; by default those its panel has.

    Returns
    -------
    matplotlib.axes.Axes
        The same axes.
    """
    from matplotlib.ticker import FixedLocator, FuncFormatter, LogLocator, NullLocator

    low, high = limits or _own_limits(data, hypothesis) or _limits(data)
    own = data.curves.loc[data.curves["hypothesis"] == hypothesis]
    factor, log_bf = own["factor"].to_numpy(float), own["log_bf"].to_numpy(float)
    ax.set_xscale("log")
    ax.set_yscale("log")
    ax.set_xlim(factor[0], factor[-1])
    ax.set_ylim(low, high)
    ax.axhspan(1 / TELLS, TELLS, color=BAND, lw=0, zorder=0, gid=BAND_ID)
    ax.axhline(1, color=GREY, lw=0.5, zorder=0.5)
    ax.axvline(1, color=INK, lw=0.7, linestyle=(0, (1, 1.5)), zorder=1)
    ax.plot(factor, np.exp(np.clip(log_bf, -700, 700)), color=ESTIMATE, lw=1.3, zorder=3)
    here = float(np.interp(0.0, np.log(factor), log_bf))
    inside = np.log(low) < here < np.log(high)
    if inside:
        ax.plot([1], [np.exp(here)], "o", color=ESTIMATE, ms=3.2, zorder=4)
    if low < 1 < high:
        _tell_band(ax, log_bf)
    else:
        _tell_own(ax, here, rising=bool(log_bf[-1] > log_bf[0]))
    ends = np.log(low), np.log(high)
    if log_bf.max() > ends[1] or log_bf.min() < ends[0]:
        _tell_beyond(ax, here, above=bool(log_bf.max() > ends[1]))
    crossings = data.crossings.loc[data.crossings["hypothesis"] == hypothesis]
    for crossing in crossings.to_dict("records"):
        ax.plot([crossing["factor"]], [crossing["bound"]], "|", color=CAUTION, ms=6, mew=1.1,
                zorder=5)  # fmt: skip
    ax.xaxis.set_major_locator(FixedLocator([0.25, 0.5, 1, 2, 4]))
    ax.xaxis.set_major_formatter(FuncFormatter(lambda value, _: _fraction(value)))
    ax.yaxis.set_major_locator(LogLocator(base=10, numticks=8))
    ax.yaxis.set_major_formatter(FuncFormatter(lambda value, _: _fraction(value)))
    for axis in (ax.xaxis, ax.yaxis):
        axis.set_minor_locator(NullLocator())
    dress(ax)
    return ax


def _fraction(value: float) -> str:
    if max(value, 1 / value) > POWERS:
        return rf"$10^{{{round(np.log10(value))}}}$"
    return f"{value:.4g}" if value >= 1 else f"1/{1 / value:.4g}"


def _tell_own(ax: Axes, here: float, *, rising: bool) -> None:
    """The Bayes factor, and that the axis is another, where the curve leaves room."""
    ax.text(
        0.98 if rising else 0.02,
        0.03,
        f"BF {ratio_text(here)}\n{OWN_AXIS}",
        transform=ax.transAxes,
        ha="right" if rising else "left",
        va="bottom",
        fontsize=SMALL,
        color=ESTIMATE,
    )


def _tell_band(ax: Axes, log_bf: np.ndarray) -> None:
    """The label of the band, at its side that the curve leaves free."""
    outside = np.abs(log_bf) > np.log(TELLS) + 0.4
    above = float(np.mean(log_bf)) < 0
    ax.text(
        0.98,
        TELLS * 0.93 if above and not outside.all() else 1.07 / TELLS,
        TELLS_NOTHING,
        transform=ax.get_yaxis_transform(),
        ha="right",
        va="top" if above and not outside.all() else "bottom",
        fontsize=SMALL - 1,
        color=GREY,
        zorder=2,
        bbox={"facecolor": BAND, "edgecolor": "none", "pad": 0},
    )


def _tell_beyond(ax: Axes, here: float, *, above: bool) -> None:
    ax.annotate(
        f"BF {ratio_text(here)}",
        xy=(1, 1.0 if above else 0.0),
        xycoords=("data", "axes fraction"),
        xytext=(3, -2 if above else 2),
        textcoords="offset points",
        va="top" if above else "bottom",
        fontsize=SMALL,
        color=ESTIMATE,
    )
