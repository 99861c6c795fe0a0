"""What the present data could have shown, and what more samples would tell."""

from __future__ import annotations

from bayes_alliance.analysis.kinds.kind import Kind, Sensitivity, Settings
from bayes_alliance.engines.fitted import Fitted
from bayes_alliance.report.expected import design_record, design_text
from bayes_alliance.sensitivity.detectable import smallest_detectable
from bayes_alliance.sensitivity.expected import ADDED, expected_evidence
from bayes_alliance.sensitivity.replication import refuse_replication
from bayes_alliance.sensitivity.targets import targets_of
from bayes_alliance.spec.design import Design
from bayes_alliance.spec.specification import Specification
from bayes_alliance.summaries.headline import headline

__all__ = ["KIND", "main_questions"]

#: Simulated data sets where rho is known, and where it is estimated (a fit then takes six times as
#: long).
REPLICATIONS = (500, 200)


def main_questions(design: Design) -> tuple[str, ...]:
    """The overall mean, contrasts and slopes; the means where there is nothing else.

    Parameters
    ----------
    design : Design
        The analysis.

    Returns
    -------
    tuple of str
        Names.
    """
    targets = targets_of(design)
    main = [t.name for t in targets if t.kind == "difference" or t.name == "overall"]
    return tuple(main or [t.name for t in targets])


def _refuse(design: Design, specification: Specification) -> None:
    refuse_replication(design, specification.name)


def _run(fitted: Fitted, settings: Settings) -> Sensitivity:
    from bayes_alliance.plots.expected import detectable, expected

    spec, design = fitted.specification, fitted.design
    names = main_questions(design)
    size = REPLICATIONS[design.dependence is not None]
    seed = spec.run.seed
    smallest = smallest_detectable(fitted, names, replications=size, seed=seed)
    n = None if design.measure == "GEN" else _median_n(fitted)
    more = expected_evidence(
        fitted, (0, *ADDED), n=n, of=names, replications=size, seed=seed
    )  # fmt: skip
    whole = headline(
        fitted.posterior,
        design,
        orders=spec.location.orders,
        rope_effect=spec.rope.effect_r,
        rope_difference=spec.rope.difference_r,
    )
    return Sensitivity(
        "design",
        design_text(fitted, smallest, more),
        design_record(fitted, smallest, more, whole),
        {
            "smallest": smallest.table,
            "evidence_by_effect": smallest.curves.set_index("name"),
            "expected": more.table.set_index(["samples", "name"]),
        },
        {
            "evidence_by_effect": lambda: detectable(smallest, fitted),
            "expected": lambda: expected(more, fitted),
        },
    )


def _median_n(fitted: Fitted) -> float | None:
    """Median n of the effects in use, if it is known and can be the size of a new sample."""
    n = fitted.effects.frame["n"].iloc[fitted.design.rows].median()
    return float(n) if n > 3 else None


KIND = Kind(_run, _refuse)
