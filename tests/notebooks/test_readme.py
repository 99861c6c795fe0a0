"""Every command and every Python block of the readme runs, and prints what is shown."""

from __future__ import annotations

import contextlib
import io
import os
import re
import shlex
import subprocess
import sys
from pathlib import Path
from typing import Any, Final

import pytest
import typer
from document_blocks import Block, blocks_of, first_difference, same_line, sessions_of

import bayes_alliance as ba
from bayes_alliance.analysis.sensitivity import KINDS
from bayes_alliance.cli.commands import app

ROOT: Final = Path(__file__).resolve().parents[2]
README: Final = ROOT / "README.md"
TEXT: Final = README.read_text(encoding="utf-8")
BLOCKS: Final = blocks_of(README)


def run_console(block: Block, folder: Path) -> None:
    """Run the commands of a console block and compare."""
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    expected = int(block.value) if block.key == "exit status" else 0
    for command, shown in sessions_of(block.text):
        done = subprocess.run(
            command,
            shell=True,
            cwd=folder,
            env={**os.environ, "PATH": path, "COLUMNS": "80"},
            capture_output=True,
            text=True,
            encoding="utf-8",
            check=False,
        )
        assert done.returncode == expected, f"{command}\n{done.stdout}\n{done.stderr}"
        missing = first_difference(shown, done.stdout.splitlines())
        assert not missing, f"{command}\ndoes not print {missing!r}, but\n{done.stdout}"


def run_python(block: Block, names: dict[str, Any]) -> str:
    """Run a Python block and return what it printed."""
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        exec(compile(block.text, "README.md", "exec"), names)
    return printed.getvalue()


def test_the_blocks_run_as_printed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    names: dict[str, Any] = {"__name__": "readme"}
    printed = ""
    for block in BLOCKS:
        if block.key == "file":
            Path(block.value).write_text(block.text, encoding="utf-8")
        elif block.language == "console":
            run_console(block, tmp_path)
        elif block.language == "python":
            printed = run_python(block, names)
        elif block.language == "text":
            missing = first_difference(block.text.splitlines(), printed.splitlines())
            assert not missing, f"not printed: {missing!r}, but\n{printed}"
    produced = {path.name for path in (tmp_path / "results").iterdir()}
    assert {"fit.nc", "summary.txt", "answers.json", "tables", "figures"} <= produced


def test_the_readme_shows_each_kind_of_block() -> None:
    languages = [block.language for block in BLOCKS]
    assert languages.count("console") >= 3
    assert languages.count("python") >= 2
    assert set(languages) == {"console", "csv", "python", "sh", "text"}


def test_targets_of_make_exist() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    named = set(re.findall(r"^make ([\w-]+)", TEXT, flags=re.MULTILINE))
    assert {"demo", "test", "wheel"} <= named
    assert all(re.search(rf"^{target}:", makefile, flags=re.MULTILINE) for target in named)
    assert f"bayes_alliance-{ba.__version__}-py3-none-any.whl" in TEXT


def test_inline_commands_and_options_exist() -> None:
    command = typer.main.get_command(app)
    known = {
        name: {option for parameter in sub.params for option in parameter.opts}
        for name, sub in command.commands.items()  # type: ignore[attr-defined]
    }
    lines = re.findall(r"`(bayes-alliance [^`]+)`", TEXT)
    assert lines
    for line in lines:
        _, sub, *words = shlex.split(line)
        assert {word for word in words if word.startswith("--")} <= known[sub], line
    everywhere = set().union(*known.values())
    assert set(re.findall(r"`(--[a-z]+)", TEXT)) <= everywhere


def test_settings_named_in_passing_are_keys_of_a_model() -> None:
    settings = dict(re.findall(r"--set ([\w.]+)=([\w.]+)", TEXT))
    assert settings
    changes = {key: float(v) if re.fullmatch(r"[\d.]+", v) else v for key, v in settings.items()}
    ba.read_specification("three_level").with_changes(changes)


def test_models_data_sets_and_verbs_are_those_of_the_program() -> None:
    rows = [line.split("|")[1:-1] for line in TEXT.splitlines() if line.startswith("| `")]
    named = {name for row in rows for name in re.findall(r"`(\w+)`", row[0])}
    assert {model.name for model in ba.models()} <= named
    sizes = [row for row in rows if re.fullmatch(r" \d+ \(\d+\) ", row[1])]
    counts = {re.findall(r"`(\w+)`", row[0])[0]: row[1].strip() for row in sizes}
    assert counts == {info.name: f"{info.k} ({info.samples})" for info in ba.datasets()}
    for verb in re.findall(r"`fit\.(\w+)\(", TEXT):
        assert callable(getattr(ba.Fit, verb)), verb
    for name in re.findall(r"`ba\.(\w+)", TEXT):
        assert callable(getattr(ba, name)), name


def test_everything_that_can_be_varied_is_in_the_table() -> None:
    section = TEXT.split("## Vary every assumption")[1].split("\n## ")[0]
    assert set(re.findall(r"^\| `([a-z][\w-]*)` \|", section, flags=re.MULTILINE)) == set(KINDS)


def test_links_and_images_lead_somewhere() -> None:
    targets = re.findall(r"\]\(([^)#]+)\)", TEXT)
    assert len([target for target in targets if target.endswith(".png")]) >= 1
    for target in targets:
        assert (ROOT / target).is_file(), target
    for image in (ROOT / "docs" / "images").glob("*.png"):
        assert image.stat().st_size < 150_000, image.name


@pytest.mark.parametrize(
    ("shown", "printed", "same"),
    [
        ("overall .42 [.37, .47]", "overall   .43 [.37, .46]", True),
        ("overall .42 [.37, .47]", "overall .52 [.37, .47]", False),
        ("97 effect sizes", "98 effect sizes", False),
        ("I^2 34 %", "I^2 31 %", True),
        ("I^2 34 %", "I^2 54 %", False),
        ("P(> 0) > .999", "P(> 0) < .999", False),
        ("by at most 3.5e-07 (mean)", "by at most 1.1e-07 (mean)", True),
        ("by at most 3.5e-07 (mean)", "by at most 3.5e-05 (mean)", False),
        ("below 1e-05: right", "below 3e-06: right", True),
    ],
)
def test_lines_are_compared_by_words_and_numbers(shown: str, printed: str, same: bool) -> None:
    assert same_line(shown, printed) is same


def test_omitted_lines_are_the_only_ones_that_may_be_missing() -> None:
    printed = ["a", "b", "c", "d"]
    assert first_difference(["a", "…", "c", "d"], printed) == ""
    assert first_difference(["b"], printed) == "b"
    assert first_difference(["a", "c"], printed) != ""
    assert first_difference(["…", "c", "…", "a"], printed) == "a"
