"""The exact engine and NUTS on one analysis: the same tree, the same answer."""

from __future__ import annotations

import arviz_stats as az
import numpy as np
import pytest
from scipy_densities import design_of

from bayes_alliance.engines.engine import RunOptions
from bayes_alliance.engines.exact.engine import ExactEngine
from bayes_alliance.engines.nuts.engine import NutsEngine

LEVELS = (0.025, 0.25, 0.5, 0.75, 0.975)
#: Groups that only a sampler has.
SAMPLER_GROUPS = {"sample_stats"}


@pytest.fixture(scope="module")
def both():
    design = design_of("subscales_independent")
    options = RunOptions(seed=4, draws=4_000, cores=2)
    return design, ExactEngine().run(design, options), NutsEngine().run(design, options)


def marginals(design, exact, sampled):
    """Exact marginal and draws (chain, draw) of every coefficient, contrast and tau."""
    dataset = sampled.tree["posterior"].dataset
    p = len(design.coefficients)
    contrast = np.zeros(p)
    contrast[:2] = 1, -1
    for name, weights in [*zip(design.coefficients, np.eye(p), strict=True), ("a - b", contrast)]:
        drawn = dataset["beta"].transpose("chain", "draw", "coefficient")
        yield name, exact.linear(weights), drawn.dot(drawn["coefficient"].copy(data=weights))
    for level in ("sample", "effect"):
        yield f"tau_{level}", exact.tau(level), dataset[f"tau_{level}"]


def test_nuts_is_within_four_monte_carlo_errors_of_the_exact_marginals(both):
    compared = 0
    for name, exact, draws in marginals(*both):
        assert float(az.ess(draws, method="tail")) > 1_000, name
        error = float(az.mcse(draws, method="mean"))
        assert abs(float(draws.mean()) - exact.mean) < 4 * error, name
        assert abs(float(draws.std()) - exact.sd) < 4 * float(az.mcse(draws, method="sd")), name
        for level in LEVELS:
            error = float(az.mcse(draws, method="quantile", prob=level))
            difference = float(np.quantile(draws, level)) - float(exact.quantile(level))
            assert abs(difference) < 4 * error, (name, level)
        compared += 1
    assert compared == len(both[0].coefficients) + 3


def test_the_tree_of_the_exact_engine_has_the_groups_names_and_dims_of_nuts(both):
    _, exact, sampled = both
    groups = set(sampled.tree.children) - SAMPLER_GROUPS
    assert set(exact.tree.children) == groups
    for group in groups:
        ours, theirs = exact.tree[group].dataset, sampled.tree[group].dataset
        assert set(ours.data_vars) == set(theirs.data_vars), group
        for name in ours.data_vars:
            assert ours[name].dims == theirs[name].dims, (group, name)
            assert ours[name].dtype == theirs[name].dtype, (group, name)
        for dim in set(ours.dims) - {"chain", "draw"}:
            np.testing.assert_array_equal(ours[dim], theirs[dim])
    assert dict(exact.tree["posterior"].sizes) == dict(sampled.tree["posterior"].sizes)


def test_what_does_not_depend_on_the_engine_is_identical(both):
    _, exact, sampled = both
    for group in ("prior", "prior_predictive", "observed_data", "constant_data"):
        assert exact.tree[group].dataset.equals(sampled.tree[group].dataset), group


def test_log_likelihoods_by_sample_average_alike(both):
    _, exact, sampled = both
    ours, theirs = (x.tree["log_likelihood"]["y"].mean(("chain", "draw")) for x in (exact, sampled))
    np.testing.assert_allclose(ours, theirs, atol=0.05)


def test_the_exact_engine_knows_its_evidence_and_error_and_the_sampler_none(both):
    _, exact, sampled = both
    assert exact.log_marginal_likelihood == exact.nodes.log_evidence
    assert 0 < exact.log_marginal_likelihood_error <= 1e-5
    assert sampled.log_marginal_likelihood is None
    assert exact.provenance.engine == "exact"
    assert exact.provenance.settings["reported_error"] == exact.nodes.error
