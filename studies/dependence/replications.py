"""Replications of all cells in several processes, kept in a file from which a run goes on."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from importlib.metadata import version
from multiprocessing import get_context
from pathlib import Path
from typing import Any

from bayes_alliance.posterior.provenance import versions
from studies.dependence.analyse import replicate
from studies.dependence.cells import Cell

__all__ = ["Task", "collect", "key_of", "processors"]

#: Replications of a cell that one task computes; the cells take turns, so that a run that is
#: stopped has about as many of each.
BLOCK = 25


@dataclass(frozen=True, slots=True)
class Task:
    """Replications that one process computes in one go.

    Parameters
    ----------
    seed : int
        Seed of the study.
    cell : Cell
        The setting.
    numbers : tuple of int
        Which replications.
    """

    seed: int
    cell: Cell
    numbers: tuple[int, ...]

    def run(self) -> list[dict[str, Any]]:
        """Compute them.

        Returns
        -------
        list of dict
            One record a replication.
        """
        return [replicate(self.seed, self.cell, number) for number in self.numbers]


def key_of(seed: int) -> dict[str, Any]:
    """What must agree before kept replications are used again.

    Parameters
    ----------
    seed : int
        Seed of the study.

    Returns
    -------
    dict
        Seed and versions.
    """
    return {"seed": seed, "versions": versions() | {"numba": version("numba")}}


def collect(
    cells: Sequence[Cell], replications: int, *, seed: int, kept: Path, processes: int
) -> list[dict[str, Any]]:
    """Compute what is missing and return all replications.

    Parameters
    ----------
    cells : sequence of Cell
        The settings.
    replications : int
        Wanted of each.
    seed : int
        Seed of the study.
    kept : Path
        File of finished replications, one JSON record a line after the key; it is read, and
        written anew where its key is another.
    processes : int
        1: in this process.

    Returns
    -------
    list of dict
        Ordered by cell and number; the same whatever the processes.
    """
    done = _read(kept, key_of(seed))
    tasks = _missing(cells, replications, seed, done)
    total = replications * len(cells)
    count = total - sum(len(task.numbers) for task in tasks)
    print(f"{count} of {total} replications are there", flush=True)
    with kept.open("a", encoding="utf-8") as file:
        for records in _computed(tasks, processes):
            for record in records:
                done[record["cell"], record["replication"]] = record
                file.write(json.dumps(record) + "\n")
            file.flush()
            count += len(records)
            print(f"\r{count} of {total} replications", end="", flush=True)
    print(flush=True)
    return [done[cell.name, number] for cell in cells for number in range(replications)]


def _missing(
    cells: Sequence[Cell], replications: int, seed: int, done: dict[tuple[str, int], Any]
) -> list[Task]:
    tasks = []
    for first in range(0, replications, BLOCK):
        for cell in cells:
            wanted = range(first, min(first + BLOCK, replications))
            numbers = tuple(n for n in wanted if (cell.name, n) not in done)
            if numbers:
                tasks.append(Task(seed, cell, numbers))
    return tasks


def _read(kept: Path, key: dict[str, Any]) -> dict[tuple[str, int], dict[str, Any]]:
    """Finished replications; a file with another key, or none, is begun anew."""
    lines = kept.read_text(encoding="utf-8").splitlines() if kept.is_file() else []
    if not lines or json.loads(lines[0]) != key:
        kept.parent.mkdir(parents=True, exist_ok=True)
        kept.write_text(json.dumps(key) + "\n", encoding="utf-8")
        return {}
    whole = lines[1:]
    try:
        records = [json.loads(line) for line in whole]
    except json.JSONDecodeError:  # a run was stopped while it wrote the last line
        records = [json.loads(line) for line in whole[:-1]]
        kept.write_text("\n".join(lines[:-1]) + "\n", encoding="utf-8")
    return {(record["cell"], record["replication"]): record for record in records}


def _computed(tasks: Sequence[Task], processes: int) -> Iterator[list[dict[str, Any]]]:
    if not tasks:
        return
    if processes == 1:
        yield from map(Task.run, tasks)
        return
    Task(tasks[0].seed, tasks[0].cell, (0,)).run()  # compiles once, for all processes
    # Not forked: that is unsafe beside the threads of BLAS.
    with ProcessPoolExecutor(processes, mp_context=get_context("spawn")) as pool:
        yield from pool.map(Task.run, tasks)


def processors() -> int:
    """Processors of this machine.

    Returns
    -------
    int
        At least 1.
    """
    return os.cpu_count() or 1
