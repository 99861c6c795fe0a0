"""Timings of this program's exact engine and of its frequentist twin."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np

import bayes_alliance as ba
from bayes_alliance.algebra.blocks import RotatedBlocks
from bayes_alliance.engines.exact.correlation import solve_correlation
from bayes_alliance.engines.exact.draws import draw
from bayes_alliance.engines.exact.omission import leave_samples_out
from bayes_alliance.engines.exact.solve import (
    START,
    TOLERANCE,
    make_problem,
    refine,
    solve,
    solve_once,
)
from bayes_alliance.engines.reml.estimate import estimate
from bayes_alliance.engines.reml.robust import cluster_robust, satterthwaite_df
from bayes_alliance.names import INTERVAL_PROBABILITY
from bayes_alliance.posterior.grid import Grid
from bayes_alliance.posterior.marginal import MixtureMarginal
from bayes_alliance.spec.compilation import compile_design
from bayes_alliance.spec.design import Design
from benchmarks.cases import CASES, Case, perturbing, three_scales
from benchmarks.clock import milliseconds

__all__ = ["first_call", "full_answer", "many_fits", "time_case", "time_unknown_rho"]

DRAWS = 4_000
#: First try and tolerance of the row of many fits.
MANY = {"start": 32, "tolerance": 1e-2}


def limits(grid: Grid) -> list[tuple[float, float]]:
    """95 % limits of the coefficients and of both taus, from their exact marginals."""
    shares = grid.weights.ravel()
    kept = shares > 1e-13 * shares.max()
    share = shares[kept] / shares[kept].sum()
    size = grid.means.shape[-1]
    means = grid.means.reshape(-1, size)[kept]
    sds = np.sqrt(grid.conditional_variances.reshape(-1, size)[kept])
    found = [
        MixtureMarginal(means[:, i], sds[:, i], share).interval(INTERVAL_PROBABILITY)
        for i in range(size)
    ]
    return [*found, grid.sample_marginal.interval(), grid.effect_marginal.interval()]


def full_answer(design: Design, rng: np.random.Generator) -> tuple[Grid, dict[str, Any], list[Any]]:
    """Posterior, 4,000 draws of beta and the taus, and their 95 % limits."""
    blocks = design.blocks()
    made = make_problem(design, blocks)
    grid = refine(*made, START, TOLERANCE)
    return grid, draw(design, blocks, grid, DRAWS, rng, made=made), limits(grid)


def all_left_out(given: tuple[Design, RotatedBlocks, Grid]) -> list[Any]:
    """Every posterior without one sample, with its means and sds, given the full posterior."""
    design, blocks, grid = given
    return [each.grid.moments() for each in leave_samples_out(design, grid, blocks=blocks)]


def twin(design: Design) -> Any:
    """REML estimates."""
    return estimate(design.blocks())


def time_case(case: Case, *, calls: int) -> dict[str, float]:
    """Median milliseconds of everything that is compared for one case."""
    design = case.design()
    rng = np.random.default_rng(2)
    fresh = perturbing(design, 3)
    fitted = {"exact": lambda d: full_answer(d, rng), "solve": solve, "REML": twin}
    times = {name: milliseconds(fresh, work, calls=calls) for name, work in fitted.items()}

    def estimated() -> tuple[Any, Any]:
        blocks = fresh().blocks()
        return blocks, estimate(blocks)

    times["CR2"] = milliseconds(
        estimated, lambda given: satterthwaite_df(cluster_robust(*given)), calls=calls
    )

    def solved() -> tuple[Design, RotatedBlocks, Grid]:
        given = fresh()
        blocks = given.blocks()
        return given, blocks, solve(given, blocks=blocks)

    times["leave one out"] = milliseconds(solved, all_left_out, calls=max(10, calls // 3))
    times["reported error"] = solve(design).error
    return times


def many_fits(case: Case, *, fits: int) -> dict[str, float]:
    """Seconds for many exact fits, and how far the looser rule is from a much finer one."""
    design = case.design()
    fresh = perturbing(design, 4)
    for _ in range(3):
        solve(fresh(), **MANY)
    began = time.perf_counter()
    for _ in range(fits):
        solve(fresh(), **MANY).moments()
    taken = time.perf_counter() - began
    began = time.perf_counter()
    for _ in range(fits // 10):
        solve(fresh()).moments()
    strict = 10 * (time.perf_counter() - began)
    errors = [_errors(fresh()) for _ in range(20)]
    return {
        "fits": fits,
        "seconds": taken,
        "seconds at the default tolerance (from a tenth)": strict,
        "largest reported error": max(reported for reported, _ in errors),
        "largest actual error": max(actual for _, actual in errors),
    }


def time_unknown_rho(*, calls: int) -> dict[str, dict[str, Any]]:
    """Median milliseconds of the posterior with rho integrated as a third dimension."""
    spec = ba.read_specification("subscales")
    cases = {
        "40 samples of three scales": compile_design(ba.read_effects(three_scales()), spec),
        "ibi_synthetic, subscales": Case("ibi_synthetic", "subscales").design(),
    }
    found: dict[str, dict[str, Any]] = {}
    for name, design in cases.items():
        known = design.with_rho(0.7)
        stack = solve_correlation(design)
        found[name] = {
            "ms": milliseconds(perturbing(design, 5), solve_correlation, calls=calls),
            "known": milliseconds(perturbing(known, 5), solve, calls=calls),
            "shape": list(stack.shape),
            "reported error": stack.error,
        }
    return found


def _errors(design: Design) -> tuple[float, float]:
    """Reported error of the looser rule, and its actual one against 512 intervals."""
    loose = solve(design, **MANY)
    exact = solve_once(*make_problem(design, design.blocks()), 512)
    fine, rough = exact.moments(), loose.moments()
    actual = [abs(fine[0] - rough[0]), *np.abs(fine[1] - rough[1]) / fine[2],
              *np.abs(np.log(fine[2] / rough[2]))]  # fmt: skip
    return loose.error, float(max(actual))


FIRST = """
import time, json
began = time.perf_counter()
import bayes_alliance, benchmarks.ours as ours
from benchmarks.cases import CASES
import numpy as np
imported = time.perf_counter() - began
design = CASES[0].design()
began = time.perf_counter()
ours.full_answer(design, np.random.default_rng(1))
print(json.dumps({"import": imported, "first fit": time.perf_counter() - began}))
"""


def first_call() -> dict[str, dict[str, float]]:
    """Seconds of a new process's import and first fit: compiling, and with compiled code cached."""
    assert CASES
    found = {}
    with tempfile.TemporaryDirectory() as cache:
        for name in ("compiling", "cached"):
            done = subprocess.run(
                [sys.executable, "-c", FIRST],
                env={**os.environ, "NUMBA_CACHE_DIR": cache},
                cwd=Path(__file__).resolve().parents[1],
                capture_output=True,
                text=True,
                check=True,
            )
            found[name] = json.loads(done.stdout.splitlines()[-1])
    return found
