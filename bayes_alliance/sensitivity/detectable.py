r"""The smallest effects that the present data could have shown, and how well they could show none.

Data sets of the present layout (same samples, sampling errors and moderators) are simulated with an
effect :math:`\delta` planted, and fitted exactly. Coefficients are
:math:`\beta(\delta) = m + d\,(\delta - w'm)` with m their posterior means, w the weights of the
effect and :math:`d = \Sigma w / w'\Sigma w` the direction in which the prior covariance moves the
others along with it (the two levels of a contrast move apart by half each). The taus (and rho) are
drawn from the posterior, or stated.

All effects use the same random numbers, so each data set has a smooth curve of log BF10 over
:math:`\delta`; between the effects that were fitted it is interpolated, and the answer itself is
fitted. The Monte Carlo interval of the answer inverts that of the probability (Woodruff 1952).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from bayes_alliance.algebra.blocks import Array
from bayes_alliance.engines.exact.engine import ExactEngine
from bayes_alliance.engines.fitted import Fitted
from bayes_alliance.errors import InputError, Problem
from bayes_alliance.names import INTERVAL_PROBABILITY, TAU_EFFECT, TAU_SAMPLE
from bayes_alliance.posterior.grid import Grid
from bayes_alliance.posterior.stack import GridStack
from bayes_alliance.sensitivity.replication import Refits, refuse_replication
from bayes_alliance.sensitivity.requests import checked_run
from bayes_alliance.sensitivity.simulation import draw_parameters, simulate
from bayes_alliance.sensitivity.smallest import (
    Detectable,
    SmallestEffect,
    between,
    effect_in_r,
)
from bayes_alliance.sensitivity.targets import Target, targets_of
from bayes_alliance.spec.design import Design
from bayes_alliance.summaries.evidence import TELLS
from bayes_alliance.summaries.scale import Scale

__all__ = ["smallest_detectable"]

#: Points at which data are fitted: between 0 and so many times the sd that an estimate has.
FIRST, REACH = 7, 6.0
#: The reach is doubled so often, where an effect of this size is still not shown.
DOUBLINGS = 2
#: Steps towards the answer, and the share of it that is near enough.
STEPS, NEAR = 6, 2e-3
#: Quantile of the normal for the Monte Carlo interval.
TWO_SIDED = 1.959963984540054


def smallest_detectable(
    fitted: Fitted,
    of: Sequence[str] | None = None,
    *,
    power: float = 0.8,
    threshold: float = TELLS,
    taus: Mapping[str, float] | None = None,
    replications: int = 500,
    seed: int = 1,
) -> Detectable:
    """Find the smallest effects that the present data could have shown.

    Parameters
    ----------
    fitted : Fitted
        A finished analysis that the exact engine runs.
    of : sequence of str, optional
        Means, contrasts and slopes; by default all.
    power : float
        Probability of a Bayes factor above the threshold that is asked for.
    threshold : float
        Bayes factor that counts as evidence.
    taus : mapping, optional
        ``sample`` and ``effect``: standard deviations that data are simulated with. By default they
        are drawn from the posterior.
    replications : int
        Simulated data sets, the same random numbers for every effect.
    seed : int
        Same seed, same numbers.

    Returns
    -------
    Detectable
        An answer each, with its Monte Carlo interval.

    Raises
    ------
    InputError
        If the exact engine declines the analysis, or an argument is none.

    Examples
    --------
    >>> from bayes_alliance.data.bundled import load
    >>> from bayes_alliance.engines.choose import run_analysis
    >>> from bayes_alliance.spec.library import read_specification
    >>> fitted = run_analysis(load("molloy2014"), read_specification("two_level"))
    >>> found = smallest_detectable(fitted, replications=50)
    >>> 0.05 < found.rows[0].r < 0.3
    True
    """
    design, spec = fitted.design, fitted.specification
    refuse_replication(design, spec.name)
    checked_run(replications, threshold, INTERVAL_PROBABILITY, power=power)
    stated = _stated_taus(taus)
    targets = targets_of(design, of)
    grid = fitted.posterior.grid or ExactEngine().solve(design)
    drawn = draw_parameters(design, grid, replications, np.random.default_rng([seed, 40]))
    drawn |= {name: np.full(replications, value) for name, value in stated.items()}
    centre = np.asarray(grid.moments()[1][: design.X.shape[1]])
    noise = simulate(design, drawn | {"beta": np.zeros_like(drawn["beta"])}, [seed, 41])
    rows, worst = [], 0.0
    for target in targets:
        search = _Search(design, grid, target, centre, noise, power, np.log(threshold))
        rows.append(search.run())
        worst = max(worst, search.compared())
    told = ", ".join(f"{name} = {value:g}" for name, value in stated.items())
    return Detectable(
        rows=tuple(rows),
        samples=len(design.sample_ids),
        effects=len(design.y),
        power=power,
        threshold=threshold,
        replications=replications,
        seed=seed,
        taus=told or "drawn from the posterior",
        scale=Scale(design.measure),
        compared=worst,
    )


def _stated_taus(taus: Mapping[str, float] | None) -> dict[str, float]:
    names = {"sample": TAU_SAMPLE, "effect": TAU_EFFECT}
    problems = [
        Problem(
            what=f"{key!r} = {value!r} is no standard deviation of a level",
            where="taus",
            cure='Give numbers of at least 0, for example taus={"sample": 0.1, "effect": 0.05}',
            code="design_request",
        )
        for key, value in (taus or {}).items()
        if key not in names
        or isinstance(value, bool)
        or not isinstance(value, int | float | np.number)
        or not 0 <= value < np.inf
    ]
    if problems:
        raise InputError(problems)
    return {names[key]: float(value) for key, value in (taus or {}).items()}


class _Search:
    """One effect: fits at some sizes, the curve between them, and the smallest that is shown."""

    def __init__(
        self,
        design: Design,
        grid: Grid | GridStack,
        target: Target,
        centre: Array,
        noise: Array,
        power: float,
        limit: float,
    ) -> None:
        self.design, self.target, self.noise = design, target, noise
        self.power, self.limit, self.centre = power, limit, centre
        rho = grid.rho_marginal if isinstance(grid, GridStack) else None
        self.refits = Refits(design, [target], rho=rho)
        covariance, w = design.prior_covariance(), target.weights
        self.direction = covariance @ w / (w @ covariance @ w)
        self.start = centre - self.direction * (w @ centre)
        reading = self.refits.of_grid(grid)
        self.sd = float(reading.upper[0] - reading.lower[0]) / (2 * TWO_SIDED)
        self.known: dict[float, Array] = {}

    def beta(self, delta: float) -> Array:
        """Coefficients with the effect planted."""
        return np.asarray(self.start + delta * self.direction)

    def r(self, delta: float) -> float:
        """The effect on r; NaN where the measure has no r."""
        scale = Scale(self.design.measure)
        return float(effect_in_r(self.target, self.start, self.direction, delta, scale))

    def data(self, delta: float, count: int | None = None) -> Array:
        """Simulated data sets with the effect planted."""
        return np.asarray(self.noise[:count] + self.design.X @ self.beta(delta))

    def fit(self, delta: float) -> Array:
        """Log BF10 of every data set."""
        if delta not in self.known:
            self.known[delta] = np.array(
                [self.refits.read(y, intervals=False).log_bf10[0] for y in self.data(delta)]
            )
        return self.known[delta]

    def table(self) -> tuple[Array, Array]:
        """Effects that were fitted and the log BF10 there, shape (G,) and (G, R)."""
        at = np.array(sorted(self.known))
        return at, np.stack([self.known[float(delta)] for delta in at])

    def run(self) -> SmallestEffect:
        """Search, and tell."""
        reach = REACH * self.sd
        for delta in np.linspace(0.0, reach, FIRST):
            self.fit(float(delta))
        for _ in range(DOUBLINGS):
            if float((self.fit(reach) > self.limit).mean()) >= self.power:
                break
            for share in (1.25, 1.5, 2.0):
                self.fit(share * reach)
            reach *= 2
        largest, answer = max(self.known), None
        if float((self.fit(largest) > self.limit).mean()) >= self.power:
            answer = self._root(largest)
        return self._told(answer, largest)

    def _root(self, largest: float) -> float:
        """Smallest effect from which on enough data sets show it; fitted itself."""
        at = self._crossing(self.power, largest)
        for _ in range(STEPS):
            self.fit(at)
            better = self._crossing(self.power, largest)
            if abs(better - at) <= NEAR * at:
                break
            at = better
        return at

    def _crossing(self, share: float, largest: float) -> float:
        """Smallest effect from which on the interpolated share is reached; NaN beyond the last."""
        points = np.linspace(0.0, largest, 2_001)
        shown = (between(*self.table(), points) > self.limit).mean(axis=1)
        below = np.flatnonzero(shown < share)
        if not len(below):
            return 0.0
        last = int(below[-1])
        if last == len(points) - 1:
            return float("nan")
        low, high = shown[last], shown[last + 1]
        part = (share - low) / (high - low)
        return float(points[last] + part * (points[last + 1] - points[last]))

    def _told(self, delta: float | None, largest: float) -> SmallestEffect:
        at, logs = self.table()
        none, size = logs[0], logs.shape[1]
        p_null = float((none < -self.limit).mean())
        limits: tuple[float | None, float | None] = (None, None)
        power: float | None = None
        power_se: float | None = None
        if delta is not None:
            half = float(TWO_SIDED * np.sqrt(self.power * (1 - self.power) / size))
            ends = [self._crossing(self.power + sign * half, largest) for sign in (-1, 1)]
            limits = (ends[0], ends[1])
            power = float((self.fit(delta) > self.limit).mean())
            power_se = float(np.sqrt(power * (1 - power) / size))
        has_r = Scale(self.design.measure).has_r
        in_r = [None if value is None or not has_r else self.r(value) for value in (delta, *limits)]
        return SmallestEffect(
            target=self.target,
            estimate=float(self.target.weights @ self.centre),
            delta=delta,
            delta_lower=limits[0],
            delta_upper=limits[1],
            r=in_r[0],
            r_lower=in_r[1],
            r_upper=in_r[2],
            power=power,
            power_se=power_se,
            p_null=p_null,
            p_null_se=float(np.sqrt(p_null * (1 - p_null) / size)),
            p_false=float((none > self.limit).mean()),
            largest=largest,
            largest_r=self.r(largest),
            fitted=at,
            log_bf10=logs,
            start=self.start,
            direction=self.direction,
        )

    def compared(self) -> float:
        """Difference from the default rules of the engine on a few data sets."""
        count = 3 if self.design.dependence is None else 1
        at = max(delta for delta in self.known if delta <= 4 * self.sd)
        return self.refits.check(self.data(at, count))[0]
