"""What is simulated: the true values, the tables and the cells of the study."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from itertools import combinations
from typing import Final, Literal

import numpy as np
import pandas as pd

import bayes_alliance as ba
from bayes_alliance.algebra.blocks import Array
from bayes_alliance.spec.compilation import compile_design
from bayes_alliance.spec.design import Design

__all__ = ["ANALYSES", "CELLS", "CONTRASTS", "PEOPLE", "SAMPLES", "SCALES", "SCALE_NAMES",
           "TAU_SAMPLE", "TRUE_MEANS", "WEIGHTS", "Cell", "changes_of", "compiled", "layout",
           "table", "template"]  # fmt: skip

#: True mean correlations of the scales (r), as far apart as in Flückiger et al. (2026).
SCALES: Final = {"task": 0.25, "goal": 0.19, "bond": 0.12}
SCALE_NAMES: Final = tuple(SCALES)
#: The same on z, in the order of the coefficients.
TRUE_MEANS: Final[Array] = np.arctanh(list(SCALES.values()))
#: Two differences, one large and one small.
CONTRASTS: Final = ("task - bond", "task - goal")
#: What is asked of an analysis: the differences, and each mean.
WEIGHTS: Final[Array] = np.vstack([[1.0, 0.0, -1.0], [1.0, -1.0, 0.0], np.eye(3)])
#: Samples of a table, and people of a sample.
SAMPLES, PEOPLE = 40, 72
TAU_SAMPLE: Final = 0.12

#: What an analysis declares about the errors of one sample; the REML fits take the first two.
ANALYSES: Final = ("naive", "known", "beta", "uniform")


@dataclass(frozen=True, slots=True)
class Cell:
    """One setting of the simulation.

    Parameters
    ----------
    name : str
        Short and unique: part of the key of every replication.
    design : {"equal", "ragged"}
        Three scales in every sample, or one, two or three.
    tau_effect : float
        True standard deviation of effects within samples, on z.
    rho : float
        True correlation of the sampling errors of two effects of one sample, on z.
    errors : {"normal", "people"}
        Errors normal on z with exactly this correlation, or correlations computed from the scores
        of simulated people (multivariate normal) whose scales correlate `rho`.
    stream : int
        Distinguishes the random numbers of the cells; never changed.
    """

    name: str
    design: Literal["equal", "ragged"]
    tau_effect: float
    rho: float
    errors: Literal["normal", "people"]
    stream: int


CELLS: Final = (
    Cell("equal, tau_effect 0", "equal", 0.0, 0.7, "normal", 1),
    Cell("equal, tau_effect .04", "equal", 0.04, 0.7, "normal", 2),
    Cell("equal, tau_effect .08", "equal", 0.08, 0.7, "normal", 3),
    Cell("equal, tau_effect .15", "equal", 0.15, 0.7, "normal", 4),
    Cell("ragged, tau_effect .04", "ragged", 0.04, 0.7, "normal", 5),
    Cell("ragged, tau_effect .08", "ragged", 0.08, 0.7, "normal", 6),
    Cell("wrong prior, tau_effect .04", "equal", 0.04, 0.2, "normal", 7),
    Cell("people, tau_effect .04", "equal", 0.04, 0.7, "people", 8),
)


def layout(design: str) -> tuple[tuple[str, ...], ...]:
    """Scales of each sample, the same in every replication.

    Parameters
    ----------
    design : {"equal", "ragged"}
        Three scales in every sample; or one, two, three, one, ... in turn, every subset of a size
        as often as any other, up to one.

    Returns
    -------
    tuple of tuple of str
        One entry a sample.
    """
    if design == "equal":
        return (SCALE_NAMES,) * SAMPLES
    subsets = [list(combinations(SCALE_NAMES, size)) for size in (1, 2, 3)]
    return tuple(
        subsets[i % 3][(i // 3) % len(subsets[i % 3])] for i in range(SAMPLES)
    )  # fmt: skip


def table(design: str, z: Array | None = None) -> pd.DataFrame:
    """Table of effect sizes with given Fisher's z.

    Parameters
    ----------
    design : {"equal", "ragged"}
        Which layout.
    z : ndarray, shape (k,), optional
        One value an effect; the true means by default.

    Returns
    -------
    pandas.DataFrame
        Columns sample, subscale, r, n.
    """
    rows = [(f"s{i:02d}", s) for i, scales in enumerate(layout(design)) for s in scales]
    frame = pd.DataFrame(rows, columns=["sample", "subscale"])
    r = frame["subscale"].map(SCALES).to_numpy(float) if z is None else np.tanh(z)
    return frame.assign(r=r, n=PEOPLE)


def changes_of(analysis: str, cell: Cell) -> dict[str, object]:
    """Changes of the bundled model ``subscales`` that make one analysis.

    Parameters
    ----------
    analysis : str
        One of `ANALYSES`.
    cell : Cell
        Its rho is what ``known`` is told: the correlation of the errors, or, where people are
        simulated, the correlation of the scales, from which that of the errors follows.

    Returns
    -------
    dict
        Dotted keys of the specification with their values.
    """
    if analysis == "naive":
        return {"sampling.within_sample": "independent"}
    if analysis == "known" and cell.errors == "people":
        return {
            "sampling.within_sample": "interscale",
            "sampling.predictor": ["subscale"],
            "sampling.norms": {"subscale": {"default": cell.rho}},
        }
    if analysis == "known":
        return {"sampling.within_sample": "constant", "sampling.rho": cell.rho}
    prior = {
        "beta": {"family": "beta", "a": 14.0, "b": 6.0},
        "uniform": {"family": "uniform", "lower": 0.0, "upper": 0.95},
    }[analysis]
    return {
        "sampling.within_sample": "estimated",
        "priors.rho": {**prior, "because": "Declared by the simulation."},
    }


@cache
def template(cell: Cell, analysis: str) -> Design:
    """Design of one analysis; a replication changes its y.

    Parameters
    ----------
    cell : Cell
        The setting.
    analysis : str
        One of `ANALYSES`.

    Returns
    -------
    Design
        With the true means in the place of y.
    """
    return compiled(cell, analysis, None)


def compiled(cell: Cell, analysis: str, z: Array | None) -> Design:
    """Compile one analysis of a table.

    Parameters
    ----------
    cell : Cell
        The setting.
    analysis : str
        One of `ANALYSES`.
    z : ndarray, shape (k,), or None
        Fisher's z of the effects.

    Returns
    -------
    Design
        Ready for an engine.
    """
    model = ba.read_specification("subscales").with_changes(changes_of(analysis, cell))
    return compile_design(ba.read_effects(table(cell.design, z)), model)
