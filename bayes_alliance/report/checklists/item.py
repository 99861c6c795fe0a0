"""An item of a reporting standard, and what this analysis has to say to it."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["Checklist", "Item"]


@dataclass(frozen=True, slots=True)
class Item:
    """An item of a reporting standard.

    Parameters
    ----------
    number : str
        As the standard numbers it, for example ``1.A`` or ``13d``.
    asks : str
        What the standard asks for, in our words.
    done : bool or None
        Whether the report has it. None: it does not apply, or only the authors can tell (a search
        of the literature, say), which `says` makes clear.
    says : str
        What was done, with its numbers; or that it was not done, and how it could be.
    where : str
        Id of the section of the report that shows it; empty where there is none.
    """

    number: str
    asks: str
    done: bool | None
    says: str
    where: str = ""


@dataclass(frozen=True, slots=True)
class Checklist:
    """A reporting standard with its items.

    Parameters
    ----------
    name : str
        For example ``BARG``.
    title : str
        For example ``Bayesian analysis reporting guidelines``.
    source : str
        Key of the reference.
    items : tuple of Item
        All items, in the order of the standard.
    """

    name: str
    title: str
    source: str
    items: tuple[Item, ...]
