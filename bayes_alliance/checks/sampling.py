"""Did the chains find the same distribution, and how well do the draws describe it?

R-hat and effective sample sizes follow Vehtari, Gelman, Simpson, Carpenter & Bürkner (2021,
Bayesian Analysis 16, 667-718, doi 10.1214/20-BA1221), who also give the limits 1.01 and 400.
"""

from __future__ import annotations

import math
from typing import Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from bayes_alliance.algebra.blocks import Array
from bayes_alliance.checks.result import CheckResult, counted, listed, not_applicable, percent
from bayes_alliance.engines.fitted import Fitted
from bayes_alliance.names import (
    INTERVAL_PROBABILITY,
    RHO,
    TAU_EFFECT,
    TAU_GROUP,
    TAU_SAMPLE,
    TAU_SCALE,
)

__all__ = [
    "bulk_ess",
    "has_sampler",
    "monte_carlo_error",
    "parameter_draws",
    "r_hat",
    "reportable_digits",
    "tail_ess",
    "why_no_chain",
]

LARGEST_R_HAT = 1.01
SMALLEST_ESS = 400
#: Monte Carlo standard error of a mean, as a share of the posterior standard deviation.
LARGEST_RELATIVE_ERROR = 0.05
#: Tail ESS is the smaller of those of the 5 % and 95 % quantiles (Vehtari et al. 2021).
TAILS = (0.05, 0.95)
NO_CHAIN = "there is no chain that could fail to converge"


def has_sampler(fitted: Fitted) -> bool:
    """Whether a sampler made the draws, and left its statistics.

    Parameters
    ----------
    fitted : Fitted
        A finished analysis.

    Returns
    -------
    bool
        False: the draws are independent.
    """
    return "sample_stats" in fitted.posterior.tree.children


def why_no_chain(fitted: Fitted) -> str:
    """Why the checks of a sampler do not apply.

    Parameters
    ----------
    fitted : Fitted
        A finished analysis that no sampler made.

    Returns
    -------
    str
        What its draws are.
    """
    resampled = fitted.posterior.proposals is not None
    return f"the draws are {'resampled points' if resampled else 'independent'}, {NO_CHAIN}"


def parameter_draws(fitted: Fitted) -> tuple[tuple[str, ...], Array]:
    """All parameters of a posterior as one array.

    A parameter that the prior fixes at one value has nothing to converge and is left out.

    Parameters
    ----------
    fitted : Fitted
        A finished analysis.

    Returns
    -------
    names : tuple of str
        The P parameters: ``beta[overall]``, ``tau_sample``, ...
    values : ndarray, shape (chain, draw, P)
        Their draws on the analysis scale.
    """
    dataset = fitted.posterior.tree["posterior"].dataset
    prior = fitted.posterior.tree["prior"].dataset
    names: list[str] = []
    pieces = []
    for name, variable in dataset.data_vars.items():
        if name in prior and np.ptp(prior[name].to_numpy()) == 0:
            continue
        values = variable.transpose("chain", "draw", ...)
        pieces.append(values.to_numpy().reshape(*values.shape[:2], -1))
        if values.ndim == 2:
            names.append(str(name))
        else:
            names += [f"{name}[{label}]" for label in values[values.dims[2]].to_numpy()]
    return tuple(names), np.concatenate(pieces, axis=-1).astype(float)


def r_hat(fitted: Fitted) -> CheckResult:
    """Rank-normalised split R-hat: do the chains agree?

    Parameters
    ----------
    fitted : Fitted
        A finished analysis.

    Returns
    -------
    CheckResult
        Passed if R-hat is below 1.01 for every parameter.
    """
    import arviz_stats

    if not has_sampler(fitted):
        return not_applicable("R-hat", why_no_chain(fitted))
    names, values = parameter_draws(fitted)
    chains = values.shape[0]
    if chains == 1:
        return not_applicable(
            "R-hat", "it compares chains and there is only one; run more: --chains 4"
        )
    with np.errstate(invalid="ignore", divide="ignore"):
        found = arviz_stats.rhat(values, method="rank", chain_axis=0, draw_axis=1)
    table = pd.DataFrame({"parameter": names, "r_hat": found, "passed": found < LARGEST_R_HAT})
    bad = [name for name, good in zip(names, table["passed"], strict=True) if not good]
    if not bad:
        worst = int(np.argmax(found))
        text = (
            f"R-hat is at most {found[worst]:.3f} ({names[worst]}), below {LARGEST_R_HAT} for "
            f"all {counted(len(names), 'parameter')}: the {chains} chains agree."
        )
        return CheckResult("R-hat", True, text, table)
    return CheckResult("R-hat", False, _disagreement(fitted, bad, found, values), table)


def _disagreement(fitted: Fitted, bad: list[str], found: Array, values: Array) -> str:
    if not np.isfinite(values).all():
        broken = np.flatnonzero(~np.isfinite(values).all(axis=(1, 2))) + 1
        return (
            f"{counted(len(bad), 'parameter')} ({listed(bad)}) have draws that are not finite, in "
            f"chain {listed([str(c) for c in broken])}: look at the data and the priors, then run "
            "again with another seed."
        )
    stuck = np.flatnonzero((np.ptp(values, axis=1) == 0).any(axis=-1)) + 1
    largest = np.nanmax(found) if np.isfinite(found).any() else math.nan
    reach = f"R-hat reaches {largest:.3g}" if math.isfinite(largest) else "R-hat is undefined"
    still = f" (chain {listed([str(c) for c in stuck])} did not move)" if len(stuck) else ""
    return (
        f"{reach}, it must be below {LARGEST_R_HAT}; not so for {len(bad)} of "
        f"{counted(found.size, 'parameter')} ({listed(bad)}): the chains disagree{still}. "
        f"{_better_sampling(fitted)}"
    )


def _better_sampling(fitted: Fitted) -> str:
    run = fitted.specification.run
    if run.parametrization == "hierarchical":
        return 'Use the marginal parametrization ([run] parametrization = "marginal").'
    return f"Tune longer ([run] tune = {2 * run.tune}) and look at the trace plots."


def bulk_ess(fitted: Fitted) -> CheckResult:
    """Effective number of draws behind means and medians.

    Parameters
    ----------
    fitted : Fitted
        A finished analysis.

    Returns
    -------
    CheckResult
        Passed if the bulk effective sample size is at least 400 for every parameter.
    """
    return _ess(fitted, "bulk ESS", "bulk", "means and medians")


def tail_ess(fitted: Fitted) -> CheckResult:
    """Effective number of draws behind interval limits.

    Parameters
    ----------
    fitted : Fitted
        A finished analysis.

    Returns
    -------
    CheckResult
        Passed if the tail effective sample size is at least 400 for every parameter.
    """
    return _ess(fitted, "tail ESS", "tail", "interval limits")


def _ess(fitted: Fitted, name: str, method: Literal["bulk", "tail"], use: str) -> CheckResult:
    import arviz_stats

    if not has_sampler(fitted):
        return not_applicable(name, why_no_chain(fitted))
    names, values = parameter_draws(fitted)
    prob = TAILS if method == "tail" else None
    found = arviz_stats.ess(values, method=method, prob=prob, chain_axis=0, draw_axis=1)
    # A parameter that never moved has no autocorrelation and would count as perfectly sampled.
    found = np.where(_never_moved(values), math.nan, found)
    table = pd.DataFrame({"parameter": names, "ess": found, "passed": found >= SMALLEST_ESS})
    bad = [label for label, good in zip(names, table["passed"], strict=True) if not good]
    if not bad:
        worst = int(np.argmin(found))
        text = (
            f"At least {found[worst]:.0f} effective draws ({names[worst]}) stand behind the {use}; "
            f"{SMALLEST_ESS} are needed."
        )
        return CheckResult(name, True, text, table)
    least = float(np.nanmin(found)) if np.isfinite(found).any() else math.nan
    count = f"only {least:.0f}" if math.isfinite(least) else "no"
    text = (
        f"For {len(bad)} of {counted(len(names), 'parameter')} ({listed(bad)}) {count} effective "
        f"draws stand behind the {use}; {SMALLEST_ESS} are needed. "
        f"{_more_draws(least / SMALLEST_ESS, values.shape[1])}"
    )
    return CheckResult(name, False, text, table)


def _never_moved(values: Array) -> NDArray[np.bool_]:
    return np.asarray(np.ptp(values, axis=(0, 1)) == 0)


def _more_draws(share: float, draws: int) -> str:
    """Advice on the number of draws, given what share of the needed precision there is."""
    if not share > 0.1:
        return "More draws alone will not cure this: settle R-hat and divergences first."
    needed = math.ceil(1.25 * draws / share / 500) * 500
    return f"Run more draws: --draws {needed}."


def monte_carlo_error(fitted: Fitted) -> CheckResult:
    """Monte Carlo standard errors of means and interval limits, and the digits they allow.

    Parameters
    ----------
    fitted : Fitted
        A finished analysis.

    Returns
    -------
    CheckResult
        Passed if the error of every mean is at most 5 % of the posterior standard deviation. The
        table has the errors of the mean and of both limits of the 95 % interval.
    """
    names, values = parameter_draws(fitted)
    sd = values.reshape(-1, len(names)).std(axis=0, ddof=1)
    sd = np.where(_never_moved(values), math.nan, sd)  # rounding leaves it above 0
    if not has_sampler(fitted):
        size = values.shape[0] * values.shape[1]
        proposals = fitted.posterior.proposals
        told = f"the draws are independent; {size} of them"
        if proposals is not None and proposals.effective < size:
            size = round(proposals.effective)
            told = f"the draws are resampled points, worth {size} independent ones, which"
        digits = reportable_digits(float(sd.max() / math.sqrt(size)))
        return not_applicable(
            "Monte Carlo error",
            f"{told} put every mean within "
            f"{percent(1 / math.sqrt(size), 1)} of its posterior sd, good for {_decimals(digits)}",
        )
    table = _errors(names, values, sd)
    table["passed"] = table["relative_mean"] <= LARGEST_RELATIVE_ERROR
    bad = [name for name, good in zip(names, table["passed"], strict=True) if not good]
    if not bad:
        return CheckResult("Monte Carlo error", True, _accuracy(table), table)
    largest = float(table["relative_mean"].max())
    reach = (
        "is undefined"
        if math.isnan(largest)
        else f"reaches {percent(largest, 1)} of the posterior sd"
    )
    text = (
        f"The Monte Carlo error of the mean {reach} ({listed(bad)}), at most "
        f"{percent(LARGEST_RELATIVE_ERROR)} is wanted. "
        f"{_more_draws((LARGEST_RELATIVE_ERROR / largest) ** 2, values.shape[1])}"
    )
    return CheckResult("Monte Carlo error", False, text, table)


def _errors(names: tuple[str, ...], values: Array, sd: Array) -> pd.DataFrame:
    import arviz_stats

    low, high = (1 - INTERVAL_PROBABILITY) / 2, (1 + INTERVAL_PROBABILITY) / 2
    axes = {"chain_axis": 0, "draw_axis": 1}
    errors = {
        "mean": arviz_stats.mcse(values, method="mean", **axes),
        "lower": arviz_stats.mcse(values, method="quantile", prob=low, **axes),
        "upper": arviz_stats.mcse(values, method="quantile", prob=high, **axes),
    }
    columns = {"parameter": names, "sd": sd, **{f"mcse_{k}": e for k, e in errors.items()}}
    with np.errstate(invalid="ignore", divide="ignore"):
        columns |= {f"relative_{k}": e / sd for k, e in errors.items()}
    return pd.DataFrame(columns)


def _accuracy(table: pd.DataFrame) -> str:
    worst = table.iloc[int(table["relative_mean"].argmax())]
    limits = table[["relative_lower", "relative_upper"]].to_numpy()
    told = rf"beta\[|gamma_|{TAU_GROUP}$|{TAU_SAMPLE}$|{TAU_EFFECT}$|{RHO}$|{TAU_SCALE}"
    reported = table[table["parameter"].str.match(told)]
    of_means = reportable_digits(float(reported["mcse_mean"].max()))
    of_limits = reportable_digits(float(reported[["mcse_lower", "mcse_upper"]].to_numpy().max()))
    return (
        f"The Monte Carlo error of a mean is at most {percent(worst['relative_mean'], 1)} of the "
        f"posterior sd ({worst['parameter']}), of an interval limit {percent(limits.max(), 1)}: "
        f"means are good for {_decimals(of_means)}, interval limits for {_decimals(of_limits)}."
    )


def reportable_digits(error: float) -> int:
    """Decimals of a number that another run would about reproduce.

    A decimal counts when two Monte Carlo standard errors are at most one unit of it: another run
    would hardly ever change it by more than one.

    Parameters
    ----------
    error : float
        Monte Carlo standard error, in the unit of the number.

    Returns
    -------
    int
        Decimals, between 0 and 6; 0 if the error is not a number.

    Examples
    --------
    >>> from bayes_alliance.checks.sampling import reportable_digits
    >>> [reportable_digits(error) for error in (0.0004, 0.004, 0.04)]
    [3, 2, 1]
    """
    if math.isnan(error):
        return 0
    return min(6, max(0, math.floor(-math.log10(max(2 * error, 1e-7)))))


def _decimals(digits: int) -> str:
    return counted(digits, "decimal") if digits else "whole numbers"
