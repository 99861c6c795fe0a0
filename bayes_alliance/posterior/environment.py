"""What a result was computed on: versions, platform, linear algebra."""

from __future__ import annotations

import os
import platform
from collections.abc import Iterator, Mapping
from importlib.metadata import PackageNotFoundError, version
from typing import Any, Final

__all__ = ["environment", "environment_differences"]

#: What the package asks for, and what of their needs touches numbers or files.
PACKAGES: Final = (
    "bayes-alliance",
    "arviz-base",
    "arviz-plots",
    "arviz-stats",
    "h5netcdf",
    "h5py",
    "jinja2",
    "joblib",
    "llvmlite",
    "markupsafe",
    "matplotlib",
    "numba",
    "numpy",
    "nutpie",
    "pandas",
    "pydantic",
    "pymc",
    "pyreadstat",
    "pytensor",
    "python-calamine",
    "python-docx",
    "rich",
    "scipy",
    "threadpoolctl",
    "tomli-w",
    "typer",
    "xarray",
)
#: Variables that say how many threads linear algebra and compiled code take.
THREADS: Final = (
    "OMP_NUM_THREADS",
    "OPENBLAS_NUM_THREADS",
    "MKL_NUM_THREADS",
    "NUMBA_NUM_THREADS",
)
#: Parts on which the last digits of a result depend.
_TELLING: Final = ("python", "platform", "blas")


def environment(command: str = "") -> dict[str, Any]:
    """Describe what this process computes with; no name of a user, a machine or a folder.

    Parameters
    ----------
    command : str
        The command that makes the result, if it is known.

    Returns
    -------
    dict
        command, python, platform, blas, threads, cores, packages.
    """
    from threadpoolctl import threadpool_info

    libc = " ".join(part for part in platform.libc_ver() if part)
    return {
        "command": command,
        "python": f"{platform.python_implementation()} {platform.python_version()}",
        "platform": ", ".join(
            part for part in (platform.system(), platform.machine(), libc) if part
        ),
        "blas": sorted(
            f"{found['internal_api']} {found.get('version') or '?'}, "
            f"{found.get('architecture', '?')}, threads: {found['num_threads']}"
            for found in threadpool_info()
            if found["user_api"] == "blas"
        ),
        "threads": {name: os.environ[name] for name in THREADS if name in os.environ},
        "cores": os.cpu_count(),
        "packages": dict(_installed()),
    }


def _installed() -> Iterator[tuple[str, str]]:
    for package in PACKAGES:
        try:
            yield package, version(package)
        except PackageNotFoundError:
            continue


def environment_differences(stored: Mapping[str, Any], now: Mapping[str, Any]) -> tuple[str, ...]:
    """Tell what differs between two environments and may move the last digits of a result.

    Parameters
    ----------
    stored, now : mapping
        What `environment` returned then and now; processor cores and the command do not count.

    Returns
    -------
    tuple of str
        One phrase a difference, for example ``"numpy 2.4.1, now 2.5.5"``.
    """
    told = [
        f"{name}: {_words(stored.get(name))}, now {_words(now.get(name))}"
        for name in _TELLING
        if stored.get(name) != now.get(name)
    ]
    then, present = stored.get("packages"), now.get("packages")
    before = dict(then) if isinstance(then, Mapping) else {}
    after = dict(present) if isinstance(present, Mapping) else {}
    told += [
        f"{name} {before.get(name, 'not installed')}, now {after.get(name, 'not installed')}"
        for name in dict.fromkeys((*before, *after))
        if before.get(name) != after.get(name)
    ]
    return tuple(told)


def _words(value: object) -> str:
    if isinstance(value, list | tuple):
        return "; ".join(map(str, value)) or "none"
    return "not told" if value is None else str(value)
