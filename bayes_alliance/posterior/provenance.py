"""Where a posterior came from: engine, versions, seed, time, data and specification."""

from __future__ import annotations

import json
import platform
from dataclasses import asdict, dataclass, field
from functools import cache
from importlib.metadata import PackageNotFoundError, version

__all__ = ["Provenance", "versions"]

LIBRARIES = (
    "bayes-alliance",
    "pymc",
    "pytensor",
    "nutpie",
    "arviz-stats",
    "numpy",
    "scipy",
    "xarray",
)


@dataclass(frozen=True, slots=True)
class Provenance:
    """Where a posterior came from.

    Parameters
    ----------
    engine : str
        Name of the engine.
    seed : int
        Its seed.
    seconds : float
        Wall time of the run, compilation included.
    settings : mapping
        Options of the run (chains, draws, sampler, ...).
    versions : mapping
        Versions of the libraries it rests on, of ``python``, and the ``platform``.
    declined : mapping
        Engines that could not run this design and why.
    """

    engine: str
    seed: int
    seconds: float
    settings: dict[str, str | int | float] = field(default_factory=dict)
    versions: dict[str, str] = field(default_factory=dict)
    declined: dict[str, str] = field(default_factory=dict)

    def to_json(self) -> str:
        """Return the record as JSON text.

        Returns
        -------
        str
            What `from_json` reads.
        """
        return json.dumps(asdict(self), sort_keys=True)

    @classmethod
    def from_json(cls, text: str) -> Provenance:
        """Read what `to_json` wrote.

        Parameters
        ----------
        text : str
            JSON.

        Returns
        -------
        Provenance
            The record.
        """
        return cls(**json.loads(text))


def versions() -> dict[str, str]:
    """Versions of the libraries a posterior rests on, of Python, and the platform.

    Returns
    -------
    dict
        Name to version; a library that is not installed is left out. ``platform`` is the operating
        system and the processor.
    """
    return dict(_installed())


@cache
def _installed() -> tuple[tuple[str, str], ...]:
    """Looked up once: thousands of posteriors of one run rest on the same libraries."""
    found = []
    for library in LIBRARIES:
        try:
            found.append((library, version(library)))
        except PackageNotFoundError:
            continue
    found.append(("python", platform.python_version()))
    found.append(("platform", f"{platform.system()} {platform.machine()}"))
    return tuple(found)
