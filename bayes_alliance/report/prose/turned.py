"""Results: which samples a conclusion hangs on, from the record of the samples left out."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from bayes_alliance.report.prose.phrasing import counted, in_words, series

__all__ = ["turned_by_omission"]

#: Conclusions and samples that are named.
MOST_CONCLUSIONS, MOST_SAMPLES = 6, 4
PAST: Final = {"is ": "was ", "includes ": "included ", "excludes ": "excluded "}


def turned_by_omission(record: Mapping[str, Any]) -> list[str]:
    """Say which conclusions depend on single samples or on several together.

    Parameters
    ----------
    record : mapping
        Record of the analysis without each sample.

    Returns
    -------
    list of str
        Sentences.
    """
    rows = record["rows"]
    by_conclusion: dict[tuple[str, str], list[Mapping[str, Any]]] = {}
    for change in record["changes"]:
        by_conclusion.setdefault((change["answer"], change["kind"]), []).append(change)
    head = f"The analysis was repeated {counted(len(rows), 'time')}, each without one sample"
    single = {key for key, found in by_conclusion.items() if not found[0]["together"]}
    told = [
        f"{head}; no conclusion changed."
        if not single
        else f"{head}; {counted(len(single), 'conclusion')} changed."
    ]
    # First what a single sample decides.
    listed = sorted(by_conclusion.values(), key=lambda found: bool(found[0]["together"]))
    told += [_turned(found) for found in listed[:MOST_CONCLUSIONS]]
    if len(listed) > MOST_CONCLUSIONS:
        rest = in_words(len(listed) - MOST_CONCLUSIONS).capitalize()
        told.append(f"{rest} more are listed in the supplementary table of conclusions.")
    return [*told, *_influential(rows)]


def _turned(changes: list[Mapping[str, Any]]) -> str:
    """Subject and state as they were, and what they became."""
    first = changes[0]
    subject = first["sentence"].split(f" {first['state']}", 1)[0]
    was = f"{subject} {_past(first['state'])}"
    if first["together"]:
        without = series([str(label) for label in first["left_out"]])
        return (
            f"{was}; only without {without} together, removed one after another, it "
            f"{_past(first['becomes'])}."
        )
    by_state: dict[str, list[str]] = {}
    for change in changes:
        by_state.setdefault(change["becomes"], []).append(str(change["left_out"][0]))
    return f"{was}; {series([_without(names, state) for state, names in by_state.items()])}."


def _without(names: list[str], state: str) -> str:
    shown = names[:MOST_SAMPLES]
    rest = len(names) - len(shown)
    if rest:
        shown.append(f"{in_words(rest)} others")
    any_one = "any one of " if len(names) > 2 else ""
    return f"without {any_one}{series(shown, 'or')} it {_past(state)}"


def _past(state: str) -> str:
    for now, then in PAST.items():
        if state.startswith(now):
            return then + state.removeprefix(now)
    return state


def _influential(rows: list[Mapping[str, Any]]) -> list[str]:
    known = [row for row in rows if row["influence"].get("kl") is not None]
    if not known:
        return []
    most = max(known, key=lambda row: float(row["influence"]["kl"]))
    flagged = [str(row["label"]) for row in known if row["influence"].get("flags")]
    named = series(flagged[:MOST_SAMPLES]) if len(flagged) <= MOST_SAMPLES else (
        f"{in_words(len(flagged))} samples"
    )  # fmt: skip
    rules = "by rules of thumb for influential studies"
    return [
        f"The sample whose omission changed the posterior distribution most was {most['label']}; "
        + (f"{rules}, {named} stood out." if flagged else f"{rules}, none stood out.")
    ]
