"""Tables as text files: what is read is what was written, to the bit, whatever the labels."""

from __future__ import annotations

import csv
import hashlib
import json
import math
import struct
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from made_fits import made_effects

import bayes_alliance as ba
from bayes_alliance.data.effects import EffectSizes, Note
from bayes_alliance.data.lossless import load_effects, table_hashes, write_effects
from bayes_alliance.errors import InputError, Problem

NAMES = [info.name for info in ba.datasets()]
HOSTILE = [
    "NA", "\\NA", "\\\\", "", " ", "a,b", 'say "x"', "two\nlines", "lone\rreturn", "both\r\n",
    "nan", "=HYPERLINK(1)", "+1", "-1", "@x", "<script>alert(1)</script>", "\0", "\u2028",
    "\ufeffmark", "true", "1.0", "007", "\N{GRINNING FACE}", "a\N{COMBINING ACUTE ACCENT}",
    "\x1b[31m",
]  # fmt: skip


def round_trip(effects: EffectSizes, folder: Path) -> EffectSizes:
    write_effects(effects, folder)
    return load_effects(folder)


def assert_equal(again: EffectSizes, effects: EffectSizes) -> None:
    assert again == effects
    assert again.notes == effects.notes
    pd.testing.assert_frame_equal(again.frame, effects.frame, check_exact=True)
    for name in ("yi", "vi", "r", "n"):
        assert again.frame[name].to_numpy().tobytes() == effects.frame[name].to_numpy().tobytes()


@pytest.mark.parametrize("name", NAMES)
def test_bundled_tables_lose_nothing(name: str, tmp_path: Path) -> None:
    effects = ba.load(name)
    again = round_trip(effects, tmp_path)
    assert_equal(again, effects)
    assert again.sha256 == effects.sha256
    assert table_hashes(again) == table_hashes(effects)


def test_every_type_of_column_survives(tmp_path: Path) -> None:
    effects = made_effects(
        list("aabbcc"),
        truth=[True, False] * 3,
        truth_or_missing=pd.array([True, None, False] * 2, dtype="boolean"),
        whole=pd.array([1, None, 2**60 + 1] * 2, dtype="Int64"),
        number=[0.1, np.nan, -5e-324, np.inf, -np.inf, 1.7976931348623157e308],
        single=np.array([0.1, np.nan, 3] * 2, dtype="float32"),
        anything=pd.Series(["x", None, 3, True, 1.5, "NA"], dtype=object),
        nothing=pd.Series([None] * 6, dtype=object),
        blank=np.full(6, np.nan),
    )
    note = Note("warning", Problem("what", "where", "cure", "code"))
    effects = replace(
        effects, citation="Somebody (2020)", notice="a notice", topic="a topic", notes=(note,),
        synthetic=True, small_sample=True,
    )  # fmt: skip
    assert_equal(round_trip(effects, tmp_path), effects)


def test_hostile_texts_are_kept_as_they_are(tmp_path: Path) -> None:
    samples = [text or "empty" for text in HOSTILE]
    effects = made_effects(samples, **{'a,b\n"c"': HOSTILE, "NA": [*HOSTILE[1:], None]})
    assert_equal(round_trip(effects, tmp_path), effects)


@pytest.fixture(scope="module")
def scratch(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("lossless")


texts = st.text(st.characters(exclude_categories=("Cs",)), max_size=12)


@settings(max_examples=25)
@given(
    rows=st.lists(
        st.tuples(
            st.floats(allow_nan=False), st.floats(allow_nan=True), st.none() | texts, texts
        ),
        min_size=1, max_size=6,
    ),
    column=texts.filter(lambda name: name not in ("row", "sample", "effect", "yi", "vi", "r", "n",
                                                  "statistic", "covariates", "turned", "number",
                                                  "not_significant")),
)  # fmt: skip
def test_any_number_and_any_text_survive(
    scratch: Path,
    rows: list[tuple[float, float, str | None, str]],
    column: str,
) -> None:
    yi, number, label, sample = zip(*rows, strict=True)
    effects = made_effects(
        [f"{text}{i}" for i, text in enumerate(sample)],
        yi=yi, measure="GEN", number=number, **{column: pd.Series(label, dtype=object)},
    )  # fmt: skip
    again = round_trip(effects, scratch)
    assert again.frame.columns.tolist() == effects.frame.columns.tolist()
    assert again.samples == effects.samples
    assert [struct.pack("d", y) for y in again.frame["yi"]] == [struct.pack("d", y) for y in yi]
    for found, given_ in zip(again.frame["number"], number, strict=True):
        assert found == given_ or (math.isnan(found) and math.isnan(given_))
    assert again.frame[column].tolist() == list(label)


def test_reported_correlations_are_kept(tmp_path: Path) -> None:
    told = pd.DataFrame({"sample": ["a", None], "task ~ goal": [0.1 + 0.2, 0.7], "n": [30, None]})
    effects = made_effects(list("aabb"), subscale=["task", "goal"] * 2).with_correlations(told)
    again = round_trip(effects, tmp_path)
    assert_equal(again, effects)
    assert again.correlations is not None
    assert effects.correlations is not None
    pd.testing.assert_frame_equal(again.correlations.frame, effects.correlations.frame)
    assert 0.1 + 0.2 in again.correlations.frame["r"].tolist()
    (tmp_path / "correlations.csv").unlink()
    with pytest.raises(InputError, match="there is no such file"):
        load_effects(tmp_path)


def test_the_hash_is_that_of_the_file(tmp_path: Path) -> None:
    effects = ba.load("crede2010")
    write_effects(effects, tmp_path)
    content = (tmp_path / "data.csv").read_bytes()
    assert table_hashes(effects) == (hashlib.sha256(content).hexdigest(), None)
    told = json.loads((tmp_path / "data.json").read_text(encoding="utf-8"))
    assert told["table_sha256"] == table_hashes(effects)[0]
    with (tmp_path / "data.csv").open(encoding="utf-8", newline="") as opened:
        first = next(csv.DictReader(opened))
    assert float(first["yi"]) == effects.frame["yi"][0]


def test_other_line_ends_change_nothing(tmp_path: Path) -> None:
    effects = ba.load("crede2010")
    write_effects(effects, tmp_path)
    path = tmp_path / "data.csv"
    path.write_bytes(path.read_bytes().replace(b"\n", b"\r\n"))
    assert_equal(load_effects(path), effects)


def _first_number(path: Path) -> None:
    path.write_text(path.read_text().replace("0.0136986301369863", "0.0136986301369864"))


def _describe(path: Path, **changes: object) -> None:
    told = path.with_name("data.json")
    told.write_text(json.dumps(json.loads(told.read_text()) | changes))


@pytest.mark.parametrize(
    ("alter", "what"),
    [
        (_first_number, "not as it was written"),
        (lambda path: path.write_text(path.read_text() + "1,2\n"), "record 98 has 2 fields of 16"),
        (lambda path: path.write_text(path.read_text().replace('"yi"', '"y"')), "columns are not"),
        (lambda path: path.write_text(path.read_text().replace("0.886,", "much,")), "column 'r'"),
        (lambda path: path.write_text('"row'), "cannot be told apart"),
        (lambda path: path.write_text(""), "columns are not"),
        (lambda path: path.write_bytes(b"\xff\xfe"), "no UTF-8"),
        (lambda path: path.unlink(), "no such file"),
        (lambda path: path.with_name("data.json").unlink(), "no such file"),
        (lambda path: path.with_name("data.json").write_text("[]"), "does not describe a table"),
        (lambda path: path.with_name("data.json").write_text("{"), "does not describe a table"),
        (lambda path: _describe(path, measure="d"), "does not describe a table"),
        (lambda path: _describe(path, dtypes={"row": "whatever"}), "has no type 'whatever'"),
        (lambda path: _describe(path, table_sha256="0"), "not as it was written"),
    ],
)  # fmt: skip
def test_what_was_altered_is_told(
    tmp_path: Path, alter: Callable[[Path], object], what: str
) -> None:
    write_effects(ba.load("crede2010"), tmp_path)
    alter(tmp_path / "data.csv")
    with pytest.raises(InputError, match=what) as caught:
        load_effects(tmp_path)
    (problem,) = caught.value.problems
    assert problem.code in ("altered_table", "no_stored_table")
    assert "data." in problem.where
    assert problem.cure


@pytest.mark.parametrize("place", ["nowhere", "a" * 300])
def test_a_place_without_a_table_is_told(tmp_path: Path, place: str) -> None:
    with pytest.raises(InputError) as caught:
        load_effects(tmp_path / place)
    assert caught.value.problems[0].code == "no_stored_table"
