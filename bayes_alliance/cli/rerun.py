"""The sub-command `rerun`."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from bayes_alliance.cli.options import JsonOut, print_json

__all__ = ["rerun"]


def rerun(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="A folder written by fit --out.")],
    tolerance: Annotated[
        float | None,
        typer.Option(
            min=0,
            help="With other versions or another machine: the largest difference, in posterior "
            "sd, that counts as the same (.001; of draws, 15 / root of their number).",
        ),
    ] = None,
    strict: Annotated[
        bool,
        typer.Option(
            "--strict", help="Take only equal numbers for the same, whatever the versions."
        ),
    ] = False,
    cores: Annotated[int | None, typer.Option(min=1, help="Processor cores to use.")] = None,
    as_json: JsonOut = False,
) -> None:
    """Repeat the fit of a folder and say for every number whether it is the same.

    Exit status: 0 all the same, 1 some not, 2 no such folder or changed inputs.
    """
    from bayes_alliance.analysis.rerun import rerun as run_again

    found = run_again(
        folder, strict=strict, tolerance=tolerance, cores=cores, progress=sys.stderr.isatty()
    )
    print_json(found.to_dict()) if as_json else typer.echo(str(found), nl=False)
    if not found.same:
        raise typer.Exit(1)
