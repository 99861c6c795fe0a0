"""What stands where in a report: each section has its paragraphs, tables and figures.

A section is there only if it has something to say. Paragraphs come from the manuscript's methods
and results, so that the report and the manuscript say the same.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from bayes_alliance.checks.result import caution_of, counted
from bayes_alliance.report.checklists.all_lists import checklists
from bayes_alliance.report.checklists.limits import limits
from bayes_alliance.report.checklists.not_done import not_done
from bayes_alliance.report.checklists.provenance import provenance
from bayes_alliance.report.document.blocks import (
    Block,
    Listed,
    Notice,
    Pairs,
    Report,
    Section,
    Text,
)
from bayes_alliance.report.document.captions import VARIED
from bayes_alliance.report.document.drawings import drawings
from bayes_alliance.report.material import Material
from bayes_alliance.report.prose.manuscript import methods, references, results
from bayes_alliance.report.prose.paragraph import Paragraph
from bayes_alliance.report.tables.all_tables import tables
from bayes_alliance.report.tables.table import Table
from bayes_alliance.report.words import sentences

__all__ = ["report_of"]

#: Sections in order, with their headings.
HEADINGS: Final = {
    "summary": "Summary",
    "data": "Data",
    "model": "Model",
    "priors": "Priors",
    "computation": "Computation",
    "means": "Means",
    "differences": "Differences",
    "moderators": "Moderators",
    "heterogeneity": "Heterogeneity",
    "predictions": "Predictions",
    "benchmarks": "Benchmarks",
    "evidence": "Evidence",
    "sensitivity": "Sensitivity",
    "influence": "Influence",
    "bias": "Small-study effects",
    "frequentist": "The same model by REML",
    "figures": "Further figures",
    "checks": "Checks",
    "limits": "Limits, and what was not done",
    "checklists": "Reporting standards",
    "provenance": "Provenance",
}

#: Where the paragraphs of the manuscript stand, by their names.
PARAGRAPHS: Final = {
    "effect_sizes": "data",
    "sample": "data",
    "model": "model",
    "dependence": "model",
    "inference": "model",
    "priors": "priors",
    "computation": "computation",
    "software": "computation",
    "means": "means",
    "predictors": "moderators",
    "differences": "differences",
    "heterogeneity": "heterogeneity",
    "benchmark_methods": "benchmarks",
    "benchmarks": "benchmarks",
    "bayes_factors": "evidence",
    "evidence": "evidence",
    "sensitivity_methods": "sensitivity",
    "sensitivity_priors": "sensitivity",
    "sensitivity_dependence": "sensitivity",
    "sensitivity_multiverse": "sensitivity",
    "sensitivity_design": "sensitivity",
    "sensitivity_leave_one_out": "influence",
    "sensitivity_moderators": "moderators",
    "sensitivity_bias": "bias",
    "twin_methods": "frequentist",
    "twin": "frequentist",
    "checks": "checks",
}

#: Where the tables stand, by their names; those of sensitivity analyses stand where `VARIED` says.
TABLES: Final = {
    "samples": "data",
    "effects": "data",
    "priors": "priors",
    "coefficients": "means",
    "contrasts": "differences",
    "orders": "differences",
    "moderators": "moderators",
    "heterogeneity": "heterogeneity",
    "benchmarks": "benchmarks",
    "frequentist_twin": "frequentist",
    "diagnostics": "checks",
}


def report_of(material: Material) -> Report:
    """Put a report together.

    Parameters
    ----------
    material : Material
        The fit, what was read from it, and what was varied.

    Returns
    -------
    Report
        Sections with their blocks; figures are drawn when the report is written.
    """
    paragraphs = (*methods(material), *results(material))
    placed = _placed(material, paragraphs)
    spec, effects = material.fitted.specification, material.fitted.effects
    design = material.fitted.design
    return Report(
        title=" ".join((spec.about.title or spec.name).split()),
        subtitle=(
            f"{effects.name}: {counted(len(design.y), 'effect size')} in "
            f"{counted(len(design.sample_ids), 'sample')}. Model {spec.name}. "
            f"{spec.about.question}"
        ).strip(),
        sections=tuple(
            Section(name, heading, tuple(placed[name]))
            for name, heading in HEADINGS.items()
            if placed[name]
        ),
        references=references(paragraphs),
    )


def _placed(material: Material, paragraphs: tuple[Paragraph, ...]) -> dict[str, list[Block]]:
    """Blocks of every section: what must not be overlooked, text, tables, figures."""
    placed: dict[str, list[Block]] = {name: [] for name in HEADINGS}
    placed["summary"] += [*_notices(material), *_summary(material)]
    for paragraph in paragraphs:
        if paragraph.name == "notice":  # stands above everything
            continue
        name = PARAGRAPHS[paragraph.name]
        if paragraph.name == "bayes_factors" and "evidence" not in material.variations:
            name = "differences"
        placed[name].append(Text(paragraph.text, _heading(paragraph, name, placed[name])))
    for table in tables(material):
        placed[_section_of_table(table)].append(table)
    for section, drawing in drawings(material):
        placed[section].append(drawing)
    placed["limits"] += _limits(material)
    placed["checklists"] += checklists(material)
    placed["provenance"].append(Pairs(provenance(material)))
    return placed


def _heading(paragraph: Paragraph, section: str, before: list[Block]) -> str:
    """Its heading, unless it says what stands above already."""
    last = next((block.heading for block in reversed(before) if isinstance(block, Text)), "")
    return "" if paragraph.heading in {HEADINGS[section], last} else paragraph.heading


def _section_of_table(table: Table) -> str:
    varied = table.name.removeprefix("sensitivity_").replace("_", "-")
    return TABLES[table.name] if table.name in TABLES else VARIED[varied]


def _notices(material: Material) -> Iterator[Notice]:
    """That data are simulated, that a check failed, that something is odd about the table."""
    effects = material.fitted.effects
    if effects.notice:
        yield Notice(effects.notice)
    caution = caution_of(material.checks)
    if caution:
        yield Notice(caution, is_failure=True)
    for note in material.fitted.design.notes:
        yield Notice(note)


def _summary(material: Material) -> Iterator[Block]:
    synthetic = material.fitted.effects.synthetic
    yield Listed(sentences(material.answers, synthetic=synthetic))


def _limits(material: Material) -> Iterator[Block]:
    yield Listed(limits(material), "What such data cannot say")
    undone = not_done(material)
    if undone:
        yield Listed(undone, "What was not done")
