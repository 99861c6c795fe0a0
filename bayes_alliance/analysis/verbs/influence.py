"""What a fit hangs on: its samples left out, added one after another, or excluded."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from bayes_alliance.engines.fitted import Fitted
from bayes_alliance.plots.style import TWO_COLUMNS
from bayes_alliance.sensitivity.cumulative import Cumulative, cumulate
from bayes_alliance.sensitivity.exclusion import Exclusion, Where, exclude
from bayes_alliance.sensitivity.influence import Influence, influence_of

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["InfluenceVerbs"]

Missing = Literal["refuse", "first", "last", "leave_out"]


class InfluenceVerbs:
    """What an analysis says about the influence of its samples."""

    fitted: Fitted

    def influence(
        self, unit: Literal["sample", "effect"] = "sample", *, answer: str | None = None
    ) -> Influence:
        """Measures of influence, all answers without each sample, and conclusions that change.

        Parameters
        ----------
        unit : {"sample", "effect"}
            What is left out.
        answer : str, optional
            The reported quantity or contrast that is followed.

        Returns
        -------
        Influence
            See `bayes_alliance.sensitivity.influence`.
        """
        return influence_of(self.fitted, unit, answer=answer)

    def cumulative(
        self, by: str, *, answer: str | None = None, missing: Missing = "refuse"
    ) -> Cumulative:
        """All answers after each sample, in the order of a column, and the sequential evidence.

        Parameters
        ----------
        by : str
            A column of the table.
        answer : str, optional
            The reported quantity or contrast whose evidence is followed.
        missing : {"refuse", "first", "last", "leave_out"}
            What becomes of samples without a value.

        Returns
        -------
        Cumulative
            See `bayes_alliance.sensitivity.cumulative.cumulate`.
        """
        return cumulate(self.fitted, by, answer=answer, missing=missing)

    def without(self, *samples: str, where: Where | None = None) -> Exclusion:
        """The analysis without some samples or rows, beside the analysis with all.

        Parameters
        ----------
        *samples : str
            Labels of samples that are excluded.
        where : str, array_like of bool or callable, optional
            Rows that are excluded too: a condition, a mask, or a function of the table.

        Returns
        -------
        Exclusion
            See `bayes_alliance.sensitivity.exclusion.exclude`.
        """
        return exclude(self.fitted, *samples, where=where)

    def plot_leave_one_out(
        self,
        answer: str | None = None,
        *,
        ordered: bool = True,
        page: int = 1,
        ax: Axes | None = None,
        width: float = TWO_COLUMNS,
    ) -> Axes:
        """One answer without each sample, with a band for all samples.

        Parameters
        ----------
        answer : str, optional
            A mean, slope, contrast or tau; by default the overall mean, else the first mean.
        ordered : bool
            Whether rows are ordered by the median; otherwise as in the table.
        page : int
            Which page, from 1: more than 60 rows are spread over pages.
        ax : matplotlib.axes.Axes, optional
            Where to draw.
        width : float
            Of a new figure, in inches: 3.35 for one column, 7.0 for two.

        Returns
        -------
        matplotlib.axes.Axes
            The axes drawn on.
        """
        from bayes_alliance.plots.influence import left_out
        from bayes_alliance.sensitivity.omission import leave_each_out

        omission = leave_each_out(self.fitted)
        return left_out(omission, answer, ordered=ordered, page=page, ax=ax, width=width)

    def plot_baujat(
        self,
        unit: Literal["sample", "effect"] = "sample",
        *,
        answer: str | None = None,
        ax: Axes | None = None,
        width: float = TWO_COLUMNS,
    ) -> Axes:
        """Misfit of each sample against its influence (after Baujat et al. 2002).

        Parameters
        ----------
        unit : {"sample", "effect"}
            What a point is.
        answer : str, optional
            The reported quantity or contrast whose shift is shown.
        ax : matplotlib.axes.Axes, optional
            Where to draw.
        width : float
            Of a new figure, in inches: 3.35 for one column, 7.0 for two.

        Returns
        -------
        matplotlib.axes.Axes
            The axes drawn on.
        """
        from bayes_alliance.plots.baujat import baujat

        found = influence_of(self.fitted, unit, answer=answer, most=1)
        return baujat(found, ax=ax, width=width)

    def plot_cumulative(
        self,
        by: str,
        *,
        answer: str | None = None,
        missing: Missing = "refuse",
        width: float = TWO_COLUMNS,
    ) -> Figure:
        """One answer and its Bayes factor against 0 after each sample.

        Parameters
        ----------
        by : str
            A column of the table.
        answer : str, optional
            The reported quantity or contrast that is followed.
        missing : {"refuse", "first", "last", "leave_out"}
            What becomes of samples without a value.
        width : float
            In inches: 3.35 for one column, 7.0 for two.

        Returns
        -------
        matplotlib.figure.Figure
            The figure.
        """
        from bayes_alliance.plots.cumulative import cumulative

        return cumulative(self.cumulative(by, answer=answer, missing=missing), width=width)
