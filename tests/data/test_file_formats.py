"""The same table in every format, encoding and separator is the same table."""

from __future__ import annotations

import datetime as dt
import hashlib
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import polars as pl
import pyreadstat
import pytest
import python_calamine

from bayes_alliance.data.check import check_data
from bayes_alliance.data.readers import read_effects
from bayes_alliance.errors import Problem

LINES = ("sample,r,n,scale", "Müller 2001,-.25,34,task", "B,0.3,40,bond")
Table = Callable[..., Path]


def assert_expected(source: object, **options: object) -> None:
    effects = read_effects(source, **options)  # type: ignore[arg-type]
    assert effects.samples == ("Müller 2001", "B")
    assert effects.frame["r"].tolist() == [-0.25, 0.3]
    assert effects.frame["n"].tolist() == [34, 40]
    assert effects.frame["yi"].tolist() == pytest.approx(np.arctanh([-0.25, 0.3]))
    assert effects.frame["vi"].tolist() == pytest.approx([1 / 31, 1 / 37])
    assert effects.frame["scale"].tolist() == ["task", "bond"]


@pytest.mark.parametrize("separator", [",", ";", "\t"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252", "latin-1"])
@pytest.mark.parametrize("name", ["table.csv", "table.TSV", "table.txt"])
def test_text(table: Table, separator: str, encoding: str, name: str) -> None:
    lines = [line.replace(",", separator) for line in LINES]
    assert_expected(table(*lines, name=name, encoding=encoding))


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_line_ends(tmp_path: Path, end: str) -> None:
    path = tmp_path / "table.csv"
    path.write_bytes(end.join(LINES).encode())
    assert_expected(path)


def test_decimal_commas(table: Table) -> None:
    path = table("sample;r;n;age;scale", "Müller 2001;-,25;34;36,5;task", "B;0,3;40;41,0;bond")
    assert_expected(path)
    check = check_data(path)
    assert check.features["decimal mark"] == "comma"
    assert check.features["separator"] == "semicolon"
    assert read_effects(path).frame["age"].tolist() == [36.5, 41.0]


def test_quoted_decimal_commas_between_commas(table: Table) -> None:
    assert_expected(table(LINES[0], 'Müller 2001,"-0,25",34,task', 'B,"0,3",40,bond'))


@pytest.mark.parametrize("cell", [" -.25 ", "\u2212.25", "\u2013.25", "-2.5e-1"])
def test_ways_to_write_a_number(table: Table, cell: str) -> None:
    assert_expected(table(LINES[0], f"Müller 2001,{cell},34,task", LINES[2]))


def test_first_line_that_names_the_separator(table: Table) -> None:
    path = table("sep=;", *(line.replace(",", ";") for line in LINES))
    assert_expected(path)
    assert read_effects(path).frame["row"].tolist() == [2, 3]


def test_quoted_fields_hold_separators_and_line_ends(table: Table) -> None:
    path = table("sample,r,n", '"Smith, J.\nand others",.2,30', '"B ""b""",.3,40')
    effects = read_effects(path)
    assert effects.samples == ("Smith, J.\nand others", 'B "b"')
    assert effects.frame["row"].tolist() == [2, 3]


@pytest.mark.parametrize("ending", ["xlsx", "xlsm"])
def test_workbook(tmp_path: Path, ending: str) -> None:
    frame = pd.DataFrame(
        {
            "sample": ["Müller 2001", "B"],
            "r": [-0.25, 0.3],
            "n": [34, 40],
            "scale": ["task", "bond"],
        }
    )
    path = tmp_path / f"table.{ending}"
    with pd.ExcelWriter(path, engine="openpyxl") as writer:
        pd.DataFrame({"note": ["nothing"]}).to_excel(writer, sheet_name="About", index=False)
        frame.to_excel(writer, sheet_name="Data", index=False, startrow=2, startcol=1)
    assert_expected(path, sheet="Data")
    assert_expected(path, sheet=2)
    assert read_effects(path, sheet="Data").frame["row"].tolist() == [4, 5]
    assert check_data(path, sheet="Data").features["sheet"] == "Data"
    assert check_data(path).features["other sheets"] == '"Data"'


def test_numbers_kept_as_text_in_a_workbook_and_numeric_samples(tmp_path: Path) -> None:
    frame = pd.DataFrame({"sample": [1.0, "007"], "r": ["0.2", 0.3], "n": ["34", 40]})
    frame.to_excel(tmp_path / "table.xlsx", index=False)
    effects = read_effects(tmp_path / "table.xlsx")
    assert effects.samples == ("1", "007")
    assert effects.frame["r"].tolist() == [0.2, 0.3]
    assert effects.frame["n"].tolist() == [34, 40]


ODS = """<?xml version="1.0" encoding="UTF-8"?>
<office:document-content xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0"
 xmlns:table="urn:oasis:names:tc:opendocument:xmlns:table:1.0"
 xmlns:text="urn:oasis:names:tc:opendocument:xmlns:text:1.0" office:version="1.2">
<office:body><office:spreadsheet><table:table table:name="Daten">{rows}</table:table>
</office:spreadsheet></office:body></office:document-content>"""

MANIFEST = """<?xml version="1.0" encoding="UTF-8"?>
<manifest:manifest xmlns:manifest="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0">
<manifest:file-entry manifest:full-path="content.xml" manifest:media-type="text/xml"/>
</manifest:manifest>"""


def test_open_document(tmp_path: Path) -> None:
    def cell(value: str) -> str:
        kind = "string" if value[0].isalpha() else f'float" office:value="{value}'
        return (
            f'<table:table-cell office:value-type="{kind}"><text:p>{value}</text:p>'
            "</table:table-cell>"
        )

    rows = "".join(
        f"<table:table-row>{''.join(cell(field) for field in line.split(','))}</table:table-row>"
        for line in LINES
    )
    path = tmp_path / "table.ods"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
        archive.writestr("META-INF/manifest.xml", MANIFEST)
        archive.writestr("content.xml", ODS.format(rows=rows.replace('"-.25"', '"-0.25"')))
    assert_expected(path)
    assert check_data(path).features["sheet"] == "Daten"


def test_protected_workbook(
    tmp_path: Path, problem_of: Callable[..., Problem], monkeypatch: pytest.MonkeyPatch
) -> None:
    class Protected:
        @staticmethod
        def from_filelike(content: object) -> object:
            raise python_calamine.PasswordError("encrypted")

    monkeypatch.setattr(python_calamine, "CalamineWorkbook", Protected)
    (tmp_path / "table.xlsx").write_bytes(b"PK")
    problem = problem_of(tmp_path / "table.xlsx")
    assert (problem.code, problem.cure) == ("password", "Save a copy without a password")


def test_numbers_that_a_spreadsheet_took_for_dates(
    tmp_path: Path, problem_of: Callable[..., Problem]
) -> None:
    frame = pd.DataFrame({"sample": ["A", "B"], "r": [0.2, dt.date(2026, 2, 1)], "n": [30, 40]})
    frame.to_excel(tmp_path / "table.xlsx", index=False)
    problem = problem_of(tmp_path / "table.xlsx")
    assert (problem.code, problem.where) == ("date", 'row 3, column "r", sample "B"')
    assert problem.what == 'not a number: "2026-02-01"'
    assert "took the number for a date" in problem.cure


def test_spss_with_value_labels(tmp_path: Path) -> None:
    frame = pd.DataFrame(
        {
            "study": [1.0, 2.0],
            "r": [-0.25, 0.3],
            "n": [34.0, 40.0],
            "scale": [1.0, 2.0],
            "quality": [3.0, np.nan],
        }
    )
    path = tmp_path / "table.sav"
    pyreadstat.write_sav(
        frame,
        path,
        variable_value_labels={
            "study": {1: "Müller 2001", 2: "B"},
            "scale": {1: "task", 2: "bond"},
            "quality": {99: "not rated"},
        },
    )
    assert_expected(path, columns={"sample": "study"})
    effects = read_effects(path, columns={"sample": "study"})
    assert effects.frame["row"].tolist() == [1, 2]
    assert effects.frame["quality"].tolist()[0] == 3.0
    assert effects.frame["quality"].isna().tolist() == [False, True]


def test_frames(table: Table) -> None:
    frame = pd.read_csv(table(*LINES))
    assert_expected(frame)
    assert_expected(frame.convert_dtypes())
    assert_expected(frame.astype({"sample": "category", "scale": "category"}))
    assert_expected(frame.set_index(pd.Index([7, 7])))
    assert_expected(pl.DataFrame(frame.to_dict("list")))
    assert read_effects(frame).frame["row"].tolist() == [1, 2]

    class Other:
        def to_pandas(self) -> pd.DataFrame:
            return frame

    assert_expected(Other())


def test_the_frame_of_the_user_is_not_touched() -> None:
    frame = pd.DataFrame({"sample": ["A"], "r": [0.2], "n": [30]})
    before = frame.copy(deep=True)
    read_effects(frame)
    pd.testing.assert_frame_equal(frame, before)


def test_name_and_hash(table: Table) -> None:
    path = table(*LINES)
    effects = read_effects(path)
    assert effects.name == "table"
    assert effects.sha256 == hashlib.sha256(path.read_bytes()).hexdigest()
    assert read_effects(path, name="alliance").name == "alliance"
    frame = pd.read_csv(path)
    one, two = read_effects(frame), read_effects(frame.assign(n=frame["n"] + 1))
    assert one.sha256 == read_effects(frame.copy()).sha256 != two.sha256
    assert len(one.sha256) == 64


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (b"\x89PNG\r\n\x1a\n\0\0", "PNG image"),
        (b"%PDF-1.7\n", "PDF document"),
        (b"PK\x03\x04\x14\0", "zip archive or an Excel workbook"),
        (b"\0\1\2\3sample", "binary"),
        ("sample,r,n".encode("utf-16-le"), "UTF-16 without a byte order mark"),
        (b"\xff\xfes", "damaged UTF-16"),
    ],
)
def test_binary_content_is_told(
    tmp_path: Path, problem_of: Callable[..., Problem], content: bytes, kind: str
) -> None:
    path = tmp_path / "table.csv"
    path.write_bytes(content)
    problem = problem_of(path)
    assert problem.code == "binary_file"
    assert kind in problem.what
    assert problem.where == "table.csv"
    assert "Save the table as CSV (UTF-8)" in problem.cure


@pytest.mark.parametrize("name", ["table.xlsx", "table.xls", "table.ods", "table.sav"])
def test_other_content_under_the_name_of_a_format(
    tmp_path: Path, problem_of: Callable[..., Problem], name: str
) -> None:
    (tmp_path / name).write_bytes(b"PK\x03\x04 this is not it")
    problem = problem_of(tmp_path / name)
    assert (problem.code, problem.where) == ("binary_file", name)
    assert "CSV (UTF-8)" in problem.cure


def test_nothing_to_read(tmp_path: Path, table: Table, problem_of: Callable[..., Problem]) -> None:
    (tmp_path / "empty.csv").write_bytes(b"")
    assert problem_of(tmp_path / "empty.csv").code == "empty_file"
    assert problem_of(table("", "  ", ",,")).code == "empty_file"
    header = problem_of(table("sample,r,n", "", ",,"))
    assert header.code == "no_rows"
    assert header.what == "there are column names and no row of data below them"
    assert problem_of(pd.DataFrame({"sample": [], "r": [], "n": []})).code == "no_rows"
    assert problem_of(pd.DataFrame()).code == "empty_file"


def test_files_that_are_not_there(
    tmp_path: Path, table: Table, problem_of: Callable[..., Problem]
) -> None:
    table(*LINES, name="alliance.csv")
    missing = problem_of(tmp_path / "aliance.csv")
    assert missing.code == "no_file"
    assert missing.where.endswith("aliance.csv")
    assert missing.cure == 'Did you mean "alliance.csv"?'
    assert "Looked in the folder" in problem_of(tmp_path / "nowhere" / "x.csv").cure
    folder = problem_of(tmp_path)
    assert folder.code == "folder"
    assert folder.cure == 'Name a file in it: "alliance.csv"'
    ending = problem_of(table(*LINES, name="alliance.docx"))
    assert ending.code == "unknown_ending"
    assert '".docx"' in ending.what
    assert ".csv, .tsv, .txt, .xlsx" in ending.cure
    assert "Download the file first" in problem_of("https://osf.example/alliance.csv").cure


def test_unreadable_file(
    table: Table, problem_of: Callable[..., Problem], monkeypatch: pytest.MonkeyPatch
) -> None:
    path = table(*LINES)

    def refuse(self: Path) -> bytes:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "read_bytes", refuse)
    problem = problem_of(path)
    assert problem.code == "unreadable_file"
    assert "Permission denied" in problem.what
    assert "permissions" in problem.cure


def test_sheets_that_are_not_there(
    tmp_path: Path, table: Table, problem_of: Callable[..., Problem]
) -> None:
    path = tmp_path / "book.xlsx"
    pd.DataFrame({"sample": ["A"], "r": [0.2], "n": [30]}).to_excel(
        path, sheet_name="Effects", index=False
    )
    problem = problem_of(path, sheet="Efects")
    assert (problem.code, problem.where) == ("no_sheet", "book.xlsx")
    assert problem.cure == 'Did you mean "Effects"? The sheets are "Effects"'
    assert problem_of(path, sheet=2).code == "no_sheet"
    assert problem_of(table(*LINES), sheet="Effects").code == "no_sheets"
    assert problem_of(pd.DataFrame({"sample": ["A"]}), sheet=1).code == "no_sheets"


def test_things_that_are_no_tables(problem_of: Callable[..., Problem]) -> None:
    problem = problem_of([1, 2])
    assert problem.code == "source_type"
    assert problem.what == "a list is not a table that can be read"
    lazy = problem_of(pl.DataFrame({"sample": ["A"], "r": [0.2], "n": [30]}).lazy())
    assert lazy.cure == "Call .collect() on it first"
    levels = pd.DataFrame([[1, 2]], columns=pd.MultiIndex.from_tuples([("a", "r"), ("a", "n")]))
    assert problem_of(levels).code == "column_levels"


def test_broken_rows(table: Table, problem_of: Callable[..., Problem]) -> None:
    quote = problem_of(table("sample,r,n", "A,.2,30", '"B,.3,40'))
    assert quote.code == "quotes"
    assert quote.where == "table.csv, row 3"
    more = problem_of(table("sample,r,n", "A,0,21,34", "B,.3,40"))
    assert more.code == "ragged"
    assert more.what == "4 fields, but the header has 3"
    assert more.where == 'row 2 (beginning "A")'
    assert "decimal commas, save it with semicolons" in more.cure
    fewer = problem_of(table("sample,r,n", "A,.2,34", "Note. All tests two-sided", "B,.2,34"))
    assert fewer.where == 'row 3 (beginning "Note. All tests two-sided")'
    assert "a note below the table does not belong in the file" in fewer.cure
    r_file = problem_of(table("sample,r,n", "1,A,.2,34", "2,B,.3,40"))
    assert "row.names=FALSE" in r_file.cure


def test_blank_fields_beyond_the_header_do_not_matter(table: Table) -> None:
    assert len(read_effects(table("sample,r,n,,", "A,.2,30,,", "B,.3,40", "C,.1,50,,,,"))) == 3


def test_row_names_of_r_are_left_out_with_a_note(table: Table) -> None:
    effects = read_effects(table(',"sample","r","n"', '"1","A",.2,30', '"2","B",.3,40'))
    assert effects.labels == ()
    assert [(n.kind, n.problem.code) for n in effects.notes] == [("left out", "unnamed_column")]
    assert "column 1 of the file has no name" in effects.notes[0].problem.what


def test_empty_rows_inside_are_noted_and_at_the_end_ignored(table: Table) -> None:
    effects = read_effects(table("sample,r,n", "A,.2,30", ",,", "", "B,.3,40", "", ",,"))
    assert effects.frame["row"].tolist() == [2, 5]
    assert [(n.kind, n.problem.where) for n in effects.notes] == [("left out", "rows 3 and 4")]
