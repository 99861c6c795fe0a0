"""The sub-command `sensitivity`."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from bayes_alliance.cli.options import (
    Columns,
    CorrelationsFile,
    Data,
    JsonOut,
    Missing,
    Out,
    Overwrite,
    Sheet,
    column_mapping,
    command,
    files_among,
    missing_rows,
    print_json,
    settings,
    sheet_of,
)

__all__ = ["sensitivity"]

#: Named here so that --help need not import the analyses; a test compares it.
WHAT = "dependence, leave-one-out, priors, moderators, multiverse, bias, evidence or design"


def sensitivity(
    data: Data,
    what: Annotated[str, typer.Option("--what", "-w", help=f"{WHAT}.")],
    model: Annotated[
        str, typer.Option("--model", "-m", help="A model's name or file.")
    ] = "overall",
    moderator: Annotated[
        str | None, typer.Option(help="Column for a model that needs one.")
    ] = None,
    moderators: Annotated[
        str | None, typer.Option(help="Columns to compare, with commas (moderators).")
    ] = None,
    by: Annotated[
        str | None, typer.Option(help="Column that orders the samples (leave-one-out).")
    ] = None,
    grid: Annotated[Path | None, typer.Option(help="File of the choices (multiverse).")] = None,
    predictor: Annotated[
        str | None, typer.Option(help="What small-study effects hang on (bias).")
    ] = None,
    mechanism: Annotated[
        str | None, typer.Option(help="What gets lost: effects or samples (bias).")
    ] = None,
    prior_odds: Annotated[
        float | None, typer.Option(help="Odds of an effect before the data (evidence).")
    ] = None,
    workers: Annotated[int | None, typer.Option(help="Processes (multiverse).")] = None,
    dask: Annotated[
        str | None, typer.Option(help="Address of a Dask scheduler (multiverse).")
    ] = None,
    columns: Columns = None,
    missing: Missing = "refuse",
    sheet: Sheet = None,
    correlations: CorrelationsFile = None,
    change: Annotated[
        list[str] | None,
        typer.Option("--set", help="Change the specification: KEY=VALUE (may be repeated)."),
    ] = None,
    out: Out = None,
    overwrite: Overwrite = False,
    as_json: JsonOut = False,
) -> None:
    """Vary something about an analysis and say where a conclusion changes."""
    from bayes_alliance.analysis.folder import refuse_existing
    from bayes_alliance.analysis.kinds.kind import Settings
    from bayes_alliance.analysis.sensitivity import sensitivity as run_sensitivity
    from bayes_alliance.analysis.sources import effects_from
    from bayes_alliance.spec.library import read_specification

    if out is not None:
        refuse_existing(out, overwrite=overwrite)
    effects = effects_from(
        data, column_mapping(columns), missing=missing_rows(missing), sheet=sheet_of(sheet),
        correlations=correlations,
    )  # fmt: skip
    specification = read_specification(model)
    if moderator is not None:
        specification = specification.with_moderator(moderator)
    changed = specification.with_changes(settings(change))
    named = None if moderators is None else tuple(m.strip() for m in moderators.split(","))
    how = Settings(
        moderators=named, by=by, grid=grid, predictor=predictor, mechanism=mechanism,
        prior_odds=prior_odds, workers=workers, dask=dask, folder=out,
        progress=sys.stderr.isatty(),
    )  # fmt: skip
    found = run_sensitivity(effects, changed, what, how)
    print_json(found.record) if as_json else typer.echo(found.text, nl=False)
    if out is not None:
        found.write(
            out, overwrite=overwrite, sources=files_among(data, correlations), command=command()
        )
        typer.echo(f"Written to {out}", err=True)
