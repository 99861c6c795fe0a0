"""How often the proposal of the importance engine fits, over random problems and seeds.

Run it as ``python tests/engines/importance_study.py [problems]`` (100 by default); it writes
``importance_study.json`` beside itself: Pareto k and effective points of every run, the standard
deviation of the log marginal likelihood over seeds, and processor time by run.
"""

from __future__ import annotations

import json
import platform
import sys
import time
from pathlib import Path

import numpy as np
from importance_problems import random_problem, typical

from bayes_alliance.engines.importance.coordinates import coordinates_of
from bayes_alliance.engines.importance.density import problem_of
from bayes_alliance.engines.importance.engine import weighted
from bayes_alliance.posterior.provenance import versions

SEEDS = 4


def run(design, seed):
    """Solve once: Pareto k, effective points, log marginal likelihood, processor seconds."""
    began = time.process_time()
    problem = problem_of(design, design.blocks())
    found = weighted(coordinates_of(design), problem, np.random.default_rng([seed, 8]))
    effective = 1 / np.square(np.exp(found.log_weights)).sum()
    return found.pareto_k, effective, found.log_evidence, time.process_time() - began


def studied(design, label):
    """Solve with several seeds."""
    runs = np.array([run(design, seed) for seed in range(1, SEEDS + 1)])
    return {
        "problem": label,
        "samples": len(design.sample_ids),
        "effects": len(design.y),
        "coordinates": coordinates_of(design).size,
        "pareto_k": runs[:, 0].round(3).tolist(),
        "effective": runs[:, 1].round().tolist(),
        "sd_log_marginal_likelihood": round(float(runs[:, 2].std(ddof=1)), 4),
        "milliseconds": round(1e3 * float(np.median(runs[:, 3])), 1),
    }


def summary(rows):
    """Shares and quantiles that the targets are about."""
    k = np.array([row["pareto_k"] for row in rows])
    spread = np.array([row["sd_log_marginal_likelihood"] for row in rows])
    effective = np.array([row["effective"] for row in rows])
    return {
        "problems": len(rows),
        "runs": int(k.size),
        "share_k_at_most_0.7": round(float((k <= 0.7).mean()), 4),
        "share_falling_short": round(float(((k > 0.7) | (effective < 400)).mean()), 4),
        "largest_sd_log_marginal_likelihood": float(spread.max()),
        "share_sd_below_0.05": round(float((spread < 0.05).mean()), 4),
        "median_milliseconds": float(np.median([row["milliseconds"] for row in rows])),
    }


def main():
    problems = int(sys.argv[1]) if len(sys.argv) > 1 else 100
    run(typical("cs"), 1)  # compiled before anything is timed
    rows = [studied(*random_problem(seed)) for seed in range(problems)]
    usual = [studied(typical(s), f"typical, {s}") for s in ("cs", "diagonal", "unstructured")]
    found = {
        "summary": summary(rows),
        "typical": usual,
        "seeds": list(range(1, SEEDS + 1)),
        "versions": versions() | {"python": platform.python_version()},
        "rows": rows,
    }
    target = Path(__file__).with_name("importance_study.json")
    target.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
    print(json.dumps({"summary": found["summary"], "typical": usual}, indent=1))


if __name__ == "__main__":
    main()
