from __future__ import annotations

import arviz_stats
import numpy as np
import pytest
from planted_fits import Array, exact_draws, healthy_fit, make_design, make_fit, simulated_effects

from bayes_alliance.checks.check import check
from bayes_alliance.checks.result import CheckResult
from bayes_alliance.checks.sampling import (
    bulk_ess,
    monte_carlo_error,
    parameter_draws,
    r_hat,
    reportable_digits,
    tail_ess,
)
from bayes_alliance.checks.trajectories import divergences, energy
from bayes_alliance.engines.fitted import Fitted
from bayes_alliance.spec.prior import Prior
from bayes_alliance.spec.specification import Specification

PARAMETERS = ["beta[overall]", "tau_sample", "tau_effect"]


def data() -> tuple[dict[str, Array], object]:
    y, v = simulated_effects()
    design = make_design(y, v, samples=14)
    return exact_draws(design), design


def spoiled(**changed: Array) -> Fitted:
    draws, design = data()
    return make_fit(design, {**draws, **changed})


def autocorrelated(values: Array, phi: float) -> Array:
    """A slow chain with the distribution of the given draws: neighbours in time are neighbours."""
    rng = np.random.default_rng(2)
    chains, draws = values.shape
    path = np.empty((chains, draws))
    path[:, 0] = rng.standard_normal(chains)
    for t in range(1, draws):
        path[:, t] = phi * path[:, t - 1] + np.sqrt(1 - phi**2) * rng.standard_normal(chains)
    ranks = path.ravel().argsort().argsort()
    return np.sort(values.ravel())[ranks].reshape(values.shape)


def test_numbers_are_those_of_arviz() -> None:
    fit = healthy_fit()
    tree = fit.posterior.tree
    dims = ["chain", "draw"]
    rhat = arviz_stats.rhat(tree["posterior"].dataset, sample_dims=dims, method="rank")
    bulk = arviz_stats.ess(tree["posterior"].dataset, sample_dims=dims, method="bulk")
    tail = arviz_stats.ess(
        tree["posterior"].dataset, sample_dims=dims, method="tail", prob=(0.05, 0.95)
    )
    upper = arviz_stats.mcse(
        tree["posterior"].dataset, sample_dims=dims, method="quantile", prob=0.975
    )
    for result, column, direct in (
        (r_hat(fit), "r_hat", rhat),
        (bulk_ess(fit), "ess", bulk),
        (tail_ess(fit), "ess", tail),
        (monte_carlo_error(fit), "mcse_upper", upper),
    ):
        expected = [direct[name].to_numpy().item() for name in ("beta", "tau_sample", "tau_effect")]
        assert result.table["parameter"].tolist() == PARAMETERS
        np.testing.assert_allclose(result.table[column], expected, rtol=1e-12)


def test_a_chain_elsewhere_is_found() -> None:
    draws, _ = data()
    draws["tau_sample"][2] += 0.1
    result = r_hat(spoiled(tau_sample=draws["tau_sample"]))
    assert result.passed is False
    assert result.table.set_index("parameter")["passed"].tolist() == [True, False, True]
    assert "1 of 3 parameters (tau_sample)" in result.text


def test_two_modes_are_found() -> None:
    draws, _ = data()
    draws["beta"][:2] += 0.4
    fit = spoiled(beta=draws["beta"])
    assert r_hat(fit).passed is False
    assert r_hat(fit).table["r_hat"].iloc[0] > 1.5
    assert bulk_ess(fit).passed is False
    assert "More draws alone will not cure this" in bulk_ess(fit).text


def test_a_stuck_chain_is_named() -> None:
    draws, _ = data()
    draws["tau_effect"][3] = draws["tau_effect"][3, 0]
    result = r_hat(spoiled(tau_effect=draws["tau_effect"]))
    assert result.passed is False
    assert "chain 4 did not move" in result.text


def test_a_parameter_that_never_moved_is_not_well_sampled() -> None:
    draws, _ = data()
    draws["tau_effect"][:] = 0.1
    fit = spoiled(tau_effect=draws["tau_effect"])
    assert [check_(fit).passed for check_ in (r_hat, bulk_ess, tail_ess, monte_carlo_error)] == [
        False
    ] * 4
    assert "chain 1, 2, 3 and 1 more did not move" in r_hat(fit).text


def test_a_value_fixed_by_its_prior_has_nothing_to_converge() -> None:
    y, v = simulated_effects()
    draws = exact_draws(make_design(y, v, samples=14))
    draws["tau_effect"][:] = 0.1
    fixed = make_design(y, v, samples=14, priors={"tau_effect": Prior("point", value=0.1)})
    fit = make_fit(fixed, draws)
    assert parameter_draws(fit)[0] == ("beta[overall]", "tau_sample")
    assert r_hat(fit).passed
    assert tail_ess(fit).passed


@pytest.mark.parametrize(("method", "phi"), [("bulk", 0.9), ("tail", 0.95)])
def test_slow_chains_need_more_draws(method: str, phi: float) -> None:
    draws, _ = data()
    slow = spoiled(tau_sample=autocorrelated(draws["tau_sample"], phi))
    result = {"bulk": bulk_ess, "tail": tail_ess}[method](slow)
    row = result.table.set_index("parameter").loc["tau_sample"]
    assert result.passed is False
    assert 100 < row["ess"] < 400
    advised = int(result.text.split("--draws ")[1].rstrip("."))
    assert advised * row["ess"] / 1000 >= 1.25 * 400 > (advised - 500) * row["ess"] / 1000


def test_monte_carlo_error_of_slow_chains() -> None:
    y, v = simulated_effects()
    design = make_design(y, v, samples=14)
    draws = exact_draws(design, draws=5000)  # shorter chains estimate their own error badly
    draws["beta"] = autocorrelated(draws["beta"][..., 0], 0.97)[..., None]
    result = monte_carlo_error(make_fit(design, draws))
    row = result.table.iloc[0]
    assert result.passed is False
    # The mean of an AR(1) chain has sd sqrt((1 + phi) / (1 - phi) / D) of the marginal sd.
    assert row["relative_mean"] == pytest.approx(np.sqrt(1.97 / 0.03 / 20_000), rel=0.2)


def test_monte_carlo_error_of_good_draws() -> None:
    table = monte_carlo_error(healthy_fit()).table
    np.testing.assert_allclose(table["relative_mean"], 1 / np.sqrt(4000), rtol=0.1)
    assert (table["relative_upper"] > table["relative_mean"]).all()


def test_digits() -> None:
    errors = (0.5, 0.06, 0.05, 0.005, 0.0006, 0.0, float("nan"), 40.0)
    assert [reportable_digits(error) for error in errors] == [0, 0, 1, 2, 2, 6, 0, 0]


def test_draws_that_are_not_finite_are_told() -> None:
    draws, _ = data()
    draws["beta"][1] = np.nan
    fit = spoiled(beta=draws["beta"])
    with np.errstate(invalid="ignore"):
        results = {result.name: result for result in check(fit)}
    assert "not finite, in chain 2" in results["R-hat"].text
    for name in ("R-hat", "bulk ESS", "tail ESS", "Monte Carlo error", "PSIS-LOO"):
        assert results[name].passed is False


def test_divergences_are_counted_by_chain() -> None:
    draws, design = data()
    diverging = np.zeros((4, 1000), bool)
    diverging[1, :12] = True
    result = divergences(make_fit(design, draws, diverging=diverging))
    assert result.passed is False
    assert result.table["divergences"].tolist() == [0, 12, 0, 0]
    assert result.text.startswith("12 of the 4000 draws diverged (0.30 %)")
    assert result.text.endswith("Raise target_accept from 0.9 to 0.95 ([run]).")


def test_advice_against_divergences_of_the_hierarchical_form() -> None:
    draws, design = data()
    spec = Specification.from_dict({"run": {"parametrization": "hierarchical"}})
    fit = make_fit(design, draws, diverging=np.ones((4, 1000), bool), specification=spec)
    assert 'parametrization = "marginal"' in divergences(fit).text


def test_energy_that_hardly_moves() -> None:
    draws, design = data()
    wandering = np.random.default_rng(1).standard_normal((4, 1000))
    wandering[2] = np.cumsum(wandering[2])
    fit = make_fit(design, draws, energy=wandering)
    result = energy(fit)
    expected = [np.square(np.diff(chain)).mean() / chain.var(ddof=1) for chain in wandering]
    np.testing.assert_allclose(result.table["e_bfmi"], expected, rtol=1e-12)
    assert result.table["passed"].tolist() == [True, True, False, True]
    assert result.passed is False
    assert "chain 3: 0.0" in result.text


def test_energy_that_is_constant_does_not_pass() -> None:
    draws, design = data()
    assert energy(make_fit(design, draws, energy=np.ones((4, 1000)))).passed is False


def test_statistics_that_were_not_recorded() -> None:
    fit = healthy_fit()
    del fit.posterior.tree["sample_stats"]["diverging"]
    del fit.posterior.tree["sample_stats"]["energy"]
    found: list[CheckResult] = [divergences(fit), energy(fit)]
    assert [result.passed for result in found] == [None, None]
    assert all("the sampler recorded no" in result.text for result in found)


def test_one_chain_has_an_energy_too() -> None:
    y, v = simulated_effects()
    design = make_design(y, v, samples=14)
    fit = make_fit(design, exact_draws(design, chains=1))
    assert energy(fit).passed
    assert "the one chain" in energy(fit).text
