"""How much a fit hangs on its priors, and priors made of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd
from numpy.typing import ArrayLike

from bayes_alliance.engines.fitted import Fitted
from bayes_alliance.plots.style import TWO_COLUMNS
from bayes_alliance.sensitivity.beliefs import prior_and_posterior
from bayes_alliance.sensitivity.benchmark_prior import GivenBenchmark, given_benchmark
from bayes_alliance.sensitivity.curves import PriorCurve, over_prior_scale, over_prior_scales
from bayes_alliance.sensitivity.earlier import About, prior_from_fit
from bayes_alliance.sensitivity.power_scaling import PowerScaling, power_scaling
from bayes_alliance.sensitivity.prior_predictive import PriorPredictive, prior_predictive
from bayes_alliance.sensitivity.priors import PriorAlternatives, over_priors
from bayes_alliance.spec.prior import Prior

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["PriorVerbs"]


class PriorVerbs:
    """What an analysis says under other priors."""

    fitted: Fitted

    def over_priors(self) -> PriorAlternatives:
        """The headline answers under named priors and the specification's own alternatives.

        Returns
        -------
        PriorAlternatives
            See `bayes_alliance.sensitivity.priors.over_priors`.
        """
        return over_priors(self.fitted)

    def over_prior_scale(self, name: str, factors: ArrayLike | None = None) -> PriorCurve:
        """The headline answers over the scale of one prior.

        Parameters
        ----------
        name : str
            location, differences, tau_sample, tau_effect (or tau_total).
        factors : array_like, optional
            Two or more factors above 0; by default 17 from 1/4 to 4.

        Returns
        -------
        PriorCurve
            See `bayes_alliance.sensitivity.curves.over_prior_scale`.
        """
        return over_prior_scale(self.fitted, name, factors)

    def power_scaling(self) -> PowerScaling:
        """Which answers the priors move, and whether the data do too.

        Returns
        -------
        PowerScaling
            See `bayes_alliance.sensitivity.power_scaling.power_scaling`.
        """
        return power_scaling(self.fitted)

    def prior_predictive(self) -> PriorPredictive:
        """What the priors say before any data, in numbers and in words.

        Returns
        -------
        PriorPredictive
            See `bayes_alliance.sensitivity.prior_predictive.prior_predictive`.
        """
        return prior_predictive(self.fitted)

    def prior_and_posterior(self) -> pd.DataFrame:
        """Prior against posterior of every parameter; `plot_priors` draws the densities.

        Returns
        -------
        pandas.DataFrame
            See `bayes_alliance.sensitivity.beliefs.prior_and_posterior`.
        """
        return prior_and_posterior(self.fitted)

    def given_benchmark(
        self, name: str | None = None, *, discount: float = 1.0, extra_sd: float = 0.0
    ) -> GivenBenchmark:
        """The analysis with one of its benchmarks as the prior of the location.

        Parameters
        ----------
        name : str, optional
            Name of the benchmark or a part of it; not needed where only one has an interval.
        discount : float
            Weight in (0, 1] of the benchmark.
        extra_sd : float
            Sd on z by which the benchmark's population and that of the data may differ.

        Returns
        -------
        GivenBenchmark
            See `bayes_alliance.sensitivity.benchmark_prior.given_benchmark`.
        """
        return given_benchmark(self.fitted, name, discount=discount, extra_sd=extra_sd)

    def as_prior(
        self,
        name: str = "overall",
        *,
        about: About = "mean",
        discount: float = 1.0,
        extra_sd: float = 0.0,
    ) -> Prior:
        """A prior for a later meta-analysis from what this one found.

        Parameters
        ----------
        name : str
            A mean (or another reported quantity), ``tau_group``, ``tau_sample`` or ``tau_effect``.
        about : {"mean", "new_sample", "new_effect"}
            Of a mean: its posterior, or a prediction.
        discount : float
            Weight in (0, 1] of this analysis (means only).
        extra_sd : float
            Sd by which both meta-analyses may differ (means only), on the analysis scale.

        Returns
        -------
        Prior
            See `bayes_alliance.sensitivity.earlier.prior_from_fit`.
        """
        return prior_from_fit(self.fitted, name, about=about, discount=discount, extra_sd=extra_sd)

    def plot_alternatives(self, *, width: float = TWO_COLUMNS) -> Figure:
        """Headline answers under other priors, a dot and an interval a prior.

        Parameters
        ----------
        width : float
            In inches: 3.35 for one column, 7.0 for two.

        Returns
        -------
        matplotlib.figure.Figure
            The figure.
        """
        from bayes_alliance.plots.prior_alternatives import alternatives

        found = self.over_priors()
        return alternatives(self.fitted, found, width=width, caution=self._caution())

    def plot_prior_curves(
        self, factors: ArrayLike | None = None, *, width: float = TWO_COLUMNS
    ) -> Figure:
        """Headline answers over the scale of each prior.

        Parameters
        ----------
        factors : array_like, optional
            As for `over_prior_scale`.
        width : float
            In inches: 3.35 for one column, 7.0 for two.

        Returns
        -------
        matplotlib.figure.Figure
            The figure.
        """
        from bayes_alliance.plots.prior_curves import prior_curves

        curves = over_prior_scales(self.fitted, factors)
        return prior_curves(self.fitted, curves, width=width, caution=self._caution())

    def _caution(self) -> str:
        """What every figure of a fit says if a check failed."""
        return str(getattr(self, "caution", ""))
