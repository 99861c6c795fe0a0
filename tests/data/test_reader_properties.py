"""What holds for any table."""

from __future__ import annotations

import tempfile
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bayes_alliance.data.check import check_data
from bayes_alliance.data.readers import read_effects

WORDS = st.text("abcdefgABCDEFG äöü,;'\"&()-", min_size=1, max_size=12).map(str.strip).filter(bool)
NUMBERS = ["row", "yi", "vi", "r", "n"]


@st.composite
def tables(draw: st.DrawFn) -> pd.DataFrame:
    k = draw(st.integers(1, 12))

    def column(strategy: st.SearchStrategy[object]) -> list[object]:
        return draw(st.lists(strategy, min_size=k, max_size=k))

    correlations = st.integers(-98, 98).map(lambda i: i / 100)
    return pd.DataFrame(
        {
            "sample": column(WORDS.filter(lambda w: w.casefold() != "na")),
            "r": column(correlations),
            "n": column(st.integers(10, 5000)),
            "covariates": column(st.integers(0, 5)),
            "statistic": column(st.sampled_from(["pearson", "spearman"])),
            "direction": column(st.sampled_from([1, -1])),
            "scale": column(st.sampled_from(["task", "goal", "bond"])),
            "year": column(st.integers(1950, 2026)),
        }
    )


@given(frame=tables(), seed=st.integers(0, 99))
def test_order_of_rows_does_not_matter(frame: pd.DataFrame, seed: int) -> None:
    order = np.random.default_rng(seed).permutation(len(frame))
    frame = frame.assign(effect=[f"e{i}" for i in range(len(frame))])
    straight = read_effects(frame).frame.iloc[order].reset_index(drop=True)
    shuffled = read_effects(frame.iloc[order]).frame
    pd.testing.assert_frame_equal(straight.drop(columns="row"), shuffled.drop(columns="row"))


@given(frame=tables())
def test_names_of_samples_and_columns_do_not_change_numbers(frame: pd.DataFrame) -> None:
    names = {old: f"S{i}" for i, old in enumerate(pd.unique(frame["sample"]))}
    renamed = frame.assign(sample=frame["sample"].map(names)).rename(
        columns={"sample": "study", "r": "cor"}
    )
    plain = read_effects(frame)
    other = read_effects(renamed, {"sample": "study", "r": "cor"})
    pd.testing.assert_frame_equal(plain.frame[NUMBERS], other.frame[NUMBERS])
    assert plain.participants == other.participants
    assert [names[s] for s in plain.samples] == list(other.samples)


@given(frame=tables(), separator=st.sampled_from([",", ";", "\t"]), comma=st.booleans())
def test_a_file_is_read_as_the_frame_it_was_written_from(
    frame: pd.DataFrame, separator: str, comma: bool
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "table.csv"
        mark = "," if comma else "."
        frame.to_csv(path, index=False, sep=separator, decimal=mark, quoting=2 if comma else 0)
        from_file = read_effects(path)
    from_frame = read_effects(frame)
    assert (from_file.frame["row"] == from_frame.frame["row"] + 1).all()
    pd.testing.assert_frame_equal(
        from_file.frame.drop(columns="row"), from_frame.frame.drop(columns="row")
    )


@given(frame=tables(), corrected=st.booleans())
def test_a_table_read_again_is_the_same(frame: pd.DataFrame, corrected: bool) -> None:
    once = read_effects(frame, small_sample=corrected)
    twice = read_effects(once.to_frame(), small_sample=corrected)
    pd.testing.assert_frame_equal(once.frame, twice.frame)


@given(frame=tables())
def test_turning_all_directions_turns_all_signs(frame: pd.DataFrame) -> None:
    one = read_effects(frame).frame
    other = read_effects(frame.assign(direction=-frame["direction"])).frame
    np.testing.assert_allclose(one["yi"], -other["yi"], atol=0)
    assert one["vi"].tolist() == other["vi"].tolist()
    assert (one["turned"] ^ other["turned"]).all()


@given(frame=tables(), bad=st.data())
def test_any_cell_of_any_content_is_reported_or_read(
    frame: pd.DataFrame, bad: st.DataObject
) -> None:
    broken = frame.astype(object)
    row = bad.draw(st.integers(0, len(frame) - 1))
    column = bad.draw(st.sampled_from(list(frame.columns)))
    anything = st.one_of(
        st.text(max_size=8), st.floats(), st.integers(), st.booleans(), st.none(), st.dates()
    )
    broken.loc[row, column] = bad.draw(anything)
    check = check_data(broken)
    assert check.ok is (check.effects is not None)
    assert max(map(len, check.text.splitlines())) <= 80
    if check.effects is not None:
        known = ~check.effects.frame["not_significant"]
        assert np.isfinite(check.effects.frame.loc[known, ["yi", "vi", "r", "n"]]).all(axis=None)
        assert (check.effects.frame["vi"] > 0).all()


@given(content=st.binary(max_size=200), ending=st.sampled_from(["csv", "txt", "xlsx", "sav"]))
def test_any_file_is_reported_or_read(content: bytes, ending: str) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"table.{ending}"
        path.write_bytes(content)
        check = check_data(path)
    assert check.effects is None
    assert check.problems


@pytest.mark.parametrize("measure", ["ZCOR", "COR", "GEN", "auto"])
@given(text=st.text('samplerniyv,;\n.0123456789- "', max_size=120))
def test_any_text_is_reported_or_read(measure: str, text: str) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "table.csv"
        path.write_text("sample,r,n\n" + text, encoding="utf-8")
        check = check_data(path, measure=measure)  # type: ignore[arg-type]
    assert check.ok is (check.effects is not None)
