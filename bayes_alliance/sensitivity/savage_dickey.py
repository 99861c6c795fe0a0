"""The Bayes factor of a null as a ratio of densities at it (Dickey 1971).

It equals the ratio of marginal likelihoods wherever the prior density at the null is finite and
positive, and so it is computed beside that as an identity.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from bayes_alliance.posterior.grid import Grid
from bayes_alliance.posterior.stack import GridStack
from bayes_alliance.sensitivity.densities import log_density_at_zero, normals_of
from bayes_alliance.sensitivity.hypotheses import Hypothesis
from bayes_alliance.sensitivity.orders import prior_normal
from bayes_alliance.spec.design import Design

__all__ = ["savage_dickey"]

#: Log Bayes factors above these are beyond the nodes of the posterior: the ratio of densities is
#: good to 1e-6 below them, and misses a tenth and more at 40 (of a tau at 20).
TRUSTED: Final = 16.0
TRUSTED_OF_TAU: Final = 9.0


def savage_dickey(design: Design, asked: Hypothesis, grid: Grid | GridStack) -> float | None:
    """Log Bayes factor against a null as the log ratio of prior to posterior density at it.

    Parameters
    ----------
    design : Design
        The analysis.
    asked : Hypothesis
        A null: restrictions of the coefficients, or one tau that is 0.
    grid : Grid or GridStack
        Exact posterior of the analysis.

    Returns
    -------
    float or None
        None where the prior density at 0 is 0 or infinite, where coefficients and taus are
        restricted together, where both taus are, or where a total and a share tie them; and where
        the Bayes factor is so large that the nodes of the posterior do not reach the null.
    """
    if len(asked.weights) and not asked.levels:
        prior = log_density_at_zero(prior_normal(design, asked.weights))
        found = prior - log_density_at_zero(normals_of(grid).of(asked.weights))
        return found if found < TRUSTED else None
    if len(asked.weights) or len(asked.levels) != 1 or design.tau_total is not None:
        return None
    level = asked.levels[0]
    given = design.tau_sample if level == "sample" else design.tau_effect
    if given is None or level not in ("sample", "effect") or given.support == "point":
        return None
    marginal = grid.sample_marginal if level == "sample" else grid.effect_marginal
    with np.errstate(divide="ignore"):
        height, prior = float(np.log(marginal.pdf(0.0))), float(given.logpdf(0.0))
    found = prior - height
    return found if np.isfinite(found) and found < TRUSTED_OF_TAU else None
