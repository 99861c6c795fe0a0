"""How much the priors matter, as text and as JSON."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from bayes_alliance.engines.fitted import Fitted
from bayes_alliance.report.layout import WIDTH, aligned, wrapped
from bayes_alliance.report.numbers import correlation, decimal, interval, percent, probability
from bayes_alliance.report.record_of_variation import analysis_frame, headline_record
from bayes_alliance.report.text import fit_head, plain
from bayes_alliance.sensitivity.benchmark_prior import GivenBenchmark
from bayes_alliance.sensitivity.curves import PriorCurve
from bayes_alliance.sensitivity.power_scaling import SENSITIVE, PowerScaling
from bayes_alliance.sensitivity.prior_predictive import PriorPredictive
from bayes_alliance.sensitivity.priors import PriorAlternatives
from bayes_alliance.summaries.coefficients import Range
from bayes_alliance.summaries.headline import Headline

__all__ = ["PriorAnalysis", "priors_record", "priors_text"]

#: Columns that the letters, the word declared and the margin take.
BESIDE = 12
#: Longest heading of a column.
LONGEST = 60
EVIDENCE = "log marg. lik."


@dataclass(frozen=True, slots=True)
class PriorAnalysis:
    """Everything about the priors of an analysis.

    Parameters
    ----------
    alternatives : PriorAlternatives
        Headline answers under other priors.
    curves : tuple of PriorCurve
        Headline answers over the scale of each prior.
    power : PowerScaling
        Sensitivity to prior and data.
    predictive : PriorPredictive
        What the priors say beforehand.
    before_and_after : pandas.DataFrame
        Prior against posterior of every parameter.
    given : tuple of GivenBenchmark
        The analysis with each benchmark that can be a prior.
    """

    alternatives: PriorAlternatives
    curves: tuple[PriorCurve, ...]
    power: PowerScaling
    predictive: PriorPredictive
    before_and_after: pd.DataFrame
    given: tuple[GivenBenchmark, ...] = ()

    @property
    def sentences(self) -> tuple[str, ...]:
        """What changes a conclusion, in words."""
        return (
            *self.alternatives.sentences,
            *(line for curve in self.curves for line in curve.sentences),
            *self.power.sentences,
            *self.between,
            *self.predictive.sentences,
            *(line for given in self.given for line in given.sentences),
        )

    @property
    def between(self) -> tuple[str, ...]:
        """What reconciles a calm power scaling with conclusions that another prior changes."""
        calm = bool((self.power.table["verdict"] == "none").all())
        moved = len(self.alternatives.changes) > 0 or any(len(c.changes) for c in self.curves)
        if not (calm and moved):
            return ()
        return (
            "Power scaling looks at small changes of the priors, those above are larger: a "
            "conclusion close to its limit can change under another prior all the same.",
        )

    @property
    def notes(self) -> tuple[str, ...]:
        """What a reader has to know."""
        curves = (note for curve in self.curves for note in curve.notes)
        return (*self.alternatives.notes, *curves)


def priors_record(fitted: Fitted, found: PriorAnalysis) -> dict[str, Any]:
    """The analysis under other priors, ready for JSON.

    Parameters
    ----------
    fitted : Fitted
        The analysis.
    found : PriorAnalysis
        What was found about its priors.

    Returns
    -------
    dict
        ``what``, ``baseline{choices, answers}``, ``rows[{label, because, choices, answers,
        differences, log_bf}]``, ``curves[{prior, declared, points[{factor, choices, answers}],
        changes}]``, ``given_benchmarks[{benchmark, prior, p, weight, log_bf, answers}]``,
        ``power_scaling``, ``prior_predictive``, ``prior_and_posterior``, ``sentences``, ``notes``.
    """
    alternatives = found.alternatives
    return {
        **analysis_frame(fitted, "priors", alternatives.probability),
        "baseline": {
            "choices": dict(alternatives.declared),
            "answers": _answers(alternatives.baseline),
        },
        "rows": [
            {
                "label": row.label,
                "because": row.because,
                "own": row.own,
                "engine": row.engine,
                "choices": dict(row.changes),
                "answers": _answers(row.headline),
                "log_bf": _number(alternatives.log_bf(row)),
                "differences": [
                    {"answer": d.answer, "from": d.before, "to": d.after, "sentence": d.sentence}
                    for d in row.differences
                ],
            }
            for row in alternatives.rows
        ],
        "curves": [_curve(curve) for curve in found.curves],
        "power_scaling": _records(found.power.table),
        "given_benchmarks": [_given(given) for given in found.given],
        "prior_predictive": _records(found.predictive.table),
        "prior_and_posterior": _records(found.before_and_after),
        "sentences": list(found.sentences),
        "notes": list(found.notes),
    }


def _answers(found: Headline) -> dict[str, Any]:
    benchmarks = [
        {
            "name": b.name,
            "coefficient": b.coefficient,
            "difference_r": {
                "median": b.difference_r.centre,
                "lower": b.difference_r.lower,
                "upper": b.difference_r.upper,
            },
            "p_above": b.p_above,
            "p_rope": b.p_rope,
        }
        for b in found.benchmarks
    ]
    return {**headline_record(found), "benchmarks": benchmarks}


def _curve(curve: PriorCurve) -> dict[str, Any]:
    return {
        "prior": curve.name,
        "declared": str(curve.prior),
        "points": [
            {"factor": factor, "choices": {curve.name: prior}, "answers": _answers(headline)}
            for factor, prior, headline in zip(
                curve.factors, curve.table["prior"], curve.headlines, strict=True
            )
        ],
        "changes": curve.changes.to_dict("records"),
    }


def _given(given: GivenBenchmark) -> dict[str, Any]:
    return {
        "benchmark": given.benchmark.name,
        "prior": given.prior.to_dict(),
        "p": given.p,
        "weight": given.weight,
        "log_bf": given.log_bf,
        "answers": _answers(given.given),
    }


def _records(table: pd.DataFrame) -> list[dict[str, Any]]:
    rows = table.reset_index().to_dict("records")
    return [
        {str(k): _number(v) if isinstance(v, float) else v for k, v in row.items()} for row in rows
    ]


def _number(value: float) -> float | None:
    return float(value) if np.isfinite(value) else None


def priors_text(fitted: Fitted, found: PriorAnalysis) -> str:
    """How much the priors matter, in plain text.

    Parameters
    ----------
    fitted : Fitted
        The analysis.
    found : PriorAnalysis
        What was found about its priors.

    Returns
    -------
    str
        Lines of at most 80 columns.
    """
    return plain(
        [
            fit_head(fitted),
            _bullets("What the priors say", found.predictive.sentences),
            _alternatives(found.alternatives),
            _bullets("What another prior changes", found.alternatives.sentences),
            _curves(found.curves),
            *(_bullets("A benchmark as the prior", given.sentences) for given in found.given),
            _power(found.power, found.between),
            _before_and_after(found),
            "\n".join(wrapped(f"NOTE {note}") for note in found.notes),
        ]
    )


def _bullets(title: str, lines: Sequence[str]) -> str:
    return title + "\n" + "\n".join(wrapped(line, bullet="- ") for line in lines)


def _alternatives(found: PriorAlternatives) -> str:
    """What the letters stand for, then one line a prior and as many answers as have room."""
    r = "; means and differences on r, taus on the analysis scale" if found.scale.has_r else ""
    title = f"Median and {100 * found.probability:g} % interval under other priors{r}. "
    title += "An asterisk marks where a conclusion changes."
    declared = "; ".join(f"{name} {prior}" for name, prior in found.declared.items())
    legend = [wrapped(f"declared: {declared}")]
    legend += [
        wrapped(f"{_letter(i)}: {row.label}. {row.because}".strip(), bullet="")
        for i, row in enumerate(found.rows)
    ]
    benchmarks = enumerate(found.baseline.benchmarks, 1)
    legend += [wrapped(f"benchmark {i}: {b.name}") for i, b in benchmarks]
    lines = [("declared", _cells(found, found.baseline, frozenset()))]
    lines += [
        (_letter(i), _cells(found, row.headline, frozenset(d.answer for d in row.differences)))
        for i, row in enumerate(found.rows)
    ]
    for row, (_, cells) in zip(found.rows, lines[1:], strict=True):
        if not row.same_effects:
            cells[EVIDENCE] = f"({cells[EVIDENCE]})"
    tables = [
        aligned(
            ["", *map(_heading, names)],
            [[label, *(c.get(n, "-") for n in names)] for label, c in lines],
        )
        for names in _fitting([cells for _, cells in lines])
    ]
    return wrapped(title).strip() + "\n" + "\n".join(legend) + "\n\n" + "\n\n".join(tables)


def _fitting(cells: Sequence[dict[str, str]]) -> Iterator[list[str]]:
    """Names of the answers, as many at a time as have room beside the letters."""
    room, names = WIDTH - BESIDE, list[str]()
    for name in cells[0]:
        width = 2 + max(len(_heading(name)), *(len(own.get(name, "-")) for own in cells))
        if names and width > room:
            yield names
            room, names = WIDTH - BESIDE, []
        room -= width
        names.append(name)
    yield names


def _heading(name: str) -> str:
    return name if len(name) <= LONGEST else f"{name[: LONGEST - 1]}…"


def _letter(i: int) -> str:
    """A, B, ..., Z, A2, B2, ..."""
    return chr(ord("A") + i % 26) + (str(i // 26 + 1) if i >= 26 else "")


def _cells(found: PriorAlternatives, of: Headline, changed: frozenset[str]) -> dict[str, str]:
    """What each column of the table says under one prior."""
    in_r = found.scale.has_r

    def cell(name: str, median: float, lower: float, upper: float, *, r: bool) -> str:
        write = correlation if r else decimal
        mark = "*" if name in changed else ""
        return f"{write(median)}{mark} {interval(Range(None, lower, upper), in_r=r)}"

    cells: dict[str, str] = {}
    for c in of.coefficients:
        own = c.estimate if c.r is None or c.r.centre is None else None
        values = (own.median, own.lower, own.upper) if own else _triple(c.r)
        cells[c.name] = cell(c.name, *values, r=own is None)
    for d in of.contrasts:
        limits = _triple(d.r) if d.r else (d.estimate.median, d.estimate.lower, d.estimate.upper)
        cells[d.name] = cell(d.name, *limits, r=in_r)
    for tau in ("tau_group", "tau_sample", "tau_effect"):
        e = getattr(of, tau)
        if e is not None:
            cells[tau] = cell(tau, e.median, e.lower, e.upper, r=False)
    cells |= {f"P({order.name})": percent(order.probability) for order in of.orders}
    numbers = {b.name: i for i, b in enumerate(found.baseline.benchmarks, 1)}
    for b in of.benchmarks:
        mark = "*" if b.name in changed else ""
        if b.name in numbers:
            cells[f"P(> benchmark {numbers[b.name]})"] = probability(b.p_above) + mark
    cells[EVIDENCE] = decimal(of.log_marginal_likelihood)
    return cells


def _triple(given: Range | None) -> tuple[float, float, float]:
    assert given is not None
    assert given.centre is not None
    return given.centre, given.lower, given.upper


def _curves(curves: Sequence[PriorCurve]) -> str:
    if not curves:
        return ""
    first = curves[0].factors
    head = f"Scale of each prior from {first[0]:g} to {first[-1]:g} times the declared"
    lines = [line for curve in curves for line in (*curve.sentences, _moved(curve))]
    return _bullets(head, lines)


def _moved(curve: PriorCurve) -> str:
    row = curve.moved.iloc[0]
    return (
        f"Along the scale of {curve.name} the median of {row.name} moves most: from "
        f"{row['lowest']:.3f} to {row['highest']:.3f} on the analysis scale, "
        f"{row['sds']:.2f} posterior sd."
    )


def _power(power: PowerScaling, between: Sequence[str]) -> str:
    title = (
        "Power scaling (Kallioinen et al. 2024): sensitivity of each answer to its priors and to "
        f"the data, called sensitive from {SENSITIVE:g} on"
    )
    rows = [
        [str(name), decimal(row["prior"], 3), decimal(row["likelihood"], 3), row["verdict"]]
        for name, row in power.table.iterrows()
    ]
    table = aligned(["", "prior", "data", "verdict"], rows)
    told = "\n".join(wrapped(line, bullet="- ") for line in (*power.sentences, *between))
    return wrapped(title).strip() + "\n" + table + "\n" + told


def _before_and_after(found: PriorAnalysis) -> str:
    title = (
        "Prior and posterior (analysis scale): median and interval; overlap: probability both "
        "have in common; learned: by how much the interval became shorter"
    )
    rows = [list(_row(str(name), row)) for name, row in found.before_and_after.iterrows()]
    if not rows:
        return ""
    columns = ["", "prior", "posterior", "overlap", "learned"]
    return wrapped(title).strip() + "\n" + aligned(columns, rows)


def _row(name: str, row: pd.Series[Any]) -> Iterator[str]:
    yield name
    for of in ("prior", "posterior"):
        limits = Range(None, row[f"{of}_lower"], row[f"{of}_upper"])
        yield f"{decimal(row[f'{of}_median'])} {interval(limits, in_r=False)}"
    yield percent(row["overlap"])
    yield percent(row["learned"])
