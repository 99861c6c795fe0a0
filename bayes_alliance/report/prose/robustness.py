"""Methods and results: what was varied, and which conclusions changed."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from bayes_alliance.report.material import Material
from bayes_alliance.report.prose.draft import Draft
from bayes_alliance.report.prose.paragraph import Paragraph
from bayes_alliance.report.prose.phrasing import (
    counted,
    decapitalised,
    in_words,
    series,
    symbols,
    unspaced,
    without_hints,
)
from bayes_alliance.report.prose.turned import turned_by_omission

__all__ = ["sensitivity_methods", "sensitivity_results"]

Record = Mapping[str, Any]

#: Changes that are told one by one.
MOST: Final = 8
#: What was varied: as the end of a sentence, and the works behind it.
VARIED: Final[Mapping[str, tuple[str, tuple[str, ...]]]] = {
    "priors": (
        "other prior distributions (named alternatives, every prior over a range of scales, and "
        "power scaling of priors and likelihood)",
        ("kallioinen2024",),
    ),
    "leave-one-out": (
        "leaving out every sample in turn, and several together where none alone mattered",
        ("viechtbauer2010b",),
    ),
    "dependence": ("the correlation ρ of sampling errors within samples, over a range", ()),
    "bias": (
        "small-study effects and selective publication (regression on the standard error and, "
        "where it applied, a selection model)",
        ("stanley2014", "vevea1995"),
    ),
    "moderators": ("evidence for each moderator beside the terms of the model", ("hinne2020",)),
    "multiverse": ("all combinations of the declared analytical choices", ("simonsohn2020",)),
    "design": (
        "what these data could have shown and what more samples would show",
        ("schoenbrodt2018",),
    ),
}


def sensitivity_methods(material: Material) -> tuple[Paragraph, ...]:
    """Name the sensitivity analyses that were made, and those that do not apply.

    Parameters
    ----------
    material : Material
        The analysis.

    Returns
    -------
    tuple of Paragraph
        One; none where nothing was varied.
    """
    draft = Draft("sensitivity_methods", "Sensitivity Analyses")
    made = [name for name in VARIED if name in material.variations]
    told = []
    for name in made:
        words, works = VARIED[name]
        told.append(f"{words} {draft.source(*works)}" if works else words)
    if told:
        draft.say(f"Sensitivity analyses examined {_semicolons(told)}.")
        draft.say(
            "A conclusion was taken to change where an interval began or ceased to include 0, or a "
            "posterior probability crossed the bounds named."
        )
    for name, reason in material.declined.items():
        words = VARIED.get(name, (name, ()))[0]
        reason = without_hints(reason) or reason
        draft.say(f"Not possible in this analysis was an examination of {words}: "
                  f"{decapitalised(reason.strip().rstrip('.'))}.")  # fmt: skip
    return draft.paragraphs()


def _semicolons(items: list[str]) -> str:
    return items[0] if len(items) == 1 else "; ".join([*items[:-1], f"and {items[-1]}"])


def sensitivity_results(material: Material) -> tuple[Paragraph, ...]:
    """Tell which conclusions changed.

    Parameters
    ----------
    material : Material
        The analysis.

    Returns
    -------
    tuple of Paragraph
        One a kind of sensitivity analysis.
    """
    told: Mapping[str, tuple[str, Callable[[Record], list[str]]]] = {
        "priors": ("Sensitivity to the Priors", _under_priors),
        "leave-one-out": ("Sensitivity to Single Samples", turned_by_omission),
        "dependence": ("Sensitivity to Dependent Sampling Errors", _over_rho),
        "bias": ("Small-Study Effects and Selection", _as_found),
        "moderators": ("Evidence for Moderators", _as_found),
        "multiverse": ("Analytical Choices", _as_found),
        "design": ("What the Data Could Have Shown", _as_found),
    }
    found: list[Paragraph] = []
    for name, (heading, say) in told.items():
        if name in material.variations:
            draft = Draft(f"sensitivity_{name.replace('-', '_')}", heading)
            draft.say(*(symbols(unspaced(one)) for one in say(material.variations[name].record)))
            found += draft.paragraphs()
    return tuple(found)


def _as_found(record: Record) -> list[str]:
    return list(record.get("sentences", []))


def _under_priors(record: Record) -> list[str]:
    rows = record["rows"]
    changed = [row for row in rows if row["differences"]]
    told = []
    if rows:
        told.append(
            f"Under {counted(len(rows), 'other set')} of assumptions, mostly priors, no conclusion "
            "from an interval or a probability changed."
            if not changed
            else f"Of {counted(len(rows), 'other set')} of assumptions, mostly priors, "
            f"{in_words(len(changed))} changed a conclusion from an interval or a probability."
        )
    told += [
        f"Under {row['label']}, "
        f"{series([decapitalised(d['sentence']) for d in row['differences'][:MOST]])}."
        for row in changed[:MOST]
    ]
    if len(changed) > MOST:
        told.append(f"The others ({in_words(len(changed) - MOST)}) stand in the table.")
    told += _over_scales(record.get("curves", []))
    told += _power_scaling(record.get("power_scaling", []))
    return told


def _over_scales(curves: list[Record]) -> list[str]:
    """Which conclusions change over the scale of a prior."""
    firm = [curve for curve in curves if not curve["changes"]]
    told = []
    if firm:
        names = series([f"the prior of {_parameter(curve['prior'])}" for curve in firm])
        ends = [f"{firm[0]['points'][i]['factor']:g}" for i in (0, -1)]
        told.append(
            f"With {names} scaled from {ends[0]} to {ends[1]} times, no conclusion from an "
            "interval or a probability changed."
        )
    for curve in curves:
        if curve["changes"]:
            changes = [decapitalised(c["sentence"].rstrip(".")) for c in curve["changes"]]
            rest = len(changes) - MOST
            more = f"; {in_words(rest)} more changes stand in the table" if rest > 0 else ""
            told.append(
                f"Over the scale of the prior of {_parameter(curve['prior'])}, "
                f"{'; '.join(changes[:MOST])}{more}."
            )
    return told


def _parameter(name: str) -> str:
    return {"location": "the mean", "rho": "ρ"}.get(name, name)


def _power_scaling(rows: list[Record]) -> list[str]:
    moved = [row for row in rows if row.get("verdict", "none") != "none"]
    if not rows:
        return []
    if not moved:
        return ["Power scaling found no answer to be sensitive to its prior."]
    named = series(
        [f"{_parameter(str(row['parameter']))} ({row['verdict']})" for row in moved[:MOST]]
    )
    return [f"Power scaling found sensitivity of {named}."]


def _over_rho(record: Record) -> list[str]:
    rows, changes = record["rows"], record["changes"]
    ends = [rows[i]["label"].replace("rho = ", "") for i in (0, -1)]
    over = f"Over values of ρ from {ends[0]} to {ends[1]}"
    if not changes:
        return [f"{over}, no conclusion changed."]
    told = [decapitalised(c["sentence"].rstrip(".")).replace("rho =", "ρ =") for c in changes]
    rest = len(told) - MOST
    more = f"; {in_words(rest)} more changes stand in the table" if rest > 0 else ""
    return [f"{over}, {'; '.join(told[:MOST])}{more}."]
