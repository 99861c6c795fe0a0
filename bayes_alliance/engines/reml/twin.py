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
from bayes_alliance.engines.reml.estimate import RemlEstimate, estimate
from bayes_alliance.engines.reml.profile_likelihood import profile_intervals
from bayes_alliance.engines.reml.robust import (
    ClusterRobust,
    cluster_robust,
    htz_test,
    robust_tests,
)
from bayes_alliance.engines.reml.twin_record import Twin, TwinCoefficient, TwinTerm
from bayes_alliance.engines.reml.wald import degrees_of_freedom, wald_tests
from bayes_alliance.errors import EngineError
from bayes_alliance.names import INTERVAL_PROBABILITY
from bayes_alliance.spec.design import Design
from bayes_alliance.spec.prior import Prior

__all__ = ["frequentist_twin"]

#: Below so many degrees of freedom the t approximation of CR2 is not to be trusted
#: (Tipton 2015; Pustejovsky & Tipton 2018).
FEWEST_DF: Final = 4.0

#: Names told in one note.
MOST_NAMES: Final = 6

#: Correlations that differ by less than this are one number with rounding.
SAME_RHO: Final = 1e-9

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
    blocks = design.blocks()
    if not np.all(blocks.eigenvalues > 0):
        return Twin(unavailable="a sampling covariance is not positive definite")
    try:
        fit = estimate(
            blocks,
            "REML",
            tau_sample=_held(design.tau_sample),
            tau_effect=_held(design.tau_effect),
        )
    except EngineError as error:
        return Twin(unavailable=str(error))
    twin = _describe(design, blocks, fit, probability)
    known = twin.rho if held is None else held
    return replace(twin, rho=known, notes=(*assumed, *twin.notes))


def _refusal(design: Design, rho: float | None) -> str:
    if design.scales is not None:
        return (
            "each scale has sample effects of its own, and this REML has one effect a sample "
            "(bayes_alliance.engines.reml.structured fits such covariances)"
        )
    if design.groups is not None:
        return "samples lie in groups with effects of their own, and this REML has two levels"
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


def _describe(design: Design, blocks: RotatedBlocks, fit: RemlEstimate, probability: float) -> Twin:
    plainer = _plainer(design)
    notes = [f"REML fits the plain model, without {plainer}."] if plainer else []
    robust: ClusterRobust | None = None
    try:
        robust = cluster_robust(blocks, fit)
    except EngineError as error:
        notes.append(f"No CR2 standard errors: {error}.")
    sample, effect = profile_intervals(blocks, fit, probability=probability)
    rows = {q.name: q.weights for q in design.quantities}
    compared = {c.name: c.of - c.minus.mean(axis=0) for c in design.contrasts}
    coefficients = _lines(design, blocks, fit, robust, rows, probability)
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
        coefficients=coefficients,
        contrasts=_lines(design, blocks, fit, robust, compared, probability),
        terms=() if robust is None else _joint_tests(design, robust),
        at_boundary=fit.at_boundary,
        identified=fit.identified,
        converged=fit.converged,
        plainer=plainer,
    )
    return replace(twin, notes=(*notes, *_notes(twin, fit, robust is not None)))


def _lines(
    design: Design,
    blocks: RotatedBlocks,
    fit: RemlEstimate,
    robust: ClusterRobust | None,
    rows: dict[str, Array],
    probability: float,
) -> tuple[TwinCoefficient, ...]:
    """One line a coefficient or contrast, with its z, t and CR2 limits."""
    if not rows:
        return ()
    H = np.array(list(rows.values()))
    each = degrees_of_freedom(blocks, "contain")
    # A combination has no more degrees of freedom than the poorest of its parts.
    contained = np.where(H != 0, each, np.inf).min(axis=1)
    z, t = (
        wald_tests(fit.beta, fit.covariance, contrasts=H, df=df, probability=probability)
        for df in (np.inf, contained)
    )
    shift, width = _effect_of_prior(design, fit, H)
    by_cr2: list[dict[str, float | None]] = [{} for _ in rows]
    if robust is not None:
        cr2 = robust_tests(robust, H, probability=probability)
        by_cr2 = [
            {
                "se_cr2": _number(cr2.se[i]),
                "df_cr2": _number(cr2.df[i]),
                "p_cr2": _number(cr2.p[i]),
                "lower_cr2": _number(cr2.lower[i]),
                "upper_cr2": _number(cr2.upper[i]),
            }
            if np.isfinite(cr2.df[i])
            else {}
            for i in range(len(H))
        ]
    return tuple(
        TwinCoefficient(
            name=name,
            estimate=float(z.estimate[i]),
            se=float(z.se[i]),
            p=float(z.p[i]),
            lower=float(z.lower[i]),
            upper=float(z.upper[i]),
            df_t=_number(t.df[i]),
            p_t=_number(t.p[i]),
            lower_t=_number(t.lower[i]),
            upper_t=_number(t.upper[i]),
            prior_shift=float(shift[i] / z.se[i]),
            prior_width=float(width[i] / z.se[i]),
            **by_cr2[i],
        )
        for i, name in enumerate(rows)
    )


def _number(value: float) -> float | None:
    return float(value) if np.isfinite(value) else None


def _effect_of_prior(design: Design, fit: RemlEstimate, H: Array) -> tuple[Array, Array]:
    """What the prior of the coefficients does to contrasts H at the REML variances.

    The shift and the standard deviation that result, each of shape (q,): normal likelihood times
    normal prior.
    """
    total = design.prior_covariance() + fit.covariance
    shift = -fit.covariance @ np.linalg.solve(total, fit.beta - design.prior_mean)
    spread = fit.covariance - fit.covariance @ np.linalg.solve(total, fit.covariance)
    return H @ shift, np.sqrt(np.maximum(np.einsum("qa,ab,qb->q", H, spread, H), 0.0))


def _joint_tests(design: Design, robust: ClusterRobust) -> tuple[TwinTerm, ...]:
    tests = []
    for name, rows in _rows_of_terms(design):
        try:
            test = htz_test(robust, rows)
        except EngineError as error:
            tests.append(TwinTerm(name, None, len(rows), None, None, str(error)))
            continue
        reason = "" if np.isfinite(test.F) else "too few samples for so many differences"
        tests.append(
            TwinTerm(
                name,
                _number(test.F),
                test.df_numerator,
                _number(test.df_denominator),
                _number(test.p),
                reason,
            )
        )
    return tuple(tests)


def _rows_of_terms(design: Design) -> list[tuple[str, Array]]:
    """What must be 0 if a term made no difference: one set of contrasts a term."""
    p = len(design.coefficients)
    first = design.terms[0] if design.terms else None
    if first is not None and design.coefficients == first.levels:
        return [(first.name, np.eye(p)[:-1] - np.eye(p)[-1])] if p > 1 else []
    rows, at = [], 1
    for term in design.terms:
        size = 1 if term.kind == "continuous" else len(term.levels) - 1
        rows.append((term.name, np.eye(p)[at : at + size]))
        at += size
    return rows


def _notes(twin: Twin, fit: RemlEstimate, has_robust: bool) -> list[str]:
    notes = []
    zero = [
        f"tau_{level}"
        for level, variance, free in zip(
            ("sample", "effect"), fit.variances, fit.estimated, strict=True
        )
        if free and variance == 0
    ]
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
