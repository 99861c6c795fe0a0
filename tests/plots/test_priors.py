"""Prior against posterior."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from drawn_analyses import analysis, table
from made_fits import made_effects
from scipy import stats

from bayes_alliance.engines.choose import run_analysis
from bayes_alliance.engines.fitted import Fitted
from bayes_alliance.errors import InputError
from bayes_alliance.plots.footer import FOOTER_ID
from bayes_alliance.plots.priors import ORDINATE_ID, priors, priors_data
from bayes_alliance.plots.style import figure_of, new_figure
from bayes_alliance.sensitivity.evidence import bayes_factor
from bayes_alliance.spec.prior import Prior
from bayes_alliance.spec.specification import Specification
from bayes_alliance.summaries.evidence import ratio_text


def of(fitted: Fitted, name: str) -> pd.DataFrame:
    densities = priors_data(fitted).densities
    return densities.loc[densities["parameter"] == name]


def test_priors_of_taus_are_the_declared_densities(overall: Fitted) -> None:
    for name, scale in (("tau_sample", 0.25), ("tau_effect", 0.15)):
        own = of(overall, name)
        expected = stats.halfnorm.pdf(own["value"], scale=scale)
        np.testing.assert_allclose(own["prior"], expected)
        assert own["value"].min() == 0


def test_priors_of_cell_means_have_both_variances(by_scale: Fitted) -> None:
    own = of(by_scale, "goal")
    sd = np.sqrt(0.5**2 + 0.25**2 / 2)
    np.testing.assert_allclose(own["prior"], stats.norm.pdf(own["value"], 0, sd))


def test_shrinkage_mixes_the_priors_of_differences() -> None:
    spec = Specification().with_terms("subscale", "year")
    spec = spec.with_prior("shrinkage", Prior("uniform", lower=0.5, upper=1.0))
    fitted = analysis(table([3, 2, 4, 3], year=[2000.0 + i for i in range(12)]), spec)
    own = of(fitted, "subscale[task]")
    factors = np.linspace(0.5, 1.0, 2001)
    unit = np.sqrt(fitted.design.prior_covariance()[1, 1])
    expected = stats.norm.pdf(own["value"].to_numpy()[:, None], 0, factors * unit).mean(1)
    np.testing.assert_allclose(own["prior"], expected, rtol=2e-3)
    assert "shrinkage" in priors_data(fitted).parameters


def test_posteriors_of_standard_deviations_are_reflected_at_zero() -> None:
    fitted = analysis(table([3, 2, 3]), taus=(0.01, 0.08), draws=500)
    tree = fitted.posterior.tree
    tree["posterior"]["tau_sample"][:] = np.abs(
        np.random.default_rng(1).normal(0, 0.1, tree["posterior"]["tau_sample"].shape)
    )
    own = of(fitted, "tau_sample")
    assert np.trapezoid(own["posterior"], own["value"]) == pytest.approx(1, abs=0.02)
    assert own["posterior"].iloc[0] == pytest.approx(stats.halfnorm.pdf(0, scale=0.1), rel=0.15)


def test_the_axis_holds_the_posterior_and_much_of_the_prior(overall: Fitted) -> None:
    own = of(overall, "overall")
    draws = overall.posterior.draws("beta")[:, 0]
    assert own["value"].min() < draws.min()
    assert own["value"].max() > draws.max()
    assert own["value"].max() == pytest.approx(0.98, abs=0.01)  # 97.5 % of Normal(0, .5)


def test_what_is_fixed_or_absent_has_no_panel() -> None:
    spec = Specification().with_prior("tau_effect", Prior("point", value=0.1))
    assert priors_data(analysis(table([2, 2]), spec)).parameters == ("overall", "tau_sample")


def test_panels_are_named_and_noticed(overall: Fitted) -> None:
    panels = priors(overall)
    assert [ax.get_title("left") for ax in panels] == ["overall", "tau_sample", "tau_effect"]
    lines = [t.get_text() for t in figure_of(panels[0]).texts if t.get_gid() == FOOTER_ID]
    assert "Synthetic data: no evidence about therapy." in lines


def test_axes_handed_in_are_used_and_counted(overall: Fitted) -> None:
    axes = tuple(new_figure(7, 3).subplots(1, 3))
    assert priors(overall, axes) == axes
    with pytest.raises(InputError, match="2 axes for 3 parameters"):
        priors(overall, axes[:2])


def test_priors_with_a_pole_at_zero_can_be_drawn() -> None:
    spec = Specification().with_prior("tau_sample", Prior("lomax", c=2.0, scale=0.1))
    spec = spec.with_prior("tau_effect", Prior("inverse_gamma", shape=1, scale=0.075))
    assert len(priors(analysis(table([2, 2, 1]), spec))) == 3


@pytest.fixture(scope="module")
def exact() -> Fitted:
    effects = made_effects([f"S{i // 2}" for i in range(14)], r=0.1 + 0.02 * np.arange(14) % 0.2)
    return run_analysis(effects, Specification())


def test_ordinates_are_the_bayes_factors_of_the_tests(exact: Fitted) -> None:
    marked = priors_data(exact).ordinates
    assert marked.index.tolist() == ["overall", "tau_sample", "tau_effect"]
    np.testing.assert_allclose(
        np.log(marked["posterior"] / marked["prior"]), marked["log_bf01"], atol=1e-8
    )
    for name in marked.index:
        test = bayes_factor(exact, f"{name} = 0", curve=False)
        assert marked.loc[name, "log_bf01"] == pytest.approx(-test.log_bf10, abs=1e-5)


def test_points_and_numbers_are_drawn_at_zero(exact: Fitted) -> None:
    data = priors_data(exact)
    for ax, name in zip(priors(exact), data.parameters, strict=True):
        prior, posterior = data.ordinates.loc[name, ["prior", "posterior"]]
        points = [line for line in ax.lines if line.get_gid() == ORDINATE_ID]
        assert [float(point.get_xdata()[0]) for point in points] == [0, 0]
        top = ax.get_ylim()[1]
        heights = [float(point.get_ydata()[0]) for point in points]
        assert heights == pytest.approx([min(prior, top), min(posterior, top)])
        assert ax.get_xlim()[0] <= 0 <= ax.get_xlim()[1]
        expected = ratio_text(float(data.ordinates["log_bf01"].loc[name]))
        assert ax.get_title("right") == f"BF01 {expected}"
    assert not any(ax.get_title("right") for ax in priors(exact, ordinates=False))


def test_priors_that_vanish_or_posteriors_of_draws_have_no_ordinates(overall: Fitted) -> None:
    spec = Specification().with_prior("tau_effect", Prior("inverse_gamma", shape=1, scale=0.075))
    fitted = run_analysis(made_effects([f"S{i // 2}" for i in range(8)]), spec)
    assert priors_data(fitted).ordinates.index.tolist() == ["overall", "tau_sample"]
    assert priors_data(overall).ordinates.empty
    assert "BF01" not in priors_data(overall).footer.data
