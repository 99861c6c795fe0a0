"""Benchmarks of a specification as lines and bands of a figure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from bayes_alliance.engines.fitted import Fitted
from bayes_alliance.names import INTERVAL_PROBABILITY
from bayes_alliance.plots.keys import KeyEntry
from bayes_alliance.plots.style import DASHES, GREY, INK
from bayes_alliance.plots.wording import number_text
from bayes_alliance.summaries.benchmarks import published_digits

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["benchmark_data", "benchmark_key", "draw_benchmarks", "published_text"]


def benchmark_data(fitted: Fitted) -> pd.DataFrame:
    """Benchmarks that a figure of this analysis can show.

    Parameters
    ----------
    fitted : Fitted
        The analysis.

    Returns
    -------
    pandas.DataFrame
        One row a benchmark: ``name``, ``coefficient``, ``r``, ``lower``, ``upper`` (NaN where no
        interval is published), ``probability``. Empty unless the effects are correlations; without
        benchmarks about another topic than the data or about a mean that the model does not have.
    """
    means = {quantity.name for quantity in fitted.design.quantities if quantity.role == "mean"}
    rows = [
        (b.name, b.coefficient, b.r, b.lower, b.upper, b.probability)
        for b in fitted.benchmarks
        if fitted.design.is_correlation and b.coefficient in means
    ]
    columns = ["name", "coefficient", "r", "lower", "upper", "probability"]
    frame = pd.DataFrame(rows, columns=columns)
    numbers = ["r", "lower", "upper", "probability"]
    return frame.astype(dict.fromkeys(numbers, float))


def draw_benchmarks(
    ax: Axes, benchmarks: pd.DataFrame, coefficient: str, span: tuple[float, float]
) -> None:
    """Draw the benchmarks of one coefficient as dashed lines, their intervals as bands.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
        The axes.
    benchmarks : pandas.DataFrame
        What `benchmark_data` returned.
    coefficient : str
        Whose benchmarks.
    span : tuple of float
        From where to where on the vertical axis, in data units.
    """
    numbers = benchmarks[["r", "lower", "upper"]].to_numpy(float)
    for position, (r, lower, upper) in enumerate(numbers):
        if benchmarks["coefficient"].iloc[position] != coefficient:
            continue
        if np.isfinite(lower):
            ax.fill_betweenx(span, lower, upper, color=GREY, alpha=0.18, lw=0, zorder=0.5)
        dash = DASHES[position % len(DASHES)]
        ax.plot([r, r], span, color=INK, lw=0.8, linestyle=dash, zorder=1)


def benchmark_key(benchmarks: pd.DataFrame) -> list[KeyEntry]:
    """Entries of the key for benchmarks.

    Parameters
    ----------
    benchmarks : pandas.DataFrame
        What `benchmark_data` returned.

    Returns
    -------
    list of KeyEntry
        Name, correlation and interval of each.
    """
    return [_entry(number, row) for number, row in enumerate(benchmarks.itertuples())]


def published_text(r: float, *limits: float) -> str:
    """Write a published correlation, with its interval if it has one, as tables and texts do.

    Parameters
    ----------
    r : float
        The correlation.
    *limits : float
        Lower and upper limit, or nothing.

    Returns
    -------
    str
        For example ``.21`` or ``.278 [.256, .299]``.
    """
    digits = published_digits(r, *limits)
    centre, *ends = (number_text(value, is_r=True, digits=digits) for value in (r, *limits))
    return f"{centre} [{', '.join(ends)}]" if ends else centre


def _entry(number: int, row: Any) -> KeyEntry:
    look = {"color": INK, "lw": 0.8, "linestyle": DASHES[number % len(DASHES)]}
    if np.isnan(row.lower):
        return KeyEntry(f"Benchmark, {row.name}", look, f": {published_text(row.r)}")
    value = published_text(row.r, row.lower, row.upper)
    level = "" if row.probability == INTERVAL_PROBABILITY else f" ({row.probability:.0%})"
    return KeyEntry(f"Benchmark, {row.name}", look, f": {value}{level}")
