"""What NUTS returns: recovery, repeatability, both forms, both samplers, censored effects."""

import arviz_stats as az
import numpy as np
import pandas as pd
import pytest
from scipy import stats
from scipy.integrate import trapezoid

import bayes_alliance as ba
from bayes_alliance.engines.assembly import draw_prior
from bayes_alliance.engines.nuts.model import build_model
from bayes_alliance.spec.compilation import compile_design

SHORT = {"run.draws": 500, "run.tune": 500, "run.chains": 2}


def simulated_table(samples=250, scales=("task", "goal", "bond"), seed=4):
    """Three levels with known truth: z of the scales .30, .20, .10; taus .15 and .08; n = 150."""
    rng = np.random.default_rng(seed)
    rows = []
    for i in range(samples):
        u = rng.normal(0, 0.15)
        for scale, mean in zip(scales, (0.30, 0.20, 0.10), strict=True):
            z = mean + u + rng.normal(0, 0.08) + rng.normal(0, 1 / np.sqrt(147))
            rows.append({"sample": f"s{i:03}", "effect": scale, "yi": z, "vi": 1 / 147,
                         "subscale": scale})  # fmt: skip
    return pd.DataFrame(rows)


@pytest.fixture(scope="module")
def recovered():
    return ba.fit(
        ba.read_effects(simulated_table()), "subscales_independent", engine="nuts", progress=False
    )


def test_the_truth_is_recovered(recovered):
    truth = {"task": 0.30, "goal": 0.20, "bond": 0.10}
    for name, row in recovered.summary().iterrows():
        assert abs(row["mean"] - truth[name]) < 4 * row["sd"]
        assert row["sd"] < 0.02
    taus = recovered.heterogeneity()
    for name, value in {"tau_sample": 0.15, "tau_effect": 0.08}.items():
        assert abs(taus.loc[name, "mean"] - value) < 4 * taus.loc[name, "sd"]
        assert taus.loc[name, "sd"] < 0.02
    assert recovered.answers.orders[0].probability > 0.999
    assert recovered.contrasts().loc["task - bond", "mean"] == pytest.approx(0.2, abs=0.06)


def test_all_checks_pass_on_data_from_the_model(recovered):
    failed = [check.name for check in recovered.checks if check.passed is False]
    assert failed == []


def test_the_tree_has_the_groups_names_and_dims_of_the_contract(recovered):
    tree = recovered.posterior.tree
    assert set(tree.children) == {
        "posterior", "prior", "posterior_predictive", "prior_predictive", "log_likelihood",
        "sample_stats", "observed_data", "constant_data",
    }  # fmt: skip
    posterior = tree["posterior"].dataset
    assert posterior["beta"].dims == ("chain", "draw", "coefficient")
    assert list(posterior["coefficient"].to_numpy()) == ["task", "goal", "bond"]
    assert posterior["tau_sample"].dims == ("chain", "draw")
    assert tree["log_likelihood"]["y"].dims == ("chain", "draw", "sample_id")
    assert tree["posterior_predictive"]["y"].dims == ("chain", "draw", "effect_id")
    assert set(tree["prior"].dataset.data_vars) == set(posterior.data_vars)


def test_arviz_takes_the_tree(recovered):
    tree = recovered.posterior.tree
    table = az.summary(tree, ci_prob=0.95, ci_kind="eti", round_to="none")
    assert table.loc["beta[task]", "mean"] == pytest.approx(recovered.summary().loc["task", "mean"])
    assert np.isfinite(az.loo(tree, var_name="y").elpd)


def test_same_seed_same_draws_another_seed_others():
    one, two, other = (
        ba.fit("molloy2014", "two_level", changes=SHORT, seed=seed, engine="nuts", progress=False)
        for seed in (5, 5, 6)
    )
    for group in ("posterior", "prior", "posterior_predictive"):
        assert one.posterior.tree[group].dataset.equals(two.posterior.tree[group].dataset)
    assert not np.array_equal(one.posterior.draws("beta"), other.posterior.draws("beta"))


@pytest.fixture(scope="module")
def basic():
    return ba.fit("konstantopoulos2011", "schools", engine="nuts", progress=False)


@pytest.mark.parametrize(
    "changes",
    [
        {"run.parametrization": "hierarchical", "run.target_accept": 0.95},
        {"run.sampler": "pymc", "run.draws": 1_000},
    ],
    ids=["hierarchical", "pymc"],
)
def test_another_form_or_sampler_gives_the_same_posterior(basic, changes):
    other = ba.fit("konstantopoulos2011", "schools", changes=changes, engine="nuts", progress=False)
    for name in ("beta", "tau_sample", "tau_effect"):
        a, b = (fit.posterior.tree["posterior"][name] for fit in (basic, other))
        error = float(np.hypot(*(np.asarray(az.mcse(x, method="mean")).ravel()[0] for x in (a, b))))
        assert abs(float(a.mean()) - float(b.mean())) < 4 * error


def test_explicit_theta_equals_theta_drawn_from_its_conditional(basic):
    explicit = ba.fit(
        "konstantopoulos2011", "schools", changes={"run.parametrization": "hierarchical"},
        engine="nuts", progress=False,
    )  # fmt: skip
    a = basic.posterior.with_theta()["posterior"].dataset
    b = explicit.posterior.tree["posterior"].dataset
    for name in ("theta_sample", "theta_effect"):
        mean_a, mean_b = (x[name].mean(("chain", "draw")).to_numpy() for x in (a, b))
        np.testing.assert_allclose(mean_a, mean_b, atol=0.03)
        sd_a, sd_b = (x[name].std(("chain", "draw")).to_numpy() for x in (a, b))
        np.testing.assert_allclose(sd_a, sd_b, rtol=0.15)


def censored_table():
    return pd.DataFrame(
        {
            "sample": ["a", "a", "b", "c", "d", "d"],
            "effect": ["1", "2", "1", "1", "1", "2"],
            "r": ["0.45", "n.s.", "0.30", "n.s.", "n.s.", "n.s."],
            "n": [40, 40, 60, 50, 30, 30],
        }
    )


def test_censored_effects_against_brute_force():
    """tau fixed: the posterior of mu on a grid, with SciPy's normal probabilities."""
    fixed = {"family": "point", "value": 0.15, "because": ""}
    within = {"family": "point", "value": 0.1, "because": ""}
    changes = {
        "effect.not_significant": "censored",
        "priors.tau_sample": fixed,
        "priors.tau_effect": within,
        "run.draws": 4_000,
    }
    fit = ba.fit(
        ba.read_effects(censored_table()),
        "three_level",
        changes=changes,
        engine="nuts",
        progress=False,
    )
    design = fit.design
    mu = np.linspace(-1, 1.5, 801)
    log_density = stats.norm.logpdf(mu, 0, 0.5)
    for i in range(len(design.sample_ids)):
        rows = design.sample_index == i
        size = int(rows.sum())
        covariance = np.diag(design.variances[rows]) + 0.1**2 * np.eye(size) + 0.15**2
        log_density += [
            np.log(_probability(m, covariance, design.y[rows], design.censored_at[rows]))
            for m in mu
        ]
    density = np.exp(log_density - log_density.max())
    density /= trapezoid(density, mu)
    mean = trapezoid(mu * density, mu)
    sd = np.sqrt(trapezoid((mu - mean) ** 2 * density, mu))
    drawn = fit.posterior.tree["posterior"]["beta"].isel(coefficient=0)
    error = float(az.mcse(drawn, method="mean"))
    assert abs(float(drawn.mean()) - mean) < 4 * error
    assert float(drawn.std()) == pytest.approx(sd, rel=0.04)
    log_likelihood = fit.posterior.tree["log_likelihood"]["y"].isel(chain=0, draw=0).to_numpy()
    m = float(drawn.isel(chain=0, draw=0))
    for i, got in enumerate(log_likelihood):
        rows = design.sample_index == i
        size = int(rows.sum())
        covariance = np.diag(design.variances[rows]) + 0.1**2 * np.eye(size) + 0.15**2
        want = np.log(_probability(m, covariance, design.y[rows], design.censored_at[rows]))
        assert got == pytest.approx(want, abs=2e-4)


def _probability(mean, covariance, y, limit):
    """Density of what was seen times the probability of what was not, by SciPy's cdf."""
    hidden = np.isfinite(limit)
    if not hidden.any():
        return stats.multivariate_normal(np.full(len(y), mean), covariance).pdf(y)
    if hidden.all() and len(y) == 2:
        box = stats.multivariate_normal(np.full(2, mean), covariance)
        return box.cdf(limit, lower_limit=-limit)
    if hidden.all():
        sd = np.sqrt(covariance[0, 0])
        return np.diff(stats.norm.cdf(np.array([-limit[0], limit[0]]), mean, sd))[0]
    o, c = np.flatnonzero(~hidden)[0], np.flatnonzero(hidden)[0]
    gain = covariance[c, o] / covariance[o, o]
    centre, sd = mean + gain * (y[o] - mean), np.sqrt(covariance[c, c] - gain * covariance[o, c])
    inside = np.diff(stats.norm.cdf(np.array([-limit[c], limit[c]]), centre, sd))[0]
    return stats.norm.pdf(y[o], mean, np.sqrt(covariance[o, o])) * inside


def test_our_prior_draws_are_those_of_the_pymc_model():
    import pymc as pm

    design = compile_design(ba.load("ibi_synthetic"), ba.read_specification("moderators_all"))
    ours = draw_prior(design, 20_000, np.random.default_rng(1))
    with build_model(design):
        theirs = pm.draw(
            [pm.modelcontext(None)[name] for name in ("beta", "tau_sample", "shrinkage")],
            draws=4_000,
            random_seed=1,
        )
    for mine, drawn in zip((ours["beta"][:, 0], ours["tau_sample"], ours["shrinkage"]),
                           (theirs[0][:, 0], theirs[1], theirs[2]), strict=True):  # fmt: skip
        assert stats.ks_2samp(mine, drawn).pvalue > 0.001
    covariance = np.cov(ours["beta"].T)
    np.testing.assert_allclose(np.cov(theirs[0].T), covariance, atol=0.02)


def test_an_engine_that_declines_is_named_with_its_reason():
    told = r"exact: the shrinkage of the differences.*available: exact, importance, nuts"
    with pytest.raises(ba.InputError, match=told):
        ba.fit("ibi_synthetic", "moderators_all", engine="exact", progress=False)


def test_auto_takes_the_exact_engine_unless_it_declines():
    changes = {"run.draws": 200, "run.tune": 200, "run.chains": 2}
    exact = ba.fit("molloy2014", "two_level", changes=changes, progress=False)
    assert exact.posterior.provenance.engine == "exact"
    assert exact.posterior.provenance.declined == {}
    sampled = ba.fit("ibi_synthetic", "moderators_all", changes=changes, progress=False)
    assert sampled.posterior.provenance.engine == "nuts"
    assert "shrinkage" in sampled.posterior.provenance.declined["exact"]
