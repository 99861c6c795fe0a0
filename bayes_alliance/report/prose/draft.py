"""A paragraph while it is written: sentences are added, works are cited where they are named."""

from __future__ import annotations

import re
from typing import Final

from bayes_alliance.report.prose.library import in_text, mentioned, narrative
from bayes_alliance.report.prose.paragraph import Paragraph

__all__ = ["Draft"]

#: A label cannot send commands to a terminal, nor break a paragraph.
CONTROL: Final = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")


class Draft:
    """A paragraph in the making.

    Parameters
    ----------
    name : str
        What it is about.
    heading : str
        Level-2 heading.

    Examples
    --------
    >>> draft = Draft("twin", "Comparison")
    >>> draft.say(f"Intervals were robust {draft.source('pustejovsky2018')}.", "")
    >>> draft.paragraphs()[0].cites
    ('pustejovsky2018',)
    """

    def __init__(self, name: str, heading: str) -> None:
        self.name, self.heading = name, heading
        self._sentences: list[str] = []
        self._cites: list[str] = []

    def say(self, *sentences: str) -> None:
        """Add sentences; empty ones are passed over.

        Parameters
        ----------
        *sentences : str
            Whole sentences.
        """
        self._sentences += [one for one in sentences if one]

    def source(self, *keys: str) -> str:
        """Cite works in parentheses.

        Parameters
        ----------
        *keys : str
            Keys of `bayes_alliance.report.prose.library.library`.

        Returns
        -------
        str
            As in ``(Kass & Raftery, 1995)``.
        """
        self._cites += keys
        return in_text(keys)

    def author(self, key: str) -> str:
        """Cite a work as a part of the sentence.

        Parameters
        ----------
        key : str
            Its key.

        Returns
        -------
        str
            As in ``Kass and Raftery (1995)``.
        """
        self._cites.append(key)
        return narrative(key)

    def credit(self, text: str) -> None:
        """Cite the works that a text of the user names, where it is repeated in part.

        Parameters
        ----------
        text : str
            For example the source of a benchmark.
        """
        self._cites += mentioned(text)

    def quote(self, text: str) -> str:
        """Take a text of the user as it stands, with the works that it names.

        Parameters
        ----------
        text : str
            The text.

        Returns
        -------
        str
            The text in quotation marks.
        """
        self.credit(text)
        return f"“{text}”"

    def paragraphs(self) -> tuple[Paragraph, ...]:
        """Finish the paragraph.

        Returns
        -------
        tuple of Paragraph
            One, or none if nothing was said.
        """
        text = " ".join(CONTROL.sub(" ", " ".join(self._sentences)).split())
        cites = tuple(dict.fromkeys(self._cites))
        return (Paragraph(self.name, self.heading, text, cites),) if text else ()
