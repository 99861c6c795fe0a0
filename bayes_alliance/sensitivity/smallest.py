"""Records of the smallest effects that data could have shown: table, curves, sentences."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.interpolate import CubicSpline

from bayes_alliance.algebra.blocks import Array
from bayes_alliance.sensitivity.targets import Target
from bayes_alliance.summaries.scale import Scale

__all__ = ["Detectable", "SmallestEffect", "between", "effect_in_r", "percent_of_runs", "size_text"]

#: Points of a curve that is drawn.
POINTS = 121


@dataclass(frozen=True, slots=True)
class SmallestEffect:
    """What the present layout can show of one effect.

    Parameters
    ----------
    target : Target
        The effect.
    estimate : float
        Its posterior mean, on the analysis scale.
    delta, delta_lower, delta_upper : float or None
        Smallest effect that is shown with the probability asked for, and its Monte Carlo interval
        of 95 %, on the analysis scale; None: not up to `largest`.
    r, r_lower, r_upper : float or None
        The same on r: a mean itself, a difference of correlations near the estimated mean; None
        for measures without r.
    power, power_se : float or None
        Probability that it is shown, at the answer itself, with its Monte Carlo standard error.
    p_null, p_null_se : float
        Probability of evidence for no effect where there is none.
    p_false : float
        Probability of evidence for an effect where there is none.
    largest, largest_r : float
        Largest effect that was tried, on the analysis scale and on r (NaN without r).
    fitted : ndarray, shape (G,)
        Effects at which data were fitted, ascending from 0.
    log_bf10 : ndarray, shape (G, R)
        Log Bayes factors there.
    start, direction : ndarray, shape (p,)
        Coefficients where the effect is 0, and what a unit of it adds to them.
    """

    target: Target
    estimate: float
    delta: float | None
    delta_lower: float | None
    delta_upper: float | None
    r: float | None
    r_lower: float | None
    r_upper: float | None
    power: float | None
    power_se: float | None
    p_null: float
    p_null_se: float
    p_false: float
    largest: float
    largest_r: float
    fitted: Array
    log_bf10: Array
    start: Array
    direction: Array

    @property
    def drawn(self) -> float:
        """End of its curve: a half more than the answer, at most the largest that was tried."""
        upper = self.delta_upper
        if self.delta is None or upper is None or not np.isfinite(upper):
            return self.largest
        return min(self.largest, max(1.5 * self.delta, 1.1 * upper))

    def in_r(self, delta: Array, scale: Scale) -> Array:
        """Effects on r.

        Parameters
        ----------
        delta : ndarray
            Effects on the analysis scale.
        scale : Scale
            How the measure is read as a correlation.

        Returns
        -------
        ndarray
            Means, or differences of correlations near the estimated mean; NaN without r.
        """
        return effect_in_r(self.target, self.start, self.direction, delta, scale)


def effect_in_r(
    target: Target, start: Array, direction: Array, delta: Array | float, scale: Scale
) -> Array:
    """Read planted effects on r.

    Parameters
    ----------
    target : Target
        What is planted.
    start, direction : ndarray, shape (p,)
        Coefficients without it, and what a unit of it adds to them.
    delta : float or ndarray
        Effects on the analysis scale.
    scale : Scale
        How the measure is read as a correlation.

    Returns
    -------
    ndarray
        On r; NaN without r.
    """
    planted = np.asarray(delta, float)
    if not scale.has_r:
        return np.full(planted.shape, np.nan)
    beta = start + planted[..., None] * direction
    mean = scale.to_r(beta @ target.of)
    if not len(target.minus):
        return np.asarray(mean)
    return np.asarray(mean - scale.to_r(beta @ target.minus.T).mean(axis=-1))


@dataclass(frozen=True, slots=True)
class Detectable:
    """Smallest effects that the present data could have shown, an effect each.

    Parameters
    ----------
    rows : tuple of SmallestEffect
        Means against 0, contrasts and slopes.
    samples, effects : int
        Size of the layout.
    power : float
        Probability with which an effect shall be shown.
    threshold : float
        Bayes factor that counts as evidence.
    replications, seed : int
        Simulated data sets; same seed, same numbers.
    taus : str
        Where the heterogeneity comes from, in words.
    scale : Scale
        How the measure is read as a correlation.
    compared : float
        Largest difference of a log Bayes factor from the default rules of the engine, in
        replications that were compared.
    notes : tuple of str
        What a reader has to know.
    """

    rows: tuple[SmallestEffect, ...]
    samples: int
    effects: int
    power: float
    threshold: float
    replications: int
    seed: int
    taus: str
    scale: Scale
    compared: float
    notes: tuple[str, ...] = ()

    @property
    def table(self) -> pd.DataFrame:
        """One row an effect.

        Index ``name``; ``kind``; ``estimate``, ``delta``, ``delta_lower``, ``delta_upper`` (on the
        analysis scale); ``r``, ``r_lower``, ``r_upper``; ``power``, ``power_se``, ``p_null``,
        ``p_null_se``, ``p_false``; ``largest``, ``largest_r``. NaN where there is none.
        """
        columns = ["estimate", "delta", "delta_lower", "delta_upper", "r", "r_lower", "r_upper",
                   "power", "power_se", "p_null", "p_null_se", "p_false", "largest",
                   "largest_r"]  # fmt: skip
        frame = pd.DataFrame(
            [
                {"name": row.target.name, "kind": row.target.kind}
                | {column: getattr(row, column) for column in columns}
                for row in self.rows
            ]
        ).set_index("name")
        return frame.astype(dict.fromkeys(columns, float))

    @property
    def curves(self) -> pd.DataFrame:
        """Shares of data sets over planted effects.

        ``name``, ``delta`` (analysis scale), ``r`` (NaN without r), ``p_bf10``, ``p_bf01``,
        ``p_neither``; between the effects that were fitted the log Bayes factor of each data set
        is interpolated.
        """
        frames = []
        for row in self.rows:
            at = np.linspace(0.0, row.drawn, POINTS)
            logs, limit = between(row.fitted, row.log_bf10, at), np.log(self.threshold)
            shown, null = (logs > limit).mean(axis=1), (logs < -limit).mean(axis=1)
            frames.append(
                pd.DataFrame(
                    {
                        "name": row.target.name,
                        "delta": at,
                        "r": row.in_r(at, self.scale),
                        "p_bf10": shown,
                        "p_bf01": null,
                        "p_neither": 1 - shown - null,
                    }
                )
            )
        return pd.concat(frames, ignore_index=True)

    @property
    def sentences(self) -> tuple[str, ...]:
        """How small an effect the data could have shown, a sentence each."""
        return tuple(self._sentence(row) for row in self.rows)

    def _sentence(self, row: SmallestEffect) -> str:
        name, share = row.target.name, f"{100 * self.power:.0f} % of such data sets"
        what = "mean" if row.target.kind == "mean" else "difference"
        evidence = f"BF10 > {self.threshold:g}"
        unit = "on r" if np.isfinite(row.largest_r) else "on the scale of yi"
        if row.delta is None:
            tried = row.largest_r if np.isfinite(row.largest_r) else row.largest
            head = (
                f"{name}: not even a true {what} of {size_text(tried)} {unit} would have given "
                f"{evidence} in {share}"
            )
        else:
            ends = (row.r, row.r_lower, row.r_upper)
            if row.r is None:
                ends = (row.delta, row.delta_lower, row.delta_upper)
            size, low, high = (size_text(end) for end in ends)
            head = (
                f"{name}: {size} {unit} (Monte Carlo {low} to {high}) is the smallest true {what} "
                f"that would have given {evidence} in {share}"
            )
        return (
            f"{head}; with a true {what} of 0, BF01 > {self.threshold:g} in "
            f"{percent_of_runs(row.p_null, self.replications)} and {evidence} in "
            f"{percent_of_runs(row.p_false, self.replications)}."
        )

    def __repr__(self) -> str:
        head = (
            f"Smallest effects that {self.effects} effect sizes in {self.samples} "
            f"sample{'' if self.samples == 1 else 's'} could "
            f"have shown ({self.replications} simulated data sets each)"
        )
        told = [f"  {line}" for line in (*self.sentences, *self.notes)]
        return "\n".join([head, *told, "  next: .table, .curves"])


def percent_of_runs(share: float, runs: int) -> str:
    """Write a share of simulated data sets in percent; none and all are told as bounds.

    Parameters
    ----------
    share : float
        Between 0 and 1.
    runs : int
        Data sets simulated; a share below one of them cannot be seen.

    Returns
    -------
    str
        For example ``84 %`` or, of 500, ``> 99.8 %`` and ``< 0.2 %``.

    Examples
    --------
    >>> percent_of_runs(0.84, 500), percent_of_runs(1.0, 500), percent_of_runs(0.0, 500)
    ('84 %', '> 99.8 %', '< 0.2 %')
    """
    if share <= 0:
        return f"< {100 / runs:.2g} %"
    if share >= 1:
        return f"> {100 - float(f'{100 / runs:.2g}'):g} %"
    return f"{100 * share:.0f} %" if 0.005 <= share < 0.995 else f"{100 * share:.1f} %"


def size_text(value: float | None) -> str:
    """Write an effect with three digits and without the zero before the point.

    Parameters
    ----------
    value : float or None
        The effect; what is beyond the sizes that were tried is a dash.

    Returns
    -------
    str
        For example ``.112``.
    """
    if value is None or not np.isfinite(value):
        return "-"
    text = f"{value:.3f}"
    return text.replace("0.", ".", 1) if text.startswith(("0.", "-0.")) else text


def between(at: Array, logs: Array, points: Array) -> Array:
    """Log BF10 of every data set between the effects that were fitted, by cubic splines.

    Parameters
    ----------
    at : ndarray, shape (G,)
        Effects that were fitted, ascending.
    logs : ndarray, shape (G, R)
        Log BF10 there.
    points : ndarray, shape (N,)
        Effects in between.

    Returns
    -------
    ndarray, shape (N, R)
        Interpolated.
    """
    return np.asarray(CubicSpline(at, logs, axis=0)(points))
