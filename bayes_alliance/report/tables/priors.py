"""Every prior with the reason for it, word by word."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd

from bayes_alliance.report.material import Material
from bayes_alliance.report.numbers import decimal, interval
from bayes_alliance.report.tables.general_note import finished, level_of, unit_of
from bayes_alliance.report.tables.table import Column, Table
from bayes_alliance.spec.prior import Prior
from bayes_alliance.summaries.coefficients import Range

__all__ = ["priors_in_use", "priors_table"]

#: What a prior that gives no reason is told to have.
NO_REASON = "No reason was given."


def priors_in_use(material: Material) -> tuple[tuple[str, Prior], ...]:
    """Name the priors that the model uses; those of absent parts are left out.

    Parameters
    ----------
    material : Material
        What the report is made of.

    Returns
    -------
    tuple of (str, Prior)
        Name of the parameter and its prior.
    """
    return tuple(_in_use(material))


def _in_use(material: Material) -> Iterator[tuple[str, Prior]]:
    priors, design = material.fitted.specification.priors, material.fitted.design
    yield "location", priors.location
    if design.prior_differences.shape[1]:
        yield "differences", priors.differences
    if design.shrinkage is not None:
        yield "shrinkage of differences", design.shrinkage
    if design.groups is not None:
        yield "τ between groups", design.groups.tau
    if design.scales is not None:
        for label, _, _, prior in design.scales.parameters():
            yield label, prior
    if design.tau_total is not None and design.share is not None:
        yield "τ total", design.tau_total
        yield "share between samples", design.share
    else:
        if design.tau_sample is not None:
            yield "τ between samples", design.tau_sample
        if design.tau_effect is not None:
            yield "τ between effects of a sample", design.tau_effect
    if design.df is not None:
        yield "df of the sample effects", design.df
    if design.scale_models:
        yield "log ratios of τ", priors.scale
    if design.dependence is not None:
        yield "ρ of sampling errors", design.dependence.prior


def priors_table(material: Material) -> Table:
    """Write the priors.

    Parameters
    ----------
    material : Material
        What the report is made of.

    Returns
    -------
    Table
        Named ``priors``.
    """
    answers = material.answers
    used = priors_in_use(material)
    tail = (1 - answers.probability) / 2
    eta = material.fitted.specification.priors.scale_correlation
    columns = (
        Column("Parameter", numeric=False),
        Column("Prior", numeric=False),
        Column("median"),
        Column(f"{level_of(answers)} of its mass"),
        Column("Reason", numeric=False),
    )
    rows, numbers = [], []
    for name, prior in used:
        lower, median, upper = _quantiles(prior, tail)
        because = prior.because
        if name.startswith("scale_correlation"):
            because = f"{eta.because} {because}".strip()
        shown = interval(Range(None, lower, upper), in_r=False)
        flat = np.isnan(median)
        rows.append(
            [name, str(prior), decimal(median), "-" if flat else shown, because or NO_REASON]
        )
        numbers.append((name, str(prior), prior.family, median, lower, upper, because))
    notes = [
        f"Priors are on {unit_of(answers)}; τ = standard deviation of true effects.",
        "Location = the mean, differences = those between any two levels, or per unit of a slope."
        if material.fitted.design.prior_differences.shape[1]
        else "Location = the mean.",
        "A flat prior has no median." if any(np.isnan(n[3]) for n in numbers) else "",
        "Reasons are those of the specification, word by word.",
    ]
    names = ["name", "prior", "family", "median", "lower", "upper", "because"]
    frame = pd.DataFrame(numbers, columns=names).set_index("name")
    return finished(material, "priors", "Priors and Their Reasons", columns, rows, notes, frame)


def _quantiles(prior: Prior, tail: float) -> tuple[float, float, float]:
    if prior.family == "flat":
        return np.nan, np.nan, np.nan
    lower, median, upper = (float(prior.quantile(q)) for q in (tail, 0.5, 1 - tail))
    return lower, median, upper
