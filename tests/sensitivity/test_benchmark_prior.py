"""A benchmark as the prior: the conjugate result, Box's p, and what cannot be done."""

from __future__ import annotations

import math

import numpy as np
import pytest
from made_fits import made_effects
from scipy import stats

import bayes_alliance as ba
from bayes_alliance.sensitivity.benchmark_prior import box_p, given_benchmark, given_benchmarks

SHORT = {"run.draws": 400, "run.chains": 2}
MEAN, SE = math.atanh(0.278), (math.atanh(0.299) - math.atanh(0.256)) / (2 * stats.norm.ppf(0.975))


def known_variances() -> ba.Fit:
    """A common-effect model: the posterior is conjugate and everything is known by hand."""
    effects = made_effects(list("abcd"), r=[0.1, 0.2, 0.15, 0.3], n=[40, 60, 80, 50])
    changes = {"heterogeneity": {"sample": False, "effect": False}, **SHORT}
    return ba.fit(effects, "overall", changes=changes)


@pytest.mark.parametrize(("discount", "extra"), [(1.0, 0.0), (0.2, 0.0), (0.5, 0.04)])
def test_with_known_variances_it_is_the_conjugate_result(discount: float, extra: float) -> None:
    fit = known_variances()
    found = given_benchmark(fit.fitted, "face to face", discount=discount, extra_sd=extra)
    y, w = fit.design.y, 1 / fit.design.variances
    estimate, v = (w @ y) / w.sum(), 1 / w.sum()
    prior = SE**2 / discount + extra**2
    variance = 1 / (1 / prior + 1 / v)
    mean = variance * (MEAN / prior + estimate / v)
    posterior = found.fitted.posterior.linear(np.ones(1))
    assert posterior.mean == pytest.approx(mean, abs=1e-9)
    assert posterior.sd == pytest.approx(math.sqrt(variance), abs=1e-9)
    assert found.weight == pytest.approx(variance / prior, abs=1e-9)
    z = (estimate - MEAN) / math.sqrt(prior + v)
    assert found.p == pytest.approx(2 * stats.norm.sf(abs(z)), abs=1e-9)
    log_bf = stats.norm(MEAN, math.sqrt(prior + v)).logpdf(estimate)
    log_bf -= stats.norm(0, math.sqrt(0.25 + v)).logpdf(estimate)
    assert found.log_bf == pytest.approx(log_bf, abs=1e-8)
    row = found.table.loc["overall"]
    limits = np.tanh(stats.norm(mean, math.sqrt(variance)).ppf([0.5, 0.025, 0.975]))
    np.testing.assert_allclose(row[["given", "given_lower", "given_upper"]].to_list(), limits,
                               atol=1e-8)  # fmt: skip
    assert row["shift"] == pytest.approx(row["given"] - row["declared"])


def test_a_benchmark_far_from_the_data_is_a_conflict_and_less_of_it_is_none() -> None:
    fit = ba.fit("ibi_synthetic", "overall", changes=SHORT)
    found = given_benchmark(fit.fitted, "face to face")
    assert found.conflict is True
    assert found.p == pytest.approx(0.024, abs=0.001)
    told = " ".join(found.sentences)
    assert "is .269 [.249, .290]; under the declared prior it is .207 [.151, .263]." in told
    assert "p = .024 (Box): the benchmark and the data are in conflict" in told
    calm = given_benchmark(fit.fitted, discount=0.1)
    assert calm.conflict is False
    assert "no sign of a conflict" in " ".join(calm.sentences)
    assert calm.weight < found.weight
    assert found.table.loc["overall", "length"] < calm.table.loc["overall", "length"] < 1
    assert "next: .table" in repr(found)


def test_every_benchmark_that_can_be_a_prior_is_one() -> None:
    overall = ba.fit("ibi_synthetic", "overall", changes=SHORT)
    (found,) = given_benchmarks(overall.fitted)
    assert found.benchmark.name == "face to face, Flückiger et al. 2018"
    scales = ba.fit("ibi_synthetic", "subscales_independent", changes=SHORT)
    assert given_benchmarks(scales.fitted) == ()
    assert given_benchmarks(ba.fit("konstantopoulos2011", "schools", changes=SHORT).fitted) == ()


def test_a_vanishing_weight_leaves_the_data_alone() -> None:
    fit = ba.fit("ibi_synthetic", "overall", changes=SHORT)
    flat = ba.fit(fit.effects, fit.specification.with_prior("location", ba.Prior("flat")))
    found = given_benchmark(fit.fitted, "face", discount=1e-8)
    assert found.table.loc["overall", "given"] == pytest.approx(
        flat.summary().loc["overall", "r"], abs=1e-6
    )
    assert found.p == pytest.approx(1, abs=0.05)


def test_the_tail_area_is_averaged_over_the_taus() -> None:
    from bayes_alliance.posterior.marginal import MixtureMarginal

    estimate = MixtureMarginal(np.array([0.2, 0.4]), np.array([0.03, 0.04]), np.array([0.25, 0.75]))
    prior = ba.Prior("normal", mean=0.2, sd=0.03)
    assert box_p(estimate, prior) == pytest.approx(0.25 + 0.75 * 2 * stats.norm.sf(0.2 / 0.05))


@pytest.mark.parametrize(
    ("data", "model", "name", "told"),
    [
        ("ibi_synthetic", "overall", "internet", "has no interval"),
        ("ibi_synthetic", "overall", "nobody", "no benchmark fits 'nobody'"),
        ("ibi_synthetic", "subscales_independent", "task", "is not that of the location alone"),
        ("konstantopoulos2011", "schools", None, "no benchmark fits an interval"),
    ],
)
def test_what_makes_no_prior_is_told(data: str, model: str, name: str | None, told: str) -> None:
    with pytest.raises(ba.InputError, match=told):
        given_benchmark(ba.fit(data, model, changes=SHORT).fitted, name)


def test_raw_correlations_are_told() -> None:
    fit = ba.fit("crede2010", "overall", changes={"effect.measure": "COR", **SHORT})
    spec = fit.specification
    assert spec.benchmarks
    fitted = ba.fit("ibi_synthetic", "overall", changes={"effect.measure": "COR", **SHORT}).fitted
    with pytest.raises(ba.InputError, match="on another scale"):
        given_benchmark(fitted, "face to face")
