"""Simulated tables whose scales have sample effects of their own, and designs of them."""

from __future__ import annotations

import numpy as np
import pandas as pd

import bayes_alliance as ba
from bayes_alliance.spec.compilation import compile_design

NAMES = ("task", "goal", "bond", "total")
STRUCTURES = ("cs", "diagonal", "unstructured")
UNCERTAIN_RHO = {
    "sampling.within_sample": "estimated",
    "priors.rho": {"family": "beta", "a": 4, "b": 3, "lower": 0, "upper": 0.95, "because": ""},
}


def simulated(rng, *, samples, taus, correlation, tau_effect, rho=0.0, reported=1.0, n=(15, 150)):
    """One effect a scale and sample, of a share of the scales; errors correlate `rho`."""
    L = len(taus)
    G = np.outer(taus, taus) * (correlation + (1 - correlation) * np.eye(L))
    values, vectors = np.linalg.eigh(G)
    root = vectors * np.sqrt(np.maximum(values, 0))
    rows = []
    for i in range(samples):
        size = int(rng.integers(*n))
        kept = np.flatnonzero(rng.uniform(size=L) < reported)
        kept = kept if len(kept) else np.array([0])
        V = (rho + (1 - rho) * np.eye(len(kept))) / (size - 3)
        z = 0.2 + (root @ rng.normal(size=L))[kept]
        z = z + np.linalg.cholesky(V + tau_effect**2 * np.eye(len(kept))) @ rng.normal(
            size=len(kept)
        )
        rows += [(f"s{i}", np.tanh(a), size, NAMES[j]) for a, j in zip(z, kept, strict=True)]
    return pd.DataFrame(rows, columns=["sample", "r", "n", "subscale"])


def designed(frame, structure, changes=None, model="subscales"):
    changes = {
        "heterogeneity.structure": structure,
        "sampling.within_sample": "independent",
    } | (changes or {})
    spec = ba.read_specification(model).with_changes(changes)
    return compile_design(ba.read_effects(frame), spec)


def random_problem(seed):
    """A design of two to four scales, 8 to 59 samples; taus of 0 and correlations of 1 occur."""
    rng = np.random.default_rng([5, seed])
    L = int(rng.integers(2, 5)) if rng.uniform() < 0.5 else 3
    some, one = rng.choice([0, 0.05, 0.1, 0.2, 0.3], L), np.full(L, rng.choice([0, 0.1, 0.2]))
    rho = float(rng.choice([0, 0.4, 0.7]))
    frame = simulated(
        rng,
        samples=int(rng.integers(8, 60)),
        taus=some if rng.uniform() < 0.6 else one,
        correlation=rng.choice([0, 0.5, 0.9, 1.0]),
        tau_effect=rng.choice([0, 0.05, 0.12]),
        rho=rho,
        reported=rng.choice([0.6, 1.0]),
    )
    changes = ({}, {"sampling.within_sample": "constant", "sampling.rho": rho}, UNCERTAIN_RHO)
    given = dict(changes[rng.integers(3)])
    if rng.uniform() < 0.3:
        given["priors.tau_sample"] = {"family": "half_cauchy", "scale": 0.5, "because": ""}
    if rng.uniform() < 0.3:
        given["heterogeneity.effect"] = False
    structure = str(rng.choice(STRUCTURES))
    return designed(frame, structure, given), f"{structure}, {len(given)} changes"


def typical(structure, changes=None, *, taus=(0.2, 0.12, 0.15), correlation=0.6, samples=40):
    """40 samples of three scales, as a review of the alliance has them."""
    rng = np.random.default_rng(3)
    frame = simulated(
        rng, samples=samples, taus=np.array(taus), correlation=correlation, tau_effect=0.05
    )
    return designed(frame, structure, changes)
