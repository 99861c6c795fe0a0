"""Methods and results of an analysis in APA style, with the works they cite.

Every paragraph is written from the analysis by a file of its own; what was not done is not in the
text. Numbers are written by `bayes_alliance.report.numbers`, as in tables and figures.
"""

from __future__ import annotations

import textwrap
from collections.abc import Callable, Sequence
from typing import Final

from bayes_alliance.report.layout import WIDTH
from bayes_alliance.report.material import Material
from bayes_alliance.report.prose.benchmarks import benchmarks
from bayes_alliance.report.prose.comparison import twin_methods, twin_results
from bayes_alliance.report.prose.computation import computation, software
from bayes_alliance.report.prose.dependence import dependence
from bayes_alliance.report.prose.diagnostics import diagnostics
from bayes_alliance.report.prose.differences import differences
from bayes_alliance.report.prose.effect_sizes import effect_sizes, notice
from bayes_alliance.report.prose.evidence import evidence
from bayes_alliance.report.prose.formats import apa
from bayes_alliance.report.prose.heterogeneity import heterogeneity
from bayes_alliance.report.prose.inference import bayes_factors, benchmark_methods, inference
from bayes_alliance.report.prose.library import library
from bayes_alliance.report.prose.means import means, predictors
from bayes_alliance.report.prose.model import model
from bayes_alliance.report.prose.paragraph import Paragraph, Reference
from bayes_alliance.report.prose.prior_reasons import priors
from bayes_alliance.report.prose.robustness import sensitivity_methods, sensitivity_results
from bayes_alliance.report.prose.sample import sample

__all__ = ["methods", "prose_text", "references", "results"]

Family = Callable[[Material], tuple[Paragraph, ...]]

METHODS: Final[tuple[Family, ...]] = (
    notice, effect_sizes, model, dependence, priors, computation, inference, benchmark_methods,
    bayes_factors, sensitivity_methods, twin_methods, software,
)  # fmt: skip
RESULTS: Final[tuple[Family, ...]] = (
    notice, sample, means, differences, predictors, heterogeneity, benchmarks, evidence,
    sensitivity_results, twin_results, diagnostics,
)  # fmt: skip


def methods(material: Material) -> tuple[Paragraph, ...]:
    """Write the methods section.

    Parameters
    ----------
    material : Material
        The analysis.

    Returns
    -------
    tuple of Paragraph
        In the order of a manuscript; names are unique.
    """
    return tuple(paragraph for family in METHODS for paragraph in family(material))


def results(material: Material) -> tuple[Paragraph, ...]:
    """Write the results section.

    Parameters
    ----------
    material : Material
        The analysis.

    Returns
    -------
    tuple of Paragraph
        In the order of a manuscript, failed checks before all numbers; names are unique.
    """
    found = [paragraph for family in RESULTS for paragraph in family(material)]
    if any(check.passed is False for check in material.checks):
        first = [p for p in found if p.name in ("notice", "checks")]
        found = first + [p for p in found if p not in first]
    return tuple(found)


def references(paragraphs: Sequence[Paragraph]) -> tuple[Reference, ...]:
    """List the works that paragraphs cite.

    Parameters
    ----------
    paragraphs : sequence of Paragraph
        Of one section or of several.

    Returns
    -------
    tuple of Reference
        Each once, in the order of an APA list.

    Examples
    --------
    >>> cited = Paragraph("a", "A", "Text.", ("vehtari2021", "kass1995", "kass1995"))
    >>> [one.key for one in references([cited])]
    ['kass1995', 'vehtari2021']
    """
    keys = dict.fromkeys(key for paragraph in paragraphs for key in paragraph.cites)
    found = (library()[key] for key in keys)
    return tuple(sorted(found, key=lambda one: apa(one).removeprefix("The ").casefold()))


def prose_text(paragraphs: Sequence[Paragraph]) -> str:
    """Lay out paragraphs under their headings in plain text.

    Parameters
    ----------
    paragraphs : sequence of Paragraph
        Of a section.

    Returns
    -------
    str
        Lines of at most 80 columns.
    """
    return "\n\n".join(
        f"{textwrap.fill(one.heading, WIDTH)}\n\n"
        f"{textwrap.fill(one.text, WIDTH, break_on_hyphens=False)}"
        for one in paragraphs
    ) + ("\n" if paragraphs else "")  # fmt: skip
