"""The files of a report: a page, a Word document, and every part by itself."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Final

from bayes_alliance.report.checklists.all_lists import checklists
from bayes_alliance.report.checklists.frame import checklist_frame
from bayes_alliance.report.document.page import page
from bayes_alliance.report.document.plate import Plate, named_sheets, plates_of
from bayes_alliance.report.document.sections import report_of
from bayes_alliance.report.document.word import word
from bayes_alliance.report.material import Material
from bayes_alliance.report.prose.formats import bibtex, csl_json
from bayes_alliance.report.prose.manuscript import methods, prose_text, references, results
from bayes_alliance.report.tables.all_tables import tables
from bayes_alliance.report.tables.files import write_tables

__all__ = ["PAGE", "WORD", "report_page", "report_word", "write_parts"]

PAGE: Final = "report.html"
WORD: Final = "report.docx"


def report_page(material: Material, *, version: str) -> str:
    """Write the report as one page of HTML.

    Parameters
    ----------
    material : Material
        What the report is made of.
    version : str
        Of the program.

    Returns
    -------
    str
        The page.
    """
    report = report_of(material)
    return page(report, plates_of(report, ("svg", "png")), version=version)


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
    material: Material, folder: Path, *, version: str, formats: tuple[str, ...]
) -> None:
    """Write the page, the Word document, and every table, figure and text by itself.

    Parameters
    ----------
    material : Material
        What the report is made of.
    folder : Path
        A folder that is there.
    version : str
        Of the program.
    formats : tuple of str
        Of the figures, among png, svg and pdf; the page and the document need png and svg.
    """
    report = report_of(material)
    plates = plates_of(report, tuple(dict.fromkeys(("png", "svg", *formats))))
    (folder / PAGE).write_text(page(report, plates, version=version), encoding="utf-8")
    (folder / WORD).write_bytes(word(report, plates))
    _write_figures(plates, folder / "figures", formats)
    write_tables(tables(material), folder / "tables")
    _write_texts(material, folder / "text")


def _write_figures(plates: Mapping[str, Plate], folder: Path, formats: tuple[str, ...]) -> None:
    folder.mkdir(exist_ok=True)
    for name, sheet in named_sheets(plates):
        for ending in formats:
            (folder / f"{name}.{ending}").write_bytes(sheet.files[ending])


def _write_texts(material: Material, folder: Path) -> None:
    folder.mkdir(exist_ok=True)
    told = {"methods": methods(material), "results": results(material)}
    cited = references((*told["methods"], *told["results"]))
    for name, paragraphs in told.items():
        (folder / f"{name}.txt").write_text(prose_text(paragraphs), encoding="utf-8")
    (folder / "references.bib").write_text(bibtex(cited), encoding="utf-8")
    (folder / "references.json").write_text(csl_json(cited), encoding="utf-8")
    checklist_frame(checklists(material)).to_csv(folder / "checklists.csv", index=False)
