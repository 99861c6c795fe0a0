"""Reruns: every number again, and whatever was altered is found and named."""

from __future__ import annotations

import json
import math
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from made_fits import made_effects

import bayes_alliance as ba
from bayes_alliance.analysis import folder as folders
from bayes_alliance.analysis.face import Fit
from bayes_alliance.analysis.rerun import COMPUTED, DRAWN
from bayes_alliance.errors import InputError

ROOT = Path(__file__).parents[2]
SHORT: dict[str, object] = {"run.draws": 100, "run.chains": 2, "run.tune": 200}


def no_figures(material: object, folder: Path) -> None:
    """Figures have tests of their own."""
    (folder / "figures").mkdir()


@pytest.fixture(scope="module")
def effects() -> Any:
    return made_effects(
        list("aabbcdef"), subscale=["task", "goal"] * 4, notice="These numbers are simulated.",
        odd=["=1+1", "NA", "", 'a "b", c', "\n", "x", None, "\\"],
    )  # fmt: skip


@pytest.fixture(scope="module")
def exact(effects: Any) -> Fit:
    spec = ba.Specification().with_terms("subscale").with_benchmarks(
        ba.Benchmark(name="published", coefficient="task", r=0.278, lower=0.256, upper=0.299)
    )  # fmt: skip
    return ba.fit(effects, spec, engine="exact", changes=SHORT)


@pytest.fixture(scope="module")
def written(exact: Fit, tmp_path_factory: pytest.TempPathFactory) -> Path:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(folders, "write_report_of", no_figures)
        return exact.write(tmp_path_factory.mktemp("exact") / "results", command="a command")


@pytest.fixture
def results(written: Path, tmp_path: Path) -> Path:
    """A copy that may be tampered with."""
    return Path(shutil.copytree(written, tmp_path / "results"))


def answers_of(folder: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((folder / "answers.json").read_text(encoding="utf-8"))
    return found


def numbers_in(node: object) -> int:
    """Numbers of a record, counted in another way than the package does."""
    if isinstance(node, dict):
        return sum(numbers_in(value) for value in node.values())
    if isinstance(node, list):
        return sum(map(numbers_in, node))
    return isinstance(node, int | float) and not isinstance(node, bool)


def test_an_exact_fit_is_reproduced_to_the_last_digit(written: Path, exact: Fit) -> None:
    found = ba.rerun(written)
    assert found.same
    assert found.environment == ()
    assert found.comparison.exact
    frame = found.frame
    assert len(frame) == numbers_in(answers_of(written)) - 1  # but for the seconds
    assert (frame["stored"] == frame["now"]).all()
    assert set(frame["verdict"]) == {"same"}
    for group in ("coefficients", "contrasts", "heterogeneity", "benchmarks", "frequentist"):
        assert (frame["group"] == group).any()
    stored = frame.set_index(["group", "name"])["stored"]
    assert stored["coefficients", "task: estimate mean"] == exact.answers.coefficients[
        list(exact.design.coefficients).index("task")
    ].estimate.mean  # fmt: skip


def test_the_text_says_so_number_by_number(written: Path) -> None:
    found = ba.rerun(written)
    text = str(found)
    assert f"{len(found.frame)} of {len(found.frame)} numbers are the same to the last digit" in (
        " ".join(text.split())
    )
    assert text.count("    yes\n") >= (found.frame["group"] == "coefficients").sum()
    assert "These numbers are simulated." in text
    assert max(map(len, text.splitlines())) <= 80
    assert "next: print(rerun)" in repr(found)
    record = json.loads(json.dumps(found.to_dict(), allow_nan=False))
    assert record["same"] is True
    assert len(record["numbers"]) == len(found.frame)


def test_draws_of_nuts_are_reproduced(
    effects: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(folders, "write_report_of", no_figures)
    drawn = ba.fit(effects, "overall", engine="nuts", seed=7, changes=SHORT)
    found = ba.rerun(drawn.write(tmp_path / "results"))
    assert found.same
    assert found.fit.posterior.provenance.engine == drawn.posterior.provenance.engine
    assert (found.frame["stored"] == found.frame["now"]).all()
    np.testing.assert_array_equal(found.fit.posterior.draws("beta"), drawn.posterior.draws("beta"))
    assert "CAUTION" in str(found)  # so few draws fail a check
    assert "CAUTION" in (tmp_path / "results" / "README.txt").read_text(encoding="utf-8")
    (tmp_path / "results" / "environment.json").unlink()
    elsewhere = ba.compare_answers(tmp_path / "results", drawn)
    assert elsewhere.same
    assert not elsewhere.comparison.exact
    assert elsewhere.comparison.tolerance == pytest.approx(DRAWN / np.sqrt(200))


def test_one_number_changed_in_the_6th_digit_is_named(results: Path) -> None:
    answers = answers_of(results)
    mean = answers["contrasts"][0]["estimate"]["mean"]
    answers["contrasts"][0]["estimate"]["mean"] = mean * (1 + 1e-5)
    (results / "answers.json").write_text(json.dumps(answers))
    found = ba.rerun(results)
    assert not found.same
    (wrong,) = found.frame[found.frame["verdict"] != "same"].to_dict("records")
    assert wrong["group"] == "contrasts"
    assert wrong["name"] == f"{answers['contrasts'][0]['name']}: estimate mean"
    assert wrong["now"] == mean
    assert wrong["difference"] == pytest.approx(-1e-5 * mean)
    assert "1 is NOT the same" in " ".join(str(found).split())


def change_environment(results: Path, **changes: object) -> None:
    path = results / "environment.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | changes))


def test_other_versions_are_told_and_leave_the_last_digits_open(results: Path, exact: Fit) -> None:
    change_environment(results, python="CPython 3.1", cores=99)
    answers = answers_of(results)
    answers["engine"]["versions"]["numpy"] = "1.0"
    estimate = answers["coefficients"][0]["estimate"]
    estimate["mean"] += 0.5 * COMPUTED * estimate["sd"]
    (results / "answers.json").write_text(json.dumps(answers))
    found = ba.compare_answers(results, exact)
    assert found.same
    assert found.comparison.counts()["near"] == 1
    assert [told.split(",")[0] for told in found.environment] == ["python: CPython 3.1",
                                                                 "numpy 1.0"]  # fmt: skip
    text = " ".join(str(found).split())
    assert "numpy 1.0, now" in text
    assert "Tolerance: 0.001 posterior sd" in text
    assert not ba.compare_answers(results, exact, strict=True).same
    assert not ba.compare_answers(results, exact, tolerance=0.1 * COMPUTED).same


def test_a_damaged_fit_file_or_lost_extras_do_no_harm(results: Path, exact: Fit) -> None:
    (results / "fit.nc").write_bytes(b"damaged")
    for name in ("README.txt", "rerun.py", "summary.txt"):
        (results / name).unlink()
    shutil.rmtree(results / "tables")
    assert ba.rerun(results).same
    (results / "environment.json").write_text("{")
    found = ba.compare_answers(results, exact)
    assert found.same
    assert found.environment == ("environment.json cannot be read: what was used is not known",)


def alter_number(folder: Path) -> None:
    path = folder / "data.csv"
    yi = float(ba.load_effects(folder).frame["yi"][0])
    text = path.read_text(encoding="utf-8")
    assert repr(yi) in text
    path.write_text(text.replace(repr(yi), repr(math.nextafter(yi, 1)), 1), encoding="utf-8")


def alter_table_with_its_description(folder: Path) -> None:
    from bayes_alliance.data.lossless import write_effects

    table = ba.load_effects(folder)
    write_effects(table.keep([True] * 7 + [False]), folder)


def alter_prior(folder: Path) -> None:
    path = folder / "specification.toml"
    path.write_text(path.read_text(encoding="utf-8").replace("scale = 0.25", "scale = 0.26"),
                    encoding="utf-8")  # fmt: skip


@pytest.mark.parametrize(
    ("alter", "where", "what"),
    [
        (alter_number, "data.csv", "not as it was written"),
        (alter_table_with_its_description, "data.csv", "not what was fitted"),
        (alter_prior, "specification.toml", "not what was fitted"),
        (lambda f: (f / "specification.toml").write_text("a = "), "specification.toml", "TOML"),
        (lambda f: (f / "specification.toml").unlink(), "", "specification.toml is missing"),
        (lambda f: (f / "data.csv").unlink(), "", "data.csv is missing"),
        (lambda f: (f / "data.json").unlink(), "data.json", "no such file"),
        (lambda f: (f / "answers.json").unlink(), "", "no answers.json"),
        (lambda f: (f / "answers.json").write_text("{"), "answers.json", "no JSON"),
        (lambda f: (f / "answers.json").write_text("[]"), "answers.json", "not the answers"),
        (lambda f: (f / "answers.json").write_text('{"what": "priors"}'), "", "sensitivity"),
        (lambda f: shutil.rmtree(f), "", "no such folder"),
    ],
)
def test_what_is_missing_or_altered_is_told_before_anything_is_fitted(
    results: Path, alter: Callable[[Path], object], where: str, what: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    alter(results)
    monkeypatch.setattr("bayes_alliance.analysis.rerun.run_fit", None)
    with pytest.raises(InputError, match=what) as caught:
        ba.rerun(results)
    (problem,) = caught.value.problems
    assert where in problem.where
    assert problem.cure


def test_comments_and_order_in_the_specification_may_change(results: Path) -> None:
    path = results / "specification.toml"
    path.write_text("# mine\n" + path.read_text(encoding="utf-8"), encoding="utf-8")
    assert ba.rerun(results).same


def test_the_folders_below_are_named(results: Path) -> None:
    with pytest.raises(InputError, match="in the folders below it: results"):
        ba.rerun(results.parent)


def test_the_script_in_the_folder_says_the_same(results: Path) -> None:
    done = subprocess.run(
        [sys.executable, "rerun.py"], cwd=results, capture_output=True, text=True, check=False,
        env={**os.environ, "PYTHONPATH": str(ROOT)}, encoding="utf-8",
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert "numbers are the same to the last digit" in " ".join(done.stdout.split())
    source = (results / "rerun.py").read_text(encoding="utf-8")
    assert "import bayes_alliance as ba" in source
    assert "from bayes_alliance" not in source


def test_the_sources_are_kept_if_they_are_what_was_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(folders, "write_report_of", no_figures)
    table = pd.DataFrame({"sample": list("abcd"), "r": [0.1, 0.2, 0.3, 0.4], "n": 50,
                          "scale": list("xyxy")})  # fmt: skip
    (tmp_path / "other").mkdir()
    data, other = tmp_path / "my data.csv", tmp_path / "other" / "my data.csv"
    table.to_csv(data, index=False)
    pd.DataFrame({"first": ["x"], "second": ["y"], "r": [0.5]}).to_csv(other, index=False)
    fit = ba.fit(data, "overall", correlations=other, changes=SHORT)
    out = fit.write(tmp_path / "out", sources=[data, other])
    kept = sorted(path.name for path in (out / "source").iterdir())
    assert kept == ["correlations_my data.csv", "my data.csv"]
    assert (out / "source" / "my data.csv").read_bytes() == data.read_bytes()
    assert ba.load_effects(out).correlations is not None
    assert ba.rerun(out).same
    data.write_text("changed")
    fit.write(out, sources=[data], overwrite=True)
    assert not (out / "source").exists()
    assert "my data.csv, changed since" in (out / "README.txt").read_text(encoding="utf-8")


def test_a_folder_of_an_older_version_is_read_and_told_how_to_be_renewed(
    results: Path, exact: Fit, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("data.csv", "data.json", "specification.toml", "environment.json", "rerun.py",
                 "README.txt"):  # fmt: skip
        (results / name).unlink()
    again = ba.load_fit(results)
    assert again.answers == exact.answers
    with pytest.raises(InputError, match=r"data\.csv and specification.toml are missing") as caught:
        ba.rerun(results)
    assert "load_fit" in caught.value.problems[0].cure
    monkeypatch.setattr(folders, "write_report_of", no_figures)
    again.write(results, overwrite=True)
    assert ba.rerun(results).same


def test_the_readme_names_what_is_there(written: Path) -> None:
    text = (written / "README.txt").read_text(encoding="utf-8")
    for entry in written.iterdir():
        if entry.name not in ("README.txt", "bayes_alliance.json"):
            assert f"  {entry.name} " in text
    assert "correlations.csv" not in text
    assert "These numbers are simulated." in text
    assert "a command" in text
    assert max(map(len, text.splitlines())) <= 80
