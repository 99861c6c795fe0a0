"""How often do 95 % intervals of scale-specific heterogeneity cover the truth? `make recovery`.

Many simulated tables are fitted one after another by importance sampling (with ``nuts`` behind
their number by NUTS, which takes a quarter of an hour for 40); the test suite fits one. With 40
tables an honest interval covers 35 times or more with probability .99.
"""

from __future__ import annotations

import sys

import numpy as np
from scale_tables import CORRELATIONS, MEANS, TAUS, simulated_scales

import bayes_alliance as ba

TRUTH = {"beta": MEANS, "tau_scale": TAUS, "scale_correlation": CORRELATIONS[np.triu_indices(3, 1)]}


def main(tables: int, engine: str) -> int:
    covered = {name: np.zeros(len(truth), int) for name, truth in TRUTH.items()}
    means = {name: np.zeros(len(truth)) for name, truth in TRUTH.items()}
    changes = {"run.draws": 1_000, "run.tune": 500, "run.chains": 2}
    changes |= {"sampling.within_sample": "independent"}
    for seed in range(tables):
        effects = ba.read_effects(simulated_scales(1_000 + seed))
        fit = ba.fit(effects, "multivariate_scales", changes=changes, engine=engine, progress=False)
        for name, truth in TRUTH.items():
            draws = fit.posterior.draws(name)
            lower, upper = np.quantile(draws, [0.025, 0.975], axis=0)
            covered[name] += (lower <= truth) & (truth <= upper)
            means[name] += draws.mean(0) / tables
    fewest = min(int(count.min()) for count in covered.values())
    for name, truth in TRUTH.items():
        print(f"{name}: truth {truth}, mean {means[name].round(3)}, covered {covered[name]}")
    return 0 if fewest >= 0.87 * tables else 1


if __name__ == "__main__":
    raise SystemExit(
        main(int(sys.argv[1]) if len(sys.argv) > 1 else 40, *(sys.argv[2:] or ["auto"]))
    )
