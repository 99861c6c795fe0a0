"""Small-study effects and selection."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bayes_alliance.engines.fitted import Fitted
from bayes_alliance.engines.selection.steps import CUTPOINTS, Mechanism
from bayes_alliance.plots.style import TWO_COLUMNS
from bayes_alliance.sensitivity.bias import analyse_bias
from bayes_alliance.sensitivity.bias_answers import BiasAnalysis

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["BiasVerbs"]


class BiasVerbs:
    """What small-study effects and selection make of a fit."""

    fitted: Fitted

    if TYPE_CHECKING:

        @property
        def caution(self) -> str:
            """What every output says if a check failed."""
            ...

    def bias(
        self,
        *,
        predictor: str | None = None,
        mechanism: Mechanism = "effects",
        cutpoints: tuple[float, ...] = CUTPOINTS,
        select: bool = True,
        progress: bool = False,
    ) -> BiasAnalysis:
        """PET, PEESE, a selection model, and the means averaged over them and no bias.

        Parameters
        ----------
        predictor : {"se", "n", "variance", "inverse_n"}, optional
            What PET and PEESE are regressed on.
        mechanism : {"effects", "samples"}
            How results get lost in the selection model.
        cutpoints : tuple of float
            One-sided p values between its steps.
        select : bool
            False: no selection model, nothing is sampled.
        progress : bool
            Whether a progress bar is shown.

        Returns
        -------
        BiasAnalysis
            See `bayes_alliance.sensitivity.bias.analyse_bias`.
        """
        return analyse_bias(
            self.fitted,
            predictor=predictor,
            mechanism=mechanism,
            cutpoints=cutpoints,
            select=select,
            progress=progress,
        )

    def plot_funnel(
        self,
        bias: BiasAnalysis | None = None,
        axes: tuple[Axes, Axes] | None = None,
        *,
        width: float = TWO_COLUMNS,
    ) -> tuple[Axes, Axes]:
        """Effects and samples against their standard errors.

        Parameters
        ----------
        bias : BiasAnalysis, optional
            What `bias` returned; adds the line of PET.
        axes : pair of matplotlib.axes.Axes, optional
            Where to draw.
        width : float
            Of a new figure, in inches: 3.35 for one column, 7.0 for two.

        Returns
        -------
        pair of matplotlib.axes.Axes
            See `bayes_alliance.plots.funnel.funnel`.
        """
        from bayes_alliance.plots.funnel import funnel

        return funnel(self.fitted, bias, axes, width=width, caution=self.caution)
