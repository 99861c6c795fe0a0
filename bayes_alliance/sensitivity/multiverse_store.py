"""A folder in which finished specifications of a multiverse are kept while it goes on.

Every finished chunk is a file of its own, written under another name, brought to disk and then
renamed: a run that is killed at any moment leaves whole chunks and nothing else. The hashes of
everything that the numbers depend on stand in ``multiverse.json``.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Sequence
from pathlib import Path

from bayes_alliance.errors import InputError, Problem
from bayes_alliance.sensitivity.multiverse_answers import Answer
from bayes_alliance.sensitivity.multiverse_plan import Plan

__all__ = ["Store"]

HEAD, CHUNKS, HALF = "multiverse.json", "chunks", ".partial"
WHAT = {
    "data": "another table",
    "model": "another specification",
    "grid": "another grid of choices",
    "benchmarks": "other benchmarks or another topic",
    "probability": "another probability of intervals",
    "program": "other versions of the program or its libraries",
}


class Store:
    """Finished specifications of one plan in a folder.

    Parameters
    ----------
    folder : Path
        Made if it is not there; else it must be one of the same plan.
    plan : Plan
        The multiverse.

    Raises
    ------
    InputError
        If the folder holds something else, or cannot be written.
    """

    def __init__(self, folder: Path, plan: Plan) -> None:
        self.folder, self.size = folder, plan.size
        try:
            if folder.is_dir() and any(folder.iterdir()):
                _refuse_another(folder, plan.key)
            (folder / CHUNKS).mkdir(parents=True, exist_ok=True)
            for half in (folder / CHUNKS).glob(f"*{HALF}"):
                half.unlink()
            if not (folder / HEAD).is_file():
                _write(folder / HEAD, json.dumps({"what": "multiverse", **plan.key}, indent=1))
        except OSError as error:
            raise _unwritable(folder, error) from None

    def finished(self) -> dict[int, Answer]:
        """Read what is finished.

        Returns
        -------
        dict of int to dict
            Answers by number of the specification. A file that is damaged is removed, so that its
            specifications are computed again.
        """
        found: dict[int, Answer] = {}
        for path in sorted((self.folder / CHUNKS).glob("*.jsonl")):
            try:
                rows = [json.loads(line) for line in path.read_text("utf-8").splitlines()]
                numbers = {int(row["specification"]): row for row in rows}
            except (ValueError, KeyError, TypeError):
                path.unlink()
                continue
            found.update(numbers)
        return {number: row for number, row in found.items() if 0 <= number < self.size}

    def keep(self, rows: Sequence[Answer]) -> None:
        """Write a finished chunk; it is there as a whole or not at all.

        Parameters
        ----------
        rows : sequence of dict
            From `run_chunk`.

        Raises
        ------
        InputError
            If it cannot be written.
        """
        numbers = json.dumps([row["specification"] for row in rows])
        name = hashlib.sha256(numbers.encode()).hexdigest()[:24]
        text = "".join(json.dumps(row, allow_nan=False) + "\n" for row in rows)
        try:
            _write(self.folder / CHUNKS / f"{name}.jsonl", text)
        except OSError as error:
            raise _unwritable(self.folder, error) from None


def _write(path: Path, text: str) -> None:
    half = path.with_name(f"{path.name}.{os.getpid()}{HALF}")
    with half.open("w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    half.replace(path)


def _refuse_another(folder: Path, key: dict[str, str]) -> None:
    """Refuse a folder that is not one of this plan."""
    cure = "Name another folder, or remove this one if its results are no longer wanted"
    if not (folder / HEAD).is_file():
        others = sorted(entry.name for entry in folder.iterdir())
        if all(name == CHUNKS or name.endswith(HALF) for name in others):
            return  # killed before its head was there
        raise InputError(
            Problem(what=f"the folder holds other files ({', '.join(others[:3])})",
                    where=str(folder), cure=cure, code="folder_full")
        )  # fmt: skip
    try:
        kept = json.loads((folder / HEAD).read_text("utf-8"))
        differing = [words for name, words in WHAT.items() if kept.get(name) != key[name]]
    except (ValueError, AttributeError):
        differing = ["something that is no multiverse"]
    if differing:
        raise InputError(
            Problem(
                what=f"the folder keeps a multiverse of {' and '.join(differing)}",
                where=str(folder),
                cure=cure,
                code="another_multiverse",
            )
        )


def _unwritable(folder: Path, error: OSError) -> InputError:
    return InputError(
        Problem(
            what=f"finished work cannot be kept ({error.strerror or error})",
            where=str(folder),
            cure="Check the folder's permissions and the free space, or name another folder",
            code="unwritable",
        )
    )
