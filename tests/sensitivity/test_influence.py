"""Influence against refits, brute force, known formulas and another program."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from made_fits import made_effects
from scipy import stats

import bayes_alliance as ba
from bayes_alliance.engines.choose import run_analysis
from bayes_alliance.engines.exact.omission import leave_samples_out
from bayes_alliance.engines.fitted import Fitted
from bayes_alliance.sensitivity.divergence import coin, expected_log_densities, mean_weights
from bayes_alliance.sensitivity.exact_answers import ExactAnswers, answered, exact_posterior
from bayes_alliance.sensitivity.influence import influence_frame, influence_of
from bayes_alliance.sensitivity.omission import leave_each_out
from bayes_alliance.spec.compilation import compile_design

SHORT = {"run.draws": 500, "run.chains": 2}
REFERENCE = Path(__file__).parents[1] / "reference" / "metafor.json"


def fitted_of(data: str | ba.EffectSizes, model: str, **changes: object) -> Fitted:
    return ba.fit(data, model, changes={**SHORT, **changes}).fitted


def frame_of(answers: ExactAnswers) -> pd.DataFrame:
    return pd.DataFrame(list(answers.rows())).set_index(["kind", "name"])


def refitted(fitted: Fitted, rows: np.ndarray) -> tuple[ExactAnswers, float]:
    """Answers and evidence of the filtered table."""
    kept = np.zeros(len(fitted.effects), bool)
    kept[fitted.design.rows[rows]] = True
    again = run_analysis(fitted.effects.keep(kept), fitted.specification)
    posterior = exact_posterior(again)
    return answered(again, again.design, posterior), float(posterior.nodes.log_evidence)


@pytest.fixture(scope="module")
def schools() -> Fitted:
    return fitted_of("konstantopoulos2011", "schools")


@pytest.mark.parametrize("unit", ["sample", "effect"])
def test_all_answers_without_each_are_those_of_refits(schools: Fitted, unit: str) -> None:
    omission = leave_each_out(schools, unit)  # type: ignore[arg-type]
    design = schools.design
    assert omission.labels == (design.sample_ids if unit == "sample" else design.effect_ids)
    evidence = omission.posterior.nodes.log_evidence
    for left in omission.left[:: 1 if unit == "sample" else 4]:
        answers, log_evidence = refitted(schools, left.rows)
        np.testing.assert_allclose(frame_of(left.answers), frame_of(answers), atol=1e-6)
        assert left.elpd == pytest.approx(evidence - log_evidence, abs=1e-6)
    assert set(omission.answers["name"]) == {"overall", "tau_sample", "tau_effect", "tau_total"}
    if unit == "sample":
        pd.testing.assert_frame_equal(omission.table, ba.leave_one_out(ba.Fit(schools)))


def test_contrasts_orders_regions_and_benchmarks_are_those_of_refits() -> None:
    fitted = fitted_of("ibi_synthetic", "subscales_independent")
    omission = leave_each_out(fitted)
    exact = ["mean", "sd", "median", "lower", "upper", "p_positive"]
    drawn = ["r", "r_lower", "r_upper", "p_rope", "probability"]
    for left in omission.left[::13]:
        answers, _ = refitted(fitted, left.rows)
        got, want = frame_of(left.answers), frame_of(answers)
        assert {"mean", "difference", "tau", "order", "benchmark"} == set(got.index.levels[0])
        np.testing.assert_allclose(got[exact], want[exact], atol=1e-6)
        # Counts of a thousand draws: a few may lie on the other side of a limit.
        np.testing.assert_allclose(got[drawn], want[drawn], atol=5e-3)


def test_an_estimated_rho_is_left_out_with_the_sample() -> None:
    effects = ba.load("ibi_synthetic")
    some = effects.keep(effects.frame["sample"].isin(effects.samples[:6]).to_numpy())
    fitted = fitted_of(some, "subscales")
    omission = leave_each_out(fitted)
    exact = ["mean", "sd", "median", "lower", "upper", "p_positive"]
    for i in (2,):
        left = omission.left[i]
        answers, _ = refitted(fitted, left.rows)
        got, want = frame_of(left.answers), frame_of(answers)
        assert ("rho", "rho") in got.index
        np.testing.assert_allclose(got[exact], want[exact], atol=2e-5)
    frame = influence_frame(omission)
    assert (frame["kl"] >= frame["kl_answer"] - 1e-8).all()
    assert frame["weight"].sum() == pytest.approx(1, abs=0.15)


def brute_force(fitted: Fitted, i: int) -> tuple[float, float]:
    """KL of the joint posterior and of the mean's, by Gauss-Legendre rules in three dimensions."""
    design = fitted.design
    nodes, weights = np.polynomial.legendre.leggauss(48)
    taus, tau_weights = 0.5 * (nodes + 1), 0.5 * weights
    at, at_weights = np.polynomial.legendre.leggauss(120)
    beta, beta_weights = 1.6 * at, 1.6 * at_weights
    prior_sd = float(np.sqrt(design.prior_covariance()[0, 0]))

    def log_joint(rows: np.ndarray) -> np.ndarray:
        total = np.broadcast_to(stats.norm.logpdf(beta, 0, prior_sd), (48, 48, 120)).copy()
        total += design.tau_sample.logpdf(taus)[:, None, None]
        total += design.tau_effect.logpdf(taus)[None, :, None]
        for s in np.unique(design.sample_index[rows]):
            own = design.sample_index == s
            y, v = design.y[own], design.variances[own]
            for a, ts in enumerate(taus):
                for b, te in enumerate(taus):
                    M = np.diag(v + te**2) + ts**2
                    residual = y - beta[:, None]
                    solved = np.linalg.solve(M, residual.T).T
                    total[a, b] -= 0.5 * (
                        (residual * solved).sum(1)
                        + np.linalg.slogdet(M)[1]
                        + len(y) * np.log(2 * np.pi)
                    )
        return total

    def normalised(values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        rule = tau_weights[:, None, None] * tau_weights[:, None] * beta_weights
        top = values.max()
        mass = rule * np.exp(values - top)
        return mass / mass.sum(), values - top - np.log(mass.sum())

    p, log_p = normalised(log_joint(np.ones(len(design.y), bool)))
    q, log_q = normalised(log_joint(design.sample_index != i))
    one, other = p.sum((0, 1)), q.sum((0, 1))
    return float((p * (log_p - log_q)).sum()), float((one * np.log(one / other)).sum())


def test_divergence_is_that_of_brute_force() -> None:
    effects = made_effects(
        ["a", "a", "b", "c", "c", "d"], yi=[0.1, 0.3, 0.55, 0.2, -0.1, 0.25],
        vi=[0.03, 0.02, 0.02, 0.03, 0.04, 0.02], measure="GEN",
    )  # fmt: skip
    fitted = fitted_of(
        effects, "overall",
        **{"priors.location.sd": 0.3, "priors.tau_sample.scale": 0.15,
           "priors.tau_effect.scale": 0.12},
    )  # fmt: skip
    frame = influence_frame(leave_each_out(fitted))
    for i in (0, 1):
        joint, marginal = brute_force(fitted, i)
        assert frame["kl"].iloc[i] == pytest.approx(joint, abs=1e-6)
        assert frame["kl_answer"].iloc[i] == pytest.approx(marginal, abs=1e-6)


def test_divergence_is_that_of_the_nodes_and_of_the_normals_at_them(schools: Fitted) -> None:
    """The other way to the same number, where both posteriors have the same nodes."""
    grid = exact_posterior(schools).nodes
    frame = influence_frame(leave_each_out(schools))
    for left in leave_samples_out(schools.design, grid):
        if left.refitted:
            continue
        p, q = grid.weights, left.grid.weights
        rule = p * np.log(p / q)
        a, b = grid.factors[..., 0, 0] ** 2, left.grid.factors[..., 0, 0] ** 2  # precisions
        shift = grid.means[..., 0] - left.grid.means[..., 0]
        normals = 0.5 * (b / a - 1 - np.log(b / a) + b * shift**2)
        found = float((rule + p * normals)[p > 0].sum())
        assert frame.loc[left.sample, "kl"] == pytest.approx(found, abs=1e-6)


def test_expected_log_densities_of_some_samples_are_theirs_among_all(schools: Fitted) -> None:
    """Expected log densities are those of the parts where the parts are samples."""
    design, grid = schools.design, exact_posterior(schools).nodes
    whole = expected_log_densities(design, grid)
    for i in (0, 5):
        alone = expected_log_densities(design.keep(design.sample_index == i), grid)
        assert alone[0] == pytest.approx(whole[i], abs=1e-10)


COMMON = {"heterogeneity.sample": False, "heterogeneity.effect": False}


def test_a_common_effect_has_the_textbook_measures() -> None:
    """Without heterogeneity everything is a normal mean with a normal prior."""
    y, v = np.array([0.1, 0.45, 0.2, 0.9, 0.3]), np.array([0.02, 0.03, 0.015, 0.01, 0.08])
    effects = made_effects(list("abcde"), yi=y, vi=v, measure="GEN")
    fitted = fitted_of(effects, "overall", **COMMON, **{"priors.location.sd": 0.5})
    frame = influence_frame(leave_each_out(fitted))
    precision = (1 / v).sum() + 4
    mean = (y / v).sum() / precision
    for i in range(5):
        other = np.arange(5) != i
        less = (1 / v[other]).sum() + 4
        moved = (y / v)[other].sum() / less
        row = frame.iloc[i]
        assert row["weight"] == pytest.approx(1 / v[i] / precision, abs=1e-9)
        assert row["cook"] == pytest.approx((mean - moved) ** 2 * precision, abs=1e-9)
        assert row["covratio"] == pytest.approx(precision / less, abs=1e-9)
        assert row["dfbetas_overall"] == pytest.approx((mean - moved) * np.sqrt(less), abs=1e-9)
        assert row["influence"] == pytest.approx(row["dfbetas_overall"] ** 2, abs=1e-9)
        assert row["misfit"] == pytest.approx((y[i] - moved) ** 2 / (v[i] + 1 / less), abs=1e-9)
        kl = 0.5 * (less / precision - 1 - np.log(less / precision) + less * (mean - moved) ** 2)
        assert row["kl"] == pytest.approx(kl, abs=1e-8)
        assert row["kl_answer"] == pytest.approx(kl, abs=1e-8)
        assert row["elpd"] == pytest.approx(
            stats.norm.logpdf(y[i], moved, np.sqrt(v[i] + 1 / less)), abs=1e-8
        )
        assert row["coin"] == pytest.approx(coin(np.array(kl)), abs=1e-7)
    assert frame["elpd_share"].abs().sum() == pytest.approx(1)
    assert "cook" in frame.loc["d", "flags"]
    assert "dfbetas" in frame.loc["d", "flags"]
    assert frame.loc["e", "flags"] == ""


def test_an_effect_is_predicted_from_the_rest_of_its_sample() -> None:
    """With both taus known its predictive distribution is a conditional of one normal."""
    y, v = np.array([0.1, 0.5, 0.3, 0.2]), np.array([0.02, 0.03, 0.02, 0.04])
    effects = made_effects(["a", "a", "a", "b"], yi=y, vi=v, measure="GEN")
    known = {"priors.tau_sample": {"family": "point", "value": 0.2},
             "priors.tau_effect": {"family": "point", "value": 0.1}}  # fmt: skip
    fitted = fitted_of(effects, "overall", **known, **{"priors.location.sd": 0.5})
    frame = influence_frame(leave_each_out(fitted, "effect"))
    C = np.diag(v + 0.01) + 0.25
    C[:3, :3] += 0.04
    C[3, 3] += 0.04
    for i in range(4):
        rest = np.arange(4) != i
        gain = np.linalg.solve(C[np.ix_(rest, rest)], C[rest, i])
        mean, variance = gain @ y[rest], C[i, i] - gain @ C[rest, i]
        assert frame["misfit"].iloc[i] == pytest.approx((y[i] - mean) ** 2 / variance, abs=1e-8)
        want = stats.norm.logpdf(y[i], mean, np.sqrt(variance))
        assert frame["elpd"].iloc[i] == pytest.approx(want, abs=1e-8)
    assert "weight" not in frame


def test_weights_of_known_variances_are_those_of_generalised_least_squares(
    schools: Fitted,
) -> None:
    design = replace(schools.design, X=np.ones((56, 1)))
    grid = exact_posterior(schools).nodes
    weights = mean_weights(design, grid, np.ones(1))
    wanted = np.zeros(len(weights))
    for e, te in enumerate(grid.tau_effect):
        for i, ts in enumerate(grid.tau_sample[e]):
            share = grid.weights[e, i]
            if share < 1e-9:
                continue
            sums = np.array(
                [
                    np.linalg.inv(
                        np.diag(design.variances[design.sample_index == s] + te**2) + ts**2
                    ).sum()
                    for s in range(len(weights))
                ]
            )
            wanted += share * sums / (sums.sum() + 1 / design.prior_covariance()[0, 0])
    np.testing.assert_allclose(weights, wanted, atol=1e-6)


def test_cooks_distances_and_shifts_go_with_those_of_metafor() -> None:
    """REML and a flat prior of the mean differ in how they treat the taus, and hardly in order."""
    told = json.loads(REFERENCE.read_text())
    case = next(v["konstantopoulos2011"] for v in told.values()
                if isinstance(v, dict) and "konstantopoulos2011" in v)  # fmt: skip
    fitted = fitted_of("konstantopoulos2011", "schools", **{"priors.location": {"family": "flat"}})
    frame = influence_frame(leave_each_out(fitted))
    theirs = pd.Series(case["cooks_cluster"])[list(frame.index)].astype(float)
    assert frame["cook"].corr(theirs) > 0.98
    assert (frame["cook"] - theirs).abs().max() < 0.15
    assert frame["cook"].idxmax() == theirs.idxmax() == "71"


@settings(max_examples=4)
@given(order=st.permutations(range(9)), turned=st.booleans())
def test_order_of_rows_does_not_matter_and_a_turned_sign_turns_the_shifts(
    order: list[int], turned: bool
) -> None:
    samples = ["a", "b", "a", "c", "d", "d", "e", "a", "c"]
    y = np.array([0.3, 0.1, 0.5, 0.2, -0.2, 0.0, 0.9, 0.35, 0.4])
    v = np.linspace(0.02, 0.06, 9)
    changes = {"run.draws": 50}
    one = influence_frame(leave_each_out(fitted_of(
        made_effects(samples, yi=y, vi=v, measure="GEN"), "overall", **changes)))  # fmt: skip
    sign = -1 if turned else 1
    other = influence_frame(leave_each_out(fitted_of(
        made_effects([samples[i] for i in order], yi=sign * y[order], vi=v[order], measure="GEN"),
        "overall", **changes)))  # fmt: skip
    other = other.loc[one.index]
    same = ["elpd", "kl", "kl_answer", "cook", "covratio", "misfit", "influence", "weight"]
    np.testing.assert_allclose(one[same], other[same], atol=1e-6)
    np.testing.assert_allclose(one["dfbetas_overall"], sign * other["dfbetas_overall"], atol=1e-6)
    assert (one["flags"] == other["flags"]).all()


def test_baujat_axes_and_unknown_answers(schools: Fitted) -> None:
    found = influence_of(schools)
    assert found.baujat["effects"].sum() == 56
    pd.testing.assert_series_equal(found.baujat["misfit"], found.table["misfit"])
    assert found.baujat["influence"].idxmax() == "71"
    assert "largest divergence without 71: 1.71 nats" in repr(found)
    assert list(found.conclusions["sentence"]) == list(found.sentences)
    with pytest.raises(ba.InputError, match="no answer of this analysis"):
        leave_each_out(schools, answer="nothing")
    design = compile_design(schools.effects, schools.specification)
    assert design.keep(np.ones(56, bool)).sample_ids == design.sample_ids


def test_a_level_that_one_sample_has_alone_is_told() -> None:
    effects = made_effects(["a", "b", "c", "d"], r=[0.1, 0.3, 0.2, 0.4], where=["x", "x", "x", "y"])
    fitted = ba.fit(effects, "moderator", moderator="where", changes=SHORT).fitted
    omission = leave_each_out(fitted, answer="x")
    (note,) = omission.notes
    assert note.startswith("Without d (each alone) the others do not inform every coefficient")
    # Its mean is then the prior's, given the other level: half the sd of a difference more.
    left = omission.left[3].answers.headline
    assert left.coefficient("y").estimate.sd > left.coefficient("x").estimate.sd
    assert leave_each_out(fitted).notes == omission.notes
