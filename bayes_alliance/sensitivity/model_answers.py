"""Exact posteriors of one model among many, and how they are averaged."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
import xarray as xr
from scipy.linalg import null_space

from bayes_alliance.algebra.blocks import Array
from bayes_alliance.engines.exact.engine import ExactEngine
from bayes_alliance.names import TAU_EFFECT, TAU_SAMPLE, Level
from bayes_alliance.posterior.atom import WithAtom
from bayes_alliance.posterior.averaged import AveragedMarginal
from bayes_alliance.posterior.marginal import Marginal, MixtureMarginal
from bayes_alliance.posterior.provenance import Provenance
from bayes_alliance.posterior.quadrature import QuadraturePosterior
from bayes_alliance.sensitivity.model_space import Candidate
from bayes_alliance.sensitivity.moderator_levels import level_means, mean_weights
from bayes_alliance.spec.constrained import constrained
from bayes_alliance.spec.design import Design

__all__ = ["Estimand", "ModelAnswers", "answers_of", "averaged", "candidate_design",
           "compared_levels", "weights_of"]  # fmt: skip

#: What the mean averages: effect sizes of the table, or levels of the moderators.
Estimand = Literal["effects", "levels"]
#: Nodes with less probability than this within their model say nothing.
NEGLIGIBLE = 1e-11


@dataclass(frozen=True, slots=True)
class ModelAnswers:
    """Exact posteriors of one model, on the analysis scale.

    Parameters
    ----------
    mean, new_sample, new_effect : Marginal or None
        The mean, the mean of a new sample, and a new effect in it; None where it is exactly 0.
    taus : mapping of str to Marginal
        Of the levels that the model has.
    differences : mapping of (str, str) to Marginal
        By term and name.
    """

    mean: Marginal | None
    new_sample: Marginal | None
    new_effect: Marginal | None
    taus: Mapping[str, Marginal]
    differences: Mapping[tuple[str, str], Marginal]


def weights_of(design: Design, estimand: Estimand) -> Array:
    """Weights of the mean.

    Parameters
    ----------
    design : Design
        A model.
    estimand : {"effects", "levels"}
        Every effect size of the table counts the same, or every level of a categorical term.

    Returns
    -------
    ndarray, shape (p,)
        Slopes are at their centre.
    """
    if estimand == "effects":
        return mean_weights(design)
    even = tuple(replace(term, counts=(1,) * len(term.counts)) for term in design.terms)
    return mean_weights(replace(design, terms=even))


def candidate_design(design: Design, candidate: Candidate, weights: Array) -> Design:
    """The design of one model.

    Parameters
    ----------
    design : Design
        With its terms, and with every level of heterogeneity.
    candidate : Candidate
        Which levels it has, and whether its mean is 0.
    weights : ndarray, shape (p,)
        Of the mean.

    Returns
    -------
    Design
        Where the mean is 0, with coefficients g: beta = N g (see `spec.constrained`).
    """
    found = candidate.without_levels(design)
    return found if candidate.effect else constrained(found, weights)


def compared_levels(design: Design, names: Sequence[str]) -> dict[tuple[str, str], Array]:
    """Weights of every level against the equal-weight mean of the others, and of slopes.

    Parameters
    ----------
    design : Design
        A model.
    names : sequence of str
        Terms that are asked about.

    Returns
    -------
    dict of (str, str) to ndarray, shape (p,)
        By term and comparison; with two levels there is one.
    """
    found = {}
    for term in design.terms:
        if term.name not in names:
            continue
        means = level_means(design, term)
        if term.kind == "continuous":
            found[term.name, term.slope_name] = means[term.slope_name] - means["centre"]
        elif len(means) == 2:
            (a, first), (b, second) = means.items()
            found[term.name, f"{a} - {b}"] = first - second
        else:
            total = sum(means.values())
            for level, own in means.items():
                others = (total - own) / (len(means) - 1)
                found[term.name, f"{level} - others"] = own - others
    return found


def answers_of(
    design: Design,
    candidate: Candidate,
    weights: Array,
    *,
    tolerance: float,
) -> ModelAnswers:
    """Exact posteriors of one model.

    Parameters
    ----------
    design : Design
        With its terms, and with every level of heterogeneity.
    candidate : Candidate
        The model.
    weights : ndarray, shape (p,)
        Of the mean.
    tolerance : float
        Largest reported error of the quadrature.

    Returns
    -------
    ModelAnswers
        Of the mean, a new sample, taus and differences.
    """
    own, exact = candidate_design(design, candidate, weights), ExactEngine()
    posterior = QuadraturePosterior(
        tree=xr.DataTree(),
        blocks=own.blocks(),
        provenance=Provenance(engine=exact.name, seed=0, seconds=0.0),
        grid=exact.solve(own, tolerance=tolerance),
    )
    # In a model with mean 0 a combination of beta = N g is one of g.
    N = np.eye(len(weights)) if candidate.effect else null_space(weights[None, :])
    sample: tuple[Level, ...] = ("sample",) if candidate.has_sample else ()
    effect: tuple[Level, ...] = ("effect",) if candidate.has_effect else ()

    def new(levels: tuple[Level, ...]) -> Marginal | None:
        if not (candidate.effect or levels):
            return None
        return _thinned(posterior.predictive(N.T @ weights, levels))

    taus: dict[str, Marginal] = {}
    if candidate.has_sample:
        taus[TAU_SAMPLE] = posterior.tau("sample")
    if candidate.has_effect:
        taus[TAU_EFFECT] = posterior.tau("effect")
    return ModelAnswers(
        mean=_thinned(posterior.linear(N.T @ weights)) if candidate.effect else None,
        new_sample=new(sample),
        new_effect=new((*sample, *effect)),
        taus=taus,
        differences={
            key: _thinned(posterior.linear(N.T @ w))
            for key, w in compared_levels(design, candidate.terms).items()
        },
    )


def _thinned(found: Marginal) -> Marginal:
    """The same mixture without components that say nothing."""
    if not isinstance(found, MixtureMarginal) or found.weights is None:
        return found
    kept = found.weights > NEGLIGIBLE * found.weights.max()
    share = found.weights[kept]
    return MixtureMarginal(found.means[kept], found.sds[kept], share / share.sum())


def averaged(weights: Array, parts: Sequence[Marginal | None]) -> Marginal:
    """The mixture of what several models say.

    Parameters
    ----------
    weights : ndarray, shape (m,)
        Posterior probabilities of the models; they need not sum to 1.
    parts : sequence of (Marginal or None), length m
        None where the parameter is 0.

    Returns
    -------
    Marginal
        With an atom at 0 where some are None.
    """
    there = np.array([part is not None for part in parts])
    present = [part for part in parts if part is not None]
    if not present:
        return MixtureMarginal(np.zeros(1), np.zeros(1))
    share = weights[there] / weights[there].sum()
    absent = float(weights[~there].sum() / weights.sum())
    mixtures = [part for part in present if isinstance(part, MixtureMarginal)]
    joined: Marginal = AveragedMarginal(share, tuple(present))
    if all(part.sd == 0 for part in present):  # a tau that its prior fixes, the same in all models
        joined = present[0]
    elif len(mixtures) == len(present):
        joined = MixtureMarginal.joined(
            [_weighted(p, s) for p, s in zip(mixtures, share, strict=True)]
        )
    return WithAtom(joined, absent) if absent > 0 else joined


def _weighted(part: MixtureMarginal, share: float) -> MixtureMarginal:
    size = len(part.means)
    weights = np.full(size, 1 / size) if part.weights is None else part.weights
    return MixtureMarginal(part.means, part.sds, share * weights)
