"""Every parameter before and after the data: densities, limits, and how much was learned.

Prior densities are exact: those of the declared families for the taus; for the coefficients normals
whose variances are the diagonal of ``A A' + C C'`` (see `bayes_alliance.spec.coding`), mixed over
the prior of the shrinkage factor where there is one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from scipy import stats

from bayes_alliance.algebra.blocks import Array
from bayes_alliance.engines.fitted import Fitted
from bayes_alliance.names import DF, INTERVAL_PROBABILITY, RHO, TAU_EFFECT, TAU_GROUP, TAU_SAMPLE
from bayes_alliance.posterior.marginal import DrawnMarginal, Marginal, MixtureMarginal
from bayes_alliance.spec.prior import Prior

__all__ = ["Belief", "beliefs_of", "overlap_of", "prior_and_posterior"]

#: Quantiles that stand for the prior of the shrinkage factor.
NODES: Final = (np.arange(200) + 0.5) / 200
#: Quantiles of the posterior at which the two densities are compared.
COMPARED: Final = (np.arange(1000) + 0.5) / 1000


@dataclass(frozen=True, slots=True)
class Belief:
    """A parameter before and after the data.

    Parameters
    ----------
    name : str
        Its name.
    prior : callable
        Density of its prior; NaN at a pole.
    quantile : callable
        Quantiles of its prior.
    middle : tuple of float
        Where most of the prior is, for an axis: its central 95 %.
    lower, upper : float
        Ends of its range.
    posterior : Marginal
        Its posterior.
    """

    name: str
    prior: Callable[[ArrayLike], Array]
    quantile: Callable[[ArrayLike], Array]
    middle: tuple[float, float]
    lower: float
    upper: float
    posterior: Marginal


def prior_and_posterior(
    fitted: Fitted, *, probability: float = INTERVAL_PROBABILITY
) -> pd.DataFrame:
    """Hold the prior of every parameter against its posterior.

    Parameters
    ----------
    fitted : Fitted
        The analysis, by whatever engine.
    probability : float
        Of every interval.

    Returns
    -------
    pandas.DataFrame
        Index ``parameter``; ``prior_median``, ``prior_lower``, ``prior_upper``, the same of the
        ``posterior``, all on the analysis scale (z for correlations); ``overlap``, the probability
        that both have in common (1: nothing was learned); ``learned``, by which share the interval
        became shorter (negative: it is longer than the prior's). Flat and fixed parameters are left
        out.

    Examples
    --------
    >>> from bayes_alliance.data.bundled import load
    >>> from bayes_alliance.engines.choose import run_analysis
    >>> from bayes_alliance.spec.library import read_specification
    >>> fitted = run_analysis(load("konstantopoulos2011"), read_specification("schools"))
    >>> prior_and_posterior(fitted)["overlap"].round(1).tolist()
    [0.2, 0.4, 0.2]
    """
    tails = np.array([0.5, (1 - probability) / 2, (1 + probability) / 2])
    rows = []
    for belief in beliefs_of(fitted):
        before, after = belief.quantile(tails), belief.posterior.quantile(tails)
        learned = 1 - (after[2] - after[1]) / (before[2] - before[1])
        rows.append((belief.name, *before, *after, overlap_of(belief), learned))
    ends = ("median", "lower", "upper")
    columns = ["parameter", *(f"{of}_{end}" for of in ("prior", "posterior") for end in ends)]
    return pd.DataFrame(rows, columns=[*columns, "overlap", "learned"]).set_index("parameter")


def overlap_of(belief: Belief) -> float:
    """Probability that prior and posterior have in common.

    The integral of the smaller of both densities (Weitzman 1970), as the mean over the posterior of
    min(1, prior density / posterior density).

    Parameters
    ----------
    belief : Belief
        The parameter.

    Returns
    -------
    float
        1: the posterior is the prior; 0: they have nothing in common.
    """
    at = belief.posterior.quantile(COMPARED)
    before, after = belief.prior(at), belief.posterior.pdf(at)
    with np.errstate(divide="ignore", invalid="ignore"):
        share = np.where(np.isnan(before), 1.0, np.minimum(before / after, 1.0))
    return float(np.nanmean(share))


def beliefs_of(fitted: Fitted) -> tuple[Belief, ...]:
    """Collect every parameter that has a proper prior and is not fixed.

    Parameters
    ----------
    fitted : Fitted
        The analysis.

    Returns
    -------
    tuple of Belief
        Coefficients, then the standard deviations, then the shrinkage factor and others.
    """
    return (*_coefficients(fitted), *_others(fitted))


def _coefficients(fitted: Fitted) -> Iterator[Belief]:
    design = fitted.design
    if design.flat:
        return
    factors = np.ones(1) if design.shrinkage is None else design.shrinkage.quantile(NODES)
    sds = np.sqrt([np.diag(design.prior_covariance(float(factor))) for factor in factors])
    for j, name in enumerate(design.coefficients):
        mean, spread = float(design.prior_mean[j]), sds[:, j]
        reach = stats.norm.ppf(0.975) * float(np.sqrt(np.mean(spread**2)))
        yield Belief(
            name=name,
            prior=_normal_mixture(mean, spread),
            quantile=_mixed(mean, spread),
            middle=(mean - reach, mean + reach),
            lower=-np.inf,
            upper=np.inf,
            posterior=fitted.posterior.linear(np.eye(len(design.coefficients))[j]),
        )


def _normal_mixture(mean: float, sds: Array) -> Callable[[ArrayLike], Array]:
    def density(x: ArrayLike) -> Array:
        values = np.asarray(x, float)[..., None]
        return np.asarray(stats.norm.pdf(values, mean, sds).mean(-1))

    return density


def _mixed(mean: float, sds: Array) -> Callable[[ArrayLike], Array]:
    """Quantiles of a mixture of normals with one mean."""
    if np.ptp(sds) == 0:
        return lambda q: np.asarray(stats.norm.ppf(q, mean, sds[0]))
    return MixtureMarginal(np.full(len(sds), mean), sds).quantile


def _others(fitted: Fitted) -> Iterator[Belief]:
    design, posterior = fitted.design, fitted.posterior
    groups = None if design.groups is None else design.groups.tau
    declared: list[tuple[str, Prior | None, Callable[[], Marginal]]] = [
        (TAU_GROUP, groups, lambda: posterior.tau("group")),
        (TAU_SAMPLE, design.tau_sample, lambda: posterior.tau("sample")),
        (TAU_EFFECT, design.tau_effect, lambda: posterior.tau("effect")),
        ("shrinkage", design.shrinkage, lambda: DrawnMarginal(posterior.draws("shrinkage"), 0.0)),
    ]
    for name, prior, marginal in declared:
        if prior is None or prior.support == "point" or not posterior.has(name):
            continue
        low, high = prior.quantile([0.025, 0.975])
        yield Belief(
            name=name,
            prior=_exact(prior),
            quantile=prior.quantile,
            middle=(min(float(low), 0.0), float(high)),
            lower=0.0,
            upper=np.inf,
            posterior=marginal(),
        )
    for label, name, column, prior in () if design.scales is None else design.scales.parameters():
        if prior.support != "point":
            lowest = float(prior.quantile(0))
            yield _limited(label, prior, DrawnMarginal(posterior.draws(name)[:, column], lowest))
    if design.df is not None and design.df.support != "point":
        low, high, lowest = (float(q) for q in design.df.quantile([0.025, 0.975, 0]))
        drawn = DrawnMarginal(posterior.draws(DF), lowest)
        before = _exact(design.df), design.df.quantile
        yield Belief(DF, *before, (low, high), lowest, np.inf, drawn)
    for scale in design.scale_models:
        drawn_gamma = posterior.draws(f"gamma_{scale.level}")
        sds = np.linalg.norm(scale.factor, axis=1)
        for j, name in enumerate(scale.names):
            yield Belief(
                name=f"log tau_{scale.level}: {name}",
                prior=_normal_mixture(0.0, sds[[j]]),
                quantile=_mixed(0.0, sds[[j]]),
                middle=(-1.96 * float(sds[j]), 1.96 * float(sds[j])),
                lower=-np.inf,
                upper=np.inf,
                posterior=DrawnMarginal(drawn_gamma[:, j]),
            )
    if design.dependence is not None:
        yield _limited(RHO, design.dependence.prior, posterior.rho())


def _limited(name: str, prior: Prior, posterior: Marginal) -> Belief:
    """A parameter that stays within the limits of its prior."""
    low, high, lowest, highest = (float(q) for q in prior.quantile([0.025, 0.975, 0, 1]))
    before = _exact(prior), prior.quantile
    return Belief(name, *before, (low, high), lowest, highest, posterior)


def _exact(prior: Prior) -> Callable[[ArrayLike], Array]:
    def density(x: ArrayLike) -> Array:
        values = np.exp(prior.logpdf(x))
        return np.where(np.isfinite(values), values, np.nan)  # a pole is no height to draw

    return density
