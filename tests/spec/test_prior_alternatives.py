"""The named priors, what they replace, and rescaled priors of every family."""

from __future__ import annotations

import numpy as np
import pytest
from made_fits import made_effects

import bayes_alliance as ba
from bayes_alliance import Prior
from bayes_alliance.spec.alternatives import (
    MULTIPLIED,
    declared_priors,
    named_changes,
    named_priors,
    rescaled,
)
from bayes_alliance.spec.compilation import compile_design
from bayes_alliance.spec.families import FAMILIES

PRIORS = [
    Prior("normal", mean=0.3, sd=0.2),
    Prior("half_normal", scale=0.2),
    Prior("half_cauchy", scale=0.2),
    Prior("half_t", df=3, scale=0.2),
    Prior("inverse_gamma", shape=1, scale=0.075),
    Prior("lognormal", mu=-2, sigma=0.5),
    Prior("uniform", lower=0, upper=0.5),
    Prior("gamma", shape=2, rate=10),
    Prior("exponential", scale=0.2),
    Prior("lomax", c=2, scale=0.2),
    Prior("beta", a=2, b=3, upper=0.5),
]


def test_every_family_with_a_scale_is_covered() -> None:
    assert (
        {prior.family for prior in PRIORS} == set(MULTIPLIED) == set(FAMILIES) - {"flat", "point"}
    )


@pytest.mark.parametrize("prior", PRIORS, ids=str)
@pytest.mark.parametrize("factor", [0.25, 1.0, 3.0])
def test_quantiles_are_as_many_times_as_far(prior: Prior, factor: float) -> None:
    q = np.array([0.01, 0.2, 0.5, 0.9, 0.99])
    centre = prior.parameters.get("mean", 0.0)
    expected = centre + factor * (prior.quantile(q) - centre)
    np.testing.assert_allclose(rescaled(prior, factor).quantile(q), expected, rtol=1e-12)
    if factor == 1.0:
        assert dict(rescaled(prior, 1.0).parameters) == dict(prior.parameters)


@pytest.mark.parametrize("prior", [Prior("flat"), Prior("point", value=0.1)], ids=str)
def test_what_has_no_scale_is_told(prior: Prior) -> None:
    with pytest.raises(ba.InputError, match="cannot be made 2 times as wide"):
        rescaled(prior, 2.0)
    with pytest.raises(ba.InputError, match="a factor above 0"):
        rescaled(Prior("half_normal", scale=0.1), 0.0)


def test_the_named_priors_are_those_declared() -> None:
    found = [(n.target, str(n.prior)) for n in named_priors()]
    assert found == [
        ("tau", "half_normal(0.1)"), ("tau", "half_normal(0.25)"),
        ("tau", "inverse_gamma(1, 0.075)"), ("tau", "half_normal(0.5)"),
        ("tau", "half_cauchy(0.5)"), ("tau", "half_t(3, 2.5)"),
        ("location", "normal(0, 0.25)"), ("location", "normal(0, 0.5)"),
        ("location", "normal(0, 1)"), ("differences", "normal(0, 0.1)"),
        ("differences", "normal(0, 0.25)"), ("differences", "normal(0, 0.5)"),
    ]  # fmt: skip
    assert all(n.because and n.source and n.source in n.prior.because for n in named_priors())


def replaced(spec: ba.Specification, effects: ba.EffectSizes) -> list[str]:
    design = compile_design(effects, spec)
    return [
        f"{path.removeprefix('priors.')} {prior}"
        for named in named_priors()
        for path, prior in named_changes(named, design, spec).items()
    ]


def test_only_what_the_analysis_has_is_replaced() -> None:
    effects = made_effects(list("aabbcc"), subscale=["task", "bond"] * 3)
    spec = ba.Specification()
    told = replaced(spec, effects)
    assert "location normal(0, 0.5)" not in told  # is the declared one
    assert not [line for line in told if line.startswith("differences")]
    assert told.count("tau_sample half_normal(0.25)") == 1  # tau_effect is declared otherwise
    assert sum(line.startswith("tau_") for line in told) == 12
    by_scale = replaced(spec.with_terms("subscale"), effects)
    assert [line for line in by_scale if line.startswith("diff")] == [
        "differences normal(0, 0.1)", "differences normal(0, 0.5)",
    ]  # fmt: skip
    one = replaced(spec.with_changes({"heterogeneity.effect": False}), effects)
    assert "tau_sample half_normal(0.25)" not in one
    assert sum(line.startswith("tau_") for line in one) == 5
    flat = replaced(spec.with_prior("location", Prior("flat")), effects)
    assert "location normal(0, 0.5)" in flat


def test_a_total_and_its_share_are_replaced_by_the_total() -> None:
    spec = ba.Specification().with_changes(
        {"priors.tau_total": {"family": "half_normal", "scale": 0.3},
         "priors.share": {"family": "beta", "a": 2.0, "b": 2.0}}
    )  # fmt: skip
    effects = made_effects(list("aabbcc"))
    assert list(declared_priors(compile_design(effects, spec), spec)) == ["location", "tau_total"]
    assert "tau_total half_cauchy(0.5)" in replaced(spec, effects)
