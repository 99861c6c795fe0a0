"""What summaries are asked about: shapes of questions, told by structure and not by class."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, Protocol

from bayes_alliance.algebra.blocks import Array
from bayes_alliance.names import Level

__all__ = ["Compared", "Published", "Reported", "ScaleModel", "Scaled"]


class Reported(Protocol):
    """A linear combination of coefficients to be reported."""

    @property
    def name(self) -> str:
        """Name in every table."""
        ...

    @property
    def weights(self) -> Array:
        """Weights, shape (p,)."""
        ...

    @property
    def role(self) -> Literal["mean", "difference"]:
        """A mean is a correlation when transformed; a difference is not."""
        ...


class Compared(Protocol):
    """A mean to be compared with the average of others."""

    @property
    def name(self) -> str:
        """Name of the contrast."""
        ...

    @property
    def of(self) -> Array:
        """Weights of the mean, shape (p,)."""
        ...

    @property
    def minus(self) -> Array:
        """Weights of the means it is compared with, shape (m, p)."""
        ...


class Scaled(Protocol):
    """A linear combination of the coefficients of a log standard deviation."""

    @property
    def name(self) -> str:
        """Name in every table."""
        ...

    @property
    def weights(self) -> Array:
        """Weights, shape (q,)."""
        ...


class ScaleModel(Protocol):
    """Terms of the standard deviation of one level."""

    @property
    def level(self) -> Level:
        """Which level."""
        ...

    @property
    def names(self) -> Sequence[str]:
        """Names of its coefficients."""
        ...

    @property
    def at(self) -> Sequence[Scaled]:
        """Where tau is reported, the other terms at their average."""
        ...

    @property
    def ratios(self) -> Sequence[Scaled]:
        """Log ratios of tau between two levels, or one unit apart."""
        ...


class Published(Protocol):
    """A published correlation with, perhaps, its interval."""

    @property
    def name(self) -> str:
        """What it is and whose."""
        ...

    @property
    def coefficient(self) -> str:
        """Which quantity it is held against."""
        ...

    @property
    def r(self) -> float:
        """The correlation."""
        ...

    @property
    def lower(self) -> float | None:
        """Lower limit of its interval, if published."""
        ...

    @property
    def upper(self) -> float | None:
        """Upper limit of its interval, if published."""
        ...

    @property
    def probability(self) -> float:
        """Probability or confidence level of its interval."""
        ...
