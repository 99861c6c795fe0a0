"""Orchard, bubble, predictive and variance figures: the numbers they draw are those of the fit."""

from __future__ import annotations

import re
from dataclasses import replace

import numpy as np
import pytest
from drawn_analyses import analysis, table
from made_fits import made_effects, not_significant, planted, scattered
from matplotlib.axes import Axes
from matplotlib.figure import Figure

import bayes_alliance as ba
from bayes_alliance.analysis.face import Fit
from bayes_alliance.analysis.verbs.distribution_figures import DistributionFigures
from bayes_alliance.engines.choose import run_analysis
from bayes_alliance.engines.fitted import Fitted
from bayes_alliance.plots.bubble import bubble, bubble_data
from bayes_alliance.plots.dots import diameters, precision_key, swarm
from bayes_alliance.plots.footer import FOOTER_ID
from bayes_alliance.plots.levels import held_terms
from bayes_alliance.plots.orchard import DOTS_ID, orchard, orchard_data
from bayes_alliance.plots.predictive import predictive
from bayes_alliance.plots.predictive_data import predictive_data
from bayes_alliance.plots.style import ONE_COLUMN, TWO_COLUMNS, figure_of, new_figure
from bayes_alliance.plots.variance import BAR_ID, variance
from bayes_alliance.plots.variance_data import variance_data
from bayes_alliance.plots.wording import probability_phrase, probability_text, wrap_phrases
from bayes_alliance.report import numbers
from bayes_alliance.spec.specification import Specification

LONG = "working alliance as rated by the therapist after the third session, costs $5 to $9 & <b>"
SHORT = {"run.draws": 200, "run.chains": 2}


@pytest.fixture(scope="module")
def exact() -> Fit:
    """A mean for each scale, by quadrature."""
    spec = ba.read_specification("subscales_independent").with_changes(SHORT)
    return Fit(run_analysis(table([3, 1, 4, 1, 3]), spec))


@pytest.fixture(scope="module")
def sloped() -> Fit:
    """Two slopes and a categorical term, from draws."""
    rng = np.random.default_rng(2)
    effects = table(
        [3, 1, 4, 1, 3, 4], year=2000 + rng.integers(0, 20, 16), age=rng.normal(40, 9, 16)
    )
    return Fit(analysis(effects, Specification().with_terms("year", "age", "subscale")))


def texts_of(figure: Figure) -> list[str]:
    return [text.get_text() for ax in figure.axes for text in ax.texts if text.get_text()]


def dots_of(ax: Axes) -> np.ndarray:
    found = [c.get_offsets() for c in ax.collections if c.get_gid() == DOTS_ID]
    return np.concatenate(found)


def overlaps(figure: Figure) -> list[tuple[str, str]]:
    """Pairs of texts beside and in the axes that lie on one another, and texts that are cut."""
    figure.canvas.draw()
    texts = [t for ax in figure.axes for t in ax.texts if t.get_text()] + list(figure.texts)
    boxes = [(t.get_text(), t.get_window_extent()) for t in texts]
    found = [
        (a, b)
        for i, (a, one) in enumerate(boxes)
        for b, other in boxes[i + 1 :]
        if one.x0 + 1 < other.x1 and other.x0 + 1 < one.x1
        and one.y0 + 2 < other.y1 and other.y0 + 2 < one.y1
    ]  # fmt: skip
    edge = figure.bbox
    cut = [(text, "edge") for text, box in boxes if box.x0 < -1 or box.x1 > edge.x1 + 1]
    return found + cut


def test_dots_have_areas_by_precision_and_places_that_do_not_depend_on_the_order() -> None:
    precision = np.array([2.0, 8.0, 18.0])
    assert np.square(diameters(precision, precision) / 7).tolist() == pytest.approx(
        [1 / 9, 4 / 9, 1]
    )
    many = np.full(960, 4.0)
    assert diameters(many, many).max() == pytest.approx(3.5)
    values = np.random.default_rng(4).normal(size=31)
    order = np.random.default_rng(5).permutation(31)
    (places,), (again,) = swarm([values]), swarm([values[order]])
    np.testing.assert_allclose(places[order], again, rtol=1e-12)
    assert np.abs(places).max() <= 1
    assert np.abs(places[np.argsort(values)[[0, -1]]]).max() < np.abs(places).max() / 2
    alone, few = swarm([np.array([0.3]), np.array([0.1, 0.2])])
    assert alone.tolist() == [0.0]
    assert len(set(few)) == 2
    assert len(precision_key(np.full(4, 5.0), {})) == 1


def test_probabilities_are_written_as_in_tables() -> None:
    for value in (0.0, 0.0004, 0.004, 0.02, 0.5, 0.9899, 0.993, 0.9995, 1.0):
        assert probability_text(value) == numbers.probability(value)
        assert probability_phrase("r > 0", value) == numbers.probability_phrase("r > 0", value)
    assert wrap_phrases(("P(a) = .1", "P(b) = .2"), 9) == ("P(a) = .1, P(b) = .2",)
    assert wrap_phrases(("P(a) = .1", "P(b) = .2"), 0.1) == ("P(a) = .1", "P(b) = .2")


def test_an_orchard_has_every_effect_and_the_numbers_of_the_summary(exact: Fit) -> None:
    data, summary = orchard_data(exact.fitted), exact.summary()
    means = data.means.set_index("name")
    for ours, theirs in (
        ("median", "r"), ("lower", "r_lower"), ("upper", "r_upper"),
        ("new_lower", "r_new_effect_lower"), ("new_upper", "r_new_effect_upper"),
    ):  # fmt: skip
        np.testing.assert_array_equal(means[ours], summary.loc[means.index, theirs])
    np.testing.assert_array_equal(data.effects["value"], np.tanh(exact.design.y))
    counts = data.effects.groupby("level")
    assert means["k"].to_dict() == counts.size().to_dict()
    assert means["samples"].to_dict() == counts["sample"].nunique().to_dict()
    ax = orchard(exact.fitted)
    np.testing.assert_allclose(np.sort(dots_of(ax)[:, 0]), np.sort(data.effects["value"]))
    row = means.loc["task"]
    text = f"{numbers.correlation(row['median'])} [{numbers.correlation(row['lower'])}, "
    assert any(t.replace("\N{MINUS SIGN}", "-").startswith(text) for t in texts_of(figure_of(ax)))


def test_an_orchard_of_draws_tells_its_reference_and_refuses_other_terms(sloped: Fit) -> None:
    data = orchard_data(sloped.fitted, caution="careful")
    weights = {q.name: q.weights for q in sloped.design.quantities}
    task = np.tanh(
        sloped.posterior.draws("beta") @ (weights["overall"] + weights["subscale[task]"])
    )
    assert data.means["median"].iloc[0] == pytest.approx(np.median(task), abs=1e-6)
    assert "Held: year at" in data.footer.data
    assert data.footer.caution == "careful"
    with pytest.raises(ba.errors.InputError, match=r"'year' is no categorical.*'subscale'"):
        orchard_data(sloped.fitted, "year")
    assert held_terms(sloped.design, None).endswith("levels of subscale at equal weight.")


def test_an_orchard_shows_what_was_printed_as_not_significant_and_nothing_varies() -> None:
    effects = not_significant(made_effects(list("aabbc"), r=0.3), [1])
    spec = Specification().with_changes({"effect.not_significant": "censored"})
    fitted = scattered(effects, spec, y_censored=np.zeros((2, 200, 1))).fitted
    data = orchard_data(fitted)
    assert data.effects.loc[data.effects["not_significant"], "value"].tolist() == [0.0]
    assert len(dots_of(orchard(fitted))) == 5
    none = Specification().with_changes(
        {"heterogeneity.sample": False, "heterogeneity.effect": False}
    )
    alike = planted(made_effects(list("aab")), none, beta=0.2)
    assert orchard_data(alike).means["new_lower"].isna().all()
    for refused in (predictive_data, variance_data):
        with pytest.raises(ba.errors.InputError, match="no heterogeneity"):
            refused(alike)


@pytest.mark.parametrize("width", [ONE_COLUMN, TWO_COLUMNS])
def test_no_text_lies_on_another_or_is_cut(sloped: Fit, width: float) -> None:
    effects = table([2, 2, 1], rater=np.array([LONG, "b", LONG, "b", "b"]))
    effects = replace(effects, notice=LONG, name="x" * 30)
    long = analysis(effects, Specification().with_terms("rater"))
    for fitted in (long, sloped.fitted):
        for figure in (
            figure_of(orchard(fitted, width=width, caution="careful")),
            figure_of(predictive(fitted, width=width)),
            figure_of(variance(fitted, width=width)[0]),
        ):
            assert overlaps(figure) == []
            assert figure.get_figwidth() == width
    assert overlaps(figure_of(bubble(sloped.fitted, width=width)[0])) == []


def test_ribbons_are_quantiles_of_the_mean_and_of_a_new_effect(sloped: Fit) -> None:
    data = bubble_data(sloped.fitted)
    weights = {q.name: q.weights for q in sloped.design.quantities}
    year, age = (t for t in sloped.design.terms if t.kind == "continuous")
    line = data.lines.loc[data.lines["slope"] == 1].iloc[20]
    steps = (line["x"] - age.centre) / age.unit
    mean = sloped.posterior.draws("beta") @ (weights["overall"] + steps * weights[age.slope_name])
    want = np.tanh(np.quantile(mean, [0.5, 0.025, 0.975]))
    np.testing.assert_allclose(line[["median", "lower", "upper"]].astype(float), want, atol=1e-6)
    spread = np.hypot(*(sloped.posterior.draws(f"tau_{level}") for level in ("sample", "effect")))
    rng = np.random.default_rng(3)
    new = np.tanh(mean + spread * rng.standard_normal((500, len(mean))))
    drawn = np.quantile(new, [0.025, 0.975])
    np.testing.assert_allclose(line[["new_lower", "new_upper"]].astype(float), drawn, atol=0.01)
    summary = sloped.summary().loc[data.slopes["name"]]
    columns = ["median", "lower", "upper", "p_positive"]
    np.testing.assert_array_equal(data.slopes[columns], summary[columns])
    panels = bubble(sloped.fitted)
    assert [ax.get_xlabel() for ax in panels] == ["year", "age"]
    np.testing.assert_allclose(dots_of(panels[0])[:, 1], np.tanh(sloped.design.y))
    assert "Held, where not on the axis: year at" in data.footer.data
    assert year.slope_name == data.slopes["name"].iloc[0]


def test_bubbles_need_a_slope_and_as_many_axes(exact: Fit, sloped: Fit) -> None:
    with pytest.raises(ba.errors.InputError, match=r"no slope \(its terms: 'subscale'\)"):
        bubble(exact.fitted)
    with pytest.raises(ba.errors.InputError, match="1 axes for 2 slopes"):
        bubble(sloped.fitted, new_figure(3, 3).add_subplot())


def test_what_is_shaded_adds_up_to_the_probability_printed(exact: Fit) -> None:
    data = predictive_data(exact.fitted)
    summary = exact.summary()
    for row in data.predictions.to_dict("records"):
        ends = summary.loc[
            row["name"], [f"r_new_{row['kind']}_{end}" for end in ("lower", "upper")]
        ]
        assert [row["lower"], row["upper"]] == ends.tolist()
        own = data.densities.loc[
            (data.densities["name"] == row["name"]) & (data.densities["kind"] == row["kind"])
        ]
        width = np.diff(own["value"])[0]
        assert own["density"].sum() * width == pytest.approx(1, abs=0.003)
        positive = own.loc[own["value"] > 0, "density"].sum() * width
        assert positive == pytest.approx(row["p_positive"], abs=0.01)
        inside = own.loc[own["value"].abs() < data.rope, "density"].sum() * width
        assert inside == pytest.approx(row["p_rope"], abs=0.02)
        beyond = data.beyond.loc[
            (data.beyond["name"] == row["name"]) & (data.beyond["kind"] == row["kind"])
        ]
        for r, probability in zip(beyond["r"], beyond["probability"], strict=True):
            above = own.loc[own["value"] > r, "density"].sum() * width
            assert above == pytest.approx(probability, abs=0.02)
    assert set(data.beyond["name"]) == {"task", "goal", "bond"}
    written = " ".join(texts_of(figure_of(predictive(exact.fitted))))
    first = data.predictions.iloc[0]
    assert numbers.probability_phrase("r > 0", first["p_positive"]) in written
    assert numbers.probability_phrase("|r| < .10", first["p_rope"]) in written


def test_one_level_of_heterogeneity_has_one_prediction() -> None:
    beta = np.random.default_rng(1).normal(0.2, 0.05, (2, 200, 1))
    for level, kind in (("sample", "effect"), ("effect", "sample")):
        spec = Specification().with_changes({f"heterogeneity.{level}": False})
        fitted = planted(
            made_effects(list("aabbc")), spec, beta=beta, tau_sample=0.2, tau_effect=0.1
        )
        assert predictive_data(fitted).predictions["kind"].tolist() == [kind]
        data = variance_data(fitted)
        assert data.shares["part"].tolist() == ["sampling", kind]
        where = "between" if level == "sample" else "within"
        assert f"No heterogeneity {where} samples" in data.footer.data


@pytest.mark.parametrize("name", ["exact", "sloped"])
def test_shares_and_taus_are_those_of_the_table(name: str, request: pytest.FixtureRequest) -> None:
    fit = request.getfixturevalue(name)
    data, table_ = variance_data(fit.fitted), fit.heterogeneity()
    columns = ["median", "lower", "upper"]
    shares, taus = data.shares.set_index("part"), data.taus.set_index("part")
    for part in ("sample", "effect"):
        np.testing.assert_allclose(
            shares.loc[part, columns].astype(float), table_.loc[f"i2_{part}", columns]
        )
        np.testing.assert_allclose(
            taus.loc[part, columns].astype(float), table_.loc[f"tau_{part}", columns]
        )
    np.testing.assert_allclose(
        taus.loc["total", columns].astype(float), table_.loc["tau_total", columns]
    )
    assert shares["mean"].sum() == pytest.approx(1)
    for _, own in data.densities.groupby(["panel", "part"]):
        assert np.trapezoid(own["density"], own["value"]) == pytest.approx(1, abs=0.05)
    first, second = variance(fit.fitted)
    bars = [c for c in first.collections if c.get_gid() == BAR_ID]
    assert len(bars) == len(data.shares)
    assert first.figure is second.figure
    assert f"{100 * shares.loc['sample', 'median']:.0f} % [" in " ".join(texts_of(figure_of(first)))


def test_every_scale_and_tail_has_its_row() -> None:
    effects = table([4, 4, 4, 4, 3])
    spec = ba.read_specification("multivariate_scales")
    rng = np.random.default_rng(8)
    own = np.abs(rng.normal([0.1, 0.2, 0.3, 0.4], 0.01, (2, 200, 4)))
    made = {"tau_scale": own, "scale_correlation": np.full((2, 200, 6), 0.5)}
    fitted = scattered(effects, spec, **made).fitted
    data = variance_data(fitted)
    inner = data.taus.loc[data.taus["detail"]]
    assert inner["label"].tolist() == [
        f"Between samples, {s}" for s in ("task", "goal", "bond", "total")
    ]
    np.testing.assert_allclose(inner["median"], np.median(own, axis=(0, 1)))
    sd = predictive_data(fitted).predictions.set_index("name")
    assert (sd["upper"] - sd["lower"]).is_monotonic_increasing
    assert "averages" in data.footer.data
    variance(fitted, width=ONE_COLUMN)


def test_axes_handed_in_are_used_and_furnished(exact: Fit, sloped: Fit, general: Fitted) -> None:
    figure = new_figure(7, 9)
    figure.set_layout_engine("constrained")
    ((a, b), (c, d)) = figure.subplots(2, 2)
    assert orchard(general, a, caution="careful") is a
    assert predictive(exact.fitted, b) is b
    assert variance(exact.fitted, (c, d)) == (c, d)
    assert any(t.get_text() == "careful" for t in a.texts if t.get_gid() == FOOTER_ID)
    one = new_figure(7, 3).subplots(1, 2)
    assert bubble(sloped.fitted, tuple(one)) == tuple(one)
    figure.canvas.draw()


def test_verbs_say_what_failed(sloped: Fit) -> None:
    class Shown(DistributionFigures):
        fitted = sloped.fitted
        caution = "1 of 9 checks failed"

    shown = Shown()
    for axes in (
        (shown.plot_orchard(width=ONE_COLUMN),),
        shown.plot_bubble(),
        (shown.plot_predictive(by="subscale"),),
        shown.plot_variance(),
    ):
        said = [t.get_text() for t in figure_of(axes[0]).texts]
        assert any(re.search("checks failed", text) for text in said)
