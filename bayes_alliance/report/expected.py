"""Design analyses as text and as JSON: smallest effects shown, evidence expected of more data."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from bayes_alliance.engines.fitted import Fitted
from bayes_alliance.report.layout import aligned, wrapped
from bayes_alliance.report.numbers import correlation, decimal
from bayes_alliance.report.record_of_variation import analysis_frame, headline_record
from bayes_alliance.report.text import fit_head, plain
from bayes_alliance.sensitivity.expected import Expected, Spread, spread_of
from bayes_alliance.sensitivity.smallest import Detectable, SmallestEffect
from bayes_alliance.summaries.evidence import ratio_of
from bayes_alliance.summaries.headline import Headline

__all__ = ["design_record", "design_text", "expected_table"]


def design_text(fitted: Fitted, smallest: Detectable, expected: Expected) -> str:
    """What the data could have shown and what more data would tell, in plain text.

    Parameters
    ----------
    fitted : Fitted
        The analysis.
    smallest : Detectable
        Smallest effects.
    expected : Expected
        Evidence after more samples.

    Returns
    -------
    str
        Lines of at most 80 columns.
    """
    in_words = [wrapped(line, bullet="- ") for line in smallest.sentences]
    return plain(
        [
            fit_head(fitted),
            _smallest_title(smallest) + "\n" + _smallest_table(smallest),
            "In words\n" + "\n".join(in_words),
            wrapped(_how_simulated(smallest)),
            wrapped(
                f"Expected with more samples: median (and 80 % range) of the width of the "
                f"{100 * expected.probability:g} % interval, median of BF10, and shares of "
                f"{expected.replications} simulated data sets"
            ).strip()
            + "\n"
            + expected_table(expected),
            wrapped(_how_expected(expected)),
            "\n".join(wrapped(f"NOTE {note}") for note in (*smallest.notes, *expected.notes)),
        ]
    )


def _smallest_title(found: Detectable) -> str:
    unit = "on r" if found.scale.has_r else "on the scale of yi"
    return wrapped(
        f"Smallest true effect ({unit}) that these {found.effects} effect sizes in "
        f"{found.samples} sample{'' if found.samples == 1 else 's'} would have shown with "
        f"probability {found.power:.2f}; MC: Monte Carlo interval"
    ).strip()


def _smallest_table(found: Detectable) -> str:
    limit = f"{found.threshold:g}"
    columns = ["", "smallest", "95 % MC", f"P(BF10>{limit})", f"BF01>{limit} if 0",
               f"BF10>{limit} if 0"]  # fmt: skip
    rows = []
    for row in found.rows:
        size, low, high = _on_shown_scale(row)
        write = correlation if found.scale.has_r else decimal
        largest = row.largest_r if found.scale.has_r else row.largest
        shown = f"> {write(largest, 3)}" if row.delta is None else write(size, 3)
        limits = "-" if row.delta is None else f"[{write(low, 3)}, {write(high, 3)}]"
        power = "-" if row.power is None else share_text(row.power, found.replications)
        ends = (share_text(share, found.replications) for share in (row.p_null, row.p_false))
        rows.append([row.target.name, shown, limits, power, *ends])
    return aligned(columns, rows)


def _on_shown_scale(row: SmallestEffect) -> tuple[float | None, float | None, float | None]:
    if np.isfinite(row.largest_r):
        return row.r, row.r_lower, row.r_upper
    return row.delta, row.delta_lower, row.delta_upper


def _how_simulated(found: Detectable) -> str:
    tries = ""
    if found.compared > 0:
        tries = (
            f" The rules used here differ from the engine's default by at most "
            f"{found.compared:.0e} in the log Bayes factors that were compared."
        )
    return (
        f"From {found.replications} simulated data sets an effect, the same random numbers for "
        f"every true size; heterogeneity {found.taus}. The last two columns: with a true size "
        f"of 0. Evidence is BF10 > {found.threshold:g} against exactly 0, or BF01 > "
        f"{found.threshold:g} for it, under the priors of the model.{tries}"
    )


def _how_expected(found: Expected) -> str:
    return (
        f"Here {found.layout}. Monte Carlo standard error of a share: at most "
        f"{0.5 / np.sqrt(found.replications):.3f}. Widths of means are on "
        f"{'r' if found.scale.has_r else 'the scale of yi'}, of differences on the analysis scale."
    )


def expected_table(found: Expected) -> str:
    """Expected widths and evidence as a table.

    Parameters
    ----------
    found : Expected
        From more samples, or of a planned analysis.

    Returns
    -------
    str
        Lines of at most 80 columns.
    """
    limit = f"{found.threshold:g}"
    columns = ["", "samples", "width", "BF10", f"P(BF10>{limit})", f"P(BF01>{limit})"]
    if found.narrow is not None:
        columns.append(f"P(width<{found.narrow:g})")
    rows = []
    for name, own in found.table.groupby("name", sort=False):
        for i, row in enumerate(own.to_dict("records")):
            count = f"+{row['samples']}" if found.present else str(row["samples"])
            low, high = (correlation(row[f"width_{end}80"], 3) for end in ("lower", "upper"))
            width = correlation(row["width_median"], 3)
            fixed = found.present > 0 and row["samples"] == 0
            cells = [
                str(name) if i == 0 else "",
                "now" if fixed else count,
                width if fixed else f"{width} [{low}, {high}]",
                ratio_of(row["bf10_median"]),
                "-" if fixed else share_text(row["p_bf10"], found.replications),
                "-" if fixed else share_text(row["p_bf01"], found.replications),
            ]
            if found.narrow is not None:
                cells.append("-" if fixed else share_text(row["p_narrow"], found.replications))
            rows.append(cells)
    return aligned(columns, rows)


def share_text(value: float, runs: int) -> str:
    """Write a share of simulated data sets; none and all are told as bounds.

    Parameters
    ----------
    value : float
        Between 0 and 1.
    runs : int
        Data sets simulated; a share below one of them cannot be seen.

    Returns
    -------
    str
        For example ``.84`` or, of 500, ``> .998`` and ``< .002``.
    """
    digits = max(3, math.ceil(math.log10(runs)))
    if value <= 0:
        return f"< {correlation(1 / runs, digits)}"
    if value >= 1:
        return f"> {correlation(1 - 1 / runs, digits)}"
    return correlation(value, 2 if 0.005 <= value < 0.995 else digits)


def design_record(
    fitted: Fitted, smallest: Detectable, expected: Expected, baseline: Headline
) -> dict[str, Any]:
    """Smallest effects and expected evidence, ready for JSON.

    Parameters
    ----------
    fitted : Fitted
        The analysis.
    smallest : Detectable
        Smallest effects.
    expected : Expected
        Evidence after more samples.
    baseline : Headline
        Answers of the fit.

    Returns
    -------
    dict
        ``what``, ``baseline{choices, answers}``, ``rows[{label, choices{added}, answers{expected
        [...]}}]``, ``smallest[...]``, ``sentences``, ``notes``.
    """
    return {
        **analysis_frame(fitted, "design", expected.probability),
        "baseline": {"choices": {"added": 0}, "answers": headline_record(baseline)},
        "rows": [
            {
                "label": f"{count} more sample{'' if count == 1 else 's'}",
                "choices": {"added": count},
                "answers": {"expected": _expected_record(expected, n)},
            }
            for n, count in enumerate(expected.samples)
        ],
        "threshold": expected.threshold,
        "layout": expected.layout,
        "smallest": {
            "power": smallest.power,
            "replications": smallest.replications,
            "seed": smallest.seed,
            "taus": smallest.taus,
            "rows": [_smallest_record(row) for row in smallest.rows],
        },
        "replications": expected.replications,
        "seed": expected.seed,
        "compared": {
            "log_bf10": max(smallest.compared, expected.compared[0]),
            "width": expected.compared[1],
        },
        "sentences": [*smallest.sentences, *expected.sentences],
        "notes": [*smallest.notes, *expected.notes],
    }


def _smallest_record(row: SmallestEffect) -> dict[str, Any]:
    return {
        "name": row.target.name,
        "kind": row.target.kind,
        "delta": {"estimate": row.delta, "lower": _finite(row.delta_lower),
                  "upper": _finite(row.delta_upper)},
        "r": {"estimate": row.r, "lower": _finite(row.r_lower), "upper": _finite(row.r_upper)},
        "power": row.power,
        "power_se": row.power_se,
        "p_null": row.p_null,
        "p_null_se": row.p_null_se,
        "p_false": row.p_false,
        "largest": {"delta": row.largest, "r": _finite(row.largest_r)},
    }  # fmt: skip


def _finite(value: float | None) -> float | None:
    return None if value is None or not np.isfinite(value) else value


def _expected_record(found: Expected, n: int) -> list[dict[str, Any]]:
    table = found.table
    shares = table.loc[table["samples"] == found.samples[n]].to_dict("records")
    return [
        {
            "name": target.name,
            "scale": row["scale"],
            "width": _spread_record(spread_of(found.width[n, :, m])),
            "log_bf10": _spread_record(spread_of(found.log_bf10[n, :, m])),
            **{
                key: _finite(row[key])
                for share in ("p_bf10", "p_bf01", "p_neither", "p_narrow")
                for key in (share, f"{share}_se")
            },
        }
        for m, (target, row) in enumerate(zip(found.targets, shares, strict=True))
    ]


def _spread_record(spread: Spread) -> dict[str, float]:
    return {part: float(getattr(spread, part)) for part in Spread.__slots__}
