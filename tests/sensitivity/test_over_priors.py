"""Alternatives equal separate fits; curves pass through the fit itself; changes are found."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from made_fits import made_effects, scattered

import bayes_alliance as ba
from bayes_alliance.sensitivity.curves import FACTORS, over_prior_scale, over_prior_scales
from bayes_alliance.sensitivity.priors import over_priors
from bayes_alliance.summaries.headline import headline

TAUS = ("tau_sample", "tau_effect")
SHORT = {"run.draws": 400, "run.chains": 2}


@pytest.fixture(scope="module")
def scales() -> ba.Fit:
    return ba.fit("ibi_synthetic", "subscales_independent", changes=SHORT)


def close(one: object, other: object, near: float) -> None:
    """Every number of two headlines, whatever they are made of."""
    np.testing.assert_allclose(numbers(one), numbers(other), rtol=0, atol=near)


def numbers(of: object) -> list[float]:
    if isinstance(of, int | float):
        return [float(of)]
    if isinstance(of, tuple):
        return [value for part in of for value in numbers(part)]
    slots = getattr(type(of), "__slots__", ())
    return [value for name in slots for value in numbers(getattr(of, name))]


def test_each_alternative_is_a_fit_with_that_prior(scales: ba.Fit) -> None:
    found = over_priors(scales.fitted)
    labels = [row.label for row in found.rows]
    assert labels[:2] == ["tau half-normal(.10)", "tau half-normal(.25)"]
    assert labels[-1] == "scales only"
    assert len(labels) == 6 + 2 + 2 + 1
    for label, changes in (
        ("tau half-Cauchy(.50)", dict.fromkeys(TAUS, ("half_cauchy", 0.5))),
        ("location normal(0, .25)", {"location": ("normal", 0.25)}),
        ("differences normal(0, .10)", {"differences": ("normal", 0.10)}),
    ):  # fmt: skip
        spec = scales.specification
        for name, (family, size) in changes.items():
            values = {"mean": 0.0, "sd": size} if family == "normal" else {"scale": size}
            spec = spec.with_prior(name, ba.Prior(family, **values))
        separate = ba.fit(scales.effects, spec)
        row = next(row for row in found.rows if row.label == label)
        want = headline(
            separate.posterior, separate.design, orders=spec.location.orders,
            benchmarks=separate.fitted.benchmarks,
        )  # fmt: skip
        close(row.headline, want, 1e-12)
        assert found.table.loc[label, "log_bf"] == pytest.approx(
            separate.posterior.log_marginal_likelihood
            - scales.posterior.log_marginal_likelihood, abs=1e-12
        )  # fmt: skip
    own = found.rows[-1]
    separate = ba.fit(
        scales.effects, scales.specification.with_changes({"effect.totals": "scales"})
    )
    close(own.headline, headline(separate.posterior, separate.design,
          orders=separate.specification.location.orders,
          benchmarks=separate.fitted.benchmarks), 1e-12)  # fmt: skip
    assert not own.same_effects
    assert np.isnan(found.table.loc["scales only", "log_bf"])
    assert "does not compare" in found.notes[0]
    assert (found.table["engine"] == "exact").all()
    assert set(found.answers["kind"]) == {"mean", "difference", "tau", "order", "benchmark"}


def test_a_conclusion_that_changes_is_told(scales: ba.Fit) -> None:
    found = over_priors(scales.fitted)
    told = found.changes.loc[found.changes["prior"] == "differences normal(0, .10)"]
    assert told["answer"].tolist() == ["task - goal"]
    before = scales.contrasts().loc["task - goal", "p_rope"]
    after = found.answers.set_index(["prior", "name"])["p_rope"]
    assert before < 0.5 < after["differences normal(0, .10)", "task - goal"]
    assert found.table.loc["differences normal(0, .10)", "changed"] == 1
    (sentence,) = found.sentences
    assert sentence == (
        "Under differences normal(0, .10): P(|difference of r| < .05) of task - goal exceeds .50."
    )


def test_the_curve_passes_through_the_fit(scales: ba.Fit) -> None:
    assert len(FACTORS) == 17
    assert FACTORS[[0, 8, -1]].tolist() == [0.25, 1.0, 4.0]
    for curve in over_prior_scales(scales.fitted, [0.5, 1.0]):
        close(curve.headlines[1], curve.baseline, 1e-12)
        assert "0 (0.00" not in curve.words(0.5)


def test_each_point_is_a_fit_and_each_change_a_root(scales: ba.Fit) -> None:
    curve = over_prior_scale(scales.fitted, "differences", [0.25, 4])
    for factor in (0.25, 4.0):
        separate = ba.fit(
            scales.effects, scales.specification.with_changes(
                {"priors.differences.sd": 0.25 * factor})
        )  # fmt: skip
        row = curve.table.loc[factor]
        want = separate.contrasts().iloc[:-1][["r", "r_lower", "r_upper"]].to_numpy(float)
        names = separate.contrasts().index[:-1]
        got = [[row[f"{name}{end}"] for end in ("", "_lower", "_upper")] for name in names]
        np.testing.assert_allclose(got, want, atol=1e-12)
        assert row["log_marginal_likelihood"] == pytest.approx(
            separate.posterior.log_marginal_likelihood, abs=1e-12
        )
    change = next(c for c in curve.found if c.kind == "interval")
    assert (change.answer, change.before, change.after) == ("bond - total", "includes 0", "below 0")
    at = ba.fit(
        scales.effects,
        scales.specification.with_changes({"priors.differences.sd": 0.25 * change.at}),
    )
    contrast = next(c for c in at.answers.contrasts if c.name == "bond - total")
    assert contrast.estimate.upper == pytest.approx(0, abs=1e-6)
    assert change.sentence.startswith("The 95 % interval of bond - total excludes 0 from sd of ")
    assert curve.changes["factor"].is_monotonic_increasing


def test_a_wider_prior_of_a_mean_draws_it_less_towards_the_prior_mean() -> None:
    fit = ba.fit("molloy2014", "two_level", changes=SHORT)
    table = over_prior_scale(fit.fitted, "location", [0.05, 0.2, 1, 4]).table
    assert (np.diff(table["overall"]) > 0).all()
    flat = ba.fit(
        fit.effects, fit.specification.with_prior("location", ba.Prior("flat"))
    ).summary()  # fmt: skip
    assert table["overall"].iloc[-1] == pytest.approx(flat["r"].iloc[0], abs=5e-4)


def test_a_sampled_fit_has_the_same_alternatives_and_curves() -> None:
    effects = made_effects([f"s{i // 2}" for i in range(12)])
    made = scattered(effects)
    exact = ba.fit(effects, made.specification)
    one, other = (over_priors(fit.fitted).table.iloc[1:] for fit in (made, exact))
    columns = [c for c in one if "changed" not in c and c not in ("log_bf", "engine")]
    np.testing.assert_allclose(one[columns].to_numpy(float), other[columns].to_numpy(float))
    assert one["log_bf"].isna().all()
    one, other = (over_prior_scale(f.fitted, "tau_sample", [1, 2]).table for f in (made, exact))
    np.testing.assert_allclose(one.drop(columns="prior").to_numpy(float),
                               other.drop(columns="prior").to_numpy(float))  # fmt: skip


def test_an_alternative_that_these_data_cannot_have_is_noted() -> None:
    spec = ba.Specification.from_dict({
        "name": "mine",
        "alternatives": [
            {"name": "by country", "change": {"heterogeneity.groups": "country"}},
            {"name": "one tau", "change": {"heterogeneity.effect": False}},
        ],
    })  # fmt: skip
    effects = made_effects(list("aabbcc"))
    found = over_priors(ba.fit(effects, spec.with_changes(SHORT)).fitted)
    assert [row.label for row in found.rows if row.own] == ["one tau"]
    assert any(note.startswith("Not run: by country. ") for note in found.notes)
    row = found.rows[-1]
    assert row.same_effects
    assert row.headline.tau_effect is None


@pytest.mark.parametrize(
    ("name", "factors", "told"),
    [
        ("rho", None, "no prior 'rho' with a scale"),
        ("differences", None, "Choose one of location, tau_sample, tau_effect"),
        ("location", [1.0], "two or more factors above 0"),
        ("location", [0.0, 1.0], "two or more factors above 0"),
        ("location", "wide", "two or more factors above 0"),
        ("location", [np.nan, 1.0], "two or more factors above 0"),
    ],
)
def test_what_makes_no_curve_is_told(name: str, factors: Any, told: str) -> None:
    fit = ba.fit("konstantopoulos2011", "schools", changes=SHORT)
    with pytest.raises(ba.InputError, match=told):
        over_prior_scale(fit.fitted, name, factors)


def test_what_the_exact_engine_declines_is_told() -> None:
    effects = made_effects(list("aabbcc"))
    spec = ba.Specification().with_changes(
        {"priors.shrinkage": {"family": "half_cauchy", "scale": 1.0}}
    ).with_terms("kind")  # fmt: skip
    effects = made_effects(list("aabbcc"), kind=["u", "v"] * 3)
    with pytest.raises(ba.InputError, match="shrinkage"):
        over_priors(scattered(effects, spec).fitted)
