"""Results: Bayes factors of hypotheses, where they were computed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from bayes_alliance.report.material import Material
from bayes_alliance.report.numbers import powers
from bayes_alliance.report.prose.draft import Draft
from bayes_alliance.report.prose.paragraph import Paragraph
from bayes_alliance.report.prose.phrasing import in_words, series, symbols
from bayes_alliance.summaries.evidence import ratio_text

__all__ = ["evidence"]

#: Hypotheses that are told; the table has all.
MOST: Final = 10


def evidence(material: Material) -> tuple[Paragraph, ...]:
    """Tell the evidence about the hypotheses that were tested.

    Parameters
    ----------
    material : Material
        The analysis.

    Returns
    -------
    tuple of Paragraph
        One; none where no hypothesis was tested.
    """
    if "evidence" not in material.variations:
        return ()
    draft = Draft("evidence", "Evidence")
    rows = [row["answers"] for row in material.variations["evidence"].record["rows"]]
    for row in rows[:MOST]:
        draft.say(_tested(row))
    if len(rows) > MOST:
        rest = in_words(len(rows) - MOST)
        draft.say(f"The tests of {rest} more stand in the table.")
    if len(rows) > 1:
        draft.say("Several hypotheses were tested at once; the Bayes factor of each is its own and "
                  "was not corrected for their number.")  # fmt: skip
    return draft.paragraphs()


def _tested(row: Mapping[str, Any]) -> str:
    order, log_bf = row["order"], float(row["log_bf10"])
    if order is not None:
        value = ratio_text(float(order["log_bf_complement"]))
        given = f"Bayes factor against its complement = {value}"
    else:
        given = f"{'BF10' if log_bf > 0 else 'BF01'} = {ratio_text(abs(log_bf))}"
    scales = series([f"{name} {value}" for name, value in row["prior_scales"].items()])
    at = f", prior: {scales}" if scales else ""
    found = _graded(row["words"])
    return powers(
        symbols(f"For the hypothesis {row['hypothesis']}, {found} ({given}{at}){_turns(row)}.")
    )


def _graded(words: str) -> str:
    cannot = "the data cannot tell "
    if words.startswith(cannot):
        return f"the data could not tell {words.removeprefix(cannot)}"
    return f"there was {words}"


def _turns(row: Mapping[str, Any]) -> str:
    """Where the scale of the prior changes which side of 1/3 or 3 the Bayes factor is on."""
    curve = row["curve"]
    if curve is None:
        return ""
    crossings = curve["crossings"]
    if not crossings:
        return "; this conclusion held from a quarter to four times the prior scale"
    at = series([f"{one['factor']:.2f}" for one in crossings])
    return f"; the conclusion changed at {at} times the prior scale"
