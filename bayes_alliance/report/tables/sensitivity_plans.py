"""What every combination of choices says, and what the design of the data could have shown."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

from bayes_alliance.report.expected import share_text
from bayes_alliance.report.material import Material
from bayes_alliance.report.numbers import correlation, decimal, percent, whole
from bayes_alliance.report.tables.general_note import finished
from bayes_alliance.report.tables.sensitivity_answers import table_name
from bayes_alliance.report.tables.table import Column, Table
from bayes_alliance.report.variation import Variation

__all__ = ["design_table", "multiverse_table"]


def multiverse_table(material: Material, variation: Variation) -> Table:
    """Write averages over the specifications with each option of a multiverse.

    Parameters
    ----------
    material : Material
        What the report is made of.
    variation : Variation
        Of the kind ``multiverse``.

    Returns
    -------
    Table
        Named ``sensitivity_multiverse``; one section a choice.
    """
    record = variation.record
    in_r = material.answers.scale.has_r
    symbol = material.answers.scale.symbol
    write = correlation if in_r else decimal
    rows, sections = list[list[str]](), list[tuple[int, str]]()
    for factor in record["factors"]:
        own = [o for o in record["options"] if o["factor"] == factor["name"]]
        shares = ", ".join(_shares(factor, symbol))
        sections.append((len(rows), f"{factor['name']} ({shares})" if shares else factor["name"]))
        rows += [
            [
                str(option["option"]),
                whole(option["fitted"]),
                write(option["estimate"], 3),
                "-" if option["log_bf10"] is None
                else decimal(option["log_bf10"] / math.log(10), 1),
            ]
            for option in own
        ]  # fmt: skip
    columns = (
        Column("Choice", numeric=False),
        Column("fits"),
        Column(f"mean {symbol}"),
        Column("log10 BF"),
    )
    agreed = [f"{a['statement']}: {a['count']} of {a['of']}" for a in record["agreement"]]
    notes = [
        f"{len(record['rows'])} combinations of choices were fitted"
        + (f", {len(record['refused'])} cannot be" if record["refused"] else "")
        + "; fits = those with the option, over which the numbers are averaged.",
        f"{symbol} = posterior median; BF = Bayes factor against 0.",
        "Shares are those of the variance over all combinations that a choice explains.",
        f"{'; '.join(agreed)}." if agreed else "",
    ]
    return finished(
        material, table_name(variation), "The Main Answer Over All Combinations of Choices",
        columns, rows, notes, variation.tables["choices"], sections,
    )  # fmt: skip


def _shares(factor: dict[str, Any], symbol: str) -> Iterator[str]:
    for key, name in (("estimate", symbol), ("log_bf10", "log10 BF")):
        share = factor.get(f"share_{key}")
        if share is not None and not math.isnan(share):
            yield f"{percent(share)} of {name}"


def design_table(material: Material, variation: Variation) -> Table:
    """Write the smallest effects that the data could have shown.

    Parameters
    ----------
    material : Material
        What the report is made of.
    variation : Variation
        Of the kind ``design``.

    Returns
    -------
    Table
        Named ``sensitivity_design``.
    """
    record = variation.record
    smallest, limit = record["smallest"], f"{record['threshold']:g}"
    in_r = material.answers.scale.has_r
    columns = (
        Column("Question", numeric=False),
        Column("smallest effect"),
        Column("95 % MC interval"),
        Column(f"P(BF10 > {limit})"),
        Column(f"P(BF01 > {limit}) at 0"),
        Column(f"P(BF10 > {limit}) at 0"),
    )
    rows = [_smallest_row(row, smallest["replications"], in_r=in_r) for row in smallest["rows"]]
    notes = [
        f"Smallest effect = smallest true size ({'r' if in_r else 'on the scale of the data'}) "
        f"that data of this layout show with probability {smallest['power']:.2f}; MC = Monte "
        f"Carlo, {smallest['replications']} simulated data sets a size.",
        f"BF10 = Bayes factor against 0, BF01 = its inverse; shown means BF10 > {limit}. The "
        "first P is at the answer itself, the others where the true size is 0.",
        f"Heterogeneity {smallest['taus']}.",
    ]
    return finished(material, table_name(variation), "What the Data Could Have Shown", columns,
                    rows, notes, variation.tables["smallest"])  # fmt: skip


def _smallest_row(row: dict[str, Any], replications: int, *, in_r: bool) -> list[str]:
    write = correlation if in_r else decimal
    size = row["r"] if in_r else row["delta"]
    if row["delta"]["estimate"] is None:
        largest = row["largest"]["r" if in_r else "delta"]
        shown, limits = f"> {write(largest, 3)}", "-"
    else:
        shown = write(size["estimate"], 3)
        limits = f"[{write(size['lower'], 3)}, {write(size['upper'], 3)}]"
    power = "-" if row["power"] is None else share_text(row["power"], replications)
    ends = (share_text(row[key], replications) for key in ("p_null", "p_false"))
    return [row["name"], shown, limits, power, *ends]
