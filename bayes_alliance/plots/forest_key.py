"""The key of a forest."""

from __future__ import annotations

from collections.abc import Sequence

from bayes_alliance.plots.forest_data import ForestData
from bayes_alliance.plots.forest_layout import ForestLine
from bayes_alliance.plots.keys import KeyEntry
from bayes_alliance.plots.references import benchmark_key
from bayes_alliance.plots.rows import level_style
from bayes_alliance.plots.style import ESTIMATE, GREY, INK, PAPER

__all__ = ["forest_key"]


def forest_key(data: ForestData, lines: Sequence[ForestLine]) -> list[KeyEntry]:
    """Entries of the key for what stands on a page.

    Parameters
    ----------
    data : ForestData
        The numbers.
    lines : sequence of ForestLine
        Lines of the page.

    Returns
    -------
    list of KeyEntry
        Nothing that the page does not show.
    """
    kinds: set[str] = {line.kind for line in lines}
    entries = _key_of_effects(data) if kinds & {"effect", "single"} else []
    if "mean" in kinds:
        diamond = {"color": INK, "lw": 0, "marker": "D", "markersize": 4.2}
        which = "median of true correlations" if data.scale.has_r else "mean"
        entries.append(KeyEntry(f"Posterior of the {which}, 95 %", diamond))
    if "new" in kinds:
        area = {"patch": True, "facecolor": INK, "alpha": 0.3, "edgecolor": "none"}
        entries.append(KeyEntry(f"{data.new_effect}: predictive density, 95 %", area))
    return entries + (benchmark_key(data.benchmarks) if _shows_benchmarks(data, kinds) else [])


def _key_of_effects(data: ForestData) -> list[KeyEntry]:
    open_marker = {"marker": "o", "markersize": 3.4, "markeredgewidth": 0.7}
    look = {"color": GREY, "lw": 0.7, "markerfacecolor": PAPER, **open_marker}
    entries = [KeyEntry("Reported, 95 % confidence interval", look)]
    shown: list[tuple[str, int]] = [("", -1)]
    if data.levels:
        shown = [(f", {level}", number) for number, level in enumerate(data.levels)]
        if not data.rows["level"].isin(data.levels).all():
            shown.append((", scale not stated", -1))
    for label, number in shown:
        style = level_style(number)
        colour = style.colour if data.levels else ESTIMATE
        edge = {"markersize": 4.2, "markeredgecolor": PAPER, "markeredgewidth": 0.4}
        look = {"color": colour, "lw": 2.2, "alpha": 0.75, "marker": style.marker, **edge}
        entries.append(KeyEntry(f"True effect{label}, 95 % posterior interval", look))
    if data.rows["not_significant"].any():
        critical = "Printed as not significant: between the critical values"
        entries.append(KeyEntry(critical, {"color": GREY, "lw": 0.7, "linestyle": (0, (2, 1.5))}))
    return entries


def _shows_benchmarks(data: ForestData, kinds: set[str]) -> bool:
    return not data.benchmarks.empty and (len(data.means) == 1 or "mean" in kinds)
