"""Coverage, length, bias and power from replications, each with its Monte Carlo error."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bayes_alliance.algebra.blocks import Array
from studies.dependence.cells import (
    ANALYSES,
    CONTRASTS,
    SCALE_NAMES,
    TAU_SAMPLE,
    TRUE_MEANS,
    WEIGHTS,
    Cell,
    layout,
)

__all__ = ["REML", "mean", "outcomes", "proportion"]

REML = ("reml naive", "reml known")
#: True values of what `WEIGHTS` ask.
TRUTH: Array = WEIGHTS @ TRUE_MEANS


def proportion(hits: NDArray[np.bool_]) -> dict[str, float]:
    """A proportion with its Monte Carlo standard error.

    Parameters
    ----------
    hits : ndarray of bool, shape (R,)
        One a replication.

    Returns
    -------
    dict
        ``value`` and ``error``, sqrt(p (1 - p) / R).
    """
    share = float(np.mean(hits))
    return {"value": share, "error": float(np.sqrt(share * (1 - share) / len(hits)))}


def mean(values: Array) -> dict[str, float]:
    """A mean with its Monte Carlo standard error.

    Parameters
    ----------
    values : ndarray, shape (R,)
        One a replication.

    Returns
    -------
    dict
        ``value`` and ``error``, the standard deviation over sqrt(R).
    """
    error = np.std(values, ddof=1) / np.sqrt(len(values))
    return {"value": float(np.mean(values)), "error": float(error)}


def outcomes(cell: Cell, records: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """Summarise the replications of one cell.

    Parameters
    ----------
    cell : Cell
        The setting.
    records : sequence of dict
        From `studies.dependence.analyse.replicate`.

    Returns
    -------
    dict
        The setting, the number of replications, and one summary an analysis.
    """
    found: dict[str, Any] = {
        "design": cell.design,
        "tau_effect": cell.tau_effect,
        "tau_sample": TAU_SAMPLE,
        "rho": cell.rho,
        "errors": cell.errors,
        "effects": sum(len(scales) for scales in layout(cell.design)),
        "replications": len(records),
        "analyses": {},
    }
    exact, reml = _lengths(records, "known"), _lengths(records, "reml known")
    for analysis in (*ANALYSES, *REML):
        own = _summary(records, analysis, "", exact if analysis in ANALYSES else reml)
        found["analyses"][analysis] = own | _taus(records, analysis, cell)
    for analysis in REML:
        found["analyses"][f"{analysis}, CR2"] = _summary(records, analysis, "cr2_", reml)
    return found


def _column(records: Sequence[dict[str, Any]], analysis: str, name: str) -> Array:
    return np.array([record[analysis][name] for record in records], dtype=float)


def _lengths(records: Sequence[dict[str, Any]], analysis: str, kind: str = "") -> Array:
    """Lengths of the intervals of the differences, shape (R, 2)."""
    low, high = (_column(records, analysis, kind + end)[:, :2] for end in ("lower", "upper"))
    return np.asarray(high - low)


def _summary(
    records: Sequence[dict[str, Any]], analysis: str, kind: str, compared: Array
) -> dict[str, Any]:
    """Coverage, power and length of each difference; coverage of the means that were asked."""
    low, high = (_column(records, analysis, kind + end) for end in ("lower", "upper"))
    truth = TRUTH[: low.shape[1]]
    inside = (low <= truth) & (high >= truth)
    length = high - low
    found: dict[str, Any] = {
        name: {
            "coverage": proportion(inside[:, i]),
            "power": proportion((low[:, i] > 0) | (high[:, i] < 0)),
            "length": mean(length[:, i]),
            "length_ratio": mean(length[:, i] / compared[:, i]),
        }
        for i, name in enumerate(CONTRASTS)
    }
    covered = [proportion(column) for column in inside[:, len(CONTRASTS) :].T]
    return found | {"means": dict(zip(SCALE_NAMES, covered, strict=True))} if covered else found


def _taus(records: Sequence[dict[str, Any]], analysis: str, cell: Cell) -> dict[str, Any]:
    """Bias and root mean squared error; how often REML says exactly 0; the error of the engine."""
    found: dict[str, Any] = {}
    for name, truth in (("tau_sample", TAU_SAMPLE), ("tau_effect", cell.tau_effect)):
        values = _column(records, analysis, name)
        off = values - truth
        found[name] = {"bias": mean(off), "rmse": float(np.sqrt(np.mean(np.square(off))))}
        if analysis in REML:
            found[name]["zero"] = proportion(values == 0)
    off = _column(records, analysis, "estimate")[:, :2] - TRUTH[:2]
    found["bias"] = {name: mean(off[:, i]) for i, name in enumerate(CONTRASTS)}
    if analysis in REML:
        found["converged"] = float(np.mean(_column(records, analysis, "converged")))
        return found
    found["largest_error"] = float(_column(records, analysis, "error").max())
    if analysis in ("beta", "uniform"):
        rho = _column(records, analysis, "rho")
        inside = (rho[:, 1] <= cell.rho) & (rho[:, 2] >= cell.rho)
        found["rho"] = {"mean": mean(rho[:, 0]), "coverage": proportion(inside)}
    return found
