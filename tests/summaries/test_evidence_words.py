"""Bayes factors in words and as probabilities."""

from __future__ import annotations

import math

import pytest

from bayes_alliance.summaries.evidence import BayesFactor, evidence_words


@pytest.mark.parametrize(
    ("bf", "told"),
    [
        (2.99, "the data cannot tell H from N"),
        (1 / 2.99, "the data cannot tell H from N"),
        (3.01, "moderate evidence for H"),
        (1 / 3.01, "moderate evidence for N"),
        (10.1, "strong evidence for H"),
        (1 / 30.1, "very strong evidence for N"),
        (1e6, "extreme evidence for H"),
    ],
)
def test_grades(bf: float, told: str) -> None:
    assert evidence_words(math.log(bf), hypothesis="H", null="N") == told


def test_odds_and_probabilities() -> None:
    found = BayesFactor("H", "N", math.log(4.0), prior_odds=0.5)
    assert (found.bf10, found.bf01) == pytest.approx((4.0, 0.25))
    assert found.posterior_probability == pytest.approx(2 / 3)
    assert BayesFactor("H", "N", 800.0).bf10 == math.inf
    assert BayesFactor("H", "N", -800.0).bf01 == math.inf
    assert BayesFactor("H", "N", -800.0).posterior_probability == pytest.approx(0.0)
