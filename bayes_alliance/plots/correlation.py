"""Headline answers over rho, the correlation of the sampling errors of one sample's effects.

One panel an answer: its posterior median and 95 % interval at every rho, darker where the interval
of a difference or slope excludes 0. Panels of one kind share their vertical axis. Vertical lines
mark where a conclusion changes, a dotted one the rho of the fit. The last panel shows how plausible
the values of rho are: the posterior where the model estimated it, and its prior.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd

from bayes_alliance.algebra.blocks import Array
from bayes_alliance.engines.fitted import Fitted
from bayes_alliance.names import RHO
from bayes_alliance.plots.footer import Footer, footer_height, footer_of, place_footer
from bayes_alliance.plots.keys import KeyEntry, hang_key, key_height
from bayes_alliance.plots.rows import dress, effect_axis, level_style
from bayes_alliance.plots.sheet import AXIS_LABEL, PAUSE
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
    figure_style,
    new_figure,
    placed_axes,
)
from bayes_alliance.plots.wording import escape, number_text, shorten
from bayes_alliance.sensitivity.changes import rho_text
from bayes_alliance.sensitivity.correlation import RhoCurve
from bayes_alliance.summaries.scale import Scale

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["CorrelationData", "correlation", "correlation_data"]

POINTS: Final = 301
#: Panels in a row of a figure up to this width in inches, and of a wider one.
NARROW: Final = 5.0
FEW, MANY = 2, 4
#: Height of a panel and of one in a narrow figure, room above it for its title, room for the
#: numbers of a vertical axis, distance of panels; in inches.
PANEL: Final = 0.9
LOW_PANEL: Final = 0.75
TITLE: Final = 0.3
NUMBERS: Final = 0.36
GUTTER: Final = 0.14
#: More panels of one kind than this are not drawn.
MOST: Final = 12
KINDS: Final = ("mean", "slope", "difference", "tau")
#: How the change of each kind of conclusion is drawn, and what the key says of it.
CHANGES: Final[dict[str, tuple[Any, str]]] = {
    "interval": ((0, (4, 1.5)), "The interval begins or ceases to exclude 0"),
    "rope": ((0, (1.5, 1.2)), "P(in ROPE) crosses .50 or .95"),
    "largest": ((0, (5, 1.2, 1.2, 1.2)), "Another mean is the largest"),
}
TITLES: Final = {"overall": "Overall mean", RHO: "Density of rho"}


@dataclass(frozen=True, slots=True)
class CorrelationData:
    """The numbers of the figure.

    Parameters
    ----------
    curves : pandas.DataFrame
        ``kind``, ``name``, ``rho``, ``median``, ``lower``, ``upper``: one row an answer and rho.
    changes : pandas.DataFrame
        ``name`` (of a panel), ``kind`` and ``rho`` of the conclusions that change.
    density : pandas.DataFrame
        ``rho``, ``prior``, ``posterior`` (NaN where rho was not estimated).
    fitted_rho : float or None
        Rho of the fit; None where it was estimated.
    scale : Scale
        How the measure is read as a correlation.
    footer : Footer
        What stands under the figure.
    """

    curves: pd.DataFrame
    changes: pd.DataFrame
    density: pd.DataFrame
    fitted_rho: float | None
    scale: Scale
    footer: Footer

    @property
    def rows(self) -> tuple[tuple[str, tuple[str, ...]], ...]:
        """Kinds with the names of their panels; the panel of rho ends the last."""
        found = [(kind, tuple(own["name"].unique())) for kind, own in self._by_kind()]
        last = found.pop() if found and found[-1][0] == "tau" else ("tau", ())
        return (*found, ("tau", (*last[1], RHO)))

    def _by_kind(self) -> list[tuple[str, pd.DataFrame]]:
        frames = [(kind, self.curves.loc[self.curves["kind"] == kind]) for kind in KINDS]
        return [(kind, own) for kind, own in frames if len(own)]


def correlation_data(fitted: Fitted, curve: RhoCurve, *, caution: str = "") -> CorrelationData:
    """Arrange the curves of an analysis over rho for its figure.

    Parameters
    ----------
    fitted : Fitted
        The analysis.
    curve : RhoCurve
        Its answers over rho.
    caution : str
        What the reader must beware of; stands under the figure in red.

    Returns
    -------
    CorrelationData
        At most twelve panels of a kind, those with a change first among those that are kept.
    """
    answers = curve.answers
    shown = answers.loc[answers["kind"].isin(KINDS)]
    changing = {name for change in curve.found for name in change.names}
    kept, left = [], 0
    for kind in KINDS:
        names = list(shown.loc[shown["kind"] == kind, "name"].unique())
        first = [name for name in names if name in changing]
        chosen = {*[*first, *(name for name in names if name not in first)][:MOST]}
        left += len(names) - len(chosen)
        kept.append(shown.loc[(shown["kind"] == kind) & shown["name"].isin(chosen)])
    curves = pd.concat(kept, ignore_index=True)
    drawn = set(curves["name"])
    also = "rho: correlation of the sampling errors of one sample's effects."
    also += f" Not shown: {left} answers, they stand in the table." if left else ""
    return CorrelationData(
        curves=curves[["kind", "name", "rho", "median", "lower", "upper"]],
        changes=pd.DataFrame(
            [(n, c.kind, c.rho) for c in curve.found for n in c.names if n in drawn],
            columns=["name", "kind", "rho"],
        ).astype({"rho": float}),
        density=_density(fitted, curve),
        fitted_rho=curve.fitted_rho,
        scale=curve.scale,
        footer=footer_of(fitted, caution=caution, also=also),
    )


def _density(fitted: Fitted, curve: RhoCurve) -> pd.DataFrame:
    """Prior of rho, and its posterior where there is one, along the curve."""
    rho = np.linspace(curve.rho[0], curve.rho[-1], POINTS)
    given = fitted.design.dependence
    prior = fitted.specification.priors.rho if given is None else given.prior
    posterior = np.full(POINTS, np.nan) if given is None else fitted.posterior.rho().pdf(rho)
    before = np.exp(prior.logpdf(rho))
    before[~np.isfinite(before)] = np.nan  # a pole is no height to draw
    return pd.DataFrame({"rho": rho, "prior": before, "posterior": posterior})


def correlation(
    fitted: Fitted, curve: RhoCurve, *, width: float = TWO_COLUMNS, caution: str = ""
) -> Figure:
    """Draw headline answers over rho, one panel an answer.

    Parameters
    ----------
    fitted : Fitted
        The analysis.
    curve : RhoCurve
        Its answers over rho.
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
    >>> from bayes_alliance.data.bundled import load
    >>> from bayes_alliance.engines.choose import run_analysis
    >>> from bayes_alliance.sensitivity.correlation import over_rho
    >>> from bayes_alliance.spec.library import read_specification
    >>> fitted = run_analysis(load("konstantopoulos2011"), read_specification("schools"))
    >>> figure = correlation(fitted, over_rho(fitted, [0.0, 0.4, 0.8]))
    >>> [ax.get_title("left") for ax in figure.axes]
    ['Overall mean', 'tau_sample', 'tau_effect', 'Density of rho']
    """
    data = correlation_data(fitted, curve, caution=caution)
    with figure_style():
        return _draw(data, width)


def _draw(data: CorrelationData, width: float) -> Figure:
    columns, tall = (FEW, LOW_PANEL) if width <= NARROW else (MANY, PANEL)
    lines = _lines(data, columns)
    key, room = _key(data), width - 2 * MARGIN
    under = AXIS_LABEL + key_height(key, room) + PAUSE + footer_height(data.footer, room) + MARGIN
    figure = new_figure(width, under + (TITLE + tall) * len(lines) + MARGIN)
    limits = {kind: _limits(data, kind) for kind, _ in data.rows}
    for number, line in enumerate(lines):
        bottom = under + (len(lines) - 1 - number) * (TITLE + tall)
        below = len(lines[number + 1]) if number + 1 < len(lines) else 0
        for column, (kind, name) in enumerate(line):
            left, wide = _place(line, column, columns, room)
            ax = placed_axes(figure, left=left, bottom=bottom, width=wide, height=tall)
            title = TITLES.get(name, name)
            ax.set_title(escape(shorten(title, wide, size=LARGE)), fontsize=LARGE, loc="left")
            numbered = column == 0 or line[column - 1][0] != kind
            _draw_panel(ax, data, kind, name, limits[kind], numbered=numbered)
            if column < below:
                ax.tick_params(axis="x", labelbottom=False)
            else:
                ax.set_xlabel("rho", fontsize=MEDIUM, labelpad=1)
    place_footer(figure, data.footer)
    first = figure.axes[-len(lines[-1])]
    hang_key(first, key, below=AXIS_LABEL, width=room, left=NUMBERS)
    return figure


_Line = list[tuple[str, str]]


def _lines(data: CorrelationData, columns: int) -> list[_Line]:
    """Kind and name of every panel, line by line: a new one for each kind unless one holds all."""
    by_kind = [[(kind, name) for name in names] for kind, names in data.rows]
    everything = [panel for panels in by_kind for panel in panels]
    if len(everything) <= columns:
        return [everything]
    return [panels[a : a + columns] for panels in by_kind for a in range(0, len(panels), columns)]


def _place(line: _Line, column: int, columns: int, room: float) -> tuple[float, float]:
    """Left edge and width of a panel; every first panel of a kind has room for its numbers."""
    mixed = len({kind for kind, _ in line}) > 1
    numbers = columns if mixed else 1
    wide = (room - NUMBERS * numbers - GUTTER * (columns - 1) - 0.06) / columns
    before = column * (wide + GUTTER) + NUMBERS * (column + 1 if mixed else 1)
    return MARGIN + before, wide


def _limits(data: CorrelationData, kind: str) -> tuple[float, float]:
    """Vertical axis of all panels of a kind: 0 is always on it."""
    own = data.curves.loc[data.curves["kind"] == kind, ["lower", "upper"]].to_numpy()
    values = np.append(own.ravel(), 0.0)
    low, high = float(values.min()), float(values.max())
    edge = 0.06 * ((high - low) or 1.0)
    return (low - edge if low < 0 else 0.0), high + edge


def _draw_panel(
    ax: Axes,
    data: CorrelationData,
    kind: str,
    name: str,
    limits: tuple[float, float],
    *,
    numbered: bool,
) -> None:
    ends = (float(data.curves["rho"].min()), float(data.curves["rho"].max()))
    effect_axis(ax, ends, is_r=True, label="")
    if name == RHO:
        _draw_density(ax, data.density)
    else:
        _draw_curve(ax, data, kind, name)
        _vertical_axis(ax, limits, is_r=data.scale.has_r and kind != "tau", numbered=numbered)
        for change in data.changes.loc[data.changes["name"] == name].to_dict("records"):
            _draw_change(ax, change["kind"], change["rho"])
    if data.fitted_rho is not None and ends[0] <= data.fitted_rho <= ends[1]:
        ax.axvline(data.fitted_rho, color=INK, lw=0.9, linestyle=(0, (1, 1.2)), zorder=3.5)


def _draw_change(ax: Axes, kind: str, rho: float) -> None:
    """A line where a conclusion changes, with its rho at the upper end."""
    ax.axvline(rho, color=CAUTION, lw=0.9, linestyle=CHANGES[kind][0], zorder=4)
    start, stop = ax.get_xlim()
    right = rho > start + 0.75 * (stop - start)
    ax.annotate(
        rho_text(rho),
        xy=(rho, 1.0),
        xycoords=("data", "axes fraction"),
        xytext=(-2 if right else 2, 0),
        textcoords="offset points",
        ha="right" if right else "left",
        va="top",
        fontsize=SMALL,
        color=CAUTION,
    )


def _vertical_axis(ax: Axes, limits: tuple[float, float], *, is_r: bool, numbered: bool) -> None:
    from matplotlib.ticker import FuncFormatter, MaxNLocator

    ax.set_ylim(*limits)
    ax.yaxis.set_major_locator(MaxNLocator(nbins=4, steps=[1, 2, 2.5, 5, 10]))
    ax.yaxis.set_major_formatter(
        FuncFormatter(lambda value, _: "0" if abs(value) < 1e-9 else number_text(value, is_r=is_r))
    )
    ax.tick_params(axis="y", labelleft=numbered)
    dress(ax)


def _draw_curve(ax: Axes, data: CorrelationData, kind: str, name: str) -> None:
    own = data.curves.loc[(data.curves["kind"] == kind) & (data.curves["name"] == name)]
    rho, median, lower, upper = own[["rho", "median", "lower", "upper"]].to_numpy(float).T
    colour = _colour(data, kind, name)
    ax.axhline(0, color=GREY, lw=0.6, zorder=0.5)
    ax.fill_between(rho, lower, upper, color=colour, alpha=0.2, lw=0, zorder=1)
    if kind in ("difference", "slope"):
        for a, b in _stretches(rho, lower, upper):
            at = np.linspace(a, b, POINTS)
            edges = (np.interp(at, rho, limit) for limit in (lower, upper))
            ax.fill_between(at, *edges, color=colour, alpha=0.3, lw=0, zorder=1.1)
    ax.plot(rho, median, color=colour, lw=1.3, zorder=3)
    ax.plot(rho, lower, color=colour, lw=0.5, zorder=2)
    ax.plot(rho, upper, color=colour, lw=0.5, zorder=2)


def _stretches(rho: Array, lower: Array, upper: Array) -> list[tuple[float, float]]:
    """Where an interval excludes 0, from one crossing to the next."""
    room = np.maximum(lower, -upper)  # above 0: excluded
    cuts = [
        float(rho[i] - room[i] * (rho[i + 1] - rho[i]) / (room[i + 1] - room[i]))
        for i in np.flatnonzero((room[:-1] > 0) != (room[1:] > 0))
    ]
    edges = [float(rho[0]), *cuts, float(rho[-1])]
    inside = bool(room[0] > 0)
    return [pair for number, pair in enumerate(pairwise(edges)) if (number % 2 == 0) == inside]


def _colour(data: CorrelationData, kind: str, name: str) -> str:
    if kind == "tau":
        return INK
    names = list(data.curves.loc[data.curves["kind"] == kind, "name"].unique())
    return level_style(names.index(name)).colour if kind == "mean" and len(names) > 1 else ESTIMATE


def _draw_density(ax: Axes, density: pd.DataFrame) -> None:
    rho, prior, posterior = density[["rho", "prior", "posterior"]].to_numpy(float).T
    ax.plot(rho, prior, color=PRIOR, lw=1.1, linestyle=(0, (4, 1.6)), zorder=2)
    if np.isfinite(posterior).any():
        ax.fill_between(rho, posterior, color=ESTIMATE, alpha=0.3, lw=0, zorder=1)
        ax.plot(rho, posterior, color=ESTIMATE, lw=1.1, zorder=3)
    ax.set_ylim(0, 1.08 * float(np.nanmax([prior, posterior])))
    ax.set_yticks([])
    ax.spines["left"].set_visible(False)


def _key(data: CorrelationData) -> list[KeyEntry]:
    area: dict[str, Any] = {"patch": True, "facecolor": GREY, "alpha": 0.4, "edgecolor": "none"}
    marked = data.curves["kind"].isin(("difference", "slope")).any()
    darker = " (differences: darker where 0 is outside)" if marked else ""
    entries = [
        KeyEntry("Posterior median", {"color": INK, "lw": 1.3}),
        KeyEntry(f"95 % interval{darker}", area),
    ]
    for kind, (dash, words) in CHANGES.items():
        if (data.changes["kind"] == kind).any():
            look = {"color": CAUTION, "lw": 0.9, "linestyle": dash}
            entries.append(KeyEntry(words, look))
    if data.fitted_rho is not None:
        dots = {"color": INK, "lw": 0.9, "linestyle": (0, (1, 1.2))}
        entries.append(KeyEntry(f"rho of the fit: {rho_text(data.fitted_rho)}", dots))
    if data.density["posterior"].notna().any():
        filled = {"patch": True, "facecolor": ESTIMATE, "alpha": 0.4, "edgecolor": "none"}
        entries.append(KeyEntry("Posterior of rho", filled))
    dashes = {"color": PRIOR, "lw": 1.1, "linestyle": (0, (4, 1.6))}
    used = "" if data.fitted_rho is None else " (not used in the fit)"
    return [*entries, KeyEntry(f"Prior of rho{used}", dashes)]
