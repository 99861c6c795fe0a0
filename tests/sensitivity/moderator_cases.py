"""Tables with and without a true moderator, and evidence by brute force."""

from __future__ import annotations

import numpy as np
from made_fits import made_effects
from scipy import integrate, stats

from bayes_alliance.data.effects import EffectSizes
from bayes_alliance.spec.specification import Specification

#: Points of a Gauss-Legendre rule over a tau.
POINTS = 80


def simulated(difference: float, *, samples: int = 40, seed: int = 5) -> EffectSizes:
    """Two effects a sample; half of the samples have z higher by `difference`."""
    rng = np.random.default_rng(seed)
    group = np.repeat(np.arange(samples) % 2, 2)
    u = np.repeat(rng.normal(0, 0.08, samples), 2)
    z = 0.2 + difference * group + u + rng.normal(0, 0.05, 2 * samples)
    z += rng.normal(0, 1 / np.sqrt(77), 2 * samples)
    years = np.repeat(rng.integers(1995, 2025, samples), 2)
    labels = [f"s{i:02d}" for i in range(samples) for _ in range(2)]
    return made_effects(
        labels, r=np.tanh(z), n=80,
        mode=np.where(group == 1, "guided", "alone"),
        setting=rng.choice(["clinic", "home", "school"], 2 * samples),
        year=years.astype(float),
        occasion=np.tile(["early", "late"], samples),
    )  # fmt: skip


def small(seed: int = 3) -> EffectSizes:
    """Seven effects in four samples with two moderators, for brute force."""
    rng = np.random.default_rng(seed)
    return made_effects(
        ["a", "a", "b", "b", "c", "d", "d"],
        r=np.tanh(0.3 + 0.15 * rng.normal(size=7)),
        n=[40, 40, 55, 60, 80, 35, 50],
        mode=["x", "y", "x", "x", "y", "y", "z"],
        dose=[1.0, 2.0, 4.0, 3.0, 6.0, 5.0, 8.0],
    )


def brute_evidence(
    effects: EffectSizes, terms: tuple[str, ...], *, sample: bool, effect: bool, zero: bool = False
) -> float:
    """Log marginal likelihood of `overall` with terms: normal density, taus by quadrature.

    Prior covariance of the means of the rows written down directly: location .5^2, plus .25^2 / 2
    for rows that share a level of a term, plus .25^2 times the product of their slopes' values. A
    mean of 0 over the rows is conditioned on.
    """
    frame = effects.frame
    k = len(frame)
    means = np.full((k, k), 0.25)
    for term in terms:
        column = frame[term]
        if column.dtype == float:
            x = (column - column.mean()).to_numpy() / float(f"{column.std():.2g}")
            means += 0.0625 * np.outer(x, x)
        else:
            means += 0.03125 * (column.to_numpy()[:, None] == column.to_numpy()[None, :])
    if zero:
        average = means.mean(axis=0)
        means = means - np.outer(average, average) / average.mean()
    same = frame["sample"].to_numpy()[:, None] == frame["sample"].to_numpy()[None, :]
    y, V = frame["yi"].to_numpy(), np.diag(frame["vi"].to_numpy())

    def likelihood(tau_sample: np.ndarray, tau_effect: np.ndarray) -> np.ndarray:
        ts, te = (tau[..., None, None] ** 2 for tau in np.broadcast_arrays(tau_sample, tau_effect))
        total = means + V + ts * same + te * np.eye(k)
        solved = np.linalg.solve(total, np.broadcast_to(y, (*total.shape[:-2], k))[..., None])
        return np.asarray(np.exp(-0.5 * (y @ solved)[..., 0]) / np.sqrt(np.linalg.det(total)))

    nothing = np.zeros(1)
    first, second = stats.halfnorm(scale=0.25), stats.halfnorm(scale=0.15)

    def over_effect(ts: np.ndarray) -> np.ndarray:
        """Integral over tau_effect at several values of tau_sample."""
        value, _ = integrate.fixed_quad(
            lambda te: likelihood(ts[:, None], te) * second.pdf(te), 0, 1.5, n=POINTS
        )
        return np.asarray(value)

    if sample and effect:
        value, _ = integrate.fixed_quad(lambda t: over_effect(t) * first.pdf(t), 0, 2.5, n=POINTS)
    elif sample:
        value, _ = integrate.fixed_quad(
            lambda t: likelihood(t, nothing) * first.pdf(t), 0, 2.5, n=POINTS
        )
    elif effect:
        (value,) = over_effect(nothing)
    else:
        (value,) = likelihood(nothing, nothing)
    return float(np.log(value) - 0.5 * k * np.log(2 * np.pi))


def overall(**changes: object) -> Specification:
    """The defaults of `overall`, with few draws."""
    return Specification().with_changes({"run.draws": 200, "run.chains": 2, **changes})
