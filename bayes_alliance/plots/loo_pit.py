"""Are samples where all other samples expect them? Ranks of samples left out, by arviz-plots.

The difference between the cumulative distribution of the probability integral transforms and the
uniform one (Säilynoja, Bürkner & Vehtari 2022, doi 10.1007/s11222-022-10090-6), with a test of
uniformity that allows for dependent values. What is transformed is said in
`bayes_alliance.checks.pit`.
"""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from bayes_alliance.checks.pit import LeftOutRanks, left_out_ranks
from bayes_alliance.engines.fitted import Fitted
from bayes_alliance.names import INTERVAL_PROBABILITY
from bayes_alliance.plots.borrowed import lend
from bayes_alliance.plots.footer import Footer, footer_of
from bayes_alliance.plots.keys import KeyEntry
from bayes_alliance.plots.rows import effect_axis
from bayes_alliance.plots.sheet import sheet_axes
from bayes_alliance.plots.style import (
    CAUTION,
    ESTIMATE,
    GREY,
    INK,
    MEDIUM,
    SMALL,
    TWO_COLUMNS,
    figure_style,
)

if TYPE_CHECKING:
    import xarray as xr
    from matplotlib.axes import Axes

__all__ = ["LooPitData", "loo_pit", "loo_pit_data"]

#: Height of the axes and room for the numbers left of them, in inches.
TALL: Final = 2.2
NUMBERS: Final = 0.58


@dataclass(frozen=True, slots=True)
class LooPitData:
    """The numbers of the figure.

    Parameters
    ----------
    ranks : LeftOutRanks
        Probability integral transform of every sample left out.
    p : float
        p value of the test of uniformity.
    footer : Footer
        What stands under the figure.
    """

    ranks: LeftOutRanks
    p: float
    footer: Footer


def loo_pit_data(fitted: Fitted, *, caution: str = "") -> LooPitData:
    """Compute the ranks of the samples left out, and test whether they are uniform.

    Parameters
    ----------
    fitted : Fitted
        The analysis.
    caution : str
        What the reader must beware of; stands under the figure in red.

    Returns
    -------
    LooPitData
        One value a sample, or group where samples lie in groups.

    Raises
    ------
    InputError
        If there are too few samples, or leaving one out leaves a coefficient without information.
    """
    import arviz_stats  # noqa: F401  (gives xarray its accessor)

    ranks = left_out_ranks(fitted)
    p, _, _ = _dataset(ranks).azstats.uniformity_test(dim=["unit"], method="pot_c")
    return LooPitData(ranks, float(p["pit"]), footer_of(fitted, caution=caution, also=_told(ranks)))


def _dataset(ranks: LeftOutRanks) -> xr.Dataset:
    import xarray as xr

    return xr.Dataset({"pit": (("unit",), ranks.table["pit"].to_numpy(float))})


def _told(ranks: LeftOutRanks) -> str:
    word = ranks.word
    told = f"Leave-one-{word}-out: where the mean of each {word}'s effects lies in what the other "
    told += f"{word}s predict for it; one value a {word}, as its effects depend on one another. "
    if ranks.exact:
        told += "Exact."
    else:
        told += "By Pareto-smoothed importance sampling"
        bad = int((~(ranks.table["pareto_k"] <= ranks.threshold)).sum())
        told += f"; Pareto k is above {ranks.threshold:.2f} for {bad} of {len(ranks.table)}."
    return told + " Test of uniformity: POT-C."


def loo_pit(
    fitted: Fitted,
    ax: Axes | None = None,
    *,
    width: float = TWO_COLUMNS,
    caution: str = "",
) -> Axes:
    """Draw how far the ranks of the samples left out are from uniform.

    Parameters
    ----------
    fitted : Fitted
        The analysis.
    ax : matplotlib.axes.Axes, optional
        Where to draw; by default a new figure.
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
        If there are too few samples, or leaving one out leaves a coefficient without information.

    Examples
    --------
    >>> from bayes_alliance.data.bundled import load
    >>> from bayes_alliance.engines.choose import run_analysis
    >>> from bayes_alliance.spec.library import read_specification
    >>> fitted = run_analysis(load("konstantopoulos2011"), read_specification("schools"))
    >>> from bayes_alliance.plots.loo_pit import loo_pit
    >>> loo_pit(fitted).get_xlabel()
    'Rank in what other samples predict'
    """
    data = loo_pit_data(fitted, caution=caution)
    with figure_style():
        axes = sheet_axes(
            ax, footer=data.footer, key=_key(data), width=width, tall=TALL, left=NUMBERS, right=0.1
        )
        _draw(axes, data)
    return axes


def _draw(ax: Axes, data: LooPitData) -> None:
    import xarray as xr
    from arviz_plots import plot_ecdf_pit

    found = _dataset(data.ranks)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)
        plot_ecdf_pit(
            xr.DataTree.from_dict({"pit": found}),
            group="pit",
            sample_dims=["unit"],
            method="pot_c",
            envelope_prob=INTERVAL_PROBABILITY,
            plot_collection=lend(ax, "pit", found),
            visuals={
                "ecdf_lines": {"color": ESTIMATE, "width": 1.2},
                "suspicious_points": {"color": CAUTION, "marker": "o", "size": 12},
                "p_value_text": False,
                "title": False,
                "xlabel": False,
                "ylabel": False,
            },
        )
    effect_axis(ax, (0.0, 1.0), is_r=True, label=f"Rank in what other {data.ranks.word}s predict")
    ax.set_ylabel("Cumulative share less uniform", fontsize=MEDIUM, color=INK)
    number = "p < .001" if data.p < 0.001 else f"p = {data.p:.3f}".replace("0.", ".", 1)
    ax.annotate(number, (0.99, 0.97), xycoords="axes fraction", fontsize=SMALL, color=INK,
                ha="right", va="top")  # fmt: skip
    reach = max(float(np.abs(ax.get_ylim()).max()), 1e-3)
    ax.set_ylim(-reach, reach)


def _key(data: LooPitData) -> list[KeyEntry]:
    word = data.ranks.word
    entries = [KeyEntry(f"{word.capitalize()}s left out", {"color": ESTIMATE, "lw": 1.2})]
    entries.append(KeyEntry("Uniform", {"color": GREY, "lw": 1.0, "linestyle": (0, (4, 2))}))
    if data.p < 1 - INTERVAL_PROBABILITY:
        look = {"color": CAUTION, "marker": "o", "ms": 3.5, "lw": 0}
        entries.append(KeyEntry("Farthest from uniform", look))
    return entries
