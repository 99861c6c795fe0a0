"""Expected evidence: interval widths and Bayes factors that more data, or any data, would give.

Future effect sizes are drawn from the predictive distribution (parameters from the posterior, or
from a design prior where there are no data yet; new true effects from the taus; sampling errors
with v = 1/(n - 3) for Fisher's z), put behind the present ones, and fitted exactly with the priors
of the model. Distinguishing the prior that data are drawn from and the one they are analysed with
follows O'Hagan, Stevens and Campbell (2005) and Schoenbrodt and Wagenmakers (2018).
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from bayes_alliance.algebra.blocks import Array
from bayes_alliance.engines.exact.engine import ExactEngine
from bayes_alliance.engines.fitted import Fitted
from bayes_alliance.names import INTERVAL_PROBABILITY
from bayes_alliance.posterior.stack import GridStack
from bayes_alliance.sensitivity.layouts import Added, new_samples
from bayes_alliance.sensitivity.replication import Reading, Refits, refuse_replication
from bayes_alliance.sensitivity.requests import checked_counts, checked_run
from bayes_alliance.sensitivity.simulation import draw_parameters, simulate
from bayes_alliance.sensitivity.smallest import percent_of_runs, size_text
from bayes_alliance.sensitivity.targets import Target, targets_of
from bayes_alliance.spec.extended import extended, first_samples
from bayes_alliance.summaries.evidence import TELLS
from bayes_alliance.summaries.scale import Scale

__all__ = ["ADDED", "Expected", "Spread", "expected_evidence", "replicate", "spread_of"]

#: Numbers of samples that are added unless others are asked for.
ADDED = (10, 20, 40)
#: Replications that are compared with the default rules of the engine: rho known, rho estimated.
COMPARED = (10, 3)


@dataclass(frozen=True, slots=True)
class Spread:
    """Distribution of a number over replications.

    Parameters
    ----------
    median : float
        Half of the data sets give less.
    lower80, upper80, lower95, upper95 : float
        Limits of the central 80 and 95 %.
    """

    median: float
    lower80: float
    upper80: float
    lower95: float
    upper95: float


def spread_of(values: Array) -> Spread:
    """Summarise values over replications.

    Parameters
    ----------
    values : ndarray, shape (R,)
        One value a data set.

    Returns
    -------
    Spread
        Median, 80 and 95 % range.
    """
    return Spread(*(float(q) for q in np.quantile(values, [0.5, 0.1, 0.9, 0.025, 0.975])))


@dataclass(frozen=True, slots=True)
class Expected:
    """Evidence and intervals over R simulated data sets, at N numbers of samples, for M answers.

    Parameters
    ----------
    samples : tuple of int, length N
        Numbers of samples: added ones, or all where nothing is observed yet.
    present : int
        Samples that are observed.
    targets : tuple of Target, length M
        What is followed.
    log_bf10 : ndarray, shape (N, R, M)
        Log Bayes factors against 0.
    width : ndarray, shape (N, R, M)
        Widths of the intervals: on r for means of correlations, else on the analysis scale.
    scale : Scale
        How the measure is read as a correlation.
    threshold : float
        Bayes factor that counts as evidence.
    narrow : float or None
        Width that is asked for.
    probability : float
        Of every interval.
    seed : int
        Same seed, same numbers.
    layout : str
        What the new samples are like, in words.
    compared : tuple of float
        Largest differences from the default rules of the engine, in replications that were
        compared: of a log Bayes factor, and of a width (relative).
    notes : tuple of str
        What a reader has to know.
    """

    samples: tuple[int, ...]
    present: int
    targets: tuple[Target, ...]
    log_bf10: Array
    width: Array
    scale: Scale
    threshold: float
    narrow: float | None
    probability: float
    seed: int
    layout: str
    compared: tuple[float, float]
    notes: tuple[str, ...] = ()

    @property
    def replications(self) -> int:
        """Simulated data sets at each number of samples."""
        return int(self.log_bf10.shape[1])

    def in_r(self, target: Target) -> bool:
        """Whether the width of an answer is one on r.

        Parameters
        ----------
        target : Target
            The answer.

        Returns
        -------
        bool
            True for means of correlations.
        """
        return self.scale.has_r and target.kind == "mean"

    @property
    def table(self) -> pd.DataFrame:
        """One row an answer and a number of samples.

        ``samples``, ``name``, ``scale`` (of the width: r, or z and so on), ``width_median``,
        ``width_lower80`` ... ``width_upper95``, ``bf10_median`` ... ``bf10_upper95``, ``p_bf10``
        (share of data sets with BF10 above the threshold), ``p_bf01`` (the same for the null),
        ``p_neither``, ``p_narrow`` (NaN unless a width is asked for), each ``p`` with ``_se``, its
        Monte Carlo standard error.
        """
        return pd.DataFrame(
            [
                self._row(n, m)
                for n in range(len(self.samples))
                for m in range(len(self.targets))
            ]
        )  # fmt: skip

    def _row(self, n: int, m: int) -> dict[str, object]:
        target, logs, width = self.targets[m], self.log_bf10[n, :, m], self.width[n, :, m]
        row: dict[str, object] = {
            "samples": self.samples[n],
            "name": target.name,
            "scale": "r" if self.in_r(target) else analysis_scale(self.scale),
        }
        for key, values in (("width", width), ("log_bf10", logs)):
            spread = spread_of(values)
            for part in Spread.__slots__:
                value = float(getattr(spread, part))
                if key == "log_bf10":
                    value = float(np.exp(np.clip(value, -700, 700)))
                row[f"{key.removeprefix('log_')}_{part}"] = value
        limit = np.log(self.threshold)
        shares = {
            "p_bf10": logs > limit,
            "p_bf01": logs < -limit,
            "p_neither": np.abs(logs) <= limit,
            "p_narrow": np.full(len(logs), np.nan) if self.narrow is None else width < self.narrow,
        }
        known = self._is_present(n)
        for key, found in shares.items():
            share = float(np.mean(found))
            row[key] = share
            row[f"{key}_se"] = 0.0 if known else float(np.sqrt(share * (1 - share) / len(logs)))
        return row

    def _is_present(self, n: int) -> bool:
        return self.present > 0 and self.samples[n] == 0

    @property
    def sentences(self) -> tuple[str, ...]:
        """What the largest number of samples would give, an answer each."""
        table = self.table
        last = table.loc[table["samples"] == self.samples[-1]]
        return tuple(self._sentence(row) for row in last.to_dict("records"))

    def _sentence(self, row: dict[Hashable, Any]) -> str:
        count = int(str(row["samples"]))
        what = f"{count}{' more' if self.present else ''} sample{'' if count == 1 else 's'}"
        # Without more samples nothing is simulated: all is all.
        runs = 0 if self.present and count == 0 else self.replications
        name, scale = row["name"], row["scale"]
        return (
            f"{name}: with {what} the {100 * self.probability:g} % interval is expected to be "
            f"{_number(row['width_median'])} wide on {scale} (80 % of data sets "
            f"{_number(row['width_lower80'])} to {_number(row['width_upper80'])}); "
            f"BF10 > {self.threshold:g} in {_percent(row['p_bf10'], runs)} of data sets, "
            f"BF01 > {self.threshold:g} in {_percent(row['p_bf01'], runs)}."
        )

    def __repr__(self) -> str:
        head = f"Expected evidence over {self.replications} simulated data sets; {self.layout}"
        told = [f"  {line}" for line in (*self.sentences, *self.notes)]
        return "\n".join([head, *told, "  next: .table"])


def analysis_scale(scale: Scale) -> str:
    """Name of the analysis scale.

    Parameters
    ----------
    scale : Scale
        Of the measure.

    Returns
    -------
    str
        z for Fisher's z, r for raw correlations, otherwise "the scale of yi".
    """
    return {"ZCOR": "z", "COR": "r"}.get(scale.measure, "yi")


def _number(value: object) -> str:
    return size_text(float(str(value)))


def _percent(value: object, runs: int) -> str:
    share = float(str(value))
    return percent_of_runs(share, runs) if runs else f"{100 * share:.0f} %"


def expected_evidence(
    fitted: Fitted,
    samples: int | Sequence[int] = ADDED,
    *,
    n: float | Sequence[float] | None = None,
    effects: int | Sequence[str | Mapping[str, str | float]] | None = None,
    rho: float | None = None,
    variance: float | None = None,
    of: Sequence[str] | None = None,
    width: float | None = None,
    threshold: float = TELLS,
    replications: int = 500,
    seed: int = 1,
    probability: float = INTERVAL_PROBABILITY,
) -> Expected:
    """Predict intervals and Bayes factors after samples are added.

    Parameters
    ----------
    fitted : Fitted
        A finished analysis that the exact engine runs.
    samples : int or sequence of int
        Numbers of samples to be added; 0 is the present analysis.
    n : float or sequence of float, optional
        Participants of each new sample (a sequence is used in turn). By default as the samples
        that are copied, or the median of the present ones where `effects` are stated.
    effects : int or sequence, optional
        Effects of a new sample: how many (a model without terms), or where each of them lies:
        levels of the categorical term (``["task", "bond"]``), or mappings of terms to levels and
        values. By default new samples are copies of present ones (levels, number of effects,
        correlations of errors), in random order.
    rho : float, optional
        Correlation of the sampling errors within a new sample whose `effects` are stated. By
        default what the model says.
    variance : float, optional
        Sampling variance of new effects, in place of `n`.
    of : sequence of str, optional
        Means, contrasts and slopes that are followed; by default all.
    width : float, optional
        Width of an interval whose probability is asked for.
    threshold : float
        Bayes factor that counts as evidence.
    replications : int
        Simulated data sets.
    seed : int
        Same seed, same numbers.
    probability : float
        Of every interval.

    Returns
    -------
    Expected
        Distributions of widths and Bayes factors. The same simulated samples come first at every
        number of samples.

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
    >>> found = expected_evidence(fitted, [0, 20], n=100, replications=20)
    >>> now, later = found.table["width_median"]
    >>> now > later
    True
    """
    design = fitted.design
    refuse_replication(design, fitted.specification.name)
    counts = checked_counts(samples, least=0, where="samples")
    checked_run(replications, threshold, probability, width=width)
    targets = targets_of(design, of)
    added: Added = new_samples(
        fitted, max(counts), n=n, effects=effects, rho=rho, variance=variance, seed=seed
    )
    grid = fitted.posterior.grid or ExactEngine().solve(design)
    drawn = draw_parameters(design, grid, replications, np.random.default_rng([seed, 30]))
    whole = extended(design, added.samples)
    old, present = len(design.y), len(design.sample_ids)
    y = np.tile(design.y, (replications, 1))
    if added.samples:
        layout = extended(first_samples(design, 0), added.samples)
        y = np.hstack([y, simulate(layout, drawn, [seed, 31])])
    log_bf10, widths, compared = [], [], (0.0, 0.0)
    scale = Scale(design.measure)
    known = grid.rho_marginal if isinstance(grid, GridStack) else None
    for count in counts:
        layout = first_samples(whole, present + count)
        refits = Refits(layout, targets, probability=probability, rho=known)
        if len(layout.y) == old:
            own = refits.of_grid(grid)
            readings = [own] * replications
        else:
            data = y[:, : len(layout.y)]
            readings = [refits.read(row) for row in data]
            some = data[: COMPARED[known is not None]]
            log_bf, relative = refits.check(some)
            compared = max(compared[0], log_bf), max(compared[1], relative)
        logs, width_now = replicate(readings, targets, scale)
        log_bf10.append(logs)
        widths.append(width_now)
    return Expected(
        samples=counts,
        present=present,
        targets=targets,
        log_bf10=np.stack(log_bf10),
        width=np.stack(widths),
        scale=scale,
        threshold=threshold,
        narrow=width,
        probability=probability,
        seed=seed,
        layout=added.words,
        compared=compared,
        notes=added.notes,
    )


def replicate(
    readings: Sequence[Reading], targets: Sequence[Target], scale: Scale
) -> tuple[Array, Array]:
    """Log Bayes factors and widths of R fits.

    Parameters
    ----------
    readings : sequence of Reading, length R
        What was read off each fit.
    targets : sequence of Target, length M
        Of what.
    scale : Scale
        How the measure is read as a correlation.

    Returns
    -------
    log_bf10, width : ndarray, shape (R, M)
        Widths of means on r where they are correlations.
    """
    logs = np.stack([reading.log_bf10 for reading in readings])
    limits = np.stack([[reading.lower, reading.upper] for reading in readings])
    means = np.array([target.kind == "mean" and scale.has_r for target in targets])
    limits[..., means] = scale.to_r(limits[..., means])
    return logs, np.asarray(limits[:, 1] - limits[:, 0])
