"""Marginal likelihoods of one analysis under several prior scales, each computed once."""

from __future__ import annotations

from dataclasses import dataclass, field

from bayes_alliance.engines.engine import RunOptions
from bayes_alliance.engines.evidence import Evidence, evidence_of, refuse_flat
from bayes_alliance.engines.exact.engine import ExactEngine
from bayes_alliance.engines.fitted import Fitted
from bayes_alliance.posterior.grid import Grid
from bayes_alliance.posterior.stack import GridStack
from bayes_alliance.spec.design import Design
from bayes_alliance.spec.rescaled import Knob, rescaled

__all__ = ["Evaluations", "options_of"]


@dataclass
class Evaluations:
    """Marginal likelihoods of one analysis, each computed once.

    Parameters
    ----------
    fitted : Fitted
        The analysis.
    options : RunOptions
        Tolerance, seed, progress.
    """

    fitted: Fitted
    options: RunOptions
    _whole: dict[tuple[tuple[Knob, ...], float], Evidence] = field(default_factory=dict)
    _grids: dict[tuple[tuple[Knob, ...], float], Grid | GridStack] = field(default_factory=dict)

    @property
    def exact(self) -> bool:
        """Whether the analysis itself is solved by quadrature."""
        return ExactEngine().declines(self.fitted.design) is None

    def design(self, knobs: tuple[Knob, ...], factor: float) -> Design:
        """The design with some prior scales multiplied.

        Parameters
        ----------
        knobs : tuple of str
            Which.
        factor : float
            By what.

        Returns
        -------
        Design
            Itself for a factor of 1.
        """
        given = self.fitted.design
        return given if factor == 1 else rescaled(given, knobs, factor)

    def whole(self, knobs: tuple[Knob, ...] = (), factor: float = 1.0) -> Evidence:
        """Marginal likelihood without the hypothesis.

        Parameters
        ----------
        knobs : tuple of str
            Prior scales that are multiplied.
        factor : float
            By what.

        Returns
        -------
        Evidence
            Value and error.
        """
        key = (() if factor == 1 else knobs, factor)
        if key not in self._whole:
            if self.exact:
                refuse_flat(self.fitted.design)
                grid = self.grid(knobs, factor)
                found = Evidence(float(grid.log_evidence), float(grid.error), "exact")
            else:
                found = evidence_of(self.design(knobs, factor), self.options)
            self._whole[key] = found
        return self._whole[key]

    def grid(self, knobs: tuple[Knob, ...] = (), factor: float = 1.0) -> Grid | GridStack:
        """Exact posterior without the hypothesis.

        Parameters
        ----------
        knobs : tuple of str
            Prior scales that are multiplied.
        factor : float
            By what.

        Returns
        -------
        Grid or GridStack
            Its nodes.
        """
        key = (() if factor == 1 else knobs, factor)
        if key not in self._grids:
            design = self.design(knobs, factor)
            self._grids[key] = ExactEngine().solve(design, tolerance=self.options.tolerance)
        return self._grids[key]


def options_of(fitted: Fitted, *, progress: bool) -> RunOptions:
    """Options of every run that tests a hypothesis about an analysis.

    Parameters
    ----------
    fitted : Fitted
        The analysis.
    progress : bool
        Whether a simulation shows its progress.

    Returns
    -------
    RunOptions
        Those of the analysis.
    """
    return RunOptions.of(fitted.specification.run, cores=1, progress=progress)
