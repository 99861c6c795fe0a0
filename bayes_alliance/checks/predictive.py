"""Would the model, before and after seeing the data, produce data like these?

Predictive checks after Box (1980, doi 10.2307/2982063), Rubin (1984, doi 10.1214/aos/1176346785)
and Gelman, Meng & Stern (1996). Posterior predictive p values use the data twice and are nearer to
one half than a p value of a test would be: an extreme one says much, a middling one little.
Effects known only to be not significant are left out of both sides.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal

import numpy as np
import pandas as pd

from bayes_alliance.algebra.blocks import Array
from bayes_alliance.algebra.normal import columns
from bayes_alliance.checks.result import LISTED, CheckResult, counted, not_applicable, percent
from bayes_alliance.checks.statistics import (
    BETWEEN,
    LARGEST_RESIDUAL,
    MEAN,
    RANGE,
    SPREAD,
    predictive_p,
    statistics_of,
)
from bayes_alliance.engines.fitted import Fitted
from bayes_alliance.names import COEFFICIENT, INTERVAL_PROBABILITY, TAU_EFFECT
from bayes_alliance.posterior.marginal import MixtureMarginal
from bayes_alliance.posterior.tree import flattened

__all__ = [
    "Comparison",
    "compared_statistics",
    "posterior_predictive",
    "prior_predictive",
    "prior_range",
]

Group = Literal["prior", "posterior"]

#: A p value outside (limit, 1 - limit) fails.
TAIL: Final[Mapping[Group, float]] = {"prior": 0.005, "posterior": 0.01}

TOO_EVEN: Final = (
    "The data vary less than the model expects: look at the priors of tau, for sampling errors "
    "that correlate within a sample, and for effects that were entered twice"
)
CURES: Final[Mapping[str, str]] = {
    MEAN: "Check the direction and scale of the effect sizes and the prior on the location",
    SPREAD: "Look for groups of effects that a moderator would explain",
    RANGE: "Look at the smallest and the largest effect, and refit without them",
    BETWEEN: "Look for samples that lie apart, or for a moderator of samples",
    LARGEST_RESIDUAL: "Look at the effects that lie apart, and refit without them",
}


@dataclass(frozen=True, slots=True)
class _Parameters:
    """Mean and marginal sd of the effects that were observed, shape (D, k), and replications."""

    replicated: Array
    observed: Array
    mean: Array
    sd: Array


@dataclass(frozen=True, slots=True)
class Comparison:
    """Statistics of replicated data against those of the observed data, on the analysis scale.

    Parameters
    ----------
    table : pandas.DataFrame
        One row a statistic: ``statistic``, ``observed`` (the median over draws where it depends on
        the parameters), ``median``, ``lower``, ``upper`` (of the replicated ones), ``p``,
        ``passed``.
    replicated : mapping of str to ndarray, shape (D,)
        Each statistic of each replicated data set.
    observed : mapping of str to ndarray, shape () or (D,)
        Each statistic of the observed data, one a draw where it depends on the parameters.
    """

    table: pd.DataFrame
    replicated: Mapping[str, Array]
    observed: Mapping[str, Array]


def prior_predictive(fitted: Fitted) -> CheckResult:
    """Compare the data with what the prior expects.

    Parameters
    ----------
    fitted : Fitted
        A finished analysis.

    Returns
    -------
    CheckResult
        Passed if no statistic of the data lies in the extreme 0.5 % of either tail of its prior
        predictive distribution. The text says which true effects the prior expects.
    """
    name = "prior predictive"
    if fitted.design.censored.all():
        return not_applicable(name, "no effect size was observed")
    if fitted.design.flat:
        return not_applicable(name, "the prior is flat, and nothing can be drawn from it")
    says = _prior_in_words(fitted)
    table, bad = _compare(fitted, "prior")
    if bad.empty:
        text = (
            f"{says} The data lie within what it expects (p {_p_range(table)} for "
            f"{counted(len(table), 'statistic')})."
        )
        return CheckResult(name, True, text, table)
    too_even = MEAN not in set(bad["statistic"]) and (bad["p"] > 0.5).all()
    cure = (
        "The data vary less than the prior expects: vary it, towards less spread."
        if too_even
        else "The prior did not expect such data: check the scale and direction of the effect "
        "sizes; if they are right, say what the prior should have been and vary it."
    )
    text = f"{says} {_told(bad)}. {cure}"
    return CheckResult(name, False, text, table, voids_numbers=False)


def posterior_predictive(fitted: Fitted) -> CheckResult:
    """Compare the data with replications of them by the fitted model.

    New samples and new effects are drawn with the moderators and the sampling errors of the old.

    Parameters
    ----------
    fitted : Fitted
        A finished analysis.

    Returns
    -------
    CheckResult
        Passed if 0.01 < p < 0.99 for every statistic (see
        `bayes_alliance.checks.statistics.statistics_of`).
    """
    name = "posterior predictive"
    if fitted.design.censored.all():
        return not_applicable(name, "no effect size was observed")
    table, bad = _compare(fitted, "posterior")
    if bad.empty:
        text = (
            f"Data replicated by the model resemble the observed ones in "
            f"{counted(len(table), 'statistic')} (p {_p_range(table)}){_left_out(fitted)}."
        )
        return CheckResult(name, True, text, table)
    # One wild effect moves the other statistics too, so its own is the one to act on.
    wild = LARGEST_RESIDUAL in set(bad["statistic"])
    first = LARGEST_RESIDUAL if wild else str(bad["statistic"].iloc[0])
    which = f" ({_most_extreme(fitted)} is the farthest)" if wild else ""
    # p is the share of replications that reach the observed value: near 1, it is too small.
    too_small = float(bad.loc[bad["statistic"] == first, "p"].iloc[0]) > 0.5
    cure = TOO_EVEN if too_small else f"{CURES[first]}{which}"
    text = f"The model does not reproduce the data{_left_out(fitted)}. {_told(bad)}. {cure}."
    return CheckResult(name, False, text, table)


def _compare(fitted: Fitted, group: Group) -> tuple[pd.DataFrame, pd.DataFrame]:
    """All statistics, and those that fail, the most extreme first."""
    table = compared_statistics(fitted, group).table
    bad = table[~table["passed"]]
    extreme = (bad["p"] - 0.5).abs().sort_values(ascending=False, kind="stable")
    return table, bad.loc[extreme.index]


def compared_statistics(fitted: Fitted, group: Group = "posterior") -> Comparison:
    """Compute the statistics of replicated and observed data that a predictive check compares.

    Parameters
    ----------
    fitted : Fitted
        A finished analysis with at least one effect size that was observed.
    group : {"posterior", "prior"}
        What the data are replicated from.

    Returns
    -------
    Comparison
        Effects known only to be not significant are left out of both sides.

    Examples
    --------
    >>> from bayes_alliance.data.bundled import load
    >>> from bayes_alliance.engines.choose import run_analysis
    >>> from bayes_alliance.spec.library import read_specification
    >>> fitted = run_analysis(load("konstantopoulos2011"), read_specification("schools"))
    >>> compared_statistics(fitted).table["statistic"].tolist()[:2]
    ['mean of the effects', 'sd of the effects']
    """
    given = _parameters(fitted, group)
    kept = fitted.design.sample_index[~fitted.design.censored]
    starts = np.flatnonzero(np.diff(kept, prepend=-1))
    replicated, observed = (
        statistics_of(y, mean=given.mean, sd=given.sd, starts=starts)
        for y in (given.replicated, given.observed)
    )
    low, high = (1 - INTERVAL_PROBABILITY) / 2, (1 + INTERVAL_PROBABILITY) / 2
    rows = []
    for name, values in replicated.items():
        lower, median, upper = np.nanquantile(values, [low, 0.5, high])
        p = predictive_p(values, observed[name])
        rows.append((name, float(np.nanmedian(observed[name])), median, lower, upper, p))
    columns = ["statistic", "observed", "median", "lower", "upper", "p"]
    table = pd.DataFrame(rows, columns=columns)
    table["passed"] = table["p"].between(TAIL[group], 1 - TAIL[group], inclusive="neither")
    return Comparison(table, replicated, observed)


def _parameters(fitted: Fitted, group: Group) -> _Parameters:
    design, tree = fitted.design, fitted.posterior.tree
    seen = ~design.censored
    y = tree[f"{group}_predictive"]["y"].transpose("chain", "draw", ...)
    # In very large problems the replications are thinned: keep the draws they were made from.
    draws = tree[group].dataset.sel(chain=y["chain"], draw=y["draw"])
    beta = draws["beta"].transpose("chain", "draw", COEFFICIENT).to_numpy()
    given, blocks = flattened(draws), fitted.posterior.blocks
    between = blocks.between_variances(given)
    within = np.square(columns(blocks.scales(given)[TAU_EFFECT], given["beta"]))
    variance = np.broadcast_to(
        design.variances + between + within, (len(given["beta"]), len(seen))
    )[:, seen]
    replicated = y.to_numpy().reshape(-1, len(design.y))[:, seen]
    return _Parameters(
        replicated=replicated,
        observed=design.y[seen],
        mean=beta.reshape(-1, beta.shape[-1]) @ design.X[seen].T,
        sd=np.sqrt(variance),
    )


def _most_extreme(fitted: Fitted) -> str:
    """The observed effect with the largest residual, averaged over draws."""
    given = _parameters(fitted, "posterior")
    residual = (np.abs(given.observed - given.mean) / given.sd).mean(0)
    labels = np.array(fitted.design.effect_ids, dtype=object)[~fitted.design.censored]
    return str(labels[int(np.argmax(residual))])


def prior_range(fitted: Fitted) -> tuple[float, float]:
    """Central 95 % of the true effects that the prior expects, before any datum.

    Every prior draw of the coefficients and taus gives a normal distribution of true effects;
    the draws take turns with the rows of the design, so that each effect counts alike.

    Parameters
    ----------
    fitted : Fitted
        A finished analysis.

    Returns
    -------
    tuple of float
        Lower and upper limit: correlations where the effects are correlations, else on the
        analysis scale.
    """
    posterior, design = fitted.posterior, fitted.design
    beta = posterior.draws("beta", "prior")
    rows = design.X[np.arange(len(beta)) % len(design.y)]
    means = (beta * rows).sum(-1)
    sds = posterior.new_spread(("sample", "effect"), "prior")
    lower, upper = MixtureMarginal(means, sds).interval(INTERVAL_PROBABILITY)
    if design.measure == "ZCOR":
        return float(np.tanh(lower)), float(np.tanh(upper))
    return lower, upper


def _prior_in_words(fitted: Fitted) -> str:
    lower, upper = prior_range(fitted)
    what = "true correlations" if fitted.design.is_correlation else "true effects"
    return (
        f"Before seeing data this prior says that {percent(INTERVAL_PROBABILITY)} of {what} lie "
        f"between {lower:.2f} and {upper:.2f}."
    )


def _told(bad: pd.DataFrame) -> str:
    """The failing statistics with their numbers."""
    told = [
        f"{row['statistic']}: observed {row['observed']:.3g}, replicated {row['lower']:.3g} to "
        f"{row['upper']:.3g} ({percent(INTERVAL_PROBABILITY)}), {_p(row['p'])}"
        for row in bad.to_dict("records")
    ]
    more = f"; and {len(told) - LISTED} more" if len(told) > LISTED else ""
    text = "; ".join(told[:LISTED]) + more
    return text[0].upper() + text[1:]


def _p(p: float) -> str:
    if p < 0.001:
        return "p < .001"
    return "p > .999" if p > 0.999 else f"p = {p:.3f}"


def _p_range(table: pd.DataFrame) -> str:
    return f"between {table['p'].min():.3f} and {table['p'].max():.3f}"


def _left_out(fitted: Fitted) -> str:
    count = int(fitted.design.censored.sum())
    if not count:
        return ""
    return f" (leaving out {counted(count, 'effect')} known only to be not significant)"
