"""Importance sampling from an adapted mixture: the scale-specific models without compiling."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Final

import numpy as np

from bayes_alliance.algebra.blocks import Array
from bayes_alliance.algebra.scales import ScaleSamples
from bayes_alliance.engines.assembly import assemble
from bayes_alliance.engines.engine import RunOptions
from bayes_alliance.engines.importance.adaptation import adapted
from bayes_alliance.engines.importance.coordinates import Coordinates, coordinates_of
from bayes_alliance.engines.importance.density import Problem, collapsed, problem_of
from bayes_alliance.engines.importance.mixture import systematic
from bayes_alliance.errors import EngineError
from bayes_alliance.posterior.posterior import Posterior
from bayes_alliance.posterior.proposals import IMPORTANCE_GROUP, Proposals
from bayes_alliance.posterior.provenance import Provenance, versions
from bayes_alliance.posterior.tree import add_group
from bayes_alliance.spec.design import Design

__all__ = ["ImportanceEngine", "Weighted", "smoothed", "weighted"]

#: Weights lose their meaning in more dimensions.
MOST_COORDINATES: Final = 15
#: A weight of e to minus this, relatively, is none.
NONE: Final = 700.0


@dataclass(frozen=True, slots=True)
class Weighted:
    """Points that stand for the posterior of the hyperparameters.

    Parameters
    ----------
    points : ndarray, shape (N, d)
        Coordinates.
    log_weights : ndarray, shape (N,)
        Pareto-smoothed, normalised to sum 1.
    pareto_k : float
        Shape of the tail of the raw weights.
    log_evidence : float
        Log of the mean smoothed weight before they were normalised.
    rounds : int
        Rounds of adaptation.
    """

    points: Array
    log_weights: Array
    pareto_k: float
    log_evidence: float
    rounds: int


class ImportanceEngine:
    """Adapted mixture of t distributions over the hyperparameters, all else in closed form."""

    name = "importance"

    def declines(self, design: Design) -> str | None:
        """Return why importance sampling cannot run a design.

        Parameters
        ----------
        design : Design
            The analysis.

        Returns
        -------
        str or None
            The reason; None if it can run it.
        """
        if design.scales is None:
            return "it is for scales that have sample effects of their own"
        if design.shrinkage is not None:
            return "it does not sample the shrinkage of the differences"
        if design.scale_models:
            return "it does not sample a tau that depends on moderators"
        if design.censored.any():
            return "effects known only as not significant make the likelihood not normal"
        if (size := coordinates_of(design).size) > MOST_COORDINATES:
            return f"{size} hyperparameters are too many for it (at most {MOST_COORDINATES})"
        return None

    def falls_short(self, posterior: Posterior) -> str | None:
        """Return why its answer is not to be relied on.

        Parameters
        ----------
        posterior : Posterior
            What `run` returned.

        Returns
        -------
        str or None
            Pareto k above 0.7 or too few effective points; None if neither.
        """
        return None if posterior.proposals is None else posterior.proposals.shortcoming

    def run(self, design: Design, options: RunOptions) -> Posterior:
        """Compute the posterior.

        The draws are the points, each as often as its weight says (systematic resampling): draws
        of the hyperparameters repeat, those of the coefficients, which come from their exact
        conditionals, do not.

        Parameters
        ----------
        design : Design
            The analysis; the engine must not decline it.
        options : RunOptions
            Seed, and how many chains of draws the tree shall hold.

        Returns
        -------
        Posterior
            Draws, the log marginal likelihood with its error, and the record of the weights.

        Raises
        ------
        EngineError
            If the posterior density is not finite anywhere.
        """
        began = time.perf_counter()
        blocks = design.blocks()
        if not isinstance(blocks, ScaleSamples):
            raise EngineError("importance sampling takes samples with effects of every scale only")
        layout, problem = coordinates_of(design), problem_of(design, blocks)
        found = weighted(layout, problem, np.random.default_rng([options.seed, 8]))
        rng = np.random.default_rng([options.seed, 9])
        size = options.chains * options.draws
        chosen = rng.permutation(systematic(np.exp(found.log_weights), size, rng))
        drawn = _draws(layout, problem, found.points, chosen, rng)
        shaped = {
            name: values.reshape(options.chains, options.draws, *values.shape[1:])
            for name, values in drawn.items()
        }
        tree = assemble(design, blocks, shaped, options.seed)
        record = Proposals(found.log_weights, found.pareto_k, len(np.unique(chosen)), found.rounds)
        add_group(tree, IMPORTANCE_GROUP, record.to_dataset())
        provenance = Provenance(
            engine=self.name,
            seed=options.seed,
            seconds=time.perf_counter() - began,
            settings={
                "chains": options.chains,
                "draws": options.draws,
                "proposals": len(found.points),
                "effective_draws": record.effective,
                "distinct_draws": record.distinct,
                "pareto_k": found.pareto_k,
            },
            versions=versions(),
        )
        return Posterior(
            tree=tree,
            blocks=blocks,
            provenance=provenance,
            log_marginal_likelihood=None if design.flat else found.log_evidence,
            log_marginal_likelihood_error=None if design.flat else record.error,
        )


def weighted(layout: Coordinates, problem: Problem, rng: np.random.Generator) -> Weighted:
    """Draw weighted points from the posterior of the hyperparameters.

    Parameters
    ----------
    layout : Coordinates
        What is sampled.
    problem : Problem
        The data.
    rng : numpy.random.Generator
        Source of randomness.

    Returns
    -------
    Weighted
        The points, their weights and the log marginal likelihood.

    Raises
    ------
    EngineError
        If the posterior density is not finite anywhere.
    """

    def log_density(x: Array) -> Array:
        given, log_prior = layout.parameters(x)
        total = log_prior + collapsed(problem, layout.covariance(given), given).log_density
        return np.where(np.isnan(total), -np.inf, total)

    points, log_weights, rounds = adapted(log_density, layout.cover(), rng)
    if not np.isfinite(log_weights.max()):
        raise EngineError('the posterior density is not finite anywhere. Use engine = "nuts"')
    log_smoothed, pareto_k, log_evidence = smoothed(log_weights)
    return Weighted(points, log_smoothed, pareto_k, log_evidence, rounds)


def smoothed(log_weights: Array) -> tuple[Array, float, float]:
    """Pareto-smooth importance weights (Vehtari et al. 2024, JMLR 25(72)).

    Parameters
    ----------
    log_weights : ndarray, shape (N,)
        Raw log weights; -inf where a point has none.

    Returns
    -------
    log_weights : ndarray, shape (N,)
        Smoothed and normalised to sum 1.
    pareto_k : float
        Shape of the tail; -inf if all weights in it are equal.
    log_mean : float
        Log of the mean of the smoothed weights before they were normalised.

    Examples
    --------
    >>> import numpy as np
    >>> from bayes_alliance.engines.importance.engine import smoothed
    >>> log_weights = np.random.default_rng(1).normal(size=4_000)  # their mean is e^0.5
    >>> round(smoothed(log_weights)[2], 1)
    0.5
    """
    from arviz_stats.base import array_stats

    raw = np.maximum(log_weights, log_weights.max() - NONE)
    if np.ptp(raw) < 1e-12:
        return np.full_like(raw, -np.log(len(raw))), -np.inf, float(raw[0])
    # It takes the weights of leave-one-out, log likelihoods, and turns their sign itself.
    result, pareto_k = array_stats.psislw(-raw)
    # Only the tail is smoothed: a point in the middle tells by what all were divided.
    middle = int(np.argsort(raw)[len(raw) // 2])
    log_mean = raw[middle] - result[middle] - np.log(len(raw))
    return np.asarray(result), float(pareto_k), float(log_mean)


def _draws(
    layout: Coordinates,
    problem: Problem,
    points: Array,
    chosen: Array,
    rng: np.random.Generator,
) -> dict[str, Array]:
    """Hyperparameters of the chosen points, and coefficients from their conditionals."""
    given, _ = layout.parameters(points)
    conditional = collapsed(problem, layout.covariance(given), given)
    drawn = {name: values[chosen] for name, values in given.items()}
    z = rng.standard_normal((len(chosen), conditional.mean.shape[1], 1))
    upper = conditional.factor[chosen].swapaxes(-1, -2)
    return {"beta": conditional.mean[chosen] + np.linalg.solve(upper, z)[..., 0], **drawn}
