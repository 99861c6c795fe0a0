"""Evidence on moderators, and averages over models."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Literal

from bayes_alliance.engines.fitted import Fitted
from bayes_alliance.plots.style import TWO_COLUMNS
from bayes_alliance.sensitivity.averaging import average
from bayes_alliance.sensitivity.model_average import ModelAverage
from bayes_alliance.sensitivity.moderator_evidence import ModeratorComparison
from bayes_alliance.sensitivity.moderators import SCALES, compare_moderators

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["ModeratorVerbs"]


class ModeratorVerbs:
    """What moderators would add to an analysis."""

    fitted: Fitted

    def compare_moderators(
        self,
        moderators: Sequence[str] | None = None,
        *,
        rows: Literal["common", "each"] = "common",
        units: Mapping[str, float] | None = None,
        categorical: Sequence[str] = (),
        scales: Sequence[float] = SCALES,
        prior_odds: float = 1.0,
    ) -> ModeratorComparison:
        """Evidence for and against each moderator beside the terms of this analysis.

        Parameters
        ----------
        moderators : sequence of str, optional
            Columns; by default those of the study that the table has.
        rows : {"common", "each"}
            Compare all on the rows where all are known, or each where it is known.
        units : mapping of str to float, optional
            Steps of the slopes of continuous moderators.
        categorical : sequence of str
            Numeric columns to be read as categories.
        scales : sequence of float
            Other prior sds of a difference.
        prior_odds : float
            Odds of each moderator before the data.

        Returns
        -------
        ModeratorComparison
            See `bayes_alliance.compare_moderators`.
        """
        return compare_moderators(
            self.fitted.effects,
            moderators,
            self.fitted.specification,
            rows=rows,
            units=units,
            categorical=categorical,
            scales=scales,
            prior_odds=prior_odds,
        )

    def average(
        self,
        terms: Sequence[str] | None = None,
        *,
        structures: bool = True,
        effect: bool = False,
        prior_inclusion: float | Mapping[str, float] = 0.5,
        units: Mapping[str, float] | None = None,
        categorical: Sequence[str] = (),
    ) -> ModelAverage:
        """Average over all subsets of moderators and over heterogeneity structures.

        Parameters
        ----------
        terms : sequence of str, optional
            Moderators; by default those of the study that the table has.
        structures : bool
            Whether to average over both taus, one of them, and none.
        effect : bool
            Whether models with a mean of 0 are among the models.
        prior_inclusion : float or mapping of str to float
            Prior probability of every term, or of each.
        units : mapping of str to float, optional
            Steps of the slopes of continuous terms.
        categorical : sequence of str
            Numeric columns to be read as categories.

        Returns
        -------
        ModelAverage
            See `bayes_alliance.average`.
        """
        return average(
            self.fitted.effects,
            terms,
            self.fitted.specification,
            structures=structures,
            effect=effect,
            prior_inclusion=prior_inclusion,
            units=units,
            categorical=categorical,
        )

    def plot_moderator_evidence(
        self,
        comparison: ModeratorComparison,
        average: ModelAverage | None = None,
        *,
        width: float = TWO_COLUMNS,
    ) -> Figure:
        """Draw the evidence on moderators, and inclusion probabilities.

        Parameters
        ----------
        comparison : ModeratorComparison
            What `compare_moderators` returned.
        average : ModelAverage, optional
            What `average` returned.
        width : float
            In inches: 3.35 for one column, 7.0 for two.

        Returns
        -------
        matplotlib.figure.Figure
            One row a moderator.
        """
        from bayes_alliance.plots.moderator_evidence import moderator_evidence

        return moderator_evidence(self.fitted, comparison, average, width=width)
