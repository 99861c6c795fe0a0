r"""Heterogeneity of all levels: taus first, then I^2 with its definition, then what terms explain.

:math:`I^2_l = \tau_l^2 / (\tau_{sample}^2 + \tau_{effect}^2 + \tilde v)` with the typical sampling
variance :math:`\tilde v = (k - p) / \mathrm{tr}(P)`,
:math:`P = V^{-1} - V^{-1}X(X'V^{-1}X)^{-1}X'V^{-1}` with the full V: the generalisation of Higgins
and Thompson's (2002) I^2 to several variance components and correlated errors (Viechtbauer's notes
on I^2 for multilevel models; Nakagawa & Santos 2012). Other definitions give other percentages for
the same data, so the definition is printed with it. Where samples lie in groups, tau_group^2 counts
in the total, in every denominator and in the variance of true effects below. Where sample effects
follow a t, tau_sample is its scale, here and in the share explained: the heterogeneity of typical
samples.

The share of true variance explained by the terms is Nakagawa and Schielzeth's (2013) marginal R^2
among true effects, :math:`\mathrm{var}(X\beta) / (\mathrm{var}(X\beta) + \tau_{sample}^2 +
\tau_{effect}^2)`, draw by draw. It cannot be negative, so it is shown beside its prior.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from bayes_alliance.algebra.blocks import Array, RotatedBlocks
from bayes_alliance.names import (
    DF,
    INTERVAL_PROBABILITY,
    LAMBDA_SAMPLE,
    SAMPLE_ID,
    SCALE_CORRELATION,
    TAU_EFFECT,
    TAU_GROUP,
    TAU_SAMPLE,
    TAU_SCALE,
    Level,
)
from bayes_alliance.posterior.marginal import DrawnMarginal
from bayes_alliance.posterior.posterior import Posterior
from bayes_alliance.summaries.coefficients import Estimate, estimate_of

__all__ = [
    "I2_DEFINITION",
    "Explained",
    "HeterogeneitySummary",
    "SampleWeight",
    "Tails",
    "VarianceParts",
    "summarise_explained",
    "summarise_heterogeneity",
    "summarise_tails",
    "typical_variance",
    "variance_parts",
]

#: A sample whose weight has a posterior median below this is told to be outlying.
OUTLYING_WEIGHT: Final = 0.5

I2_DEFINITION: Final = (
    "tau_level^2 / (tau_sample^2 + tau_effect^2 + (k - p) / trace(P)), with tau_group^2 in the sum "
    "where samples lie in groups, "
    "P = V^-1 - V^-1 X (X' V^-1 X)^-1 X' V^-1, full V (at the posterior median of rho where that "
    "is estimated)"
)


@dataclass(frozen=True, slots=True)
class SampleWeight:
    """How much a sample counts as one of the others.

    Parameters
    ----------
    sample : str
        Its label.
    weight : Estimate
        Posterior of lambda: its true mean varies with the standard deviation tau_sample /
        sqrt(lambda), so 1 is a typical sample, 1/4 one that lies twice as far out.
    """

    sample: str
    weight: Estimate


@dataclass(frozen=True, slots=True)
class Tails:
    """Sample effects that follow a t.

    Parameters
    ----------
    df : Estimate
        Degrees of freedom; a width of 0 where they are fixed.
    sd_sample : Estimate or None
        Standard deviation between samples, tau_sample sqrt(df / (df - 2)); None where the
        posterior of df reaches 2, below which there is none.
    weights : tuple of SampleWeight
        Every sample, the most outlying first.
    """

    df: Estimate
    sd_sample: Estimate | None
    weights: tuple[SampleWeight, ...]

    @property
    def outlying(self) -> tuple[SampleWeight, ...]:
        """Samples that the model treats as outlying: posterior median of the weight below 1/2."""
        return tuple(w for w in self.weights if w.weight.median < OUTLYING_WEIGHT)


@dataclass(frozen=True, slots=True)
class HeterogeneitySummary:
    """Posteriors of the heterogeneity.

    Parameters
    ----------
    tau_sample, tau_effect : Estimate or None
        Standard deviations on the analysis scale; None where a level has no heterogeneity, and
        `tau_sample` where every scale has its own.
    tau_total : Estimate or None
        Square root of the summed squares.
    i2_sample, i2_effect : Estimate or None
        Shares of the total variance, 0 to 1.
    scales, correlations : tuple of (str, Estimate)
        Where every scale has sample effects of its own: their standard deviations by scale, and
        their correlations by pair of scales; one entry named ``all scales`` or ``all pairs`` where
        the model gives them one value.
    tails : Tails or None
        Degrees of freedom and weights where sample effects follow a t; None: they are normal.
    tau_group, i2_group : Estimate or None
        Standard deviation between groups of samples and its share; None without groups.
    """

    tau_sample: Estimate | None
    tau_effect: Estimate | None
    tau_total: Estimate | None
    i2_sample: Estimate | None
    i2_effect: Estimate | None
    tails: Tails | None = None
    scales: tuple[tuple[str, Estimate], ...] = ()
    correlations: tuple[tuple[str, Estimate], ...] = ()
    tau_group: Estimate | None = None
    i2_group: Estimate | None = None


@dataclass(frozen=True, slots=True)
class Explained:
    """Share of the variance of true effects that the terms explain.

    Parameters
    ----------
    posterior : Estimate
        Posterior of the share, 0 to 1.
    prior_median : float
        Median of the share before seeing the data: what is explained by chance alone.
    """

    posterior: Estimate
    prior_median: float


def typical_variance(blocks: RotatedBlocks) -> float:
    """Typical sampling variance (k - p) / trace(P) with the full V.

    Parameters
    ----------
    blocks : RotatedBlocks
        The data; a rotation leaves the trace unchanged.

    Returns
    -------
    float
        On the analysis scale, squared; NaN where k = p.
    """
    k, p = blocks.X.shape
    if k <= p:
        return float("nan")
    weighted = blocks.X / blocks.eigenvalues[:, None]
    trace = (1 / blocks.eigenvalues).sum() - np.trace(
        np.linalg.solve(blocks.X.T @ weighted, weighted.T @ weighted)
    )
    return float((k - p) / trace)


@dataclass(frozen=True, slots=True)
class VarianceParts:
    """Draws of the variances that the total variance of an effect size is made of.

    Parameters
    ----------
    group, sample, effect : ndarray, shape (D,), or None
        Squared standard deviations on the analysis scale; None where a level has none. Where
        scales or moderators have their own, the average, as of the total.
    total : ndarray, shape (D,)
        Their sum.
    typical : float
        Typical sampling variance; NaN where k = p.
    """

    group: Array | None
    sample: Array | None
    effect: Array | None
    total: Array
    typical: float

    def share(self, part: Array | float) -> Array:
        """Share of a part in true and typical sampling variance together.

        Parameters
        ----------
        part : ndarray, shape (D,), or float
            A variance.

        Returns
        -------
        ndarray, shape (D,)
            Between 0 and 1.
        """
        return np.asarray(part / (self.total + self.typical))


def variance_parts(posterior: Posterior) -> VarianceParts:
    """Split the variance of an effect size, draw by draw.

    Parameters
    ----------
    posterior : Posterior
        The posterior.

    Returns
    -------
    VarianceParts
        On the analysis scale, squared.
    """
    group, effect = (
        np.square(posterior.draws(name)) if posterior.has(name) else None
        for name in (TAU_GROUP, TAU_EFFECT)
    )
    total = np.square(posterior.spread(("sample", "effect")))
    between = posterior.has(TAU_SAMPLE) or posterior.has(TAU_SCALE)
    # Where scales differ this is their average, as is the total.
    left = total - sum(part for part in (group, effect) if part is not None)
    return VarianceParts(
        group=group,
        sample=np.maximum(left, 0.0) if between else None,
        effect=effect,
        total=total,
        typical=typical_variance(posterior.blocks.at_median(posterior.parameters())),
    )


def summarise_heterogeneity(
    posterior: Posterior, *, probability: float = INTERVAL_PROBABILITY
) -> HeterogeneitySummary:
    """Summarise the taus, their total and I^2 by level.

    Parameters
    ----------
    posterior : Posterior
        The posterior.
    probability : float
        Of every interval.

    Returns
    -------
    HeterogeneitySummary
        None where a level has no heterogeneity.
    """
    parts = variance_parts(posterior)

    def of(draws: Array) -> Estimate:
        return estimate_of(DrawnMarginal(draws, 0.0), probability)

    def share(part: Array | None) -> Estimate | None:
        if part is None or not np.isfinite(parts.typical):
            return None
        return of(parts.share(part))

    def tau(level: Level) -> Estimate | None:
        if not posterior.has(f"tau_{level}"):
            return None
        return estimate_of(posterior.tau(level), probability)

    present = any(part is not None for part in (parts.group, parts.sample, parts.effect))
    together = estimate_of(posterior.total_tau(), probability) if present else None
    return HeterogeneitySummary(
        tau("sample"),
        tau("effect"),
        together,
        share(parts.sample),
        share(parts.effect),
        summarise_tails(posterior, probability=probability),
        scales=_by_label(posterior, TAU_SCALE, "all scales", 0.0, probability),
        correlations=_by_label(posterior, SCALE_CORRELATION, "all pairs", -1.0, probability),
        tau_group=tau("group"),
        i2_group=share(parts.group),
    )


def _by_label(
    posterior: Posterior, name: str, together: str, lower: float, probability: float
) -> tuple[tuple[str, Estimate], ...]:
    """One estimate a label of a variable with one dimension of its own."""
    if not posterior.has(name):
        return ()
    variable = posterior.tree["posterior"][name].transpose("chain", "draw", ...)
    labels = [str(label) for label in variable[variable.dims[2]].to_numpy()]
    draws = posterior.draws(name)
    if (draws == draws[:, :1]).all():
        labels = [together]
    return tuple(
        (label, estimate_of(DrawnMarginal(draws[:, j], lower), probability))
        for j, label in enumerate(labels)
    )


def summarise_tails(
    posterior: Posterior, *, probability: float = INTERVAL_PROBABILITY
) -> Tails | None:
    """Summarise the tails of the sample effects, and which samples they are made of.

    Parameters
    ----------
    posterior : Posterior
        The posterior.
    probability : float
        Of every interval.

    Returns
    -------
    Tails or None
        None where sample effects are normal.
    """
    if not posterior.has(DF):
        return None
    df, tau = posterior.draws(DF), posterior.draws("tau_sample")

    def of(draws: Array) -> Estimate:
        return estimate_of(DrawnMarginal(draws, 0.0), probability)

    sd = of(tau * np.sqrt(df / (df - 2))) if (df > 2).all() else None
    drawn = posterior.draws(LAMBDA_SAMPLE)
    labels = posterior.tree["constant_data"][SAMPLE_ID].to_numpy()
    weights = [SampleWeight(str(name), of(drawn[:, i])) for i, name in enumerate(labels)]
    return Tails(of(df), sd, tuple(sorted(weights, key=lambda w: w.weight.median)))


def summarise_explained(
    posterior: Posterior, *, probability: float = INTERVAL_PROBABILITY
) -> Explained | None:
    """Share of the true variance that the terms explain.

    Parameters
    ----------
    posterior : Posterior
        The posterior.
    probability : float
        Of the interval.

    Returns
    -------
    Explained or None
        None without terms or without heterogeneity, and where the prior of the coefficients is
        flat: what chance explains cannot then be told.
    """
    X = posterior.tree["constant_data"]["X"].to_numpy()
    if "beta" not in posterior.tree["prior"].dataset:
        return None
    if X.shape[1] < 2 or not any(
        map(posterior.has, (TAU_GROUP, "tau_sample", "tau_effect", TAU_SCALE))
    ):
        return None
    posterior_share = _explained_share(posterior, X, "posterior")
    prior_share = _explained_share(posterior, X, "prior")
    marginal = DrawnMarginal(posterior_share, 0.0)
    return Explained(estimate_of(marginal, probability), float(np.median(prior_share)))


def _explained_share(posterior: Posterior, X: Array, group: str) -> Array:
    """var(X beta) / (var(X beta) + tau^2), draw by draw."""
    covariance = np.cov(X.T, bias=True)
    beta = posterior.draws("beta", group)
    fixed = np.einsum("di,ij,dj->d", beta, covariance, beta)
    return np.asarray(fixed / (fixed + np.square(posterior.spread(("sample", "effect"), group))))
