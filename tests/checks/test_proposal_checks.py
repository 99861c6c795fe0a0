from __future__ import annotations

import numpy as np
import pytest
import xarray as xr

from bayes_alliance.checks.proposals import checks_of_proposals
from bayes_alliance.posterior.proposals import IMPORTANCE_GROUP, Proposals, proposals_of


def record(k: float, concentration: float, size: int = 4_000) -> Proposals:
    raw = concentration * np.random.default_rng(1).normal(size=size)
    return Proposals(raw - np.log(np.exp(raw).sum()), k, distinct=2_500, rounds=3)


def test_points_that_stand_for_the_posterior_pass_and_say_how_well() -> None:
    found = record(0.31, 0.3)
    results = checks_of_proposals(found)
    assert [r.passed for r in results] == [True] * 3
    assert [r.name for r in results] == [
        "Pareto k of the proposal", "effective points", "error of the log marginal likelihood",
    ]  # fmt: skip
    assert "0.31, at most 0.7" in results[0].text
    # Log-normal weights: the effective share is exp(-sd^2).
    assert found.effective == pytest.approx(4_000 * np.exp(-0.09), rel=0.02)
    assert found.error == pytest.approx(np.sqrt((np.exp(0.09) - 1) / 4_000), rel=0.1)
    assert f"worth {found.effective:.0f} independent draws" in results[1].text
    assert "2500 different points" in results[1].text
    assert found.shortcoming is None


@pytest.mark.parametrize(
    ("k", "concentration", "passed", "told"),
    [
        (0.83, 0.3, [False, True, True], "Pareto k of the weights is 0.83, above 0.7"),
        (np.inf, 0.3, [False, True, True], "above 0.7"),
        (np.nan, 0.3, [False, True, True], "above 0.7"),
        (0.5, 1.9, [True, False, False], "points are effective, 400 are needed"),
    ],
)
def test_what_is_wrong_is_told_with_the_way_out(
    k: float, concentration: float, passed: list[bool], told: str
) -> None:
    found = record(k, concentration)
    results = checks_of_proposals(found)
    assert [r.passed for r in results] == passed
    assert told in (found.shortcoming or "")
    assert all("--engine nuts" in r.text for r in results if not r.passed)
    assert all(r.voids_numbers for r in results)


def test_the_record_is_kept_in_the_tree() -> None:
    found = record(0.4, 0.5)
    tree = xr.DataTree.from_dict({IMPORTANCE_GROUP: found.to_dataset()})
    back = proposals_of(tree)
    assert back is not None
    assert (back.pareto_k, back.distinct, back.rounds) == (0.4, 2_500, 3)
    assert (back.log_weights == found.log_weights).all()
    assert proposals_of(xr.DataTree()) is None
