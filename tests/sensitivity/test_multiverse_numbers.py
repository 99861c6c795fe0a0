"""Every number of a multiverse is the one that a separate exact fit gives."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from numpy.testing import assert_allclose

from bayes_alliance.data.bundled import load
from bayes_alliance.data.effects import EffectSizes
from bayes_alliance.engines.engine import RunOptions
from bayes_alliance.engines.evidence import evidence_of
from bayes_alliance.engines.exact.engine import ExactEngine
from bayes_alliance.sensitivity.multiverse import Multiverse, run_multiverse
from bayes_alliance.sensitivity.multiverse_answers import mean_weights
from bayes_alliance.spec.compilation import compile_design
from bayes_alliance.spec.constrained import constrained
from bayes_alliance.spec.library import read_specification
from bayes_alliance.spec.specification import Specification
from bayes_alliance.summaries.benchmarks import summarise_benchmarks
from bayes_alliance.summaries.coefficients import estimate_of
from bayes_alliance.summaries.scale import Scale

WHY = "To be tested."
GRID: dict[str, Any] = {
    "factors": [
        {"name": "effects", "options": [
            {"name": "all", "because": WHY},
            {"name": "alike", "because": WHY, "mean": "equal",
             "change": {"effect.totals": "scales", "location.terms": ["subscale"]}},
            {"name": "clients", "because": WHY,
             "rows": [{"column": "rater", "values": ["client"]}]},
        ]},
        {"name": "errors", "options": [
            {"name": "0", "because": WHY},
            {"name": ".6", "because": WHY,
             "change": {"sampling.within_sample": "constant", "sampling.rho": 0.6}},
            {"name": "estimated", "because": WHY,
             "change": {"sampling.within_sample": "estimated"}},
        ]},
        {"name": "scale", "options": [
            {"name": "z", "because": WHY},
            {"name": "r", "because": WHY, "change": {"effect.measure": "COR"}},
        ]},
        {"name": "priors", "options": [
            {"name": "own", "because": WHY},
            {"name": "other", "because": WHY, "change": {
                "priors.tau_sample": {"family": "half_cauchy", "scale": 0.2},
                "priors.location.sd": 0.3, "priors.location.mean": 0.05,
                "priors.differences.sd": 0.1}},
        ]},
        {"name": "levels", "options": [
            {"name": "both", "because": WHY},
            {"name": "samples", "because": WHY, "change": {"heterogeneity.effect": False}},
            {"name": "none", "because": WHY,
             "change": {"heterogeneity.sample": False, "heterogeneity.effect": False}},
        ]},
    ]
}  # fmt: skip


@pytest.fixture(scope="module")
def effects() -> EffectSizes:
    """The worked example."""
    return load("ibi_synthetic")


@pytest.fixture(scope="module")
def spec() -> Specification:
    """One overall mean."""
    return read_specification("overall").with_changes({"run.draws": 5_000, "run.engine": "exact"})


@pytest.fixture(scope="module")
def found(effects: EffectSizes, spec: Specification) -> Multiverse:
    """All 108 combinations, in this process."""
    return run_multiverse(effects, spec, GRID, workers=1)


@pytest.mark.parametrize("number", [0, 13, 20, 28, 42, 54, 66, 75, 79, 94, 101, 107])
def test_each_is_the_fit_of_its_own_specification(
    effects: EffectSizes, spec: Specification, found: Multiverse, number: int
) -> None:
    row = found.rows[number]
    changes: dict[str, Any] = {}
    rows = np.ones(len(effects), dtype=bool)
    for factor, at in zip(GRID["factors"], found.picks[number], strict=True):
        option = factor["options"][at]
        changes |= option.get("change", {})
        if option.get("rows"):
            rows &= (effects.frame["rater"] == "client").to_numpy()
    own = spec.with_changes(changes)
    design = compile_design(effects.keep(rows), own)
    posterior = ExactEngine().run_brief(design, RunOptions.of(own.run, cores=1, progress=False))
    name, weights = mean_weights(design, "equal" if "location.terms" in changes else None)
    marginal = posterior.linear(weights)
    estimate = estimate_of(marginal)
    assert row["follows"] == name
    assert (row["effects"], row["samples"]) == (len(design.y), len(design.sample_ids))
    for key in ("mean", "sd", "median", "lower", "upper"):
        assert_allclose(float(row[key] or 0), getattr(estimate, key), rtol=1e-7, atol=1e-9)
    r = np.tanh(estimate.median) if design.measure == "ZCOR" else estimate.median
    assert_allclose(float(row["r_median"] or 0), r, rtol=1e-7)
    assert_allclose(float(row["p_positive"] or 0), 1 - float(marginal.cdf(0.0)), atol=1e-10)
    assert posterior.log_marginal_likelihood == row["log_marginal_likelihood"]
    null = evidence_of(constrained(design, weights))
    log_bf = evidence_of(design).log_value - null.log_value
    assert_allclose(float(row["log_bf10"] or 0), log_bf, atol=2e-4)
    for level in ("sample", "effect"):
        tau = posterior.tau(level)
        assert_allclose(float(row[f"tau_{level}"] or 0), float(tau.quantile(0.5)), atol=1e-9)
        assert_allclose(float(row[f"tau_{level}_mean"] or 0), tau.mean, atol=1e-9)
    told = summarise_benchmarks(
        posterior, found.plan.benchmarks,
        {b.coefficient: weights for b in found.plan.benchmarks}, Scale(design.measure),
    )  # fmt: skip
    for i, benchmark in enumerate(told):  # these are from draws
        assert_allclose(float(row[f"p_above_{i}"] or 0), benchmark.p_above, atol=0.015)


def test_the_declared_specification_stands_beside_them(
    effects: EffectSizes, spec: Specification, found: Multiverse
) -> None:
    assert {**found.rows[0], "specification": None} == {**found.baseline, "specification": None}
    design = compile_design(effects, spec)
    assert found.baseline["effects"] == len(design.y) == 82


def test_the_order_and_the_division_into_chunks_do_not_matter(found: Multiverse) -> None:
    from bayes_alliance.sensitivity.multiverse_chunk import run_chunk

    numbers = np.random.default_rng(3).permutation(found.plan.size)[:20].tolist()
    for part in (numbers[:7], numbers[7:]):
        for row in run_chunk(found.plan, part):
            assert row == found.rows[int(row["specification"] or 0)]
