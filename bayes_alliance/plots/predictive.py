r"""Predictive distributions: the mean of a new sample and a new effect in it, with probabilities.

What the next study may find apart from its sampling error, the uncertainty of mean and
heterogeneity included (Higgins, Thompson & Spiegelhalter 2009, doi
10.1111/j.1467-985X.2008.00552.x). On r every number is that of Fisher's z read through tanh:
intervals are those of the tables. Benchmarks count as fixed values here.

A density is drawn as the probability of each of 240 narrow cells over its width, so that what is
shaded adds up to the probability printed, for draws as well as for exact posteriors.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Literal

import numpy as np
import pandas as pd

from bayes_alliance.algebra.blocks import Array
from bayes_alliance.engines.fitted import Fitted
from bayes_alliance.errors import InputError, Problem
from bayes_alliance.names import Level
from bayes_alliance.plots.footer import Footer, footer_of
from bayes_alliance.plots.headed import GAP, heading_line, in_inches
from bayes_alliance.plots.keys import KeyEntry
from bayes_alliance.plots.levels import (
    LevelMean,
    chosen_term,
    held_terms,
    level_means,
    true_effects_vary,
)
from bayes_alliance.plots.references import (
    benchmark_data,
    benchmark_key,
    draw_benchmarks,
    published_text,
)
from bayes_alliance.plots.rows import effect_axis, left_text, level_style
from bayes_alliance.plots.sheet import sheet_axes
from bayes_alliance.plots.style import (
    ESTIMATE,
    GREY,
    INK,
    LINE,
    MARGIN,
    PAPER,
    TWO_COLUMNS,
    figure_style,
)
from bayes_alliance.plots.wording import interval_text, number_text, probability_phrase, text_width
from bayes_alliance.posterior.marginal import Marginal
from bayes_alliance.summaries.scale import Scale

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["PredictiveData", "predictive", "predictive_data"]

Kind = Literal["sample", "effect"]

CELLS: Final = 240
#: What the axis leaves out of each distribution at either end.
TAIL: Final = 0.001
#: Height of a density, of one among more than four, room under it for its interval, and room
#: beside the axes; in inches.
RIDGE: Final = 0.5
LOW_RIDGE: Final = 0.36
UNDER: Final = 0.1
EDGE: Final = 0.12
#: How dark a density is below 0, above it, and in addition above each benchmark.
BELOW: Final = 0.12
ABOVE: Final = 0.38
BEYOND: Final = 0.4
HATCH: Final = "////"
LEVELS: Final[dict[Kind, tuple[Level, ...]]] = {
    "sample": ("sample",),
    "effect": ("sample", "effect"),
}
TITLES: Final[dict[Kind, str]] = {
    "sample": "Mean of a new sample",
    "effect": "New effect in a new sample",
}


@dataclass(frozen=True, slots=True)
class PredictiveData:
    """The numbers of the figure.

    Parameters
    ----------
    densities : pandas.DataFrame
        ``name``, ``kind`` (sample, effect), ``value`` (r for correlations; middle of a cell),
        ``density``; 240 cells a distribution.
    predictions : pandas.DataFrame
        One row a distribution: ``name``, ``coefficient``, ``kind``, ``median``, ``lower``,
        ``upper``, ``p_positive``, ``p_rope`` (NaN where there is no r).
    beyond : pandas.DataFrame
        One row a distribution and benchmark of its mean: ``name``, ``kind``, ``benchmark``, ``r``,
        ``probability`` of more than it.
    benchmarks : pandas.DataFrame
        See `bayes_alliance.plots.references.benchmark_data`; those about a mean that is shown.
    rope : float
        Half-width of the region of practical equivalence to 0, on r.
    scale : Scale
        How the measure is read as a correlation.
    footer : Footer
        What stands under the figure.
    """

    densities: pd.DataFrame
    predictions: pd.DataFrame
    beyond: pd.DataFrame
    benchmarks: pd.DataFrame
    rope: float
    scale: Scale
    footer: Footer


def predictive_data(fitted: Fitted, by: str | None = None, *, caution: str = "") -> PredictiveData:
    """Compute predictive distributions of an analysis.

    Parameters
    ----------
    fitted : Fitted
        An analysis with heterogeneity.
    by : str, optional
        A categorical term of the model; by default its first one, or the overall mean if it has
        none.
    caution : str
        What the reader must beware of; stands under the figure in red.

    Returns
    -------
    PredictiveData
        On r for correlations, otherwise on the scale of the effects.

    Raises
    ------
    InputError
        If the model has no heterogeneity, or `by` is no categorical term of it.
    """
    design, scale = fitted.design, Scale(fitted.design.measure)
    if not true_effects_vary(design):
        raise InputError(
            Problem(
                what="the model has no heterogeneity: a new sample has the mean itself",
                where=f"model {fitted.specification.name}",
                cure="Give a level heterogeneity, or draw the means (plot_scales)",
                code="no_heterogeneity",
            )
        )
    term = chosen_term(fitted, by)
    levels = level_means(fitted, term)
    benchmarks = benchmark_data(fitted)
    benchmarks = benchmarks.loc[benchmarks["coefficient"].isin([m.coefficient for m in levels])]
    rope = fitted.specification.rope.effect_r
    densities, predictions, beyond = [], [], []
    for level in levels:
        for kind, marginal in _marginals(fitted, level):
            own = {"name": level.name, "kind": kind}
            densities.append(pd.DataFrame({**own, **_density(marginal, scale)}))
            numbers = _numbers(marginal, scale, rope)
            predictions.append({**own, "coefficient": level.coefficient, **numbers})
            for row in benchmarks.loc[benchmarks["coefficient"] == level.coefficient].itertuples():
                above = 1 - float(marginal.cdf(scale.from_r(row.r)))
                beyond.append({**own, "benchmark": row.name, "r": row.r, "probability": above})
    return PredictiveData(
        densities=pd.concat(densities, ignore_index=True),
        predictions=pd.DataFrame(predictions),
        beyond=pd.DataFrame(beyond, columns=["name", "kind", "benchmark", "r", "probability"]),
        benchmarks=benchmarks,
        rope=rope,
        scale=scale,
        footer=footer_of(fitted, caution=caution, also=_also(fitted, held_terms(design, term))),
    )


def _marginals(fitted: Fitted, level: LevelMean) -> Iterator[tuple[Kind, Marginal]]:
    """Both predictive distributions; one where no heterogeneity tells them apart."""
    design, posterior = fitted.design, fitted.posterior
    between = (design.tau_sample, design.scales, design.groups)
    mean = posterior.predictive(level.weights, LEVELS["sample"])
    effect = posterior.predictive(level.weights, LEVELS["effect"])
    if any(source is not None for source in between):
        yield "sample", mean
        if np.allclose(mean.interval(), effect.interval(), rtol=0, atol=1e-9):
            return
    yield "effect", effect


def _also(fitted: Fitted, held: str) -> str:
    told = ["" if fitted.design.groups is None else "A new sample is of a new group."]
    told += ["Heterogeneity at the average of its terms."] if fitted.design.scale_models else []
    return " ".join(text for text in (*told, held) if text)


def _density(marginal: Marginal, scale: Scale) -> dict[str, Array]:
    """Probability of each cell over its width."""
    low, high = scale.to_r(marginal.quantile([TAIL, 1 - TAIL]))
    margin = 0.1 * (high - low)
    end = 1 - 1e-9 if scale.has_r else np.inf
    edges = np.linspace(max(low - margin, -end), min(high + margin, end), CELLS + 1)
    shares = np.diff(marginal.cdf(scale.from_r(edges)))
    return {"value": (edges[1:] + edges[:-1]) / 2, "density": shares / np.diff(edges)}


def _numbers(marginal: Marginal, scale: Scale, rope: float) -> dict[str, float]:
    ends = scale.to_r(np.array([marginal.quantile(0.5), *marginal.interval()]))
    inside = np.nan
    if scale.has_r:
        inside = float(marginal.cdf(scale.from_r(rope)) - marginal.cdf(scale.from_r(-rope)))
    return {
        **dict(zip(("median", "lower", "upper"), map(float, ends), strict=True)),
        "p_positive": 1 - float(marginal.cdf(0.0)),
        "p_rope": inside,
    }


def predictive(
    fitted: Fitted,
    ax: Axes | None = None,
    *,
    by: str | None = None,
    width: float = TWO_COLUMNS,
    caution: str = "",
) -> Axes:
    """Draw predictive distributions with shaded probabilities.

    Parameters
    ----------
    fitted : Fitted
        An analysis with heterogeneity.
    ax : matplotlib.axes.Axes, optional
        Where to draw; by default a new figure.
    by : str, optional
        A categorical term of the model; by default its first one, or the overall mean if it has
        none.
    width : float
        Of a new figure, in inches.
    caution : str
        What the reader must beware of; stands under the figure in red.

    Returns
    -------
    matplotlib.axes.Axes
        The axes; ``axes.figure`` is the figure.

    Raises
    ------
    InputError
        If the model has no heterogeneity, or `by` is no categorical term of it.

    Examples
    --------
    >>> from bayes_alliance.data.bundled import load
    >>> from bayes_alliance.engines.choose import run_analysis
    >>> from bayes_alliance.spec.library import read_specification
    >>> fitted = run_analysis(load("molloy2014"), read_specification("two_level"))
    >>> from bayes_alliance.plots.predictive import predictive
    >>> predictive(fitted, width=3.35).get_xlabel()
    'True correlation (r)'
    """
    data = predictive_data(fitted, by, caution=caution)
    with figure_style():
        return _draw(data, ax, width)


@dataclass(frozen=True, slots=True)
class _Block:
    """One distribution: where its texts begin, where its density stands, and its lines."""

    top: float
    line: float
    named: bool
    probabilities: tuple[str, ...]


def _ridge(data: PredictiveData) -> float:
    """Height of a density, in inches."""
    return RIDGE if len(data.predictions) <= 4 else LOW_RIDGE


def _blocks(data: PredictiveData, room: float) -> tuple[list[_Block], float]:
    """Places of the distributions in inches from the top, and the height of all."""
    blocks: list[_Block] = []
    top, before = 0.0, None
    for row in data.predictions.to_dict("records"):
        named = row["name"] != before
        lines = _lines(_probabilities(data, row), room)
        line = top + (named + 1 + len(lines)) * LINE + 0.04 + _ridge(data)
        blocks.append(_Block(top, line, named, lines))
        top, before = line + UNDER + GAP, row["name"]
    return blocks, top


def _probabilities(data: PredictiveData, row: dict[Any, Any]) -> list[str]:
    """The probabilities of one distribution."""
    symbol = "r" if data.scale.has_r else "effect"
    told = [(f"{symbol} > 0", row["p_positive"])]
    if data.scale.has_r:
        told.append((f"|r| < {number_text(data.rope, is_r=True)}", row["p_rope"]))
    own = data.beyond.loc[
        (data.beyond["name"] == row["name"]) & (data.beyond["kind"] == row["kind"])
    ]
    told += [(f"r > {published_text(b.r)}", b.probability) for b in own.itertuples()]
    return [probability_phrase(*one) for one in told]


def _lines(phrases: Sequence[str], room: float) -> tuple[str, ...]:
    """Phrases in as few lines as they fit, none of them broken."""
    lines: list[str] = []
    for phrase in phrases:
        longer = f"{lines[-1]}, {phrase}" if lines else phrase
        if lines and text_width(longer) <= room:
            lines[-1] = longer
        else:
            lines.append(phrase)
    return tuple(lines)


def _draw(data: PredictiveData, ax: Axes | None, width: float) -> Axes:
    room = width - 2 * MARGIN - 2 * EDGE
    blocks, tall = _blocks(data, room)
    ax = sheet_axes(
        ax, footer=data.footer, key=_key(data), width=width, tall=tall, left=EDGE, right=EDGE
    )
    values = [data.densities["value"].to_numpy(), data.benchmarks["r"].to_numpy(float), [0.0]]
    shown = np.concatenate(values)
    label = "True correlation (r)" if data.scale.has_r else "True effect"
    effect_axis(ax, (float(shown.min()), float(shown.max())), is_r=data.scale.has_r, label=label)
    in_inches(ax, tall)
    for position, block in enumerate(blocks):
        row = data.predictions.iloc[position]
        _draw_texts(ax, block, row, is_r=data.scale.has_r)
        _draw_density(ax, block.line, row, data)
    return ax


def _draw_texts(ax: Axes, block: _Block, row: pd.Series[Any], *, is_r: bool) -> None:
    y = block.top
    if block.named:
        name = "Overall mean" if row["name"] == "overall" else str(row["name"])
        heading_line(ax, y, name)
        y += LINE
    numbers = interval_text(row["median"], row["lower"], row["upper"], is_r=is_r)
    heading_line(ax, y, TITLES[row["kind"]], numbers, bold=False)
    for number, line in enumerate(block.probabilities):
        left_text(ax, y + (number + 1.5) * LINE, line, start=0.0, width=np.inf, color=GREY)


def _draw_density(ax: Axes, line: float, row: pd.Series[Any], data: PredictiveData) -> None:
    """One density on its line, shaded by region, its median and interval under it."""
    name, kind = row["name"], row["kind"]
    own = data.densities.loc[(data.densities["name"] == name) & (data.densities["kind"] == kind)]
    beyond = data.beyond.loc[(data.beyond["name"] == name) & (data.beyond["kind"] == kind), "r"]
    levels = list(dict.fromkeys(data.predictions["name"]))
    colour = level_style(levels.index(name)).colour if len(levels) > 1 else ESTIMATE
    rope = data.rope if data.scale.has_r else 0.0
    value = np.union1d(own["value"], [0.0, -rope, rope, *beyond])
    height = np.interp(value, own["value"], own["density"], left=0.0, right=0.0)
    ridge = _ridge(data)
    top = line - ridge * height / data.densities["density"].max()

    def fill(low: float, high: float, **look: Any) -> None:
        inside = (value >= low) & (value <= high)
        ax.fill_between(value[inside], line, top[inside], lw=0, **look)

    fill(-np.inf, 0.0, color=colour, alpha=BELOW, zorder=2)
    fill(0.0, np.inf, color=colour, alpha=ABOVE, zorder=2)
    for r in beyond:
        fill(r, np.inf, color=colour, alpha=BEYOND, zorder=2.1)
    if rope:
        fill(-rope, rope, facecolor="none", edgecolor=INK, hatch=HATCH, alpha=0.5, zorder=2.2)
    ax.plot(value, top, color=colour, lw=1.0, zorder=2.3)
    ax.plot([0, 0], [line - ridge, line], color=GREY, lw=0.6, zorder=0.4)
    below = line + 0.6 * UNDER
    ax.plot([row["lower"], row["upper"]], [below, below], color=INK, lw=1.6, zorder=3)
    ax.plot([row["median"]], [below], marker="o", ms=4.2, color=INK, mec=PAPER, mew=0.5, zorder=4)
    draw_benchmarks(ax, data.benchmarks, row["coefficient"] or "-", (line - ridge, line))


def _key(data: PredictiveData) -> list[KeyEntry]:
    colour = ESTIMATE if len(set(data.predictions["name"])) == 1 else GREY
    symbol = "r" if data.scale.has_r else "effect"
    area = {"patch": True, "facecolor": colour, "edgecolor": "none"}
    entries = [
        KeyEntry(
            "Median and 95 % interval", {"color": INK, "lw": 1.6, "marker": "o", "markersize": 4.2}
        ),
        KeyEntry(f"{symbol} > 0", {**area, "alpha": ABOVE}),
        KeyEntry(f"{symbol} < 0", {**area, "alpha": BELOW}),
    ]
    if data.scale.has_r:
        hatch = {
            "patch": True,
            "facecolor": "none",
            "edgecolor": INK,
            "hatch": HATCH,
            "alpha": 0.5,
            "lw": 0,
        }
        entries.append(KeyEntry(f"|r| < {number_text(data.rope, is_r=True)}", hatch))
    if len(data.benchmarks):
        entries.append(
            KeyEntry("Above a benchmark", {**area, "alpha": 1 - (1 - ABOVE) * (1 - BEYOND)})
        )
    return [*entries, *benchmark_key(data.benchmarks)]
