"""Analyses made of drawn numbers: no sampler runs, every figure is there in milliseconds."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from bayes_alliance.data.effects import EffectSizes
from bayes_alliance.engines.assembly import assemble
from bayes_alliance.engines.fitted import Fitted
from bayes_alliance.names import TAU_EFFECT, TAU_SAMPLE
from bayes_alliance.posterior.posterior import Posterior
from bayes_alliance.posterior.provenance import Provenance
from bayes_alliance.spec.compilation import compile_design
from bayes_alliance.spec.specification import Specification
from bayes_alliance.spec.tables import Benchmark

SCALES = ("task", "goal", "bond", "total")
FACE_TO_FACE = Benchmark(
    name="face to face, Flückiger et al. 2018", coefficient="overall", r=0.278, lower=0.256,
    upper=0.299,
)  # fmt: skip
INTERNET = Benchmark(name="internet-based", coefficient="overall", r=0.21)


def table(
    sizes: list[int], *, measure: str = "ZCOR", subscale: bool = True, seed: int = 3, **columns: Any
) -> EffectSizes:
    """A made-up table with the given numbers of effects in its samples."""
    rng = np.random.default_rng(seed)
    k = int(np.sum(sizes))
    index = np.repeat(np.arange(len(sizes)), sizes)
    n = rng.integers(20, 150, len(sizes))[index].astype(float)
    z = 0.21 + rng.normal(0, 0.15, len(sizes))[index] + rng.normal(0, 0.1, k)
    yi = z + rng.normal(0, 1 / np.sqrt(n - 3))
    is_r = measure != "GEN"
    within = np.concatenate([np.arange(size) for size in sizes])
    frame = pd.DataFrame(
        {
            "row": np.arange(2, k + 2),
            "sample": [f"Author {i + 1:02d}, 20{i % 25:02d}" for i in index],
            "effect": [f"WAI {SCALES[j % 4]} {j + 1}" for j in within],
            "yi": np.tanh(yi) if measure == "COR" else yi,
            "vi": 1 / (n - 3),
            "r": np.tanh(yi) if is_r else np.nan,
            "n": n if is_r else np.nan,
            "statistic": "pearson" if is_r else "given",
            "covariates": 0,
            "turned": False,
            "not_significant": False,
            **({"subscale": np.array(SCALES)[within % 4]} if subscale else {}),
            **columns,
        }
    )  # fmt: skip
    return EffectSizes(frame=frame, measure=measure, name="made up")


def analysis(
    effects: EffectSizes,
    specification: Specification | None = None,
    *,
    chains: int = 2,
    draws: int = 200,
    taus: tuple[float, float] = (0.15, 0.08),
) -> Fitted:
    """A finished analysis whose draws come from a normal around the weighted least squares."""
    specification = specification or Specification()
    design = compile_design(effects, specification)
    rng = np.random.default_rng(7)
    weights = 1 / (design.variances + 0.03)
    precision = design.X.T @ (weights[:, None] * design.X) + np.eye(design.X.shape[1])
    covariance = np.linalg.inv(precision)
    centre = covariance @ design.X.T @ (weights * design.y)
    made = {"beta": rng.multivariate_normal(centre, covariance, (chains, draws))}
    for name, prior, tau in zip(
        (TAU_SAMPLE, TAU_EFFECT), (design.tau_sample, design.tau_effect), taus, strict=True
    ):
        if prior is not None:
            made[name] = np.abs(rng.normal(tau, tau / 5, (chains, draws)))
    if design.shrinkage is not None:
        made["shrinkage"] = np.abs(rng.normal(0.4, 0.1, (chains, draws)))
    if design.censored.any():
        made["y_censored"] = rng.uniform(-0.1, 0.1, (chains, draws, int(design.censored.sum())))
    blocks = design.blocks()
    tree = assemble(design, blocks, made, seed=1)
    posterior = Posterior(tree, blocks, Provenance("made up", seed=1, seconds=0.0))
    return Fitted(effects, specification, design, posterior)
