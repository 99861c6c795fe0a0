"""Sample effects by scale under NUTS: densities, recovery, and everything that is told of them."""

import arviz_stats as az
import numpy as np
import pytest
from pymc_densities import pymc_log_density
from scale_tables import CORRELATIONS, MEANS, SCALES, TAUS, simulated_scales
from scipy import stats
from scipy_densities import (
    design_of,
    random_parameters,
    scale_covariance,
    scipy_log_likelihood,
    scipy_log_prior,
)

import bayes_alliance as ba
from bayes_alliance.engines.assembly import draw_prior
from bayes_alliance.engines.exact.engine import ExactEngine
from bayes_alliance.engines.nuts.model import build_model
from bayes_alliance.engines.reml.structured import estimate_structured

STRUCTURES = ("cs", "diagonal", "unstructured")


@pytest.mark.parametrize("structure", STRUCTURES)
@pytest.mark.parametrize("errors", ["constant", "estimated"])
def test_log_density_equals_scipy(structure, errors):
    changes = {"heterogeneity.structure": structure, "sampling.within_sample": errors}
    changes |= {"sampling.rho": 0.6} if errors == "constant" else {}
    design = design_of("subscales", changes)
    given = random_parameters(design, np.random.default_rng(4))
    want = scipy_log_prior(design, given) + scipy_log_likelihood(design, given)
    assert pymc_log_density(build_model(design), given) == pytest.approx(want, abs=1e-8)


def test_the_hierarchical_form_has_the_densities_of_its_parts():
    changes = {"heterogeneity.structure": "unstructured"}
    design = design_of("subscales", changes | {"sampling.within_sample": "independent"})
    rng = np.random.default_rng(5)
    given = random_parameters(design, rng)
    shape = (len(design.sample_ids), len(design.scales.names))
    u, w = rng.normal(size=shape), rng.normal(size=len(design.y))
    factor = np.linalg.cholesky(scale_covariance(design.scales, given))
    theta = design.X @ given["beta"] + given["tau_effect"] * w
    theta = theta + (u @ factor.T)[design.sample_index, design.scales.level]
    want = (
        scipy_log_prior(design, given)
        + stats.norm.logpdf(u).sum()
        + stats.norm.logpdf(w).sum()
        + stats.norm.logpdf(design.y, theta, np.sqrt(design.variances)).sum()
    )
    model = build_model(design, hierarchical=True)
    given |= {"u_standardised": u, "w_standardised": w}
    assert pymc_log_density(model, given) == pytest.approx(want, abs=1e-8)


@pytest.mark.parametrize("structure", STRUCTURES)
def test_our_prior_draws_are_those_of_the_pymc_model(structure):
    import pymc as pm

    design = design_of("subscales", {"heterogeneity.structure": structure})
    names = ["tau_scale", "scale_correlation"][: 1 if structure == "diagonal" else 2]
    ours = draw_prior(design, 20_000, np.random.default_rng(1))
    with build_model(design) as model:
        theirs = pm.draw([model[name] for name in names], draws=2_000, random_seed=1)
    for name, drawn in zip(names, theirs, strict=True):
        for j in range(drawn.shape[1]):
            assert stats.ks_2samp(ours[name][:, j], drawn[:, j]).pvalue > 0.001


@pytest.fixture(scope="module")
def fit():
    changes = {"run.draws": 600, "run.tune": 500, "run.chains": 2, "run.target_accept": 0.8}
    changes |= {"sampling.within_sample": "independent"}
    effects = ba.read_effects(simulated_scales(2))
    return ba.fit(effects, "multivariate_scales", changes=changes, engine="nuts", progress=False)


def test_the_truth_is_recovered(fit):
    assert fit.posterior.provenance.engine == "nuts"
    assert "every scale has sample effects" in ExactEngine().declines(fit.design)
    posterior = fit.posterior
    for name, truth in (
        ("beta", MEANS),
        ("tau_scale", TAUS),
        ("scale_correlation", CORRELATIONS[np.triu_indices(3, 1)]),
    ):
        draws = posterior.draws(name)
        assert (np.abs(draws.mean(0) - truth) < 4 * draws.std(0)).all()
        assert draws.std(0).max() < 0.15
    assert not [c.name for c in fit.checks if c.passed is False and c.name != "PSIS-LOO"]


def test_reml_of_the_same_structure_is_near(fit):
    design = fit.design
    reml = estimate_structured(
        y=design.y, X=design.X, starts=design.starts, level=design.scales.level,
        covariances=[np.diag(v) for v in np.split(design.variances, design.starts[1:])],
        structure="unstructured",
    )  # fmt: skip
    assert fit.twin.log_likelihood == pytest.approx(reml.log_likelihood, abs=1e-6)
    assert [line.name for line in fit.twin.coefficients] == list(SCALES)
    assert [line.se for line in fit.twin.coefficients] == pytest.approx(list(reml.se))
    assert f"goal {np.sqrt(reml.G[1, 1]):.3f}" in " ".join(fit.twin.notes)
    draws = fit.posterior.draws("tau_scale")
    tau = np.sqrt(np.diag(reml.G))
    assert (np.abs(draws.mean(0) - tau) < draws.std(0)).all()
    beta = fit.posterior.draws("beta")
    np.testing.assert_allclose(beta.mean(0), reml.beta, atol=0.25 * reml.se.max())
    np.testing.assert_allclose(beta.std(0), reml.se, rtol=0.15)


def test_the_tree_has_the_names_and_dims_of_the_contract(fit):
    posterior = fit.posterior.tree["posterior"].dataset
    assert posterior["tau_scale"].dims == ("chain", "draw", "scale")
    assert posterior["scale_correlation"].dims == ("chain", "draw", "scale_pair")
    assert list(posterior["scale"].to_numpy()) == list(SCALES)
    assert list(posterior["scale_pair"].to_numpy()) == ["task, goal", "task, bond", "goal, bond"]
    assert "tau_sample" not in posterior
    table = az.summary(fit.posterior.tree, ci_prob=0.95, ci_kind="eti", round_to="none")
    assert table.loc["tau_scale[goal]", "ess_bulk"] > 300


def test_log_likelihood_and_predictions_use_the_draws(fit):
    posterior, design = fit.posterior, fit.design
    found = posterior.tree["log_likelihood"]["y"].to_numpy().reshape(-1, 120)
    given = posterior.parameters()
    tau, pairs = given["tau_scale"][7], given["scale_correlation"][7]
    R = np.eye(3)
    R[np.triu_indices(3, 1)] = pairs
    R = R + R.T - np.eye(3)
    own = design.sample_index == 4
    V = np.diag(design.variances[own])
    normal = stats.multivariate_normal(design.X[own] @ given["beta"][7], V + np.outer(tau, tau) * R)
    assert found[7, 4] == pytest.approx(normal.logpdf(design.y[own]), abs=1e-9)
    goal = posterior.predictive(np.array([0.0, 1, 0]), ("sample",))
    want = np.sqrt(np.var(given["beta"][:, 1]) + np.mean(given["tau_scale"][:, 1] ** 2))
    assert goal.sd == pytest.approx(want, rel=1e-3)
    theta = posterior.with_theta()["posterior"]["theta_effect"].mean(("chain", "draw")).to_numpy()
    residual = (theta - design.X @ given["beta"].mean(0)).reshape(120, 3)
    assert np.corrcoef(residual.T)[0, 1] > 0.6


def test_every_scale_is_told_in_json_tables_texts_and_figures(fit, tmp_path):
    draws = fit.posterior.draws("tau_scale")
    told = fit.to_dict()["heterogeneity"]
    assert told["tau_sample"] is None
    assert [one["name"] for one in told["scales"]["tau_scale"]] == list(SCALES)
    assert told["scales"]["tau_scale"][1]["mean"] == pytest.approx(draws[:, 1].mean())
    assert told["scales"]["scale_correlation"][0]["name"] == "task, goal"
    frame = fit.heterogeneity()
    assert frame.loc["tau_scale[bond]", "mean"] == pytest.approx(draws[:, 2].mean())
    text = " ".join(str(fit).split())
    assert f"tau of goal {np.median(draws[:, 1]):.3f}" in text
    assert "tau_scale half_normal(0.25), scale_correlation lkj(2)" in text
    assert "The model has no heterogeneity" not in text
    titles = [axes.get_title("left") for axes in fit.plot_priors()]
    assert titles[-1] == "scale_correlation[goal, bond]"
    assert not fit.twin.unavailable
    again = ba.load_fit(fit.save(tmp_path / "scales.nc"))
    np.testing.assert_array_equal(
        again.posterior.random_effects()[1], fit.posterior.random_effects()[1]
    )
