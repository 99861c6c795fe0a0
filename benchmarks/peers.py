"""Peers in R: metafor, clubSandwich and, when asked for, brms."""

from __future__ import annotations

import csv
import json
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import Any

from benchmarks.cases import CASES, write_table

__all__ = ["run_brms", "run_r", "stored"]

HERE = Path(__file__).resolve().parent
REFERENCE = HERE.parent / "tests" / "reference"


def _rscript(script: str, *arguments: str) -> bool:
    """Run a script of this folder; False if R or a package of it is not there."""
    found = shutil.which("Rscript")
    if found is None:
        return False
    command = [found, "--vanilla", str(HERE / script), *arguments]
    done = subprocess.run(command, check=False, capture_output=True, text=True)
    if done.returncode and "there is no package called" in done.stderr:
        return False
    if done.returncode:
        raise RuntimeError(f"{script} failed:\n{done.stderr}")
    return True


def _records(path: Path) -> list[dict[str, str]]:
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def run_r(*, fits: int) -> tuple[dict[str, dict[str, float]], dict[str, str]]:
    """Median milliseconds of metafor and clubSandwich for every case, and the versions.

    Parameters
    ----------
    fits : int
        Timed fits a case.

    Returns
    -------
    times : dict
        Case to what was timed to milliseconds; empty without R or its packages.
    versions : dict
        Package to version.
    """
    with tempfile.TemporaryDirectory() as folder:
        for i, case in enumerate(CASES):
            write_table(case.design(), Path(folder) / f"case_{i}.csv")
        if not _rscript("peers.R", folder, str(fits)):
            return {}, {}
        times: dict[str, dict[str, float]] = {case.name: {} for case in CASES}
        for row in _records(Path(folder) / "peers.csv"):
            times[CASES[int(row["case"])].name][row["what"]] = float(row["ms"])
        versions = {
            row["package"]: row["version"] for row in _records(Path(folder) / "versions.csv")
        }
    return times, versions


def run_brms() -> dict[str, Any]:
    """Seconds that brms takes to compile and to sample `ibi_synthetic`, overall; {} without it."""
    with tempfile.TemporaryDirectory() as folder:
        write_table(CASES[2].design(), Path(folder) / "case_2.csv")
        if not _rscript("brms.R", folder, "2"):
            return {}
        row = _records(Path(folder) / "brms.csv")[0]
    return {
        "compile": float(row["compile"]), "sample": float(row["sample"]), "version": row["version"],
    }  # fmt: skip


def stored() -> dict[str, float]:
    """Seconds that were measured when the outside results of the tests were made."""
    brms = json.loads((REFERENCE / "brms.json").read_text(encoding="utf-8"))
    bayesmeta = json.loads((REFERENCE / "bayesmeta.json").read_text(encoding="utf-8"))
    fits = bayesmeta["results"]["molloy2014"].values()
    return {
        "compile": brms["compile_s"]["halfnormal"],
        "sample": brms["fits"]["konstantopoulos2011"]["halfnormal"]["default"]["wall_s"],
        "bayesmeta": min(fit["median_seconds_default_fit"] for fit in fits),
    }
