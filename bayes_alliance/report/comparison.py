"""Two records of one analysis, compared number by number.

A number is the *same* if it is equal to the last digit. Where that cannot be expected (other
versions, another machine) it is *near* if it differs by no more than a tolerance, in units of what
the number is uncertain by (its *scale*): the posterior sd of an estimate and of its limits,
sqrt(p (1 - p)) for a probability, one unit for a logarithm, the number's own size for the rest.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final, Literal, TypeGuard

from scipy.special import ndtri

from bayes_alliance.names import INTERVAL_PROBABILITY

__all__ = ["Compared", "Comparison", "Leaf", "Verdict", "compare_records"]

#: What says nothing about the result: the clock, and versions, which are compared by themselves.
SKIPPED: Final = {("engine", "seconds"), ("engine", "versions")}
#: Limits of an interval lie this many sds apart if the posterior is normal.
_WIDTH: Final = 2 * float(ndtri(0.5 + INTERVAL_PROBABILITY / 2))
#: Scale of a probability that is nearly 0 or 1.
_LEAST_SPREAD: Final = 0.01

type Leaf = float | int | str | bool | None
type Verdict = Literal["same", "near", "different", "not stored"]


@dataclass(frozen=True, slots=True)
class Compared:
    """One value of two records.

    Parameters
    ----------
    group : str
        Part of the record: coefficients, contrasts, heterogeneity, ...
    name : str
        What it is, for example ``"overall: estimate mean"``.
    stored, now : float, int, str, bool or None
        The value in either record; None where it has none.
    scale : float
        What a difference of this number is measured in.
    verdict : {"same", "near", "different", "not stored"}
        Whether the two are the same.
    """

    group: str
    name: str
    stored: Leaf
    now: Leaf
    scale: float
    verdict: Verdict

    @property
    def is_number(self) -> bool:
        """Whether it is a number in either record."""
        return _is_number(self.stored) or _is_number(self.now)

    @property
    def difference(self) -> float:
        """Now minus stored; infinite where one of the two has no number."""
        if not (_is_number(self.stored) and _is_number(self.now)):
            return math.inf
        return float(self.now or 0) - float(self.stored or 0)

    @property
    def in_scales(self) -> float:
        """Size of the difference in units of the scale."""
        return abs(self.difference) / self.scale


@dataclass(frozen=True, slots=True)
class Comparison:
    """Every value of two records.

    Parameters
    ----------
    numbers : tuple of Compared
        All numbers, in the order of the stored record.
    others : tuple of Compared
        All texts and truth values.
    exact : bool
        Whether only equal values are the same.
    tolerance : float
        Otherwise: the largest difference that is near, in units of the scale.
    """

    numbers: tuple[Compared, ...]
    others: tuple[Compared, ...]
    exact: bool
    tolerance: float

    @property
    def same(self) -> bool:
        """Whether every number of the stored record is reproduced, and every verdict and name."""
        return not any(
            value.verdict in ("different", "not stored") for value in (*self.numbers, *self.others)
        )

    @property
    def groups(self) -> tuple[str, ...]:
        """Parts of the record that have numbers, in its order."""
        return tuple(dict.fromkeys(value.group for value in self.numbers))

    def counts(self, group: str | None = None) -> Mapping[Verdict, int]:
        """Count the numbers by verdict.

        Parameters
        ----------
        group : str, optional
            One part of the record; all if not given.

        Returns
        -------
        mapping of str to int
            Verdict to how many.
        """
        return Counter(n.verdict for n in self.numbers if group is None or n.group == group)

    @property
    def largest(self) -> Compared | None:
        """The number that differs most, in units of its scale; None if none differs."""
        unequal = [number for number in self.numbers if number.verdict != "same"]
        return max(unequal, key=lambda number: number.in_scales, default=None)


def compare_records(
    stored: Mapping[str, Any],
    now: Mapping[str, Any],
    *,
    exact: bool = True,
    tolerance: float = 0.0,
    fields_added: bool = False,
) -> Comparison:
    """Compare two JSON records of an analysis, value by value.

    Parameters
    ----------
    stored, now : mapping
        Records as `Fit.to_dict` makes them, or as they are read from answers.json.
    exact : bool
        Whether only equal values are the same.
    tolerance : float
        Otherwise: the largest difference that counts as near, in units of a number's scale. Texts
        may then have other digits; truth values may not differ.
    fields_added : bool
        Whether `now` may have values that `stored` lacks (a newer version made it).

    Returns
    -------
    Comparison
        Every value with its verdict.

    Examples
    --------
    >>> estimate = {"mean": 0.2, "sd": 0.1}
    >>> found = compare_records({"rho": estimate}, {"rho": estimate | {"mean": 0.201}})
    >>> [(n.name, n.verdict, round(n.in_scales, 6)) for n in found.numbers]
    [('mean', 'different', 0.01), ('sd', 'same', 0.0)]
    """
    before, after = dict(_leaves(stored)), dict(_leaves(now))
    found = []
    for path in dict.fromkeys((*before, *after)):
        if path[:2] in SKIPPED:
            continue
        leaf, new = before.get(path), after.get(path)
        value = None if new is None else new.value
        if leaf is not None:
            verdict = _verdict(leaf.value, value, leaf.scale, exact=exact, tolerance=tolerance)
        elif new is None or value is None or fields_added:
            continue
        else:
            leaf, verdict = replace(new, value=None), "not stored"
        if leaf.value is not None or value is not None:
            found.append(
                Compared(path[0], _name(leaf.shown), leaf.value, value, leaf.scale, verdict)
            )
    return Comparison(
        numbers=tuple(value for value in found if value.is_number),
        others=tuple(value for value in found if not value.is_number),
        exact=exact,
        tolerance=tolerance,
    )


def _is_number(value: object) -> TypeGuard[float]:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _verdict(old: Leaf, new: Leaf, scale: float, *, exact: bool, tolerance: float) -> Verdict:
    if type(old) is type(new) and old == new:
        return "same"
    if _is_number(old) and _is_number(new):
        if old == new:  # 2 and 2.0
            return "same"
        near = not exact and abs(float(new or 0) - float(old or 0)) <= tolerance * scale
        return "near" if near else "different"
    both_texts = isinstance(old, str) and isinstance(new, str)
    return "near" if both_texts and not exact else "different"


@dataclass(frozen=True, slots=True)
class _Leaf:
    """A value of a record, its path in words, and what a difference of it is measured in."""

    value: Leaf
    shown: tuple[str, ...]
    scale: float


def _leaves(
    node: object,
    path: tuple[str, ...] = (),
    shown: tuple[str, ...] = (),
    scale: float = math.nan,
) -> Iterator[tuple[tuple[str, ...], _Leaf]]:
    """Every value of a record by its path; entries of a list are found by their positions."""
    if isinstance(node, Mapping):
        spread = _spread(node)
        for key, value in node.items():
            named = (*shown, str(key))
            yield from _leaves(value, (*path, str(key)), named, _scale(str(key), value, spread))
    elif isinstance(node, list | tuple):
        for position, value in enumerate(node, start=1):
            named = (*shown, _label(value) or f"[{position}]")
            yield from _leaves(value, (*path, f"[{position}]"), named, _scale("", value, math.nan))
    elif node is None or isinstance(node, float | int | str | bool):
        yield path, _Leaf(node, shown, scale)


def _label(node: object) -> str:
    """Name of an entry of a list: of a coefficient, a contrast, a sample; empty if it has none."""
    if not isinstance(node, Mapping):
        return ""
    return " ".join(str(node.get("name", node.get("sample", ""))).split())


def _spread(node: Mapping[Any, Any]) -> float:
    """The sd of what a table of numbers is about; NaN if it has none."""
    for name in ("sd", "se"):
        if _is_number(value := node.get(name)) and value > 0:
            return float(value)
    lower, upper = node.get("lower"), node.get("upper")
    if _is_number(lower) and _is_number(upper) and upper > lower:
        return float(upper - lower) / _WIDTH
    return math.nan


def _scale(name: str, value: object, spread: float) -> float:
    if not isinstance(value, int | float):
        return math.nan
    size = abs(float(value))
    if (name == "p" or name.startswith(("p_", "probability"))) and size <= 1:
        return max(math.sqrt(size * (1 - size)), _LEAST_SPREAD)
    if name.startswith("log_"):
        return 1.0
    return spread if spread > 0 else size or 1.0


def _name(path: Sequence[str]) -> str:
    """A path below its group, in one line: ``overall: estimate mean``."""
    *parents, last = path[1:] or path
    return ": ".join([*parents[:1], " ".join([*parents[1:], last])])
