"""Checks of a posterior computed by importance sampling, in the coin of such an engine."""

from __future__ import annotations

import pandas as pd

from bayes_alliance.checks.result import CheckResult
from bayes_alliance.posterior.proposals import (
    LARGEST_ERROR,
    LARGEST_PARETO_K,
    SMALLEST_ESS,
    Proposals,
)

__all__ = ["checks_of_proposals"]

CURE = "Use --engine nuts."


def checks_of_proposals(proposals: Proposals, *, evidence: bool = True) -> tuple[CheckResult, ...]:
    """Do the weighted points stand for the posterior?

    Parameters
    ----------
    proposals : Proposals
        Their record.
    evidence : bool
        Whether there is a log marginal likelihood (not with a flat prior).

    Returns
    -------
    tuple of CheckResult
        Pareto k of the proposal (at most 0.7: Vehtari et al. 2024, JMLR 25(72)), effective
        sample size (400, as of a sampler), error of the log marginal likelihood (at most 0.05).
    """
    results = (_pareto_k(proposals), _effective(proposals), _evidence(proposals))
    return results if evidence else results[:2]


def _pareto_k(proposals: Proposals) -> CheckResult:
    name, k = "Pareto k of the proposal", proposals.pareto_k
    good = k <= LARGEST_PARETO_K
    table = pd.DataFrame({"pareto_k": [k], "limit": [LARGEST_PARETO_K], "passed": [good]})
    told = f"Pareto k of the importance weights is {k:.2f}"
    if good:
        text = f"{told}, at most {LARGEST_PARETO_K}: the proposal covers the posterior."
        return CheckResult(name, True, text, table)
    text = f"{told}, above {LARGEST_PARETO_K}: the proposal misses a part of the posterior. {CURE}"
    return CheckResult(name, False, text, table)


def _effective(proposals: Proposals) -> CheckResult:
    name, effective, size = "effective points", proposals.effective, len(proposals.log_weights)
    good = effective >= SMALLEST_ESS
    table = pd.DataFrame({
        "points": [size], "effective": [effective], "distinct": [proposals.distinct],
        "passed": [good],
    })  # fmt: skip
    text = (
        f"The {size} weighted points are worth {effective:.0f} independent draws of the taus and "
        f"correlations ({SMALLEST_ESS} are needed); the draws repeat {proposals.distinct} "
        "different points."
    )
    return CheckResult(name, good, text if good else f"{text} {CURE}", table)


def _evidence(proposals: Proposals) -> CheckResult:
    name, error = "error of the log marginal likelihood", proposals.error
    good = error <= LARGEST_ERROR
    table = pd.DataFrame({"error": [error], "limit": [LARGEST_ERROR], "passed": [good]})
    text = (
        f"The standard error of the log marginal likelihood is {error:.3f}; {LARGEST_ERROR} is "
        "allowed."
    )
    return CheckResult(name, good, text if good else f"{text} {CURE}", table)
