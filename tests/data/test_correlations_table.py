"""Reported correlations among variables: three forms, and everything that can be wrong."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from made_fits import made_effects

import bayes_alliance as ba
from bayes_alliance.analysis.check import check_source
from bayes_alliance.data.pairs import pair_of
from bayes_alliance.errors import InputError

COLUMNS = ["sample", "first", "second", "r"]


def values(source: object, **options: object) -> list[list[object]]:
    return ba.read_correlations(source, **options).frame[COLUMNS].to_numpy().tolist()  # type: ignore[arg-type]


def problems(source: object) -> list[tuple[str, str]]:
    with pytest.raises(InputError) as caught:
        ba.read_correlations(source)
    return [(problem.code, problem.where) for problem in caught.value.problems]


EXPECTED = [["A", "task", "goal", 0.8], ["A", "task", "bond", 0.6], ["B", "task", "goal", 0.7]]


@pytest.mark.parametrize(
    "names", [("sample", "first", "second", "r"), ("Study", "var1", "var2", "ri")]
)
def test_the_long_form(names: tuple[str, ...]) -> None:
    frame = pd.DataFrame([[*row, n] for row, n in zip(EXPECTED, [50, None, 60], strict=True)],
                         columns=[*names, "n"])  # fmt: skip
    read = ba.read_correlations(frame)
    assert read.frame[COLUMNS].to_numpy().tolist() == EXPECTED
    np.testing.assert_array_equal(read.frame["n"], [50, np.nan, 60])
    assert read.samples == ("A", "B")
    assert read.variables == ("task", "goal", "bond")
    other = frame.rename(columns=dict(zip(frame.columns, "abcde", strict=True)))
    mapping = dict(zip(["sample", "first", "second", "r", "n"], "abcde", strict=True))
    assert values(other, columns=mapping) == EXPECTED


@pytest.mark.parametrize("pattern", ["{} ~ {}", "{}~{}", "{} - {}", "{}.{}", "r_{}_{}"])
def test_the_wide_form(pattern: str) -> None:
    frame = pd.DataFrame(
        {
            "sample": ["A", "B"],
            pattern.format("task", "goal"): [0.8, 0.7],
            pattern.format("task", "bond"): [0.6, None],
            "note": ["x", "y"],
        }
    )
    assert values(frame) == EXPECTED
    (note,) = ba.read_correlations(frame).notes
    assert note.problem.where == 'column "note"'


def test_the_square_form() -> None:
    frame = pd.DataFrame(
        {
            "sample": list("AAABB"),
            "variable": ["task", "goal", "bond", "task", "goal"],
            "task": [1, 0.8, 0.6, 1, 0.7],
            "goal": [None, 1, None, 0.7, 1],
            "bond": [None] * 2 + [1] + [None] * 2,
        }
    )
    found = {(sample, frozenset((a, b))): r for sample, a, b, r in values(frame)}
    assert found == {(sample, frozenset((a, b))): r for sample, a, b, r in EXPECTED}


def test_norms_have_no_sample() -> None:
    read = ba.read_correlations(pd.DataFrame({"task ~ goal": [0.8]}))
    assert read.frame[COLUMNS].to_numpy().tolist() == [["", "task", "goal", 0.8]]
    mixed = pd.DataFrame({"sample": ["A", None], "task ~ goal": [0.8, 0.7]})
    assert [row[0] for row in values(mixed)] == ["A", ""]


def test_a_file_with_decimal_commas(tmp_path: Path) -> None:
    path = tmp_path / "norms.csv"
    path.write_text("sample;first;second;r;n\n7;task;goal;,81;40\n", encoding="utf-8")
    read = ba.read_correlations(path)
    assert (read.name, len(read.sha256)) == ("norms", 64)
    assert read.frame[COLUMNS].to_numpy().tolist() == [["7", "task", "goal", 0.81]]


def test_names_of_pairs() -> None:
    assert pair_of("task, client ~ goal, therapist") == ("task, client", "goal, therapist")
    for name in ("task", "r_task", "r_a_b_c", "task ~ ", "a ~ b ~ c", "task-goal", ""):
        assert pair_of(name) is None


def test_all_that_is_wrong_is_told_at_once() -> None:
    frame = pd.DataFrame(
        {"sample": list("ABCDEF"), "first": ["task", "task", "task", "goal", None, "bond"],
         "second": ["goal", "goal", "task", "task", "task", "task"],
         "r": ["1.2", "high", ".9", ".5", ".5", ".5"], "n": [50, 50, 50, 3, 50, 50]}
    )  # fmt: skip
    assert problems(frame) == [
        ("not_a_number", 'row 2, column "r", sample "B"'),
        ("blank_variable", 'row 5, sample "E"'),
        ("r_out_of_range", 'row 1, column "r", sample "A"'),
        ("same_variable", 'row 3, column "r", sample "C"'),
        ("n_too_small", 'row 4, column "r", sample "D"'),
    ]
    twice = pd.DataFrame({"sample": list("AAB"), "first": ["task", "goal", "task"],
                          "second": ["goal", "task", "goal"], "r": [0.5, 0.6, 0.7]})  # fmt: skip
    assert problems(twice) == [("two_values", 'rows 1 and 2, sample "A"')]
    assert len(ba.read_correlations(twice.assign(r=0.5))) == 2
    assert problems(pd.DataFrame({"x": [1], "y": [2]}))[0][0] == "form_of_correlations"
    assert (
        problems(pd.DataFrame({"sample": ["A"], "task ~ goal": [None]}))[0][0] == "no_correlations"
    )
    with pytest.raises(InputError, match='Did you mean "first"'):
        ba.read_correlations(twice, columns={"frist": "first"})


def test_unknown_samples_are_refused_and_unknown_variables_told() -> None:
    effects = made_effects(["Berg 2014", "Lind 2021"], subscale=["task", "goal"])
    wide = pd.DataFrame({"sample": ["Berg 2004", "Lind 2021"], "task ~ gaol": [0.8, 0.7]})
    with pytest.raises(InputError, match='Did you mean "Berg 2014"') as caught:
        effects.with_correlations(wide)
    assert caught.value.problems[0].where == "data, row 1"
    wide["sample"] = "Lind 2021"
    (warning,) = effects.with_correlations(wide.iloc[:1]).warnings
    assert 'no effect size has the label "gaol"' in str(warning)
    assert 'Did you mean "goal"' in str(warning)
    right = effects.with_correlations(wide.iloc[:1]).with_correlations(
        pd.DataFrame({"task ~ goal": [0.8]})
    )
    assert right.warnings == ()
    assert "1 reported correlations" in repr(right)


def test_check_tells_what_is_wrong_with_either_table() -> None:
    effects = pd.DataFrame({"sample": ["A"], "r": [0.2], "n": [50], "subscale": ["task"]})
    good = pd.DataFrame({"task ~ goal": [0.8]})
    found = check_source(effects, correlations=good)
    assert found.ok
    assert "1 correlations among variables" in found.text
    bad = check_source(effects, correlations=pd.DataFrame({"task ~ goal": [1.8]}))
    assert [problem.code for problem in bad.problems] == ["r_out_of_range"]
    both = check_source(effects.assign(r=2), correlations=pd.DataFrame({"task ~ goal": [1.8]}))
    assert len(both.problems) == 2
