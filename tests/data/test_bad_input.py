"""Every kind of wrong number is told with its row, column, sample and cure."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest

from bayes_alliance.data.check import check_data
from bayes_alliance.data.readers import read_effects
from bayes_alliance.errors import InputError, Problem

Table = Callable[..., Path]
Only = Callable[..., Problem]


@pytest.mark.parametrize(
    ("cell", "code", "cure"),
    [
        (".21*", "more_than_a_number", 'Write the number alone (".21")'),
        (".21**", "more_than_a_number", 'Write the number alone (".21")'),
        ("-.21 (p<.05)", "more_than_a_number", 'Write the number alone ("-.21")'),
        (".21a", "more_than_a_number", 'Write the number alone (".21")'),
        (".2 .3", "more_than_a_number", 'Write the number alone (".2")'),
        ("<.10", "more_than_a_number", "Write a number, or leave the cell empty"),
        ("=0.1+0.1", "more_than_a_number", "Write a number, or leave the cell empty"),
        ("abc", "not_a_number", 'write "n.s." if only that is printed'),
        ("p = .03", "not_a_number", 'write "n.s." if only that is printed'),
        ("inf", "not_a_number", 'write "n.s." if only that is printed'),
        ("__import__('os')", "not_a_number", 'write "n.s." if only that is printed'),
        ("21%", "percent", "Write the proportion: .21 for 21 %"),
        ('"0,21"', "mixed_decimal_marks", "The other numbers have decimal points"),
        ('"1,234"', "thousands_mark", "without a mark for thousands"),
        ("1_000", "more_than_a_number", "Write the number alone"),
    ],
)
def test_cells_of_r_that_are_no_numbers(
    table: Table, problem_of: Only, cell: str, code: str, cure: str
) -> None:
    problem = problem_of(table("study,cor,n", "A,.3,30", f"Aronson 1948,{cell},34"),
                         {"sample": "study", "r": "cor"})  # fmt: skip
    assert problem.code == code
    assert problem.where == 'row 3, column "cor", sample "Aronson 1948"'
    assert problem.what == f'not a number: "{cell.strip(chr(34))}"'
    assert cure in problem.cure


def test_decimal_points_among_decimal_commas(table: Table, problem_of: Only) -> None:
    problem = problem_of(table("sample;r;n", "A;0,21;30", "B;0,3;40", "C;0.4;50"))
    assert problem.code == "mixed_decimal_marks"
    assert problem.where == 'row 4, column "r", sample "C"'
    assert "The other numbers have decimal commas" in problem.cure


def test_cells_of_one_kind_are_told_together_and_kinds_apart(table: Table) -> None:
    check = check_data(table("sample,r,n", "A,.1*,30", "B,.2,3O", "C,.3*,50", "D,abc,60"))
    assert [(p.code, p.where) for p in check.problems] == [
        ("more_than_a_number", 'rows 2 and 4, column "r", samples "A" and "C"'),
        ("not_a_number", 'row 5, column "r", sample "D"'),
        ("more_than_a_number", 'row 3, column "n", sample "B"'),
    ]
    assert check.problems[0].what == 'not a number: ".1*" and ".3*"'
    assert check.effects is None


def test_everything_wrong_is_told_at_once(table: Table) -> None:
    path = table(
        "sample,effect,r,n,direction,statistic",
        "A,1,1.2,30,1,",
        ",2,.2,40,1,",
        "B,1,.21*,50,1,",
        "B,1,.3,2,sideways,",
        "C,1,,50,1,kendall",
    )
    with pytest.raises(InputError) as caught:
        read_effects(path)
    codes = [p.code for p in caught.value.problems]
    assert codes == [
        "blank_sample",
        "more_than_a_number",
        "bad_statistic",
        "bad_direction",
        "r_out_of_range",
        "n_too_small",
        "missing_r",
        "repeated_effect",
    ]
    assert len(str(caught.value).splitlines()) == len(codes)


@pytest.mark.parametrize("r", ["1", "-1", "1.2", "-3.1"])
def test_r_out_of_range(table: Table, problem_of: Only, r: str) -> None:
    problem = problem_of(table("sample,r,n", "A,.3,30", f"B,{r},40"))
    assert problem.code == "r_out_of_range"
    assert problem.where == 'row 3, column "r", sample "B"'
    assert problem.what == f"|r| must be smaller than 1; found {r}"
    assert "look for a lost decimal point" in problem.cure


@pytest.mark.parametrize("code", ["-99", "999", "9", "-9", "99"])
def test_missing_codes(table: Table, problem_of: Only, code: str) -> None:
    problem = problem_of(table("sample,r,n", "A,.3,30", f"B,{code},40"))
    assert problem.code == "r_missing_code"
    assert problem.where == 'row 3, column "r", sample "B"'
    assert "code for a missing value, leave the cell empty" in problem.cure
    n = problem_of(table("sample,r,n", "A,.3,30", "B,.2,-99"))
    assert n.where == 'row 3, column "n", sample "B"'
    assert "code for a missing value" in n.cure


def test_percentages(table: Table, problem_of: Only) -> None:
    problem = problem_of(table("sample,r,n", "A,21,30", "B,-30,40"))
    assert problem.code == "r_percent"
    assert problem.where == 'rows 2 and 3, column "r", samples "A" and "B"'
    assert problem.cure == "Divide them by 100: a correlation of 21 % is .21"


@pytest.mark.parametrize(
    ("n", "cure"),
    [
        ("3", "no sampling variance"),
        ("0", "no sampling variance"),
        ("0.4", "write the number of participants"),
        ("2.864", "without a mark for thousands"),
        ("-99", "code for a missing value"),
    ],
)
def test_n_too_small(table: Table, problem_of: Only, n: str, cure: str) -> None:
    problem = problem_of(table("sample,r,n", "A,.3,30", f"B,.2,{n}"))
    assert problem.code == "n_too_small"
    assert problem.where == 'row 3, column "n", sample "B"'
    assert problem.what.startswith(f"n must be greater than 3; found {n}")
    assert cure in problem.cure


def test_n_too_small_for_the_covariates(table: Table, problem_of: Only) -> None:
    problem = problem_of(table("sample,r,n,covariates", "A,.3,8,4", "B,.2,7,4"))
    assert problem.where == 'row 3, column "n", sample "B"'
    assert problem.what == "n must be greater than 3 + covariates; found 7"


@pytest.mark.parametrize("covariates", ["-1", "1.5"])
def test_covariates(table: Table, problem_of: Only, covariates: str) -> None:
    problem = problem_of(table("sample,r,n,covariates", "A,.3,30,0", f"B,.2,40,{covariates}"))
    assert problem.code == "bad_covariates"
    assert problem.where == 'row 3, column "covariates", sample "B"'
    words = problem_of(table("sample,r,n,covariates", 'A,.3,30,"age, sex"'))
    assert words.cure == "Write how many covariates were partialled out, as a number"


@pytest.mark.parametrize("direction", ["2", "0", "reverse", "prospective"])
def test_directions(table: Table, problem_of: Only, direction: str) -> None:
    problem = problem_of(table("sample,r,n,direction", "A,.3,30,1", f"B,.2,40,{direction}"))
    assert problem.code == "bad_direction"
    assert problem.where == 'row 3, column "direction", sample "B"'
    assert problem.what == f'not understood: "{direction}"'
    assert "-1 (or -, negative) to turn it" in problem.cure


def test_statistics(table: Table, problem_of: Only) -> None:
    problem = problem_of(table("sample,r,n,statistic", "A,.3,30,pearson", "B,.2,40,kendall"))
    assert problem.code == "bad_statistic"
    assert problem.where == 'row 3, column "statistic", sample "B"'
    assert problem.cure == (
        "The allowed words are pearson, partial, spearman, t, F, d, chi2 and given"
    )


def test_variances(table: Table, problem_of: Only) -> None:
    problem = problem_of(table("sample,yi,vi", "A,.3,.1", "B,.2,0", "C,.1,-.2"))
    assert problem.code == "vi_not_positive"
    assert problem.where == 'rows 3 and 4, column "vi", samples "B" and "C"'
    assert "map vi or sei to the right one" in problem.cure
    sei = problem_of(table("sample,yi,sei", "A,.3,.1", "B,.2,0"))
    assert (sei.code, sei.where) == ("sei_not_positive", 'row 3, column "sei", sample "B"')


def test_raw_correlations_given_ready(table: Table, problem_of: Only) -> None:
    problem = problem_of(table("sample,yi,vi", "A,.3,.1", "B,1.2,.1"), measure="COR")
    assert problem.code == "yi_out_of_range"
    assert problem.where == 'row 3, column "yi", sample "B"'


@pytest.mark.parametrize(
    ("header", "row", "code", "column"),
    [
        ("t,df", "2,1", "df_too_small", "df"),
        ("F,df", "-2,20", "f_negative", "F"),
        ("chi2,n", "-2,20", "chi2_negative", "chi2"),
        ("chi2,n", "25,25", "chi2_too_large", "chi2"),
        ("chi2,n", "2,3", "n_too_small", "n"),
        ("t,n", "2,3", "n_too_small", "n"),
        ("d,n1,n2", ".5,0,20", "group_too_small", "n1"),
        ("d,n1,n2", ".5,1,2", "n_too_small", "n1"),
        ("d,n1,n2", ".5,20,", "missing_groups", "n1"),
        ("t,df", "2,", "missing_df", "df"),
        ("F,df", '2,"1, 48"', "not_a_number", "df"),
    ],
)
def test_other_statistics(
    table: Table, problem_of: Only, header: str, row: str, code: str, column: str
) -> None:
    problem = problem_of(table(f"sample,{header}", f"Aronson,{row}"))
    assert problem.code == code
    assert problem.where == f'row 2, column "{column}", sample "Aronson"'


def test_missing_cells_are_refused_or_left_out(table: Table) -> None:
    path = table("sample,r,n", "A,,30", "B,.2,", "C,NA,n/a", "D,.3,40", "E,.,50", "F,.1,30")
    check = check_data(path)
    assert [(p.code, p.where) for p in check.problems] == [
        ("missing_r", 'rows 2, 4 and 6, column "r", samples "A", "C" and "E"'),
        ("missing_n", 'row 3, column "n", sample "B"'),
    ]
    assert 'missing="drop" (--missing drop)' in check.problems[0].cure
    effects = read_effects(path, missing="drop")
    assert effects.samples == ("D", "F")
    assert [(n.kind, n.problem.where) for n in effects.notes] == [
        ("left out", 'rows 2, 4 and 6, column "r", samples "A", "C" and "E"'),
        ("left out", 'row 3, column "n", sample "B"'),
    ]


def test_every_row_left_out_is_named_however_many() -> None:
    frame = pd.DataFrame({"sample": range(200), "r": [0.1, None] * 100, "n": 30})
    check = check_data(frame)
    assert "rows 2, 4, 6, 8, … and 96 more" in check.problems[0].where
    note = read_effects(frame, missing="drop").notes[0]
    assert note.problem.where.startswith("rows 2, 4, 6, 8, 10, 12, 14, 16, 18,")
    assert "198 and 200" in note.problem.where


def test_unreadable_cells_are_not_dropped(table: Table, problem_of: Only) -> None:
    problem = problem_of(table("sample,r,n", "A,.1*,30", "B,.2,40"), missing="drop")
    assert problem.code == "more_than_a_number"


def test_nothing_left(table: Table) -> None:
    check = check_data(table("sample,r,n", "A,,30", "B,,40"), missing="drop")
    assert [p.code for p in check.problems] == ["nothing_left"]


def test_blank_labels(table: Table, problem_of: Only) -> None:
    problem = problem_of(table("sample,r,n", "A,.1,30", ",.2,40", "NA,.2,40"))
    assert problem.code == "blank_sample"
    assert problem.where == 'rows 3 and 4, column "sample"'
    assert "of merged cells only the first holds it" in problem.cure
    effect = problem_of(table("sample,effect,r,n", "A,x,.1,30", "B,,.2,40"))
    assert (effect.code, effect.where) == ("blank_effect", 'row 3, column "effect", sample "B"')


def test_repeated_effect_labels(table: Table, problem_of: Only) -> None:
    rows = ("A,WAI,.1,30", "B,WAI,.2,40", "A,CALPAS,.2,30", "A,WAI,.3,30")
    problem = problem_of(table("sample,effect,r,n", *rows))
    assert problem.code == "repeated_effect"
    assert problem.what == 'the effect "WAI" occurs 2 times in one sample'
    assert problem.where == 'rows 2 and 5, column "effect", sample "A"'
    assert "a label of its own" in problem.cure


def test_many_repeated_effect_labels_are_counted() -> None:
    frame = pd.DataFrame({"sample": [i // 2 for i in range(40)], "effect": "x", "r": 0.1, "n": 30})
    problems = check_data(frame).problems
    assert len(problems) == 9
    assert problems[-1].what == "12 more effect labels occur repeatedly in one sample"


def test_ready_effect_sizes_of_unknown_scale(table: Table, problem_of: Only) -> None:
    problem = problem_of(table("sample,r,n,yi,vi", "A,.2,30,,", "B,,,.4,.1"))
    assert problem.code == "scale_unknown"
    assert problem.where == 'row 3, column "yi", sample "B"'
    assert 'measure="ZCOR"' in problem.cure
    corrected = problem_of(table("sample,yi,vi", "B,.4,.1"), measure="ZCOR", small_sample=True)
    assert corrected.code == "small_sample_without_n"
    carried = problem_of(table("sample,r,n,yi,vi,statistic", "B,.2,30,.4,.1,d"))
    assert (carried.code, carried.where) == ("yi_disagrees", 'row 2, column "yi", sample "B"')
    lacking = problem_of(table("sample,r,n,yi,vi,statistic", "B,.2,30,,,d"))
    assert lacking.code == "missing_vi"


def test_not_significant_without_what_its_variance_needs(table: Table, problem_of: Only) -> None:
    problem = problem_of(table("sample,r,n,statistic", "A,.3,30,", "B,n.s.,40,d"))
    assert (problem.code, problem.where) == ("missing_vi", 'row 3, column "vi", sample "B"')
    lacking = problem_of(table("sample,r,n", "A,.3,30", "B,n.s.,"))
    assert (lacking.code, lacking.where) == ("missing_n", 'row 3, column "n", sample "B"')


def test_numbers_too_extreme_for_a_variance(table: Table, problem_of: Only) -> None:
    problem = problem_of(table("sample,r,n", "A,.3,30", "B,.3,1e400"))
    assert problem.where == 'row 3, column "n", sample "B"'
    tiny = problem_of(table("sample,yi,sei", "A,.3,.1", "B,.3,1e-200"))
    assert (tiny.code, tiny.where) == ("no_effect_size", 'row 3, sample "B"')


def test_messages_show_nothing_that_could_drive_a_terminal(table: Table, problem_of: Only) -> None:
    problem = problem_of(table("sample,r,n", "\x1b[31mA\x07," + "x" * 500 + "\x1b[2J,30"))
    assert "\x1b" not in str(problem)
    assert len(str(problem)) < 400


def test_a_hundred_thousand_rows_with_something_wrong_in_each() -> None:
    k = 100_000
    frame = pd.DataFrame(
        {"sample": [f"S{i // 3}" for i in range(k)], "effect": range(k), "r": "0.2*", "n": 30}
    )
    problems = check_data(frame).problems
    assert len(problems) == 1
    assert "and 99,996 more" in problems[0].where
    assert len(str(problems[0])) < 400
