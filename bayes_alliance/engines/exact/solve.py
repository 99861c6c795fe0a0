"""From a design to the posterior on a grid, refined until its error meets a tolerance."""

from __future__ import annotations

import math

import numpy as np

from bayes_alliance.algebra.blocks import Array, RotatedBlocks
from bayes_alliance.engines.exact.density import FAMILY_CODES, IMPLIED, TOTAL_AND_SHARE, Problem
from bayes_alliance.engines.exact.integration import bounds, integrate
from bayes_alliance.posterior.grid import Grid, clenshaw_curtis
from bayes_alliance.spec.design import Design
from bayes_alliance.spec.prior import Prior

__all__ = [
    "FINEST",
    "START",
    "TOLERANCE",
    "UNKNOWN",
    "grid_scale",
    "make_problem",
    "refine",
    "solve",
    "solve_once",
]

#: Numbers of intervals tried, one after another, until the reported error meets the tolerance.
START, FINEST = 56, 448
#: Largest reported error that is taken.
TOLERANCE = 1e-5
#: Smallest c, as a share of the typical standard error.
SMALLEST_SCALE = 1e-8
#: The short rule used while looking for the outer support.
LOOK = np.array(clenshaw_curtis(16))
#: Ends that are to be looked for.
UNKNOWN = np.zeros(2)


def make_problem(
    design: Design, blocks: RotatedBlocks, scale: float | None = None
) -> tuple[Problem, Array]:
    """Arrays for the compiled code, with y shifted so that no digits are lost.

    Parameters
    ----------
    design : Design
        The analysis.
    blocks : RotatedBlocks
        Its rotated data.
    scale : float, optional
        The c of tau = c sinh(v), if it is known from a grid.

    Returns
    -------
    problem : Problem
        Data and priors about y - X shift.
    shift : ndarray, shape (p,)
        To be added to every mean of the coefficients.
    """
    precision = design.prior_precision()
    weighted = blocks.X / blocks.eigenvalues[:, None]
    shift = np.linalg.solve(
        blocks.X.T @ weighted + precision,
        weighted.T @ blocks.y + precision @ design.prior_mean,
    )
    centre = design.prior_mean - shift
    # A flat prior has no constant, and no marginal likelihood is told.
    log_determinant = 0.0 if design.flat else np.linalg.slogdet(precision)[1]
    quadratic = centre @ precision @ centre
    constant = 0.5 * (log_determinant - quadratic - len(blocks.y) * math.log(2 * math.pi))
    scale = grid_scale(design, blocks) if scale is None else scale
    correlated = design.tau_total is not None
    problem = Problem(
        eigenvalues=np.ascontiguousarray(blocks.eigenvalues),
        ones=np.ascontiguousarray(blocks.ones),
        data=np.ascontiguousarray(np.vstack([blocks.X.T, blocks.y - blocks.X @ shift])),
        starts=np.append(blocks.starts, len(blocks.y)),
        prior=np.ascontiguousarray(np.column_stack([precision, precision @ centre])),
        tau_sample=_joint(design, scale) if correlated else _coded(design.tau_sample, scale),
        tau_effect=_implied(scale) if correlated else _coded(design.tau_effect, scale),
        constant=float(constant),
    )
    return problem, shift


def grid_scale(design: Design, blocks: RotatedBlocks) -> float:
    """Return the c of tau = c sinh(v): up to it the likelihood and the priors hardly change.

    Parameters
    ----------
    design : Design
        Its priors of tau.
    blocks : RotatedBlocks
        Its rotated data.

    Returns
    -------
    float
        The c.
    """
    typical = float(np.sqrt(np.median(blocks.eigenvalues)))
    medians = [
        prior.median
        for prior in (design.tau_sample, design.tau_effect)
        if prior is not None and prior.support != "point"
    ]
    return max(min([typical, *medians]), SMALLEST_SCALE * typical)


def _coded(prior: Prior | None, scale: float) -> Array:
    """Code and parameters of a prior on tau; -1 and the value where tau is fixed."""
    coded = np.zeros(12)
    coded[5] = scale
    if prior is None or prior.support == "point":
        coded[0] = -1
        coded[1] = 0.0 if prior is None else prior.parameters["value"]
        return coded
    values = list(prior.parameters.values())
    coded[0] = FAMILY_CODES[prior.family]
    coded[1 : 1 + len(values)] = values
    return coded


def _joint(design: Design, scale: float) -> Array:
    """The prior of both taus from a total and a share, in the place of tau_sample's."""
    if design.tau_total is None or design.share is None:
        raise ValueError("the design has no total and share")
    coded = np.zeros(12)
    coded[0], coded[5] = TOTAL_AND_SHARE, scale
    shape = design.share.parameters
    coded[1:3] = shape.get("a", 1.0), shape.get("b", 1.0)
    coded[6:11] = _coded(design.tau_total, scale)[:5]
    return coded


def _implied(scale: float) -> Array:
    """No prior of its own for tau_effect: the joint one carries it."""
    coded = np.zeros(12)
    coded[0], coded[5] = IMPLIED, scale
    return coded


def solve_once(problem: Problem, shift: Array, intervals: int, known: Array = UNKNOWN) -> Grid:
    """Posterior on a grid with a given number of intervals.

    Parameters
    ----------
    problem : Problem
        Data and priors.
    shift : ndarray, shape (p,)
        What was subtracted from the coefficients.
    intervals : int
        Intervals of both rules, a multiple of 4.
    known : ndarray, shape (2,)
        Ends of the outer variable; equal ends: they are looked for.

    Returns
    -------
    Grid
        Its `error` compares it with half as many intervals.
    """
    nodes, _ = clenshaw_curtis(intervals)
    outer, inner, log_values, solved, tau_sample = integrate(problem, nodes, LOOK, known)
    fixed = np.array(
        [tau[1] if tau[0] < 0 else np.nan for tau in (problem.tau_sample, problem.tau_effect)]
    )
    grid = Grid(
        scale=float(problem.tau_sample[5]),
        outer=outer,
        inner=inner,
        limits=np.array([bounds(problem.tau_sample), bounds(problem.tau_effect)]),
        fixed=fixed,
        log_values=log_values,
        means=solved[..., -1] + shift,
        factors=np.ascontiguousarray(solved[..., :-1]),
    )
    vars(grid)["tau_sample"] = tau_sample  # need not be computed again
    return grid


def solve(
    design: Design,
    *,
    tolerance: float = TOLERANCE,
    start: int = START,
    blocks: RotatedBlocks | None = None,
) -> Grid:
    """Exact posterior of a design on a grid.

    Parameters
    ----------
    design : Design
        The analysis; the engine must not decline it.
    tolerance : float
        Largest reported error; the rule is refined up to `FINEST` intervals to meet it.
    start : int
        Intervals of the first try, a multiple of 4.
    blocks : RotatedBlocks, optional
        The rotated data, if they are at hand.

    Returns
    -------
    Grid
        The first that meets the tolerance, or the finest; its `error` says which.
    """
    problem, shift = make_problem(design, design.blocks() if blocks is None else blocks)
    return refine(problem, shift, start, tolerance)


def refine(problem: Problem, shift: Array, intervals: int, tolerance: float) -> Grid:
    """Posterior on a grid with as many intervals as a tolerance needs.

    Parameters
    ----------
    problem : Problem
        Data and priors.
    shift : ndarray, shape (p,)
        What was subtracted from the coefficients.
    intervals : int
        Intervals of the first try, a multiple of 4.
    tolerance : float
        Largest reported error; the rule is refined up to `FINEST` intervals to meet it.

    Returns
    -------
    Grid
        The first that meets the tolerance, or the finest.
    """
    grid = solve_once(problem, shift, intervals)
    while grid.error > tolerance and intervals < FINEST:
        intervals *= 2
        grid = solve_once(problem, shift, intervals)
    return grid
