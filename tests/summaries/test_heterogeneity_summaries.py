"""I^2, explained variance and shrunken means against metafor and dense matrices."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from made_fits import made_effects, planted, scattered

from bayes_alliance.algebra.blocks import rotate
from bayes_alliance.data.effects import EffectSizes
from bayes_alliance.engines.fitted import Fitted
from bayes_alliance.spec.prior import Prior
from bayes_alliance.spec.specification import Specification
from bayes_alliance.summaries.heterogeneity import (
    summarise_explained,
    summarise_heterogeneity,
    typical_variance,
)
from bayes_alliance.summaries.samples import sample_effects
from bayes_alliance.summaries.scale import Scale

REFERENCE = Path(__file__).parents[1] / "reference"
METAFOR = json.loads((REFERENCE / "metafor.json").read_text(encoding="utf-8"))["threelevel"]
DATA = ("konstantopoulos2011", "crede2010", "crede2010_grade")
RHO = Specification().with_changes({"sampling": {"within_sample": "constant", "rho": 0.6}})


def reference_table(name: str) -> EffectSizes:
    frame = pd.read_csv(REFERENCE / "data" / f"{name}.csv")
    columns = {c: frame[c] for c in ("year", "criterion", "class") if c in frame}
    return made_effects(
        frame["cluster"].astype(str).tolist(),
        yi=frame["yi"],
        vi=frame["vi"],
        measure="GEN",
        **columns,
    )


def at_estimates(name: str, told: dict[str, Any], spec: Specification) -> Fitted:
    """A posterior that is a point: metafor's estimates."""
    tau_sample, tau_effect = np.sqrt(told["sigma2"])
    return planted(
        reference_table(name), spec, beta=told.get("beta", 0.0), tau_sample=tau_sample,
        tau_effect=tau_effect, shape=(1, 4),
    )  # fmt: skip


def agrees_with(fitted: Fitted, told: dict[str, Any]) -> None:
    posterior = fitted.posterior
    found = summarise_heterogeneity(posterior)
    assert typical_variance(posterior.blocks) == pytest.approx(told["typical_v"], rel=1e-9)
    assert found.i2_sample is not None
    assert found.i2_effect is not None
    levels = 100 * found.i2_sample.median, 100 * found.i2_effect.median
    assert levels == pytest.approx(told["by_level"], rel=1e-8)
    assert sum(levels) == pytest.approx(told["total"], rel=1e-8)
    assert found.i2_sample.sd == pytest.approx(0, abs=1e-12)


@pytest.mark.parametrize("name", DATA)
def test_i2_is_the_one_of_metafor(name: str) -> None:
    told = METAFOR[name]["intercept"]
    agrees_with(at_estimates(name, told, Specification()), told["I2"])


@pytest.mark.parametrize("name", DATA)
def test_i2_with_dependent_errors_is_the_one_of_metafor(name: str) -> None:
    told = METAFOR[name]["vcalc_rho06"]
    agrees_with(at_estimates(name, told, RHO), told["I2"])


@pytest.mark.parametrize(
    ("name", "term"),
    [("konstantopoulos2011", "year"), ("crede2010", "year"), ("crede2010", "criterion"),
     ("crede2010_grade", "year")],
)  # fmt: skip
def test_i2_with_a_moderator_is_the_one_of_metafor(name: str, term: str) -> None:
    """Coded otherwise than in metafor, but spanning the same columns."""
    told = METAFOR[name]["moderators"][f"~ {term}"]
    fitted = at_estimates(name, {"sigma2": told["sigma2"]}, Specification().with_terms(term))
    agrees_with(fitted, told["I2"])


@pytest.mark.parametrize("name", DATA)
def test_shrunken_means_are_the_predictions_of_metafor(name: str) -> None:
    told = METAFOR[name]["intercept"]
    blup = METAFOR[name]["blup"]["cluster"]
    fitted = at_estimates(name, told, Specification())
    frame = sample_effects(fitted.posterior, Scale("GEN")).set_index("sample")
    expected = pd.Series(blup["intrcpt"], index=blup["names"]) + told["beta"]
    assert len(expected) == METAFOR[name]["clusters"]
    np.testing.assert_allclose(frame["estimate"][expected.index], expected, atol=1e-7)


@given(
    st.lists(st.integers(1, 4), min_size=2, max_size=6).filter(lambda sizes: sum(sizes) > 3),
    st.floats(-0.3, 0.9),
    st.integers(0, 1_000),
)
def test_the_typical_variance_is_the_formula_with_dense_matrices(
    sizes: list[int], rho: float, seed: int
) -> None:
    rng = np.random.default_rng(seed)
    k = sum(sizes)
    v, y, X = rng.uniform(0.01, 0.2, k), rng.normal(size=k), rng.normal(size=(k, 2))
    starts = np.cumsum([0, *sizes[:-1]])
    blocks, V = [], np.zeros((k, k))
    for start, size in zip(starts, sizes, strict=True):
        part = slice(start, start + size)
        sd = np.sqrt(v[part])
        blocks.append(np.outer(sd, sd) * (rho + (1 - rho) * np.eye(size)))
        V[part, part] = blocks[-1]
    W = np.linalg.inv(V)
    P = W - W @ X @ np.linalg.inv(X.T @ W @ X) @ X.T @ W
    rotated = rotate(y=y, X=X, variances=v, starts=starts, covariances=blocks)
    assert typical_variance(rotated) == pytest.approx((k - 2) / np.trace(P), rel=1e-8)


def test_equal_variances_are_typical() -> None:
    fitted = planted(made_effects(list("aabbc"), n=63), beta=0.2, tau_sample=0.1, tau_effect=0.2)
    assert typical_variance(fitted.posterior.blocks) == pytest.approx(1 / 60)
    found = summarise_heterogeneity(fitted.posterior)
    assert found.i2_sample is not None
    assert found.i2_sample.median == pytest.approx(0.01 / (0.01 + 0.04 + 1 / 60))
    assert found.tau_total is not None
    assert found.tau_total.median == pytest.approx(np.sqrt(0.05))


def test_i2_needs_more_effects_than_coefficients() -> None:
    found = summarise_heterogeneity(planted(made_effects(["a"]), beta=0.2).posterior)
    assert found.tau_sample is not None
    assert found.i2_sample is None
    assert found.i2_effect is None


def test_levels_without_heterogeneity_are_none() -> None:
    spec = Specification().with_changes({"heterogeneity": {"sample": True, "effect": False}})
    found = summarise_heterogeneity(
        planted(made_effects(list("aabb")), spec, beta=0.2, tau_sample=0.3).posterior
    )
    assert found.tau_effect is None
    assert found.i2_effect is None
    assert found.tau_total is not None
    assert found.tau_total.median == pytest.approx(0.3)
    none = Specification().with_changes({"heterogeneity": {"sample": False, "effect": False}})
    empty = summarise_heterogeneity(planted(made_effects(list("aabb")), none, beta=0.2).posterior)
    assert (empty.tau_sample, empty.tau_effect, empty.tau_total) == (None, None, None)


def moderated(means: tuple[float, float], tau: float) -> Fitted:
    effects = made_effects([f"s{i}" for i in range(8)], mod=list("xyxyxyxy"))
    return planted(
        effects, Specification().with_terms("mod"), beta=means, tau_sample=tau, tau_effect=0.0
    )


def test_explained_is_the_share_of_the_true_variance() -> None:
    found = summarise_explained(moderated((0.1, 0.3), 0.1).posterior)
    assert found is not None
    # Half of the effects at each mean: their variance is .1 squared, as is tau squared.
    assert found.posterior.median == pytest.approx(0.5)
    nothing = summarise_explained(moderated((0.2, 0.2), 0.1).posterior)
    assert nothing is not None
    assert nothing.posterior.median == 0


@given(st.floats(-2, 2), st.floats(-2, 2), st.floats(0.001, 2))
def test_explained_lies_between_0_and_1(a: float, b: float, tau: float) -> None:
    found = summarise_explained(moderated((a, b), tau).posterior)
    assert found is not None
    assert 0 <= found.posterior.lower <= found.posterior.upper <= 1
    assert 0 < found.prior_median < 1


def test_a_narrower_prior_explains_less_by_chance() -> None:
    effects = made_effects([f"s{i}" for i in range(8)], mod=list("xyxyxyxy"))
    spec = Specification().with_terms("mod")
    narrow = spec.with_prior("differences", Prior("normal", mean=0, sd=0.05))
    wide, small = (summarise_explained(scattered(effects, s).posterior) for s in (spec, narrow))
    assert wide is not None
    assert small is not None
    assert small.prior_median < wide.prior_median / 3


def test_explained_needs_terms_and_heterogeneity() -> None:
    assert summarise_explained(planted(made_effects(list("ab")), beta=0.2).posterior) is None
    effects = made_effects(list("aabb"), mod=list("xyxy"))
    none = Specification().with_changes({"heterogeneity": {"sample": False, "effect": False}})
    posterior = planted(effects, none.with_terms("mod"), beta=0.2).posterior
    assert summarise_explained(posterior) is None
