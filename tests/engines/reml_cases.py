"""Data for the tests of REML: tables with outside numbers, and simulated ones."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd

from bayes_alliance.algebra.blocks import Array, RotatedBlocks, rotate

REFERENCE = Path(__file__).parents[1] / "reference"
METAFOR = json.loads((REFERENCE / "metafor.json").read_text(encoding="utf-8"))
THREE_LEVEL = METAFOR["threelevel"]
DATA = ("konstantopoulos2011", "crede2010", "crede2010_grade")
MODERATED = [
    ("konstantopoulos2011", "~ year"),
    ("konstantopoulos2011", "~ I(year-mean(year))"),
    ("crede2010", "~ criterion"),
    ("crede2010", "~ class"),
    ("crede2010", "~ year"),
    ("crede2010", "~ criterion * year"),
    ("crede2010_grade", "~ class"),
    ("crede2010_grade", "~ year"),
]


def table(name: str) -> pd.DataFrame:
    frame = pd.read_csv(REFERENCE / "data" / f"{name}.csv")
    return frame.sort_values("cluster", kind="stable").reset_index(drop=True)


def blocks_of(frame: pd.DataFrame, X: Array, covariances: list[Array] | None = None):
    return rotate(
        y=frame["yi"].to_numpy(float),
        X=X,
        variances=frame["vi"].to_numpy(float),
        starts=np.flatnonzero(~frame["cluster"].duplicated()),
        covariances=covariances,
    )


def intercept(name: str) -> RotatedBlocks:
    frame = table(name)
    return blocks_of(frame, np.ones((len(frame), 1)))


def correlated(frame: pd.DataFrame, rho: float) -> list[Array]:
    """Sampling covariances with the same correlation between all effects of a cluster."""
    root = np.sqrt(frame["vi"].to_numpy())
    return [
        np.outer(root[rows], root[rows]) * (rho + (1 - rho) * np.eye(len(rows)))
        for rows in frame.groupby("cluster", sort=False).indices.values()
    ]


def design(frame: pd.DataFrame, formula: str) -> Array:
    one, year = np.ones(len(frame)), frame["year"].to_numpy(float)
    if formula == "~ year":
        return np.column_stack([one, year])
    if formula == "~ I(year-mean(year))":
        return np.column_stack([one, year - year.mean()])
    if formula == "~ class":
        # An empty cell is a level of its own in the reference, and the first one.
        label = frame["class"].fillna("")
        levels = sorted(label.unique())[1:]
        return np.column_stack([one, *(label == level for level in levels)]).astype(float)
    if formula in ("sei", "vi"):
        return np.column_stack([one, frame["vi"] ** (0.5 if formula == "sei" else 1.0)])
    grade = (frame["criterion"] == "grade").to_numpy(float)
    if formula == "~ criterion":
        return np.column_stack([one, grade])
    return np.column_stack([one, grade, year, grade * year])


def simulated(seed: int, *, correlated: bool = True) -> dict[str, object]:
    rng = np.random.default_rng(seed)
    sizes = np.r_[2, rng.integers(1, 5, rng.integers(5, 12))]
    starts = np.r_[0, np.cumsum(sizes)[:-1]]
    k = int(sizes.sum())
    v = rng.uniform(0.005, 0.05, k)
    tau_sample, tau_effect = rng.choice([0.0, 0.1, 0.3], 2)
    X = np.column_stack([np.ones(k), rng.normal(size=k)])
    covariances = None
    if correlated:
        rho = rng.uniform(0, 0.8)
        covariances = [
            np.outer(np.sqrt(v[a : a + m]), np.sqrt(v[a : a + m])) * (rho + (1 - rho) * np.eye(m))
            for a, m in zip(starts, sizes, strict=True)
        ]
    u = np.repeat(rng.normal(0, tau_sample, len(sizes)), sizes)
    y = X @ [0.2, 0.1] + u + rng.normal(0, np.sqrt(v + tau_effect**2))
    return {"y": y, "X": X, "variances": v, "starts": starts, "covariances": covariances}


def dense(data: dict[str, object], sample: float, effect: float) -> tuple[Array, Array, Array]:
    """M, X and y without any of the algebra that is tested."""
    y, X, v, starts, blocks = (
        np.asarray(data[name]) if name != "covariances" else data[name]
        for name in ("y", "X", "variances", "starts", "covariances")
    )
    M = np.diag(v + effect)
    for i, (a, b) in enumerate(zip(starts, np.r_[starts[1:], len(y)], strict=True)):
        if blocks is not None:
            M[a:b, a:b] = blocks[i] + effect * np.eye(b - a)
        M[a:b, a:b] += sample
    return M, X, y
