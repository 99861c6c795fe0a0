"""Where effect and standard error are linked, the predictor is unlinked or the link is told."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import bayes_alliance as ba
from bayes_alliance.data.effects import EffectSizes
from bayes_alliance.engines.choose import run_analysis
from bayes_alliance.sensitivity.bias import analyse_bias
from bayes_alliance.sensitivity.bias_predictor import (
    columns_of,
    default_predictor,
    link_note,
    linked_rows,
)
from bayes_alliance.spec.compilation import compile_design
from bayes_alliance.spec.design import Design

SPEC = ba.read_specification("two_level").with_changes({"run.draws": 200, "run.chains": 2})
FREE = "carries no artefact"


def table(measure="ZCOR", **columns) -> tuple[EffectSizes, Design]:
    frame = pd.DataFrame(columns)
    frame.insert(0, "sample", [f"s{i}" for i in range(len(frame))])
    effects = ba.read_effects(frame, measure=measure)
    return effects, compile_design(effects, SPEC.with_changes({"effect.measure": measure}))


def differences(n: np.ndarray, seed: int = 1) -> dict[str, np.ndarray]:
    """Standardised mean differences of two equal groups, without any bias."""
    d = np.random.default_rng(seed).normal(0.55, np.sqrt(4 / n))
    return {"d": d, "n1": n // 2, "n2": n // 2}


def correlations(n: np.ndarray, seed: int = 2) -> np.ndarray:
    return np.tanh(np.random.default_rng(seed).normal(0.3, 1 / np.sqrt(n - 3)))


def test_differences_of_studies_of_one_size_have_no_small_study_effects():
    effects, design = table(**differences(np.full(40, 60)))
    assert np.ptp(design.variances) > 0
    assert linked_rows(effects, design).all()
    assert default_predictor(effects, design) == "n"
    fitted = run_analysis(effects, SPEC)
    with pytest.raises(ba.InputError, match="the same for all 40 effects") as refused:
        analyse_bias(fitted, select=False)
    assert refused.value.problems[0].code == "constant_predictor"
    # Why: on the standard error, which is computed from d, the slope is steep where nothing is.
    found = analyse_bias(fitted, predictor="se", select=False)
    assert found.regressions[0].reml_slope.estimate < -30
    assert found.regressions[0].reml_slope.p < 0.001
    assert found.notes[0].startswith("CAUTION The variances of 40 of the 40 effects")
    assert "effect and standard error are linked" in found.notes[0]
    assert "Take --predictor n." in found.notes[0]


def test_differences_of_several_sizes_are_regressed_on_n_and_their_weights_are_told():
    n = np.array([40, 60, 80, 120, 200, 320])
    effects, design = table(**differences(n))
    found = analyse_bias(run_analysis(effects, SPEC), select=False)
    assert found.predictor == "n"
    np.testing.assert_allclose(found.regressions[0].column.values, 1 / np.sqrt(n))
    assert FREE not in found.notes[0]
    assert "but then the weights of the effects are linked" in found.notes[0]
    assert "6 of the 6 effects" in link_note(effects, design, "inverse_n")


def test_one_difference_among_correlations_is_counted():
    n = np.array([40, 60, 80, 120])
    blank = np.full(4, np.nan)
    effects, design = table(
        r=np.where(n == 60, np.nan, correlations(n)),
        n=np.where(n == 60, np.nan, n),
        d=np.where(n == 60, 0.5, blank),
        n1=np.where(n == 60, 30, blank),
        n2=np.where(n == 60, 30, blank),
    )
    assert linked_rows(effects, design).tolist() == [False, True, False, False]
    assert default_predictor(effects, design) == "n"
    assert "CAUTION The variances of 1 of the 4 effects" in link_note(effects, design, "variance")


def test_variances_given_ready_are_linked_unless_they_are_those_of_n():
    n = np.array([50, 71, 103, 157])
    y = np.arctanh(correlations(n))
    of_n = 1 / (n - 3)
    for vi in (of_n, of_n.round(4), of_n.round(6), np.sqrt(of_n).round(3) ** 2):
        effects, design = table(yi=y, vi=vi, n=n)
        np.testing.assert_allclose(design.variances, vi)
        assert not linked_rows(effects, design).any()
        assert default_predictor(effects, design) == "se"
        assert FREE in link_note(effects, design, "se")
    effects, design = table(yi=y, vi=of_n * [1, 1, 1.02, 1], n=n)
    assert linked_rows(effects, design).tolist() == [False, False, True, False]
    assert default_predictor(effects, design) == "n"
    assert "1 of the 4 effects" in link_note(effects, design, "se")


def test_without_every_n_the_standard_error_stays_with_a_caution():
    n = np.array([50.0, 71, np.nan, 157])
    effects, design = table(yi=[0.2, 0.3, 0.25, 0.4], vi=[0.03, 1 / 68, 0.01, 0.02], n=n)
    assert linked_rows(effects, design).tolist() == [True, False, True, True]
    assert default_predictor(effects, design) == "se"
    note = link_note(effects, design, "se")
    assert note.startswith("CAUTION The variances of 3 of the 4 effects")
    assert "Where n is known, take --predictor n" in note
    with pytest.raises(ba.InputError, match="n is not known for 1 of the 4"):
        columns_of(effects, design, "n")


@pytest.mark.parametrize("predictor", ["se", "n", "variance", "inverse_n"])
def test_only_z_with_variances_of_n_is_said_to_carry_no_artefact(predictor):
    n = np.array([50, 71, 103, 157])
    r = correlations(n)
    effects, design = table(
        r=r, n=n, covariates=[0, 2, 0, 1], statistic=["pearson", "partial", "spearman", "partial"]
    )
    assert not linked_rows(effects, design).any()
    assert FREE in link_note(effects, design, predictor)

    raw = compile_design(effects, SPEC.with_changes({"effect.measure": "COR"}))
    note = link_note(effects, raw, predictor)
    assert note.startswith("CAUTION The variance of a raw correlation")
    assert "linked" in note
    assert "--set effect.measure=ZCOR" in note
    assert FREE not in note

    effects, ready = table("GEN", yi=r, vi=1 / n, n=n)
    note = link_note(effects, ready, predictor)
    assert note.startswith("CAUTION The variances of this measure may")
    assert "Fisher's z is free of such a link" in note
    assert "--set" not in note
    assert default_predictor(effects, ready) == "n"


def test_the_weights_of_raw_correlations_make_a_slope_that_z_does_not_have():
    rng = np.random.default_rng(3)
    n = np.tile([20, 40, 80, 160], 10)
    rejected = {"COR": 0, "ZCOR": 0}
    for _ in range(400):
        z = rng.normal(np.arctanh(0.5), 1 / np.sqrt(n - 3))
        r = np.tanh(z)
        for measure, y, v in (
            ("COR", r, (1 - r**2) ** 2 / (n - 1)),
            ("ZCOR", z, 1 / (n - 3)),
        ):
            X = np.column_stack([np.ones(len(n)), 1 / np.sqrt(n)])
            cov = np.linalg.inv(X.T @ (X / v[:, None]))
            slope = (cov @ X.T @ (y / v))[1]
            rejected[measure] += abs(slope) > 1.96 * np.sqrt(cov[1, 1])
    assert rejected["COR"] > 0.15 * 400
    assert rejected["ZCOR"] < 0.08 * 400
