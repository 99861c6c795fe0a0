"""Tables and parameters for tests of selection models."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

import bayes_alliance as ba
from bayes_alliance.engines.selection.density import log_density_of_published
from bayes_alliance.spec.compilation import compile_design
from bayes_alliance.spec.design import Design

#: Two samples of three and two effects and one of one: small enough for brute force.
SMALL = pd.DataFrame(
    {
        "sample": ["a", "a", "a", "b", "b", "c"],
        "yi": [0.31, 0.05, 0.22, -0.08, 0.41, 0.12],
        "vi": [0.02, 0.03, 0.015, 0.04, 0.03, 0.01],
    }
)


def design_of(frame: pd.DataFrame, model: str = "three_level") -> Design:
    return compile_design(ba.read_effects(frame), ba.read_specification(model))


def density(design: Design, steps: Any, **given: Any) -> np.ndarray:
    shaped = {name: np.atleast_1d(np.asarray(v, float)) for name, v in given.items()}
    shaped["beta"] = shaped["beta"].reshape(-1, len(design.coefficients))
    shaped["omega"] = shaped["omega"].reshape(len(shaped["beta"]), -1)
    return log_density_of_published(design, design.blocks(), steps, **shaped)


def published(
    rng: np.random.Generator, *, mean: float, tau: tuple[float, float], samples: int, by: str
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """All effects, and those left after results that are not significant were often lost."""
    rows = []
    for i in range(samples):
        n = int(rng.integers(25, 130))
        u = rng.normal(0, tau[0])
        for _ in range(int(rng.integers(1, 4))):
            z = mean + u + rng.normal(0, tau[1]) + rng.normal(0, 1 / np.sqrt(n - 3))
            rows.append((f"s{i}", float(np.tanh(z)), n, z * np.sqrt(n - 3) > 1.959964))
    frame = pd.DataFrame(rows, columns=["sample", "r", "n", "significant"])
    if by == "effects":
        kept = frame["significant"] | (rng.random(len(frame)) < 0.2)
    else:
        any_significant = frame.groupby("sample")["significant"].any()
        passed = any_significant | (rng.random(len(any_significant)) < 0.2)
        kept = frame["sample"].map(passed)
    columns = ["sample", "r", "n"]
    return frame[columns], frame.loc[kept, columns].reset_index(drop=True)
