"""The posterior held against published correlations, with the uncertainty of both."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bayes_alliance.engines.fitted import Fitted
from bayes_alliance.plots.benchmark_data import BenchmarkData, benchmark_data
from bayes_alliance.plots.benchmark_drawing import draw_benchmark
from bayes_alliance.plots.style import TWO_COLUMNS

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["BenchmarkData", "benchmark", "benchmark_data"]


def benchmark(fitted: Fitted, *, width: float = TWO_COLUMNS, caution: str = "") -> Figure:
    """Draw our posterior, the benchmark's uncertainty, the difference and the predictive overlap.

    Parameters
    ----------
    fitted : Fitted
        The analysis.
    width : float
        Of the figure, in inches.
    caution : str
        What the reader must beware of; stands under the figure in red.

    Returns
    -------
    matplotlib.figure.Figure
        A row of two panels a benchmark: correlations, and their difference.

    Raises
    ------
    InputError
        If the effects are no correlations, or no benchmark is about one of the means.

    Examples
    --------
    >>> from bayes_alliance.data.bundled import load
    >>> from bayes_alliance.engines.choose import run_analysis
    >>> from bayes_alliance.spec.library import read_specification
    >>> fitted = run_analysis(load("ibi_synthetic"), read_specification("subscales"))
    >>> from bayes_alliance.plots.benchmark import benchmark
    >>> len(benchmark(fitted).axes)
    6
    """
    return draw_benchmark(benchmark_data(fitted, caution=caution), width)
