"""Levels of moderators with their intervals, and below them what is compared.

A level of one categorical moderator is its cell mean; with several terms it is the mean at that
level, the others at equal weight and slopes at their centre. A continuous moderator is shown at its
centre and one unit above. Differences of correlations are taken draw by draw, tanh(a) - tanh(b).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd

from bayes_alliance.algebra.blocks import Array
from bayes_alliance.engines.fitted import Fitted
from bayes_alliance.errors import InputError, Problem
from bayes_alliance.names import INTERVAL_PROBABILITY
from bayes_alliance.plots.footer import Footer, footer_height, footer_of, place_footer
from bayes_alliance.plots.keys import KeyEntry, hang_key, key_height
from bayes_alliance.plots.references import benchmark_data, benchmark_key, draw_benchmarks
from bayes_alliance.plots.rows import (
    axis_limits,
    draw_interval,
    effect_axis,
    left_text,
    right_text,
)
from bayes_alliance.plots.sheet import AXIS_LABEL, PAUSE, furnish
from bayes_alliance.plots.style import (
    ESTIMATE,
    GREY,
    INK,
    MARGIN,
    PAPER,
    ROW,
    TWO_COLUMNS,
    figure_style,
    new_figure,
    placed_axes,
)
from bayes_alliance.plots.wording import interval_text, probability_text, text_width
from bayes_alliance.spec.coding import CodedTerm
from bayes_alliance.spec.design import Design
from bayes_alliance.summaries.contrasts import summarise_contrasts
from bayes_alliance.summaries.scale import Scale

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["ModeratorsData", "moderators", "moderators_data"]

#: Most that labels may take, as a share of the figure.
WIDEST_LABEL: Final = 0.37
#: Inches: least width of the axes, indent, distance.
NARROWEST: Final = 0.9
INDENT: Final = 0.1
GUTTER: Final = 0.12
#: Height of a row relative to that of a forest.
AIRY: Final = 1.15


@dataclass(frozen=True, slots=True)
class ModeratorsData:
    """The numbers of the figure.

    Parameters
    ----------
    levels : pandas.DataFrame
        One row a level (two a continuous moderator): ``term``, ``kind``, ``level``, ``k``,
        ``median``, ``lower``, ``upper`` (r for correlations); ``coefficient``, the name benchmarks
        go by.
    contrasts : pandas.DataFrame
        One row a comparison: ``name``, ``median``, ``lower``, ``upper`` of the difference (of
        correlations), ``p_positive``.
    benchmarks : pandas.DataFrame
        See `bayes_alliance.plots.references.benchmark_data`.
    scale : Scale
        How the measure is read as a correlation.
    footer : Footer
        What stands under the figure.
    """

    levels: pd.DataFrame
    contrasts: pd.DataFrame
    benchmarks: pd.DataFrame
    scale: Scale
    footer: Footer


def moderators_data(fitted: Fitted, *, caution: str = "") -> ModeratorsData:
    """Compute levels and comparisons of the moderators of an analysis.

    Parameters
    ----------
    fitted : Fitted
        An analysis with at least one location term.
    caution : str
        What the reader must beware of; stands under the figure in red.

    Returns
    -------
    ModeratorsData
        On r for correlations, otherwise on the scale of the effects.

    Raises
    ------
    InputError
        If the model has no term.
    """
    design = fitted.design
    if not design.terms:
        raise InputError(
            Problem(
                what="this model has no moderator",
                cure="Fit a model with location terms, or draw the forest or the scales",
                code="no_moderator",
            )
        )
    scale = Scale(design.measure)
    tails = (0.5, (1 - INTERVAL_PROBABILITY) / 2, (1 + INTERVAL_PROBABILITY) / 2)
    levels = [
        (
            term.name,
            term.kind,
            level,
            k,
            coefficient,
            *scale.to_r(fitted.posterior.linear(weights).quantile(tails)),
        )
        for term, level, k, coefficient, weights in _level_weights(design)
    ]
    contrasts = []
    for summary in summarise_contrasts(fitted.posterior, design.contrasts, scale):
        e, r = summary.estimate, summary.r
        ends = (e.median, e.lower, e.upper) if r is None else (r.centre, r.lower, r.upper)
        contrasts.append((summary.name, *ends, summary.p_positive))
    numbers = ["median", "lower", "upper"]
    return ModeratorsData(
        levels=pd.DataFrame(
            levels, columns=["term", "kind", "level", "k", "coefficient", *numbers]
        ),
        contrasts=pd.DataFrame(contrasts, columns=["name", *numbers, "p_positive"]),
        benchmarks=benchmark_data(fitted),
        scale=scale,
        footer=footer_of(fitted, caution=caution),
    )


def _level_weights(design: Design) -> Iterator[tuple[CodedTerm, str, int, str, Array]]:
    """Term, level, effects, coefficient and weights of the mean at every level."""
    weights = {quantity.name: quantity.weights for quantity in design.quantities}
    for term in design.terms:
        if term.kind == "continuous":
            slope = weights[term.slope_name]
            k = term.counts[0]
            yield term, _at(term, 0), k, "overall", weights["overall"]
            yield term, _at(term, 1), k, "", weights["overall"] + slope
        elif "overall" in weights:
            for level, k in zip(term.levels, term.counts, strict=True):
                deviation = weights[f"{term.name}[{level}]"]
                yield term, level, k, "", weights["overall"] + deviation
        else:
            for level, k in zip(term.levels, term.counts, strict=True):
                yield term, level, k, level, weights[level]


def _at(term: CodedTerm, steps: int) -> str:
    value = (term.centre or 0.0) + steps * (term.unit or 0.0)
    return f"{value:.6g} (centre)" if steps == 0 else f"{value:.6g} (+ {term.unit:g})"


def moderators(
    fitted: Fitted,
    axes: tuple[Axes, Axes] | None = None,
    *,
    caution: str = "",
    width: float = TWO_COLUMNS,
) -> tuple[Axes, Axes]:
    """Draw the levels of the moderators and their comparisons.

    Parameters
    ----------
    fitted : Fitted
        An analysis with at least one location term.
    axes : pair of matplotlib.axes.Axes, optional
        Where to draw the levels and the comparisons; labels stand left and right of the axes. By
        default a new figure.
    caution : str
        What the reader must beware of; stands under the figure in red.
    width : float
        Of a new figure, in inches.

    Returns
    -------
    pair of matplotlib.axes.Axes
        Levels and comparisons; ``axes[0].figure`` is the figure.

    Raises
    ------
    InputError
        If the model has no term.

    Examples
    --------
    >>> from bayes_alliance.data.bundled import load
    >>> from bayes_alliance.engines.choose import run_analysis
    >>> from bayes_alliance.spec.library import read_specification
    >>> fitted = run_analysis(load("ibi_synthetic"), read_specification("subscales"))
    >>> from bayes_alliance.plots.moderators import moderators
    >>> levels, comparisons = moderators(fitted)
    >>> comparisons.get_xlabel()
    'Difference of correlations'
    """
    data = moderators_data(fitted, caution=caution)
    with figure_style():
        room = _Room.for_texts(data, width)
        if axes is None:
            axes = _new_axes(data, room, width)
        else:
            furnish(axes[1], data.footer, _key(data), left=room.labels)
        _draw_levels(axes[0], data, room)
        _draw_contrasts(axes[1], data, room)
    return axes


@dataclass(frozen=True, slots=True)
class _Room:
    """Inches left of the axes for labels, and right of them to the ends of the two columns."""

    labels: float
    estimates: float
    probabilities: float
    told: bool = True  # whether there is room for the estimates of the comparisons

    @classmethod
    def for_texts(cls, data: ModeratorsData, width: float) -> _Room:
        labels = [text_width(label + tail) + INDENT for label, tail in _level_labels(data)]
        labels += [text_width(term, bold=True) for term in data.levels["term"]]
        labels += [text_width(name) + INDENT for name in data.contrasts["name"]]
        is_r = data.scale.has_r
        numbers = pd.concat([data.levels, data.contrasts])[["median", "lower", "upper"]].to_numpy()
        texts = [interval_text(*row, is_r=is_r) for row in numbers]
        heads = [text_width(head, bold=True) for head in _headings(data)]
        estimates = GUTTER + max(*heads, *(text_width(text) for text in texts))
        left = min(max(labels), WIDEST_LABEL * width) + GUTTER
        shares = GUTTER + text_width("P(> 0)", bold=True)
        if width - 2 * MARGIN - left - estimates - shares > NARROWEST:
            return cls(left, estimates, estimates + shares)
        return cls(left, GUTTER + max(text_width(text) for text in texts), shares, told=False)


def _headings(data: ModeratorsData) -> tuple[str, str]:
    symbol = "r" if data.scale.has_r else "Estimate"
    return f"{symbol} [95 %]", f"Difference{' of r' if data.scale.has_r else ''} [95 %]"


def _level_labels(data: ModeratorsData) -> list[tuple[str, str]]:
    """Name of each level, and its number of effects, which is never cut."""
    return [
        (row["level"], f" (k = {row['k']:,})" if row["kind"] == "categorical" else "")
        for row in data.levels.to_dict("records")
    ]


def _contrast_label(name: str, room: float) -> tuple[str, str]:
    """Cut a long comparison in its first part, so that what it is compared with can be read."""
    first, minus, second = name.rpartition(" - ")
    if text_width(minus + second) > room / 2:
        return name, ""
    return first, minus + second


def _new_axes(data: ModeratorsData, room: _Room, width: float) -> tuple[Axes, Axes]:
    """Levels above comparisons, key and footer below."""
    inside = width - 2 * MARGIN
    across = inside - room.labels - room.probabilities
    narrower = min(0.0, room.probabilities - room.estimates)
    above = AIRY * ROW * (len(data.levels) + data.levels["term"].nunique() + 1.1)
    below = AIRY * ROW * (len(data.contrasts) + 1.1)
    key = _key(data)
    under = MARGIN + footer_height(data.footer, inside) + PAUSE + key_height(key, inside)
    lower = under + AXIS_LABEL
    upper = lower + below + AXIS_LABEL + 0.1
    figure = new_figure(width, upper + above + MARGIN)
    left = MARGIN + room.labels
    first = placed_axes(figure, left=left, bottom=upper, width=across + narrower, height=above)
    second = placed_axes(figure, left=left, bottom=lower, width=across, height=below)
    place_footer(figure, data.footer)
    hang_key(second, key, below=AXIS_LABEL, width=inside, left=room.labels)
    return first, second


def _key(data: ModeratorsData) -> list[KeyEntry]:
    point = {"color": ESTIMATE, "lw": 2.2, "marker": "o", "markersize": 4.6}
    entry = KeyEntry(
        "Posterior median and 95 % interval",
        {**point, "markeredgecolor": PAPER, "markeredgewidth": 0.5},
    )
    return [entry, *benchmark_key(_shown_benchmarks(data))]


def _shown_benchmarks(data: ModeratorsData) -> pd.DataFrame:
    return data.benchmarks.loc[data.benchmarks["coefficient"].isin(data.levels["coefficient"])]


def _draw_levels(ax: Axes, data: ModeratorsData, room: _Room) -> None:
    label = "Correlation (r)" if data.scale.has_r else "Effect size"
    rows = len(data.levels) + data.levels["term"].nunique()
    published = _shown_benchmarks(data)
    own = data.levels[["lower", "upper"]].to_numpy().ravel()
    reach = np.append(own, published[["r", "lower", "upper"]].to_numpy().ravel())
    limits = axis_limits(reach, [], is_r=data.scale.has_r)
    _frame(ax, rows, limits, data, label, room, heading=_headings(data)[0])
    height = -1
    labels = _level_labels(data)
    for position, row in enumerate(data.levels.to_dict("records")):
        if position == 0 or row["term"] != data.levels["term"].iloc[position - 1]:
            height += 1
            left_text(
                ax, height, row["term"], start=room.labels, width=room.labels - GUTTER,
                weight="bold",
            )  # fmt: skip
        height += 1
        draw_benchmarks(ax, published, row["coefficient"] or "-", (height - 0.45, height + 0.45))
        _draw_row(ax, height, labels[position], row, limits, data, room)


def _draw_contrasts(ax: Axes, data: ModeratorsData, room: _Room) -> None:
    label = "Difference of correlations" if data.scale.has_r else "Difference"
    reach = data.contrasts[["lower", "upper"]].to_numpy().ravel()
    limits = axis_limits(reach, [], is_r=False)
    rows = len(data.contrasts)
    heading = _headings(data)[1] if room.told else ""
    _frame(ax, rows, limits, data, label, room, heading=heading)
    right_text(ax, -1.05, "P(> 0)", at=room.probabilities, weight="bold")
    for height, row in enumerate(data.contrasts.to_dict("records")):
        label_of_row = _contrast_label(row["name"], room.labels - INDENT - GUTTER)
        _draw_row(ax, height, label_of_row, row, limits, data, room, told=room.told)
        right_text(ax, height, probability_text(row["p_positive"]), at=room.probabilities)


def _frame(
    ax: Axes,
    rows: int,
    limits: tuple[float, float],
    data: ModeratorsData,
    label: str,
    room: _Room,
    *,
    heading: str,
) -> None:
    effect_axis(ax, limits, is_r=data.scale.has_r, label=label)
    ax.set_ylim(rows - 0.4, -1.5)
    ax.set_yticks([])
    ax.spines["left"].set_visible(False)
    ax.plot([0, 0], [-0.55, rows - 0.4], color=GREY, lw=0.6, zorder=0.6)
    ax.plot(limits, [-0.55, -0.55], color=INK, lw=0.6)
    right_text(ax, -1.05, heading, at=room.estimates, weight="bold")


def _draw_row(
    ax: Axes,
    y: float,
    label: tuple[str, str],
    row: dict[Any, Any],
    limits: tuple[float, float],
    data: ModeratorsData,
    room: _Room,
    *,
    told: bool = True,
) -> None:
    start = room.labels - INDENT
    left_text(ax, y, label[0], start=start, width=start - GUTTER, tail=label[1])
    draw_interval(ax, y, (row["lower"], row["upper"]), limits, color=ESTIMATE, lw=2.2, alpha=0.6)
    ax.plot([row["median"]], [y], marker="o", color=ESTIMATE, ms=4.6, mec=PAPER, mew=0.5, zorder=5)
    if told:
        text = interval_text(row["median"], row["lower"], row["upper"], is_r=data.scale.has_r)
        right_text(ax, y, text, at=room.estimates)
