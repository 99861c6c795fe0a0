"""Asking for help must not cost what sampling costs."""

from __future__ import annotations

import os
import resource
import subprocess
import sys
import time
from pathlib import Path
from typing import Final

import pytest

HEAVY: Final = (
    "pymc",
    "nutpie",
    "pytensor",
    "numba",
    "arviz",
    "arviz_base",
    "arviz_stats",
    "arviz_plots",
    "matplotlib.pyplot",
)
SECONDS_FOR_HELP: Final = 0.5
RUNS: Final = 5

HELP: Final = """
import sys
sys.argv = ["bayes-alliance", "--help"]
from bayes_alliance.cli.main import run
try:
    run()
except SystemExit as end:
    assert end.code in (0, None), end.code
"""


def run_python(code: str) -> str:
    """Run code in a fresh interpreter and return what it prints on standard error."""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stderr


@pytest.mark.parametrize("start", ["import bayes_alliance", HELP], ids=["import", "help"])
def test_sampling_libraries_wait_until_sampling(start: str) -> None:
    report = f"\nimport sys\nprint(*sorted(set({HEAVY}) & set(sys.modules)), file=sys.stderr)"
    assert run_python(start + report).split() == []


def seconds_for_help(command: Path) -> tuple[float, float]:
    """Wall-clock and processor seconds of one ``--help``."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    started = time.perf_counter()
    subprocess.run([command, "--help"], check=True, capture_output=True)
    wall = time.perf_counter() - started
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return wall, (after.ru_utime + after.ru_stime) - (before.ru_utime + before.ru_stime)


def test_help_answers_in_under_half_a_second() -> None:
    command = Path(sys.executable).with_name("bayes-alliance")
    walls, processors = zip(*(seconds_for_help(command) for _ in range(RUNS)), strict=True)
    # The clock on the wall says nothing about a command when others hold the processors.
    busy = "PYTEST_XDIST_WORKER" in os.environ or os.getloadavg()[0] > (os.cpu_count() or 1)
    assert min(processors if busy else walls) < SECONDS_FOR_HELP
