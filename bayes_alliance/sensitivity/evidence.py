"""Bayes factors of any hypothesis about an analysis, exact wherever the exact engine runs it.

A null is the same design with its restriction (`bayes_alliance.spec.constrained`), so that both
models are fitted to identical rows. The Bayes factor is the ratio of their marginal likelihoods;
where the Savage-Dickey ratio exists it is computed beside it from the exact densities (Dickey
1971). Orders are compared by the encompassing prior: posterior over prior probability of the order
(Klugkist, Laudy & Hoijtink 2005, doi 10.1037/1082-989X.10.4.477).
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

import numpy as np

from bayes_alliance.engines.engine import RunOptions
from bayes_alliance.engines.evidence import Evidence, evidence_of, quick_evidence, refuse_flat
from bayes_alliance.engines.exact.engine import ExactEngine
from bayes_alliance.engines.fitted import Fitted
from bayes_alliance.errors import InputError, Problem
from bayes_alliance.posterior.grid import Grid
from bayes_alliance.posterior.stack import GridStack
from bayes_alliance.sensitivity.densities import log_density_at_zero, normals_of
from bayes_alliance.sensitivity.hypotheses import Hypothesis, null_of, read_hypothesis
from bayes_alliance.sensitivity.orders import notes_of_order, order_evidence, prior_normal
from bayes_alliance.sensitivity.regions import region_of
from bayes_alliance.sensitivity.scales import FACTORS, curve_of, knobs_of, prior_scales
from bayes_alliance.spec.constrained import constrained, without_levels
from bayes_alliance.spec.design import Design
from bayes_alliance.spec.rescaled import Knob, rescaled
from bayes_alliance.summaries.evidence import BayesFactor
from bayes_alliance.summaries.hypotheses import HypothesisTest, LogEvidence

__all__ = ["Evaluations", "bayes_factor", "invited", "invited_tests", "refuse_evidence"]

#: Odds beyond this, either way, are no odds before the data.
MOST_ODDS: Final = 1e12
#: Log Bayes factors above these are beyond the nodes of the posterior: the ratio of densities is
#: good to 1e-6 below them, and misses a tenth and more at 40 (of a tau at 20).
TRUSTED: Final = 16.0
TRUSTED_OF_TAU: Final = 9.0
METHODS: Final = {
    "exact": "exact (quadrature)",
    "importance": "importance sampling",
    "smc": "sequential Monte Carlo",
}


@dataclass
class Evaluations:
    """Marginal likelihoods of one analysis, each computed once.

    Parameters
    ----------
    fitted : Fitted
        The analysis.
    options : RunOptions
        Tolerance, seed, progress.
    """

    fitted: Fitted
    options: RunOptions
    _whole: dict[tuple[tuple[Knob, ...], float], Evidence] = field(default_factory=dict)
    _grids: dict[tuple[tuple[Knob, ...], float], Grid | GridStack] = field(default_factory=dict)

    @property
    def exact(self) -> bool:
        """Whether the analysis itself is solved by quadrature."""
        return ExactEngine().declines(self.fitted.design) is None

    def design(self, knobs: tuple[Knob, ...], factor: float) -> Design:
        """The design with some prior scales multiplied.

        Parameters
        ----------
        knobs : tuple of str
            Which.
        factor : float
            By what.

        Returns
        -------
        Design
            Itself for a factor of 1.
        """
        given = self.fitted.design
        return given if factor == 1 else rescaled(given, knobs, factor)

    def whole(self, knobs: tuple[Knob, ...] = (), factor: float = 1.0) -> Evidence:
        """Marginal likelihood without the hypothesis.

        Parameters
        ----------
        knobs : tuple of str
            Prior scales that are multiplied.
        factor : float
            By what.

        Returns
        -------
        Evidence
            Value and error.
        """
        key = (() if factor == 1 else knobs, factor)
        if key not in self._whole:
            if self.exact:
                refuse_flat(self.fitted.design)
                grid = self.grid(knobs, factor)
                found = Evidence(float(grid.log_evidence), float(grid.error), "exact")
            else:
                found = evidence_of(self.design(knobs, factor), self.options)
            self._whole[key] = found
        return self._whole[key]

    def grid(self, knobs: tuple[Knob, ...] = (), factor: float = 1.0) -> Grid | GridStack:
        """Exact posterior without the hypothesis.

        Parameters
        ----------
        knobs : tuple of str
            Prior scales that are multiplied.
        factor : float
            By what.

        Returns
        -------
        Grid or GridStack
            Its nodes.
        """
        key = (() if factor == 1 else knobs, factor)
        if key not in self._grids:
            design = self.design(knobs, factor)
            self._grids[key] = ExactEngine().solve(design, tolerance=self.options.tolerance)
        return self._grids[key]


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
    asked = read_hypothesis(hypothesis, design) if isinstance(hypothesis, str) else hypothesis
    used = evaluations or Evaluations(fitted, _options(fitted, progress))
    if asked.kind == "order":
        return _order(used, asked, prior_odds, curve=curve)
    refuse_flat(design)
    _refuse_shrinkage(asked, design)
    return _null(used, asked, prior_odds, curve=curve)


def _options(fitted: Fitted, progress: bool) -> RunOptions:
    return RunOptions.of(fitted.specification.run, cores=1, progress=progress)


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
        error=_error(whole, null),
        prior_odds=float(prior_odds),
        method=_method(whole, null),
    )

    def at(factor: float) -> tuple[float, float]:
        changed = restricted(used.design(knobs, factor), asked)
        below = quick_evidence(changed, used.options)
        above = used.whole(knobs, factor)
        if below is None:
            raise ValueError("a curve needs a quick marginal likelihood at every point")
        return above.log_value - below.log_value, _error(above, below)

    quick = "smc" not in (whole.engine, null.engine)
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
        curve=curve_of(at, design, knobs, FACTORS) if curve and quick and knobs else None,
        notes=_notes(asked, design, quick=quick),
    )


def _error(a: Evidence, b: Evidence) -> float:
    """Bounds add up, standard errors of independent simulations by their squares."""
    if a.engine == "exact" or b.engine == "exact":
        return a.error + b.error
    return math.hypot(a.error, b.error)


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


def savage_dickey(design: Design, asked: Hypothesis, grid: Grid | GridStack) -> float | None:
    """Log Bayes factor against a null as the log ratio of prior to posterior density at it.

    Parameters
    ----------
    design : Design
        The analysis.
    asked : Hypothesis
        A null: restrictions of the coefficients, or one tau that is 0.
    grid : Grid or GridStack
        Exact posterior of the analysis.

    Returns
    -------
    float or None
        None where the prior density at 0 is 0 or infinite, where coefficients and taus are
        restricted together, where both taus are, or where a total and a share tie them; and where
        the Bayes factor is so large that the nodes of the posterior do not reach the null.
    """
    if len(asked.weights) and not asked.levels:
        prior = log_density_at_zero(prior_normal(design, asked.weights))
        found = prior - log_density_at_zero(normals_of(grid).of(asked.weights))
        return found if found < TRUSTED else None
    if len(asked.weights) or len(asked.levels) != 1 or design.tau_total is not None:
        return None
    level = asked.levels[0]
    given = design.tau_sample if level == "sample" else design.tau_effect
    if given is None or level not in ("sample", "effect") or given.support == "point":
        return None
    marginal = grid.sample_marginal if level == "sample" else grid.effect_marginal
    with np.errstate(divide="ignore"):
        height, prior = float(np.log(marginal.pdf(0.0))), float(given.logpdf(0.0))
    found = prior - height
    return found if np.isfinite(found) and found < TRUSTED_OF_TAU else None


def _order(
    used: Evaluations, asked: Hypothesis, prior_odds: float, *, curve: bool
) -> HypothesisTest:
    fitted = used.fitted
    design, knobs = fitted.design, knobs_of(asked, fitted.design)
    grid = used.grid() if used.exact else None
    draws = None if used.exact else fitted.posterior.draws("beta")
    found, order = order_evidence(asked, design, grid=grid, draws=draws, prior_odds=prior_odds)

    def at(factor: float) -> tuple[float, float]:
        changed = used.design(knobs, factor)
        here = used.grid(knobs, factor)
        one, _ = order_evidence(asked, changed, grid=here, prior_odds=prior_odds)
        return one.log_bf10, one.error

    return HypothesisTest(
        hypothesis=asked.text,
        bayes_factor=found,
        order=order,
        prior_scales=prior_scales(design, knobs),
        curve=curve_of(at, design, knobs, FACTORS) if curve and used.exact else None,
        notes=notes_of_order(order),
    )


def invited(fitted: Fitted) -> tuple[Hypothesis, ...]:
    """The hypotheses that a model invites.

    Parameters
    ----------
    fitted : Fitted
        The analysis.

    Returns
    -------
    tuple of Hypothesis
        Every mean against 0, every contrast against 0, equal levels of every term with three or
        more, every standard deviation against 0, and the declared orders.
    """
    design = fitted.design
    found: list[Hypothesis] = []
    means = {q.name for q in design.quantities if q.role == "mean"}
    if design.shrinkage is None:
        found += [null_of(design, name) for name in means_in_order(design)]
        found += [null_of(design, contrast.name) for contrast in design.contrasts]
        found += [
            read_hypothesis(term.name, design)
            for term in design.terms
            if len(term.levels) > 2 and term.name not in means
        ]
    present = (
        ("tau_group", design.groups), ("tau_sample", design.tau_sample),
        ("tau_scale", design.scales), ("tau_effect", design.tau_effect),
    )  # fmt: skip
    found += [
        null_of(design, name)
        for name, prior in present
        if prior is not None and getattr(prior, "support", "") != "point"
    ]
    for order in fitted.specification.location.orders:
        names = [part.strip() for part in order.split(">")]
        if all(name in means for name in names) and len(names) > 1:
            found.append(read_hypothesis(" > ".join(f'"{name}"' for name in names), design))
    return tuple(found)


def means_in_order(design: Design) -> list[str]:
    """Names of the reported means.

    Parameters
    ----------
    design : Design
        The analysis.

    Returns
    -------
    list of str
        In the order of the tables.
    """
    return [q.name for q in design.quantities if q.role == "mean"]


def invited_tests(
    fitted: Fitted,
    *,
    prior_odds: float = 1.0,
    told: Callable[[str], None] | None = None,
    progress: bool = False,
) -> tuple[HypothesisTest, ...]:
    """Test every hypothesis that a model invites.

    Parameters
    ----------
    fitted : Fitted
        The analysis.
    prior_odds : float
        Odds of every alternative against its null, and of every order against its complement.
    told : callable, optional
        Called with each hypothesis before it is tested.
    progress : bool
        Whether a simulation shows its progress.

    Returns
    -------
    tuple of HypothesisTest
        In the order of `invited`.
    """
    refuse_odds(prior_odds)
    refuse_flat(fitted.design)
    used = Evaluations(fitted, _options(fitted, progress))
    found = []
    for asked in invited(fitted):
        if told is not None:
            told(asked.text)
        found.append(bayes_factor(fitted, asked, prior_odds=prior_odds, evaluations=used))
    return tuple(found)


def refuse_evidence(design: Design) -> None:
    """Refuse an analysis without marginal likelihood, before anything is computed.

    Parameters
    ----------
    design : Design
        The analysis.

    Raises
    ------
    InputError
        If a prior is flat.
    """
    refuse_flat(design)
