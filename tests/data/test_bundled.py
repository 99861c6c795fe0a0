"""The bundled data sets: complete descriptions, the references' numbers, the published figures."""

from __future__ import annotations

import csv
import json
import subprocess
import sys
from importlib.resources import files
from itertools import combinations
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from bayes_alliance.algebra.blocks import RotatedBlocks, rotate
from bayes_alliance.data.bundled import DatasetInfo, datasets, load
from bayes_alliance.data.effects import EffectSizes
from bayes_alliance.engines.reml.estimate import RemlEstimate, estimate
from bayes_alliance.errors import InputError

ROOT = Path(__file__).parents[2]
REFERENCE = ROOT / "tests" / "reference"
NAMES = (
    "ibi_synthetic",
    "alliance_ibi_published",
    "craft2003",
    "crede2010",
    "crede2010_grade",
    "crede2010_samples",
    "konstantopoulos2011",
    "molloy2014",
)
SCALES = ("task", "goal", "bond", "total")


def blocks_of(effects: EffectSizes, X: np.ndarray, keep: np.ndarray | None = None) -> RotatedBlocks:
    frame = effects.frame
    rows = np.ones(len(frame), dtype=bool) if keep is None else keep
    order = np.argsort(pd.factorize(frame.loc[rows, "sample"])[0], kind="stable")
    kept = frame[rows].iloc[order]
    return rotate(
        y=kept["yi"].to_numpy(float),
        X=X[rows][order],
        variances=kept["vi"].to_numpy(float),
        starts=np.flatnonzero(~kept["sample"].duplicated()),
    )


def fitted(effects: EffectSizes, method: str = "REML") -> RemlEstimate:
    return estimate(blocks_of(effects, np.ones((len(effects), 1))), method)


def indicators(column: pd.Series, levels: tuple[str, ...]) -> np.ndarray:
    return np.column_stack([column == level for level in levels]).astype(float)


def test_the_list_is_complete_and_has_not_shrunk() -> None:
    assert tuple(info.name for info in datasets()) == NAMES


@pytest.mark.parametrize("info", datasets(), ids=lambda info: info.name)
def test_every_data_set_is_described_in_full(info: DatasetInfo) -> None:
    source = files("bayes_alliance.data") / "bundled" / f"{info.name}.csv"
    header = next(csv.reader(source.read_text(encoding="utf-8").splitlines()))
    assert list(info.columns) == header
    assert all(text.endswith(".") for text in info.columns.values())
    assert min(map(len, (info.title, info.use, info.citation, info.licence))) > 20
    assert "\n" not in info.use
    assert "doi" in info.citation


@pytest.mark.parametrize("info", datasets(), ids=lambda info: info.name)
def test_a_data_set_loads_as_described(info: DatasetInfo) -> None:
    effects = load(info.name)
    assert (len(effects), len(effects.samples)) == (info.k, info.samples)
    assert effects.name == info.name
    assert effects.citation == info.citation
    assert effects.notice == info.notice
    assert len(effects.sha256) == 64


@pytest.mark.parametrize(
    "name", ["konstantopoulos2011", "crede2010", "crede2010_grade", "molloy2014", "craft2003"]
)
def test_the_effect_sizes_are_those_of_the_reference_tables(name: str) -> None:
    told = pd.read_csv(REFERENCE / "data" / f"{name}.csv").dropna(subset=["yi"])
    frame = load(name).frame
    assert len(frame) == len(told)
    np.testing.assert_allclose(frame["yi"], told["yi"], rtol=0, atol=1e-12)
    np.testing.assert_allclose(frame["vi"], told["vi"], rtol=0, atol=1e-12)
    # The same rows belong together, whatever the samples are called.
    np.testing.assert_array_equal(
        pd.factorize(frame["sample"])[0], pd.factorize(told["cluster"])[0]
    )


@pytest.mark.parametrize("name", ["konstantopoulos2011", "crede2010", "crede2010_grade"])
def test_the_reference_fits_are_reproduced_from_the_bundled_copies(name: str) -> None:
    told = json.loads((REFERENCE / "metafor.json").read_text(encoding="utf-8"))["threelevel"][name]
    effects = load(name)
    assert (len(effects), len(effects.samples)) == (told["k"], told["clusters"])
    for method in ("REML", "ML"):
        part = told["intercept"] if method == "REML" else told["intercept"]["ML"]
        found = fitted(effects, method)
        assert found.beta[0] == pytest.approx(part["exact"]["beta"], abs=1e-9)
        assert found.se[0] == pytest.approx(part["exact"]["se"], abs=1e-9)
        assert found.log_likelihood == pytest.approx(part["exact"]["logLik"], abs=1e-8)
        np.testing.assert_allclose(
            [found.sigma2_sample, found.sigma2_effect], part["exact"]["sigma2"], rtol=1e-7
        )


def test_the_two_level_reference_is_reproduced() -> None:
    told = json.loads((REFERENCE / "metafor.json").read_text(encoding="utf-8"))["twolevel"]
    found = fitted(load("molloy2014"))
    assert found.beta[0] == pytest.approx(told["molloy2014"]["REML_z"]["beta"], abs=1e-5)


def test_craft2003_keeps_its_pairs_and_tells_what_is_left_out() -> None:
    effects = load("craft2003")
    assert {"var1", "var2"} <= set(effects.labels)
    assert [note.kind for note in effects.notes] == ["left out"]
    assert "rows 16, 18, 19, 29, 30 and 31" in str(effects.notes[0])


def test_crede2010_has_the_nesting_of_the_references() -> None:
    frame = load("crede2010").frame
    # The groups of students within a study are labels, not samples of their own.
    assert frame.groupby("sample")["sampleid"].nunique().max() == 9
    assert frame["criterion"].value_counts().to_dict() == {"grade": 67, "gpa": 30}


def test_the_partial_correlation_loses_a_participant_a_covariate() -> None:
    frame = load("alliance_ibi_published").frame
    row = frame[frame["statistic"] == "partial"].iloc[0]
    assert (row["r"], row["n"], row["covariates"]) == (0.18, 117, 4)
    assert row["vi"] == pytest.approx(1 / (117 - 3 - 4))
    others = frame[frame["statistic"] == "pearson"]
    assert len(others) == 6
    np.testing.assert_allclose(others["vi"], 1 / (others["n"] - 3))
    assert "must not be pooled" in load("alliance_ibi_published").notice


def test_an_unknown_name_is_told_with_the_nearest() -> None:
    with pytest.raises(InputError) as caught:
        load("crede2011")
    (problem,) = caught.value.problems
    assert problem.code == "dataset_unknown"
    assert problem.what == 'there is no bundled data set "crede2011"'
    assert 'Did you mean "crede2010"?' in problem.cure
    assert all(name in problem.cure for name in NAMES)


def test_a_name_like_no_other_gets_no_guess() -> None:
    with pytest.raises(InputError, match=r"The data sets are ibi_synthetic, ") as caught:
        load("../secret")
    assert "Did you mean" not in str(caught.value)


# ibi_synthetic


def test_the_script_writes_the_committed_table_byte_for_byte(tmp_path: Path) -> None:
    written = tmp_path / "ibi_synthetic.csv"
    script = ROOT / "scripts" / "simulate_ibi_synthetic.py"
    subprocess.run([sys.executable, script, "--out", written], check=True, cwd=tmp_path)
    committed = files("bayes_alliance.data") / "bundled" / "ibi_synthetic.csv"
    assert written.read_bytes() == committed.read_bytes()


def test_the_synthetic_table_has_the_published_counts() -> None:
    effects = load("ibi_synthetic")
    assert (len(effects), len(effects.samples), effects.participants) == (82, 40, 2864)
    frame = effects.frame
    by_sample = frame.groupby("sample")
    largest = by_sample["n"].max()
    assert largest.between(20, 250).all()
    assert 50 <= largest.median() <= 60
    assert sorted(set(by_sample.size())) == [1, 2, 3, 4]
    assert (by_sample["f2f_contact"].first() == "no").sum() == 22
    for column in ("diagnosis", "approach", "f2f_contact", "year", "country", "timing"):
        assert by_sample[column].nunique(dropna=False).max() == 1
    assert by_sample["rater"].nunique().max() == 2
    missing = frame[["diagnosis", "approach", "rater"]].isna() | (
        frame[["diagnosis", "approach", "rater"]] == ""
    )
    assert missing.sum().between(2, 10).all()
    np.testing.assert_array_equal(frame["r"], frame["r"].round(2))


def test_the_synthetic_table_gives_the_published_figures() -> None:
    effects = load("ibi_synthetic")
    overall = fitted(effects)
    assert overall.converged
    assert round(float(np.tanh(overall.beta[0])), 2) == 0.21
    X = indicators(effects.frame["subscale"], SCALES)
    scales = estimate(blocks_of(effects, X))
    task, goal, bond, total = np.tanh(scales.beta)
    assert (round(task, 2), round(goal, 2), round(bond, 2)) == (0.25, 0.19, 0.12)
    assert 0.20 <= total <= 0.25


def test_the_true_correlation_of_the_errors_gives_the_true_taus_back() -> None:
    effects = load("ibi_synthetic")
    frame = effects.frame
    covariances = []
    for _, rows in frame.groupby("sample", sort=False):
        totals = (rows["subscale"] == "total").to_numpy(int)
        R = np.array([0.7, 0.89, 0.4])[totals[:, None] + totals]
        np.fill_diagonal(R, 1.0)
        sd = np.sqrt(rows["vi"].to_numpy(float))
        covariances.append(R * np.outer(sd, sd))
    blocks = rotate(
        y=frame["yi"].to_numpy(float),
        X=indicators(frame["subscale"], SCALES),
        variances=frame["vi"].to_numpy(float),
        starts=np.flatnonzero(~frame["sample"].duplicated()),
        covariances=covariances,
    )
    found = estimate(blocks)
    assert np.sqrt(found.sigma2_sample) == pytest.approx(0.10, abs=0.03)
    assert np.sqrt(found.sigma2_effect) == pytest.approx(0.045, abs=0.03)
    np.testing.assert_allclose(np.tanh(found.beta[:3]), [0.25, 0.19, 0.12], atol=0.01)
    # Independent errors lose the effect level and give it to the samples.
    assert fitted(effects).sigma2_effect < found.sigma2_effect
    assert fitted(effects).sigma2_sample > found.sigma2_sample


@pytest.mark.parametrize(
    "name", ["diagnosis", "rater", "f2f_contact", "approach", "country", "timing"]
)
def test_no_label_of_the_synthetic_table_is_related_to_the_effects(name: str) -> None:
    effects = load("ibi_synthetic")
    column = effects.frame[name].replace("", None)
    keep = column.notna().to_numpy()
    levels = tuple(sorted(column[keep].unique()))
    found = estimate(blocks_of(effects, indicators(column, levels), keep))
    C = found.covariance
    for i, j in combinations(range(len(levels)), 2):
        t = (found.beta[i] - found.beta[j]) / np.sqrt(C[i, i] + C[j, j] - 2 * C[i, j])
        assert abs(t) <= 1.5


def test_the_year_is_not_related_to_the_synthetic_effects() -> None:
    effects = load("ibi_synthetic")
    year = effects.frame["year"].to_numpy(float)
    assert (year.min(), year.max()) == (2004, 2025)
    found = estimate(blocks_of(effects, np.column_stack([np.ones(82), year - year.mean()])))
    assert abs(found.beta[1] / found.se[1]) <= 1.5


def test_the_notice_says_that_the_table_is_simulated() -> None:
    effects = load("ibi_synthetic")
    notice = (
        "ibi_synthetic is simulated to match the figures published by Flückiger et al. (2026); "
        "it is not their data and no evidence about therapy."
    )
    assert effects.notice == notice
    assert notice in repr(effects)
    assert effects.frame["sample"].str.startswith("Synthetic ").all()


def test_crede2010_samples_are_the_same_effects_in_studies() -> None:
    frame, other = load("crede2010_samples").frame, load("crede2010").frame
    np.testing.assert_array_equal(frame["yi"], other["yi"])
    np.testing.assert_array_equal(frame["study"].astype(str), other["sample"])
    assert frame.groupby("sample")["study"].nunique().max() == 1
    assert frame["sample"].nunique() == 88
