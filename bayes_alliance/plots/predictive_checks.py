"""Does the fitted model produce data like those observed? Replicated against observed data.

The first panel holds the distribution of the effect sizes against those of replicated data sets (by
arviz-plots), the others the statistics of the posterior predictive check with their p values, which
are those of the table (`bayes_alliance.checks.predictive`).
"""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from bayes_alliance.algebra.blocks import Array
from bayes_alliance.checks.predictive import Comparison, compared_statistics
from bayes_alliance.engines.fitted import Fitted
from bayes_alliance.errors import InputError, Problem
from bayes_alliance.names import EFFECT_ID
from bayes_alliance.plots.borrowed import lend
from bayes_alliance.plots.footer import Footer, footer_height, footer_of, place_footer
from bayes_alliance.plots.keys import KeyEntry, hang_key, key_height
from bayes_alliance.plots.rows import effect_axis
from bayes_alliance.plots.sheet import furnish
from bayes_alliance.plots.style import (
    CAUTION,
    ESTIMATE,
    INK,
    LARGE,
    MARGIN,
    ONE_COLUMN,
    SMALL,
    TWO_COLUMNS,
    figure_of,
    figure_style,
    new_figure,
    placed_axes,
)
from bayes_alliance.plots.wording import escape, shorten, text_width

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["PredictiveData", "predictive_checks", "predictive_data"]

#: Replicated data sets whose distribution is drawn, and bars of a histogram.
DRAWN: Final = 50
BARS: Final = 40
#: Share of the replicated statistics that an axis shows.
SHOWN: Final = 0.998
#: Height of a panel, room above it for its title and below for its numbers, in inches.
PANEL: Final = 0.95
TITLE: Final = 0.32
TICKS: Final = 0.24
GUTTER: Final = 0.22
#: Room for half of a number beside the panels, and distance of the key below them.
SIDE: Final = 0.15
UNDER: Final = 0.3
EFFECTS: Final = "effects"


@dataclass(frozen=True, slots=True)
class PredictiveData:
    """The numbers of the figure, on the analysis scale (z for correlations).

    Parameters
    ----------
    observed : ndarray, shape (k,)
        Effect sizes.
    replicated : ndarray, shape (n, k)
        Effect sizes of up to 50 replicated data sets, evenly spaced among the draws.
    comparison : Comparison
        Statistics of all replicated data sets against those observed.
    panels : tuple of str
        What the panels show: the effects, then the statistics.
    footer : Footer
        What stands under the figure.
    """

    observed: Array
    replicated: Array
    comparison: Comparison
    panels: tuple[str, ...]
    footer: Footer


def predictive_data(fitted: Fitted, *, caution: str = "") -> PredictiveData:
    """Collect replicated and observed data and their statistics.

    Parameters
    ----------
    fitted : Fitted
        The analysis.
    caution : str
        What the reader must beware of; stands under the figure in red.

    Returns
    -------
    PredictiveData
        Effects known only to be not significant are left out of both sides.

    Raises
    ------
    InputError
        If no effect size was observed.
    """
    design = fitted.design
    seen = ~design.censored
    if not seen.any():
        raise InputError(
            Problem(
                what="no effect size was observed, and nothing can be compared with replications",
                where=f"data {fitted.effects.name!r}",
                cure="Add effects with a size",
                code="predictive_checks",
            )
        )
    comparison = compared_statistics(fitted)
    y = fitted.posterior.tree["posterior_predictive"]["y"].transpose("chain", "draw", EFFECT_ID)
    values = y.to_numpy().reshape(-1, len(design.y))[:, seen]
    chosen = np.linspace(0, len(values) - 1, min(DRAWN, len(values))).astype(int)
    also = "Replicated data: new samples and effects with the moderators and sampling errors of "
    also += "the observed ones"
    also += ", on Fisher's z." if design.measure == "ZCOR" else "."
    also += " p: share of replications in which the statistic is larger."
    left_out = int(design.censored.sum())
    if left_out:
        also += f" Without {left_out} known only to be not significant."
    return PredictiveData(
        observed=design.y[seen],
        replicated=values[chosen],
        comparison=comparison,
        panels=(EFFECTS, *comparison.table["statistic"]),
        footer=footer_of(fitted, caution=caution, also=also),
    )


def predictive_checks(
    fitted: Fitted,
    axes: Sequence[Axes] | None = None,
    *,
    width: float = TWO_COLUMNS,
    caution: str = "",
) -> tuple[Axes, ...]:
    """Draw replicated data against those observed, one panel for the effects and each statistic.

    Parameters
    ----------
    fitted : Fitted
        The analysis.
    axes : sequence of matplotlib.axes.Axes, optional
        Where to draw, one for each of ``predictive_data(fitted).panels``; key and footer hang
        under the last. By default a new figure.
    width : float
        Of a new figure, in inches.
    caution : str
        What the reader must beware of; stands under the figure in red.

    Returns
    -------
    tuple of matplotlib.axes.Axes
        The panels; ``axes[0].figure`` is the figure.

    Raises
    ------
    InputError
        If no effect size was observed, or there are not as many axes as panels.

    Examples
    --------
    >>> from bayes_alliance.data.bundled import load
    >>> from bayes_alliance.engines.choose import run_analysis
    >>> from bayes_alliance.spec.library import read_specification
    >>> fitted = run_analysis(load("konstantopoulos2011"), read_specification("schools"))
    >>> from bayes_alliance.plots.predictive_checks import predictive_checks
    >>> len(predictive_checks(fitted))
    6
    """
    data = predictive_data(fitted, caution=caution)
    if axes is not None and len(axes) != len(data.panels):
        raise InputError(
            Problem(
                what=f"{len(axes)} axes for {len(data.panels)} panels",
                cure=f"Hand in one each for {', '.join(data.panels)}",
                code="axes_number",
            )
        )
    with figure_style():
        if axes is None:
            panels = _new_panels(data, width)
        else:
            panels = tuple(axes)
            furnish(panels[-1], data.footer, _key(data))
        _draw_effects(panels[0], data)
        for ax, row in zip(panels[1:], data.comparison.table.to_dict("records"), strict=True):
            _draw_statistic(ax, row, data.comparison.replicated[str(row["statistic"])])
        for ax, title in zip(panels, data.panels, strict=True):
            _entitle(ax, title)
    return panels


def _new_panels(data: PredictiveData, width: float) -> tuple[Axes, ...]:
    """Panels in rows of three, or of two in a narrow figure."""
    columns = 3 if width > 1.5 * ONE_COLUMN else 2
    rows = -(-len(data.panels) // columns)
    room, key = width - 2 * MARGIN, _key(data)
    wide = (room - 2 * SIDE - GUTTER * (columns - 1)) / columns
    under = MARGIN + footer_height(data.footer, room) + 0.06 + key_height(key, room) + UNDER
    step = PANEL + TITLE + TICKS
    figure = new_figure(width, under + rows * step - TICKS + MARGIN)
    panels = []
    for number in range(len(data.panels)):
        row, column = divmod(number, columns)
        panels.append(
            placed_axes(
                figure,
                left=MARGIN + SIDE + column * (wide + GUTTER),
                bottom=under + (rows - 1 - row) * step,
                width=wide,
                height=PANEL,
            )
        )
    place_footer(figure, data.footer)
    hang_key(panels[(rows - 1) * columns], key, below=UNDER, width=room, left=SIDE)
    return tuple(panels)


def _draw_effects(ax: Axes, data: PredictiveData) -> None:
    """Cumulative distributions, which need no smoothing and suit few effects and many."""
    import xarray as xr
    from arviz_plots import plot_ppc_dist

    replicated = xr.Dataset({"y": (("chain", "draw", "effect"), data.replicated[None])})
    groups = {
        "posterior_predictive": replicated,
        "observed_data": xr.Dataset({"y": (("effect",), data.observed)}),
    }
    stacked = replicated.stack(sample=["chain", "draw"])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # few equal values are no counts
        plot_ppc_dist(
            xr.DataTree.from_dict(groups),
            kind="ecdf",
            num_samples=len(data.replicated),
            plot_collection=lend(ax, "y", stacked, overlaid=["sample"]),
            visuals={
                "predictive_dist": {"color": ESTIMATE, "alpha": 0.18, "width": 0.6},
                "observed_dist": {"color": INK, "width": 1.4},
                "title": False,
                "remove_axis": False,
            },
        )
    both = np.concatenate([data.observed, data.replicated.ravel()])
    low, high = np.quantile(both, [(1 - SHOWN) / 2, (1 + SHOWN) / 2])
    low, high = min(low, data.observed.min()), max(high, data.observed.max())
    _finish(ax, float(low), float(high))
    ax.set_ylim(0, 1.03)


def _draw_statistic(ax: Axes, row: dict[Any, Any], replicated: Array) -> None:
    values = replicated[np.isfinite(replicated)]
    low, high = np.quantile(values, [(1 - SHOWN) / 2, (1 + SHOWN) / 2])
    low, high = min(float(low), row["observed"]), max(float(high), row["observed"])
    bins = np.linspace(low, high if high > low else low + 1e-9, BARS + 1)
    heights, _ = np.histogram(values, bins)
    middles = 0.5 * (bins[1:] + bins[:-1])
    inside = (middles >= row["lower"]) & (middles <= row["upper"])
    for chosen, alpha in ((inside, 0.55), (~inside, 0.25)):
        ax.stairs(heights * chosen, bins, fill=True, color=ESTIMATE, alpha=alpha, lw=0)
    top = float(heights.max()) or 1.0
    colour = INK if row["passed"] else CAUTION
    ax.plot([row["observed"]] * 2, [0, 1.12 * top], color=colour, lw=1.4, zorder=4)
    _finish(ax, low, high)
    ax.set_ylim(0, 1.4 * top)
    right = row["observed"] < 0.5 * (low + high)
    place = (0.99, "right") if right else (0.01, "left")
    ax.annotate(_p_text(row["p"]), (place[0], 0.99), xycoords="axes fraction", fontsize=SMALL,
                color=colour, ha=place[1], va="top")  # fmt: skip


def _p_text(p: float) -> str:
    if p < 0.001:
        return "p < .001"
    return "p > .999" if p > 0.999 else f"p = {p:.3f}".replace("0.", ".", 1)


def _finish(ax: Axes, low: float, high: float) -> None:
    from matplotlib.ticker import MaxNLocator

    edge = 0.03 * ((high - low) or 1.0)
    effect_axis(ax, (low - edge, high + edge), is_r=False, label="")
    ax.xaxis.set_major_locator(MaxNLocator(nbins=4, steps=[1, 2, 5, 10]))
    ax.set_yticks([])
    ax.spines["left"].set_visible(False)


def _entitle(ax: Axes, title: str) -> None:
    """Write the name of a statistic above its panel, a shorter one where there is no room."""
    wide = ax.get_window_extent().width / figure_of(ax).dpi
    size = LARGE if wide > 1.8 else SMALL
    named = title.replace("sd of", "SD of", 1)
    named = named[:1].upper() + named[1:]
    if text_width(named, size=size) > wide:
        named = named.replace("standardised", "std.")
    ax.set_title(escape(shorten(named, wide, size=size)), fontsize=size, loc="left", pad=4)


def _key(data: PredictiveData) -> list[KeyEntry]:
    area: dict[str, Any] = {
        "patch": True,
        "facecolor": ESTIMATE,
        "alpha": 0.55,
        "edgecolor": "none",
    }
    entries = [
        KeyEntry("Observed", {"color": INK, "lw": 1.4}),
        KeyEntry("Replicated, 95 % darker", area),
    ]
    if not data.comparison.table["passed"].all():
        entries.append(KeyEntry("Observed, the check fails", {"color": CAUTION, "lw": 1.4}))
    return entries
