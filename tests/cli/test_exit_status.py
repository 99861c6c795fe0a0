"""The exit status as the shell sees it, with a sampler in one real run."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import bayes_alliance as ba

DEFECT = """
import sys
import bayes_alliance.cli.main as main
import bayes_alliance.spec.library as library
def broken():
    raise RuntimeError("a planted defect")
library.models = broken
sys.argv = ["bayes-alliance", "models"]
main.run()
"""

STRICT = """
import sys
import pandas as pd
import bayes_alliance.cli.main as main
from bayes_alliance.analysis.face import Fit
from bayes_alliance.checks.result import CheckResult
import bayes_alliance.analysis.fit as fitting
sys.path.insert(0, sys.argv.pop(1))
from made_fits import scattered
fitting.run_analysis = lambda effects, spec, **options: scattered(effects, spec).fitted
Fit.checks = (CheckResult("R-hat", False, "too large", pd.DataFrame()),)
sys.argv = ["bayes-alliance", "fit", "crede2010", "--strict"]
main.run()
"""


def shell(*arguments: str, cwd: Path, timeout: float = 120) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, *arguments], cwd=cwd, capture_output=True, text=True, check=False,
        timeout=timeout, encoding="utf-8",
    )  # fmt: skip


def test_the_status_is_0_for_an_answer(tmp_path: Path) -> None:
    done = shell("-m", "bayes_alliance", "models", "--json", cwd=tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    assert len(json.loads(done.stdout)) >= 15


def test_the_status_is_1_for_a_failed_check_under_strict(tmp_path: Path) -> None:
    done = shell("-c", STRICT, str(Path(__file__).parents[1]), cwd=tmp_path)
    assert done.returncode == 1, done.stderr
    assert "Correlations" in done.stdout


def test_the_status_is_2_for_wrong_input(tmp_path: Path) -> None:
    done = shell("-m", "bayes_alliance.cli", "fit", "no.csv", cwd=tmp_path)
    assert done.returncode == 2
    assert done.stdout == ""
    assert "there is no such file" in done.stderr
    assert "Traceback" not in done.stderr


def test_the_status_is_70_for_a_defect(tmp_path: Path) -> None:
    done = shell("-c", DEFECT, cwd=tmp_path)
    assert done.returncode == 70
    assert "RuntimeError: a planted defect" in done.stderr
    assert "this is a defect of the program" in done.stderr


def test_a_reader_that_goes_away_is_no_defect(tmp_path: Path) -> None:
    program = f"{sys.executable} -m bayes_alliance models --json | head -c 1"
    done = subprocess.run(
        ["bash", "-c", f"set -o pipefail; {program}"], cwd=tmp_path, capture_output=True,
        text=True, check=False,
    )  # fmt: skip
    assert "Traceback" not in done.stderr
    assert "defect" not in done.stderr


def test_a_real_run_from_table_to_json(tmp_path: Path) -> None:
    """The whole way: a file, the engine, the answers, the folder, read back."""
    ba.load("konstantopoulos2011").frame[["sample", "yi", "vi"]].to_csv(
        tmp_path / "schools.csv", index=False
    )
    done = shell(
        "-m", "bayes_alliance", "fit", "schools.csv", "--model", "schools", "--json",
        "--out", "results", "--draws", "500", "--chains", "2", "--cores", "2", cwd=tmp_path,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    record = json.loads(done.stdout)
    # An independent quadrature of the same model: mean .1820, sd .0958, taus .2836 and .1876.
    estimate = record["coefficients"][0]["estimate"]
    assert estimate["mean"] == pytest.approx(0.1820, abs=0.02)
    assert estimate["sd"] == pytest.approx(0.0958, rel=0.15)
    spread = record["heterogeneity"]
    assert spread["tau_sample"]["mean"] == pytest.approx(0.2836, abs=0.02)
    assert spread["tau_effect"]["mean"] == pytest.approx(0.1876, abs=0.01)
    again = ba.load_fit(tmp_path / "results")
    assert again.to_dict()["coefficients"] == record["coefficients"]
    assert again.to_dict()["checks"] == record["checks"]
    assert np.isfinite(again.posterior.draws("beta")).all()
    pages = list((tmp_path / "results" / "figures").glob("forest*.png"))
    assert pages
    assert all(page.stat().st_size > 10_000 for page in pages)
