"""Every notebook runs from top to bottom, and prints what it was committed with."""

from __future__ import annotations

import base64
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import nbformat
import pytest
from document_blocks import first_difference
from nbclient import NotebookClient

ROOT: Final = Path(__file__).resolve().parents[2]
NOTEBOOKS: Final = sorted((ROOT / "notebooks").glob("*.ipynb"))
MOST_CELLS: Final = 40
WIDEST_LINE: Final = 100
LARGEST_IMAGE: Final = 200_000
#: Folders of a machine, and addresses of objects, which differ from run to run.
PLACE: Final = re.compile(r"(?:^|[\s'\"(=])(?:/(?:home|tmp|usr|var|opt)/|[A-Z]:\\)| at 0x[0-9a-f]+")


def read(path: Path) -> Any:
    """A notebook as it lies on disk."""
    return nbformat.read(path, as_version=4)


def texts_of(cell: Any) -> list[str]:
    """Lines that a cell printed or displayed as text; what a warning prints is not among them."""
    lines: list[str] = []
    for output in cell.get("outputs", ()):
        if output.output_type == "stream" and output.name == "stdout":
            lines += output.text.splitlines()
        elif "image/png" not in output.get("data", {}):
            lines += output.get("data", {}).get("text/plain", "").splitlines()
    return lines


def images_of(notebook: Any) -> Iterator[bytes]:
    """Pictures in a notebook."""
    for cell in notebook.cells:
        for output in cell.get("outputs", ()):
            if "image/png" in output.get("data", {}):
                yield base64.b64decode(output.data["image/png"])


def by_name(path: Path) -> str:
    """How a case is called."""
    return path.stem


def test_there_is_a_quick_start() -> None:
    assert "01_quick_start" in [path.stem for path in NOTEBOOKS]


@pytest.mark.parametrize("path", NOTEBOOKS, ids=by_name)
def test_a_notebook_prints_what_it_was_committed_with(path: Path, tmp_path: Path) -> None:
    committed, fresh = read(path), read(path)
    client = NotebookClient(
        fresh,
        timeout=300,
        kernel_name="python3",
        coalesce_streams=True,  # what is printed may arrive in pieces, also in the middle of a line
        resources={"metadata": {"path": str(tmp_path)}},
    )
    client.execute()
    for number, (before, after) in enumerate(zip(committed.cells, fresh.cells, strict=True), 1):
        missing = first_difference(texts_of(before), texts_of(after))
        assert not missing, f"cell {number} has {missing!r} and prints {texts_of(after)}"
        assert len(texts_of(before)) == len(texts_of(after)), f"cell {number}"
    assert len(list(images_of(committed))) == len(list(images_of(fresh)))


@pytest.mark.parametrize("path", NOTEBOOKS, ids=by_name)
def test_a_notebook_is_short_and_was_run_in_order(path: Path) -> None:
    notebook = read(path)
    assert len(notebook.cells) < MOST_CELLS
    counts = [cell.execution_count for cell in notebook.cells if cell.cell_type == "code"]
    assert counts == list(range(1, len(counts) + 1))


@pytest.mark.parametrize("path", NOTEBOOKS, ids=by_name)
def test_outputs_fit_a_page_and_name_no_machine(path: Path) -> None:
    notebook = read(path)
    outputs = [output for cell in notebook.cells for output in cell.get("outputs", ())]
    assert not [o for o in outputs if o.output_type == "error" or o.get("name") == "stderr"]
    lines = [line for cell in notebook.cells for line in texts_of(cell)]
    assert [line for line in lines if len(line) > WIDEST_LINE] == []
    assert [line for line in lines if PLACE.search(line)] == []
    images = list(images_of(notebook))
    assert images
    assert all(len(image) < LARGEST_IMAGE for image in images)
