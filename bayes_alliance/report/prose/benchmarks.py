"""Results: the posterior against published correlations."""

from __future__ import annotations

from bayes_alliance.report.material import Material
from bayes_alliance.report.numbers import correlation, probability_phrase
from bayes_alliance.report.prose.draft import Draft
from bayes_alliance.report.prose.paragraph import Paragraph
from bayes_alliance.report.prose.phrasing import credible
from bayes_alliance.report.prose.published import benchmark_phrase, mean_of
from bayes_alliance.report.words import SYNTHETIC

__all__ = ["benchmarks"]


def benchmarks(material: Material) -> tuple[Paragraph, ...]:
    """Tell how means stand to published correlations.

    Parameters
    ----------
    material : Material
        The analysis.

    Returns
    -------
    tuple of Paragraph
        One; none without benchmarks.
    """
    answers = material.answers
    declared = {b.name: b for b in material.fitted.benchmarks}
    draft = Draft("benchmarks", "Comparison With Benchmarks")
    for b in answers.benchmarks:
        draft.credit(b.name)
        distance = b.difference_r.centre or 0.0
        size = correlation(abs(distance))
        away = "the same to two decimals" if size == ".00" else (
            f"{'higher' if distance > 0 else 'lower'} by {size}"
        )  # fmt: skip
        width = correlation(answers.rope_difference)
        fixed = b.lower is None or b.upper is None
        draft.say(
            f"Compared with {benchmark_phrase(b, declared.get(b.name))}, "
            f"{mean_of(b.coefficient)} was {away}; difference = {correlation(distance)}, "
            f"{credible(b.difference_r, answers.probability, in_r=True)}, "
            f"{probability_phrase('higher', b.p_above)}, "
            f"{probability_phrase(f'|difference| < {width}', b.p_rope)}"
            f"{' (the benchmark was taken as fixed)' if fixed else ''}."
        )
    if answers.benchmarks and material.fitted.effects.synthetic:
        draft.say(SYNTHETIC)
    return draft.paragraphs()
