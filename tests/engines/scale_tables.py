"""Simulated tables in which the effects of samples differ by scale."""

from __future__ import annotations

import numpy as np
import pandas as pd

SCALES = ("task", "goal", "bond")
MEANS = np.array([0.30, 0.20, 0.10])
TAUS = np.array([0.10, 0.20, 0.15])
CORRELATIONS = np.array([[1.0, 0.8, 0.5], [0.8, 1.0, 0.3], [0.5, 0.3, 1.0]])


def simulated_scales(seed: int, samples: int = 120, n: int = 150) -> pd.DataFrame:
    """z of three scales in every sample: means, taus and correlations as above, no tau_effect."""
    rng = np.random.default_rng(seed)
    G = np.outer(TAUS, TAUS) * CORRELATIONS
    rows = []
    for i in range(samples):
        true = MEANS + rng.multivariate_normal(np.zeros(3), G)
        for scale, z in zip(SCALES, true + rng.normal(0, (n - 3) ** -0.5, 3), strict=True):
            rows.append({"sample": f"s{i:03}", "effect": scale, "subscale": scale, "yi": z,
                         "vi": 1 / (n - 3)})  # fmt: skip
    return pd.DataFrame(rows)
