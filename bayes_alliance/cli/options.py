"""Options that several sub-commands share, and how their texts are read."""

from __future__ import annotations

import json
import os
import re
import shlex
import sys
import tomllib
from pathlib import Path
from typing import Annotated, Any, Literal

import typer

from bayes_alliance.errors import InputError, Problem

#: A comma separates two pairs only where OURS= follows, so that THEIRS may have commas itself.
NEXT_PAIR = re.compile(r",(?=\s*\w+\s*=)|,\s*$")

__all__ = [
    "Columns",
    "CorrelationsFile",
    "Data",
    "JsonOut",
    "Missing",
    "Out",
    "Overwrite",
    "Sheet",
    "column_mapping",
    "command",
    "files_among",
    "missing_rows",
    "print_json",
    "settings",
    "sheet_of",
]

Data = Annotated[
    str, typer.Argument(help="A file (.csv, .tsv, .xlsx, .sav) or the name of a bundled data set.")
]
Columns = Annotated[
    list[str] | None,
    typer.Option("--columns", "-c", help="Map names: sample=study_id,r=ri,n=ni (may be repeated)."),
]
CorrelationsFile = Annotated[
    str | None,
    typer.Option(
        "--correlations", help="A file of reported correlations among scales, raters, outcomes."
    ),
]
Missing = Annotated[
    str, typer.Option(help="Rows without r or n: 'refuse', or 'drop' them with a list.")
]
Sheet = Annotated[str | None, typer.Option(help="Sheet of a workbook, by name or number.")]
Out = Annotated[Path | None, typer.Option("--out", help="Folder for everything that is made.")]
Overwrite = Annotated[bool, typer.Option("--overwrite", help="Replace results of an earlier run.")]
JsonOut = Annotated[bool, typer.Option("--json", help="Print JSON on standard output.")]


def column_mapping(texts: list[str] | None) -> dict[str, str] | None:
    """Read ``sample=study_id,r=ri``.

    Parameters
    ----------
    texts : list of str or None
        What stood behind ``--columns``.

    Returns
    -------
    dict or None
        Our names to theirs.

    Raises
    ------
    InputError
        If a piece has no ``=``, or a name is mapped twice.
    """
    if not texts:
        return None
    mapping: dict[str, str] = {}
    for piece in (piece for text in texts for piece in NEXT_PAIR.split(text)):
        ours, equals, theirs = (part.strip() for part in piece.partition("="))
        if not equals or not ours or not theirs or ours in mapping:
            raise InputError(
                Problem(
                    what=f"{piece!r} maps no column" if ours not in mapping
                    else f"{ours!r} is mapped twice",
                    where="--columns",
                    cure="Write OURS=THEIRS, for example --columns sample=study_id,r=ri,n=ni",
                    code="columns_option",
                )
            )  # fmt: skip
        mapping[ours] = theirs
    return mapping


def settings(texts: list[str] | None) -> dict[str, Any]:
    """Read ``--set priors.tau_sample.scale=0.1`` pieces; values are TOML, never code.

    Parameters
    ----------
    texts : list of str or None
        What stood behind ``--set``.

    Returns
    -------
    dict
        Key paths to values.

    Raises
    ------
    InputError
        If a piece is not KEY=VALUE.
    """
    changes: dict[str, Any] = {}
    for text in texts or ():
        path, equals, value = (part.strip() for part in text.partition("="))
        if not equals or not path or not value or "\n" in value:
            raise InputError(
                Problem(
                    what=f"{text!r} sets nothing",
                    where="--set",
                    cure="Write KEY=VALUE, for example --set priors.tau_sample.scale=0.1",
                    code="set_option",
                )
            )
        try:
            changes[path] = tomllib.loads(f"value = {value}")["value"]
        except (ValueError, RecursionError):
            changes[path] = value  # a bare word is text
    return changes


def missing_rows(text: str) -> Literal["refuse", "drop"]:
    """Read ``--missing``.

    Parameters
    ----------
    text : str
        What stood behind it.

    Returns
    -------
    {"refuse", "drop"}
        What to do with rows that lack r or n.

    Raises
    ------
    InputError
        If it is neither.
    """
    treatments: tuple[Literal["refuse", "drop"], ...] = ("refuse", "drop")
    for known in treatments:
        if text == known:
            return known
    raise InputError(
        Problem(
            what=f"{text!r} is no treatment of missing values",
            where="--missing",
            cure="Write --missing refuse or --missing drop",
            code="missing_option",
        )
    )


def sheet_of(text: str | None) -> str | int | None:
    """Read ``--sheet``.

    Parameters
    ----------
    text : str or None
        What stood behind it.

    Returns
    -------
    str or int or None
        A number where it is one.
    """
    return int(text) if text is not None and text.isdecimal() else text


def files_among(*sources: str | None) -> list[Path]:
    """The files among what was handed in; a bundled data set is none.

    Parameters
    ----------
    *sources : str or None
        What stood behind ``DATA`` and ``--correlations``.

    Returns
    -------
    list of Path
        The files.
    """
    from bayes_alliance.analysis.sources import is_bundled

    return [
        Path(source)
        for source in sources
        # Unlike Path.is_file, this does not raise on a name that is too long.
        if source and not is_bundled(source) and os.path.isfile(source)  # noqa: PTH113
    ]


def command() -> str:
    """The command as it was given.

    Returns
    -------
    str
        What a shell takes.
    """
    return shlex.join(["bayes-alliance", *sys.argv[1:]])


def print_json(value: Any) -> None:
    """Print a result as JSON on standard output.

    Parameters
    ----------
    value : object
        What JSON can hold; no infinities.
    """
    sys.stdout.write(json.dumps(value, indent=2, ensure_ascii=False, allow_nan=False) + "\n")
