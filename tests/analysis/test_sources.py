"""Tables by name, by file and by frame; and what a name is not."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest
from made_fits import made_effects

from bayes_alliance.analysis.check import check_source
from bayes_alliance.analysis.sources import effects_from, is_bundled
from bayes_alliance.data.bundled import datasets, load
from bayes_alliance.errors import InputError

FRAME = pd.DataFrame({"study": ["a", "a", "b"], "r": [0.1, 0.2, 0.3], "n": [40, 40, 50]})
COLUMNS = {"sample": "study"}


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def test_a_table_comes_by_name_file_and_frame() -> None:
    FRAME.to_csv("mine.csv", index=False)
    by_name = effects_from("crede2010")
    assert len(by_name) == 97
    assert by_name.sha256 == load("crede2010").sha256
    for source in ("mine.csv", Path("mine.csv"), FRAME):
        effects = effects_from(source, COLUMNS)
        assert effects.frame["r"].tolist() == [0.1, 0.2, 0.3]
        assert effects.samples == ("a", "b")
    ready = made_effects(list("ab"))
    assert effects_from(ready) is ready


def test_a_folder_or_a_file_without_ending_does_not_hide_a_data_set() -> None:
    Path("crede2010").mkdir()
    FRAME.to_csv("molloy2014", index=False)
    for name in ("crede2010", "molloy2014"):
        assert is_bundled(name)
        assert effects_from(name).sha256 == load(name).sha256
    FRAME.to_csv("crede2010.csv", index=False)
    assert not is_bundled("crede2010.csv")
    assert len(effects_from("crede2010.csv", COLUMNS)) == 3


@pytest.mark.parametrize(
    "source",
    ["crede2011", "no.csv", Path("no.csv"), "", ".", "a" * 5_000, "a\0", 3, None, b"x", [1, 2], {}],
)
def test_what_is_no_table_is_told(source: object) -> None:
    with pytest.raises(InputError) as caught:
        effects_from(source)
    assert caught.value.problems


def test_a_misspelt_data_set_is_told_with_the_nearest() -> None:
    with pytest.raises(InputError, match='Did you mean "crede2010"'):
        effects_from("crede2011")


def test_labels_of_a_bundled_table_can_be_renamed() -> None:
    effects = effects_from("crede2010", {"rater": "criterion"})
    assert effects.labels == ("year", "source", "sampleid", "rater", "class")
    assert effects.frame["rater"].tolist() == load("crede2010").frame["criterion"].tolist()
    assert "criterion" in load("crede2010").labels
    assert effects_from("crede2010", {"year": "year"}).labels == load("crede2010").labels


@pytest.mark.parametrize(
    "columns",
    [{"rater": "no_such"}, {"year": "criterion"}, {"sample": "year"}, {"foo": "yi"}, {"r": "yi"}],
)
def test_a_mapping_that_would_spoil_a_bundled_table_is_refused(columns: dict[str, str]) -> None:
    for ask in (effects_from, check_source):
        with pytest.raises(InputError) as caught:
            ask("crede2010", columns)
        assert {problem.code for problem in caught.value.problems} <= {
            "unknown_label", "label_taken",
        }  # fmt: skip


def test_all_wrong_mappings_are_told_at_once() -> None:
    with pytest.raises(InputError) as caught:
        effects_from("crede2010", {"a": "b", "year": "criterion"})
    assert [problem.code for problem in caught.value.problems] == ["unknown_label", "label_taken"]


@pytest.mark.parametrize("name", [info.name for info in datasets()])
def test_checking_a_bundled_table_finds_nothing_wrong(name: str) -> None:
    found = check_source(name)
    assert found.ok
    assert found.rows == len(load(name))
    assert all(len(line) <= 80 for line in found.text.splitlines())


def test_checking_a_bad_frame_tells_everything() -> None:
    bad = FRAME.assign(r=[0.1, 1.2, 0.3], n=[40, 40, 2])
    found = check_source(bad, COLUMNS)
    assert not found.ok
    assert found.effects is None
    assert len(found.problems) == 2


def test_checking_a_misspelt_data_set_names_the_nearest() -> None:
    found = check_source("crede2011")
    assert not found.ok
    assert 'Did you mean "crede2010"' in " ".join(found.text.split())
