"""No tracked file names the machine it was written on or the index it was installed from."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest
from source_tree import ROOT

#: Put together from pieces, so that this file does not accuse itself.
INDEX_HOSTS: Final = tuple(
    ".".join(pieces)
    for pieces in (
        ("pypi", "org"),
        ("python" + "hosted", "org"),
        ("pypi", "python", "org"),
        ("registry", "npmjs", "org"),
        ("npmjs", "com"),
        ("registry", "yarnpkg", "com"),
        ("conda", "anaconda", "org"),
        ("deb", "debian", "org"),
        ("proxy", "golang", "org"),
        ("crates", "io"),
    )
)
HOST: Final = re.compile("|".join(map(re.escape, INDEX_HOSTS)), re.IGNORECASE)
#: Folders of one person or one machine; not the tail of a longer path or address.
MACHINE_PATH: Final = re.compile(
    r"(?<![\w.)}\]-])/(?:" + "|".join(("work", "root", r"home/\w+", r"Users/\w+")) + ")/"
)


def text_defects(path: Path, name: str) -> Iterator[str]:
    """Lines of a text file with the host of an index or a path of one machine."""
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except UnicodeDecodeError:  # a picture or a spreadsheet
        return
    for number, line in enumerate(lines, 1):
        if HOST.search(line) or MACHINE_PATH.search(line):
            yield f"{name}:{number} {line.strip()[:120]}"


def tracked_files() -> tuple[str, ...]:
    """Files under version control that are there."""
    listed = subprocess.run(
        ["git", "ls-files", "-z"], cwd=ROOT, check=True, capture_output=True, text=True
    ).stdout
    return tuple(name for name in listed.split("\0") if name and (ROOT / name).is_file())


def test_tracked_files_name_no_index_and_no_machine() -> None:
    names = tracked_files()
    assert "pyproject.toml" in names
    assert [defect for name in names for defect in text_defects(ROOT / name, name)] == []


@pytest.mark.parametrize(
    "line",
    [
        f"see https://{INDEX_HOSTS[0]}/project",
        f"index-url = {INDEX_HOSTS[1].upper()}",
        'open("/ho' + 'me/anna/data.csv")',
        "`/wo" + "rk/venv/bin/python`",
        "#!/ro" + "ot/bin/python",
    ],
)
def test_hosts_and_paths_are_found(tmp_path: Path, line: str) -> None:
    path = tmp_path / "made_up.txt"
    path.write_text(line, encoding="utf-8")
    assert list(text_defects(path, path.name))


@pytest.mark.parametrize(
    "line",
    ["https://doi.org/10.1000/work/1", "his/work/hours", "ratio of home/office", "#!/bin/sh"],
)
def test_other_texts_pass(tmp_path: Path, line: str) -> None:
    path = tmp_path / "made_up.txt"
    path.write_text(line, encoding="utf-8")
    assert list(text_defects(path, path.name)) == []
