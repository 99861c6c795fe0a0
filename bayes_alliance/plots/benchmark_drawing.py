"""Draws what `bayes_alliance.plots.benchmark_data.benchmark_data` computed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from bayes_alliance.plots.benchmark_data import BenchmarkData
from bayes_alliance.plots.footer import footer_height, place_footer
from bayes_alliance.plots.keys import KeyEntry, hang_key, key_height
from bayes_alliance.plots.references import published_text
from bayes_alliance.plots.rows import effect_axis
from bayes_alliance.plots.sheet import AXIS_LABEL, PAUSE
from bayes_alliance.plots.style import (
    DASHES,
    ESTIMATE,
    GREY,
    INK,
    LINE,
    MARGIN,
    MEDIUM,
    PAPER,
    SMALL,
    figure_style,
    new_figure,
    placed_axes,
)
from bayes_alliance.plots.wording import (
    escape,
    interval_text,
    probability_text,
    shorten,
    text_width,
    wrap,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["draw_benchmark"]

#: Inches: height of a panel, of a title, distance of the panels, room under a row of them.
PANEL: Final = 1.05
TITLE: Final = 0.15
APART: Final = 0.22
BETWEEN: Final = 0.42
#: Colour of a difference.
DIFFERENCE: Final = "#8a4a10"
#: How deep the predictive density hangs, with the curves above 1 high.
DEPTH: Final = 0.55


def draw_benchmark(data: BenchmarkData, width: float) -> Figure:
    """Draw the figure.

    Parameters
    ----------
    data : BenchmarkData
        The numbers.
    width : float
        In inches.

    Returns
    -------
    matplotlib.figure.Figure
        Two panels a benchmark.
    """
    with figure_style():
        return _draw(data, width)


def _draw(data: BenchmarkData, width: float) -> Figure:
    key, room = _key(data), width - 2 * MARGIN
    records = data.rows.to_dict("records")
    titles = [_title(row, room) for row in records]
    texts = [wrap(_sentence(row, data.rope), room) for row in records]
    under = MARGIN + footer_height(data.footer, room) + PAUSE + key_height(key, room) + AXIS_LABEL
    heads = [
        TITLE * len(title) + LINE * len(text) + 0.06
        for title, text in zip(titles, texts, strict=True)
    ]
    rows = len(texts)
    figure = new_figure(width, under + rows * PANEL + (rows - 1) * BETWEEN + sum(heads) + MARGIN)
    wide = (room - APART) * 0.56
    top, limits = figure.get_size_inches()[1] - MARGIN, _limits(data)
    first: Axes | None = None
    for number, head in enumerate(heads):
        bottom = top - head - PANEL
        _write(figure, top, titles[number], texts[number])
        last = number == rows - 1
        left = placed_axes(figure, left=MARGIN, bottom=bottom, width=wide, height=PANEL)
        right = placed_axes(
            figure, left=MARGIN + wide + APART, bottom=bottom, width=room - wide - APART,
            height=PANEL,
        )  # fmt: skip
        _draw_correlations(left, data, number, limits[0], label="Correlation (r)" if last else "")
        name = "Difference of correlations" if last else ""
        _draw_difference(right, data, number, limits[1], label=name)
        top, first = bottom - BETWEEN, left
    place_footer(figure, data.footer)
    if first is not None:
        hang_key(first, key, below=AXIS_LABEL, width=room)
    return figure


def _sentence(row: Mapping[Any, Any], rope: float) -> str:
    """The numbers of a row, as the table of benchmarks has them."""
    edge = f"{rope:g}".removeprefix("0")
    ours = interval_text(row["our_median"], row["our_lower"], row["our_upper"], is_r=True)
    ends = (row["difference"], row["difference_lower"], row["difference_upper"])
    parts = [
        f"Ours {ours}",
        f"difference {interval_text(*ends, is_r=True)}",
        _probability("ours higher", row["p_above"]),
        _probability(f"|difference| < {edge}", row["p_rope"]),
    ]
    if np.isfinite(row["p_new_above"]):
        parts.append(_probability("new sample higher", row["p_new_above"]))
    if np.isfinite(row["overlap"]):
        of = "ours" if np.isnan(row["overlap_new"]) else "ours and new sample"
        shares = [s for s in (row["overlap"], row["overlap_new"]) if np.isfinite(s)]
        parts.append(f"overlap, {of}: {' and '.join(probability_text(s) for s in shares)}")
    return "; ".join(parts) + "."


def _probability(what: str, value: float) -> str:
    text = probability_text(value)
    return f"P({what}) {text}" if text[0] in "<>" else f"P({what}) = {text}"


def _title(row: Mapping[Any, Any], room: float) -> tuple[str, ...]:
    """Name and value of a benchmark, the value never cut."""
    of = "" if row["coefficient"] == "overall" else f"{row['coefficient']}: "
    limits = [value for value in (row["lower"], row["upper"]) if np.isfinite(value)]
    tail = f", r = {published_text(row['r'], *limits)}"
    whole = shorten(of + row["name"], 1.8 * room, size=MEDIUM, bold=True)
    *above, last = wrap(whole, room, size=MEDIUM, bold=True)
    if text_width(last + tail, size=MEDIUM, bold=True) <= room:
        return (*above, last + tail)
    return (*above, last + ",", tail.removeprefix(", "))


def _write(figure: Figure, top: float, title: tuple[str, ...], text: tuple[str, ...]) -> None:
    """The name of a benchmark in bold type, with its numbers below."""
    across, up = figure.get_size_inches()
    looks: list[dict[str, Any]] = [{"fontsize": MEDIUM, "weight": "bold"}] * len(title) + [
        {"fontsize": SMALL}
    ] * len(text)
    for line, look in zip((*title, *text), looks, strict=True):
        figure.text(MARGIN / across, top / up, escape(line), va="top", **look)
        top -= TITLE if "weight" in look else LINE


def _limits(data: BenchmarkData) -> tuple[tuple[float, float], tuple[float, float]]:
    """Ends of the axes of correlations and of differences, the same for all benchmarks."""
    value, curve = data.densities["value"], data.densities["curve"]
    shown = data.rows[["r", "lower", "upper"]].to_numpy()
    r = np.concatenate([value[curve != "difference"], shown[np.isfinite(shown)]])
    d = np.append(value[curve == "difference"], [-1.3 * data.rope, 1.3 * data.rope])
    return (float(r.min()), float(r.max())), (float(d.min()), float(d.max()))


def _bare(ax: Axes, limits: tuple[float, float], label: str) -> None:
    effect_axis(ax, limits, is_r=True, label=label)
    ax.set_yticks([])
    ax.spines["left"].set_visible(False)


def _draw_correlations(
    ax: Axes, data: BenchmarkData, number: int, limits: tuple[float, float], *, label: str
) -> None:
    """Ours and the benchmark above the line, a new sample below it, darker beyond the benchmark."""
    row = data.rows.iloc[number]
    own = data.densities.loc[data.densities["row"] == number].groupby("curve")
    curves = {str(name): frame[["value", "density"]].to_numpy().T for name, frame in own}
    ours, theirs = curves["ours"], curves.get("benchmark")
    peak = max(curve[1].max() for curve in (ours, theirs) if curve is not None)
    _bare(ax, limits, label)
    ax.set_ylim(-DEPTH - 0.08 if "new" in curves else -0.08, 1.08)
    ax.axhline(0, color=INK, lw=0.5, zorder=1)
    if "new" in curves:
        value, density = curves["new"]
        down = -DEPTH * density / density.max()
        look: dict[str, Any] = {"color": ESTIMATE, "lw": 0}
        ax.fill_between(value, 0, down, alpha=0.16, zorder=2, **look)
        beyond = (value >= row["r"]).tolist()
        ax.fill_between(value, 0, down, where=beyond, alpha=0.34, zorder=2, **look)
        ax.plot(value, down, color=ESTIMATE, lw=0.7, zorder=2.2)
    ax.fill_between(ours[0], 0, ours[1] / peak, color=ESTIMATE, alpha=0.5, lw=0, zorder=2)
    ax.plot(ours[0], ours[1] / peak, color=ESTIMATE, lw=1.0, zorder=2.2)
    if theirs is not None:
        ax.fill_between(theirs[0], 0, theirs[1] / peak, color=GREY, alpha=0.3, lw=0, zorder=2.3)
        ax.plot(theirs[0], theirs[1] / peak, color=INK, lw=1.0, linestyle=DASHES[0], zorder=2.4)
    ax.plot([row["r"]] * 2, ax.get_ylim(), color=INK, lw=0.8, linestyle=DASHES[0], zorder=2.5)


def _draw_difference(
    ax: Axes, data: BenchmarkData, number: int, limits: tuple[float, float], *, label: str
) -> None:
    """Density of the difference with its interval, and the region of practical equivalence."""
    row, own = data.rows.iloc[number], data.densities["row"] == number
    curve = data.densities.loc[own & (data.densities["curve"] == "difference")]
    value, height = curve["value"].to_numpy(), curve["density"] / curve["density"].max()
    _bare(ax, limits, label)
    ax.set_ylim(-0.2, 1.08)
    ax.axvspan(-data.rope, data.rope, color=GREY, alpha=0.2, lw=0, zorder=0.5)
    ax.axvline(0, color=GREY, lw=0.6, zorder=0.8)
    ax.axhline(0, color=INK, lw=0.5, zorder=1)
    ax.fill_between(value, 0, height, color=DIFFERENCE, alpha=0.4, lw=0, zorder=2)
    ax.plot(value, height, color=DIFFERENCE, lw=1.0, zorder=2.2)
    ends = [row["difference_lower"], row["difference_upper"]]
    ax.plot(ends, [-0.1, -0.1], color=DIFFERENCE, lw=1.6, zorder=3)
    look: dict[str, Any] = {"marker": "o", "ms": 4.4, "color": DIFFERENCE, "mec": PAPER, "mew": 0.5}
    ax.plot([row["difference"]], [-0.1], zorder=4, **look)


def _key(data: BenchmarkData) -> list[KeyEntry]:
    area = {"patch": True, "edgecolor": "none"}
    curves = set(data.densities["curve"])
    dashed = {"color": INK, "lw": 1.0, "linestyle": DASHES[0]}
    entries = [
        KeyEntry("Ours: median true correlation", {**area, "facecolor": ESTIMATE, "alpha": 0.5}),
        KeyEntry("Benchmark" + (", its uncertainty" * ("benchmark" in curves)), dashed),
    ]
    if "new" in curves:
        look = {**area, "facecolor": ESTIMATE, "alpha": 0.34}
        entries.append(KeyEntry("Below: mean of a new sample, dark if higher", look))
    point = {"color": DIFFERENCE, "lw": 1.6, "marker": "o", "markersize": 4.4}
    return [
        *entries,
        KeyEntry("Ours minus benchmark, median and 95 %", {**point, "markeredgecolor": PAPER}),
        KeyEntry("Region of practical equivalence", {**area, "facecolor": GREY, "alpha": 0.2}),
    ]
