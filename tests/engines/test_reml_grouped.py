"""Three variances by ML and REML against metafor's rma.mv and clubSandwich."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import bayes_alliance as ba
from bayes_alliance.algebra.blocks import rotate
from bayes_alliance.algebra.kinds import samples_of
from bayes_alliance.engines.reml.estimate import estimate
from bayes_alliance.engines.reml.grouped import estimate_grouped, robust_by_component
from bayes_alliance.engines.reml.robust import robust_tests
from bayes_alliance.engines.reml.twin import frequentist_twin
from bayes_alliance.spec.compilation import compile_design

REFERENCE = json.loads(
    (Path(__file__).parents[1] / "reference" / "metafor_nested.json").read_text(encoding="utf-8")
)["fits"]


def case(name):
    groups, moderated = ("study", "year" in name) if "nested" in name else ("criterion_year", False)
    effects = ba.load("crede2010_samples")
    frame = effects.frame.copy()
    frame["criterion_year"] = frame["criterion"] + " " + frame["year"].astype(str)
    design = compile_design(effects, ba.read_specification("nested"))
    frame = frame.iloc[design.rows]
    X = np.ones((len(frame), 1))
    if moderated:
        X = np.column_stack([X, (frame["year"].to_numpy(float) - 1990) / 10])
    rotated = rotate(y=design.y, X=X, variances=design.variances, starts=design.starts)
    group = pd.factorize(frame[groups])[0]
    component = np.unique(group, return_inverse=True)[1]
    if groups != "study":
        from scipy.sparse import coo_array
        from scipy.sparse.csgraph import connected_components

        size = group.max() + 1 + design.sample_index.max() + 1
        links = (np.ones(len(group)), (group, group.max() + 1 + design.sample_index))
        found = connected_components(coo_array(links, shape=(size, size)), directed=False)[1]
        component = np.unique(found[group], return_inverse=True)[1]
    return samples_of(rotated, groups=(group, component)), group


@pytest.mark.parametrize("method", ["REML", "ML"])
@pytest.mark.parametrize("name", ["nested", "nested_year", "crossed"])
def test_the_variances_and_coefficients_are_those_of_metafor(name, method):
    want = REFERENCE[f"{name}_{method}"]
    blocks, group = case(name)
    fit = estimate_grouped(blocks, group, method=method)
    assert fit.converged
    np.testing.assert_allclose(fit.variances, want["sigma2"], rtol=1e-4, atol=1e-7)
    np.testing.assert_allclose(fit.beta, np.atleast_1d(want["beta"]), atol=1e-6)
    np.testing.assert_allclose(fit.covariance, want["vb"], rtol=1e-4, atol=1e-9)
    assert fit.log_likelihood == pytest.approx(want["logLik"], abs=1e-6)


def test_held_variances_are_those_of_metafor_to_rounding():
    want = REFERENCE["fixed"]
    blocks, group = case("nested")
    held = tuple(np.sqrt([0.02, 0.03, 0.01]))
    fit = estimate_grouped(blocks, group, held=held)
    assert fit.log_likelihood == pytest.approx(want["logLik"], abs=1e-10)
    np.testing.assert_allclose(fit.beta, np.atleast_1d(want["beta"]), rtol=1e-10)
    assert fit.estimated == (False, False, False)


@pytest.mark.parametrize("name", ["nested", "nested_year"])
def test_robust_standard_errors_by_group_are_those_of_clubsandwich(name):
    want = REFERENCE[f"{name}_REML"]["CR2"]
    blocks, group = case(name)
    tests = robust_tests(robust_by_component(blocks, group, estimate_grouped(blocks, group)))
    np.testing.assert_allclose(tests.se, np.atleast_1d(want["se"]), rtol=1e-4)
    np.testing.assert_allclose(tests.df, np.atleast_1d(want["df"]), rtol=1e-4)
    np.testing.assert_allclose(tests.p, np.atleast_1d(want["p"]), rtol=1e-2)


def test_without_a_variance_of_groups_it_is_the_two_level_fit():
    blocks, group = case("nested")
    fit = estimate_grouped(blocks, group, held=(0.0, None, None))
    other = estimate(blocks, "REML")
    np.testing.assert_allclose(fit.variances[1:], other.variances, rtol=1e-5)
    assert fit.log_likelihood == pytest.approx(other.log_likelihood, abs=1e-8)
    np.testing.assert_allclose(fit.covariance, other.covariance, rtol=1e-5)


def test_the_twin_of_a_nested_model_is_the_fit_of_metafor():
    want = REFERENCE["nested_REML"]
    design = compile_design(ba.load("crede2010_samples"), ba.read_specification("nested"))
    twin = frequentist_twin(design)
    line = twin.of("overall")
    assert not twin.unavailable
    assert (twin.groups, twin.samples, twin.effects) == (68, 88, 97)
    assert twin.sigma2_group == pytest.approx(want["sigma2"][0], rel=1e-4)
    assert twin.sigma2_sample == 0
    assert twin.sigma2_effect == pytest.approx(want["sigma2"][2], rel=1e-4)
    assert line.estimate == pytest.approx(want["beta"], abs=1e-6)
    assert line.se == pytest.approx(want["se"], rel=1e-4)
    assert line.se_cr2 == pytest.approx(want["CR2"]["se"], rel=1e-4)
    assert line.df_cr2 == pytest.approx(want["CR2"]["df"], rel=1e-4)
    assert line.df_t == 67
    assert any("tau_sample as exactly 0" in note for note in twin.notes)
    assert any("robust by group" in note for note in twin.notes)
    record = twin.to_dict()
    assert record["sigma2_group"] == twin.sigma2_group
    assert record["groups"] == 68


def test_the_twin_names_what_the_data_cannot_tell_apart():
    frame = ba.load("crede2010_samples").frame
    effects = ba.read_effects(
        pd.DataFrame({"sample": frame["sample"], "study": frame["sample"],
                      "r": frame["r"], "n": frame["n"]})
    )  # fmt: skip
    spec = ba.read_specification("nested")
    twin = frequentist_twin(compile_design(effects, spec))
    plain = frequentist_twin(
        compile_design(effects, spec.with_changes({"priors.tau_group": {
            "family": "point", "value": 0.0, "because": ""}}))
    )  # fmt: skip
    assert not twin.identified
    assert twin.sigma2_sample == 0
    assert twin.sigma2_group == pytest.approx(plain.sigma2_sample, rel=1e-4)
    assert twin.log_likelihood == pytest.approx(plain.log_likelihood, abs=1e-7)
    assert any("cannot tell all variances apart" in note for note in twin.notes)
