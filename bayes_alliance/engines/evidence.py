"""The log marginal likelihood of a design, by the first engine that has one."""

from __future__ import annotations

from dataclasses import dataclass

from bayes_alliance.engines.engine import RunOptions
from bayes_alliance.engines.exact.engine import ExactEngine
from bayes_alliance.errors import InputError, Problem
from bayes_alliance.spec.design import Design

__all__ = ["Evidence", "evidence_of"]


@dataclass(frozen=True, slots=True)
class Evidence:
    """A log marginal likelihood.

    Parameters
    ----------
    log_value : float
        Of the effect sizes on the analysis scale.
    error : float
        The engine's own: reported error of a quadrature, standard error of a simulation.
    engine : str
        Who computed it.
    """

    log_value: float
    error: float
    engine: str


def evidence_of(design: Design, options: RunOptions | None = None) -> Evidence:
    """Compute the log marginal likelihood of a design.

    Parameters
    ----------
    design : Design
        The analysis; all priors proper.
    options : RunOptions, optional
        Tolerance and seed.

    Returns
    -------
    Evidence
        Value, error and engine.

    Raises
    ------
    InputError
        If a prior is flat, or no engine has a marginal likelihood for this design.

    Examples
    --------
    >>> from bayes_alliance.data.bundled import load
    >>> from bayes_alliance.spec.compilation import compile_design
    >>> from bayes_alliance.spec.library import read_specification
    >>> design = compile_design(load("ibi_synthetic"), read_specification("overall"))
    >>> evidence_of(design).engine
    'exact'
    """
    given, exact = options or RunOptions(), ExactEngine()
    if design.flat:
        raise InputError(
            Problem(
                what="a flat prior has no marginal likelihood, and so no Bayes factor",
                where=f"key priors.{design.flat[0]}",
                cure='Give a proper prior (family = "normal")',
                code="flat_prior_evidence",
            )
        )
    reason = exact.declines(design)
    if reason is not None:
        raise InputError(
            Problem(
                what=f"there is no marginal likelihood of this analysis ({reason})",
                where="run.engine",
                cure="Take a model that the exact engine runs",
                code="no_evidence",
            )
        )
    grid = exact.solve(design, tolerance=given.tolerance)
    return Evidence(float(grid.log_evidence), float(grid.error), exact.name)
