"""The sub-command `report`."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from bayes_alliance.cli.options import Overwrite

__all__ = ["report"]

#: Named here so that --help need not import the analyses; a test compares it.
USUAL = "evidence,priors,leave-one-out,dependence"


def report(
    folder: Annotated[
        Path, typer.Argument(metavar="DIR", help="A folder written by fit --out DIR.")
    ],
    what: Annotated[
        str,
        typer.Option(
            "--what", "-w", help="What to vary for it, as for sensitivity, with commas; or none."
        ),
    ] = USUAL,
    out: Annotated[
        Path | None,
        typer.Option("--out", help="A folder, or a file .html or .docx. By default DIR/report."),
    ] = None,
    overwrite: Overwrite = False,
) -> None:
    """Write a report of a fit: a page, a Word document, and all tables, figures and texts."""
    from bayes_alliance.analysis.face import load_fit
    from bayes_alliance.analysis.origin import command_of
    from bayes_alliance.analysis.report import write_report

    names = [name.strip() for name in what.split(",") if name.strip() and name.strip() != "none"]
    target = folder / "report" if out is None else out
    material = load_fit(folder).material(command=command_of(folder))
    written = write_report(
        material, target, what=names, overwrite=overwrite,
        say=lambda name: typer.echo(f"Varying: {name}", err=True) if sys.stderr.isatty() else None,
    )  # fmt: skip
    typer.echo(f"Written to {written}", err=True)
