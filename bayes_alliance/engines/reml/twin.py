"""The frequentist twin of a Bayesian analysis: the same data and model by REML, beside every fit.

Coefficients by REML with limits from z, from t (containment df) and from the CR2 covariance with
Satterthwaite df (Pustejovsky & Tipton 2018), variances with profile-likelihood intervals. Priors
play no part, but for two claims about the model: a level without heterogeneity has none here, and
a tau given as a point is held there.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final

import numpy as np

from bayes_alliance.algebra.blocks import Array, RotatedBlocks
from bayes_alliance.algebra.samples import Samples
from bayes_alliance.engines.reml.estimate import RemlEstimate, estimate
from bayes_alliance.engines.reml.grouped import (
    GroupedEstimate,
    estimate_grouped,
    grouped_freedom,
    robust_by_component,
)
from bayes_alliance.engines.reml.profile_likelihood import profile_intervals
from bayes_alliance.engines.reml.robust import ClusterRobust, cluster_robust
from bayes_alliance.engines.reml.scale_twin import scale_twin
from bayes_alliance.engines.reml.twin_lines import joint_tests, reported_lines
from bayes_alliance.engines.reml.twin_record import Twin
from bayes_alliance.engines.reml.wald import degrees_of_freedom
from bayes_alliance.errors import EngineError
from bayes_alliance.names import INTERVAL_PROBABILITY
from bayes_alliance.spec.design import Design
from bayes_alliance.spec.groups import SampleGroups
from bayes_alliance.spec.prior import Prior

__all__ = ["frequentist_twin"]

#: Below so many degrees of freedom the t approximation of CR2 is not to be trusted
#: (Tipton 2015; Pustejovsky & Tipton 2018).
FEWEST_DF: Final = 4.0

#: Names told in one note.
MOST_NAMES: Final = 6

#: Correlations that differ by less than this are one number with rounding.
SAME_RHO: Final = 1e-9

#: What is told where levels above one another have the same units.
NOT_TOLD_APART: Final = (
    "The data cannot tell all variances apart: the sum of two levels stands as that of the higher "
    "one, and that of a single group is set to 0."
)

#: What is told where the model estimates rho.
KNOWN_RHO: Final = (
    "The model estimates the correlation rho of sampling errors within samples; REML takes it for "
    "known, here rho = {rho:.3f}."
)


def frequentist_twin(
    design: Design, *, rho: float | None = None, probability: float = INTERVAL_PROBABILITY
) -> Twin:
    """Fit the design by REML, with every interval and test that is reported beside the posterior.

    Parameters
    ----------
    design : Design
        Arrays, names and which levels have heterogeneity.
    rho : float, optional
        Correlation of the sampling errors of any two effects of a sample (on z for correlations)
        to be used instead of the covariances of the design. Where the design leaves rho to be
        estimated it is the value of that rho (the posterior median, say; by default the centre of
        its prior), and a note tells it: REML takes it for known.
    probability : float
        Coverage of every interval.

    Returns
    -------
    Twin
        The fit, or a record whose `unavailable` says why there is none. Nothing is raised.

    Examples
    --------
    >>> import bayes_alliance as ba
    >>> from bayes_alliance.spec.compilation import compile_design
    >>> design = compile_design(ba.load("crede2010"), ba.read_specification("three_level"))
    >>> twin = frequentist_twin(design)
    >>> round(twin.coefficients[0].estimate, 4), round(twin.coefficients[0].df_cr2, 1)
    (0.4509, 62.8)
    """
    assumed: tuple[str, ...] = ()
    held: float | None = None
    if design.dependence is not None:
        held = design.dependence.centre if rho is None else rho
        design, assumed = design.with_rho(held), (KNOWN_RHO.format(rho=held),)
        rho = None
    refused = _refusal(design, rho)
    if refused:
        return Twin(unavailable=refused)
    if rho is not None:
        design = replace(design, covariances=_constant_correlation(design, rho))
    twin = _fit(design, probability)
    known = twin.rho if held is None else held
    return replace(twin, rho=known, notes=(*assumed, *twin.notes))


def _refusal(design: Design, rho: float | None) -> str:
    hidden = int(design.censored.sum())
    if hidden:
        return (
            f"{hidden} effect sizes are known only to be not significant (censored); "
            "REML needs their values"
        )
    largest = int(np.diff(design.starts, append=len(design.y)).max())
    lowest = -1 / (largest - 1) if largest > 1 else -1.0
    if rho is not None and not lowest < rho < 1:
        return f"{largest} sampling errors cannot all correlate {rho:g} with one another"
    return ""


def _constant_correlation(design: Design, rho: float) -> tuple[Array, ...] | None:
    if rho == 0:
        return None
    roots = np.split(np.sqrt(design.variances), design.starts[1:])
    return tuple(np.outer(sd, sd) * (rho + (1 - rho) * np.eye(len(sd))) for sd in roots)


def _plainer(design: Design) -> str:
    """What the model has and REML has not."""
    missing = [] if design.df is None else ["the t of the sample effects"]
    missing += [f"the terms of tau_{scale.level}" for scale in design.scale_models]
    return " and ".join(missing)


def _common_correlation(design: Design) -> float | None:
    """The sampling correlation where it is the same in all pairs, else None."""
    sizes = np.diff(design.starts, append=len(design.y))
    if sizes.max() < 2:
        return None
    if design.covariances is None:
        return 0.0
    pairs = np.concatenate(
        [
            (V / np.sqrt(np.outer(np.diag(V), np.diag(V))))[np.triu_indices(len(V), 1)]
            for V in design.covariances
        ]
    )
    same = float(np.ptp(pairs)) < SAME_RHO
    return round(float(pairs.mean()), 12) if same else None


def _held(prior: Prior | None) -> float | None:
    """A tau that the model fixes: 0 without heterogeneity, or the value of a point prior."""
    if prior is None:
        return 0.0
    return float(prior.parameters["value"]) if prior.support == "point" else None


def _fit(design: Design, probability: float) -> Twin:
    """The fit of two levels, or of three where samples lie in groups."""
    blocks = design.blocks()
    if not np.all(blocks.eigenvalues > 0):
        return Twin(unavailable="a sampling covariance is not positive definite")
    if design.scales is not None:
        twin = scale_twin(design, design.scales, probability=probability)
        return replace(twin, rho=_common_correlation(design))
    taus = _held(design.tau_sample), _held(design.tau_effect)
    try:
        if design.groups is None:
            fit = estimate(blocks, "REML", tau_sample=taus[0], tau_effect=taus[1])
            return _describe(design, blocks, fit, probability)
        held, told = _held_by_level(design, design.groups)
        grouped = estimate_grouped(blocks, design.groups.index, held=(held[0], held[1], held[2]))
    except EngineError as error:
        return Twin(unavailable=str(error))
    twin = _describe_grouped(design, design.groups, blocks, grouped, probability)
    if told:
        return twin
    return replace(twin, identified=False, notes=(*twin.notes, NOT_TOLD_APART))


def _describe_grouped(
    design: Design,
    groups: SampleGroups,
    blocks: Samples,
    fit: GroupedEstimate,
    probability: float,
) -> Twin:
    robust: ClusterRobust | None = None
    notes = []
    word = design.units.word
    try:
        robust = robust_by_component(blocks, groups.index, fit)
        notes.append(f"CR2 standard errors are robust by {word}: samples of one {word} depend.")
    except EngineError as error:
        notes.append(f"No CR2 standard errors: {error}.")
    rows, compared = _asked(design)
    freedom = grouped_freedom(design)
    twin = Twin(
        probability=probability,
        rho=_common_correlation(design),
        effects=len(design.y),
        samples=len(design.sample_ids),
        groups=len(groups.names),
        log_likelihood=fit.log_likelihood,
        sigma2_group=float(fit.variances[0]),
        sigma2_sample=None if design.tau_sample is None else float(fit.variances[1]),
        sigma2_effect=None if design.tau_effect is None else float(fit.variances[2]),
        coefficients=reported_lines(
            design, fit, rows, freedom=freedom, robust=robust, probability=probability
        ),
        contrasts=reported_lines(
            design, fit, compared, freedom=freedom, robust=robust, probability=probability
        ),
        terms=() if robust is None else joint_tests(design, robust),
        at_boundary=bool(fit.at_zero),
        identified=True,
        converged=fit.converged,
    )
    zero = [f"tau_{level}" for level in fit.at_zero]
    return replace(twin, notes=(*notes, *_notes(twin, zero, robust is not None)))


def _held_by_level(design: Design, groups: SampleGroups) -> tuple[list[float | None], bool]:
    """Standard deviations that are held, of groups, samples, effects; whether the rest can be told.

    Where every group has one sample, or every sample one effect, the lower level is held at 0 and
    the sum stands as that of the higher one.
    """
    held = [_held(groups.tau), _held(design.tau_sample), _held(design.tau_effect)]
    free, counts = [h is None for h in held], [len(groups.names), len(design.sample_ids)]
    counts.append(len(design.y))
    if free[0] and counts[0] == 1:
        held[0] = 0.0
    for higher, lower in ((0, 1), (1, 2), (0, 2)):
        nested = groups.nested or higher == 1
        if nested and held[higher] is None and held[lower] is None:
            held[lower] = 0.0 if counts[higher] == counts[lower] else None
    return held, free == [h is None for h in held]


def _asked(design: Design) -> tuple[dict[str, Array], dict[str, Array]]:
    """Weights of the coefficients and of the contrasts that are reported."""
    return (
        {q.name: q.weights for q in design.quantities},
        {c.name: c.of - c.minus.mean(axis=0) for c in design.contrasts},
    )


def _describe(design: Design, blocks: RotatedBlocks, fit: RemlEstimate, probability: float) -> Twin:
    plainer = _plainer(design)
    notes = [f"REML fits the plain model, without {plainer}."] if plainer else []
    robust: ClusterRobust | None = None
    try:
        robust = cluster_robust(blocks, fit)
    except EngineError as error:
        notes.append(f"No CR2 standard errors: {error}.")
    sample, effect = profile_intervals(blocks, fit, probability=probability)
    rows, compared = _asked(design)
    freedom = degrees_of_freedom(blocks, "contain")
    twin = Twin(
        method="REML",
        probability=probability,
        rho=_common_correlation(design),
        effects=len(design.y),
        samples=len(design.sample_ids),
        log_likelihood=fit.log_likelihood,
        sigma2_sample=None if design.tau_sample is None else fit.sigma2_sample,
        sigma2_effect=None if design.tau_effect is None else fit.sigma2_effect,
        interval_sample=sample,
        interval_effect=effect,
        coefficients=reported_lines(
            design, fit, rows, freedom=freedom, robust=robust, probability=probability
        ),
        contrasts=reported_lines(
            design, fit, compared, freedom=freedom, robust=robust, probability=probability
        ),
        terms=() if robust is None else joint_tests(design, robust),
        at_boundary=fit.at_boundary,
        identified=fit.identified,
        converged=fit.converged,
        plainer=plainer,
    )
    found = zip(("sample", "effect"), fit.variances, fit.estimated, strict=True)
    zero = [f"tau_{level}" for level, variance, free in found if free and variance == 0]
    return replace(twin, notes=(*notes, *_notes(twin, zero, robust is not None)))


def _notes(twin: Twin, zero: list[str], has_robust: bool) -> list[str]:
    notes = []
    if zero:
        notes.append(
            f"REML estimates {' and '.join(zero)} as exactly 0 (the boundary); standard errors "
            "then take this for known."
        )
    if not twin.identified:
        notes.append(
            "The data cannot tell all variances apart: what they cannot inform is set to 0, and "
            "where only the sum of both levels is informed it stands as that of the samples."
        )
    if not twin.converged:
        notes.append("The search did not end at a maximum of the likelihood.")
    lines = (*twin.coefficients, *twin.contrasts)
    poor = [
        f"joint test of {term.name}"
        for term in twin.terms
        if term.df_denominator is not None and term.F is not None
        if term.df_denominator < FEWEST_DF
    ]
    poor += [c.name for c in lines if c.df_cr2 is not None and c.df_cr2 < FEWEST_DF]
    if poor:
        notes.append(
            f"Fewer than {FEWEST_DF:g} Satterthwaite degrees of freedom: {_listed(poor)}. "
            "Their CR2 intervals and p values are not to be trusted."
        )
    absent = [c.name for c in lines if c.df_cr2 is None]
    if absent and has_robust:
        notes.append(
            f"No CR2 standard error: {_listed(absent)}. The residuals that would estimate it "
            "are always 0."
        )
    return notes


def _listed(names: list[str]) -> str:
    if len(names) <= MOST_NAMES:
        return ", ".join(names)
    return f"{', '.join(names[:MOST_NAMES])} and {len(names) - MOST_NAMES} more"
