"""How well does the model predict a sample it has not seen, and which samples carry the answer?

Leave-one-sample-out by Pareto-smoothed importance sampling (Vehtari, Gelman & Gabry 2017, doi
10.1007/s11222-016-9696-4; Vehtari, Simpson, Gelman, Yao & Gabry 2024, JMLR 25(72)), on the
likelihood of a whole sample with its random effects integrated out. Where samples lie in groups,
these are what is independent given the parameters, and a whole group is left out (a component of
linked groups where groups and samples are crossed).
"""

from __future__ import annotations

import math
import warnings
from dataclasses import dataclass

import numpy as np
import pandas as pd

from bayes_alliance.checks.quadrature import exact_leave_one_out
from bayes_alliance.checks.result import CheckResult, listed, not_applicable
from bayes_alliance.checks.sampling import has_sampler, parameter_draws
from bayes_alliance.engines.fitted import Fitted

__all__ = ["LeaveOneOut", "leave_one_out", "loo_table", "psis_loo", "rests_on_one_sample"]

FEWEST_SAMPLES = 3


@dataclass(frozen=True, slots=True, repr=False)
class LeaveOneOut:
    """PSIS-LOO by sample, or by group where samples lie in groups.

    Parameters
    ----------
    elpd, se, p : float
        Expected log predictive density of a left-out sample, summed over samples; its standard
        error; effective number of parameters.
    threshold : float
        Largest Pareto k that can be trusted with this many draws: min(1 - 1 / log10(D), 0.7).
    table : pandas.DataFrame
        One row a sample: ``sample``, ``effects``, ``elpd``, ``pareto_k``, ``passed``; where
        samples lie in groups, the first column is ``group`` (or ``component``).
    messages : tuple of str
        What ArviZ had to say besides Pareto k.
    """

    elpd: float
    se: float
    p: float
    threshold: float
    table: pd.DataFrame
    messages: tuple[str, ...] = ()


def leave_one_out(fitted: Fitted) -> LeaveOneOut:
    """PSIS-LOO of whole samples or groups.

    Parameters
    ----------
    fitted : Fitted
        A finished analysis.

    Returns
    -------
    LeaveOneOut
        All numbers NaN if a log likelihood is not finite.
    """
    import arviz_stats

    units, tree = fitted.design.units, fitted.posterior.tree
    table = pd.DataFrame({units.word: units.labels, "effects": units.sizes})
    if not np.isfinite(tree["log_likelihood"]["y"].to_numpy()).all():
        table = table.assign(elpd=math.nan, pareto_k=math.nan, passed=False)
        return LeaveOneOut(math.nan, math.nan, math.nan, math.nan, table)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        found = arviz_stats.loo(
            tree, var_name="y", pointwise=True, reff=_relative_efficiency(fitted)
        )
    table["elpd"] = np.asarray(found.elpd_i.to_numpy(), float)
    table["pareto_k"] = np.asarray(found.pareto_k.to_numpy(), float)
    table["passed"] = table["pareto_k"] <= found.good_k
    said = dict.fromkeys(str(warning.message) for warning in caught)
    messages = tuple(text for text in said if "shape parameter of Pareto" not in text)
    return LeaveOneOut(
        float(found.elpd), float(found.se), float(found.p), float(found.good_k), table, messages
    )


def _relative_efficiency(fitted: Fitted) -> float:
    """Effective share of the draws, averaged over parameters; 1 for independent draws."""
    import arviz_stats

    _, values = parameter_draws(fitted)
    chains, draws = values.shape[:2]
    if fitted.posterior.proposals is not None:
        return float(min(1.0, fitted.posterior.proposals.effective / (chains * draws)))
    if chains == 1 or not has_sampler(fitted) or not values.shape[2]:
        return 1.0
    ess = arviz_stats.ess(values, method="mean", chain_axis=0, draw_axis=1)
    share = float(np.mean(ess)) / (chains * draws)
    return share if math.isfinite(share) else 1.0


def loo_table(fitted: Fitted) -> pd.DataFrame:
    """Contribution and influence of every sample, or group where samples lie in groups.

    Parameters
    ----------
    fitted : Fitted
        A finished analysis.

    Returns
    -------
    pandas.DataFrame
        One row a sample in the order of the design: ``sample``, ``effects``, ``elpd`` (log
        predictive density given the other samples), ``pareto_k``, ``passed``; ``group`` or
        ``component`` in place of ``sample`` where these are left out.
    """
    return leave_one_out(fitted).table


def psis_loo(fitted: Fitted) -> CheckResult:
    """Can leave-one-sample-out be read off these draws, and which samples are influential?

    Parameters
    ----------
    fitted : Fitted
        A finished analysis.

    Returns
    -------
    CheckResult
        Passed if no Pareto k exceeds 0.7 (less with fewer than 2,200 draws). Where samples lie in
        groups, whole groups are left out.
    """
    word, count = fitted.design.units.word, len(fitted.design.units.labels)
    if count < FEWEST_SAMPLES:
        return not_applicable(
            "PSIS-LOO",
            f"leaving a {word} out says nothing with fewer than {FEWEST_SAMPLES} {word}s",
        )
    if all(rests_on_one_sample(fitted)):
        return not_applicable(
            "PSIS-LOO",
            f"every {word} has a coefficient of its own, and leaving it out leaves only the prior",
        )
    if fitted.posterior.grid is not None:
        return exact_leave_one_out(fitted, fitted.posterior.grid)
    loo = leave_one_out(fitted)
    table = loo.table
    if math.isnan(loo.elpd):
        text = "The log likelihood is not finite in some draws: look at R-hat and at the data."
        return CheckResult("PSIS-LOO", False, text, table, voids_numbers=False)
    whole = f"elpd = {loo.elpd:.2f} (se {loo.se:.2f}), p_loo = {loo.p:.1f}"
    more = "" if word == "sample" else f" Whole {word}s are left out, as their samples depend."
    more += "".join(f" ArviZ: {message}" for message in loo.messages)
    bad = table[~table["passed"]].sort_values("pareto_k", ascending=False)
    if bad.empty:
        worst = table.iloc[int(table["pareto_k"].argmax())]
        text = (
            f"No {word} is so influential that leaving it out cannot be judged: Pareto k is at "
            f"most {worst['pareto_k']:.2f} ({worst[word]}), {loo.threshold:.2f} is allowed; "
            f"{whole}.{more}"
        )
        return CheckResult("PSIS-LOO", True, text, table)
    one = len(bad) == 1
    named = [f"{row[word]}: {row['pareto_k']:.2f}" for row in bad.to_dict("records")]
    text = (
        f"Pareto k exceeds {loo.threshold:.2f} for {len(bad)} of {count} {word}s "
        f"({listed(named)}): without {f'this {word}' if one else 'each of these'} the posterior "
        f"may be quite another.{_alone(fitted, bad[word].tolist())} Look at "
        f"{'its' if one else 'their'} rows, refit without {'it' if one else 'each'} and tell both "
        f"answers. The posterior itself is not in doubt, but {whole} is not to be relied on.{more}"
    )
    return CheckResult("PSIS-LOO", False, text, table, voids_numbers=False)


def _alone(fitted: Fitted, bad: list[str]) -> str:
    """What to say of influential samples that cannot but be influential."""
    units = fitted.design.units
    alone = [s for s, rests in zip(units.labels, rests_on_one_sample(fitted), strict=True) if rests]
    both = [label for label in alone if label in bad]
    if not both:
        return ""
    return f" Some coefficient rests on one {units.word} alone ({listed(both)})."


def rests_on_one_sample(fitted: Fitted) -> tuple[bool, ...]:
    """For each sample: does some coefficient lose all its data when the sample is left out?

    It does if the sample's block of the hat matrix, X_i (X'X)^+ X_i', has an eigenvalue 1. Where
    samples lie in groups, the same for each group.

    Parameters
    ----------
    fitted : Fitted
        A finished analysis.

    Returns
    -------
    tuple of bool
        One answer a sample.
    """
    design = fitted.design
    inverse = np.linalg.pinv(design.X.T @ design.X, hermitian=True)
    units = design.units
    blocks = (design.X[units.index == i] for i in range(len(units.labels)))
    leverage = (float(np.linalg.eigvalsh(x @ inverse @ x.T)[-1]) for x in blocks)
    return tuple(largest > 1 - 1e-8 for largest in leverage)
