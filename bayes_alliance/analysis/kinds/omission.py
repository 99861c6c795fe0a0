"""Every sample left out, one after another; and, on request, added one after another."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

from bayes_alliance.analysis.kinds.kind import Kind, Sensitivity, Settings
from bayes_alliance.engines.fitted import Fitted
from bayes_alliance.report.influence import omission_record, omission_text
from bayes_alliance.sensitivity.cumulative import cumulate
from bayes_alliance.sensitivity.influence import Influence, influence_of
from bayes_alliance.sensitivity.omission import refuse_omission

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["KIND"]


def _run(fitted: Fitted, settings: Settings) -> Sensitivity:
    from bayes_alliance.plots.baujat import baujat
    from bayes_alliance.plots.cumulative import cumulative
    from bayes_alliance.plots.influence import left_out_pages
    from bayes_alliance.plots.style import figure_of

    # A column that orders nothing is told before the rest is computed.
    added = None if settings.by is None else cumulate(fitted, settings.by)
    found = influence_of(fitted)
    tables = {
        "leave_one_out": found.omission.table,
        "leave_one_out_answers": found.answers.set_index("sample"),
        "influence": found.table,
        "conclusions": found.conclusions,
    }
    pages = left_out_pages(found.omission)
    figures: dict[str, Callable[[], Figure]] = {
        f"leave_one_out_{page}" if pages > 1 else "leave_one_out": partial(_page, found, page)
        for page in range(1, pages + 1)
    }
    figures["baujat"] = lambda: figure_of(baujat(found))
    if added is not None:
        tables["cumulative"] = added.table
        tables["cumulative_answers"] = added.answers.set_index("added")
        figures["cumulative"] = lambda: cumulative(added)
    return Sensitivity(
        "leave-one-out",
        omission_text(found, added),
        omission_record(found, added),
        tables,
        figures,
    )


def _page(found: Influence, page: int) -> Figure:
    from bayes_alliance.plots.influence import left_out
    from bayes_alliance.plots.style import figure_of

    return figure_of(left_out(found.omission, page=page))


KIND = Kind(_run, refuse_omission, frozenset({"by"}))
