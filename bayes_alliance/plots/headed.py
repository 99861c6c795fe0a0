"""Rows with their names and numbers above them, so that they fit one column of a journal too.

The vertical axis counts inches from the top.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from bayes_alliance.plots.rows import left_text, right_text
from bayes_alliance.plots.style import GREY, INK, LINE, figure_of
from bayes_alliance.plots.wording import text_width

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["GAP", "HEADING", "draw_heading", "in_inches"]

#: Height of the two lines above a row and distance of rows, in inches.
HEADING: Final = 2 * LINE + 0.03
GAP: Final = 0.1
#: Distance of the texts on the left from those on the right, in inches.
APART: Final = 0.12


def in_inches(ax: Axes, tall: float) -> None:
    """Let the vertical axis count inches from the top, without numbers.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
        The axes.
    tall : float
        Their height, in inches (of axes that were handed in: the height they should have).
    """
    ax.set_ylim(tall, 0.0)
    ax.set_yticks([])
    ax.spines["left"].set_visible(False)


def draw_heading(
    ax: Axes,
    top: float,
    name: tuple[str, str],
    numbers: tuple[str, str],
    *,
    detail: str = "",
) -> None:
    """Write the name of a row and its numbers above it.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
        Axes whose vertical axis counts inches from the top.
    top : float
        Where the row begins.
    name : tuple of str
        Its name, not yet escaped and cut to the room it has, and what follows it and is never cut.
    numbers : tuple of str
        What stands on the right, in the first and in the second line.
    detail : str
        What stands under the name, cut to its room.
    """
    room = float(ax.get_window_extent().width) / figure_of(ax).dpi
    lines = ((*name, numbers[0], "bold", INK), (detail, "", numbers[1], "normal", GREY))
    for number, (text, tail, value, weight, colour) in enumerate(lines):
        y = top + (number + 0.5) * LINE
        width = room - text_width(value, bold=weight == "bold") - APART
        look = {"weight": weight, "color": colour}
        if text or tail:
            left_text(ax, y, text, start=0.0, width=width, tail=tail, **look)
        if value:
            right_text(ax, y, value, at=0.0, **look)
