"""The log marginal likelihood of a design, by the first way that has one."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from bayes_alliance.algebra.scales import ScaleSamples
from bayes_alliance.engines.engine import RunOptions
from bayes_alliance.engines.exact.engine import ExactEngine
from bayes_alliance.errors import InputError, Problem
from bayes_alliance.spec.design import Design

__all__ = ["Evidence", "evidence_of", "quick_evidence", "refuse_flat"]


@dataclass(frozen=True, slots=True)
class Evidence:
    """A log marginal likelihood.

    Parameters
    ----------
    log_value : float
        Of the effect sizes on the analysis scale.
    error : float
        Its own: reported error of a quadrature, standard error of a simulation.
    engine : str
        How it was computed: exact, importance, or smc (sequential Monte Carlo).
    bounded : bool
        Whether `error` is a bound; else it is a standard error.
    quick : bool
        Whether it took no more than a second, so that it can be had many times.
    """

    log_value: float
    error: float
    engine: str
    bounded: bool = True
    quick: bool = True

    def error_of_ratio(self, other: Evidence) -> float:
        """Error of the difference of two log marginal likelihoods.

        Parameters
        ----------
        other : Evidence
            The other one.

        Returns
        -------
        float
            Bounds add up, standard errors of independent simulations by their squares.
        """
        if self.bounded or other.bounded:
            return self.error + other.error
        return math.hypot(self.error, other.error)


def evidence_of(design: Design, options: RunOptions | None = None) -> Evidence:
    """Compute the log marginal likelihood of a design.

    By quadrature where the exact engine takes the design; by importance sampling where scales have
    sample effects of their own, if its weights can be relied on; else by sequential Monte Carlo,
    which takes from seconds to minutes.

    Parameters
    ----------
    design : Design
        The analysis; all priors proper.
    options : RunOptions, optional
        Tolerance, seed, and whether progress is shown.

    Returns
    -------
    Evidence
        Value, error and how it was computed.

    Raises
    ------
    InputError
        If a prior is flat.
    EngineError
        If sequential Monte Carlo cannot run the model.

    Examples
    --------
    >>> from bayes_alliance.data.bundled import load
    >>> from bayes_alliance.spec.compilation import compile_design
    >>> from bayes_alliance.spec.library import read_specification
    >>> design = compile_design(load("ibi_synthetic"), read_specification("overall"))
    >>> evidence_of(design).engine
    'exact'
    """
    given = options or RunOptions()
    quick = quick_evidence(design, given)
    if quick is not None:
        return quick
    from bayes_alliance.engines.nuts.smc import sequential

    runs = sequential(design, given)
    return Evidence(runs.log_value, runs.error, "smc", bounded=False, quick=False)


def quick_evidence(design: Design, options: RunOptions) -> Evidence | None:
    """The log marginal likelihood, where it takes no more than a second.

    Parameters
    ----------
    design : Design
        The analysis; all priors proper.
    options : RunOptions
        Tolerance and seed.

    Returns
    -------
    Evidence or None
        By quadrature or by importance sampling; None where neither can.

    Raises
    ------
    InputError
        If a prior is flat.
    """
    refuse_flat(design)
    exact = ExactEngine()
    if exact.declines(design) is None:
        grid = exact.solve(design, tolerance=options.tolerance)
        return Evidence(float(grid.log_evidence), float(grid.error), exact.name)
    return _by_importance(design, options)


def refuse_flat(design: Design) -> None:
    """Refuse a design that has no marginal likelihood.

    Parameters
    ----------
    design : Design
        The analysis.

    Raises
    ------
    InputError
        If a prior is flat.
    """
    if not design.flat:
        return
    raise InputError(
        Problem(
            what="a flat prior has no marginal likelihood, and so no Bayes factor",
            where=f"key priors.{design.flat[0]}",
            cure='Give a proper prior (family = "normal")',
            code="flat_prior_evidence",
        )
    )


def _by_importance(design: Design, options: RunOptions) -> Evidence | None:
    """The number that the importance engine reports, without the draws it makes beside."""
    from bayes_alliance.engines.importance.coordinates import coordinates_of
    from bayes_alliance.engines.importance.density import problem_of
    from bayes_alliance.engines.importance.engine import ImportanceEngine, weighted
    from bayes_alliance.posterior.proposals import Proposals

    engine = ImportanceEngine()
    if engine.declines(design) is not None:
        return None
    blocks = design.blocks()
    if not isinstance(blocks, ScaleSamples):
        return None
    rng = np.random.default_rng([options.seed, 8])
    found = weighted(coordinates_of(design), problem_of(design, blocks), rng)
    record = Proposals(found.log_weights, found.pareto_k, 0, found.rounds)
    if record.shortcoming is not None:
        return None
    return Evidence(found.log_evidence, record.error, engine.name, bounded=False)
