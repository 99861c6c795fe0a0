"""What each sample does to an analysis: an answer without each of them, and a Baujat plot.

The plot of Baujat et al. (2002) sets each sample's contribution to heterogeneity against its
influence on the result. Here the first is the squared distance of the sample's effects from their
exact prediction by all others, by effect, of which 1 is expected; the second is the squared shift
of the followed mean without the sample, in its posterior sd without it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd

from bayes_alliance.algebra.blocks import Array
from bayes_alliance.errors import InputError, Problem
from bayes_alliance.plots.footer import Footer, footer_of
from bayes_alliance.plots.keys import KeyEntry
from bayes_alliance.plots.rows import (
    axis_limits,
    draw_interval,
    dress,
    effect_axis,
    left_text,
    right_text,
)
from bayes_alliance.plots.sheet import sheet_axes
from bayes_alliance.plots.style import (
    ESTIMATE,
    GREY,
    INK,
    LIGHT,
    MEDIUM,
    ROW,
    SMALL,
    TWO_COLUMNS,
    figure_style,
)
from bayes_alliance.plots.wording import escape, interval_text, shorten, text_width
from bayes_alliance.sensitivity.answers import ExactAnswers
from bayes_alliance.sensitivity.influence import Influence
from bayes_alliance.sensitivity.omission import Omission

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = [
    "BaujatData",
    "LeftOutData",
    "baujat",
    "baujat_data",
    "left_out",
    "left_out_data",
    "left_out_pages",
]

#: Rows of a page, at most; pages are as long as one another.
MOST_ROWS: Final = 60
WIDEST_LABEL: Final = 2.0
GUTTER: Final = 0.12
#: Points of a Baujat plot that are labelled, at most, and the width of a label in inches.
MOST_LABELS: Final = 12
LABEL_WIDTH: Final = 1.3
#: Marks the labels of points, so that a test can find them.
POINT_ID: Final = "point"


@dataclass(frozen=True, slots=True)
class LeftOutData:
    """The numbers of the figure of one answer.

    Parameters
    ----------
    rows : pandas.DataFrame
        One row a left-out unit: ``label``, ``median``, ``lower``, ``upper`` (on r where the answer
        has a meaning there), the smallest median first or in the order of the table.
    median, lower, upper : float
        The same with everything.
    answer : str
        Its name.
    in_r : bool
        Whether the numbers are correlations or differences of them.
    page, pages : int
        Which rows these are, of how many pages.
    footer : Footer
        What stands under the figure.
    """

    rows: pd.DataFrame
    median: float
    lower: float
    upper: float
    answer: str
    in_r: bool
    page: int
    pages: int
    footer: Footer


def left_out_pages(omission: Omission) -> int:
    """Count the pages of the figure of one answer.

    Parameters
    ----------
    omission : Omission
        The analysis without each unit.

    Returns
    -------
    int
        At least 1.
    """
    return max(-(-len(omission.left) // MOST_ROWS), 1)


def left_out_data(
    omission: Omission,
    answer: str | None = None,
    *,
    ordered: bool = True,
    page: int = 1,
    caution: str = "",
) -> LeftOutData:
    """Arrange one answer without each unit for its figure.

    Parameters
    ----------
    omission : Omission
        The analysis without each unit.
    answer : str, optional
        A mean, slope, contrast or tau; by default the answer that `omission` follows.
    ordered : bool
        Whether rows are ordered by the median; otherwise as in the table.
    page : int
        Which page, from 1; `left_out_pages` says how many there are.
    caution : str
        What the reader must beware of; stands under the figure in red.

    Returns
    -------
    LeftOutData
        One page.

    Raises
    ------
    InputError
        If there is no such answer or page.
    """
    name, pages = answer or omission.answer, left_out_pages(omission)
    numbers = _numbers(omission.baseline)
    if name not in numbers:
        raise InputError(
            Problem(
                what=f"{name!r} is no answer with an interval",
                where="answer",
                cure=f"Choose one of {', '.join(numbers)}",
                code="unknown_answer",
            )
        )
    if not 1 <= page <= pages:
        raise InputError(
            Problem(
                what=f"there is no page {page}",
                where="page",
                cure=f"Choose one from 1 to {pages}",
                code="page",
            )
        )
    rows = [(left.label, *_numbers(left.answers)[name][:3]) for left in omission.left]
    frame = pd.DataFrame(rows, columns=["label", "median", "lower", "upper"])
    if ordered:
        frame = frame.sort_values("median", kind="stable", ignore_index=True)
    parts = np.array_split(np.arange(len(frame)), pages)
    shown = parts[page - 1]
    unit = "Sample" if omission.unit == "sample" else "Effect size"
    also = "Exact posterior median and interval without each."
    if pages > 1:
        also += (
            f" Page {page} of {pages}: {unit.lower()}s {shown[0] + 1} to {shown[-1] + 1} of "
            f"{len(frame)}{' in the order of the median' if ordered else ''}."
        )
    median, lower, upper, in_r = numbers[name]
    return LeftOutData(
        rows=frame.iloc[shown].reset_index(drop=True),
        median=median,
        lower=lower,
        upper=upper,
        answer=name,
        in_r=in_r,
        page=page,
        pages=pages,
        footer=footer_of(omission.fitted, caution=caution, also=also),
    )


def _numbers(answers: ExactAnswers) -> dict[str, tuple[float, float, float, bool]]:
    """Median, limits, and whether on r, of every answer with an interval."""
    found = {}
    for row in answers.rows():
        if row["kind"] in ("order", "benchmark"):
            continue
        in_r = bool(np.isfinite(row["r"]))
        keys = ("r", "r_lower", "r_upper") if in_r else ("median", "lower", "upper")
        found[str(row["name"])] = (*(float(row[key]) for key in keys), in_r)
    return found


def left_out(
    omission: Omission,
    answer: str | None = None,
    *,
    ordered: bool = True,
    page: int = 1,
    ax: Axes | None = None,
    caution: str = "",
) -> Axes:
    """Draw one answer without each sample or effect size, with a band for everything.

    Parameters
    ----------
    omission : Omission
        The analysis without each unit.
    answer : str, optional
        A mean, slope, contrast or tau; by default the answer that `omission` follows.
    ordered : bool
        Whether rows are ordered by the median; otherwise as in the table.
    page : int
        Which page, from 1: more than 60 rows are spread over pages.
    ax : matplotlib.axes.Axes, optional
        Where to draw; labels stand left and right of the axes. By default a new figure.
    caution : str
        What the reader must beware of; stands under the figure in red.

    Returns
    -------
    matplotlib.axes.Axes
        The axes; ``ax.figure`` is the figure.

    Raises
    ------
    InputError
        If there is no such answer or page.

    Examples
    --------
    >>> from bayes_alliance.data.bundled import load
    >>> from bayes_alliance.engines.choose import run_analysis
    >>> from bayes_alliance.sensitivity.omission import leave_each_out
    >>> from bayes_alliance.spec.library import read_specification
    >>> fitted = run_analysis(load("konstantopoulos2011"), read_specification("schools"))
    >>> left_out(leave_each_out(fitted)).get_xlabel()
    'overall'
    """
    data = left_out_data(omission, answer, ordered=ordered, page=page, caution=caution)
    unit = "sample" if omission.unit == "sample" else "effect size"
    texts = [
        interval_text(row["median"], row["lower"], row["upper"], is_r=data.in_r)
        for row in data.rows.to_dict("records")
    ]
    whole = interval_text(data.median, data.lower, data.upper, is_r=data.in_r)
    labels = [str(label) for label in data.rows["label"]]
    head = f"Without this {unit}"
    left = min(max(text_width(t) for t in (*labels, head)), WIDEST_LABEL) + GUTTER
    right = max(text_width(t) for t in (*texts, whole)) + GUTTER
    key = [
        KeyEntry(f"With all {len(omission.left)}", {"patch": True, "facecolor": LIGHT}),
        KeyEntry("Median and 95 % interval" if omission.probability == 0.95 else
                 f"Median and {100 * omission.probability:g} % interval",
                 {"color": ESTIMATE, "marker": "o", "markersize": 4, "lw": 1.2}),
    ]  # fmt: skip
    with figure_style():
        size = len(labels)
        axes = sheet_axes(
            ax, footer=data.footer, key=key, width=TWO_COLUMNS, tall=ROW * (size + 1.6), left=left,
            right=right,
        )  # fmt: skip
        limits = axis_limits(
            np.append(data.rows[["lower", "upper"]].to_numpy(), [data.lower, data.upper]),
            [], is_r=data.in_r,
        )  # fmt: skip
        effect_axis(axes, limits, is_r=data.in_r, label=_axis_label(data))
        axes.axvspan(data.lower, data.upper, color=LIGHT, alpha=0.6, lw=0, zorder=0)
        axes.axvline(data.median, color=GREY, lw=0.8, zorder=1)
        if limits[0] < 0 < limits[1]:
            axes.axvline(0, color=INK, lw=0.6, zorder=1)
        axes.set_ylim(-0.6, size + 0.7)
        axes.set_yticks([])
        axes.spines["left"].set_visible(False)
        left_text(axes, size, head, start=left, width=left, weight="bold")
        right_text(axes, size, whole, at=right, weight="bold")
        for i, (label, text) in enumerate(zip(labels, texts, strict=True)):
            y, row = size - 1 - i, data.rows.iloc[i]
            draw_interval(axes, y, (row["lower"], row["upper"]), limits, color=ESTIMATE, lw=1.2)
            axes.plot([row["median"]], [y], "o", color=ESTIMATE, markersize=3.6, zorder=4)
            left_text(axes, y, label, start=left, width=left - GUTTER)
            right_text(axes, y, text, at=right)
    return axes


def _axis_label(data: LeftOutData) -> str:
    if not data.in_r:
        return data.answer
    kind = "difference of correlations" if " - " in data.answer else "correlation"
    return f"{data.answer}, {kind}"


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
    also += f"posterior mean of {omission.answer} in posterior sds without it."
    return BaujatData(
        points=points.assign(labelled=ranks.where(ranks <= MOST_LABELS, 0)),
        answer=omission.answer,
        unit=omission.unit,
        footer=footer_of(omission.fitted, caution=caution, also=also),
    )


def baujat(influence: Influence, *, ax: Axes | None = None, caution: str = "") -> Axes:
    """Draw misfit against influence, the points farthest out labelled as far as there is room.

    Parameters
    ----------
    influence : Influence
        What each unit does to the analysis.
    ax : matplotlib.axes.Axes, optional
        Where to draw; by default a new figure.
    caution : str
        What the reader must beware of; stands under the figure in red.

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
    with figure_style():
        axes = sheet_axes(
            ax, footer=data.footer, width=TWO_COLUMNS, tall=3.4, left=0.55, right=0.1
        )
        effect_axis(axes, (0.0, 1.12 * max(float(np.nanmax(x)), 1.1)), is_r=False,
                    label="Misfit: squared residual given the others, by effect size")  # fmt: skip
        axes.set_ylim(0, 1.1 * (float(np.nanmax(y)) or 1.0))
        axes.set_ylabel(escape(f"Influence: squared shift of {shorten(data.answer, 1.6)}"),
                        fontsize=MEDIUM)  # fmt: skip
        dress(axes)
        axes.axvline(1.0, color=GREY, lw=0.8, linestyle=(0, (4, 2)), zorder=0.5)
        axes.scatter(x, y, s=14, color=ESTIMATE, alpha=0.75, lw=0, zorder=3, clip_on=False)
        _label_points(axes, data, np.column_stack([x, y]))
    return axes


def _label_points(ax: Axes, data: BaujatData, points: Array) -> None:
    """Label points from the farthest out on, where a label meets no other label and no point."""
    finite = np.isfinite(points).all(axis=1)
    dpi = ax.figure.dpi
    at = np.full_like(points, np.nan)
    at[finite] = ax.transData.transform(points[finite]) / dpi
    frame = np.asarray(ax.get_window_extent().get_points()) / dpi
    taken: list[tuple[float, float, float, float]] = [
        (px - 0.03, py - 0.03, px + 0.03, py + 0.03) for px, py in at[finite]
    ]
    order = data.points["labelled"]
    for label in order[order > 0].sort_values().index:
        i = int(data.points.index.get_loc(label))
        if not finite[i]:
            continue
        text = shorten(str(label), LABEL_WIDTH)
        wide, tall = text_width(text), SMALL / 72 * 1.25
        for dx, dy, ha, va in _PLACES:
            box = _box(at[i, 0] + dx, at[i, 1] + dy, wide, tall, ha, va)
            if _inside(box, frame) and not any(_meet(box, other) for other in taken):
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
