"""Rows with their names and numbers above them, so that they fit one column of a journal too.

The vertical axis counts inches from the top.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from bayes_alliance.plots.rows import left_text, right_text
from bayes_alliance.plots.style import INK, LINE, figure_of
from bayes_alliance.plots.wording import text_width

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["GAP", "HEADING", "heading_line", "in_inches"]

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


def heading_line(
    ax: Axes, top: float, text: str, value: str = "", *, bold: bool = True, colour: str = INK
) -> None:
    """Write one of the lines above a row: a text on the left, its numbers on the right.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
        Axes whose vertical axis counts inches from the top.
    top : float
        Where the line begins.
    text : str
        For example the name of the row, not yet escaped; cut to the room that its numbers leave.
    value : str
        The numbers.
    bold : bool
        Whether both are set in bold type.
    colour : str
        Of both.
    """
    room = float(ax.get_window_extent().width) / figure_of(ax).dpi
    y, weight = top + LINE / 2, "bold" if bold else "normal"
    if text:
        width = room - text_width(value, bold=bold) - APART
        left_text(ax, y, text, start=0.0, width=width, weight=weight, color=colour)
    if value:
        right_text(ax, y, value, at=0.0, weight=weight, color=colour)
