"""Bayes factors of any hypothesis about an analysis, exact wherever the exact engine runs it.

A null is the same design with its restriction (`bayes_alliance.spec.constrained`), so that both
models are fitted to identical rows. The Bayes factor is the ratio of their marginal likelihoods;
where the Savage-Dickey ratio exists it is computed beside it from the exact densities (Dickey
1971). Orders are compared by the encompassing prior: posterior over prior probability of the order
(Klugkist, Laudy & Hoijtink 2005, doi 10.1037/1082-989X.10.4.477).
"""

from __future__ import annotations

from typing import Final

import numpy as np

from bayes_alliance.engines.evidence import Evidence, evidence_of, quick_evidence, refuse_flat
from bayes_alliance.engines.fitted import Fitted
from bayes_alliance.errors import InputError, Problem
from bayes_alliance.sensitivity.evaluations import Evaluations, options_of
from bayes_alliance.sensitivity.hypotheses import Hypothesis, read_hypothesis
from bayes_alliance.sensitivity.orders import effective_draws, notes_of_order, order_evidence
from bayes_alliance.sensitivity.regions import region_of
from bayes_alliance.sensitivity.savage_dickey import savage_dickey
from bayes_alliance.sensitivity.scales import FACTORS, curve_of, knobs_of, prior_scales
from bayes_alliance.spec.constrained import constrained, without_levels
from bayes_alliance.spec.design import Design
from bayes_alliance.summaries.evidence import BayesFactor
from bayes_alliance.summaries.hypotheses import HypothesisTest, LogEvidence

__all__ = ["bayes_factor", "refuse_odds", "restricted"]

#: Odds beyond this, either way, are no odds before the data.
MOST_ODDS: Final = 1e12
METHODS: Final = {
    "exact": "exact (quadrature)",
    "importance": "importance sampling",
    "smc": "sequential Monte Carlo",
}


def bayes_factor(
    fitted: Fitted,
    hypothesis: str | Hypothesis,
    *,
    prior_odds: float = 1.0,
    evaluations: Evaluations | None = None,
    curve: bool = True,
    progress: bool = False,
) -> HypothesisTest:
    """Test a hypothesis about an analysis.

    Parameters
    ----------
    fitted : Fitted
        The analysis.
    hypothesis : str or Hypothesis
        For example ``task = bond``; see `bayes_alliance.sensitivity.hypotheses`.
    prior_odds : float
        Before the data: odds of the alternative against the null; of an order against its
        complement.
    evaluations : Evaluations, optional
        Of the same analysis, to be used again.
    curve : bool
        Whether the Bayes factor is computed over the scale of the priors too.
    progress : bool
        Whether a simulation shows its progress.

    Returns
    -------
    HypothesisTest
        Bayes factor with error, words, and what it depends on.

    Raises
    ------
    InputError
        If the text is no hypothesis about this analysis, the odds are not positive, or a prior
        has no marginal likelihood.
    """
    refuse_odds(prior_odds)
    design = fitted.design
    asked = hypothesis
    if not isinstance(asked, Hypothesis):
        asked = read_hypothesis(asked, design)
    used = evaluations or Evaluations(fitted, options_of(fitted, progress=progress))
    if asked.kind == "order":
        return _order(used, asked, prior_odds, curve=curve)
    refuse_flat(design)
    _refuse_shrinkage(asked, design)
    return _null(used, asked, prior_odds, curve=curve)


def refuse_odds(prior_odds: float) -> None:
    """Refuse prior odds that are none.

    Parameters
    ----------
    prior_odds : float
        Odds before the data.

    Raises
    ------
    InputError
        If they are not positive and finite.
    """
    if isinstance(prior_odds, bool) or not isinstance(prior_odds, int | float | np.number):
        shown = f"of type {type(prior_odds).__name__}"
    elif 1 / MOST_ODDS <= prior_odds <= MOST_ODDS:
        return
    else:
        shown = f"{prior_odds:g}"
    raise InputError(
        Problem(
            what=f"prior odds are a positive number, they are {shown}",
            where="prior_odds",
            cure="Give 1 for even odds, 3 for an alternative three times as probable as the null",
            code="prior_odds",
        )
    )


def _refuse_shrinkage(asked: Hypothesis, design: Design) -> None:
    if design.shrinkage is None or not len(asked.weights):
        return
    raise InputError(
        Problem(
            what="with a shrinkage factor the prior of the coefficients is no normal, and "
            f"what it is given {asked.text!r} is not computed",
            where="key priors.shrinkage",
            cure="Leave the shrinkage out, or ask about a standard deviation or an order",
            code="shrinkage_evidence",
        )
    )


def restricted(design: Design, asked: Hypothesis) -> Design:
    """The null of a hypothesis.

    Parameters
    ----------
    design : Design
        The analysis.
    asked : Hypothesis
        A null.

    Returns
    -------
    Design
        The same rows with the restriction.
    """
    given = constrained(design, asked.weights) if len(asked.weights) else design
    return without_levels(given, asked.levels) if asked.levels else given


def _null(
    used: Evaluations, asked: Hypothesis, prior_odds: float, *, curve: bool
) -> HypothesisTest:
    fitted = used.fitted
    design, knobs = fitted.design, knobs_of(asked, fitted.design)
    whole, null = used.whole(), evidence_of(restricted(design, asked), used.options)
    found = BayesFactor(
        hypothesis=asked.opposite,
        null=asked.text,
        log_bf10=whole.log_value - null.log_value,
        error=whole.error_of_ratio(null),
        prior_odds=float(prior_odds),
        method=_method(whole, null),
    )

    def at(factor: float) -> tuple[float, float]:
        changed = restricted(used.design(knobs, factor), asked)
        below = quick_evidence(changed, used.options)
        above = used.whole(knobs, factor)
        if below is None:
            raise ValueError("a curve needs a quick marginal likelihood at every point")
        return above.log_value - below.log_value, above.error_of_ratio(below)

    quick = whole.quick and null.quick
    # Where each point is simulated, fewer of them must do.
    factors = FACTORS if whole.bounded and null.bounded else FACTORS[::4]
    probability, region = region_of(fitted, asked)
    return HypothesisTest(
        hypothesis=asked.text,
        bayes_factor=found,
        alternative=LogEvidence(whole.log_value, whole.error, whole.engine),
        null=LogEvidence(null.log_value, null.error, null.engine),
        savage_dickey=savage_dickey(design, asked, used.grid()) if used.exact else None,
        rope_probability=probability,
        rope=region,
        prior_scales=prior_scales(design, knobs),
        prior_sd=_prior_sd(design, asked),
        curve=curve_of(at, design, knobs, factors) if curve and quick and knobs else None,
        notes=_notes(asked, design, quick=quick),
    )


def _method(a: Evidence, b: Evidence) -> str:
    return " and ".join(METHODS[name] for name in dict.fromkeys((a.engine, b.engine)))


def _prior_sd(design: Design, asked: Hypothesis) -> float | None:
    if len(asked.weights) != 1 or asked.levels or design.shrinkage is not None:
        return None
    w = asked.weights[0]
    return float(np.sqrt(w @ design.prior_covariance() @ w))


def _notes(asked: Hypothesis, design: Design, *, quick: bool) -> tuple[str, ...]:
    told = []
    if not quick:
        told.append(
            "The marginal likelihoods were simulated (sequential Monte Carlo): there is no curve "
            "over the prior scale. Change the scale in the specification and fit again."
        )
    if design.tau_total is not None and {"sample", "effect"} & set(asked.levels):
        told.append(
            "Total heterogeneity and its share have one prior: without the one level, the other "
            "has the prior of the total."
        )
    both = design.tau_sample is not None and design.tau_effect is not None
    if both and len(asked.levels) == 1 and len(design.starts) == len(design.y):
        told.append(
            "Every sample has one effect size, which cannot tell the levels apart: without one, "
            "the other takes its place."
        )
    return tuple(told)


def _order(
    used: Evaluations, asked: Hypothesis, prior_odds: float, *, curve: bool
) -> HypothesisTest:
    fitted = used.fitted
    design, knobs = fitted.design, knobs_of(asked, fitted.design)
    grid = used.grid() if used.exact else None
    draws = None if used.exact else fitted.posterior.draws("beta")
    found, order = order_evidence(
        asked,
        design,
        grid=grid,
        draws=draws,
        effective=lambda values: effective_draws(fitted.posterior, values),
        prior_odds=prior_odds,
    )

    def at(factor: float) -> tuple[float, float]:
        changed = used.design(knobs, factor)
        here = used.grid(knobs, factor)
        _, there = order_evidence(asked, changed, grid=here, prior_odds=prior_odds)
        return there.complement.log_bf10, there.complement.error

    return HypothesisTest(
        hypothesis=asked.text,
        bayes_factor=found,
        order=order,
        prior_scales=prior_scales(design, knobs),
        curve=curve_of(at, design, knobs, FACTORS) if curve and used.exact else None,
        notes=notes_of_order(order),
    )
