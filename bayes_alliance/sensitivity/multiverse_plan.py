"""What a multiverse consists of: a table, a specification, and all combinations of choices.

A specification of the multiverse has a number, the position of its options in the full factorial
(the last factor runs fastest). What decides about rows, covariances and X (its data part) is told
apart from priors that can be exchanged on a compiled design (its prior part).
"""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from bayes_alliance.data.effects import EffectSizes
from bayes_alliance.names import INTERVAL_PROBABILITY
from bayes_alliance.posterior.provenance import versions
from bayes_alliance.spec.grid import ChoiceGrid, Option
from bayes_alliance.spec.repriored import EXCHANGEABLE
from bayes_alliance.spec.specification import Specification
from bayes_alliance.spec.tables import Benchmark

__all__ = ["Plan", "changes_of"]

Picks = tuple[int, ...]
CHEAP = tuple(f"priors.{name}" for name in EXCHANGEABLE)


@dataclass(frozen=True)
class Plan:
    """A multiverse before it is computed.

    Parameters
    ----------
    effects : EffectSizes
        The table.
    specification : Specification
        What the options change.
    grid : ChoiceGrid
        Factors and options, fitted to the table.
    benchmarks : tuple of Benchmark
        Published correlations that every mean is held against.
    probability : float
        Of every interval.
    """

    effects: EffectSizes
    specification: Specification
    grid: ChoiceGrid
    benchmarks: tuple[Benchmark, ...] = ()
    probability: float = INTERVAL_PROBABILITY

    @cached_property
    def sizes(self) -> Picks:
        """Numbers of options of the factors."""
        return tuple(len(factor.options) for factor in self.grid.factors)

    @property
    def size(self) -> int:
        """Number of specifications."""
        return math.prod(self.sizes)

    def picks(self, number: int) -> Picks:
        """Positions of the options of a specification.

        Parameters
        ----------
        number : int
            Of the specification.

        Returns
        -------
        tuple of int
            One a factor.
        """
        found = []
        for size in reversed(self.sizes):
            number, at = divmod(number, size)
            found.append(at)
        return tuple(reversed(found))

    def options(self, picks: Picks) -> tuple[Option, ...]:
        """Options at these positions.

        Parameters
        ----------
        picks : tuple of int
            One a factor.

        Returns
        -------
        tuple of Option
            One a factor.
        """
        return tuple(f.options[at] for f, at in zip(self.grid.factors, picks, strict=True))

    def part(self, picks: Picks, *, priors: bool) -> Picks:
        """What decides about one part of a specification.

        Parameters
        ----------
        picks : tuple of int
            One a factor.
        priors : bool
            True: the prior part; False: the data part.

        Returns
        -------
        tuple of int
            The positions, -1 for factors that say nothing about this part.
        """
        says = self._about_priors if priors else self._about_data
        return tuple(at if own else -1 for at, own in zip(picks, says, strict=True))

    @cached_property
    def _about_priors(self) -> tuple[bool, ...]:
        return tuple(any(_cheap(o) for o in f.options) for f in self.grid.factors)

    @cached_property
    def _about_data(self) -> tuple[bool, ...]:
        return tuple(any(_shapes_data(o) for o in f.options) for f in self.grid.factors)

    @cached_property
    def order(self) -> tuple[int, ...]:
        """Numbers of all specifications, those of one data part next to one another.

        Parts that differ only in the rule for outliers are neighbours, because they share the fit
        that the rule reads.
        """
        last = [any(o.outliers for o in f.options) for f in self.grid.factors]

        def key(number: int) -> tuple[Picks, Picks, int]:
            part = self.part(self.picks(number), priors=False)
            rest = tuple(-1 if own else at for at, own in zip(part, last, strict=True))
            return rest, part, number

        return tuple(sorted(range(self.size), key=key))

    @cached_property
    def key(self) -> dict[str, str]:
        """Hashes of what the numbers depend on; kept results are taken again only if all agree."""
        return {
            "data": _hash_of_table(self.effects),
            "model": self.specification.sha256,
            "grid": self.grid.sha256,
            "benchmarks": _hash_of_benchmarks(self.effects.topic, self.benchmarks),
            "probability": repr(self.probability),
            "program": json.dumps(versions(), sort_keys=True),
        }


def changes_of(options: Sequence[Option], *, priors: bool) -> dict[str, Any]:
    """Changes of the specification that options make.

    Parameters
    ----------
    options : sequence of Option
        Those of one specification; their key paths differ.
    priors : bool
        True: those of exchangeable priors; False: all others.

    Returns
    -------
    dict
        For `Specification.with_changes`. A dependence other than a constant takes no rho, so that
        the one of the model is dropped.
    """
    merged: dict[str, Any] = {
        path: list(value) if isinstance(value, tuple) else value
        for option in options
        for path, value in option.change.items()
        if _is_cheap(path) == priors
    }
    dependence = merged.get("sampling.within_sample", "constant")
    if dependence != "constant" and "sampling.rho" not in merged:
        merged["sampling.rho"] = None
    return merged


def _is_cheap(path: str) -> bool:
    return any(path == prior or path.startswith(f"{prior}.") for prior in CHEAP)


def _cheap(option: Option) -> bool:
    return any(_is_cheap(path) for path in option.change)


def _shapes_data(option: Option) -> bool:
    return bool(
        option.rows
        or option.outliers
        or option.mean
        or any(not _is_cheap(path) for path in option.change)
    )


def _hash_of_table(effects: EffectSizes) -> str:
    """Hash of the rows as they are used, not of the file they came from."""
    given = effects.correlations
    parts = [
        effects.frame.to_csv(index=False),
        effects.measure,
        str(effects.small_sample),
        "" if given is None else given.to_frame().to_csv(index=False),
    ]
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()


def _hash_of_benchmarks(topic: str | None, benchmarks: Sequence[Benchmark]) -> str:
    """Hash of the benchmarks in order, because answers name them by their position."""
    parts = [topic or "", [benchmark.model_dump(mode="json") for benchmark in benchmarks]]
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()
