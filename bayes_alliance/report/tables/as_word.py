"""Tables in Word: real tables with repeated header rows and the rules of APA style."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final, Literal

from bayes_alliance.report.tables.plain_table import Column, PlainTable
from bayes_alliance.report.tables.typography import (
    Run,
    is_wide,
    long_columns,
    runs,
    spanners,
    typeset,
    widths,
)

if TYPE_CHECKING:
    from docx.document import Document
    from docx.enum.table import WD_CELL_VERTICAL_ALIGNMENT
    from docx.enum.text import WD_ALIGN_PARAGRAPH
    from docx.table import Table as WordTable
    from docx.table import _Cell, _Row
    from docx.text.paragraph import Paragraph

__all__ = ["add_table", "write_word"]

#: Points; rules of the top, under the headings and at the bottom, in eighths of a point.
TEXT_SIZE, WIDE_SIZE = 9.5, 8.0
THICK, THIN = 12, 4
#: Width of a letter in sizes, points beside the text of a cell, least share of long text.
LETTER, GAP, LEAST = 0.48, 4.0, 0.3
FONT: Final = "Times New Roman"


def add_table(document: Document, table: PlainTable, number: int | None = None) -> None:
    """Add a table at the end of a document: number, title, table, note.

    Parameters
    ----------
    document : docx.document.Document
        The document.
    table : PlainTable
        The table.
    number : int, optional
        Its number; without one there is the title alone.
    """
    printed = typeset(table)
    if number is not None:
        _title(document, f"Table {number}", bold=True)
    _title(document, printed.title, italic=True)
    grid = document.add_table(rows=0, cols=len(printed.columns))
    _fill(grid, printed)
    _size(document, grid, printed)
    _describe(grid, printed.title)  # the last property of a table in the schema
    note = document.add_paragraph()
    note.paragraph_format.space_before = _points(4)
    note.paragraph_format.space_after = _points(18)
    if printed.notes:
        _run(note, "Note. ", italic=True)
        _runs(note, " ".join(printed.notes))


def write_word(tables: Sequence[PlainTable], path: Path) -> Path:
    """Write tables as a Word document, numbered, each on a page of its own.

    Parameters
    ----------
    tables : sequence of PlainTable
        The tables.
    path : Path
        File to be written, ending in ``.docx``.

    Returns
    -------
    Path
        The file.
    """
    import docx
    from docx.enum.section import WD_ORIENT, WD_SECTION

    document = docx.Document()
    document.core_properties.title = "Tables"
    document.core_properties.author = ""
    document.core_properties.comments = ""
    style = document.styles["Normal"]
    style.font.name = FONT
    style.font.size = _points(12)
    for number, table in enumerate(tables, 1):
        section = (
            document.sections[-1] if number == 1 else document.add_section(WD_SECTION.NEW_PAGE)
        )
        sides = sorted((section.page_width or 0, section.page_height or 0))
        wide = is_wide(table)
        section.orientation = WD_ORIENT.LANDSCAPE if wide else WD_ORIENT.PORTRAIT
        section.page_height, section.page_width = sides if wide else sides[::-1]
        section.left_margin = section.right_margin = section.top_margin = _points(72)
        add_table(document, table, number)
    document.save(str(path))
    return path


def _points(size: float) -> int:
    from docx.shared import Pt

    return Pt(size)


def _title(document: Document, text: str, *, bold: bool = False, italic: bool = False) -> None:
    paragraph = document.add_paragraph()
    paragraph.paragraph_format.keep_with_next = True
    paragraph.paragraph_format.space_after = _points(6)
    run = paragraph.add_run(text)
    run.bold, run.italic = bold, italic


def _run(paragraph: Paragraph, text: str, *, italic: bool = False, size: float = 10.0) -> None:
    run = paragraph.add_run(text)
    run.italic = italic
    run.font.size = _points(size)


def _runs(paragraph: Paragraph, text: str, size: float = 10.0) -> None:
    for piece, italic in runs(text):
        _run(paragraph, piece, italic=italic, size=size)


def _fill(grid: WordTable, table: PlainTable) -> None:
    size = WIDE_SIZE if is_wide(table) else TEXT_SIZE
    _spanner_row(grid, table.columns, size)
    headings = _row(grid)
    for cell, column in zip(headings.cells, table.columns, strict=True):
        _write(cell, runs(column.heading), column.numeric, size)
        _border(cell, "bottom", THIN)
    for row in grid.rows:
        _mark(row, "tblHeader")
        for cell in row.cells:
            cell.vertical_alignment = _bottom()
    for cell in grid.rows[0].cells:
        _border(cell, "top", THICK)
    for heading, rows in table.bodies():
        if heading:
            cells = _row(grid).cells
            _write(cells[0].merge(cells[-1]), ((heading, True),), False, size)
        for row in rows:
            added = _row(grid)
            for cell, text, column in zip(added.cells, row, table.columns, strict=True):
                _write(cell, ((text, False),), column.numeric, size)
    for row in grid.rows:
        _mark(row, "cantSplit")
    for cell in grid.rows[-1].cells:
        _border(cell, "bottom", THICK)


def _spanner_row(grid: WordTable, columns: tuple[Column, ...], size: float) -> None:
    """What stands above several columns; the headings of the others stand in the row below."""
    groups = spanners(columns)
    if not groups:
        return
    cells, first = _row(grid).cells, 0
    for text, count in groups:
        if not text:
            _write(cells[first], (), False, size)
        else:
            merged = cells[first].merge(cells[first + count - 1])
            _write(merged, runs(text), False, size)
            merged.paragraphs[0].alignment = _alignment("CENTER")
            _border(merged, "bottom", THIN)
        first += count


def _write(cell: _Cell, pieces: Sequence[Run], numeric: bool, size: float) -> None:
    paragraph = cell.paragraphs[0]
    paragraph.paragraph_format.space_before = _points(1.5)
    paragraph.paragraph_format.space_after = _points(1.5)
    paragraph.alignment = _alignment("RIGHT" if numeric else "LEFT")
    for text, italic in pieces:
        _run(paragraph, text, italic=italic, size=size)


def _row(grid: WordTable) -> _Row:
    row: _Row = grid.add_row()  # type: ignore[no-untyped-call]
    return row


def _alignment(name: Literal["LEFT", "RIGHT", "CENTER"]) -> WD_ALIGN_PARAGRAPH:
    from docx.enum.text import WD_ALIGN_PARAGRAPH

    found: WD_ALIGN_PARAGRAPH = getattr(WD_ALIGN_PARAGRAPH, name)
    return found


def _bottom() -> WD_CELL_VERTICAL_ALIGNMENT:
    from docx.enum.table import WD_CELL_VERTICAL_ALIGNMENT

    return WD_CELL_VERTICAL_ALIGNMENT.BOTTOM


def _border(cell: _Cell, side: str, eighths: int) -> None:
    """python-docx has no borders of cells: the element is added by hand."""
    from docx.oxml import OxmlElement
    from docx.oxml.ns import qn

    properties = cell._tc.get_or_add_tcPr()
    borders = properties.find(qn("w:tcBorders"))
    if borders is None:
        borders = OxmlElement("w:tcBorders")
        properties.append(borders)
    edge = OxmlElement(f"w:{side}")
    for name, value in (("val", "single"), ("sz", str(eighths)), ("color", "auto")):
        edge.set(qn(f"w:{name}"), value)
    borders.append(edge)


def _mark(row: _Row, name: str) -> None:
    """A property of a row: ``tblHeader`` repeats it on every page, ``cantSplit`` keeps it whole."""
    from docx.oxml import OxmlElement

    row._tr.get_or_add_trPr().append(OxmlElement(f"w:{name}"))


def _describe(grid: WordTable, title: str) -> None:
    """What screen readers say of the table."""
    from docx.oxml import OxmlElement
    from docx.oxml.ns import qn

    caption = OxmlElement("w:tblCaption")
    caption.set(qn("w:val"), title)
    grid._tbl.tblPr.append(caption)


def _size(document: Document, grid: WordTable, table: PlainTable) -> None:
    """Widths by the letters of the columns: Word and LibreOffice agree on given widths only."""
    section = document.sections[-1]
    room = float(
        (section.page_width or 0) - (section.left_margin or 0) - (section.right_margin or 0)
    )
    letter = LETTER * (WIDE_SIZE if is_wide(table) else TEXT_SIZE)
    wanted = [_points((w - 2) * letter + 2 * GAP) for w in widths(table, most_text=48)]
    long = long_columns(table)
    fixed = sum(w for i, w in enumerate(wanted) if i not in long)
    # What is too much is taken from long text, which is wrapped.
    shrink = max((room - fixed) / max(sum(wanted) - fixed, 1), LEAST) if long else 1.0
    sizes = [w * min(shrink, 1.0) if i in long else float(w) for i, w in enumerate(wanted)]
    scale = room / sum(sizes)
    grid.autofit = False
    for column, size in zip(grid.columns, sizes, strict=True):
        column.width = round(size * scale)
    for row in grid.rows:
        for cell, column in zip(row.cells, grid.columns, strict=True):
            cell.width = column.width
    _gaps(grid)


def _gaps(grid: WordTable) -> None:
    """Space at the left and right of every cell."""
    from docx.oxml import OxmlElement
    from docx.oxml.ns import qn

    margins = OxmlElement("w:tblCellMar")
    for side in ("left", "right"):
        edge = OxmlElement(f"w:{side}")
        edge.set(qn("w:w"), str(round(20 * GAP)))
        edge.set(qn("w:type"), "dxa")
        margins.append(edge)
    grid._tbl.tblPr.append(margins)
