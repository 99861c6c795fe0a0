"""The density of published effects: metafor's numbers, brute force, limits, and PyMC."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from pymc_densities import pymc_log_density
from scipy import integrate, stats
from selection_cases import SMALL, density, design_of

import bayes_alliance as ba
from bayes_alliance.engines.selection.density import normal_rule
from bayes_alliance.engines.selection.model import build_selection_model
from bayes_alliance.engines.selection.steps import refusal_of_selection, steps_of
from bayes_alliance.spec.compilation import compile_design

REFERENCE = Path(__file__).resolve().parents[1] / "reference"
METAFOR = json.loads((REFERENCE / "metafor.json").read_text("utf-8"))["twolevel"]
GIVEN = {"beta": 0.15, "tau_sample": 0.2, "tau_effect": 0.1, "omega": [1.0, 0.5, 0.2]}


@pytest.mark.parametrize("data", ["molloy2014", "crede2010_grade"])
@pytest.mark.parametrize("cutpoints", [(0.025,), (0.025, 0.5), (0.025, 0.05, 0.5)])
def test_with_one_effect_a_sample_it_is_the_step_function_of_metafor(data, cutpoints):
    written = ",".join(f"{cut:g}".lstrip("0") for cut in cutpoints)
    name = f"steps=c({written}) greater" if len(cutpoints) > 1 else f"steps={written} greater"
    expected = METAFOR[data]["selmodel"][name]
    frame = pd.read_csv(REFERENCE / "data" / f"{data}.csv")[["yi", "vi"]]
    frame["sample"] = [f"s{i}" for i in range(len(frame))]
    design, tau = design_of(frame), np.sqrt(expected["tau2"])
    given = {"beta": expected["beta"], "omega": expected["delta"]}
    for mechanism, taus in (("effects", (0.0, tau)), ("samples", (tau, 0.0))):
        steps = steps_of(design, mechanism=mechanism, cutpoints=cutpoints)
        found = density(design, steps, tau_sample=taus[0], tau_effect=taus[1], **given)
        assert found[0] == pytest.approx(expected["logLik"], abs=2e-7)


@pytest.mark.parametrize("mechanism", ["effects", "samples"])
def test_at_equal_weights_it_is_the_ordinary_density(mechanism):
    design = compile_design(
        ba.load("ibi_synthetic"), ba.read_specification("subscales_independent")
    )
    rng = np.random.default_rng(1)
    draws = {
        "beta": rng.normal(0.2, 0.2, (20, 4)),
        "tau_sample": rng.uniform(0, 0.5, 20),
        "tau_effect": rng.uniform(0, 0.4, 20),
    }
    steps = steps_of(design, mechanism=mechanism)
    found = density(design, steps, omega=np.ones((20, 3)), **draws)
    ordinary = design.blocks().log_density(draws).sum(axis=1)
    np.testing.assert_allclose(found, ordinary, atol=1e-10)


@pytest.mark.parametrize(
    ("tau_sample", "tau_effect", "omega"),
    [(0.2, 0.1, (1, 0.5, 0.2)), (0.5, 0.01, (1, 0.3, 0.02)), (0.05, 0.3, (1, 0.9, 0.0))],
)
def test_effects_lost_one_by_one_against_numerical_integration(tau_sample, tau_effect, omega):
    design = design_of(SMALL)
    steps = steps_of(design)
    # The weight of a result by its p value, and the chance to be published by integration.
    cuts = [-np.inf, 0.0, stats.norm.ppf(0.975), np.inf]
    total = 0.0
    for _, own in SMALL.groupby("sample"):

        def integrand(u, own=own):
            value = stats.norm.pdf(u, 0, tau_sample)
            for y, v in zip(own["yi"], own["vi"], strict=True):
                law = stats.norm(0.15 + u, np.sqrt(v + tau_effect**2))
                chance = np.diff(law.cdf(np.array(cuts) * np.sqrt(v))) @ omega[::-1]
                p = stats.norm.sf(y / np.sqrt(v))
                weight = omega[0] if p <= 0.025 else omega[1] if p <= 0.5 else omega[2]
                value *= weight * law.pdf(y) / chance
            return value

        reach = 9 * tau_sample
        area, _ = integrate.quad(integrand, -reach, reach, epsabs=1e-14, epsrel=1e-11, limit=400)
        total += np.log(area) if area > 0 else -np.inf
    given = {**GIVEN, "tau_sample": tau_sample, "tau_effect": tau_effect, "omega": omega}
    assert density(design, steps, **given)[0] == pytest.approx(total, abs=2e-6)


@pytest.mark.parametrize("tau_sample", [0.0, 0.2, 0.6])
def test_samples_lost_as_a_whole_against_multivariate_normal_probabilities(tau_sample):
    design = design_of(SMALL)
    steps = steps_of(design, mechanism="samples")
    omega, tau_effect = (1.0, 0.4, 0.1), 0.1
    total = 0.0
    for _, own in SMALL.groupby("sample"):
        M = np.diag(own["vi"] + tau_effect**2) + tau_sample**2
        law = stats.multivariate_normal(
            np.full(len(own), 0.15), M, seed=1, abseps=1e-9, releps=1e-9
        )
        sd = np.sqrt(own["vi"].to_numpy())
        none = [law.cdf(stats.norm.isf(cut) * sd) for cut in (0.5, 0.025)]
        chance = omega[2] * none[0] + omega[1] * (none[1] - none[0]) + omega[0] * (1 - none[1])
        p = stats.norm.sf(own["yi"] / sd).min()
        weight = omega[0] if p <= 0.025 else omega[1] if p <= 0.5 else omega[2]
        total += law.logpdf(own["yi"]) + np.log(weight / chance)
    given = {"beta": 0.15, "tau_sample": tau_sample, "tau_effect": tau_effect, "omega": omega}
    assert density(design, steps, **given)[0] == pytest.approx(total, abs=5e-6)


@pytest.mark.parametrize("mechanism", ["effects", "samples"])
def test_samples_are_independent_and_their_order_does_not_matter(mechanism):
    whole = design_of(SMALL)
    parts = [SMALL.loc[SMALL["sample"] == s] for s in ("c", "a", "b")]
    apart = [density(d, steps_of(d, mechanism=mechanism), **GIVEN) for d in map(design_of, parts)]
    turned = design_of(pd.concat(parts))
    for design in (whole, turned):
        found = density(design, steps_of(design, mechanism=mechanism), **GIVEN)
        assert found[0] == pytest.approx(np.sum(apart), abs=1e-12)


@pytest.mark.parametrize("mechanism", ["effects", "samples"])
def test_the_mirror_image_has_the_same_density(mechanism):
    design, mirrored = design_of(SMALL), design_of(SMALL.assign(yi=-SMALL["yi"]))
    found = density(design, steps_of(design, mechanism=mechanism), **GIVEN)
    steps = steps_of(mirrored, mechanism=mechanism, direction=-1)
    np.testing.assert_allclose(density(mirrored, steps, **{**GIVEN, "beta": -0.15}), found)


def test_pymc_has_the_same_density():
    design = design_of(SMALL)
    ratio, omega = [0.6, 0.4], [1.0, 0.6, 0.24]
    given = {"beta": [0.15], "tau_sample": 0.2, "tau_effect": 0.1}
    prior = (
        stats.norm.logpdf(0.15, design.prior_mean[0], np.sqrt(design.prior_covariance()[0, 0]))
        + float(design.tau_sample.logpdf(0.2))
        + float(design.tau_effect.logpdf(0.1))
        + stats.beta.logpdf(ratio, [2, 1], 1).sum()
    )
    steps = steps_of(design, mechanism="samples")
    found = pymc_log_density(build_selection_model(design, steps), {**given, "ratio": ratio})
    expected = prior + density(design, steps, **{**given, "omega": omega})[0]
    assert found == pytest.approx(expected, abs=1e-8)

    # One sample: its standardised deviation is integrated by Gauss-Hermite.
    one = design_of(SMALL.iloc[:3])
    steps = steps_of(one)
    model = build_selection_model(one, steps)
    x, w = normal_rule(16)
    logs = [
        pymc_log_density(model, {**given, "ratio": ratio, "u_standardised": [u]})
        - stats.norm.logpdf(u)
        for u in x
    ]
    expected = prior + density(one, steps, **{**given, "omega": omega})[0]
    assert np.log(w @ np.exp(logs)) == pytest.approx(expected, abs=1e-6)


def test_without_sample_effects_pymc_needs_no_integration():
    design = design_of(SMALL, "two_level")
    steps = steps_of(design)
    given = {"beta": [0.15], "tau_effect": 0.1, "ratio": [0.6, 0.4]}
    prior = (
        stats.norm.logpdf(0.15, design.prior_mean[0], np.sqrt(design.prior_covariance()[0, 0]))
        + float(design.tau_effect.logpdf(0.1))
        + stats.beta.logpdf([0.6, 0.4], [2, 1], 1).sum()
    )
    found = pymc_log_density(build_selection_model(design, steps), given)
    expected = {"beta": 0.15, "tau_sample": 0.0, "tau_effect": 0.1, "omega": [1, 0.6, 0.24]}
    assert found == pytest.approx(prior + density(design, steps, **expected)[0], abs=1e-8)


def test_what_has_no_selection_model_is_told():
    effects = ba.load("ibi_synthetic")
    expected = {
        "subscales": "sampling errors",
        "subscales_constant": "sampling errors",
        "robust": "follow a t",
        "location_scale": "depends on moderators",
    }
    for model, reason in expected.items():
        design = compile_design(effects, ba.read_specification(model))
        assert reason in (refusal_of_selection(design) or "")
    design = design_of(SMALL)
    assert refusal_of_selection(design) is None
    assert "flat" in (refusal_of_selection(replace(design, flat=("location",))) or "")
    for wrong, told in (
        ({"mechanism": "nothing"}, "effects, samples"),
        ({"cutpoints": (0.5, 0.025)}, "ascending"),
        ({"cutpoints": ()}, "ascending"),
        ({"cutpoints": (0.0, 0.5)}, "between 0 and 1"),
        ({"direction": 0}, "1 or -1"),
    ):
        with pytest.raises(ba.InputError, match=told):
            steps_of(design, **wrong)
