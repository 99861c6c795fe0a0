"""What is claimed: measure, terms, heterogeneity, dependence, priors, benchmarks.

A specification is a frozen record read from a TOML file (``models/README.md`` is the schema on one
page) or made in Python. Nothing in it is ever evaluated as code.
"""

from __future__ import annotations

import hashlib
import json
from typing import Annotated, Any

import numpy as np
from pydantic import Field

from bayes_alliance.errors import InputError, Problem
from bayes_alliance.spec.messages import validated
from bayes_alliance.spec.prior import Prior
from bayes_alliance.spec.tables import (
    About,
    Alias,
    Alternative,
    Benchmark,
    Effect,
    Heterogeneity,
    Location,
    Name,
    Priors,
    Rope,
    Run,
    Sampling,
    Table,
    Text,
)
from bayes_alliance.spec.written import toml_text

__all__ = ["Specification"]

#: Stands in `location.terms` for the column that the user names.
MODERATOR_SLOT = "{moderator}"


class Specification(Table):
    """An analysis, declared.

    Parameters are the tables of a model file; every one has a default. Read files with
    `read_specification`.

    Examples
    --------
    >>> from bayes_alliance import Prior, Specification
    >>> spec = Specification().with_prior("tau_sample", Prior("half_normal", scale=0.1))
    >>> str(spec.priors.tau_sample)
    'half_normal(0.1)'
    """

    about: About = About()
    effect: Effect = Effect()
    location: Location = Location()
    heterogeneity: Heterogeneity = Heterogeneity()
    sampling: Sampling = Sampling()
    priors: Priors = Priors()
    rope: Rope = Rope()
    benchmarks: Annotated[tuple[Benchmark, ...], Field(max_length=200)] = ()
    alternatives: Annotated[tuple[Alternative, ...], Field(max_length=10_000)] = ()
    aliases: Annotated[dict[Name, Alias], Field(max_length=1_000, default_factory=dict)]
    run: Run = Run()
    name: Text = "specification"

    @classmethod
    def from_dict(cls, tables: dict[str, Any], *, where: str = "specification") -> Specification:
        """Make a specification from nested tables.

        Parameters
        ----------
        tables : dict
            As a TOML file gives them.
        where : str
            File name for messages.

        Returns
        -------
        Specification
            The checked specification.

        Raises
        ------
        InputError
            For every unknown key and wrong value: file, key path, nearest valid key.
        """
        spec = validated(cls, tables, where=where)
        for alternative in spec.alternatives:
            spec.with_changes(alternative.change)
        return spec

    def to_dict(self) -> dict[str, Any]:
        """Return the specification as nested tables, ready for JSON.

        Returns
        -------
        dict
            What `from_dict` takes; empty optional values are left out.
        """
        return self.model_dump(mode="json", exclude_none=True)

    def to_toml(self) -> str:
        """Return the specification as the text of a file that `read_specification` reads.

        Returns
        -------
        str
            TOML with every default written out; the same name and the same `sha256` when read.

        Examples
        --------
        >>> from bayes_alliance import Specification
        >>> "[heterogeneity]" in Specification().to_toml().splitlines()
        True
        """
        return toml_text(self.to_dict())

    def __hash__(self) -> int:
        return hash((self.name, self.sha256))

    @property
    def sha256(self) -> str:
        """Hash of everything but the name."""
        tables = {key: value for key, value in self.to_dict().items() if key != "name"}
        return hashlib.sha256(json.dumps(tables, sort_keys=True).encode()).hexdigest()

    def with_changes(self, changes: dict[str, Any]) -> Specification:
        """Return a copy with values at some key paths replaced.

        Parameters
        ----------
        changes : dict of str to value
            For example ``{"priors.tau_sample.scale": 0.1, "run.seed": 7}``. Changing a prior's
            family replaces the whole prior: give the table.

        Returns
        -------
        Specification
            The changed copy, checked as a file is.

        Raises
        ------
        InputError
            If a path or a value is not allowed.
        """
        tables = self.to_dict()
        for path, value in changes.items():
            *parents, last = path.split(".")
            table: Any = tables
            for key in parents:
                table = table.setdefault(key, {}) if isinstance(table, dict) else None
            if not isinstance(table, dict):
                problem = Problem(what=f"{path!r} is no key path", code="key_path",
                                  cure='Write, for example, "priors.tau_sample.scale"')  # fmt: skip
                raise InputError(problem)
            if isinstance(value, Prior):
                value = value.to_dict()
            table[last] = value.item() if isinstance(value, np.generic) else value
        return validated(type(self), tables, where=self.name)

    def with_prior(self, name: str, prior: Prior) -> Specification:
        """Return a copy with another prior.

        Parameters
        ----------
        name : str
            location, differences, tau_sample, tau_effect, tau_group, rho, df or shrinkage.
        prior : Prior
            The prior to use instead.

        Returns
        -------
        Specification
            The changed copy.
        """
        return self.with_changes({f"priors.{name}": prior})

    def with_terms(self, *terms: str) -> Specification:
        """Return a copy with other location terms.

        Parameters
        ----------
        *terms : str
            Names of columns; none for one overall effect.

        Returns
        -------
        Specification
            The changed copy.
        """
        return self.with_changes({"location.terms": list(terms)})

    def with_benchmarks(self, *benchmarks: Benchmark) -> Specification:
        """Return a copy with other benchmarks.

        Parameters
        ----------
        *benchmarks : Benchmark
            The benchmarks; none to leave all out.

        Returns
        -------
        Specification
            The changed copy.
        """
        return self.model_copy(update={"benchmarks": tuple(benchmarks)})

    def with_moderator(self, column: str, *, unit: float | None = None) -> Specification:
        """Return a copy of a parametrised specification with its column filled in.

        Parameters
        ----------
        column : str
            Any column of the table.
        unit : float, optional
            For a continuous moderator: the step its coefficient stands for.

        Returns
        -------
        Specification
            The copy.

        Raises
        ------
        InputError
            If the specification has no place for a moderator.
        """
        if not self.needs_moderator:
            raise InputError(
                Problem(what=f"the model {self.name!r} takes no moderator, {column!r} was given",
                        cure='Use the model "moderator" for one column of your own, or declare '
                        "location.terms", code="no_moderator_slot")
            )  # fmt: skip
        terms = [column if term == MODERATOR_SLOT else term for term in self.location.terms]
        changes: dict[str, Any] = {"location.terms": terms}
        if unit is not None:
            changes["location.units"] = {**self.location.units, column: unit}
        return self.with_changes(changes)

    @property
    def needs_moderator(self) -> bool:
        """Whether a column still has to be named."""
        return MODERATOR_SLOT in self.location.terms

    def __repr__(self) -> str:
        levels = [name for name in ("sample", "effect") if getattr(self.heterogeneity, name)]
        if self.heterogeneity.groups is not None:
            levels.insert(0, f"groups by {self.heterogeneity.groups}")
        return "\n".join(
            [
                f"Specification {self.name!r}: {self.about.title}",
                f"  location: {' + '.join(self.location.terms) or 'overall'}; "
                f"heterogeneity: {', '.join(levels) or 'none'}; "
                f"sampling errors: {self.sampling.within_sample}",
                f"  priors: location {self.priors.location}, "
                f"differences {self.priors.differences}, tau_sample {self.priors.tau_sample}, "
                f"tau_effect {self.priors.tau_effect}",
                f"  benchmarks: {', '.join(b.name for b in self.benchmarks) or 'none'}",
                "  next: bayes_alliance.fit(effects, specification)",
            ]
        )

    __str__ = __repr__
