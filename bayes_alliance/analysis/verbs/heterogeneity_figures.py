"""Figures of the heterogeneity, and of how well the model predicts the data."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

from bayes_alliance.engines.fitted import Fitted

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from bayes_alliance.engines.reml.twin_record import Twin

__all__ = ["HeterogeneityFigures"]

#: Two columns of a journal, in inches.
WIDE: Final = 7.0


class HeterogeneityFigures:
    """What an analysis shows of its taus and of its predictions."""

    fitted: Fitted

    if TYPE_CHECKING:

        @property
        def twin(self) -> Twin:
            """The same model by REML."""

        @property
        def caution(self) -> str:
            """What every output must say if a check failed."""

    def plot_taus(self, ax: Axes | None = None, *, width: float = WIDE) -> Axes:
        """Joint posterior density of tau_sample and tau_effect, with the REML estimate.

        Parameters
        ----------
        ax : matplotlib.axes.Axes, optional
            Where to draw.
        width : float
            Of a new figure, in inches.

        Returns
        -------
        matplotlib.axes.Axes
            The axes drawn on.
        """
        from bayes_alliance.plots.joint_taus import joint_taus

        return joint_taus(self.fitted, ax, twin=self.twin, width=width, caution=self.caution)

    def plot_shrinkage(
        self, axes: Sequence[Axes] | None = None, *, width: float = WIDE
    ) -> tuple[Axes, Axes]:
        """True means of the samples against tau_sample, its posterior density underneath.

        Parameters
        ----------
        axes : pair of matplotlib.axes.Axes, optional
            Where to draw the curves and the density.
        width : float
            Of a new figure, in inches.

        Returns
        -------
        pair of matplotlib.axes.Axes
            The axes drawn on.
        """
        from bayes_alliance.plots.shrinkage import shrinkage

        return shrinkage(self.fitted, axes, width=width, caution=self.caution)

    def plot_predictive_checks(
        self, axes: Sequence[Axes] | None = None, *, width: float = WIDE
    ) -> tuple[Axes, ...]:
        """Replicated data against those observed: their distribution and their statistics.

        Parameters
        ----------
        axes : sequence of matplotlib.axes.Axes, optional
            Where to draw, one for the effects and one for each statistic.
        width : float
            Of a new figure, in inches.

        Returns
        -------
        tuple of matplotlib.axes.Axes
            The axes drawn on.
        """
        from bayes_alliance.plots.predictive_checks import predictive_checks

        return predictive_checks(self.fitted, axes, width=width, caution=self.caution)

    def plot_loo_pit(self, ax: Axes | None = None, *, width: float = WIDE) -> Axes:
        """Where each sample lies in what all others predict for it (leave-one-sample-out).

        Parameters
        ----------
        ax : matplotlib.axes.Axes, optional
            Where to draw.
        width : float
            Of a new figure, in inches.

        Returns
        -------
        matplotlib.axes.Axes
            The axes drawn on.
        """
        from bayes_alliance.plots.loo_pit import loo_pit

        return loo_pit(self.fitted, ax, width=width, caution=self.caution)
