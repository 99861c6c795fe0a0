"""Figures of what effects, means and heterogeneity are spread over."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from bayes_alliance.engines.fitted import Fitted

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["DistributionFigures"]


class DistributionFigures:
    """Orchard, bubble, predictive and variance figures of a fit."""

    fitted: Fitted

    if TYPE_CHECKING:

        @property
        def caution(self) -> str:
            """What every output says if a check failed."""
            ...

    def plot_orchard(
        self, ax: Axes | None = None, *, by: str | None = None, width: float = 7.0
    ) -> Axes:
        """Every effect as a dot, with mean, credible and prediction interval of each level.

        Parameters
        ----------
        ax : matplotlib.axes.Axes, optional
            Axes to draw on.
        by : str, optional
            A categorical term of the model; by default its first one.
        width : float
            Of a new figure, in inches.

        Returns
        -------
        matplotlib.axes.Axes
            See `bayes_alliance.plots.orchard.orchard`.
        """
        from bayes_alliance.plots.orchard import orchard

        return orchard(self.fitted, ax, by=by, width=width, caution=self.caution)

    def plot_bubble(
        self, axes: Axes | Sequence[Axes] | None = None, *, width: float = 7.0
    ) -> tuple[Axes, ...]:
        """Effects against every continuous moderator, with credible and prediction ribbons.

        Parameters
        ----------
        axes : matplotlib.axes.Axes or sequence of them, optional
            Axes to draw on, one for each slope.
        width : float
            Of a new figure, in inches.

        Returns
        -------
        tuple of matplotlib.axes.Axes
            See `bayes_alliance.plots.bubble.bubble`.
        """
        from bayes_alliance.plots.bubble import bubble

        return bubble(self.fitted, axes, width=width, caution=self.caution)

    def plot_predictive(
        self, ax: Axes | None = None, *, by: str | None = None, width: float = 7.0
    ) -> Axes:
        """Mean of a new sample and a new effect in it, with shaded probabilities.

        Parameters
        ----------
        ax : matplotlib.axes.Axes, optional
            Axes to draw on.
        by : str, optional
            A categorical term of the model; by default its first one.
        width : float
            Of a new figure, in inches.

        Returns
        -------
        matplotlib.axes.Axes
            See `bayes_alliance.plots.predictive.predictive`.
        """
        from bayes_alliance.plots.predictive import predictive

        return predictive(self.fitted, ax, by=by, width=width, caution=self.caution)

    def plot_variance(
        self, axes: tuple[Axes, Axes] | None = None, *, width: float = 7.0
    ) -> tuple[Axes, Axes]:
        """Shares of sampling error and of every level in the variance, and the taus.

        Parameters
        ----------
        axes : pair of matplotlib.axes.Axes, optional
            Axes for the shares and for the standard deviations.
        width : float
            Of a new figure, in inches.

        Returns
        -------
        pair of matplotlib.axes.Axes
            See `bayes_alliance.plots.variance.variance`.
        """
        from bayes_alliance.plots.variance import variance

        return variance(self.fitted, axes, width=width, caution=self.caution)
