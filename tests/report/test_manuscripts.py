"""Methods and results: complete for every kind of fit, with the numbers of the tables."""

from __future__ import annotations

import re
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import xarray as xr
from made_fits import made_effects, not_significant, planted, scattered
from report_cases import CHECKS, FAILED, KINDS, SCALES, make

import bayes_alliance as ba
from bayes_alliance.analysis.face import Fit
from bayes_alliance.analysis.verbs.manuscript import ManuscriptVerbs
from bayes_alliance.checks.result import CheckResult
from bayes_alliance.data.bundled import DatasetInfo, datasets
from bayes_alliance.errors import InputError
from bayes_alliance.posterior.proposals import IMPORTANCE_GROUP, Proposals
from bayes_alliance.posterior.tree import add_group
from bayes_alliance.report import frames
from bayes_alliance.report.material import Material
from bayes_alliance.report.numbers import (
    correlation,
    decimal,
    percent,
    powers,
    probability,
    published,
    scientific,
)
from bayes_alliance.report.prose.library import library
from bayes_alliance.report.prose.manuscript import methods, prose_text, references, results
from bayes_alliance.report.prose.paragraph import Paragraph
from bayes_alliance.report.text import fit_text
from bayes_alliance.report.variation import Variation
from bayes_alliance.spec.prior import Prior
from bayes_alliance.spec.specification import Specification

NUMBER = re.compile(r"-?(?:\d[\d,]*\.\d+|\.\d+|\d[\d,]*)")


def material_of(
    fit: Fit, checks: tuple[CheckResult, ...] = CHECKS, **varied: Variation
) -> Material:
    named = {name.replace("_", "-"): found for name, found in varied.items()}
    return Material(fit.fitted, fit.answers, checks, fit.twin, named)


def text_of(paragraphs: tuple[Paragraph, ...]) -> str:
    return "\n".join(p.text for p in paragraphs)


def one(paragraphs: tuple[Paragraph, ...], name: str) -> str:
    return next(p.text for p in paragraphs if p.name == name)


def tokens(text: str) -> set[str]:
    return {token.rstrip(",") for token in NUMBER.findall(text)}


def written(frame: pd.DataFrame, *ways: object) -> set[str]:
    """Every number of a frame in every way that tables write it."""
    values = frame.select_dtypes("number").to_numpy().ravel()
    return {way(float(v)) for v in values if v == v for way in ways}  # type: ignore[operator]


def numbers_of_tables(material: Material) -> set[str]:
    """What tables print: coefficients, contrasts, heterogeneity, benchmarks, checks, twin."""
    answers = material.answers
    rounded = [
        lambda v: decimal(v),
        lambda v: decimal(v, 1),
        lambda v: decimal(v, 3),
        lambda v: correlation(v),
        lambda v: correlation(abs(v)),
        lambda v: percent(v, blank=False),
        probability,
    ]
    means = [lambda v: correlation(v), lambda v: decimal(v, 3), lambda v: decimal(v), probability]
    found = written(frames.coefficient_frame(answers), *means)
    found |= written(frames.contrast_frame(answers), *rounded[3:4], rounded[0], probability)
    found |= written(frames.heterogeneity_frame(answers), *rounded)
    found |= written(frames.benchmark_frame(answers), *rounded[3:5], published, probability)
    text = fit_text(material.fitted, answers, material.checks, material.twin)
    return tokens(" ".join(found)) | tokens(powers(" ".join(text.split())))


def exact_scales() -> Fit:
    """An exact fit, which has Bayes factors of its differences and checks of its own."""
    effects = made_effects(list("aabbccddef"), subscale=["task", "bond"] * 5)
    return ba.fit(effects, SCALES, engine="exact")


@pytest.mark.parametrize("kind", [*KINDS, "exact scales"])
def test_every_number_of_the_results_stands_in_the_tables(kind: str) -> None:
    made = exact_scales() if kind == "exact scales" else make(kind)
    material = material_of(made, made.checks if kind == "exact scales" else CHECKS)
    # What no table rounds: limits that are said of every fit (95%, 1/3, 3), and small counts.
    known = numbers_of_tables(material) | {"0", "1", "2", "3", "95"}
    for paragraph in results(material):
        if paragraph.name == "sample":
            continue
        missing = tokens(paragraph.text) - known
        assert not missing, f"{paragraph.name}: {sorted(missing)} in {paragraph.text}"


def test_samples_are_described_as_they_are_used() -> None:
    said = one(results(material_of(make("additive"))), "sample")  # one row has no year
    assert said == (
        "The analysis was of k = 7 effect sizes from s = 4 samples. The samples comprised 240 "
        "participants (the largest n of every sample, added up), and all effect sizes had n = 60. "
        "Samples contributed between 1 and 3 effect sizes (median 1.5)."
    )


def test_a_number_that_is_not_in_the_tables_is_found() -> None:
    material = material_of(make("overall"))
    assert not tokens("r = .9187, 95% CrI [0.7771, 12,345]") & numbers_of_tables(material) - {"95"}


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_of_fit_has_whole_sentences(kind: str) -> None:
    material = material_of(make(kind))
    for section in (methods(material), results(material)):
        assert len({p.name for p in section}) == len(section)
        for paragraph in section:
            text = paragraph.text
            assert text.endswith((".", "”.")), text
            assert not re.search(r"\b(nan|None|True|False)\b|\(\)|  | ,|\.\.|-0?\.0+\b", text), text
            assert "--" not in text
            assert "tau_" not in text
            assert not re.search(r"\d %", re.sub("“[^”]*”", "", text)), text
        assert max(map(len, prose_text(section).splitlines())) <= 80
    cited = {r.key for r in references([*methods(material), *results(material)])}
    assert cited <= set(library())


def test_a_mean_is_told_with_its_interval() -> None:
    fit = Fit(planted(made_effects(list("aabbc")), beta=0.21, tau_sample=0.1, tau_effect=0.05))
    said = one(results(material_of(fit)), "means")
    assert said.startswith(
        "The overall median true correlation was r = .21, 95% CrI [.21, .21], P(r > 0) > .999, "
        "P(|r| < .10) < .001; the mean true correlation was .20."
    )


def test_reasons_of_priors_are_word_for_word() -> None:
    reason = "As in Juárez & Steel (2010): 95 % below .49; 5 > 3."
    spec = Specification().with_prior("tau_sample", Prior("half_normal", scale=0.2, because=reason))
    section = methods(material_of(scattered(made_effects(list("aabbc")), spec)))
    said = one(section, "priors")
    assert f"half-normal(scale = 0.2) (“{reason}”)." in said
    assert "juarez2010" in next(p for p in section if p.name == "priors").cites


def test_notice_opens_both_sections() -> None:
    material = material_of(make("synthetic"))
    for section in (methods(material), results(material)):
        assert section[0].text.startswith("Synthetic data: no evidence about therapy.")
    assert "agreement checks the program" in one(results(material), "benchmarks")


def test_failed_checks_come_before_all_numbers() -> None:
    section = results(material_of(make("overall"), (*CHECKS, FAILED)))
    assert section[0].name == "checks"
    assert section[0].text.startswith("Of two checks, one failed. Failed: bulk ESS. Bulk ESS of")
    assert "must not be reported" in section[0].text
    assert "All other checks that apply were passed (R-hat)." in section[0].text


def test_what_was_not_done_is_not_told() -> None:
    fit = make("overall")
    material = material_of(fit, ())
    told = text_of(methods(material)) + text_of(results(material))
    names = {p.name for p in (*methods(material), *results(material))}
    assert not {"checks", "evidence", "sensitivity_methods"} & names
    for word in ("ensitivity analys", "Bayes factor", "cross-validation", "predictive check"):
        assert word not in told


def test_dependence_says_what_was_known_and_what_assumed() -> None:
    assert "assumed to correlate ρ = .60; this value was not estimated." in one(
        methods(material_of(make("dependent"))), "dependence"
    )
    assert "treated as independent" in one(methods(material_of(make("overall"))), "dependence")
    spec = Specification().with_changes({"sampling": {"within_sample": "estimated"}})
    fit = scattered(made_effects(list("aaabbc")), spec)
    section = methods(material_of(fit))
    assert "For four pairs of effect sizes the correlation" in one(section, "dependence")
    assert "The correlation ρ of sampling errors had the prior beta(a = 14, b = 6)" in one(
        section, "priors"
    )
    assert f"was estimated as {decimal(fit.answers.rho.median, 3)}, 95% CrI" in one(  # type: ignore[union-attr]
        results(material_of(fit)), "heterogeneity"
    )


def test_censored_and_left_out_rows_are_told() -> None:
    effects = not_significant(made_effects(list("aabbc")), [1])
    said = one(methods(material_of(scattered(effects))), "effect_sizes")
    assert "one effect size was left out of this analysis" in said
    assert "inflates the mean" in said
    zero = Specification().with_changes({"effect.not_significant": "zero"})
    said = one(methods(material_of(scattered(effects, zero))), "effect_sizes")
    assert (
        "The one correlation that had been reported only as not significant was set to 0." in said
    )


def test_levels_orders_and_differences_are_told() -> None:
    fit = make("scales")
    section = results(material_of(fit))
    order = fit.answers.orders[0]
    assert f"probability of {percent(order.probability, blank=False)}" in one(section, "means")
    contrast = next(c for c in fit.answers.contrasts if c.name == "task - bond")
    assert contrast.r is not None
    assert f"task minus bond was {correlation(contrast.r.centre)}, 95% CrI" in one(
        section, "differences"
    )
    said = one(methods(material_of(fit)), "model")
    assert "A mean was estimated for every level of subscale" in said
    assert "task (3), goal (2), bond (2), and total (1)" in said


def test_many_differences_are_not_listed() -> None:
    levels = [f"L{i}" for i in range(6)] * 2
    spec = Specification().with_terms("mod")
    fit = scattered(made_effects([str(i) for i in range(12)], mod=levels), spec)
    said = one(results(material_of(fit)), "differences")
    assert said.startswith("Of 15 differences, the intervals of")
    assert said.count(" minus ") == 6


def test_hostile_labels_are_text() -> None:
    label = "a\x1b[31m\nb <script>alert(1)</script>"
    effects = made_effects(list("aabbc"), mod=[label, "x", label, "x", "x"], name="d\x00ata\u2028!")
    fit = scattered(effects, Specification().with_terms("mod"))
    for paragraph in (*methods(material_of(fit)), *results(material_of(fit))):
        assert not re.search(r"[\x00-\x1f\u2028]", paragraph.text)
    assert "<script>alert(1)</script>" in one(results(material_of(fit)), "means")


@pytest.mark.parametrize("info", datasets(), ids=lambda info: info.name)
def test_every_bundled_data_set_is_cited(info: DatasetInfo) -> None:
    effects = made_effects(list("aabbc"), name=info.name)
    fit = scattered(replace(effects, citation=info.citation))
    section = methods(Material(fit.fitted, fit.answers, (), fit.twin))
    cites = next(p for p in section if p.name == "effect_sizes").cites
    assert any(info.name.startswith(key) or key == f"dataset_{info.name}" for key in cites)


def test_sensitivity_analyses_are_told_from_their_records() -> None:
    changed = {"answer": "overall", "sentence": "The 95 % interval of overall includes 0"}
    priors = Variation("priors", "", {
        "rows": [
            {"label": "tau half-normal(.10)", "differences": []},
            {"label": "tau half-Cauchy(.50)", "differences": [changed]},
        ],
        "curves": [
            {"prior": "location", "points": [{"factor": 0.25}, {"factor": 4.0}], "changes": []}
        ],
        "power_scaling": [{"parameter": "overall", "verdict": "none"}],
        "sentences": [],
    }, {}, {})  # fmt: skip
    change = {
        "answer": "overall", "kind": "interval", "state": "is above 0", "together": False,
        "becomes": "includes 0", "left_out": ["Smith 2010"],
        "sentence": "The 95 % interval of overall is above 0; without Smith 2010 it includes 0.",
    }  # fmt: skip
    rows = [{"label": name, "influence": {"kl": kl, "flags": ""}}
            for name, kl in (("Smith 2010", 0.9), ("Ng 2011", 0.1))]  # fmt: skip
    omission = Variation("leave-one-out", "", {"rows": rows, "changes": [change]}, {}, {})
    rho = Variation("dependence", "", {
        "rows": [{"label": "rho = 0"}, {"label": "rho = .900"}], "changes": [],
    }, {}, {})  # fmt: skip
    material = material_of(make("overall"), priors=priors, leave_one_out=omission, dependence=rho)
    material = replace(material, declined={"bias": "The design has no standard errors."})
    section = results(material)
    assert one(section, "sensitivity_priors") == (
        "Of two other sets of assumptions, mostly priors, one changed a conclusion from an "
        "interval or a probability. Under tau half-Cauchy(.50), the "
        "95% interval of overall includes 0. With the prior of the mean scaled from 0.25 to 4 "
        "times, no conclusion from an interval or a probability changed. "
        "Power scaling found no answer to be sensitive to its prior."
    )
    assert one(section, "sensitivity_leave_one_out") == (
        "The analysis was repeated two times, each without one sample; one conclusion changed. "
        "The 95% interval of overall was above 0; without Smith 2010 it included 0. The sample "
        "whose omission changed the posterior distribution most was Smith 2010; by rules of thumb "
        "for influential studies, none stood out."
    )
    assert one(section, "sensitivity_dependence") == (
        "Over values of ρ from 0 to .900, no conclusion changed."
    )
    said = one(methods(material), "sensitivity_methods")
    assert "power scaling of priors and likelihood) (Kallioinen et al., 2024)" in said
    assert said.endswith("a selection model): the design has no standard errors.")


def test_evidence_is_told_with_its_prior_scale() -> None:
    row = {
        "hypothesis": "tau_effect = 0", "log_bf10": -1.4375, "order": None,
        "words": "moderate evidence for tau_effect = 0",
        "prior_scales": {"tau_effect": "half_normal(0.15)"},
        "curve": {"crossings": [{"factor": 0.69, "bf10": 1 / 3}]},
    }  # fmt: skip
    found = Variation("evidence", "", {"rows": [{"answers": row}]}, {}, {})
    material = material_of(make("overall"), evidence=found)
    assert one(results(material), "evidence") == (
        "For the hypothesis τ within samples = 0, there was moderate evidence for τ within samples "
        "= 0 (BF01 = 4.21, prior: τ within samples half-normal(0.15)); the conclusion changed at "
        "0.69 times the prior scale."
    )
    assert "Jeffreys (1961)" in one(methods(material), "bayes_factors")


class Written(ManuscriptVerbs):
    """A fit with these verbs."""

    def __init__(self, fit: Fit) -> None:
        self.fitted, self.answers = fit.fitted, fit.answers
        self.checks, self.twin = CHECKS, fit.twin


def test_verbs_write_sections_and_references() -> None:
    fit = Written(make("overall"))
    assert fit.methods().startswith("Effect Sizes\n\nThe analysis included eight effect sizes")
    assert fit.results().startswith("Samples\n\n")
    assert "Fisher, R. A. (1921)." in fit.references()
    assert "@article{fisher1921," in fit.references("bibtex")
    assert '"id": "fisher1921"' in fit.references("csl")
    assert max(map(len, fit.methods().splitlines())) <= 80
    with pytest.raises(InputError, match="is no style of references"):
        fit.references("mla")  # type: ignore[arg-type]


def test_scale_models_and_shares_are_told() -> None:
    material = material_of(make("additive"))
    said = one(results(material), "predictors")
    explained = material.answers.explained
    assert explained is not None
    assert f"explained {percent(explained.posterior.median, blank=False)}, 95% CrI" in said
    assert SCALES.location.terms == ("subscale",)


def test_sampling_says_chains_draws_and_criteria() -> None:
    fit = make("overall")
    stats = xr.Dataset({"diverging": (("chain", "draw"), np.zeros((2, 200), bool))})
    add_group(fit.posterior.tree, "sample_stats", stats)
    section = methods(material_of(fit))
    assert one(section, "computation").startswith(
        "The posterior distribution was sampled with the No-U-Turn sampler (Abril-Pla et al., "
        "2023; Hoffman & Gelman, 2014) with the random effects integrated out: two chains of 200 "
        "draws (target acceptance rate 0.9). Convergence required R-hat below 1.01 and bulk and "
        "tail effective sample sizes of at least 400 for every parameter (Vehtari et al., 2021)"
    )


def test_importance_sampling_says_its_points_and_weights() -> None:
    fit = make("overall")
    found = Proposals(np.full(1_000, -np.log(1_000)), pareto_k=0.2, distinct=600, rounds=3)
    add_group(fit.posterior.tree, IMPORTANCE_GROUP, found.to_dataset())
    said = one(methods(material_of(fit)), "computation")
    assert "adaptive importance sampling (Cappé et al., 2008)" in said
    assert "with 1,000 weighted points from a fitted mixture distribution; 400 draws were" in said


def test_quadrature_says_its_nodes_and_error() -> None:
    fit = exact_scales()
    assert fit.posterior.grid is not None
    section = methods(material_of(fit, fit.checks))
    said = one(section, "computation")
    assert f"{fit.posterior.provenance.settings['nodes']:,} nodes" in said
    assert f"was at most {scientific(fit.posterior.grid.error)}" in said
    assert "PyMC" not in one(section, "software")
    assert "(BF01) are ratios of the posterior to the prior density at 0 (Dickey, 1971)" in one(
        section, "bayes_factors"
    )
