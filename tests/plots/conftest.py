"""Analyses that several tests of figures share."""

from __future__ import annotations

from dataclasses import replace

import pytest
from drawn_analyses import FACE_TO_FACE, INTERNET, analysis, table

from bayes_alliance.engines.fitted import Fitted
from bayes_alliance.spec.specification import Benchmark, Specification


@pytest.fixture(scope="session")
def overall() -> Fitted:
    """Twelve effects in five samples, one mean, two benchmarks, synthetic data."""
    effects = replace(table([3, 1, 4, 1, 3]), notice="Synthetic data: no evidence about therapy.")
    return analysis(effects, Specification(benchmarks=(FACE_TO_FACE, INTERNET)))


@pytest.fixture(scope="session")
def by_scale() -> Fitted:
    """The same samples with a mean for each scale."""
    benchmark = Benchmark(name="task elsewhere", coefficient="task", r=0.25)
    spec = Specification(benchmarks=(benchmark,)).with_terms("subscale")
    return analysis(table([3, 1, 4, 1, 3]), spec)


@pytest.fixture(scope="session")
def general() -> Fitted:
    """Effects that are no correlations, without n and without scales."""
    return analysis(table([3, 1, 4], measure="GEN", subscale=False))
