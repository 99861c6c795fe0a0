"""What the priors say about true effects before any data, in numbers and in words.

The mean has a normal prior; a new sample adds tau_sample, a new effect tau_effect too, and both are
integrated over their priors: N(m, s^2 + tau_sample^2 + tau_effect^2) averaged over quantiles of
each tau at the nodes of a Gauss-Legendre rule. Where there are further unknown scales, all
of them are drawn, and given them everything is normal.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
import pandas as pd

from bayes_alliance.algebra.blocks import Array
from bayes_alliance.engines.assembly import coordinates, draw_prior
from bayes_alliance.engines.fitted import Fitted
from bayes_alliance.names import INTERVAL_PROBABILITY, Level
from bayes_alliance.posterior.marginal import Marginal, MixtureMarginal
from bayes_alliance.posterior.posterior import Posterior
from bayes_alliance.posterior.tree import add_group, labelled
from bayes_alliance.spec.design import Design
from bayes_alliance.spec.prior import Prior
from bayes_alliance.summaries.scale import Scale

__all__ = ["PriorPredictive", "prior_predictive"]

#: Nodes of each tau.
NODES: Final = 160
#: Draws where the scales are not two independent taus.
DRAWS: Final = 40_000
#: Quantities named in a sentence.
MOST_NAMES: Final = 8
TARGETS: Final[tuple[tuple[str, tuple[Level, ...]], ...]] = (
    ("mean", ()),
    ("new sample", ("sample",)),
    ("new effect", ("sample", "effect")),
)


@dataclass(frozen=True, slots=True)
class PriorPredictive:
    """Limits of true effects before any data.

    Parameters
    ----------
    table : pandas.DataFrame
        Index ``quantity`` and ``of`` (mean, new sample, new effect; difference for contrasts);
        ``median``, ``lower``, ``upper`` on the analysis scale and, for correlations, ``r_median``,
        ``r_lower``, ``r_upper`` (NaN for differences).
    sentences : tuple of str
        The same in words, quantities with the same prior told once.
    integrated : bool
        Whether the taus were integrated by their quantiles, otherwise by seeded draws.
    probability : float
        Of every interval.
    """

    table: pd.DataFrame
    sentences: tuple[str, ...]
    integrated: bool
    probability: float

    def __repr__(self) -> str:
        told = [f"  {line}" for line in self.sentences]
        return "\n".join(["Before any data", *told, "  next: .table"])


def prior_predictive(
    fitted: Fitted, *, probability: float = INTERVAL_PROBABILITY
) -> PriorPredictive:
    """Say where the priors expect means, new samples and new effects.

    Parameters
    ----------
    fitted : Fitted
        The analysis; its posterior is not read.
    probability : float
        Of every interval.

    Returns
    -------
    PriorPredictive
        Limits and sentences; with a flat prior of the location (or of differences) there are none,
        and the sentence says so.

    Examples
    --------
    >>> from bayes_alliance.data.bundled import load
    >>> from bayes_alliance.engines.choose import run_analysis
    >>> from bayes_alliance.spec.library import read_specification
    >>> fitted = run_analysis(load("ibi_synthetic"), read_specification("overall"))
    >>> prior_predictive(fitted).table["r_upper"].round(2).tolist()
    [0.75, 0.8, 0.81]
    """
    design = fitted.design
    if design.flat:
        said = f"The prior of {' and of '.join(design.flat)} is flat: it says nothing beforehand."
        columns = ["median", "lower", "upper", "r_median", "r_lower", "r_upper"]
        index = pd.MultiIndex.from_arrays([[], []], names=["quantity", "of"])
        empty = pd.DataFrame(columns=columns, index=index, dtype=float)
        return PriorPredictive(empty, (said,), True, probability)
    scale = Scale(design.measure)
    tails = np.array([0.5, (1 - probability) / 2, (1 + probability) / 2])
    rows = [
        (quantity, of, *limits, *(scale.to_r(limits) if in_r else np.full(3, np.nan)))
        for quantity, of, limits, in_r in _limits(fitted, scale, tails)
    ]
    ends = ("median", "lower", "upper")
    columns = ["quantity", "of", *ends, *(f"r_{end}" for end in ends)]
    table = pd.DataFrame(rows, columns=columns).set_index(["quantity", "of"])
    if not scale.has_r:
        table = table[list(ends)]
    told = tuple(_sentences(table, scale, probability))
    return PriorPredictive(table, told, _plain(design), probability)


def _limits(fitted: Fitted, scale: Scale, tails: Array) -> Iterator[tuple[str, str, Array, bool]]:
    """Quantity, what of it, its median and limits, and whether they are correlations."""
    design = fitted.design
    drawn = None if _plain(design) else _with_prior_draws(fitted)
    for quantity in design.quantities:
        mean = quantity.role == "mean"
        for of, levels in TARGETS if mean else TARGETS[:1]:
            marginal = _marginal(design, drawn, quantity.weights, levels)
            name = of if mean else "difference"
            yield quantity.name, name, marginal.quantile(tails), mean and scale.has_r
    told = {quantity.name for quantity in design.quantities}
    for contrast in design.contrasts:
        if contrast.name in told:  # a slope is both
            continue
        weights = contrast.of - contrast.minus.mean(axis=0)
        yield (
            contrast.name, "difference", _marginal(design, drawn, weights, ()).quantile(tails),
            False,
        )  # fmt: skip


def _plain(design: Design) -> bool:
    """Whether nothing but two independent taus has to be integrated."""
    others = (design.shrinkage, design.tau_total, design.scales, design.groups, design.df)
    return all(other is None for other in others) and not design.scale_models


def _marginal(
    design: Design, drawn: Posterior | None, weights: Array, levels: Sequence[Level]
) -> Marginal:
    """Normal given the scales, averaged over these."""
    if drawn is None:
        priors = {"sample": design.tau_sample, "effect": design.tau_effect}
        taus = [prior for level in levels if (prior := priors[level]) is not None]
        added, shares = _added(taus)
    else:
        size = len(drawn.draws("beta", "prior"))
        spread = drawn.new_spread(levels, "prior", weights) if levels else np.zeros(size)
        added, shares = np.square(spread), None
    variance = float(np.square(weights @ design.prior_location))
    differences = float(np.square(weights @ design.prior_differences).sum())
    factor = drawn.draws("shrinkage", "prior") if drawn and design.shrinkage else np.ones(1)
    spreads = np.sqrt(variance + differences * np.square(factor) + added)
    return MixtureMarginal(np.full(len(spreads), weights @ design.prior_mean), spreads, shares)


def _added(taus: Sequence[Prior]) -> tuple[Array, Array]:
    """Sums of squares of values of the taus, and their probabilities."""
    nodes, weights = np.polynomial.legendre.leggauss(NODES)
    squares, shares = np.zeros(1), np.ones(1)
    for prior in taus:
        own = np.square(prior.quantile((nodes + 1) / 2))
        squares = (squares[:, None] + own).ravel()
        shares = (shares[:, None] * weights / 2).ravel()
    return squares, shares


def _with_prior_draws(fitted: Fitted) -> Posterior:
    """The posterior with many more draws of its prior."""
    import xarray as xr

    posterior, design = fitted.posterior, fitted.design
    rng = np.random.default_rng([posterior.provenance.seed, 8])
    drawn = draw_prior(design, DRAWS, rng)
    named = {name: values[None] for name, values in drawn.items()}
    tree = xr.DataTree()
    add_group(tree, "posterior", posterior.tree["posterior"].dataset)
    add_group(tree, "prior", labelled(named, coordinates(design)))
    return replace(posterior, tree=tree)


def _sentences(table: pd.DataFrame, scale: Scale, probability: float) -> Iterator[str]:
    """One sentence for all quantities that have the same limits."""
    ends = ("r_lower", "r_upper") if scale.has_r else ("lower", "upper")
    what = "correlation" if scale.has_r else "effect"
    limits: dict[str, tuple[str, ...]] = {}
    for row in table.reset_index().to_dict("records"):
        difference = row["of"] == "difference"
        own = ("lower", "upper") if difference else ends
        written = tuple(_number(row[end], scale.has_r and not difference) for end in own)
        before = limits.get(row["quantity"], ("difference" if difference else "mean",))
        limits[row["quantity"]] = (*before, *written)
    told: dict[tuple[str, ...], list[str]] = {}
    for name, written in limits.items():
        told.setdefault(written, []).append(name)
    share = f"{100 * probability:g} %"
    for (kind, *given), names in told.items():
        rest = [f"and {len(names) - MOST_NAMES} more"] if len(names) > MOST_NAMES else []
        who = f" ({', '.join([*names[:MOST_NAMES], *rest])})" if len(told) > 1 else ""
        if kind == "difference":
            yield (
                f"Before any data {share} of differences{who} lie between {given[0]} and "
                f"{given[1]} on the analysis scale."
            )
            continue
        low, high, low_sample, high_sample, low_effect, high_effect = given
        yield (
            f"Before any data the priors say that {share} of true mean {what}s{who} lie between "
            f"{low} and {high}, {share} of the {what}s of a new sample between {low_sample} and "
            f"{high_sample}, and {share} of new true {what}s between {low_effect} and "
            f"{high_effect}."
        )


def _number(value: float, in_r: bool) -> str:
    text = f"{value:.2f}"
    if float(text) == 0:
        return "0"
    return text.replace("0.", ".", 1) if in_r else text
