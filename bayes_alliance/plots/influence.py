"""One answer of an analysis without each of its samples, beside the answer with all."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
import pandas as pd

from bayes_alliance.errors import InputError, Problem
from bayes_alliance.plots.footer import Footer, footer_of
from bayes_alliance.plots.keys import KeyEntry
from bayes_alliance.plots.rows import (
    axis_limits,
    draw_interval,
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
    ROW,
    TWO_COLUMNS,
    figure_style,
)
from bayes_alliance.plots.wording import interval_text, text_width
from bayes_alliance.sensitivity.exact_answers import ExactAnswers
from bayes_alliance.sensitivity.omission import Omission

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["LeftOutData", "left_out", "left_out_data", "left_out_pages"]

#: Rows of a page, at most; pages are as long as one another.
MOST_ROWS: Final = 60
#: Most that labels may take of the figure.
LABELS: Final = 0.3
WIDEST_LABEL: Final = 2.0
GUTTER: Final = 0.12


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
        median, lower, upper = (float(row[key]) for key in keys)
        found[str(row["name"])] = (median, lower, upper, in_r)
    return found


def left_out(
    omission: Omission,
    answer: str | None = None,
    *,
    ordered: bool = True,
    page: int = 1,
    ax: Axes | None = None,
    caution: str = "",
    width: float = TWO_COLUMNS,
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
    width : float
        Of a new figure, in inches.

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
    'overall, without each sample'
    """
    data = left_out_data(omission, answer, ordered=ordered, page=page, caution=caution)
    unit = "sample" if omission.unit == "sample" else "effect size"
    texts = [
        interval_text(row["median"], row["lower"], row["upper"], is_r=data.in_r)
        for row in data.rows.to_dict("records")
    ]
    whole = interval_text(data.median, data.lower, data.upper, is_r=data.in_r)
    labels = [str(label) for label in data.rows["label"]]
    head = f"With all {len(omission.left)}"
    left = max(*(text_width(t) for t in labels), text_width(head, bold=True))
    left = min(left, WIDEST_LABEL, LABELS * width) + GUTTER
    right = max(*(text_width(t) for t in texts), text_width(whole, bold=True)) + GUTTER
    key = [
        KeyEntry(f"Interval with all {len(omission.left)}", {"patch": True, "facecolor": LIGHT}),
        KeyEntry("Median and 95 % interval" if omission.probability == 0.95 else
                 f"Median and {100 * omission.probability:g} % interval",
                 {"color": ESTIMATE, "marker": "o", "markersize": 4, "lw": 1.2}),
    ]  # fmt: skip
    with figure_style():
        size = len(labels)
        axes = sheet_axes(
            ax, footer=data.footer, key=key, width=width, tall=ROW * (size + 1.6), left=left,
            right=right,
        )  # fmt: skip
        limits = axis_limits(
            np.append(data.rows[["lower", "upper"]].to_numpy(), [data.lower, data.upper]),
            [], is_r=data.in_r,
        )  # fmt: skip
        label = f"{_axis_label(data)}, without each {unit}"
        effect_axis(axes, limits, is_r=data.in_r, label=label)
        axes.axvspan(data.lower, data.upper, color=LIGHT, alpha=0.6, lw=0, zorder=0)
        axes.axvline(data.median, color=GREY, lw=0.8, zorder=1)
        if limits[0] < 0 < limits[1]:
            axes.axvline(0, color=INK, lw=0.6, zorder=1)
        axes.set_ylim(-0.6, size + 0.7)
        axes.set_yticks([])
        axes.spines["left"].set_visible(False)
        draw_interval(axes, size, (data.lower, data.upper), limits, color=INK, lw=1.6)
        axes.plot([data.median], [size], "D", color=INK, markersize=4.2, zorder=4)
        left_text(axes, size, head, start=left, width=left - GUTTER + 0.02, weight="bold")
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
