"""Sensitivity analyses as text and as JSON: the answers beside what was varied."""

from __future__ import annotations

from typing import Any

from bayes_alliance.engines.fitted import Fitted
from bayes_alliance.names import (
    RHO,
)
from bayes_alliance.report.layout import aligned, wrapped
from bayes_alliance.report.numbers import correlation, decimal, interval, percent
from bayes_alliance.report.record import spread_record
from bayes_alliance.report.record_of_variation import analysis_frame, headline_record
from bayes_alliance.report.text import fit_head, plain
from bayes_alliance.sensitivity.changes import rho_text
from bayes_alliance.sensitivity.correlation import RhoCurve
from bayes_alliance.summaries.coefficients import Range

__all__ = ["curve_record", "curve_text"]


def curve_record(fitted: Fitted, curve: RhoCurve) -> dict[str, Any]:
    """Answers over rho, ready for JSON.

    Parameters
    ----------
    fitted : Fitted
        The analysis.
    curve : RhoCurve
        Its answers over rho.

    Returns
    -------
    dict
        ``what``, ``baseline{choices, answers}``, ``rows[{label, choices, answers}]``,
        ``changes[{answer, from, to, rho, sentence}]``, ``sentences``, ``notes``.
    """
    return {
        **analysis_frame(fitted, "dependence", curve.probability),
        "baseline": {
            "choices": {
                "within_sample": fitted.specification.sampling.within_sample,
                "rho": curve.fitted_rho,
            },
            "answers": {**headline_record(curve.baseline), RHO: spread_record(curve.estimated)},
        },
        "rows": [
            {
                "label": f"rho = {rho_text(rho, 3)}",
                "choices": {"rho": rho},
                "answers": headline_record(found),
            }
            for rho, found in zip(curve.rho, curve.headlines, strict=True)
        ],
        "changes": curve.changes.to_dict("records"),
        "sentences": list(curve.sentences),
        "notes": list(curve.notes),
    }


def curve_text(fitted: Fitted, curve: RhoCurve) -> str:
    """Answers over rho in plain text: the two ends, the middle, and what changes.

    Parameters
    ----------
    fitted : Fitted
        The analysis.
    curve : RhoCurve
        Its answers over rho.

    Returns
    -------
    str
        Lines of at most 80 columns.
    """
    last = len(curve.rho) - 1
    shown = sorted({0, last // 2, last})
    answers = curve.answers
    columns = ["", *(f"rho = {rho_text(curve.rho[i])}" for i in shown)]
    rows = []
    for (kind, name), own in answers.groupby(["kind", "name"], sort=False):
        some = own.set_index("rho").loc[[curve.rho[i] for i in shown]]
        in_r = curve.scale.has_r and kind in ("mean", "difference")
        cells = [_cell(row, str(kind), in_r) for row in some.to_dict("records")]
        rows.append([f"P({name})" if kind == "order" else str(name), *cells])
    evidence = [curve.headlines[i].log_marginal_likelihood for i in shown]
    rows.append(["log marginal likelihood", *(decimal(value) for value in evidence)])
    r = "means and differences on r, " if curve.scale.has_r else ""
    title = f"Median and {100 * curve.probability:g} % interval over rho, the correlation of the "
    title += f"sampling errors of one sample's effects ({r}taus on the analysis scale)"
    return plain(
        [
            fit_head(fitted),
            wrapped(title).strip() + "\n" + aligned(columns, rows),
            _fitted_rho(curve),
            "What changes\n" + "\n".join(wrapped(line, bullet="- ") for line in curve.sentences),
            "\n".join(wrapped(f"NOTE {note}") for note in curve.notes),
        ]
    )


def _cell(row: dict[Any, Any], kind: str, in_r: bool) -> str:
    if kind == "order":
        return percent(row["probability"])
    write = correlation if in_r else decimal
    limits = interval(Range(None, row["lower"], row["upper"]), in_r=in_r)
    return f"{write(row['median'])} {limits}"


def _fitted_rho(curve: RhoCurve) -> str:
    if curve.estimated is None:
        return wrapped(f"The fit itself takes rho = {rho_text(curve.fitted_rho or 0.0)}.")
    limits = Range(None, curve.estimated.lower, curve.estimated.upper)
    return wrapped(
        f"The fit itself averages over the posterior of rho: median "
        f"{correlation(curve.estimated.median)}, {100 * curve.probability:g} % interval "
        f"{interval(limits, in_r=True)}."
    )
