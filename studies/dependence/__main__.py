"""Run the study: ``python -m studies.dependence [--replications N] [--processes N]``."""

from __future__ import annotations

import argparse
import json
import platform
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from studies.dependence.analyse import TOLERANCE
from studies.dependence.cells import CELLS, PEOPLE, SAMPLES, SCALES, TAU_SAMPLE, Cell
from studies.dependence.figure import draw
from studies.dependence.outcomes import outcomes
from studies.dependence.replications import collect, key_of, processors
from studies.dependence.results_page import page

HERE = Path(__file__).resolve().parent
SEED = 20260


def summarise(
    records: Sequence[dict[str, Any]], cells: Sequence[Cell], *, seed: int
) -> dict[str, Any]:
    """Outcomes of all cells with what is needed to get them again.

    Parameters
    ----------
    records : sequence of dict
        Replications of all cells.
    cells : sequence of Cell
        The settings.
    seed : int
        Seed of the study.

    Returns
    -------
    dict
        What ``results.json`` holds.
    """
    return {
        "date": datetime.now(UTC).date().isoformat(),
        "python": platform.python_version(),
        **key_of(seed),
        "tolerance": TOLERANCE,
        "minutes": sum(record["seconds"] for record in records) / 60,
        "true": {"r": SCALES, "tau_sample": TAU_SAMPLE, "samples": SAMPLES, "people": PEOPLE},
        "cells": {
            cell.name: outcomes(cell, [r for r in records if r["cell"] == cell.name])
            for cell in cells
        },
    }


def write(result: dict[str, Any], folder: Path) -> None:
    """Write ``results.json``, ``results.md`` and ``intervals.png``.

    Parameters
    ----------
    result : dict
        From `summarise`.
    folder : Path
        Where to.
    """
    (folder / "results.json").write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")
    (folder / "results.md").write_text(page(result), encoding="utf-8")
    draw(result, folder / "intervals.png")


def main() -> None:
    """Compute what is missing of the replications, and write the results."""
    parser = argparse.ArgumentParser(prog="studies.dependence", description=__doc__)
    parser.add_argument("--replications", type=int, default=1_000, metavar="N", help="a cell")
    parser.add_argument("--processes", type=int, default=processors(), metavar="N")
    parser.add_argument("--seed", type=int, default=SEED)
    parser.add_argument("--out", type=Path, default=HERE, help="folder of the results")
    options = parser.parse_args()
    records = collect(
        CELLS,
        options.replications,
        seed=options.seed,
        kept=options.out / "replications.jsonl",
        processes=options.processes,
    )
    write(summarise(records, CELLS, seed=options.seed), options.out)
    print(f"written: {options.out / 'results.md'}")


if __name__ == "__main__":
    main()
