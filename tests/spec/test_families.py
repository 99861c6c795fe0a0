"""Every family of priors: density, cdf, quantile, draws, parameters, and what cannot be changed."""

from __future__ import annotations

import pickle
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import integrate, stats

from bayes_alliance.errors import InputError
from bayes_alliance.spec.families import FAMILIES
from bayes_alliance.spec.prior import Prior

PRIORS = {
    "normal": Prior("normal", mean=0.1, sd=0.5),
    "half_normal": Prior("half_normal", scale=0.25),
    "half_cauchy": Prior("half_cauchy", scale=0.5),
    "half_t": Prior("half_t", df=3, scale=2.5),
    "inverse_gamma": Prior("inverse_gamma", shape=1, scale=0.075),
    "lognormal": Prior("lognormal", mu=-2, sigma=0.7),
    "uniform": Prior("uniform", lower=0.1, upper=0.9),
    "gamma": Prior("gamma", shape=2, rate=5, lower=0.05),
    "exponential": Prior("exponential", scale=0.2),
    "lomax": Prior("lomax", c=3, scale=0.4),
    "beta": Prior("beta", a=2, b=5, lower=-0.2, upper=0.9),
}

#: The densities written out by hand, so that a wrong parameter of SciPy's cannot hide.
DENSITIES = {
    "normal": lambda x: np.exp(-((x - 0.1) ** 2) / (2 * 0.25)) / np.sqrt(2 * np.pi * 0.25),
    "half_normal": lambda x: 2 * np.exp(-(x**2) / 0.125) / np.sqrt(0.125 * np.pi),
    "half_cauchy": lambda x: 2 / (np.pi * 0.5 * (1 + (x / 0.5) ** 2)),
    "half_t": lambda x: 2 * stats.t.pdf(x / 2.5, 3) / 2.5,
    "inverse_gamma": lambda x: 0.075 * x**-2.0 * np.exp(-0.075 / x),
    "lognormal": lambda x: (
        np.exp(-((np.log(x) + 2) ** 2) / (2 * 0.49)) / (x * np.sqrt(2 * np.pi * 0.49))
    ),
    "uniform": lambda x: np.where((x > 0.1) & (x < 0.9), 1.25, 0.0),
    "gamma": lambda x: 25 * (x - 0.05) * np.exp(-5 * (x - 0.05)),
    "exponential": lambda x: np.exp(-x / 0.2) / 0.2,
    "lomax": lambda x: 3 / 0.4 * (1 + x / 0.4) ** -4.0,
    "beta": lambda x: stats.beta.pdf((x + 0.2) / 1.1, 2, 5) / 1.1,
}


def test_the_grid_of_families_has_not_shrunk() -> None:
    assert set(PRIORS) | {"point", "flat"} == set(FAMILIES)
    assert set(DENSITIES) == set(PRIORS)


@pytest.mark.parametrize("name", PRIORS)
def test_the_density_integrates_to_one(name: str) -> None:
    prior = PRIORS[name]
    low, median, high = prior.quantile([1e-9, 0.5, 1 - 1e-9])
    edges = [low, *prior.quantile([0.05, 0.5, 0.95, 0.999, 0.99999]), high]
    mass = sum(
        integrate.quad(lambda x: float(np.exp(prior.logpdf(x))), a, b, limit=200)[0]
        for a, b in pairwise(edges)
    )
    assert low < median < high
    assert mass == pytest.approx(1, abs=1e-6)


@pytest.mark.parametrize("name", PRIORS)
def test_the_density_is_the_one_of_the_books(name: str) -> None:
    x = PRIORS[name].quantile(np.linspace(0.02, 0.98, 25))
    np.testing.assert_allclose(np.exp(PRIORS[name].logpdf(x)), DENSITIES[name](x), rtol=1e-10)


@pytest.mark.parametrize("name", PRIORS)
def test_the_quantile_inverts_the_cdf(name: str) -> None:
    q = np.array([0.001, 0.025, 0.2, 0.5, 0.8, 0.975, 0.999])
    np.testing.assert_allclose(PRIORS[name].cdf(PRIORS[name].quantile(q)), q, rtol=1e-9)


@pytest.mark.parametrize("name", PRIORS)
def test_draws_come_from_the_distribution(name: str) -> None:
    drawn = PRIORS[name].draws(5_000, np.random.default_rng(1))
    assert drawn.shape == (5_000,)
    assert stats.kstest(drawn, PRIORS[name].cdf).pvalue > 0.001
    assert len(np.unique(drawn)) == 5_000


@pytest.mark.parametrize("name", PRIORS)
def test_there_is_no_mass_outside_the_support(name: str) -> None:
    prior = PRIORS[name]
    if prior.support == "real":
        assert np.isfinite(prior.logpdf([-30.0, 30.0])).all()
        return
    assert prior.logpdf(-0.3) == -np.inf
    assert prior.cdf(-0.3) == 0
    if prior.support == "interval":
        assert prior.logpdf(0.95) == -np.inf
        assert prior.cdf(0.95) == 1


def test_the_half_normal_of_the_defaults_has_the_published_quantiles() -> None:
    median, upper = Prior("half_normal", scale=0.25).quantile([0.5, 0.95])
    assert median == pytest.approx(0.1686, abs=5e-5)
    assert upper == pytest.approx(0.4900, abs=5e-5)


def test_a_point_has_all_its_mass_at_its_value() -> None:
    point = Prior("point", value=0.2)
    np.testing.assert_array_equal(point.cdf([0.19, 0.2, 0.3]), [0, 1, 1])
    np.testing.assert_array_equal(point.quantile([0.01, 0.99]), [0.2, 0.2])
    np.testing.assert_array_equal(point.draws(3, np.random.default_rng(0)), [0.2, 0.2, 0.2])
    assert point.logpdf(0.1999) == -np.inf
    assert point.logpdf(0.2) == np.inf


@given(
    st.floats(0.01, 5),
    st.floats(0.5, 30),
    st.floats(0, 10, exclude_min=True, allow_subnormal=False),
)
def test_the_half_t_is_the_folded_t(scale: float, df: float, x: float) -> None:
    prior = Prior("half_t", df=df, scale=scale)
    folded = stats.t(df, scale=scale)
    assert float(prior.cdf(x)) == pytest.approx(folded.cdf(x) - folded.cdf(-x), abs=1e-12)
    assert float(prior.logpdf(x)) == pytest.approx(np.log(2) + folded.logpdf(x), rel=1e-12)


@pytest.mark.parametrize("value", [float("nan"), float("inf"), -float("inf"), 1e308, 10**400, 2e6])
@pytest.mark.parametrize("name", ["mean", "sd"])
def test_what_is_not_finite_or_overflows_is_refused(name: str, value: float) -> None:
    with pytest.raises(InputError) as caught:
        Prior("normal", **({"mean": 0.0, "sd": 1.0} | {name: value}))
    (problem,) = caught.value.problems
    assert problem.code == "prior_parameter"
    assert problem.what.startswith(f"{name} of normal must be at most 1e+06 in size")


@pytest.mark.parametrize("value", [True, "0.5", None, [0.5], {"a": 1}, np.complex128(0.5), b"1"])
def test_what_is_no_number_is_refused(value: object) -> None:
    with pytest.raises(InputError, match="scale of half_normal must be a number") as caught:
        Prior("half_normal", scale=value)  # type: ignore[arg-type]
    assert len(str(caught.value)) < 300


@pytest.mark.parametrize("value", [0.0, -1.0, 1e-12, 5e-324])
def test_a_scale_must_be_positive_and_not_vanish(value: float) -> None:
    with pytest.raises(InputError, match=r"scale of half_cauchy must be (positive|at least 1e-09)"):
        Prior("half_cauchy", scale=value)


@pytest.mark.parametrize("mu", [1000.0, -1000.0])
def test_a_lognormal_whose_median_is_no_float_is_refused(mu: float) -> None:
    with pytest.raises(InputError, match="mu of lognormal must be at most 100 in size"):
        Prior("lognormal", mu=mu, sigma=1.0)


@pytest.mark.parametrize("family", ["uniform", "beta"])
def test_limits_must_be_in_order(family: str) -> None:
    shape = {} if family == "uniform" else {"a": 1.0, "b": 1.0}
    with pytest.raises(InputError, match=r"lower of \w+ must be below upper \(0\.2\)"):
        Prior(family, lower=0.2, upper=0.2, **shape)


def test_a_beta_lies_between_0_and_1_unless_told() -> None:
    prior = Prior("beta", a=2, b=3)
    assert prior.parameters == {"a": 2, "b": 3, "lower": 0, "upper": 1}
    assert float(prior.cdf(0.4)) == pytest.approx(stats.beta.cdf(0.4, 2, 3), abs=1e-12)


def test_a_misspelt_family_is_told_with_the_nearest_and_all_allowed() -> None:
    with pytest.raises(InputError) as caught:
        Prior("half_norml", scale=1)
    (problem,) = caught.value.problems
    assert problem.code == "prior_family"
    assert "'half_normal'" in problem.cure
    assert all(family in problem.cure for family in FAMILIES)


def test_all_mistakes_in_parameters_are_told_at_once() -> None:
    with pytest.raises(InputError) as caught:
        Prior("normal", men=0, sd=-1)
    told = [str(problem) for problem in caught.value.problems]
    assert len(told) == 3
    assert "Did you mean 'mean'" in told[0]
    assert "normal takes mean, sd" in told[0]
    assert "mean of normal is missing" in told[1]
    assert "sd of normal must be positive, it is -1" in told[2]


def test_another_family_over_old_parameters_is_told_the_whole_table() -> None:
    with pytest.raises(InputError) as caught:
        Prior("flat", mean=0.0, sd=1.0)
    (problem,) = caught.value.problems
    assert problem.what == "flat takes no parameters, and 'mean', 'sd' stand beside it"
    assert problem.cure.endswith("""--set 'priors.location={family="flat"}'""")
    with pytest.raises(InputError, match=r'family="half_normal", scale=\.\.\.') as caught:
        Prior("half_normal", sd=1.0, scale=1.0)
    assert len(caught.value.problems) == 1


@pytest.mark.parametrize("key", ["self", "because2", "__class__", "x" * 100_000])
def test_no_key_of_a_table_reaches_python(key: str) -> None:
    with pytest.raises(InputError, match="normal has no parameter") as caught:
        Prior.from_mapping({"family": "normal", "mean": 0, "sd": 1, key: 1})
    assert len(str(caught.value)) < 300


@pytest.mark.parametrize(
    "table", [{}, {"family": 3}, {"family": "point", "value": 0, "because": 1}]
)
def test_a_table_without_a_family_is_told(table: dict[str, object]) -> None:
    with pytest.raises(InputError, match="a prior needs a family"):
        Prior.from_mapping(table)


@pytest.mark.parametrize("prior", PRIORS.values(), ids=PRIORS)
def test_nothing_is_lost_in_a_pickle_or_a_table(prior: Prior) -> None:
    told = Prior(prior.family, because="for a reason", **prior.parameters)
    for copy in (pickle.loads(pickle.dumps(told)), Prior.from_mapping(told.to_dict())):
        assert copy == told
        assert hash(copy) == hash(told)
        assert copy.because == "for a reason"
        assert copy.logpdf(0.3) == prior.logpdf(0.3)
    assert told != prior


def test_a_prior_cannot_be_changed() -> None:
    prior = Prior("normal", mean=0, sd=1)
    with pytest.raises(AttributeError):
        prior.family = "point"
    with pytest.raises(AttributeError):
        prior.new = 1  # type: ignore[attr-defined]
    with pytest.raises(TypeError):
        prior.parameters["sd"] = 2.0  # type: ignore[index]
    assert str(prior) == "normal(0, 1)"
    assert repr(prior) == "Prior('normal', mean=0, sd=1)"
