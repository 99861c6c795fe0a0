"""Every check with its verdict and what it found."""

from __future__ import annotations

from bayes_alliance.checks.result import CheckResult, headline
from bayes_alliance.report.frames import check_frame
from bayes_alliance.report.material import Material
from bayes_alliance.report.tables.general_note import finished
from bayes_alliance.report.tables.table import Column, Table

__all__ = ["diagnostics_table"]


def diagnostics_table(material: Material) -> Table | None:
    """Write the checks.

    Parameters
    ----------
    material : Material
        What the report is made of.

    Returns
    -------
    Table or None
        Named ``diagnostics``; None where no checks were made.
    """
    checks = material.checks
    if not checks:
        return None
    provenance = material.fitted.posterior.provenance
    columns = (
        Column("Check", numeric=False),
        Column("Verdict", numeric=False),
        Column("What was found", numeric=False),
    )
    rows = [[check.name, _verdict(check), check.text] for check in checks]
    notes = [
        f"Engine: {provenance.engine}, seed {provenance.seed}.",
        headline(checks),
        "Remark = nothing is wrong, but a reader has to know it."
        if any(check.is_remark for check in checks)
        else "",
    ]
    return finished(material, "diagnostics", "Checks of the Computation and of the Model", columns,
                    rows, notes, check_frame(checks))  # fmt: skip


def _verdict(check: CheckResult) -> str:
    if check.passed is None:
        return "remark" if check.is_remark else "does not apply"
    return "passed" if check.passed else "FAILED"
