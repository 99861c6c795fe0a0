"""Headline answers as rows: one an answer, or all of an analysis in one."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd

from bayes_alliance.names import TAU_EFFECT, TAU_GROUP, TAU_SAMPLE
from bayes_alliance.summaries.coefficients import Estimate, Range
from bayes_alliance.summaries.headline import Headline
from bayes_alliance.summaries.scale import Scale

__all__ = ["answer_rows", "wide_answers"]


def answer_rows(found: Headline, scale: Scale) -> Iterator[dict[str, Any]]:
    """Write every headline answer as a row of a table.

    Parameters
    ----------
    found : Headline
        The answers.
    scale : Scale
        How the measure is read as a correlation.

    Yields
    ------
    dict
        ``kind`` (mean, slope, difference, tau, order, benchmark), ``name``, ``median``, ``lower``,
        ``upper``, ``p_positive``, ``p_rope``, ``probability``. Means and differences on r for
        correlations, otherwise and for taus and slopes on the analysis scale. An order has its
        probability and nothing else; a benchmark the difference from it on r.
    """
    for c in found.coefficients:
        kind = "slope" if c.r is None and scale.has_r else "mean"
        yield _row(kind, c.name, c.estimate, c.r, c.estimate.p_positive, c.p_rope)
    for d in found.contrasts:
        yield _row("difference", d.name, d.estimate, d.r, d.p_positive, d.p_rope)
    taus = {TAU_GROUP: found.tau_group, TAU_SAMPLE: found.tau_sample, TAU_EFFECT: found.tau_effect}
    for name, tau in taus.items():
        if tau is not None:
            yield _row("tau", name, tau, None, np.nan, None)
    for order in found.orders:
        yield {"kind": "order", "name": order.name, "probability": order.probability}
    for b in found.benchmarks:
        given = b.difference_r
        yield {
            "kind": "benchmark",
            "name": b.name,
            "median": given.centre,
            "lower": given.lower,
            "upper": given.upper,
            "p_positive": b.p_above,
            "p_rope": b.p_rope,
            "probability": np.nan,
        }


def _row(
    kind: str,
    name: str,
    estimate: Estimate,
    r: Range | None,
    p_positive: float,
    p_rope: float | None,
) -> dict[str, Any]:
    centre = estimate.median if r is None or r.centre is None else r.centre
    lower, upper = (estimate.lower, estimate.upper) if r is None else (r.lower, r.upper)
    return {
        "kind": kind,
        "name": name,
        "median": centre,
        "lower": lower,
        "upper": upper,
        "p_positive": p_positive,
        "p_rope": np.nan if p_rope is None else p_rope,
        "probability": np.nan,
    }


def wide_answers(found: Headline, scale: Scale) -> dict[str, Any]:
    """Write all headline answers of an analysis as one row.

    Parameters
    ----------
    found : Headline
        The answers.
    scale : Scale
        How the measure is read as a correlation.

    Returns
    -------
    dict
        ``NAME`` (median), ``NAME_lower``, ``NAME_upper``; but for taus ``NAME_p_positive`` and,
        for correlations, ``NAME_p_rope``; ``P(ORDER)``; ``log_marginal_likelihood``. A benchmark
        stands for the difference from it.
    """
    row: dict[str, Any] = {}
    for one in answer_rows(found, scale):
        name = one["name"]
        if one["kind"] == "order":
            row[f"P({name})"] = one["probability"]
            continue
        row |= {name: one["median"], f"{name}_lower": one["lower"], f"{name}_upper": one["upper"]}
        if one["kind"] != "tau":
            row[f"{name}_p_positive"] = one["p_positive"]
        if pd.notna(one["p_rope"]):
            row[f"{name}_p_rope"] = one["p_rope"]
    row["log_marginal_likelihood"] = found.log_marginal_likelihood
    return row
