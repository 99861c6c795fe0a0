"""How rows, columns and samples are written in messages, so that all of them read alike."""

from __future__ import annotations

import difflib
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

__all__ = ["Places", "join_words", "list_names", "list_rows", "nearest_name", "quoted"]

#: Longer lists are abbreviated to their beginning and a count.
LIST_LIMIT: Final = 8
SAMPLE_LIMIT: Final = 4
QUOTE_LIMIT: Final = 40
#: Nearest names are sought among this many candidates, so that wide tables stay fast.
CANDIDATE_LIMIT: Final = 500


def quoted(text: object) -> str:
    """Text in quotation marks, on one line, without control characters, not too long.

    Parameters
    ----------
    text : object
        What was found in the input.

    Returns
    -------
    str
        The text as it can be shown in a terminal.
    """
    plain = "".join(c if unicodedata.category(c)[0] != "C" else " " for c in str(text))
    if len(plain) > QUOTE_LIMIT:
        plain = plain[: QUOTE_LIMIT - 1] + "…"
    return f'"{plain}"'


def join_words(words: Sequence[str], limit: int | None = LIST_LIMIT) -> str:
    """Words joined by commas and an *and*; abbreviated when there are more than `limit`.

    Parameters
    ----------
    words : sequence of str
        What is listed.
    limit : int or None
        Longest list shown in full; None shows all.

    Returns
    -------
    str
        For example ``"4, 11 and 12"`` or ``"4, 11, 12, … and 96 more"``.
    """
    if len(words) == 1:
        return words[0]
    if limit is None or len(words) <= limit:
        return f"{', '.join(words[:-1])} and {words[-1]}" if words else ""
    shown = words[: max(3, limit - 4)]
    return f"{', '.join(shown)}, … and {len(words) - len(shown):,} more"


def list_rows(rows: Iterable[int], limit: int | None = LIST_LIMIT) -> str:
    """Rows as a message names them.

    Parameters
    ----------
    rows : iterable of int
        Row numbers as the user sees them.
    limit : int or None
        Longest list shown in full; None shows all.

    Returns
    -------
    str
        For example ``"row 4"``, ``"rows 4 and 11"``.
    """
    numbers = [str(int(row)) for row in rows]
    return f"row{'s' if len(numbers) != 1 else ''} {join_words(numbers, limit)}"


def list_names(names: Iterable[object], limit: int | None = LIST_LIMIT) -> str:
    """Names in quotation marks, each once, in order of appearance.

    Parameters
    ----------
    names : iterable of object
        Column names, sample labels or cells.
    limit : int or None
        Longest list shown in full; None shows all.

    Returns
    -------
    str
        For example ``'"A", "B" and "C"'``.
    """
    return join_words([quoted(name) for name in dict.fromkeys(names)], limit)


def nearest_name(name: str, candidates: Iterable[str], cutoff: float = 0.6) -> str | None:
    """The candidate most like a name, regardless of case.

    Parameters
    ----------
    name : str
        What was asked for.
    candidates : iterable of str
        What there is.
    cutoff : float
        Least likeness, from 0 to 1 (the ratio of difflib).

    Returns
    -------
    str or None
        The nearest candidate; None if nothing is near.
    """
    by_key: dict[str, str] = {}
    for candidate in list(candidates)[:CANDIDATE_LIMIT]:
        by_key.setdefault(candidate.casefold(), candidate)
    found = difflib.get_close_matches(name.casefold(), list(by_key), n=1, cutoff=cutoff)
    return by_key[found[0]] if found else None


@dataclass(frozen=True, slots=True)
class Places:
    """Where in the source each row of the table stands.

    Parameters
    ----------
    rows : numpy.ndarray of int, shape (k,)
        Row numbers as the user sees them.
    samples : sequence of str or None, length k
        Labels of the samples; None where the label is blank.
    """

    rows: npt.NDArray[np.int64]
    samples: Sequence[str | None]

    def at(
        self,
        index: npt.ArrayLike,
        column: str | None = None,
        *,
        limit: int | None = LIST_LIMIT,
    ) -> str:
        """Rows, column and samples as a message names them.

        Parameters
        ----------
        index : array_like of int or bool
            Positions of the rows, or a mask of shape (k,).
        column : str or None
            Name of the column in the source.
        limit : int or None
            Longest list of rows shown in full; None shows all.

        Returns
        -------
        str
            For example ``'row 4, column "r", sample "Aronson 1948"'``.
        """
        where = np.asarray(index)
        where = np.flatnonzero(where) if where.dtype == bool else where.astype(np.int64)
        parts = [list_rows(self.rows[where], limit)]
        if column is not None:
            parts.append(f"column {quoted(column)}")
        labels = dict.fromkeys(label for i in where if (label := self.samples[int(i)]) is not None)
        if labels:
            noun = "sample" if len(labels) == 1 else "samples"
            parts.append(f"{noun} {list_names(labels, SAMPLE_LIMIT)}")
        return ", ".join(parts)
