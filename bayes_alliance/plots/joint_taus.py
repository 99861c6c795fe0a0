"""Both standard deviations at once: how much the true effects vary, and at which level.

Highest-density regions of the joint posterior of tau_sample and tau_effect. Arcs around the origin
join what has the same total, sqrt(tau_sample^2 + tau_effect^2); straight lines through the origin
join what has the same share of the variance between samples. Where rho or another tau was
estimated too, the density is averaged over it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from bayes_alliance.algebra.blocks import Array
from bayes_alliance.engines.fitted import Fitted
from bayes_alliance.engines.reml.twin import frequentist_twin
from bayes_alliance.engines.reml.twin_record import Twin
from bayes_alliance.errors import InputError, Problem
from bayes_alliance.names import TAU_EFFECT, TAU_GROUP, TAU_SAMPLE
from bayes_alliance.plots.footer import Footer, footer_of
from bayes_alliance.plots.keys import KeyEntry
from bayes_alliance.plots.rows import dress, effect_axis
from bayes_alliance.plots.sheet import sheet_axes
from bayes_alliance.plots.style import (
    CAUTION,
    ESTIMATE,
    GREY,
    INK,
    MARGIN,
    MEDIUM,
    PAPER,
    SMALL,
    TWO_COLUMNS,
    figure_style,
)
from bayes_alliance.posterior.joint_taus import joint_taus_of
from bayes_alliance.posterior.marginal import Marginal

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["REGIONS", "JointTausData", "joint_taus", "joint_taus_data"]

#: Probabilities of the highest-density regions.
REGIONS: Final = (0.5, 0.8, 0.95)
#: Shares of the variance between samples at which lines are drawn.
SHARES: Final = (0.1, 0.25, 0.5, 0.75, 0.9)
#: Values along each tau.
POINTS: Final = 241
#: Longest side of the axes in inches, room for the numbers left of them, and a little at the right.
SIDE: Final = 3.7
NUMBERS: Final = 0.5
EDGE: Final = 0.08
#: Marks the lines of equal share and total, so that a test can find them.
SHARE_ID, TOTAL_ID = "share", "total"


@dataclass(frozen=True, slots=True)
class JointTausData:
    """The numbers of the figure, on the analysis scale (z for correlations).

    Parameters
    ----------
    tau_sample, tau_effect : ndarray, shape (n,) and (m,)
        Values of both standard deviations.
    density : ndarray, shape (m, n)
        Joint posterior density.
    levels : tuple of float
        Densities at the borders of the regions of 50, 80 and 95 %.
    median : tuple of float
        Posterior medians of tau_sample and tau_effect, those of the tables.
    reml : tuple of float or None
        REML estimates of both; None where there are none, or none of each.
    reml_total : float or None
        REML estimate of the total, where the data do not tell the two apart.
    limit : float
        End of both axes.
    exact : bool
        Whether the density is exact and not an estimate from draws.
    footer : Footer
        What stands under the figure.
    """

    tau_sample: Array
    tau_effect: Array
    density: Array
    levels: tuple[float, ...]
    median: tuple[float, float]
    reml: tuple[float, float] | None
    reml_total: float | None
    limit: float
    exact: bool
    footer: Footer


def joint_taus_data(
    fitted: Fitted, twin: Twin | None = None, *, caution: str = ""
) -> JointTausData:
    """Compute the joint posterior density of both taus.

    Parameters
    ----------
    fitted : Fitted
        The analysis.
    twin : Twin, optional
        The same model by REML; by default it is fitted.
    caution : str
        What the reader must beware of; stands under the figure in red.

    Returns
    -------
    JointTausData
        On the analysis scale.

    Raises
    ------
    InputError
        If the model has not both taus, or one of them is fixed.
    """
    _refuse(fitted)
    posterior = fitted.posterior
    twin = twin or frequentist_twin(fitted.design, rho=fitted.typical_rho)
    sample, effect = posterior.tau("sample"), posterior.tau("effect")
    x, y = _values(sample), _values(effect)
    density = joint_taus_of(posterior).density(x, y)
    levels = _levels(density, x, y)
    median = float(sample.quantile(0.5)), float(effect.quantile(0.5))
    reml, total = _reml(twin)
    rows, columns = np.nonzero(density >= levels[-1])
    reach = max(float(x[columns].max()), float(y[rows].max()), *median, *(reml or ()), total or 0.0)
    return JointTausData(
        tau_sample=x,
        tau_effect=y,
        density=density,
        levels=levels,
        median=median,
        reml=reml,
        reml_total=total,
        limit=1.16 * reach,
        exact=posterior.has_exact_densities,
        footer=footer_of(fitted, caution=caution, also=_told(fitted, twin)),
    )


def _refuse(fitted: Fitted) -> None:
    design, posterior = fitted.design, fitted.posterior
    missing = [
        name
        for name, prior in ((TAU_SAMPLE, design.tau_sample), (TAU_EFFECT, design.tau_effect))
        if prior is None or prior.support == "point" or not posterior.has(name)
    ]
    if not missing:
        return
    cure = "Ask for plot_shrinkage or plot_priors, which show one tau"
    if design.scales is not None:
        cure = "Ask for plot_priors: here every scale has a tau_sample of its own"
    elif len(missing) == 2:
        cure = "Choose a model with heterogeneity at both levels, for example three_level"
    raise InputError(
        Problem(
            what=f"the joint density of two taus needs both of them, and this model does not "
            f"estimate {' and '.join(missing)}",
            where=f"model {fitted.specification.name!r}",
            cure=cure,
            code="joint_taus",
        )
    )


def _values(marginal: Marginal) -> Array:
    """Values over nearly all of a tau, denser where it is small; from 0 where it may be near it."""
    low, middle, high = (float(q) for q in marginal.quantile([0.0002, 0.5, 0.9998]))
    start, stop = low - 0.2 * (middle - low), high + 0.1 * (high - middle)
    scale = max(middle, 1e-9)
    ends = np.arcsinh(np.array([max(start, 0.0), stop]) / scale)
    return np.asarray(scale * np.sinh(np.linspace(float(ends[0]), float(ends[1]), POINTS)))


def _levels(density: Array, x: Array, y: Array) -> tuple[float, ...]:
    """Densities above which the regions lie, the values being the nodes of a trapezoidal rule."""
    weights = np.outer(*(np.convolve(np.diff(v), [0.5, 0.5]) for v in (y, x)))
    heights = np.where(np.isfinite(density), density, 0.0)
    order = np.argsort(heights, axis=None)[::-1]
    mass = np.cumsum((heights * weights).ravel()[order])
    reached = np.searchsorted(mass, np.array(REGIONS) * mass[-1])
    return tuple(float(v) for v in heights.ravel()[order][reached])


def _reml(twin: Twin) -> tuple[tuple[float, float] | None, float | None]:
    """REML estimates of both taus, or of the total alone."""
    sample, effect = twin.sigma2_sample, twin.sigma2_effect
    if twin.unavailable or sample is None or effect is None:
        return None, None
    if not twin.identified and sample + effect > 0:
        return None, float(np.sqrt(sample + effect))
    return (float(np.sqrt(sample)), float(np.sqrt(effect))), None


def _told(fitted: Fitted, twin: Twin) -> str:
    """What the reader has to know of the figure."""
    posterior, design = fitted.posterior, fitted.design
    how = "Exact density" if posterior.has_exact_densities else "Kernel estimate from draws"
    scale = " on Fisher's z" if design.measure == "ZCOR" else ""
    told = f"{how}{scale}; an arc joins equal total tau, read where it meets an axis."
    others = [name for name in ("rho", TAU_GROUP) if posterior.has(name)]
    if others:
        told += f" Averaged over {' and '.join(others)}."
    if TAU_GROUP in others:
        told += " Total and share are without tau_group."
    if design.df is not None:
        told += " tau_sample is the scale of a t."
    if design.scale_models:
        told += " Taus that depend on terms are at their average."
    if twin.unavailable:
        told += f" No REML estimate: {twin.unavailable.rstrip('.')}."
    elif not twin.identified:
        told += " REML does not tell the two apart and has only their total."
    elif twin.plainer:
        told += f" REML leaves out {twin.plainer.rstrip('.')}."
    return told


def joint_taus(
    fitted: Fitted,
    ax: Axes | None = None,
    *,
    twin: Twin | None = None,
    width: float = TWO_COLUMNS,
    caution: str = "",
) -> Axes:
    """Draw the joint posterior density of tau_sample and tau_effect.

    Parameters
    ----------
    fitted : Fitted
        The analysis.
    ax : matplotlib.axes.Axes, optional
        Where to draw; by default a new figure.
    twin : Twin, optional
        The same model by REML; by default it is fitted.
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
        If the model has not both taus.

    Examples
    --------
    >>> from bayes_alliance.data.bundled import load
    >>> from bayes_alliance.engines.choose import run_analysis
    >>> from bayes_alliance.spec.library import read_specification
    >>> fitted = run_analysis(load("konstantopoulos2011"), read_specification("schools"))
    >>> from bayes_alliance.plots.joint_taus import joint_taus
    >>> joint_taus(fitted).get_xlabel()
    'tau_sample (between samples)'
    """
    data = joint_taus_data(fitted, twin, caution=caution)
    side = min(width - 2 * MARGIN - NUMBERS - EDGE, SIDE)
    spare = (width - 2 * MARGIN - NUMBERS - EDGE - side) / 2
    with figure_style():
        axes = sheet_axes(
            ax,
            footer=data.footer,
            key=_key(data),
            width=width,
            tall=side,
            left=NUMBERS + spare,
            right=EDGE + spare,
        )
        _draw(axes, data)
    return axes


def _draw(ax: Axes, data: JointTausData) -> None:
    limits = (0.0, data.limit)
    effect_axis(ax, limits, is_r=False, label="tau_sample (between samples)")
    ax.set_ylim(*limits)
    ax.set_aspect("equal", adjustable="box")
    ax.yaxis.set_major_locator(ax.xaxis.get_major_locator())
    ax.yaxis.set_major_formatter(ax.xaxis.get_major_formatter())
    ax.set_ylabel("tau_effect (within samples)", fontsize=MEDIUM, color=INK)
    dress(ax)
    _draw_guides(ax, data.limit)
    borders = [*sorted(data.levels), np.inf]
    shown = np.where(np.isfinite(data.density), data.density, 2 * data.levels[0])
    for low, alpha in zip(borders[:-1], (0.16, 0.22, 0.34), strict=True):
        ax.contourf(
            data.tau_sample, data.tau_effect, shown, [low, np.inf], colors=[ESTIMATE], alpha=alpha,
            zorder=2,
        )  # fmt: skip
    if len(set(data.levels)) == len(data.levels):
        ax.contour(
            data.tau_sample, data.tau_effect, shown, sorted(data.levels), colors=[ESTIMATE],
            linewidths=0.9, linestyles=[(0, (1, 1.2)), (0, (4, 1.6)), "solid"], zorder=2.5,
        )  # fmt: skip
    ax.plot(*([v] for v in data.median), **_POINT, zorder=5, clip_on=False)
    if data.reml is not None:
        ax.plot(*([v] for v in data.reml), **_REML, zorder=6, clip_on=False)
    if data.reml_total is not None:
        angle = np.linspace(0, np.pi / 2, 91)
        ax.plot(data.reml_total * np.cos(angle), data.reml_total * np.sin(angle), **_REML_TOTAL)


def _draw_guides(ax: Axes, limit: float) -> None:
    """Arcs of equal total, which start from the ticks, and lines of equal share, labelled."""
    angle = np.linspace(0, np.pi / 2, 91)
    for total in ax.get_xticks():
        if 0 < total <= limit:
            ax.plot(total * np.cos(angle), total * np.sin(angle), color=GREY, lw=0.5, alpha=0.6,
                    zorder=1, gid=TOTAL_ID)  # fmt: skip
    for share in SHARES:
        across, up = np.sqrt(share), np.sqrt(1 - share)
        reach = limit / max(across, up)
        ax.plot([0, reach * across], [0, reach * up], color=GREY, lw=0.6,
                linestyle=(0, (1, 2)), zorder=1, gid=SHARE_ID)  # fmt: skip
        ax.annotate(
            f"{100 * share:.0f} %", (0.955 * reach * across, 0.955 * reach * up), fontsize=SMALL,
            color=GREY, ha="center", va="center", zorder=4,
            bbox={"facecolor": PAPER, "edgecolor": "none", "pad": 0.8}, annotation_clip=False,
        )  # fmt: skip


_POINT: Final[dict[str, Any]] = {
    "marker": "o", "ms": 5, "color": ESTIMATE, "mec": PAPER, "mew": 0.7, "lw": 0,
}  # fmt: skip
_REML: Final[dict[str, Any]] = {
    "marker": "D", "ms": 5, "color": CAUTION, "mec": PAPER, "mew": 0.7, "lw": 0,
}  # fmt: skip
_REML_TOTAL: Final[dict[str, Any]] = {"color": CAUTION, "lw": 1.2, "linestyle": (0, (5, 1.5))}


def _key(data: JointTausData) -> list[KeyEntry]:
    line = {"color": ESTIMATE, "lw": 0.9}
    dashes: tuple[Any, ...] = ("solid", (0, (4, 1.6)), (0, (1, 1.2)))
    entries = [
        KeyEntry(f"{100 * region:.0f} % region", {**line, "linestyle": dash})
        for region, dash in zip(REGIONS, dashes, strict=True)
    ]
    entries.append(KeyEntry("Posterior medians", _POINT))
    if data.reml is not None:
        entries.append(KeyEntry("REML estimate", _REML))
    if data.reml_total is not None:
        entries.append(KeyEntry("REML estimate of the total", _REML_TOTAL))
    shares: dict[str, Any] = {"color": GREY, "lw": 0.6, "linestyle": (0, (1, 2))}
    entries.append(KeyEntry("Share between samples", shares))
    entries.append(KeyEntry("Total tau", {"color": GREY, "lw": 0.5}))
    return entries
