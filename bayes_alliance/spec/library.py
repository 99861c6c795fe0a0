"""The model library: TOML files that travel with the package, and files of the user's own."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from difflib import get_close_matches
from importlib.resources import files
from pathlib import Path
from typing import Any

from bayes_alliance.errors import InputError, Problem
from bayes_alliance.spec.specification import Specification
from bayes_alliance.spec.written import MOST_DOTS_OF_A_LINE

__all__ = ["ModelInfo", "models", "read_specification", "read_tables"]

LARGEST_FILE = 1_000_000


@dataclass(frozen=True, slots=True)
class ModelInfo:
    """One entry of the model library.

    Parameters
    ----------
    name : str
        What ``--model`` takes.
    title, question, teaches : str
        From the file's ``[about]``.
    file : str
        Name of the TOML file.
    """

    name: str
    title: str
    question: str
    teaches: str
    file: str


def _folder() -> Path:
    """Where the models are: inside an installed package, or beside it in a checkout."""
    package = Path(str(files("bayes_alliance")))
    inside = package / "models"
    return inside if inside.is_dir() else package.parent / "models"


def models() -> tuple[ModelInfo, ...]:
    """List the models that come with the package, aliases included.

    Returns
    -------
    tuple of ModelInfo
        Sorted by file; the aliases of a parametrised file follow it.

    Examples
    --------
    >>> import bayes_alliance as ba
    >>> "subscales" in [model.name for model in ba.models()]
    True
    """
    return tuple(_entries())


def _entries() -> Iterator[ModelInfo]:
    for path in sorted(_folder().glob("*.toml")):
        spec = _read(path)
        about = spec.about
        yield ModelInfo(path.stem, about.title, about.question, about.teaches, path.name)
        for alias, entry in spec.aliases.items():
            title = f"{about.title}: {entry.moderator}"
            yield ModelInfo(alias, title, entry.question, about.teaches, path.name)


def read_specification(name: str | Path) -> Specification:
    """Read a specification by the name of a bundled model, an alias, or the path of a file.

    Parameters
    ----------
    name : str or Path
        For example ``"subscales"``, ``"moderator_year"`` or ``"my_model.toml"``.

    Returns
    -------
    Specification
        The checked specification.

    Raises
    ------
    InputError
        If there is no such model or file, or something in it is wrong.
    """
    bundled = {path.stem: path for path in _folder().glob("*.toml")}
    if str(name) in bundled:
        return _read(bundled[str(name)])
    for _, path in sorted(bundled.items()) if not str(name).endswith(".toml") else ():
        spec = _read(path)
        if str(name) in spec.aliases:
            alias = spec.aliases[str(name)]
            filled = spec.with_moderator(alias.moderator, unit=alias.unit)
            return filled.model_copy(update={"name": str(name)})
    path = Path(name)
    if path.suffix == ".toml":
        return _read(path)
    known = [entry.name for entry in models()]
    near = get_close_matches(str(name), known, n=1)
    hint = f"Did you mean {near[0]!r}? " if near else ""
    raise InputError(
        Problem(
            what=f"there is no model {str(name)[:200]!r}",
            cure=f"{hint}Bundled models: {', '.join(known)}; or give the path of a .toml file",
            code="unknown_model",
        )
    )


def _read(path: Path) -> Specification:
    return Specification.from_dict({"name": path.stem, **read_tables(path)}, where=path.name)


def read_tables(path: Path) -> dict[str, Any]:
    """Read the nested tables of a declarative TOML file.

    Parameters
    ----------
    path : Path
        The file.

    Returns
    -------
    dict
        Its tables, not yet checked.

    Raises
    ------
    InputError
        If it cannot be read, is far too large or is no TOML.
    """
    where = path.name
    try:
        with path.open("rb") as opened:
            raw = opened.read(LARGEST_FILE + 1)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        problem = Problem(what=f"the file cannot be read ({reason})", where=str(path)[:200],
                          cure="Check the path", code="unreadable_model")  # fmt: skip
        raise InputError(problem) from None
    try:
        if len(raw) > LARGEST_FILE:
            raise ValueError(f"the file has over {LARGEST_FILE:,} bytes; a specification has few")
        text = raw.decode("utf-8")
        if any(line.count(".") > MOST_DOTS_OF_A_LINE for line in text.splitlines()):
            raise ValueError("a line is nested far too deep")
        return tomllib.loads(text)
    except (ValueError, RecursionError) as error:
        problem = Problem(what=f"not a TOML file: {error}", where=where, code="bad_toml",
                          cure="Compare it with a file in models/")  # fmt: skip
        raise InputError(problem) from None
