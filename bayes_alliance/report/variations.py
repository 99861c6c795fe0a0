"""Sensitivity analyses as text and as JSON: the answers beside what was varied."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from bayes_alliance.engines.fitted import Fitted
from bayes_alliance.names import (
    INTERVAL_PROBABILITY,
    RHO,
    TAU_EFFECT,
    TAU_SAMPLE,
)
from bayes_alliance.report.layout import aligned, wrapped
from bayes_alliance.report.numbers import correlation, decimal, interval, percent
from bayes_alliance.report.record import spread_record
from bayes_alliance.report.record_of_variation import analysis_frame, headline_record
from bayes_alliance.report.text import fit_head, plain
from bayes_alliance.sensitivity.changes import rho_text
from bayes_alliance.sensitivity.correlation import RhoCurve
from bayes_alliance.summaries.coefficients import Range, estimate_of
from bayes_alliance.summaries.headline import Headline

__all__ = ["curve_record", "curve_text", "omission_record", "omission_text"]

#: So many samples are listed in a text; the table has all.
MOST_SAMPLES = 20
#: Columns of the terminal for their numbers, beside the label and elpd.
ROOM = 48


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


def omission_record(fitted: Fitted, table: pd.DataFrame, baseline: Headline) -> dict[str, Any]:
    """The analysis without each sample, ready for JSON.

    Parameters
    ----------
    fitted : Fitted
        The analysis.
    table : pandas.DataFrame
        What `bayes_alliance.sensitivity.omission.leave_one_out` returned.
    baseline : Headline
        Answers with all samples.

    Returns
    -------
    dict
        ``what``, ``baseline{answers}``, ``rows[{label, choices{without}, answers}]``; the answers
        have mean, sd and limits of coefficients and taus, and ``elpd``.
    """
    names = fitted.design.coefficients
    rows = [
        {
            "label": f"without {sample}",
            "choices": {"without": sample},
            "answers": {
                "coefficients": [{"name": name, "estimate": _moments(row, name)} for name in names],
                "heterogeneity": {
                    TAU_SAMPLE: _moments(row, TAU_SAMPLE),
                    TAU_EFFECT: _moments(row, TAU_EFFECT),
                },
                RHO: _moments(row, RHO),
                "elpd": row["elpd"],
            },
        }
        for sample, row in zip(table.index, table.to_dict("records"), strict=True)
    ]
    return {
        **analysis_frame(fitted, "leave-one-out", INTERVAL_PROBABILITY),
        "baseline": {"choices": {"without": None}, "answers": headline_record(baseline)},
        "rows": rows,
        "changes": [],
        "sentences": [_influential(fitted, table)],
        "notes": [],
    }


def _moments(row: dict[Any, Any], name: str) -> dict[str, float] | None:
    if name not in row:
        return None
    return {
        "mean": row[name],
        "sd": row[f"{name}_sd"],
        "lower": row[f"{name}_lower"],
        "upper": row[f"{name}_upper"],
    }


def omission_text(fitted: Fitted, table: pd.DataFrame) -> str:
    """The analysis without each sample in plain text, the most influential first.

    Parameters
    ----------
    fitted : Fitted
        The analysis.
    table : pandas.DataFrame
        What `bayes_alliance.sensitivity.omission.leave_one_out` returned.

    Returns
    -------
    str
        Lines of at most 80 columns.
    """
    names = _followed(fitted, table)
    columns = ["without", *names, "elpd"]
    shifts = _shifts(fitted, table, list(table.columns)).abs().max(axis=1)
    order = shifts.sort_values(ascending=False, kind="stable").index
    whole = _whole(fitted)
    rows = [["none", *(decimal(whole[n][0], 3) if n in whole else "-" for n in names), "-"]]
    for sample in order[:MOST_SAMPLES]:
        row = table.loc[sample]
        means = (decimal(float(row[name]), 3) for name in names)
        rows.append([str(sample), *means, decimal(float(row["elpd"]))])
    left = len(table) - (len(rows) - 1)
    hidden = [name for name in fitted.design.coefficients if name not in names]
    rest = ([f"{left} more samples"] if left else []) + hidden
    more = f" In the table (--out) too: {', '.join(rest)}." if rest else ""
    title = "Posterior mean without each sample, on the analysis scale, the most influential "
    title += f"first; elpd: log density of the sample given the others.{more}"
    return plain(
        [
            fit_head(fitted),
            wrapped(title).strip() + "\n" + aligned(columns, rows),
            wrapped(_influential(fitted, table)),
        ]
    )


def _followed(fitted: Fitted, table: pd.DataFrame) -> list[str]:
    """What a text has room for: the taus, and the coefficients that fit beside them."""
    taus = [name for name in (TAU_SAMPLE, TAU_EFFECT) if name in table]
    room, chosen = ROOM - sum(len(name) + 2 for name in taus), []
    for name in fitted.design.coefficients:
        wide = max(len(name), 6) + 2
        if wide <= room:
            room -= wide
            chosen.append(name)
    return [*chosen, *taus]


def _shifts(fitted: Fitted, table: pd.DataFrame, names: Sequence[str]) -> pd.DataFrame:
    """Changes of posterior means without each sample, in posterior sds of the whole."""
    return pd.DataFrame(
        {name: (table[name] - mean) / sd for name, (mean, sd) in _whole(fitted).items()
         if name in names},
        index=table.index,
    )  # fmt: skip


def _whole(fitted: Fitted) -> dict[str, tuple[float, float]]:
    """Posterior mean and sd of coefficients and taus with all samples."""
    design, posterior = fitted.design, fitted.posterior
    eye = np.eye(len(design.coefficients))
    found = {
        name: estimate_of(posterior.linear(weights))
        for name, weights in zip(design.coefficients, eye, strict=True)
    }
    if design.tau_sample is not None:
        found[TAU_SAMPLE] = estimate_of(posterior.tau("sample"))
    if design.tau_effect is not None:
        found[TAU_EFFECT] = estimate_of(posterior.tau("effect"))
    return {name: (e.mean, e.sd) for name, e in found.items() if e.sd > 0}


def _influential(fitted: Fitted, table: pd.DataFrame) -> str:
    shifts = _shifts(fitted, table, list(table.columns))
    values = shifts.to_numpy(float)
    row, column = divmod(int(np.nanargmax(np.abs(values))), values.shape[1])
    sample, name, shift = shifts.index[row], shifts.columns[column], float(values[row, column])
    return (
        f"The most influential sample is {sample}: without it the mean of {name} is "
        f"{abs(shift):.2f} posterior sd {'higher' if shift > 0 else 'lower'}."
    )
