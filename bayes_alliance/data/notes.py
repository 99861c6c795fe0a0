"""What a reader of a table has to know besides its numbers."""

from __future__ import annotations

from dataclasses import dataclass

from bayes_alliance.errors import Problem

__all__ = ["Note"]


@dataclass(frozen=True, slots=True)
class Note:
    """Something a reader of the table has to know.

    Parameters
    ----------
    kind : str
        ``"warning"``, ``"derived"``, ``"turned"``, ``"left out"`` or ``"not significant"``.
    problem : Problem
        What, where and, for a warning, the cure.
    """

    kind: str
    problem: Problem

    def __str__(self) -> str:
        return f"{self.kind}: {self.problem}"
