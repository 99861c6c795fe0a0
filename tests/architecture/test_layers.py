"""Imports only go down, neighbours do not know one another, and nothing goes in circles."""

from __future__ import annotations

import sys
import tomllib
from collections.abc import Iterator, Mapping
from graphlib import CycleError, TopologicalSorter
from importlib.metadata import packages_distributions
from pathlib import Path
from typing import Final

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from source_tree import PACKAGE, ROOT, Module, imported_modules, imports_of, read_modules

#: From the top to the ground. What stands in one row must not import one another.
ROWS: Final = (
    ("__main__",),  # python -m bayes_alliance
    ("cli",),
    ("",),  # the package itself: it hands out names from below
    ("analysis",),
    ("report", "explorer"),
    ("plots",),
    ("checks", "sensitivity"),
    ("engines",),
    ("spec", "summaries"),
    ("data", "posterior"),
    ("algebra",),
    ("names", "errors"),
)
HEIGHT: Final = {room: -row for row, rooms in enumerate(ROWS) for room in rooms}


def room_of(module: str) -> str:
    """First part below the package: ``bayes_alliance.data.readers`` is in room ``data``."""
    return module.split(".")[1] if "." in module else ""


def layer_defects(modules: tuple[Module, ...]) -> Iterator[str]:
    """Every import that does not go down, and every room that has no row."""
    known = frozenset(module.name for module in modules)
    for module in modules:
        here = room_of(module.name)
        if here not in HEIGHT:
            yield f"{module.name}: '{here}' has no row in ROWS"
            continue
        for target, line in imported_modules(module, known):
            there = room_of(target)
            if there == here or there not in HEIGHT:
                continue
            if HEIGHT[there] > HEIGHT[here]:
                yield f"{module.name}:{line} imports upwards: {target}"
            elif HEIGHT[there] == HEIGHT[here]:
                yield f"{module.name}:{line} imports its neighbour: {target}"


def circle(modules: tuple[Module, ...]) -> list[str]:
    """One circle of modules, first and last the same; empty if there is none."""
    known = frozenset(module.name for module in modules)
    graph: Mapping[str, set[str]] = {
        module.name: {name for name, _ in imported_modules(module, known) if name != module.name}
        for module in modules
    }
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        return list(error.args[1])
    return []


def undeclared_imports(modules: tuple[Module, ...], declared: frozenset[str]) -> Iterator[str]:
    """Third-party imports that pyproject.toml does not ask for."""
    owners = packages_distributions()
    for module in modules:
        for found in imports_of(module):
            top = found.target.split(".")[0]
            if found.level or top == PACKAGE or top in sys.stdlib_module_names:
                continue
            names = {canonicalize_name(owner) for owner in owners.get(top, [top])}
            if not names & declared:
                yield f"{module.name}:{found.line} imports {top}, undeclared in pyproject.toml"


def test_imports_only_go_down() -> None:
    assert list(layer_defects(read_modules())) == []


def test_no_circle_of_modules() -> None:
    assert circle(read_modules()) == []


def test_no_relative_import() -> None:
    relative = [
        f"{module.name}:{found.line}"
        for module in read_modules()
        for found in imports_of(module)
        if found.level
    ]
    assert relative == []


def test_third_party_imports_are_declared() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    # Handed in, or asked for a cluster, only where they are installed.
    optional = {"polars", "distributed"}
    declared = {canonicalize_name(Requirement(text).name) for text in project["dependencies"]}
    assert list(undeclared_imports(read_modules(), frozenset(declared | optional))) == []


def write_package(root: Path, files: dict[str, str]) -> tuple[Module, ...]:
    """A small package of the same name, to show that a defect is found."""
    for name, text in files.items():
        path = root / PACKAGE / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        (path.parent / "__init__.py").touch()
    return read_modules(root)


@pytest.mark.parametrize(
    ("path", "text", "expected"),
    [
        ("data/a.py", "from bayes_alliance.engines.b import run", "upwards"),
        ("data/a.py", "import bayes_alliance.engines.b", "upwards"),
        ("data/a.py", "from bayes_alliance.engines import b", "upwards"),
        ("data/a.py", "def f():\n    from bayes_alliance.engines.b import run", "upwards"),
        (
            "data/a.py",
            "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n"
            "    from bayes_alliance.engines.b import run",
            "upwards",
        ),
        ("data/a.py", "import importlib\nimportlib.import_module('bayes_alliance.cli')", "upwards"),
        ("data/a.py", "from bayes_alliance import fit", "upwards"),
        ("data/a.py", "from bayes_alliance.posterior.c import tree", "neighbour"),
        ("names.py", "from bayes_alliance.errors import InputError", "neighbour"),
        ("stuff/a.py", "", "no row"),
    ],
)
def test_defects_of_layers_are_found(tmp_path: Path, path: str, text: str, expected: str) -> None:
    modules = write_package(
        tmp_path,
        {
            "engines/b.py": "run = 1",
            "posterior/c.py": "tree = 1",
            "errors.py": "",
            "cli/d.py": "",
            path: text,
        },
    )
    defects = list(layer_defects(modules))
    assert defects
    assert all(expected in defect for defect in defects)


def test_ways_down_are_free(tmp_path: Path) -> None:
    modules = write_package(
        tmp_path,
        {
            "data/a.py": "from bayes_alliance import errors\nfrom bayes_alliance.data import b",
            "data/b.py": "from bayes_alliance.errors import InputError",
            "errors.py": "",
        },
    )
    assert list(layer_defects(modules)) == []
    assert circle(modules) == []


def test_circles_are_found(tmp_path: Path) -> None:
    modules = write_package(
        tmp_path,
        {
            "data/a.py": "from bayes_alliance.data.b import g",
            "data/b.py": "def g():\n    from bayes_alliance.data import a",
        },
    )
    assert set(circle(modules)) == {"bayes_alliance.data.a", "bayes_alliance.data.b"}


def test_undeclared_imports_are_found(tmp_path: Path) -> None:
    modules = write_package(tmp_path, {"data/a.py": "import json\nimport numpy\nimport nowhere"})
    (defect,) = undeclared_imports(modules, frozenset({"numpy"}))
    assert "nowhere" in defect
