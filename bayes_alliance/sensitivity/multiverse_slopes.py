"""Slopes that mean the same in every specification of a multiverse.

A slope is counted from the mean of its column in units of its standard deviation. In a part of the
rows both differ, and with them the value of the covariate at which the mean is followed and what
the prior of the slope says. All specifications therefore take centre and unit from the whole table.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from bayes_alliance.errors import InputError, Problem
from bayes_alliance.spec.coding import CodedTerm
from bayes_alliance.spec.design import Design
from bayes_alliance.spec.specification import Specification

__all__ = ["Slopes", "slopes_of", "with_centres", "with_units"]

#: Continuous terms by their column.
Slopes = Mapping[str, CodedTerm]


def slopes_of(design: Design) -> dict[str, CodedTerm]:
    """Continuous terms of a design.

    Parameters
    ----------
    design : Design
        The analysis.

    Returns
    -------
    dict of str to CodedTerm
        By their column; none for a model without slopes.
    """
    return {term.name: term for term in design.terms if term.kind == "continuous"}


def with_units(specification: Specification, slopes: Slopes) -> Specification:
    """Declare the units of slopes, those apart that are declared already.

    Parameters
    ----------
    specification : Specification
        What is claimed.
    slopes : mapping of str to CodedTerm
        Continuous terms of the whole table.

    Returns
    -------
    Specification
        The copy.
    """
    location = specification.location
    units = {name: term.unit for name, term in slopes.items() if name in location.terms}
    if not units:
        return specification
    location = location.model_copy(update={"units": {**units, **location.units}})
    return specification.model_copy(update={"location": location})


def with_centres(design: Design, slopes: Slopes) -> Design:
    r"""Count slopes from other centres: the overall mean is then that at these.

    With :math:`c_1` the centre of the design, :math:`c_0` the other and :math:`u` the unit,
    :math:`(c_1 - c_0)/u` is added to the column of the slope in every row. The prior of the overall
    mean stays as declared, now at :math:`c_0`.

    Parameters
    ----------
    design : Design
        Of some rows.
    slopes : mapping of str to CodedTerm
        Continuous terms of the whole table.

    Returns
    -------
    Design
        Its means are at the centres of `slopes`.

    Raises
    ------
    InputError
        If the rows have so few values of a slope's column that it was read as categories.
    """
    X, terms = design.X.copy(), list(design.terms)
    for i, term in enumerate(design.terms):
        if term.name not in slopes:
            continue
        if term.kind != "continuous" or term.centre is None or term.unit is None:
            raise InputError(
                Problem(
                    what="the kept rows have only two values of a column that has a slope",
                    where=f"column {term.name}",
                    cure="Keep more rows, or leave the option out",
                    code="no_slope",
                )
            )
        centre = slopes[term.name].centre or 0.0
        # The first column is the intercept, see bayes_alliance.spec.coding.
        X[:, design.coefficients.index(term.slope_name)] += (
            X[:, 0] * (term.centre - centre) / term.unit
        )
        terms[i] = replace(term, centre=centre)
    return replace(design, X=X, terms=tuple(terms))
