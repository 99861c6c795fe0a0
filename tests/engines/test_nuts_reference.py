"""NUTS within four Monte Carlo standard errors of an independent quadrature and of brms.

The references are stated in tests/reference/README.md: location normal(0, 1), both taus half-normal
or half-Cauchy with scale 0.5.
"""

import json
from pathlib import Path

import arviz_stats as az
import numpy as np
import pytest

import bayes_alliance as ba

REFERENCE = Path(__file__).parents[1] / "reference"
QUADRATURE = json.loads((REFERENCE / "quadrature.json").read_text())
BRMS = json.loads((REFERENCE / "brms.json").read_text())["fits"]
CASES = [
    ("konstantopoulos2011", "halfnormal"),
    ("crede2010", "halfnormal"),
    ("crede2010_grade", "halfnormal"),
    ("konstantopoulos2011", "halfcauchy"),
]
#: Our names, those of the quadrature and those of brms.
PARAMETERS = [
    ("beta", "mu", "b_Intercept"),
    ("tau_sample", "tau", "sd_cluster__Intercept"),
    ("tau_effect", "omega", "sd_cluster:effect__Intercept"),
]


@pytest.fixture(scope="module", params=CASES, ids="-".join)
def sampled(request):
    data, family = request.param
    tau = {"family": {"halfnormal": "half_normal", "halfcauchy": "half_cauchy"}[family]}
    tau |= {"scale": 0.5, "because": "as in the reference"}
    fit = ba.fit(
        data,
        "three_level",
        changes={
            "priors.location.sd": 1.0,
            "priors.tau_sample": tau,
            "priors.tau_effect": tau,
            "run.draws": 5_000,
        },
        engine="nuts",
        progress=False,
    )
    return data, family, fit.posterior.tree["posterior"].dataset


def draws_of(dataset, name):
    return dataset[name].isel(coefficient=0, drop=True) if name == "beta" else dataset[name]


@pytest.mark.parametrize(("ours", "theirs", "brms"), PARAMETERS)
def test_agrees_with_the_references(sampled, ours, theirs, brms):
    data, family, dataset = sampled
    draws = draws_of(dataset, ours)
    exact = QUADRATURE[data][family][theirs]
    assert float(az.ess(draws, method="bulk")) >= 4_000
    assert float(az.ess(draws, method="tail")) >= 4_000
    error = float(az.mcse(draws, method="mean"))
    assert abs(float(draws.mean()) - exact["mean"]) < 4 * error
    assert abs(float(draws.std()) - exact["sd"]) < 4 * float(az.mcse(draws, method="sd"))
    for name, value in exact["q"].items():
        q = float(f"0.{name[1:]}")
        error_q = float(az.mcse(draws, method="quantile", prob=q))
        assert abs(float(np.quantile(draws, q)) - value) < 4 * error_q, name
    long = BRMS[data][family]["long"]["params"][brms]
    both = np.hypot(error, long["mcse_mean"])
    assert abs(float(draws.mean()) - long["mean"]) < 4 * both


def test_every_data_set_of_the_reference_is_compared():
    assert {data for data, _ in CASES} == {name for name in QUADRATURE if name != "note"}
