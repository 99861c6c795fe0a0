"""Draws what `bayes_alliance.plots.forest_data.forest_data` computed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from bayes_alliance.plots.forest_data import ForestData
from bayes_alliance.plots.forest_layout import ForestLine, forest_blocks, paged
from bayes_alliance.plots.keys import KeyEntry
from bayes_alliance.plots.references import benchmark_key, draw_benchmarks
from bayes_alliance.plots.rows import (
    draw_interval,
    effect_axis,
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
    PAPER,
    ROW,
    TWO_COLUMNS,
    figure_of,
    figure_style,
)
from bayes_alliance.plots.wording import interval_text, text_width

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["draw_forest", "draw_forest_pages"]

#: Inches: most that labels may take, indent of effects, distances.
WIDEST_LABEL: Final = 2.35
NARROWEST_LABEL: Final = 1.0
INDENT: Final = 0.1
GUTTER: Final = 0.1


@dataclass(frozen=True, slots=True)
class _Columns:
    """Where the texts beside the axes stand, in inches from it."""

    labels: float
    counts: tuple[tuple[str, str, float], ...]  # column of the rows, heading, right edge
    numbers: float
    right: float


def draw_forest(data: ForestData, ax: Axes | None = None) -> Axes:
    """Draw a forest in one piece.

    Parameters
    ----------
    data : ForestData
        The numbers.
    ax : matplotlib.axes.Axes, optional
        Where to draw; by default a new figure.

    Returns
    -------
    matplotlib.axes.Axes
        The axes drawn on.
    """
    lines = [line for block in forest_blocks(data.rows, data.means) for line in block]
    with figure_style():
        return _draw(data, lines, _columns(data), ax)


def draw_forest_pages(data: ForestData, most_rows: int) -> list[Figure]:
    """Draw a forest on pages.

    Parameters
    ----------
    data : ForestData
        The numbers.
    most_rows : int
        Lines a page.

    Returns
    -------
    list of matplotlib.figure.Figure
        The pages, all with the same axis.
    """
    pages = paged(forest_blocks(data.rows, data.means), most_rows)
    columns, figures = _columns(data), []
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
        footer=data.footer,
        key=_key(data, lines),
        width=TWO_COLUMNS,
        tall=(len(lines) + 1.2) * ROW,
        left=columns.labels,
        right=columns.right,
    )
    _frame(ax, data, lines, columns)
    for height, line in enumerate(lines):
        _draw_line(ax, float(height), line, data, columns)
    return ax


def _columns(data: ForestData) -> _Columns:
    """Make the columns as wide as their texts, the same for every page."""
    named = ["".join(_mean_label(row)) for row in data.means.to_dict("records")]
    bold = [text_width(name, bold=True) for name in (*data.rows["sample"], *named)]
    plain = [INDENT + text_width(effect) for effect in data.rows["effect"]]
    single = _singles(data)
    both = [
        text_width(sample, bold=True) + INDENT + text_width(effect)
        for sample, effect in zip(single["sample"], single["effect"], strict=True)
    ]
    widest = max(*bold, *plain, *both, text_width(data.new_effect) + INDENT)
    labels = min(max(widest, NARROWEST_LABEL), WIDEST_LABEL) + GUTTER
    counts, at = [], GUTTER
    for column, heading in (("k", "k"), ("n", "n")):
        if (column == "k" and not data.collapsed) or data.rows[column].isna().all():
            continue
        texts = [heading, *(_count(value) for value in data.rows[column])]
        at += max(text_width(text) for text in texts)
        counts.append((column, heading, at))
        at += GUTTER
    numbers = [text_width(_numbers(data, line)) for line in _all_lines(data)]
    at += max(*numbers, text_width(_heading(data), bold=True))
    return _Columns(labels=labels, counts=tuple(counts), numbers=at, right=at)


def _singles(data: ForestData) -> Any:
    alone = data.rows["sample"].map(data.rows["sample"].value_counts()) == 1
    return data.rows.loc[alone]


def _all_lines(data: ForestData) -> list[ForestLine]:
    return [line for block in forest_blocks(data.rows, data.means) for line in block]


def _heading(data: ForestData) -> str:
    return f"True {'r' if data.scale.has_r else 'effect'} [95 %]"


def _count(value: float) -> str:
    return "" if value != value else f"{value:,.0f}"


def _numbers(data: ForestData, line: ForestLine) -> str:
    if line.kind in ("gap", "heading", "continued"):
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
    first = "Sample" if data.collapsed else "Sample and effect"
    left_text(ax, -1.1, first, start=columns.labels, width=columns.labels - GUTTER, **look)
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
        if line.kind in ("mean", "new") and names[line.position] == coefficient
    ]
    return (min(at) - 0.5, max(at) + 0.5) if at else (np.nan, np.nan)


def _draw_line(ax: Axes, y: float, line: ForestLine, data: ForestData, columns: _Columns) -> None:
    if line.kind == "gap":
        ax.plot(data.limits, [y, y], color=LIGHT, lw=0.6)
    elif line.kind in ("heading", "continued"):
        _draw_heading(ax, y, line, data, columns)
    elif line.kind in ("mean", "new"):
        _draw_mean(ax, y, line, data, columns)
    else:
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
        right_text(ax, y, _count(row[column]), at=at)
    look = level_style(data.levels.index(row["level"]) if row["level"] in data.levels else -1)
    colour = look.colour if data.levels else ESTIMATE
    reported = (row["reported_lower"], row["reported_upper"])
    dashes = (0, (2, 1.5)) if row["not_significant"] else "-"
    draw_interval(ax, y + 0.2, reported, data.limits, color=GREY, lw=0.7, linestyle=dashes)
    _point(ax, y + 0.2, row["reported"], data, marker="|", color=GREY, ms=4.2, mew=0.9)
    true = (row["lower"], row["upper"])
    draw_interval(ax, y - 0.16, true, data.limits, color=colour, lw=2.2, alpha=0.55)
    edge = {"mec": PAPER, "mew": 0.4}
    _point(ax, y - 0.16, row["median"], data, marker=look.marker, color=colour, ms=4.2, **edge)


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
    if row["effect"] and rest > text_width("MMM"):
        start = columns.labels - sample - INDENT
        left_text(ax, y, row["effect"], start=start, width=rest, color=GREY)


def _draw_mean(ax: Axes, y: float, line: ForestLine, data: ForestData, columns: _Columns) -> None:
    row = data.means.iloc[line.position]
    room = columns.labels - GUTTER
    if line.kind == "new":
        start = columns.labels - INDENT
        left_text(ax, y, data.new_effect, start=start, width=room - INDENT)
        reach = (row["new_lower"], row["new_upper"])
        draw_interval(ax, y, reach, data.limits, color=INK, lw=1.0)
        ends = [x for x in reach if data.limits[0] <= x <= data.limits[1]]
        ax.plot(ends, [y] * len(ends), linestyle="none", marker="|", color=INK, ms=4.5, mew=1.0)
        return
    name, tail = _mean_label(row)
    left_text(ax, y, name, start=columns.labels, width=room, tail=tail, weight="bold")
    look = level_style(data.levels.index(row["name"]) if row["name"] in data.levels else -1)
    colour = look.colour if row["name"] in data.levels else INK
    left, middle, right = np.clip([row["lower"], row["median"], row["upper"]], *data.limits)
    ax.fill(
        [left, middle, right, middle], [y, y - 0.34, y, y + 0.34],
        facecolor=colour, edgecolor=INK, lw=0.4, zorder=4,
    )  # fmt: skip
    draw_interval(ax, y, (row["lower"], row["upper"]), data.limits, color=INK, lw=0.4)


def _mean_label(row: Any) -> tuple[str, str]:
    """Name of a mean, and its number of effects, which is never cut."""
    name = "Overall mean" if row["name"] == "overall" else f"Mean, {row['name']}"
    return name, f" (k = {row['k']:,})"


def _key(data: ForestData, lines: Sequence[ForestLine]) -> list[KeyEntry]:
    kinds: set[str] = {line.kind for line in lines}
    entries = _key_of_effects(data) if kinds & {"effect", "single"} else []
    if "mean" in kinds:
        diamond = {"color": INK, "lw": 0, "marker": "D", "markersize": 4.2}
        which = "median of true correlations" if data.scale.has_r else "mean"
        entries.append(KeyEntry(f"Posterior of the {which}, 95 %", diamond))
    if "new" in kinds:
        line = {"color": INK, "lw": 1.0, "marker": "|", "markersize": 4.5}
        entries.append(KeyEntry(f"{data.new_effect}, 95 % prediction", line))
    return entries + (benchmark_key(data.benchmarks) if _shows_benchmarks(data, kinds) else [])


def _key_of_effects(data: ForestData) -> list[KeyEntry]:
    tick = {"marker": "|", "markersize": 4.2, "markeredgewidth": 0.9}
    reported = "Reported, 95 % confidence interval"
    entries = [KeyEntry(reported, {"color": GREY, "lw": 0.7, **tick})]
    shown: list[tuple[str, int]] = [("", -1)]
    if data.levels:
        shown = [(f", {level}", number) for number, level in enumerate(data.levels)]
        if not data.rows["level"].isin(data.levels).all():
            shown.append((", scale not stated", -1))
    for label, number in shown:
        style = level_style(number)
        colour = style.colour if data.levels else ESTIMATE
        edge = {"markersize": 4.2, "markeredgecolor": PAPER, "markeredgewidth": 0.4}
        look = {"color": colour, "lw": 2.2, "alpha": 0.75, "marker": style.marker, **edge}
        entries.append(KeyEntry(f"True effect{label}, 95 % posterior interval", look))
    if data.rows["not_significant"].any():
        critical = "Printed as not significant: between the critical values"
        entries.append(KeyEntry(critical, {"color": GREY, "lw": 0.7, "linestyle": (0, (2, 1.5))}))
    return entries


def _shows_benchmarks(data: ForestData, kinds: set[str]) -> bool:
    return not data.benchmarks.empty and (len(data.means) == 1 or "mean" in kinds)
