"""All models that are averaged over, with their prior probabilities."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import product
from typing import Final

from bayes_alliance.errors import InputError, Problem
from bayes_alliance.spec.design import Design

__all__ = ["MOST_MODELS", "STRUCTURES", "Candidate", "model_space"]

#: More models than this are not averaged.
MOST_MODELS: Final = 5_000
#: Heterogeneity structures: which of tau_sample and tau_effect a model has.
STRUCTURES: Final = {
    "both": (True, True),
    "sample": (True, False),
    "effect": (False, True),
    "none": (False, False),
}


@dataclass(frozen=True, slots=True)
class Candidate:
    """One model.

    Parameters
    ----------
    terms : tuple of str
        Moderators in it.
    structure : str
        Its heterogeneity, one of `STRUCTURES`.
    effect : bool
        Whether the mean is estimated; otherwise it is 0.
    prior : float
        Probability before the data.
    """

    terms: tuple[str, ...]
    structure: str
    effect: bool
    prior: float

    @property
    def has_sample(self) -> bool:
        """Whether samples are heterogeneous."""
        return STRUCTURES[self.structure][0]

    @property
    def has_effect(self) -> bool:
        """Whether effects of one sample are heterogeneous."""
        return STRUCTURES[self.structure][1]

    def without_levels(self, design: Design) -> Design:
        """A design with the heterogeneity of this model.

        Parameters
        ----------
        design : Design
            With every level that any model has.

        Returns
        -------
        Design
            Without those that this model has not.
        """
        return replace(
            design,
            tau_sample=design.tau_sample if self.has_sample else None,
            tau_effect=design.tau_effect if self.has_effect else None,
        )


def model_space(
    terms: Sequence[str],
    design: Design,
    *,
    structures: bool,
    effect: bool,
    prior_inclusion: float | Mapping[str, float] = 0.5,
    prior_structures: Mapping[str, float] | None = None,
    prior_effect: float = 0.5,
) -> tuple[Candidate, ...]:
    """All subsets of the terms with all structures; terms, structure and effect are independent.

    Parameters
    ----------
    terms : sequence of str
        Moderators.
    design : Design
        The model without any; a level that it does not have, no model has.
    structures : bool
        Whether models without a level of heterogeneity are among them.
    effect : bool
        Whether models with a mean of 0 are among them.
    prior_inclusion : float or mapping of str to float
        Prior probability of every term, or of each (1/2 where it is not named).
    prior_structures : mapping of str to float, optional
        Prior weights of the structures; by default all alike.
    prior_effect : float
        Prior probability of a mean other than 0.

    Returns
    -------
    tuple of Candidate
        Their prior probabilities sum to 1; those of probability 0 are left out.

    Raises
    ------
    InputError
        If a probability is none, a name is unknown, or there are too many models.
    """
    shares = _structure_shares(design, structures, prior_structures)
    included = _inclusion(terms, prior_inclusion)
    if effect and not 0 < prior_effect < 1:
        raise InputError(_no_probability("prior_effect", prior_effect))
    means = {True: prior_effect, False: 1 - prior_effect} if effect else {True: 1.0}
    count = 2 ** len(terms) * len(shares) * len(means)
    if count > MOST_MODELS:
        raise InputError(
            Problem(
                what=f"{len(terms)} terms make {count:,} models; at most {MOST_MODELS:,} are "
                "averaged",
                where="terms",
                cure="Name fewer terms, or leave out the structures (structures=False)",
                code="too_many_models",
            )
        )
    found = []
    for inside in product((True, False), repeat=len(terms)):
        chosen = tuple(t for t, is_in in zip(terms, inside, strict=True) if is_in)
        odds = math.prod(included[t] if t in chosen else 1 - included[t] for t in terms)
        found += [
            Candidate(chosen, name, is_there, odds * share * mean)
            for name, share in shares.items()
            for is_there, mean in means.items()
        ]
    return tuple(found)


def _inclusion(terms: Sequence[str], given: float | Mapping[str, float]) -> dict[str, float]:
    if isinstance(given, Mapping):
        unknown = [name for name in given if name not in terms]
        if unknown:
            raise InputError(
                Problem(
                    what=f"{', '.join(unknown)}: not among the terms ({', '.join(terms)})",
                    where="prior_inclusion",
                    cure="Name terms that are averaged over",
                    code="unknown_term",
                )
            )
        found = {term: given.get(term, 0.5) for term in terms}
    else:
        found = dict.fromkeys(terms, given)
    problems = [
        _no_probability(f"prior_inclusion of {term}", value)
        for term, value in found.items()
        if not 0 < value < 1
    ]
    if problems:
        raise InputError(problems)
    return found


def _structure_shares(
    design: Design, structures: bool, given: Mapping[str, float] | None
) -> dict[str, float]:
    """Prior probabilities of the structures that the design allows."""
    own = (design.tau_sample is not None, design.tau_effect is not None)
    name = next(name for name, levels in STRUCTURES.items() if levels == own)
    if not structures:
        if given is not None:
            raise InputError(
                Problem(what="prior_structures has no meaning with structures=False",
                        where="prior_structures", cure="Leave one of the two out",
                        code="idle_key")
            )  # fmt: skip
        return {name: 1.0}
    if design.tau_total is not None:
        raise InputError(
            Problem(
                what="a total and a share declare both levels of heterogeneity at once",
                where="priors.tau_total",
                cure="Leave out the structures (structures=False), or declare priors.tau_sample "
                "and priors.tau_effect",
                code="structures_of_a_share",
            )
        )
    possible = {
        n: levels
        for n, levels in STRUCTURES.items()
        if all(mine or not theirs for mine, theirs in zip(own, levels, strict=True))
    }
    weights = dict.fromkeys(possible, 1.0) if given is None else dict(given)
    wrong = [n for n, w in weights.items() if n not in possible or not 0 <= w < math.inf]
    if wrong or not sum(weights.values()) > 0:
        raise InputError(
            Problem(
                what=f"prior weights {dict(weights)} are none of {', '.join(possible)}",
                where="prior_structures",
                cure=f"Give weights that are not negative to some of {', '.join(possible)}",
                code="structure_weights",
            )
        )
    total = sum(weights.values())
    return {n: w / total for n, w in weights.items() if w > 0}


def _no_probability(where: str, value: float) -> Problem:
    return Problem(
        what=f"{value:g} is no prior probability between 0 and 1",
        where=where,
        cure="Write, for example, 0.5",
        code="prior_probability",
    )
