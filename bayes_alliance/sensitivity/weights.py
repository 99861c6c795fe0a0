r"""What each effect size weighs in the posterior means of an analysis.

Given the standard deviations (and rho) the posterior mean of :math:`w'\beta` is linear in the data;
the weight of effect i is its coefficient, :math:`w'C X'M^{-1}e_i` with
:math:`C = (X'M^{-1}X + P)^{-1}`, M the marginal covariance of the effect sizes and P the precision
of the prior, averaged over the posterior of what was given. Over the effects of a sample they add
up to the weight of `bayes_alliance.sensitivity.divergence.mean_weights`; a mean that the data alone
decided would have weights that add up to 1. The rest is the prior's. A weight can be negative where
errors are highly correlated.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import numpy as np

from bayes_alliance.algebra.blocks import Array
from bayes_alliance.engines.fitted import Fitted
from bayes_alliance.names import LAMBDA_SAMPLE, TAU_SAMPLE

__all__ = ["effect_weights"]

SHRINKAGE: Final = "shrinkage"
#: Draws that weights are averaged over, at most and at least, and numbers in one array of them.
MOST, FEWEST, LARGEST = 400, 20, 4_000_000


def effect_weights(fitted: Fitted, means: Array) -> Array:
    """Weight of every effect size in the posterior mean of linear combinations of coefficients.

    Parameters
    ----------
    fitted : Fitted
        The analysis: k effects, p coefficients.
    means : ndarray, shape (m, p)
        The linear combinations.

    Returns
    -------
    ndarray, shape (m, k)
        The weights, as shares; NaN for effects known only to be not significant, in whose values
        nothing is linear.

    Examples
    --------
    >>> import numpy as np
    >>> from bayes_alliance.data.bundled import load
    >>> from bayes_alliance.engines.choose import run_analysis
    >>> from bayes_alliance.spec.library import read_specification
    >>> fitted = run_analysis(load("konstantopoulos2011"), read_specification("schools"))
    >>> weights = effect_weights(fitted, np.ones((1, 1)))
    >>> weights.shape, round(float(weights.sum()), 2)
    ((1, 56), 0.99)
    """
    design = fitted.design
    units = design.units
    draws = _some(fitted, int(units.sizes.max()))
    information = _prior_precision(fitted, draws)
    solved, rows = [], [np.flatnonzero(units.index == i) for i in range(len(units.labels))]
    for i, own in enumerate(rows):
        X = design.X[own]
        covariance = fitted.posterior.blocks.marginal_covariance(i, _of_unit(draws, i))
        solved.append(np.linalg.solve(covariance, np.broadcast_to(X, (len(covariance), *X.shape))))
        information = information + np.einsum("mp,dmq->dpq", X, solved[-1])
    columns = np.broadcast_to(means.T, (len(information), *means.T.shape))
    gains = np.linalg.solve(information, columns)
    weights = np.empty((len(means), len(design.y)))
    for own, products in zip(rows, solved, strict=True):
        weights[:, own] = np.einsum("dpm,dip->mi", gains, products) / len(gains)
    weights[:, design.censored] = np.nan
    return weights


def _count(draws: Mapping[str, Array]) -> int:
    return len(draws["beta"])


def _some(fitted: Fitted, largest: int) -> dict[str, Array]:
    """Draws spread evenly over all, the fewer the larger the matrices."""
    draws = fitted.posterior.parameters()
    if fitted.design.shrinkage is not None:
        draws[SHRINKAGE] = fitted.posterior.draws(SHRINKAGE)
    size = int(np.clip(LARGEST // largest**2, FEWEST, MOST))
    chosen = np.linspace(0, _count(draws) - 1, min(size, _count(draws))).astype(int)
    return {name: values[chosen] for name, values in draws.items()}


def _of_unit(draws: Mapping[str, Array], i: int) -> dict[str, Array]:
    """Where sample effects follow a t, the standard deviation of the sample given its weight."""
    if LAMBDA_SAMPLE not in draws:
        return dict(draws)
    return {**draws, TAU_SAMPLE: draws[TAU_SAMPLE] / np.sqrt(draws[LAMBDA_SAMPLE][:, i])}


def _prior_precision(fitted: Fitted, draws: Mapping[str, Array]) -> Array:
    design = fitted.design
    if SHRINKAGE not in draws:
        return design.prior_precision()
    covariances = [design.prior_covariance(float(factor)) for factor in draws[SHRINKAGE]]
    return np.asarray(np.linalg.inv(np.stack(covariances)))
