"""Pairwise differences of means, drawn under their densities."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd

from bayes_alliance.engines.fitted import Fitted
from bayes_alliance.names import ROPE_DIFFERENCE_R
from bayes_alliance.plots.keys import KeyEntry
from bayes_alliance.plots.rows import axis_limits, draw_interval, effect_axis, left_text, right_text
from bayes_alliance.plots.style import GREY, INK, PAPER, ROW
from bayes_alliance.plots.wording import MINUS, interval_text, probability_text, shorten, text_width
from bayes_alliance.spec.coding import Contrast
from bayes_alliance.summaries.contrasts import summarise_contrasts
from bayes_alliance.summaries.scale import Scale

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = [
    "MOST_LEVELS",
    "DifferenceColumns",
    "difference_columns",
    "difference_key",
    "differences_data",
    "differences_height",
    "draw_differences",
]

#: Levels of which all pairs are shown, at most: seven have 21.
MOST_LEVELS: Final = 7
GUTTER: Final = 0.12
NARROWEST_AXES: Final = 0.9
COLUMNS: Final = {"p_positive": "P(> 0)", "p_rope": "P(ROPE)", "interval": "Difference [95 %]"}


def differences_data(fitted: Fitted, *, rope: float = ROPE_DIFFERENCE_R) -> pd.DataFrame:
    """Pairwise differences of the levels of the only term.

    Parameters
    ----------
    fitted : Fitted
        The analysis.
    rope : float
        Half-width of the region of practical equivalence, on differences of r.

    Returns
    -------
    pandas.DataFrame
        One row a pair, as `bayes_alliance.summaries.contrasts.summarise_contrasts` gives it:
        ``first``, ``second``, ``median``, ``lower``, ``upper`` (differences of the median
        correlations where there is an r), ``p_positive``, ``p_rope`` (NaN without r). Empty where
        the means are not the levels of one term, or where they are more than seven.
    """
    design, scale = fitted.design, Scale(fitted.design.measure)
    means = {q.name: q.weights for q in design.quantities if q.role == "mean"}
    one_term = len(design.terms) == 1 and design.terms[0].kind == "categorical"
    pairs = list(combinations(means, 2)) if one_term and len(means) <= MOST_LEVELS else []
    contrasts = [Contrast(f"{a} - {b}", means[a], means[b][None, :]) for a, b in pairs]
    rows = []
    for (a, b), found in zip(
        pairs, summarise_contrasts(fitted.posterior, contrasts, scale, rope=rope), strict=True
    ):
        e = found.estimate
        middle = (e.median, e.lower, e.upper)
        if found.r is not None:
            middle = (float(found.r.centre or 0.0), found.r.lower, found.r.upper)
        rope_share = np.nan if found.p_rope is None else found.p_rope
        rows.append((a, b, *middle, found.p_positive, rope_share))
    columns = ["first", "second", "median", "lower", "upper", "p_positive", "p_rope"]
    frame = pd.DataFrame(rows, columns=columns)
    return frame.astype(dict.fromkeys(columns[2:], float))


@dataclass(frozen=True, slots=True)
class DifferenceColumns:
    """Where the texts beside the differences stand, in inches from the axes.

    Parameters
    ----------
    left : float
        Room for the labels.
    at : tuple of (str, float)
        Columns shown and the distance of their right edges.
    right : float
        Room right of the axes.
    """

    left: float
    at: tuple[tuple[str, float], ...]
    right: float


def difference_columns(
    differences: pd.DataFrame, *, is_r: bool, left: float, room: float
) -> DifferenceColumns:
    """Choose columns that leave room for the axes; the interval, which is drawn too, gives way.

    Parameters
    ----------
    differences : pandas.DataFrame
        What `differences_data` returned.
    is_r : bool
        Whether they are differences of correlations.
    left : float
        Room for the labels, in inches.
    room : float
        Width of the figure without its margins, in inches.

    Returns
    -------
    DifferenceColumns
        Columns from the left.
    """
    at, chosen = GUTTER, []
    for column, heading in COLUMNS.items():
        if column == "p_rope" and differences["p_rope"].isna().all():
            continue
        texts = [_text(row, column, is_r=is_r) for row in differences.to_dict("records")]
        wide = max(text_width(heading, bold=True), *(text_width(text) for text in texts))
        if left + at + wide > room - NARROWEST_AXES:
            break
        at += wide
        chosen.append((column, at))
        at += GUTTER
    return DifferenceColumns(left, tuple(chosen), at - GUTTER)


def _text(row: dict[Any, Any], column: str, *, is_r: bool) -> str:
    if column == "interval":
        return interval_text(row["median"], row["lower"], row["upper"], is_r=is_r)
    return probability_text(row[column]) if np.isfinite(row[column]) else ""


def differences_height(differences: pd.DataFrame) -> float:
    """Height of the axes of differences.

    Parameters
    ----------
    differences : pandas.DataFrame
        What `differences_data` returned.

    Returns
    -------
    float
        In inches.
    """
    return 1.1 * ROW * (len(differences) + 1.2)


def difference_key(rope: float, *, is_r: bool) -> list[KeyEntry]:
    """Entries of the key.

    Parameters
    ----------
    rope : float
        Half-width of the region of practical equivalence.
    is_r : bool
        Whether there is such a region.

    Returns
    -------
    list of KeyEntry
        The region; nothing without r.
    """
    area = {"patch": True, "facecolor": GREY, "alpha": 0.22, "edgecolor": "none"}
    text = f"{rope:g}".removeprefix("0")
    return [KeyEntry(f"ROPE: differences of r smaller than {text}", area)] if is_r else []


def draw_differences(
    ax: Axes, differences: pd.DataFrame, columns: DifferenceColumns, *, rope: float, is_r: bool
) -> None:
    """Draw a row a pair: median, interval, probability of a higher first, probability of the ROPE.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
        The axes.
    differences : pandas.DataFrame
        What `differences_data` returned.
    columns : DifferenceColumns
        Where the texts stand.
    rope : float
        Half-width of the region of practical equivalence.
    is_r : bool
        Whether they are differences of correlations.
    """
    numbers = differences[["median", "lower", "upper"]].to_numpy()
    shown = np.append(numbers, [-1.2 * rope, 1.2 * rope] if is_r else [])
    limits = axis_limits(shown, [], is_r=False)
    label = "Difference of correlations" if is_r else "Difference"
    effect_axis(ax, limits, is_r=is_r, label=label)
    last = len(differences) - 0.4
    ax.set_ylim(last, -1.6)
    ax.set_yticks([])
    ax.spines["left"].set_visible(False)
    if is_r:
        ax.fill_betweenx([-0.6, last], -rope, rope, color=GREY, alpha=0.22, lw=0, zorder=0.5)
    ax.plot([0, 0], [-0.6, last], color=GREY, lw=0.6, zorder=0.8)
    for column, at in columns.at:
        right_text(ax, -1.1, COLUMNS[column], at=at, weight="bold")
    for y, row in enumerate(differences.to_dict("records")):
        reach = (row["lower"], row["upper"])
        draw_interval(ax, y, reach, limits, color=INK, lw=1.4, zorder=3)
        ax.plot([row["median"]], [y], marker="o", ms=4.2, color=INK, mec=PAPER, mew=0.4, zorder=4)
        _label(ax, y, row, columns.left)
        for column, at in columns.at:
            right_text(ax, y, _text(row, column, is_r=is_r), at=at)


def _label(ax: Axes, y: float, row: dict[Any, Any], left: float) -> None:
    """Write the pair; where it is too long, each of both is cut to what the other leaves."""
    room = left - GUTTER
    least = (room - text_width(f" {MINUS} ")) / 2
    second = shorten(row["second"], max(least, 2 * least - text_width(row["first"])))
    left_text(ax, y, row["first"], start=left, width=room, tail=f" {MINUS} {second}")
