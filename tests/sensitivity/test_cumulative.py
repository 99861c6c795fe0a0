"""Samples added one after another, against fits of the tables so far."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from made_fits import made_effects
from scipy import stats

import bayes_alliance as ba
from bayes_alliance.engines.fitted import Fitted
from bayes_alliance.sensitivity.cumulative import Cumulative, cumulate
from bayes_alliance.sensitivity.exact_answers import answer_weights, answered, exact_posterior
from bayes_alliance.spec.compilation import compile_design

SHORT = {"run.draws": 200, "run.chains": 2}


def fitted_of(data: str | ba.EffectSizes, model: str, **changes: object) -> Fitted:
    return ba.fit(data, model, changes={**SHORT, **changes}).fitted


@pytest.fixture(scope="module")
def schools() -> Cumulative:
    return cumulate(fitted_of("konstantopoulos2011", "schools"), "year")


def test_every_step_is_the_fit_of_the_table_so_far(schools: Cumulative) -> None:
    fitted = schools.fitted
    assert [step.value for step in schools.steps] == [
        "1976", "1976", "1976", "1989", "1994", "1994", "1997", "1997", "1997", "2000", "2000",
    ]  # fmt: skip
    # 11, 27 and 58 are all of 1976: they come as in the table.
    order = ["11", "27", "58", "12", "18", "644", "56", "71", "86", "91", "108"]
    assert [step.sample for step in schools.steps] == order
    assert schools.notes == ("Samples with several values of year come at the first: 644.",)
    for size in (1, 2, 6, 11):
        mask = fitted.effects.frame["sample"].astype(str).isin(order[:size]).to_numpy()
        again = fitted_of(fitted.effects.keep(mask), "schools")
        want = list(answered(again, again.design, exact_posterior(again)).rows())
        got = schools.answers.loc[schools.answers["added"] == order[size - 1]]
        np.testing.assert_allclose(
            got.drop(columns=["added", "kind", "name"]),
            pd.DataFrame(want).drop(columns=["kind", "name"]).astype(float),
            atol=1e-6,
        )
        assert schools.table.iloc[size - 1]["effects"] == mask.sum()


def test_the_sequential_bayes_factor_is_that_of_savage_and_dickey(schools: Cumulative) -> None:
    design = schools.fitted.design
    sd = float(np.sqrt(design.prior_covariance()[0, 0]))
    for size in (1, 3, 11):
        names = [step.sample for step in schools.steps[:size]]
        kept = np.isin(np.array(design.sample_ids)[design.sample_index], names)
        posterior = exact_posterior(schools.fitted, design.keep(kept))
        ratio = stats.norm.logpdf(0, 0, sd) - np.log(posterior.linear(np.ones(1)).pdf(0.0))
        assert schools.table["log_bf10"].iloc[size - 1] == pytest.approx(float(ratio), abs=1e-6)
    assert schools.sentences[-1].startswith(
        "After all samples: the data cannot tell overall != 0 from overall = 0 (log BF10 -0.38)"
    )
    assert "sample 10 (91, year 2000) on" in schools.sentences[1]


def test_a_contrast_is_followed_where_it_is_asked_for() -> None:
    fitted = fitted_of("ibi_synthetic", "subscales_independent")
    name = "task - bond"
    found = cumulate(fitted, "year", answer=name)
    last = found.steps[-1].answers.headline.contrast(name)
    want = answered(fitted, fitted.design, exact_posterior(fitted)).headline.contrast(name)
    assert last.estimate.mean == pytest.approx(want.estimate.mean, abs=1e-8)
    w = answer_weights(fitted.design)[name]
    prior = np.sqrt(w @ fitted.design.prior_covariance() @ w)
    ratio = stats.norm.logpdf(0, 0, prior) - np.log(exact_posterior(fitted).linear(w).pdf(0.0))
    assert found.table["log_bf10"].iloc[-1] == pytest.approx(float(ratio), abs=1e-5)
    (note,) = found.notes
    assert note.startswith("Before sample 5 the samples so far do not inform every coefficient")
    assert found.steps[0].answers.headline.contrast(name).estimate.sd > want.estimate.sd


def planted(years: list[object]) -> Fitted:
    effects = made_effects(list("abcdde"), yi=np.linspace(0, 0.5, 6), measure="GEN", year=years)
    return fitted_of(effects, "overall")


def test_samples_without_a_place_are_named_and_placed_only_when_told() -> None:
    fitted = planted([2001, None, 1999, 2000, 2000, None])
    with pytest.raises(ba.InputError, match="no place in the order: b, e") as caught:
        cumulate(fitted, "year")
    cure = caught.value.problems[0].cure
    assert cure.startswith("Fill the empty cells or leave those rows out of the table; in Python ")
    orders = {how: [s.sample for s in cumulate(fitted, "year", missing=how).steps]
              for how in ("first", "last", "leave_out")}  # fmt: skip
    assert orders == {"first": list("becda"), "last": list("cdabe"), "leave_out": list("cda")}
    (note,) = cumulate(fitted, "year", missing="last").notes
    assert note == "Samples without year, which come last: b, e."
    with pytest.raises(ba.InputError, match="Did you mean 'year'"):
        cumulate(fitted, "yaer")
    with pytest.raises(ba.InputError, match="no place"):
        cumulate(planted([None] * 6), "year", missing="last")


def test_words_are_ordered_as_levels_are() -> None:
    fitted = planted(["late", "early", "middle", "x", "x", "x"])
    assert [s.sample for s in cumulate(fitted, "year").steps] == list("baced"[:2]) + list("cde")


def test_a_flat_prior_has_no_sequential_evidence() -> None:
    flat = {"priors.location": {"family": "flat"}}
    fitted = fitted_of(planted([1, 2, 3, 4, 4, 5]).effects, "overall", **flat)
    found = cumulate(fitted, "year")
    assert found.table["log_bf10"].isna().all()
    assert found.notes == ("A prior of the coefficients is flat: there is no Bayes factor.",)
    assert compile_design(fitted.effects, fitted.specification).flat == ("location",)
    assert len(found.sentences) == 2
