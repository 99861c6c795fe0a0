"""How manuscripts write lists, counts, names, priors and intervals."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from bayes_alliance.report.numbers import correlation, decimal, interval, percent
from bayes_alliance.spec.prior import Prior
from bayes_alliance.summaries.coefficients import Estimate, Range

__all__ = [
    "counted",
    "credible",
    "decapitalised",
    "in_words",
    "prior_phrase",
    "series",
    "spoken",
    "spread",
    "symbols",
    "unspaced",
    "without_hints",
]

#: Digits of standard deviations and of effects that are no correlations, as in the tables.
DIGITS: Final = 3
SMALL: Final = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")
NAMES: Final = {
    "normal": "normal", "half_normal": "half-normal", "half_cauchy": "half-Cauchy",
    "half_t": "half-t", "inverse_gamma": "inverse gamma", "lognormal": "log-normal",
}  # fmt: skip
SYMBOLS: Final = {
    "tau_sample": "τ between samples", "tau_effect": "τ within samples",
    "tau_group": "τ between groups", "half_normal": "half-normal", "half_cauchy": "half-Cauchy",
    "half_t": "half-t", "inverse_gamma": "inverse gamma", "sd of ": "SD of ", " != ": " ≠ ",
}  # fmt: skip
HINT: Final = re.compile(
    r"--[a-z]|\[run\]|^(?:Compare|Give|Leave|Look|Run|Set|Tune|Use|Vary) |^(?:If|consider) .*make |"
    r"consider \w+="
)
LABELLED: Final = re.compile(r"^(?P<term>.+)\[(?P<level>.+)\]$")


def in_words(number: int) -> str:
    """Write a count, below 10 in words.

    Parameters
    ----------
    number : int
        The count.

    Returns
    -------
    str
        ``four`` or ``2,864``.
    """
    return SMALL[number] if 0 <= number < len(SMALL) else f"{number:,}"


def counted(number: int, noun: str) -> str:
    """Write a count with its noun.

    Parameters
    ----------
    number : int
        The count.
    noun : str
        In the singular.

    Returns
    -------
    str
        ``one sample`` or ``40 samples``.
    """
    return f"{in_words(number)} {noun}{'' if number == 1 else 's'}"


def series(items: Sequence[str], word: str = "and") -> str:
    """Write a list with the serial comma.

    Parameters
    ----------
    items : sequence of str
        What is listed.
    word : str
        Before the last.

    Returns
    -------
    str
        ``a``, ``a and b`` or ``a, b, and c``; semicolons where an item has a comma of its own.

    Examples
    --------
    >>> series(["task", "goal", "bond"])
    'task, goal, and bond'
    """
    if len(items) < 3:
        return f" {word} ".join(items)
    comma = ";" if any("," in item for item in items) else ","
    return f"{f'{comma} '.join(items[:-1])}{comma} {word} {items[-1]}"


def spoken(name: str) -> str:
    """Say the name of a coefficient or a contrast.

    Parameters
    ----------
    name : str
        As in the tables, for example ``rater[client]`` or ``task - bond``.

    Returns
    -------
    str
        ``client (rater)`` or ``task minus bond``.

    Examples
    --------
    >>> spoken("task - bond"), spoken("rater[client]")
    ('task minus bond', 'client (rater)')
    """
    sides = name.split(" - ")
    if len(sides) == 2:
        first, second = (LABELLED.match(side) for side in sides)
        if first and second and first["term"] == second["term"]:
            return f"{first['level']} minus {second['level']} ({first['term']})"
        return " minus ".join(spoken(side) for side in sides)
    found = LABELLED.match(name)
    return f"{found['level']} ({found['term']})" if found else name


def decapitalised(sentence: str) -> str:
    """Begin with a small letter, unless the first word is an abbreviation or a name of symbols.

    Parameters
    ----------
    sentence : str
        A sentence.

    Returns
    -------
    str
        To follow a colon.
    """
    first = sentence.split(" ", 1)[0]
    plain = first.isalpha() and first[:1].isupper() and first[1:].islower()
    return sentence[:1].lower() + sentence[1:] if plain else sentence


def unspaced(text: str) -> str:
    """Write percentages as APA style has them, without a blank.

    Parameters
    ----------
    text : str
        Sentences of other reports.

    Returns
    -------
    str
        ``95%`` for ``95 %``.
    """
    return re.sub(r"(?<=\d) %", "%", text)


def credible(given: Range, probability: float, *, in_r: bool, digits: int | None = None) -> str:
    """Write a credible interval after its centre.

    Parameters
    ----------
    given : Range
        The limits.
    probability : float
        Of the interval.
    in_r : bool
        Whether they are correlations.
    digits : int, optional
        By default 2 for correlations, 3 else.

    Returns
    -------
    str
        ``95% CrI [.17, .25]``.
    """
    digits = (2 if in_r else DIGITS) if digits is None else digits
    limits = interval(given, in_r=in_r, digits=digits)
    return f"{percent(probability, blank=False)} CrI {limits}"


def spread(estimate: Estimate, probability: float, *, in_r: bool = False) -> str:
    """Write a posterior median and its interval.

    Parameters
    ----------
    estimate : Estimate
        The posterior.
    probability : float
        Of the interval.
    in_r : bool
        Whether it is a correlation.

    Returns
    -------
    str
        ``0.123, 95% CrI [0.045, 0.210]``.
    """
    centre = correlation(estimate.median) if in_r else decimal(estimate.median, DIGITS)
    limits = Range(None, estimate.lower, estimate.upper)
    return f"{centre}, {credible(limits, probability, in_r=in_r)}"


def prior_phrase(prior: Prior) -> str:
    """Write a prior with its parameters named.

    Parameters
    ----------
    prior : Prior
        The prior.

    Returns
    -------
    str
        ``normal(mean = 0, SD = 0.5)``.

    Examples
    --------
    >>> prior_phrase(Prior("half_normal", scale=0.25))
    'half-normal(scale = 0.25)'
    """
    if prior.family == "flat":
        return "flat (improper)"
    if prior.family == "point":
        return f"fixed at {prior.parameters['value']:g}"
    defaults = {"lower": 0.0, "upper": 1.0} if prior.family == "beta" else {"lower": 0.0}
    told = [
        f"{'SD' if name == 'sd' else name} = {value:g}"
        for name, value in prior.parameters.items()
        if prior.family == "uniform" or defaults.get(name) != value
    ]
    return f"{NAMES.get(prior.family, prior.family)}({', '.join(told)})"


def symbols(text: str) -> str:
    """Say names of parameters as a manuscript does.

    Parameters
    ----------
    text : str
        Sentences of other reports.

    Returns
    -------
    str
        With ``τ between samples`` for ``tau_sample``.

    Examples
    --------
    >>> symbols("moderate evidence for tau_effect = 0")
    'moderate evidence for τ within samples = 0'
    """
    for name, words in SYMBOLS.items():
        text = text.replace(name, words)
    return text


def without_hints(text: str) -> str:
    """Leave out what tells the analyst which option to set.

    Parameters
    ----------
    text : str
        Sentences of a check or a note.

    Returns
    -------
    str
        Those for a reader.

    Examples
    --------
    >>> without_hints("Both count; --set effect.totals takes three values. Errors are independent.")
    'Both count. Errors are independent.'
    """
    kept = [one for one in re.split(r"(?<=[.;:]) ", text) if not HINT.search(one)]
    joined = " ".join(kept)
    return re.sub(r"[;:](?= [A-Z])|[;:]$", ".", joined)
