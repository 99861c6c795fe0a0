"""Every combination of defensible choices, computed exactly: the multiverse of an analysis.

The specification curve is due to Simonsohn, Simmons and Nelson (2020), the multiverse to Steegen,
Tuerlinckx, Gelman and Vanpaemel (2016). Specifications are no sample: they share their data, and
how many of them there are of a kind is decided by who declares the grid. Shares of specifications
are therefore descriptions and no probabilities.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from bayes_alliance.data.effects import EffectSizes
from bayes_alliance.errors import InputError, Problem
from bayes_alliance.names import INTERVAL_PROBABILITY
from bayes_alliance.sensitivity.choices import Shares, explained_shares
from bayes_alliance.sensitivity.multiverse_answers import Answer, number_of
from bayes_alliance.sensitivity.multiverse_chunk import run_declared
from bayes_alliance.sensitivity.multiverse_fitting import plan_multiverse
from bayes_alliance.sensitivity.multiverse_plan import Plan
from bayes_alliance.sensitivity.multiverse_store import Store
from bayes_alliance.sensitivity.multiverse_workers import compute_chunks, processes
from bayes_alliance.spec.grid import ChoiceGrid, read_grid
from bayes_alliance.spec.specification import Specification
from bayes_alliance.summaries.evidence import TELLS

__all__ = ["Agreement", "Multiverse", "run_multiverse"]

#: Specifications that are computed in one go, at least and at most, and how many such chunks each
#: process gets if there are enough.
FEWEST, MOST, PER_PROCESS = 8, 64, 12


@dataclass(frozen=True, slots=True)
class Agreement:
    """How many specifications say something.

    Parameters
    ----------
    statement : str
        What they say.
    count, of : int
        How many do, and how many could.
    """

    statement: str
    count: int
    of: int

    @property
    def share(self) -> float:
        """Share of those that could; NaN if none could."""
        return self.count / self.of if self.of else float("nan")


@dataclass(frozen=True, repr=False)
class Multiverse:
    """Answers of all specifications of a grid of choices.

    Parameters
    ----------
    plan : Plan
        Table, specification and grid.
    rows : tuple of dict
        Answers in the order of their numbers; see `bayes_alliance.sensitivity.multiverse_answers`.
    baseline : dict
        The answer of the specification itself, without any option.
    dropped : tuple of str
        Options and factors of the default grid that this table cannot have, and why.
    """

    plan: Plan
    rows: tuple[Answer, ...] = field(repr=False)
    baseline: Answer
    dropped: tuple[str, ...] = ()

    @property
    def factors(self) -> tuple[str, ...]:
        """Names of the factors."""
        return tuple(factor.name for factor in self.plan.grid.factors)

    @property
    def in_r(self) -> bool:
        """Whether estimates are correlations."""
        return self.plan.effects.measure != "GEN"

    @cached_property
    def picks(self) -> NDArray[np.intp]:
        """Options of every specification, shape (N, factors)."""
        found = [self.plan.picks(number) for number in range(self.plan.size)]
        return np.array(found, dtype=np.intp)

    @cached_property
    def whole(self) -> pd.DataFrame:
        """One row a specification, refused ones included; see `table`."""
        frame = pd.DataFrame(list(self.rows)).set_index("specification")
        chosen = pd.DataFrame(
            {
                factor.name: [factor.options[at].name for at in column]
                for factor, column in zip(self.plan.grid.factors, self.picks.T, strict=True)
            },
            index=frame.index,
        )
        names = {f"p_above_{i}": f"p_above: {b.name}" for i, b in enumerate(self.plan.benchmarks)}
        return pd.concat([chosen.add_prefix("choice: "), frame.rename(columns=names)], axis=1)

    @property
    def table(self) -> pd.DataFrame:
        """One row a specification that was computed.

        Index ``specification`` (its number). ``choice: FACTOR`` (name of the option), ``follows``
        (name of the mean), ``effects``, ``samples``; ``mean``, ``sd``, ``median``, ``lower``,
        ``upper`` on the analysis scale; ``r_median``, ``r_lower``, ``r_upper``; ``p_positive``;
        ``log_bf10`` (natural log, against a mean of 0) with ``bf_error``; ``tau_sample``,
        ``tau_effect`` (medians) with ``_mean`` and ``_sd``; ``log_marginal_likelihood`` with
        ``error`` (comparable only between specifications of the same rows and scale);
        ``p_above: BENCHMARK``.
        """
        frame = self.whole
        return frame.loc[frame["refused"].isna()].drop(columns="refused")

    @property
    def refused(self) -> pd.DataFrame:
        """Combinations that cannot be computed: their choices and ``refused``, the reason."""
        frame = self.whole
        chosen = [name for name in frame if str(name).startswith("choice: ")]
        return frame.loc[frame["refused"].notna(), [*chosen, "refused"]]

    @cached_property
    def curve(self) -> pd.DataFrame:
        """Specifications by size of the estimate: ``estimate``, ``lower``, ``upper``, ``log_bf10``.

        On r for correlations; ``log_bf10`` is the natural log. Index: number of the specification.
        """
        names = ["r_median", "r_lower", "r_upper"] if self.in_r else ["median", "lower", "upper"]
        shown = self.table[[*names, "log_bf10"]].astype(float)
        shown.columns = pd.Index(["estimate", "lower", "upper", "log_bf10"])
        return shown.sort_values("estimate", kind="stable")

    @cached_property
    def shares(self) -> dict[str, Shares]:
        """Shares of the variance of ``estimate`` and ``log_bf10`` that each factor explains."""
        found = {}
        for name in ("estimate", "log_bf10"):
            values = self.curve[name].dropna().sort_index()
            chosen = self.picks[values.index.to_numpy(dtype=np.intp)]
            found[name] = explained_shares(chosen, values.to_numpy(float))
        return found

    @property
    def choices(self) -> pd.DataFrame:
        """One row an option: its factor, the factor's shares, and averages with this option.

        ``factor``, ``option``, ``because``, ``share_estimate``, ``share_log_bf10``, ``fitted``,
        ``refused``, ``estimate`` and ``log_bf10`` (natural log; means over the fitted
        specifications with it).
        """
        fitted = self.curve.sort_index()
        numbers = fitted.index.to_numpy(dtype=np.intp)
        lines = []
        for f, factor in enumerate(self.plan.grid.factors):
            for at, option in enumerate(factor.options):
                own = fitted.loc[self.picks[numbers, f] == at]
                count = int((self.picks[:, f] == at).sum())
                lines.append(
                    {
                        "factor": factor.name,
                        "option": option.name,
                        "because": option.because,
                        "share_estimate": self.shares["estimate"].factors[f],
                        "share_log_bf10": self.shares["log_bf10"].factors[f],
                        "fitted": len(own),
                        "refused": count - len(own),
                        "estimate": own["estimate"].mean(),
                        "log_bf10": own["log_bf10"].mean(),
                    }
                )
        return pd.DataFrame(lines)

    @cached_property
    def agreement(self) -> tuple[Agreement, ...]:
        """How many specifications agree: sign, interval, Bayes factor, benchmarks."""
        curve, table = self.curve, self.table
        level = f"{100 * self.plan.probability:g} %"
        log_bf = curve["log_bf10"].dropna()
        said = [
            (f"the estimate is {'above' if self._sign > 0 else 'below'} 0",
             curve["estimate"] * self._sign > 0),
            (f"the {level} interval excludes 0", (curve["lower"] > 0) | (curve["upper"] < 0)),
            (f"BF10 > {TELLS:g} (an effect)", log_bf > np.log(TELLS)),
            (f"BF10 < 1/{TELLS:g} (no effect)", log_bf < -np.log(TELLS)),
        ]  # fmt: skip
        for benchmark in self.plan.benchmarks:
            above = table.get(f"p_above: {benchmark.name}")
            if above is not None:
                given = above.dropna().astype(float)
                said += [
                    (f"P(above {benchmark.name}) > .5", given > 0.5),
                    (f"P(above {benchmark.name}) > .95", given > 0.95),
                    (f"P(above {benchmark.name}) < .05", given < 0.05),
                ]
        return tuple(Agreement(words, int(yes.sum()), len(yes)) for words, yes in said)

    @property
    def _sign(self) -> float:
        """Sign of the typical estimate."""
        return 1.0 if float(self.curve["estimate"].median()) >= 0 else -1.0

    def __repr__(self) -> str:
        curve = self.curve["estimate"]
        symbol = "r" if self.in_r else "effect"
        return "\n".join(
            [
                f"Multiverse of {self.plan.effects.name!r}, model "
                f"{self.plan.specification.name!r}: {len(curve):,} specifications, "
                f"{len(self.rows) - len(curve):,} refused",
                f"  {symbol}: median {curve.median():.3f}, from {curve.min():.3f} to "
                f"{curve.max():.3f}",
                "  next: .table, .choices, .agreement, .refused; fit.plot_multiverse(...)",
            ]
        )


def run_multiverse(
    effects: EffectSizes,
    specification: Specification,
    grid: ChoiceGrid | Mapping[str, Any] | str | Path | None = None,
    *,
    workers: int | None = None,
    dask: str | None = None,
    folder: str | Path | None = None,
    progress: bool | Callable[[int, int], object] = False,
    probability: float = INTERVAL_PROBABILITY,
) -> Multiverse:
    """Compute every combination of declared choices, exactly.

    Parameters
    ----------
    effects : EffectSizes
        The table.
    specification : Specification
        What the options change.
    grid : ChoiceGrid, mapping, path or None
        The choices; None: those that come with the package, fitted to the table.
    workers : int, optional
        Processes of this machine; by default its processors, one where there is little to do.
    dask : str, optional
        Address of a Dask scheduler whose workers compute instead.
    folder : path, optional
        Where finished work is kept; a run that was killed goes on from there.
    progress : bool or callable
        True: a line on standard error; a callable is told how many are done, and of how many.
    probability : float
        Of every interval.

    Returns
    -------
    Multiverse
        The same numbers whatever the order and the number of workers.

    Raises
    ------
    InputError
        If the grid is wrong, the model itself or no combination can be computed, or the folder
        keeps something else.
    """
    plan, dropped = plan_multiverse(
        effects, specification, read_grid(grid), probability=probability
    )
    store = None if folder is None else Store(Path(folder), plan)
    done = {} if store is None else store.finished()
    baseline = run_declared(plan)  # here first, so that compiled code is there for all processes
    missing = [number for number in plan.order if number not in done]
    count = 1 if dask is not None else processes(workers, len(missing))
    chunks = _chunks(missing, count if dask is None else 8)
    with _telling(progress, plan.size) as tell:
        tell(len(done))
        for rows in compute_chunks(plan, chunks, workers=count, dask=dask):
            if store is not None:
                store.keep(rows)
            done.update({number_of(row): row for row in rows})
            tell(len(done))
    found = Multiverse(plan, tuple(done[n] for n in range(plan.size)), baseline, dropped)
    if found.table.empty:
        reasons = list(dict.fromkeys(found.refused["refused"]))
        raise InputError(
            Problem(
                what="no combination of these choices can be computed",
                where="grid of choices",
                cure="The reasons: " + " / ".join(reasons[:3]),
                code="empty_multiverse",
            )
        )
    return found


def _chunks(missing: Sequence[int], workers: int) -> list[Sequence[int]]:
    size = min(max(len(missing) // (workers * PER_PROCESS), FEWEST), MOST)
    return [missing[at : at + size] for at in range(0, len(missing), size)]


@contextmanager
def _telling(
    progress: bool | Callable[[int, int], object], total: int
) -> Iterator[Callable[[int], object]]:
    """Something to be told how many are done."""
    if callable(progress):
        yield lambda done: progress(done, total)
        return
    if not progress:
        yield lambda done: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TimeRemainingColumn

    columns = ("[progress.description]{task.description}", BarColumn(), MofNCompleteColumn(),
               TimeRemainingColumn())  # fmt: skip
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("specifications", total=total)
        yield lambda done: bar.update(task, completed=done)
