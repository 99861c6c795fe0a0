"""Where things stand in a figure: axes, texts beside them, panels, key and footer below."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

from bayes_alliance.plots.footer import Footer, footer_height, hang_footer, place_footer
from bayes_alliance.plots.keys import KeyEntry, hang_key, key_height
from bayes_alliance.plots.style import (
    LARGE,
    MARGIN,
    ONE_COLUMN,
    TWO_COLUMNS,
    figure_of,
    new_figure,
    placed_axes,
)
from bayes_alliance.plots.wording import escape, shorten

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["columns_that_fit", "furnish", "panel_axes", "sheet_axes", "stacked_axes"]

#: Room for the ticks and the name of the horizontal axis, and between key and footer; in inches.
AXIS_LABEL: Final = 0.42
PAUSE: Final = 0.06
#: Panels in a row, their distance, least width, the room under them for ticks and the next title;
#: in inches.
COLUMNS: Final = 3
GUTTER: Final = 0.2
NARROWEST: Final = 1.0
BETWEEN: Final = 0.62
TITLE: Final = 0.3


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
    furnish(ax, footer, key, left=left)
    return ax


def stacked_axes(
    heights: Sequence[float],
    *,
    footer: Footer,
    key: Sequence[KeyEntry],
    width: float,
    left: Sequence[float],
    right: Sequence[float],
    between: float,
) -> tuple[Axes, ...]:
    """Make a figure of axes below each other, with key and footer below.

    Parameters
    ----------
    heights : sequence of float
        Of the axes, from the top, in inches.
    footer : Footer
        What stands at the lower edge.
    key : sequence of KeyEntry
        What is explained under the lowest axes.
    width : float
        Of the whole figure, in inches.
    left, right : sequence of float
        Room for texts beside each of the axes, in inches.
    between : float
        Room under each of the axes but the last, in inches.

    Returns
    -------
    tuple of matplotlib.axes.Axes
        From the top.
    """
    room = width - 2 * MARGIN
    bottom = MARGIN + footer_height(footer, room) + PAUSE + key_height(key, room) + AXIS_LABEL
    figure = new_figure(width, bottom + sum(heights) + between * (len(heights) - 1) + MARGIN)
    made = []
    for height, before, after in reversed(list(zip(heights, left, right, strict=True))):
        place = {"left": MARGIN + before, "width": room - before - after}
        made.append(placed_axes(figure, bottom=bottom, height=height, **place))
        bottom += height + between
    place_footer(figure, footer)
    hang_key(made[0], key, below=AXIS_LABEL, width=room, left=left[-1])
    return tuple(reversed(made))


def panel_axes(
    titles: Sequence[str],
    *,
    footer: Footer,
    key: Sequence[KeyEntry],
    height: float,
    label: str,
    numbers: float = 0.0,
    width: float = TWO_COLUMNS,
) -> tuple[Axes, ...]:
    """Make a figure of small panels in rows of three (or of as many as fit), key and footer below.

    Parameters
    ----------
    titles : sequence of str
        One a panel, not yet escaped.
    footer : Footer
        What stands at the lower edge.
    key : sequence of KeyEntry
        What is explained under the panels.
    height : float
        Of a panel, in inches.
    label : str
        Name of the horizontal axes, written under the lowest panel of each column.
    numbers : float
        Room for the numbers of the vertical axes, in inches.
    width : float
        Of the whole figure, in inches.

    Returns
    -------
    tuple of matplotlib.axes.Axes
        The panels, row by row.
    """
    most = columns_that_fit(width, NARROWEST + numbers)
    columns = min(most, len(titles))
    rows = -(-len(titles) // columns)
    room = width - 2 * MARGIN
    wide = (room - 0.12 - GUTTER * (most - 1)) / most - numbers  # the last tick's number needs room
    below = AXIS_LABEL if label else AXIS_LABEL - 0.14
    under = below + key_height(key, room) + PAUSE + footer_height(footer, room) + MARGIN
    figure = new_figure(width, under + rows * height + (rows - 1) * BETWEEN + TITLE)
    panels = []
    for number, title in enumerate(titles):
        row, column = divmod(number, columns)
        bottom = under + (rows - 1 - row) * (height + BETWEEN)
        left = MARGIN + numbers + column * (wide + numbers + GUTTER)
        ax = placed_axes(figure, left=left, bottom=bottom, width=wide, height=height)
        ax.set_title(escape(shorten(title, wide, size=LARGE)), fontsize=LARGE, loc="left")
        if label and number + columns >= len(titles):
            ax.set_xlabel(label)
        panels.append(ax)
    place_footer(figure, footer)
    hang_key(panels[(rows - 1) * columns], key, below=below, width=room, left=numbers)
    return tuple(panels)


def columns_that_fit(width: float, narrowest: float, *, most: int = COLUMNS) -> int:
    """Panels that stand in a row of a figure.

    Parameters
    ----------
    width : float
        Of the whole figure, in inches.
    narrowest : float
        Least width of a panel with its numbers, in inches.
    most : int
        Panels in a row, at most.

    Returns
    -------
    int
        1 at least.
    """
    return max(1, min(most, int((width - 2 * MARGIN + GUTTER) / (narrowest + GUTTER))))


def furnish(ax: Axes, footer: Footer, key: Sequence[KeyEntry], *, left: float = 0.0) -> None:
    """Hang key and footer under axes of someone else's figure.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
        The axes; layout engines see the texts and make room.
    footer : Footer
        What must be said.
    key : sequence of KeyEntry
        What is explained.
    left : float
        How far left of the axes they begin, in inches.
    """
    room = max(ax.get_window_extent().width / figure_of(ax).dpi, ONE_COLUMN)
    below = AXIS_LABEL + key_height(key, room) + PAUSE
    hang_key(ax, key, below=AXIS_LABEL, width=room, left=left)
    hang_footer(ax, footer, below=below, width=room, left=left)
