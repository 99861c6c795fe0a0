"""Whole runs of our engines (exact; NUTS by nutpie and by PyMC) and, beside them, Bambi."""

from __future__ import annotations

import json
import subprocess
import tempfile
import time
from pathlib import Path
from typing import Any, Literal

import arviz_stats as azs
import numpy as np

from bayes_alliance.engines.engine import Engine, RunOptions
from bayes_alliance.engines.exact.engine import ExactEngine
from bayes_alliance.engines.nuts.engine import NutsEngine
from benchmarks.cases import Case, write_table

__all__ = ["run_bambi_and_pymare", "run_samplers"]

CHAINS, KEPT, TUNE = 4, 1_000, 1_000


def run_samplers(case: Case) -> dict[str, dict[str, float]]:
    """Seconds of whole fits (first and second in the process) and effective sizes.

    Parameters
    ----------
    case : Case
        What is fitted.

    Returns
    -------
    dict
        Sampler to seconds and to the smallest bulk effective sample size.
    """
    design = case.design()
    runs: tuple[tuple[str, Engine, Literal["nutpie", "pymc"]], ...] = (
        ("exact engine", ExactEngine(), "nutpie"),
        ("NUTS by nutpie", NutsEngine(), "nutpie"),
        ("NUTS by PyMC", NutsEngine(), "pymc"),
    )
    found = {}
    for name, engine, sampler in runs:
        times = []
        for seed in (1, 2):
            options = RunOptions(chains=CHAINS, draws=KEPT, tune=TUNE, sampler=sampler, seed=seed)
            began = time.perf_counter()
            posterior = engine.run(design, options)
            times.append(time.perf_counter() - began)
        sizes = azs.ess(posterior.tree["posterior"].dataset)
        smallest = min(float(np.min(sizes[key])) for key in ("beta", "tau_sample", "tau_effect"))
        found[name] = {"first": times[0], "second": times[1], "smallest ess": smallest}
    return found


OTHERS = """
import json, sys, time, warnings
warnings.simplefilter("ignore")
import numpy as np, pandas as pd
table = pd.read_csv(sys.argv[1])
found = {}
try:
    import bambi as bmb
    table["log_se"] = 0.5 * np.log(table["v"])
    formula = bmb.Formula("y ~ 1 + (1|sample) + (1|effect)", "sigma ~ 0 + offset(log_se)")
    for key in ("first", "second"):
        began = time.perf_counter()
        model = bmb.Model(formula, table, center_predictors=False)
        model.fit(draws=1000, tune=1000, chains=4, cores=2, random_seed=1, progressbar=False)
        found.setdefault("Bambi", {})[key] = time.perf_counter() - began
    found["Bambi"]["version"] = bmb.__version__
except ImportError:
    pass
try:
    import pymare
    from pymare.estimators import VarianceBasedLikelihoodEstimator
    rng, taken = np.random.default_rng(1), []
    for _ in range(12):
        y = table["y"].to_numpy() + 1e-3 * rng.standard_normal(len(table))
        began = time.perf_counter()
        X = np.ones((len(y), 1))
        data = pymare.Dataset(y=y, v=table["v"].to_numpy(), X=X, add_intercept=False)
        VarianceBasedLikelihoodEstimator(method="REML").fit_dataset(data).summary()
        taken.append(time.perf_counter() - began)
    found["PyMARE"] = {"ms": 1e3 * float(np.median(taken[2:])), "version": pymare.__version__}
except ImportError:
    pass
print(json.dumps(found))
"""


def run_bambi_and_pymare(python: str, case: Case) -> dict[str, Any]:
    """Time Bambi and PyMARE with an interpreter of another environment that has them.

    Parameters
    ----------
    python : str
        Path of the interpreter.
    case : Case
        What is fitted; PyMARE knows two levels only.

    Returns
    -------
    dict
        Package to what was found; empty for those that are not there.
    """
    with tempfile.TemporaryDirectory() as folder:
        table = Path(folder) / "table.csv"
        write_table(case.design(), table)
        done = subprocess.run(
            [python, "-c", OTHERS, str(table)], capture_output=True, text=True, check=False
        )
    if done.returncode:
        raise RuntimeError(f"Bambi or PyMARE failed:\n{done.stderr}")
    return dict(json.loads(done.stdout.splitlines()[-1]))
