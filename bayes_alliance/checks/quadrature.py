"""Checks of a posterior computed by quadrature, in the coin of such an engine."""

from __future__ import annotations

import numpy as np
import pandas as pd

from bayes_alliance.checks.result import CheckResult, not_applicable
from bayes_alliance.engines.exact.omission import leave_samples_out, needed_sample
from bayes_alliance.engines.fitted import Fitted
from bayes_alliance.names import RHO, TAU_EFFECT, TAU_SAMPLE
from bayes_alliance.posterior.grid import Grid
from bayes_alliance.posterior.stack import GridStack

__all__ = ["exact_leave_one_out", "quadrature_error"]

NAME = "quadrature error"
LEFT_OUT = "leave-one-sample-out"

#: A sample that alone moves a mean by more than this many posterior sds calls for a remark.
LARGEST_SHIFT = 1.0

#: Standard deviations below this belong to fixed values.
FIXED = 1e-12


def quadrature_error(fitted: Fitted, grid: Grid | GridStack) -> CheckResult:
    """Does the reported error of the quadrature meet its tolerance?

    Parameters
    ----------
    fitted : Fitted
        A finished analysis.
    grid : Grid or GridStack
        Its nodes.

    Returns
    -------
    CheckResult
        Passed if it does.
    """
    tolerance = fitted.specification.run.tolerance
    nodes = " x ".join(str(size) for size in grid.shape)
    table = pd.DataFrame({"nodes": [nodes], "error": [grid.error], "edge_mass": [grid.edge_mass]})
    told = (
        f"The quadrature with {nodes} nodes differs from the one with half as many by at most "
        f"{grid.error:.1e} (log marginal likelihood; means and log sds in posterior sds)"
    )
    if grid.error <= tolerance:
        text = (
            f"{told}, below the tolerance of {tolerance:.0e}: coefficients, taus and predictions "
            "are right in all digits shown."
        )
        return CheckResult(NAME, True, text, table)
    text = f"{told}, above the tolerance of {tolerance:.0e}. Compare with --engine nuts."
    return CheckResult(NAME, False, text, table)


def exact_leave_one_out(fitted: Fitted, grid: Grid | GridStack) -> CheckResult:
    """Leave every sample out exactly; nothing is approximated, so no number can be wrong.

    Parameters
    ----------
    fitted : Fitted
        A finished analysis.
    grid : Grid or GridStack
        Its nodes.

    Returns
    -------
    CheckResult
        Passed, or a remark where a sample alone moves the mean of a coefficient or of a tau by
        more than one posterior sd. The table has ``sample``, ``elpd``, ``moved`` (what moves most
        without the sample) and ``shift`` (by how many posterior sds).
    """
    needed = needed_sample(fitted.design)
    if needed is not None:
        reason = f"without {needed} a flat prior leaves a coefficient without information"
        return not_applicable(LEFT_OUT, reason)
    found = leave_samples_out(fitted.design, grid, blocks=fitted.posterior.blocks)
    _, means, sds = grid.moments()
    names = [*fitted.design.coefficients, TAU_SAMPLE, TAU_EFFECT, RHO][: len(means)]
    moves = np.isfinite(sds) & (sds > FIXED)
    shifts = np.zeros((len(found), len(names)))
    for i, left in enumerate(found):
        shifts[i, moves] = (left.grid.moments()[1] - means)[moves] / sds[moves]
    most = np.abs(shifts).argmax(axis=1)
    table = pd.DataFrame(
        {
            "sample": [left.sample for left in found],
            "elpd": [left.elpd for left in found],
            "moved": [names[column] for column in most],
            "shift": shifts[np.arange(len(found)), most],
        }
    )
    strongest = int(np.abs(table["shift"].to_numpy()).argmax())
    shift, moved = float(table["shift"].iloc[strongest]), table["moved"].iloc[strongest]
    sample = table["sample"].iloc[strongest]
    text = (
        f"Every sample was left out exactly: elpd = {table['elpd'].sum():.2f}. "
        f"By the largest shift of a parameter the most influential sample is {sample}: without it "
        f"the mean of {moved} is "
        f"{abs(shift):.2f} posterior sd {'higher' if shift > 0 else 'lower'}."
    )
    if abs(shift) <= LARGEST_SHIFT:
        return CheckResult(LEFT_OUT, True, text, table)
    text += " Look at its rows, refit without it and tell both answers."
    return CheckResult(LEFT_OUT, None, text, table)
