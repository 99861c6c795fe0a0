r"""Simulated effect sizes of one table.

.. math:: z_{ij} = \mu_j + u_i + w_{ij} + e_{ij}, \quad u_i \sim N(0, \tau_{sample}^2),\;
          w_{ij} \sim N(0, \tau_{effect}^2)

with sampling errors :math:`e_i` of variance 1 / (n - 3) that correlate rho: drawn as a normal with
exactly this covariance, or as what remains when z is computed from the scores of n people.
"""

from __future__ import annotations

from functools import cache

import numpy as np

from bayes_alliance.algebra.blocks import Array
from studies.dependence.cells import PEOPLE, SCALE_NAMES, TAU_SAMPLE, TRUE_MEANS, Cell, layout

__all__ = ["generator", "simulate"]


def generator(seed: int, cell: Cell, replication: int) -> np.random.Generator:
    """Random numbers of one replication, whichever process computes it.

    Parameters
    ----------
    seed : int
        Seed of the study.
    cell : Cell
        The setting.
    replication : int
        Counted from 0.

    Returns
    -------
    numpy.random.Generator
        PCG64, seeded by the three.
    """
    return np.random.default_rng([seed, cell.stream, replication])


@cache
def _present(design: str) -> Array:
    """Which scales each sample has, shape (S, 3)."""
    return np.array([[s in scales for s in SCALE_NAMES] for scales in layout(design)])


def simulate(cell: Cell, rng: np.random.Generator) -> Array:
    """Fisher's z of all effects of one table.

    Parameters
    ----------
    cell : Cell
        The setting.
    rng : numpy.random.Generator
        Random numbers.

    Returns
    -------
    ndarray, shape (k,)
        In the order of the table.
    """
    present = _present(cell.design)
    samples, scales = present.shape
    theta = TRUE_MEANS + TAU_SAMPLE * rng.standard_normal((samples, 1))
    theta = theta + cell.tau_effect * rng.standard_normal((samples, scales))
    if cell.errors == "people":
        z = np.array([_from_people(row, cell.rho, rng) for row in theta])
    else:
        correlation = np.full((scales, scales), cell.rho) + (1 - cell.rho) * np.eye(scales)
        factor = np.linalg.cholesky(correlation / (PEOPLE - 3))
        z = theta + rng.standard_normal((samples, scales)) @ factor.T
    return np.asarray(z[present])


def _from_people(theta: Array, between: float, rng: np.random.Generator) -> Array:
    """Fisher's z of each scale with the outcome, computed from the scores of simulated people."""
    size = len(theta)
    correlation = np.full((size + 1, size + 1), between)
    correlation[-1] = correlation[:, -1] = np.append(np.tanh(theta), 1.0)
    np.fill_diagonal(correlation, 1.0)
    scores = rng.standard_normal((PEOPLE, size + 1)) @ np.linalg.cholesky(correlation).T
    found = np.asarray(np.corrcoef(scores, rowvar=False))
    return np.asarray(np.arctanh(found[-1, :-1]))
