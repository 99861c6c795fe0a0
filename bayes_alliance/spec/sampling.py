r"""Sampling covariances of the effects of each sample: constant, from correlations, or up to rho.

For two effects of one sample the correlation of their errors follows from the correlations among
their variables (`bayes_alliance.algebra.correlations`) and the people they share,

.. math:: V_{12} = c \,\frac{n_{12}}{\sqrt{n_1 n_2}} \sqrt{v_1 v_2}.

A pair whose correlations are not all known is refused (``interscale``) or gets c = rho
(``estimated``). Where two effects differ in both variables and the table does not hold the cross
correlation of A_j with B_k, it is taken as r(A_k, B_k) corr(A_j, A_k): what A_j shares with the
other outcome goes through A_k. For partial and rank correlations the formula, which is that of
Pearson's r, is an approximation.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from bayes_alliance.algebra.blocks import Array
from bayes_alliance.algebra.correlations import (
    correlation_of_errors,
    overlap_factor,
    shared_correlation_of_errors,
)
from bayes_alliance.data.correlations import Correlations
from bayes_alliance.errors import InputError, Problem
from bayes_alliance.names import Measure
from bayes_alliance.spec.definiteness import blocks_of, in_order, possible_range, refuse_indefinite
from bayes_alliance.spec.dependence import Dependence
from bayes_alliance.spec.interscale import UNKNOWN
from bayes_alliance.spec.known import Known, known_correlations
from bayes_alliance.spec.prior import Prior
from bayes_alliance.spec.reported import ReportedPrior
from bayes_alliance.spec.sampling_words import notes_of, refuse_unknown
from bayes_alliance.spec.specification import Specification
from bayes_alliance.spec.tables import Sampling
from bayes_alliance.spec.variables import Codes, pairs_within

__all__ = ["Errors", "Pairs", "errors_of_samples"]

#: What the prior of rho allows: between these quantiles every covariance must be possible.
TAILS = (0.001, 0.999)
#: Limits of rho nearer to those of its prior than this are those of its prior.
LIMIT_OF_RHO = 1e-9


@dataclass(frozen=True, slots=True)
class Errors:
    """Sampling errors of one sample's effects, as an engine reads them.

    Parameters
    ----------
    covariances : tuple of ndarray or None
        One matrix a sample; None where all errors are independent.
    dependence : Dependence or None
        How they depend on rho, where it is estimated.
    notes : tuple of str
        What was built from what.
    """

    covariances: tuple[Array, ...] | None = None
    dependence: Dependence | None = None
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Pairs:
    """All pairs of effect sizes of one sample, m of them.

    Parameters
    ----------
    sample, a, b : ndarray of int, shape (m,)
        Sample and rows.
    c : ndarray, shape (m,)
        Correlation of the errors of the same people; NaN where unknown.
    origin : ndarray of int, shape (m,)
        Where it comes from (see `bayes_alliance.spec.interscale`).
    factor : ndarray, shape (m,)
        n_overlap / sqrt(n_1 n_2).
    crossed : ndarray of bool, shape (m,)
        Whether a cross correlation is a product.
    x, y : ndarray of int, shape (m,)
        The two variables whose correlation is unknown, where c is.
    """

    sample: Codes
    a: Codes
    b: Codes
    c: Array
    origin: Codes
    factor: Array
    crossed: NDArray[np.bool_]
    x: Codes
    y: Codes


def errors_of_samples(
    frame: pd.DataFrame,
    starts: NDArray[np.intp],
    *,
    specification: Specification,
    measure: Measure,
    reported: Correlations | None = None,
    known: Known | None = None,
) -> Errors:
    """Build the sampling covariances that a specification asks for.

    Parameters
    ----------
    frame : pandas.DataFrame
        k effect sizes, those of a sample contiguous.
    starts : ndarray of int, shape (S,)
        First row of each sample.
    specification : Specification
        Its `sampling` and the prior of rho.
    measure : {"ZCOR", "COR", "GEN"}
        Scale of yi.
    reported : Correlations or None
        Reported correlations among variables.
    known : Known or None
        What is known about the variables, if it was gathered already.

    Returns
    -------
    Errors
        Covariances, their dependence on rho, and notes.

    Raises
    ------
    InputError
        If a correlation that is needed is unknown, or a covariance is not positive definite.
    """
    sampling = specification.sampling
    if sampling.within_sample == "independent":
        return Errors(notes=_idle(sampling, reported, known))
    if sampling.within_sample == "constant":
        covariances = _constant(frame, starts, float(sampling.rho or 0.0))
        return Errors(covariances, notes=_idle(sampling, reported, known))
    if sampling.within_sample == "interscale" and measure == "GEN":
        raise InputError(
            Problem(
                what="the correlation of two errors follows from correlations of variables only "
                "for effect sizes that are correlations; these are given ready (yi with vi)",
                where="sampling.within_sample",
                cure='Write "constant" with rho, or "estimated" (a prior on rho)',
                code="interscale_of_gen",
            )
        )
    if len(starts) == len(frame):
        return Errors()
    if measure == "GEN":
        return _ready_effects(frame, starts, specification, reported)
    known = known or known_correlations(frame, starts, sampling, reported)
    return _correlated(frame, starts, specification, known)


def _idle(
    sampling: Sampling, reported: Correlations | None, known: Known | None
) -> tuple[str, ...]:
    """Say what was handed in and is not used."""
    if known is not None:  # total scores needed it
        return tuple(known.sources.told)
    unused = [f"{len(reported)} reported correlations among variables"] if reported else []
    unused += ["the norms of this model"] if sampling.norms else []
    if not unused:
        return ()
    return (
        f"Not used: {' and '.join(unused)}, because sampling.within_sample is "
        f'{sampling.within_sample}. Set it to "interscale" or "estimated".',
    )


def _constant(
    frame: pd.DataFrame, starts: NDArray[np.intp], rho: float
) -> tuple[Array, ...] | None:
    if rho == 0:
        return None
    sd = np.sqrt(frame["vi"].to_numpy(float))
    sizes = np.diff(starts, append=len(sd))
    samples = frame["sample"].to_numpy()[starts]
    problems = [
        Problem(
            what=f"{size} effects cannot all correlate {rho:g} with one another",
            where=f"sample {sample}",
            cure=f"rho must be above {-1 / (size - 1):.3f} for this sample",
            code="not_positive_definite",
        )
        for sample, size in zip(samples, sizes, strict=True)
        if size > 1 and rho <= -1 / (size - 1)
    ]
    if problems:
        raise InputError(problems)
    _, a, b = pairs_within(starts, len(sd))
    return in_order(blocks_of(sd**2, rho * sd[a] * sd[b], starts))


def _ready_effects(
    frame: pd.DataFrame,
    starts: NDArray[np.intp],
    specification: Specification,
    reported: Correlations | None,
) -> Errors:
    """Effect sizes that are no correlations: every pair has the unknown rho."""
    sample, a, b = pairs_within(starts, len(frame))
    count = len(a)
    unknown, zeros = np.full(count, UNKNOWN), np.zeros(count, dtype=np.int64)
    factor = _overlap(frame, a, b, np.full(count, np.inf), specification.sampling)
    pairs = Pairs(sample, a, b, np.full(count, np.nan), unknown, factor,
                  np.zeros(count, dtype=bool), zeros, zeros)  # fmt: skip
    notes: tuple[str, ...] = ()
    if reported is not None:
        notes = ("Reported correlations say nothing about the errors of effect sizes that are "
                 "given ready (yi with vi); they are not used.",)  # fmt: skip
    return _up_to_rho(frame, starts, pairs, specification.priors.rho, notes)


def _correlated(
    frame: pd.DataFrame, starts: NDArray[np.intp], specification: Specification, known: Known
) -> Errors:
    sampling, variables = specification.sampling, known.variables
    pairs = _pairs(frame, starts, known, sampling)
    if sampling.within_sample == "interscale":
        refuse_unknown(pairs.sample, pairs.c, pairs.x, pairs.y, variables, known.samples)
    prior, reports = specification.priors.rho, 0
    estimated = sampling.within_sample == "estimated" and bool(np.isnan(pairs.c).any())
    if estimated and sampling.use_reports and prior.support != "point":
        centres, spreads = _reports(known, frame, starts, sampling)
        reports = len(centres)
        prior = ReportedPrior(prior, centres, spreads) if reports else prior
    notes = (
        *notes_of(pairs.origin, pairs.crossed, known.plugged, sampling, variables, reports),
        *known.sources.told,
    )
    return _up_to_rho(frame, starts, pairs, prior, notes)


def _pairs(
    frame: pd.DataFrame,
    starts: NDArray[np.intp],
    known: Known,
    sampling: Sampling,
) -> Pairs:
    """Correlation of the errors of each pair, and where it comes from."""
    variables, sources, plugged = known.variables, known.sources, known.plugged
    s, a, b = pairs_within(starts, len(frame))
    A, B, C, D = variables.first[a], variables.second[a], variables.first[b], variables.second[b]
    r_1, r_2 = plugged.r[a], plugged.r[b]
    firsts, seconds = sources.between(s, A, C), sources.between(s, B, D)
    found = [firsts, seconds, sources.between(s, A, D), sources.between(s, B, C)]
    across, crossed = [found[2].r.copy(), found[3].r.copy()], np.zeros(len(a), dtype=bool)
    origin = np.maximum(firsts.origin, seconds.origin)
    for r, given, own, other in ((across[0], found[2], r_1, r_2), (across[1], found[3], r_2, r_1)):
        # r is the correlation of A with D (then of C with B): `own` is that of A with B.
        r[B == D] = own[B == D]
        r[A == C] = other[A == C]
        lacking = (A != C) & (B != D) & (given.origin == UNKNOWN) & (not variables.shared)
        r[lacking] = (other * firsts.r)[lacking]
        crossed |= lacking
        origin = np.where((A != C) & (B != D) & ~lacking,
                          np.maximum(origin, given.origin), origin)  # fmt: skip
    with np.errstate(invalid="ignore"):
        c = correlation_of_errors(
            r_jk=r_1, r_hm=r_2, r_jh=firsts.r, r_km=seconds.r, r_jm=across[0], r_kh=across[1]
        )
    twins = ((A == C) & (B == D)) | ((A == D) & (B == C))
    c[twins] = np.nan
    origin[np.isnan(c)] = UNKNOWN
    people = np.minimum(firsts.people, seconds.people)
    factor = _overlap(frame, a, b, people, sampling)
    x, y = np.zeros_like(A), np.zeros_like(A)
    for one, left, right in zip(found[::-1], (B, A, B, A), (C, D, D, C), strict=True):
        lost = np.isnan(one.r) & (left != right)
        x[lost], y[lost] = left[lost], right[lost]
    x[twins], y[twins] = A[twins], A[twins]
    return Pairs(s, a, b, c, origin, factor, crossed & ~np.isnan(c), x, y)


def _overlap(frame: pd.DataFrame, a: Codes, b: Codes, people: Array, sampling: Sampling) -> Array:
    """n_overlap / sqrt(n_1 n_2); 1 (times the share) where n is unknown."""
    n = frame["n"].to_numpy(float)
    n_1, n_2 = n[a], n[b]
    share = 1.0 if sampling.overlap is None else sampling.overlap
    assumed = share * np.minimum(n_1, n_2)
    factor = overlap_factor(n_1=n_1, n_2=n_2, n_both=np.where(np.isinf(people), assumed, people))
    return np.where(np.isnan(factor), share, factor)


def _reports(
    known: Known,
    frame: pd.DataFrame,
    starts: NDArray[np.intp],
    sampling: Sampling,
) -> tuple[Array, Array]:
    """What reported pairs say about rho: atanh of the correlation of errors, and its variance.

    A pair's effects have the pooled correlation of their levels (the formula is flat there).
    """
    n = np.fmin.reduceat(frame["n"].to_numpy(float), starts)
    r_12, r_1, r_2, people = [], [], [], []
    plugged = known.plugged
    for report in known.sources.reports:
        r_12.append(report.r)
        r_1.append(plugged.of(report.column, report.first))
        r_2.append(plugged.of(report.column, report.second))
        own = n[report.sample] if report.sample < len(n) else np.nan
        people.append(own if np.isnan(report.n) else report.n)
    c = shared_correlation_of_errors(r_1=r_1, r_2=r_2, r_12=r_12)
    sampled = 1 / (np.maximum(people, 4.0) - 3)
    inside = np.abs(c) < 1
    variances = sampling.spread**2 + np.where(np.isnan(people), 0.0, sampled)
    return np.arctanh(c[inside]), np.asarray(variances)[inside]


def _up_to_rho(
    frame: pd.DataFrame,
    starts: NDArray[np.intp],
    pairs: Pairs,
    prior: Prior,
    notes: Sequence[str],
) -> Errors:
    """Matrices from pairs; those whose correlation is unknown have the pattern of rho."""
    unknown = np.isnan(pairs.c)
    known = np.where(unknown, 0.0, pairs.c) * pairs.factor
    pattern = np.where(unknown, pairs.factor, 0.0)
    ends = [float(prior.quantile(q)) for q in TAILS] if unknown.any() else [0.0]
    samples = [str(s) for s in frame["sample"].to_numpy()[starts]]
    refuse_indefinite(
        known,
        pattern,
        starts,
        ends=ends,
        samples=samples,
        count=len(frame),
        effects=lambda: _effect_names(frame),
    )
    prior, limited = _within_limits(prior, known, pattern, starts, len(frame))
    notes = (*notes, *limited)
    sd = np.sqrt(frame["vi"].to_numpy(float))
    sds = sd[pairs.a] * sd[pairs.b]
    fixed = in_order(blocks_of(sd**2, known * sds, starts))
    if not unknown.any():
        return Errors(fixed, notes=notes)
    free = in_order(blocks_of(np.zeros_like(sd), pattern * sds, starts))
    dependence = Dependence(prior, fixed, free, float(prior.quantile(0.5)))
    return Errors(dependence.covariances(dependence.centre), dependence, notes)


def _within_limits(
    prior: Prior, known: Array, pattern: Array, starts: NDArray[np.intp], count: int
) -> tuple[Prior, tuple[str, ...]]:
    """The prior of rho where every covariance is possible: known ones leave no room for all."""
    if not pattern.any() or prior.support == "point":
        return prior, ()
    inside = float(prior.quantile(0.5))
    ends = possible_range(known, pattern, starts, inside=inside, count=count)
    lower, upper = (float(prior.quantile(q)) for q in (0.0, 1.0))
    if ends[0] <= lower + LIMIT_OF_RHO and ends[1] >= upper - LIMIT_OF_RHO:
        return prior, ()
    base = prior.base if isinstance(prior, ReportedPrior) else prior
    none = np.zeros(0)
    reports = (prior.centres, prior.variances) if isinstance(prior, ReportedPrior) else (none, none)
    narrowed = ReportedPrior(base, *reports, limits=ends)
    low, high = narrowed.limits
    beyond = 1 - float(prior.cdf(high) - prior.cdf(low))
    return narrowed, (
        f"rho is taken between {low:.3g} and {high:.3g}: beyond, the covariances that are known "
        f"would contradict it (prior probability {beyond:.1g}).",
    )


def _effect_names(frame: pd.DataFrame) -> list[str]:
    names = frame["effect"].astype(str)
    if "subscale" in frame:
        scale = frame["subscale"].astype("string").fillna("").astype(str)
        names = names.where(scale == "", names + " (" + scale + ")")
    return list(names)
