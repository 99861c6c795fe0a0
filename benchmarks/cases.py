"""The data and models that are timed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pandas as pd

import bayes_alliance as ba
from bayes_alliance.spec.compilation import compile_design
from bayes_alliance.spec.design import Design

__all__ = ["CASES", "Case", "grown", "perturbing", "three_scales", "write_table"]

#: Standard deviation of what is added to y before every call.
JITTER = 1e-3


@dataclass(frozen=True, slots=True)
class Case:
    """A bundled data set with a model.

    Parameters
    ----------
    data, model : str
        Names of the bundled data set and model.
    """

    data: str
    model: str

    @property
    def name(self) -> str:
        """Data and model."""
        return f"{self.data}, {self.model}"

    def design(self) -> Design:
        """Compile the model for the data."""
        return compile_design(ba.load(self.data), ba.read_specification(self.model))


CASES = (
    Case("konstantopoulos2011", "schools"),
    Case("crede2010", "three_level"),
    Case("ibi_synthetic", "overall"),
    Case("ibi_synthetic", "subscales_independent"),
)


def perturbing(design: Design, seed: int) -> Callable[[], Design]:
    """A source of designs whose y differ, so that nothing can be remembered between calls."""
    rng = np.random.default_rng(seed)
    return lambda: replace(design, y=design.y + JITTER * rng.standard_normal(len(design.y)))


def three_scales(samples: int = 40, n: int = 72, rho: float = 0.7, seed: int = 1) -> pd.DataFrame:
    """Simulate correlations of task, goal and bond whose errors correlate rho in a sample."""
    rng = np.random.default_rng(seed)
    errors = rng.standard_normal((samples, 3)) @ np.linalg.cholesky(
        (rho + (1 - rho) * np.eye(3)) / (n - 3)
    ).T  # fmt: skip
    z = np.arctanh([0.25, 0.19, 0.12]) + 0.12 * rng.standard_normal((samples, 1))
    r = np.tanh(z + 0.05 * rng.standard_normal((samples, 3)) + errors)
    return pd.DataFrame(
        {
            "sample": np.repeat([f"s{i}" for i in range(samples)], 3),
            "subscale": ["task", "goal", "bond"] * samples,
            "r": r.ravel(),
            "n": n,
        }
    )


def write_table(design: Design, path: Path) -> None:
    """Write y, v, sample, effect and the columns of X for R."""
    frame = pd.DataFrame(
        {"y": design.y, "v": design.variances, "sample": design.sample_index + 1}
        | {f"x{i + 1}": column for i, column in enumerate(design.X.T)}
    )
    frame.insert(3, "effect", np.arange(len(frame)) + 1)
    frame.to_csv(path, index=False)


def grown(effects: int, seed: int = 1) -> Design:
    """Simulate a three-level table with 2.5 effects a sample and one coefficient.

    Parameters
    ----------
    effects : int
        Number of effects k; samples are 0.4 k.
    seed : int
        Seed.

    Returns
    -------
    Design
        With the priors of the model `overall`.
    """
    rng = np.random.default_rng(seed)
    samples = max(2, round(0.4 * effects))
    extra = rng.integers(0, samples, effects - samples)
    index = np.sort(np.concatenate([np.arange(samples), extra]))
    variances = 1 / rng.integers(20, 300, effects)
    y = 0.2 + 0.15 * rng.standard_normal(samples)[index] + 0.1 * rng.standard_normal(effects)
    y += np.sqrt(variances) * rng.standard_normal(effects)
    model = Case("ibi_synthetic", "overall").design()
    return replace(
        model,
        y=y,
        X=np.ones((effects, 1)),
        variances=variances,
        sample_ids=tuple(f"s{i}" for i in range(samples)),
        effect_ids=tuple(f"e{j}" for j in range(effects)),
        starts=np.searchsorted(index, np.arange(samples)),
        rows=np.arange(effects),
        censored_at=np.full(effects, np.nan),
    )
