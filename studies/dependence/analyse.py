"""All analyses of one simulated table: four exact posteriors and two REML fits."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import Any

import numpy as np
import xarray as xr

from bayes_alliance.algebra.blocks import Array
from bayes_alliance.engines.exact.correlation import solve_correlation
from bayes_alliance.engines.exact.solve import solve
from bayes_alliance.engines.reml.estimate import estimate
from bayes_alliance.engines.reml.robust import cluster_robust, robust_tests
from bayes_alliance.engines.reml.wald import wald_tests
from bayes_alliance.posterior.provenance import Provenance
from bayes_alliance.posterior.quadrature import QuadraturePosterior
from bayes_alliance.spec.design import Design
from studies.dependence.cells import ANALYSES, WEIGHTS, Cell, compiled, template
from studies.dependence.simulate import generator, simulate

__all__ = ["TOLERANCE", "replicate"]

#: Reported error that is taken: in log evidence, and in posterior sds for means. Monte Carlo error
#: is larger by far.
TOLERANCE = 1e-2


def replicate(seed: int, cell: Cell, replication: int) -> dict[str, Any]:
    """Simulate one table and run all analyses of it.

    Parameters
    ----------
    seed : int
        Seed of the study.
    cell : Cell
        The setting.
    replication : int
        Counted from 0.

    Returns
    -------
    dict
        ``cell``, ``replication``, ``seconds`` of the processor, and a record for each analysis;
        everything can be written as JSON.
    """
    began = time.process_time()
    z = simulate(cell, generator(seed, cell, replication))
    found: dict[str, Any] = {"cell": cell.name, "replication": replication}
    for analysis in ANALYSES:
        design = _design(cell, analysis, z)
        found[analysis] = _exact(design, WEIGHTS[:2] if analysis == "uniform" else WEIGHTS)
        if analysis in ("naive", "known"):
            found[f"reml {analysis}"] = _reml(design)
    found["seconds"] = time.process_time() - began
    return found


def _design(cell: Cell, analysis: str, z: Array) -> Design:
    # Where people are simulated, the known covariances depend on the data, as in a real analysis.
    if cell.errors == "people" and analysis == "known":
        return compiled(cell, analysis, z)
    return replace(template(cell, analysis), y=z)


def _exact(design: Design, asked_weights: Array) -> dict[str, Any]:
    """Limits of what is asked, medians of both taus; of rho, mean and limits."""
    grid = (
        solve(design, tolerance=TOLERANCE)
        if design.dependence is None
        else solve_correlation(design, tolerance=TOLERANCE)
    )
    posterior = QuadraturePosterior(
        tree=xr.DataTree(),
        blocks=design.blocks(),
        provenance=Provenance(engine="exact", seed=0, seconds=0.0),
        grid=grid,
    )
    asked = [posterior.linear(weights) for weights in asked_weights]
    limits = [marginal.interval() for marginal in asked]
    found: dict[str, Any] = {
        "estimate": [marginal.mean for marginal in asked],
        "lower": [low for low, _ in limits],
        "upper": [high for _, high in limits],
        "tau_sample": float(np.squeeze(posterior.tau("sample").quantile(0.5))),
        "tau_effect": float(np.squeeze(posterior.tau("effect").quantile(0.5))),
        "error": grid.error,
    }
    if design.dependence is not None:
        rho = posterior.rho()
        found["rho"] = [rho.mean, *rho.interval()]
    return found


def _reml(design: Design) -> dict[str, Any]:
    """Estimates with limits by z, and by CR2 standard errors with Satterthwaite df."""
    blocks = design.blocks()
    fit = estimate(blocks)
    plain = wald_tests(fit.beta, fit.covariance, contrasts=WEIGHTS, df=np.inf)
    robust = robust_tests(cluster_robust(blocks, fit), WEIGHTS)
    return {
        "estimate": plain.estimate.tolist(),
        "lower": plain.lower.tolist(),
        "upper": plain.upper.tolist(),
        "cr2_lower": robust.lower.tolist(),
        "cr2_upper": robust.upper.tolist(),
        "tau_sample": float(np.sqrt(fit.sigma2_sample)),
        "tau_effect": float(np.sqrt(fit.sigma2_effect)),
        "converged": fit.converged,
    }
