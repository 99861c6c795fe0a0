"""What a comparison of moderators gives: Bayes factors, differences, verdicts."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, Literal

import pandas as pd

from bayes_alliance.names import INTERVAL_PROBABILITY
from bayes_alliance.spec.coding import CodedTerm
from bayes_alliance.spec.design import LeftOut
from bayes_alliance.summaries.contrasts import ContrastSummary
from bayes_alliance.summaries.evidence import TELLS, BayesFactor, ratio_text
from bayes_alliance.summaries.scale import Scale

__all__ = ["ModeratorComparison", "ModeratorEvidence", "hypotheses"]


@dataclass(frozen=True, slots=True)
class ModeratorEvidence:
    """What the data say about one moderator.

    Parameters
    ----------
    term : CodedTerm
        The column as it was read.
    effects, samples : int
        Rows and samples on which both models were compared.
    factor : BayesFactor
        Of the model with the moderator against the one without.
    over_scales : tuple of (float, BayesFactor)
        The same at other prior sds of a difference, ascending.
    difference : ContrastSummary
        The level with the highest posterior mean minus the one with the lowest; of a continuous
        moderator one unit above the centre minus the centre.
    p_all_rope : float or None
        Posterior probability that no two levels differ by the ROPE of differences or more, on r;
        None where the measure has no r.
    left_out : tuple of LeftOut
        Rows of the table that were not compared.
    """

    term: CodedTerm
    effects: int
    samples: int
    factor: BayesFactor
    over_scales: tuple[tuple[float, BayesFactor], ...]
    difference: ContrastSummary
    p_all_rope: float | None
    left_out: tuple[LeftOut, ...] = ()

    @property
    def name(self) -> str:
        """The column, with the unit of a slope."""
        return self.term.name if self.term.kind == "categorical" else self.term.slope_name

    @property
    def verdict(self) -> Literal["for", "against", "cannot tell"]:
        """Whether the data speak for the moderator, against it, or cannot tell."""
        return _verdict(self.factor)

    @property
    def depends_on_scale(self) -> bool:
        """Whether the verdict changes over the prior sds."""
        return len({self.verdict, *(_verdict(found) for _, found in self.over_scales)}) > 1


def _verdict(factor: BayesFactor) -> Literal["for", "against", "cannot tell"]:
    if abs(factor.log_bf10) < math.log(TELLS):
        return "cannot tell"
    return "for" if factor.log_bf10 > 0 else "against"


@dataclass(frozen=True, slots=True, repr=False)
class ModeratorComparison:
    """Evidence for and against several moderators.

    Parameters
    ----------
    found : tuple of ModeratorEvidence
        One a moderator, in the order asked for.
    rows : {"common", "each"}
        Whether all were compared on the rows where all are known, or each where it is known.
    sd : float
        Prior sd of a difference that `factor` rests on, on the analysis scale.
    always : tuple of str
        Terms of every model.
    prior_odds : float
        Of each moderator.
    rope : float
        Half-width of the region of practical equivalence, on differences of r.
    scale : Scale
        How the measure is read as a correlation.
    probability : float
        Of every interval.
    notes : tuple of str
        What a reader has to know.
    """

    found: tuple[ModeratorEvidence, ...]
    rows: Literal["common", "each"]
    sd: float
    always: tuple[str, ...]
    prior_odds: float
    rope: float
    scale: Scale
    probability: float = INTERVAL_PROBABILITY
    notes: tuple[str, ...] = ()

    @property
    def left_out(self) -> tuple[LeftOut, ...]:
        """Rows that no comparison uses."""
        lists = [set(one.left_out) for one in self.found]
        shared = set.intersection(*lists)
        return tuple(row for row in self.found[0].left_out if row in shared)

    @property
    def table(self) -> pd.DataFrame:
        """One row a moderator.

        Index ``moderator``. ``kind``, ``levels``, ``effects``, ``samples``, ``bf10``, ``bf01``,
        ``log_bf10``, ``error``, ``prior_odds``, ``posterior_probability``, ``evidence``;
        ``difference`` with ``median``, ``lower``, ``upper`` (of r for correlations), ``p_rope``,
        ``p_all_rope``; ``z_median``, ``z_lower``, ``z_upper`` on the analysis scale (the slope
        itself); ``bf01_sd_X`` at every other prior sd.
        """
        return pd.DataFrame([self._row(one) for one in self.found]).set_index("moderator")

    def _row(self, one: ModeratorEvidence) -> dict[str, Any]:
        e, r = one.difference.estimate, one.difference.r
        shown = (e.median, e.lower, e.upper) if r is None else (r.centre, r.lower, r.upper)
        factor = one.factor
        row: dict[str, Any] = {
            "moderator": one.name,
            "kind": one.term.kind,
            "levels": len(one.term.levels),
            "effects": one.effects,
            "samples": one.samples,
            "bf10": factor.bf10,
            "bf01": factor.bf01,
            "log_bf10": factor.log_bf10,
            "error": factor.error,
            "prior_odds": factor.prior_odds,
            "posterior_probability": factor.posterior_probability,
            "evidence": factor.words,
            "difference": one.difference.name,
            **dict(zip(("median", "lower", "upper"), shown, strict=True)),
            "p_rope": one.difference.p_rope,
            "p_all_rope": one.p_all_rope,
            "z_median": e.median,
            "z_lower": e.lower,
            "z_upper": e.upper,
        }
        return row | {f"bf01_sd_{sd:g}": f.bf01 for sd, f in one.over_scales}

    @property
    def sentences(self) -> tuple[str, ...]:
        """What the comparison says, in words."""
        told = []
        for verdict, head, kind, sign in (
            ("for", "The data speak for", "BF10", 1),
            ("against", "The data speak against", "BF01", -1),
            ("cannot tell", "The data cannot tell about", "BF01", -1),
        ):
            names = [
                f"{one.name} ({kind} {ratio_text(sign * one.factor.log_bf10)})"
                for one in self.found
                if one.verdict == verdict
            ]
            if names:
                told.append(f"{head} {', '.join(names)}.")
        moved = [one.name for one in self.found if one.depends_on_scale]
        if moved:
            told.append(
                f"Whether the data tell depends on the prior sd of a difference for "
                f"{', '.join(moved)}."
            )
        return tuple(told)

    def __repr__(self) -> str:
        head = f"Evidence on {len(self.found)} moderators (prior sd of a difference {self.sd:g})"
        told = [f"  {line}" for line in (*self.sentences, *self.notes)]
        return "\n".join([head, *told, "  next: .table, .found"])


def hypotheses(term: CodedTerm) -> tuple[str, str]:
    """What is said of the model with a term and of the one without.

    Parameters
    ----------
    term : CodedTerm
        The term.

    Returns
    -------
    tuple of str
        Hypothesis and null.
    """
    if term.kind == "continuous":
        return f"a slope of {term.slope_name}", f"no slope of {term.slope_name}"
    return f"a difference by {term.name}", f"no difference by {term.name}"
