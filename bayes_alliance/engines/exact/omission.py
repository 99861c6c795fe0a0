"""Every posterior without one sample, in one pass over the grid of the full posterior.

A sample's contributions to the cross-products and to the log determinant add up over samples, so
leaving a sample out is a subtraction at every node (`subtract`). Where the posterior without a
sample reaches beyond the supports of the full one (few samples, one of which pinned a tau), it is
refitted.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from bayes_alliance.algebra.blocks import Array, RotatedBlocks
from bayes_alliance.engines.exact.correlation import pencil, solve_correlation
from bayes_alliance.engines.exact.density import Problem
from bayes_alliance.engines.exact.solve import TOLERANCE, make_problem, refine
from bayes_alliance.engines.exact.subtraction import subtract
from bayes_alliance.posterior.grid import Grid
from bayes_alliance.posterior.stack import GridStack
from bayes_alliance.spec.design import Design

__all__ = ["LeftOutSample", "leave_samples_out", "needed_sample"]

#: Density at an end of the supports, as a share of the largest, above which a case is refitted.
LARGEST_EDGE = 1e-8


@dataclass(frozen=True, slots=True)
class LeftOutSample:
    """The posterior without one sample.

    Parameters
    ----------
    sample : str
        The sample left out.
    grid : Grid or GridStack
        Posterior of the others.
    elpd : float
        Log predictive density of the sample given the others.
    refitted : bool
        Whether it had to be computed anew.
    """

    sample: str
    grid: Grid | GridStack
    elpd: float
    refitted: bool


def leave_samples_out(
    design: Design, grid: Grid | GridStack, *, blocks: RotatedBlocks | None = None
) -> tuple[LeftOutSample, ...]:
    """Exact posteriors without each sample, and their predictive densities of it.

    Parameters
    ----------
    design : Design
        The analysis.
    grid : Grid or GridStack
        Its full posterior.
    blocks : RotatedBlocks, optional
        The rotated data, if they are at hand.

    Returns
    -------
    tuple of LeftOutSample
        One a sample, in order; empty if there is one sample only.
    """
    if len(design.sample_ids) < 2:
        return ()
    if isinstance(grid, GridStack):
        return _from_stack(design, grid)
    return _from_grid(design, grid, design.blocks() if blocks is None else blocks)


def needed_sample(design: Design) -> str | None:
    """Name a sample that cannot be left out because a flat prior leaves a coefficient to it alone.

    Parameters
    ----------
    design : Design
        The analysis.

    Returns
    -------
    str or None
        The first such sample; None wherever the prior is proper.
    """
    if design.flat:
        for i, sample in enumerate(design.sample_ids):
            if not design.identified_by(design.X[design.sample_index != i]):
                return sample
    return None


def _from_stack(design: Design, stack: GridStack) -> tuple[LeftOutSample, ...]:
    """Leave samples out at every node of rho."""
    if design.dependence is None:
        raise ValueError("the correlation of the sampling errors is known")
    data = pencil(design, design.dependence)
    by_layer = [
        _from_grid(design, layer, data.at(float(rho)))
        for rho, layer in zip(stack.rho, stack.layers, strict=True)
    ]
    found = []
    for i, (sample, lefts) in enumerate(
        zip(design.sample_ids, zip(*by_layer, strict=True), strict=True)
    ):
        without = stack.with_layers(left.grid for left in lefts)
        # A layer that was computed anew may have more nodes; layers must have as many.
        wanting = without.edge_mass > LARGEST_EDGE or len({left.grid.shape for left in lefts}) > 1
        if wanting:
            without = solve_correlation(design.without_sample(i))
        elpd = stack.log_evidence - without.log_evidence
        found.append(LeftOutSample(sample, without, float(elpd), bool(wanting)))
    return tuple(found)


def _from_grid(design: Design, grid: Grid, blocks: RotatedBlocks) -> tuple[LeftOutSample, ...]:
    """Leave samples out at the nodes of one grid."""
    problem, shift = make_problem(design, blocks, grid.scale)
    jacobian = np.zeros(grid.log_values.shape)
    if np.isnan(grid.fixed[0]):
        jacobian += np.log(np.hypot(grid.scale, grid.tau_sample))
    if np.isnan(grid.fixed[1]):
        jacobian += np.log(np.hypot(grid.scale, grid.tau_effect))[:, None]
    log_values, means, factors = subtract(
        problem, np.ascontiguousarray(grid.tau_sample), grid.tau_effect, jacobian
    )
    found = []
    for i, sample in enumerate(design.sample_ids):
        without = grid.with_values(log_values[i], means[i] + shift, factors[i])
        wanting = without.edge_mass > LARGEST_EDGE
        if wanting:
            without = _refit(problem, shift, i, max(grid.log_values.shape) - 1)
        elpd = grid.log_evidence - without.log_evidence
        found.append(LeftOutSample(sample, without, float(elpd), bool(wanting)))
    return tuple(found)


def _refit(problem: Problem, shift: Array, i: int, intervals: int) -> Grid:
    """Posterior without sample i, on supports of its own."""
    rows = slice(problem.starts[i], problem.starts[i + 1])
    size = rows.stop - rows.start
    starts = np.delete(problem.starts, i + 1)
    starts[i + 1 :] -= size
    starts[i] = problem.starts[i]
    reduced = problem._replace(
        eigenvalues=np.delete(problem.eigenvalues, rows),
        ones=np.delete(problem.ones, rows),
        data=np.ascontiguousarray(np.delete(problem.data, rows, axis=1)),
        starts=starts,
        constant=problem.constant + 0.5 * size * math.log(2 * math.pi),
    )
    return refine(reduced, shift, intervals, TOLERANCE)
