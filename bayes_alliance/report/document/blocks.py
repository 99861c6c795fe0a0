"""What a report is made of, independent of how it is written down."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from bayes_alliance.report.checklists.item import Checklist
from bayes_alliance.report.prose.paragraph import Reference
from bayes_alliance.report.tables.table import Table

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["Block", "Drawing", "Listed", "Notice", "Pairs", "Report", "Section", "Text"]


@dataclass(frozen=True, slots=True)
class Text:
    """A paragraph of plain text; nothing in it is markup.

    Parameters
    ----------
    text : str
        The sentences.
    heading : str
        What stands above it; empty for none.
    """

    text: str
    heading: str = ""


@dataclass(frozen=True, slots=True)
class Listed:
    """A list of sentences.

    Parameters
    ----------
    items : tuple of str
        The sentences.
    heading : str
        What stands above it; empty for none.
    """

    items: tuple[str, ...]
    heading: str = ""


@dataclass(frozen=True, slots=True)
class Pairs:
    """Labels, each with its value.

    Parameters
    ----------
    pairs : tuple of (str, str)
        Label and value.
    """

    pairs: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Notice:
    """Something that must not be overlooked: simulated data, a failed check.

    Parameters
    ----------
    text : str
        The sentences.
    is_failure : bool
        Whether a check failed.
    """

    text: str
    is_failure: bool = False


@dataclass(frozen=True, slots=True)
class Drawing:
    """A figure with its caption.

    Parameters
    ----------
    name : str
        File name without an ending.
    caption : str
        What stands under it, without a number.
    described : str
        What the figure shows, with its main numbers, for those who cannot see it.
    draw : callable
        Makes the figure: one sheet, or several where it is long.
    """

    name: str
    caption: str
    described: str
    draw: Callable[[], Sequence[Figure]] = field(compare=False, repr=False)


Block = Text | Listed | Pairs | Notice | Drawing | Table | Checklist


@dataclass(frozen=True, slots=True)
class Section:
    """A section of the report.

    Parameters
    ----------
    name : str
        Its id, for example ``heterogeneity``; checklists point to it.
    heading : str
        Its heading.
    blocks : tuple
        What stands in it.
    """

    name: str
    heading: str
    blocks: tuple[Block, ...]


@dataclass(frozen=True, slots=True)
class Report:
    """A whole report.

    Parameters
    ----------
    title : str
        Its title.
    subtitle : str
        Data, model and engine in one line.
    sections : tuple of Section
        In order.
    references : tuple of Reference
        Works cited, in the order of the list.
    """

    title: str
    subtitle: str
    sections: tuple[Section, ...]
    references: tuple[Reference, ...]
