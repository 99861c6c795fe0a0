"""Which line of a forest stands where, and on which page."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import pandas as pd

__all__ = ["ForestLine", "forest_blocks", "paged"]


@dataclass(frozen=True, slots=True)
class ForestLine:
    """One line of a forest.

    Parameters
    ----------
    kind : {"heading", "continued", "effect", "single", "gap", "mean", "density", "new"}
        A sample's name above its effects (or above their continuation), an effect under such a
        heading, a row that is its sample's only one, free space, a mean, room for the density of a
        prediction, the prediction.
    position : int
        Row of the frame it stands for (of the means for the last three; -1 for free space).
    """

    kind: Literal["heading", "continued", "effect", "single", "gap", "mean", "density", "new"]
    position: int


def forest_blocks(rows: pd.DataFrame, means: pd.DataFrame) -> list[list[ForestLine]]:
    """Lines that belong together: a block for each sample, one for each mean.

    Parameters
    ----------
    rows : pandas.DataFrame
        Rows of the forest with ``sample``, samples together.
    means : pandas.DataFrame
        Means with ``new_lower``, NaN where there is no prediction.

    Returns
    -------
    list of list of ForestLine
        From top to bottom; every row and every mean exactly once.
    """
    blocks: list[list[ForestLine]] = []
    samples = rows["sample"].to_numpy()
    start = 0
    for stop in range(1, len(samples) + 1):
        if stop < len(samples) and samples[stop] == samples[start]:
            continue
        if stop - start == 1:
            blocks.append([ForestLine("single", start)])
        else:
            effects = [ForestLine("effect", position) for position in range(start, stop)]
            blocks.append([ForestLine("heading", start), *effects])
        start = stop
    for position, predicted in enumerate(means["new_lower"].notna()):
        block = [ForestLine("mean", position)]
        if predicted:
            block += [ForestLine("density", position), ForestLine("new", position)]
        blocks.append([ForestLine("gap", -1), *block] if position == 0 else block)
    return blocks


def paged(blocks: Sequence[Sequence[ForestLine]], most_rows: int) -> list[list[ForestLine]]:
    """Fill pages with blocks.

    Parameters
    ----------
    blocks : sequence of sequence of ForestLine
        What `forest_blocks` returned.
    most_rows : int
        Lines a page.

    Returns
    -------
    list of list of ForestLine
        A page each; a block is divided only if it is longer than a page, and its heading is then
        repeated. The means do not stand alone on the last page if a sample fits above them.
    """
    pages: list[list[ForestLine]] = [[]]
    for block in _with_company(blocks, most_rows):
        if pages[-1] and len(pages[-1]) + len(block) > most_rows:
            pages.append([])
        for part in _divided(block, most_rows):
            if len(pages[-1]) + len(part) > most_rows:
                pages.append([])
            pages[-1] += part
    return [page[1:] if page[0].kind == "gap" else page for page in pages]


def _with_company(blocks: Sequence[Sequence[ForestLine]], most_rows: int) -> list[list[ForestLine]]:
    """Join the last sample to the means, where one page holds them."""
    samples = [list(block) for block in blocks if block[-1].kind in ("effect", "single")]
    means = [list(block) for block in blocks if block[-1].kind in ("mean", "new")]
    end = [line for block in (samples[-1:] + means) for line in block]
    if len(end) > most_rows:
        return samples + means
    return [*samples[:-1], end]


def _divided(block: list[ForestLine], most_rows: int) -> list[list[ForestLine]]:
    if len(block) <= most_rows or block[0].kind != "heading":
        return [block]
    again = ForestLine("continued", block[0].position)
    effects = block[1:]
    room = max(1, most_rows - 1)
    parts = [effects[i : i + room] for i in range(0, len(effects), room)]
    return [[block[0] if i == 0 else again, *part] for i, part in enumerate(parts)]
