"""The same model by REML, beside the posterior."""

from __future__ import annotations

import pandas as pd

from bayes_alliance.report.frames import twin_frame
from bayes_alliance.report.material import Material
from bayes_alliance.report.numbers import correlation, decimal, interval
from bayes_alliance.report.tables.general_note import (
    finished,
    interval_note,
    level_of,
    scale_note,
    unit_of,
)
from bayes_alliance.report.tables.table import Column, Table
from bayes_alliance.report.twin import twin_cells
from bayes_alliance.summaries.coefficients import CoefficientSummary, Estimate, Range

__all__ = ["twin_table"]

POSTERIOR, REML = "Posterior", "REML"


def twin_table(material: Material) -> Table | None:
    """Write the frequentist twin beside the posterior.

    Parameters
    ----------
    material : Material
        What the report is made of.

    Returns
    -------
    Table or None
        Named ``frequentist_twin``; None where there is no REML fit.
    """
    twin, answers = material.twin, material.answers
    if twin.unavailable:
        return None
    ours = {c.name: c for c in answers.coefficients}
    rows = [
        [line.name, *_posterior(ours[line.name]), *cells]
        for line in twin.coefficients
        if line.name in ours
        for _, *cells in (twin_cells(line, answers, is_mean=ours[line.name].r is not None),)
    ]
    count = len(rows)
    found = answers.heterogeneity
    for name, estimate, variance in (
        ("τ between groups", found.tau_group, twin.sigma2_group),
        ("τ between samples", found.tau_sample, twin.sigma2_sample),
        ("τ between effects of a sample", found.tau_effect, twin.sigma2_effect),
    ):
        if estimate is not None and variance is not None:
            rows.append([name, *_spread(estimate), decimal(variance**0.5, 3), "-", "-", "-", "-"])
    level = f"{100 * twin.probability:g} %"
    columns = (
        Column("Quantity", numeric=False),
        Column("median", spanner=POSTERIOR),
        Column(f"{level_of(answers)} interval", spanner=POSTERIOR),
        Column("estimate", spanner=REML),
        Column(f"{level} CI, z", spanner=REML),
        Column(f"{level} CI, CR2", spanner=REML),
        Column("df", spanner=REML),
        Column("p", spanner=REML),
    )
    sections = [(0, "Coefficients"), (count, f"Standard deviations ({unit_of(answers)})")]
    return finished(
        material, "frequentist_twin", "Posterior and Frequentist Estimates of the Same Model",
        columns, rows, _notes(material), _frame(material),
        sections if count < len(rows) else (),
    )  # fmt: skip


def _posterior(c: CoefficientSummary) -> list[str]:
    if c.r is not None:
        return [correlation(c.r.centre), interval(c.r, in_r=True)]
    return _spread(c.estimate)


def _spread(e: Estimate) -> list[str]:
    limits = Range(None, e.lower, e.upper)
    return [decimal(e.median, 3), interval(limits, in_r=False, digits=3)]


def _notes(material: Material) -> list[str]:
    twin, answers = material.twin, material.answers
    cluster = "sample" if twin.groups is None else "group"
    rho = "" if twin.rho is None else f"Sampling errors of one sample correlate {twin.rho:.3g}."
    means = any(c.r is not None for c in answers.coefficients)
    return [
        scale_note(answers),
        f"Means are on r, all else is on {unit_of(answers)}." if means else "",
        interval_note(answers),
        "REML = restricted maximum likelihood; CI = confidence interval, against z with the "
        "model's standard errors; CR2 = cluster-robust "
        f"standard errors by {cluster} against t with Satterthwaite df; p belongs to CR2.",
        rho,
        f"REML has not {twin.plainer}." if twin.plainer else "",
        *twin.notes,
    ]


def _frame(material: Material) -> pd.DataFrame:
    frame = twin_frame(material.twin)
    own = {c.name: c.estimate for c in material.answers.coefficients}
    own |= {c.name: c.estimate for c in material.answers.contrasts}
    for key in ("mean", "sd", "median", "lower", "upper"):
        frame[f"posterior_{key}"] = [
            getattr(own[name], key) if name in own else float("nan") for name in frame.index
        ]
    return frame
