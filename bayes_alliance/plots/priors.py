"""Prior against posterior of every parameter: what the data have taught.

Prior densities are exact (see `bayes_alliance.sensitivity.beliefs`). Posterior densities are those
of the posterior's marginals: exact where the engine has them, otherwise kernel estimates, reflected
at 0 for standard deviations (Silverman 1986, section 2.10).

Where both densities at 0 are exact, finite and positive, they are marked: their ratio is the Bayes
factor of 0 against any other value (Dickey 1971; `bayes_alliance.sensitivity.savage_dickey`). The
same 0 has no such ratio under priors that vanish there, such as the inverse gamma.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd

from bayes_alliance.engines.fitted import Fitted
from bayes_alliance.errors import InputError, Problem
from bayes_alliance.names import TAU_EFFECT, TAU_SAMPLE
from bayes_alliance.plots.footer import Footer, footer_of
from bayes_alliance.plots.keys import KeyEntry
from bayes_alliance.plots.rows import effect_axis
from bayes_alliance.plots.sheet import furnish, panel_axes
from bayes_alliance.plots.style import (
    ESTIMATE,
    INK,
    LARGE,
    PAPER,
    PRIOR,
    SMALL,
    TWO_COLUMNS,
    figure_of,
    figure_style,
)
from bayes_alliance.plots.wording import escape, shorten, text_width
from bayes_alliance.sensitivity.beliefs import Belief, beliefs_of
from bayes_alliance.sensitivity.hypotheses import Hypothesis
from bayes_alliance.sensitivity.savage_dickey import savage_dickey
from bayes_alliance.summaries.evidence import ratio_text

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["PriorsData", "priors", "priors_data"]

POINTS: Final = 601
#: The axis shows the prior as far as its central 95 %, but at most this many times the posterior.
REACH: Final = 5.0
#: Marks the points at 0, so that a test can find them.
ORDINATE_ID: Final = "ordinate"
#: Height of a panel in inches.
PANEL: Final = 1.15


@dataclass(frozen=True, slots=True)
class PriorsData:
    """The numbers of the figure.

    Parameters
    ----------
    densities : pandas.DataFrame
        ``parameter``, ``value``, ``prior`` and ``posterior`` (densities); 601 values a parameter,
        on the analysis scale (z for correlations).
    parameters : tuple of str
        Coefficients, then the standard deviations, then the shrinkage factor and rho, where they
        were estimated.
    ordinates : pandas.DataFrame
        Index ``parameter``; ``prior`` and ``posterior``, the exact densities at 0, and
        ``log_bf01``, the log of the Bayes factor of 0 against other values. Parameters without
        a Savage-Dickey ratio are left out.
    footer : Footer
        What stands under the figure.
    """

    densities: pd.DataFrame
    parameters: tuple[str, ...]
    ordinates: pd.DataFrame
    footer: Footer


def priors_data(fitted: Fitted, *, ordinates: bool = True, caution: str = "") -> PriorsData:
    """Compute prior and posterior densities of every parameter.

    Parameters
    ----------
    fitted : Fitted
        The analysis.
    ordinates : bool
        Whether the densities at 0 are told where their ratio is a Bayes factor.
    caution : str
        What the reader must beware of; stands under the figure in red.

    Returns
    -------
    PriorsData
        On the analysis scale. Parameters fixed at a value are left out.
    """
    beliefs = beliefs_of(fitted)
    also = "Densities on the analysis scale"
    also += " (Fisher's z)." if fitted.design.measure == "ZCOR" else "."
    marked = _ordinates(fitted, beliefs if ordinates else ())
    if len(marked):
        also += " BF01: posterior over prior density at 0 (points), exact (Savage-Dickey)."
    return PriorsData(
        densities=pd.concat(
            [_densities(belief, belief.name in marked.index) for belief in beliefs],
            ignore_index=True,
        ),
        parameters=tuple(belief.name for belief in beliefs),
        ordinates=marked,
        footer=footer_of(fitted, caution=caution, also=also),
    )


def _ordinates(fitted: Fitted, beliefs: Sequence[Belief]) -> pd.DataFrame:
    """Exact densities at 0 of the parameters whose ratio of them is a Bayes factor."""
    design, grid = fitted.design, fitted.posterior.grid
    rows = []
    for belief in beliefs:
        if grid is None:
            break
        if belief.name in design.coefficients:
            unit = np.eye(len(design.coefficients))[[design.coefficients.index(belief.name)]]
            null = Hypothesis(f"{belief.name} = 0", f"{belief.name} is not 0", "null", unit)
        elif belief.name in (TAU_SAMPLE, TAU_EFFECT):
            level = belief.name.removeprefix("tau_")
            null = Hypothesis(
                f"{belief.name} = 0", f"{belief.name} > 0", "null",
                np.empty((0, len(design.coefficients))), (level,),
            )  # fmt: skip
        else:
            continue
        log_bf10 = savage_dickey(design, null, grid)
        if log_bf10 is not None:
            heights = float(belief.prior(0.0)), float(belief.posterior.pdf(0.0))
            rows.append((belief.name, *heights, -log_bf10))
    columns = ["parameter", "prior", "posterior", "log_bf01"]
    return pd.DataFrame(rows, columns=columns).set_index("parameter")


def _densities(belief: Belief, with_zero: bool) -> pd.DataFrame:
    low, median, high = belief.posterior.quantile([0.0005, 0.5, 0.9995])
    width = max(float(high - low), 1e-9)
    start = min(low - 0.1 * width, max(belief.middle[0], median - REACH * width))
    stop = max(high + 0.1 * width, min(belief.middle[1], median + REACH * width))
    if with_zero:  # a little beyond it, so that the points there are seen whole
        start, stop = min(start, -0.1 * width), max(stop, 0.1 * width)
    value = np.linspace(max(start, belief.lower), min(stop, belief.upper), POINTS)
    return pd.DataFrame(
        {
            "parameter": belief.name,
            "value": value,
            "prior": belief.prior(value),
            "posterior": belief.posterior.pdf(value),
        }
    )


def priors(
    fitted: Fitted,
    axes: Sequence[Axes] | None = None,
    *,
    ordinates: bool = True,
    caution: str = "",
    width: float = TWO_COLUMNS,
) -> tuple[Axes, ...]:
    """Draw prior against posterior, one panel a parameter.

    Parameters
    ----------
    fitted : Fitted
        The analysis.
    axes : sequence of matplotlib.axes.Axes, optional
        Where to draw, one for each parameter; key and footer hang under the last. By default a
        new figure.
    ordinates : bool
        Whether the densities at 0 are marked where their ratio is a Bayes factor (BF01).
    caution : str
        What the reader must beware of; stands under the figure in red.
    width : float
        Of a new figure, in inches.

    Returns
    -------
    tuple of matplotlib.axes.Axes
        One for each parameter; ``axes[0].figure`` is the figure.

    Raises
    ------
    InputError
        If there are not as many axes as parameters.

    Examples
    --------
    >>> from bayes_alliance.data.bundled import load
    >>> from bayes_alliance.engines.choose import run_analysis
    >>> from bayes_alliance.spec.library import read_specification
    >>> fitted = run_analysis(load("konstantopoulos2011"), read_specification("schools"))
    >>> from bayes_alliance.plots.priors import priors
    >>> [axes.get_title("left") for axes in priors(fitted)]
    ['overall', 'tau_sample', 'tau_effect']
    """
    data = priors_data(fitted, ordinates=ordinates, caution=caution)
    if axes is not None and len(axes) != len(data.parameters):
        raise InputError(
            Problem(
                what=f"{len(axes)} axes for {len(data.parameters)} parameters",
                cure=f"Hand in one each for {', '.join(data.parameters)}",
                code="axes_number",
            )
        )
    with figure_style():
        if axes is None:
            panels = panel_axes(
                data.parameters,
                footer=data.footer,
                key=_key(),
                height=PANEL,
                label="",
                numbers=0.08,
                width=width,
            )
        else:
            panels = tuple(axes)
            furnish(panels[-1], data.footer, _key())
        for ax, name in zip(panels, data.parameters, strict=True):
            factor = ""
            if name in data.ordinates.index:
                factor = f"BF01 {ratio_text(float(data.ordinates['log_bf01'].loc[name]))}"
            _draw_panel(ax, name, data.densities.loc[data.densities["parameter"] == name], factor)
            if factor:
                _draw_ordinates(ax, *data.ordinates.loc[name, ["prior", "posterior"]])
    return panels


def _draw_panel(ax: Axes, name: str, densities: pd.DataFrame, factor: str) -> None:
    value, prior, posterior = densities[["value", "prior", "posterior"]].to_numpy(float).T
    ax.fill_between(value, posterior, color=ESTIMATE, alpha=0.3, lw=0)
    ax.plot(value, posterior, color=ESTIMATE, lw=1.1)
    ax.plot(value, prior, color=PRIOR, lw=1.1, linestyle=(0, (4, 1.6)))
    effect_axis(ax, (float(value[0]), float(value[-1])), is_r=False, label="")
    ax.set_ylim(0, 1.08 * max(np.nanmax(posterior), min(np.nanmax(prior), 3 * posterior.max())))
    ax.set_yticks([])
    ax.spines["left"].set_visible(False)
    width = ax.get_window_extent().width / figure_of(ax).dpi
    if factor:
        width -= text_width(factor) + 0.1
        ax.set_title(factor, fontsize=SMALL, loc="right")
    ax.set_title(escape(shorten(name, width, size=LARGE)), fontsize=LARGE, loc="left")


def _draw_ordinates(ax: Axes, prior: float, posterior: float) -> None:
    """Points at 0 on both densities, joined by a line; at the top where a density leaves it."""
    top = ax.get_ylim()[1]
    ax.plot([0, 0], np.minimum([prior, posterior], top), color=INK, lw=0.7, zorder=4)
    for height, colour, marker in ((prior, PRIOR, "s"), (posterior, ESTIMATE, "o")):
        ax.plot([0], [min(height, top)], marker=marker, ms=4, color=colour, mec=PAPER, mew=0.5,
                clip_on=False, zorder=5, gid=ORDINATE_ID)  # fmt: skip


def _key() -> list[KeyEntry]:
    area: dict[str, Any] = {"patch": True, "facecolor": ESTIMATE, "alpha": 0.4, "edgecolor": "none"}
    return [
        KeyEntry("Posterior", area),
        KeyEntry("Prior", {"color": PRIOR, "lw": 1.1, "linestyle": (0, (4, 1.6))}),
    ]
