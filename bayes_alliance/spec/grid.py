"""A grid of defensible choices, declared: factors, their options, and what each option changes.

A grid is read from a TOML file or made of nested tables. Nothing in it is ever evaluated as code:
an option changes values of the specification, multiplies the scales of its priors, keeps rows of
the table, leaves outlying samples out or follows another mean, and that is all. Every option says
why somebody would defend it.
"""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Mapping
from itertools import combinations
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import Field, StringConstraints, model_validator

from bayes_alliance.errors import InputError, Problem
from bayes_alliance.spec.library import read_tables
from bayes_alliance.spec.messages import validated
from bayes_alliance.spec.tables import About, Name, Number, Table, Text, Truth, Whole

__all__ = ["ChoiceGrid", "Factor", "Option", "Outliers", "RowFilter", "Scaled", "read_grid"]

#: Where the grid lies that is taken unless another is given.
DEFAULT = Path(__file__).with_name("default_grid.toml")
#: More specifications than this are refused, before anything is computed.
MOST_SPECIFICATIONS = 100_000

Scalar = str | Truth | Whole | Number
Because = Annotated[str, StringConstraints(min_length=1, max_length=2_000)]
Values = Annotated[tuple[Scalar, ...], Field(max_length=1_000)]
Scaled = Literal[
    "priors.location", "priors.differences", "priors.tau_sample", "priors.tau_effect",
    "priors.tau_group", "priors.tau_total",
]  # fmt: skip
Changed = Scalar | tuple[Scalar, ...] | dict[Name, Scalar | dict[Name, Scalar]]


class RowFilter(Table):
    """Rows of the table that are kept, by one column (labels, sample, effect, n, statistic)."""

    column: Name
    values: Values = ()
    without: Values = ()
    min: Number | Whole | None = None
    max: Number | Whole | None = None
    missing: Truth = False

    @model_validator(mode="after")
    def _one_rule(self) -> Self:
        rules = [bool(self.values), bool(self.without), (self.min, self.max) != (None, None)]
        if sum(rules) != 1:
            raise ValueError(
                "give values (kept), without (left out), or min and max; one of these three"
            )
        if self.without and self.missing:
            raise ValueError("rows without a value are kept by without; leave missing out")
        if self.min is not None and self.max is not None and self.min > self.max:
            raise ValueError(f"min is above max ({self.min} > {self.max})")
        return self


class Outliers(Table):
    """Samples left out whose standardised leave-one-out residual is beyond a number."""

    beyond: Annotated[Number | Whole, Field(gt=1, le=20)]


class Option(Table):
    """One defensible choice."""

    name: Name
    because: Because
    change: Annotated[dict[Name, Changed], Field(max_length=100, default_factory=dict)]
    #: Priors whose declared scale is multiplied by a number.
    scale: dict[Scaled, Annotated[Number | Whole, Field(gt=0)]] = Field(default_factory=dict)
    #: Priors of another family with the declared scale.
    family: dict[Scaled, Literal["half_normal", "half_cauchy"]] = Field(default_factory=dict)
    rows: Annotated[tuple[RowFilter, ...], Field(max_length=20)] = ()
    outliers: Outliers | None = None
    mean: Name | None = None

    @property
    def relative(self) -> tuple[Scaled, ...]:
        """Key paths of priors that are told relative to the declared ones."""
        return tuple(dict.fromkeys((*self.scale, *self.family)))

    @model_validator(mode="after")
    def _paths_do_not_overlap(self) -> Self:
        for path in self.family:
            if not path.startswith("priors.tau_"):
                raise ValueError(f"family is of priors of taus; {path!r} is none")
        # A prior may have another family and a multiple of the declared scale at once.
        for one, other in combinations((*self.change, *self.relative), 2):
            if _overlap(one, other):
                raise ValueError(f"{one!r} and {other!r} change the same value")
        return self


class Factor(Table):
    """A question on which analysts may differ."""

    name: Name
    because: Text = ""
    options: Annotated[tuple[Option, ...], Field(min_length=2, max_length=100)]

    @model_validator(mode="after")
    def _names_differ(self) -> Self:
        _refuse_twice([option.name for option in self.options], "option")
        return self


class ChoiceGrid(Table):
    """Factors whose options are combined in all ways.

    Parameters are the tables of a grid file. Read files with `read_grid`.

    Examples
    --------
    >>> grid = read_grid({"factors": [{"name": "rho", "options": [
    ...     {"name": "0", "because": "As most analyses do."},
    ...     {"name": ".5", "because": "Scales share people.",
    ...      "change": {"sampling.within_sample": "constant", "sampling.rho": 0.5}}]}]})
    >>> grid.size, grid.factors[0].options[1].name
    (2, '.5')
    """

    about: About = About()
    factors: Annotated[tuple[Factor, ...], Field(min_length=1, max_length=14)]
    #: Whether factors and options that the table cannot have are dropped, and not refused.
    fitted_to_table: Truth = False
    name: Text = "grid"

    @model_validator(mode="after")
    def _factors_are_separate(self) -> Self:
        _refuse_twice([factor.name for factor in self.factors], "factor")
        for one, other in combinations(self.factors, 2):
            for path in _paths(one):
                for also in _paths(other):
                    if _overlap(path, also):
                        raise ValueError(
                            f"the factors {one.name!r} and {other.name!r} change the same value "
                            f"({path!r}, {also!r}); make one factor of them"
                        )
            for part in ("outliers", "mean"):
                if all(any(getattr(o, part) for o in factor.options) for factor in (one, other)):
                    raise ValueError(
                        f"the factors {one.name!r} and {other.name!r} both have options with "
                        f"{part}; make one factor of them"
                    )
        return self

    @model_validator(mode="after")
    def _not_too_many(self) -> Self:
        if self.size > MOST_SPECIFICATIONS:
            raise ValueError(
                f"{self.size:,} specifications; at most {MOST_SPECIFICATIONS:,} are computed"
            )
        return self

    @property
    def size(self) -> int:
        """Number of specifications: the product of the numbers of options."""
        return math.prod(len(factor.options) for factor in self.factors)

    @property
    def sha256(self) -> str:
        """Hash of everything but the name."""
        tables = self.model_dump(mode="json", exclude={"name"})
        return hashlib.sha256(json.dumps(tables, sort_keys=True).encode()).hexdigest()


def read_grid(source: ChoiceGrid | Mapping[str, Any] | str | Path | None = None) -> ChoiceGrid:
    """Read a grid of choices.

    Parameters
    ----------
    source : ChoiceGrid, mapping, path or None
        Nested tables or the path of a TOML file; None: the grid that comes with the package, whose
        factors are dropped where a table cannot have them.

    Returns
    -------
    ChoiceGrid
        The checked grid.

    Raises
    ------
    InputError
        For every unknown key and wrong value: file, key path, nearest valid key.
    """
    if isinstance(source, ChoiceGrid):
        return source
    if source is None:
        return validated(ChoiceGrid, {**read_tables(DEFAULT), "name": "default"}, where="grid")
    if isinstance(source, Mapping):
        return validated(ChoiceGrid, source, where="grid")
    path = Path(source)
    if path.suffix != ".toml":
        raise InputError(
            Problem(
                what=f"a grid of choices is a .toml file, {path.name[:200]!r} was given",
                where="--grid",
                cure="Write factors and options as models/README.md shows",
                code="grid_file",
            )
        )
    return validated(ChoiceGrid, {"name": path.stem, **read_tables(path)}, where=path.name)


def _paths(factor: Factor) -> set[str]:
    return {path for option in factor.options for path in (*option.change, *option.relative)}


def _overlap(one: str, other: str) -> bool:
    """Whether two key paths lead to the same value, or one into the other."""
    return one == other or one.startswith(f"{other}.") or other.startswith(f"{one}.")


def _refuse_twice(names: list[str], what: str) -> None:
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise ValueError(f"the {what} {twice[0]!r} stands there twice")
