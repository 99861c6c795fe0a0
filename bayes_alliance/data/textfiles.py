"""Text tables: encoding, separator and records of .csv, .tsv and .txt files."""

from __future__ import annotations

import codecs
import csv
import io
from dataclasses import dataclass
from typing import Final

from bayes_alliance.errors import InputError, Problem

__all__ = ["TextRecords", "read_text"]

SEPARATORS: Final = {",": "comma", ";": "semicolon", "\t": "tab"}
SNIFF_CHARACTERS: Final = 65536

#: How files that are not text begin, and what to do with each.
_SIGNATURES: Final = (
    (b"\x89PNG", "a PNG image"),
    (b"\xff\xd8\xff", "a JPEG image"),
    (b"GIF8", "a GIF image"),
    (b"%PDF", "a PDF document"),
    (b"PK\x03\x04", "a zip archive or an Excel workbook"),
    (b"\xd0\xcf\x11\xe0", "an old Excel or Word file"),
    (b"\x1f\x8b", "a gzip archive"),
    (b"$FL2", "an SPSS file"),
    (b"$FL3", "an SPSS file"),
)


@dataclass(frozen=True, slots=True)
class TextRecords:
    """The records of a text table.

    Parameters
    ----------
    records : list of list of str
        All records from row 1; a blank line is an empty one.
    separator, encoding : str
        What was found, in words.
    """

    records: list[list[str]]
    separator: str
    encoding: str


def read_text(content: bytes, source: str) -> TextRecords:
    """Split the content of a text file into records.

    Parameters
    ----------
    content : bytes
        The whole file.
    source : str
        How messages call the file.

    Returns
    -------
    TextRecords
        Records with what was understood of the file.

    Raises
    ------
    InputError
        If the content is not text or a quotation mark is never closed.
    """
    text, encoding = _decode(content, source)
    if text[:4].casefold() == "sep=" and text[4:5] in SEPARATORS:
        # A hint for Excel, which hides this line: row 1 of the spreadsheet is the header.
        separator = text[4]
        text = text.partition("\n")[2]
    else:
        separator = _find_separator(text)
    reader = csv.reader(
        io.StringIO(text, newline=""), delimiter=separator, strict=True, skipinitialspace=True
    )
    records: list[list[str]] = []
    try:
        records.extend(reader)
    except csv.Error as error:
        raise InputError(
            Problem(
                f"the fields cannot be told apart ({error})",
                f"{source}, row {1 + len(records)}",
                "Look for a quotation mark that is opened and never closed, or closed in mid-field",
                "quotes",
            )
        ) from error
    return TextRecords(records, SEPARATORS[separator], encoding)


def _decode(content: bytes, source: str) -> tuple[str, str]:
    kind = next((kind for start, kind in _SIGNATURES if content.startswith(start)), None)
    if kind is not None:
        raise InputError(_binary(source, kind))
    for marks, codec, encoding in (
        ((codecs.BOM_UTF8,), "utf-8-sig", "UTF-8 with a byte order mark"),
        ((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE), "utf-16", "UTF-16"),
    ):
        if content.startswith(marks):
            try:
                text = content.decode(codec)
            except UnicodeDecodeError as error:
                raise InputError(_binary(source, f"damaged {encoding} text")) from error
            break
    else:
        text, encoding = _decode_unmarked(content)
    if "\0" in text:
        raise InputError(_binary(source, "binary or UTF-16 without a byte order mark"))
    return text, encoding


def _decode_unmarked(content: bytes) -> tuple[str, str]:
    try:
        return content.decode("utf-8"), "UTF-8"
    except UnicodeDecodeError:
        pass
    try:
        return content.decode("cp1252"), "Windows-1252 (Western European)"
    except UnicodeDecodeError:
        return content.decode("latin-1"), "Latin-1"


def _binary(source: str, kind: str) -> Problem:
    return Problem(
        f"the content is not a text table: it is {kind}",
        source,
        "Save the table as CSV (UTF-8), or give the file the ending of what it is (.xlsx, .sav)",
        "binary_file",
    )


def _find_separator(text: str) -> str:
    """The separator under which most rows have as many fields as the header, at least two."""
    start = text[:SNIFF_CHARACTERS]
    if len(text) > SNIFF_CHARACTERS:
        start = start[: max(start.rfind("\n"), start.rfind("\r")) + 1] or start
    best, best_score = ",", (0.0, 0)
    for separator in SEPARATORS:
        try:
            lines = [
                line
                for line in csv.reader(io.StringIO(start, newline=""), delimiter=separator)
                if any(field.strip() for field in line)
            ]
        except csv.Error:
            continue
        if not lines or len(lines[0]) < 2:
            continue
        width = len(lines[0])
        alike = sum(len(line) == width for line in lines) / len(lines)
        if (alike, width) > best_score:
            best, best_score = separator, (alike, width)
    return best
