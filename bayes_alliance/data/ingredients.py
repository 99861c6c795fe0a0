"""The numbers of the source, column by column, before any effect size is computed."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

import numpy as np
import numpy.typing as npt

from bayes_alliance.data.cells import (
    decimal_mark,
    is_missing,
    parse_number,
    parse_numbers,
    unreadable_cells,
)
from bayes_alliance.data.columns import ColumnMap
from bayes_alliance.data.messages import LIST_LIMIT, Places, join_words, list_names
from bayes_alliance.data.table import Cell, SourceTable, text_of
from bayes_alliance.errors import Problem

__all__ = ["NUMERIC_ROLES", "STATISTICS", "Ingredients", "read_ingredients"]

FloatArray = npt.NDArray[np.float64]
BoolArray = npt.NDArray[np.bool_]

NUMERIC_ROLES: Final = (
    *("r", "n", "yi", "vi", "sei", "covariates", "t", "F", "df", "d", "n1", "n2", "chi2"),
)

#: What a statistic can be, and the words that mean it.
STATISTICS: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {
        "pearson": (
            *("pearson", "pearson r", "pearson's r", "r", "zero-order", "zero order", "bivariate"),
            *("correlation", "cor", "product-moment", "point-biserial", "phi"),
        ),
        "partial": ("partial", "partial r", "partial correlation", "pcor"),
        "spearman": ("spearman", "spearman's rho", "spearman rho", "rho", "rs", "rank"),
        "t": ("t",),
        "F": ("f",),
        "d": ("d", "cohen's d", "hedges' g", "g", "smd"),
        "chi2": (
            "chi2",
            "chi squared",
            "chi-squared",
            "chi square",
            "chi-square",
            "x2",
            "χ2",
            "χ²",
        ),
        "given": ("given", "yi"),
    }
)
_STATISTIC_OF: Final = {word: name for name, words in STATISTICS.items() for word in words}
_DIRECTIONS: Final = {"+": 1.0, "positive": 1.0, "-": -1.0, "−": -1.0, "negative": -1.0}
_FLAGS: Final = {"true": True, "false": False, "1": True, "0": False}


@dataclass(frozen=True, slots=True)
class Ingredients:
    """The columns with a meaning as arrays of k values.

    Parameters
    ----------
    numbers : mapping of str to numpy.ndarray
        A column of floats for each of `NUMERIC_ROLES`; NaN where blank or where there is no column.
    names : mapping of str to str
        Names in the source of the columns that exist, by our name.
    statistic : numpy.ndarray of str, shape (k,)
        One of `STATISTICS`, or "" where the source does not say.
    direction : numpy.ndarray, shape (k,)
        1, -1 or, where the source does not say, NaN.
    turned, not_significant : numpy.ndarray of bool, shape (k,)
        What the source says of these.
    unreadable : numpy.ndarray of bool, shape (k,)
        Rows with a cell that should be a number and is none.
    mark : str
        Decimal mark of the source.
    places : Places
        Where the rows stand.
    """

    numbers: Mapping[str, FloatArray]
    names: Mapping[str, str]
    statistic: npt.NDArray[np.object_]
    direction: FloatArray
    turned: BoolArray
    not_significant: BoolArray
    unreadable: BoolArray
    mark: str
    places: Places

    def has(self, role: str) -> bool:
        """Whether the source has a column.

        Parameters
        ----------
        role : str
            Our name.

        Returns
        -------
        bool
            True if there is one.
        """
        return role in self.names

    def at(
        self, mask: npt.ArrayLike, role: str | None = None, *, limit: int | None = LIST_LIMIT
    ) -> str:
        """Rows, column and samples as a message names them.

        Parameters
        ----------
        mask : array_like of bool, shape (k,)
            Which rows.
        role : str or None
            Our name of the column.
        limit : int or None
            Longest list of rows shown in full; None shows all.

        Returns
        -------
        str
            The place.
        """
        column = None if role is None else self.names.get(role, role)
        return self.places.at(mask, column, limit=limit)


def read_ingredients(
    table: SourceTable, columns: ColumnMap, roles: Sequence[str], places: Places
) -> tuple[Ingredients, list[Problem]]:
    """Read the columns with a meaning.

    Parameters
    ----------
    table : SourceTable
        The source.
    columns : ColumnMap
        Which column is which.
    roles : sequence of str
        The roles to be read; columns of other roles are left alone.
    places : Places
        Where the rows stand.

    Returns
    -------
    ingredients : Ingredients
        The numbers.
    problems : list of Problem
        Cells that could not be read.
    """
    k = len(table.rows)
    names = {role: table.names[j] for role, j in columns.roles.items() if role in roles}
    cells = {role: table.cells[columns.roles[role]] for role in names}
    mark = decimal_mark(cells[role] for role in NUMERIC_ROLES if role in names)
    problems: list[Problem] = []
    numbers: dict[str, FloatArray] = {}
    not_significant = np.zeros(k, dtype=np.bool_)
    unreadable = np.zeros(k, dtype=np.bool_)
    for role in NUMERIC_ROLES:
        if role not in names:
            numbers[role] = np.full(k, np.nan)
            continue
        column = parse_numbers(cells[role], mark, allow_not_significant=role == "r")
        numbers[role] = column.values
        not_significant |= column.not_significant
        unreadable[[i for i, _ in column.bad]] = True
        problems += unreadable_cells(column.bad, role, names[role], mark, places)

    def words(role: str, read: Callable[[Cell], object], empty: object, cure: str) -> list[object]:
        if role not in names:
            return [empty] * k
        found, bad = _translate(cells[role], read, empty)
        if bad:
            texts = list_names(str(cells[role][i]) for i in bad)
            where = places.at(np.array(bad), names[role])
            problems.append(Problem(f"not understood: {texts}", where, cure, f"bad_{role}"))
        return found

    statistic = words("statistic", _statistic, "", _STATISTIC_CURE)
    direction = words("direction", _direction, np.nan, _DIRECTION_CURE)
    turned = words("turned", _flag, False, _FLAG_CURE)
    flags = words("not_significant", _flag, False, _FLAG_CURE)
    ingredients = Ingredients(
        numbers=numbers,
        names=names,
        statistic=np.array(statistic, dtype=object),
        direction=np.array(direction, dtype=np.float64),
        turned=np.array(turned, dtype=np.bool_),
        not_significant=(not_significant | np.array(flags, dtype=np.bool_))
        & np.isnan(numbers["r"]),
        unreadable=unreadable,
        mark=mark,
        places=places,
    )
    return ingredients, problems


def _translate(
    cells: Sequence[Cell], read: Callable[[Cell], object], empty: object
) -> tuple[list[object], list[int]]:
    """Translate cells of few different contents; positions of those that mean nothing."""
    meaning: dict[tuple[type, Cell], object] = {}
    found: list[object] = []
    bad: list[int] = []
    for i, cell in enumerate(cells):
        key = (type(cell), cell)
        if key not in meaning:
            meaning[key] = empty if is_missing(cell) else read(cell)
        value = meaning[key]
        if value is None:
            bad.append(i)
            value = empty
        found.append(value)
    return found, bad


def _statistic(cell: Cell) -> str | None:
    text = " ".join(str(text_of(cell)).casefold().replace("’", "'").split())
    return _STATISTIC_OF.get(text)


def _direction(cell: Cell) -> float | None:
    text = str(text_of(cell)).casefold()
    number = _DIRECTIONS.get(text)
    if number is None:
        number = parse_number(text, ".")
    return number if number in (1.0, -1.0) else None


def _flag(cell: Cell) -> bool | None:
    return _FLAGS.get(str(text_of(cell)).casefold())


_STATISTIC_CURE: Final = f"The allowed words are {join_words(list(STATISTICS), None)}"
_DIRECTION_CURE: Final = (
    "Write 1 (or +, positive) to keep the sign and -1 (or -, negative) to turn it; "
    "rename the column if it is something else"
)
_FLAG_CURE: Final = "Write true or false; rename the column if it is something else"
