"""Fits of every kind that a report has to tell."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

import numpy as np
import pandas as pd
from made_fits import made_effects, planted, scattered

from bayes_alliance.analysis.face import Fit
from bayes_alliance.checks.result import CheckResult
from bayes_alliance.spec.prior import Prior
from bayes_alliance.spec.specification import Specification
from bayes_alliance.spec.tables import Benchmark

BENCHMARKS: Final = (
    Benchmark(name="face to face", coefficient="overall", r=0.278, lower=0.256, upper=0.299),
    Benchmark(name="internet", coefficient="overall", r=0.21),
)
NONE: Final = Specification().with_changes({"heterogeneity": {"sample": False, "effect": False}})
SCALES: Final = (
    Specification().with_terms("subscale").with_changes({"location.orders": ["task > goal > bond"]})
)
ADDITIVE: Final = (
    Specification()
    .with_terms("subscale", "year")
    .with_changes({"location.units.year": 10})
    .with_prior("shrinkage", Prior("half_normal", scale=0.5))
)
SUBSCALES: Final = ["task", "goal", "bond", "task", "goal", "bond", "total", "task"]
YEARS: Final = [2001.0, 2004, 2010, 2013, 2020, 2021, np.nan, 2019]


def make(kind: str) -> Fit:
    """A fit of one kind."""
    table = made_effects(list("aaabbcde"), subscale=SUBSCALES, year=YEARS)
    overall = Specification().with_benchmarks(*BENCHMARKS)
    synthetic = replace(table, synthetic=True, notice="Synthetic data: no evidence about therapy.")
    general = made_effects(list("aaabbcde"), measure="GEN", subscale=SUBSCALES)
    raw = made_effects(list("aaabbcde"), measure="COR")
    return {
        "overall": lambda: scattered(table, overall),
        "synthetic": lambda: scattered(synthetic, overall),
        "scales": lambda: scattered(table, SCALES),
        "additive": lambda: scattered(table, ADDITIVE),
        "general": lambda: scattered(general, overall),
        "general scales": lambda: scattered(general, SCALES),
        "raw": lambda: scattered(raw, overall),
        "no heterogeneity": lambda: scattered(table, NONE.with_terms("subscale")),
        "one effect": lambda: Fit(planted(made_effects(["a"]), overall, beta=0.2, tau_sample=0.1)),
        "one effect, no spread": lambda: Fit(planted(made_effects(["a"]), NONE, beta=0.2)),
        "dependent": lambda: scattered(
            table,
            overall.with_changes({"sampling": {"within_sample": "constant", "rho": 0.6}}),
        ),
    }[kind]()


KINDS: Final = (
    "overall", "synthetic", "scales", "additive", "general", "general scales", "raw",
    "no heterogeneity", "one effect", "one effect, no spread", "dependent",
)  # fmt: skip

CHECKS: Final = (
    CheckResult("R-hat", True, "All R-hat are below 1.01.", pd.DataFrame({"a": [1]})),
    CheckResult("divergences", None, "Not applicable: no sampler ran.", pd.DataFrame()),
)
FAILED: Final = CheckResult(
    "bulk ESS", False, "Bulk ESS of beta[overall] is 83, below 400: draw more.", pd.DataFrame()
)
