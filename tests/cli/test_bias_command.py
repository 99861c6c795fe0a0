"""`bayes-alliance sensitivity --what bias`: text, JSON, folder and refusals."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

Command = Callable[..., Any]
SHORT = ("--set", "run.draws=250", "--set", "run.chains=2", "--set", "run.tune=500")


def test_bias_with_a_selection_model_as_json_and_as_a_folder(
    command: Command, tmp_path: Path
) -> None:
    asked = ("sensitivity", "konstantopoulos2011", "-m", "schools", "--what", "bias", *SHORT)
    done = command(*asked, "--json", "--out", "bias")
    assert done.status == 0, done.err
    record = json.loads(done.out)
    assert record["what"] == "bias"
    assert [row["label"] for row in record["rows"]] == [
        "no bias", "PET", "PEESE", "selection", "averaged",
    ]  # fmt: skip
    answers = [row["answers"] for row in record["rows"]]
    assert answers[0]["coefficients"] == record["baseline"]["answers"]["coefficients"]
    prior = [a["prior_probability"] for a in answers[:-1]]
    assert prior == [0.5, 0.125, 0.125, 0.25]
    evidence = np.array([a["log_marginal_likelihood"] for a in answers[:-1]])
    weights = np.array(prior) * np.exp(evidence - evidence.max())
    found = [a["posterior_probability"] for a in answers[:-1]]
    assert found == pytest.approx(weights / weights.sum())
    assert record["rows"][3]["choices"]["mechanism"] == "effects"
    # The numbers of the fit without bias, known from an independent quadrature.
    assert evidence[0] == pytest.approx(-14.43682215, abs=1e-5)
    slope = record["slopes"][0]
    assert slope["log_bf10"] == pytest.approx(evidence[1] - evidence[0])
    assert slope["frequentist"]["estimate"] == pytest.approx(-0.98463, abs=1e-4)
    assert [w["step"] for w in record["weights"]] == ["p < .025", ".025 < p < .5", "p > .5"]
    assert sum(w["count"] for w in record["weights"]) == 56
    assert record["diagnostics"]["draws"] == 500
    means = [a["coefficients"][0]["estimate"]["mean"] for a in answers]
    assert means[-1] == pytest.approx(np.dot(found, means[:-1]))

    folder = tmp_path / "bias"
    text = (folder / "summary.txt").read_text()
    assert max(map(len, text.splitlines())) <= 80
    words = " ".join(text.split())
    assert "assumes that effects get lost one by one" in words
    assert "effect and standard error are linked" in words
    assert "Multilevel Egger test" in words
    table = pd.read_csv(folder / "tables" / "bias.csv")
    np.testing.assert_allclose(table["mean"], means)
    for name in ("funnel", "means", "weights"):
        assert (folder / "figures" / f"{name}.png").read_bytes().startswith(b"\x89PNG")


def test_without_a_selection_model_the_reason_is_told(command: Command) -> None:
    done = command("sensitivity", "ibi_synthetic", "-m", "subscales", "--what", "bias", *SHORT)
    assert done.status == 0, done.err
    assert max(map(len, done.out.splitlines())) <= 80
    words = " ".join(done.out.split())
    assert "There is no selection model: the sampling errors" in words
    assert "no evidence" in words
    assert "task: PET" in words
    assert "Averaged over all claims bond is" in words


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("konstantopoulos2011", "-m", "schools", "--predictor", "n"), "n is not known for 56"),
        (("ibi_synthetic", "--predictor", "size"), "Choose one of se, n, variance, inverse_n"),
        (("ibi_synthetic", "--mechanism", "people"), "Choose one of effects, samples"),
        (("ibi_synthetic", "--by", "year"), "options of this analysis: --mechanism, --predictor"),
        (("crede2010", "-m", "robust"), "computed by the exact engine"),
    ],
)
def test_what_cannot_be_done_is_refused(
    command: Command, arguments: tuple[str, ...], told: str
) -> None:
    done = command("sensitivity", *arguments, "--what", "bias", *SHORT)
    assert (done.status, done.out) == (2, "")
    assert told in " ".join(done.err.split())
    assert "Traceback" not in done.err
