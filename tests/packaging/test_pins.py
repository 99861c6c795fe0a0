"""What is installed is what is pinned, and the pins say nothing about the machine."""

from __future__ import annotations

import importlib.util
import re
import tomllib
from pathlib import Path
from types import ModuleType
from typing import Final

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

ROOT: Final = Path(__file__).resolve().parents[2]
PIN: Final = re.compile(r"([a-z0-9]+(?:-[a-z0-9]+)*)==([0-9][0-9a-z.]*)")


def load_script(name: str) -> ModuleType:
    """Import a file of scripts/, which is no package."""
    spec = importlib.util.spec_from_file_location(name, ROOT / "scripts" / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def script() -> ModuleType:
    """The script that writes the pins."""
    return load_script("pin_constraints")


@pytest.fixture(scope="module")
def pins() -> dict[str, str]:
    """Name to version, as constraints.txt has them."""
    lines = (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()
    found = [PIN.fullmatch(line) for line in lines if line and not line.startswith("#")]
    assert None not in found
    return {match[1]: match[2] for match in found if match}


def test_every_line_is_a_comment_or_an_exact_pin(pins: dict[str, str]) -> None:
    text = (ROOT / "constraints.txt").read_text(encoding="utf-8")
    assert re.search(r"://|--|@|\bfile:|\.(?:org|com|io|net)\b", text) is None
    assert len(pins) == len([line for line in text.splitlines() if not line.startswith("#")])


def test_every_declared_dependency_is_pinned_within_its_bounds(
    script: ModuleType, pins: dict[str, str]
) -> None:
    for text in script.declared_requirements():
        requirement = Requirement(text)
        name = canonicalize_name(requirement.name)
        assert name in pins, f"{name} is declared but not pinned; run `make pins`"
        assert requirement.specifier.contains(Version(pins[name])), text


def test_pins_are_the_closure_of_what_is_declared(script: ModuleType, pins: dict[str, str]) -> None:
    needed = script.closure(script.declared_requirements())
    assert sorted(set(needed) - set(pins)) == []
    assert sorted(set(pins) - set(needed)) == []


def test_the_pins_are_what_is_installed(script: ModuleType, pins: dict[str, str]) -> None:
    installed = script.closure(script.declared_requirements())
    assert {name: installed[name] for name in pins if name in installed} == pins


def test_the_pins_render_as_the_file_has_them(script: ModuleType, pins: dict[str, str]) -> None:
    assert script.render(pins) == (ROOT / "constraints.txt").read_text(encoding="utf-8")


def test_arviz_stats_prints_the_limits_it_names() -> None:
    """Releases before 1.3.2 print equal-tailed limits under the name of the densest ones."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    (stats,) = (Requirement(t) for t in project["dependencies"] if t.startswith("arviz-stats"))
    assert not stats.specifier.contains("1.3.1")
    assert stats.specifier.contains("1.3.2")
