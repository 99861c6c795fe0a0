"""The package as its source text says it is: modules, and what each imports wherever it does so."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).resolve().parents[2]
PACKAGE: Final = "bayes_alliance"


@dataclass(frozen=True, slots=True)
class Module:
    """One source file: dotted name, path, parsed tree, number of lines."""

    name: str
    path: Path
    tree: ast.Module
    lines: int


@dataclass(frozen=True, slots=True)
class Import:
    """One import: the dotted name it asks for, the line, and the leading dots if relative."""

    target: str
    line: int
    level: int = 0


def read_modules(root: Path = ROOT, package: str = PACKAGE) -> tuple[Module, ...]:
    """Parse every file of a package."""
    modules = []
    for path in sorted((root / package).rglob("*.py")):
        parts = path.relative_to(root).with_suffix("").parts
        name = ".".join(parts[:-1] if parts[-1] == "__init__" else parts)
        text = path.read_text(encoding="utf-8")
        modules.append(Module(name, path, ast.parse(text, str(path)), len(text.splitlines())))
    return tuple(modules)


def imports_of(module: Module) -> Iterator[Import]:
    """Imports anywhere in a file: at the top, inside functions, under TYPE_CHECKING, by name.

    ``from a import b`` is reported as ``a.b``; whether b is a module or a name is for the reader.
    """
    for node in ast.walk(module.tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield Import(alias.name, node.lineno)
        elif isinstance(node, ast.ImportFrom):
            for alias in node.names:
                yield Import(f"{node.module or ''}.{alias.name}", node.lineno, node.level)
        elif isinstance(node, ast.Call) and (name := _imported_by_call(node)):
            yield Import(name, node.lineno)


def _imported_by_call(call: ast.Call) -> str:
    """The dotted name in ``import_module("a.b")`` or ``__import__("a.b")``, else nothing."""
    function = call.func
    called = function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")
    if called not in {"import_module", "__import__"} or not call.args:
        return ""
    first = call.args[0]
    return first.value if isinstance(first, ast.Constant) and isinstance(first.value, str) else ""


def imported_modules(
    module: Module, known: frozenset[str], package: str = PACKAGE
) -> Iterator[tuple[str, int]]:
    """Modules of the package that a file imports, each with its line.

    The longest known prefix counts: ``a.b.c`` is module ``a.b.c`` if there is one, else name ``c``
    of module ``a.b``.
    """
    for found in imports_of(module):
        if found.level or found.target.split(".")[0] != package:
            continue
        name = found.target
        while name not in known and "." in name:
            name = name.rpartition(".")[0]
        yield name, found.line
