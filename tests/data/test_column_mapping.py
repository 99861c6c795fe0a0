"""Which column is which: certain names, the user's mapping, and cures that can be copied."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest

from bayes_alliance.data.check import check_data
from bayes_alliance.data.readers import read_effects
from bayes_alliance.errors import Problem

Only = Callable[..., Problem]


def frame(**columns: list[object]) -> pd.DataFrame:
    return pd.DataFrame(columns)


@pytest.mark.parametrize(
    "names", [("sample", "r", "n"), ("Sample", "R", "N"), ("SAMPLE", "ri", "ni")]
)
def test_certain_names(names: tuple[str, str, str]) -> None:
    table = pd.DataFrame([["A", 0.2, 30], ["B", 0.3, 40]], columns=list(names))
    effects = read_effects(table)
    assert effects.frame["r"].tolist() == [0.2, 0.3]
    assert effects.labels == ()


def test_exact_names_go_before_other_spellings() -> None:
    effects = read_effects(frame(sample=["A"], R=[0.9], r=[0.2], ri=[0.8], n=[30], N=[999]))
    assert effects.frame["r"].tolist() == [0.2]
    assert effects.frame["n"].tolist() == [30]
    assert effects.labels == ("R", "ri", "N")


def test_mapping_of_roles_and_labels() -> None:
    table = frame(study=["A"], cor=[0.2], size=[30], scale=["task"], year=[2001])
    columns = {"sample": "study", "r": "cor", "n": "size", "subscale": "scale"}
    effects = read_effects(table, columns)
    assert effects.labels == ("subscale", "year")
    assert effects.samples == ("A",)
    # One column may serve twice.
    twice = read_effects(table, {**columns, "study": "study"})
    assert twice.labels == ("study", "subscale", "year")
    # Our names are understood in any case and in metafor's spelling.
    assert len(read_effects(table, {"SAMPLE": "study", "ri": "cor", "ni": "size"})) == 1


def test_a_mapped_column_goes_before_one_that_has_the_name() -> None:
    table = frame(sample=["x"], cluster=["A"], r=[0.9], ri=[0.2], n=[30])
    effects = read_effects(table, {"sample": "cluster", "r": "ri"})
    assert effects.samples == ("A",)
    assert effects.frame["r"].tolist() == [0.2]
    assert [n.problem.where for n in effects.notes] == ['column "sample"', 'column "r"']
    assert {n.kind for n in effects.notes} == {"left out"}


@pytest.mark.parametrize(
    ("name", "suggested"),
    [
        ("study_id", True),
        ("Study", True),
        ("cluster", True),
        ("district", True),
        ("smaple", True),
        ("stdy", True),
        ("study_identifier_of_the_report", True),
        ("sample.label", True),
        ("colour", False),
    ],
)
def test_a_missing_sample_is_never_guessed(problem_of: Only, name: str, suggested: bool) -> None:
    problem = problem_of(pd.DataFrame({name: ["A", "B"], "r": [0.1, 0.2], "n": [30, 40]}))
    assert problem.code == "missing_column"
    assert f'columns found: "{name}", "r" and "n"' in problem.where
    assert "no column sample (the independent sample a row comes from)" in problem.what
    if suggested:
        assert f'columns={{"sample": "{name}"}} in Python' in problem.cure
        assert f"--columns sample={name} on the command line" in problem.cure
    else:
        assert "Say which it is" in problem.cure


def test_all_missing_columns_and_what_is_mapped_already_stand_in_one_cure(
    problem_of: Only,
) -> None:
    table = pd.DataFrame({"study": ["A"], "corr": [0.2], "Sample size": [30], "sc": ["task"]})
    problem = problem_of(table, {"subscale": "sc"})
    assert "no column sample" in problem.what
    assert "no column r (the correlation)" in problem.what
    assert "no column n (the number of participants)" in problem.what
    assert (
        'columns={"subscale": "sc", "sample": "study", "r": "corr", "n": "Sample size"}'
        in problem.cure
    )
    assert "--columns 'subscale=sc,sample=study,r=corr,n=Sample size'" in problem.cure


def test_ready_effect_sizes_need_a_variance(problem_of: Only) -> None:
    problem = problem_of(frame(sample=["A"], yi=[0.2], se=[0.1]))
    assert "no column vi (its sampling variance; sei, the standard error" in problem.what
    assert 'columns={"sei": "se"}' in problem.cure
    lacking = problem_of(frame(sample=["A"], g=[0.2], vi=[0.1]))
    assert 'columns={"yi": "g"}' in lacking.cure


def test_an_index_and_a_lost_header_are_recognised(problem_of: Only) -> None:
    indexed = frame(sample=["A"], r=[0.2], n=[30]).set_index("sample")
    assert "The index (sample) is not read: call reset_index()" in problem_of(indexed).cure
    headless = pd.DataFrame([["1", "0.3", "40"]], columns=["7", "0.2", "34"])
    assert "The first row must hold the column names" in problem_of(headless).cure


def test_a_mapped_column_that_does_not_exist(problem_of: Only) -> None:
    problem = problem_of(frame(sample=["A"], corr=[0.2], n=[30]), {"r": "cor"})
    assert problem.code == "unknown_column"
    assert problem.what == 'there is no column "cor", to which "r" is mapped'
    assert problem.cure == 'Did you mean "corr"? The columns are "sample", "corr" and "n"'


def test_two_columns_of_one_name(problem_of: Only) -> None:
    table = pd.DataFrame([["A", 0.2, 0.3, 30]], columns=["sample", "r", "r", "n"])
    problem = problem_of(table)
    assert problem.code == "duplicate_column"
    assert problem.where == 'column "r" (columns 2 and 3)'


def test_mappings_that_make_no_sense(problem_of: Only) -> None:
    table = frame(sample=["A"], r=[0.2], n=[30])
    assert problem_of(table, "sample=A").code == "columns_type"
    assert problem_of(table, {"r": "r", "ri": "n"}).code == "mapped_twice"
    assert problem_of(table, {"row": "n"}).code == "reserved_name"


def test_options_that_do_not_exist(problem_of: Only) -> None:
    table = frame(sample=["A"], r=[0.2], n=[30])
    assert problem_of(table, measure="SMD").code == "unknown_measure"
    assert problem_of(table, missing="ignore").code == "unknown_missing"
    assert problem_of(table, measure="COR", small_sample=True).code == "small_sample_measure"


def test_statistics_that_are_not_needed_stay_labels() -> None:
    table = frame(sample=["A", "B"], r=[0.2, 0.3], n=[30, 40], t=["early", "late"], d=[1, 2])
    check = check_data(table)
    assert check.effects is not None
    assert check.effects.labels == ("t", "d")
    assert dict(check.columns) == {"sample": "sample", "r": "r", "n": "n"}
    assert check.effects.frame["t"].tolist() == ["early", "late"]


def test_a_column_called_row_is_left_out_with_a_note() -> None:
    effects = read_effects(frame(sample=["A"], row=[12], r=[0.2], n=[30]))
    assert effects.frame["row"].tolist() == [1]
    assert effects.notes[0].problem.where == 'column "row"'


def test_ten_thousand_columns() -> None:
    wide = pd.DataFrame({f"c{j}": [j, j] for j in range(10_000)})
    table = pd.concat([frame(smple=["A", "B"], r=[0.1, 0.2], n=[30, 40]), wide], axis=1)
    check = check_data(table, {"sample": "smple"})
    assert check.effects is not None
    assert len(check.effects.labels) == 10_000
    assert len(check.text) < 5000
    assert '"sample": "smple"' in check_data(table).problems[0].cure


def test_a_title_above_the_names_and_an_unknown_separator(tmp_path: Path, problem_of: Only) -> None:
    path = tmp_path / "table.csv"
    path.write_text("My meta-analysis;;\nsample;r;n\nA;.2;30\n", encoding="utf-8")
    assert problem_of(path).cure.startswith("The first row must hold the column names")
    path.write_text("sample r n\nA .2 30\n", encoding="utf-8")
    assert "commas, semicolons or tabs between" in problem_of(path).cure
