"""Fits by importance sampling, from the table to the folder, and what happens where it fails."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

import bayes_alliance as ba
from bayes_alliance.checks.check import check
from bayes_alliance.engines import choose
from bayes_alliance.engines.engine import RunOptions
from bayes_alliance.engines.importance.engine import ImportanceEngine
from bayes_alliance.posterior.proposals import Proposals

UNSTRUCTURED = {"heterogeneity.structure": "unstructured", "run.draws": 500}


@pytest.fixture(scope="module")
def fit() -> Any:
    return ba.fit("ibi_synthetic", "subscales", changes=UNSTRUCTURED, progress=False)


def test_scales_with_effects_of_their_own_are_answered_without_a_sampler(fit: Any) -> None:
    provenance = fit.posterior.provenance
    assert provenance.engine == "importance"
    assert list(provenance.declined) == ["exact"]
    assert provenance.settings["pareto_k"] <= 0.7
    assert "sample_stats" not in fit.posterior.tree.children
    results = {result.name: result for result in fit.checks}
    assert results["Pareto k of the proposal"].passed
    assert results["effective points"].passed
    assert results["error of the log marginal likelihood"].passed
    assert results["R-hat"].passed is None
    assert "resampled points" in results["R-hat"].text
    # 2,000 draws of about 2,100 effective points
    assert "of its posterior sd" in results["Monte Carlo error"].text
    record = fit.to_dict()
    assert record["engine"]["name"] == "importance"
    other = ba.fit(
        "ibi_synthetic", "subscales", seed=2, changes=UNSTRUCTURED, progress=False
    ).posterior
    assert other.log_marginal_likelihood != record["log_marginal_likelihood"]
    assert record["log_marginal_likelihood"] == pytest.approx(
        other.log_marginal_likelihood, abs=0.1
    )
    assert 0 < record["log_marginal_likelihood_error"] < 0.05
    assert f"importance sampling, {provenance.settings['proposals']} points" in str(fit)


def test_a_saved_fit_keeps_the_weights(fit: Any, tmp_path: Path) -> None:
    back = ba.load_fit(fit.save(tmp_path / "fit.nc"))
    assert back.posterior.proposals.effective == fit.posterior.proposals.effective
    assert [r.text for r in back.checks] == [r.text for r in fit.checks]


def test_a_flat_prior_of_the_location_has_no_marginal_likelihood() -> None:
    flat = {"priors.location": {"family": "flat", "because": ""}} | UNSTRUCTURED
    changes = flat | {"heterogeneity.structure": "cs"}
    found = ba.fit("ibi_synthetic", "subscales", changes=changes, progress=False)
    assert found.posterior.provenance.engine == "importance"
    assert found.posterior.log_marginal_likelihood is None
    assert found.posterior.log_marginal_likelihood_error is None
    twin = [line.estimate for line in found.twin.coefficients]
    np.testing.assert_allclose(found.posterior.draws("beta").mean(0), twin, atol=0.02)
    names = [result.name for result in found.checks]
    assert "effective points" in names
    assert "error of the log marginal likelihood" not in names


class Recorded:
    """An engine that answers with its name."""

    def __init__(self, name: str, declines: str | None = None, short: str | None = None) -> None:
        self.name, self._declines, self._short = name, declines, short

    def declines(self, design: Any) -> str | None:
        return self._declines

    def falls_short(self, posterior: Any) -> str | None:
        return self._short

    def run(self, design: Any, options: RunOptions) -> Any:
        return self.name


@pytest.mark.parametrize(
    ("wanted", "answer", "declined"),
    [
        ("auto", "nuts", {"exact": "too many", "importance": "Pareto k is 0.9"}),
        ("importance", "importance", {}),
        ("nuts", "nuts", {}),
    ],
)
def test_an_answer_that_falls_short_is_given_only_where_it_was_asked_for(
    monkeypatch: pytest.MonkeyPatch, wanted: Any, answer: str, declined: dict[str, str]
) -> None:
    engines = {
        "exact": Recorded("exact", declines="too many"),
        "importance": Recorded("importance", short="Pareto k is 0.9"),
        "nuts": Recorded("nuts"),
    }
    monkeypatch.setattr(choose, "_engine", engines.__getitem__)
    found: Any = choose._answer(None, wanted, RunOptions())  # type: ignore[arg-type]
    assert found == (answer, declined)


def test_an_engine_that_was_asked_for_and_declines_is_refused() -> None:
    with pytest.raises(ba.InputError, match="effects of their own"):
        ba.fit("crede2010", "three_level", engine="importance", progress=False)


def test_a_bad_proposal_asked_for_fails_a_check(fit: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bayes_alliance.posterior.proposals.LARGEST_PARETO_K", -1.0)
    monkeypatch.setattr("bayes_alliance.checks.proposals.LARGEST_PARETO_K", -1.0)
    told = ImportanceEngine().falls_short(fit.posterior)
    assert told is not None
    assert "Pareto k of the weights" in told
    results = {result.name: result for result in check(fit.fitted)}
    assert results["Pareto k of the proposal"].passed is False
    assert isinstance(fit.posterior.proposals, Proposals)
