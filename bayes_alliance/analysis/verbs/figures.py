"""Figures of a fit."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from numpy.typing import ArrayLike

from bayes_alliance.analysis.verbs.omission_and_rho import OmissionVerbs
from bayes_alliance.analysis.verbs.priors import PriorVerbs
from bayes_alliance.plots.style import TWO_COLUMNS

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["FigureVerbs"]


class FigureVerbs(OmissionVerbs, PriorVerbs):
    """Figures of what an analysis found; those of its variations are bound beside these."""

    def plot_forest(
        self, ax: Axes | None = None, *, collapse: bool = False, width: float = TWO_COLUMNS
    ) -> Axes:
        """Multilevel forest: raw and shrunken effects grouped by sample.

        Parameters
        ----------
        ax : matplotlib.axes.Axes, optional
            Axes to draw on.
        collapse : bool
            One row a sample.
        width : float
            Of a new figure, in inches: 3.35 for one column, 7.0 for two.

        Returns
        -------
        matplotlib.axes.Axes
            The axes drawn on.
        """
        from bayes_alliance.plots.forest import forest

        return forest(self.fitted, ax, collapse=collapse, width=width, caution=self._caution())

    def plot_scales(self, ax: Axes | None = None, *, width: float = TWO_COLUMNS) -> Axes:
        """Posterior density of each mean, with its benchmarks, and pairwise differences.

        Parameters
        ----------
        ax : matplotlib.axes.Axes, optional
            Axes to draw the densities on.
        width : float
            Of a new figure, in inches: 3.35 for one column, 7.0 for two.

        Returns
        -------
        matplotlib.axes.Axes
            The axes of the densities.
        """
        from bayes_alliance.plots.scales import scales

        return scales(self.fitted, ax, width=width, caution=self._caution())

    def plot_benchmark(self, *, width: float = TWO_COLUMNS) -> Figure:
        """Means against published correlations: both, their difference, the predictive overlap.

        Parameters
        ----------
        width : float
            In inches: 3.35 for one column, 7.0 for two.

        Returns
        -------
        matplotlib.figure.Figure
            Two panels a benchmark.
        """
        from bayes_alliance.plots.benchmark import benchmark

        return benchmark(self.fitted, width=width, caution=self._caution())

    def plot_priors(
        self, axes: Sequence[Axes] | None = None, *, width: float = TWO_COLUMNS
    ) -> tuple[Axes, ...]:
        """Prior against posterior of every parameter.

        Parameters
        ----------
        axes : sequence of matplotlib.axes.Axes, optional
            Axes to draw on, one for each parameter.
        width : float
            Of a new figure, in inches: 3.35 for one column, 7.0 for two.

        Returns
        -------
        tuple of matplotlib.axes.Axes
            The axes drawn on.
        """
        from bayes_alliance.plots.priors import priors

        return priors(self.fitted, axes, width=width, caution=self._caution())

    def plot_moderators(
        self, axes: tuple[Axes, Axes] | None = None, *, width: float = TWO_COLUMNS
    ) -> tuple[Axes, Axes]:
        """Levels and slopes of the terms, and their comparisons.

        Parameters
        ----------
        axes : pair of matplotlib.axes.Axes, optional
            Axes for the levels and for the comparisons.
        width : float
            Of a new figure, in inches: 3.35 for one column, 7.0 for two.

        Returns
        -------
        pair of matplotlib.axes.Axes
            The axes drawn on.
        """
        from bayes_alliance.plots.moderators import moderators

        return moderators(self.fitted, axes, width=width, caution=self._caution())

    def plot_rho(self, rho: ArrayLike | None = None, *, width: float = TWO_COLUMNS) -> Figure:
        """Headline answers over the correlation of sampling errors within samples.

        Parameters
        ----------
        rho : array_like, optional
            As for `over_rho`.
        width : float
            In inches: 3.35 for one column, 7.0 for two.

        Returns
        -------
        matplotlib.figure.Figure
            The figure.
        """
        from bayes_alliance.plots.correlation import correlation

        found = self.over_rho(rho)
        return correlation(self.fitted, found, width=width, caution=self._caution())

    def plot_traces(self, *, width: float = TWO_COLUMNS) -> Figure:
        """Traces of the chains.

        Parameters
        ----------
        width : float
            In inches: 3.35 for one column, 7.0 for two.

        Returns
        -------
        matplotlib.figure.Figure
            The figure.
        """
        from bayes_alliance.plots.chains import traces

        return traces(self.fitted, width=width, caution=self._caution())

    def plot_ranks(self, *, width: float = TWO_COLUMNS) -> Figure:
        """Rank plots of the chains.

        Parameters
        ----------
        width : float
            In inches: 3.35 for one column, 7.0 for two.

        Returns
        -------
        matplotlib.figure.Figure
            The figure.
        """
        from bayes_alliance.plots.chains import ranks

        return ranks(self.fitted, width=width, caution=self._caution())
