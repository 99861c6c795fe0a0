"""Run all benchmarks: ``python -m benchmarks [--brms] [--others PYTHON] [--quick]``."""

from __future__ import annotations

import argparse
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from benchmarks.cases import CASES
from benchmarks.clock import load, machine, versions_of
from benchmarks.growth import draw_plot, run_growth
from benchmarks.multiverse import time_multiverse
from benchmarks.ours import first_call, many_fits, time_case, time_unknown_rho
from benchmarks.peers import run_brms, run_r, stored
from benchmarks.results_page import page
from benchmarks.samplers import run_bambi_and_pymare, run_samplers

HERE = Path(__file__).resolve().parent


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="benchmarks", description=__doc__)
    parser.add_argument("--brms", action="store_true", help="run brms too (minutes)")
    parser.add_argument("--others", metavar="PYTHON", help="interpreter that has Bambi, PyMARE")
    parser.add_argument("--quick", action="store_true", help="few calls, to try the program out")
    parser.add_argument("--out", type=Path, default=HERE, help="folder of the results")
    return parser.parse_args()


def run(options: argparse.Namespace) -> dict[str, Any]:
    """Run every part, one after another.

    Parameters
    ----------
    options : argparse.Namespace
        From the command line.

    Returns
    -------
    dict
        What ``results.json`` holds.
    """
    quick = options.quick
    result: dict[str, Any] = {
        "date": datetime.now(UTC).date().isoformat(),
        "machine": machine(),
        "versions": versions_of(),
        "load": {},
    }

    def part(name: str) -> None:
        result["load"][name] = load()
        print(f"{name} (load {load()})", flush=True)

    part("first call")
    result["first"] = first_call()
    part("exact engine")
    calls = 10 if quick else 100
    result["ours"] = {case.name: time_case(case, calls=calls) for case in CASES}
    part("R")
    result["r"], result["r_versions"] = run_r(fits=4 if quick else 30)
    part("many fits")
    fits = 200 if quick else 10_000
    result["many"] = {case.name: many_fits(case, fits=fits) for case in CASES[2:]}
    part("unknown rho")
    result["rho"] = time_unknown_rho(calls=calls)
    part("multiverse")
    result["multiverse"] = time_multiverse(quick=quick)
    part("growth")
    result["growth"] = run_growth()
    part("samplers")
    result["samplers"] = {case.name: run_samplers(case) for case in CASES[2:]}
    result["others"] = run_bambi_and_pymare(options.others, CASES[2]) if options.others else {}
    result["stored"] = stored()
    return result


def write(result: dict[str, Any], folder: Path) -> None:
    """Write ``results.json``, ``results.md`` and ``growth.png``.

    Parameters
    ----------
    result : dict
        From `run`.
    folder : Path
        Where to.
    """
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "results.json").write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")
    (folder / "results.md").write_text(page(result), encoding="utf-8")
    draw_plot(result["growth"], folder / "growth.png")


def main() -> None:
    """Run all parts and write the results; brms last, because it takes longest."""
    options = _arguments()
    result = run(options)
    write(result, options.out)
    if options.brms:
        result["load"]["brms"] = load()
        result["brms"] = run_brms()
        write(result, options.out)
    print(f"written: {options.out / 'results.md'}")


if __name__ == "__main__":
    main()
