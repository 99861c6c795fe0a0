"""Marginal likelihood and posterior of a selection model by adapted importance sampling.

Sample effects are integrated out (see `density`), so that coefficients, taus and the weights of the
steps are left: few enough for the adapted mixture of `bayes_alliance.engines.importance`. The
answer is independent of NUTS and is compared with it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from bayes_alliance.algebra.blocks import Array
from bayes_alliance.engines.exact.engine import ExactEngine
from bayes_alliance.engines.importance.adaptation import adapted
from bayes_alliance.engines.importance.coordinates import COVER, SCALE_SHARE, Piece
from bayes_alliance.engines.importance.engine import smoothed
from bayes_alliance.engines.selection.density import log_density_of_published
from bayes_alliance.engines.selection.steps import Steps
from bayes_alliance.errors import EngineError
from bayes_alliance.names import TAU_EFFECT, TAU_SAMPLE
from bayes_alliance.posterior.proposals import Proposals
from bayes_alliance.spec.design import Design
from bayes_alliance.spec.prior import Prior

__all__ = ["WeightedSelection", "importance_of_selection"]

#: Coordinates of the coefficients: so many posterior sds of the model without selection.
STRETCH: Final = 2.0
#: Their prior is covered up to so many units.
WIDEST: Final = 8.0
#: A proposal that falls short is adapted anew from other random numbers, so many times in all.
MOST_RUNS: Final = 3


@dataclass(frozen=True, slots=True)
class WeightedSelection:
    """Weighted points that stand for the posterior of a selection model.

    Parameters
    ----------
    beta : ndarray, shape (N, p)
        Coefficients.
    tau_sample, tau_effect : ndarray, shape (N,)
        Standard deviations.
    omega : ndarray, shape (N, S)
        Weights of the steps.
    proposals : Proposals
        Weights of the points, with effective number and Pareto k.
    log_evidence : float
        Log marginal likelihood of the published effects.
    """

    beta: Array
    tau_sample: Array
    tau_effect: Array
    omega: Array
    proposals: Proposals
    log_evidence: float

    @property
    def error(self) -> float:
        """Standard error of `log_evidence`."""
        return self.proposals.error

    def moments(self, weights: Array) -> tuple[float, float]:
        """Posterior mean and sd of a linear combination of the coefficients.

        Parameters
        ----------
        weights : ndarray, shape (p,)
            Its weights.

        Returns
        -------
        mean, sd : float
            On the analysis scale.
        """
        shares, values = np.exp(self.proposals.log_weights), self.beta @ weights
        mean = float(shares @ values)
        return mean, float(np.sqrt(shares @ np.square(values - mean)))


@dataclass(frozen=True, slots=True)
class _Layout:
    """Coordinates x: coefficients, taus, ratios of neighbouring weights."""

    centre: Array
    spread: Array
    taus: tuple[Piece, Piece]
    ratios: tuple[Piece, ...]
    size: int

    def parameters(self, x: Array) -> tuple[dict[str, Array], list[Array], Array]:
        """Parameters, values of the pieces, and log Jacobian at coordinates (N, d)."""
        moved = [piece.moved(x) for piece in (*self.taus, *self.ratios)]
        values = [v[:, 0] for v, _ in moved]
        ratios = np.column_stack([np.ones(len(x)), *values[2:]])
        jacobian = np.log(self.spread).sum() + sum(j for _, j in moved)
        given = {
            "beta": self.centre + x[:, : len(self.centre)] * self.spread,
            TAU_SAMPLE: values[0],
            TAU_EFFECT: values[1],
            "omega": np.cumprod(ratios, axis=1),
        }
        return given, values, jacobian


def importance_of_selection(
    design: Design, steps: Steps, rng: np.random.Generator
) -> WeightedSelection:
    """Compute marginal likelihood and posterior of a selection model.

    Parameters
    ----------
    design : Design
        The analysis, with independent sampling errors and proper priors.
    steps : Steps
        The selection model.
    rng : numpy.random.Generator
        Source of randomness.

    Returns
    -------
    WeightedSelection
        Weighted points; `error` is the standard error of the log marginal likelihood.

    Raises
    ------
    EngineError
        If the density is not finite anywhere.
    """
    layout, blocks = _layout(design, steps), design.blocks()
    root = np.linalg.cholesky(design.prior_covariance())
    constant = -np.log(np.diag(root)).sum() - 0.5 * len(root) * np.log(2 * np.pi)

    def log_density(x: Array) -> Array:
        given, values, total = layout.parameters(x)
        apart = np.linalg.solve(root, (given["beta"] - design.prior_mean).T)
        total = total + constant - 0.5 * np.square(apart).sum(axis=0)
        for piece, own in zip((*layout.taus, *layout.ratios), values, strict=True):
            if piece.kind != "point":
                total = total + piece.prior.logpdf(own)
        total = total + log_density_of_published(design, blocks, steps, **given)
        return np.where(np.isnan(total), -np.inf, total)

    for _ in range(MOST_RUNS):
        points, log_weights, rounds = adapted(log_density, _cover(design, layout), rng)
        if not np.isfinite(log_weights.max()):
            raise EngineError("the density of the selection model is not finite anywhere")
        log_smoothed, pareto_k, log_evidence = smoothed(log_weights)
        proposals = Proposals(log_smoothed, pareto_k, len(points), rounds)
        if proposals.shortcoming is None:
            break
    given, _, _ = layout.parameters(points)
    return WeightedSelection(
        beta=given["beta"],
        tau_sample=given[TAU_SAMPLE],
        tau_effect=given[TAU_EFFECT],
        omega=given["omega"],
        proposals=proposals,
        log_evidence=log_evidence,
    )


def _layout(design: Design, steps: Steps) -> _Layout:
    p = len(design.coefficients)
    _, means, sds = ExactEngine().solve(design).moments()
    pieces = []
    at = p
    ratios = [Prior("beta", a=float(a), b=1.0, lower=0.0, upper=1.0) for a in steps.shapes]
    for name, prior in ((TAU_SAMPLE, design.tau_sample), (TAU_EFFECT, design.tau_effect)):
        pieces.append(_tau_piece(name, prior, at))
        at += len(pieces[-1].columns)
    found = tuple(
        Piece("ratio", prior, (at + i,), "interval", 0.0, 1.0) for i, prior in enumerate(ratios)
    )
    return _Layout(
        centre=means[:p],
        spread=STRETCH * sds[:p],
        taus=(pieces[0], pieces[1]),
        ratios=found,
        size=at + len(found),
    )


def _tau_piece(name: str, prior: Prior | None, at: int) -> Piece:
    if prior is None or prior.support == "point":
        value = 0.0 if prior is None else float(prior.parameters["value"])
        return Piece(name, prior or Prior("point", value=0.0), (), "point", value, 1.0)
    lower = float(prior.parameters.get("lower", 0.0))
    if prior.support == "interval":
        width = float(prior.parameters["upper"]) - lower
        return Piece(name, prior, (at,), "interval", lower, width)
    width = SCALE_SHARE * (float(prior.quantile(0.5)) - lower)
    return Piece(name, prior, (at,), "half", lower, width)


def _cover(design: Design, layout: _Layout) -> tuple[Array, Array]:
    p = len(layout.centre)
    centre, spread = np.zeros(layout.size), np.empty(layout.size)
    prior_sd = np.sqrt(np.diag(design.prior_covariance()))
    spread[:p] = np.minimum(prior_sd / layout.spread, WIDEST)
    for piece in (*layout.taus, *layout.ratios):
        if piece.columns:
            centre[list(piece.columns)], spread[list(piece.columns)] = COVER[piece.kind]
    return centre, spread
