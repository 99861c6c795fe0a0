"""The specification curve: estimates of all specifications by size, and the choices below.

Above, the median and 95 % interval of every specification, darker where the interval excludes 0;
below it the Bayes factor; then one row an option, dark where specifications at that rank chose it.
On the right, the share of the variance of the estimate and of the Bayes factor that each choice
explains. Many specifications share a column of the lower panels, which is as dark as the share of
them that chose the option.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd

from bayes_alliance.algebra.blocks import Array
from bayes_alliance.engines.fitted import Fitted
from bayes_alliance.plots.footer import Footer, footer_height, footer_of, place_footer
from bayes_alliance.plots.keys import KeyEntry, hang_key, key_height
from bayes_alliance.plots.rows import dress, left_text
from bayes_alliance.plots.sheet import PAUSE
from bayes_alliance.plots.style import (
    CAUTION,
    DASHES,
    ESTIMATE,
    GREY,
    INK,
    LIGHT,
    MARGIN,
    MEDIUM,
    PRIOR,
    SMALL,
    TWO_COLUMNS,
    figure_style,
    new_figure,
    placed_axes,
)
from bayes_alliance.plots.wording import number_text
from bayes_alliance.sensitivity.multiverse import Multiverse
from bayes_alliance.summaries.evidence import TELLS

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["SpecificationCurveData", "specification_curve", "specification_curve_data"]

#: Columns of the lower panels at most; above so many specifications intervals are one area.
COLUMNS: Final = 240
SEPARATE: Final = 120
#: So many thin lines lie side by side in a panel.
ACROSS: Final = 450
#: Rows at most; heights of a row, of the gap between factors and of the upper panels; in inches.
MOST_ROWS: Final = 70
ROW: Final = 0.132
GAP: Final = 0.045
CURVE: Final = 1.75
EVIDENCE: Final = 0.62
BETWEEN: Final = 0.1
#: Room for names of factors and options, for numbers of the axes, and for the bars.
NAMES: Final = (1.12, 1.22)
NUMBERS: Final = 0.42
BARS: Final = 0.95
APART: Final = 0.22
AXIS: Final = 0.4


@dataclass(frozen=True, slots=True)
class SpecificationCurveData:
    """The numbers of the figure.

    Parameters
    ----------
    curve : pandas.DataFrame
        N specifications by size: ``estimate``, ``lower``, ``upper``, ``log10_bf``, ``excludes``.
    options : pandas.DataFrame
        One row an option shown: ``factor``, ``option``.
    chosen : ndarray, shape (options, columns)
        Share of the specifications of each column that chose the option.
    shares : pandas.DataFrame
        Index: factor; ``estimate`` and ``log_bf10``: shares of variance.
    declared : float
        Estimate of the model as declared.
    benchmarks : tuple of (str, float)
        Names and published correlations.
    in_r : bool
        Whether estimates are correlations.
    footer : Footer
        What stands under the figure.
    """

    curve: pd.DataFrame
    options: pd.DataFrame
    chosen: Array
    shares: pd.DataFrame
    declared: float
    benchmarks: tuple[tuple[str, float], ...]
    in_r: bool
    footer: Footer

    @property
    def factors(self) -> tuple[str, ...]:
        """Factors shown, from top to bottom."""
        return tuple(dict.fromkeys(self.options["factor"]))


def specification_curve_data(
    fitted: Fitted, found: Multiverse, *, caution: str = ""
) -> SpecificationCurveData:
    """Arrange a multiverse for its figure.

    Parameters
    ----------
    fitted : Fitted
        The analysis that the choices change.
    found : Multiverse
        Its multiverse.
    caution : str
        What the reader must beware of.

    Returns
    -------
    SpecificationCurveData
        Factors in the order of the share of the variance of the estimate that they explain.
    """
    curve = found.curve.rename(columns={"log_bf10": "log10_bf"})
    curve["log10_bf"] /= np.log(10)
    curve["excludes"] = (curve["lower"] > 0) | (curve["upper"] < 0)
    picks = found.picks[curve.index.to_numpy(dtype=np.intp)]
    columns = np.array_split(np.arange(len(curve)), min(len(curve), COLUMNS))
    shares = found.shares
    order = np.argsort([-share for share in shares["estimate"].factors], kind="stable")
    options: list[tuple[str, str]] = []
    chosen: list[list[float]] = []
    left = 0
    for f in order:
        factor = found.plan.grid.factors[f]
        for at, option in enumerate(factor.options):
            own = picks[:, f] == at
            if not own.any():
                continue
            if len(options) == MOST_ROWS:
                left += 1
                continue
            options.append((factor.name, option.name))
            chosen.append([float(own[part].mean()) for part in columns])
    refused = len(found.rows) - len(curve)
    also = f"{len(curve):,} specifications."
    also += f" Refused: {refused:,} combinations." if refused else ""
    if len(curve) > SEPARATE:
        also += " Options are as dark as the share of neighbouring specifications that have them."
    also += f" Not shown: {left} options." if left else ""
    row = found.baseline
    return SpecificationCurveData(
        curve=curve.reset_index(drop=True),
        options=pd.DataFrame(options, columns=["factor", "option"]),
        chosen=np.array(chosen),
        shares=pd.DataFrame(
            {key: own.factors for key, own in shares.items()}, index=list(found.factors)
        ),
        declared=float(row["r_median" if found.in_r else "median"] or 0.0),
        benchmarks=tuple((b.name, b.r) for b in found.plan.benchmarks) if found.in_r else (),
        in_r=found.in_r,
        footer=footer_of(fitted, caution=caution, also=also),
    )


def specification_curve(
    fitted: Fitted, found: Multiverse, *, width: float = TWO_COLUMNS, caution: str = ""
) -> Figure:
    """Draw the specification curve of a multiverse.

    Parameters
    ----------
    fitted : Fitted
        The analysis that the choices change.
    found : Multiverse
        Its multiverse.
    width : float
        In inches.
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
    >>> from bayes_alliance.sensitivity.multiverse import run_multiverse
    >>> from bayes_alliance.spec.library import read_specification
    >>> effects, spec = load("konstantopoulos2011"), read_specification("schools")
    >>> levels = [{"name": "both", "because": "Schools differ."},
    ...           {"name": "districts", "because": "Schools differ by chance.",
    ...            "change": {"heterogeneity.effect": False}}]
    >>> found = run_multiverse(effects, spec, {"factors": [{"name": "levels", "options": levels}]})
    >>> figure = specification_curve(run_analysis(effects, spec), found)
    >>> len(figure.axes)
    4
    """
    data = specification_curve_data(fitted, found, caution=caution)
    with figure_style():
        return _draw(data, width)


def _draw(data: SpecificationCurveData, width: float) -> Figure:
    key, room = _key(data), width - 2 * MARGIN
    names = sum(NAMES) * min(1.0, width / TWO_COLUMNS)
    places, tall = _places(data)
    under = MARGIN + footer_height(data.footer, room) + PAUSE + key_height(key, room) + AXIS
    figure = new_figure(width, under + tall + 2 * BETWEEN + EVIDENCE + CURVE + 2 * MARGIN)
    left, wide = MARGIN + names, width - names - NUMBERS - BARS * width / TWO_COLUMNS - 2 * MARGIN
    bottom = under
    matrix = placed_axes(figure, left=left, bottom=bottom, width=wide, height=tall)
    bars = placed_axes(
        figure, left=left + wide + APART, bottom=bottom, height=tall,
        width=width - left - wide - APART - MARGIN - 0.1,
    )  # fmt: skip
    bottom += tall + BETWEEN
    evidence = placed_axes(figure, left=left, bottom=bottom, width=wide, height=EVIDENCE)
    bottom += EVIDENCE + BETWEEN
    curve = placed_axes(figure, left=left, bottom=bottom, width=wide, height=CURVE)
    _draw_curve(curve, data)
    _draw_evidence(evidence, data)
    _draw_choices(matrix, data, places, tall, names)
    _draw_bars(bars, data, places, tall)
    place_footer(figure, data.footer)
    hang_key(matrix, key, below=AXIS, width=room, left=names)
    return figure


def _places(data: SpecificationCurveData) -> tuple[Array, float]:
    """Heights of the rows from the upper edge, and of all of them; in inches."""
    factors = data.options["factor"].to_numpy()
    new = np.append(0, np.cumsum(factors[1:] != factors[:-1]))
    places = (np.arange(len(factors)) + 0.5) * ROW + new * GAP + GAP / 2
    return places, float(places[-1] + 0.5 * ROW + GAP / 2)


def _across(ax: Axes, data: SpecificationCurveData, *, last: bool = False) -> None:
    """Horizontal axis of ranks, the same in all panels."""
    ax.set_xlim(0.5, len(data.curve) + 0.5)
    dress(ax)
    ax.tick_params(axis="x", labelbottom=last, bottom=last)
    if last:
        from matplotlib.ticker import FuncFormatter, MaxNLocator

        ax.xaxis.set_major_locator(MaxNLocator(nbins=5, integer=True))
        ax.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,.0f}"))
        ax.set_xlabel("Specifications, by size of the estimate", fontsize=MEDIUM, labelpad=1)


def _upright(ax: Axes, name: str, *, is_r: bool) -> None:
    from matplotlib.ticker import FuncFormatter, MaxNLocator

    ax.yaxis.set_major_locator(MaxNLocator(nbins=5, steps=[1, 2, 2.5, 5, 10]))
    ax.yaxis.set_major_formatter(
        FuncFormatter(lambda v, _: "0" if abs(v) < 1e-9 else number_text(v, is_r=is_r))
    )
    ax.set_ylabel(name, fontsize=MEDIUM, labelpad=2)


def _draw_curve(ax: Axes, data: SpecificationCurveData) -> None:
    rank = np.arange(len(data.curve)) + 1.0
    estimate, lower, upper = data.curve[["estimate", "lower", "upper"]].to_numpy(float).T
    excludes = data.curve["excludes"].to_numpy(bool)
    few = len(rank) <= SEPARATE
    # Lines that lie upon one another are together as dark as a single one is.
    alpha = 0.55 if few else 1 - 0.6 ** (1 / max(1.0, len(rank) / ACROSS))
    for own, colour in ((excludes, ESTIMATE), (~excludes, GREY)):
        ax.vlines(
            rank[own], lower[own], upper[own], color=colour, alpha=alpha,
            lw=1.0 if few else 0.5, rasterized=not few, zorder=1,
        )  # fmt: skip
        ax.plot(
            rank[own], estimate[own], color=colour if few else INK, linestyle="none", marker="o",
            markersize=2.6 if few else 1.0, markeredgewidth=0, rasterized=not few, zorder=3,
        )  # fmt: skip
    ax.axhline(0, color=GREY, lw=0.6, zorder=0.5)
    ax.axhline(data.declared, color=CAUTION, lw=0.8, linestyle=(0, (1, 1.2)), zorder=2)
    for number, (_, r) in enumerate(data.benchmarks):
        ax.axhline(r, color=INK, lw=0.8, linestyle=DASHES[number % len(DASHES)], zorder=2)
    _across(ax, data)
    _upright(ax, "r" if data.in_r else "Effect", is_r=data.in_r)


def _draw_evidence(ax: Axes, data: SpecificationCurveData) -> None:
    values = data.curve["log10_bf"].to_numpy(float)
    few = len(values) <= SEPARATE
    ax.axhspan(-np.log10(TELLS), np.log10(TELLS), color=LIGHT, alpha=0.6, lw=0, zorder=0)
    ax.axhline(0, color=GREY, lw=0.6, zorder=0.5)
    ax.plot(
        np.arange(len(values)) + 1.0, values, color=PRIOR, linestyle="none", marker="o",
        markersize=2.2 if few else 1.0, markeredgewidth=0, rasterized=not few, zorder=2,
    )  # fmt: skip
    _across(ax, data)
    from matplotlib.ticker import MaxNLocator

    ax.yaxis.set_major_locator(MaxNLocator(nbins=3, integer=True))
    ax.set_ylabel("log10 BF", fontsize=MEDIUM, labelpad=2)


def _draw_choices(
    ax: Axes, data: SpecificationCurveData, places: Array, tall: float, names: float
) -> None:
    """Rows of options: as dark as specifications of a column chose them."""
    count, columns = len(data.curve), data.chosen.shape[1]
    sizes = [len(part) for part in np.array_split(np.arange(count), columns)]
    edges = 0.5 + np.append(0, np.cumsum(sizes))
    half = 0.5 * ROW - 0.012
    for place, row in zip(places, data.chosen, strict=True):
        if count <= SEPARATE:
            ranks = np.flatnonzero(row > 0) + 1.0
            ax.plot(ranks, np.full(len(ranks), place), color=ESTIMATE, linestyle="none", marker="o",
                    markersize=2.6, markeredgewidth=0, zorder=2)  # fmt: skip
            ax.axhline(place, color=LIGHT, lw=0.4, zorder=0)
            continue
        ax.pcolormesh(
            edges, [place - half, place + half], row[None, :], cmap=_shades(), vmin=0, vmax=1,
            rasterized=True, zorder=1,
        )  # fmt: skip
    ax.set_ylim(tall, 0)
    _across(ax, data, last=True)
    ax.set_yticks([])
    ax.spines["left"].set_visible(False)
    share = NAMES[0] / sum(NAMES)
    seen: set[str] = set()
    for place, (factor, option) in zip(places, data.options.to_numpy().tolist(), strict=True):
        if factor not in seen:
            seen.add(factor)
            left_text(ax, place, factor, start=names, width=share * names - 0.06, weight="bold")
        left_text(ax, place, option, start=(1 - share) * names, width=(1 - share) * names - 0.06)


def _shades() -> Any:
    from matplotlib.colors import LinearSegmentedColormap

    return LinearSegmentedColormap.from_list("chosen", ["#f2f2f2", ESTIMATE])


def _draw_bars(ax: Axes, data: SpecificationCurveData, places: Array, tall: float) -> None:
    """Shares of variance, a pair of bars a factor."""
    for factor in data.factors:
        own = places[(data.options["factor"] == factor).to_numpy()]
        middle = 0.5 * (own[0] + own[-1])
        for key, colour, at in (("estimate", ESTIMATE, -0.026), ("log_bf10", PRIOR, 0.026)):
            value = float(data.shares.loc[factor, key])  # type: ignore[arg-type]
            ax.barh(middle + at * 1.25, value, height=0.052, color=colour, lw=0, zorder=2)
    ax.set_ylim(tall, 0)
    ax.set_xlim(0, max(0.1, 1.05 * float(data.shares.to_numpy().max())))
    dress(ax)
    from matplotlib.ticker import FuncFormatter, MaxNLocator

    ax.xaxis.set_major_locator(MaxNLocator(nbins=2, steps=[1, 2, 5, 10]))
    ax.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{100 * value:.0f} %"))
    ax.set_xlabel("Variance explained", fontsize=SMALL, labelpad=1)
    ax.set_yticks([])


def _key(data: SpecificationCurveData) -> list[KeyEntry]:
    line: dict[str, Any] = {"lw": 1.1}
    entries = [KeyEntry("Median, 95 % interval excludes 0", {"color": ESTIMATE, **line})]
    if not data.curve["excludes"].all():
        entries.append(KeyEntry("Interval includes 0", {"color": GREY, **line}))
    declared = {"color": CAUTION, "lw": 0.8, "linestyle": (0, (1, 1.2))}
    tail = f" {number_text(data.declared, is_r=data.in_r)}"
    entries.append(KeyEntry("The model as declared", declared, tail))
    for number, (name, r) in enumerate(data.benchmarks):
        look = {"color": INK, "lw": 0.8, "linestyle": DASHES[number % len(DASHES)]}
        entries.append(KeyEntry(name, look, f" {number_text(r, is_r=True, digits=_digits(r))}"))
    area: dict[str, Any] = {"patch": True, "edgecolor": "none"}
    entries += [
        KeyEntry("BF between 1/3 and 3", {**area, "facecolor": LIGHT}),
        KeyEntry("Variance of the estimate", {**area, "facecolor": ESTIMATE}),
        KeyEntry("Variance of log10 BF", {**area, "facecolor": PRIOR}),
    ]
    return entries


def _digits(r: float) -> int:
    return 2 if round(r, 2) == r else 3
