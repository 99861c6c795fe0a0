r"""Evidence for and against moderators: each model with one against the model without, same rows.

The Bayes factor is the ratio of the marginal likelihoods of two models of identical rows, the one
without the moderator being the model as declared: its mean has the prior of the location. (Given
that all levels are equal, the model with the moderator has a mean of slightly larger prior
variance, by sd^2 / (2 x levels).) It depends on the prior sd of the difference between any two
levels (of a slope: per unit), so it is shown over several.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Final, Literal

import numpy as np

from bayes_alliance.data.effects import EffectSizes
from bayes_alliance.engines.engine import RunOptions
from bayes_alliance.engines.evidence import Evidence, evidence_of
from bayes_alliance.engines.exact.engine import ExactEngine
from bayes_alliance.errors import InputError, Problem
from bayes_alliance.names import INTERVAL_PROBABILITY
from bayes_alliance.sensitivity.moderator_evidence import (
    ModeratorComparison,
    ModeratorEvidence,
    hypotheses,
)
from bayes_alliance.sensitivity.moderator_levels import level_means
from bayes_alliance.sensitivity.moderator_rows import (
    ComparedRows,
    chosen_moderators,
    compared_rows,
    refuse_analysis,
    refuse_idle,
)
from bayes_alliance.spec.coding import CodedTerm, Contrast
from bayes_alliance.spec.design import Design
from bayes_alliance.spec.specification import Specification
from bayes_alliance.summaries.contrasts import ContrastSummary, summarise_contrasts
from bayes_alliance.summaries.evidence import BayesFactor
from bayes_alliance.summaries.scale import Scale

__all__ = ["SCALES", "compare_moderators"]

#: Prior sds of a difference beside the declared one: from a quarter to four times the usual one.
SCALES: Final = (0.0625, 0.125, 0.25, 0.5, 1.0)


def compare_moderators(
    effects: EffectSizes,
    moderators: Sequence[str] | None,
    specification: Specification,
    *,
    rows: Literal["common", "each"] = "common",
    units: Mapping[str, float] | None = None,
    categorical: Sequence[str] = (),
    scales: Sequence[float] = SCALES,
    prior_odds: float = 1.0,
    probability: float = INTERVAL_PROBABILITY,
) -> ModeratorComparison:
    """Compare the model with each moderator with the model without, on identical rows.

    Parameters
    ----------
    effects : EffectSizes
        The table.
    moderators : sequence of str or None
        Columns; None: those of the study that the table has.
    specification : Specification
        The model without any of them; its other terms are in every model.
    rows : {"common", "each"}
        Compare all on the rows where all are known, or each on the rows where it is known.
    units : mapping of str to float, optional
        Steps of the slopes of continuous moderators.
    categorical : sequence of str
        Numeric columns to be read as categories.
    scales : sequence of float
        Prior sds of a difference at which the Bayes factors are shown beside the declared one.
    prior_odds : float
        Odds of each moderator before the data.
    probability : float
        Of every interval.

    Returns
    -------
    ModeratorComparison
        `table`, `sentences` and `found`.

    Raises
    ------
    InputError
        If a column is missing, constant or tells all rows or samples apart, or there is no exact
        marginal likelihood.

    Examples
    --------
    >>> from bayes_alliance.data.bundled import load
    >>> from bayes_alliance.spec.library import read_specification
    >>> effects, overall = load("ibi_synthetic"), read_specification("overall")
    >>> compare_moderators(effects, ["year", "country"], overall).table["bf01"].gt(1).tolist()
    [True, True]
    """
    names = chosen_moderators(effects, moderators, specification)
    sds = _checked_scales(scales, specification)
    _refuse_numbers(prior_odds, probability, rows)
    groups = [names] if rows == "common" else [(name,) for name in names]
    compared = _each(effects, groups, specification, units or {}, categorical)
    found, notes = [], dict[str, None]()
    for one in compared:
        refuse_analysis(one.design, one.specification)
        without = _Without(one)
        for name in one.moderators:
            found.append(_evidence(one, without, name, sds, prior_odds, probability))
    tolerance = specification.run.tolerance
    always = compared[0].specification.location.terms
    if always and len(sds):
        notes[
            "The prior sd of a difference is one number for all terms: at another sd it is that "
            f"of {', '.join(always)} too, in both models."
        ] = None
    others = [c for c in effects.labels if c not in (*names, *specification.location.terms)]
    if moderators is None and others:
        notes[
            f"No moderators were named: {', '.join(names)} stand in the table and are those of the "
            f"study that the program was written for. Not asked about: {', '.join(others)} (name "
            "any column to compare it)."
        ] = None
    notes |= {
        f"The quadrature of {one.name} reports an error of {one.factor.error:.1e} in the log Bayes "
        f"factor, above 2 x run.tolerance ({tolerance:g}).": None
        for one in found if one.factor.error > 2 * tolerance
    }  # fmt: skip
    first = compared[0]
    return ModeratorComparison(
        found=tuple(found),
        rows=rows,
        sd=float(specification.priors.differences.parameters["sd"]),
        always=first.specification.location.terms,
        prior_odds=prior_odds,
        rope=specification.rope.difference_r,
        scale=Scale(first.design.measure),
        probability=probability,
        notes=tuple(notes),
    )


def _each(
    effects: EffectSizes,
    groups: Sequence[Sequence[str]],
    specification: Specification,
    units: Mapping[str, float],
    categorical: Sequence[str],
) -> list[ComparedRows]:
    """Rows of every group of moderators; the problems of all groups at once."""
    everyone = [name for group in groups for name in group]
    refuse_idle(everyone, units, categorical)
    base, location = specification, specification.location
    compared, problems = [], list[Problem]()
    for group in groups:
        others = [t for t in location.terms if t not in everyone or t in group]
        own = base.with_changes(
            {
                "location.terms": others,
                "location.units": {t: u for t, u in location.units.items() if t in others},
                "location.categorical": [t for t in location.categorical if t in others],
            }
        )
        try:
            compared.append(
                compared_rows(
                    effects, group, own,
                    units={t: u for t, u in units.items() if t in group},
                    categorical=[t for t in categorical if t in group],
                )
            )  # fmt: skip
        except InputError as error:
            problems += error.problems
    if problems:
        raise InputError(list(dict.fromkeys(problems)))
    return compared


class _Without:
    """Evidence of the model without the moderators, computed once for each prior sd."""

    def __init__(self, rows: ComparedRows) -> None:
        self._rows = rows
        self._options = RunOptions.of(rows.specification.run, cores=1, progress=False)
        self._known: dict[float | None, Evidence] = {}

    def at(self, sd: float | None) -> Evidence:
        """Its evidence; the sd matters only where every model has terms."""
        key = sd if self._rows.specification.location.terms else None
        if key not in self._known:
            self._known[key] = evidence_of(self._rows.model((), key), self._options)
        return self._known[key]

    def against(self, design: Design, sd: float | None, names: tuple[str, str],
                prior_odds: float) -> BayesFactor:  # fmt: skip
        """Bayes factor of a design with a moderator."""
        one, none = evidence_of(design, self._options), self.at(sd)
        return BayesFactor(
            hypothesis=names[0],
            null=names[1],
            log_bf10=one.log_value - none.log_value,
            error=one.error + none.error,
            prior_odds=prior_odds,
            method=", ".join(dict.fromkeys((one.engine, none.engine))),
        )


def _evidence(
    rows: ComparedRows,
    without: _Without,
    name: str,
    sds: tuple[float, ...],
    prior_odds: float,
    probability: float,
) -> ModeratorEvidence:
    design = rows.model((name,))
    term = next(t for t in design.terms if t.name == name)
    names = hypotheses(term)
    difference, p_all = _largest(rows, design, term, probability)
    return ModeratorEvidence(
        term=term,
        effects=len(design.y),
        samples=len(design.sample_ids),
        factor=without.against(design, None, names, prior_odds),
        over_scales=tuple(
            (sd, without.against(rows.model((name,), sd), sd, names, prior_odds)) for sd in sds
        ),
        difference=difference,
        p_all_rope=p_all,
        left_out=rows.left_out,
    )


def _largest(
    rows: ComparedRows, design: Design, term: CodedTerm, probability: float
) -> tuple[ContrastSummary, float | None]:
    """Largest difference between levels, and the probability that all are small."""
    spec = rows.specification
    options = RunOptions.of(spec.run, cores=1, progress=False)
    posterior = ExactEngine().run_brief(design, options)
    means = level_means(design, term)
    if term.kind == "continuous":
        low, high = "centre", term.slope_name
        asked = Contrast(term.slope_name, means[high], means[low][None, :])
    else:
        centres = {level: posterior.linear(w).mean for level, w in means.items()}
        high, low = (pick(centres, key=centres.__getitem__) for pick in (max, min))
        asked = Contrast(f"{high} - {low}", means[high], means[low][None, :])
    scale, rope = Scale(design.measure), spec.rope.difference_r
    (found,) = summarise_contrasts(posterior, (asked,), scale, rope=rope, probability=probability)
    if not scale.has_r:
        return found, None
    levels = scale.to_r(posterior.draws("beta") @ np.stack(list(means.values())).T)
    return found, float((np.ptp(levels, axis=1) < rope).mean())


def _checked_scales(scales: Sequence[float], specification: Specification) -> tuple[float, ...]:
    given = np.unique(np.asarray(scales, float).ravel())
    if len(given) and not (np.isfinite(given) & (given > 0)).all():
        raise InputError(
            Problem(what="a prior sd of a difference must be a positive number", where="scales",
                    cure="Write, for example, scales=[0.1, 0.25, 0.5]", code="scale_values")
        )  # fmt: skip
    values: list[float] = given.tolist()
    return tuple(values)


def _refuse_numbers(prior_odds: float, probability: float, rows: str) -> None:
    problems = []
    if not (math.isfinite(prior_odds) and prior_odds > 0):
        problems.append(
            Problem(what=f"prior odds of {prior_odds:g} are none", where="prior_odds",
                    cure="Give a positive number; 1 means as likely as not", code="prior_odds")
        )  # fmt: skip
    if not 0 < probability < 1:
        problems.append(
            Problem(what=f"{probability:g} is no probability of an interval", where="probability",
                    cure="Write, for example, 0.95", code="probability")
        )  # fmt: skip
    if rows not in ("common", "each"):
        problems.append(
            Problem(what=f"rows cannot be {rows!r}", where="rows",
                    cure='Choose "common" (rows where all moderators are known) or "each"',
                    code="rows")
        )  # fmt: skip
    if problems:
        raise InputError(problems)
