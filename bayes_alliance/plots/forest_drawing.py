"""Draws what `bayes_alliance.plots.forest_data.forest_data` computed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from bayes_alliance.plots.footer import Footer
from bayes_alliance.plots.forest_data import ForestData
from bayes_alliance.plots.forest_key import forest_key
from bayes_alliance.plots.forest_layout import ForestLine, forest_blocks, paged
from bayes_alliance.plots.references import draw_benchmarks
from bayes_alliance.plots.rows import (
    draw_interval,
    effect_axis,
    fitting,
    left_text,
    level_style,
    right_text,
)
from bayes_alliance.plots.sheet import sheet_axes
from bayes_alliance.plots.style import (
    ESTIMATE,
    GREY,
    INK,
    LIGHT,
    MARGIN,
    PAPER,
    ROW,
    TWO_COLUMNS,
    figure_of,
    figure_style,
)
from bayes_alliance.plots.wording import MINUS, interval_text, text_width

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["draw_forest", "draw_forest_pages"]

#: Most that labels may take, as a share of the figure; inches: least of labels and of the axes,
#: indent of effects, least of an effect beside its sample, distances.
WIDEST_LABEL: Final = 0.344
NARROWEST_LABEL: Final = 1.0
NARROWEST_AXES: Final = 0.95
INDENT: Final = 0.1
LEAST_LABEL: Final = 0.5
GUTTER: Final = 0.1
#: Columns of counts and their headings, in the order in which they are left out from the end.
COUNTS: Final = {"k": "k", "n": "n", "weight": "Weight"}
#: Lines that a mean has.
OF_MEANS: Final = ("mean", "density", "new")
#: Rows that the highest predictive density rises.
RISE: Final = 1.45


@dataclass(frozen=True, slots=True)
class _Columns:
    """Where the texts beside the axes stand, in inches from it, and how wide the figure is."""

    width: float
    labels: float
    counts: tuple[tuple[str, str, float], ...]  # column of the rows, heading, right edge
    numbers: float
    right: float


def draw_forest(data: ForestData, ax: Axes | None = None, *, width: float = TWO_COLUMNS) -> Axes:
    """Draw a forest in one piece.

    Parameters
    ----------
    data : ForestData
        The numbers.
    ax : matplotlib.axes.Axes, optional
        Where to draw; by default a new figure.
    width : float
        Of a new figure, in inches; in a narrow one columns that have no room are left out.

    Returns
    -------
    matplotlib.axes.Axes
        The axes drawn on.
    """
    lines = [line for block in forest_blocks(data.rows, data.means) for line in block]
    with figure_style():
        return _draw(data, lines, _columns(data, width), ax)


def draw_forest_pages(
    data: ForestData, most_rows: int, *, width: float = TWO_COLUMNS
) -> list[Figure]:
    """Draw a forest on pages.

    Parameters
    ----------
    data : ForestData
        The numbers.
    most_rows : int
        Lines a page.
    width : float
        Of a page, in inches.

    Returns
    -------
    list of matplotlib.figure.Figure
        The pages, all with the same axis.
    """
    pages = paged(forest_blocks(data.rows, data.means), most_rows)
    columns, figures = _columns(data, width), []
    for number, lines in enumerate(pages, 1):
        text = data.footer.data + (f" Page {number} of {len(pages)}." if len(pages) > 1 else "")
        page = replace(data, footer=replace(data.footer, data=text))
        with figure_style():
            figures.append(figure_of(_draw(page, lines, columns, None)))
    return figures


def _draw(
    data: ForestData, lines: Sequence[ForestLine], columns: _Columns, ax: Axes | None
) -> Axes:
    ax = sheet_axes(
        ax,
        footer=_footer(data, lines, columns),
        key=forest_key(data, lines),
        width=columns.width,
        tall=(len(lines) + 1.2) * ROW,
        left=columns.labels,
        right=columns.right,
    )
    _frame(ax, data, lines, columns)
    for height, line in enumerate(lines):
        _draw_line(ax, float(height), line, data, columns)
    return ax


def _footer(data: ForestData, lines: Sequence[ForestLine], columns: _Columns) -> Footer:
    """The footer, with what the weights are where they are shown."""
    shown = bool(columns.counts) and columns.counts[-1][0] == "weight"
    if not shown or not any(line.kind in ("effect", "single") for line in lines):
        return data.footer
    return replace(data.footer, note=data.weight_note)


def _columns(data: ForestData, width: float) -> _Columns:
    """Make the columns as wide as their texts, the same for every page."""
    room = width - 2 * MARGIN
    labels = min(max(_widest(data), NARROWEST_LABEL), WIDEST_LABEL * room) + GUTTER
    lines = [line for block in forest_blocks(data.rows, data.means) for line in block]
    numbers = max(text_width(_numbers(data, line)) for line in lines)
    numbers = max(numbers, text_width(_heading(data), bold=True))
    counts, at = [], GUTTER
    for column, heading in COUNTS.items():
        if (column == "k" and not data.collapsed) or data.rows[column].isna().all():
            continue
        texts = [_count(value, column) for value in data.rows[column]]
        wide = max(text_width(heading, bold=True), *(text_width(text) for text in texts))
        if labels + at + wide + GUTTER + numbers > room - NARROWEST_AXES:
            break
        counts.append((column, heading, at + wide))
        at += wide + GUTTER
    right = at + numbers
    return _Columns(width, labels=labels, counts=tuple(counts), numbers=right, right=right)


def _widest(data: ForestData) -> float:
    """Width of the longest label."""
    named = ["".join(_mean_label(row)) for row in data.means.to_dict("records")]
    bold = [text_width(name, bold=True) for name in (*data.rows["sample"], *named)]
    plain = [INDENT + text_width(effect) for effect in data.rows["effect"]]
    single = _singles(data)
    both = [
        text_width(sample, bold=True) + INDENT + text_width(effect)
        for sample, effect in zip(single["sample"], single["effect"], strict=True)
    ]
    return max(*bold, *plain, *both, text_width(data.new_effect) + INDENT)


def _singles(data: ForestData) -> Any:
    alone = data.rows["sample"].map(data.rows["sample"].value_counts()) == 1
    return data.rows.loc[alone]


def _heading(data: ForestData) -> str:
    return f"True {'r' if data.scale.has_r else 'effect'} [95 %]"


def _count(value: float, column: str) -> str:
    if value != value:
        return ""
    return f"{100 * value:.1f} %".replace("-", MINUS) if column == "weight" else f"{value:,.0f}"


def _numbers(data: ForestData, line: ForestLine) -> str:
    if line.kind in ("gap", "heading", "continued", "density"):
        return ""
    is_r = data.scale.has_r
    row = (data.means if line.kind in ("mean", "new") else data.rows).iloc[line.position]
    if line.kind == "new":
        return interval_text(np.nan, row["new_lower"], row["new_upper"], is_r=is_r)
    return interval_text(row["median"], row["lower"], row["upper"], is_r=is_r)


def _frame(ax: Axes, data: ForestData, lines: Sequence[ForestLine], columns: _Columns) -> None:
    """Axis, headings, the line at 0 and the benchmarks."""
    name = "Correlation (r)" if data.scale.has_r else "Effect size"
    effect_axis(ax, data.limits, is_r=data.scale.has_r, label=name)
    ax.set_ylim(len(lines) - 0.4, -1.6)
    ax.set_yticks([])
    ax.spines["left"].set_visible(False)
    top, end = -0.6, len(lines) - 0.4
    ax.plot([0, 0], [top, end], color=GREY, lw=0.6, zorder=0.8)
    ax.plot(data.limits, [top, top], color=INK, lw=0.6)
    look = {"weight": "bold", "color": INK}
    room = columns.labels - GUTTER
    first = "Sample" if data.collapsed else fitting(room, "Sample and effect", "Sample")
    left_text(ax, -1.1, first, start=columns.labels, width=room, **look)
    shows_effects = any(line.kind in ("effect", "single") for line in lines)
    for _, heading, at in columns.counts if shows_effects else ():
        right_text(ax, -1.1, heading, at=at, **look)
    right_text(ax, -1.1, _heading(data), at=columns.numbers, **look)
    for coefficient in data.means["name"]:
        draw_benchmarks(
            ax, data.benchmarks, coefficient, _reach(data, lines, coefficient, (top, end))
        )


def _reach(
    data: ForestData, lines: Sequence[ForestLine], coefficient: str, whole: tuple[float, float]
) -> tuple[float, float]:
    """Benchmarks of the only mean run through the figure, those of a level along its rows."""
    if len(data.means) == 1:
        return whole
    names = data.means["name"].tolist()
    at = [
        height
        for height, line in enumerate(lines)
        if line.kind in OF_MEANS and names[line.position] == coefficient
    ]
    return (min(at) - 0.5, max(at) + 0.5) if at else (np.nan, np.nan)


def _draw_line(ax: Axes, y: float, line: ForestLine, data: ForestData, columns: _Columns) -> None:
    if line.kind == "gap":
        ax.plot(data.limits, [y, y], color=LIGHT, lw=0.6)
    elif line.kind in ("heading", "continued"):
        _draw_heading(ax, y, line, data, columns)
    elif line.kind == "mean":
        _draw_mean(ax, y, line, data, columns)
    elif line.kind == "new":
        _draw_new(ax, y, line, data, columns)
    elif line.kind != "density":
        _draw_effect(ax, y, line, data, columns)
    right_text(ax, y, _numbers(data, line), at=columns.numbers)


def _draw_heading(
    ax: Axes, y: float, line: ForestLine, data: ForestData, columns: _Columns
) -> None:
    row = data.rows.iloc[line.position]
    tail = " (continued)" if line.kind == "continued" else ""
    room = columns.labels - GUTTER
    place = {"start": columns.labels, "width": room}
    left_text(ax, y, row["sample"], tail=tail, weight="bold", **place)


def _draw_effect(ax: Axes, y: float, line: ForestLine, data: ForestData, columns: _Columns) -> None:
    row = data.rows.iloc[line.position]
    _label_effect(ax, y, line, row, columns)
    for column, _, at in columns.counts:
        right_text(ax, y, _count(row[column], column), at=at)
    look = level_style(data.levels.index(row["level"]) if row["level"] in data.levels else -1)
    colour = look.colour if data.levels else ESTIMATE
    reported = (row["reported_lower"], row["reported_upper"])
    dashes = (0, (2, 1.5)) if row["not_significant"] else "-"
    draw_interval(ax, y + 0.2, reported, data.limits, color=GREY, lw=0.7, linestyle=dashes)
    _draw_shrinkage(ax, y, row, data)
    open_marker = {"mec": GREY, "mfc": PAPER, "mew": 0.7, "ms": 3.4}
    _point(ax, y + 0.2, row["reported"], data, marker=look.marker, **open_marker)
    true = (row["lower"], row["upper"])
    draw_interval(ax, y - 0.16, true, data.limits, color=colour, lw=2.2, alpha=0.55)
    edge = {"mec": PAPER, "mew": 0.4}
    _point(ax, y - 0.16, row["median"], data, marker=look.marker, color=colour, ms=4.2, **edge)


def _draw_shrinkage(ax: Axes, y: float, row: Any, data: ForestData) -> None:
    """Join the reported effect to the median of the true one, where both are inside the axis."""
    ends = np.array([row["reported"], row["median"]])
    if ((ends >= data.limits[0]) & (ends <= data.limits[1])).all():
        ax.plot(ends, [y + 0.2, y - 0.16], color=INK, lw=0.5, zorder=4.5)


def _point(ax: Axes, y: float, x: float, data: ForestData, **look: Any) -> None:
    """Draw a point unless it lies beyond the axis: the arrow of its interval stands for it."""
    if data.limits[0] <= x <= data.limits[1]:
        ax.plot([x], [y], linestyle="none", zorder=5, clip_on=False, **look)


def _label_effect(ax: Axes, y: float, line: ForestLine, row: Any, columns: _Columns) -> None:
    room = columns.labels - GUTTER
    if line.kind == "effect":
        start = columns.labels - INDENT
        left_text(ax, y, row["effect"], start=start, width=room - INDENT, color=INK)
        return
    sample = min(text_width(row["sample"], bold=True), room)
    left_text(ax, y, row["sample"], start=columns.labels, width=room, weight="bold")
    rest = room - sample - INDENT
    if row["effect"] and rest > min(text_width(row["effect"]), LEAST_LABEL):
        start = columns.labels - sample - INDENT
        left_text(ax, y, row["effect"], start=start, width=rest, color=GREY)


def _draw_new(ax: Axes, y: float, line: ForestLine, data: ForestData, columns: _Columns) -> None:
    """Predictive density of a new effect, its interval filled darker and drawn as a line."""
    row = data.means.iloc[line.position]
    start = columns.labels - INDENT
    room = start - GUTTER
    name = fitting(room, data.new_effect, "New effect", bold=False)
    left_text(ax, y, name, start=start, width=room)
    reach = (row["new_lower"], row["new_upper"])
    own = data.densities.loc[data.densities["name"] == row["name"]]
    value = own["value"].to_numpy()
    top = y - RISE * own["density"].to_numpy() / data.densities["density"].max()
    colour = _mean_colour(row, data)
    inside = ((value >= reach[0]) & (value <= reach[1])).tolist()
    ax.fill_between(value, y, top, color=colour, alpha=0.15, lw=0, zorder=2)
    ax.fill_between(value, y, top, where=inside, color=colour, alpha=0.3, lw=0, zorder=2.1)
    ax.plot(value, top, color=colour, lw=0.7, zorder=2.2)
    draw_interval(ax, y, reach, data.limits, color=INK, lw=1.0, zorder=3)
    ends = [x for x in reach if data.limits[0] <= x <= data.limits[1]]
    ax.plot(ends, [y] * len(ends), linestyle="none", marker="|", color=INK, ms=4.5, mew=1.0)


def _draw_mean(ax: Axes, y: float, line: ForestLine, data: ForestData, columns: _Columns) -> None:
    row = data.means.iloc[line.position]
    room = columns.labels - GUTTER
    name, tail = _mean_label(row)
    short = "Mean" if row["name"] == "overall" else row["name"]
    label = fitting(room - text_width(tail, bold=True), name, short)
    left_text(ax, y, label, start=columns.labels, width=room, tail=tail, weight="bold")
    left, middle, right = np.clip([row["lower"], row["median"], row["upper"]], *data.limits)
    ax.fill(
        [left, middle, right, middle], [y, y - 0.34, y, y + 0.34],
        facecolor=_mean_colour(row, data), edgecolor=INK, lw=0.4, zorder=4,
    )  # fmt: skip
    draw_interval(ax, y, (row["lower"], row["upper"]), data.limits, color=INK, lw=0.4)


def _mean_colour(row: Any, data: ForestData) -> str:
    if row["name"] not in data.levels:
        return INK
    return level_style(data.levels.index(row["name"])).colour


def _mean_label(row: Any) -> tuple[str, str]:
    """Name of a mean, and its number of effects, which is never cut."""
    name = "Overall mean" if row["name"] == "overall" else f"Mean, {row['name']}"
    return name, f" (k = {row['k']:,})"
