"""A report as a Word document: real headings, tables and figures with alternative texts.

Word documents cannot hold control characters; they are left out of what labels say.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from io import BytesIO
from typing import TYPE_CHECKING, Any, Final

from bayes_alliance.report.checklists.item import Checklist
from bayes_alliance.report.document.blocks import (
    Block,
    Drawing,
    Listed,
    Notice,
    Pairs,
    Report,
    Text,
)
from bayes_alliance.report.document.plate import Plate
from bayes_alliance.report.document.tally import tally
from bayes_alliance.report.prose.formats import apa
from bayes_alliance.report.tables.as_word import add_table
from bayes_alliance.report.tables.table import Column, Table

if TYPE_CHECKING:
    from docx.document import Document

__all__ = ["word"]

#: Widest figure and highest figure on a page, in inches.
WIDEST: Final = 6.5
HIGHEST: Final = 7.6
FONT: Final = "Times New Roman"
CONTROL: Final = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ufffe\uffff]")
STATES: Final = {True: "yes", False: "not done", None: "open"}


def word(report: Report, plates: Mapping[str, Plate]) -> bytes:
    """Write a report as a Word document.

    Parameters
    ----------
    report : Report
        The report.
    plates : mapping of str to Plate
        Its figures, drawn as PNG.

    Returns
    -------
    bytes
        A .docx file.
    """
    document = _blank(report)
    document.add_heading(_plain(report.title), level=0)
    document.add_paragraph(_plain(report.subtitle), style="Subtitle")
    numbers = {Table: 0, Drawing: 0}
    for section in report.sections:
        document.add_heading(_plain(section.heading), level=1)
        for block in section.blocks:
            if type(block) in numbers and not _refused(block, plates):
                numbers[type(block)] += 1
            _add(document, block, plates, numbers.get(type(block), 0))
    if report.references:
        document.add_heading("References", level=1)
        for reference in report.references:
            _hanging(document, apa(reference))
    buffer = BytesIO()
    document.save(buffer)
    return buffer.getvalue()


def _blank(report: Report) -> Document:
    """An empty document in the fonts of a manuscript."""
    import docx
    from docx.oxml.ns import qn
    from docx.shared import Inches, Pt, RGBColor

    document = docx.Document()
    document.core_properties.title = _plain(report.title)
    document.core_properties.author = ""
    document.core_properties.comments = ""
    document.core_properties.language = "en"
    for name, size in (
        ("Normal", 11), ("Title", 20), ("Subtitle", 11), ("Heading 1", 14), ("Heading 2", 12),
        ("Heading 3", 11), ("List Bullet", 11),
    ):  # fmt: skip
        style: Any = document.styles[name]
        style.font.name, style.font.size = FONT, Pt(size)
        style.font.color.rgb = RGBColor(0, 0, 0)
        fonts = style.element.get_or_add_rPr().get_or_add_rFonts()
        for which in ("w:ascii", "w:hAnsi", "w:eastAsia", "w:cs"):
            fonts.set(qn(which), FONT)
        for which in ("w:asciiTheme", "w:hAnsiTheme", "w:eastAsiaTheme", "w:cstheme"):
            fonts.attrib.pop(qn(which), None)
    for part in document.sections:
        part.left_margin = part.right_margin = Inches(1)
        part.top_margin = part.bottom_margin = Inches(1)
    return document


def _refused(block: Block, plates: Mapping[str, Plate]) -> bool:
    return isinstance(block, Drawing) and bool(plates[block.name].refused)


def _add(document: Document, block: Block, plates: Mapping[str, Plate], number: int) -> None:
    match block:
        case Text():
            _heading(document, block.heading)
            document.add_paragraph(_plain(block.text))
        case Listed():
            _heading(document, block.heading)
            for item in block.items:
                document.add_paragraph(_plain(item), style="List Bullet")
        case Pairs():
            for label, value in block.pairs:
                paragraph = document.add_paragraph()
                paragraph.add_run(f"{_plain(label)}: ").bold = True
                paragraph.add_run(_plain(value))
        case Notice():
            paragraph = document.add_paragraph()
            paragraph.add_run("Caution. " if block.is_failure else "Note. ").bold = True
            paragraph.add_run(_plain(block.text))
        case Drawing():
            _add_figure(document, block, plates[block.name], number)
        case Table():
            add_table(document, block, number)
        case Checklist():
            document.add_heading(_plain(f"{block.title} ({block.name})"), level=2)
            document.add_paragraph(tally(block))
            add_table(document, _as_table(block), None)


def _heading(document: Document, text: str) -> None:
    if text:
        document.add_heading(_plain(text), level=2)


def _add_figure(document: Document, drawing: Drawing, plate: Plate, number: int) -> None:
    from docx.shared import Inches

    if plate.refused:
        document.add_paragraph(_plain(f"{drawing.caption} Not drawn: {plate.refused}"))
        return
    label = document.add_paragraph()
    label.paragraph_format.keep_with_next = True
    label.add_run(f"Figure {number}").bold = True
    caption = document.add_paragraph()
    caption.paragraph_format.keep_with_next = True
    caption.add_run(_plain(drawing.caption)).italic = True
    for sheet in plate.sheets:
        wide = min(WIDEST, sheet.width, HIGHEST * sheet.width / sheet.height)
        picture = document.add_picture(BytesIO(sheet.files["png"]), width=Inches(wide))
        told = picture._inline.docPr
        told.set("descr", _plain(drawing.described))
        told.set("title", _plain(drawing.name))


def _as_table(checklist: Checklist) -> Table:
    heads = ("Item", "What is asked for", "Reported", "What was done")
    return Table(
        name=checklist.name,
        title=checklist.title,
        columns=tuple(Column(heading, numeric=False) for heading in heads),
        rows=tuple(
            (item.number, item.asks, STATES[item.done], item.says) for item in checklist.items
        ),
    )


def _hanging(document: Document, text: str) -> None:
    from docx.shared import Inches

    paragraph = document.add_paragraph(_plain(text))
    paragraph.paragraph_format.left_indent = Inches(0.5)
    paragraph.paragraph_format.first_line_indent = Inches(-0.5)


def _plain(text: str) -> str:
    return CONTROL.sub("", text)
