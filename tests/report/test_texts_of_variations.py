"""Sensitivity analyses in words: nothing is wider than a terminal, nothing is left out unsaid."""

from __future__ import annotations

import pytest
from made_fits import made_effects

import bayes_alliance as ba
from bayes_alliance.report.influence import omission_text
from bayes_alliance.report.variations import curve_text

LEVELS = ("a level with quite a long name", "another long one", "short")


@pytest.fixture(scope="module")
def fit() -> ba.Fit:
    """Thirty samples of three levels with long names."""
    samples = [f"Author {i:02d} and others, 20{i:02d}" for i in range(30) for _ in LEVELS]
    effects = made_effects(samples, setting=LEVELS * 30)
    changes = {"run.draws": 100, "run.chains": 2}
    return ba.fit(effects, "moderator", moderator="setting", changes=changes)


def test_long_names_do_not_widen_the_table_without_each_sample(fit: ba.Fit) -> None:
    text = omission_text(fit.influence())
    assert max(map(len, text.splitlines())) <= 80
    told = " ".join(text.split())
    assert f"In the table (--out) too: 10 more samples, {LEVELS[0]}, short." in told
    headings = [line.split() for line in text.splitlines() if line.strip().startswith("without  ")]
    assert headings[1][:3] == ["without", "KL", "coin"]
    assert headings[0] == ["without", *LEVELS[1].split(), "tau_sample", "tau_effect", "elpd"]
    means, rest = text.split("Influence, the largest KL first")
    assert means.count("Author") == 21  # twenty rows, and the sentence about the first of them
    measures, absent = rest.split("What would have to be absent")
    assert measures.count("Author") == 10
    assert "In the table (--out) too: 20 more samples." in " ".join(measures.split())
    assert "No single sample changes the following, nor do up to 4" in " ".join(absent.split())


def test_long_names_do_not_widen_the_curve(fit: ba.Fit) -> None:
    curve = ba.over_rho(fit, [0.0, 0.5, 0.9])
    text = curve_text(fit.fitted, curve)
    assert max(map(len, text.splitlines())) <= 80
    told = " ".join(text.split())
    assert all(sentence in told for sentence in curve.sentences)
    assert "rho = .50" in told
    assert "The fit itself takes rho = 0." in told
