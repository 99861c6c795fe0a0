r"""Correlations between the variables of a sample: reported, by norm, or by a product of columns.

For two variables of one side that differ in several columns (task rated by the client early, goal
rated by the therapist late) a value reported for that very pair is taken if there is one; otherwise
the direct product of the columns' correlations (Swain 1975; Browne 1984),

.. math:: corr(x, y) = \prod_{c:\, x_c \ne y_c} corr_c(x_c, y_c),

each factor the sample's reported value, else a reported norm, else the model's norm, else the
model's default for that column.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches

import numpy as np
from numpy.typing import NDArray

from bayes_alliance.algebra.blocks import Array
from bayes_alliance.data.correlations import Correlations
from bayes_alliance.data.pairs import parts_of
from bayes_alliance.errors import InputError, Problem
from bayes_alliance.spec.lookup import Lookup
from bayes_alliance.spec.variables import Codes, Variables

__all__ = [
    "ASSUMED",
    "COMPOSITE",
    "NORM",
    "REPORTED",
    "SAME",
    "TABLE",
    "UNKNOWN",
    "Found",
    "Sources",
]

#: Where a correlation comes from, surest first.
SAME, TABLE, REPORTED, COMPOSITE, NORM, ASSUMED, UNKNOWN = range(7)
type Parts = Sequence[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Found:
    """Correlations that were looked up, m of them.

    Parameters
    ----------
    r : ndarray, shape (m,)
        Their values; NaN where unknown.
    origin : ndarray of int, shape (m,)
        SAME (1 by definition), TABLE, REPORTED, COMPOSITE (a total with its scales), NORM,
        ASSUMED or UNKNOWN; of a product, its least
        sure factor.
    people : ndarray, shape (m,)
        People behind a reported value; infinite where that is not known.
    """

    r: Array
    origin: Codes
    people: Array


@dataclass(frozen=True, slots=True)
class Report:
    """A reported pair that the variables of the effect sizes know.

    Parameters
    ----------
    sample : int
        Code of the sample; the number of samples for a norm.
    column : int
        Column whose levels are paired; -1 where whole variables are.
    first, second : int
        Codes of levels or variables.
    r, n : float
        Correlation, and people behind it (NaN if unknown).
    """

    sample: int
    column: int
    first: int
    second: int
    r: float
    n: float


class Sources:
    """All that is known about correlations between the variables of S samples.

    Parameters
    ----------
    variables : Variables
        The variables.
    samples : sequence of str
        Labels of the S samples.
    plug_ins : ndarray, shape (k,)
        Correlations of the effect sizes.
    sample : ndarray of int, shape (k,)
        Sample of each effect size.
    reported : Correlations or None
        Reported correlations.
    norms : mapping of str to mapping of str to float
        The model's norms by column.

    Raises
    ------
    InputError
        If a reported pair or norm could mean two columns.
    """

    def __init__(
        self,
        variables: Variables,
        samples: Sequence[str],
        plug_ins: Array,
        sample: Codes,
        reported: Correlations | None,
        norms: Mapping[str, Mapping[str, float]],
    ) -> None:
        self.variables = variables
        self.told: list[str] = []
        self._composites: dict[int, Lookup] = {}
        self._count = len(samples)
        self._sample = sample
        self._rows = Lookup(sample, variables.first, variables.second, plug_ins, len(variables))
        self.reports = () if reported is None else self._read(reported, samples)
        self._exact = self._table([one for one in self.reports if one.column < 0], len(variables))
        given, self._default = self._norms(norms)
        self._columns = tuple(
            self._table(
                [one for one in (*self.reports, *given) if one.column == c], len(levels)
            )
            for c, levels in enumerate(variables.levels)
        )  # fmt: skip

    def _table(self, reports: Sequence[Report], size: int) -> Lookup:
        keys = np.array([[o.sample, o.first, o.second] for o in reports], dtype=np.int64)
        values = np.array([[o.r, o.n] for o in reports], dtype=np.float64)
        sample, first, second = keys.reshape(-1, 3).T
        return Lookup(sample, first, second, values.reshape(-1, 2), max(size, 1))

    def _read(self, reported: Correlations, samples: Sequence[str]) -> tuple[Report, ...]:
        """Translate reported pairs into codes; tell what matches nothing."""
        at = {sample: code for code, sample in enumerate(samples)} | {"": self._count}
        meanings: dict[tuple[str, str], list[tuple[int, int, int]]] = {}
        found, problems = [], []
        frame = reported.frame
        pairs = zip(*(frame[name] for name in ("sample", "first", "second", "r", "n")), strict=True)
        for sample, first, second, r, n in pairs:
            if (first, second) not in meanings:
                meanings[first, second] = self._meanings(first, second)
                if len({column for column, _, _ in meanings[first, second]}) > 1:
                    problems.append(self._ambiguous(first, second, reported.name))
            if sample in at:
                found += [Report(at[sample], *meaning, float(r), float(n))
                          for meaning in meanings[first, second]]  # fmt: skip
        if problems:
            raise InputError(problems)
        lost = [f"{a} ~ {b}" for (a, b), meaning in meanings.items() if not meaning]
        if lost:
            self.told.append(
                f"Reported pairs that match no two variables of these effect sizes are not used: "
                f"{'; '.join(lost[:6])}{' and others' if len(lost) > 6 else ''}. The variables are "
                f"named by {', '.join(self.variables.columns) or 'no column'}."
            )
        return tuple(found)

    def _ambiguous(self, first: str, second: str, where: str) -> Problem:
        columns = [self.variables.columns[c] for c, _, _ in self._meanings(first, second)]
        return Problem(
            what=f"{first} ~ {second} could be levels of {' or of '.join(columns)}",
            where=where,
            cure=f"Name the column: {columns[0]}={first} and {columns[0]}={second}",
            code="ambiguous_pair",
        )

    def _meanings(self, first: str, second: str) -> list[tuple[int, int, int]]:
        """Column (-1: whole variables) and codes of both sides of a pair."""
        one, two = parts_of(first), parts_of(second)
        if len(one) == len(two) == 1:
            found = []
            for c in range(len(self.variables.columns)):
                a, b = self._level(c, *one[0]), self._level(c, *two[0])
                if a is not None and b is not None and a != b:
                    found.append((c, a, b))
            return found
        return [
            (-1, a, b)
            for a in self._matching(one)
            for b in self._matching(two)
            if a != b and (a < self.variables.firsts) == (b < self.variables.firsts)
        ]

    def _level(self, column: int, named: str, level: str) -> int | None:
        names = self.variables.columns[column].casefold()
        if named and named not in (names, *names.split("/")):
            return None
        folded = [text.casefold() for text in self.variables.levels[column]]
        return folded.index(level) if level and level in folded else None

    def _matching(self, parts: Parts) -> list[int]:
        """Variables that have all these levels, and no column left open that varies."""
        found = []
        for code, row in enumerate(self.variables.grid):
            columns = [c for c, level in enumerate(row) if level >= 0]
            covered = set()
            for named, level in parts:
                hits = [c for c in columns
                        if c not in covered and self._level(c, named, level) == row[c]]  # fmt: skip
                covered |= set(hits[:1])
                if not hits:
                    break
            else:
                if all(c in covered or len(self.variables.levels[c]) == 1 for c in columns):
                    found.append(code)
        return found

    def _norms(
        self, norms: Mapping[str, Mapping[str, float]]
    ) -> tuple[list[Report], dict[int, float]]:
        given, default = [], {}
        for column, values in norms.items():
            at = [c for c, name in enumerate(self.variables.columns)
                  if column in (name, *name.split("/"))]  # fmt: skip
            if not at:
                near = get_close_matches(column, self.variables.columns, n=1)
                hint = f" Did you mean {near[0]}?" if near else ""
                self.told.append(
                    f"The norms of {column} play no part: it does not name variables here.{hint}"
                )
                continue
            for key, r in values.items():
                if key == "default":
                    default[at[0]] = r
                    continue
                sides = [side.strip() for side in key.split("~")]
                a, b = (self._level(at[0], "", side.casefold()) for side in sides)
                if a is None or b is None:
                    self._lost_norm(column, at[0], sides)
                else:
                    given.append(Report(self._count + 1, at[0], a, b, r, np.nan))
        return given, default

    def _lost_norm(self, column: str, at: int, sides: Sequence[str]) -> None:
        levels = [level for level in self.variables.levels[at] if level]
        strange = [side for side in sides if self._level(at, "", side.casefold()) is None]
        near = get_close_matches(strange[0], levels, n=1)
        hint = f" Did you mean {near[0]}?" if near else ""
        self.told.append(
            f"The norm {' ~ '.join(sides)} of {column} plays no part: no effect size has the level "
            f"{' or '.join(strange)}.{hint}"
        )

    def between(self, sample: Codes, x: Codes, y: Codes) -> Found:
        """Correlations between pairs of variables.

        Parameters
        ----------
        sample, x, y : ndarray of int, shape (m,)
            Sample, and codes of both variables.

        Returns
        -------
        Found
            What is known.
        """
        found = self._by_columns(sample, x, y)
        for key, origin in ((np.full_like(sample, self._count), NORM), (sample, REPORTED)):
            exact = self._exact.find(key, x, y)
            known = ~np.isnan(exact[:, 0])
            _put(found, known, exact, origin)
        rows = self._rows.find(sample, x, y)
        known = ~np.isnan(rows)
        _put(found, known, np.stack([rows, np.full(len(rows), np.inf)], axis=1), TABLE)
        same = x == y
        _put(found, same, np.tile([1.0, np.inf], (len(x), 1)), SAME)
        return found

    def replace_plug_ins(self, plug_ins: Array) -> None:
        """Take other correlations of the effect sizes.

        Parameters
        ----------
        plug_ins : ndarray, shape (k,)
            The correlations.
        """
        first, second = self.variables.first, self.variables.second
        self._rows = Lookup(self._sample, first, second, plug_ins, len(self.variables))

    def add_composites(
        self, column: int, sample: Codes, total: Codes, scale: Codes, r: Array
    ) -> None:
        """Say how total scores correlate with the scales they are made of.

        Parameters
        ----------
        column : int
            Column of the scales.
        sample, total, scale : ndarray of int, shape (m,)
            Sample, and codes of both levels.
        r : ndarray, shape (m,)
            Their correlation; it goes before what is reported for the sample.
        """
        size = max(len(self.variables.levels[column]), 1)
        values = np.stack([r, np.full(len(r), np.inf)], axis=1)
        self._composites[column] = Lookup(sample, total, scale, values, size)

    def of_levels(self, column: int, sample: Codes, a: Codes, b: Codes) -> tuple[Array, Codes]:
        """Correlations between levels of one column.

        Parameters
        ----------
        column : int
            The column.
        sample, a, b : ndarray of int, shape (m,)
            Sample, and codes of both levels (different ones).

        Returns
        -------
        values : ndarray, shape (m, 2)
            Correlation (NaN where unknown) and people behind it (infinite where not known).
        origin : ndarray of int, shape (m,)
            Where it comes from.
        """
        value, origin = np.full((len(a), 2), np.nan), np.full(len(a), UNKNOWN)
        value[:, 0] = self._default.get(column, np.nan)
        origin[~np.isnan(value[:, 0])] = ASSUMED
        lookup = self._columns[column]
        tables = [
            (lookup, np.full(len(a), self._count + 1), NORM),
            (lookup, np.full(len(a), self._count), NORM),
            (lookup, sample, REPORTED),
        ]
        if column in self._composites:
            tables.append((self._composites[column], sample, COMPOSITE))
        for table, key, name in tables:
            read = table.find(key, a, b)
            known = ~np.isnan(read[:, 0])
            value[known], origin[known] = read[known], name
        value[(origin != REPORTED) | np.isnan(value[:, 1]), 1] = np.inf
        return value, origin

    def _by_columns(self, sample: Codes, x: Codes, y: Codes) -> Found:
        """The direct product over the columns in which two variables of one side differ."""
        total = Found(np.ones(len(x)), np.zeros(len(x), dtype=np.int64), np.full(len(x), np.inf))
        across = (x < self.variables.firsts) != (y < self.variables.firsts)
        for c in range(len(self._columns)):
            a, b = self.variables.grid[x, c], self.variables.grid[y, c]
            at = np.flatnonzero((a != b) & ~across)
            value, origin = self.of_levels(c, sample[at], a[at], b[at])
            total.r[at] *= value[:, 0]
            total.origin[at] = np.maximum(total.origin[at], origin)
            total.people[at] = np.fmin(total.people[at], value[:, 1])
        total.r[across] = np.nan
        total.origin[np.isnan(total.r)] = UNKNOWN
        return total


def _put(found: Found, where: NDArray[np.bool_], values: Array, origin: int) -> None:
    found.r[where], found.origin[where] = values[where, 0], origin
    people = values[where, 1] if origin == REPORTED else np.full(int(where.sum()), np.inf)
    found.people[where] = np.where(np.isnan(people), np.inf, people)
