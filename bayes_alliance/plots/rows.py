"""Rows of intervals with text on both sides: what forests and moderator figures are made of."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from numpy.typing import ArrayLike

from bayes_alliance.algebra.blocks import Array
from bayes_alliance.plots.style import (
    GREY,
    INK,
    LEVEL_COLOURS,
    LEVEL_MARKERS,
    MEDIUM,
    SMALL,
    figure_of,
)
from bayes_alliance.plots.wording import escape, number_text, shorten, text_width

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = [
    "axis_limits",
    "draw_interval",
    "dress",
    "effect_axis",
    "fitting",
    "left_text",
    "level_style",
    "right_text",
]

#: Marks arrows and labels, so that a test can find them in a figure.
ARROW_ID: Final = "arrow"
LABEL_ID: Final = "label"
#: Room that a tick of the horizontal axis needs, in inches.
TICK: Final = 0.31


def axis_limits(
    inside: ArrayLike, wished: ArrayLike, *, is_r: bool, generosity: float = 0.35
) -> tuple[float, float]:
    """Choose the ends of an axis.

    Parameters
    ----------
    inside : array_like
        Values that must be inside (posterior intervals, predictions, benchmarks).
    wished : array_like
        Values that should be inside (reported estimates and their limits) unless they would
        stretch the axis by more than `generosity` of its length at that end.
    is_r : bool
        Whether the axis ends at -1 and 1.
    generosity : float
        Share of the span of `inside` that is given to `wished` at each end.

    Returns
    -------
    tuple of float
        Lower and upper end; 0 is always inside.
    """
    kept = np.append(_finite(inside), 0.0)
    low, high = float(kept.min()), float(kept.max())
    span = (high - low) or 1.0
    others = _finite(wished)
    if others.size:
        low = min(low, max(float(others.min()), low - generosity * span))
        high = max(high, min(float(others.max()), high + generosity * span))
    edge = 0.03 * (high - low or 1.0)
    low, high = low - edge, high + edge
    return (max(low, -1.0), min(high, 1.0)) if is_r else (low, high)


def _finite(values: ArrayLike) -> Array:
    flat = np.asarray(values, float).ravel()
    return np.asarray(flat[np.isfinite(flat)])


@dataclass(frozen=True, slots=True)
class LevelStyle:
    """Colour and marker of a level; each tells the level apart by itself.

    Parameters
    ----------
    colour : str
        Safe for colour-blind readers.
    marker : str
        Shape, for grey prints.
    """

    colour: str
    marker: str


def level_style(position: int) -> LevelStyle:
    """Style of the level at a position.

    Parameters
    ----------
    position : int
        In the order of the levels; -1: no level.

    Returns
    -------
    LevelStyle
        The pair of colour and marker repeats after 63 levels.
    """
    if position < 0:
        return LevelStyle(GREY, "o")
    return LevelStyle(
        LEVEL_COLOURS[position % len(LEVEL_COLOURS)],
        LEVEL_MARKERS[position % len(LEVEL_MARKERS)],
    )


def draw_interval(
    ax: Axes,
    y: float,
    interval: tuple[float, float],
    limits: tuple[float, float],
    **line: Any,
) -> None:
    """Draw a horizontal interval, with an arrow where it leaves the axis.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
        The axes.
    y : float
        Height of the line.
    interval : tuple of float
        Its ends.
    limits : tuple of float
        Ends of the axis.
    **line : Any
        Properties of the line.
    """
    lower, upper = np.clip(interval, *limits)
    ax.plot([lower, upper], [y, y], **line)
    beyond = (interval[0] < limits[0], interval[1] > limits[1])
    for leaves, x, marker in zip(beyond, limits, "<>", strict=True):
        if leaves:
            ax.plot(
                [x], [y], marker=marker, markersize=3.2, color=line.get("color", INK),
                markeredgewidth=0, clip_on=False, zorder=6, gid=ARROW_ID,
            )  # fmt: skip


def fitting(room: float, text: str, shorter: str, *, bold: bool = True) -> str:
    """Choose a text of ours, or a shorter one where it has no room.

    Parameters
    ----------
    room : float
        In inches.
    text, shorter : str
        Both say the same.
    bold : bool
        Whether they are set in bold type.

    Returns
    -------
    str
        The second if it alone fits.
    """
    fits, shorter_fits = (text_width(t, bold=bold) <= room for t in (text, shorter))
    return shorter if shorter_fits and not fits else text


def left_text(
    ax: Axes, y: float, text: str, *, start: float, width: float, tail: str = "", **look: Any
) -> None:
    """Write a label left of the axes, cut so that it never reaches them.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
        The axes.
    y : float
        Height of the row, in data units.
    text : str
        The label, not yet escaped.
    start : float
        Distance of its first letter from the axes, in inches.
    width : float
        Room it has, in inches.
    tail : str
        What follows the label and is never cut, for example its number of effects.
    **look : Any
        Properties of the text; ``weight="bold"`` is measured as such.
    """
    bold = look.get("weight") == "bold"
    fitting = shorten(text, width - text_width(tail, bold=bold), bold=bold)
    _beside(ax, y, escape(fitting + tail), 0.0, -start, ha="left", gid=LABEL_ID, **look)


def right_text(ax: Axes, y: float, text: str, *, at: float, ha: str = "right", **look: Any) -> None:
    """Write a number right of the axes.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
        The axes.
    y : float
        Height of the row, in data units.
    text : str
        The text.
    at : float
        Distance from the axes, in inches.
    ha : {"left", "right"}
        Which end of the text stands there.
    **look : Any
        Properties of the text.
    """
    _beside(ax, y, escape(text), 1.0, at, ha=ha, **look)


def _beside(ax: Axes, y: float, text: str, edge: float, inches: float, **look: Any) -> None:
    ax.annotate(
        text,
        xy=(edge, y),
        xycoords=("axes fraction", "data"),
        xytext=(72 * inches, 0),
        textcoords="offset points",
        va="center_baseline",
        annotation_clip=False,
        **{"fontsize": SMALL, **look},
    )


def effect_axis(ax: Axes, limits: tuple[float, float], *, is_r: bool, label: str) -> None:
    """Set up the horizontal axis: limits, few ticks, numbers as journals print them.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
        The axes.
    limits : tuple of float
        Ends of the axis.
    is_r : bool
        Whether it is an axis of correlations.
    label : str
        What it shows.
    """
    from matplotlib.ticker import FuncFormatter, MaxNLocator

    ax.set_xlim(*limits)
    room = ax.get_window_extent().width / figure_of(ax).dpi
    ticks_that_fit = int(np.clip(room / TICK, 2, 7))
    ax.xaxis.set_major_locator(MaxNLocator(nbins=ticks_that_fit, steps=[1, 2, 2.5, 5, 10]))
    ticks = [t for t in ax.xaxis.get_major_locator().tick_values(*limits) if np.isfinite(t)]
    step = min(np.diff(ticks), default=1.0)
    digits = max(0, *(_digits(value) for value in (step, *ticks)))
    ax.xaxis.set_major_formatter(
        FuncFormatter(
            lambda value, _: number_text(0.0 if abs(value) < step / 1e6 else value, is_r=is_r,
                                         digits=digits if abs(value) > step / 1e6 else 0)
        )
    )  # fmt: skip
    ax.set_xlabel(escape(label), fontsize=MEDIUM, color=INK)
    dress(ax)


def dress(ax: Axes) -> None:
    """Give axes the look of the package, also where someone else made them.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
        The axes.
    """
    ax.tick_params(labelsize=SMALL, length=2.5, width=0.6, color=INK, labelcolor=INK)
    for side, spine in ax.spines.items():
        spine.set(visible=side in ("left", "bottom"), linewidth=0.6, edgecolor=INK)


def _digits(value: float) -> int:
    """Digits after the point that a round number needs, at most 4."""
    return next((d for d in range(4) if abs(value - round(value, d)) < 1e-6), 4)
