"""`check_data`: everything a source says and everything wrong with it, without raising."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final, Literal

from bayes_alliance.data.columns import ROLES
from bayes_alliance.data.effects import EffectSizes, Note
from bayes_alliance.data.messages import LIST_LIMIT, quoted
from bayes_alliance.data.readers import examine
from bayes_alliance.data.survey import survey
from bayes_alliance.errors import Problem
from bayes_alliance.names import Measure

__all__ = ["DataCheck", "check_data"]

WIDTH: Final = 80
#: Column at which the values of the overview begin.
INDENT: Final = 16
MODERATOR_LIMIT: Final = 30
_MEASURES: Final = {
    "ZCOR": "Fisher's z of correlations (ZCOR)",
    "COR": "raw correlations (COR), for sensitivity only",
    "GEN": "yi with their variances, as given (GEN)",
}


@dataclass(frozen=True, slots=True)
class DataCheck:
    """What was found in a source of effect sizes.

    Parameters
    ----------
    effects : EffectSizes or None
        The table; None if there are problems.
    problems : tuple of Problem
        What is wrong, all of it.
    notes : tuple of Note
        Warnings, derivations, turned signs and what was left out.
    name : str
        How the source is called.
    rows : int
        Rows of data in the source.
    features : mapping of str to str
        What was understood of the file: format, separator, encoding, decimal mark, sheet.
    columns : mapping of str to str
        Our names of the columns to those of the source.
    """

    effects: EffectSizes | None
    problems: tuple[Problem, ...] = ()
    notes: tuple[Note, ...] = ()
    name: str = "the table"
    rows: int = 0
    features: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    columns: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))

    @property
    def ok(self) -> bool:
        """Whether the source can be analysed."""
        return not self.problems

    @property
    def text(self) -> str:
        """The findings as plain text of at most 80 columns."""
        return "\n".join(_lines(self))

    def to_dict(self) -> dict[str, Any]:
        """The findings as JSON-ready values.

        Returns
        -------
        dict
            ok, name, rows, features, columns, table (see `survey`; None if there are problems),
            notes (kind, what, where, cure, code) and problems (what, where, cure, code).
        """
        return {
            "ok": self.ok,
            "name": self.name,
            "rows": self.rows,
            "features": dict(self.features),
            "columns": dict(self.columns),
            "table": None if self.effects is None else survey(self.effects),
            "notes": [{"kind": note.kind, **_plain(note.problem)} for note in self.notes],
            "problems": [_plain(problem) for problem in self.problems],
        }

    def __str__(self) -> str:
        return self.text


def check_data(
    source: object,
    columns: Mapping[str, str] | None = None,
    *,
    measure: Measure | Literal["auto"] = "auto",
    small_sample: bool = False,
    missing: Literal["refuse", "drop"] = "refuse",
    sheet: str | int | None = None,
    name: str | None = None,
) -> DataCheck:
    """Look at a file or data frame of effect sizes and report all that is in it and wrong with it.

    Parameters
    ----------
    source, columns, measure, small_sample, missing, sheet, name
        As for `read_effects`.

    Returns
    -------
    DataCheck
        What was understood, the notes and every problem; problems of the data are never raised.

    Examples
    --------
    >>> import pandas as pd
    >>> check = check_data(pd.DataFrame({"sample": ["A"], "r": [1.2], "n": [50]}))
    >>> check.ok, check.problems[0].where
    (False, 'row 1, column "r", sample "A"')
    """
    found = examine(
        source,
        columns,
        measure=measure,
        small_sample=small_sample,
        missing=missing,
        sheet=sheet,
        name=name,
    )
    if found.table is None:
        called = Path(source).name if isinstance(source, str | Path) else "the table"
        return DataCheck(None, found.problems, found.notes, name or called)
    labels = () if found.effects is None else found.effects.labels
    roles = {role: name for role, name in (found.roles or {}).items() if name not in labels}
    marks = {".": "point", ",": "comma"}
    return DataCheck(
        effects=found.effects,
        problems=found.problems,
        notes=found.notes,
        name=found.table.source if name is None else name,
        rows=len(found.table.rows),
        features=MappingProxyType({**found.table.features, "decimal mark": marks[found.mark]}),
        columns=MappingProxyType({role: roles[role] for role in ROLES if role in roles}),
    )


def _plain(problem: Problem) -> dict[str, str]:
    return {
        "what": problem.what,
        "where": problem.where,
        "cure": problem.cure,
        "code": problem.code,
    }


def _lines(check: DataCheck) -> Iterator[str]:
    if check.effects is not None:
        yield from _overview(check, survey(check.effects))
    else:
        yield from _wrapped(f"{check.name}: {_number(check.rows, 'row')} read")
        yield from _source(check)
    if check.notes:
        yield ""
        yield "Notes"
        for note in check.notes:
            yield from _wrapped(f"- {note}", "  ", "    ")
    yield ""
    if check.ok:
        yield "No problems."
        return
    yield "1 problem" if len(check.problems) == 1 else f"{len(check.problems)} problems"
    for i, problem in enumerate(check.problems, 1):
        yield from _wrapped(f"{i}. {problem}", "  ", "     ")


def _overview(check: DataCheck, table: dict[str, Any]) -> Iterator[str]:
    people = table["participants"]
    count = "" if people is None else f", {people:,} participants (each sample counted once)"
    yield from _wrapped(
        f"{check.name}: {_number(table['effects'], 'effect size')} in "
        f"{_number(table['samples'], 'sample')}{count}"
    )
    correction = ", small-sample correction" if table["small_sample"] else ""
    yield from _entry("measure", _MEASURES[table["measure"]] + correction)
    sizes = table["effects_per_sample"]
    low, high = sizes["minimum"], sizes["maximum"]
    each = f"{low} to {high} effect sizes, median {sizes['median']:g}"
    yield from _entry("a sample has", each if low < high else _number(low, "effect size"))
    yield from _entry("reported as", _counts(table["statistics"]))
    for name, word in (("turned", "signs turned"), ("not_significant", 'only "n.s."')):
        if table[name]:
            yield from _entry(word, f"{table[name]}")
    reported = None if check.effects is None else check.effects.correlations
    if reported is not None:
        yield from _entry("reported", f"{len(reported)} correlations among variables")
    yield from _source(check)
    if table["scales"] is not None:
        yield from _entry("scales", _counts(table["scales"]))
        yield from _totals(table["totals"], len(table["scales"]))
    moderators = table["moderators"]
    if moderators:
        yield "  moderators and labels"
    for moderator in moderators[:MODERATOR_LIMIT]:
        yield from _entry(f"  {_shown(moderator['name'])}", _content(moderator))
    if len(moderators) > MODERATOR_LIMIT:
        yield f"    … and {len(moderators) - MODERATOR_LIMIT:,} more columns"


def _totals(totals: Mapping[str, int], levels: int) -> Iterator[str]:
    """What the overall mean averages where some effect sizes are totals of others."""
    if not totals["effects"] or levels < 2:
        return
    beside = totals["samples_beside_scales"]
    repeated = f"; {_number(beside, 'sample')} with a total beside its scales" if beside else ""
    yield from _entry(
        "totals",
        f"{_number(totals['effects'], 'total score')} among scales{repeated}. An overall mean "
        "averages both unless effect.totals is only, scales or composite",
    )


def _source(check: DataCheck) -> Iterator[str]:
    if check.features:
        features = (f"{name} {_shown(value)}" for name, value in check.features.items())
        yield from _entry("source", ", ".join(features))
    if check.columns:
        pairs = (f"{ours} = {_shown(theirs)}" for ours, theirs in check.columns.items())
        yield from _entry("columns", ", ".join(pairs))


def _content(moderator: dict[str, Any]) -> str:
    missing = f"; {moderator['missing']:,} missing" if moderator["missing"] else ""
    if moderator["kind"] == "empty":
        return "empty"
    if moderator["kind"] == "numeric":
        low, middle, high = (f"{moderator[k]:.6g}" for k in ("minimum", "median", "maximum"))
        return f"{low} to {high}, median {middle}{missing}"
    return _counts(moderator["levels"]) + missing


def _counts(counts: Mapping[str, int]) -> str:
    shown = [f"{_shown(level)} ({count:,})" for level, count in list(counts.items())[:LIST_LIMIT]]
    more = len(counts) - len(shown)
    return ", ".join(shown) + (f", … and {more:,} more levels" if more else "")


def _number(count: int, noun: str) -> str:
    return f"{count:,} {noun}{'' if count == 1 else 's'}"


def _shown(text: str) -> str:
    return quoted(text)[1:-1]


def _entry(name: str, value: str) -> Iterator[str]:
    head = f"  {name}".ljust(INDENT)
    gap = "" if head.endswith(" ") else "  "
    yield from _wrapped(f"{head}{gap}{value}", "", " " * INDENT)


def _wrapped(text: str, first: str = "", then: str = "  ") -> list[str]:
    # An option and its value stay on one line, so that they can be copied to a command line.
    lines = textwrap.wrap(
        text.replace("--columns ", "--columns\0"),
        WIDTH,
        initial_indent=first,
        subsequent_indent=then,
        break_on_hyphens=False,
    )
    return [line.replace("\0", " ") for line in lines]
