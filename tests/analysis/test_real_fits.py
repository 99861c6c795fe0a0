"""One real fit by NUTS against an independent quadrature, and what `fit` does before it samples."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import bayes_alliance as ba
from bayes_alliance.analysis.face import Fit
from bayes_alliance.errors import InputError

REFERENCE = Path(__file__).parents[1] / "reference"


@pytest.fixture(scope="module")
def schools() -> Fit:
    return ba.fit(
        "konstantopoulos2011", "schools", engine="nuts", seed=3,
        changes={"run.draws": 1_000, "run.tune": 500, "run.chains": 2},
    )  # fmt: skip


def test_nuts_agrees_with_the_quadrature(schools: Fit) -> None:
    """Mean .1820, sd .0958, E tau_sample .2836, E tau_effect .1876 (beta ~ N(0, 1), HN(.5))."""
    row, spread = schools.summary().loc["overall"], schools.heterogeneity()
    assert row["mean"] == pytest.approx(0.1819922, abs=0.015)
    assert row["sd"] == pytest.approx(0.0957734, rel=0.1)
    assert spread.loc["tau_sample", "mean"] == pytest.approx(0.2836070, abs=0.015)
    assert spread.loc["tau_effect", "mean"] == pytest.approx(0.1875674, abs=0.005)


def test_a_real_fit_passes_its_checks_and_survives_an_archive(schools: Fit, tmp_path: Path) -> None:
    failed = {check.name for check in schools.checks if check.passed is False}
    assert failed <= {"PSIS-LOO"}  # district 71 is influential (Cook's distance .56 in metafor)
    again = ba.load_fit(schools.save(tmp_path / "fit.nc"))
    first, second = (one.posterior.draws("beta") for one in (schools, again))
    assert first.tobytes() == second.tobytes()
    stats = [one.posterior.tree["sample_stats"]["diverging"] for one in (schools, again)]
    assert stats[0].dtype == stats[1].dtype == np.dtype(bool)
    assert again.posterior.provenance == schools.posterior.provenance
    told = [json.loads(json.dumps(one.to_dict(), allow_nan=False)) for one in (schools, again)]
    assert told[0] == told[1]
    assert max(map(len, str(again).splitlines())) <= 80


def test_provenance_says_how_the_draws_were_made(schools: Fit) -> None:
    provenance = schools.posterior.provenance
    assert (provenance.engine, provenance.seed) == ("nuts", 3)
    assert provenance.settings["draws"] == 1_000
    assert provenance.versions["numpy"] == np.__version__
    assert schools.posterior.draws("beta").shape == (2_000, 1)


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        ({"model": "no_such_model"}, "there is no model"),
        ({"moderator": "year"}, "takes no moderator"),
        ({"model": "moderator"}, "needs the column of its moderator"),
        ({"model": "moderator", "moderator": "yeer"}, "Did you mean 'year'"),
        ({"engine": "stan"}, "run.engine"),
        ({"seed": -1}, "run.seed"),
        ({"seed": 1.5}, "run.seed"),
        ({"changes": {"run.drws": 5}}, "Did you mean 'draws'"),
        ({"columns": {"rater": "no_such"}}, "none of its labels"),
    ],
)
def test_what_is_wrong_is_told_before_anything_is_sampled(
    monkeypatch: pytest.MonkeyPatch, arguments: dict[str, Any], told: str
) -> None:
    def sampled(*given: object, **options: object) -> None:
        raise AssertionError("something was sampled")

    monkeypatch.setattr("bayes_alliance.engines.choose._answer", sampled)
    with pytest.raises(InputError) as caught:
        ba.fit("crede2010", **arguments)
    assert told in str(caught.value)


def test_a_frame_can_be_fitted_directly(monkeypatch: pytest.MonkeyPatch) -> None:
    from made_fits import scattered

    monkeypatch.setattr(
        "bayes_alliance.analysis.fit.run_analysis",
        lambda effects, spec, **options: scattered(effects, spec).fitted,
    )
    frame = pd.DataFrame({"study": ["a", "a", "b"], "r": [0.1, 0.2, 0.3], "n": [40, 40, 50]})
    fit = ba.fit(frame, columns={"sample": "study"}, changes={"run.draws": np.int64(60)})
    assert fit.specification.run.draws == 60
    assert fit.specification.name == "overall"
    assert fit.effects.samples == ("a", "b")
