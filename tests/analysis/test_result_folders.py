"""Folders of results: what is in them, what they never replace, what a failure leaves."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import xarray as xr
from made_fits import made_effects, scattered

import bayes_alliance as ba
from bayes_alliance.analysis import folder as folders
from bayes_alliance.analysis.face import Fit
from bayes_alliance.errors import InputError
from bayes_alliance.spec.specification import Specification


@pytest.fixture
def fit(monkeypatch: pytest.MonkeyPatch) -> Fit:
    """A fit whose figures are one small file: the figures have tests of their own."""

    def one_figure(material: object, folder: Path) -> None:
        (folder / "figures").mkdir()
        (folder / "figures" / "forest.png").write_bytes(b"")

    monkeypatch.setattr(folders, "write_report_of", one_figure)
    effects = made_effects(list("aabbc"), used=list("xyxyx"), mod=["x", None, "y", "x", "y"])
    return scattered(effects, Specification().with_terms("mod"))


def test_a_folder_has_everything(tmp_path: Path, fit: Fit) -> None:
    out = fit.write(tmp_path / "results")
    names = {str(p.relative_to(out)) for p in out.rglob("*") if p.is_file()}
    tables = {"coefficients", "contrasts", "heterogeneity", "benchmarks", "samples", "checks",
              "left_out", "effects"}  # fmt: skip
    assert {"fit.nc", "answers.json", "summary.txt", "bayes_alliance.json"} <= names
    assert {f"tables/{name}.csv" for name in tables} <= names
    assert any(name.startswith("figures/") for name in names)
    assert [p.name for p in tmp_path.iterdir()] == ["results"]
    assert json.loads((out / "answers.json").read_text(encoding="utf-8")) == fit.to_dict()
    assert (out / "summary.txt").read_text(encoding="utf-8") == str(fit)
    assert str(ba.load_fit(out)) == str(fit)


def test_tables_hold_the_numbers_without_rounding(tmp_path: Path, fit: Fit) -> None:
    out = fit.write(tmp_path / "results")
    table = pd.read_csv(out / "tables" / "coefficients.csv", index_col="name")
    pd.testing.assert_frame_equal(table, fit.summary(), check_exact=True, check_index_type=False)
    effects = pd.read_csv(out / "tables" / "effects.csv")
    assert effects["used"].tolist() == list("xyxyx")  # the user's own column of that name
    assert effects["used_in_model"].tolist() == [True, False, True, True, True]
    left = pd.read_csv(out / "tables" / "left_out.csv")
    assert left["row"].tolist() == [3]


def test_figures_are_drawn(tmp_path: Path) -> None:
    fit = scattered(made_effects(list("aabbc")))
    fit.__dict__["checks"] = ()
    out = fit.write(tmp_path / "results")
    assert (out / "figures" / "forest.png").read_bytes()[:4] == b"\x89PNG"


def files(folder: Path) -> dict[str, bytes]:
    return {str(p.relative_to(folder)): p.read_bytes() for p in folder.rglob("*") if p.is_file()}


@pytest.mark.parametrize("overwrite", [False, True])
def test_files_of_the_user_are_never_touched(tmp_path: Path, fit: Fit, overwrite: bool) -> None:
    (tmp_path / "notes").mkdir()
    (tmp_path / "notes" / "thesis.docx").write_text("mine")
    with pytest.raises(InputError, match="files that are not results") as caught:
        fit.write(tmp_path / "notes", overwrite=overwrite)
    assert caught.value.problems[0].code == "folder_full"
    assert files(tmp_path) == {"notes/thesis.docx": b"mine"}


def test_own_results_are_replaced_when_told(tmp_path: Path, fit: Fit) -> None:
    out = fit.write(tmp_path / "results")
    before = files(out)
    with pytest.raises(InputError, match="add --overwrite"):
        fit.write(out)
    assert files(out) == before
    other = scattered(made_effects(list("aab"), name="another"))
    other.write(out, overwrite=True)
    assert ba.load_fit(out).effects.name == "another"
    assert [p.name for p in tmp_path.iterdir()] == ["results"]


def test_a_file_put_among_results_is_not_deleted(tmp_path: Path, fit: Fit) -> None:
    out = fit.write(tmp_path / "results")
    (out / "my notes.txt").write_text("mine")
    with pytest.raises(InputError, match=r"not results of this program \(my notes.txt\)"):
        fit.write(out, overwrite=True)
    assert (out / "my notes.txt").read_text() == "mine"
    assert (out / "fit.nc").is_file()


def test_an_empty_folder_is_used_and_a_missing_one_made(tmp_path: Path, fit: Fit) -> None:
    (tmp_path / "empty").mkdir()
    assert (fit.write(tmp_path / "empty") / "fit.nc").is_file()
    assert (fit.write(tmp_path / "a" / "b" / "c") / "fit.nc").is_file()


@pytest.mark.parametrize("place", [".", "..", "../.."])
def test_the_folder_one_is_in_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fit: Fit, place: str
) -> None:
    inside = tmp_path / "a" / "b"
    inside.mkdir(parents=True)
    monkeypatch.chdir(inside)
    with pytest.raises(InputError, match="you are in it"):
        fit.write(place, overwrite=True)
    assert inside.is_dir()


def test_a_name_that_is_a_file_or_no_name_is_told(tmp_path: Path, fit: Fit) -> None:
    (tmp_path / "file").write_text("mine")
    with pytest.raises(InputError, match="a file has this name"):
        fit.write(tmp_path / "file", overwrite=True)
    (tmp_path / "dangling").symlink_to(tmp_path / "nowhere")
    with pytest.raises(InputError, match="a file has this name"):
        fit.write(tmp_path / "dangling", overwrite=True)
    for place in (tmp_path / "file" / "below", tmp_path / ("a" * 300)):
        with pytest.raises(InputError, match="cannot be written"):
            fit.write(place)
    assert files(tmp_path) == {"file": b"mine"}


def test_a_failure_half_way_leaves_the_old_results(
    tmp_path: Path, fit: Fit, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = fit.write(tmp_path / "results")
    before = files(tmp_path)

    def full(*arguments: object, **options: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(folders, "write_report_of", full)
    with pytest.raises(InputError, match="No space left on device"):
        fit.write(out, overwrite=True)
    with pytest.raises(InputError, match="No space left on device"):
        fit.write(tmp_path / "new")
    assert files(tmp_path) == before
    monkeypatch.setattr(xr.DataTree, "to_netcdf", full)
    with pytest.raises(InputError, match="No space left on device"):
        fit.write(tmp_path / "new")
    assert files(tmp_path) == before
    assert sorted(p.name for p in tmp_path.iterdir()) == ["results"]


def test_shrunken_samples_stand_in_a_table(tmp_path: Path, fit: Fit) -> None:
    out = fit.write(tmp_path / "results")
    samples = pd.read_csv(out / "tables" / "samples.csv", index_col="sample")
    expected = fit.predict().set_index("sample")
    np.testing.assert_allclose(samples["estimate"], expected["estimate"], rtol=1e-12)
    assert samples["effects"].sum() == 4


def test_the_notice_of_the_data_stands_beside_the_tables(tmp_path: Path, fit: Fit) -> None:
    told = "These numbers are simulated."
    noticed = Fit(replace(fit.fitted, effects=replace(fit.effects, notice=told)))
    out = noticed.write(tmp_path / "noticed")
    assert (out / "tables" / "NOTICE.txt").read_text() == told + "\n"
    assert told in (out / "summary.txt").read_text()
    plain = fit.write(tmp_path / "plain")
    assert (plain / "tables" / "NOTICE.txt").exists() == bool(fit.effects.notice)
