"""What makes a figure unfit for print: texts that are cut, too small, or on top of each other."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.text import Text

from bayes_alliance.plots.style import figure_style

SMALLEST = 6.5
#: Points that boxes may share: ascenders and descenders that no letter of a line has.
SLACK = 1.5


def faults(figure: Figure) -> list[str]:
    """Texts outside the figure, smaller than 6.5 points, or over another text."""
    with figure_style():
        figure.canvas.draw()
    renderer = figure.canvas.get_renderer()  # type: ignore[attr-defined]
    slack = SLACK * figure.dpi / 72
    found, boxes = [], []
    for text in _texts(figure):
        box = Text.get_window_extent(text, renderer)
        label = text.get_text()
        if text.get_fontsize() < SMALLEST:
            found.append(f"{label!r} has {text.get_fontsize()} pt")
        if (
            box.x0 < -1 or box.y0 < -1
            or box.x1 > figure.bbox.x1 + 1 or box.y1 > figure.bbox.y1 + 1
        ):  # fmt: skip
            found.append(f"{label!r} leaves the figure")
        boxes.append((label, box))
    for (one, a), (other, b) in combinations(boxes, 2):
        across, up = min(a.x1, b.x1) - max(a.x0, b.x0), min(a.y1, b.y1) - max(a.y0, b.y0)
        if across > slack and up > slack:
            found.append(f"{one!r} lies over {other!r}")
    return found


def _texts(figure: Figure) -> Iterator[Text]:
    hidden = {id(label) for axes in figure.axes for label in _beyond(axes)}
    for text in figure.findobj(Text):
        shown = isinstance(text, Text) and text.get_visible() and text.get_text().strip()
        if shown and id(text) not in hidden:
            yield text


def _beyond(axes: Axes) -> Iterator[Text]:
    """Labels of ticks that are not drawn because they lie beyond the ends of an axis."""
    for axis in (axes.xaxis, axes.yaxis):
        low, high = sorted(axis.get_view_interval())
        edge = 1e-9 * (high - low)
        for tick in (*axis.get_major_ticks(), *axis.get_minor_ticks()):
            inside = low - edge <= tick.get_loc() <= high + edge
            if not (inside and axes.axison and axis.get_visible()):
                yield from (tick.label1, tick.label2)
