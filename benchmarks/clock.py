"""Timing: the median of many calls, each on data that differ a little from the last ones."""

from __future__ import annotations

import gc
import os
import platform
import sys
import time
from collections.abc import Callable
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import numpy as np

__all__ = ["load", "machine", "milliseconds", "versions_of"]

PACKAGES = ("bayes-alliance", "numpy", "numba", "scipy", "pymc", "nutpie", "pytensor", "arviz")


def milliseconds[T](
    prepare: Callable[[], T], work: Callable[[T], object], *, calls: int, warm_up: int = 2
) -> float:
    """Median duration of `work`; what `prepare` makes anew for every call is not counted.

    Parameters
    ----------
    prepare : callable
        Makes the input of one call.
    work : callable
        What is timed.
    calls, warm_up : int
        Timed calls, and calls before them.

    Returns
    -------
    float
        Milliseconds.
    """
    taken = []
    gc.collect()
    for call in range(calls + warm_up):
        given = prepare()
        began = time.perf_counter()
        work(given)
        if call >= warm_up:
            taken.append(time.perf_counter() - began)
    return 1e3 * float(np.median(taken))


def load() -> float:
    """Processes that wanted a processor during the last minute."""
    return round(os.getloadavg()[0], 2)


def machine() -> dict[str, Any]:
    """Processor, processors, memory and operating system."""
    name = platform.processor() or platform.machine()
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.is_file():
        lines = cpuinfo.read_text(encoding="utf-8").splitlines()
        names = [line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")]
        name = names[0] if names else name
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    return {
        "processor": name,
        "processors": os.cpu_count(),
        "memory_gib": round(memory, 1),
        "system": platform.system(),
        "python": sys.version.split()[0],
        "blas_threads": os.environ.get("OPENBLAS_NUM_THREADS", "default"),
    }


def versions_of(packages: tuple[str, ...] = PACKAGES) -> dict[str, str]:
    """Versions of the packages that are installed."""
    found = {}
    for package in packages:
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            continue
    return found
