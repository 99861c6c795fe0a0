"""Every example of a docstring does what it shows."""

from __future__ import annotations

import ast
import doctest
import importlib
import pkgutil
from pathlib import Path
from types import ModuleType
from typing import Final

import pytest

import bayes_alliance

#: Run as scripts when imported.
SCRIPTS: Final = ("bayes_alliance.__main__", "bayes_alliance.cli.__main__")
MODULES: Final = tuple(
    info.name
    for info in pkgutil.walk_packages(bayes_alliance.__path__, "bayes_alliance.")
    if info.name not in SCRIPTS
)


def has_examples(name: str) -> bool:
    """Whether the source shows a prompt; only such modules are imported (PyMC is slow)."""
    spec = importlib.util.find_spec(name)
    return bool(spec and spec.origin and ">>> " in Path(spec.origin).read_text(encoding="utf-8"))


WITH_EXAMPLES: Final = ("bayes_alliance", *filter(has_examples, MODULES))


def examples_of(module: ModuleType) -> list[doctest.DocTest]:
    finder = doctest.DocTestFinder(exclude_empty=True)
    return [test for test in finder.find(module, module.__name__) if test.examples]


@pytest.mark.parametrize("name", WITH_EXAMPLES)
def test_the_examples_of_a_module(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    tests = examples_of(importlib.import_module(name))
    assert tests
    runner = doctest.DocTestRunner(optionflags=doctest.ELLIPSIS)
    told: list[str] = []
    for test in tests:
        runner.run(test, out=told.append)
    assert runner.failures == 0, "".join(told)
    assert runner.tries > 0


def test_no_example_is_passed_over() -> None:
    mark = "+" + "SKIP"
    for name in WITH_EXAMPLES:
        spec = importlib.util.find_spec(name)
        assert spec is not None
        assert spec.origin is not None
        assert mark not in Path(spec.origin).read_text(encoding="utf-8"), name


def test_the_main_entries_have_examples() -> None:
    """The names a reader meets first show how they are used."""
    for name in ("Prior", "Specification", "fit", "models", "read_effects", "load", "datasets",
                 "check_data"):  # fmt: skip
        shown = getattr(bayes_alliance, name).__doc__
        assert ">>> " in shown, name


def test_every_public_name_is_there_and_described() -> None:
    tree = ast.parse(Path(bayes_alliance.__file__).read_text(encoding="utf-8"))
    assert ast.get_docstring(tree)
    for name in bayes_alliance.__all__:
        if name != "__version__":
            assert getattr(bayes_alliance, name).__doc__, name
    assert set(dir(bayes_alliance)) >= set(bayes_alliance.__all__)
    with pytest.raises(AttributeError, match="no_such_name"):
        _ = bayes_alliance.no_such_name  # type: ignore[attr-defined]
