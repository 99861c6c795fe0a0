"""What the data say little about: a tau or rho that the prior decides, few samples, totals.

Nothing here makes a number wrong, so these checks pass or make a remark; they never fail.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd

from bayes_alliance.algebra.blocks import Array
from bayes_alliance.checks.result import CheckResult, counted, not_applicable, percent
from bayes_alliance.engines.fitted import Fitted
from bayes_alliance.names import DF, INTERVAL_PROBABILITY, RHO, TAU_EFFECT, TAU_GROUP, TAU_SAMPLE
from bayes_alliance.spec.prior import Prior

__all__ = ["design_notes", "overlap_with_prior", "tau_learned"]

#: Above this overlap a draw of the prior can hardly be told from one of the posterior: whoever
#: guesses is right in at most 1 - overlap / 2, that is 57.5 %, of cases.
LARGEST_OVERLAP = 0.85


def overlap_with_prior(draws: Array, prior: Prior) -> float:
    """Share of probability that a posterior has in common with its prior.

    The overlap coefficient, the integral of min(prior density, posterior density), is one minus
    the total variation distance (Weitzman 1970; Garrett & Zeger 2000, Biometrics 56, 1055-1067,
    use it to tell what data identify). Where the two densities cross at most twice, the distance
    is Kuiper's (1960) D+ + D-, of the empirical cdf from the exact prior cdf: no bins, no kernel
    at the border 0, and the same on every scale of tau. With more crossings the true overlap is
    smaller. A comparison of sds alone would miss a shift, and has no meaning under a half-Cauchy.

    Parameters
    ----------
    draws : ndarray, shape (D,)
        Posterior draws of a tau (analysis scale).
    prior : Prior
        Its prior.

    Returns
    -------
    float
        1: the posterior is the prior; 0: they have nothing in common. D draws of the prior
        itself give 1 - 1.7 / sqrt(D) or so.

    Examples
    --------
    >>> import numpy as np
    >>> from bayes_alliance.checks.information import overlap_with_prior
    >>> from bayes_alliance.spec.prior import Prior
    >>> prior = Prior("half_normal", scale=0.25)
    >>> round(overlap_with_prior(prior.quantile((np.arange(1000) + 0.5) / 1000), prior), 3)
    0.999
    """
    below = np.sort(prior.cdf(draws))
    steps = np.arange(len(below) + 1) / len(below)
    above_prior, below_prior = (steps[1:] - below).max(), (below - steps[:-1]).max()
    distance = max(0.0, above_prior) + max(0.0, below_prior)
    return float(max(0.0, 1 - distance))


def tau_learned(fitted: Fitted) -> CheckResult:
    """Did the data say something about the heterogeneity, or does its prior decide?

    Parameters
    ----------
    fitted : Fitted
        A finished analysis.

    Returns
    -------
    CheckResult
        Passed if no tau (and not rho) shares more than 85 % with its prior (see
        `overlap_with_prior`), else a remark (`passed` None): the numbers are right, but they are
        mostly the prior's.
    """
    name = "tau learned from data"
    low, high = (1 - INTERVAL_PROBABILITY) / 2, (1 + INTERVAL_PROBABILITY) / 2
    rows = []
    for tau, prior, draws in _scales_of_variation(fitted):
        if prior.support == "point":
            continue
        draws = draws[np.isfinite(draws)]
        if not draws.size:
            continue
        before, after = prior.quantile([0.5, low, high]), np.quantile(draws, [0.5, low, high])
        rows.append((tau, *before, *after, overlap_with_prior(draws, prior)))
    if not rows:
        return not_applicable(name, "no tau is estimated")
    limits = ("median", "lower", "upper")
    columns = ["parameter", *(f"{g}_{q}" for g in ("prior", "posterior") for q in limits)]
    table = pd.DataFrame(rows, columns=[*columns, "overlap"])
    table["learned"] = table["overlap"] <= LARGEST_OVERLAP
    told = "; ".join(
        f"{row.parameter}: prior {row.prior_median:.2f} [{row.prior_lower:.2f}, "
        f"{row.prior_upper:.2f}], posterior {row.posterior_median:.2f} "
        f"[{row.posterior_lower:.2f}, {row.posterior_upper:.2f}], overlap {percent(overlap)}"
        for row, overlap in zip(table.itertuples(), table["overlap"].to_numpy(float), strict=True)
    )
    dominated = table.loc[~table["learned"], "parameter"].tolist()
    if not dominated:
        return CheckResult(name, True, f"The data moved the prior ({told}).", table)
    text = (
        f"The posterior of {' and of '.join(dominated)} is nearly its prior, the data say little "
        f"about it ({told}). Vary the prior and report how the answer changes."
    )
    return CheckResult(name, None, text, table)


def _scales_of_variation(fitted: Fitted) -> Iterator[tuple[str, Prior, Array]]:
    """Everything but the coefficients that has a prior of its own: name, prior, draws."""
    design, posterior = fitted.design, fitted.posterior
    dependence, scales = design.dependence, design.scales
    single = {
        TAU_GROUP: None if design.groups is None else design.groups.tau,
        TAU_SAMPLE: design.tau_sample,
        TAU_EFFECT: design.tau_effect,
        DF: design.df,
        RHO: None if dependence is None else dependence.prior,
    }
    for name, prior in single.items():
        if prior is not None:
            yield name, prior, posterior.draws(name)
    for label, name, column, prior in () if scales is None else scales.parameters():
        yield label, prior, posterior.draws(name)[:, column]


def design_notes(fitted: Fitted) -> CheckResult:
    """What a reader has to know about the design: few samples, levels that are not identified.

    Parameters
    ----------
    fitted : Fitted
        A finished analysis.

    Returns
    -------
    CheckResult
        Passed if there is nothing to say, else a remark (`passed` None) with the notes of the
        design.
    """
    design = fitted.design
    size = (
        f"{counted(len(design.effect_ids), 'effect size')} in "
        f"{counted(len(design.sample_ids), 'sample')}"
    )
    if design.groups is not None:
        size += f" in {counted(len(design.groups.names), 'group')}"
    table = pd.DataFrame({"note": list(design.notes)})
    if design.notes:
        return CheckResult("design", None, f"{size}. {' '.join(design.notes)}", table)
    return CheckResult("design", True, f"{size}: nothing about them calls for a remark.", table)
