"""Write constraints.txt: the exact version of every package the project needs, and of no other.

The versions are those of the environment that runs this script, so the way to newer pins is to
upgrade an environment, run the tests in it, and then run

    python scripts/pin_constraints.py

Only names and versions are written: no index, no hash, no path. Which index serves them is the
business of the machine that installs.
"""

from __future__ import annotations

import sys
import tomllib
from collections.abc import Iterable, Iterator
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parents[1]
CONSTRAINTS = ROOT / "constraints.txt"
HEAD = """\
# Exact versions of everything the project needs, direct and transitive, on Linux.
# Written by scripts/pin_constraints.py; do not edit by hand.
"""


def declared_requirements(pyproject: Path = ROOT / "pyproject.toml") -> tuple[str, ...]:
    """Everything pyproject.toml asks for: to build, to run and to develop."""
    table = tomllib.loads(pyproject.read_text(encoding="utf-8"))
    project = table["project"]
    extras = project.get("optional-dependencies", {}).values()
    return (
        *table["build-system"]["requires"],
        *project["dependencies"],
        *(requirement for extra in extras for requirement in extra),
    )


def closure(requirements: Iterable[str]) -> dict[str, str]:
    """Versions of the installed packages that the requirements need, directly or not.

    Parameters
    ----------
    requirements : iterable of str
        Requirements as pyproject.toml writes them.

    Returns
    -------
    dict of str to str
        Canonical name to installed version, sorted by name.

    Raises
    ------
    PackageNotFoundError
        If a needed package is not installed: pins can only be read off a complete environment.
    """
    waiting = [Requirement(text) for text in requirements]
    seen: set[tuple[str, tuple[str, ...]]] = set()
    found: dict[str, str] = {}
    while waiting:
        requirement = waiting.pop()
        name = canonicalize_name(requirement.name)
        key = (name, tuple(sorted(requirement.extras)))
        if key in seen:
            continue
        seen.add(key)
        installed = distribution(name)
        found[name] = installed.version
        waiting.extend(_needs(installed.requires or (), requirement.extras))
    return dict(sorted(found.items()))


def _needs(requires: Iterable[str], extras: Iterable[str]) -> Iterator[Requirement]:
    environments = [{"extra": extra} for extra in ("", *extras)]
    for requirement in map(Requirement, requires):
        marker = requirement.marker
        if marker is None or any(marker.evaluate(environment) for environment in environments):
            yield requirement


def render(pins: dict[str, str]) -> str:
    """Lay out the text of constraints.txt."""
    return HEAD + "".join(f"{name}=={version}\n" for name, version in pins.items())


def main() -> int:
    """Write the pins of this environment."""
    try:
        pins = closure(declared_requirements())
    except PackageNotFoundError as error:
        print(f"{error.name} is not installed here; run `make test` once first.", file=sys.stderr)
        return 2
    CONSTRAINTS.write_text(render(pins), encoding="utf-8")
    print(f"{len(pins)} packages pinned in {CONSTRAINTS.name}")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
