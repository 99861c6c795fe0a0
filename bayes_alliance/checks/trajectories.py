"""Did Hamiltonian Monte Carlo move freely? Divergences and the energy."""

from __future__ import annotations

import numpy as np
import pandas as pd

from bayes_alliance.algebra.blocks import Array
from bayes_alliance.checks.result import CheckResult, counted, listed, not_applicable, percent
from bayes_alliance.checks.sampling import has_sampler, why_no_chain
from bayes_alliance.engines.fitted import Fitted

__all__ = ["divergences", "energy"]

#: Betancourt (2017, A conceptual introduction to Hamiltonian Monte Carlo, section 6.1, arXiv
#: 1701.02434): values below 0.3 have proven problematic; the limit is empirical.
SMALLEST_E_BFMI = 0.3


def _statistic(fitted: Fitted, name: str) -> Array | None:
    """A sampler statistic, shape (chain, draw); None if it was not recorded."""
    if not has_sampler(fitted):
        return None
    dataset = fitted.posterior.tree["sample_stats"].dataset
    if name not in dataset:
        return None
    return np.asarray(dataset[name].transpose("chain", "draw").to_numpy(), float)


def _missing(fitted: Fitted, name: str, what: str) -> CheckResult:
    sampled = has_sampler(fitted)
    return not_applicable(
        name, f"the sampler recorded no {what}" if sampled else why_no_chain(fitted)
    )


def divergences(fitted: Fitted) -> CheckResult:
    """Trajectories that broke off because the posterior bends too sharply.

    Parameters
    ----------
    fitted : Fitted
        A finished analysis.

    Returns
    -------
    CheckResult
        Passed if there is none (Betancourt 2017, arXiv 1701.02434).
    """
    diverging = _statistic(fitted, "diverging")
    if diverging is None:
        return _missing(fitted, "divergences", "divergences")
    by_chain = diverging.sum(axis=1).astype(int)
    table = pd.DataFrame({
        "chain": np.arange(1, len(by_chain) + 1), "divergences": by_chain, "passed": by_chain == 0
    })  # fmt: skip
    total, draws = int(by_chain.sum()), diverging.size
    if not total:
        return CheckResult("divergences", True, f"None of the {draws} draws diverged.", table)
    text = (
        f"{total} of the {draws} draws diverged ({percent(total / draws, 2)}): a part of the "
        f"posterior was not reached and intervals can be too short. {_smaller_steps(fitted)}"
    )
    return CheckResult("divergences", False, text, table)


def _smaller_steps(fitted: Fitted) -> str:
    run = fitted.specification.run
    raised = (run.target_accept + 1) / 2
    raise_it = f"aise target_accept from {run.target_accept:g} to {raised:.3g} ([run])"
    if run.parametrization == "hierarchical":
        return (
            f'Use the marginal parametrization ([run] parametrization = "marginal") or r{raise_it}.'
        )
    return f"R{raise_it}."


def energy(fitted: Fitted) -> CheckResult:
    """E-BFMI: does the momentum drawn at each step reach the energies of the posterior?

    The energy's mean squared change between draws over its variance, by chain (Betancourt 2016,
    arXiv 1604.00695).

    Parameters
    ----------
    fitted : Fitted
        A finished analysis.

    Returns
    -------
    CheckResult
        Passed if it is above 0.3 in every chain.
    """
    import arviz_stats

    energies = _statistic(fitted, "energy")
    if energies is None:
        return _missing(fitted, "E-BFMI", "energy")
    with np.errstate(invalid="ignore", divide="ignore"):
        found = np.atleast_1d(arviz_stats.bfmi(energies, chain_axis=0, draw_axis=1))
    passed = found > SMALLEST_E_BFMI
    table = pd.DataFrame({"chain": np.arange(1, len(found) + 1), "e_bfmi": found, "passed": passed})
    if passed.all():
        text = (
            f"E-BFMI is at least {found.min():.2f}, above {SMALLEST_E_BFMI} in "
            f"{'the one chain' if len(found) == 1 else f'all {len(found)} chains'}."
        )
        return CheckResult("E-BFMI", True, text, table)
    low = [f"{chain}: {value:.2f}" for chain, value in enumerate(found, 1)
           if not value > SMALLEST_E_BFMI]  # fmt: skip
    cure = (
        'use the marginal parametrization ([run] parametrization = "marginal")'
        if fitted.specification.run.parametrization == "hierarchical"
        else "tune longer, and look for a prior on tau with a very long tail"
    )
    text = (
        f"E-BFMI is {SMALLEST_E_BFMI} or less in {counted(len(low), 'chain')} "
        f"(chain {listed(low)}): the sampler hardly reaches the tails of the posterior; {cure}."
    )
    return CheckResult("E-BFMI", False, text, table)
