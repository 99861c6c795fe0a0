"""True means of the samples against tau_sample: how strongly they are drawn together.

The figure that Gelman et al. (2013, Bayesian Data Analysis, figure 5.6) made of the eight schools.
The curves are conditional posterior means given tau_sample, everything else averaged (see
`bayes_alliance.sensitivity.shrinkage`); the posterior density of tau_sample stands under them. A
curve averaged with this density is the posterior mean of the true mean on the analysis scale. For
correlations the axis shows tanh of the conditional means of z.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from bayes_alliance.algebra.blocks import Array
from bayes_alliance.engines.fitted import Fitted
from bayes_alliance.errors import InputError, Problem
from bayes_alliance.plots.footer import Footer, footer_of
from bayes_alliance.plots.keys import KeyEntry
from bayes_alliance.plots.rows import dress, effect_axis, level_style
from bayes_alliance.plots.sheet import furnish, sheet_axes
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
from bayes_alliance.plots.wording import escape, number_text, shorten, text_width
from bayes_alliance.posterior.marginal import Marginal
from bayes_alliance.sensitivity.shrinkage import Shrinkage, shrinkage_of
from bayes_alliance.summaries.scale import Scale

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["ShrinkageData", "shrinkage", "shrinkage_data"]

#: Labelled at each end of the order, at most; and more means than this are not drawn.
EXTREMES: Final = 4
MOST_MEANS: Final = 4
#: Heights of the curves and of the density, and their distance; room for numbers; in inches.
CURVES: Final = 2.7
STRIP: Final = 0.55
PAUSE: Final = 0.1
NUMBERS: Final = 0.52
#: Room for a label at the right as a share of the width and at least, in inches; its distance, and
#: that of two labels.
LABELS: Final = 0.24
LEAST_LABEL: Final = 1.0
GAP: Final = 0.08
APART: Final = 0.125
#: Taus at which the curves are drawn.
POINTS: Final = 301
#: Curves that are drawn as strongly as they can be, and the faintest.
FEW: Final = 12
FAINTEST: Final = 0.16
#: Marks the labels and curves, so that a test can find them.
CURVE_ID, LABEL_ID = "curve", "curve label"


@dataclass(frozen=True, slots=True)
class ShrinkageData:
    """The numbers of the figure.

    Parameters
    ----------
    curves : pandas.DataFrame
        Index ``tau``; one column a sample (an effect where samples have no heterogeneity): r for
        correlations, else on the analysis scale.
    means : pandas.DataFrame
        The same of the reported means.
    density : pandas.Series
        Posterior density of tau, on the analysis scale.
    median, lower, upper : float
        Posterior median and 95 % interval of tau, those of the tables.
    labelled : tuple of int
        Positions of the samples that are labelled, from the lowest curve to the highest.
    limits : tuple of float
        Ends of the axis of tau.
    tau : str
        Which tau it is.
    scale : Scale
        How the measure is read as a correlation.
    footer : Footer
        What stands under the figure.
    """

    curves: pd.DataFrame
    means: pd.DataFrame
    density: pd.Series[float]
    median: float
    lower: float
    upper: float
    labelled: tuple[int, ...]
    limits: tuple[float, float]
    tau: str
    scale: Scale
    footer: Footer


def shrinkage_data(fitted: Fitted, *, caution: str = "") -> ShrinkageData:
    """Compute the curves of the figure.

    Parameters
    ----------
    fitted : Fitted
        The analysis.
    caution : str
        What the reader must beware of; stands under the figure in red.

    Returns
    -------
    ShrinkageData
        On r for correlations.

    Raises
    ------
    InputError
        If no single tau varies, or the true effects are not normal given the taus.
    """
    found = shrinkage_of(fitted)
    scale = Scale(fitted.design.measure)
    marginal = fitted.posterior.tau(found.level)
    limits = _limits(marginal)
    tau = pd.Index(found.tau, name="tau")
    curves = pd.DataFrame(scale.to_r(found.theta), index=tau, columns=list(found.labels))
    last = int(np.searchsorted(found.tau, limits[1])) - 1
    order = np.argsort(curves.to_numpy()[last], kind="stable")
    ends = order if len(order) <= 2 * EXTREMES else np.r_[order[:EXTREMES], order[-EXTREMES:]]
    lower, upper = marginal.interval()
    return ShrinkageData(
        curves=curves,
        means=pd.DataFrame(scale.to_r(found.means), index=tau, columns=list(found.names)),
        density=pd.Series(found.density, index=tau, name="density"),
        median=float(marginal.quantile(0.5)),
        lower=lower,
        upper=upper,
        labelled=tuple(int(i) for i in ends),
        limits=limits,
        tau=f"tau_{found.level}",
        scale=scale,
        footer=footer_of(fitted, caution=caution, also=_told(fitted, found, len(order))),
    )


def _limits(marginal: Marginal) -> tuple[float, float]:
    """Nearly all of the posterior of tau, from 0 where it reaches near it."""
    low, middle, high = (float(q) for q in marginal.quantile([0.001, 0.5, 0.995]))
    return (low if low > 0.3 * middle else 0.0), high


def _told(fitted: Fitted, found: Shrinkage, curves: int) -> str:
    design = fitted.design
    what = "true means of the samples" if found.level == "sample" else "true effects"
    told = f"Conditional posterior means of the {what} given tau_{found.level}"
    others = [
        name
        for name in ("tau_group", "tau_effect", "rho", "shrinkage")
        if name != f"tau_{found.level}" and fitted.posterior.has(name)
    ]
    if others:
        how = "averaged exactly" if found.exact else "averaged over draws"
        told += f", {' and '.join(others)} {how}"
    if design.measure == "ZCOR":
        told += " (tanh of those of z)"
    told += "."
    if curves > 2 * EXTREMES:
        told += f" {EXTREMES} lowest and {EXTREMES} highest of {curves} are labelled."
    if len(found.names) > MOST_MEANS:
        told += f" The {len(found.names)} means of the model are not drawn."
    return told


def shrinkage(
    fitted: Fitted,
    axes: Sequence[Axes] | None = None,
    *,
    width: float = TWO_COLUMNS,
    caution: str = "",
) -> tuple[Axes, Axes]:
    """Draw the true means of the samples against tau_sample, its density underneath.

    Parameters
    ----------
    fitted : Fitted
        The analysis.
    axes : pair of matplotlib.axes.Axes, optional
        Where to draw the curves and the density; labels stand right of the first, key and footer
        hang under the second. By default a new figure.
    width : float
        Of a new figure, in inches.
    caution : str
        What the reader must beware of; stands under the figure in red.

    Returns
    -------
    pair of matplotlib.axes.Axes
        The axes; ``axes[0].figure`` is the figure.

    Raises
    ------
    InputError
        If no single tau varies, the true effects are not normal given the taus, or there are not
        two axes.

    Examples
    --------
    >>> from bayes_alliance.data.bundled import load
    >>> from bayes_alliance.engines.choose import run_analysis
    >>> from bayes_alliance.spec.library import read_specification
    >>> fitted = run_analysis(load("konstantopoulos2011"), read_specification("schools"))
    >>> from bayes_alliance.plots.shrinkage import shrinkage
    >>> shrinkage(fitted)[1].get_xlabel()
    'tau_sample'
    """
    if axes is not None and len(axes) != 2:
        raise InputError(
            Problem(
                what=f"{len(axes)} axes for curves and density",
                cure="Hand in two, one above the other",
                code="axes_number",
            )
        )
    data = shrinkage_data(fitted, caution=caution)
    room = max(LABELS * width, LEAST_LABEL)
    with figure_style():
        if axes is None:
            upper, lower = _new_axes(data, width, room)
        else:
            upper, lower = axes
            furnish(lower, data.footer, _key(data))
        _draw_curves(upper, data)
        _draw_density(lower, data)
        _label_curves(upper, data, room - GAP)
    return upper, lower


def _new_axes(data: ShrinkageData, width: float, room: float) -> tuple[Axes, Axes]:
    """Axes of the curves above those of the density, in one new figure."""
    widest = max(text_width(str(data.curves.columns[i])) for i in data.labelled)
    tall = CURVES + PAUSE + STRIP
    lower = sheet_axes(
        None,
        footer=data.footer,
        key=_key(data),
        width=width,
        tall=tall,
        left=NUMBERS,
        right=min(widest + GAP, room) + 0.02,
    )
    box, figure = lower.get_position(), figure_of(lower)
    strip = box.height * STRIP / tall
    lower.set_position((box.x0, box.y0, box.width, strip))
    start = box.height * (STRIP + PAUSE) / tall
    upper = figure.add_axes((box.x0, box.y0 + start, box.width, box.height - start))
    return upper, lower


def _smooth(data: ShrinkageData, values: ArrayLike) -> tuple[Array, Array]:
    """Values at the nodes read off at many taus between the limits, by a cubic spline."""
    from scipy.interpolate import CubicSpline

    tau = np.linspace(*data.limits, POINTS)
    nodes = data.curves.index.to_numpy(float)
    return tau, np.asarray(CubicSpline(nodes, values)(np.clip(tau, nodes[0], nodes[-1])))


def _draw_curves(ax: Axes, data: ShrinkageData) -> None:
    tau, curves = _smooth(data, data.curves.to_numpy())
    faint = max(FAINTEST, min(0.8, 0.8 * (FEW / curves.shape[1]) ** 0.5))
    for i in range(curves.shape[1]):
        named = i in data.labelled
        look = {"lw": 0.9, "alpha": 0.9, "zorder": 2.5} if named else {"lw": 0.7, "alpha": faint}
        ax.plot(tau, curves[:, i], color=ESTIMATE, gid=CURVE_ID, **look)
    ax.axvline(data.median, color=GREY, lw=0.7, linestyle=(0, (4, 2)), zorder=1)
    everything = [curves]
    if len(data.means.columns) <= MOST_MEANS:
        _, means = _smooth(data, data.means.to_numpy())
        for position in range(means.shape[1]):
            ax.plot(tau, means[:, position], zorder=4, **_mean_look(data, position))
        everything.append(means)
    values = np.concatenate(everything, axis=1)
    low, high = float(values.min()), float(values.max())
    edge = 0.05 * ((high - low) or 0.1)
    ax.set_xlim(*data.limits)
    ax.set_ylim(low - edge, high + edge)
    _number_upwards(ax, is_r=data.scale.has_r)
    ax.tick_params(labelbottom=False)


def _number_upwards(ax: Axes, *, is_r: bool) -> None:
    from matplotlib.ticker import FuncFormatter, MaxNLocator

    ax.yaxis.set_major_locator(MaxNLocator(nbins=6, steps=[1, 2, 5, 10]))
    step = float(np.diff(ax.get_yticks())[0])
    digits = max(0, int(np.ceil(-np.log10(step) - 1e-9)))
    ax.yaxis.set_major_formatter(
        FuncFormatter(
            lambda y, _: "0" if abs(y) < step / 1e6 else number_text(y, is_r=is_r, digits=digits)
        )
    )
    ax.set_ylabel("Correlation (r)" if is_r else "True effect", fontsize=MEDIUM, color=INK)
    dress(ax)


def _draw_density(ax: Axes, data: ShrinkageData) -> None:
    tau, height = _smooth(data, np.asarray(data.density, float).reshape(-1))
    ax.fill_between(tau, height, color=ESTIMATE, alpha=0.22, lw=0)
    inside = ((tau >= data.lower) & (tau <= data.upper)).tolist()
    ax.fill_between(tau, height, where=inside, color=ESTIMATE, alpha=0.3, lw=0)
    ax.plot(tau, height, color=ESTIMATE, lw=1.0)
    ax.axvline(data.median, color=GREY, lw=0.7, linestyle=(0, (4, 2)), zorder=3)
    effect_axis(ax, data.limits, is_r=False, label=data.tau)
    ax.set_ylim(0, 1.08 * float(height.max()))
    ax.set_yticks([])
    ax.spines["left"].set_visible(False)


def _label_curves(ax: Axes, data: ShrinkageData, room: float) -> None:
    """Labels at the right ends of curves, moved apart where they would touch."""
    at_end = _smooth(data, data.curves.to_numpy())[1][-1, list(data.labelled)]
    low, high = ax.get_ylim()
    inches = ax.get_window_extent().height / figure_of(ax).dpi
    wanted = (at_end - low) / (high - low) * inches
    places = _moved_apart(wanted, inches)
    for i, place, value in zip(data.labelled, places, at_end, strict=True):
        ax.annotate(
            escape(shorten(str(data.curves.columns[i]), room)),
            xy=(1.0, value),
            xycoords=("axes fraction", "data"),
            xytext=(1 + GAP / (ax.get_window_extent().width / figure_of(ax).dpi), place / inches),
            textcoords="axes fraction",
            fontsize=SMALL,
            color=INK,
            va="center",
            annotation_clip=False,
            arrowprops={"arrowstyle": "-", "color": GREY, "lw": 0.4, "shrinkA": 0, "shrinkB": 0},
            gid=LABEL_ID,
        )


def _moved_apart(wanted: Array, top: float) -> Array:
    """Ascending places at least `APART` from one another, as near as can be to those wanted.

    A least-squares fit that keeps an order (isotonic regression) to the places less their due
    distances; then all are moved into the axes.
    """
    from scipy.optimize import isotonic_regression

    steps = APART * np.arange(len(wanted))
    fitted = np.asarray(isotonic_regression(wanted - steps).x)
    return np.asarray(np.clip(fitted, 0.0, max(top - steps[-1], 0.0)) + steps)


def _mean_look(data: ShrinkageData, position: int) -> dict[str, Any]:
    if len(data.means.columns) == 1:
        return {"color": INK, "lw": 1.8}
    dashes: tuple[Any, ...] = ("solid", (0, (5, 1.5)), (0, (1, 1)), (0, (6, 1.5, 1, 1.5)))
    return {"color": level_style(position).colour, "lw": 1.8, "linestyle": dashes[position]}


def _key(data: ShrinkageData) -> list[KeyEntry]:
    what = "Samples" if data.tau == "tau_sample" else "True effects"
    area: dict[str, Any] = {
        "patch": True,
        "facecolor": ESTIMATE,
        "alpha": 0.45,
        "edgecolor": "none",
    }
    entries = [KeyEntry(what, {"color": ESTIMATE, "lw": 0.9})]
    if len(data.means.columns) <= MOST_MEANS:
        for position, name in enumerate(data.means.columns):
            label = "Overall mean" if name == "overall" else str(name)
            entries.append(KeyEntry(label, _mean_look(data, position)))
    median = {"color": GREY, "lw": 0.7, "linestyle": (0, (4, 2))}
    return [
        *entries,
        KeyEntry("Density, 95 % darker", area),
        KeyEntry("Posterior median", median),
    ]
