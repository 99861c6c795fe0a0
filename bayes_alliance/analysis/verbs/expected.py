"""What more data would tell, and what the present data could have told."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from bayes_alliance.engines.fitted import Fitted
from bayes_alliance.plots.style import TWO_COLUMNS
from bayes_alliance.sensitivity.detectable import smallest_detectable
from bayes_alliance.sensitivity.expected import ADDED, Expected, expected_evidence
from bayes_alliance.sensitivity.smallest import Detectable

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["DesignVerbs"]


class DesignVerbs:
    """Expected evidence and smallest effects of an analysis."""

    fitted: Fitted

    def expect(
        self,
        samples: int | Sequence[int] = ADDED,
        *,
        n: float | Sequence[float] | None = None,
        effects: int | Sequence[str | Mapping[str, str | float]] | None = None,
        rho: float | None = None,
        variance: float | None = None,
        of: Sequence[str] | None = None,
        width: float | None = None,
        threshold: float = 3.0,
        replications: int = 500,
        seed: int = 1,
    ) -> Expected:
        """Intervals and Bayes factors to be expected after samples are added.

        Parameters
        ----------
        samples : int or sequence of int
            Numbers of samples to be added.
        n, effects, rho, variance, of, width, threshold, replications, seed
            See `bayes_alliance.sensitivity.expected.expected_evidence`.

        Returns
        -------
        Expected
            Distributions of widths and Bayes factors.
        """
        return expected_evidence(
            self.fitted,
            samples,
            n=n,
            effects=effects,
            rho=rho,
            variance=variance,
            of=of,
            width=width,
            threshold=threshold,
            replications=replications,
            seed=seed,
        )

    def smallest_detectable(
        self,
        of: Sequence[str] | None = None,
        *,
        power: float = 0.8,
        threshold: float = 3.0,
        taus: Mapping[str, float] | None = None,
        replications: int = 500,
        seed: int = 1,
    ) -> Detectable:
        """The smallest effects that these data could have shown.

        Parameters
        ----------
        of : sequence of str, optional
            Means, contrasts and slopes; by default all.
        power, threshold, taus, replications, seed
            See `bayes_alliance.sensitivity.detectable.smallest_detectable`.

        Returns
        -------
        Detectable
            An answer each, with its Monte Carlo interval, and a sentence.
        """
        return smallest_detectable(
            self.fitted,
            of,
            power=power,
            threshold=threshold,
            taus=taus,
            replications=replications,
            seed=seed,
        )

    def plot_expected(self, found: Expected, *, width: float = TWO_COLUMNS) -> Figure:
        """Draw expected widths and evidence over the number of samples.

        Parameters
        ----------
        found : Expected
            What `expect` returned.
        width : float
            In inches: 3.35 for one column, 7.0 for two.

        Returns
        -------
        matplotlib.figure.Figure
            Two panels an answer.
        """
        from bayes_alliance.plots.expected import expected

        return expected(found, self.fitted, width=width)

    def plot_detectable(self, found: Detectable, *, width: float = TWO_COLUMNS) -> Figure:
        """Draw the shares of data sets with evidence over the true size of effects.

        Parameters
        ----------
        found : Detectable
            What `smallest_detectable` returned.
        width : float
            In inches: 3.35 for one column, 7.0 for two.

        Returns
        -------
        matplotlib.figure.Figure
            A panel an effect.
        """
        from bayes_alliance.plots.expected import detectable

        return detectable(found, self.fitted, width=width)
