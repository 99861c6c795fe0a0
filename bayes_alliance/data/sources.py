"""From a path or a data frame to the table as it stands there; nothing is computed or evaluated."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Hashable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

import numpy as np
import pandas as pd

from bayes_alliance.data.messages import join_words, list_names, nearest_name, quoted
from bayes_alliance.data.spss import read_spss
from bayes_alliance.data.table import Cell, SourceTable, assemble, cell_of
from bayes_alliance.data.textfiles import read_text
from bayes_alliance.data.workbooks import read_workbook
from bayes_alliance.errors import InputError, Problem

__all__ = ["read_source"]

TEXT_ENDINGS: Final = (".csv", ".tsv", ".txt")
WORKBOOK_ENDINGS: Final = (".xlsx", ".xlsm", ".xlsb", ".xls", ".ods")
SPSS_ENDINGS: Final = (".sav", ".zsav")


def read_source(source: object, *, sheet: str | int | None, name: str | None) -> SourceTable:
    """Read the table that a path or a frame holds.

    Parameters
    ----------
    source : path, pandas.DataFrame, polars.DataFrame or anything with ``to_pandas``
        Where the table is.
    sheet : str, int or None
        Sheet of a workbook, by name or by position from 1; None is the first.
    name : str or None
        Name of the data set; None takes the file's.

    Returns
    -------
    SourceTable
        Names, cells and row numbers.

    Raises
    ------
    InputError
        If there is nothing to read, or it is not a table.
    """
    if isinstance(source, str | os.PathLike):
        if "://" in os.fsdecode(source):
            cure = "Download the file first and give the path of the copy"
            what = "an address on the internet is not read"
            raise InputError(Problem(what, os.fsdecode(source), cure, "no_file"))
        path = Path(os.fsdecode(source))
        table = _read_path(path, sheet)
        return replace(table, name=name or path.stem)
    if sheet is not None:
        raise InputError(_sheet_without_workbook("the table", sheet))
    return replace(_read_frame(_as_pandas(source)), name=name or "data")


def _read_path(path: Path, sheet: str | int | None) -> SourceTable:
    content = _content(path)
    ending = path.suffix.casefold()
    sha256 = hashlib.sha256(content).hexdigest()
    if sheet is not None and ending not in WORKBOOK_ENDINGS:
        raise InputError(_sheet_without_workbook(path.name, sheet))
    if ending in SPSS_ENDINGS:
        names, columns = read_spss(path)
        return _from_columns(names, columns, path.name, sha256, {"format": "SPSS"})
    records: list[list[Cell]]
    if ending in WORKBOOK_ENDINGS:
        records, features = read_workbook(content, path.name, sheet)
    else:
        text = read_text(content, path.name)
        records = [[field.strip() or None for field in record] for record in text.records]
        features = {"format": "text", "separator": text.separator, "encoding": text.encoding}
    return assemble(records, 1, path.name, sha256, features)


def _content(path: Path) -> bytes:
    """The bytes of a file, or a word on why there are none."""
    endings = (*TEXT_ENDINGS, *WORKBOOK_ENDINGS, *SPSS_ENDINGS)
    if os.path.isdir(path):  # noqa: PTH112  (unlike Path.is_dir, no error for a name too long)
        raise InputError(
            Problem("this is a folder, not a file", str(path), _files_cure(path), "folder")
        )
    if path.suffix.casefold() not in endings and os.path.lexists(path):
        raise InputError(
            Problem(
                f"files ending in {quoted(path.suffix or '(nothing)')} are not understood",
                path.name,
                f"Save the table with one of the endings {join_words(list(endings), None)}",
                "unknown_ending",
            )
        )
    try:
        content = path.read_bytes()
    except FileNotFoundError as error:
        raise InputError(
            Problem("there is no such file", str(path), _nearest_file(path), "no_file")
        ) from error
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise InputError(
            Problem(
                f"the file cannot be read ({reason})",
                str(path),
                "Check its permissions, and that no other program has it open",
                "unreadable_file",
            )
        ) from error
    if not content.strip():
        raise InputError(
            Problem("the file is empty", path.name, "Check that it was saved", "empty_file")
        )
    return content


def _files_cure(folder: Path) -> str:
    try:
        names = sorted(f.name for f in folder.iterdir() if f.suffix.casefold() in TEXT_ENDINGS)
    except OSError:
        names = []
    return f"Name a file in it: {list_names(names)}" if names else "Name a file in it"


def _nearest_file(path: Path) -> str:
    folder = path.parent
    names = [f.name for f in folder.iterdir() if f.is_file()] if folder.is_dir() else []
    near = nearest_name(path.name, names)
    if near:
        return f"Did you mean {quoted(near)}?"
    return f"Looked in the folder {folder.resolve()}; check the spelling or give the full path"


def _sheet_without_workbook(source: str, sheet: str | int) -> Problem:
    return Problem(
        f"there are no sheets here, but the sheet {quoted(sheet)} was asked for",
        source,
        "Leave out sheet=; only workbooks have sheets",
        "no_sheets",
    )


def _as_pandas(source: Any) -> pd.DataFrame:
    """A pandas frame of whatever table it is; polars needs no pyarrow on this way."""
    if isinstance(source, pd.DataFrame):
        return source
    if type(source).__module__.split(".")[0] == "polars" and hasattr(source, "to_dict"):
        columns = source.to_dict(as_series=False)
        return pd.DataFrame({k: pd.Series(v, dtype=object) for k, v in columns.items()})
    to_pandas: Callable[[], object] | None = getattr(source, "to_pandas", None)
    frame = to_pandas() if callable(to_pandas) else None
    if not isinstance(frame, pd.DataFrame):
        cure = "Give the path of a file, or a pandas or polars data frame"
        if hasattr(source, "collect"):
            cure = "Call .collect() on it first"
        what = f"a {type(source).__name__} is not a table that can be read"
        raise InputError(Problem(what, "", cure, "source_type"))
    return frame


def _read_frame(frame: pd.DataFrame) -> SourceTable:
    source = "the data frame"
    if frame.columns.nlevels > 1:
        cure = "Flatten the column names first, one name a column"
        raise InputError(Problem("the column names have levels", source, cure, "column_levels"))
    if not len(frame.columns) or not len(frame):
        what = "there are no columns" if not len(frame.columns) else "there are no rows"
        code = "empty_file" if not len(frame.columns) else "no_rows"
        raise InputError(Problem(what, source, "Check how the frame was made", code))
    columns = [_cells(frame.iloc[:, j]) for j in range(frame.shape[1])]
    digest = hashlib.sha256()
    names = [str(name).strip() for name in frame.columns]
    for name, cells in zip(names, columns, strict=True):
        digest.update(repr((name, cells)).encode())
    return _from_columns(names, columns, source, digest.hexdigest(), _frame_features(frame))


def _from_columns(
    names: Sequence[str],
    columns: Sequence[list[Cell]],
    source: str,
    sha256: str,
    features: dict[str, str],
) -> SourceTable:
    """A table without a header line: the first row is row 1, as SPSS shows it."""
    header: list[Cell] = [name or None for name in names]
    records = [header, *map(list, zip(*columns, strict=True))]
    return assemble(records, 0, source, sha256, features)


def _frame_features(frame: pd.DataFrame) -> dict[str, str]:
    features = {"format": "data frame"}
    index: list[Hashable] = [name for name in frame.index.names if name is not None]
    if index:
        features["index"] = join_words([str(name) for name in index])
    return features


def _cells(series: pd.Series[Any]) -> list[Cell]:
    if isinstance(series.dtype, np.dtype) and series.dtype.kind in "iub":
        return list(series.tolist())
    return [cell_of(value) for value in series.tolist()]
