"""Misfit of each sample against its influence on the result, after Baujat et al. (2002).

There a sample's contribution to Q stands against the squared standardised change of the estimate
without it. Here the first is the squared distance of its effects from their exact prediction by all
others, by effect, of which 1 is expected; the second is the squared shift of the followed answer's
posterior mean without the sample, in its posterior sd without it. (doi 10.1002/sim.1221)
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd

from bayes_alliance.algebra.blocks import Array
from bayes_alliance.plots.footer import Footer, footer_of
from bayes_alliance.plots.rows import dress, effect_axis, fitting
from bayes_alliance.plots.sheet import sheet_axes
from bayes_alliance.plots.style import (
    ESTIMATE,
    GREY,
    INK,
    MEDIUM,
    SMALL,
    TWO_COLUMNS,
    figure_of,
    figure_style,
)
from bayes_alliance.plots.wording import escape, shorten, text_width
from bayes_alliance.sensitivity.influence import Influence

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["BaujatData", "baujat", "baujat_data"]

#: Height of the axes, in inches: a part that grows with the width, and one that does not.
TALL, LEAST = 2.0, 1.4
MISFIT: Final = "Misfit: squared residual given the others, by effect size"
#: Points that are labelled, at most, and the width of a label in inches.
MOST_LABELS: Final = 12
LABEL_WIDTH: Final = 1.3
#: Distance that a label keeps from the points of others, in inches.
APART: Final = 0.07
#: Marks the labels of points, so that a test can find them.
POINT_ID: Final = "point"


@dataclass(frozen=True, slots=True)
class BaujatData:
    """The numbers of the figure.

    Parameters
    ----------
    points : pandas.DataFrame
        Index: the unit. ``misfit``, ``influence``, ``effects``, and ``labelled``: its place among
        those that get a label while there is room, the farthest out first; 0 for none.
    answer : str
        The answer whose shift is shown.
    unit : {"sample", "effect"}
        What a point is.
    footer : Footer
        What stands under the figure.
    """

    points: pd.DataFrame
    answer: str
    unit: str
    footer: Footer


def baujat_data(influence: Influence, *, caution: str = "") -> BaujatData:
    """Arrange misfit and influence for the figure.

    Parameters
    ----------
    influence : Influence
        What each unit does to the analysis.
    caution : str
        What the reader must beware of; stands under the figure in red.

    Returns
    -------
    BaujatData
        One point a unit.
    """
    points = influence.baujat
    spread = points[["misfit", "influence"]].max().replace(0, 1)
    far = np.hypot(points["misfit"] / spread["misfit"], points["influence"] / spread["influence"])
    ranks = far.rank(ascending=False, method="first").astype(int)
    omission = influence.omission
    also = "Adapted from Baujat et al. (2002): squared residual of what is left out from its exact "
    also += "prediction by all others (by effect size; 1 is expected), and squared shift of the "
    also += f"posterior mean of {omission.answer} in posterior sds without it. The points farthest "
    also += "out are labelled where there is room."
    return BaujatData(
        points=points.assign(labelled=ranks.where(ranks <= MOST_LABELS, 0)),
        answer=omission.answer,
        unit=omission.unit,
        footer=footer_of(omission.fitted, caution=caution, also=also),
    )


def baujat(
    influence: Influence, *, ax: Axes | None = None, caution: str = "", width: float = TWO_COLUMNS
) -> Axes:
    """Draw misfit against influence, the points farthest out labelled as far as there is room.

    Parameters
    ----------
    influence : Influence
        What each unit does to the analysis.
    ax : matplotlib.axes.Axes, optional
        Where to draw; by default a new figure.
    caution : str
        What the reader must beware of; stands under the figure in red.
    width : float
        Of a new figure, in inches.

    Returns
    -------
    matplotlib.axes.Axes
        The axes; ``ax.figure`` is the figure.

    Examples
    --------
    >>> from bayes_alliance.data.bundled import load
    >>> from bayes_alliance.engines.choose import run_analysis
    >>> from bayes_alliance.sensitivity.influence import influence_of
    >>> from bayes_alliance.spec.library import read_specification
    >>> fitted = run_analysis(load("konstantopoulos2011"), read_specification("schools"))
    >>> len(baujat(influence_of(fitted)).collections)
    1
    """
    data = baujat_data(influence, caution=caution)
    x, y = data.points["misfit"].to_numpy(), data.points["influence"].to_numpy()
    tall = LEAST + TALL * width / TWO_COLUMNS
    with figure_style():
        axes = sheet_axes(
            ax,
            footer=data.footer,
            width=width,
            tall=tall,
            left=0.55,
            right=0.1,
        )
        room = axes.get_window_extent().width / figure_of(axes).dpi
        limits = (0.0, 1.2 * max(float(np.nanmax(x)), 1.1))
        label = fitting(room, MISFIT, "Misfit", bold=False)
        effect_axis(axes, limits, is_r=False, label=label)
        axes.set_ylim(0, 1.1 * (float(np.nanmax(y)) or 1.0))
        answer = shorten(data.answer, 0.6 + 0.14 * width)
        axes.set_ylabel(escape(f"Influence: squared shift of {answer}"), fontsize=MEDIUM)
        dress(axes)
        axes.axvline(1.0, color=GREY, lw=0.8, linestyle=(0, (4, 2)), zorder=0.5)
        axes.scatter(x, y, s=14, color=ESTIMATE, alpha=0.75, lw=0, zorder=3, clip_on=False)
        _label_points(axes, data, np.column_stack([x, y]))
    return axes


def _label_points(ax: Axes, data: BaujatData, points: Array) -> None:
    """Label points from the farthest out on, where a label meets no other label and no point."""
    finite = np.isfinite(points).all(axis=1)
    dpi = figure_of(ax).dpi
    at = np.full_like(points, np.nan)
    at[finite] = ax.transData.transform(points[finite]) / dpi
    frame = np.asarray(ax.get_window_extent().get_points()) / dpi
    taken: list[tuple[float, float, float, float]] = []
    boxes = np.column_stack([at - APART, at + APART])  # a label this near to a point seems its own
    ranks, labels = data.points["labelled"].to_numpy(int), list(data.points.index)
    for i in sorted(np.flatnonzero(ranks > 0), key=lambda i: ranks[i]):
        if not finite[i]:
            continue
        text = shorten(str(labels[i]), LABEL_WIDTH)
        wide, tall = text_width(text), SMALL / 72 * 1.25
        for dx, dy, ha, va in _PLACES:
            box = _box(at[i, 0] + dx, at[i, 1] + dy, wide, tall, ha, va)
            others = [*taken, *map(tuple, np.delete(boxes, i, axis=0)[np.delete(finite, i)])]
            if _inside(box, frame) and not any(_meet(box, other) for other in others):
                taken.append(box)
                ax.annotate(
                    escape(text), xy=(points[i, 0], points[i, 1]), xytext=(72 * dx, 72 * dy),
                    textcoords="offset points", ha=ha, va=va, fontsize=SMALL, color=INK,
                    gid=POINT_ID,
                )  # fmt: skip
                break


#: Where a label may stand: offset in inches, and which of its sides is there.
_PLACES: Final[tuple[tuple[float, float, Any, Any], ...]] = (
    (0.06, 0.0, "left", "center"),
    (-0.06, 0.0, "right", "center"),
    (0.0, 0.06, "center", "bottom"),
    (0.0, -0.06, "center", "top"),
    (0.05, 0.05, "left", "bottom"),
    (-0.05, 0.05, "right", "bottom"),
)


def _box(
    x: float, y: float, wide: float, tall: float, ha: str, va: str
) -> tuple[float, float, float, float]:
    """Left, lower, right and upper edge of a text, in inches."""
    left = {"left": x, "right": x - wide, "center": x - wide / 2}[ha]
    low = {"bottom": y, "top": y - tall, "center": y - tall / 2}[va]
    return left, low, left + wide, low + tall


def _meet(a: tuple[float, ...], b: tuple[float, ...]) -> bool:
    return a[0] < b[2] and b[0] < a[2] and a[1] < b[3] and b[1] < a[3]


def _inside(box: tuple[float, ...], frame: Array) -> bool:
    (left, low), (right, high) = frame
    return bool(box[0] >= left and box[1] >= low and box[2] <= right and box[3] <= high)
