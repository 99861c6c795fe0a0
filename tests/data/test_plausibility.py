"""Possible but odd numbers: warned about by name, never changed, and no false alarm."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bayes_alliance.data.bundled import datasets, load
from bayes_alliance.data.effects import EffectSizes
from bayes_alliance.data.readers import read_effects
from bayes_alliance.errors import Problem

Table = Callable[..., Path]


def warnings_of(effects: EffectSizes) -> dict[str, Problem]:
    assert len({n.problem.code for n in effects.warnings}) == len(effects.warnings)
    return {n.problem.code: n.problem for n in effects.warnings}


def ordinary(**columns: object) -> pd.DataFrame:
    samples = [f"Sample {i}" for i in range(8)]
    base = {"sample": samples, "r": [0.2, 0.25, 0.1, 0.3, 0.22, 0.15, 0.28, 0.2], "n": 60}
    return pd.DataFrame({**base, **columns})


def test_nothing_odd_nothing_said() -> None:
    assert read_effects(ordinary()).notes == ()


def test_no_sign_or_variance_of_a_published_table_is_called_odd() -> None:
    for info in datasets():
        assert set(warnings_of(load(info.name))) <= {"n_differs"}, info.name


def test_one_sample_under_two_spellings(table: Table) -> None:
    rows = ("Müller 2001,.2,30", "Baker,.2,40", "muller (2001),.3,30", "Muller 2001,.1,30")
    problem = warnings_of(read_effects(table("sample,r,n", *rows)))["sample_spelling"]
    assert problem.what == (
        'probably one sample under 3 spellings: "Müller 2001", "muller (2001)" and "Muller 2001"'
    )
    assert problem.where.startswith('rows 2, 4 and 5, column "sample"')
    assert "spell them alike if they are one" in problem.cure


def test_many_spellings_are_counted() -> None:
    samples = [f"{word} {i}" for i in range(20) for word in ("Smith", "smith")]
    frame = pd.DataFrame({"sample": samples, "r": 0.2, "n": 60})
    notes = read_effects(frame).warnings
    assert len(notes) == 9
    assert notes[-1].problem.what == "12 more samples are probably spelled in several ways"


def test_n_that_differs_within_a_sample(table: Table) -> None:
    rows = ("A,.2,30", "B,.3,40", "A,.1,28", "B,.2,40")
    problem = warnings_of(read_effects(table("sample,r,n", *rows)))["n_differs"]
    assert problem.where == 'rows 2 and 4, column "n", sample "A"'
    assert "give them different samples" in problem.cure


def test_n_that_is_not_whole_or_huge() -> None:
    odd = warnings_of(read_effects(ordinary(n=[60, 60, 23.5, 60, 60, 60, 60, 2_000_000])))
    assert odd["n_not_whole"].where == 'row 3, column "n", sample "Sample 2"'
    assert odd["n_not_whole"].what == "n is not a whole number; found 23.5"
    assert odd["n_huge"].where == 'row 8, column "n", sample "Sample 7"'


def test_rows_entered_twice(table: Table) -> None:
    rows = ("A,.2,30,x", "B,.3,40,x", "A,.2,30,x", "A,.2,30,y")
    problem = warnings_of(read_effects(table("sample,r,n,scale", *rows)))["repeated_rows"]
    assert problem.what == "rows are alike in every column: rows 2 and 4"
    assert problem.where == 'rows 2 and 4, sample "A"'
    assert "Remove rows entered twice" in problem.cure
    # With an effect column that tells them apart, equal numbers are nothing odd.
    labelled = read_effects(table("sample,effect,r,n", "A,1,.2,30", "A,2,.2,30", "B,1,.2,30"))
    assert labelled.notes == ()


def test_standard_errors_given_as_variances_of_z() -> None:
    n = np.array([30, 60, 100, 150, 200, 400, 50, 80])
    z = ordinary(yi=np.linspace(0.1, 0.3, 8), n=n).drop(columns="r")
    right = read_effects(z.assign(vi=1 / (n - 3)), measure="ZCOR")
    assert right.notes == ()
    swapped = read_effects(z.assign(vi=(n - 3) ** -0.5), measure="ZCOR")
    problem = warnings_of(swapped)["vi_or_sei"]
    assert problem.what == "seen against n, vi looks like standard errors"
    assert problem.where.startswith('rows 1, 2, 3, 4, 5, 6, 7 and 8, column "vi"')
    assert problem.cure == "Map the column to sei if it holds standard errors"
    other = read_effects(z.assign(sei=1 / (n - 3)), measure="ZCOR")
    assert warnings_of(other)["vi_or_sei"].what == "seen against n, sei looks like variances"


@pytest.mark.parametrize("size", [1.0, 4.0, 16.0])
def test_standard_errors_given_as_variances_of_another_measure(size: float) -> None:
    n = np.array([30, 60, 100, 150, 200, 400, 50, 80])
    ready = ordinary(yi=np.linspace(0.1, 0.3, 8), n=n).drop(columns="r")
    v = size / n
    assert read_effects(ready.assign(vi=v)).notes == ()
    assert read_effects(ready.assign(sei=np.sqrt(v))).notes == ()
    swapped = read_effects(ready.assign(vi=np.sqrt(v)))
    assert "looks like standard errors" in warnings_of(swapped)["vi_or_sei"].what
    other = warnings_of(read_effects(ready.assign(sei=v)))
    assert "looks like variances" in other["vi_or_sei"].what


def test_variances_orders_of_magnitude_apart(table: Table) -> None:
    rows = ("A,.2,.1", "B,.3,.00000002", "C,.1,.01")
    problem = warnings_of(read_effects(table("sample,yi,vi", *rows)))["vi_spread"]
    assert problem.where == 'rows 3 and 2, column "vi", samples "B" and "A"'
    assert "2e-08 to 0.1" in problem.what


def test_a_sign_that_sets_a_sample_apart() -> None:
    r = [0.45, 0.5, 0.4, 0.55, 0.47, -0.5, 0.52, 0.44]
    problem = warnings_of(read_effects(ordinary(r=r)))["sign_outlier"]
    assert problem.what == "the sign sets the sample apart from all others (mean r -0.50)"
    assert problem.where == 'row 6, column "r", sample "Sample 5"'
    assert "turn the sign by -1 in a column direction" in problem.cure
    turned = read_effects(ordinary(r=r, direction=[1, 1, 1, 1, 1, -1, 1, 1]))
    assert turned.warnings == ()


@pytest.mark.parametrize(
    "r",
    [
        [0.05, 0.5, -0.2, 0.3, -0.1, -0.15, 0.28, 0.2],  # spread widely on both sides
        [0.45, 0.5, 0.4, 0.55, 0.47, -0.05, 0.52, 0.44],  # near zero: turning it helps nothing
        [0.02, 0.03, 0.01, 0.02, 0.04, -0.03, 0.02, 0.01],  # all within sampling error
    ],
)
def test_signs_that_are_nothing_odd(r: list[float]) -> None:
    assert "sign_outlier" not in warnings_of(read_effects(ordinary(r=r)))


@given(seed=st.integers(0, 10_000))
def test_correlations_from_one_population_rarely_look_turned(seed: int) -> None:
    rng = np.random.default_rng(seed)
    n = rng.integers(20, 250, 20)
    r = np.tanh(0.21 + 0.1 * rng.standard_normal(20) + rng.standard_normal(20) / np.sqrt(n - 3))
    frame = pd.DataFrame({"sample": [f"Sample {i}" for i in range(20)], "r": r, "n": n})
    assert read_effects(frame).warnings == ()
