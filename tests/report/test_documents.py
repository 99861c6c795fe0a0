"""Reports: a page that needs nothing else, a Word document, and what stands in them."""

from __future__ import annotations

import io
import re
from collections.abc import Sequence
from dataclasses import replace
from html.parser import HTMLParser
from itertools import pairwise

import docx
import pytest
from made_fits import made_effects, scattered
from matplotlib.figure import Figure

from bayes_alliance.analysis.face import Fit
from bayes_alliance.checks.result import CheckResult
from bayes_alliance.errors import InputError, Problem
from bayes_alliance.plots.style import new_figure
from bayes_alliance.report.checklists.all_lists import checklists
from bayes_alliance.report.document.blocks import Drawing, Report
from bayes_alliance.report.document.captions import CAPTIONS, VARIED
from bayes_alliance.report.document.drawings import drawings
from bayes_alliance.report.document.page import page
from bayes_alliance.report.document.plate import named_sheets, plates_of
from bayes_alliance.report.document.sections import HEADINGS, PARAGRAPHS, TABLES, report_of
from bayes_alliance.report.document.word import word
from bayes_alliance.report.material import Material
from bayes_alliance.report.prose.manuscript import methods, results
from bayes_alliance.report.tables.all_tables import tables
from bayes_alliance.report.variation import Variation
from bayes_alliance.spec.specification import Specification

HOSTILE = "<script>alert(1)</script>"
NOTICE = "These numbers are simulated."


def blank() -> list[Figure]:
    return [new_figure(1.0, 0.5)]


def refuse() -> list[Figure]:
    raise InputError(Problem(what="nothing to draw", cure="Draw something else", code="none"))


@pytest.fixture(scope="module")
def fit() -> Fit:
    effects = made_effects(
        ["a", "a", HOSTILE, HOSTILE, "c", "d"], mod=list("xyxyxy"), notice=NOTICE, synthetic=True,
        name="made up",
    )  # fmt: skip
    return scattered(effects, Specification().with_terms("mod"))


@pytest.fixture(scope="module")
def material(fit: Fit) -> Material:
    return fit.material()


@pytest.fixture(scope="module")
def report(material: Material) -> Report:
    """The report with figures that take no time; what they show has tests of its own."""
    return undrawn(report_of(material))


def undrawn(report: Report) -> Report:
    sections = tuple(
        replace(
            section,
            blocks=tuple(
                replace(block, draw=blank) if isinstance(block, Drawing) else block
                for block in section.blocks
            ),
        )
        for section in report.sections
    )
    return replace(report, sections=sections)


class Reader(HTMLParser):
    """Elements of a page with their attributes, and whether they are closed in order."""

    VOID = frozenset({"meta", "img", "br", "link"})

    def __init__(self) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.text: list[str] = []

    def handle_starttag(self, tag: str, attrs: Sequence[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text.append(data)


def read(text: str) -> Reader:
    reader = Reader()
    reader.feed(text)
    assert reader.open == []
    return reader


@pytest.fixture(scope="module")
def shown(report: Report) -> Reader:
    return read(page(report, plates_of(report, ("svg", "png"))))


def test_a_page_needs_nothing_else(shown: Reader) -> None:
    tags = {tag for tag, _ in shown.elements}
    assert tags.isdisjoint({"script", "link", "iframe", "object", "base", "form"})
    for tag, attributes in shown.elements:
        assert not any(name.startswith("on") for name in attributes)
        source = attributes.get("src") or ""
        assert source == "" or source.startswith("data:image/")
        if tag == "a":
            assert (attributes["href"] or "").startswith("#")
    (policy,) = [a for t, a in shown.elements if "http-equiv" in a]
    assert "default-src 'none'" in (policy["content"] or "")


def test_labels_are_text(report: Report, shown: Reader) -> None:
    assert HOSTILE in "".join(shown.text)
    hostile = undrawn(replace(report, title=HOSTILE, subtitle="a & b"))
    text = page(hostile, plates_of(hostile, ("svg", "png")))
    assert HOSTILE not in text
    assert "a &amp; b" in text


def test_links_lead_somewhere_and_names_are_unique(shown: Reader) -> None:
    names = [a["id"] for _, a in shown.elements if a.get("id")]
    assert len(names) == len(set(names))
    targets = {(a["href"] or "")[1:] for t, a in shown.elements if t == "a"}
    assert targets <= set(names)


def test_a_screen_reader_finds_its_way(shown: Reader) -> None:
    levels = [int(tag[1]) for tag, _ in shown.elements if re.fullmatch(r"h[1-6]", tag)]
    assert levels.count(1) == 1
    assert all(later <= earlier + 1 for earlier, later in pairwise(levels))
    tags = [tag for tag, _ in shown.elements]
    assert tags.count("table") == tags.count("caption")
    images = [a for t, a in shown.elements if t == "img"]
    assert images
    assert all(len(image["alt"] or "") > 20 for image in images)
    assert next(a for t, a in shown.elements if t == "html")["lang"] == "en"
    for tag, attributes in shown.elements:
        if tag == "th":
            assert attributes.get("scope") in {"col", "row", "colgroup", "rowgroup"}


def test_what_must_not_be_overlooked_comes_first(material: Material) -> None:
    wrong = CheckResult("R-hat", False, "Far too large.", material.checks[0].table)
    report = undrawn(report_of(replace(material, checks=(wrong, *material.checks[1:]))))
    text = "".join(read(page(report, plates_of(report, ("svg", "png")))).text)
    assert text.index(NOTICE) < text.index("Effect Sizes")
    assert text.index("1 of ") < text.index("Effect Sizes")
    document = docx.Document(io.BytesIO(word(report, plates_of(report, ("png",)))))
    told = [paragraph.text for paragraph in document.paragraphs]
    assert f"Note. {NOTICE}" in told[:6]
    assert any(line.startswith("Caution. ") for line in told[:8])


def test_the_document_has_headings_tables_and_described_figures(report: Report) -> None:
    document = docx.Document(io.BytesIO(word(report, plates_of(report, ("png",)))))
    headings = [p.text for p in document.paragraphs if p.style.name == "Heading 1"]
    assert headings == [section.heading for section in report.sections] + ["References"]
    count = sum(
        type(block).__name__ in {"Table", "Checklist"}
        for section in report.sections
        for block in section.blocks
    )
    assert len(document.tables) == count
    pictures = document.inline_shapes
    assert len(pictures) == sum(isinstance(b, Drawing) for s in report.sections for b in s.blocks)
    assert all(len(picture._inline.docPr.get("descr")) > 20 for picture in pictures)
    cells = {cell.text for table in document.tables for row in table.rows for cell in row.cells}
    assert HOSTILE in cells


def test_control_characters_do_not_break_the_document(report: Report) -> None:
    odd = replace(report, title="a\x00b\x1fc")
    document = docx.Document(io.BytesIO(word(odd, plates_of(odd, ("png",)))))
    assert document.paragraphs[0].text == "abc"


def test_a_figure_that_does_not_apply_says_why(report: Report) -> None:
    first = Drawing("none", "A caption.", "What it shows.", refuse)
    several = Drawing("several", "Two sheets.", "What they show.", lambda: blank() * 2)
    section = replace(report.sections[0], blocks=(first, several))
    short = replace(report, sections=(section,))
    plates = plates_of(short, ("png", "svg"))
    assert "nothing to draw" in plates["none"].refused
    assert [name for name, _ in named_sheets(plates)] == ["several_1", "several_2"]
    text = "".join(read(page(short, plates)).text)
    assert "Not drawn: nothing to draw" in text
    assert "Figure 1." in text
    assert "Figure 2." not in text
    paragraphs = docx.Document(io.BytesIO(word(short, plates))).paragraphs
    assert any("Not drawn: nothing to draw" in paragraph.text for paragraph in paragraphs)


def test_every_part_has_its_place(material: Material) -> None:
    report = report_of(material)
    placed = [block for section in report.sections for block in section.blocks]
    assert {section.name for section in report.sections} <= set(HEADINGS)
    for table in tables(material):
        assert table in placed
    for one in checklists(material):
        assert one in placed
    told = {getattr(block, "text", "") for block in placed}
    for paragraph in (*methods(material), *results(material)):
        assert paragraph.name == "notice" or paragraph.text in told
    assert {item.where for one in checklists(material) for item in one.items} - {""} <= {
        *HEADINGS, "references",
    }  # fmt: skip


def test_a_sensitivity_analysis_brings_its_figures(material: Material) -> None:
    record = {"what": "dependence", "rows": [], "sentences": ["It does not matter."], "notes": []}
    found = Variation("dependence", "", record, {}, {"rho": lambda: blank()[0]})
    more = dict(drawings(replace(material, variations={"dependence": found})))
    drawn = more["sensitivity"]
    assert drawn.caption == CAPTIONS["rho"]
    assert drawn.described.endswith("It does not matter.")
    assert len(drawn.draw()) == 1


def test_names_of_places_are_known() -> None:
    assert set(PARAGRAPHS.values()) | set(TABLES.values()) | set(VARIED.values()) <= set(HEADINGS)
