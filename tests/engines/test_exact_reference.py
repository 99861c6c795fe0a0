"""The exact engine against an independent quadrature in R and against bayesmeta.

The references are stated in tests/reference/README.md: location normal(0, 1), taus half-normal or
half-Cauchy with scale 0.5.
"""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

import bayes_alliance as ba
from bayes_alliance.engines.engine import RunOptions
from bayes_alliance.engines.exact.engine import ExactEngine
from bayes_alliance.engines.exact.solve import solve
from bayes_alliance.spec.compilation import compile_design

REFERENCE = Path(__file__).parents[1] / "reference"
QUADRATURE = json.loads((REFERENCE / "quadrature.json").read_text())
QUADRATURE = {name: fits for name, fits in QUADRATURE.items() if name != "note"}
BAYESMETA = json.loads((REFERENCE / "bayesmeta.json").read_text())["results"]["molloy2014"]
FAMILIES = {"halfnormal": "half_normal", "halfcauchy": "half_cauchy"}
CASES = [(data, family) for data, fits in QUADRATURE.items() for family in fits]
ONE = np.array([1.0])
OFF = {
    "3level": {},
    "effect_only": {"heterogeneity.sample": False},
    "cluster_only": {"heterogeneity.effect": False},
    "common": {"heterogeneity.sample": False, "heterogeneity.effect": False},
    # A mean of 0 as a prior so narrow that its width (1e-12 times the information) cannot be seen.
    "3level_mu0": {"priors.location.sd": 1e-7},
}


def design_of(data, family, changes=None):
    tau = {"family": FAMILIES[family], "scale": 0.5, "because": "as in the reference"}
    model = "two_level" if data == "molloy2014" else "three_level"
    spec = ba.read_specification(model)
    names = [name for name in ("tau_sample", "tau_effect") if name in spec.to_dict()["priors"]]
    stated = {"priors.location.sd": 1.0, **{f"priors.{name}": tau for name in names}}
    return compile_design(ba.load(data), spec.with_changes(stated | (changes or {})))


@pytest.fixture(scope="module", params=CASES, ids="-".join)
def solved(request):
    data, family = request.param
    posterior = ExactEngine().run(
        design_of(data, family), RunOptions(chains=1, draws=10, tolerance=1e-8)
    )
    return QUADRATURE[data][family], posterior


@pytest.mark.parametrize("variant", OFF)
@pytest.mark.parametrize(("data", "family"), CASES)
def test_log_marginal_likelihoods_of_every_variant(data, family, variant):
    grid = solve(design_of(data, family, OFF[variant]))
    want = QUADRATURE[data][family][f"logml_{variant}"]
    assert grid.log_evidence == pytest.approx(want, abs=1e-6)
    assert grid.error < 1e-5


def test_every_variant_of_the_reference_is_compared():
    for fits in QUADRATURE.values():
        for fit in fits.values():
            assert {f"logml_{name}" for name in OFF} == {x for x in fit if x.startswith("logml")}


@pytest.mark.parametrize("name", ["mu", "tau", "omega"])
def test_moments_quantiles_and_probabilities(solved, name):
    reference, posterior = solved
    want = reference[name]
    marginal = {
        "mu": lambda: posterior.linear(ONE),
        "tau": lambda: posterior.tau("sample"),
        "omega": lambda: posterior.tau("effect"),
    }[name]()
    assert marginal.mean == pytest.approx(want["mean"], abs=1e-6)
    assert marginal.sd == pytest.approx(want["sd"], abs=1e-6)
    levels = [float(f"0.{key[1:]}") for key in want["q"]]
    np.testing.assert_allclose(marginal.quantile(levels), list(want["q"].values()), atol=1e-6)
    np.testing.assert_allclose(marginal.cdf(list(want["q"].values())), levels, atol=1e-6)
    if "p_lt_0" in want:
        assert float(marginal.cdf(0.0)) == pytest.approx(want["p_lt_0"], abs=1e-9, rel=1e-5)


def test_a_new_effect_in_a_new_sample(solved):
    reference, posterior = solved
    want = reference["predictive_new_effect"]
    new = posterior.predictive(ONE, ("sample", "effect"))
    levels = [float(f"0.{key[1:]}") for key in want]
    np.testing.assert_allclose(new.quantile(levels), list(want.values()), atol=1e-6)


def test_second_moments_of_both_taus_and_the_share_of_samples(solved):
    reference, posterior = solved
    grid = posterior.grid
    ts2, te2 = np.square(grid.tau_sample), np.square(grid.tau_effect)[:, None]
    assert float((grid.weights * ts2).sum()) == pytest.approx(reference["E_tau2"], abs=1e-6)
    assert float((grid.weights * te2).sum()) == pytest.approx(reference["E_omega2"], abs=1e-6)
    # The share of the samples in the variance, at nodes where both taus are not 0 exactly.
    with np.errstate(invalid="ignore"):
        share = np.nan_to_num(ts2 / (ts2 + te2))
    assert float((grid.weights * share).sum()) == pytest.approx(reference["icc_mean"], abs=1e-5)


@pytest.fixture(scope="module", params=list(FAMILIES))
def two_levels(request):
    design = design_of("molloy2014", request.param)
    options = RunOptions(chains=1, draws=10, tolerance=1e-8)
    return BAYESMETA[request.param], ExactEngine().run(design, options)


def test_bayesmeta_agrees_on_two_levels(two_levels):
    # bayesmeta was run with delta 1e-4 and epsilon 1e-7: its grid of tau is good to about 1e-5.
    want, posterior = two_levels
    assert posterior.log_marginal_likelihood == pytest.approx(
        want["log_marginal_likelihood"], abs=1e-6
    )
    for name, marginal, summary in (
        ("q_mu", posterior.linear(ONE), "mu"),
        ("q_tau", posterior.tau("effect"), "tau"),
        ("q_pred", posterior.predictive(ONE, ("effect",)), "theta"),
    ):
        levels = [float(key[1:]) for key in want[name]]
        values = list(want[name].values())
        np.testing.assert_allclose(marginal.quantile(levels), values, atol=1e-5)
        assert marginal.mean == pytest.approx(want["summary"][summary]["mean"], abs=1e-5)
        assert marginal.sd == pytest.approx(want["summary"][summary]["sd"], abs=1e-5)
    below = float(posterior.linear(ONE).cdf(0.0))
    assert below == pytest.approx(want["p_mu_lt_0"], rel=1e-2, abs=1e-6)


def test_bayesmeta_agrees_on_shrunken_effects(two_levels):
    want, posterior = two_levels
    effects = [posterior.theta(i)[1][0] for i in range(len(posterior.blocks.y))]
    means, sds = want["shrinkage_theta"]["mean"], want["shrinkage_theta"]["sd"]
    np.testing.assert_allclose([effect.mean for effect in effects], means, atol=1e-5)
    np.testing.assert_allclose([effect.sd for effect in effects], sds, atol=1e-5)


@pytest.mark.parametrize("family", list(FAMILIES))
def test_bayesmeta_agrees_on_evidence_at_fixed_values(family):
    want = BAYESMETA[family]
    nothing = {"heterogeneity.effect": False}
    narrow = {"priors.location.sd": 1e-7}
    for key, changes in (
        ("log_lik_tau0", nothing),
        ("log_lik_mu0", narrow),
        ("log_lik_mu0_tau0", {**nothing, **narrow}),
    ):
        grid = solve(design_of("molloy2014", family, changes))
        assert grid.log_evidence == pytest.approx(want[key], abs=1e-6), key
