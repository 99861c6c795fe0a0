"""Text on figures: numbers as journals print them, labels that fit, and nothing read as formula."""

from __future__ import annotations

import math
import warnings
from collections.abc import Sequence
from functools import cache, lru_cache
from typing import TYPE_CHECKING, Any

from bayes_alliance.plots.style import SMALL, font_families

if TYPE_CHECKING:
    from matplotlib.font_manager import FontProperties

__all__ = [
    "escape",
    "interval_text",
    "number_text",
    "probability_phrase",
    "probability_text",
    "shorten",
    "text_width",
    "wrap",
    "wrap_phrases",
]

MINUS = "\N{MINUS SIGN}"
ELLIPSIS = "\N{HORIZONTAL ELLIPSIS}"


def escape(text: object) -> str:
    r"""Make any text safe to draw: one line, and no ``$`` that would start a formula.

    Parameters
    ----------
    text : object
        A label of the user's data.

    Returns
    -------
    str
        What matplotlib draws as that text, character by character.

    Examples
    --------
    >>> escape("costs $5 to $10")
    'costs \\$5 to \\$10'
    """
    return _one_line(text).replace("$", r"\$")


def _one_line(text: object) -> str:
    line = " ".join(str(text).split())
    return "".join(c for c in line if c.isprintable())


def number_text(value: float, *, is_r: bool, digits: int = 2) -> str:
    """Write a number as journals print it.

    Parameters
    ----------
    value : float
        The number.
    is_r : bool
        A correlation has no zero before its point.
    digits : int
        Digits after the point.

    Returns
    -------
    str
        With a true minus sign; "" if the value is not finite.

    Examples
    --------
    >>> number_text(0.208, is_r=True), number_text(12.5, is_r=False)
    ('.21', '12.50')
    """
    if not math.isfinite(value):
        return ""
    size = f"{abs(value):.{digits}f}"
    sign = MINUS if value < 0 and float(size) else ""
    return sign + (size[1:] if is_r and size.startswith("0.") else size)


def interval_text(centre: float, lower: float, upper: float, *, is_r: bool) -> str:
    """Write a number with its interval.

    Parameters
    ----------
    centre : float
        Median; NaN: the interval stands alone.
    lower, upper : float
        Limits.
    is_r : bool
        Whether they are correlations.

    Returns
    -------
    str
        For example ``.21 [.16, .26]``.
    """
    limits = f"[{number_text(lower, is_r=is_r)}, {number_text(upper, is_r=is_r)}]"
    return f"{number_text(centre, is_r=is_r)} {limits}".strip()


def probability_text(value: float) -> str:
    """Write a probability as tables do; what rounds to 0 or 1 is given as a bound.

    Parameters
    ----------
    value : float
        Between 0 and 1.

    Returns
    -------
    str
        For example ``.98``, ``.993`` or ``> .999``; "" if it is not finite.
    """
    if not math.isfinite(value):
        return ""
    if not 0.001 <= value <= 0.999:
        return "> .999" if value > 0.5 else "< .001"
    return number_text(value, is_r=True, digits=2 if 0.01 <= value <= 0.99 else 3)


def probability_phrase(what: str, value: float) -> str:
    """Write a probability with its event.

    Parameters
    ----------
    what : str
        The event.
    value : float
        Its probability.

    Returns
    -------
    str
        For example ``P(r > 0) = .98``.
    """
    text = probability_text(value)
    return f"P({what}) {text}" if text[0] in "<>" else f"P({what}) = {text}"


@lru_cache(maxsize=4_096)
def text_width(text: str, *, size: float = SMALL, bold: bool = False) -> float:
    """Width of a text, measured without a canvas.

    Parameters
    ----------
    text : str
        One line, escaped or not.
    size : float
        In points.
    bold : bool
        Whether it is set in bold type.

    Returns
    -------
    float
        In inches.
    """
    from matplotlib.textpath import text_to_path

    seen: Any = _one_line(text.replace(r"\$", "$"))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # a missing glyph is told when it is drawn
        width, _, _ = text_to_path.get_text_width_height_descent(
            seen, _font(size, bold), ismath=False
        )
    return float(width) / 72


@cache
def _font(size: float, bold: bool) -> FontProperties:
    from matplotlib.font_manager import FontProperties

    return FontProperties(family=font_families(), size=size, weight="bold" if bold else "normal")


def shorten(text: str, width: float, *, size: float = SMALL, bold: bool = False) -> str:
    """Cut a text to a width, with an ellipsis where it was cut.

    Parameters
    ----------
    text : str
        A label, not yet escaped; line breaks become blanks.
    width : float
        In inches.
    size : float
        In points.
    bold : bool
        Whether it is set in bold type.

    Returns
    -------
    str
        The text itself if it fits; not yet escaped either.
    """
    text = _one_line(text)
    if text_width(text, size=size, bold=bold) <= width + 1e-9:
        return text
    fits, too_long = 0, len(text)
    while too_long - fits > 1:
        middle = (fits + too_long) // 2
        if text_width(text[:middle].rstrip() + ELLIPSIS, size=size, bold=bold) <= width:
            fits = middle
        else:
            too_long = middle
    return text[:fits].rstrip() + ELLIPSIS


def wrap(text: str, width: float, *, size: float = SMALL, bold: bool = False) -> tuple[str, ...]:
    """Break a text into lines of a width.

    Parameters
    ----------
    text : str
        Words; a word wider than a line is shortened.
    width : float
        In inches.
    size : float
        In points.
    bold : bool
        Whether it is set in bold type.

    Returns
    -------
    tuple of str
        The lines, none for an empty text.
    """
    lines: list[str] = []
    for word in text.split():
        longer = f"{lines[-1]} {word}" if lines else word
        if lines and text_width(longer, size=size, bold=bold) <= width:
            lines[-1] = longer
        else:
            lines.append(shorten(word, width, size=size, bold=bold))
    return tuple(lines)


def wrap_phrases(phrases: Sequence[str], width: float) -> tuple[str, ...]:
    """Put phrases, separated by commas, into as few lines of a width as they fit.

    Parameters
    ----------
    phrases : sequence of str
        None of them is broken; one wider than a line has a line of its own.
    width : float
        In inches.

    Returns
    -------
    tuple of str
        The lines.
    """
    lines: list[str] = []
    for phrase in phrases:
        longer = f"{lines[-1]}, {phrase}" if lines else phrase
        if lines and text_width(longer) <= width:
            lines[-1] = longer
        else:
            lines.append(phrase)
    return tuple(lines)
