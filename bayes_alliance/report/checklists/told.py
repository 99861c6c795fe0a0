"""What an analysis has to say to a question of a standard, and the questions themselves."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from bayes_alliance.checks.result import CheckResult
from bayes_alliance.report.checklists.item import Checklist, Item
from bayes_alliance.report.material import Material

__all__ = [
    "MOST_NAMED",
    "ONLY_AUTHORS",
    "SECTIONS",
    "Question",
    "Told",
    "check_of",
    "filled",
    "joined",
    "left_to_authors",
    "most",
    "sentence",
    "verdict_of",
]

#: Ids of the sections of a report, to which items point.
SECTIONS: Final = (
    "summary", "data", "model", "priors", "computation", "means", "differences", "heterogeneity",
    "moderators", "predictions", "benchmarks", "evidence", "sensitivity", "influence", "bias",
    "frequentist", "figures", "checks", "limits", "checklists", "provenance", "references",
)  # fmt: skip

ONLY_AUTHORS: Final = "Only the authors can tell"
#: So many things are named in a sentence; how many more there are is said.
MOST_NAMED: Final = 4


@dataclass(frozen=True, slots=True)
class Told:
    """An answer, derived from the material of a report.

    Parameters
    ----------
    done : bool or None
        As in `Item`.
    says : str
        As in `Item`.
    where : str
        As in `Item`.
    """

    done: bool | None
    says: str
    where: str = ""


@dataclass(frozen=True, slots=True)
class Question:
    """An item of a standard before it is answered.

    Parameters
    ----------
    number, asks : str
        As in `Item`.
    tell : callable
        Derives the answer from the material.
    """

    number: str
    asks: str
    tell: Callable[[Material], Told]


def filled(
    name: str, title: str, source: str, questions: Sequence[Question], material: Material
) -> Checklist:
    """Answer all questions of a standard.

    Parameters
    ----------
    name, title, source : str
        As in `Checklist`.
    questions : sequence of Question
        In the order of the standard.
    material : Material
        What the answers are derived from.

    Returns
    -------
    Checklist
        The standard, filled in.
    """
    items = []
    for question in questions:
        told = question.tell(material)
        items.append(Item(question.number, question.asks, told.done, told.says, told.where))
    return Checklist(name, title, source, tuple(items))


def left_to_authors(
    what: str, help_of: Callable[[Material], str] | None = None, where: str = ""
) -> Callable[[Material], Told]:
    """Make an answer that a program cannot give.

    Parameters
    ----------
    what : str
        What the authors have to tell, as the end of "Only the authors can tell ...".
    help_of : callable, optional
        What the material has to say beside it, in sentences.
    where : str
        Section that has this.

    Returns
    -------
    callable
        The answer: neither done nor not done.
    """

    def tell(material: Material) -> Told:
        beside = "" if help_of is None else f" {help_of(material)}"
        return Told(None, f"{ONLY_AUTHORS} {what}.{beside}".strip(), where)

    return tell


def check_of(material: Material, name: str) -> CheckResult | None:
    """Return a check by its name.

    Parameters
    ----------
    material : Material
        What has the checks.
    name : str
        For example ``R-hat``.

    Returns
    -------
    CheckResult or None
        None if it was not made.
    """
    return next((check for check in material.checks if check.name == name), None)


def verdict_of(check: CheckResult) -> str:
    """Write what a check found; a failure is marked.

    Parameters
    ----------
    check : CheckResult
        The check.

    Returns
    -------
    str
        Its text on one line.
    """
    return f"{'FAILED: ' if check.passed is False else ''}{sentence(check.text)}"


def joined(parts: Sequence[str]) -> str:
    """Write a list as in a sentence.

    Parameters
    ----------
    parts : sequence of str
        What is listed.

    Returns
    -------
    str
        For example ``a, b and c``.
    """
    if len(parts) < 2:
        return "".join(parts)
    return f"{', '.join(parts[:-1])} and {parts[-1]}"


def most(parts: Sequence[str], number: int = MOST_NAMED, separator: str = ", ") -> str:
    """Write the first of a list, and how many more there are.

    Parameters
    ----------
    parts : sequence of str
        What is listed.
    number : int
        So many are written.
    separator : str
        What stands between them.

    Returns
    -------
    str
        For example ``a, b and 3 more``.
    """
    shown = separator.join(parts[:number])
    return f"{shown} and {len(parts) - number} more" if len(parts) > number else shown


def sentence(text: str) -> str:
    """Write a text on one line, with a stop at its end.

    Parameters
    ----------
    text : str
        The text, a declared reason for example.

    Returns
    -------
    str
        The text without line breaks; empty if it is.
    """
    flat = " ".join(text.split())
    return flat if not flat or flat[-1] in ".!?" else f"{flat}."
