"""Headline answers over the scale of each prior, one panel an answer, one colour a prior.

The horizontal axis is the factor by which a prior is wider than declared, on its log; all curves
of a panel meet at 1. Thick: the posterior median; thin: the limits of its interval. A vertical line
in the colour of its prior marks where a conclusion about the answer changes.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import pandas as pd

from bayes_alliance.engines.fitted import Fitted
from bayes_alliance.errors import InputError, Problem
from bayes_alliance.plots.footer import Footer, footer_height, footer_of, place_footer
from bayes_alliance.plots.keys import KeyEntry, hang_key, key_height
from bayes_alliance.plots.rows import dress, level_style
from bayes_alliance.plots.sheet import AXIS_LABEL, PAUSE, columns_that_fit
from bayes_alliance.plots.style import (
    DASHES,
    GREY,
    INK,
    LARGE,
    MARGIN,
    MEDIUM,
    TWO_COLUMNS,
    figure_style,
    new_figure,
    placed_axes,
)
from bayes_alliance.plots.wording import escape, number_text, shorten
from bayes_alliance.sensitivity.curves import PriorCurve
from bayes_alliance.summaries.scale import Scale

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["PriorCurvesData", "prior_curves", "prior_curves_data"]

KINDS: Final = ("mean", "slope", "difference", "tau")
#: More answers of one kind than this are not drawn; those with a change come first.
MOST: Final = 12
#: Panels in a row; height of one, room for its title, for numbers, and between, in inches.
ACROSS: Final = 4
PANEL: Final = 1.0
TITLE: Final = 0.3
NUMBERS: Final = 0.36
GUTTER: Final = 0.14
#: Least width of a panel with its numbers, in inches.
NARROWEST: Final = 1.35
SOLID: Final = "-"


@dataclass(frozen=True, slots=True)
class PriorCurvesData:
    """The numbers of the figure.

    Parameters
    ----------
    curves : pandas.DataFrame
        ``prior``, ``factor``, ``kind``, ``name``, ``median``, ``lower``, ``upper``.
    changes : pandas.DataFrame
        ``prior``, ``name`` (of a panel) and ``factor`` of the conclusions that change.
    declared : dict of str to str
        The declared priors.
    scale : Scale
        How the measure is read as a correlation.
    footer : Footer
        What stands under the figure.
    """

    curves: pd.DataFrame
    changes: pd.DataFrame
    declared: dict[str, str]
    scale: Scale
    footer: Footer

    @property
    def panels(self) -> tuple[tuple[str, str], ...]:
        """Kind and name of every panel."""
        shown = self.curves[["kind", "name"]].drop_duplicates()
        return tuple((str(kind), str(name)) for kind, name in shown.to_numpy())


def prior_curves_data(
    fitted: Fitted, curves: Sequence[PriorCurve], *, caution: str = ""
) -> PriorCurvesData:
    """Arrange robustness curves for their figure.

    Parameters
    ----------
    fitted : Fitted
        The analysis.
    curves : sequence of PriorCurve
        One or more curves of the same analysis.
    caution : str
        What the reader must beware of; stands under the figure in red.

    Returns
    -------
    PriorCurvesData
        At most twelve panels of a kind, those with a change first among those that are kept.

    Raises
    ------
    InputError
        If there is no curve.
    """
    if not curves:
        raise InputError(
            Problem(
                what="there is no curve to draw: every prior is fixed or flat",
                cure="Give at least one prior with a scale",
                code="no_curves",
            )
        )
    answers = pd.concat([curve.answers for curve in curves], ignore_index=True)
    changing = {name for curve in curves for change in curve.found for name in change.names}
    kept, left = [], 0
    for kind in KINDS:
        own = answers.loc[answers["kind"] == kind]
        names = list(own["name"].unique())
        first = [name for name in names if name in changing]
        chosen = {*[*first, *(name for name in names if name not in first)][:MOST]}
        left += len(names) - len(chosen)
        kept.append(own.loc[own["name"].isin(chosen)])
    shown = pd.concat(kept, ignore_index=True)
    drawn = set(shown["name"])
    scale = "Means and differences on r, taus" if curves[0].scale.has_r else "Everything"
    also = f"{scale} on the analysis scale."
    also += f" Not shown: {left} answers, they stand in the table." if left else ""
    return PriorCurvesData(
        curves=shown[["prior", "factor", "kind", "name", "median", "lower", "upper"]],
        changes=pd.DataFrame(
            [(c.name, n, at.at) for c in curves for at in c.found for n in at.names if n in drawn],
            columns=["prior", "name", "factor"],
        ).astype({"factor": float}),
        declared={curve.name: str(curve.prior) for curve in curves},
        scale=curves[0].scale,
        footer=footer_of(fitted, caution=caution, also=also),
    )


def prior_curves(
    fitted: Fitted, curves: Sequence[PriorCurve], *, caution: str = "", width: float = TWO_COLUMNS
) -> Figure:
    """Draw headline answers over the scale of each prior.

    Parameters
    ----------
    fitted : Fitted
        The analysis.
    curves : sequence of PriorCurve
        What `over_prior_scales` returned.
    caution : str
        What the reader must beware of; stands under the figure in red.
    width : float
        Of the figure, in inches.

    Returns
    -------
    matplotlib.figure.Figure
        One panel an answer, four in a row.

    Raises
    ------
    InputError
        If there is no curve.

    Examples
    --------
    >>> from bayes_alliance.data.bundled import load
    >>> from bayes_alliance.engines.choose import run_analysis
    >>> from bayes_alliance.sensitivity.curves import over_prior_scales
    >>> from bayes_alliance.spec.library import read_specification
    >>> fitted = run_analysis(load("konstantopoulos2011"), read_specification("schools"))
    >>> figure = prior_curves(fitted, over_prior_scales(fitted, [0.25, 1, 4]))
    >>> [ax.get_title("left") for ax in figure.axes]
    ['overall', 'tau_sample', 'tau_effect']
    """
    data = prior_curves_data(fitted, curves, caution=caution)
    with figure_style():
        return _draw(data, width)


def _draw(data: PriorCurvesData, width: float) -> Figure:
    most = columns_that_fit(width, NARROWEST, most=ACROSS)
    lines = _lines(data, most)
    key, room = _key(data), width - 2 * MARGIN
    under = AXIS_LABEL + key_height(key, room) + PAUSE + footer_height(data.footer, room) + MARGIN
    figure = new_figure(width, under + (TITLE + PANEL) * len(lines) + MARGIN)
    across = min(most, len(data.panels))
    wide = (room - (NUMBERS + GUTTER) * across) / across
    limits = {kind: _limits(data, kind) for kind, _ in data.panels}
    for number, line in enumerate(lines):
        bottom = under + (len(lines) - 1 - number) * (TITLE + PANEL)
        below = len(lines[number + 1]) if number + 1 < len(lines) else 0
        for column, (kind, name) in enumerate(line):
            left = MARGIN + NUMBERS + column * (wide + NUMBERS + GUTTER)
            ax = placed_axes(figure, left=left, bottom=bottom, width=wide, height=PANEL)
            ax.set_title(escape(shorten(name, wide, size=LARGE)), fontsize=LARGE, loc="left")
            _draw_panel(ax, data, kind, name, limits[kind])
            if column < below:
                ax.tick_params(axis="x", labelbottom=False)
            else:
                ax.set_xlabel("Times as wide", fontsize=MEDIUM, labelpad=1)
    place_footer(figure, data.footer)
    first = figure.axes[-len(lines[-1])]
    hang_key(first, key, below=AXIS_LABEL, width=room, left=NUMBERS)
    return figure


def _lines(data: PriorCurvesData, most: int) -> list[tuple[tuple[str, str], ...]]:
    """Panels line by line: a new line for each kind unless one holds all."""
    panels = data.panels
    if len(panels) <= most:
        return [panels]
    lines = []
    for kind in KINDS:
        own = tuple(panel for panel in panels if panel[0] == kind)
        lines += [own[i : i + most] for i in range(0, len(own), most)]
    return lines


def _limits(data: PriorCurvesData, kind: str) -> tuple[float, float]:
    """Vertical axis of all panels of a kind: 0 is always on it."""
    own = data.curves.loc[data.curves["kind"] == kind, ["lower", "upper"]].to_numpy(float)
    low, high = min(float(own.min()), 0.0), max(float(own.max()), 0.0)
    edge = 0.06 * ((high - low) or 1.0)
    return (low - edge if low < 0 else 0.0), high + edge


def _look(data: PriorCurvesData, prior: str) -> dict[str, Any]:
    """Colour and dash of a prior; each tells it apart by itself."""
    position = list(data.declared).index(prior)
    styles = (SOLID, *DASHES)
    return {"color": level_style(position).colour, "linestyle": styles[position % len(styles)]}


def _draw_panel(
    ax: Axes, data: PriorCurvesData, kind: str, name: str, limits: tuple[float, float]
) -> None:
    from matplotlib.ticker import FixedLocator, FuncFormatter, MaxNLocator, NullLocator

    own = data.curves.loc[(data.curves["kind"] == kind) & (data.curves["name"] == name)]
    ax.set_xscale("log")
    ax.set_xlim(float(own["factor"].min()), float(own["factor"].max()))
    ticks = [t for t in (0.0625, 0.25, 0.5, 1.0, 2.0, 4.0, 16.0) if _inside(t, own["factor"])]
    ax.xaxis.set_major_locator(FixedLocator(ticks))
    ax.xaxis.set_minor_locator(NullLocator())
    names = {0.0625: "1/16", 0.25: "1/4", 0.5: "1/2"}
    ax.xaxis.set_major_formatter(FuncFormatter(lambda x, _: names.get(x, f"{x:g}")))
    ax.set_ylim(*limits)
    ax.yaxis.set_major_locator(MaxNLocator(nbins=4, steps=[1, 2, 2.5, 5, 10]))
    is_r = data.scale.has_r and kind != "tau"
    ax.yaxis.set_major_formatter(
        FuncFormatter(lambda y, _: "0" if abs(y) < 1e-9 else number_text(y, is_r=is_r))
    )
    dress(ax)
    ax.axhline(0, color=GREY, lw=0.6, zorder=0.5)
    ax.axvline(1, color=INK, lw=0.9, linestyle=(0, (1, 1.2)), zorder=0.6)
    for prior, points in own.groupby("prior", sort=False):
        look = _look(data, str(prior))
        for column, width in (("median", 1.4), ("lower", 0.7), ("upper", 0.7)):
            ax.plot(points["factor"], points[column], lw=width, zorder=3, **look)
    for change in data.changes.loc[data.changes["name"] == name].to_dict("records"):
        look = _look(data, change["prior"])
        ax.axvline(change["factor"], lw=1.0, zorder=2, **look)
        ax.plot([change["factor"]], [limits[1]], marker="v", ms=4.5, color=look["color"],
                clip_on=False, zorder=6)  # fmt: skip


def _inside(tick: float, factors: pd.Series[float]) -> bool:
    return float(factors.min()) <= tick * 1.0001 and tick <= float(factors.max()) * 1.0001


def _key(data: PriorCurvesData) -> list[KeyEntry]:
    entries = [
        KeyEntry(f"{name}, declared {prior}", {"lw": 1.4, **_look(data, name)})
        for name, prior in data.declared.items()
    ]
    entries.append(KeyEntry("As declared", {"color": INK, "lw": 0.9, "linestyle": (0, (1, 1.2))}))
    if len(data.changes):
        mark = {"color": GREY, "lw": 1.0, "marker": "v", "markersize": 4.5}
        entries.append(KeyEntry("A conclusion changes", mark))
    return entries
