"""Ranks of samples left out."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from made_fits import made_effects, not_significant, scattered

from bayes_alliance.checks.pit import left_out_ranks
from bayes_alliance.engines.choose import run_analysis
from bayes_alliance.engines.fitted import Fitted
from bayes_alliance.errors import InputError
from bayes_alliance.posterior.posterior import Posterior
from bayes_alliance.spec.specification import Specification

SAMPLES = [f"S{i // 2}" for i in range(13)]


@pytest.fixture(scope="module")
def fitted() -> Fitted:
    return run_analysis(made_effects(SAMPLES), Specification())


def test_a_rank_is_the_exact_predictive_cdf_without_the_sample(fitted: Fitted) -> None:
    found = left_out_ranks(fitted)
    assert found.exact
    assert found.word == "sample"
    kept = fitted.design.sample_index != 6  # the last sample has one effect: a new effect
    frame = fitted.effects.to_frame()
    others = replace(fitted.effects, frame=frame.loc[kept].reset_index(drop=True))
    without = run_analysis(others, fitted.specification).posterior
    predicted = without.predictive(np.ones(1), ("sample", "effect"))
    error = float(np.sqrt(fitted.design.variances[-1]))
    noisy = type(predicted)(
        predicted.means, np.hypot(predicted.sds, error), predicted.weights  # type: ignore[attr-defined]
    )  # fmt: skip
    expected = float(noisy.cdf(fitted.design.y[-1]))
    assert found.table["pit"].iloc[-1] == pytest.approx(expected, abs=1e-5)


def test_smoothed_ranks_are_near_the_exact_ones(fitted: Fitted) -> None:
    own = fitted.posterior
    drawn = replace(fitted, posterior=Posterior(own.tree, own.blocks, own.provenance))
    found, exact = left_out_ranks(drawn), left_out_ranks(fitted)
    assert not found.exact
    assert found.table["pareto_k"].notna().all()
    assert exact.table["pareto_k"].isna().all()
    np.testing.assert_allclose(found.table["pit"], exact.table["pit"], atol=0.04)
    np.testing.assert_allclose(found.table["mean"], exact.table["mean"])


def test_samples_without_an_observed_effect_are_left_out() -> None:
    effects = not_significant(made_effects(SAMPLES), [0, 1, 2])
    censored = np.full((2, 200, 3), 0.01)
    spec = Specification().with_changes({"effect.not_significant": "censored"})
    found = left_out_ranks(scattered(effects, spec, y_censored=censored).fitted).table
    assert found["sample"].tolist() == [f"S{i}" for i in range(1, 7)]
    assert found["effects"].iloc[0] == 1


def test_few_samples_are_refused() -> None:
    few = run_analysis(made_effects(["A", "A", "B"]), Specification())
    with pytest.raises(InputError, match="2 samples cannot be told from a distribution"):
        left_out_ranks(few)
