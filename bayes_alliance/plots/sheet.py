"""A figure with one plot: axes in the middle, texts beside them, key and footer below."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

from bayes_alliance.plots.footer import Footer, footer_height, hang_footer, place_footer
from bayes_alliance.plots.keys import KeyEntry, hang_key, key_height
from bayes_alliance.plots.style import MARGIN, ONE_COLUMN, figure_of, new_figure, placed_axes

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["sheet_axes"]

#: Room for the ticks and the name of the horizontal axis, and between key and footer; in inches.
AXIS_LABEL: Final = 0.42
PAUSE: Final = 0.06


def sheet_axes(
    ax: Axes | None,
    *,
    footer: Footer,
    key: Sequence[KeyEntry] = (),
    width: float,
    tall: float,
    left: float,
    right: float,
) -> Axes:
    """Make a figure as high as its content needs, or furnish axes that were handed in.

    Parameters
    ----------
    ax : matplotlib.axes.Axes or None
        Axes of someone else's figure, whose layout engine has to make room for the texts around
        them; None for a figure of our own.
    footer : Footer
        What stands at the lower edge.
    key : sequence of KeyEntry
        What is explained under the axis.
    width : float
        Of the whole figure, in inches.
    tall : float
        Height of the axes, in inches.
    left, right : float
        Room for texts beside the axes, in inches.

    Returns
    -------
    matplotlib.axes.Axes
        Axes to draw in: those handed in, or new ones.
    """
    if ax is None:
        room = width - 2 * MARGIN
        under = AXIS_LABEL + key_height(key, room) + PAUSE
        bottom = MARGIN + footer_height(footer, room) + under
        figure = new_figure(width, bottom + tall + MARGIN)
        across = room - left - right
        made = placed_axes(figure, left=MARGIN + left, bottom=bottom, width=across, height=tall)
        place_footer(figure, footer)
        hang_key(made, key, below=AXIS_LABEL, width=room, left=left)
        return made
    slot = ax.get_window_extent().width / figure_of(ax).dpi
    room = max(slot, ONE_COLUMN)
    below = AXIS_LABEL + key_height(key, room) + PAUSE
    hang_key(ax, key, below=AXIS_LABEL, width=room, left=left)
    hang_footer(ax, footer, below=below, width=room, left=left)
    return ax
