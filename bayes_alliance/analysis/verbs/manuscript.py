"""Paragraphs for a manuscript, and its references."""

from __future__ import annotations

from textwrap import fill
from typing import TYPE_CHECKING, Literal

from bayes_alliance.engines.fitted import Fitted
from bayes_alliance.errors import InputError, Problem
from bayes_alliance.report.layout import WIDTH
from bayes_alliance.report.material import Material
from bayes_alliance.report.prose.formats import apa, bibtex, csl_json
from bayes_alliance.report.prose.manuscript import methods, prose_text, references, results

if TYPE_CHECKING:
    from bayes_alliance.checks.result import CheckResult
    from bayes_alliance.engines.reml.twin_record import Twin
    from bayes_alliance.summaries.answers import Answers

__all__ = ["ManuscriptVerbs"]

STYLES = ("apa", "bibtex", "csl")


class ManuscriptVerbs:
    """What an analysis says in a manuscript; sensitivity analyses come in with a report."""

    fitted: Fitted
    if TYPE_CHECKING:  # `Fit` makes these when they are first asked for

        @property
        def answers(self) -> Answers:
            """All answers."""

        @property
        def checks(self) -> tuple[CheckResult, ...]:
            """All checks."""

        @property
        def twin(self) -> Twin:
            """The same model by REML."""

    def methods(self) -> str:
        """Write the methods section in APA style.

        Returns
        -------
        str
            Paragraphs under their headings, lines of at most 80 columns.
        """
        return prose_text(methods(self._material()))

    def results(self) -> str:
        """Write the results section in APA style.

        Returns
        -------
        str
            Paragraphs under their headings, lines of at most 80 columns; numbers as in the tables.
        """
        return prose_text(results(self._material()))

    def references(self, style: Literal["apa", "bibtex", "csl"] = "apa") -> str:
        """List the works that methods and results cite.

        Parameters
        ----------
        style : {"apa", "bibtex", "csl"}
            A list in APA style, a BibTeX file, or CSL-JSON for reference managers.

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
        material = self._material()
        found = references([*methods(material), *results(material)])
        if style == "bibtex":
            return bibtex(found)
        if style == "csl":
            return csl_json(found)
        return "\n\n".join(fill(apa(one), WIDTH, subsequent_indent="    ", break_on_hyphens=False,
                                break_long_words=False) for one in found) + "\n"  # fmt: skip

    def _material(self) -> Material:
        return Material(self.fitted, self.answers, self.checks, self.twin)
