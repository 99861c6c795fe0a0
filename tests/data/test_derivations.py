"""What each row amounts to: correlations, other statistics, ready effect sizes, signs."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from bayes_alliance.data.effects import RESERVED_COLUMNS
from bayes_alliance.data.readers import read_effects

Table = Callable[..., Path]
REFERENCE = Path(__file__).parents[1] / "reference" / "data"


def kinds(effects: object) -> list[tuple[str, str]]:
    return [(n.kind, n.problem.code) for n in effects.notes]  # type: ignore[attr-defined]


@pytest.mark.parametrize("name", ["crede2010", "crede2010_grade", "molloy2014", "craft2003"])
def test_z_and_variance_of_metafor(name: str) -> None:
    # yi and vi of these files were written by metafor 3.8.1, escalc(measure="ZCOR").
    frame = pd.read_csv(REFERENCE / f"{name}.csv")
    frame = frame.loc[frame["ri"].notna()].rename(columns={"cluster": "sample"})
    from_r = read_effects(frame.drop(columns=["yi", "vi"]))
    np.testing.assert_allclose(from_r.frame["yi"], frame["yi"], rtol=0, atol=1e-12)
    np.testing.assert_allclose(from_r.frame["vi"], frame["vi"], rtol=0, atol=1e-12)
    ready = read_effects(frame)
    assert ready.measure == "ZCOR"
    assert ready.frame["yi"].tolist() == frame["yi"].tolist()
    assert ready.frame["vi"].tolist() == frame["vi"].tolist()
    assert {code for _, code in kinds(ready)} <= {"n_differs"}


def test_columns_of_the_table() -> None:
    effects = read_effects(pd.DataFrame({"z": [1], "n": [30], "sample": ["A"], "r": [0.2]}))
    assert tuple(effects.frame.columns) == (*RESERVED_COLUMNS, "z")
    assert effects.frame.loc[0, "statistic"] == "pearson"
    assert effects.frame["effect"].tolist() == ["1"]


def test_effects_are_numbered_within_their_sample() -> None:
    frame = pd.DataFrame({"sample": ["A", "B", "A"], "r": [0.1, 0.2, 0.3], "n": 30})
    assert read_effects(frame).frame["effect"].tolist() == ["1", "1", "2"]


def test_correlations_of_three_kinds(table: Table) -> None:
    path = table(
        "sample,r,n,statistic,covariates",
        "A,.3,53,Pearson,",
        "B,.3,53,partial,4",
        "C,.3,53,Spearman's rho,",
        "D,.3,53,,2",
        "E,.3,53,Spearman,2",
    )
    frame = read_effects(path).frame
    assert frame["vi"].tolist() == pytest.approx([1 / 50, 1 / 46, 1.06 / 50, 1 / 48, 1.06 / 48])
    assert frame["statistic"].tolist() == ["pearson", "partial", "spearman", "partial", "spearman"]
    assert frame["covariates"].tolist() == [0, 4, 0, 2, 2]


def test_doubtful_covariates_warn(table: Table) -> None:
    effects = read_effects(
        table("sample,r,n,statistic,covariates", "A,.3,53,pearson,2", "B,.3,53,partial,")
    )
    assert kinds(effects) == [
        ("warning", "pearson_with_covariates"),
        ("warning", "partial_without_covariates"),
    ]
    assert effects.notes[0].problem.where == 'row 2, column "covariates", sample "A"'
    assert effects.frame["vi"].tolist() == pytest.approx([1 / 48, 1 / 50])
    assert effects.frame["statistic"].tolist() == ["partial", "partial"]


def test_other_statistics_become_correlations(table: Table) -> None:
    path = table(
        "sample,r,n,t,F,df,d,n1,n2,chi2,covariates,direction",
        "A,,,3,,16,,,,,,",
        "B,,,-3,,16,,,,,2,",
        "C,,18,3,,,,,,,,",
        "D,,,,9,16,,,,,,-1",
        "E,,,,,,1.5,50,50,,,",
        "F,,25,,,,,,,9,,1",
        "G,.6,,,,16,,,,,,",
    )
    effects = read_effects(path)
    frame = effects.frame
    assert frame["r"].tolist() == pytest.approx([0.6, -0.6, 0.6, -0.6, 0.6, 0.6, 0.6])
    assert frame["yi"].tolist() == pytest.approx(np.arctanh(frame["r"]).tolist())
    assert frame["n"].tolist() == [18, 20, 18, 18, 100, 25, 18]
    v_d = 0.04 + 2.25 / 200
    assert frame["vi"].tolist() == pytest.approx(
        [1 / 15, 1 / 15, 1 / 15, 1 / 15, v_d / 6.25, 1 / 22, 1 / 15]
    )
    assert frame["statistic"].tolist() == ["t", "t", "t", "F", "d", "chi2", "pearson"]
    assert frame["turned"].tolist() == [False, False, False, True, False, False, False]
    assert effects.labels == ()
    derived = {n.problem.code: n.problem.where for n in effects.notes if n.kind == "derived"}
    assert derived == {
        "from_t": 'rows 2, 3 and 4, column "t", samples "A", "B" and "C"',
        "from_F": 'row 5, column "F", sample "D"',
        "from_d": 'row 6, column "d", sample "E"',
        "from_chi2": 'row 7, column "chi2", sample "F"',
        "n_from_df": 'row 8, column "df", sample "G"',
    }


def test_statistics_without_a_sign_warn_unless_the_direction_is_given(table: Table) -> None:
    effects = read_effects(table("sample,F,df,chi2,n", "A,9,16,,", "B,,,9,25"))
    assert [n.problem.where for n in effects.warnings] == [
        'row 2, column "F", sample "A"',
        'row 3, column "chi2", sample "B"',
    ]
    assert effects.warnings[0].problem.what == (
        "F has no sign; the correlation was taken as positive"
    )
    told = read_effects(table("sample,F,df,direction", "A,9,16,negative", "B,9,16,+"))
    assert told.warnings == ()
    assert told.frame["r"].tolist() == pytest.approx([-0.6, 0.6])


def test_n_that_contradicts_df_warns(table: Table) -> None:
    effects = read_effects(table("sample,t,df,n", "A,3,16,50", "B,3,16,18"))
    assert kinds(effects)[0] == ("warning", "n_and_df_disagree")
    assert effects.notes[0].problem.where == 'row 2, column "n", sample "A"'
    assert effects.frame["n"].tolist() == [18, 18]


def test_directions_turn_signs(table: Table) -> None:
    rows = ["A,.3,30,-1", "B,.2,40,1", "C,.1,50,-", "D,-.1,50,negative", "E,.1,50,", "F,.4,60,−1"]
    effects = read_effects(table("sample,r,n,direction", *rows))
    assert effects.frame["r"].tolist() == [-0.3, 0.2, -0.1, 0.1, 0.1, -0.4]
    assert effects.frame["yi"].tolist() == pytest.approx(np.arctanh(effects.frame["r"]).tolist())
    assert effects.frame["turned"].tolist() == [True, False, True, True, False, True]
    assert kinds(effects) == [("turned", "turned")]
    assert effects.notes[0].problem.where.startswith('rows 2, 4, 5 and 7, column "direction"')
    ready = read_effects(table("sample,yi,vi,direction", "A,.3,.1,-1", "B,.2,.1,1"))
    assert ready.frame["yi"].tolist() == [-0.3, 0.2]
    assert ready.frame["turned"].tolist() == [True, False]


@pytest.mark.parametrize("cell", ["n.s.", "ns", "n. s.", "NS", "N.S.", "n.s"])
def test_not_significant_is_kept_without_r(table: Table, cell: str) -> None:
    effects = read_effects(table("sample,r,n", "A,.3,30", f"B,{cell},40"))
    row = effects.frame.loc[1]
    assert row["not_significant"]
    assert np.isnan(row["yi"])
    assert np.isnan(row["r"])
    assert row["vi"] == pytest.approx(1 / 37)
    assert kinds(effects) == [("not significant", "not_significant")]
    assert effects.notes[0].problem.where == 'row 3, column "r", sample "B"'
    assert effects.participants == 70


def test_ready_effect_sizes(table: Table) -> None:
    effects = read_effects(table("sample,yi,vi,n", "A,2.5,.1,30", "B,-1,.2,"))
    assert effects.measure == "GEN"
    assert effects.frame["yi"].tolist() == [2.5, -1]
    assert effects.frame["r"].isna().all()
    assert effects.frame["n"].tolist()[0] == 30
    assert effects.frame["statistic"].tolist() == ["given", "given"]
    errors = read_effects(table("sample,yi,sei", "A,2.5,.1", "B,-1,.2"))
    assert errors.frame["vi"].tolist() == pytest.approx([0.01, 0.04])


def test_ready_fisher_z_and_raw_r(table: Table) -> None:
    path = table("sample,yi,vi", "A,.5493061443,.01", "B,-.2,.02")
    z = read_effects(path, measure="ZCOR")
    assert z.frame["r"].tolist() == pytest.approx([0.5, np.tanh(-0.2)])
    assert z.frame["vi"].tolist() == [0.01, 0.02]
    raw = read_effects(path, measure="COR")
    assert raw.frame["r"].tolist() == raw.frame["yi"].tolist() == [0.5493061443, -0.2]


def test_raw_correlations(table: Table) -> None:
    effects = read_effects(table("sample,r,n", "A,.6,101", "B,0,51"), measure="COR")
    assert effects.measure == "COR"
    assert effects.frame["yi"].tolist() == [0.6, 0.0]
    assert effects.frame["vi"].tolist() == pytest.approx([0.64**2 / 100, 1 / 50])


def test_ready_effect_sizes_that_agree_with_r_and_n_are_used(table: Table) -> None:
    # r = .2345 printed as .23, escalc's output rounded to four decimals.
    effects = read_effects(table("sample,ri,ni,yi,vi", "A,.23,103,0.2390,0.0100", "B,.5,50,,"))
    assert effects.notes == ()
    assert effects.frame["yi"].tolist() == pytest.approx([0.2390, np.arctanh(0.5)])
    assert effects.frame["statistic"].tolist() == ["pearson", "pearson"]


@pytest.mark.parametrize(
    ("yi", "vi", "code", "words"),
    [
        (".35", ".01", "yi_disagrees", "yi is not Fisher's z of r"),
        (".5", ".005681", "yi_disagrees", "but r itself"),
        (".549306", ".1", "vi_disagrees", "it looks like the standard error"),
        (".549306", ".02", "vi_disagrees", "is not the variance that n gives"),
    ],
)
def test_ready_effect_sizes_that_disagree_warn(
    table: Table, yi: str, vi: str, code: str, words: str
) -> None:
    effects = read_effects(table("sample,r,n,yi,vi", f"A,.5,103,{yi},{vi}", "B,.2,53,,"))
    assert effects.frame["yi"].tolist() == pytest.approx(np.arctanh([0.5, 0.2]).tolist())
    assert effects.frame["vi"].tolist() == pytest.approx([0.01, 0.02])
    assert kinds(effects) == [("warning", code)]
    note = effects.notes[0].problem
    assert words in note.what
    assert note.where == f'row 2, column "{code[:2]}", sample "A"'
    assert "r and n were used" in note.cure


def test_sei_that_holds_variances(table: Table) -> None:
    effects = read_effects(table("sample,r,n,yi,sei", "A,.5,103,.549306,.01", "B,.2,53,.2027,.02"))
    assert "it looks like the variance in place of the standard error" in (
        effects.notes[0].problem.what
    )


def test_gen_asked_for_takes_yi_and_leaves_r_out_with_a_note(table: Table) -> None:
    path = table("sample,r,n,yi,vi", "A,.5,103,1.2,.1", "B,.2,53,1.1,.2")
    effects = read_effects(path, measure="GEN")
    assert effects.frame["yi"].tolist() == [1.2, 1.1]
    assert effects.frame["r"].isna().all()
    assert kinds(effects) == [("left out", "unused_column")]


def test_a_pretest_correlation_without_n_does_not_make_a_table_of_correlations(
    table: Table,
) -> None:
    effects = read_effects(table("sample,r,yi,vi", "A,.5,1.2,.1", "B,.5,1.1,.2"))
    assert effects.measure == "GEN"
    assert effects.frame["yi"].tolist() == [1.2, 1.1]


def test_vi_beside_sei(table: Table) -> None:
    rows = ("A,1.2,.04,.2", "B,1.1,.09,.4", "C,1.0,,.1")
    effects = read_effects(table("sample,yi,vi,sei", *rows))
    assert effects.frame["vi"].tolist() == pytest.approx([0.04, 0.09, 0.01])
    assert kinds(effects) == [("warning", "vi_and_sei_disagree")]
    assert effects.notes[0].problem.where == 'row 3, column "vi", sample "B"'
