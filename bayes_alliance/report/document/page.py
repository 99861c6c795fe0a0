"""A report as one page of HTML that needs nothing else: no network, no script, no other file.

Text reaches the page through a template that escapes everything; tables come from their own writer,
which escapes too. The page forbids scripts and outside sources to itself (Content-Security-Policy).
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Final

from bayes_alliance.report.checklists.item import Checklist
from bayes_alliance.report.document.blocks import Block, Drawing, Report
from bayes_alliance.report.document.plate import SCREEN, Plate, Sheet
from bayes_alliance.report.document.tally import tally
from bayes_alliance.report.prose.formats import apa
from bayes_alliance.report.tables.as_html import table_html, table_style
from bayes_alliance.report.tables.table import Table

if TYPE_CHECKING:
    from jinja2 import Environment

__all__ = ["page"]

MEDIA: Final = {"svg": "image/svg+xml", "png": "image/png"}
#: A drawing with more marks than this many bytes is carried as dots.
LARGEST_SVG: Final = 400_000


@dataclass(frozen=True, slots=True)
class _Image:
    """A sheet of a figure as the template needs it; sizes in pixels."""

    source: str
    width: int
    height: int
    alt: str


@dataclass(frozen=True, slots=True)
class _Part:
    """A block with what the template needs to know beside it."""

    block: Block
    number: int = 0
    html: str = ""
    images: tuple[_Image, ...] = ()
    refused: str = ""
    anchor: str = ""
    told: str = ""

    @property
    def kind(self) -> str:
        return type(self.block).__name__


@dataclass(frozen=True, slots=True)
class _Chapter:
    """A section with its parts."""

    name: str
    heading: str
    parts: tuple[_Part, ...]


def page(report: Report, plates: Mapping[str, Plate]) -> str:
    """Write a report as a page of HTML.

    Parameters
    ----------
    report : Report
        The report.
    plates : mapping of str to Plate
        Its figures, drawn as SVG and PNG.

    Returns
    -------
    str
        The page.
    """
    environment = _environment()
    headings = {section.name: section.heading for section in report.sections}
    if report.references:
        headings["references"] = "References"
    return environment.get_template("page.html.j2").render(
        report=report,
        sections=_chapters(report, plates),
        headings=headings,
        references=[apa(reference) for reference in report.references],
        css=_style(),
    )


@cache
def _environment() -> Environment:
    from jinja2 import Environment, PackageLoader, StrictUndefined

    return Environment(
        loader=PackageLoader("bayes_alliance.report.document", "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        keep_trailing_newline=True,
    )


@cache
def _style() -> str:
    from importlib.resources import files

    from markupsafe import Markup

    source = files("bayes_alliance.report.document") / "templates" / "page.css"
    return Markup(source.read_text(encoding="utf-8") + table_style())


def _chapters(report: Report, plates: Mapping[str, Plate]) -> list[_Chapter]:
    counters = {Table: iter(range(1, 10_000)), Drawing: iter(range(1, 10_000))}
    return [
        _Chapter(
            section.name,
            section.heading,
            tuple(_part(block, plates, counters) for block in section.blocks),
        )
        for section in report.sections
    ]


def _part(
    block: Block, plates: Mapping[str, Plate], counters: Mapping[type, Iterator[int]]
) -> _Part:
    if isinstance(block, Table):
        from markupsafe import Markup

        number = next(counters[Table])
        # The writer of tables has escaped everything.
        return _Part(block, number, html=Markup(table_html(block, number)))
    if isinstance(block, Drawing):
        plate = plates[block.name]
        if plate.refused:
            return _Part(block, refused=plate.refused)
        return _Part(
            block,
            next(counters[Drawing]),
            images=_images(block, plate),
        )
    if isinstance(block, Checklist):
        return _Part(block, anchor=f"checklist-{block.source}", told=tally(block))
    return _Part(block)


def _images(drawing: Drawing, plate: Plate) -> tuple[_Image, ...]:
    count = len(plate.sheets)
    return tuple(
        _Image(
            _embedded(sheet),
            round(SCREEN * sheet.width),
            round(SCREEN * sheet.height),
            drawing.described if number == 1 else f"Sheet {number} of {count} of this figure.",
        )
        for number, sheet in enumerate(plate.sheets, start=1)
    )


def _embedded(sheet: Sheet) -> str:
    """The figure as a data URI: lines where that is small, dots otherwise."""
    name = "svg" if len(sheet.files["svg"]) <= LARGEST_SVG else "png"
    return f"data:{MEDIA[name]};base64,{b64encode(sheet.files[name]).decode()}"
