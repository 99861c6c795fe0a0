"""What data.json says of the table beside it."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, field_validator

from bayes_alliance.names import Measure

__all__ = ["CellKind", "Described", "DescribedFrame"]

#: What the cells of a column are: "json" where their types differ from row to row.
CellKind = Literal["text", "whole", "number", "truth", "json"]


class _Strict(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


class _Problem(_Strict):
    what: str
    where: str
    cure: str
    code: str


class _Note(_Strict):
    kind: str
    problem: _Problem


class DescribedFrame(_Strict):
    """Columns of a file: their types in memory, what their cells are, and the hash of the file."""

    dtypes: dict[str, str]
    cells: dict[str, CellKind]
    table_sha256: str
    notes: tuple[_Note, ...]
    name: str
    sha256: str

    @field_validator("dtypes")
    @classmethod
    def _known(cls, dtypes: dict[str, str]) -> dict[str, str]:
        from pandas.api.types import pandas_dtype

        for name, dtype in dtypes.items():
            try:
                pandas_dtype(dtype)
            except TypeError:
                raise ValueError(f"column {name!r} has no type {dtype!r}") from None
        return dtypes


class Described(DescribedFrame):
    """A table of effect sizes but for its cells."""

    measure: Measure
    citation: str
    notice: str
    topic: str
    synthetic: bool
    small_sample: bool
    correlations: DescribedFrame | None
