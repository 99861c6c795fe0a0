"""Saved fits: nothing is lost, nothing is half written, nothing else is taken for a fit."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import xarray as xr
from made_fits import made_effects, not_significant, scattered

import bayes_alliance as ba
from bayes_alliance.analysis.face import Fit
from bayes_alliance.data.effects import EffectSizes, Note
from bayes_alliance.errors import InputError, Problem
from bayes_alliance.posterior.tree import add_group
from bayes_alliance.spec.specification import Specification


def rich_table() -> EffectSizes:
    """Every dtype a table can have, missing values and awkward texts among them."""
    effects = made_effects(
        list("aabbcc"),
        text=["x", None, "ä \N{GREEK SMALL LETTER TAU} \N{GRINNING FACE}", '"', "a,b\n", ""],
        truth=[True, False] * 3,
        truth_or_missing=pd.array([True, None, False] * 2, dtype="boolean"),
        whole=pd.array([1, None, 2**60 + 1] * 2, dtype="Int64"),
        number=[0.1, np.nan, -1e-300, np.inf, 1 / 3, 2.0],
        single=np.array([0.1, np.nan, 3] * 2, dtype="float32"),
        anything=pd.Series(["x", None, 3, True, 1.5, "x"], dtype=object),
    )
    note = Note("warning", Problem("what", "where", "cure", "code"))
    return replace(
        effects, citation="Somebody (2020)", notice="a notice", topic="a topic", notes=(note,),
        synthetic=True, small_sample=True,
    )  # fmt: skip


def rich_fit() -> Fit:
    spec = Specification().with_terms("text").with_changes({"about.title": "ä", "name": "mine"})
    fit = scattered(rich_table(), spec)
    tree = fit.posterior.tree.copy()
    diverging = np.random.default_rng(0).random((2, 200)) < 0.1
    statistics = {
        "diverging": (("chain", "draw"), diverging),
        "n_steps": (("chain", "draw"), np.arange(400).reshape(2, 200)),
    }
    add_group(tree, "sample_stats", xr.Dataset(statistics))
    posterior = replace(
        fit.posterior, tree=tree, log_marginal_likelihood=-12.3456789012345,
        log_marginal_likelihood_error=1e-9,
    )  # fmt: skip
    return Fit(replace(fit.fitted, posterior=posterior))


def test_nothing_is_lost(tmp_path: Path) -> None:
    fit = rich_fit()
    again = ba.load_fit(fit.save(tmp_path / "fit.nc"))
    pd.testing.assert_frame_equal(again.effects.frame, fit.effects.frame, check_exact=True)
    assert again.effects == fit.effects
    assert again.effects.notes[0].problem.cure == "cure"
    assert again.specification == fit.specification
    assert again.specification.sha256 == fit.specification.sha256
    assert again.specification.name == "mine"
    assert again.posterior.provenance == fit.posterior.provenance
    assert again.posterior.log_marginal_likelihood == -12.3456789012345
    assert again.posterior.log_marginal_likelihood_error == 1e-9
    assert again.design.coefficients == fit.design.coefficients
    assert again.design.left_out == fit.design.left_out
    np.testing.assert_array_equal(again.design.rows, fit.design.rows)


def test_draws_are_equal_to_the_bit(tmp_path: Path) -> None:
    fit = rich_fit()
    again = ba.load_fit(fit.save(tmp_path / "fit.nc"))
    assert set(again.posterior.tree.children) == set(fit.posterior.tree.children)
    for name, group in fit.posterior.tree.children.items():
        loaded = again.posterior.tree[name]
        assert set(loaded.data_vars) == set(group.data_vars)
        for variable, values in group.data_vars.items():
            read = loaded[variable]
            assert read.dims == values.dims
            assert read.dtype == values.dtype
            assert read.to_numpy().tobytes() == values.to_numpy().tobytes()
        for dim, labels in group.coords.items():
            assert loaded[dim].to_numpy().tolist() == labels.to_numpy().tolist()
    first, second = (
        one.posterior.with_theta()["posterior"]["theta_effect"] for one in (fit, again)
    )
    assert first.to_numpy().tobytes() == second.to_numpy().tobytes()


def test_every_answer_is_the_same(tmp_path: Path) -> None:
    fit = rich_fit()
    again = ba.load_fit(fit.save(tmp_path / "fit.nc"))
    assert again.answers == fit.answers
    first, second = (json.dumps(one.to_dict(), allow_nan=False) for one in (fit, again))
    assert first == second
    assert str(again) == str(fit)
    pd.testing.assert_frame_equal(again.predict(), fit.predict())


def test_censored_effects_survive(tmp_path: Path) -> None:
    effects = not_significant(made_effects(list("aab"), n=40), [1])
    spec = Specification().with_changes({"effect.not_significant": "censored"})
    fit = scattered(effects, spec, y_censored=np.random.default_rng(1).normal(size=(2, 200, 1)))
    again = ba.load_fit(fit.save(tmp_path / "fit.nc"))
    np.testing.assert_array_equal(again.posterior.completed_y(), fit.posterior.completed_y())
    np.testing.assert_array_equal(again.design.censored_at, fit.design.censored_at)


def test_a_large_table_fits_into_an_archive(tmp_path: Path) -> None:
    effects = made_effects([f"s{i // 3}" for i in range(2_100)], label=["x" * 80] * 2_100)
    fit = scattered(effects)
    again = ba.load_fit(fit.save(tmp_path / "fit.nc"))
    pd.testing.assert_frame_equal(again.effects.frame, effects.frame, check_exact=True)


def test_an_existing_file_is_kept_unless_told(tmp_path: Path) -> None:
    path = tmp_path / "fit.nc"
    path.write_text("mine")
    fit = rich_fit()
    with pytest.raises(InputError, match="the file exists already"):
        fit.save(path)
    assert path.read_text() == "mine"
    assert fit.save(path, overwrite=True) == path
    assert ba.load_fit(path).effects == fit.effects
    assert [p.name for p in tmp_path.iterdir()] == ["fit.nc"]


@pytest.mark.parametrize("exists", [False, True])
def test_a_full_disk_leaves_nothing_behind(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, exists: bool
) -> None:
    path = tmp_path / "fit.nc"
    if exists:
        path.write_text("mine")

    def full(self: xr.DataTree, target: Path, **options: Any) -> None:
        Path(target).write_bytes(b"half")
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(xr.DataTree, "to_netcdf", full)
    with pytest.raises(InputError, match="No space left on device"):
        rich_fit().save(path, overwrite=True)
    assert [p.name for p in tmp_path.iterdir()] == (["fit.nc"] if exists else [])
    assert not exists or path.read_text() == "mine"


def test_a_defect_while_writing_leaves_nothing_behind(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(self: xr.DataTree, target: Path, **options: Any) -> None:
        Path(target).write_bytes(b"half")
        raise RuntimeError("a defect")

    monkeypatch.setattr(xr.DataTree, "to_netcdf", broken)
    with pytest.raises(RuntimeError, match="a defect"):
        rich_fit().save(tmp_path / "fit.nc")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("place", ["folder", "file/fit.nc", "a" * 300])
def test_a_place_that_cannot_be_written_is_told(tmp_path: Path, place: str) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "file").write_text("mine")
    with pytest.raises(InputError, match="cannot be written"):
        rich_fit().save(tmp_path / place, overwrite=True)
    assert sorted(p.name for p in tmp_path.rglob("*")) == ["file", "folder"]


def test_saving_changes_nothing_in_the_fit(tmp_path: Path) -> None:
    fit = rich_fit()
    before = dict(fit.posterior.tree.attrs)
    fit.save(tmp_path / "deep" / "er" / "fit.nc")
    assert fit.posterior.tree.attrs == before
    assert ba.load_fit(tmp_path / "deep" / "er").posterior.tree.attrs == before


def netcdf(path: Path, attributes: dict[str, Any]) -> None:
    tree = xr.DataTree(xr.Dataset({"a": ("x", [1.0, 2.0])}))
    tree.attrs = attributes
    tree.to_netcdf(path, engine="h5netcdf")


def test_what_is_no_archive_is_told(tmp_path: Path) -> None:
    whole = rich_fit().save(tmp_path / "whole.nc").read_bytes()
    (tmp_path / "text.nc").write_text("hello")
    (tmp_path / "empty.nc").write_bytes(b"")
    (tmp_path / "cut.nc").write_bytes(whole[: len(whole) // 2])
    (tmp_path / "folder").mkdir()
    netcdf(tmp_path / "other.nc", {})
    netcdf(tmp_path / "half.nc", {"bayes_alliance_schema": 1})
    for name in ("text.nc", "empty.nc", "cut.nc", "folder", "other.nc", "half.nc", "none.nc",
                 "a" * 300):  # fmt: skip
        with pytest.raises(InputError) as caught:
            ba.load_fit(tmp_path / name)
        (problem,) = caught.value.problems
        assert problem.code == "no_archive", name
        assert name in problem.where


def test_an_archive_of_another_schema_is_told_with_both_versions(tmp_path: Path) -> None:
    path = rich_fit().save(tmp_path / "fit.nc")
    with xr.open_datatree(path, engine="h5netcdf") as opened:
        tree = opened.load()
    tree.attrs["bayes_alliance_schema"] = 99
    tree.to_netcdf(tmp_path / "new.nc", engine="h5netcdf")
    with pytest.raises(InputError, match="version 99 of the format; this version reads 1"):
        ba.load_fit(tmp_path / "new.nc")


def test_an_archive_is_read_and_let_go(tmp_path: Path) -> None:
    path = rich_fit().save(tmp_path / "fit.nc")
    again = ba.load_fit(path)
    path.unlink()
    assert again.posterior.draws("beta").shape[0] == 400


def test_reported_correlations_are_kept(tmp_path: Path) -> None:
    table = pd.DataFrame({"sample": ["a", None], "task ~ goal": [0.8, 0.7], "n": [30, None],
                          "note": ["x", "y"]})  # fmt: skip
    effects = made_effects(list("aabb"), subscale=["task", "goal"] * 2).with_correlations(table)
    spec = Specification().with_changes({"sampling.within_sample": "interscale"})
    fit = scattered(effects, spec)
    again = ba.load_fit(fit.save(tmp_path / "fit.nc"))
    kept = again.fitted.effects.correlations
    assert kept is not None
    assert effects.correlations is not None
    pd.testing.assert_frame_equal(kept.frame, effects.correlations.frame)
    assert kept == effects.correlations
    assert again.to_dict()["data"]["reported_correlations"] == 2
    before, after = fit.fitted.design.covariances, again.fitted.design.covariances
    assert before is not None
    assert after is not None
    np.testing.assert_array_equal(before, after)
