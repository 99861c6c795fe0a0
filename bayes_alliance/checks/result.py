"""What a check answers, and the one line that every output made from a fit prints."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import pandas as pd

__all__ = ["CheckResult", "caution_of", "failed", "headline"]

#: So many names are listed in a sentence; the table has them all.
LISTED = 3


@dataclass(frozen=True, slots=True, repr=False)
class CheckResult:
    """The answer of one check.

    Parameters
    ----------
    name : str
        What was checked: ``R-hat``, ``divergences``, ``PSIS-LOO``, ...
    passed : bool or None
        True: the numbers are safe in this respect. False: they are not. None: the check does not
        apply (then `table` is empty), or it has a remark that a reader must see and that makes no
        number wrong (then `table` has what was seen).
    text : str
        What was found, with the numbers and, unless it passed, what to do.
    table : pandas.DataFrame
        The numbers behind the text, one row a parameter, sample, chain or statistic.
    voids_numbers : bool
        Whether the numbers of the fit must not be reported if this check fails. False where a
        failure concerns how they are to be read, not whether they were computed well.
    """

    name: str
    passed: bool | None
    text: str
    table: pd.DataFrame = field(compare=False)
    voids_numbers: bool = True

    @property
    def is_remark(self) -> bool:
        """Whether nothing is wrong, but a reader has to know what the text says."""
        return self.passed is None and not self.table.empty

    def __str__(self) -> str:
        if self.is_remark:
            return f"remark: {self.name}. {self.text}"
        if self.passed is None:
            return f"{self.name}. {self.text}"
        return f"{'passed' if self.passed else 'FAILED'}: {self.name}. {self.text}"

    __repr__ = __str__


def failed(results: Iterable[CheckResult]) -> tuple[CheckResult, ...]:
    """Return the checks that failed, in their order.

    Parameters
    ----------
    results : iterable of CheckResult
        What `bayes_alliance.checks.check.check` returned.

    Returns
    -------
    tuple of CheckResult
        Those with `passed` False; a check that does not apply has not failed.
    """
    return tuple(result for result in results if result.passed is False)


def _consequence(wrong: tuple[CheckResult, ...]) -> str:
    if any(result.voids_numbers for result in wrong):
        return "Do not report these numbers before this is settled."
    return "Read what this means before you report these numbers."


def headline(results: Iterable[CheckResult]) -> str:
    """One line about all checks, to be shown beside every number of a fit.

    Parameters
    ----------
    results : iterable of CheckResult
        What `bayes_alliance.checks.check.check` returned.

    Returns
    -------
    str
        How many of the checks that apply passed, the names of those that failed, and the names
        of those with a remark.

    Examples
    --------
    >>> import pandas as pd
    >>> from bayes_alliance.checks.result import CheckResult, headline
    >>> table = pd.DataFrame({"chain": [1]})
    >>> headline([CheckResult("R-hat", True, "", table), CheckResult("E-BFMI", True, "", table)])
    'All 2 checks passed.'
    """
    told = tuple(results)
    applied = [result for result in told if result.passed is not None]
    remarks = [result.name for result in told if result.is_remark]
    read = f" Read the remark on: {', '.join(remarks)}." if remarks else ""
    if not applied:
        return f"No check applies.{read}"
    wrong = failed(told)
    if wrong:
        names = ", ".join(result.name for result in wrong)
        return (
            f"{len(wrong)} of {counted(len(applied), 'check')} failed: {names}. "
            f"{_consequence(wrong)}{read}"
        )
    if len(applied) == 1:
        return f"The one check that applies passed.{read}"
    beside = len(told) - len(applied) - len(remarks)
    if beside:
        return f"All {len(applied)} checks that apply passed ({beside} do not).{read}"
    return f"All {len(applied)} checks passed.{read}"


def caution_of(results: Sequence[CheckResult]) -> str:
    """What every output of a fit must say if a check failed.

    Parameters
    ----------
    results : sequence of CheckResult
        All checks of the fit.

    Returns
    -------
    str
        The headline of the checks; empty if none failed.
    """
    return headline(results) if failed(results) else ""


def not_applicable(name: str, why: str) -> CheckResult:
    """Answer of a check that has nothing to look at.

    Parameters
    ----------
    name : str
        What would have been checked.
    why : str
        Why it does not apply, as a clause.

    Returns
    -------
    CheckResult
        With `passed` None and an empty table.
    """
    return CheckResult(name, None, f"Not applicable: {why}.", pd.DataFrame())


def counted(number: int, noun: str) -> str:
    """Write a number with its noun.

    Parameters
    ----------
    number : int
        How many.
    noun : str
        The noun in the singular.

    Returns
    -------
    str
        For example ``1 check`` or ``9 checks``.
    """
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def listed(names: Sequence[str]) -> str:
    """Write the first few names of a list and how many more there are.

    Parameters
    ----------
    names : sequence of str
        All of them.

    Returns
    -------
    str
        For example ``a, b, c and 4 more``.
    """
    shown = ", ".join(names[:LISTED])
    return f"{shown} and {len(names) - LISTED} more" if len(names) > LISTED else shown


def percent(share: float, digits: int = 0) -> str:
    """Write a share as a percentage.

    Parameters
    ----------
    share : float
        Between 0 and 1.
    digits : int
        Digits after the point.

    Returns
    -------
    str
        For example ``95 %``.
    """
    return f"{100 * share:.{digits}f} %"
