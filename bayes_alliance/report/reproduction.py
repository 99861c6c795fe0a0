"""What a rerun found, in words, tables and JSON: number by number."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from typing import Any, Final

import pandas as pd

from bayes_alliance.names import SCHEMA
from bayes_alliance.report.comparison import Compared, Comparison, Leaf, Verdict
from bayes_alliance.report.layout import aligned, wrapped

__all__ = ["comparison_frame", "comparison_record", "comparison_text", "verdict"]

#: Significant digits of a number in a table; more where two numbers differ beyond them.
DIGITS: Final = 9
MOST_DIGITS: Final = 17
#: Characters of a name in a table.
LONGEST_NAME: Final = 120
#: Parts of a record that hold what went in, listed one by one only where something differs.
_INPUTS: Final = frozenset({"schema", "data", "model", "engine", "interval", "rope", "left_out"})
_ANSWERS: Final[Mapping[Verdict, str]] = {
    "same": "yes",
    "near": "nearly",
    "different": "NO",
    "not stored": "NOT STORED",
}


def comparison_frame(comparison: Comparison) -> pd.DataFrame:
    """Every number as a table.

    Parameters
    ----------
    comparison : Comparison
        What was compared.

    Returns
    -------
    pandas.DataFrame
        group, name, stored, now, difference, scale (what the difference is measured in),
        in_scales, verdict; one row a number.
    """
    return pd.DataFrame(
        [
            {
                "group": number.group,
                "name": number.name,
                "stored": math.nan if number.stored is None else number.stored,
                "now": math.nan if number.now is None else number.now,
                "difference": number.difference,
                "scale": number.scale,
                "in_scales": number.in_scales,
                "verdict": number.verdict,
            }
            for number in comparison.numbers
        ]
    )


def verdict(comparison: Comparison) -> str:
    """Say in one paragraph whether the numbers are the same.

    Parameters
    ----------
    comparison : Comparison
        What was compared.

    Returns
    -------
    str
        Counts, the largest difference, and the tolerance if one applies.
    """
    counts, total = comparison.counts(), len(comparison.numbers)
    told = [f"{counts['same']:,} of {total:,} numbers are the same to the last digit."]
    if counts["near"]:
        told.append(f"{counts['near']:,} differ by less than {_tolerance(comparison)}.")
    if wrong := total - counts["same"] - counts["near"]:
        told.append(f"{wrong:,} {'is' if wrong == 1 else 'are'} NOT the same.")
    if (largest := comparison.largest) is not None:
        told.append(
            f"The largest difference: {largest.group}, {_clean(largest.name)}: "
            f"{_both(largest)[0]} stored, {_both(largest)[1]} now"
            + (
                "."
                if math.isinf(largest.difference)
                else f" (difference {largest.difference:.2g}, {largest.in_scales:.2g} "
                "of what it is uncertain by)."
            )
        )
    texts = [value for value in comparison.others if value.verdict != "same"]
    alike = len(comparison.others) - len(texts)
    told.append(f"{alike:,} of {len(comparison.others):,} texts and truth values are the same.")
    return " ".join(told)


def comparison_text(
    comparison: Comparison, *, title: str, told: Sequence[str], environment: Sequence[str]
) -> str:
    """Tell a comparison number by number.

    Parameters
    ----------
    comparison : Comparison
        What was compared.
    title : str
        What was repeated.
    told : sequence of str
        Notice and caution, which every output of the fit carries.
    environment : sequence of str
        What differs between the environments of the two.

    Returns
    -------
    str
        Lines of at most 80 columns.
    """
    parts = [wrapped(title)[2:], *(wrapped(text) for text in told)]
    for group in comparison.groups:
        parts += list(_group(comparison, group))
    parts += list(_texts(comparison))
    parts.append("All parts\n" + _summary(comparison))
    if environment:
        parts.append(
            "What differs from the first run\n"
            + "\n".join(wrapped(line, bullet="- ") for line in environment)
        )
    parts.append(f"Verdict\n{wrapped(_expected(comparison))}\n{wrapped(verdict(comparison))}")
    return "\n\n".join(parts) + "\n"


def comparison_record(
    comparison: Comparison, *, title: str, environment: Sequence[str]
) -> dict[str, Any]:
    """A comparison as JSON.

    Parameters
    ----------
    comparison : Comparison
        What was compared.
    title : str
        What was repeated.
    environment : sequence of str
        What differs between the environments of the two.

    Returns
    -------
    dict
        schema, what, title, same, exact, tolerance, counts, verdict, environment, numbers, others.
    """
    return {
        "schema": SCHEMA,
        "what": "rerun",
        "title": title,
        "same": comparison.same,
        "exact": comparison.exact,
        "tolerance": comparison.tolerance,
        "counts": {name: comparison.counts()[name] for name in _ANSWERS},
        "verdict": verdict(comparison),
        "environment": list(environment),
        "numbers": [_record(number) for number in comparison.numbers],
        "others": [_record(value) for value in comparison.others],
    }


def _record(value: Compared) -> dict[str, Any]:
    difference = value.difference if value.is_number else math.inf
    return {
        **{key: entry for key, entry in asdict(value).items() if key != "scale"},
        "difference": None if math.isinf(difference) else difference,
    }


def _expected(comparison: Comparison) -> str:
    if comparison.exact:
        return "Every number is expected to be the same to the last digit."
    return (
        "The last digits may differ, because the environment does (above). Tolerance: "
        f"{_tolerance(comparison)}."
    )


def _tolerance(comparison: Comparison) -> str:
    return (
        f"{comparison.tolerance:.2g} posterior sd (probabilities: of sqrt(p (1 - p)); logarithms: "
        "of 1; other numbers: of themselves)"
    )


def _group(comparison: Comparison, group: str) -> Iterator[str]:
    numbers = [number for number in comparison.numbers if number.group == group]
    same = sum(number.verdict == "same" for number in numbers)
    if group in _INPUTS:
        numbers = [number for number in numbers if number.verdict != "same"]
    if not numbers:
        return
    head = f"{group}: {same:,} of {sum(comparison.counts(group).values()):,} the same"
    rows = [[_clean(n.name), *_both(n), _ANSWERS[n.verdict]] for n in numbers]
    yield head + "\n" + aligned(["", "stored", "now", "same?"], rows)


def _texts(comparison: Comparison) -> Iterator[str]:
    """Texts and truth values that are not the same, in full."""
    lines = [
        wrapped(
            f"{value.group}, {_clean(value.name)}: {_short(value.stored)} stored, "
            f"{_short(value.now)} now",
            bullet="- ",
        )
        for value in comparison.others
        if value.verdict != "same"
    ]
    if lines:
        yield "Texts and truth values that differ\n" + "\n".join(lines)


def _summary(comparison: Comparison) -> str:
    rows = []
    for group in comparison.groups:
        counts = comparison.counts(group)
        wrong = counts["different"] + counts["not stored"]
        rows.append(
            [group, f"{sum(counts.values()):,}", f"{counts['same']:,}", f"{counts['near']:,}",
             f"{wrong:,}"]
        )  # fmt: skip
    return aligned(["", "numbers", "the same", "nearly", "not the same"], rows)


def _both(number: Compared) -> tuple[str, str]:
    """Both numbers with as many digits as tell them apart."""
    written = ("", "")
    for digits in range(DIGITS, MOST_DIGITS + 1):
        written = _written(number.stored, digits), _written(number.now, digits)
        if number.stored == number.now or written[0] != written[1]:
            break
    return written


def _written(value: Leaf, digits: int) -> str:
    if value is None:
        return "none"
    return f"{value:.{digits}g}" if isinstance(value, float) else _short(value)


def _short(value: Leaf) -> str:
    return (
        "none" if value is None else _clean(repr(value) if isinstance(value, str) else str(value))
    )


def _clean(text: str) -> str:
    """A label of the user's in one line, without control characters."""
    plain = "".join(c if c.isprintable() else " " for c in text)
    return plain if len(plain) <= LONGEST_NAME else plain[: LONGEST_NAME - 1] + "…"
