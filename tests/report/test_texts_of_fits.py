"""The text of a fit: at most 80 columns, every number as in the frames, nothing hidden."""

from __future__ import annotations

import re
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from made_fits import made_effects, scattered
from report_cases import BENCHMARKS, CHECKS, FAILED, KINDS, SCALES, make

from bayes_alliance.analysis.face import Fit
from bayes_alliance.checks.result import CheckResult
from bayes_alliance.report.layout import aligned, listing
from bayes_alliance.report.text import fit_text, moderator_text
from bayes_alliance.report.words import SYNTHETIC, sentences
from bayes_alliance.spec.specification import Specification

#: Latin, Greek and Cyrillic letters, digits, signs and blanks, as labels of studies have them.
LABELS = st.text(
    st.characters(codec="utf-8", max_codepoint=0x2FF, categories=("L", "N", "P", "S", "Zs")),
    min_size=1,
    max_size=150,
).filter(lambda text: text.strip())
LONG = LABELS.map(lambda text: f"{text} " * 6)


def text_of(fit: Fit, checks: tuple[CheckResult, ...] = CHECKS) -> str:
    return fit_text(fit.fitted, fit.answers, checks, fit.twin)


def widest(text: str) -> str:
    return max(text.splitlines(), key=len)


def r(value: float) -> str:
    """A correlation in APA style, written independently of the package."""
    sign = "-" if round(value, 2) < 0 else ""
    return sign + f"{abs(value):.2f}".lstrip("0").rjust(3, "0")


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_of_fit_is_told_within_80_columns(kind: str) -> None:
    text = text_of(make(kind))
    assert len(widest(text)) <= 80, widest(text)
    assert not re.search(r"-0?\.0+(?!\d)", text)
    assert "nan" not in text
    assert not re.search(r"\bNone\b(?! for this model)", text)
    assert text.endswith("\n")
    assert not any(line != line.rstrip() for line in text.splitlines())


@settings(max_examples=15)
@given(LABELS | LONG, LABELS | LONG, LABELS | LONG, LONG, LABELS | LONG)
def test_long_labels_stay_within_80_columns(
    level: str, title: str, sample: str, benchmark: str, check: str
) -> None:
    effects = made_effects(
        [sample, sample, sample + "b", sample + "b", "c"], name=title, notice=check,
        mod=[level, level + "2", level, level + "2", None],
    )  # fmt: skip
    named = BENCHMARKS[0].model_copy(update={"name": benchmark[:200], "coefficient": level.strip()})
    spec = Specification().with_terms("mod").with_benchmarks(named)
    spec = spec.with_changes({"about.title": title, "name": check[:200]})
    fit = scattered(effects, spec)
    failed = replace(FAILED, name=check, text=f"{check} {sample}")
    text = text_of(fit, (*CHECKS, failed))
    assert len(widest(text)) <= 80, widest(text)
    text = moderator_text([(fit.fitted, fit.answers, (*CHECKS, failed))])
    assert len(widest(text)) <= 80, widest(text)


def test_a_title_of_several_lines_is_one_heading() -> None:
    spec = Specification().with_changes({"about.title": "two\nlines\x1b[31m " + "x" * 300})
    text = text_of(scattered(made_effects(list("aab")), spec))
    assert len(widest(text)) <= 80
    assert "\x1b" not in text


def test_no_label_is_cut() -> None:
    level = "a" * 100 + "end"
    effects = made_effects(list("aabbc"), mod=[level, "x", level, "x", "x"])
    text = text_of(scattered(effects, Specification().with_terms("mod")))
    assert "…" not in text
    joined = "".join(text.split())
    assert "a" * 20 in joined
    assert "end" in joined


@pytest.mark.parametrize("kind", ["overall", "raw", "scales", "dependent"])
def test_numbers_in_the_text_are_those_of_the_frames(kind: str) -> None:
    fit = make(kind)
    # Without the table of the twin, whose lines begin with the same names.
    text = text_of(fit).partition("\nFrequentist twin")[0]
    summary = fit.summary()
    for name, row in summary.iterrows():
        numbers = [r(row["r"]), f"[{r(row['r_lower'])}, {r(row['r_upper'])}]", r(row["r_mean"])]
        assert any(
            line.split()[0] == name and all(number in line for number in numbers)
            for line in text.splitlines() if line.strip()
        )  # fmt: skip
        new = f"[{r(row['r_new_sample_lower'])}, {r(row['r_new_sample_upper'])}]"
        effect = f"[{r(row['r_new_effect_lower'])}, {r(row['r_new_effect_upper'])}]"
        (line,) = [x for x in text.splitlines() if x.split()[:1] == [name] and new in x]
        assert effect in line
    spread = fit.heterogeneity()
    for name in ("tau_sample", "tau_effect"):
        median, lower, upper = spread.loc[name, ["median", "lower", "upper"]]
        share = spread.loc[f"i2_{name.removeprefix('tau_')}"]
        (line,) = [x for x in text.splitlines() if x.split()[:2] == [name, f"{median:.3f}"]]
        assert f"[{lower:.3f}, {upper:.3f}]" in line
        assert f"{100 * share['median']:.0f} %" in line
        assert f"[{100 * share['lower']:.0f} %, {100 * share['upper']:.0f} %]" in line


def test_contrasts_and_benchmarks_in_the_text_are_those_of_the_frames() -> None:
    text = text_of(make("scales"))
    for name, row in make("scales").contrasts().iterrows():
        if ">" in str(name):
            continue
        (line,) = [x for x in text.splitlines() if x.strip().startswith(f"{name} ")]
        assert r(row["r"]) in line
        assert f"[{r(row['r_lower'])}, {r(row['r_upper'])}]" in line
    fit = make("overall")
    words = " ".join(" ".join(text_of(fit).split()).split())
    for name, row in fit.benchmark().iterrows():
        limits = f"[{r(row['difference_lower'])}, {r(row['difference_upper'])}]"
        told = [s for s in fit.sentences() if str(name) in s]
        assert len(told) == 1
        assert f"interval of the difference {limits}" in told[0]
        assert " ".join(told[0].split()) in words
        side = "higher" if row["difference"] > 0 else "lower"
        assert side in told[0] or r(row["difference"]) == ".00"


def test_the_order_of_scales_is_said_with_its_prior() -> None:
    fit = make("scales")
    share = fit.contrasts().loc["task > goal > bond", "p_positive"]
    (told,) = [s for s in fit.sentences() if s.startswith("The order")]
    assert f"posterior probability {100 * share:.0f} % (before the data 17 %)" in told


@pytest.mark.parametrize("kind", KINDS)
def test_simulated_data_are_called_so_exactly_when_they_are(kind: str) -> None:
    fit = make(kind)
    flat = " ".join(text_of(fit).split())
    if kind == "synthetic":
        assert flat.count(SYNTHETIC) == len(BENCHMARKS)
        assert "NOTE Synthetic data: no evidence about therapy." in flat
        assert "Synthetic data: no evidence" in repr(fit)
        assert fit.to_dict()["data"]["synthetic"] is True
    else:
        assert SYNTHETIC not in flat
        assert "ynthetic" not in flat + repr(fit)
        assert fit.to_dict()["data"]["synthetic"] is False


def test_a_failed_check_is_said_everywhere() -> None:
    fit = make("overall")
    fit.__dict__["checks"] = (*CHECKS, FAILED)
    text = str(fit)
    head = text.index("Correlations")
    assert "CAUTION" in text[:head]
    assert "bulk ESS" in text[:head]
    assert "FAIL  Bulk ESS of beta[overall] is 83" in text
    assert "CAUTION" in repr(fit)
    assert "CAUTION" in fit._repr_html_()
    assert "bulk ESS" in fit._repr_html_()
    record = {c["name"]: c for c in fit.to_dict()["checks"]}
    assert record["bulk ESS"]["passed"] is False
    assert record["R-hat"]["passed"] is True
    assert record["divergences"]["passed"] is None
    fit.__dict__["checks"] = CHECKS
    assert "CAUTION" not in str(fit) + repr(fit) + fit._repr_html_()


def test_html_escapes_what_the_user_named() -> None:
    effects = made_effects(
        list("aabb"), name="<script>alert(1)</script>", mod=["<b>x</b>", "y"] * 2,
        notice="<i>notice</i>",
    )  # fmt: skip
    fit = scattered(effects, Specification().with_terms("mod"))
    fit.__dict__["checks"] = CHECKS
    html = fit._repr_html_()
    assert "<script>" not in html
    assert "<b>x" not in html
    assert "<i>" not in html
    assert "&lt;b&gt;x" in html


def test_markup_in_labels_is_text() -> None:
    effects = made_effects(list("aabb"), mod=["[red]x[/red]", "[/]y"] * 2)
    text = text_of(scattered(effects, Specification().with_terms("mod")))
    assert "[red]x[/red]" in text
    assert "[/]y" in text


def test_rows_left_out_are_listed() -> None:
    effects = made_effects([f"s{i}" for i in range(30)], mod=["x", "y"] * 7 + [None] * 16)
    text = text_of(scattered(effects, Specification().with_terms("mod")))
    assert "Left out of this model: 16 effect sizes" in text
    assert "row 16 (s14, 1): no value of mod" in text
    assert "and 4 more (fit.left_out() lists all)" in text
    one = made_effects(list("abc"), mod=["x", "y", None])
    assert "Left out of this model: 1 effect size\n" in text_of(
        scattered(one, Specification().with_terms("mod"))
    )


def test_a_model_without_heterogeneity_says_so() -> None:
    text = text_of(make("no heterogeneity"))
    assert "all differences are taken as sampling error" in text
    assert "tau_sample" not in text


def test_the_head_tells_what_was_claimed() -> None:
    head = " ".join(text_of(make("dependent")).split())
    assert "made up: 8 effect sizes in 5 samples; correlations, analysed on Fisher's z" in head
    assert "Sampling errors of one sample: constant, rho = 0.6." in head
    assert "tau_sample half_normal(0.25), tau_effect half_normal(0.15)" in head
    assert "Engine: planted (2 chains of 200 draws), seed 4" in head
    assert "'overall' averages all 8 effect sizes" in head


def test_sentences_use_z_and_r_where_they_belong() -> None:
    fit = make("overall")
    median = fit.heterogeneity().loc["tau_sample", "median"]
    told = " ".join(fit.sentences())
    assert f"tau_sample = {median:.2f}" in told
    assert "standard deviations of Fisher's z" in told
    row = fit.summary().iloc[0]
    assert f"median true correlation is r = {r(row['r'])}" in told
    assert f"mean true correlation {r(row['r_mean'])}" in told
    general = " ".join(make("general").sentences())
    assert "r =" not in general
    assert "correlation" not in general


def test_a_benchmark_of_the_same_size_is_not_called_lower() -> None:
    fit = make("overall")
    (b, _) = fit.answers.benchmarks
    same = replace(b, difference_r=replace(b.difference_r, centre=-0.001))
    told = sentences(replace(fit.answers, benchmarks=(same,)))[-1]
    assert "lower by .00" not in told
    lower = replace(b, difference_r=replace(b.difference_r, centre=-0.03))
    assert "lower by .03" in sentences(replace(fit.answers, benchmarks=(lower,)))[-1]


def test_moderators_are_told_in_one_text() -> None:
    fits = [make("scales"), make("additive")]
    text = moderator_text([(fit.fitted, fit.answers, CHECKS) for fit in fits])
    assert len(widest(text)) <= 80
    assert "subscale [specification]: 8 effect sizes" in text
    assert "1 left out (no value)" in text
    for fit in fits:
        share = fit.heterogeneity().loc["explained", "median"]
        assert f"The terms explain {100 * share:.0f} %" in " ".join(text.split())


@given(
    st.lists(
        st.tuples(LABELS, st.text(max_size=200), st.text(max_size=200)), min_size=1, max_size=4
    )
)
@settings(max_examples=25)
def test_a_listing_stays_within_80_columns(rows: list[tuple[str, str, str]]) -> None:
    shown = [(name[:30], " ".join(a.split()), " ".join(b.split())) for name, a, b in rows]
    assert all(len(line) <= 80 for line in listing(shown).splitlines())


def test_a_table_is_aligned_at_the_right() -> None:
    table = aligned(["", "r", "P"], [["task", ".21", ".98"], ["a long name", "-.05", "> .999"]])
    head, first, second = table.splitlines()
    assert len(first) == len(second) == len(head) == len("  a long name  -.05  > .999")
    assert np.all([line.startswith("  ") for line in (head, first, second)])


def test_scales_are_compared_with_one_another_in_words() -> None:
    """The total stands in the table; the sentences answer the question of the scales."""
    told = [s for s in make("scales").sentences() if "a difference of" in s]
    assert [s.split(":")[0] for s in told] == ["task - goal", "task - bond", "goal - bond"]
    assert "task - total" in make("scales").contrasts().index
    assert SCALES.location.orders == ("task > goal > bond",)


def test_the_frequentist_twin_stands_in_text_and_record() -> None:
    fit = make("overall")
    fit.__dict__["checks"] = CHECKS
    text, record = text_of(fit), fit.to_dict()["frequentist"]
    (line,) = record["coefficients"]
    block = text[text.index("Frequentist twin") : text.index("In words")]
    assert r(np.tanh(line["estimate"])) in block
    limits = f"[{r(np.tanh(line['lower']))}, {r(np.tanh(line['upper']))}]"
    assert limits in block
    robust = f"[{r(np.tanh(line['lower_cr2']))}, {r(np.tanh(line['upper_cr2']))}]"
    assert robust in block
    assert f"{line['df_cr2']:.1f}" in block
    weights = 1 / (fit.design.variances + record["sigma2_sample"] + record["sigma2_effect"])
    assert line["lower"] < line["estimate"] < line["upper"]
    assert line["se"] >= 1 / np.sqrt(weights.sum()) - 1e-9
