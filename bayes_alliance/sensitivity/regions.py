"""Posterior probability of practical equivalence, beside a point null."""

from __future__ import annotations

import numpy as np

from bayes_alliance.engines.fitted import Fitted
from bayes_alliance.sensitivity.hypotheses import Hypothesis
from bayes_alliance.summaries.scale import Scale

__all__ = ["region_of"]


def region_of(fitted: Fitted, asked: Hypothesis) -> tuple[float | None, str]:
    """Posterior probability that what a null says holds for practical purposes.

    Parameters
    ----------
    fitted : Fitted
        The analysis.
    asked : Hypothesis
        A null.

    Returns
    -------
    probability : float or None
        That a mean is within the ROPE of an effect, or that no two of the means compared differ by
        more than the ROPE of a difference, on r; None where the null has no such region.
    region : str
        The region, for a reader.
    """
    design, rope = fitted.design, fitted.specification.rope
    scale = Scale(design.measure)
    if not scale.has_r or asked.levels or not len(asked.weights):
        return None, ""
    if asked.with_zero and len(asked.compared) == 1:
        w = asked.compared[0]
        for contrast in design.contrasts:
            if np.allclose(contrast.of - contrast.minus.mean(axis=0), w, atol=1e-12):
                beta = fitted.posterior.draws("beta")
                others = scale.to_r(beta @ contrast.minus.T).mean(axis=1)
                return _within(scale.to_r(beta @ contrast.of) - others, rope.difference_r)
        if not _is_mean(fitted, w):
            return None, ""
        marginal, end = fitted.posterior.linear(w), float(scale.from_r(rope.effect_r))
        inside = float(marginal.cdf(end) - marginal.cdf(-end))
        return inside, f"|r| < {rope.effect_r:g}"
    if asked.with_zero or len(asked.compared) < 2:
        return None, ""
    if not all(_is_mean(fitted, w) for w in asked.compared):
        return None, ""
    r = scale.to_r(fitted.posterior.draws("beta") @ np.stack(asked.compared).T)
    return _within(np.ptp(r, axis=1), rope.difference_r)


def _within(differences: np.ndarray, rope: float) -> tuple[float, str]:
    return float((np.abs(differences) < rope).mean()), f"|difference of r| < {rope:g}"


def _is_mean(fitted: Fitted, w: np.ndarray) -> bool:
    return any(
        q.role == "mean" and np.allclose(q.weights, w, atol=1e-12) for q in fitted.design.quantities
    )
