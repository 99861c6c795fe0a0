"""The table of effect sizes as text files that lose nothing: for programs, not for spreadsheets.

``data.csv`` has every column exactly as it was used: floats with all their digits, texts unchanged
(also those that a spreadsheet would take for a formula) and always in quotation marks. A missing
value is ``"NA"``; a text that is NA, or begins with a backslash, has one backslash more in front.
``data.json`` says what type each column has and what else is known of the table;
``correlations.csv`` has the reported correlations among variables, where there are any.
"""

from __future__ import annotations

import csv
import hashlib
import io
import json
import os
from pathlib import Path
from typing import Any, Final

import pandas as pd
from pydantic import ValidationError

from bayes_alliance.data.described import CellKind, Described, DescribedFrame
from bayes_alliance.data.effects import EffectSizes
from bayes_alliance.data.stored import effects_from_dict, effects_to_dict
from bayes_alliance.errors import InputError, Problem

__all__ = [
    "DESCRIPTION_FILE",
    "REPORTED_FILE",
    "TABLE_FILE",
    "load_effects",
    "table_hashes",
    "write_effects",
]

TABLE_FILE: Final = "data.csv"
DESCRIPTION_FILE: Final = "data.json"
REPORTED_FILE: Final = "correlations.csv"
MISSING: Final = "NA"
_ESCAPE: Final = "\\"
_TRUTH: Final = {"True": True, "False": False}


def write_effects(effects: EffectSizes, folder: Path) -> None:
    """Write a table of effect sizes so that `load_effects` reads the very same.

    Parameters
    ----------
    effects : EffectSizes
        The table.
    folder : Path
        Where data.csv, data.json and, if there are any, correlations.csv go.
    """
    stored = effects_to_dict(effects)
    texts = {TABLE_FILE: _take_text(stored)}
    if stored["correlations"] is not None:
        texts[REPORTED_FILE] = _take_text(stored["correlations"])
    texts[DESCRIPTION_FILE] = json.dumps(stored, indent=2, ensure_ascii=False, allow_nan=False)
    for name, text in texts.items():
        (folder / name).write_bytes(text.encode())


def load_effects(path: str | Path) -> EffectSizes:
    """Read a table of effect sizes from the folder of a fit, exactly as it was used.

    Parameters
    ----------
    path : str or Path
        A folder written by `Fit.write` or ``fit --out``, or the data.csv in it.

    Returns
    -------
    EffectSizes
        The same values, types, order, notes and reported correlations.

    Raises
    ------
    InputError
        If a file is missing, or is not as it was written.

    Examples
    --------
    >>> import tempfile
    >>> import bayes_alliance as ba
    >>> effects = ba.load("crede2010")
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     write_effects(effects, Path(folder))
    ...     again = load_effects(folder)
    >>> again == effects, again.frame.equals(effects.frame)
    (True, True)
    """
    given = Path(path)
    # Unlike Path.is_dir, this does not raise on a name that is too long.
    table = given / TABLE_FILE if os.path.isdir(given) else given  # noqa: PTH112
    told = table.with_name(DESCRIPTION_FILE)
    content = _text(told)
    try:
        described = Described.model_validate_json(content)
    except ValidationError as error:
        raise _altered(told, f"this does not describe a table ({_first(error)})") from None
    stored = described.model_dump()
    stored["columns"] = _columns(table, described)
    if described.correlations is not None:
        reported = table.with_name(REPORTED_FILE)
        stored["correlations"]["columns"] = _columns(reported, described.correlations)
    try:
        effects = effects_from_dict(stored)
    except (ValueError, TypeError, OverflowError) as error:
        raise _altered(table, f"a column has not the type that {told.name} names ({error})"
                       ) from None  # fmt: skip
    for name, written, found in zip(
        (TABLE_FILE, REPORTED_FILE), _written_hashes(described), table_hashes(effects), strict=True
    ):
        if written != found:
            raise _altered(table.with_name(name), "the file is not as it was written")
    return effects


def table_hashes(effects: EffectSizes) -> tuple[str, str | None]:
    """SHA-256 of data.csv and of correlations.csv, whether or not they are written.

    Parameters
    ----------
    effects : EffectSizes
        The table.

    Returns
    -------
    tuple of (str, str or None)
        Hashes of the tables as used, as `write_effects` writes them; None where the table has no
        reported correlations. (`EffectSizes.sha256` is the hash of the source it was read from.)
    """
    stored = effects_to_dict(effects)
    reported = stored["correlations"]
    return (
        _hash(_take_text(stored)),
        None if reported is None else _hash(_take_text(reported)),
    )


def _written_hashes(described: Described) -> tuple[str, str | None]:
    reported = described.correlations
    return described.table_sha256, None if reported is None else reported.table_sha256


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def _take_text(stored: dict[str, Any]) -> str:
    """Put the columns of a table into CSV, and what their cells are into its description."""
    columns: dict[str, list[Any]] = stored.pop("columns")
    kinds = {name: _kind(values, stored["dtypes"][name]) for name, values in columns.items()}
    cells = [[_cell(value, kinds[name]) for value in values] for name, values in columns.items()]
    buffer = io.StringIO(newline="")
    # Everything that is no number stands in quotation marks, whatever is in it.
    writer = csv.writer(buffer, lineterminator="\n", quoting=csv.QUOTE_NONNUMERIC)
    writer.writerow(columns)
    writer.writerows(zip(*cells, strict=True))
    text = buffer.getvalue()
    stored |= {"cells": kinds, "table_sha256": _hash(text)}
    return text


def _kind(values: list[Any], dtype: str) -> CellKind:
    kind = pd.api.types.pandas_dtype(dtype)
    if pd.api.types.is_bool_dtype(kind):
        return "truth"
    if pd.api.types.is_integer_dtype(kind):
        return "whole"
    if pd.api.types.is_float_dtype(kind):
        return "number"
    return "text" if all(value is None or isinstance(value, str) for value in values) else "json"


def _cell(value: Any, kind: CellKind) -> str | float:
    if value is None:
        return MISSING
    if kind == "text":
        text = str(value)
        return _ESCAPE + text if text == MISSING or text.startswith(_ESCAPE) else text
    if kind == "json":
        return json.dumps(value, ensure_ascii=False)
    return str(value) if kind == "truth" else value  # the writer gives a float all its digits


def _value(text: str, kind: CellKind) -> Any:
    if text == MISSING:
        return None
    match kind:
        case "text":
            return text.removeprefix(_ESCAPE)
        case "whole":
            return int(text)
        case "number":
            return float(text)
        case "json":
            return json.loads(text)
    if text not in _TRUTH:
        raise ValueError(f"{text[:80]!r} is neither True nor False")
    return _TRUTH[text]


def _columns(path: Path, described: DescribedFrame) -> dict[str, list[Any]]:
    """The columns of a file, by the types that its description gives them."""
    try:
        records = list(csv.reader(io.StringIO(_text(path), newline=""), strict=True))
    except csv.Error as error:
        raise _altered(path, f"the fields cannot be told apart ({error})") from None
    names = list(described.dtypes)
    if not records or records[0] != names or names != list(described.cells):
        raise _altered(path, f"the columns are not those that {DESCRIPTION_FILE} names")
    for number, record in enumerate(records[1:], start=1):
        if len(record) != len(names):
            raise _altered(path, f"record {number} has {len(record)} fields of {len(names)}")
    columns: dict[str, list[Any]] = {}
    for position, name in enumerate(names):
        kind = described.cells[name]
        try:
            columns[name] = [_value(record[position], kind) for record in records[1:]]
        except ValueError as error:
            raise _altered(path, f"column {name!r}: {error}") from None
    return columns


def _text(path: Path) -> str:
    try:
        return path.read_bytes().decode()
    except OSError as error:
        what = "there is no such file" if isinstance(error, FileNotFoundError) else "unreadable"
        raise InputError(
            Problem(
                what=f"{what} ({error.strerror or error})",
                where=str(path),
                cure="Give the folder of a fit; `load_fit` reads those of older versions too",
                code="no_stored_table",
            )
        ) from None
    except UnicodeDecodeError as error:
        raise _altered(path, f"the file is no UTF-8 text ({error.reason})") from None


def _first(error: ValidationError) -> str:
    found = error.errors(include_url=False, include_context=False, include_input=False)[0]
    place = ".".join(str(part)[:80] for part in found["loc"])
    return f"{place}: {found['msg']}" if place else found["msg"]


def _altered(path: Path, what: str) -> InputError:
    return InputError(
        Problem(
            what=what,
            where=str(path),
            cure="Restore the file; the table as it was used is in fit.nc too "
            "(`load_fit`). A table that was changed on purpose is read by `read_effects`",
            code="altered_table",
        )
    )
