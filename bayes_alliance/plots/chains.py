"""Trace and rank plots of the draws, by arviz-plots.

Rank plots show the difference between the distribution of the ranks of each chain and the uniform
one (Vehtari et al. 2021, doi 10.1214/20-BA1221; Säilynoja et al. 2022, doi
10.1007/s11222-022-10090-6). Independent draws (those without sampler statistics, of an exact
posterior) are shown in parts, which must look alike just as chains must; a single chain is cut into
four consecutive parts.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from bayes_alliance.engines.fitted import Fitted
from bayes_alliance.names import COEFFICIENT, DF, RHO, TAU_EFFECT, TAU_GROUP, TAU_SAMPLE
from bayes_alliance.plots.footer import Footer, footer_of
from bayes_alliance.plots.keys import KeyEntry
from bayes_alliance.plots.rows import dress
from bayes_alliance.plots.sheet import panel_axes
from bayes_alliance.plots.style import (
    INK,
    LEVEL_COLOURS,
    SMALL,
    TWO_COLUMNS,
    figure_of,
    figure_style,
)

if TYPE_CHECKING:
    import xarray as xr
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["ChainsData", "chains_data", "ranks", "traces"]

#: Parts into which a single chain is cut.
PARTS: Final = 4
#: Probability that the ranks of good chains are told uniform.
RANK_PROBABILITY: Final = 0.99
#: Height of a panel and room for the numbers of its vertical axis, in inches.
PANEL: Final = 0.95
NUMBERS: Final = 0.45


@dataclass(frozen=True, slots=True)
class ChainsData:
    """The draws that are shown.

    Parameters
    ----------
    tree : xarray.DataTree
        Group ``posterior`` with one variable a parameter (``p0``, ``p1``, ... since names may hold
        anything), dims chain and draw; ``sample_stats`` with ``diverging`` where a sampler left it.
    parameters : tuple of str
        Names of the variables: coefficients, standard deviations, shrinkage factor.
    of_chains : bool
        Whether the chains are a sampler's; otherwise they are parts of a chain or of independent
        draws.
    footer : Footer
        What stands under the figure.
    """

    tree: xr.DataTree
    parameters: tuple[str, ...]
    of_chains: bool
    footer: Footer


def chains_data(fitted: Fitted, *, caution: str = "") -> ChainsData:
    """Collect the draws of every parameter.

    Parameters
    ----------
    fitted : Fitted
        The analysis.
    caution : str
        What the reader must beware of; stands under the figure in red.

    Returns
    -------
    ChainsData
        On the analysis scale.
    """
    import xarray as xr

    posterior = fitted.posterior.tree["posterior"].dataset
    beta = posterior["beta"].transpose("chain", "draw", COEFFICIENT).to_numpy()
    draws = {name: beta[..., j] for j, name in enumerate(fitted.design.coefficients)}
    scales = fitted.design.scales
    for label, name, column, _ in () if scales is None else scales.parameters():
        draws[label] = posterior[name].transpose("chain", "draw", ...).to_numpy()[..., column]
    for name in (TAU_GROUP, TAU_SAMPLE, TAU_EFFECT, RHO, DF, "shrinkage"):
        if name in posterior and np.ptp(posterior[name].to_numpy()) > 0:
            draws[name] = posterior[name].transpose("chain", "draw").to_numpy()
    for scale in fitted.design.scale_models:
        gamma = posterior[f"gamma_{scale.level}"].transpose("chain", "draw", ...).to_numpy()
        draws |= {f"tau_{scale.level}: {n}": gamma[..., j] for j, n in enumerate(scale.names)}
    several = posterior.sizes["chain"] > 1
    of_chains = several and "sample_stats" in fitted.posterior.tree.children
    shown = {name: values if several else _cut(values) for name, values in draws.items()}
    variables = {f"p{i}": (("chain", "draw"), values) for i, values in enumerate(shown.values())}
    size, length = next(iter(shown.values())).shape
    coords = {"chain": np.arange(size), "draw": np.arange(length)}
    groups = {"posterior": xr.Dataset(variables, coords=coords)}
    if of_chains:
        statistics = fitted.posterior.tree["sample_stats"].dataset
        if "diverging" in statistics:
            groups["sample_stats"] = statistics[["diverging"]].assign_coords(coords)
    return ChainsData(
        tree=xr.DataTree.from_dict(groups),
        parameters=tuple(shown),
        of_chains=of_chains,
        footer=footer_of(fitted, caution=caution, also=_sentence(fitted)),
    )


def _sentence(fitted: Fitted) -> str:
    sampled = "sample_stats" in fitted.posterior.tree.children
    return f"{'Draws' if sampled else 'Independent draws'} on the analysis scale."


def _cut(values: np.ndarray) -> np.ndarray:
    """Cut the draws of one chain into parts of equal length; at most three draws are lost."""
    flat = values.reshape(-1)
    length = len(flat) // PARTS
    return flat[: length * PARTS].reshape(PARTS, length)


def traces(fitted: Fitted, *, caution: str = "", width: float = TWO_COLUMNS) -> Figure:
    """Draw the trace of every parameter.

    Parameters
    ----------
    fitted : Fitted
        The analysis.
    caution : str
        What the reader must beware of; stands under the figure in red.
    width : float
        Of the figure, in inches.

    Returns
    -------
    matplotlib.figure.Figure
        One panel a parameter; divergent transitions are marked at its lower edge.

    Examples
    --------
    >>> from bayes_alliance.data.bundled import load
    >>> from bayes_alliance.engines.choose import run_analysis
    >>> from bayes_alliance.spec.library import read_specification
    >>> fitted = run_analysis(load("konstantopoulos2011"), read_specification("schools"))
    >>> from bayes_alliance.plots.chains import traces
    >>> len(traces(fitted).axes)
    3
    """
    from arviz_plots import plot_trace

    data = chains_data(fitted, caution=caution)
    with figure_style():
        panels = _panels(data, "Draw", width)
        plot_trace(
            data.tree,
            plot_collection=_collection(data, panels),
            visuals={
                "trace": {"width": 0.45, "alpha": 0.8},
                "divergence": {"color": INK, "size": 18, "width": 0.6},
                "title": False,
                "xlabel": False,
                "ticklabels": False,
            },
        )
        return _finished(panels)


def ranks(fitted: Fitted, *, caution: str = "", width: float = TWO_COLUMNS) -> Figure:
    """Draw how far the ranks of each chain are from uniform.

    Parameters
    ----------
    fitted : Fitted
        The analysis.
    caution : str
        What the reader must beware of; stands under the figure in red.
    width : float
        Of the figure, in inches.

    Returns
    -------
    matplotlib.figure.Figure
        One panel a parameter, with the p value of a test of uniformity over all chains.

    Examples
    --------
    >>> from bayes_alliance.data.bundled import load
    >>> from bayes_alliance.engines.choose import run_analysis
    >>> from bayes_alliance.spec.library import read_specification
    >>> fitted = run_analysis(load("konstantopoulos2011"), read_specification("schools"))
    >>> from bayes_alliance.plots.chains import ranks
    >>> len(ranks(fitted).axes)
    3
    """
    from arviz_plots import plot_rank

    data = chains_data(fitted, caution=caution)
    with figure_style():
        panels = _panels(data, "Fractional rank", width)
        plot_rank(
            data.tree,
            envelope_prob=RANK_PROBABILITY,
            plot_collection=_collection(data, panels),
            visuals={
                "ecdf_lines": {"width": 0.8},
                "title": False,
                "xlabel": False,
                "remove_axis": False,
            },
        )
        return _finished(panels)


def _panels(data: ChainsData, label: str, width: float) -> tuple[Axes, ...]:
    what = "Chain" if data.of_chains else "Part"
    size = data.tree["posterior"].sizes["chain"]
    key = [KeyEntry(f"{what} {i + 1}", {"color": _colour(i), "lw": 1.2}) for i in range(size)]
    return panel_axes(
        data.parameters,
        footer=data.footer,
        key=key,
        height=PANEL,
        label=label,
        numbers=NUMBERS,
        width=width,
    )


def _colour(chain: int) -> str:
    return LEVEL_COLOURS[chain % len(LEVEL_COLOURS)]


def _collection(data: ChainsData, panels: tuple[Axes, ...]) -> Any:
    """Tell arviz-plots to draw in our panels, so that pyplot is not asked for a figure."""
    import xarray as xr
    from arviz_plots import PlotCollection

    posterior = data.tree["posterior"].to_dataset()
    places = {}
    for name, ax in zip(posterior.data_vars, panels, strict=True):
        cell = np.empty((), dtype=object)
        cell[()] = ax
        places[name] = ((), cell)
    whole = np.empty((), dtype=object)
    whole[()] = figure_of(panels[0])
    tree = xr.DataTree.from_dict(
        {"/": xr.Dataset({"figure": ((), whole)}), "/plot": xr.Dataset(places)}
    )
    colours = [_colour(i) for i in range(posterior.sizes["chain"])]
    return PlotCollection(
        posterior,
        tree,
        aes={"color": ["chain"], "overlay": ["chain"]},
        backend="matplotlib",
        color=colours,
    )


def _finished(panels: tuple[Axes, ...]) -> Figure:
    for ax in panels:
        dress(ax)
        for text in ax.texts:  # the p value of the ranks
            text.set(text=text.get_text().replace("(", " ("), fontsize=SMALL, color=INK)
    return figure_of(panels[0])
