"""A correction that makes a mean larger is told as such."""

from __future__ import annotations

import pytest

from bayes_alliance.report.corrections import away_from_zero


@pytest.mark.parametrize(
    ("before", "after", "told"),
    [(0.27, 0.37, True), (-0.2, -0.3, True), (0.27, 0.2, False), (0.27, 0.272, False),
     (0.1, -0.3, False)],
)  # fmt: skip
def test_only_a_move_away_from_zero_is_told(before: float, after: float, told: bool) -> None:
    assert ("away from 0" in away_from_zero(before, after)) is told
