"""The search for an interpreter: what it takes, what it passes over, and what it says."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Final

import pytest

ROOT: Final = Path(__file__).resolve().parents[2]
SCRIPT: Final = ROOT / "scripts" / "find_python.sh"

BROKEN: Final = "#!/bin/sh\necho 'command not found' >&2\nexit 127\n"
TOO_OLD: Final = "#!/bin/sh\nexit 3\n"
BARE: Final = "#!/bin/sh\necho /somewhere/python3\nexit 4\n"


def whole(label: str = sys.executable) -> str:
    """A program that answers the probe as a complete Python of that path would."""
    return f"#!/bin/sh\necho '{label}'\n"


def put(folder: Path, name: str, text: str) -> Path:
    """Write an executable."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / name
    path.write_text(text, encoding="utf-8")
    path.chmod(0o755)
    return path


def find(*folders: Path, python: str = "") -> subprocess.CompletedProcess[str]:
    """Run the search with nothing but these folders on PATH."""
    for folder in folders:
        folder.mkdir(parents=True, exist_ok=True)
    tools = folders[0].parent / "tools"
    tools.mkdir(exist_ok=True)
    if not (tools / "cat").exists():  # the one outside program the script needs
        (tools / "cat").symlink_to("/bin/cat")
    path = os.pathsep.join(map(str, (*folders, tools)))
    return subprocess.run(
        ["/bin/sh", SCRIPT],
        env={"PATH": path, "PYTHON": python},
        capture_output=True,
        text=True,
        check=False,
    )


def test_the_newest_named_version_comes_first(tmp_path: Path) -> None:
    for name in ("python3.12", "python3.14", "python3"):
        put(tmp_path / "bin", name, whole(f"/found/{name}"))
    assert find(tmp_path / "bin").stdout == "/found/python3.14\n"


@pytest.mark.parametrize("useless", [BROKEN, TOO_OLD, BARE])
def test_a_name_that_will_not_do_is_passed_over(tmp_path: Path, useless: str) -> None:
    put(tmp_path / "shims", "python3.13", useless)
    put(tmp_path / "shims", "python3", useless)
    put(tmp_path / "bin", "python3", whole("/found/python3"))
    done = find(tmp_path / "shims", tmp_path / "bin")
    assert (done.returncode, done.stdout) == (0, "/found/python3\n")


def test_folders_with_blanks_are_searched(tmp_path: Path) -> None:
    put(tmp_path / "my programs", "python3.12", whole("/found/python3.12"))
    assert find(tmp_path / "my programs").stdout == "/found/python3.12\n"


def test_the_versions_of_pyenv_are_searched(tmp_path: Path) -> None:
    put(tmp_path / "bin", "pyenv", f"#!/bin/sh\necho '{tmp_path / 'pyenv'}'\n")
    put(tmp_path / "pyenv" / "versions" / "3.9.1" / "bin", "python3", TOO_OLD)
    put(tmp_path / "pyenv" / "versions" / "3.13.0" / "bin", "python3", whole("/found/3.13"))
    assert find(tmp_path / "bin").stdout == "/found/3.13\n"


def test_uv_is_asked_last(tmp_path: Path) -> None:
    inner = put(tmp_path / "uv", "python3.12", whole("/found/by-uv"))
    put(tmp_path / "bin", "uv", f"#!/bin/sh\necho '{inner}'\n")
    assert find(tmp_path / "bin").stdout == "/found/by-uv\n"


def test_a_given_interpreter_is_used(tmp_path: Path) -> None:
    put(tmp_path / "bin", "python3.14", whole("/found/other"))
    assert find(tmp_path / "bin", python=sys.executable).stdout.strip()
    given = put(tmp_path / "mine", "python", whole("/found/mine"))
    assert find(tmp_path / "bin", python=str(given)).stdout == "/found/mine\n"


def test_a_given_interpreter_that_will_not_do_is_an_error(tmp_path: Path) -> None:
    put(tmp_path / "bin", "python3.14", whole())
    done = find(tmp_path / "bin", python="/nowhere/python3")
    assert (done.returncode, done.stdout) == (1, "")
    assert "PYTHON=/nowhere/python3 is not a Python >= 3.12" in done.stderr
    assert "leave PYTHON out" in done.stderr


def test_no_interpreter_says_where_it_looked_and_how_to_get_one(tmp_path: Path) -> None:
    put(tmp_path / "bin", "python3", TOO_OLD)
    done = find(tmp_path / "bin")
    assert (done.returncode, done.stdout) == (1, "")
    assert "No Python >= 3.12 found" in done.stderr
    assert f"PATH={tmp_path / 'bin'}" in done.stderr
    assert "make PYTHON=/path/to/python3.12" in done.stderr


def test_a_missing_venv_module_is_told_with_its_package(tmp_path: Path) -> None:
    put(tmp_path / "bin", "python3.12", BARE)
    done = find(tmp_path / "bin")
    assert done.returncode == 1
    assert "/somewhere/python3 is Python >= 3.12 but has no venv or ensurepip" in done.stderr
    assert "python3-venv" in done.stderr
