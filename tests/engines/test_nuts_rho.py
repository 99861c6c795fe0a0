"""An estimated correlation of sampling errors by NUTS, and everything that is told of it."""

import arviz_stats as az
import numpy as np
import pytest
from scipy import stats

import bayes_alliance as ba
from bayes_alliance.engines.exact.draws import draw
from bayes_alliance.engines.exact.solve import solve
from bayes_alliance.engines.reml.twin import frequentist_twin

ESTIMATED = {
    "sampling.within_sample": "estimated",
    "run.draws": 1_000,
    "run.tune": 500,
    "run.chains": 2,
}


@pytest.fixture(scope="module")
def fit():
    return ba.fit("ibi_synthetic", "subscales", changes=ESTIMATED, engine="nuts", progress=False)


@pytest.fixture(scope="module")
def quadrature(fit):
    """Posterior by the exact engine at fixed rho, averaged over 12 Gauss-Legendre nodes of rho."""
    design = fit.design
    nodes, weights = np.polynomial.legendre.leggauss(12)
    rho = 0.2 + 0.78 * (nodes + 1) / 2
    weight, drawn = np.empty(12), []
    rng = np.random.default_rng(0)
    for a, (r, w) in enumerate(zip(rho, weights, strict=True)):
        known = design.with_rho(float(r))
        blocks = known.blocks()
        grid = solve(known, blocks=blocks)
        weight[a] = w * np.exp(grid.log_evidence + float(design.dependence.prior.logpdf(r)))
        drawn.append(draw(known, blocks, grid, 4_000, rng))
    return rho, weight / weight.sum(), drawn


def test_rho_and_the_coefficients_equal_quadrature(fit, quadrature):
    rho, weight, drawn = quadrature
    posterior = fit.posterior.tree["posterior"]
    found = posterior["rho"]
    mean = float(weight @ rho)
    sd = float(np.sqrt(weight @ (rho - mean) ** 2))
    assert abs(float(found.mean()) - mean) < 4 * float(az.mcse(found, method="mean"))
    assert float(found.std()) == pytest.approx(sd, rel=0.1)
    for name in ("tau_sample", "tau_effect"):
        want = float(weight @ [one[name].mean() for one in drawn])
        error = float(az.mcse(posterior[name], method="mean"))
        assert abs(float(posterior[name].mean()) - want) < 4 * np.hypot(error, 0.0005)
    for j in range(len(fit.design.coefficients)):
        want = float(weight @ [one["beta"][:, j].mean() for one in drawn])
        one = posterior["beta"].isel(coefficient=j)
        error = float(az.mcse(one, method="mean"))
        assert abs(float(one.mean()) - want) < 4 * np.hypot(error, 0.0005)


def test_the_log_likelihood_is_that_of_the_rho_of_each_draw(fit):
    posterior = fit.posterior
    found = posterior.tree["log_likelihood"]["y"].to_numpy().reshape(-1, 40)
    given = posterior.parameters()
    dependence = fit.design.dependence
    for d in (0, 777):
        for i in (2, 11, 30):
            rows = fit.design.sample_index == i
            V = dependence.fixed[i] + given["rho"][d] * dependence.pattern[i]
            M = V + given["tau_effect"][d] ** 2 * np.eye(len(V)) + given["tau_sample"][d] ** 2
            mean = fit.design.X[rows] @ given["beta"][d]
            want = stats.multivariate_normal(mean, M).logpdf(fit.design.y[rows])
            assert found[d, i] == pytest.approx(want, abs=1e-9)


def test_rho_is_told_wherever_the_taus_are(fit):
    drawn = fit.posterior.draws("rho")
    record = fit.to_dict()
    assert record["rho"]["median"] == pytest.approx(np.median(drawn))
    assert set(record["rho"]) == {"mean", "sd", "median", "lower", "upper"}
    assert fit.heterogeneity().loc["rho", "mean"] == pytest.approx(drawn.mean())
    text = str(fit)
    assert f"correlate rho = {np.median(drawn):.3f}" in " ".join(text.split())
    assert "rho beta(14, 6, 0, 1)" in " ".join(text.split())
    names = {check.name: check.table for check in fit.checks}
    assert "rho" in set(names["bulk ESS"]["parameter"])
    assert "rho" in set(names["tau learned from data"]["parameter"])
    assert [axes.get_title("left") for axes in fit.plot_priors()][-1] == "rho"


def test_the_twin_takes_the_posterior_median_of_rho_for_known(fit):
    rho = float(np.median(fit.posterior.draws("rho")))
    assert fit.twin.rho == pytest.approx(rho, abs=1e-9)
    assert f"here rho = {rho:.3f}" in " ".join(fit.twin.notes)
    same = frequentist_twin(fit.design.with_rho(rho))
    assert fit.twin.log_likelihood == pytest.approx(same.log_likelihood, abs=1e-8)


def test_theta_and_predictions_use_the_rho_of_each_draw(fit):
    tree = fit.posterior.with_theta()
    theta = tree["posterior"]["theta_effect"].to_numpy().reshape(-1, len(fit.design.y))
    shrunken = fit.posterior.deviations_of_samples()[0].mean(0)
    of_samples = tree["posterior"]["theta_sample"].to_numpy().reshape(-1, 40)
    X = np.add.reduceat(fit.design.X, fit.design.starts) / fit.posterior.blocks.sizes[:, None]
    fixed = (fit.posterior.draws("beta") @ X.T).mean(0)
    np.testing.assert_allclose(of_samples.mean(0), fixed + shrunken, atol=0.02)
    assert np.corrcoef(theta.mean(0), fit.design.y)[0, 1] > 0.8
    new = tree["posterior_predictive"]["y"].to_numpy().reshape(-1, len(fit.design.y))
    # The draws vary among themselves, the replicated errors within a sample correlate.
    pair = np.flatnonzero(fit.design.sample_index == np.argmax(fit.posterior.blocks.sizes))[:2]
    given = fit.posterior.parameters()
    v = fit.design.variances[pair]
    covariance = given["tau_sample"] ** 2 + given["rho"] * np.sqrt(v.prod())
    residual = new - given["beta"] @ fit.design.X.T
    assert np.mean(residual[:, pair].prod(1)) == pytest.approx(covariance.mean(), rel=0.15)


def test_a_saved_fit_comes_back_with_its_rho(fit, tmp_path):
    again = ba.load_fit(fit.save(tmp_path / "rho.nc"))
    assert type(again.posterior.blocks) is type(fit.posterior.blocks)
    for one, two in zip(fit.posterior.random_effects(), again.posterior.random_effects(),
                        strict=True):  # fmt: skip
        np.testing.assert_array_equal(one, two)
    assert again.to_dict()["rho"] == fit.to_dict()["rho"]
