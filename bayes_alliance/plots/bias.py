"""Means corrected under each claim about bias side by side, and the weights of the steps of p."""

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
    MEDIUM,
    PAPER,
    PRIOR,
    ROW,
    SMALL,
    TWO_COLUMNS,
    figure_style,
)
from bayes_alliance.plots.wording import interval_text, probability_text, text_width
from bayes_alliance.sensitivity.bias_answers import AVERAGED, BiasAnalysis
from bayes_alliance.summaries.scale import Scale

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = [
    "MeansData",
    "WeightsData",
    "corrected_means",
    "means_data",
    "step_weights",
    "weights_data",
]

GUTTER: Final = 0.12
TALL: Final = 1.8
AIRY: Final = 1.2
#: Names of claims that need more words in a figure.
NAMES: Final = {"selection": "selection by steps of p"}


@dataclass(frozen=True, slots=True)
class MeansData:
    """The numbers of the figure of corrected means.

    Parameters
    ----------
    rows : pandas.DataFrame
        ``coefficient``, ``model``, ``median``, ``lower``, ``upper`` (r for correlations),
        ``posterior`` (probability of the claim; 1 for the average).
    scale : Scale
        How the measure is read as a correlation.
    footer : Footer
        What stands under the figure.
    """

    rows: pd.DataFrame
    scale: Scale
    footer: Footer


@dataclass(frozen=True, slots=True)
class WeightsData:
    """The numbers of the figure of weights.

    Parameters
    ----------
    rows : pandas.DataFrame
        One row a step: ``step``, ``count``, ``median``, ``lower``, ``upper``, ``prior_mean``.
    unit : str
        What gets lost: effects or samples.
    footer : Footer
        What stands under the figure.
    """

    rows: pd.DataFrame
    unit: str
    footer: Footer


def means_data(found: BiasAnalysis, *, caution: str = "") -> MeansData:
    """Arrange the means under each claim about bias.

    Parameters
    ----------
    found : BiasAnalysis
        The finished analysis.
    caution : str
        What the reader must beware of; stands under the figure in red.

    Returns
    -------
    MeansData
        All claims of a mean together, the average last.
    """
    table = found.table.reset_index()
    order = {name: i for i, name in enumerate(found.names)}
    table = table.sort_values("coefficient", key=lambda c: c.map(order), kind="stable")
    columns = ["coefficient", "model", "median", "lower", "upper", "posterior"]
    also = "Posterior medians and 95 % intervals; right the probability of each claim."
    if found.selection is not None:
        also += f" The selection model assumes that {found.selection.steps.mechanism} get lost."
    return MeansData(
        rows=table[columns].reset_index(drop=True),
        scale=found.scale,
        footer=footer_of(found.fitted, caution=caution or _caution(found), also=also),
    )


def _caution(found: BiasAnalysis) -> str:
    if found.selection is None or not found.selection.diagnostics.cautions:
        return ""
    return "Selection model: " + "; ".join(found.selection.diagnostics.cautions) + "."


def corrected_means(
    found: BiasAnalysis, ax: Axes | None = None, *, caution: str = "", width: float = TWO_COLUMNS
) -> Axes:
    """Draw the means under each claim about bias, and averaged over the claims.

    Parameters
    ----------
    found : BiasAnalysis
        The finished analysis.
    ax : matplotlib.axes.Axes, optional
        Where to draw; by default a new figure.
    caution : str
        What the reader must beware of; stands under the figure in red.
    width : float
        Of a new figure, in inches.

    Returns
    -------
    matplotlib.axes.Axes
        The axes.
    """
    data = means_data(found, caution=caution)
    is_r, several = data.scale.has_r, len(found.names) > 1
    lines = _lines(data, several)
    numbers = data.rows[["median", "lower", "upper"]].to_numpy()
    texts = [interval_text(*row, is_r=is_r) for row in numbers]
    heading = f"{'r' if is_r else 'Mean'} [95 %]"
    with figure_style():
        labels = max(text_width(text, bold=True) for _, text, _ in lines) + GUTTER
        estimates = GUTTER + max(text_width(t) for t in [*texts, heading])
        shares = estimates + GUTTER + text_width("Probability", bold=True)
        made = sheet_axes(
            ax,
            footer=data.footer,
            width=width,
            tall=AIRY * ROW * (len(lines) + 1.2),
            left=labels,
            right=shares,
        )
        limits = axis_limits(numbers.ravel(), [], is_r=is_r)
        effect_axis(made, limits, is_r=is_r, label="Correlation (r)" if is_r else "Effect size")
        made.set_ylim(len(lines) - 0.4, -1.5)
        made.set_yticks([])
        made.spines["left"].set_visible(False)
        made.plot([0, 0], [-0.55, len(lines) - 0.4], color=GREY, lw=0.6, zorder=0.6)
        right_text(made, -1.05, heading, at=estimates, weight="bold")
        right_text(made, -1.05, "Probability", at=shares, weight="bold")
        for height, (row, text, bold) in enumerate(lines):
            weight = "bold" if bold else "normal"
            left_text(made, height, text, start=labels, width=labels - GUTTER, weight=weight)
            if row < 0:
                continue
            median, lower, upper = numbers[row]
            colour = INK if bold else ESTIMATE
            draw_interval(made, height, (lower, upper), limits, color=colour, lw=2.2, alpha=0.6)
            made.plot([median], [height], marker="D" if bold else "o", color=colour, ms=4.6,
                      mec=PAPER, mew=0.5, zorder=5)  # fmt: skip
            right_text(made, height, texts[row], at=estimates)
            if not bold:
                share = float(data.rows["posterior"].iloc[row])
                right_text(made, height, probability_text(share), at=shares)
    return made


def _lines(data: MeansData, several: bool) -> list[tuple[int, str, bool]]:
    """Row of the data (-1 for a heading), label, and whether it is bold."""
    lines: list[tuple[int, str, bool]] = []
    last = None
    for i, row in enumerate(data.rows.to_dict("records")):
        if several and row["coefficient"] != last:
            lines.append((-1, str(row["coefficient"]), True))
            last = row["coefficient"]
        model = str(row["model"])
        lines.append((i, NAMES.get(model, model), model == AVERAGED))
    return lines


def step_weights(
    found: BiasAnalysis, ax: Axes | None = None, *, caution: str = "", width: float = TWO_COLUMNS
) -> Axes:
    """Draw the weights of the steps of a selection model.

    Parameters
    ----------
    found : BiasAnalysis
        An analysis with a selection model.
    ax : matplotlib.axes.Axes, optional
        Where to draw; by default a new figure.
    caution : str
        What the reader must beware of; stands under the figure in red.
    width : float
        Of a new figure, in inches.

    Returns
    -------
    matplotlib.axes.Axes
        The axes; the steps are drawn equally wide.

    Raises
    ------
    InputError
        If there is no selection model.
    """
    data = weights_data(found, caution=caution)
    key = [
        KeyEntry("Posterior median and 95 % interval", {"color": ESTIMATE, "lw": 1.6}),
        KeyEntry("Prior mean", {"color": PRIOR, "lw": 1.2, "linestyle": (0, (3, 1.5))}),
    ]
    with figure_style():
        made = sheet_axes(
            ax, footer=data.footer, key=key, width=width, tall=TALL, left=0.5, right=0.1
        )
        dress(made)
        edges = np.arange(len(data.rows) + 1, dtype=float)
        for i, row in enumerate(data.rows.to_dict("records")):
            ends = edges[i : i + 2]
            made.fill_between(
                ends, row["lower"], row["upper"], color=ESTIMATE, alpha=0.25, linewidth=0
            )
            made.plot(ends, [row["median"]] * 2, color=ESTIMATE, lw=1.6)
            made.plot(ends, [row["prior_mean"]] * 2, color=PRIOR, lw=1.2, linestyle=(0, (3, 1.5)))
        made.set_xlim(0, edges[-1])
        made.set_ylim(0, 1.04)
        made.set_xticks(edges[:-1] + 0.5)
        steps = zip(data.rows["step"], data.rows["count"], strict=True)
        one = data.unit.removesuffix("s")
        made.set_xticklabels(
            [f"{s}  ({n} {one if n == 1 else data.unit})" for s, n in steps], fontsize=SMALL
        )
        made.tick_params(axis="x", length=0)
        made.set_xlabel("One-sided p", fontsize=MEDIUM)
        made.set_ylabel("Weight", fontsize=MEDIUM)
    return made


def weights_data(found: BiasAnalysis, *, caution: str = "") -> WeightsData:
    """Arrange the weights of a selection model.

    Parameters
    ----------
    found : BiasAnalysis
        An analysis with a selection model.
    caution : str
        What the reader must beware of; stands under the figure in red.

    Returns
    -------
    WeightsData
        One row a step.

    Raises
    ------
    InputError
        If there is no selection model.
    """
    if found.selection is None:
        raise InputError(
            Problem(
                what=f"there is no selection model: {found.refusal}",
                where="step weights",
                cure="Draw the corrected means, or take a model that has one",
                code="no_selection_model",
            )
        )
    unit = found.selection.steps.mechanism
    columns = ["step", "count", "median", "lower", "upper", "prior_mean"]
    also = "Weights: chances to be published, relative to the first step. "
    also += f"Assumed: {unit} get lost."
    return WeightsData(
        rows=found.selection.weights.reset_index()[columns],
        unit=unit,
        footer=footer_of(found.fitted, caution=caution or _caution(found), also=also),
    )
