r"""Effects against their standard errors, by level, with contours of the fitted model.

Left every effect with its sampling standard error, right every sample's mean with its own: the
weighted mean :math:`1'W_iy_i / 1'W_i1`, :math:`W_i = (V_i + \tau_{effect}^2 I)^{-1}`, has the
standard error :math:`(1'W_i1)^{-1/2}`. Inner contours hold 95 % if the true effects are all alike,
outer ones with the heterogeneity that the model found (posterior medians). Effects stand as
deviations from their fitted means where the model has more than one mean.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
import pandas as pd
from scipy.special import ndtr, ndtri

from bayes_alliance.algebra.blocks import Array
from bayes_alliance.engines.fitted import Fitted
from bayes_alliance.names import INTERVAL_PROBABILITY, TAU_EFFECT, TAU_SAMPLE
from bayes_alliance.plots.footer import Footer, footer_height, footer_of, place_footer
from bayes_alliance.plots.keys import KeyEntry, hang_key, key_height
from bayes_alliance.plots.rows import effect_axis
from bayes_alliance.plots.sheet import AXIS_LABEL, PAUSE, furnish
from bayes_alliance.plots.style import (
    CAUTION,
    ESTIMATE,
    GREY,
    INK,
    LARGE,
    MARGIN,
    MEDIUM,
    PAPER,
    TWO_COLUMNS,
    figure_style,
    new_figure,
    placed_axes,
)
from bayes_alliance.sensitivity.bias_answers import BiasAnalysis

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["FunnelData", "funnel", "funnel_data"]

LEVELS: Final = ("effect", "sample")
AXES: Final = {"ZCOR": "Fisher's z", "COR": "Correlation (r)", "GEN": "Effect size"}
TITLES: Final = {"effect": "Effects", "sample": "Means of samples"}
#: Height of a panel, room for the numbers of the vertical axis and its name, and between panels.
TALL: Final = 2.6
NUMBERS: Final = 0.5
GUTTER: Final = 0.25
TITLE: Final = 0.3
EDGE: Final = 0.1
#: Figures narrower than this have their panels one above the other; in inches.
STACKED: Final = 5.0
POINTS: Final = 101
#: One-sided p below which a result is drawn filled.
SIGNIFICANT: Final = 0.025


@dataclass(frozen=True, slots=True)
class FunnelData:
    """The numbers of the figure.

    Parameters
    ----------
    points : pandas.DataFrame
        ``level`` (effect, sample), ``label``, ``effect``, ``se``, ``p`` (one-sided, in the
        direction of the mean).
    contours : pandas.DataFrame
        ``level``, ``se``, ``mean``, ``alike_lower``, ``alike_upper``, ``varied_lower``,
        ``varied_upper``; ``slope`` (mean plus PET slope times standard error; NaN without PET on
        the standard error).
    deviations : bool
        Whether effects stand as deviations from their fitted means.
    label : str
        Name of the horizontal axis.
    footer : Footer
        What stands under the figure.
    """

    points: pd.DataFrame
    contours: pd.DataFrame
    deviations: bool
    label: str
    footer: Footer


def funnel_data(
    fitted: Fitted, bias: BiasAnalysis | None = None, *, caution: str = ""
) -> FunnelData:
    """Arrange effects and samples of an analysis by their standard errors.

    Parameters
    ----------
    fitted : Fitted
        The analysis.
    bias : BiasAnalysis, optional
        Its regressions on the standard error; PET adds a line.
    caution : str
        What the reader must beware of; stands under the figure in red.

    Returns
    -------
    FunnelData
        On the analysis scale.
    """
    design, posterior = fitted.design, fitted.posterior
    means = np.array([posterior.linear(w).mean for w in np.eye(len(design.coefficients))])
    expected = design.X @ means
    deviations = bool(np.ptp(expected) > 1e-9)
    centre = 0.0 if deviations else float(expected[0])
    shown = design.y - expected if deviations else design.y
    tau_sample = _between(fitted)
    tau_effect = float(posterior.tau("effect").quantile(0.5)) if posterior.has(TAU_EFFECT) else 0.0
    sign = 1.0 if float(expected.mean()) >= 0 else -1.0
    se = np.sqrt(design.variances)
    effects = pd.DataFrame(
        {
            "level": "effect",
            "label": design.effect_ids,
            "effect": shown,
            "se": se,
            "p": ndtr(-sign * design.y / se),
        }
    )
    samples = _samples(fitted, shown, tau_effect, sign)
    spread = {"effect": float(np.hypot(tau_sample, tau_effect)), "sample": tau_sample}
    slope = None if len(means) > 1 else _pet(bias)
    contours = pd.concat(
        [
            _contours(level, float(own["se"].max()), centre, spread[level], slope)
            for level, own in (("effect", effects), ("sample", samples))
        ],
        ignore_index=True,
    )
    scale = AXES[design.measure]
    return FunnelData(
        points=pd.concat([effects, samples], ignore_index=True),
        contours=contours,
        deviations=deviations,
        label=f"{scale}, deviation from its fitted mean" if deviations else scale,
        footer=footer_of(fitted, caution=caution, also=_also(fitted)),
    )


def _between(fitted: Fitted) -> float:
    """Posterior median of the standard deviation of sample means, that of groups included."""
    design, posterior = fitted.design, fitted.posterior
    if design.groups is None and design.scales is None:
        has = posterior.has(TAU_SAMPLE)
        return float(posterior.tau("sample").quantile(0.5)) if has else 0.0
    return float(np.median(posterior.spread(("sample",))))


def _also(fitted: Fitted) -> str:
    """What the contours are, and what they leave out."""
    design = fitted.design
    told = ["Inner contours: 95 % if all true effects were alike; outer: with heterogeneity"]
    told += ["that of groups included"] if design.groups is not None else []
    told += ["averaged over scales"] if design.scales is not None else []
    told += ["at the average of its terms"] if design.scale_models else []
    told += ["at the scale of the t of sample effects"] if design.df is not None else []
    return f"{', '.join(told)}."


def _samples(fitted: Fitted, shown: Array, tau_effect: float, sign: float) -> pd.DataFrame:
    design, blocks = fitted.design, fitted.posterior.blocks
    rho = fitted.typical_rho
    rows = []
    for i, (start, name) in enumerate(zip(design.starts, design.sample_ids, strict=True)):
        V = blocks.sampling_covariance(i, np.nan if rho is None else rho)
        own = slice(start, start + len(V))
        weights = np.linalg.solve(V + tau_effect**2 * np.eye(len(V)), np.ones(len(V)))
        se = 1 / np.sqrt(weights.sum())
        effect, raw = (weights @ values[own] / weights.sum() for values in (shown, design.y))
        rows.append(("sample", name, effect, se, ndtr(-sign * raw / se)))
    return pd.DataFrame(rows, columns=["level", "label", "effect", "se", "p"])


def _pet(bias: BiasAnalysis | None) -> tuple[float, float] | None:
    """Mean at standard error 0 and slope of PET, where it is on the standard error."""
    for fit in () if bias is None else bias.regressions:
        if fit.column.label == "standard error":
            return float(fit.posterior.linear(np.array([1.0, 0.0])).mean), fit.slope.mean
    return None


def _contours(
    level: str, largest: float, centre: float, tau: float, slope: tuple[float, float] | None
) -> pd.DataFrame:
    se = np.linspace(0, 1.04 * largest, POINTS)
    z = float(ndtri((1 + INTERVAL_PROBABILITY) / 2))
    alike, varied = z * se, z * np.hypot(se, tau)
    line = np.full(POINTS, np.nan) if slope is None else slope[0] + slope[1] * se
    return pd.DataFrame(
        {
            "level": level,
            "se": se,
            "mean": centre,
            "alike_lower": centre - alike,
            "alike_upper": centre + alike,
            "varied_lower": centre - varied,
            "varied_upper": centre + varied,
            "slope": line if level == "effect" else np.nan,
        }
    )


def funnel(
    fitted: Fitted,
    bias: BiasAnalysis | None = None,
    axes: tuple[Axes, Axes] | None = None,
    *,
    width: float = TWO_COLUMNS,
    caution: str = "",
) -> tuple[Axes, Axes]:
    """Draw the funnel of effects and that of samples.

    Parameters
    ----------
    fitted : Fitted
        The analysis.
    bias : BiasAnalysis, optional
        Its regressions on the standard error; PET adds a line.
    axes : pair of matplotlib.axes.Axes, optional
        Where to draw effects and samples; by default a new figure.
    width : float
        Of a new figure, in inches; below 5 the panels stand one above the other.
    caution : str
        What the reader must beware of; stands under the figure in red.

    Returns
    -------
    pair of matplotlib.axes.Axes
        Effects and samples; ``axes[0].figure`` is the figure.

    Examples
    --------
    >>> from bayes_alliance.data.bundled import load
    >>> from bayes_alliance.engines.choose import run_analysis
    >>> from bayes_alliance.spec.library import read_specification
    >>> fitted = run_analysis(load("molloy2014"), read_specification("two_level"))
    >>> effects, samples = funnel(fitted)
    >>> effects.get_ylabel()
    'Standard error'
    """
    data = funnel_data(fitted, bias, caution=caution)
    with figure_style():
        if axes is None:
            axes = _new_axes(data, width)
        else:
            furnish(axes[0], data.footer, _key(data), left=NUMBERS)
        limits = _limits(data)
        for ax, level in zip(axes, LEVELS, strict=True):
            _draw(ax, data, level, limits)
    return axes


def _new_axes(data: FunnelData, width: float) -> tuple[Axes, Axes]:
    room, key, stacked = width - 2 * MARGIN, _key(data), width < STACKED
    under = AXIS_LABEL + key_height(key, room) + PAUSE + footer_height(data.footer, room) + MARGIN
    upper = under + TALL + TITLE + AXIS_LABEL if stacked else under
    figure = new_figure(width, upper + TALL + TITLE)
    wide = room - NUMBERS - EDGE if stacked else (room - 2 * NUMBERS - GUTTER) / 2
    left = MARGIN + NUMBERS
    beside = left if stacked else left + wide + NUMBERS + GUTTER
    first = placed_axes(figure, left=left, bottom=upper, width=wide, height=TALL)
    second = placed_axes(figure, left=beside, bottom=under, width=wide, height=TALL)
    place_footer(figure, data.footer)
    lowest = second if stacked else first
    hang_key(lowest, key, below=AXIS_LABEL, width=room, left=NUMBERS)
    return first, second


def _limits(data: FunnelData) -> tuple[float, float]:
    """One horizontal axis for both panels, so that they can be compared."""
    columns = ["alike_lower", "alike_upper", "varied_lower", "varied_upper"]
    values = np.append(data.contours[columns].to_numpy().ravel(), data.points["effect"])
    low, high = float(values.min()), float(values.max())
    edge = 0.03 * (high - low)
    return low - edge, high + edge


def _key(data: FunnelData) -> list[KeyEntry]:
    dot = {"marker": "o", "linestyle": "", "markersize": 3.6, "markeredgecolor": ESTIMATE}
    entries = [
        KeyEntry("One-sided p < .025", {**dot, "color": ESTIMATE}),
        KeyEntry("p > .025", {**dot, "color": PAPER}),
        KeyEntry("95 % without heterogeneity", {"color": GREY, "lw": 0.9}),
        KeyEntry("95 % with heterogeneity", {"color": GREY, "lw": 0.9, "linestyle": (0, (4, 2))}),
    ]
    if data.contours["slope"].notna().any():
        entries.append(KeyEntry("PET", {"color": CAUTION, "lw": 1.1}))
    return entries


def _draw(ax: Axes, data: FunnelData, level: str, limits: tuple[float, float]) -> None:
    lines = data.contours.loc[data.contours["level"] == level]
    own = data.points.loc[data.points["level"] == level]
    effect_axis(ax, limits, is_r=False, label=data.label)
    ax.set_ylim(float(lines["se"].max()), 0.0)
    ax.set_ylabel("Standard error", fontsize=MEDIUM)
    ax.set_title(TITLES[level], fontsize=LARGE, loc="left", color=INK)
    ax.plot(lines["mean"], lines["se"], color=GREY, lw=0.6)
    for side in ("lower", "upper"):
        ax.plot(lines[f"alike_{side}"], lines["se"], color=GREY, lw=0.9)
        ax.plot(lines[f"varied_{side}"], lines["se"], color=GREY, lw=0.9, linestyle=(0, (4, 2)))
    if lines["slope"].notna().any():
        ax.plot(lines["slope"], lines["se"], color=CAUTION, lw=1.1)
    for filled in (False, True):
        some = own.loc[(own["p"] <= SIGNIFICANT) == filled]
        ax.plot(
            some["effect"], some["se"], linestyle="", marker="o", ms=3.4, mec=ESTIMATE, mew=0.7,
            color=ESTIMATE if filled else PAPER, zorder=4,
        )  # fmt: skip
