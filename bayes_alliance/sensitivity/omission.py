"""The analysis without each sample, exactly."""

from __future__ import annotations

import numpy as np
import pandas as pd

from bayes_alliance.engines.exact.engine import ExactEngine
from bayes_alliance.engines.exact.omission import (
    LeftOutSample,
    leave_samples_out,
    needed_sample,
)
from bayes_alliance.engines.fitted import Fitted
from bayes_alliance.errors import InputError, Problem
from bayes_alliance.names import INTERVAL_PROBABILITY
from bayes_alliance.posterior.quadrature import QuadraturePosterior
from bayes_alliance.spec.design import Design
from bayes_alliance.spec.specification import Specification

__all__ = ["leave_one_out", "refuse_omission"]


def leave_one_out(fitted: Fitted, *, probability: float = INTERVAL_PROBABILITY) -> pd.DataFrame:
    """Leave every sample out in turn and tell all coefficients and both taus.

    One pass over the grid of the full posterior serves all samples; where a sample pinned a tau,
    that one posterior is computed anew. A posterior that was sampled is computed exactly first.

    Parameters
    ----------
    fitted : Fitted
        A finished analysis.
    probability : float
        Of every interval.

    Returns
    -------
    pandas.DataFrame
        Index: ``sample``. ``elpd`` (log predictive density of the sample given the others), and
        for each coefficient, ``tau_sample``, ``tau_effect`` and ``rho``: ``NAME``, ``NAME_sd``,
        ``NAME_lower``, ``NAME_upper`` on the analysis scale (posterior mean, sd, limits).

    Raises
    ------
    InputError
        If the exact engine cannot run the analysis, or there is one sample only.
    """
    design, posterior = fitted.design, fitted.posterior
    refuse_omission(design, fitted.specification)
    grid = ExactEngine().solve(design) if posterior.grid is None else posterior.grid
    rows = [
        _row(fitted, left, probability)
        for left in leave_samples_out(design, grid, blocks=posterior.blocks)
    ]
    return pd.DataFrame(rows).set_index("sample")


def refuse_omission(design: Design, specification: Specification) -> None:
    """Refuse to leave samples out where that cannot be done exactly.

    Parameters
    ----------
    design : Design
        The analysis.
    specification : Specification
        Its specification.

    Raises
    ------
    InputError
        If the exact engine cannot run the analysis, or there is one sample only.
    """
    reason = ExactEngine().declines(design)
    if len(design.sample_ids) < 2:
        reason = "there is one sample only"
    needed = needed_sample(design)
    if needed is not None:
        reason = f"without {needed} a flat prior leaves a coefficient without information"
    if reason is not None:
        raise InputError(
            Problem(
                what=f"samples cannot be left out exactly: {reason}",
                where=f"model {specification.name}",
                cure="Refit without a sample: fit(effects.keep(...), model)",
                code="no_exact_leave_one_out",
            )
        )


def _row(fitted: Fitted, left: LeftOutSample, probability: float) -> dict[str, str | float]:
    design, posterior = fitted.design, fitted.posterior
    without = QuadraturePosterior(
        tree=posterior.tree,
        blocks=posterior.blocks,
        provenance=posterior.provenance,
        grid=left.grid,
    )
    row: dict[str, str | float] = {"sample": left.sample, "elpd": left.elpd}
    asked = {
        name: without.linear(weights)
        for name, weights in zip(design.coefficients, np.eye(len(design.coefficients)), strict=True)
    }
    if design.tau_sample is not None:
        asked["tau_sample"] = without.tau("sample")
    if design.tau_effect is not None:
        asked["tau_effect"] = without.tau("effect")
    if design.dependence is not None:
        asked["rho"] = without.rho()
    for name, marginal in asked.items():
        lower, upper = marginal.interval(probability)
        row |= {name: marginal.mean, f"{name}_sd": marginal.sd}
        row |= {f"{name}_lower": lower, f"{name}_upper": upper}
    return row
