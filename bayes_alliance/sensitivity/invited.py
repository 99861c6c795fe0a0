"""The hypotheses that a model invites, and all of them tested."""

from __future__ import annotations

from collections.abc import Callable

from bayes_alliance.engines.evidence import refuse_flat
from bayes_alliance.engines.exact.engine import ExactEngine
from bayes_alliance.engines.fitted import Fitted
from bayes_alliance.errors import InputError, Problem
from bayes_alliance.sensitivity.evaluations import Evaluations, options_of
from bayes_alliance.sensitivity.evidence import bayes_factor, refuse_odds
from bayes_alliance.sensitivity.hypotheses import Hypothesis, null_of, read_hypothesis
from bayes_alliance.spec.design import Design
from bayes_alliance.summaries.hypotheses import HypothesisTest

__all__ = ["invited", "invited_tests", "refuse_evidence"]


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
    means = [q.name for q in design.quantities if q.role == "mean"]
    if design.shrinkage is None:
        found += [null_of(design, name) for name in means]
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
    used = Evaluations(fitted, options_of(fitted, progress=progress))
    found = []
    for asked in invited(fitted):
        if told is not None:
            told(asked.text)
        found.append(bayes_factor(fitted, asked, prior_odds=prior_odds, evaluations=used))
    return tuple(found)


def refuse_evidence(design: Design) -> None:
    """Refuse an analysis whose hypotheses are not all tested exactly, before anything is computed.

    Parameters
    ----------
    design : Design
        The analysis.

    Raises
    ------
    InputError
        If a prior is flat, or the exact engine declines.
    """
    refuse_flat(design)
    reason = ExactEngine().declines(design)
    if reason is None:
        return
    raise InputError(
        Problem(
            what="every marginal likelihood of this table must be exact, and this analysis has "
            f"none ({reason})",
            where="--what evidence",
            cure='In Python, ba.fit(...).bayes_factor("overall = 0") tests one hypothesis by '
            "simulation, with its error",
            code="no_exact_evidence",
        )
    )
