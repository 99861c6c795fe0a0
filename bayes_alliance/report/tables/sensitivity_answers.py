"""The main answers beside what was varied: priors, rho, samples left out, models of bias."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

import pandas as pd

from bayes_alliance.names import TAU_EFFECT, TAU_GROUP, TAU_SAMPLE
from bayes_alliance.report.material import Material
from bayes_alliance.report.numbers import correlation, decimal, interval, percent
from bayes_alliance.report.tables.general_note import (
    finished,
    interval_note,
    level_of,
    scale_note,
    unit_of,
)
from bayes_alliance.report.tables.table import Column, Table
from bayes_alliance.report.variation import Variation
from bayes_alliance.summaries.coefficients import Range

__all__ = ["answers_table", "table_name"]

#: Title and heading of the first column, by what was varied.
TITLES: Final = {
    "priors": ("The Main Answers Under Other Priors", "Prior"),
    "dependence": (
        "The Main Answers Over the Correlation of Sampling Errors",
        "Correlation",
    ),
    "leave-one-out": ("The Main Answers Without Each Sample", "Without"),
    "bias": ("The Main Answers Under Models of Small-Study Effects and Selection", "Model"),
}
#: So many means and orders have columns; the frame has all.
MOST_MEANS, MOST_ORDERS = 3, 1
#: A curve is printed at so many of its points.
MOST_POINTS = 11
SPREADS: Final = {
    TAU_GROUP: "τ between groups",
    TAU_SAMPLE: "τ between samples",
    TAU_EFFECT: "τ between effects",
}
Answers = dict[str, Any]


@dataclass(frozen=True, slots=True)
class _Line:
    """A row: its label, its answers, and whether a conclusion is another."""

    label: str
    answers: Answers
    changed: bool = False


def table_name(variation: Variation) -> str:
    """Name the table of a sensitivity analysis.

    Parameters
    ----------
    variation : Variation
        The analysis.

    Returns
    -------
    str
        For example ``sensitivity_leave_one_out``.
    """
    return f"sensitivity_{variation.what.replace('-', '_')}"


def answers_table(material: Material, variation: Variation) -> Table:
    """Write the main answers as declared, and under every variation.

    Parameters
    ----------
    material : Material
        What the report is made of.
    variation : Variation
        A sensitivity analysis whose rows have the answers of a fit.

    Returns
    -------
    Table
        Wide ones are reduced to the first means, the standard deviations and the first order.
    """
    record = variation.record
    what = variation.what
    title, heading = TITLES.get(what, (f"Sensitivity: {what.title()}", "Variation"))
    baseline = _Line("as declared", record["baseline"]["answers"])
    lines = [baseline, *_lines(record)]
    shown = lines
    if what == "dependence" and len(lines) > MOST_POINTS + 1:
        shown = [baseline, *_thinned(lines[1:])]
    means = _means(baseline.answers)
    names = [name for name in means if not _is_difference(name, baseline.answers, material)]
    names = names[:MOST_MEANS] or means[:MOST_MEANS]
    spreads = [tau for tau in SPREADS if _spread(baseline.answers, tau) is not None]
    orders = [order["name"] for order in baseline.answers.get("orders", ())][:MOST_ORDERS]
    columns = [Column(heading, numeric=False)]
    columns += [Column(name) for name in names]
    columns += [Column(SPREADS[tau]) for tau in spreads]
    columns += [Column(f"P({name})") for name in orders]
    rows = [
        [
            f"{line.label}*" if line.changed else line.label,
            *(_cell(_coefficient(line.answers, name)) for name in names),
            *(_tau_cell(_spread(line.answers, tau)) for tau in spreads),
            *(_order_cell(line.answers, name) for name in orders),
        ]
        for line in shown
    ]
    in_r = material.answers.scale.has_r
    notes = [
        f"Cells are posterior medians with {level_of(material.answers)} intervals"
        f"{'; means are on r' if in_r else ''}, τ on {unit_of(material.answers)}.",
        scale_note(material.answers),
        "τ = standard deviation of true effects." if spreads else "",
        interval_note(material.answers),
        "P = posterior probability of the order." if orders else "",
        "* a conclusion of the analysis changes." if any(line.changed for line in shown) else "",
        _not_shown(means, names, len(lines) - len(shown)),
    ]
    return finished(material, table_name(variation), title, columns, rows, notes, _frame(lines))


def _lines(record: dict[str, Any]) -> Iterator[_Line]:
    changing = {
        label
        for change in record.get("changes", ())
        if not change.get("together")
        for label in change.get("left_out", ())
    }
    for row in record["rows"]:
        changed = bool(row.get("differences")) or row["label"] in changing
        yield _Line(row["label"], row["answers"], changed)


def _thinned(lines: Sequence[_Line]) -> list[_Line]:
    last = len(lines) - 1
    return [lines[round(i * last / (MOST_POINTS - 1))] for i in range(MOST_POINTS)]


def _means(answers: Answers) -> list[str]:
    return [c["name"] for c in answers.get("coefficients", ())]


def _is_difference(name: str, answers: Answers, material: Material) -> bool:
    own = _coefficient(answers, name)
    return material.answers.scale.has_r and (own is None or own.get("r") is None)


def _coefficient(answers: Answers, name: str) -> dict[str, Any] | None:
    return next((c for c in answers.get("coefficients", ()) if c["name"] == name), None)


def _spread(answers: Answers, tau: str) -> dict[str, Any] | None:
    found: dict[str, Any] | None = answers.get("heterogeneity", {}).get(tau)
    return found


def _cell(c: dict[str, Any] | None) -> str:
    if c is None:
        return "-"
    in_r = c.get("r") is not None
    return _with_limits(c["r"] if in_r else c["estimate"], in_r=in_r)


def _tau_cell(spread: dict[str, Any] | None) -> str:
    return "-" if spread is None else _with_limits(spread, in_r=False)


def _with_limits(given: dict[str, Any], *, in_r: bool) -> str:
    shown = correlation(given["median"]) if in_r else decimal(given["median"])
    if given.get("lower") is None or given.get("upper") is None:
        return shown
    return f"{shown} {interval(Range(None, given['lower'], given['upper']), in_r=in_r)}"


def _order_cell(answers: Answers, name: str) -> str:
    found = {order["name"]: order["probability"] for order in answers.get("orders", ())}
    return percent(found[name]) if name in found else "-"


def _not_shown(means: Sequence[str], shown: Sequence[str], points: int) -> str:
    hidden = [name for name in means if name not in shown]
    told = [f"{len(hidden)} more coefficients"] if len(hidden) > 1 else hidden
    told += [f"{points} more points"] if points else []
    return f"Not shown: {' and '.join(told)}." if told else ""


def _frame(lines: Sequence[_Line]) -> pd.DataFrame:
    """One row a variation with all its answers, unrounded."""
    return pd.DataFrame([dict(_numbers(line)) for line in lines]).set_index("label")


def _numbers(line: _Line) -> Iterator[tuple[str, Any]]:
    yield "label", line.label
    yield "changed", line.changed
    for c in line.answers.get("coefficients", ()):
        for key in ("median", "lower", "upper", "p_positive"):
            yield f"{c['name']} {key}", c["estimate"][key]
        for key, value in (c.get("r") or {}).items():
            yield f"{c['name']} r_{key}", value
    for tau in SPREADS:
        for key, value in (_spread(line.answers, tau) or {}).items():
            yield f"{tau} {key}", value
    for order in line.answers.get("orders", ()):
        yield f"P({order['name']})", order["probability"]
    yield "log_marginal_likelihood", line.answers.get("log_marginal_likelihood")
