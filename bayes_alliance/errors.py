"""What can be wrong with what a user hands in, said in three parts: what, where, cure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

__all__ = ["BayesAllianceError", "EngineError", "InputError", "Problem"]


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong (or odd) in the input.

    Parameters
    ----------
    what : str
        What was found, with the offending values.
    where : str
        File, rows, column, sample or key path; empty if it concerns the whole input.
    cure : str
        What the user can do about it.
    code : str
        A short stable name ("r_out_of_range"), for tests and programs.
    """

    what: str
    where: str = ""
    cure: str = ""
    code: str = ""

    def __str__(self) -> str:
        head = f"{self.where}: {self.what}" if self.where else self.what
        return f"{head}. {self.cure}" if self.cure else f"{head}."


class BayesAllianceError(Exception):
    """Base of every error this package raises on purpose."""


class InputError(BayesAllianceError, ValueError):
    """The input is wrong; every problem found is told at once.

    Parameters
    ----------
    problems : Problem or iterable of Problem
        All that is wrong, in the order of the input.
    """

    def __init__(self, problems: Problem | Iterable[Problem]) -> None:
        self.problems: tuple[Problem, ...] = (
            (problems,) if isinstance(problems, Problem) else tuple(problems)
        )
        super().__init__("\n".join(str(problem) for problem in self.problems))


class EngineError(BayesAllianceError, RuntimeError):
    """An engine could not do what was asked, although the input is right."""
