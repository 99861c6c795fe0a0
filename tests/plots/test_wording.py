"""Text on figures."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from matplotlib.text import Text

from bayes_alliance.plots.wording import (
    escape,
    interval_text,
    number_text,
    shorten,
    text_width,
    wrap,
)

LETTERS = st.text(st.characters(min_codepoint=32, max_codepoint=0x24F, exclude_categories=["C"]))


@given(LETTERS)
def test_escaped_text_is_never_a_formula(text: str) -> None:
    seen, as_formula = Text()._preprocess_math(escape(text))
    assert not as_formula
    assert seen == " ".join(text.split())


@pytest.mark.parametrize(
    ("value", "is_r", "expected"),
    [(0.208, True, ".21"), (-0.004, True, ".00"), (-0.2, True, "−.20"), (1.0, True, "1.00"),
     (0.2, False, "0.20"), (-12.345, False, "−12.35"), (float("nan"), True, "")],
)  # fmt: skip
def test_numbers_are_written_as_journals_do(value: float, is_r: bool, expected: str) -> None:
    assert number_text(value, is_r=is_r) == expected


def test_intervals() -> None:
    assert interval_text(0.21, 0.16, 0.26, is_r=True) == ".21 [.16, .26]"
    assert interval_text(float("nan"), -0.1, 0.4, is_r=True) == "[−.10, .40]"


@given(LETTERS, st.floats(0.3, 3))
def test_shortened_text_fits_and_is_a_beginning(text: str, width: float) -> None:
    short = shorten(text, width)
    assert text_width(short) <= width + 1e-6
    assert " ".join(text.split()).startswith(short.removesuffix("…"))


def test_what_fits_is_left_alone() -> None:
    assert shorten("Author 2020", text_width("Author 2020")) == "Author 2020"


@given(st.lists(st.text("abcdefg_$", min_size=1, max_size=12), max_size=20))
def test_wrapped_lines_fit_and_keep_every_word(words: list[str]) -> None:
    lines = wrap(" ".join(words), 1.2)
    assert " ".join(lines).split() == words
    assert all(text_width(line) <= 1.2 + 1e-6 for line in lines)
