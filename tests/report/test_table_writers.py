"""Tables as HTML, LaTeX and Word: any label is text, and machines find their way."""

from __future__ import annotations

import re
import shutil
import subprocess
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import docx
import pandas as pd
import pytest
from docx.oxml.ns import qn
from hypothesis import given
from hypothesis import strategies as st

from bayes_alliance.report.tables.as_html import table_page, table_style
from bayes_alliance.report.tables.as_latex import latex_document, latex_text
from bayes_alliance.report.tables.as_word import write_word
from bayes_alliance.report.tables.table import Column, Table
from bayes_alliance.report.tables.typography import minus_signs, one_line, runs, spanners

HOSTILE = (
    "<script>alert(1)</script>", r"a & b_c%$#{}~^\ ", "=cmd|' /C calc'!A0", "very long " * 30,
    "x" * 200, "中文标签", "שלום עולם", "*star", "[.1]", "--- ``q'' <<a>> ,,b", "Ünïcödé șŵ 🙂",
    r"\input{/etc/passwd}", "two\nlines\x07\x00\ud800",
)  # fmt: skip
TABLE = Table(
    "means",
    "Means & <Others> of 100 %",
    (
        Column("Sample", numeric=False),
        Column("k"),
        Column("median r", spanner="Posterior"),
        Column("95 % interval of the mean", spanner="Posterior"),
        Column("P(r > 0)"),
    ),
    tuple((label, "12", "-.21", "[-.31, .05]", "> .999") for label in HOSTILE),
    ("k = number of effect sizes; τ = standard deviation.", "<b>Bold</b> & 5 %."),
    pd.DataFrame({"r": [0.1] * len(HOSTILE)}),
    ((0, "First <i>"), (5, r"Second \textbf{x}")),
)


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.texts: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag in ("th", "td"):
            self.texts.append("")

    def handle_data(self, data: str) -> None:
        if self.texts:
            self.texts[-1] += data.removesuffix("\n")


def _read(html: str) -> _Reader:
    reader = _Reader()
    reader.feed(html)
    return reader


def test_html_takes_every_label_as_text() -> None:
    reader = _read(TABLE.to_html(3))
    assert {tag for tag, _ in reader.tags} == {
        "div", "table", "caption", "span", "thead", "tbody", "tr", "th", "td", "p", "i",
    }  # fmt: skip
    texts = reader.texts
    assert all(one_line(label) in texts for label in HOSTILE)


def test_html_leads_screen_readers() -> None:
    reader = _read(TABLE.to_html())
    scopes = [attrs.get("scope") for tag, attrs in reader.tags if tag == "th"]
    assert scopes.count("row") == len(HOSTILE)
    assert scopes.count("col") == len(TABLE.columns)
    assert scopes.count("colgroup") == 1
    assert scopes.count("rowgroup") == 2
    assert None not in scopes
    ids = [attrs["id"] for _, attrs in reader.tags if "id" in attrs]
    pointed = [
        attrs[key]
        for _, attrs in reader.tags
        for key in ("aria-labelledby", "aria-describedby")
        if key in attrs
    ]
    assert len(set(ids)) == len(ids)
    assert set(pointed) <= set(ids)


def test_every_row_of_html_has_every_column() -> None:
    for row in re.findall(r"<tr>(.*?)</tr>", TABLE.to_html(), flags=re.DOTALL)[2:]:
        assert len(re.findall("<t[hd]", row)) == len(TABLE.columns)


def test_page_and_notebook_have_the_style_and_load_nothing() -> None:
    for html in (table_page([TABLE]), TABLE._repr_html_()):
        assert table_style() in html
        assert "url(" not in html
        assert "src=" not in html
        assert "<script" not in html


@given(st.text())
def test_latex_reads_no_command_in_a_label(text: str) -> None:
    escaped = latex_text(one_line(text))
    commands = re.findall(r"\\[a-zA-Z]+", escaped)
    known = {
        r"\textbackslash", r"\textasciicircum", r"\textasciitilde", r"\textless", r"\textgreater",
        r"\textbar", r"\textquotedbl", r"\textquotesingle", r"\textasciigrave", r"\ensuremath",
        r"\hspace", r"\ldots", r"\textsuperscript", r"\tau", r"\rho", r"\mu", r"\geq", r"\leq",
    }  # fmt: skip
    assert set(commands) <= known
    assert re.search(r"(?<!\\)[$&%#_^~]", escaped) is None


def test_latex_has_caption_label_and_rules() -> None:
    latex = TABLE.to_latex()
    assert r"\caption{Means \& \textless{}Others\textgreater{} of 100 \%}" in latex
    assert r"\label{tab:means}" in latex
    assert [latex.count(rule) for rule in (r"\toprule", r"\bottomrule")] == [1, 1]
    assert r"\begin{threeparttable}" in latex
    assert r"\begin{longtable}" in replace(TABLE, rows=TABLE.rows * 5).to_latex()


def test_latex_compiles(tmp_path: Path) -> None:
    if shutil.which("pdflatex") is None:
        pytest.skip("pdflatex is not installed")
    long = replace(TABLE, name="long", rows=TABLE.rows * 4)
    wide = replace(TABLE, columns=TABLE.columns[:1] + TABLE.columns[1:] * 4, name="wide",
                   rows=tuple(row[:1] + row[1:] * 4 for row in TABLE.rows))  # fmt: skip
    source = latex_document([TABLE, long, wide])
    (tmp_path / "tables.tex").write_text(source, encoding="utf-8")
    done = subprocess.run(
        ["pdflatex", "-draftmode", "-interaction=nonstopmode", "-halt-on-error", "tables.tex"],
        cwd=tmp_path, capture_output=True, timeout=120, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout[-2000:]


def test_word_has_a_real_table_with_its_title_and_note(tmp_path: Path) -> None:
    document = docx.Document(str(write_word([TABLE, TABLE], tmp_path / "t.docx")))
    assert [p.text for p in document.paragraphs[:3]] == [
        "Table 1", TABLE.title, "Note. " + " ".join(TABLE.notes),
    ]  # fmt: skip
    assert document.paragraphs[0].runs[0].bold
    assert document.paragraphs[1].runs[0].italic
    grid = document.tables[0]
    marked = [row._tr.trPr.find(qn("w:tblHeader")) is not None for row in grid.rows]
    assert marked == [True] * 2 + [False] * (len(HOSTILE) + 2)
    assert [c.text for c in grid.rows[1].cells] == [c.heading for c in TABLE.columns]
    rows = [[c.text for c in row.cells] for row in grid.rows]
    for label in HOSTILE:
        assert [one_line(label), "12", "−.21", "[−.31, .05]", "> .999"] in rows


def test_numbers_get_minus_signs_and_labels_do_not() -> None:
    assert minus_signs("-.05 [-.10, .01]") == "−.05 [−.10, .01]"
    assert minus_signs("1.2e-05") == "1.2e-05"
    assert minus_signs("-") == "—"
    assert "task-1" in replace(TABLE, rows=(("task-1", *TABLE.rows[0][1:]),)).to_html()


def test_symbols_are_italic_and_words_are_not() -> None:
    assert runs("P(r > 0)") == (("P", True), ("(", False), ("r", True), (" > 0)", False))
    assert runs("95 % CI") == (("95 % CI", False),)


def test_spanners_group_neighbours() -> None:
    assert spanners(TABLE.columns) == (("", 1), ("", 1), ("Posterior", 2), ("", 1))
    assert spanners(TABLE.columns[:2]) == ()


def test_rows_stand_under_their_sections() -> None:
    assert [(heading, len(rows)) for heading, rows in TABLE.bodies()] == [
        ("First <i>", 5), (r"Second \textbf{x}", len(HOSTILE) - 5),
    ]  # fmt: skip
    assert replace(TABLE, sections=((1, "x"),)).bodies()[0] == ("", TABLE.rows[:1])
