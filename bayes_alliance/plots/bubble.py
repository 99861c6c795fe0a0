r"""Bubble plot: effects against a continuous moderator, with what the model says along it.

The line is the posterior median of the mean at each value of the moderator, the dark ribbon its
95 % credible interval, the light one the predictive interval of a new true effect in a new sample;
each is that of the linear combination :math:`x'\beta` itself, not of draws where the posterior is
exact. On r they are those of Fisher's z read through tanh (median true correlations). Other terms
are held: slopes at their centre, levels at equal weight.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
import pandas as pd

from bayes_alliance.engines.fitted import Fitted
from bayes_alliance.errors import InputError, Problem
from bayes_alliance.plots.dots import diameters, precision_key
from bayes_alliance.plots.footer import Footer, footer_height, footer_of, place_footer
from bayes_alliance.plots.keys import KeyEntry, hang_key, key_height
from bayes_alliance.plots.levels import held_terms, prediction_notes, true_effects_vary
from bayes_alliance.plots.rows import axis_limits, dress
from bayes_alliance.plots.sheet import AXIS_LABEL, PAUSE, furnish
from bayes_alliance.plots.style import (
    ESTIMATE,
    GREY,
    INK,
    LINE,
    MARGIN,
    MEDIUM,
    PAPER,
    SMALL,
    TWO_COLUMNS,
    figure_of,
    figure_style,
    new_figure,
    placed_axes,
)
from bayes_alliance.plots.wording import (
    MINUS,
    escape,
    number_text,
    probability_phrase,
    shorten,
    wrap_phrases,
)
from bayes_alliance.spec.coding import CodedTerm
from bayes_alliance.summaries.coefficients import summarise_median
from bayes_alliance.summaries.scale import Scale

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["BubbleData", "bubble", "bubble_data"]

#: Values of the moderator at which line and ribbons are computed.
POINTS: Final = 61
#: Height of a panel, room for the numbers of its vertical axis, above it; inches.
TALL: Final = 2.5
NUMBERS: Final = 0.5
GAP: Final = 0.06
GUTTER: Final = 0.2
BETWEEN: Final = AXIS_LABEL + 0.1
#: Narrowest panel that stands beside another, in inches.
NARROWEST: Final = 2.4
EDGE: Final = 0.12
#: Marks dots, so that a test can find them.
DOTS_ID: Final = "effects"


@dataclass(frozen=True, slots=True)
class BubbleData:
    """The numbers of the figure.

    Parameters
    ----------
    effects : pandas.DataFrame
        k effects: ``sample``, ``effect``, ``value`` (r for correlations), ``precision`` (1/SE on
        the analysis scale), ``not_significant`` (only that was printed; ``value`` is that of 0),
        and a column named ``x0``, ``x1``, ... for each slope: the moderator's value.
    lines : pandas.DataFrame
        ``slope`` (0, 1, ...), ``x``; ``median``, ``lower``, ``upper`` of the mean, ``new_lower``,
        ``new_upper`` of a new effect in a new sample (NaN where true effects do not vary); 61
        values of x a slope, over the range of the data.
    slopes : pandas.DataFrame
        One row a slope: ``term``, ``name``, ``median``, ``lower``, ``upper`` of the coefficient on
        the analysis scale, ``p_positive``, as in the table of coefficients.
    scale : Scale
        How the measure is read as a correlation.
    footer : Footer
        What stands under the figure.
    """

    effects: pd.DataFrame
    lines: pd.DataFrame
    slopes: pd.DataFrame
    scale: Scale
    footer: Footer


def bubble_data(fitted: Fitted, *, caution: str = "") -> BubbleData:
    """Compute lines and ribbons along every continuous moderator of an analysis.

    Parameters
    ----------
    fitted : Fitted
        An analysis with at least one slope.
    caution : str
        What the reader must beware of; stands under the figure in red.

    Returns
    -------
    BubbleData
        On r for correlations, otherwise on the scale of the effects; every effect is there.

    Raises
    ------
    InputError
        If the model has no slope.
    """
    design, scale = fitted.design, Scale(fitted.design.measure)
    terms = [term for term in design.terms if term.kind == "continuous"]
    if not terms:
        have = ", ".join(repr(term.name) for term in design.terms) or "none"
        raise InputError(
            Problem(
                what=f"the model has no slope (its terms: {have})",
                where=f"model {fitted.specification.name}, key location.terms",
                cure="Name a column of numbers there, or draw levels (plot_orchard)",
                code="no_slope",
            )
        )
    frame = fitted.effects.frame.iloc[design.rows]
    effects = pd.DataFrame(
        {
            "sample": np.array(design.sample_ids, dtype=object)[design.sample_index],
            "effect": design.effect_ids,
            "value": scale.to_r(design.y),
            "precision": 1 / np.sqrt(design.variances),
            "not_significant": design.censored,
            **{f"x{i}": frame[term.name].to_numpy(float) for i, term in enumerate(terms)},
        }
    )
    lines, slopes = [], []
    for i, term in enumerate(terms):
        quantity = next(q for q in design.quantities if q.name == term.slope_name)
        found = summarise_median(fitted.posterior, quantity, scale).estimate
        slopes.append(
            (term.name, term.slope_name, found.median, found.lower, found.upper, found.p_positive)
        )
        lines.append(_line(fitted, term, effects[f"x{i}"], scale).assign(slope=i))
    return BubbleData(
        effects=effects,
        lines=pd.concat(lines, ignore_index=True),
        slopes=pd.DataFrame(
            slopes, columns=["term", "name", "median", "lower", "upper", "p_positive"]
        ),
        scale=scale,
        footer=footer_of(fitted, caution=caution, also=_also(fitted, terms)),
    )


def _line(fitted: Fitted, term: CodedTerm, x: pd.Series[float], scale: Scale) -> pd.DataFrame:
    """Mean and prediction along a moderator, the others at their reference."""
    design, posterior = fitted.design, fitted.posterior
    weights = {quantity.name: quantity.weights for quantity in design.quantities}
    at = np.linspace(float(x.min()), float(x.max()), POINTS)
    varies = true_effects_vary(design)
    rows = []
    for value in at:
        steps = (value - (term.centre or 0.0)) / (term.unit or 1.0)
        mean = weights["overall"] + steps * weights[term.slope_name]
        marginal = posterior.linear(mean)
        new = (np.nan, np.nan)
        if varies:
            new = posterior.predictive(mean, ("sample", "effect")).interval()
        rows.append((float(marginal.quantile(0.5)), *marginal.interval(), *new))
    columns = ["median", "lower", "upper", "new_lower", "new_upper"]
    return pd.DataFrame(scale.to_r(np.array(rows)), columns=columns).assign(x=at)


def _also(fitted: Fitted, terms: Sequence[CodedTerm]) -> str:
    """What is held where, and what the ribbons leave out."""
    design = fitted.design
    alone = len(terms) == 1
    told = [held_terms(design, terms[0] if alone else None) if len(design.terms) > 1 else ""]
    if not alone:
        told[0] = told[0].replace("Held:", "Held, where not on the axis:")
    told.append(prediction_notes(design))
    return " ".join(text for text in told if text)


def bubble(
    fitted: Fitted,
    axes: Axes | Sequence[Axes] | None = None,
    *,
    width: float = TWO_COLUMNS,
    caution: str = "",
) -> tuple[Axes, ...]:
    """Draw effects against every continuous moderator, a panel a slope.

    Parameters
    ----------
    fitted : Fitted
        An analysis with at least one slope.
    axes : matplotlib.axes.Axes or sequence of them, optional
        Where to draw, one for each slope; by default a new figure.
    width : float
        Of a new figure, in inches.
    caution : str
        What the reader must beware of; stands under the figure in red.

    Returns
    -------
    tuple of matplotlib.axes.Axes
        One a slope; ``axes[0].figure`` is the figure.

    Raises
    ------
    InputError
        If the model has no slope, or there are not as many axes as slopes.

    Examples
    --------
    >>> from bayes_alliance.data.bundled import load
    >>> from bayes_alliance.engines.choose import run_analysis
    >>> from bayes_alliance.spec.library import read_specification
    >>> specification = read_specification("schools").with_terms("year")
    >>> fitted = run_analysis(load("konstantopoulos2011"), specification)
    >>> from bayes_alliance.plots.bubble import bubble
    >>> bubble(fitted, width=3.35)[0].get_xlabel()
    'year'
    """
    data = bubble_data(fitted, caution=caution)
    with figure_style():
        if axes is None:
            panels = _new_axes(data, width)
        else:
            panels = _handed_in(axes, len(data.slopes))
            furnish(panels[0], data.footer, _key(data), left=NUMBERS)
        limits = _limits(data)
        for number, ax in enumerate(panels):
            _draw(ax, data, number, limits)
    return panels


def _handed_in(axes: Axes | Sequence[Axes], slopes: int) -> tuple[Axes, ...]:
    panels = tuple(axes) if isinstance(axes, Sequence) else (axes,)
    if len(panels) != slopes:
        raise InputError(
            Problem(
                what=f"{len(panels)} axes for {slopes} slopes",
                where="axes",
                cure="Hand in one for each slope, or none for a new figure",
                code="number_of_axes",
            )
        )
    return panels


def _slope_lines(data: BubbleData, number: int, room: float) -> tuple[str, ...]:
    """The slope of a panel in words and numbers."""
    row = data.slopes.iloc[number]
    values = [number_text(row[name], is_r=False, digits=3) for name in ("median", "lower", "upper")]
    where = " on z" if data.scale.measure == "ZCOR" else ""
    unit = str(row["name"]).removeprefix(f"{row['term']} ").strip("()")
    text = f"Slope {values[0]} [{values[1]}, {values[2]}] {unit}{where}"
    return wrap_phrases((text, probability_phrase("slope > 0", row["p_positive"])), room)


def _new_axes(data: BubbleData, width: float) -> tuple[Axes, ...]:
    room, key, size = width - 2 * MARGIN, _key(data), len(data.slopes)
    columns = max(1, min(size, int((room + GUTTER) / (NARROWEST + NUMBERS + GUTTER))))
    rows = -(-size // columns)
    across = (room - EDGE - (columns - 1) * GUTTER) / columns - NUMBERS
    lines = max(len(_slope_lines(data, i, across)) for i in range(size))
    above = GAP + lines * LINE
    under = MARGIN + footer_height(data.footer, room) + PAUSE + key_height(key, room) + AXIS_LABEL
    figure = new_figure(width, under + rows * (TALL + above) + (rows - 1) * BETWEEN + MARGIN)
    panels = tuple(
        placed_axes(
            figure,
            left=MARGIN + NUMBERS + (i % columns) * (across + NUMBERS + GUTTER),
            bottom=under + (rows - 1 - i // columns) * (TALL + above + BETWEEN),
            width=across,
            height=TALL,
        )
        for i in range(size)
    )
    place_footer(figure, data.footer)
    lowest = panels[(rows - 1) * columns]
    hang_key(lowest, key, below=AXIS_LABEL, width=room, left=NUMBERS)
    return panels


def _limits(data: BubbleData) -> tuple[float, float]:
    columns = ["lower", "upper", "new_lower", "new_upper"]
    inside = np.append(data.lines[columns].to_numpy().ravel(), data.effects["value"])
    return axis_limits(inside, [], is_r=data.scale.has_r)


def _draw(ax: Axes, data: BubbleData, number: int, limits: tuple[float, float]) -> None:
    line = data.lines.loc[data.lines["slope"] == number]
    x = data.effects[f"x{number}"]
    ax.axhline(0, color=GREY, lw=0.6, zorder=0.4)
    if line["new_lower"].notna().all():
        _ribbon(ax, line, "new_", alpha=0.14)
    _ribbon(ax, line, "", alpha=0.34)
    ax.plot(line["x"], line["median"], color=INK, lw=1.3, zorder=3)
    precision = data.effects["precision"].to_numpy()
    size = np.square(diameters(precision, precision))
    hollow = data.effects["not_significant"].to_numpy()
    for which, fill in ((~hollow, GREY), (hollow, PAPER)):
        ax.scatter(
            x[which], data.effects["value"][which], s=size[which], facecolor=fill, edgecolor=INK,
            alpha=0.6, linewidth=0.5, zorder=2.5, clip_on=False, gid=DOTS_ID,
        )  # fmt: skip
    _frame(ax, data, number, limits)


def _ribbon(ax: Axes, line: pd.DataFrame, of: str, *, alpha: float) -> None:
    lower, upper = line[f"{of}lower"], line[f"{of}upper"]
    ax.fill_between(line["x"], lower, upper, color=ESTIMATE, alpha=alpha, lw=0, zorder=1)
    for edge in (lower, upper):
        ax.plot(line["x"], edge, color=ESTIMATE, lw=0.6, zorder=1.5, ls="--" if of else "-")


def _frame(ax: Axes, data: BubbleData, number: int, limits: tuple[float, float]) -> None:
    """Axes and texts of a panel."""
    from matplotlib.ticker import FuncFormatter, MaxNLocator

    x, is_r = data.effects[f"x{number}"], data.scale.has_r
    edge = 0.03 * float(np.ptp(x))
    ax.set_xlim(float(x.min()) - edge, float(x.max()) + edge)
    ax.set_ylim(*limits)
    room = float(ax.get_window_extent().width) / figure_of(ax).dpi
    whole = bool((x == x.round()).all())
    ax.xaxis.set_major_locator(
        MaxNLocator(nbins=max(3, int(room * 1.6)), steps=[1, 2, 5, 10], integer=whole)
    )
    ax.yaxis.set_major_locator(MaxNLocator(nbins=7, steps=[1, 2, 5, 10]))
    ax.xaxis.set_major_formatter(
        FuncFormatter(lambda value, _: f"{value:.10g}".replace("-", MINUS))
    )
    ax.yaxis.set_major_formatter(
        FuncFormatter(lambda value, _: number_text(value, is_r=is_r, digits=_digits(value)))
    )
    dress(ax)
    term = str(data.slopes["term"].iloc[number])
    ax.set_xlabel(escape(shorten(term, room, size=MEDIUM)), fontsize=MEDIUM, color=INK)
    ax.set_ylabel("Correlation (r)" if is_r else "Effect size", fontsize=MEDIUM, color=INK)
    lines = _slope_lines(data, number, room)
    for position, text in enumerate(lines):
        ax.annotate(
            escape(text), xy=(0, 1), xycoords="axes fraction",
            xytext=(0, 72 * (0.05 + (len(lines) - 1 - position) * LINE)),
            textcoords="offset points", fontsize=SMALL, color=INK, va="bottom",
            annotation_clip=False,
        )  # fmt: skip


def _digits(value: float) -> int:
    """Digits that a tick needs, at most 3."""
    return next((digits for digits in range(3) if abs(value - round(value, digits)) < 1e-9), 3)


def _key(data: BubbleData) -> list[KeyEntry]:
    what = "Median true correlation" if data.scale.has_r else "Mean effect"
    area = {"patch": True, "facecolor": ESTIMATE, "edgecolor": "none"}
    entries = [
        KeyEntry(f"{what}, posterior median", {"color": INK, "lw": 1.3}),
        KeyEntry("Its 95 % interval", {**area, "alpha": 0.42}),
        KeyEntry("95 % prediction of a new effect in a new sample", {**area, "alpha": 0.14}),
    ]
    if data.lines["new_lower"].isna().all():
        entries.pop()
    dot = {"markerfacecolor": GREY, "markeredgecolor": INK, "markeredgewidth": 0.5, "alpha": 0.6}
    entries += precision_key(data.effects["precision"].to_numpy(), dot)
    if data.effects["not_significant"].any():
        look = {**dot, "marker": "o", "linestyle": "", "markerfacecolor": PAPER, "markersize": 4.5}
        entries.append(KeyEntry("Printed only as not significant, shown at 0", look))
    return entries
