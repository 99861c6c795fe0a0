"""Whether the exact engine's reported error is at least its actual one, over random problems.

Run it as ``python tests/engines/error_honesty.py [problems]`` (500 by default); it prints a table
by kind of problem. The actual error is that of the log marginal likelihood, of posterior means in
posterior sds and of log sds, against four times as many intervals.
"""

from __future__ import annotations

import sys
from collections import defaultdict
from dataclasses import dataclass

import numpy as np
from exact_problems import random_problems

from bayes_alliance.engines.exact.solve import FINEST, make_problem, solve, solve_once
from bayes_alliance.posterior.grid import Grid
from bayes_alliance.spec.design import Design

#: As in `RunOptions`.
TOLERANCE = 1e-5
#: Differences below this are rounding: log densities of these problems are of the order of 1e4.
ROUNDING = 1e-10


@dataclass(frozen=True, slots=True)
class Case:
    """One problem: what was reported, and what the error really was."""

    number: int
    kind: str
    design: Design
    intervals: int
    reported: float
    actual: float

    @property
    def honest(self) -> bool:
        """Whether the reported error covers the actual one."""
        return self.actual <= max(self.reported, ROUNDING)

    @property
    def admitted(self) -> bool:
        """Whether the tolerance is met, or the report says that it is not."""
        return max(self.actual, self.reported) <= TOLERANCE or self.reported > TOLERANCE


def difference(grid: Grid, finer: Grid) -> float:
    """Largest difference of log evidence, of means in sds, and of log sds."""
    (evidence, means, sds), (best, wanted, spreads) = grid.moments(), finer.moments()
    assert (np.isfinite(sds) == np.isfinite(spreads)).all()
    varying = spreads > 1e-12  # rounding where a tau is fixed
    moving = varying & np.isfinite(spreads)
    shift = np.abs(means - wanted)[varying] / spreads[varying]
    with np.errstate(divide="ignore"):  # a rule that sees one node only has no spread
        stretch = np.abs(np.log(sds[moving] / spreads[moving]))
    return float(max([abs(evidence - best), *shift, *stretch]))


def measure(number: int, kind: str, design: Design) -> Case:
    """Solve a problem, then once more with four times as many intervals."""
    grid = solve(design, tolerance=TOLERANCE)
    intervals = max(grid.log_values.shape) - 1
    actual = 0.0
    if intervals:
        finer = solve_once(*make_problem(design, design.blocks()), 4 * intervals)
        actual = difference(grid, finer)
    return Case(number, kind, design, intervals, grid.error, actual)


def measure_all(size: int) -> list[Case]:
    """All cases of the first `size` problems."""
    return [measure(i, kind, design) for i, (kind, design) in enumerate(random_problems(size))]


def table(cases: list[Case]) -> str:
    """The cases by kind, then those that fail or do not meet the tolerance."""
    by_kind = defaultdict(list)
    for case in cases:
        by_kind[case.kind].append(case)
    head = f"{'kind':28}{'n':>5}{'honest':>8}{'met':>5}{'at most':>9}{'reported':>10}{'actual':>10}"
    lines = [head]
    for kind, group in [*by_kind.items(), ("all", cases)]:
        lines.append(
            f"{kind:28}{len(group):5}{sum(c.honest for c in group):8}"
            f"{sum(c.reported <= TOLERANCE for c in group):5}{max(c.intervals for c in group):9}"
            f"{np.median([c.reported for c in group]):10.1e}"
            f"{np.median([c.actual for c in group]):10.1e}"
        )
    for c in cases:
        if not c.honest or c.reported > TOLERANCE:
            word = "tolerance not met" if c.honest else "DISHONEST"
            lines.append(
                f"{c.number} {c.kind}: {word}, reported {c.reported:.1e}, actual {c.actual:.1e}, "
                f"{c.intervals} of {FINEST} intervals; {c.design.tau_sample}, {c.design.tau_effect}"
            )
    return "\n".join(lines)


if __name__ == "__main__":
    sys.stdout.write(table(measure_all(int(sys.argv[1]) if len(sys.argv) > 1 else 500)) + "\n")
