"""A paragraph of a manuscript and the works it cites."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["Paragraph", "Reference"]


@dataclass(frozen=True, slots=True)
class Paragraph:
    """A paragraph of the methods or results section.

    Parameters
    ----------
    name : str
        What it is about, for example ``priors``; unique in its section.
    heading : str
        Level-2 heading, for example ``Prior distributions``.
    text : str
        The sentences, with citations written as in APA style, (Author & Author, year).
    cites : tuple of str
        Keys of the works cited, in order.
    """

    name: str
    heading: str
    text: str
    cites: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Reference:
    """A work in the list of references.

    Parameters
    ----------
    key : str
        Unique key, for example ``viechtbauer2010``.
    csl : tuple of (str, object)
        The fields of CSL-JSON (type, title, author, issued, container-title, volume, page, DOI).
    """

    key: str
    csl: tuple[tuple[str, object], ...]
