"""The files of a report: a page, a Word document, and every part by itself."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

from bayes_alliance.plots.style import FORMATS as FIGURES
from bayes_alliance.report.checklists.all_lists import checklists
from bayes_alliance.report.checklists.frame import checklist_frame
from bayes_alliance.report.document.page import page
from bayes_alliance.report.document.plate import Plate, named_sheets, plates_of
from bayes_alliance.report.document.sections import report_of
from bayes_alliance.report.document.word import word
from bayes_alliance.report.material import Material
from bayes_alliance.report.prose.formats import bibtex, csl_json
from bayes_alliance.report.prose.manuscript import methods, prose_text, references, results
from bayes_alliance.report.spreadsheet import write_csv
from bayes_alliance.report.tables.all_tables import tables
from bayes_alliance.report.tables.files import FORMATS as TABLES
from bayes_alliance.report.tables.files import write_tables
from bayes_alliance.report.variation import Variation

__all__ = ["PAGE", "TEXTS", "WORD", "report_page", "report_word", "write_parts"]

PAGE: Final = "report.html"
WORD: Final = "report.docx"
TEXTS: Final = "text"


def report_page(material: Material) -> str:
    """Write the report as one page of HTML.

    Parameters
    ----------
    material : Material
        What the report is made of.

    Returns
    -------
    str
        The page.
    """
    report = report_of(material)
    return page(report, plates_of(report, ("svg", "png")))


def report_word(material: Material) -> bytes:
    """Write the report as a Word document.

    Parameters
    ----------
    material : Material
        What the report is made of.

    Returns
    -------
    bytes
        A .docx file.
    """
    report = report_of(material)
    return word(report, plates_of(report, ("png",)))


def write_parts(
    material: Material,
    folder: Path,
    *,
    figures: Sequence[str] = FIGURES,
    tables_as: Sequence[str] = TABLES,
) -> None:
    """Write the page, the Word document, and every table, figure and text by itself.

    Parameters
    ----------
    material : Material
        What the report is made of.
    folder : Path
        A folder that is there.
    figures : sequence of str
        Formats of the figures, among png, svg and pdf.
    tables_as : sequence of str
        Formats of the tables, among html, tex, docx and csv.
    """
    report = report_of(material)
    plates = plates_of(report, tuple(dict.fromkeys(("png", "svg", *figures))))
    (folder / PAGE).write_text(page(report, plates), encoding="utf-8")
    (folder / WORD).write_bytes(word(report, plates))
    _write_figures(plates, folder / "figures", figures)
    made = {table.name: table for table in tables(material)}
    write_tables(made, folder / "tables", tables_as)
    for what, variation in material.variations.items():
        _write_variation(variation, folder / "tables" / what)
    _write_texts(material, folder / TEXTS)


def _write_figures(plates: Mapping[str, Plate], folder: Path, formats: Sequence[str]) -> None:
    folder.mkdir(exist_ok=True)
    for name, sheet in named_sheets(plates):
        for ending in formats:
            (folder / f"{name}.{ending}").write_bytes(sheet.files[ending])


def _write_variation(variation: Variation, folder: Path) -> None:
    """Everything that a sensitivity analysis found, unrounded."""
    folder.mkdir()
    for name, frame in variation.tables.items():
        write_csv(frame, folder / f"{name}.csv")


def _write_texts(material: Material, folder: Path) -> None:
    folder.mkdir(exist_ok=True)
    told = {"methods": methods(material), "results": results(material)}
    cited = references((*told["methods"], *told["results"]))
    for name, paragraphs in told.items():
        (folder / f"{name}.txt").write_text(prose_text(paragraphs), encoding="utf-8")
    (folder / "references.bib").write_text(bibtex(cited), encoding="utf-8")
    (folder / "references.json").write_text(csl_json(cited), encoding="utf-8")
    write_csv(checklist_frame(checklists(material)), folder / "checklists.csv")
