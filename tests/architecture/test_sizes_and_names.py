"""A file too long, a function too long or a name that says nothing: the house needs a new room."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest
from source_tree import ROOT, Module, read_modules

MOST_LINES_OF_A_FILE: Final = 400
MOST_LINES_OF_A_FUNCTION: Final = 60
#: "common" only stands alone here: the common-effect model is a term of the field.
VAGUE_WORDS: Final = frozenset({"util", "utils", "helper", "helpers", "misc"})
VAGUE_NAMES: Final = VAGUE_WORDS | {"common"}
#: Put together from pieces, so that this file does not accuse itself.
UNFINISHED: Final = re.compile(
    r"\b(?:"
    + "|".join(("TO" + "DO", "FIX" + "ME", "XX" + "X", "NotImplemented" + "Error"))
    + r")\b"
)
UNCODED_IGNORE: Final = re.compile(r"#\s*type:\s*ignore(?!\[)|#\s*noqa(?!:)")

FunctionNode = ast.FunctionDef | ast.AsyncFunctionDef


def functions_of(tree: ast.Module) -> Iterator[FunctionNode]:
    """Every function, method and nested function."""
    for node in ast.walk(tree):
        if isinstance(node, FunctionNode):
            yield node


def body_lines(function: FunctionNode) -> int:
    """Lines from the first statement after the docstring to the end."""
    statements = function.body
    if ast.get_docstring(function, clean=False) is not None:
        statements = statements[1:]
    return statements[-1].end_lineno - statements[0].lineno + 1 if statements else 0


def size_defects(modules: tuple[Module, ...]) -> Iterator[str]:
    """Files and functions above their measure."""
    for module in modules:
        if module.lines > MOST_LINES_OF_A_FILE:
            yield f"{module.path.name}: {module.lines} lines"
        for function in functions_of(module.tree):
            if (lines := body_lines(function)) > MOST_LINES_OF_A_FUNCTION:
                yield f"{module.path.name}:{function.lineno} {function.name}: {lines} lines"


def vague_names(modules: tuple[Module, ...]) -> Iterator[str]:
    """Modules and packages whose name does not say what is in them."""
    for module in modules:
        for part in module.name.split("."):
            if part in VAGUE_NAMES or VAGUE_WORDS & set(part.split("_")):
                yield module.name


def branches_on_engine(modules: tuple[Module, ...]) -> Iterator[str]:
    """Comparisons of something called engine with a text, outside the room that chooses one."""
    for module in modules:
        if module.name.split(".")[1:2] == ["engines"]:
            continue
        for node in ast.walk(module.tree):
            sides = (
                [node.left, *node.comparators]
                if isinstance(node, ast.Compare)
                else [node.subject]
                if isinstance(node, ast.Match)
                else []
            )
            if any(_is_engine(side) for side in sides) and not _with_none(node):
                yield f"{module.name}:{node.lineno}"


def _is_engine(node: ast.expr) -> bool:
    if isinstance(node, ast.Attribute):
        return node.attr in {"engine", "engine_name"} or (
            node.attr == "name" and _is_engine(node.value)
        )
    return isinstance(node, ast.Name) and node.id in {"engine", "engine_name"}


def _with_none(node: ast.AST) -> bool:
    return isinstance(node, ast.Compare) and all(
        isinstance(side, ast.Constant) and side.value is None for side in node.comparators
    )


def words_defects(modules: tuple[Module, ...]) -> Iterator[str]:
    """Lines that say the work is unfinished or silence a checker wholesale."""
    for module in modules:
        for number, line in enumerate(module.path.read_text(encoding="utf-8").splitlines(), 1):
            if UNFINISHED.search(line) or UNCODED_IGNORE.search(line):
                yield f"{module.path.name}:{number} {line.strip()}"


def all_sources() -> tuple[Module, ...]:
    """The package, its tests and its scripts."""
    return tuple(
        m for folder in ("bayes_alliance", "tests", "scripts") for m in read_modules(ROOT, folder)
    )


def test_files_and_functions_keep_their_measure() -> None:
    assert list(size_defects(all_sources())) == []


def test_names_say_what_is_there() -> None:
    assert list(vague_names(all_sources())) == []


def test_nobody_asks_which_engine_it_was() -> None:
    assert list(branches_on_engine(read_modules())) == []


def test_nothing_is_left_unfinished() -> None:
    assert list(words_defects(all_sources())) == []


def module_of(text: str, name: str = "bayes_alliance.plots.forest", path: Path = Path()) -> Module:
    """A module that exists only here."""
    return Module(name, path / "made_up.py", ast.parse(text), len(text.splitlines()))


def test_body_lines_leave_out_signature_and_docstring() -> None:
    text = 'def f(\n    a,\n    b,\n):\n    """One.\n\n    Two.\n    """\n    c = a\n    return c\n'
    (function,) = functions_of(ast.parse(text))
    assert body_lines(function) == 2


def test_long_files_and_functions_are_found() -> None:
    body = "    x = 1\n" * 61
    assert len(list(size_defects((module_of(f"def f():\n{body}"),)))) == 1
    assert len(list(size_defects((module_of("x = 1\n" * 401),)))) == 1
    assert list(size_defects((module_of("x = 1\n" * 400),))) == []


@pytest.mark.parametrize("name", ["utils", "common", "plot_helpers", "misc"])
def test_vague_names_are_found(name: str) -> None:
    assert list(vague_names((module_of("", f"bayes_alliance.{name}.forest"),)))


def test_common_effect_is_a_term_of_the_field() -> None:
    assert list(vague_names((module_of("", "bayes_alliance.plots.common_effect"),))) == []


@pytest.mark.parametrize(
    "text",
    [
        "if engine == 'exact':\n    pass",
        "x = posterior.engine.name != 'nuts'",
        "if fit.engine in ('exact', 'nuts'):\n    pass",
        "match engine:\n    case 'exact':\n        pass",
    ],
)
def test_branches_on_engine_are_found(text: str) -> None:
    assert list(branches_on_engine((module_of(text),)))
    assert list(branches_on_engine((module_of(text, "bayes_alliance.engines.choose"),))) == []


def test_asking_whether_an_engine_is_given_is_no_branch() -> None:
    assert list(branches_on_engine((module_of("if engine is None:\n    pass"),))) == []


@pytest.mark.parametrize(
    "line", ["x = 1  # TO" + "DO later", "x = 1  # type: " + "ignore", "x = 1  # no" + "qa"]
)
def test_unfinished_lines_are_found(tmp_path: Path, line: str) -> None:
    (tmp_path / "made_up.py").write_text(line, encoding="utf-8")
    assert list(words_defects((module_of(line, path=tmp_path),)))
