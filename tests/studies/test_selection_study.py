"""The study of corrections for selection: what its committed results say, and its data."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from studies.selection.__main__ import MEAN, MECHANISMS, SAMPLES, page, simulate

FOLDER = Path(__file__).resolve().parents[2] / "studies" / "selection"
COMMITTED = json.loads((FOLDER / "results.json").read_text("utf-8"))


def error(mechanism: str, analysis: str) -> float:
    return abs(COMMITTED["cells"][mechanism]["analyses"][analysis]["mean"] - MEAN)


@pytest.mark.parametrize(
    ("mechanism", "analysis"),
    [
        ("effects replaced", "selection: effects"),
        ("effects lost", "selection: effects"),
        ("samples", "selection: samples"),
    ],
)
def test_under_its_own_mechanism_a_correction_is_nearer_to_the_truth(mechanism, analysis):
    assert error(mechanism, analysis) < 0.6 * error(mechanism, "no bias")


def test_the_page_is_that_of_the_numbers():
    assert set(COMMITTED["cells"]) == set(MECHANISMS)
    assert page(COMMITTED) == (FOLDER / "results.md").read_text("utf-8")


@pytest.mark.parametrize("mechanism", MECHANISMS)
def test_simulated_tables_have_the_samples_that_were_asked_for(mechanism):
    tables = [simulate(mechanism, np.random.default_rng(seed)) for seed in range(20)]
    for frame in tables:
        assert frame["sample"].nunique() == SAMPLES
        assert frame.groupby("sample").size().between(1, 3).all()
    # What is published is too large unless nothing gets lost.
    found = np.mean([np.arctanh(frame["r"]).mean() for frame in tables])
    assert (found > MEAN + 0.03) == (mechanism != "none")
