"""The sub-commands: they read options, call the package, print and write."""

from __future__ import annotations

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
from bayes_alliance.cli.report import report
from bayes_alliance.cli.rerun import rerun
from bayes_alliance.cli.sensitivity import sensitivity

__all__ = ["app"]

app = typer.Typer(
    add_completion=False,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
    help="Bayesian multilevel meta-analysis of correlations.",
)


@app.callback(invoke_without_command=True)
def _version(
    version: Annotated[bool, typer.Option("--version", help="Print the version.")] = False,
) -> None:
    if version:
        from bayes_alliance import __version__

        typer.echo(__version__)
        raise typer.Exit


@app.command()
def check(
    data: Data,
    columns: Columns = None,
    missing: Missing = "refuse",
    sheet: Sheet = None,
    correlations: CorrelationsFile = None,
    as_json: JsonOut = False,
) -> None:
    """Say what was understood of a table, and everything that is wrong with it."""
    from bayes_alliance.analysis.check import check_source

    found = check_source(
        data, column_mapping(columns), missing=missing_rows(missing), sheet=sheet_of(sheet),
        correlations=correlations,
    )  # fmt: skip
    print_json(found.to_dict()) if as_json else typer.echo(found.text)
    if not found.ok:
        raise typer.Exit(2)


@app.command()
def fit(
    data: Data,
    model: Annotated[
        str, typer.Option("--model", "-m", help="A model's name or file.")
    ] = "overall",
    moderator: Annotated[
        str | None, typer.Option(help="Column for a model that needs one.")
    ] = None,
    columns: Columns = None,
    missing: Missing = "refuse",
    sheet: Sheet = None,
    correlations: CorrelationsFile = None,
    engine: Annotated[str | None, typer.Option(help="auto, exact, importance or nuts.")] = None,
    seed: Annotated[int | None, typer.Option(help="Same seed, same numbers.")] = None,
    draws: Annotated[int | None, typer.Option(help="Kept draws a chain.")] = None,
    chains: Annotated[int | None, typer.Option(help="Chains.")] = None,
    change: Annotated[
        list[str] | None,
        typer.Option("--set", help="Change the specification: KEY=VALUE (may be repeated)."),
    ] = None,
    cores: Annotated[int | None, typer.Option(min=1, help="Processor cores to use.")] = None,
    out: Out = None,
    overwrite: Overwrite = False,
    as_json: JsonOut = False,
    strict: Annotated[bool, typer.Option(help="Exit with 1 if a check fails.")] = False,
) -> None:
    """Fit a model to a table and print (and, with --out, write) every answer."""
    from bayes_alliance.analysis.fit import fit as run_fit
    from bayes_alliance.analysis.folder import refuse_existing
    from bayes_alliance.analysis.sources import effects_from

    if out is not None:
        refuse_existing(out, overwrite=overwrite)
    changes = settings(change)
    changes |= {f"run.{key}": value for key, value in
                {"engine": engine, "seed": seed, "draws": draws, "chains": chains}.items()
                if value is not None}  # fmt: skip
    effects = effects_from(
        data, column_mapping(columns), missing=missing_rows(missing), sheet=sheet_of(sheet),
        correlations=correlations,
    )  # fmt: skip
    result = run_fit(effects, model, moderator=moderator, changes=changes, cores=cores)
    print_json(result.to_dict()) if as_json else typer.echo(str(result), nl=False)
    if out is not None:
        result.write(
            out, overwrite=overwrite, sources=files_among(data, correlations), command=command()
        )
        typer.echo(f"Written to {out}", err=True)
    if strict and any(found.passed is False for found in result.checks):
        raise typer.Exit(1)


app.command()(sensitivity)
app.command()(report)
app.command()(rerun)


@app.command()
def demo(
    out: Annotated[Path, typer.Option("--out", help="Folder for the results.")] = Path(
        "bayes-alliance-demo"
    ),
    quick: Annotated[bool, typer.Option(help="Fewer models and draws, for a first look.")] = False,
    overwrite: Overwrite = False,
    seed: Annotated[int, typer.Option(min=0, help="Same seed, same numbers.")] = 1,
) -> None:
    """Run the worked example: overall, scales and moderators of the synthetic data."""
    from bayes_alliance.analysis.demo import run_demo

    run_demo(out, quick=quick, overwrite=overwrite, seed=seed, say=typer.echo)


@app.command()
def models(as_json: JsonOut = False) -> None:
    """List the models that come with the package."""
    from dataclasses import asdict

    from bayes_alliance.report.layout import listing
    from bayes_alliance.spec.library import models as library

    entries = library()
    if as_json:
        print_json([asdict(entry) for entry in entries])
    else:
        typer.echo(listing([(entry.name, entry.title, entry.question) for entry in entries]))


@app.command()
def datasets(as_json: JsonOut = False) -> None:
    """List the data sets that come with the package."""
    from dataclasses import fields

    from bayes_alliance.data.bundled import datasets as bundled
    from bayes_alliance.report.layout import listing

    entries = bundled()
    if as_json:
        shown = [field.name for field in fields(entries[0])]
        print_json(
            [
                {name: getattr(entry, name) for name in shown} | {"columns": dict(entry.columns)}
                for entry in entries
            ]
        )
        return
    rows = [
        (entry.name, f"{entry.title} (k = {entry.k}, {entry.samples} samples)",
         entry.notice or entry.use)
        for entry in entries
    ]  # fmt: skip
    typer.echo(listing(rows))
