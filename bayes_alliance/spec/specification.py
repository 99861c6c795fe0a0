"""What is claimed: measure, terms, heterogeneity, dependence, priors, benchmarks.

A specification is a frozen record read from a TOML file (``models/README.md`` is the schema on one
page) or made in Python. Nothing in it is ever evaluated as code.
"""

from __future__ import annotations

import hashlib
import json
from typing import Annotated, Any, Literal, Self

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PlainSerializer,
    StringConstraints,
    model_validator,
)

from bayes_alliance.errors import InputError, Problem
from bayes_alliance.spec.messages import validated
from bayes_alliance.spec.prior import Prior

__all__ = [
    "About",
    "Alternative",
    "Benchmark",
    "Effect",
    "Heterogeneity",
    "Location",
    "Priors",
    "Run",
    "Sampling",
    "Specification",
]

#: Stands in `location.terms` for the column that the user names.
MODERATOR_SLOT = "{moderator}"

Text = Annotated[str, StringConstraints(max_length=2_000)]
Name = Annotated[str, StringConstraints(min_length=1, max_length=200)]
Correlation = Annotated[float, Field(gt=-1, lt=1)]
Probability = Annotated[float, Field(gt=0, lt=1)]


def _to_prior(value: Any) -> Prior:
    if isinstance(value, Prior):
        return value
    if isinstance(value, dict):
        try:
            return Prior.from_mapping(value)
        except InputError as error:
            raise ValueError(str(error)) from error
    raise ValueError("a prior is a table with a family and its parameters")


PriorField = Annotated[
    Prior, BeforeValidator(_to_prior), PlainSerializer(lambda prior: prior.to_dict())
]


class _Table(BaseModel):
    """A table of the file: frozen, no unknown keys, no infinities."""

    model_config = ConfigDict(
        frozen=True, extra="forbid", arbitrary_types_allowed=True, allow_inf_nan=False, strict=False
    )


class About(_Table):
    """Title, question and what the model teaches."""

    title: Text = ""
    question: Text = ""
    teaches: Text = ""


class Effect(_Table):
    """The effect measure and what happens to correlations printed only as "n.s."."""

    measure: Literal["auto", "ZCOR", "COR", "GEN"] = "auto"
    small_sample: bool = False
    not_significant: Literal["leave_out", "zero", "censored"] = "leave_out"
    alpha: Probability = 0.05


class Location(_Table):
    """The terms of the mean: names of columns, never formula text."""

    terms: Annotated[tuple[Name, ...], Field(max_length=50)] = ()
    categorical: Annotated[tuple[Name, ...], Field(max_length=50)] = ()
    units: dict[Name, Annotated[float, Field(gt=0, le=1e9)]] = {}
    contrasts: Literal["pairwise", "others"] = "pairwise"


class Heterogeneity(_Table):
    """Which levels vary beyond sampling error."""

    sample: bool = True
    effect: bool = True


class Sampling(_Table):
    """How the sampling errors of one sample's effects depend on one another."""

    within_sample: Literal["independent", "constant"] = "independent"
    rho: Annotated[float, Field(gt=-1, lt=1)] | None = None

    @model_validator(mode="after")
    def _rho_where_it_is_used(self) -> Self:
        if self.within_sample == "constant" and self.rho is None:
            raise ValueError('within_sample = "constant" needs rho, for example rho = 0.6')
        if self.within_sample == "independent" and self.rho is not None:
            raise ValueError('rho has no meaning with within_sample = "independent"; '
                             'write within_sample = "constant"')  # fmt: skip
        return self


def _default(family: str, because: str, **parameters: float) -> Prior:
    return Prior(family, because=because, **parameters)


class Priors(_Table):
    """Priors on the analysis scale (z for correlations); taus are standard deviations."""

    location: PriorField = _default(
        "normal",
        "Weakly informative on Fisher's z: 95 % of true correlations between -.75 and .75.",
        mean=0.0,
        sd=0.5,
    )
    differences: PriorField = _default(
        "normal",
        "Two levels of a moderator rarely differ by more than .5 on z.",
        mean=0.0,
        sd=0.25,
    )
    tau_sample: PriorField = _default(
        "half_normal",
        "Median .17 and 95 % below .49 on z; surveys of psychological meta-analyses find .10-.21.",
        scale=0.25,
    )
    tau_effect: PriorField = _default(
        "half_normal",
        "Effects of one sample share people and setting: about half as variable as samples.",
        scale=0.15,
    )
    shrinkage: PriorField | None = None

    @model_validator(mode="after")
    def _families_where_they_belong(self) -> Self:
        for name in ("location", "differences"):
            if getattr(self, name).family != "normal":
                raise ValueError(f"priors.{name} must be normal (mean, sd)")
        if self.differences.parameters["mean"] != 0:
            raise ValueError("priors.differences must have mean 0: levels are exchangeable")
        for name in ("tau_sample", "tau_effect", "shrinkage"):
            prior = getattr(self, name)
            if prior is None:
                continue
            if prior.support == "point":
                if prior.parameters["value"] < 0:
                    raise ValueError(f"priors.{name}: a standard deviation cannot be negative")
            elif prior.support == "real" or float(prior.cdf(-1e-12)) > 0:
                raise ValueError(
                    f"priors.{name} must have no mass below 0 (it is a standard deviation)"
                )
        return self


class Benchmark(_Table):
    """A published correlation to hold a coefficient against, with its own uncertainty."""

    name: Name
    coefficient: Name
    r: Correlation
    lower: Correlation | None = None
    upper: Correlation | None = None
    probability: Probability = 0.95
    topic: Text = ""
    source: Text = ""

    @model_validator(mode="after")
    def _limits_come_in_pairs(self) -> Self:
        if (self.lower is None) != (self.upper is None):
            raise ValueError("give both lower and upper, or neither")
        if (
            self.lower is not None
            and self.upper is not None
            and not (self.lower < self.r < self.upper)
        ):
            raise ValueError(
                f"lower < r < upper does not hold ({self.lower}, {self.r}, {self.upper})"
            )
        return self


class Alternative(_Table):
    """A named variation for sensitivity analyses: key paths and their other values."""

    name: Name
    because: Text = ""
    change: dict[Name, str | float | bool]


class Run(_Table):
    """How the posterior is computed."""

    engine: Literal["auto", "exact", "nuts"] = "auto"
    seed: Annotated[int, Field(ge=0, lt=2**32)] = 1
    chains: Annotated[int, Field(ge=1, le=64)] = 4
    draws: Annotated[int, Field(ge=50, le=1_000_000)] = 1_000
    tune: Annotated[int, Field(ge=50, le=1_000_000)] = 1_000
    target_accept: Annotated[float, Field(gt=0.5, lt=1)] = 0.9
    parametrization: Literal["marginal", "hierarchical"] = "marginal"
    sampler: Literal["nutpie", "pymc"] = "nutpie"


class Alias(_Table):
    """A named use of a parametrised file."""

    moderator: Name
    unit: Annotated[float, Field(gt=0, le=1e9)] | None = None
    question: Text = ""


class Specification(_Table):
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
    benchmarks: Annotated[tuple[Benchmark, ...], Field(max_length=200)] = ()
    alternatives: Annotated[tuple[Alternative, ...], Field(max_length=10_000)] = ()
    aliases: Annotated[dict[Name, Alias], Field(max_length=1_000)] = {}
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
            table[last] = value.to_dict() if isinstance(value, Prior) else value
        return validated(type(self), tables, where=self.name)

    def with_prior(self, name: str, prior: Prior) -> Specification:
        """Return a copy with another prior.

        Parameters
        ----------
        name : str
            location, differences, tau_sample, tau_effect or shrinkage.
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
        """
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
