"""What an analysis hangs on, as text and as JSON: samples left out, and samples added in order."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from bayes_alliance.names import RHO
from bayes_alliance.report.layout import aligned, wrapped
from bayes_alliance.report.numbers import correlation, decimal, probability
from bayes_alliance.report.record import benchmark_record, spread_record
from bayes_alliance.report.record_of_variation import analysis_frame, headline_record
from bayes_alliance.report.text import fit_head, plain
from bayes_alliance.sensitivity.conclusions import joined
from bayes_alliance.sensitivity.cumulative import Cumulative
from bayes_alliance.sensitivity.exact_answers import TOTAL_TAU, ExactAnswers
from bayes_alliance.sensitivity.influence import Influence
from bayes_alliance.sensitivity.omission import Omission
from bayes_alliance.sensitivity.removal import Change

__all__ = ["omission_record", "omission_text"]

#: So many samples are listed in a text; the table has all.
MOST_SAMPLES = 20
#: And so many with their measures of influence.
MOST_MEASURED = 10
#: Columns of the terminal for their numbers, beside the label and elpd.
ROOM = 48
#: Letters of a label beside the measures of influence.
LABEL = 20
#: And of the value by which samples are ordered.
VALUE = 12
#: What the rules of a flag are called.
RULES = {"cook": "Cook's distance", "dfbetas": "DFBETAS", "weight": "weight"}


def omission_record(influence: Influence, cumulative: Cumulative | None = None) -> dict[str, Any]:
    """The analysis without each sample, ready for JSON.

    Parameters
    ----------
    influence : Influence
        What each sample does to the analysis.
    cumulative : Cumulative, optional
        Samples added one after another.

    Returns
    -------
    dict
        ``what``, ``baseline{choices, answers}``, ``rows[{label, choices{left_out}, answers,
        influence}]``, ``changes[{answer, kind, state, left_out, together, becomes, sentence}]``,
        ``sentences``, ``notes``, and ``cumulative{by, answer, rows[{label, choices{added, BY,
        samples, effects}, answers}], sentences, notes}`` or None.
    """
    omission = influence.omission
    measures = influence.table.to_dict("index")
    return {
        **analysis_frame(omission.fitted, "leave-one-out", omission.probability),
        "answer": omission.answer,
        "baseline": {
            "choices": {"left_out": None},
            "answers": _answers_record(omission.baseline),
        },
        "rows": [
            {
                "label": left.label,
                "choices": {"left_out": left.label},
                "answers": {**_answers_record(left.answers), "elpd": left.elpd},
                "influence": {k: _clean(v) for k, v in measures[left.label].items()},
            }
            for left in omission.left
        ],
        "changes": [entry for change in influence.changes for entry in _change_records(change)],
        "sentences": [
            _influential(omission), _flagged(influence.table, omission.unit), *influence.sentences,
        ],
        "notes": list(omission.notes),
        "cumulative": None if cumulative is None else _cumulative_record(cumulative),
    }  # fmt: skip


def _answers_record(found: ExactAnswers) -> dict[str, Any]:
    told = headline_record(found.headline)
    told["heterogeneity"][TOTAL_TAU] = spread_record(found.total)
    told["benchmarks"] = [benchmark_record(b) for b in found.benchmarks]
    told[RHO] = spread_record(found.rho)
    return told


def _change_records(change: Change) -> list[dict[str, Any]]:
    one = change.conclusion
    head = {"answer": one.name, "kind": one.kind, "state": one.state}
    tail = {"sentence": change.sentence}
    if change.together:
        left_out = list(change.together)
        return [head | {"left_out": left_out, "together": True, "becomes": change.state} | tail]
    return [
        head | {"left_out": [label], "together": False, "becomes": state} | tail
        for label, state in change.singles
    ]


def _cumulative_record(found: Cumulative) -> dict[str, Any]:
    return {
        "by": found.by,
        "answer": found.answer,
        "rows": [
            {
                "label": step.sample,
                "choices": {
                    "added": step.sample,
                    found.by: step.value or None,
                    "samples": step.samples,
                    "effects": step.effects,
                },
                "answers": {
                    **_answers_record(step.answers),
                    "log_bf10": None if step.evidence is None else step.evidence.log_bf10,
                },
            }
            for step in found.steps
        ],
        "sentences": list(found.sentences),
        "notes": list(found.notes),
    }


def _clean(value: Any) -> Any:
    """A number that JSON has, or None."""
    if isinstance(value, float):
        return float(value) if math.isfinite(value) else None
    return value


def omission_text(influence: Influence, cumulative: Cumulative | None = None) -> str:
    """The analysis without each sample in plain text, the largest shift of a parameter first.

    Parameters
    ----------
    influence : Influence
        What each sample does to the analysis.
    cumulative : Cumulative, optional
        Samples added one after another.

    Returns
    -------
    str
        Lines of at most 80 columns.
    """
    omission = influence.omission
    return plain(
        [
            fit_head(omission.fitted),
            _means_text(omission),
            wrapped(_influential(omission)),
            _measures_text(omission, influence.table),
            wrapped(_flagged(influence.table, omission.unit)),
            "\n".join(wrapped(f"NOTE {note}") for note in omission.notes),
            _changes_text(influence.changes),
            *([] if cumulative is None else _cumulative_texts(cumulative)),
        ]
    )


def _means_text(omission: Omission) -> str:
    table, fitted = omission.table, omission.fitted
    whole, shifts = _whole(omission), _shifts(omission)
    names = _followed(omission)
    columns = ["without", *names, "elpd"]
    order = shifts.abs().max(axis=1).sort_values(ascending=False, kind="stable").index
    rows = [["none", *(decimal(whole[n][0], 3) if n in whole else "-" for n in names), "-"]]
    for label in order[:MOST_SAMPLES]:
        row = table.loc[label]
        means = (decimal(float(row[name]), 3) for name in names)
        rows.append([str(label), *means, decimal(float(row["elpd"]))])
    left = len(table) - (len(rows) - 1)
    hidden = [name for name in fitted.design.coefficients if name not in names]
    rest = ([_more(left, omission.unit)] if left else []) + hidden
    more = f" In the table (--out) too: {', '.join(rest)}." if rest else ""
    title = f"Posterior mean without each {omission.unit}, on the analysis scale, the "
    title += "largest shift of any parameter, in posterior sds, first; elpd: log density of the "
    title += f"{omission.unit} given the others.{more}"
    return wrapped(title).strip() + "\n" + aligned(columns, rows)


def _more(count: int, unit: str) -> str:
    return f"{count} more {unit}{'' if count == 1 else 's'}"


def _followed(omission: Omission) -> list[str]:
    """What a text has room for: the taus, and the coefficients that fit beside them."""
    taus = [name for name in _taus(omission) if name in omission.table]
    room, chosen = ROOM - sum(len(name) + 2 for name in taus), []
    for name in omission.fitted.design.coefficients:
        wide = max(len(name), 6) + 2
        if wide <= room:
            room -= wide
            chosen.append(name)
    return [*chosen, *taus]


def _taus(omission: Omission) -> dict[str, tuple[float, float]]:
    found = omission.baseline.headline
    told = {"tau_sample": found.tau_sample, "tau_effect": found.tau_effect}
    return {name: (e.mean, e.sd) for name, e in told.items() if e is not None}


def _whole(omission: Omission) -> dict[str, tuple[float, float]]:
    """Posterior mean and sd of coefficients and taus with everything."""
    design = omission.fitted.design
    eye = np.eye(len(design.coefficients))
    found = {}
    for name, weights in zip(design.coefficients, eye, strict=True):
        marginal = omission.posterior.mixture(weights)
        found[name] = (marginal.mean, marginal.sd)
    return {name: (mean, sd) for name, (mean, sd) in (found | _taus(omission)).items() if sd > 0}


def _shifts(omission: Omission) -> pd.DataFrame:
    """Changes of posterior means without each unit, in posterior sds of the whole."""
    table = omission.table
    return pd.DataFrame(
        {name: (table[name] - mean) / sd for name, (mean, sd) in _whole(omission).items()},
        index=table.index,
    )


def _influential(omission: Omission) -> str:
    shifts = _shifts(omission)
    values = shifts.to_numpy(float)
    row, column = divmod(int(np.nanargmax(np.abs(values))), values.shape[1])
    label, name, shift = shifts.index[row], shifts.columns[column], float(values[row, column])
    unit = "sample" if omission.unit == "sample" else "effect size"
    return (
        f"By the largest shift of a parameter the most influential {unit} is {label}: without it "
        f"the mean of {name} is "
        f"{abs(shift):.2f} posterior sd {'higher' if shift > 0 else 'lower'}."
    )


def _measures_text(omission: Omission, influence: pd.DataFrame) -> str:
    ordered = influence.sort_values("kl", ascending=False, kind="stable")
    columns = ["without", "KL", "coin", "Cook", "det ratio", "weight", "misfit", "shift"]
    rows = []
    for label, row in ordered.head(MOST_MEASURED).iterrows():
        weight = float(row.get("weight", math.nan))
        rows.append(
            [
                _short(str(label), LABEL),
                decimal(float(row["kl"]), 3),
                correlation(float(row["coin"])),
                decimal(float(row["cook"])),
                decimal(float(row["covratio"])),
                "-" if math.isnan(weight) else correlation(weight),
                decimal(float(row["misfit"])),
                decimal(float(row["influence"])),
            ]
        )
    left = len(influence) - len(rows)
    more = f" In the table (--out) too: {_more(left, omission.unit)}." if left else ""
    title = (
        "Influence, the largest KL first. KL: divergence of the posterior from the one without "
        f"the {omission.unit}, in nats; coin: heads of a coin as far from a fair one; Cook: "
        "squared shift of the means in the posterior covariance, by coefficient; det ratio: of the "
        "covariance without to with; weight in, and squared shift in sds without of, the mean of "
        f"{omission.answer}; misfit: squared residual given the others, 1 expected.{more}"
    )
    return wrapped(title).strip() + "\n" + aligned(columns, rows)


def _short(text: str, most: int) -> str:
    return text if len(text) <= most else text[: most - 1] + "…"


def _flagged(influence: pd.DataFrame, unit: str) -> str:
    met = influence.loc[influence["flags"] != "", "flags"]
    rules = "the rules of thumb of Viechtbauer and Cheung (2010), made for other estimates"
    if met.empty:
        return f"No {unit} is flagged by {rules}."
    told = [
        f"{label} ({', '.join(RULES[name] for name in str(names).split(', '))})"
        for label, names in met.items()
    ]
    return f"Flagged by {rules}: {joined(told)}."


def _changes_text(changes: Sequence[Change]) -> str:
    """What changes, and in one sentence what does not."""
    told = [c.sentence for c in changes if c.changes]
    firm = [c for c in changes if not c.changes]
    lines = [wrapped(line, bullet="- ") for line in told]
    if firm:
        tried = max(c.tried for c in firm)
        more = f", nor do up to {tried} removed one after another" if tried > 1 else ""
        subjects = "; ".join(f"{c.conclusion.subject} {c.conclusion.state}" for c in firm)
        unit = "sample" if firm[0].unit == "sample" else "effect size"
        lines.append(wrapped(f"No single {unit} changes the following{more}: {subjects}.",
                             bullet="- "))  # fmt: skip
    return "What would have to be absent for a conclusion to change\n" + "\n".join(lines)


def _cumulative_texts(found: Cumulative) -> list[str]:
    in_r = bool(found.table["r"].notna().any())
    write = correlation if in_r else decimal
    columns = ["added", found.by, "samples", "median", "lower", "upper", "P(> 0)", "log BF10"]
    shown = list(range(len(found.steps)))
    if len(shown) > MOST_SAMPLES:
        half = MOST_SAMPLES // 2
        shown = [*shown[:half], *shown[-half:]]
    rows, last = [], -1
    for i in shown:
        row, step = found.table.iloc[i], found.steps[i]
        if i != last + 1:
            rows.append([f"({i - last - 1} more)", *[""] * 7])
        keys = ("r", "r_lower", "r_upper") if in_r else ("median", "lower", "upper")
        rows.append(
            [
                _short(step.sample, LABEL),
                _short(step.value, VALUE),
                str(step.samples),
                *(write(float(row[key])) for key in keys),
                probability(float(row["p_positive"])),
                decimal(float(row["log_bf10"])),
            ]
        )
        last = i
    scale = "on r" if in_r else "on the analysis scale"
    title = (
        f"Samples added in the order of {found.by} (ties as in the table): {found.answer} {scale}, "
        "and its Bayes factor against 0 after each"
    )
    told = [*found.sentences, *found.notes]
    return [
        wrapped(title).strip() + "\n" + aligned(columns, rows),
        "\n".join(wrapped(line, bullet="- ") for line in told),
    ]
