"""Pages of a forest: nothing lost, nothing twice, samples in one piece."""

from __future__ import annotations

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bayes_alliance.plots.forest_layout import ForestLine, forest_blocks, paged


def frames(sizes: list[int], means: int = 1) -> tuple[pd.DataFrame, pd.DataFrame]:
    samples = [f"sample {i}" for i, size in enumerate(sizes) for _ in range(size)]
    return pd.DataFrame({"sample": samples}), pd.DataFrame({"new_lower": [0.1] * means})


def positions(pages: list[list[ForestLine]], *kinds: str) -> list[int]:
    return [line.position for page in pages for line in page if line.kind in kinds]


@given(st.lists(st.integers(1, 12), min_size=1, max_size=30), st.integers(6, 50), st.integers(1, 6))
def test_pages_lose_nothing(sizes: list[int], most_rows: int, means: int) -> None:
    rows, summaries = frames(sizes, means)
    pages = paged(forest_blocks(rows, summaries), most_rows)
    assert positions(pages, "effect", "single") == list(range(sum(sizes)))
    assert positions(pages, "mean") == list(range(means))
    assert positions(pages, "new") == list(range(means))
    assert all(0 < len(page) <= most_rows for page in pages)
    for page in pages:
        assert page[0].kind != "effect"  # no effect without the name of its sample above it
        assert page[-1].kind not in ("heading", "continued", "gap")


@given(st.lists(st.integers(1, 8), min_size=1, max_size=30), st.integers(12, 50))
def test_samples_are_not_divided(sizes: list[int], most_rows: int) -> None:
    rows, summaries = frames(sizes)
    pages = paged(forest_blocks(rows, summaries), most_rows)
    assert not positions(pages, "continued")
    pages_of = [
        {number for number, page in enumerate(pages) for line in page
         if line.kind in ("effect", "single") and rows["sample"][line.position] == sample}
        for sample in rows["sample"].unique()
    ]  # fmt: skip
    assert all(len(found) == 1 for found in pages_of)


def test_means_have_company() -> None:
    pages = paged(forest_blocks(*frames([3] * 11, means=1)), 45)
    assert [len(page) for page in pages] == [40, 8]
    means = ["gap", "mean", "density", "new"]
    assert [line.kind for line in pages[-1]] == ["heading", *["effect"] * 3, *means]


def test_a_sample_longer_than_a_page_goes_on_under_its_name() -> None:
    pages = paged(forest_blocks(*frames([23])), 10)
    assert [page[0].kind for page in pages] == ["heading", "continued", "continued"]
    assert positions(pages, "effect") == list(range(23))


@pytest.mark.parametrize(("sizes", "kinds"), [([1], ["single"]), ([2], ["heading", "effect"])])
def test_a_sample_with_one_effect_needs_one_line(sizes: list[int], kinds: list[str]) -> None:
    (block, means) = forest_blocks(*frames(sizes))
    assert [line.kind for line in block][:2] == kinds
    assert [line.kind for line in means] == ["gap", "mean", "density", "new"]
