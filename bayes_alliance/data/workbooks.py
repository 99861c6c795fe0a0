"""Workbooks (.xlsx, .xls, .ods) by python-calamine: stored values, never formulas."""

from __future__ import annotations

import io

from bayes_alliance.data.messages import list_names, nearest_name, quoted
from bayes_alliance.data.table import Cell, cell_of
from bayes_alliance.errors import InputError, Problem

__all__ = ["read_workbook"]


def read_workbook(
    content: bytes, source: str, sheet: str | int | None
) -> tuple[list[list[Cell]], dict[str, str]]:
    """Read the records of one sheet; a cell with an error such as #DIV/0! is blank.

    Parameters
    ----------
    content : bytes
        The whole file.
    source : str
        How messages call the file.
    sheet : str, int or None
        Name, or position from 1; None is the first sheet.

    Returns
    -------
    records : list of list of cells
        All rows from the first row of the sheet.
    features : dict of str to str
        Format and sheet.

    Raises
    ------
    InputError
        If the file is no workbook, is protected, or has no such sheet.
    """
    from python_calamine import CalamineError, CalamineWorkbook, PasswordError

    try:
        workbook = CalamineWorkbook.from_filelike(io.BytesIO(content))
        name = _choose(workbook.sheet_names, source, sheet)
        cells = workbook.get_sheet_by_name(name).to_python(skip_empty_area=False)
    except PasswordError as error:
        cure = "Save a copy without a password"
        what = "the workbook is protected by a password"
        raise InputError(Problem(what, source, cure, "password")) from error
    except CalamineError as error:
        raise InputError(
            Problem(
                f"the content is not a workbook ({error})",
                source,
                "Open it in a spreadsheet program and save it again as .xlsx or CSV (UTF-8)",
                "binary_file",
            )
        ) from error
    features = {"format": "workbook", "sheet": name}
    others = [other for other in workbook.sheet_names if other != name]
    if others:
        features["other sheets"] = list_names(others)
    return [[cell_of(cell) for cell in row] for row in cells], features


def _choose(names: list[str], source: str, sheet: str | int | None) -> str:
    if sheet is None and names:
        return names[0]
    if isinstance(sheet, int) and 1 <= sheet <= len(names):
        return names[sheet - 1]
    if isinstance(sheet, str) and sheet in names:
        return sheet
    near = nearest_name(str(sheet), names)
    hint = f"Did you mean {quoted(near)}? " if near else ""
    raise InputError(
        Problem(
            f"there is no sheet {quoted(sheet)}",
            source,
            f"{hint}The sheets are {list_names(names) or 'none'}",
            "no_sheet",
        )
    )
