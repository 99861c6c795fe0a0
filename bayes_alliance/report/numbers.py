"""How numbers are written, the same in tables, sentences and figures."""

from __future__ import annotations

import math
import re

from bayes_alliance.summaries.benchmarks import published_digits
from bayes_alliance.summaries.coefficients import Range

__all__ = [
    "correlation",
    "decimal",
    "interval",
    "percent",
    "powers",
    "probability",
    "probability_phrase",
    "published",
    "scientific",
    "whole",
]

POWER = re.compile(r"(?<=\d)e([+-]\d+)\b")
RAISED = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")


def decimal(value: float | None, digits: int = 2) -> str:
    """Write a number with a fixed number of digits; a rounded zero has no sign.

    Parameters
    ----------
    value : float or None
        The number; None is written as a dash.
    digits : int
        Digits after the point.

    Returns
    -------
    str
        For example ``0.21``.
    """
    if value is None or math.isnan(value):
        return "-"
    text = f"{value:.{digits}f}"
    return text.removeprefix("-") if float(text) == 0 else text


def correlation(value: float | None, digits: int = 2) -> str:
    """Write a correlation in APA style: no zero before the point.

    Parameters
    ----------
    value : float or None
        A number between -1 and 1; None is written as a dash.
    digits : int
        Digits after the point.

    Returns
    -------
    str
        For example ``.21`` or ``-.05``.
    """
    text = decimal(value, digits)
    sign, size = ("-", text[1:]) if text.startswith("-") and len(text) > 1 else ("", text)
    return sign + (size[1:] if size.startswith("0.") else size)


def published(value: float) -> str:
    """Write a published correlation with the digits it was published with, at least two.

    Parameters
    ----------
    value : float
        The correlation.

    Returns
    -------
    str
        For example ``.21`` or ``.278``.
    """
    return correlation(value, published_digits(value))


def interval(given: Range, *, in_r: bool, digits: int = 2) -> str:
    """Write an interval.

    Parameters
    ----------
    given : Range
        Its limits.
    in_r : bool
        Whether they are correlations.
    digits : int
        Digits after the point.

    Returns
    -------
    str
        For example ``[.17, .25]``.
    """
    write = correlation if in_r else decimal
    return f"[{write(given.lower, digits)}, {write(given.upper, digits)}]"


def probability(value: float) -> str:
    """Write a posterior probability; what rounds to 0 or 1 is given as a bound.

    Parameters
    ----------
    value : float
        Between 0 and 1.

    Returns
    -------
    str
        For example ``.98``, ``> .999`` or ``< .001``.
    """
    if value > 0.999:
        return "> .999"
    if value < 0.001:
        return "< .001"
    digits = 3 if value > 0.99 or value < 0.01 else 2
    return correlation(value, digits)


def probability_phrase(what: str, value: float) -> str:
    """Write a probability statement.

    Parameters
    ----------
    what : str
        The event, for example ``r > 0``.
    value : float
        Its probability.

    Returns
    -------
    str
        For example ``P(r > 0) = .98`` or ``P(r > 0) > .999``.
    """
    text = probability(value)
    return f"P({what}) {text}" if text[0] in "<>" else f"P({what}) = {text}"


def percent(value: float, *, blank: bool = True) -> str:
    """Write a share as a percentage.

    Parameters
    ----------
    value : float
        Between 0 and 1.
    blank : bool
        Whether a blank stands before the sign; manuscripts in APA style have none.

    Returns
    -------
    str
        For example ``43 %``.
    """
    return f"{100 * value:.0f}{' ' if blank else ''}%"


def scientific(value: float) -> str:
    """Write a number by its size, as in ``1.2 × 10⁻⁹``.

    Parameters
    ----------
    value : float
        The number.

    Returns
    -------
    str
        With two digits; 0 as it is.

    Examples
    --------
    >>> scientific(1.24e-9), scientific(0.0)
    ('1.2 × 10⁻⁹', '0')
    """
    return "0" if value == 0 else powers(f"{value:.1e}")


def powers(text: str) -> str:
    """Write numbers such as ``2.2e+06`` with a power of ten, as journals do.

    Parameters
    ----------
    text : str
        A text with such numbers.

    Returns
    -------
    str
        The same text with ``2.2 × 10⁶``.

    Examples
    --------
    >>> powers("BF10 = 2.2e+06")
    'BF10 = 2.2 × 10⁶'
    """
    return POWER.sub(lambda found: f" × 10{str(int(found[1])).translate(RAISED)}", text)


def whole(value: float | None) -> str:
    """Write a number of people or effects, with commas from a thousand on.

    Parameters
    ----------
    value : float or None
        The number; None and NaN are written as a dash.

    Returns
    -------
    str
        For example ``1,204``.
    """
    return "-" if value is None or math.isnan(value) else f"{value:,.0f}"
