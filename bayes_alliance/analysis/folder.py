"""The folder of a fit: everything an author or a later program needs, written at once."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from bayes_alliance.analysis.archive import FILE_IN_FOLDER, write_archive
from bayes_alliance.analysis.origin import ORIGIN_FILES, Made, write_origin
from bayes_alliance.checks.result import CheckResult, caution_of
from bayes_alliance.engines.fitted import Fitted
from bayes_alliance.errors import InputError, Problem
from bayes_alliance.names import SCHEMA
from bayes_alliance.report import frames
from bayes_alliance.report.material import Material
from bayes_alliance.report.record import fit_record
from bayes_alliance.report.spreadsheet import write_csv
from bayes_alliance.report.text import fit_text
from bayes_alliance.summaries.answers import Answers
from bayes_alliance.summaries.samples import sample_effects

__all__ = [
    "ANSWERS_FILE",
    "MARKER",
    "new_folder",
    "refuse_existing",
    "write_answers",
    "write_folder",
    "write_report_of",
]

#: Written into every folder of results; only a folder that has it may be replaced.
MARKER = "bayes_alliance.json"
ANSWERS_FILE = "answers.json"
#: What stands in such a folder besides folders of further fits.
OURS = {
    MARKER, FILE_IN_FOLDER, ANSWERS_FILE, "summary.txt", "tables", "figures", "text",
    "report.html", "report.docx", *ORIGIN_FILES,
}  # fmt: skip


def refuse_existing(folder: Path, *, overwrite: bool) -> None:
    """Refuse to touch what the user has, before anything long is computed.

    Parameters
    ----------
    folder : Path
        Where results shall go.
    overwrite : bool
        Whether results written before may be replaced.

    Raises
    ------
    InputError
        If the folder has something in it that may not be replaced, or cannot be made.
    """
    if folder.resolve() in (Path.cwd(), *Path.cwd().parents):
        raise InputError(
            Problem(what="results replace their folder, and you are in it", where=str(folder),
                    cure="Name a folder that can be made anew", code="folder_is_here")
        )  # fmt: skip
    # Unlike Path.is_dir, os.path.isdir does not raise on a name that is too long.
    if os.path.isdir(folder) and any(folder.iterdir()):  # noqa: PTH112
        ours, foreign = (folder / MARKER).is_file(), _foreign(folder)
        if ours and overwrite and not foreign:
            return
        cure = (
            "It holds results of an earlier run: add --overwrite to replace them, or name another"
            if ours and not foreign
            else "It holds files that are not results of this program "
            f"({', '.join(foreign[:3])}): name another folder"
        )
        raise InputError(
            Problem(
                what="the folder is not empty", where=str(folder), cure=cure, code="folder_full"
            )
        )
    if os.path.lexists(folder) and not os.path.isdir(folder):  # noqa: PTH112
        raise InputError(
            Problem(what="a file has this name", where=str(folder), cure="Name another folder",
                    code="folder_is_file")
        )  # fmt: skip
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        probe = folder.parent / f".{folder.name}.{os.getpid()}.probe"
        probe.touch()
        probe.unlink()
    except OSError as error:
        raise _unwritable(folder, error) from None


def _foreign(folder: Path) -> list[str]:
    """Names of entries that no run of this program has made."""
    return sorted(
        entry.name
        for entry in folder.iterdir()
        if entry.name not in OURS and not (entry / MARKER).is_file()
    )


def write_folder(
    material: Material,
    folder: Path,
    *,
    overwrite: bool = False,
    made: Made | None = None,
) -> Path:
    """Write a fit as a folder: results, a report, and all that is needed to repeat them.

    Parameters
    ----------
    material : Material
        The fit and what was read from it.
    folder : Path
        Folder to be made.
    overwrite : bool
        Whether a folder written by this function before may be replaced.
    made : Made, optional
        What was handed in and the command, as far as they are known.

    Returns
    -------
    Path
        The folder.

    Raises
    ------
    InputError
        If the folder may not be replaced or cannot be written.
    """
    fitted, answers, checks = material.fitted, material.answers, material.checks
    record = fit_record(fitted, answers, checks, material.twin)
    with new_folder(folder, "fit", overwrite=overwrite) as partial:
        write_archive(fitted, partial / FILE_IN_FOLDER)
        write_answers(
            partial,
            record,
            fit_text(fitted, answers, checks, material.twin),
            _tables(fitted, answers, checks),
        )
        write_report_of(material, partial)
        write_origin(fitted, partial, made or Made(), caution=caution_of(checks))
    return folder


def write_report_of(material: Material, folder: Path) -> None:
    """Write report, figures and formatted tables of a fit into its folder.

    Parameters
    ----------
    material : Material
        The fit and what was read from it.
    folder : Path
        The folder.
    """
    from bayes_alliance.report.document.parts import write_parts

    formatted = ("html", "tex", "docx")  # tables/ has CSV of its own, with all columns
    write_parts(material, folder, figures=("png",), tables_as=formatted)


@contextmanager
def new_folder(folder: Path, what: str, *, overwrite: bool = False) -> Iterator[Path]:
    """Make a folder of results that is there as a whole or not at all.

    Parameters
    ----------
    folder : Path
        Folder to be made.
    what : str
        What is in it; stands in its marker.
    overwrite : bool
        Whether results written before may be replaced.

    Yields
    ------
    Path
        A folder to write to, which takes the place of `folder` at the end.

    Raises
    ------
    InputError
        If the folder may not be replaced or cannot be written.
    """
    refuse_existing(folder, overwrite=overwrite)
    partial = folder.with_name(f".{folder.name}.{os.getpid()}.partial")
    try:
        (partial / "tables").mkdir(parents=True)
        yield partial
        marker = {"program": "bayes_alliance", "schema": SCHEMA, "what": what}
        (partial / MARKER).write_text(json.dumps(marker), encoding="utf-8")
        if folder.exists():
            shutil.rmtree(folder)
        partial.rename(folder)
    except OSError as error:
        raise _unwritable(folder, error) from None
    finally:
        shutil.rmtree(partial, ignore_errors=True)


def write_answers(
    folder: Path, record: Mapping[str, Any], text: str, tables: Mapping[str, pd.DataFrame]
) -> None:
    """Write answers as JSON, text and tables, with the notice of the data set.

    Parameters
    ----------
    folder : Path
        A folder with a folder ``tables``.
    record : mapping
        The JSON; the notice stands under ``data``.
    text : str
        The text.
    tables : mapping of str to DataFrame
        By file name.
    """
    answers = json.dumps(record, indent=2, ensure_ascii=False, allow_nan=False)
    (folder / ANSWERS_FILE).write_text(answers, encoding="utf-8")
    (folder / "summary.txt").write_text(text, encoding="utf-8")
    for name, frame in tables.items():
        write_csv(frame, folder / "tables" / f"{name}.csv")
    if record["data"]["notice"]:  # a table has no place for it
        notice = folder / "tables" / "NOTICE.txt"
        notice.write_text(record["data"]["notice"] + "\n", encoding="utf-8")


def _unwritable(folder: Path, error: OSError) -> InputError:
    return InputError(
        Problem(
            what=f"the results cannot be written ({error.strerror or error})",
            where=str(folder),
            cure="Check the folder's permissions and the free space, or name another folder",
            code="unwritable",
        )
    )


def _tables(
    fitted: Fitted, answers: Answers, checks: tuple[CheckResult, ...]
) -> dict[str, pd.DataFrame]:
    effects = fitted.effects.to_frame()
    effects["used_in_model"] = np.isin(np.arange(len(effects)), fitted.design.rows)
    return {
        "coefficients": frames.coefficient_frame(answers),
        "contrasts": frames.contrast_frame(answers),
        "heterogeneity": frames.heterogeneity_frame(answers),
        "benchmarks": frames.benchmark_frame(answers),
        "samples": sample_effects(fitted.posterior, answers.scale).set_index("sample"),
        "checks": frames.check_frame(checks),
        "left_out": frames.left_out_frame(fitted.design.left_out).set_index("row"),
        "effects": effects.set_index("row"),
    }
