"""Samples in groups: the PyMC log density against SciPy, seeded draws, and the conditionals."""

from dataclasses import replace

import numpy as np
import pytest
from pymc_densities import pymc_log_density
from scipy import stats
from scipy_densities import (
    covariance_with_groups,
    design_of,
    random_parameters,
    scipy_log_likelihood,
    scipy_log_prior,
)

from bayes_alliance.engines.engine import RunOptions
from bayes_alliance.engines.nuts.engine import NutsEngine
from bayes_alliance.engines.nuts.model import build_model

CASES = {
    "nested": {},
    "crossed": {"heterogeneity.groups": "criterion"},
    "nested, moderated": {"location.terms": ["source", "year"]},
    "errors correlate": {"sampling.within_sample": "constant", "sampling.rho": 0.5},
    "rho estimated": {"sampling.within_sample": "estimated"},
    "crossed, rho estimated": {
        "sampling.within_sample": "estimated",
        "heterogeneity.groups": "criterion",
    },
    "samples alike": {"heterogeneity.sample": False},
    "effects alike": {"heterogeneity.effect": False},
}


def nested_design(changes=None):
    return design_of("nested", changes)


@pytest.mark.parametrize("changes", CASES.values(), ids=CASES)
def test_log_density_equals_one_multivariate_normal(changes):
    design = nested_design(changes)
    assert design.groups.nested is ("heterogeneity.groups" not in changes)
    model, rng = build_model(design), np.random.default_rng(5)
    for _ in range(3):
        given = random_parameters(design, rng)
        want = scipy_log_likelihood(design, given)
        assert pymc_log_density(model, given) == pytest.approx(
            want + scipy_log_prior(design, given), abs=1e-8
        )
        draws = {n: np.asarray(v)[None] for n, v in given.items()}
        by_unit = design.blocks().log_density(draws)
        assert by_unit.shape == (1, len(design.units.labels))
        assert by_unit.sum() == pytest.approx(want, abs=1e-8)


def test_a_tau_group_of_zero_is_the_two_level_model():
    point = {"family": "point", "value": 0.0, "because": ""}
    without = nested_design({"priors.tau_group": point})
    assert without.groups is None
    given = {"beta": np.array([0.3]), "tau_sample": 0.2, "tau_effect": 0.1}
    near = nested_design()
    draws = {n: np.asarray(v)[None] for n, v in given.items()}
    want = without.blocks().log_density(draws)
    found = near.blocks().log_density(draws | {"tau_group": np.zeros(1)})
    assert found.sum() == pytest.approx(want.sum(), abs=1e-10)
    of_group = np.bincount(near.groups.index[near.starts], want[0])
    np.testing.assert_allclose(found[0], of_group, atol=1e-10)
    base = pymc_log_density(build_model(without), given)
    prior = near.groups.tau.logpdf(0.0)
    assert pymc_log_density(build_model(near), given | {"tau_group": 0.0}) == pytest.approx(
        base + prior, abs=1e-8
    )


def test_the_hierarchical_form_has_the_same_parameters():
    design = nested_design({"heterogeneity.groups": "criterion"})
    rng = np.random.default_rng(4)
    given = random_parameters(design, rng)
    g, u, w = (rng.normal(size=n) for n in (2, len(design.sample_ids), len(design.y)))
    theta = (
        design.X @ given["beta"]
        + given["tau_group"] * g[design.groups.index]
        + given["tau_sample"] * u[design.sample_index]
        + given["tau_effect"] * w
    )
    errors = stats.norm.logpdf(design.y, theta, np.sqrt(design.variances)).sum()
    standard = sum(stats.norm.logpdf(x).sum() for x in (g, u, w))
    model = build_model(design, hierarchical=True)
    full = given | {"g_standardised": g, "u_standardised": u, "w_standardised": w}
    want = scipy_log_prior(design, given) + errors + standard
    assert pymc_log_density(model, full) == pytest.approx(want, abs=1e-8)


@pytest.mark.parametrize("changes", [CASES["nested"], CASES["crossed"]], ids=["nested", "crossed"])
def test_draws_of_the_random_effects_have_the_moments_of_the_normal_conditional(changes):
    design, size = nested_design(changes), 20_000
    rng = np.random.default_rng(8)
    given = random_parameters(design, rng)
    draws = {n: np.repeat(np.asarray(v, float)[None], size, axis=0) for n, v in given.items()}
    blocks, k = design.blocks(), len(design.y)
    residual = design.y - design.X @ given["beta"]
    M = np.linalg.inv(covariance_with_groups(design, given))
    group = np.eye(len(design.groups.names))[design.groups.index]
    sample = np.eye(len(design.sample_ids))[design.sample_index]
    tg2, ts2, te2 = (given[f"tau_{name}"] ** 2 for name in ("group", "sample", "effect"))
    together = tg2 * group @ group.T + ts2 * sample @ sample.T
    u, w = blocks.draw_deviations(draws, np.random.default_rng(1))
    g = blocks.draw_groups(draws, np.random.default_rng(1))
    g = g - (design.X @ given["beta"] @ group) / group.sum(axis=0)
    for found, cross, own in (
        (g, tg2 * group.T, tg2 * np.eye(group.shape[1])),
        (u, together, together),
        (w, te2 * np.eye(k), te2 * np.eye(k)),
    ):
        sd = np.sqrt(np.diag(own - cross @ M @ cross.T))
        error = (found.mean(axis=0) - cross @ M @ residual) / sd * np.sqrt(size)
        assert np.abs(error).max() < 4.5
        np.testing.assert_allclose(found.std(axis=0), sd, rtol=0.03)
    # Joint: the covariance of group effects and what stands behind each effect size.
    joint = tg2 * group.T - tg2 * group.T @ M @ together
    sampled = (g - g.mean(0)).T @ (u - u.mean(0)) / size
    assert np.abs(sampled - joint).max() < 0.02 * (tg2 + ts2) + 1e-4
    mean, variance = blocks.deviations_of_samples({n: v[:2] for n, v in draws.items()})
    average = sample / sample.sum(axis=0)
    cross = average.T @ together
    np.testing.assert_allclose(mean[1], cross @ M @ residual, atol=1e-10)
    want = np.diag(cross @ average - cross @ M @ cross.T)
    np.testing.assert_allclose(variance[1], want, atol=1e-10)


def test_simulated_data_have_the_covariance_of_the_model():
    design = nested_design({"heterogeneity.groups": "criterion"})
    given = random_parameters(design, np.random.default_rng(2))
    size = 20_000
    draws = {n: np.repeat(np.asarray(v, float)[None], size, axis=0) for n, v in given.items()}
    y = design.blocks().simulate(draws, np.random.default_rng(3))
    want = covariance_with_groups(design, given)
    scale = np.sqrt(np.outer(np.diag(want), np.diag(want)))
    assert np.abs((np.cov(y.T) - want) / scale).max() < 5.5 / np.sqrt(size)


def test_without_a_sample_the_groups_are_those_of_the_others():
    design = nested_design()
    i = next(i for i, n in enumerate(np.bincount(design.groups.index[design.starts])) if n == 1)
    sample = int(np.flatnonzero(design.groups.index[design.starts] == i)[0])
    without = design.without_sample(sample)
    assert design.groups.names[i] not in without.groups.names
    assert len(without.groups.names) == len(design.groups.names) - 1
    kept = design.sample_index != sample
    names = np.array(design.groups.names)[design.groups.index][kept]
    np.testing.assert_array_equal(np.array(without.groups.names)[without.groups.index], names)


def test_a_seeded_run_finds_the_parameters_of_simulated_data():
    design = nested_design()
    # 60 groups of 3 samples of 2 effects with variance .01.
    group = np.repeat(np.arange(60), 6)
    rng = np.random.default_rng(11)
    k, starts = len(group), np.arange(0, len(group), 2)
    truth = {"tau_group": 0.2, "tau_sample": 0.15, "tau_effect": 0.1}
    y = 0.25 + rng.normal(0, 0.1, k) + rng.normal(0, truth["tau_effect"], k)
    y += np.repeat(rng.normal(0, truth["tau_sample"], k // 2), 2)
    y += rng.normal(0, truth["tau_group"], 60)[group]
    names = tuple(f"G{i}" for i in range(60))
    made = replace(
        design,
        y=y, X=np.ones((k, 1)), variances=np.full(k, 0.01), starts=starts, rows=np.arange(k),
        sample_ids=tuple(f"S{i}" for i in range(k // 2)),
        effect_ids=tuple(f"E{i}" for i in range(k)), censored_at=np.full(k, np.nan),
        groups=replace(design.groups, names=names, index=group, component=group),
    )  # fmt: skip
    options = RunOptions(seed=2, chains=2, draws=500, tune=500, cores=2)
    posterior = NutsEngine().run(made, options)
    for name, value in truth.items():
        lower, upper = np.quantile(posterior.draws(name), [0.005, 0.995])
        assert lower < value < upper
        assert upper - lower < 0.25
    assert abs(posterior.draws("beta").mean() - 0.25) < 0.12
    likelihood = posterior.tree["log_likelihood"]["y"]
    assert likelihood.dims == ("chain", "draw", "group_id")
    assert likelihood.sizes["group_id"] == 60
    theta = posterior.with_theta()["posterior"]
    assert theta["theta_group"].dims == ("chain", "draw", "group_id")
    found = theta["theta_group"].mean(("chain", "draw")).to_numpy()
    assert np.corrcoef(found, np.bincount(group, y) / 6)[0, 1] > 0.95
    total = np.sqrt(sum(np.square(posterior.draws(name)) for name in truth))
    np.testing.assert_allclose(posterior.total_tau().draws, total)
