"""Paragraphs for a manuscript, and its references."""

from __future__ import annotations

from collections.abc import Iterable
from textwrap import fill
from typing import Literal

from bayes_alliance.analysis.verbs.gathered import Gathered
from bayes_alliance.errors import InputError, Problem
from bayes_alliance.report.layout import WIDTH
from bayes_alliance.report.prose.formats import apa, bibtex, csl_json
from bayes_alliance.report.prose.manuscript import methods, prose_text, references, results
from bayes_alliance.report.variation import Variation

__all__ = ["ManuscriptVerbs"]

STYLES = ("apa", "bibtex", "csl")


class ManuscriptVerbs(Gathered):
    """What an analysis says in a manuscript."""

    def methods(self, variations: Iterable[Variation] = ()) -> str:
        """Write the methods section in APA style.

        Parameters
        ----------
        variations : iterable of Variation
            Sensitivity analyses that were made; the section tells of no others.

        Returns
        -------
        str
            Paragraphs under their headings, lines of at most 80 columns.
        """
        return prose_text(methods(self.material(variations)))

    def results(self, variations: Iterable[Variation] = ()) -> str:
        """Write the results section in APA style.

        Parameters
        ----------
        variations : iterable of Variation
            Sensitivity analyses that were made.

        Returns
        -------
        str
            Paragraphs under their headings, lines of at most 80 columns; numbers as in the tables.
        """
        return prose_text(results(self.material(variations)))

    def references(
        self,
        style: Literal["apa", "bibtex", "csl"] = "apa",
        variations: Iterable[Variation] = (),
    ) -> str:
        """List the works that methods and results cite.

        Parameters
        ----------
        style : {"apa", "bibtex", "csl"}
            A list in APA style, a BibTeX file, or CSL-JSON for reference managers.
        variations : iterable of Variation
            Sensitivity analyses that were made.

        Returns
        -------
        str
            The list.

        Raises
        ------
        InputError
            If there is no such style.
        """
        if style not in STYLES:
            raise InputError(
                Problem(
                    what=f"{style!r} is no style of references",
                    where="style",
                    cure=f"Choose one of {', '.join(STYLES)}",
                    code="reference_style",
                )
            )
        material = self.material(variations)
        found = references([*methods(material), *results(material)])
        if style == "bibtex":
            return bibtex(found)
        if style == "csl":
            return csl_json(found)
        return "\n\n".join(fill(apa(one), WIDTH, subsequent_indent="    ", break_on_hyphens=False,
                                break_long_words=False) for one in found) + "\n"  # fmt: skip
