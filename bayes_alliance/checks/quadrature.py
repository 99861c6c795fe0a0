"""Checks of a posterior computed by quadrature, in the coin of such an engine."""

from __future__ import annotations

import numpy as np
import pandas as pd

from bayes_alliance.checks.result import CheckResult
from bayes_alliance.engines.exact.omission import leave_samples_out
from bayes_alliance.engines.fitted import Fitted
from bayes_alliance.posterior.grid import Grid

__all__ = ["exact_leave_one_out", "quadrature_error"]

NAME = "quadrature error"


def quadrature_error(fitted: Fitted, grid: Grid) -> CheckResult:
    """Does the reported error of the quadrature meet its tolerance?

    Parameters
    ----------
    fitted : Fitted
        A finished analysis.
    grid : Grid
        Its nodes.

    Returns
    -------
    CheckResult
        Passed if it does.
    """
    tolerance = fitted.specification.run.tolerance
    nodes = " x ".join(str(size) for size in grid.log_values.shape)
    table = pd.DataFrame({"nodes": [nodes], "error": [grid.error], "edge_mass": [grid.edge_mass]})
    told = (
        f"The quadrature with {nodes} nodes differs from the one with half as many by at most "
        f"{grid.error:.1e} (log marginal likelihood; means and log sds in posterior sds)"
    )
    if grid.error <= tolerance:
        text = f"{told}, below the tolerance of {tolerance:.0e}: all digits shown are right."
        return CheckResult(NAME, True, text, table)
    text = f"{told}, above the tolerance of {tolerance:.0e}. Compare with --engine nuts."
    return CheckResult(NAME, False, text, table)


def exact_leave_one_out(fitted: Fitted, grid: Grid) -> CheckResult:
    """Leave every sample out exactly; nothing is approximated, so nothing can fail.

    Parameters
    ----------
    fitted : Fitted
        A finished analysis.
    grid : Grid
        Its nodes.

    Returns
    -------
    CheckResult
        The table has ``sample``, ``elpd`` and ``shift``: how far the first coefficient moves
        without the sample, in its posterior sds.
    """
    found = leave_samples_out(fitted.design, grid, blocks=fitted.posterior.blocks)
    _, means, sds = grid.moments()
    shifts = [(left.grid.moments()[1][0] - means[0]) / sds[0] for left in found]
    table = pd.DataFrame(
        {"sample": [f.sample for f in found], "elpd": [f.elpd for f in found], "shift": shifts}
    )
    strongest = table.iloc[int(np.abs(np.array(shifts)).argmax())]
    text = (
        f"Every sample was left out exactly: elpd = {table['elpd'].sum():.2f}. The sample with the "
        f"most influence on {fitted.design.coefficients[0]!r} is {strongest['sample']}: without it "
        f"the mean moves by {abs(float(strongest['shift'])):.2f} posterior sd."
    )
    return CheckResult("leave-one-sample-out", True, text, table)
