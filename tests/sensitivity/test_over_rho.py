"""The curve over rho: separate fits at its points, exact ridges, roots, ends and refusals."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest
from made_fits import made_effects, scattered

import bayes_alliance as ba
from bayes_alliance.engines.exact.engine import ExactEngine
from bayes_alliance.sensitivity.changes import find_changes
from bayes_alliance.sensitivity.correlation import RhoCurve
from bayes_alliance.spec.compilation import compile_design
from bayes_alliance.summaries.coefficients import CoefficientSummary, Estimate
from bayes_alliance.summaries.contrasts import ContrastSummary
from bayes_alliance.summaries.headline import Headline

SHORT = {"run.draws": 400, "run.chains": 2}


def constant(rho: float) -> dict[str, object]:
    return {"sampling.within_sample": "constant", "sampling.rho": rho, **SHORT}


@pytest.fixture(scope="module")
def curve() -> RhoCurve:
    """The scales of the synthetic data at five values of rho."""
    fit = ba.fit("ibi_synthetic", "subscales_independent", changes=SHORT)
    return ba.over_rho(fit, [0.0, 0.3, 0.45, 0.6, 0.9])


@pytest.mark.parametrize("rho", [0.0, 0.6])
def test_each_point_is_a_fit_with_that_constant_rho(curve: RhoCurve, rho: float) -> None:
    fit = ba.fit("ibi_synthetic", "subscales_independent", changes=constant(rho))
    row = curve.table.loc[rho]
    columns = ["r", "r_lower", "r_upper", "p_positive", "p_rope"]
    for frame in (fit.summary(), fit.contrasts().iloc[:-1]):
        for name, numbers in frame[columns].iterrows():
            ends = ["", "_lower", "_upper", "_p_positive", "_p_rope"]
            got = row[[f"{name}{end}" for end in ends]].to_numpy(float)
            near = [1e-9, 1e-9, 1e-9, 2e-3, 2e-3]  # a probability by draws may differ by one draw
            assert (np.abs(got - numbers.to_numpy(float)) < near).all()
    for name in ("tau_sample", "tau_effect"):
        got = row[[name, f"{name}_lower", f"{name}_upper"]].to_numpy(float)
        want = fit.heterogeneity().loc[name, ["median", "lower", "upper"]].to_numpy(float)
        np.testing.assert_allclose(got, want, rtol=0, atol=1e-9)
    order = fit.answers.orders[0]
    assert row[f"P({order.name})"] == pytest.approx(order.probability, abs=2e-3)
    evidence = fit.posterior.log_marginal_likelihood
    assert row["log_marginal_likelihood"] == pytest.approx(evidence, abs=1e-9)
    assert len(curve.table.columns) == 4 * 5 + 6 * 5 + 2 * 3 + 1 + 1


def test_a_root_is_where_the_limit_is_0(curve: RhoCurve) -> None:
    change = curve.found[0]
    assert (change.answer, change.before, change.after) == ("goal - bond", "includes 0", "above 0")
    assert change.rho == pytest.approx(0.3598, abs=5e-4)
    assert change.sentence == "The 95 % interval of goal - bond excludes 0 from rho = .36 on."
    fit = ba.fit("ibi_synthetic", "subscales_independent", changes=constant(change.rho))
    contrast = next(c for c in fit.answers.contrasts if c.name == "goal - bond")
    assert contrast.estimate.lower == pytest.approx(0, abs=1e-6)
    assert curve.changes.columns.tolist() == ["answer", "from", "to", "rho", "sentence"]
    assert curve.changes["rho"].is_monotonic_increasing


def simulated(samples: int = 30, size: int = 3, n: float = 60, seed: int = 2) -> ba.EffectSizes:
    """Equal n in all effects, both levels of heterogeneity, errors that correlate .6."""
    rng = np.random.default_rng(seed)
    v = 1 / (n - 3)
    shared = rng.normal(0, np.sqrt(0.02 + 0.6 * v), samples)[:, None]
    z = 0.3 + shared + rng.normal(0, np.sqrt(0.02 + 0.4 * v), (samples, size))
    labels = [f"s{i}" for i in range(samples) for _ in range(size)]
    scales = ["task", "goal", "bond"][:size] * samples
    return made_effects(labels, r=np.tanh(z).ravel(), n=n, subscale=scales)


def test_without_heterogeneity_the_curve_is_that_of_the_formula() -> None:
    samples, v = 30, 1 / 57
    spec = ba.Specification().with_terms("subscale").with_changes(
        {"heterogeneity": {"sample": False, "effect": False}, "priors.location.sd": 1e3,
         "priors.differences.sd": 1e3, **SHORT}
    )  # fmt: skip
    found = ba.over_rho(ba.fit(simulated(), spec), [0.0, 0.4, 0.8])
    for rho, headline in zip(found.rho, found.headlines, strict=True):
        for contrast in headline.contrasts:
            expected = np.sqrt(2 * v * (1 - rho) / samples)
            assert contrast.estimate.sd == pytest.approx(expected, rel=1e-5)
        for mean in headline.coefficients:
            assert mean.estimate.sd == pytest.approx(np.sqrt(v / samples), rel=1e-5)
    overall = spec.with_terms()
    found = ba.over_rho(ba.fit(simulated(), overall), [0.0, 0.4, 0.8])
    for rho, headline in zip(found.rho, found.headlines, strict=True):
        expected = np.sqrt(v * (1 + 2 * rho) / (3 * samples))
        assert headline.coefficients[0].estimate.sd == pytest.approx(expected, rel=1e-5)


def points(tau_sample: float, tau_effect: float) -> ba.Specification:
    return ba.Specification().with_terms("subscale").with_changes(
        {"priors.tau_sample": {"family": "point", "value": tau_sample},
         "priors.tau_effect": {"family": "point", "value": tau_effect}, **SHORT}
    )  # fmt: skip


def test_with_equal_n_rho_and_the_taus_lie_on_a_ridge() -> None:
    """v (1 - rho) + tau_effect^2 and v rho + tau_sample^2 are all that the data see."""
    v, step = 1 / 57, 0.3
    one = ba.over_rho(ba.fit(simulated(), points(0.2, 0.15)), [0.2, 0.4])
    moved = points(np.sqrt(0.2**2 - v * step), np.sqrt(0.15**2 + v * step))
    other = ba.over_rho(ba.fit(simulated(), moved), [0.2 + step, 0.4 + step])
    np.testing.assert_allclose(
        one.table.drop(columns=[c for c in one.table if "tau" in c]),
        other.table.drop(columns=[c for c in other.table if "tau" in c]),
        rtol=0, atol=1e-8,
    )  # fmt: skip


def test_tau_effect_rises_and_tau_sample_falls_along_the_ridge() -> None:
    table = ba.over_rho(ba.fit(simulated(), "overall", changes=SHORT), np.linspace(0, 0.9, 7)).table
    assert (np.diff(table["tau_effect"]) > 0).all()
    assert (np.diff(table["tau_sample"]) < 0).all()
    within = (1 - table.index.to_numpy()) / 57 + table["tau_effect"] ** 2
    assert np.ptp(within) / within.mean() < 0.05


def test_known_pairs_keep_their_correlation_where_rho_is_estimated() -> None:
    told = pd.DataFrame([["s0", "task", "goal", 0.5]], columns=["sample", "first", "second", "r"])
    twelve = simulated(12)
    effects = twelve.keep(np.arange(36) != 2).with_correlations(
        told
    )  # s0 has one pair, a known one
    changes = {"sampling.within_sample": "estimated", "sampling.predictor": ["subscale"], **SHORT}
    fit = ba.fit(effects, "overall", changes=changes)
    found = ba.over_rho(fit, [0.1, 0.7])
    assert found.fitted_rho is None
    assert found.estimated is not None
    assert found.estimated == fit.answers.rho
    assert found.baseline.tau_effect == fit.answers.heterogeneity.tau_effect
    for rho, headline in zip(found.rho, found.headlines, strict=True):
        design = fit.design.with_rho(rho)
        assert design.covariances is not None
        assert design.covariances[0][0, 1] * 57 == pytest.approx(0.5, abs=0.06)
        assert design.covariances[1][0, 1] * 57 == pytest.approx(rho)
        exact = ExactEngine().solve(design)
        assert headline.log_marginal_likelihood == pytest.approx(exact.log_evidence, abs=1e-9)


def test_a_curve_ends_where_errors_cannot_correlate_so() -> None:
    fit = ba.fit(simulated(4), "overall", changes=SHORT)
    found = ba.over_rho(fit, np.linspace(-0.9, 0.3, 13))
    assert found.rho[0] == pytest.approx(-0.4)
    (note,) = found.notes
    assert note == (
        "The curve ends at rho = -.500: below it the sampling errors of sample s0 cannot "
        "correlate so (no positive definite covariance)."
    )
    with pytest.raises(ba.InputError, match=r"Take values between -0\.500"):
        ba.over_rho(fit, [-0.9, -0.7])


def test_a_sampled_fit_has_the_same_curve() -> None:
    made = scattered(simulated(6))
    exact = ba.fit(simulated(6), made.specification)
    one, other = (ba.over_rho(fit, [0.0, 0.5]) for fit in (made, exact))
    pd.testing.assert_frame_equal(one.table, other.table)
    assert one.baseline != other.baseline
    assert "next: .table" in repr(one)


@pytest.mark.parametrize(
    ("fit", "code"),
    [
        (lambda: ba.fit("molloy2014", "two_level", changes=SHORT), "rho_without_pairs"),
        (lambda: ba.fit("ibi_synthetic", "subscales_norms", changes=SHORT), "rho_known"),
        (lambda: scattered(simulated(5), ba.read_specification("overall").with_changes(
            {"heterogeneity.distribution": "student_t"}), df=np.full((2, 200), 5.0),
            lambda_sample=np.ones((2, 200, 5))), "no_exact_rho"),
    ],
)  # fmt: skip
def test_what_has_no_curve_is_refused_with_a_cure(fit: Callable[[], ba.Fit], code: str) -> None:
    with pytest.raises(ba.InputError) as caught:
        ba.over_rho(fit())
    assert [problem.code for problem in caught.value.problems] == [code]
    assert caught.value.problems[0].cure


@pytest.mark.parametrize("rho", [[0.5], [0.5, 0.5], [0.0, 1.0], [0.0, np.nan], []])
def test_values_that_make_no_curve_are_refused(rho: list[float]) -> None:
    fit = ba.fit("konstantopoulos2011", "schools", changes=SHORT)
    with pytest.raises(ba.InputError, match="two or more values between -1 and 1"):
        ba.over_rho(fit, rho)


def linear(rho: float, names: frozenset[str] | None = None) -> Headline:
    """Answers that are linear in rho, so that every root is known."""

    def estimate(centre: float) -> Estimate:
        return Estimate(centre, 0.1, centre, centre - 0.2, centre + 0.2, 0.9)

    def wanted(name: str) -> bool:
        return names is None or name in names

    means = {"task": 0.3 - 0.2 * rho, "bond": 0.1 + 0.3 * rho}
    return Headline(
        tuple(
            CoefficientSummary(
                name, estimate(value), p_rope=0.9 - 0.6 * rho if name == "bond" else 0.0
            )
            for name, value in means.items()
            if wanted(name)
        ),
        tuple(
            ContrastSummary(name, estimate(0.2 - rho / 2), None, 0.9, None)
            for name in ["task - bond"]
            if wanted(name)
        ),
        (), None, None, None,
    )  # fmt: skip


def test_every_kind_of_change_is_found_at_its_root() -> None:
    design = compile_design(
        made_effects(list("aabb"), subscale=["task", "bond"] * 2),
        ba.Specification().with_terms("subscale"),
    )
    rho = np.linspace(0, 0.9, 4).tolist()
    found = find_changes(
        design, rho, [linear(r) for r in rho], linear, rope_effect=0.1, rope_difference=0.05
    )
    told = [(c.answer, c.kind, c.before, c.after, c.names) for c in found]
    event = "P(|r| < .10)"
    assert told == [
        ("bond", "interval", "includes 0", "above 0", ("bond",)),
        ("largest mean of subscale", "largest", "task", "bond", ("bond", "task")),
        ("task", "interval", "above 0", "includes 0", ("task",)),
        ("bond", "rope", f"{event} above .50", f"{event} below .50", ("bond",)),
        ("task - bond", "interval", "includes 0", "below 0", ("task - bond",)),
    ]
    np.testing.assert_allclose([c.rho for c in found], [1 / 3, 0.4, 0.5, 2 / 3, 0.8], atol=1e-6)
    assert found[1].sentence == (
        "The largest mean of subscale is bond, no longer task from rho = .40 on."
    )
    assert found[2].sentence == "The 95 % interval of task includes 0 from rho = .50 on."
