"""Prior against posterior of every parameter: what the data have taught.

Prior densities are exact: those of the declared families for the taus; for the coefficients normals
whose variances are the diagonal of ``A A' + C C'`` (see `bayes_alliance.spec.coding`), mixed over
the prior of the shrinkage factor where there is one. Posterior densities are those of the
posterior's marginals: exact where the engine has them, otherwise kernel estimates, reflected at 0
for standard deviations (Silverman 1986, section 2.10).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from scipy import stats

from bayes_alliance.algebra.blocks import Array
from bayes_alliance.engines.fitted import Fitted
from bayes_alliance.errors import InputError, Problem
from bayes_alliance.names import DF, RHO, TAU_EFFECT, TAU_GROUP, TAU_SAMPLE
from bayes_alliance.plots.footer import Footer, footer_of
from bayes_alliance.plots.keys import KeyEntry
from bayes_alliance.plots.rows import effect_axis
from bayes_alliance.plots.sheet import furnish, panel_axes
from bayes_alliance.plots.style import ESTIMATE, LARGE, PRIOR, figure_of, figure_style
from bayes_alliance.plots.wording import escape, shorten
from bayes_alliance.posterior.marginal import DrawnMarginal, Marginal
from bayes_alliance.spec.prior import Prior

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["PriorsData", "priors", "priors_data"]

POINTS: Final = 601
#: Quantiles that stand for the prior of the shrinkage factor.
NODES: Final = (np.arange(200) + 0.5) / 200
#: The axis shows the prior as far as its central 95 %, but at most this many times the posterior.
REACH: Final = 5.0
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
    footer : Footer
        What stands under the figure.
    """

    densities: pd.DataFrame
    parameters: tuple[str, ...]
    footer: Footer


@dataclass(frozen=True, slots=True)
class _Belief:
    """A parameter before and after the data."""

    name: str
    prior: Callable[[ArrayLike], Array]
    middle: tuple[float, float]  # central 95 % of the prior
    lower: float
    upper: float
    posterior: Marginal


def priors_data(fitted: Fitted, *, caution: str = "") -> PriorsData:
    """Compute prior and posterior densities of every parameter.

    Parameters
    ----------
    fitted : Fitted
        The analysis.
    caution : str
        What the reader must beware of; stands under the figure in red.

    Returns
    -------
    PriorsData
        On the analysis scale. Parameters fixed at a value are left out.
    """
    beliefs = [*_coefficients(fitted), *_others(fitted)]
    also = "Densities on the analysis scale"
    also += " (Fisher's z)." if fitted.design.measure == "ZCOR" else "."
    return PriorsData(
        densities=pd.concat([_densities(belief) for belief in beliefs], ignore_index=True),
        parameters=tuple(belief.name for belief in beliefs),
        footer=footer_of(fitted, caution=caution, also=also),
    )


def _coefficients(fitted: Fitted) -> Iterator[_Belief]:
    design = fitted.design
    if design.flat:
        return
    factors = np.ones(1) if design.shrinkage is None else design.shrinkage.quantile(NODES)
    sds = np.sqrt([np.diag(design.prior_covariance(float(factor))) for factor in factors])
    for j, name in enumerate(design.coefficients):
        mean, spread = float(design.prior_mean[j]), sds[:, j]
        reach = stats.norm.ppf(0.975) * float(np.sqrt(np.mean(spread**2)))
        yield _Belief(
            name=name,
            prior=_normal_mixture(mean, spread),
            middle=(mean - reach, mean + reach),
            lower=-np.inf,
            upper=np.inf,
            posterior=fitted.posterior.linear(np.eye(len(design.coefficients))[j]),
        )


def _normal_mixture(mean: float, sds: Array) -> Callable[[ArrayLike], Array]:
    def density(x: ArrayLike) -> Array:
        values = np.asarray(x, float)[..., None]
        return np.asarray(stats.norm.pdf(values, mean, sds).mean(-1))

    return density


def _others(fitted: Fitted) -> Iterator[_Belief]:
    design, posterior = fitted.design, fitted.posterior
    groups = None if design.groups is None else design.groups.tau
    declared: list[tuple[str, Prior | None, Callable[[], Marginal]]] = [
        (TAU_GROUP, groups, lambda: posterior.tau("group")),
        (TAU_SAMPLE, design.tau_sample, lambda: posterior.tau("sample")),
        (TAU_EFFECT, design.tau_effect, lambda: posterior.tau("effect")),
        ("shrinkage", design.shrinkage, lambda: DrawnMarginal(posterior.draws("shrinkage"), 0.0)),
    ]
    for name, prior, marginal in declared:
        if prior is None or prior.support == "point" or not posterior.has(name):
            continue
        low, high = prior.quantile([0.025, 0.975])
        yield _Belief(
            name=name,
            prior=_exact(prior),
            middle=(min(float(low), 0.0), float(high)),
            lower=0.0,
            upper=np.inf,
            posterior=marginal(),
        )
    for label, name, column, prior in () if design.scales is None else design.scales.parameters():
        if prior.support != "point":
            lowest = float(prior.quantile(0))
            yield _limited(label, prior, DrawnMarginal(posterior.draws(name)[:, column], lowest))
    if design.df is not None and design.df.support != "point":
        low, high, lowest = (float(q) for q in design.df.quantile([0.025, 0.975, 0]))
        drawn = DrawnMarginal(posterior.draws(DF), lowest)
        yield _Belief(DF, _exact(design.df), (low, high), lowest, np.inf, drawn)
    for scale in design.scale_models:
        drawn_gamma = posterior.draws(f"gamma_{scale.level}")
        sds = np.linalg.norm(scale.factor, axis=1)
        for j, name in enumerate(scale.names):
            yield _Belief(
                name=f"log tau_{scale.level}: {name}",
                prior=_normal_mixture(0.0, sds[[j]]),
                middle=(-1.96 * float(sds[j]), 1.96 * float(sds[j])),
                lower=-np.inf,
                upper=np.inf,
                posterior=DrawnMarginal(drawn_gamma[:, j]),
            )
    if design.dependence is not None:
        yield _limited(RHO, design.dependence.prior, posterior.rho())


def _limited(name: str, prior: Prior, posterior: Marginal) -> _Belief:
    """A parameter that stays within the limits of its prior."""
    low, high, lowest, highest = (float(q) for q in prior.quantile([0.025, 0.975, 0, 1]))
    return _Belief(name, _exact(prior), (low, high), lowest, highest, posterior)


def _exact(prior: Prior) -> Callable[[ArrayLike], Array]:
    def density(x: ArrayLike) -> Array:
        values = np.exp(prior.logpdf(x))
        return np.where(np.isfinite(values), values, np.nan)  # a pole is no height to draw

    return density


def _densities(belief: _Belief) -> pd.DataFrame:
    low, median, high = belief.posterior.quantile([0.0005, 0.5, 0.9995])
    width = max(float(high - low), 1e-9)
    start = min(low - 0.1 * width, max(belief.middle[0], median - REACH * width))
    stop = max(high + 0.1 * width, min(belief.middle[1], median + REACH * width))
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
    fitted: Fitted, axes: Sequence[Axes] | None = None, *, caution: str = ""
) -> tuple[Axes, ...]:
    """Draw prior against posterior, one panel a parameter.

    Parameters
    ----------
    fitted : Fitted
        The analysis.
    axes : sequence of matplotlib.axes.Axes, optional
        Where to draw, one for each parameter; key and footer hang under the last. By default a
        new figure, 7 inches wide.
    caution : str
        What the reader must beware of; stands under the figure in red.

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
    data = priors_data(fitted, caution=caution)
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
            )
        else:
            panels = tuple(axes)
            furnish(panels[-1], data.footer, _key())
        for ax, name in zip(panels, data.parameters, strict=True):
            _draw_panel(ax, name, data.densities.loc[data.densities["parameter"] == name])
    return panels


def _draw_panel(ax: Axes, name: str, densities: pd.DataFrame) -> None:
    value, prior, posterior = densities[["value", "prior", "posterior"]].to_numpy(float).T
    ax.fill_between(value, posterior, color=ESTIMATE, alpha=0.3, lw=0)
    ax.plot(value, posterior, color=ESTIMATE, lw=1.1)
    ax.plot(value, prior, color=PRIOR, lw=1.1, linestyle=(0, (4, 1.6)))
    effect_axis(ax, (float(value[0]), float(value[-1])), is_r=False, label="")
    ax.set_ylim(0, 1.08 * max(np.nanmax(posterior), min(np.nanmax(prior), 3 * posterior.max())))
    ax.set_yticks([])
    ax.spines["left"].set_visible(False)
    width = ax.get_window_extent().width / figure_of(ax).dpi
    ax.set_title(escape(shorten(name, width, size=LARGE)), fontsize=LARGE, loc="left")


def _key() -> list[KeyEntry]:
    area: dict[str, Any] = {"patch": True, "facecolor": ESTIMATE, "alpha": 0.4, "edgecolor": "none"}
    return [
        KeyEntry("Posterior", area),
        KeyEntry("Prior", {"color": PRIOR, "lw": 1.1, "linestyle": (0, (4, 1.6))}),
    ]
