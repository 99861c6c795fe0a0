"""The notice while the exact engine is compiled: in time, once, and never unasked."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

PROGRAM = """
from bayes_alliance.engines.exact import compiling
class Waiting:
    signatures = {signatures}
compiling.integrate = Waiting
import time
with compiling.told_if_compiling({told}, patience=0.05):
    time.sleep({busy})
time.sleep(0.2)
"""


@pytest.mark.parametrize(
    ("signatures", "told", "busy", "lines"),
    [([], True, 0.3, 1), ([], True, 0.0, 0), ([], False, 0.3, 0), (["compiled"], True, 0.3, 0)],
)
def test_it_is_told_while_code_is_missing(
    signatures: list[str], told: bool, busy: float, lines: int, tmp_path: Path
) -> None:
    program = PROGRAM.format(signatures=signatures, told=told, busy=busy)
    done = subprocess.run(
        [sys.executable, "-c", program],
        cwd=tmp_path,
        env=dict(os.environ),
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout == ""
    assert done.stderr.count("Compiling the exact engine") == lines
    assert len(done.stderr.splitlines()) == lines
