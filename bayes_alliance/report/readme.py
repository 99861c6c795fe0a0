"""README.txt of a folder of results: what each file is, and how to make it anew."""

from __future__ import annotations

import textwrap
from collections.abc import Collection, Mapping, Sequence
from typing import Final

from bayes_alliance.engines.fitted import Fitted
from bayes_alliance.report.layout import WIDTH, wrapped

__all__ = ["readme_text"]

#: What stands under each name, for people and then for programs.
_FILES: Final[Mapping[str, str]] = {
    "summary.txt": "the results in words and tables, as they were printed",
    "report.html": "the report as a page that needs nothing else: open it in a browser",
    "report.docx": "the report as a Word document",
    "text": "methods and results for a manuscript, references (BibTeX, CSL-JSON), checklists",
    "tables": "the results as CSV, for spreadsheets and for R; formatted as HTML, LaTeX and Word",
    "figures": "the figures",
    "answers.json": "every number that was found, unrounded, with the hashes of what went in",
    "fit.nc": "the whole fit (netCDF): bayes_alliance.load_fit reads it, and so does any program "
    "for netCDF-4, ArviZ among them",
    "data.csv": "the effect sizes exactly as they were used, all digits, for programs; texts are "
    "as they were given, also those that a spreadsheet takes for a formula: open tables/ instead",
    "data.json": "what type each column of data.csv has, where the table came from, and its notes; "
    'missing values are "NA", and a text that is NA or begins with a backslash has one backslash '
    "more",
    "correlations.csv": "the reported correlations among variables, in the same form",
    "specification.toml": "the complete specification, every default written out; "
    "bayes-alliance fit --model takes it",
    "environment.json": "versions, platform, linear algebra and the command",
    "rerun.py": "a short script that repeats the fit and compares every number",
    "source": "what was handed in, unchanged",
}
_RERUN: Final = (
    "bayes-alliance rerun FOLDER fits data.csv with specification.toml anew, engine and seed as in "
    "the specification, and says for every number of answers.json whether it is the same. "
    "python rerun.py, in this folder, does it step by step. With the versions of environment.json "
    "on the same kind of machine every number is the same to the last digit."
)
_REPEAT: Final = (
    "The analysis can be repeated from data.csv (bayes_alliance.load_effects) and "
    "specification.toml (bayes_alliance.read_specification) with the versions of environment.json; "
    "answers.json says what was varied."
)


def readme_text(
    fitted: Fitted,
    files: Collection[str],
    *,
    what: str = "fit",
    command: str = "",
    caution: str = "",
    lost: Sequence[str] = (),
) -> str:
    """Say what is in a folder of results.

    Parameters
    ----------
    fitted : Fitted
        The fit, or the one that was varied.
    files : collection of str
        Names of what is there; what has no description is not listed.
    what : str
        "fit", or another kind of analysis, which `bayes-alliance rerun` does not repeat.
    command : str
        The command that made the folder; empty if it is not known.
    caution : str
        What every output must say if a check failed.
    lost : sequence of str
        Names of files that could not be kept because they changed after they were read.

    Returns
    -------
    str
        Lines of at most 80 columns, but for long names.
    """
    effects, spec = fitted.effects, fitted.specification
    head = f"{'Fit' if what == 'fit' else 'Variations'} of {spec.name!r} to {effects.name!r}"
    paragraphs = [
        _filled(f"{head} by bayes_alliance"),
        *(_filled(text) for text in (effects.notice, caution and f"CAUTION {caution}") if text),
        "\n".join(_entry(name, told) for name, told in _FILES.items() if name in files),
    ]
    if lost:
        paragraphs.append(_filled(f"Not in source: {', '.join(lost)}, changed since it was read."))
    paragraphs += ["How to make it anew", wrapped(_RERUN if what == "fit" else _REPEAT)]
    if command:
        paragraphs += ["How it was made", f"  {_one_line(command)}"]
    return "\n\n".join(paragraphs) + "\n"


def _one_line(text: str) -> str:
    """A text from outside without line ends and control characters."""
    return "".join(c if c.isprintable() else " " for c in text)


def _filled(text: str) -> str:
    return textwrap.fill(_one_line(text), WIDTH, break_long_words=False)


def _entry(name: str, told: str) -> str:
    indent = " " * 21
    return textwrap.fill(told, WIDTH, initial_indent=f"  {name:<19}", subsequent_indent=indent)
