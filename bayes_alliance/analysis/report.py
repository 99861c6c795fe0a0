"""A report of a fit: what was varied is computed here, and the files are written."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Final

from bayes_alliance.analysis.folder import new_folder, refuse_existing
from bayes_alliance.analysis.sensitivity import KINDS, vary
from bayes_alliance.errors import InputError, Problem
from bayes_alliance.report.material import Material
from bayes_alliance.report.variation import Variation

__all__ = ["REPORTED", "with_variations", "write_report"]

#: What a report varies unless it is told otherwise.
REPORTED: Final = ("evidence", "priors", "leave-one-out", "dependence")
#: Endings of files that someone may expect.
ELSEWHERE: Final = frozenset(
    {".pdf", ".doc", ".odt", ".htm", ".md", ".txt", ".tex", ".qmd", ".rtf"}
)


def with_variations(
    material: Material, what: Sequence[str], *, say: Callable[[str], None] | None = None
) -> Material:
    """Make sensitivity analyses for a report.

    Parameters
    ----------
    material : Material
        What the report is made of so far.
    what : sequence of str
        Sensitivity analyses to be made, among those of ``bayes-alliance sensitivity --what``.
    say : callable, optional
        Is told what is being varied.

    Returns
    -------
    Material
        With them. What does not apply to this analysis stands under `declined`, with the reason.

    Raises
    ------
    InputError
        If `what` has an unknown name.
    """
    unknown = [name for name in what if name not in KINDS]
    if unknown:
        raise InputError(
            Problem(
                what=f"{', '.join(map(repr, unknown))} is nothing that can be varied",
                where="--what",
                cure=f"Choose among {', '.join(KINDS)}, or none",
                code="unknown_sensitivity",
            )
        )
    varied: dict[str, Variation] = {}
    declined: dict[str, str] = {}
    for name in what:
        if say is not None:
            say(name)
        try:
            varied[name] = vary(material.fitted, name)
        except InputError as error:
            declined[name] = " ".join(str(problem) for problem in error.problems)
    return replace(material, variations=varied, declined=declined)


def write_report(
    material: Material,
    path: Path,
    *,
    what: Sequence[str] = REPORTED,
    overwrite: bool = False,
    say: Callable[[str], None] | None = None,
) -> Path:
    """Write a report: one page, one document, or a folder with both and all their parts.

    Parameters
    ----------
    material : Material
        The fit and what was read from it.
    path : Path
        Ending in ``.html``: the page. Ending in ``.docx``: the document. Otherwise a folder.
    what : sequence of str
        Sensitivity analyses to be made for it.
    overwrite : bool
        Whether what was written before may be replaced.
    say : callable, optional
        Is told what is being varied.

    Returns
    -------
    Path
        What was written.

    Raises
    ------
    InputError
        If the place may not be replaced or cannot be written, or `what` has an unknown name.
    """
    from bayes_alliance.report.document.parts import report_page, report_word, write_parts

    ending = path.suffix.lower()
    if ending in {".html", ".docx"}:
        _refuse_file(path, overwrite=overwrite)
        material = with_variations(material, what, say=say)
        content = report_page(material).encode() if ending == ".html" else report_word(material)
        return _write_whole(path, content)
    if ending in ELSEWHERE:
        raise InputError(
            Problem(
                what=f"a report is not written as {ending}",
                where=str(path),
                cure="End the name in .html or .docx (both print to PDF), or name a folder",
                code="report_format",
            )
        )
    refuse_existing(path, overwrite=overwrite)
    material = with_variations(material, what, say=say)
    with new_folder(path, "report", overwrite=overwrite) as partial:
        write_parts(material, partial)
    return path


def _refuse_file(path: Path, *, overwrite: bool) -> None:
    if path.exists() and not (overwrite and path.is_file()):
        cure = "Name another file" if path.is_dir() else "Add --overwrite, or name another file"
        raise InputError(
            Problem(what="something has this name", where=str(path), cure=cure, code="file_exists")
        )


def _write_whole(path: Path, content: bytes) -> Path:
    """Write a file that is there as a whole or not at all."""
    partial = path.with_name(f".{path.name}.partial")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        partial.write_bytes(content)
        partial.replace(path)
    except OSError as error:
        partial.unlink(missing_ok=True)
        raise InputError(
            Problem(
                what=f"the report cannot be written ({error.strerror or error})",
                where=str(path),
                cure="Check the folder's permissions and the free space, or name another file",
                code="unwritable",
            )
        ) from None
    return path
