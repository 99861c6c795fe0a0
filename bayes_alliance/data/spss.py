"""SPSS files (.sav) by pyreadstat: value labels for categories, user-missing values as blanks."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from bayes_alliance.data.table import Cell, cell_of
from bayes_alliance.errors import InputError, Problem

__all__ = ["read_spss"]


def read_spss(path: Path) -> tuple[list[str], list[list[Cell]]]:
    """Read the names and the cells of an SPSS file.

    Value labels are applied to a column in which every value that occurs has one; a column of
    which only the missing codes are labelled keeps its numbers.

    Parameters
    ----------
    path : pathlib.Path
        The file.

    Returns
    -------
    names : list of str
        Names of the variables.
    cells : list of list
        One list for each variable.

    Raises
    ------
    InputError
        If the file is no SPSS file or has no cases.
    """
    import pyreadstat

    try:
        frame, metadata = pyreadstat.read_sav(path)
    except (pyreadstat.ReadstatError, pyreadstat.PyreadstatError) as error:
        raise InputError(
            Problem(
                f"the content is not an SPSS file ({error})",
                path.name,
                "Open it in SPSS and save it again, or export it as CSV (UTF-8)",
                "binary_file",
            )
        ) from error
    if not len(frame):
        cure = "Check that the cases were saved with the file"
        raise InputError(Problem("there are variables and no cases", path.name, cure, "no_rows"))
    labels: dict[str, dict[Any, str]] = metadata.variable_value_labels
    columns = [
        _labelled([cell_of(v) for v in frame[name].tolist()], labels.get(name, {}))
        for name in frame.columns
    ]
    return [str(name) for name in frame.columns], columns


def _labelled(cells: list[Cell], labels: dict[Any, str]) -> list[Cell]:
    present = {cell for cell in cells if cell is not None}
    if not labels or not present <= labels.keys():
        return cells
    return [None if cell is None else labels[cell] for cell in cells]
