"""All tables of an analysis, in the order of a manuscript."""

from __future__ import annotations

from collections.abc import Iterator

from bayes_alliance.report.material import Material
from bayes_alliance.report.tables.benchmarks import benchmarks_table
from bayes_alliance.report.tables.coefficients import coefficients_table
from bayes_alliance.report.tables.contrasts import contrasts_table, orders_table
from bayes_alliance.report.tables.diagnostics import diagnostics_table
from bayes_alliance.report.tables.effects import effects_table
from bayes_alliance.report.tables.heterogeneity import heterogeneity_table
from bayes_alliance.report.tables.moderators import moderators_table
from bayes_alliance.report.tables.priors import priors_table
from bayes_alliance.report.tables.samples import samples_table
from bayes_alliance.report.tables.sensitivity import sensitivity_tables
from bayes_alliance.report.tables.table import Table
from bayes_alliance.report.tables.twin import twin_table

__all__ = ["tables"]


def tables(material: Material) -> tuple[Table, ...]:
    """Make every table that an analysis has.

    Parameters
    ----------
    material : Material
        The analysis and what was varied about it.

    Returns
    -------
    tuple of Table
        ``samples``, ``effects``, ``priors``, ``coefficients``, ``contrasts``, ``orders``,
        ``moderators``, ``heterogeneity``, ``benchmarks``, ``frequentist_twin``,
        ``sensitivity_WHAT`` for each sensitivity analysis, and ``diagnostics``; what the analysis
        does not have is absent.
    """
    return tuple(table for table in _made(material) if table is not None)


def _made(material: Material) -> Iterator[Table | None]:
    yield samples_table(material)
    yield effects_table(material)
    yield priors_table(material)
    yield coefficients_table(material)
    yield contrasts_table(material)
    yield orders_table(material)
    yield moderators_table(material)
    yield heterogeneity_table(material)
    yield benchmarks_table(material)
    yield twin_table(material)
    yield from sensitivity_tables(material)
    yield diagnostics_table(material)
