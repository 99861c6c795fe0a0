from __future__ import annotations

import dataclasses
import subprocess
import sys

import pandas as pd
import pytest
from planted_fits import exact_draws, healthy_fit, make_design, make_fit, simulated_effects

from bayes_alliance.checks.check import check
from bayes_alliance.checks.result import CheckResult, counted, failed, headline, listed
from bayes_alliance.spec.specification import Specification

ROWS = pd.DataFrame({"chain": [1]})
NAMES = [
    "R-hat",
    "bulk ESS",
    "tail ESS",
    "Monte Carlo error",
    "divergences",
    "E-BFMI",
    "prior predictive",
    "posterior predictive",
    "PSIS-LOO",
    "tau learned from data",
    "design",
]


def result(name: str, passed: bool | None, table: pd.DataFrame = ROWS) -> CheckResult:
    return CheckResult(name, passed, "Told.", table)


def test_a_healthy_fit_passes_everything() -> None:
    results = check(healthy_fit())
    assert [r.name for r in results] == NAMES
    assert [r.passed for r in results] == [True] * 11
    assert headline(results) == "All 11 checks passed."
    assert failed(results) == ()


def test_independent_draws_need_no_sampler_checks() -> None:
    y, v = simulated_effects()
    design = make_design(y, v, samples=14)
    results = check(make_fit(design, exact_draws(design), sampler=False))
    assert [r.passed for r in results] == [None] * 6 + [True] * 5
    assert all(r.text.startswith("Not applicable: the draws are independent") for r in results[:6])
    assert "4000 of them put every mean within 1.6 % of its posterior sd" in results[3].text
    assert headline(results) == "All 5 checks that apply passed (6 do not)."


def test_a_short_run_of_one_chain_is_told_and_does_not_stop() -> None:
    y, v = simulated_effects()
    design = make_design(y, v, samples=14)
    results = check(make_fit(design, exact_draws(design, chains=1, draws=60)))
    by_name = {r.name: r for r in results}
    assert by_name["R-hat"].passed is None
    assert "--chains 4" in by_name["R-hat"].text
    assert {r.name for r in failed(results)} >= {"bulk ESS", "tail ESS", "Monte Carlo error"}


def test_the_headline_names_what_failed() -> None:
    results = [result("R-hat", False), result("E-BFMI", True), result("divergences", False)]
    assert headline(results) == (
        "2 of 3 checks failed: R-hat, divergences. "
        "Do not report these numbers before this is settled."
    )
    assert [r.name for r in failed(results)] == ["R-hat", "divergences"]


def test_remarks_are_in_the_headline_and_are_no_failures() -> None:
    remark, beside = result("design", None), result("R-hat", None, pd.DataFrame())
    assert remark.is_remark
    assert not beside.is_remark
    results = [result("E-BFMI", True), remark, beside]
    assert headline(results) == "The one check that applies passed. Read the remark on: design."
    assert headline([remark]) == "No check applies. Read the remark on: design."
    assert headline([]) == "No check applies."
    assert failed(results) == ()


@pytest.mark.parametrize(
    ("passed", "table", "start"),
    [
        (True, ROWS, "passed: "),
        (False, ROWS, "FAILED: "),
        (None, ROWS, "remark: "),
        (None, pd.DataFrame(), ""),
    ],
)
def test_a_result_prints_its_answer_first(
    passed: bool | None, table: pd.DataFrame, start: str
) -> None:
    assert str(result("R-hat", passed, table)) == f"{start}R-hat. Told."


def test_results_are_frozen() -> None:
    with pytest.raises(dataclasses.FrozenInstanceError):
        result("R-hat", True).passed = False  # type: ignore[misc]


def test_words_of_counts_and_lists() -> None:
    assert counted(1, "chain") == "1 chain"
    assert counted(3, "chain") == "3 chains"
    assert listed(["a", "b"]) == "a, b"
    assert listed(["a", "b", "c", "d"]) == "a, b, c and 1 more"


def test_checks_change_nothing_in_the_fit() -> None:
    fit = healthy_fit()
    before = fit.posterior.tree.copy(deep=True)
    check(fit)
    assert before.identical(fit.posterior.tree)


def test_importing_the_checks_does_not_import_arviz() -> None:
    code = (
        "import sys, bayes_alliance.checks.check; "
        "print([m for m in ('arviz_stats', 'pymc', 'xarray') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_advice_knows_the_parametrization() -> None:
    y, v = simulated_effects()
    design = make_design(y, v, samples=14)
    draws = exact_draws(design)
    draws["tau_effect"][1] += 0.5
    marginal = make_fit(design, draws)
    run = {"run": {"parametrization": "hierarchical"}}
    hierarchical = make_fit(design, draws, specification=Specification.from_dict(run))
    assert "tune = 2000" in check(marginal)[0].text
    assert "marginal parametrization" in check(hierarchical)[0].text
