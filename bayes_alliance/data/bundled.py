"""The data sets that come with the package: one table and one description each.

A data set is ``bundled/<name>.csv`` beside ``bundled/<name>.toml``, which says what it is for,
where the numbers come from, what every column means, and which columns are the sample, r and n.
"""

from __future__ import annotations

import difflib
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cache
from importlib.resources import as_file, files
from importlib.resources.abc import Traversable
from types import MappingProxyType
from typing import Literal

from bayes_alliance.data.effects import EffectSizes
from bayes_alliance.data.readers import read_effects
from bayes_alliance.errors import InputError, Problem

__all__ = ["DatasetInfo", "datasets", "load"]

#: The data set of the documentation, listed first.
FIRST = "ibi_synthetic"


@dataclass(frozen=True, slots=True)
class DatasetInfo:
    """What a bundled data set is.

    Parameters
    ----------
    name : str
        Name that `load` takes.
    title : str
        What the numbers are about.
    k, samples : int
        Effect sizes and independent samples of the loaded table.
    use : str
        What the data set shows, in one line.
    citation : str
        Where the numbers were published, with the doi.
    licence : str
        Under which terms they stand here.
    notice : str
        A sentence that must be shown with every result ("" if none).
    topic : str
        What the effects are about ("" if it is one of its kind); benchmarks about something else
        are left out.
    synthetic : bool
        Whether the numbers are simulated.
    columns : mapping of str to str
        What each column of the file means.
    """

    name: str
    title: str
    k: int
    samples: int
    use: str
    citation: str
    licence: str
    notice: str
    topic: str
    synthetic: bool
    columns: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class _Description:
    info: DatasetInfo
    mapping: Mapping[str, str]
    missing: Literal["refuse", "drop"]


def _folder() -> Traversable:
    return files("bayes_alliance.data") / "bundled"


@cache
def _descriptions() -> Mapping[str, _Description]:
    found = {}
    for entry in _folder().iterdir():
        if not entry.name.endswith(".toml"):
            continue
        name = entry.name.removesuffix(".toml")
        told = tomllib.loads(entry.read_text(encoding="utf-8"))
        info = DatasetInfo(
            name=name,
            title=told["title"],
            k=told["effects"],
            samples=told["samples"],
            use=told["use"],
            citation=told["citation"],
            licence=told["licence"],
            notice=told["notice"],
            topic=told["topic"],
            synthetic=told.get("synthetic") is True,
            columns=MappingProxyType(told["columns"]),
        )
        missing: Literal["refuse", "drop"] = "drop" if told.get("missing") == "drop" else "refuse"
        found[name] = _Description(info, MappingProxyType(told["mapping"]), missing)
    ordered = sorted(found, key=lambda name: (name != FIRST, name))
    return MappingProxyType({name: found[name] for name in ordered})


def datasets() -> tuple[DatasetInfo, ...]:
    """List the data sets that come with the package.

    Returns
    -------
    tuple of DatasetInfo
        One entry a data set, the one of the documentation first, then by name.

    Examples
    --------
    >>> [info.k for info in datasets() if info.name == "crede2010"]
    [97]
    """
    return tuple(description.info for description in _descriptions().values())


def _unknown(name: str, names: tuple[str, ...]) -> InputError:
    near = difflib.get_close_matches(name.casefold(), names, n=1, cutoff=0.5)
    hint = f'Did you mean "{near[0]}"? ' if near else ""
    return InputError(
        Problem(
            what=f'there is no bundled data set "{name}"',
            cure=f"{hint}The data sets are {', '.join(names)}.",
            code="dataset_unknown",
        )
    )


def load(name: str) -> EffectSizes:
    """Load a bundled data set.

    Parameters
    ----------
    name : str
        One of the names in `datasets`.

    Returns
    -------
    EffectSizes
        The checked table, on Fisher's z where the file has correlations, with its citation and its
        notice.

    Raises
    ------
    InputError
        If there is no data set of that name.

    Examples
    --------
    >>> effects = load("konstantopoulos2011")
    >>> len(effects), len(effects.samples)
    (56, 11)
    """
    described = _descriptions()
    if name not in described:
        raise _unknown(str(name), tuple(described))
    description = described[name]
    with as_file(_folder() / f"{name}.csv") as path:
        effects = read_effects(
            path, columns=dict(description.mapping), missing=description.missing, name=name
        )
    info = description.info
    return replace(
        effects,
        citation=info.citation,
        notice=info.notice,
        topic=info.topic,
        synthetic=info.synthetic,
    )
