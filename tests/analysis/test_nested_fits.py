"""A fit with groups from table to text: nothing forgets the third variance."""

import numpy as np
import pytest

import bayes_alliance as ba
from bayes_alliance.analysis.archive import read_archive, write_archive
from bayes_alliance.checks.loo import leave_one_out, psis_loo
from bayes_alliance.plots.chains import chains_data
from bayes_alliance.plots.forest_data import forest_data
from bayes_alliance.plots.priors import priors_data

SHORT = {"run.draws": 250, "run.tune": 250, "run.chains": 2}


@pytest.fixture(scope="module")
def nested():
    return ba.fit("crede2010_samples", "nested", changes=SHORT)


@pytest.fixture(scope="module")
def crossed():
    changes = SHORT | {"heterogeneity.groups": "criterion", "location.terms": ["source"]}
    return ba.fit("crede2010_samples", "nested", changes=changes)


def test_the_total_and_every_share_count_the_groups(nested):
    posterior, found = nested.posterior, nested.answers.heterogeneity
    taus = [posterior.draws(f"tau_{level}") for level in ("group", "sample", "effect")]
    total = np.sqrt(sum(np.square(tau) for tau in taus))
    assert found.tau_total.median == pytest.approx(np.median(total), rel=1e-6)
    assert found.tau_group.median == pytest.approx(np.median(taus[0]), rel=1e-6)
    assert found.tau_sample.median == pytest.approx(np.median(taus[1]), rel=1e-6)
    # (k - p) / trace(P) with independent errors.
    weights = 1 / nested.design.variances
    typical = (len(weights) - 1) / (weights.sum() - (weights**2).sum() / weights.sum())
    for tau, share in zip(taus, (found.i2_group, found.i2_sample, found.i2_effect), strict=True):
        want = np.mean(np.square(tau) / (np.square(total) + typical))
        assert share.mean == pytest.approx(want, rel=1e-6)


def test_predictions_are_of_a_new_group(nested):
    posterior, one = nested.posterior, np.ones(1)
    tg, ts, te = (posterior.draws(f"tau_{level}") for level in ("group", "sample", "effect"))
    np.testing.assert_allclose(posterior.predictive(one, ("sample",)).sds, np.hypot(tg, ts))
    both = posterior.predictive(one, ("sample", "effect"))
    np.testing.assert_allclose(both.sds, np.sqrt(tg**2 + ts**2 + te**2))
    np.testing.assert_allclose(posterior.predictive(one, ("group",)).sds, tg)
    nodes, weights = np.polynomial.hermite_e.hermegauss(41)
    mean = posterior.draws("beta")[:, 0, None] + both.sds[:, None] * nodes
    want = (np.tanh(mean) @ weights / weights.sum()).mean()
    assert posterior.mean_r(one).mean == pytest.approx(want, abs=1e-9)


def test_texts_and_the_record_name_the_groups(nested):
    text = " ".join(str(nested).split())
    for part in (
        "88 samples in 68 groups (study)",
        "tau_group half_normal(0.15)",
        "a new sample is of a new group",
        "between groups by tau_group",
        "between samples of one group by tau_sample",
        "CR2 by group",
        "sigma_group = 0.152",
        "in 68 groups",
    ):
        assert part in text, part
    record = nested.to_dict()
    assert record["data"]["groups"] == 68
    assert record["heterogeneity"]["tau_group"]["median"] > 0
    assert 0 < record["heterogeneity"]["i2"]["group"]["median"] < 1
    assert record["frequentist"]["sigma2_group"] == pytest.approx(0.02297298, rel=1e-4)
    assert list(nested.heterogeneity().index[:3]) == ["tau_group", "tau_sample", "tau_effect"]
    assert record["engine"]["declined"]["exact"].startswith("samples lie in groups")


def test_figures_show_the_third_standard_deviation(nested):
    fitted = nested.fitted
    assert "tau_group" in chains_data(fitted).parameters
    assert "tau_group" in priors_data(fitted).parameters
    assert forest_data(fitted).new_effect == "New effect in a new sample and group"


def test_whole_groups_are_left_out(nested, crossed):
    loo = leave_one_out(nested.fitted)
    assert list(loo.table.columns[:2]) == ["group", "effects"]
    assert len(loo.table) == 68
    assert loo.table["effects"].sum() == 97
    assert "Whole groups are left out" in psis_loo(nested.fitted).text
    assert crossed.posterior.tree["log_likelihood"]["y"].dims[2] == "component_id"
    assert leave_one_out(crossed.fitted).table.columns[0] == "component"
    with pytest.raises(ba.InputError, match="samples lie in groups"):
        ba.leave_one_out(nested)


def test_crossed_groups_are_fitted_and_told(crossed):
    text = " ".join(str(crossed).split())
    assert "Groups and samples are crossed" in text
    assert "Only 2 groups" in text
    theta = crossed.posterior.with_theta()["posterior"]
    assert theta["theta_group"].sizes["group_id"] == 2
    assert crossed.answers.explained is not None


def test_a_saved_fit_comes_back_whole(nested, tmp_path):
    path = write_archive(nested.fitted, tmp_path / "nested.zip")
    again = read_archive(path)
    assert again.design.groups.names == nested.design.groups.names
    np.testing.assert_array_equal(
        again.posterior.with_theta()["posterior"]["theta_group"],
        nested.posterior.with_theta()["posterior"]["theta_group"],
    )
