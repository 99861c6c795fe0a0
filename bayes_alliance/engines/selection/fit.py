"""A selection model fitted: NUTS for the posterior, importance sampling for its evidence."""

from __future__ import annotations

import time
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final

import numpy as np
import pandas as pd

from bayes_alliance.algebra.blocks import Array
from bayes_alliance.engines.assembly import coordinates
from bayes_alliance.engines.engine import RunOptions
from bayes_alliance.engines.evidence import Evidence
from bayes_alliance.engines.selection.evidence import WeightedSelection, importance_of_selection
from bayes_alliance.engines.selection.steps import Steps, refusal_of_selection
from bayes_alliance.errors import InputError, Problem
from bayes_alliance.names import INTERVAL_PROBABILITY, SAMPLE_ID, TAU_EFFECT, TAU_SAMPLE
from bayes_alliance.posterior.posterior import Posterior
from bayes_alliance.posterior.provenance import Provenance, versions
from bayes_alliance.posterior.tree import add_group, labelled
from bayes_alliance.spec.design import Design

if TYPE_CHECKING:
    import xarray as xr

__all__ = ["TARGET_ACCEPT", "Diagnostics", "SelectionFit", "fit_selection", "refuse_selection"]

#: NUTS takes at least this: at .8 most fits of selection models have divergences.
TARGET_ACCEPT: Final = 0.95
#: As for every sampler here (Vehtari et al. 2021, doi 10.1214/20-BA1221).
LARGEST_R_HAT: Final = 1.01
SMALLEST_ESS: Final = 400
#: More divergent transitions than this share of the draws spoil a posterior.
MOST_DIVERGENT: Final = 0.001
#: Both computations of a mean may differ by so many posterior sds.
LARGEST_DIFFERENCE: Final = 0.2


@dataclass(frozen=True, slots=True)
class Diagnostics:
    """Whether the draws of a selection model can be relied on.

    Parameters
    ----------
    r_hat : float
        Largest rank-normalised split R-hat of coefficients, taus and weights.
    ess_bulk, ess_tail : float
        Smallest effective sample sizes of the same.
    divergent : int
        Divergent transitions after tuning.
    draws : int
        Draws in all chains.
    difference : float
        Largest difference of a coefficient's mean by NUTS and by importance sampling, in posterior
        sds.
    pareto_k : float
        Of the weights of the importance sampler.
    ess_importance : float
        Effective points of the importance sampler.
    cautions : tuple of str
        What is wrong; empty if nothing is.
    """

    r_hat: float
    ess_bulk: float
    ess_tail: float
    divergent: int
    draws: int
    difference: float
    pareto_k: float
    ess_importance: float
    cautions: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, repr=False)
class SelectionFit:
    """A fitted selection model.

    Parameters
    ----------
    design : Design
        The analysis.
    steps : Steps
        What was claimed about selection.
    posterior : Posterior
        Draws by NUTS; its tree has ``omega`` (dim ``step``) beside the parameters of every fit,
        ``theta_sample`` where effects get lost one by one, and the sampler's statistics.
    evidence : Evidence
        Log marginal likelihood of the published effects by importance sampling, with its standard
        error.
    diagnostics : Diagnostics
        Whether to rely on it.
    """

    design: Design
    steps: Steps
    posterior: Posterior
    evidence: Evidence
    diagnostics: Diagnostics = field(repr=False)

    @property
    def weights(self) -> pd.DataFrame:
        """Posterior of the weights, one row a step.

        Index ``step``. ``count`` (effects, or samples where these get lost), ``mean``,
        ``median``, ``lower``, ``upper`` of the probability to be published relative to the most
        significant step, and of the same under the prior ``prior_mean``.
        """
        omega = self.posterior.draws("omega")
        tails = (1 - INTERVAL_PROBABILITY) / 2
        lower, median, upper = np.quantile(omega, [tails, 0.5, 1 - tails], axis=0)
        shapes = self.steps.shapes
        prior = np.concatenate([[1.0], np.cumprod(shapes / (shapes + 1))])
        return pd.DataFrame(
            {
                "count": self.steps.counts,
                "mean": omega.mean(axis=0),
                "median": median,
                "lower": lower,
                "upper": upper,
                "prior_mean": prior,
            },
            index=pd.Index(self.steps.labels, name="step"),
        )

    def __repr__(self) -> str:
        rows = [f"{step} {w:.2f}" for step, w in self.weights["median"].items()]
        return (
            f"SelectionFit by {self.steps.mechanism}: weights {', '.join(rows)}\n"
            f"  log marginal likelihood {self.evidence.log_value:.3f} "
            f"(error {self.evidence.error:.3f})\n"
            f"  {len(self.diagnostics.cautions)} cautions; next: .weights, .posterior, .diagnostics"
        )


def fit_selection(design: Design, steps: Steps, options: RunOptions | None = None) -> SelectionFit:
    """Fit a selection model.

    Parameters
    ----------
    design : Design
        The analysis; its sampling errors must be independent and its priors proper.
    steps : Steps
        The selection model, from `steps_of`.
    options : RunOptions, optional
        Chains, draws, seed, sampler, progress; the target acceptance is at least .95.

    Returns
    -------
    SelectionFit
        Posterior, evidence and diagnostics.

    Raises
    ------
    InputError
        If there is no selection model of this design (reason told).
    EngineError
        If a sampler cannot start.
    """
    from bayes_alliance.engines.nuts.engine import sample_model
    from bayes_alliance.engines.selection.model import build_selection_model

    refuse_selection(design)
    began = time.perf_counter()
    given = options or RunOptions(draws=1_000)
    given = replace(given, target_accept=max(given.target_accept, TARGET_ACCEPT))
    weighted = importance_of_selection(design, steps, np.random.default_rng([given.seed, 21]))
    sampled = sample_model(build_selection_model(design, steps), given)
    posterior = _posterior(design, steps, sampled, weighted, given, began)
    return SelectionFit(
        design=design,
        steps=steps,
        posterior=posterior,
        evidence=Evidence(weighted.log_evidence, weighted.error, "importance"),
        diagnostics=_diagnose(design, posterior, weighted),
    )


def refuse_selection(design: Design) -> None:
    """Refuse a design that has no selection model.

    Parameters
    ----------
    design : Design
        The analysis.

    Raises
    ------
    InputError
        With the reason.
    """
    reason = refusal_of_selection(design)
    if reason is not None:
        raise InputError(
            Problem(
                what=f"there is no selection model of this analysis: {reason}",
                where="selection model",
                cure="Take a simpler model, such as overall or subscales_independent",
                code="no_selection_model",
            )
        )


def _posterior(
    design: Design,
    steps: Steps,
    sampled: xr.DataTree,
    weighted: WeightedSelection,
    options: RunOptions,
    began: float,
) -> Posterior:
    import xarray as xr

    from bayes_alliance.engines.selection.model import STEP

    dataset = sampled["posterior"].dataset
    names = [n for n in ("beta", TAU_SAMPLE, TAU_EFFECT, "theta_sample") if n in dataset]
    drawn = {
        name: np.asarray(dataset[name].transpose("chain", "draw", ...).to_numpy(), float)
        for name in names
    }
    labels = {**coordinates(design), SAMPLE_ID: design.sample_ids}
    kept = labelled(drawn, labels).assign(
        omega=(("chain", "draw", STEP), dataset["omega"].transpose("chain", "draw", STEP).values)
    )
    tree = xr.DataTree()
    add_group(tree, "posterior", kept.assign_coords({STEP: list(steps.labels)}))
    statistics = sampled["sample_stats"].dataset
    add_group(tree, "sample_stats", statistics[["diverging"]].drop_attrs())
    provenance = Provenance(
        engine="nuts",
        seed=options.seed,
        seconds=time.perf_counter() - began,
        settings={
            "chains": options.chains,
            "draws": options.draws,
            "tune": options.tune,
            "target_accept": options.target_accept,
            "sampler": options.sampler,
            "mechanism": steps.mechanism,
        },
        versions=versions(),
    )
    return Posterior(
        tree=tree,
        blocks=design.blocks(),
        provenance=provenance,
        log_marginal_likelihood=weighted.log_evidence,
        log_marginal_likelihood_error=weighted.error,
    )


def _diagnose(design: Design, posterior: Posterior, weighted: WeightedSelection) -> Diagnostics:
    from arviz_stats.base import array_stats

    tree = posterior.tree
    values = _varying(tree["posterior"].dataset)
    axes = {"chain_axis": 0, "draw_axis": 1}
    r_hat = float(np.max(array_stats.rhat(values, method="rank", **axes)))
    bulk = float(np.min(array_stats.ess(values, method="bulk", **axes)))
    tail = float(np.min(array_stats.ess(values, method="tail", prob=(0.05, 0.95), **axes)))
    diverging = tree["sample_stats"].dataset["diverging"].to_numpy()
    apart = []
    for weights in np.eye(len(design.coefficients)):
        mean, sd = weighted.moments(weights)
        apart.append(abs(posterior.linear(weights).mean - mean) / sd)
    found = Diagnostics(
        r_hat=r_hat,
        ess_bulk=bulk,
        ess_tail=tail,
        divergent=int(diverging.sum()),
        draws=int(diverging.size),
        difference=float(max(apart)),
        pareto_k=weighted.proposals.pareto_k,
        ess_importance=weighted.proposals.effective,
    )
    return replace(found, cautions=_cautions(found, weighted))


def _varying(dataset: xr.Dataset) -> Array:
    """Coefficients, taus and weights but the first, shape (chain, draw, P)."""
    pieces = []
    for name in ("beta", TAU_SAMPLE, TAU_EFFECT, "omega"):
        if name not in dataset:
            continue
        values = dataset[name].transpose("chain", "draw", ...).to_numpy()
        values = values.reshape(*values.shape[:2], -1)
        pieces.append(values[..., 1:] if name == "omega" else values)
    joined = np.concatenate(pieces, axis=-1).astype(float)
    return np.asarray(joined[..., np.ptp(joined, axis=(0, 1)) > 0])


def _cautions(found: Diagnostics, weighted: WeightedSelection) -> tuple[str, ...]:
    told = []
    if not found.r_hat <= LARGEST_R_HAT:
        told.append(f"the chains do not agree (R-hat {found.r_hat:.3f}, above {LARGEST_R_HAT})")
    few = min(found.ess_bulk, found.ess_tail)
    if not few >= SMALLEST_ESS:
        told.append(f"there are only {few:.0f} effective draws ({SMALLEST_ESS} are needed)")
    if found.divergent > MOST_DIVERGENT * found.draws:
        told.append(f"{found.divergent} of {found.draws} transitions diverged")
    if not found.difference <= LARGEST_DIFFERENCE:
        told.append(
            f"NUTS and importance sampling differ by {found.difference:.2f} posterior sd in a mean"
        )
    if weighted.proposals.shortcoming is not None:
        told.append(f"the marginal likelihood is not reliable: {weighted.proposals.shortcoming}")
    return tuple(told)
