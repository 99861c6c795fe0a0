"""The figures that go into the folder of a fit."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from bayes_alliance.checks.result import CheckResult, failed, headline
from bayes_alliance.engines.fitted import Fitted

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["caution_of", "write_figures"]

#: More sampled quantities than this make trace plots nobody reads.
MOST_TRACES = 20


def caution_of(checks: Sequence[CheckResult]) -> str:
    """What every output of a fit must say if a check failed.

    Parameters
    ----------
    checks : sequence of CheckResult
        All checks of the fit.

    Returns
    -------
    str
        The headline of the checks; empty if none failed.
    """
    return headline(checks) if failed(checks) else ""


def write_figures(
    fitted: Fitted,
    checks: Sequence[CheckResult],
    folder: Path,
    *,
    formats: Sequence[str] = ("png",),
) -> None:
    """Draw and write the figures of a fit.

    Parameters
    ----------
    fitted : Fitted
        The fit.
    checks : sequence of CheckResult
        Its checks; a failed one is said on every figure.
    folder : Path
        Where the files go.
    formats : sequence of str
        Among png, svg and pdf.
    """
    from bayes_alliance.plots.style import save

    for name, figure in _figures(fitted, caution_of(checks)):
        for ending in formats:
            save(figure, folder / f"{name}.{ending}")


def _figures(fitted: Fitted, caution: str) -> Iterator[tuple[str, Figure]]:
    from bayes_alliance.plots.chains import ranks, traces
    from bayes_alliance.plots.forest import forest_pages
    from bayes_alliance.plots.moderators import moderators
    from bayes_alliance.plots.priors import priors
    from bayes_alliance.plots.scales import scales

    pages = forest_pages(fitted, caution=caution)
    for number, page in enumerate(pages, start=1):
        yield ("forest" if len(pages) == 1 else f"forest_{number}"), page
    yield "posterior", _whole(scales(fitted, caution=caution))
    yield "priors", _whole(priors(fitted, caution=caution)[0])
    if fitted.design.terms:
        yield "moderators", _whole(moderators(fitted, caution=caution)[0])
    if len(fitted.design.coefficients) <= MOST_TRACES:
        yield "traces", traces(fitted, caution=caution)
        yield "ranks", ranks(fitted, caution=caution)


def _whole(axes: object) -> Figure:
    """The figure that axes stand in."""
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    figure = axes.get_figure(root=True) if isinstance(axes, Axes) else None
    if not isinstance(figure, Figure):
        raise TypeError("a drawing function returned no axes of a figure")
    return figure
