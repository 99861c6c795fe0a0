"""A multiverse of 10,000 specifications, timed as a whole: ``python -m benchmarks.multiverse``."""

from __future__ import annotations

import json
import resource
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
from joblib import cpu_count
from joblib.externals.loky import get_reusable_executor

import bayes_alliance as ba
from bayes_alliance.engines.choose import run_analysis
from bayes_alliance.engines.engine import RunOptions
from bayes_alliance.engines.evidence import evidence_of
from bayes_alliance.engines.exact.engine import ExactEngine
from bayes_alliance.plots.specification_curve import specification_curve
from bayes_alliance.plots.style import save
from bayes_alliance.report.multiverse import option_tables
from bayes_alliance.sensitivity.multiverse import Multiverse, run_multiverse
from bayes_alliance.sensitivity.multiverse_answers import mean_weights
from bayes_alliance.sensitivity.multiverse_plan import changes_of
from bayes_alliance.sensitivity.multiverse_rows import kept_rows
from bayes_alliance.spec.compilation import compile_design
from bayes_alliance.spec.constrained import constrained
from bayes_alliance.spec.grid import ChoiceGrid, read_grid
from bayes_alliance.summaries.headline import headline
from benchmarks.clock import load

__all__ = ["time_multiverse"]

#: Standard deviations of the prior of the mean; with the other choices 10,752 specifications.
SDS = (0.5, 0.15, 0.2, 0.25, 0.35, 0.75, 1.0)
#: Specifications fitted one by one for comparison.
SAMPLE = 40


def wider_grid(sds: tuple[float, ...] = SDS) -> ChoiceGrid:
    """The bundled choices with more priors of the mean."""
    grid = read_grid()
    options = [
        {"name": f"normal(0, {sd:g})", "because": "A benchmark needs many.",
         "change": {"priors.location": {"family": "normal", "mean": 0.0, "sd": sd}}}
        for sd in sds
    ]  # fmt: skip
    tables = grid.model_dump(exclude_none=True)
    tables["factors"] = [
        {**factor, "options": options} if factor["name"] == "prior of the mean" else factor
        for factor in tables["factors"]
    ]
    return read_grid(tables)


def one_by_one(found: Multiverse, number: int) -> None:
    """The same answers by the public functions, nothing shared with another specification."""
    plan = found.plan
    options = plan.options(plan.picks(number))
    changes = changes_of(options, priors=False) | changes_of(options, priors=True)
    spec = plan.specification.with_changes(changes)
    kept = kept_rows(plan.effects, [rule for option in options for rule in option.rows])
    design = compile_design(plan.effects.keep(kept), spec)
    posterior = ExactEngine().run_brief(design, RunOptions.of(spec.run, cores=1, progress=False))
    headline(posterior, design, orders=(), rope_effect=0.1, rope_difference=0.05)
    wanted = [option.mean for option in options if option.mean is not None]
    _, weights = mean_weights(design, wanted[0] if wanted else None)
    evidence_of(constrained(design, weights))


def _processor_seconds() -> float:
    """Processor time of this process and of those that it started and that have ended."""
    whose = (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
    return sum(used.ru_utime + used.ru_stime for used in map(resource.getrusage, whose))


def time_multiverse(*, quick: bool = False) -> dict[str, Any]:
    """Seconds from the table to the written files, and of the same one by one."""
    effects, spec = ba.load("ibi_synthetic"), ba.read_specification("overall")
    grid, workers = wider_grid(SDS[:2] if quick else SDS), int(cpu_count())
    run_analysis(effects, spec)  # compiled code is loaded
    with tempfile.TemporaryDirectory() as folder:
        before, used, began = load(), _processor_seconds(), time.perf_counter()
        found = run_multiverse(effects, spec, grid, workers=workers, folder=f"{folder}/kept")
        for name, frame in option_tables(found).items():
            frame.to_csv(Path(folder) / f"{name}.csv")
        save(specification_curve(run_analysis(effects, spec), found), f"{folder}/curve.png")
        seconds = time.perf_counter() - began
        get_reusable_executor().shutdown(wait=True)  # its processor time counts when it has ended
        processor = _processor_seconds() - used
    numbers = np.random.default_rng(1).choice(found.plan.size, SAMPLE, replace=False)
    began = time.perf_counter()
    for number in numbers.tolist():
        one_by_one(found, number)
    alone = 1e3 * (time.perf_counter() - began) / SAMPLE
    estimated = found.table["choice: sampling errors"] == "rho estimated"
    return {
        "specifications": len(found.table),
        "processes": workers,
        "seconds": seconds,
        "processor seconds": processor,
        "ms one by one": alone,
        "share with rho estimated": float(estimated.mean()),
        "largest reported error": float(found.table["error"].max()),
        "largest error of log BF": float(found.table["bf_error"].max()),
        "load before": before,
        "load after": load(),
    }


if __name__ == "__main__":
    print(json.dumps(time_multiverse(), indent=1))
