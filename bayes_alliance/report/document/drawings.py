"""The figures of a report, with their captions and what they show in words.

Whoever cannot see a figure is told its main numbers, by the sentences of the results.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import TYPE_CHECKING, Final

from bayes_alliance.checks.result import caution_of
from bayes_alliance.names import TAU_EFFECT, TAU_SAMPLE
from bayes_alliance.report.document.blocks import Drawing
from bayes_alliance.report.document.captions import CAPTIONS, VARIED
from bayes_alliance.report.material import Material
from bayes_alliance.report.words import sentences

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["drawings"]

#: More sampled quantities than this make trace plots nobody reads.
MOST_TRACES: Final = 20
#: A forest with more effects than this is drawn by samples too.
MOST_ROWS: Final = 80
#: Sentences of the results that stand in the description of a figure.
MOST_SENTENCES: Final = 6

Placed = tuple[str, Drawing]


def drawings(material: Material) -> Iterator[Placed]:
    """Name all figures that an analysis has; they are drawn when the report is written.

    Parameters
    ----------
    material : Material
        What the report is made of.

    Yields
    ------
    section : str
        Id of the section.
    drawing : Drawing
        The figure.
    """
    for family in (_means, _terms, _heterogeneity, _predictions, _computation):
        for section, name, draw in family(material):
            yield section, _drawing(name, name, sentences(material.answers), draw)
    for what, variation in material.variations.items():
        told = variation.record.get("sentences", ())
        for name, draw in variation.figures.items():
            kind, own = name.rstrip("_0123456789"), f"{what}_{name}".replace("-", "_")
            yield VARIED[what], _drawing(own, kind, told, draw)


Family = Iterator[tuple[str, str, Callable[[], object]]]


def _drawing(name: str, kind: str, told: Sequence[str], draw: Callable[[], object]) -> Drawing:
    caption = CAPTIONS[kind]
    described = " ".join((caption, *told[:MOST_SENTENCES]))
    return Drawing(name, caption, described, lambda: _whole(draw()))


def _whole(drawn: object) -> list[Figure]:
    """The figures of what a drawing function returned: axes, figures, or several of them."""
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from bayes_alliance.plots.style import figure_of

    several = drawn if isinstance(drawn, list | tuple) else [drawn]
    found: list[Figure] = []
    for one in several:
        figure = figure_of(one) if isinstance(one, Axes) else one
        if not isinstance(figure, Figure):
            raise TypeError("a drawing function returned no axes and no figure")
        if figure not in found:
            found.append(figure)
    return found


def _means(material: Material) -> Family:
    from bayes_alliance.plots.benchmark import benchmark
    from bayes_alliance.plots.forest import forest_pages
    from bayes_alliance.plots.orchard import orchard
    from bayes_alliance.plots.scales import scales

    fitted, caution = material.fitted, caution_of(material.checks)
    yield "means", "posterior", partial(scales, fitted, caution=caution)
    yield "means", "orchard", partial(orchard, fitted, caution=caution)
    if len(fitted.design.y) > MOST_ROWS:
        by_sample = partial(forest_pages, fitted, collapse=True, caution=caution)
        yield "means", "forest_of_samples", by_sample
    yield "means", "forest", partial(forest_pages, fitted, caution=caution)
    if material.answers.benchmarks:
        yield "benchmarks", "benchmark", partial(benchmark, fitted, caution=caution)


def _terms(material: Material) -> Family:
    from bayes_alliance.plots.bubble import bubble
    from bayes_alliance.plots.moderators import moderators

    fitted, caution = material.fitted, caution_of(material.checks)
    if fitted.design.terms:
        yield "moderators", "moderators", partial(moderators, fitted, caution=caution)
    if any(term.kind == "continuous" for term in fitted.design.terms):
        yield "moderators", "bubble", partial(bubble, fitted, caution=caution)


def _heterogeneity(material: Material) -> Family:
    from bayes_alliance.plots.joint_taus import joint_taus
    from bayes_alliance.plots.shrinkage import shrinkage
    from bayes_alliance.plots.variance import variance

    fitted, caution, posterior = (
        material.fitted,
        caution_of(material.checks),
        material.fitted.posterior,
    )
    taus = [name for name in (TAU_SAMPLE, TAU_EFFECT) if posterior.has(name)]
    if taus:
        yield "heterogeneity", "variance", partial(variance, fitted, caution=caution)
    if len(taus) == len((TAU_SAMPLE, TAU_EFFECT)):
        joint = partial(joint_taus, fitted, twin=material.twin, caution=caution)
        yield "heterogeneity", "joint_taus", joint
    if TAU_SAMPLE in taus:
        yield "heterogeneity", "shrinkage", partial(shrinkage, fitted, caution=caution)


def _predictions(material: Material) -> Family:
    from bayes_alliance.plots.predictive import predictive

    if material.fitted.posterior.has(TAU_SAMPLE) or material.fitted.posterior.has(TAU_EFFECT):
        draw = partial(predictive, material.fitted, caution=caution_of(material.checks))
        yield "predictions", "predictive", draw


def _computation(material: Material) -> Family:
    from bayes_alliance.plots.chains import ranks, traces
    from bayes_alliance.plots.funnel import funnel
    from bayes_alliance.plots.loo_pit import loo_pit
    from bayes_alliance.plots.predictive_checks import predictive_checks
    from bayes_alliance.plots.priors import priors

    fitted, caution = material.fitted, caution_of(material.checks)
    yield "priors", "priors", partial(priors, fitted, caution=caution)
    yield "checks", "predictive_checks", partial(predictive_checks, fitted, caution=caution)
    yield "checks", "loo_pit", partial(loo_pit, fitted, caution=caution)
    if "bias" not in material.variations:
        yield "figures", "funnel", partial(funnel, fitted, caution=caution)
    # Draws that are independent of one another have no chains to be looked at.
    chained = any(check.name == "R-hat" and check.passed is not None for check in material.checks)
    if chained and len(fitted.design.coefficients) <= MOST_TRACES:
        yield "computation", "traces", partial(traces, fitted, caution=caution)
        yield "computation", "ranks", partial(ranks, fitted, caution=caution)
