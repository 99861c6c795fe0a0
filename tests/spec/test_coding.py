"""The coding of location terms and the prior it implies (levels exchangeable, slopes per unit)."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bayes_alliance.errors import InputError
from bayes_alliance.spec.coding import Coding, code_location

SD_LOCATION, SD_DIFFERENCE = 0.5, 0.25


def covariance(coding: Coding) -> np.ndarray:
    """Prior covariance of the coefficients."""
    A, C = SD_LOCATION * coding.location[:, None], SD_DIFFERENCE * coding.differences
    return A @ A.T + C @ C.T


def frame(**columns: object) -> pd.DataFrame:
    return pd.DataFrame(columns)


def level_means(coding: Coding, term: str) -> np.ndarray:
    """Weights of the mean of each level of a term, other terms at equal weight or their centre."""
    if len(coding.terms) == 1:
        return np.array([q.weights for q in coding.quantities])
    rows = [q.weights for q in coding.quantities if q.name.startswith(f"{term}[")]
    return np.array(rows) + np.eye(len(coding.names))[0]


@given(st.integers(2, 9))
def test_cell_means_have_the_declared_covariance(size: int) -> None:
    coding = code_location(frame(m=[f"l{i}" for i in range(size)] * 2), ["m"])
    expected = SD_LOCATION**2 + SD_DIFFERENCE**2 / 2 * np.eye(size)
    np.testing.assert_allclose(covariance(coding), expected, atol=1e-14)
    for contrast in coding.contrasts:
        weights = contrast.of - contrast.minus[0]
        assert np.sqrt(weights @ covariance(coding) @ weights) == pytest.approx(SD_DIFFERENCE)
    assert len(coding.contrasts) == size * (size - 1) // 2


TWO_TERMS = frame(
    a=["x", "y", "z", "x", "y", "z", "x", "y", "z", "x"],
    b=["u", "v", "u", "v", "v", "u", "u", "v", "v", "u"],
    year=[2001.0, 2004, 2010, 2013, 2020, 2021, 2007, 2019, 2018, 2002],
)


def test_additive_terms_have_the_declared_covariance() -> None:
    coding = code_location(TWO_TERMS, ["a", "b", "year"], units={"year": 10})
    assert coding.names == ("overall", "a[x]", "a[y]", "b[u]", "year (per 10)")
    S = covariance(coding)
    for term, size, other in (("a", 3, 2), ("b", 2, 3)):
        means = level_means(coding, term)
        # The average over the other term's levels is uncertain too: sd^2 / 2 over their number.
        shared = SD_LOCATION**2 + SD_DIFFERENCE**2 / (2 * other)
        expected = shared + SD_DIFFERENCE**2 / 2 * np.eye(size)
        np.testing.assert_allclose(means @ S @ means.T, expected, atol=1e-14)
        for i, j in combinations(range(size), 2):
            gap = means[i] - means[j]
            assert np.sqrt(gap @ S @ gap) == pytest.approx(SD_DIFFERENCE, abs=1e-14)
    slope = np.eye(5)[4]
    assert np.sqrt(slope @ S @ slope) == pytest.approx(SD_DIFFERENCE, abs=1e-14)
    assert np.abs(slope @ S @ np.eye(5)[:4].T).max() < 1e-14
    # A cell is the location plus one deviation of each term.
    cells = {tuple(row) for row in coding.X[:, :4]}
    for cell in cells:
        weights = np.array([*cell, 0.0])
        assert weights @ S @ weights == pytest.approx(SD_LOCATION**2 + SD_DIFFERENCE**2)


def test_one_term_beside_a_slope_has_the_covariance_of_cell_means() -> None:
    coding = code_location(TWO_TERMS, ["a", "year"])
    means = level_means(coding, "a")
    expected = SD_LOCATION**2 + SD_DIFFERENCE**2 / 2 * np.eye(3)
    np.testing.assert_allclose(means @ covariance(coding) @ means.T, expected, atol=1e-14)


def test_deviations_sum_to_zero_and_rows_have_the_mean_of_their_level() -> None:
    coding = code_location(TWO_TERMS, ["a", "b"])
    named = {q.name: q.weights for q in coding.quantities}
    assert list(named) == ["overall", "a[x]", "a[y]", "a[z]", "b[u]", "b[v]"]
    assert np.abs(named["a[x]"] + named["a[y]"] + named["a[z]"]).max() == 0
    assert np.abs(named["b[u]"] + named["b[v]"]).max() == 0
    for row, a, b in zip(coding.X, TWO_TERMS["a"], TWO_TERMS["b"], strict=True):
        expected = named["overall"] + named[f"a[{a}]"] + named[f"b[{b}]"]
        np.testing.assert_array_equal(row, expected)
    roles = [q.role for q in coding.quantities]
    assert roles == ["mean"] + ["difference"] * 5


@given(st.permutations(["x", "y", "z", "x", "z", "y", "y"]), st.permutations(range(3)))
def test_names_of_levels_and_order_of_rows_change_nothing(
    labels: list[str], order: list[int]
) -> None:
    renamed = dict(zip("xyz", [f"level {i}" for i in order], strict=True))
    one = code_location(frame(m=labels), ["m"])
    two = code_location(frame(m=[renamed[label] for label in labels]), ["m"])
    for name, column in zip(one.names, one.X.T, strict=True):
        at = two.names.index(renamed[name])
        np.testing.assert_array_equal(two.X[:, at], column)
    fitted = [c.X @ covariance(c) @ c.X.T for c in (one, two)]
    np.testing.assert_allclose(fitted[0], fitted[1], atol=1e-14)


@given(st.permutations(range(10)))
def test_additive_prior_of_the_rows_does_not_depend_on_which_level_is_last(
    order: list[int],
) -> None:
    table = TWO_TERMS.iloc[order]
    table = table.assign(a=table["a"].map({"x": "c", "y": "a", "z": "b"}))
    one = code_location(TWO_TERMS, ["a", "b", "year"])
    two = code_location(table, ["a", "b", "year"])
    prior = one.X @ covariance(one) @ one.X.T
    again = two.X @ covariance(two) @ two.X.T
    np.testing.assert_allclose(again, prior[np.ix_(order, order)], atol=1e-12)


def test_design_matrices_have_full_rank() -> None:
    for terms in (["a"], ["a", "b"], ["a", "year"], ["a", "b", "year"], ["year"], []):
        coding = code_location(TWO_TERMS, terms)
        assert np.linalg.matrix_rank(coding.X) == coding.X.shape[1] == len(coding.names)


def test_levels_stand_in_a_useful_order() -> None:
    assert code_location(frame(m=["total", "bond", "task", "goal"]), ["m"]).names == (
        "task", "goal", "bond", "total",
    )  # fmt: skip
    assert code_location(frame(m=["10", "9", "2", "nan", "inf", "b"]), ["m"]).names == (
        "2", "9", "10", "b", "inf", "nan",
    )  # fmt: skip
    assert code_location(frame(m=[True, False, True]), ["m"]).names == ("False", "True")


@pytest.mark.parametrize("values", [[0.0, 1.0], [1234567.0, 1234568.0], [0.25, 1e-7]])
def test_two_numbers_are_two_levels(values: list[float]) -> None:
    coding = code_location(frame(m=values * 3), ["m"])
    assert len(coding.names) == 2
    np.testing.assert_array_equal(coding.X.sum(0), [3, 3])
    assert [float(name) for name in coding.names] == sorted(values)


def test_large_numbers_stay_apart_when_read_as_categories() -> None:
    table = frame(m=[20230101.0, 20230102, 20230103, 20230101])
    coding = code_location(table, ["m"], categorical=["m"])
    assert coding.names == ("20230101", "20230102", "20230103")
    assert coding.terms[0].counts == (2, 1, 1)


@pytest.mark.parametrize("shift", [0.0, 2015.0, 2459580.5, 1e9])
def test_a_number_is_a_slope_centred_at_its_mean(shift: float) -> None:
    values = shift + np.array([0.0, 1.0, 2.5, 4.0, 10.0])
    coding = code_location(frame(m=values), ["m"], units={"m": 10})
    assert coding.names == ("overall", "m (per 10)")
    assert abs(coding.X[:, 1].mean()) < 1e-8
    np.testing.assert_allclose(np.diff(coding.X[:, 1]), [0.1, 0.15, 0.15, 0.6], atol=1e-8)
    assert coding.terms[0].centre == pytest.approx(values.mean(), abs=1e-6)
    (contrast,) = coding.contrasts
    np.testing.assert_array_equal(contrast.of, [1, 1])
    np.testing.assert_array_equal(contrast.minus, [[1, 0]])


def test_a_slope_without_a_unit_is_per_standard_deviation_to_two_digits() -> None:
    values = [1.0, 2.0, 4.0, 8.0]
    coding = code_location(frame(m=values), ["m"])
    assert coding.terms[0].unit == float(f"{np.std(values, ddof=1):.2g}") == 3.1
    assert coding.names[1] == "m (per 3.1)"


def test_each_level_can_be_held_against_the_mean_of_the_others() -> None:
    coding = code_location(frame(m=list("xyzw")), ["m"], contrasts="others")
    assert len(coding.contrasts) == 4
    first = coding.contrasts[0]
    np.testing.assert_array_equal(
        first.of, [0, 1, 0, 0] if coding.names[0] != "w" else [1, 0, 0, 0]
    )
    assert first.minus.shape == (3, 4)
    np.testing.assert_array_equal(first.of + first.minus.sum(0), np.ones(4))


@pytest.mark.parametrize("values", [["x"] * 4, [3.0] * 4, [True] * 4])
def test_a_constant_moderator_is_named(values: list[object]) -> None:
    with pytest.raises(InputError, match="column mod: the moderator has the single level"):
        code_location(frame(mod=values), ["mod"])


@pytest.mark.parametrize(
    ("columns", "named"),
    [
        ({"a": list("xyxyxy"), "b": list("uvuvuv")}, "b[u]"),
        ({"a": list("xyzxyz"), "b": list("uvwuvw"), "c": list("mnmmnn")}, "b[u]"),
        ({"a": list("xyxyxy"), "b": [1.0, 2, 3, 4, 5, 6], "c": [3.0, 5, 7, 9, 11, 13]}, "c (per"),
        ({"a": list("xyzuvw"), "b": list("mnmmnn")}, "b[m]"),
    ],
)
def test_a_rank_deficient_term_is_named(columns: dict[str, object], named: str) -> None:
    with pytest.raises(InputError, match="the data cannot tell them apart") as caught:
        code_location(frame(**columns), list(columns))
    (problem,) = caught.value.problems
    assert problem.code == "rank_deficient"
    assert named in problem.what.split(" can be computed")[0]


def test_the_same_term_twice_is_told() -> None:
    with pytest.raises(InputError, match="can be computed from the terms before it"):
        code_location(TWO_TERMS, ["a", "a"])
