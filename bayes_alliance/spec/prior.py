"""A prior: a named distribution with its parameters and the reason for it."""

from __future__ import annotations

from collections.abc import Mapping
from difflib import get_close_matches
from types import MappingProxyType
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from bayes_alliance.errors import InputError, Problem
from bayes_alliance.names import INTERVAL_PROBABILITY
from bayes_alliance.spec.elicitation import discounted_sd, normal_of_interval
from bayes_alliance.spec.families import FAMILIES, Constraint, Family, Support

__all__ = ["Prior"]

#: No parameter of a prior on z or on tau is sensibly beyond this; larger ones overflow.
LARGEST_PARAMETER = 1e6
#: Smaller scales make densities overflow in units of z; a fixed value has the family "point".
SMALLEST_POSITIVE = 1e-9
#: Largest exponent: e to the power of it is still far from the largest float.
LARGEST_EXPONENT = 100


class Prior:
    """A prior distribution, frozen; proper unless it is flat.

    Parameters
    ----------
    family : str
        One of normal, half_normal, half_cauchy, half_t, inverse_gamma, lognormal, uniform,
        gamma, exponential, lomax, beta, point, flat.
    because : str
        Why this prior; shown wherever the prior is.
    **parameters : float
        The parameters of the family (normal: mean, sd; half_normal: scale; ...). Priors of
        heterogeneity are on tau, the standard deviation, in units of z for correlations.

    Raises
    ------
    InputError
        If the family, a parameter or a value is not allowed; the message names the nearest.

    Examples
    --------
    >>> from bayes_alliance import Prior
    >>> tau = Prior("half_normal", scale=0.25)
    >>> float(tau.quantile(0.5).round(4))
    0.1686
    """

    __slots__ = ("_distribution", "_median", "because", "family", "parameters")

    family: str
    because: str
    parameters: Mapping[str, float]
    _distribution: Any

    # self is positional only: a file may have (and is told about) a key of that name.
    def __init__(self, /, family: str, *, because: str = "", **parameters: float) -> None:
        checked = _checked(family, parameters)
        object.__setattr__(self, "family", family)
        object.__setattr__(self, "because", because)
        object.__setattr__(self, "parameters", MappingProxyType(checked))
        object.__setattr__(self, "_distribution", FAMILIES[family].distribution(**checked))

    def __setattr__(self, name: str, value: object) -> None:
        raise AttributeError(f"a Prior is frozen; make a new one to change {name!r}")

    def __reduce__(self) -> tuple[Any, ...]:
        return _rebuild, (self.to_dict(),)

    @classmethod
    def from_mapping(cls, table: Mapping[str, Any]) -> Prior:
        """Make a prior from a table of a specification file.

        Parameters
        ----------
        table : mapping
            ``family``, its parameters and, if wanted, ``because``.

        Returns
        -------
        Prior
            The prior.

        Raises
        ------
        InputError
            As in the class; and if ``family`` is missing.
        """
        values = dict(table)
        family, because = values.pop("family", None), values.pop("because", "")
        if not isinstance(family, str) or not isinstance(because, str):
            raise InputError(
                Problem(
                    what="a prior needs a family (text) and, if given, `because` as text",
                    cure=f'Write family = "...", one of {", ".join(FAMILIES)}',
                    code="prior_family",
                )
            )
        return cls(family, because=because, **values)

    @classmethod
    def from_interval(
        cls,
        lower: float,
        upper: float,
        *,
        r: float | None = None,
        estimate: float | None = None,
        probability: float = INTERVAL_PROBABILITY,
        discount: float = 1.0,
        extra_sd: float = 0.0,
        because: str = "",
    ) -> Prior:
        """Make a normal prior from a published estimate with its interval.

        Parameters
        ----------
        lower, upper : float
            Limits of the interval: correlations, unless `estimate` is given.
        r : float, optional
            The correlation; without it the middle of the limits on Fisher's z. The prior is on
            Fisher's z.
        estimate : float, optional
            The estimate of another measure; limits and prior are on its scale.
        probability : float
            Probability (confidence) of the interval.
        discount : float
            Weight a0 in (0, 1] of the source: the variance is divided by it (power prior).
        extra_sd : float
            Sd, on the scale of the prior, by which the source and the analysis may differ; its
            square is added after discounting.
        because : str
            The source.

        Returns
        -------
        Prior
            Normal; `because` tells the numbers it was made of.

        Raises
        ------
        InputError
            If a number is out of its range, or the limits are too asymmetric for a normal.

        Examples
        --------
        >>> str(Prior.from_interval(0.256, 0.299, r=0.278))
        'normal(0.285513, 0.0118874)'
        """
        mean, sd, made = normal_of_interval(lower, upper, r, estimate, probability)
        said = f"{because.rstrip('.')}: {made}" if because else f"From {made}"
        return cls("normal", mean=mean, sd=sd, because=f"{said}.").discounted(
            discount, extra_sd=extra_sd
        )

    def discounted(self, discount: float = 1.0, *, extra_sd: float = 0.0) -> Prior:
        """Take a normal prior with less weight.

        Parameters
        ----------
        discount : float
            Weight a0 in (0, 1]: the variance is divided by it.
        extra_sd : float
            Sd by which its source and the analysis may differ; its square is added.

        Returns
        -------
        Prior
            Normal with variance sd^2 / a0 + extra_sd^2; itself where nothing is to be done.

        Raises
        ------
        InputError
            If the prior is not normal or a number is out of its range.

        Examples
        --------
        >>> str(Prior("normal", mean=0.3, sd=0.1).discounted(0.25))
        'normal(0.3, 0.2)'
        """
        if self.family != "normal":
            raise InputError(
                Problem(
                    what=f"only a normal prior can be discounted, this is {self}",
                    cure="Widen the scale of another family by hand",
                    code="discount_family",
                )
            )
        sd, told = discounted_sd(self.parameters["sd"], discount, extra_sd)
        if not told:
            return self
        because = f"{self.because} {told[0].upper()}{told[1:]}.".strip()
        return Prior("normal", mean=self.parameters["mean"], sd=sd, because=because)

    def to_dict(self) -> dict[str, Any]:
        """Return family, parameters and reason as `from_mapping` takes them.

        Returns
        -------
        dict
            Ready for JSON or TOML.
        """
        return {"family": self.family, **self.parameters, "because": self.because}

    @property
    def support(self) -> Support:
        """Where the prior has mass: real, positive, interval or point."""
        return FAMILIES[self.family].support

    def logpdf(self, x: ArrayLike) -> NDArray[np.float64]:
        """Log density.

        Parameters
        ----------
        x : array_like
            Values (z, or tau on z).

        Returns
        -------
        ndarray
            Log density at each value; -inf outside the support.
        """
        return np.asarray(self._distribution.logpdf(x), dtype=np.float64)

    def cdf(self, x: ArrayLike) -> NDArray[np.float64]:
        """Probability of a value at most x.

        Parameters
        ----------
        x : array_like
            Values.

        Returns
        -------
        ndarray
            Probabilities.
        """
        return np.asarray(self._distribution.cdf(x), dtype=np.float64)

    def quantile(self, q: ArrayLike) -> NDArray[np.float64]:
        """Value below which the prior has probability q.

        Parameters
        ----------
        q : array_like
            Probabilities.

        Returns
        -------
        ndarray
            Quantiles.
        """
        return np.asarray(self._distribution.ppf(q), dtype=np.float64)

    @property
    def median(self) -> float:
        """The value below which half the prior lies; computed once."""
        known: float | None = getattr(self, "_median", None)
        if known is None:
            known = float(self.quantile(0.5))
            object.__setattr__(self, "_median", known)
        return known

    def draws(self, size: int, rng: np.random.Generator) -> NDArray[np.float64]:
        """Independent draws.

        Parameters
        ----------
        size : int
            How many.
        rng : numpy.random.Generator
            Source of randomness.

        Returns
        -------
        ndarray, shape (size,)
            The draws.
        """
        return np.asarray(self._distribution.rvs(size=size, random_state=rng), dtype=np.float64)

    def __str__(self) -> str:
        values = ", ".join(f"{value:g}" for value in self.parameters.values())
        return f"{self.family}({values})"

    def __repr__(self) -> str:
        values = ", ".join(f"{name}={value:g}" for name, value in self.parameters.items())
        return f"Prior({self.family!r}, {values})"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Prior) and self.to_dict() == other.to_dict()

    def __hash__(self) -> int:
        return hash(tuple(self.to_dict().items()))


def _rebuild(table: dict[str, Any]) -> Prior:
    return Prior.from_mapping(table)


def _checked(family: str, parameters: Mapping[str, Any]) -> dict[str, float]:
    """Return the parameters in the family's order as floats, or tell all that is wrong."""
    if family not in FAMILIES:
        near = get_close_matches(str(family), FAMILIES, n=1)
        hint = f"Did you mean {near[0]!r}? " if near else ""
        raise InputError(
            Problem(
                what=f"{family!r} is no family of priors",
                cure=f"{hint}Allowed: {', '.join(FAMILIES)}",
                code="prior_family",
            )
        )
    known = FAMILIES[family]
    problems = _name_problems(known, parameters)
    values: dict[str, float] = {}
    value: Any
    for name, constraint in known.parameters.items():
        if name not in parameters and name not in known.defaults:
            continue
        value = parameters.get(name, known.defaults.get(name))
        wrong = _value_problem(value, constraint)
        if wrong:
            problems.append(_bad(known, name, wrong))
        else:
            values[name] = float(value)
    if "lower" in values and "upper" in values and values["lower"] >= values["upper"]:
        problems.append(_bad(known, "lower", f"must be below upper ({values['upper']:g})"))
    if problems:
        raise InputError(problems)
    return values


def _value_problem(value: Any, constraint: Constraint) -> str:
    """What is wrong with the value of a parameter; empty if nothing is."""
    if isinstance(value, bool) or not isinstance(value, int | float | np.integer | np.floating):
        shown = repr(value) if isinstance(value, str | bool) else f"of type {type(value).__name__}"
        return f"must be a number, it is {shown[:80]}"
    largest = LARGEST_EXPONENT if constraint == "exponent" else LARGEST_PARAMETER
    size: Any = abs(value)
    if not size <= largest:
        # A whole number of thousands of digits has no repr.
        shown = f", it is {value!r}" if isinstance(value, float | np.floating) else ""
        return f"must be at most {largest:g} in size{shown}"
    if constraint == "positive" and value <= 0:
        return f"must be positive, it is {value!r}"
    if constraint == "positive" and value < SMALLEST_POSITIVE:
        return f"must be at least {SMALLEST_POSITIVE:g}, it is {value!r}"
    return ""


def _name_problems(known: Family, parameters: Mapping[str, Any]) -> list[Problem]:
    problems = []
    if parameters and not known.parameters:
        given = ", ".join(repr(name[:80]) for name in list(parameters)[:8])
        what = f"{known.name} takes no parameters, and {given} stand beside it"
        return [Problem(what=what, cure=_whole_table(known), code="prior_parameter")]
    foreign = {name for family in FAMILIES.values() for name in family.parameters}
    for name in parameters:
        if name not in known.parameters:
            near = get_close_matches(name, known.parameters, n=1)
            hint = f"Did you mean {near[0]!r}? " if near else ""
            cure = f"{hint}{known.name} takes {', '.join(known.parameters)}"
            if name in foreign:
                cure += f". {_whole_table(known)}"
            problems.append(
                Problem(
                    what=f"{known.name} has no parameter {name[:80]!r}",
                    cure=cure,
                    code="prior_parameter",
                )
            )
    for name in known.parameters:
        if name not in parameters and name not in known.defaults:
            problems.append(_bad(known, name, "is missing"))
    return problems


def _whole_table(known: Family) -> str:
    """How another family is set: parameters of the one before would stay."""
    pieces = [f'family="{known.name}"', *(f"{name}=..." for name in known.parameters)]
    return f"Another family needs the whole table: --set 'priors.location={{{', '.join(pieces)}}}'"


def _bad(known: Family, name: str, what: str) -> Problem:
    return Problem(
        what=f"{name} of {known.name} {what}",
        cure=f"{known.name} takes {', '.join(known.parameters)}",
        code="prior_parameter",
    )
