"""The key under a figure: entries in as many columns as fit."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from bayes_alliance.plots.style import SMALL
from bayes_alliance.plots.wording import escape, shorten, text_width, wrap

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["KeyEntry", "hang_key", "key_height"]

#: Length of a sample of line, its distance from the text, distance of columns; in inches.
HANDLE: Final = 0.26
GAP: Final = 0.07
BETWEEN: Final = 0.2
KEY_LINE: Final = 0.148
#: Hinting makes letters on a screen a little wider than they were measured.
GENEROUS: Final = 1.03
#: Lines of an entry, at most, and the share of a line that is lost where words end before it.
MOST_LINES: Final = 2
SLACK: Final = 0.5


@dataclass(frozen=True, slots=True)
class KeyEntry:
    """One entry of a key.

    Parameters
    ----------
    label : str
        What it stands for, not yet escaped.
    look : mapping
        Properties of the line or marker; with ``patch=True`` of a filled area.
    tail : str
        Numbers behind the label that are never cut.
    """

    label: str
    look: dict[str, Any]
    tail: str = ""

    def lines(self, width: float = np.inf) -> tuple[str, ...]:
        """Label and tail, in as many lines as a width makes of them.

        Parameters
        ----------
        width : float
            In inches.

        Returns
        -------
        tuple of str
            Not yet escaped; a label too long for the lines is cut before the tail.
        """
        whole = shorten(self.label + self.tail, np.inf)
        if text_width(whole) <= width:
            return (whole,)
        *above, last = wrap(shorten(self.label, (MOST_LINES - SLACK) * width), width)
        if text_width(last + self.tail) <= width:
            return (*above, last + self.tail)
        tail = self.tail.lstrip(": ")
        return (*above, last + self.tail[: len(self.tail) - len(tail)].rstrip(), tail)


def _columns(entries: Sequence[KeyEntry], width: float) -> int:
    """Most columns that fit; a legend fills them one after the other, each as wide as it must."""
    widths = [GENEROUS * text_width(*entry.lines()) + HANDLE + GAP for entry in entries]
    for columns in range(len(entries), 1, -1):
        filled = [max(part) for part in np.array_split(widths, columns)]
        if sum(filled) + BETWEEN * (columns - 1) <= width:
            return columns
    return 1


def key_height(entries: Sequence[KeyEntry], width: float) -> float:
    """Height that a key needs.

    Parameters
    ----------
    entries : sequence of KeyEntry
        What is explained.
    width : float
        Room in inches.

    Returns
    -------
    float
        In inches; 0 without entries.
    """
    if not entries:
        return 0.0
    columns = _columns(entries, width)
    if columns > 1:
        return ceil(len(entries) / columns) * KEY_LINE
    return sum(len(entry.lines(width - HANDLE - GAP)) for entry in entries) * KEY_LINE


def hang_key(
    ax: Axes, entries: Sequence[KeyEntry], *, below: float, width: float, left: float = 0.0
) -> None:
    """Hang a key under axes.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
        The axes.
    entries : sequence of KeyEntry
        What is explained, column by column.
    below : float
        Distance from the lower edge of the axes, in inches.
    width : float
        Room in inches.
    left : float
        How far left of the axes the key begins, in inches.
    """
    from matplotlib.lines import Line2D
    from matplotlib.patches import Patch
    from matplotlib.transforms import ScaledTranslation

    if not entries:
        return
    handles: list[Any] = []
    for entry in entries:
        look = {key: value for key, value in entry.look.items() if key != "patch"}
        handles.append(Patch(**look) if entry.look.get("patch") else Line2D([], [], **look))
    shift = ScaledTranslation(-left, -below, ax.figure.dpi_scale_trans)
    inches = 72 / SMALL  # the legend measures in font sizes
    legend = ax.legend(
        handles,
        [" "] * len(handles),  # a label of the user's that begins with _ would be left out
        loc="upper left",
        bbox_to_anchor=(0, 0),
        bbox_transform=ax.transAxes + shift,
        ncols=_columns(entries, width),
        borderpad=0,
        borderaxespad=0,
        labelspacing=(KEY_LINE - SMALL / 72) * inches,
        handlelength=HANDLE * inches,
        handletextpad=GAP * inches,
        columnspacing=BETWEEN * inches,
        frameon=False,
        fontsize=SMALL,
    )
    for text, entry in zip(legend.get_texts(), entries, strict=True):
        text.set_text("\n".join(escape(line) for line in entry.lines(width - HANDLE - GAP)))
