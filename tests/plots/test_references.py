"""Benchmarks are written in figures with the digits of tables and texts."""

from bayes_alliance.plots.references import published_text
from bayes_alliance.report.numbers import published


def test_published_numbers_keep_their_digits() -> None:
    assert published_text(0.278, 0.256, 0.299) == ".278 [.256, .299]"
    assert published_text(0.25, 0.19, 0.31) == ".25 [.19, .31]"
    for value in (0.21, 0.278, 0.5):
        assert published_text(value) == published(value)
