"""From a log density to weighted points: find the mode, adapt a mixture, draw from it.

Adaptive mixture importance sampling (Cappé et al. 2008; see `mixture`): the first proposal is the
normal approximation at the mode with inflated copies and a cover of the prior; a few rounds of
draws refit eight components; the last round's points, and no others, are the answer, so that
their weights are independent of what the proposal was fitted to.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Final

import numpy as np

from bayes_alliance.algebra.blocks import Array
from bayes_alliance.engines.importance.mixture import Mixture, pooled, refitted, systematic

__all__ = ["PROPOSALS", "adapted", "laplace"]

#: Points of the answer, and where no round had a good share of effective points.
PROPOSALS: Final = 4_000
MORE_PROPOSALS: Final = 8_000
#: Points of every round before: so many, and so many more for each coordinate.
ROUND: Final = 600
PER_DIMENSION: Final = 100
#: Rounds whose points a fit remembers.
REMEMBERED: Final = 3
COMPONENTS: Final = 8
#: Steps of expectation-maximisation on the first points, and in every round.
FIRST_STEPS: Final = 3
STEPS: Final = 2
#: Rounds end when this share of the points is effective, or after so many.
GOOD_SHARE: Final = 0.6
FEWEST_ROUNDS: Final = 3
MOST_ROUNDS: Final = 6
#: Of the fitted scale matrices: tails a little too heavy cost little, too light ones much.
INFLATION: Final = 1.15
#: Newton's steps.
MOST_STEPS: Final = 20
STEP: Final = 1e-2
SHORTENED: Final = np.array([1.6, 1.0, 0.5, 0.2, 0.05, 0.01])

LogDensity = Callable[[Array], Array]


def _derivatives(log_density: LogDensity, at: Array) -> tuple[float, Array, Array]:
    """Value, gradient and Hessian by central differences, all points in one call."""
    d = len(at)
    steps = STEP * np.eye(d)
    first, second = np.triu_indices(d, 1)
    crossed = steps[first] + steps[second]
    points = np.concatenate([[np.zeros(d)], steps, -steps, crossed, -crossed])
    values = log_density(at + points)
    centre, up, down = values[0], values[1 : d + 1], values[d + 1 : 2 * d + 1]
    both, neither = np.split(values[2 * d + 1 :], 2)
    gradient = (up - down) / (2 * STEP)
    hessian = np.diag((up - 2 * centre + down) / STEP**2)
    mixed = both + neither + 2 * centre - up[first] - down[first] - up[second] - down[second]
    hessian[first, second] = hessian[second, first] = mixed / (2 * STEP**2)
    return float(centre), gradient, hessian


def laplace(log_density: LogDensity, start: Array) -> tuple[Array, Array]:
    """Climb to a mode by Newton's method; the covariance of the normal approximation there.

    Parameters
    ----------
    log_density : callable
        From points (N, d) to log densities (N,).
    start : ndarray, shape (d,)
        Where the climb begins.

    Returns
    -------
    mode : ndarray, shape (d,)
        Where it ends.
    covariance : ndarray, shape (d, d)
        Positive definite, with standard deviations between .03 and 2 along its axes.
    """
    at, covariance = start, np.eye(len(start))
    for _ in range(MOST_STEPS):
        value, gradient, hessian = _derivatives(log_density, at)
        if not (np.isfinite(gradient).all() and np.isfinite(hessian).all()):
            return at, covariance
        curvature, axes = np.linalg.eigh(-hessian)
        # At the least the curvature of a standard deviation of 2: tails are no steeper for long.
        curvature = np.clip(np.abs(curvature), 0.25, 1e3)
        covariance = (axes / curvature) @ axes.T
        step = covariance @ gradient
        step *= min(1.0, 3.0 / max(float(np.abs(step).max()), 1e-300))
        tried = at + SHORTENED[:, None] * step
        values = log_density(tried)
        best = int(np.argmax(np.where(np.isnan(values), -np.inf, values)))
        if not values[best] > value:
            break
        at = tried[best]
        if values[best] - value < 1e-3:
            break
    return at, covariance


def normalised(log_weights: Array) -> Array:
    """Weights with sum 1, each cut at the root of their number times the mean.

    The cut (Ionides 2008, doi 10.1198/106186008X320456) keeps one point from ruling a fit; the
    weights of the answer are not cut.

    Parameters
    ----------
    log_weights : ndarray, shape (N,)
        Log weights.

    Returns
    -------
    ndarray, shape (N,)
        Weights.
    """
    weights = np.exp(log_weights - log_weights.max())
    weights = np.minimum(weights, weights.mean() * np.sqrt(len(weights)))
    return np.asarray(weights / weights.sum())


def adapted(
    log_density: LogDensity, cover: tuple[Array, Array], rng: np.random.Generator
) -> tuple[Array, Array, int]:
    """Points from an adapted proposal and their log weights.

    Parameters
    ----------
    log_density : callable
        From points (N, d) to unnormalised log densities (N,).
    cover : tuple of ndarray, shape (d,)
        Centre and standard deviations of a distribution that covers the prior.
    rng : numpy.random.Generator
        Source of randomness.

    Returns
    -------
    points : ndarray, shape (N, d)
        Draws from the last proposal.
    log_weights : ndarray, shape (N,)
        Log density minus log density of the proposal.
    rounds : int
        How many rounds the proposal was fitted in.
    """
    centre, spread = cover
    wide = np.diag(spread)
    start = centre + rng.standard_normal((300, len(centre))) * spread
    values = log_density(start)
    mode, covariance = laplace(log_density, start[int(np.argmax(values))])
    root = np.linalg.cholesky(covariance)
    mixture = Mixture(
        np.array([0.45, 0.35, 0.2]),
        np.stack([mode, mode, (mode + centre) / 2]),
        np.stack([1.1 * root, 2 * root, wide]),
    )
    size = ROUND + PER_DIMENSION * len(centre)
    x = mixture.draws(size, rng)
    weights = normalised(log_density(x) - mixture.logpdf(x))
    mixture = _spread_out(x, weights, rng)
    for _ in range(FIRST_STEPS):
        mixture = refitted(mixture, x, weights, rng)
    past: list[tuple[Array, Array]] = []
    for rounds in range(1, MOST_ROUNDS + 1):
        proposal = _defended(mixture, x, weights, wide)
        fresh = proposal.draws(size, rng)
        own = normalised(log_density(fresh) - proposal.logpdf(fresh))
        effective = 1 / np.square(own).sum()
        # Rounds count as much as they have effective points.
        past = [*past[1 - REMEMBERED :], (fresh, own * effective)]
        x = np.concatenate([points for points, _ in past])
        weights = np.concatenate([w for _, w in past])
        weights /= weights.sum()
        for _ in range(STEPS):
            mixture = refitted(mixture, x, weights, rng)
        if rounds >= FEWEST_ROUNDS and effective > GOOD_SHARE * size:
            break
    proposal = _defended(mixture, x, weights, wide)
    good = effective > GOOD_SHARE * size
    x = proposal.draws(PROPOSALS if good else MORE_PROPOSALS, rng)
    return x, log_density(x) - proposal.logpdf(x), rounds


def _spread_out(x: Array, weights: Array, rng: np.random.Generator) -> Mixture:
    """Eight components at weighted points that lie far from one another (k-means++)."""
    mean, covariance = pooled(x, weights)
    root = np.linalg.cholesky(covariance)
    z = np.linalg.solve(root, (x - mean).T).T
    chosen = [int(np.argmin(np.square(z).sum(-1)))]
    nearest = np.full(len(x), np.inf)
    for _ in range(COMPONENTS - 1):
        nearest = np.minimum(nearest, np.square(z - z[chosen[-1]]).sum(-1))
        chosen.append(int(systematic(weights * nearest, 1, rng)[0]))
    shares = np.full(COMPONENTS, 1 / COMPONENTS)
    return Mixture(shares, x[chosen], np.tile(0.75 * root, (COMPONENTS, 1, 1)))


def _defended(mixture: Mixture, x: Array, weights: Array, wide: Array) -> Mixture:
    """The mixture, inflated, with two components that cover what the others may have missed."""
    mean, covariance = pooled(x, weights)
    broad = np.linalg.cholesky(2.0 * covariance)
    inflated = replace(mixture, factors=np.sqrt(INFLATION) * mixture.factors)
    return inflated.with_components(
        np.array([0.12, 0.03]), np.stack([mean, mean]), np.stack([broad, wide])
    )
