"""The multilevel forest: reported effects, the true effects behind them, and the mean below."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bayes_alliance.engines.fitted import Fitted
from bayes_alliance.plots.forest_data import ForestData, forest_data
from bayes_alliance.plots.forest_drawing import draw_forest, draw_forest_pages
from bayes_alliance.plots.style import TWO_COLUMNS

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["ForestData", "forest", "forest_data", "forest_pages"]


def forest(
    fitted: Fitted,
    ax: Axes | None = None,
    *,
    collapse: bool = False,
    limits: tuple[float, float] | None = None,
    caution: str = "",
    width: float = TWO_COLUMNS,
) -> Axes:
    """Draw the forest in one piece, however long.

    Parameters
    ----------
    fitted : Fitted
        The analysis: k effects in S samples.
    ax : matplotlib.axes.Axes, optional
        Where to draw; labels stand left and right of the axes, so that its figure needs a layout
        engine (``layout="constrained"``) or wide margins. By default a new figure.
    collapse : bool
        One row a sample instead of one an effect.
    limits : tuple of float, optional
        Ends of the axis, on r for correlations; intervals that go on beyond get an arrow.
    caution : str
        What the reader must beware of; stands under the figure in red.
    width : float
        Of a new figure, in inches; in a narrow one the columns of weights and of n give way.

    Returns
    -------
    matplotlib.axes.Axes
        The axes; ``axes.figure`` is the figure.

    Examples
    --------
    >>> from bayes_alliance.data.bundled import load
    >>> from bayes_alliance.engines.choose import run_analysis
    >>> from bayes_alliance.spec.library import read_specification
    >>> fitted = run_analysis(load("konstantopoulos2011"), read_specification("schools"))
    >>> from bayes_alliance.plots.forest import forest
    >>> forest(fitted).get_xlabel()
    'Effect size'
    """
    data = forest_data(fitted, collapse=collapse, limits=limits, caution=caution)
    return draw_forest(data, ax, width=width)


def forest_pages(
    fitted: Fitted,
    *,
    most_rows: int = 45,
    collapse: bool = False,
    limits: tuple[float, float] | None = None,
    caution: str = "",
    width: float = TWO_COLUMNS,
) -> list[Figure]:
    """Draw the forest on as many pages as it needs; the means stand on the last.

    Parameters
    ----------
    fitted : Fitted
        The analysis: k effects in S samples.
    most_rows : int
        Lines a page, headings included. A sample stays on one page unless it is longer than one.
    collapse : bool
        One row a sample instead of one an effect.
    limits : tuple of float, optional
        Ends of the axis, the same on every page.
    caution : str
        What the reader must beware of; stands under every page in red.
    width : float
        Of a page, in inches.

    Returns
    -------
    list of matplotlib.figure.Figure
        The pages.
    """
    data = forest_data(fitted, collapse=collapse, limits=limits, caution=caution)
    return draw_forest_pages(data, most_rows, width=width)
