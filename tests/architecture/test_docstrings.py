"""Every public name says what it is, and what goes in and comes out."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from typing import Final

import pytest
from source_tree import PACKAGE, Module, read_modules

FunctionNode = ast.FunctionDef | ast.AsyncFunctionDef

#: The docstring of a command is the help that a user reads; its options describe themselves.
HELP_TEXTS: Final = f"{PACKAGE}.cli"
#: A function that is wrapped into something else is documented where that is documented.
DOCUMENTED_ELSEWHERE: Final = frozenset({"overload", "override", "setter", "deleter"})
#: Read like attributes, described like attributes; validators are called by pydantic alone.
ATTRIBUTE_LIKE: Final = frozenset(
    {"property", "cached_property", "field_validator", "model_validator", "field_serializer"}
)
NOTHING_RETURNED: Final = frozenset({"", "None", "NoReturn", "Never"})


def docstring_defects(modules: tuple[Module, ...]) -> Iterator[str]:
    """Public modules, classes, functions and methods whose docstring is missing or incomplete."""
    for module in modules:
        if any(part.startswith("_") for part in module.name.split(".")):
            continue
        if not ast.get_docstring(module.tree):
            yield f"{module.name}: no docstring"
        sections = not (module.name + ".").startswith(HELP_TEXTS + ".")
        yield from _defects_of(module.tree, module.name, sections)


def _defects_of(parent: ast.Module | ast.ClassDef, name: str, sections: bool) -> Iterator[str]:
    for node in parent.body:
        if not isinstance(node, FunctionNode | ast.ClassDef) or node.name.startswith("_"):
            continue
        here = f"{name}:{node.lineno} {node.name}"
        if isinstance(node, ast.ClassDef):
            yield from _defects_of_class(node, here, sections)
            yield from _defects_of(node, f"{name}.{node.name}", sections)
        elif not _decorators(node) & DOCUMENTED_ELSEWHERE:
            yield from _defects_of_function(node, here, sections, isinstance(parent, ast.ClassDef))


def _defects_of_class(node: ast.ClassDef, here: str, sections: bool) -> Iterator[str]:
    text = ast.get_docstring(node)
    if not text:
        yield f"{here}: no docstring"
    elif sections and "dataclass" in _decorators(node):
        fields = [
            item.target.id
            for item in node.body
            if isinstance(item, ast.AnnAssign)
            and isinstance(item.target, ast.Name)
            and not item.target.id.startswith("_")
            and "ClassVar" not in ast.unparse(item.annotation)
        ]
        yield from _undescribed(fields, _section(text, "(?:Parameters|Attributes)"), here)


def _defects_of_function(
    node: FunctionNode, here: str, sections: bool, method: bool
) -> Iterator[str]:
    text = ast.get_docstring(node)
    decorators = _decorators(node)
    if not text:
        yield f"{here}: no docstring"
        return
    if not sections or decorators & ATTRIBUTE_LIKE:
        return
    bound = method and "staticmethod" not in decorators
    yield from _undescribed(_parameters(node, bound), _section(text, "Parameters"), here)
    returned = ast.unparse(node.returns) if node.returns else ""
    if returned.strip("'\"") not in NOTHING_RETURNED and not _section(text, "(?:Returns|Yields)"):
        yield f"{here}: no section Returns or Yields"


def _undescribed(names: list[str], described: str, here: str) -> Iterator[str]:
    heads = " ".join(re.findall(r"^\*{0,2}\w.*?$", described, flags=re.MULTILINE))
    missing = [name for name in names if not re.search(rf"\b{re.escape(name)}\b", heads)]
    if missing:
        yield f"{here}: Parameters does not describe {', '.join(missing)}"


def _section(text: str, title: str) -> str:
    """Text under a numpydoc title, up to the next title."""
    pattern = rf"^{title}\n-{{3,}}\n(.*?)(?=^\w[\w ]*\n-{{3,}}\n|\Z)"
    found = re.search(pattern, text + "\n", flags=re.MULTILINE | re.DOTALL)
    return found.group(1) if found else ""


def _parameters(node: FunctionNode, bound: bool) -> list[str]:
    arguments = node.args
    named = [*arguments.posonlyargs, *arguments.args]
    gathered = [extra for extra in (arguments.vararg, arguments.kwarg) if extra]
    everything = [*(named[1:] if bound else named), *arguments.kwonlyargs, *gathered]
    return [argument.arg for argument in everything if not argument.arg.startswith("_")]


def _decorators(node: FunctionNode | ast.ClassDef) -> frozenset[str]:
    """Last names of the decorators: ``@functools.cached_property`` is ``cached_property``."""
    names = []
    for decorator in node.decorator_list:
        target = decorator.func if isinstance(decorator, ast.Call) else decorator
        names.append(target.attr if isinstance(target, ast.Attribute) else ast.unparse(target))
    return frozenset(names)


def test_every_public_name_is_described() -> None:
    assert list(docstring_defects(read_modules())) == []


def defects(text: str, name: str = "bayes_alliance.plots.forest") -> list[str]:
    """Defects of a module that exists only here."""
    tree = ast.parse('"""A module."""\n' + text)
    module = read_modules()[0]
    return list(docstring_defects((Module(name, module.path, tree, 1),)))


COMPLETE: Final = '''
def f(a, *, b: int = 1) -> int:
    """Add.

    Parameters
    ----------
    a : float
        One.
    b
        Other.

    Returns
    -------
    int
        Sum.
    """
'''


def test_a_complete_docstring_is_enough() -> None:
    assert defects(COMPLETE) == []


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("def f(): pass", "no docstring"),
        ("class A: pass", "no docstring"),
        ("class A:\n    'A.'\n    def f(self): pass", "no docstring"),
        ("def f(a) -> None:\n    'Do.'", "does not describe a"),
        ("def f() -> int:\n    'Do.'", "no section Returns"),
        (COMPLETE.replace("    b\n        Other.\n", ""), "does not describe b"),
        (COMPLETE.replace("    b\n", "    bb\n"), "does not describe b"),
        ("@dataclass(frozen=True)\nclass A:\n    'A.'\n    a: int", "does not describe a"),
    ],
)
def test_incomplete_docstrings_are_found(text: str, expected: str) -> None:
    (defect,) = defects(text)
    assert expected in defect


@pytest.mark.parametrize(
    "text",
    [
        "def _f(a): pass",
        "class A:\n    'A.'\n    def __init__(self, a): pass",
        "class A:\n    'A.'\n    @property\n    def f(self) -> int:\n        'What it is.'",
        "class A:\n    'A.'\n    @override\n    def f(self) -> int: ...",
    ],
)
def test_what_needs_no_sections(text: str) -> None:
    assert defects(text) == []


def test_commands_are_described_by_their_options() -> None:
    text = "def fit(data: str) -> int:\n    'Fit a model.'"
    assert defects(text, "bayes_alliance.cli.fit") == []
    assert len(defects(text, "bayes_alliance.cli_text")) == 2
