r"""The density of what is published, with the sample effects integrated out.

With :math:`\sigma_{ij}^2 = v_{ij} + \tau_{effect}^2`, step weights :math:`\omega_s`, critical
values :math:`c_{ijs}` and (for favoured positive results) the probability that an effect falls in
one of the first s steps, :math:`P_{ijs}(u) = \Phi((x_{ij}'\beta + u - c_{ijs}) / \sigma_{ij})`, an
effect of a sample with deviation u is published with probability proportional to

.. math:: A_{ij}(u) = \omega_S + \sum_{s<S} (\omega_s - \omega_{s+1}) P_{ijs}(u).

Effects lost one by one, given the true mean of their sample:

.. math:: L_i = \int \prod_j \frac{\omega_{ij} N(y_{ij}; x_{ij}'\beta + u, \sigma_{ij}^2)}
          {A_{ij}(u)} N(u; 0, \tau_{sample}^2) du
          = N(y_i; X_i\beta, M_i) \prod_j \omega_{ij}\;
          E_{u | y_i} \Bigl[\prod_j A_{ij}(u)^{-1}\Bigr]

The expectation is over the normal conditional of u in the model without selection, where
Gauss-Hermite converges fast; at equal weights the last two factors are 1 and the ordinary
likelihood is left exactly.

Whole samples lost according to their most significant effect:

.. math:: L_i = \frac{\omega_i N(y_i; X_i\beta, M_i)}{\omega_S + \sum_{s<S}
          (\omega_s - \omega_{s+1}) (1 - E_u \prod_j (1 - P_{ijs}(u)))}, \quad
          u \sim N(0, \tau_{sample}^2),

with the expectation by the trapezoid rule (Trefethen & Weideman 2014, doi 10.1137/130932132), good
to 1e-8 where :math:`\sigma_{ij} > \tau_{sample} / 5`; a sample with one effect needs no rule: there
:math:`P_{ijs}` is a normal probability with variance :math:`\sigma_{ij}^2 + \tau_{sample}^2`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.special import log_ndtr, ndtr

from bayes_alliance.algebra.blocks import Array
from bayes_alliance.algebra.samples import Samples
from bayes_alliance.engines.selection.steps import Steps
from bayes_alliance.names import TAU_EFFECT, TAU_SAMPLE
from bayes_alliance.spec.design import Design

__all__ = [
    "RowsBySize",
    "log_density_of_published",
    "normal_rule",
    "rows_by_size",
    "trapezoid_rule",
]

#: Nodes of the rules, for the conditional and for the prior of a sample effect.
CONDITIONAL_NODES: Final = 24
PRIOR_NODES: Final = 61
#: Where the trapezoid rule ends, in standard deviations.
REACH: Final = 6.0
#: Numbers held at once.
PART: Final = 400_000


def normal_rule(nodes: int = CONDITIONAL_NODES) -> tuple[Array, Array]:
    """Gauss-Hermite rule of the standard normal distribution.

    Parameters
    ----------
    nodes : int
        Number of nodes Q.

    Returns
    -------
    nodes, weights : ndarray, shape (Q,)
        The weights sum to 1.
    """
    x, w = np.polynomial.hermite_e.hermegauss(nodes)
    return x, w / w.sum()


def trapezoid_rule(nodes: int = PRIOR_NODES) -> tuple[Array, Array]:
    """Trapezoid rule of the standard normal distribution.

    Parameters
    ----------
    nodes : int
        Number of nodes Q.

    Returns
    -------
    nodes, weights : ndarray, shape (Q,)
        The weights sum to 1.
    """
    x = np.linspace(-REACH, REACH, nodes)
    w = np.exp(-0.5 * np.square(x))
    return x, w / w.sum()


def log_density_of_published(
    design: Design,
    blocks: Samples,
    steps: Steps,
    *,
    beta: Array,
    tau_sample: Array,
    tau_effect: Array,
    omega: Array,
) -> Array:
    """Log density of the published effects, at every vector of parameters.

    Parameters
    ----------
    design : Design
        The analysis, with independent sampling errors.
    blocks : Samples
        Its data, ``design.blocks()``.
    steps : Steps
        The selection model.
    beta : ndarray, shape (N, p)
        Coefficients.
    tau_sample, tau_effect : ndarray, shape (N,)
        Standard deviations.
    omega : ndarray, shape (N, S)
        Weights of the steps; the first is 1.

    Returns
    -------
    ndarray, shape (N,)
        Log densities.
    """
    draws = {"beta": beta, TAU_SAMPLE: tau_sample, TAU_EFFECT: tau_effect}
    ordinary = blocks.log_density(draws).sum(axis=1)
    with np.errstate(divide="ignore"):
        passed = np.log(omega) @ steps.counts
    correction = _effects if steps.mechanism == "effects" else _samples
    nodes = CONDITIONAL_NODES if steps.mechanism == "effects" else PRIOR_NODES
    result = np.empty(len(beta))
    parts = max(1, len(beta) * len(design.y) * nodes // PART)
    for part in np.array_split(np.arange(len(beta)), parts):
        given = {name: values[part] for name, values in draws.items()}
        result[part] = correction(design, blocks, steps, given, omega[part])
    return np.asarray(ordinary + passed + result)


def _effects(
    design: Design, blocks: Samples, steps: Steps, draws: dict[str, Array], omega: Array
) -> Array:
    """Log of the product over samples of E_{u | y} prod_j 1 / A_ij(u)."""
    x, w = normal_rule()
    centre, variance = blocks.deviations_of_samples(draws)
    u = centre[:, :, None] + np.sqrt(variance)[:, :, None] * x
    sd = np.sqrt(design.variances + np.square(draws[TAU_EFFECT])[:, None])
    mean = (draws["beta"] @ design.X.T)[:, :, None] + u[:, design.sample_index, :]
    passing = np.broadcast_to(omega[:, -1, None, None], mean.shape).copy()
    for s in range(len(steps.cutpoints)):
        drop = (omega[:, s] - omega[:, s + 1])[:, None, None]
        beyond = steps.direction * mean - steps.critical[:, s, None]
        passing += drop * ndtr(beyond / sd[:, :, None])
    with np.errstate(divide="ignore"):
        log_passing = np.add.reduceat(np.log(passing), design.starts, axis=1)
    top = (-log_passing).max(axis=2, keepdims=True)
    return np.asarray((top[..., 0] + np.log(np.exp(-log_passing - top) @ w)).sum(axis=1))


def _samples(
    design: Design, blocks: Samples, steps: Steps, draws: dict[str, Array], omega: Array
) -> Array:
    """Minus the log of the product over samples of the probability to be published."""
    x, w = trapezoid_rule()
    split = rows_by_size(design)
    tau_sample = draws[TAU_SAMPLE][:, None]
    variance = design.variances + np.square(draws[TAU_EFFECT])[:, None]
    mean = steps.direction * (draws["beta"] @ design.X.T)
    passing = np.repeat(omega[:, -1, None], len(design.starts), axis=1)
    for s in range(len(steps.cutpoints)):
        below = steps.critical[:, s] - mean
        none = np.empty_like(passing)
        alone, several = split.alone, split.several
        none[:, split.singles] = ndtr(
            below[:, alone] / np.sqrt(variance[:, alone] + np.square(tau_sample))
        )
        if len(several):
            z = below[:, several, None] - tau_sample[:, :, None] * x
            logs = log_ndtr(z / np.sqrt(variance[:, several])[:, :, None])
            none[:, split.others] = np.exp(np.add.reduceat(logs, split.starts, axis=1)) @ w
        passing += (omega[:, s] - omega[:, s + 1])[:, None] * (1 - none)
    with np.errstate(divide="ignore"):
        return np.asarray(-np.log(passing).sum(axis=1))


@dataclass(frozen=True, slots=True)
class RowsBySize:
    """Samples with one effect, which need no integration, and the others.

    Parameters
    ----------
    singles, others : ndarray of int
        Positions of the samples with one effect and with more.
    alone, several : ndarray of int
        Rows of the effects of both.
    starts : ndarray of int
        First of `several` of each of `others`.
    """

    singles: NDArray[np.intp]
    others: NDArray[np.intp]
    alone: NDArray[np.intp]
    several: NDArray[np.intp]
    starts: NDArray[np.intp]


def rows_by_size(design: Design) -> RowsBySize:
    """Split the rows of a design by whether their sample has one effect.

    Parameters
    ----------
    design : Design
        The analysis.

    Returns
    -------
    RowsBySize
        Positions of samples and rows.
    """
    sizes = np.diff(design.starts, append=len(design.y))
    single = sizes == 1
    of_row = single[design.sample_index]
    ends = np.cumsum(sizes[~single])
    return RowsBySize(
        singles=np.flatnonzero(single),
        others=np.flatnonzero(~single),
        alone=np.flatnonzero(of_row),
        several=np.flatnonzero(~of_row),
        starts=(ends - sizes[~single]).astype(np.intp),
    )
