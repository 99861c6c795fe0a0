"""A multiverse as JSON and as plain text at 80 columns.

Texts write Bayes factors as log10 BF, like the figure; ``log_bf10`` in JSON and in the CSV files is
the natural logarithm of BF10.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import pandas as pd

from bayes_alliance.engines.fitted import Fitted
from bayes_alliance.names import TAU_EFFECT, TAU_SAMPLE
from bayes_alliance.report.layout import aligned, wrapped
from bayes_alliance.report.numbers import correlation, decimal, interval
from bayes_alliance.report.record_of_variation import analysis_frame
from bayes_alliance.report.text import fit_head, plain
from bayes_alliance.sensitivity.multiverse import Multiverse
from bayes_alliance.sensitivity.multiverse_answers import Answer
from bayes_alliance.summaries.coefficients import Range

__all__ = ["multiverse_record", "multiverse_sentences", "multiverse_text", "option_tables"]

#: Reasons of refusal that a text has room for, and how many factors a sentence names.
MOST_REASONS, NAMED = 8, 2
CAUTION = (
    "Specifications share their data and were declared, not drawn: these shares describe the grid "
    "and are no probabilities."
)


def multiverse_record(fitted: Fitted, found: Multiverse) -> dict[str, Any]:
    """A multiverse, ready for JSON.

    Parameters
    ----------
    fitted : Fitted
        The analysis that the choices change.
    found : Multiverse
        Its multiverse.

    Returns
    -------
    dict
        ``what``, ``baseline{choices, answers}``, ``rows[{label, choices{FACTOR: option},
        answers}]``, ``refused[{label, choices, reason}]``, ``factors``, ``options``, ``agreement``,
        ``grid``, ``sentences``, ``notes``.
    """
    names = found.factors
    labels = [[option.name for option in factor.options] for factor in found.plan.grid.factors]
    rows, refused = [], []
    for row, picks in zip(found.rows, found.picks.tolist(), strict=True):
        choices = {name: own[at] for name, own, at in zip(names, labels, picks, strict=True)}
        label = f"specification {row['specification']}"
        if row["refused"] is None:
            answers = _answers(found, row)
            rows.append({"label": label, "choices": choices, "answers": answers})
        else:
            refused.append({"label": label, "choices": choices, "reason": row["refused"]})
    return {
        **analysis_frame(fitted, "multiverse", found.plan.probability),
        "baseline": {"choices": {}, "answers": _answers(found, found.baseline)},
        "rows": rows,
        "refused": refused,
        "factors": [
            {"name": name, **{f"share_{key}": s.factors[f] for key, s in found.shares.items()}}
            for f, name in enumerate(names)
        ],
        "interactions": {key: shares.interactions for key, shares in found.shares.items()},
        "options": [
            {str(k): None if isinstance(v, float) and math.isnan(v) else v for k, v in o.items()}
            for o in found.choices.to_dict("records")
        ],
        "agreement": [
            {"statement": a.statement, "count": a.count, "of": a.of} for a in found.agreement
        ],
        "grid": found.plan.grid.model_dump(mode="json", exclude_none=True),
        "sentences": list(multiverse_sentences(found)),
        "notes": list(_notes(found)),
    }


def _answers(found: Multiverse, row: Answer) -> dict[str, Any]:
    estimate = {key: row[key] for key in ("mean", "sd", "median", "lower", "upper", "p_positive")}
    r = {key: row[f"r_{key}"] for key in ("median", "lower", "upper")} if found.in_r else None
    return {
        "coefficients": [{"name": row["follows"], "estimate": estimate, "r": r}],
        "heterogeneity": {
            tau: {"mean": row[f"{tau}_mean"], "sd": row[f"{tau}_sd"], "median": row[tau]}
            for tau in (TAU_SAMPLE, TAU_EFFECT)
        },
        "log_bf10": row["log_bf10"],
        "log_bf10_error": row["bf_error"],
        "log_marginal_likelihood": row["log_marginal_likelihood"],
        "log_marginal_likelihood_error": row["error"],
        "benchmarks": [
            {
                "name": benchmark.name,
                "coefficient": row["follows"],
                "r": benchmark.r,
                "difference_r": {"median": float(row["r_median"] or 0.0) - benchmark.r},
                "p_above": row[f"p_above_{i}"],
            }
            for i, benchmark in enumerate(found.plan.benchmarks if found.in_r else ())
        ],
        "effects": row["effects"],
        "samples": row["samples"],
    }


def multiverse_sentences(found: Multiverse) -> tuple[str, ...]:
    """What a multiverse says, in words.

    Parameters
    ----------
    found : Multiverse
        The multiverse.

    Returns
    -------
    tuple of str
        Range of the estimates, choices that matter, agreement, and how not to read it.
    """
    write = correlation if found.in_r else decimal
    curve, symbol = found.curve, "r" if found.in_r else "effect"
    low, first, middle, third, high = (
        write(float(v)) for v in curve["estimate"].quantile([0, 0.25, 0.5, 0.75, 1])
    )
    many = f"{len(curve):,} specification{'s were' if len(curve) != 1 else ' was'} computed"
    refused = len(found.rows) - len(curve)
    base = _row_text(found, found.baseline)
    said = [
        f"{many}" + (f" and {refused:,} combinations refused" if refused else "") + ".",
        f"Their median {symbol} runs from {low} to {high}: half of them between {first} and "
        f"{third}, the median of all {middle}. The model as declared says {base}.",
        _matters(found, "estimate", f"the estimate of {symbol}"),
    ]
    if curve["log_bf10"].notna().any():
        said.append(_matters(found, "log_bf10", "the Bayes factor (log10 BF)"))
    said += [f"{_of(a.count, a.of)}: {a.statement}." for a in found.agreement if a.count]
    return (*said, CAUTION)


def _of(count: int, of: int) -> str:
    if count == of:
        return f"In all {of:,} specifications"
    return f"In {count:,} of {of:,} specifications ({_percent(count / of)})"


def _percent(share: float) -> str:
    """A percentage that says 0 and 100 only of none and all."""
    if 0 < share < 0.005:
        return "< 1 %"
    if 0.995 < share < 1:
        return "> 99 %"
    return f"{100 * share:.0f} %"


def _row_text(found: Multiverse, row: Answer) -> str:
    names = ("r_median", "r_lower", "r_upper") if found.in_r else ("median", "lower", "upper")
    median, lower, upper = (float(row[name] or 0.0) for name in names)
    write = correlation if found.in_r else decimal
    return f"{write(median)} {interval(Range(None, lower, upper), in_r=found.in_r)}"


def _matters(found: Multiverse, key: str, what: str) -> str:
    shares = found.shares[key]
    if shares.total == 0:
        return f"No choice changes {what}."
    order = sorted(range(len(found.factors)), key=lambda f: -shares.factors[f])
    named = [f"{found.factors[f]} ({_percent(shares.factors[f])})" for f in order[:NAMED]]
    rest = f"; interactions {_percent(shares.interactions)}" if len(found.factors) > 1 else ""
    return (
        f"What matters most for {what} is {', then '.join(named)} of its variance over "
        f"specifications{rest}."
    )


def _notes(found: Multiverse) -> tuple[str, ...]:
    notes = list(found.dropped)
    if not found.shares["estimate"].full:
        notes.append(
            "Refused combinations leave the factorial incomplete: shares of variance are averaged "
            "over the orders in which choices can enter (Lindeman, Merenda & Gold 1980)."
        )
    reasons = found.refused["refused"].value_counts()
    for reason, count in list(reasons.items())[:MOST_REASONS]:
        notes.append(f"Refused, {count:,} combination{'s' if count != 1 else ''}: {reason}.")
    if len(reasons) > MOST_REASONS:
        notes.append(f"{len(reasons) - MOST_REASONS} more reasons stand in the table refused.")
    return tuple(notes)


def multiverse_text(fitted: Fitted, found: Multiverse) -> str:
    """A multiverse in plain text.

    Parameters
    ----------
    fitted : Fitted
        The analysis that the choices change.
    found : Multiverse
        Its multiverse.

    Returns
    -------
    str
        Lines of at most 80 columns.
    """
    agreed = [
        [a.statement, f"{a.count:,}", f"{a.of:,}", _percent(a.share) if a.of else "-"]
        for a in found.agreement
    ]
    return plain(
        [
            fit_head(fitted),
            f"Multiverse: {len(found.curve):,} specifications\n" + _options_table(found),
            "How many specifications agree\n"
            + aligned(["statement", "count", "of", "share"], agreed),
            "In words\n"
            + "\n".join(wrapped(line, bullet="- ") for line in multiverse_sentences(found)),
            "\n".join(wrapped(f"NOTE {note}") for note in _notes(found)),
        ]
    )


def _options_table(found: Multiverse) -> str:
    """Choices with their shares of variance, and averages with each option."""
    symbol = "r" if found.in_r else "effect"
    write = correlation if found.in_r else decimal
    frame, rows = found.choices, []
    for factor in found.factors:
        own = frame.loc[frame["factor"] == factor]
        shares = [_share(own[f"share_{key}"].iloc[0]) for key in ("estimate", "log_bf10")]
        rows.append([factor, "", "", "", *shares])
        rows += [
            [f"  {option['option']}", f"{option['fitted']:,}", write(option["estimate"], 3),
             decimal(option["log_bf10"] / math.log(10), 1), "", ""]
            for option in own.to_dict("records")
        ]  # fmt: skip
    columns = ["choice", "fits", symbol, "log10 BF", f"of {symbol}", "of BF"]
    head = (
        "Averages over the specifications with each option, and the share of the variance of "
        f"{symbol} and of log10 BF that each choice explains."
    )
    return wrapped(head) + "\n" + aligned(columns, rows)


def _share(value: float) -> str:
    return "-" if math.isnan(value) else _percent(value)


def option_tables(found: Multiverse) -> dict[str, pd.DataFrame]:
    """Tables of a multiverse by file name.

    Parameters
    ----------
    found : Multiverse
        The multiverse.

    Returns
    -------
    dict of str to DataFrame
        ``specifications``, ``choices``, ``agreement`` and, where there are any, ``refused``;
        ``log_bf10`` is the natural log of the Bayes factor.
    """
    agreement: Sequence[dict[str, Any]] = [
        {"statement": a.statement, "count": a.count, "of": a.of, "share": a.share}
        for a in found.agreement
    ]
    tables = {
        "specifications": found.table,
        "choices": found.choices.set_index("factor"),
        "agreement": pd.DataFrame(agreement).set_index("statement"),
    }
    refused = found.refused
    return tables if refused.empty else {**tables, "refused": refused}
