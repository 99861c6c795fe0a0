"""A skip under CI fails the session; without CI it stays a skip."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Final

import pytest

CONFTEST: Final = Path(__file__).resolve().parents[1] / "conftest.py"


def session(folder: Path, text: str, *flags: str, ci: bool) -> subprocess.CompletedProcess[str]:
    """Run one made-up test file under the project's conftest."""
    shutil.copy(CONFTEST, folder)
    (folder / "test_made_up.py").write_text(f"import pytest\n\n{text}", encoding="utf-8")
    environment = {k: v for k, v in os.environ.items() if k != "CI" and "PYTEST" not in k}
    if ci:
        environment["CI"] = "true"
    return subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *flags],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )


SKIPS: Final = {
    "mark": "@pytest.mark.skip\ndef test_a(): ...\n\ndef test_b(): ...",
    "call": "def test_a(): pytest.skip('no')\n\ndef test_b(): ...",
    "module": "pytest.importorskip('no_such_module')\n\ndef test_b(): ...",
}


@pytest.mark.parametrize("text", SKIPS.values(), ids=SKIPS)
def test_a_skip_fails_under_ci(tmp_path: Path, text: str) -> None:
    done = session(tmp_path, text, ci=True)
    assert done.returncode != 0
    assert "a skip is not a pass" in done.stdout


def test_a_skip_in_a_worker_fails_under_ci(tmp_path: Path) -> None:
    done = session(tmp_path, SKIPS["mark"], "-n", "2", ci=True)
    assert done.returncode == 1
    assert "test_made_up.py::test_a" in done.stdout


def test_a_skip_is_a_skip_elsewhere(tmp_path: Path) -> None:
    assert session(tmp_path, SKIPS["mark"], ci=False).returncode == 0


def test_an_expected_failure_is_no_skip(tmp_path: Path) -> None:
    text = "@pytest.mark.xfail\ndef test_a(): assert False"
    assert session(tmp_path, text, ci=True).returncode == 0
