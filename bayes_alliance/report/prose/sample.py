"""Results: what was analysed, in numbers."""

from __future__ import annotations

import numpy as np

from bayes_alliance.report.material import Material
from bayes_alliance.report.prose.draft import Draft
from bayes_alliance.report.prose.paragraph import Paragraph
from bayes_alliance.report.prose.phrasing import counted

__all__ = ["sample"]


def sample(material: Material) -> tuple[Paragraph, ...]:
    """Describe the samples.

    Parameters
    ----------
    material : Material
        The analysis.

    Returns
    -------
    tuple of Paragraph
        One.
    """
    fitted = material.fitted
    design = fitted.design
    k, s = len(design.y), len(design.sample_ids)
    kept = fitted.effects.keep(np.isin(np.arange(len(fitted.effects)), design.rows))
    groups = ""
    if design.groups is not None:
        groups = f" in {counted(len(design.groups.names), 'group')} ({design.groups.column})"
    draft = Draft("sample", "Samples")
    draft.say(
        f"The analysis was of k = {k} effect {'size' if k == 1 else 'sizes'} from s = {s} "
        f"{'sample' if s == 1 else 'samples'}{groups}."
    )
    if kept.participants is not None:
        n = kept.frame["n"].to_numpy(float)
        known, low, high = np.isfinite(n), float(np.nanmin(n)), float(np.nanmax(n))
        reach = (
            f"all effect sizes had n = {low:,.0f}" if low == high else
            f"the number behind an effect size ranged from n = {low:,.0f} to {high:,.0f}"
        )  # fmt: skip
        lacking = int((~known).sum())
        beside = f"; for {counted(lacking, 'effect size')} it was unknown" if lacking else ""
        draft.say(
            f"The samples comprised {kept.participants:,} participants (the largest n of every "
            f"sample, added up), and {reach}{beside}."
        )
    sizes = np.diff(design.starts, append=k)
    if s > 1:
        low, high = int(sizes.min()), int(sizes.max())
        draft.say(
            f"Every sample contributed {counted(low, 'effect size')}." if low == high else
            f"Samples contributed between {low} and {high} effect sizes (median "
            f"{np.median(sizes):g})."
        )  # fmt: skip
    return draft.paragraphs()
