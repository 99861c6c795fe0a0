"""The page about priors: every prior with every answer in 80 columns, and the same as JSON."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import bayes_alliance as ba
from bayes_alliance.engines.fitted import Fitted
from bayes_alliance.report.priors import PriorAnalysis, priors_record, priors_text
from bayes_alliance.sensitivity.beliefs import prior_and_posterior
from bayes_alliance.sensitivity.curves import over_prior_scales
from bayes_alliance.sensitivity.power_scaling import power_scaling
from bayes_alliance.sensitivity.prior_predictive import prior_predictive
from bayes_alliance.sensitivity.priors import over_priors

SHORT = {"run.draws": 200, "run.chains": 2}


Told = tuple[Fitted, PriorAnalysis]


@pytest.fixture(scope="module")
def told() -> Told:
    fitted = ba.fit("ibi_synthetic", "subscales_independent", changes=SHORT).fitted
    return fitted, PriorAnalysis(
        over_priors(fitted),
        over_prior_scales(fitted, [0.5, 1, 2]),
        power_scaling(fitted),
        prior_predictive(fitted),
        prior_and_posterior(fitted),
    )


def test_the_page_has_every_prior_with_every_answer(told: Told) -> None:
    text, found = priors_text(*told), told[1]
    lines = text.splitlines()
    assert max(map(len, lines)) <= 80
    table = found.alternatives.table
    letters = [chr(ord("A") + i) for i in range(len(table) - 1)]
    rows = [line for line in lines if line[:12].strip() in ("declared", *letters)]
    assert len(rows) % len(table) == 0
    flat = " ".join(text.split())
    for label in table.index[1:]:
        assert f": {label}. " in flat
    assert "I: differences normal(0, .10). sceptical: Two levels hardly differ" in flat
    row = table.loc["differences normal(0, .10)"]
    limits = [
        f"{row[f'task - goal{end}']:.2f}".replace("0.", ".") for end in ("", "_lower", "_upper")
    ]
    assert f"{limits[0]}* [{limits[1]}, {limits[2]}]" in flat
    assert f"({table.loc['scales only', 'log_marginal_likelihood']:.2f})" in flat
    for sentence in found.sentences:
        assert sentence in flat
    calm = set(found.power.table["verdict"]) == {"none"}
    assert ("Power scaling looks at small changes" in flat) == calm
    assert "no evidence about therapy" in flat
    for row in found.power.table.itertuples():
        assert f"{row.Index} {row.prior:.3f} {row.likelihood:.3f} {row.verdict}" in flat


def test_the_record_is_the_tables(told: Told) -> None:
    found = told[1]
    record = json.loads(json.dumps(priors_record(*told), allow_nan=False))
    table = found.alternatives.table
    assert record["what"] == "priors"
    assert record["data"]["synthetic"] is True
    assert [row["label"] for row in record["rows"]] == table.index[1:].tolist()
    for row in record["rows"]:
        assert {"label", "because", "choices", "answers", "log_bf", "differences"} <= set(row)
        first = row["answers"]["coefficients"][0]
        assert first["r"]["median"] == table.loc[row["label"], first["name"]]
        assert (
            row["answers"]["benchmarks"][0]["p_above"]
            == table.loc[row["label"], f"{row['answers']['benchmarks'][0]['name']}_p_positive"]
        )
    assert record["rows"][-1]["log_bf"] is None
    assert record["rows"][8]["choices"] == {"priors.differences": "normal(0, 0.1)"}
    points = {curve["prior"]: curve["points"] for curve in record["curves"]}
    assert set(points) == {"location", "differences", "tau_sample", "tau_effect"}
    for curve in found.curves:
        at, own = curve.answers, points[curve.name]
        medians = at.loc[at["name"] == "tau_effect", "median"]
        got = [p["answers"]["heterogeneity"]["tau_effect"]["median"] for p in own]
        np.testing.assert_array_equal(got, medians)
    assert {row["parameter"] for row in record["power_scaling"]} >= {"task", "tau_sample"}
    assert record["prior_predictive"][0]["of"] == "mean"
    assert record["prior_and_posterior"][-1]["parameter"] == "tau_effect"


def test_the_folder_and_the_refusals(command: Callable[..., Any], tmp_path: Path) -> None:
    asked = ("sensitivity", "molloy2014", "-m", "two_level", "--set", "run.draws=200")
    done = command(*asked, "--what", "priors", "--json", "--out", "out")
    assert done.status == 0, done.err
    folder = tmp_path / "out"
    assert json.loads((folder / "answers.json").read_text()) == json.loads(done.out)
    for name in ("alternatives", "prior_curves"):
        assert (folder / "figures" / f"{name}.png").read_bytes().startswith(b"\x89PNG")
    names = {path.stem for path in (folder / "tables").glob("*.csv")}
    assert names == {
        "alternatives", "curves", "changes", "power_scaling", "prior_predictive",
        "prior_and_posterior",
    }  # fmt: skip
    read = pd.read_csv(folder / "tables" / "alternatives.csv", index_col="prior")
    assert read.index[0] == "declared"
    refused = command("sensitivity", "crede2010", "-m", "robust", "--what", "priors")
    assert (refused.status, refused.out) == (2, "")
    assert "the exact engine declines" in " ".join(refused.err.split())
    idle = command(*asked, "--what", "priors", "--prior-odds", "2")
    assert "--prior-odds says nothing about priors" in " ".join(idle.err.split())


def test_the_verbs_of_a_fit_are_the_same() -> None:
    fit = ba.fit("molloy2014", "two_level", changes=SHORT)
    pd.testing.assert_frame_equal(ba.over_priors(fit).table, fit.over_priors().table)
    curve = fit.over_prior_scale("tau_effect", [0.5, 1, 2])
    assert curve.moved.index[0] == "tau_effect"
    assert fit.as_prior(discount=0.5) == ba.prior_from_fit(fit, discount=0.5)
    assert list(fit.prior_and_posterior().index) == ["overall", "tau_effect"]
    assert fit.prior_predictive().sentences
    assert set(fit.power_scaling().table["verdict"]) == {"none"}
    assert len(fit.plot_prior_curves([0.5, 1, 2]).axes) == 2
    assert len(fit.plot_alternatives().axes) == 2
    alliance = ba.fit("ibi_synthetic", "overall", changes=SHORT)
    assert alliance.given_benchmark("face").p is not None
