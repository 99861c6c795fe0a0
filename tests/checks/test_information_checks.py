from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from planted_fits import exact_draws, healthy_fit, make_design, make_fit, simulated_effects
from scipy import stats
from scipy.integrate import quad

from bayes_alliance.checks.information import design_notes, overlap_with_prior, tau_learned
from bayes_alliance.spec.prior import Prior

PRIOR = Prior("half_normal", scale=0.25)
MIDPOINTS = (np.arange(20_000) + 0.5) / 20_000


@pytest.mark.parametrize("scale", [0.03, 0.1, 0.2, 0.25, 0.6])
def test_overlap_of_half_normals_by_integration(scale: float) -> None:
    first, second = stats.halfnorm(scale=0.25), stats.halfnorm(scale=scale)
    expected, _ = quad(lambda x: min(first.pdf(x), second.pdf(x)), 0, 4, limit=500, points=[0.3])
    assert overlap_with_prior(second.ppf(MIDPOINTS), PRIOR) == pytest.approx(expected, abs=2e-4)


def test_overlap_with_two_crossings() -> None:
    inside = stats.truncnorm(-4, 4, loc=0.3, scale=0.07)
    before = stats.halfnorm(scale=0.25)
    expected, _ = quad(lambda x: min(before.pdf(x), inside.pdf(x)), 0, 2, limit=500, points=[0.3])
    assert overlap_with_prior(inside.ppf(MIDPOINTS), PRIOR) == pytest.approx(expected, abs=2e-4)


def test_draws_of_a_heavy_prior_overlap_with_it() -> None:
    prior = Prior("half_cauchy", scale=0.5)
    assert overlap_with_prior(prior.draws(4000, np.random.default_rng(1)), prior) > 0.94


@given(st.lists(st.floats(0, 5), min_size=1, max_size=40))
def test_overlap_is_a_share(draws: list[float]) -> None:
    assert 0 <= overlap_with_prior(np.array(draws), PRIOR) <= 1


@given(st.integers(0, 10_000), st.floats(0.1, 10))
def test_overlap_does_not_depend_on_the_unit(seed: int, unit: float) -> None:
    draws = np.abs(np.random.default_rng(seed).normal(size=50))
    in_units = Prior("half_normal", scale=0.25 * unit)
    assert overlap_with_prior(unit * draws, in_units) == pytest.approx(
        overlap_with_prior(draws, PRIOR), abs=1e-9
    )


def test_taus_that_the_data_decide() -> None:
    result = tau_learned(healthy_fit())
    assert result.passed is True
    assert result.table["parameter"].tolist() == ["tau_sample", "tau_effect"]
    row = result.table.iloc[0]
    np.testing.assert_allclose(
        row[["prior_median", "prior_lower", "prior_upper"]].to_numpy(float),
        0.25 * stats.halfnorm.ppf([0.5, 0.025, 0.975]),
    )


def test_a_tau_that_the_prior_decides_is_a_remark() -> None:
    y, v = simulated_effects(samples=3, size=1)
    design = make_design(y, v * 20, samples=3)
    result = tau_learned(make_fit(design, exact_draws(design)))
    assert result.passed is None
    assert result.is_remark
    assert result.table["overlap"].min() > 0.85
    assert "posterior of tau_sample and of tau_effect is nearly its prior" in result.text


def test_a_shifted_posterior_of_the_same_width_is_learned() -> None:
    y, v = simulated_effects()
    design = make_design(y, v, samples=14)
    draws = exact_draws(design)
    prior = design.tau_effect
    assert prior is not None
    draws["tau_effect"] = 0.3 + prior.draws(4000, np.random.default_rng(0)).reshape(4, 1000)
    table = tau_learned(make_fit(design, draws)).table.set_index("parameter")
    assert table.loc["tau_effect", "learned"]
    assert table.loc["tau_effect", "overlap"] < 0.2


def test_taus_that_are_fixed_or_absent_are_not_asked() -> None:
    y, v = simulated_effects()
    draws = exact_draws(make_design(y, v, samples=14))
    priors = {"tau_sample": None, "tau_effect": Prior("point", value=0.1)}
    design = make_design(y, v, samples=14, priors=priors)
    fit = make_fit(design, {"beta": draws["beta"], "tau_effect": np.full((4, 1000), 0.1)})
    assert tau_learned(fit).passed is None
    assert not tau_learned(fit).is_remark


def test_notes_of_the_design_are_remarks() -> None:
    y, v = simulated_effects(samples=4)
    design = make_design(y, v, samples=4, notes=("Only 4 samples: vary the priors.",))
    result = design_notes(make_fit(design, exact_draws(design)))
    assert result.is_remark
    assert result.text == "8 effect sizes in 4 samples. Only 4 samples: vary the priors."
    assert design_notes(healthy_fit()).passed is True
