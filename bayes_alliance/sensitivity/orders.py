"""Orders of means by the encompassing prior: posterior over prior probability."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import numpy as np

from bayes_alliance.algebra.blocks import Array
from bayes_alliance.errors import InputError, Problem
from bayes_alliance.posterior.grid import Grid
from bayes_alliance.posterior.posterior import Posterior
from bayes_alliance.posterior.stack import GridStack
from bayes_alliance.sensitivity.densities import Normals, normals_of, probability_positive
from bayes_alliance.sensitivity.hypotheses import Hypothesis
from bayes_alliance.spec.design import Design
from bayes_alliance.summaries.evidence import BayesFactor
from bayes_alliance.summaries.hypotheses import OrderEvidence

__all__ = [
    "effective_draws",
    "notes_of_order",
    "order_evidence",
    "prior_normal",
    "prior_probability",
]

#: Below this a probability is not computed but bounded.
LEAST: Final = 1e-12


@dataclass(frozen=True, slots=True)
class _Probability:
    """A probability with the errors of its log and of its log odds."""

    value: float
    error: float
    of_log: float
    of_log_odds: float


def prior_normal(design: Design, W: Array) -> Normals:
    """Prior of W beta.

    Parameters
    ----------
    design : Design
        The analysis.
    W : ndarray, shape (m, p)
        Weights.

    Returns
    -------
    Normals
        One normal in m dimensions.

    Raises
    ------
    InputError
        If W beta has no proper normal prior.
    """
    location, differences = W @ design.prior_location, W @ design.prior_differences
    flat = [
        name
        for name, rows in (("location", location), ("differences", differences))
        if name in design.flat and not np.allclose(rows, 0, atol=1e-12)
    ]
    shrunken = design.shrinkage is not None and not np.allclose(location, 0, atol=1e-12)
    if flat or shrunken:
        key, why = ("shrinkage", "is no normal") if shrunken else (flat[0], "is flat")
        raise InputError(
            Problem(
                what=f"the prior of what is ordered {why}: an order has no prior probability",
                where=f"key priors.{key}",
                cure='Give a proper prior (family = "normal"), without a shrinkage factor',
                code="order_without_prior",
            )
        )
    covariance = np.outer(location, location) * ("location" not in design.flat)
    covariance = covariance + differences @ differences.T * ("differences" not in design.flat)
    return Normals(np.ones(1), (W @ design.prior_mean)[None, :], covariance[None, :, :])


def prior_probability(asked: Hypothesis, design: Design) -> tuple[float, float]:
    """Prior probability of an order, and its error.

    Parameters
    ----------
    asked : Hypothesis
        An order.
    design : Design
        The analysis.

    Returns
    -------
    probability, error : float
        1 over the number of orders, without error, where the means are exchangeable a priori.
    """
    normals = prior_normal(design, asked.weights)
    if not asked.with_zero and _exchangeable(np.stack(asked.compared), design):
        return 1 / math.factorial(len(asked.compared)), 0.0
    return probability_positive(normals)


def _exchangeable(W: Array, design: Design) -> bool:
    """Whether W beta looks the same in every order before the data."""
    C = W @ design.prior_differences
    covariance = C @ C.T
    off = covariance[~np.eye(len(W), dtype=bool)]
    same = [np.diagonal(covariance), off, W @ design.prior_mean, W @ design.prior_location]
    return all(np.allclose(values, values[0], rtol=1e-10, atol=1e-14) for values in same)


def order_evidence(
    asked: Hypothesis,
    design: Design,
    *,
    grid: Grid | GridStack | None = None,
    draws: Array | None = None,
    effective: Callable[[Array], float] | None = None,
    prior_odds: float = 1.0,
) -> tuple[BayesFactor, OrderEvidence]:
    """Bayes factors of an order.

    Parameters
    ----------
    asked : Hypothesis
        The order.
    design : Design
        The analysis.
    grid : Grid or GridStack, optional
        Its exact posterior.
    draws : ndarray, shape (D, p), optional
        Draws of the coefficients, where there is no grid.
    effective : callable, optional
        From values by draw, shape (D,), to the number of independent draws that they are worth; by
        default all draws are independent.
    prior_odds : float
        Of the order against its complement.

    Returns
    -------
    encompassing : BayesFactor
        The order against the model without it.
    order : OrderEvidence
        Probabilities, and the order against its complement.
    """
    before = _of(*prior_probability(asked, design), 0.0)
    if grid is not None:
        normals = normals_of(grid).of(asked.weights)
        after, method = _of(*probability_positive(normals), float(grid.error)), "exact (quadrature)"
        if len(asked.weights) > 2:
            method += " with quasi-random points"
    elif draws is not None:
        after, method = _counted(draws @ asked.weights.T, effective), "posterior draws"
    else:
        raise ValueError("an order needs a grid or draws")
    log_bf = math.log(after.value) - math.log(before.value)
    log_odds = _log_odds(after.value) - _log_odds(before.value)
    complement = BayesFactor(
        hypothesis=asked.text,
        null="its complement",
        log_bf10=log_odds,
        error=math.hypot(after.of_log_odds, before.of_log_odds),
        prior_odds=float(prior_odds),
        method=method,
    )
    found = BayesFactor(
        hypothesis=asked.text,
        null="the model without it",
        log_bf10=log_bf,
        error=math.hypot(after.of_log, before.of_log),
        prior_odds=float(prior_odds),
        method=method,
    )
    return found, OrderEvidence(
        prior=before.value,
        posterior=after.value,
        prior_error=before.error,
        posterior_error=after.error,
        complement=complement,
    )


def _of(value: float, error: float, quadrature: float) -> _Probability:
    """A probability between what can be told from 0 and from 1."""
    kept = min(max(value, LEAST), 1 - LEAST)
    own = math.hypot(error, abs(kept - value))
    # In the tails the nodes are thinner: there the relative error is larger than that of moments.
    both = kept * (1 - kept)
    return _Probability(
        kept,
        error,
        own / kept + quadrature / math.sqrt(kept),
        own / both + quadrature / math.sqrt(both),
    )


def _log_odds(p: float) -> float:
    return math.log(p) - math.log1p(-p)


def _counted(values: Array, effective: Callable[[Array], float] | None) -> _Probability:
    """From draws: half an effective draw is added to both sides, so that none is impossible."""
    margin = values.min(axis=1)
    inside = margin > 0
    # Where all draws agree, their distance from the boundary tells how independent they are.
    told = inside.astype(float) if 0 < inside.sum() < len(inside) else margin
    size = len(inside) if effective is None else effective(told)
    hits = float(inside.mean()) * size
    p = (hits + 0.5) / (size + 1)
    of_log = math.sqrt((1 - p) / (hits + 0.5))
    of_odds = math.sqrt(1 / (hits + 0.5) + 1 / (size - hits + 0.5))
    return _Probability(p, math.sqrt(p * (1 - p) / size), of_log, of_odds)


def effective_draws(posterior: Posterior, values: Array) -> float:
    """How many independent draws the draws of a posterior are worth for a mean.

    Parameters
    ----------
    posterior : Posterior
        The posterior.
    values : ndarray, shape (D,)
        What is averaged, by draw, chains end to end.

    Returns
    -------
    float
        From the weights of an importance sampler, else from the autocorrelation within and the
        differences between chains (Vehtari et al. 2021, doi 10.1214/20-BA1221).
    """
    from arviz_stats.base import array_stats

    proposals = posterior.proposals
    if proposals is not None:
        return min(proposals.effective, float(len(values)))
    chains = posterior.tree["posterior"].dataset.sizes["chain"]
    found = float(array_stats.ess(values.reshape(chains, -1), method="mean"))
    return min(found, float(len(values))) if found > 0 else 1.0


def notes_of_order(order: OrderEvidence) -> tuple[str, ...]:
    """What a reader of the evidence for an order has to know.

    Parameters
    ----------
    order : OrderEvidence
        Its probabilities.

    Returns
    -------
    tuple of str
        Sentences.
    """
    told = ["Prior odds and posterior probability are those of the order against its complement."]
    if not LEAST < order.posterior < 1 - LEAST:
        told.append(
            f"Its posterior probability is within {LEAST:g} of {order.posterior:.0f}, which is "
            "taken in its place: the evidence is at least as strong as it says."
        )
    return tuple(told)
