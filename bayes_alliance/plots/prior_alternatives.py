"""Headline answers under other priors: a dot and an interval a prior, one panel an answer.

The declared priors stand first; their interval is the band behind the others. Red: a conclusion
about this answer is another than under the declared priors.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd

from bayes_alliance.engines.fitted import Fitted
from bayes_alliance.plots.footer import Footer, footer_height, footer_of, place_footer
from bayes_alliance.plots.keys import KeyEntry, hang_key, key_height
from bayes_alliance.plots.rows import draw_interval, dress, left_text
from bayes_alliance.plots.sheet import PAUSE, columns_that_fit
from bayes_alliance.plots.style import (
    CAUTION,
    ESTIMATE,
    GREY,
    LARGE,
    MARGIN,
    PAPER,
    ROW,
    TWO_COLUMNS,
    figure_style,
    new_figure,
    placed_axes,
)
from bayes_alliance.plots.wording import escape, number_text, shorten, text_width
from bayes_alliance.sensitivity.priors import PriorAlternatives
from bayes_alliance.summaries.scale import Scale

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["AlternativesData", "alternatives", "alternatives_data"]

KINDS: Final = ("mean", "slope", "difference", "tau")
#: More answers of one kind than this are not drawn; those with a change come first.
MOST: Final = 12
#: Panels in a row; room for the names of priors, between panels, for a title and for the numbers of
#: an axis, in inches.
ACROSS: Final = 4
WIDEST_LABEL: Final = 2.1
#: Most that the names may take of the figure, and least width of a panel.
LABELS: Final = 0.4
NARROWEST: Final = 0.8
GUTTER: Final = 0.12
TITLE: Final = 0.28
NUMBERS: Final = 0.28


@dataclass(frozen=True, slots=True)
class AlternativesData:
    """The numbers of the figure.

    Parameters
    ----------
    answers : pandas.DataFrame
        ``prior``, ``kind``, ``name``, ``median``, ``lower``, ``upper``, ``changed`` (whether a
        conclusion about this answer is another); the declared priors first.
    priors : tuple of str
        Rows, from the top.
    scale : Scale
        How the measure is read as a correlation.
    footer : Footer
        What stands under the figure.
    """

    answers: pd.DataFrame
    priors: tuple[str, ...]
    scale: Scale
    footer: Footer

    @property
    def panels(self) -> tuple[tuple[str, str], ...]:
        """Kind and name of every panel."""
        shown = self.answers[["kind", "name"]].drop_duplicates()
        return tuple((str(kind), str(name)) for kind, name in shown.to_numpy())


def alternatives_data(
    fitted: Fitted, found: PriorAlternatives, *, caution: str = ""
) -> AlternativesData:
    """Arrange the answers under other priors for their figure.

    Parameters
    ----------
    fitted : Fitted
        The analysis.
    found : PriorAlternatives
        Its answers under other priors.
    caution : str
        What the reader must beware of; stands under the figure in red.

    Returns
    -------
    AlternativesData
        Means, slopes, differences and taus that the declared priors answer too, at most twelve of
        a kind.
    """
    answers = found.answers
    turned = {(row.label, d.answer) for row in found.rows for d in row.differences}
    pairs = zip(answers["prior"], answers["name"], strict=True)
    answers = answers.assign(changed=[pair in turned for pair in pairs])
    known = set(answers.loc[answers["prior"] == "declared", "name"])
    changing = {name for _, name in turned}
    kept, left = [], 0
    for kind in KINDS:
        own = answers.loc[(answers["kind"] == kind) & answers["name"].isin(known)]
        names = list(own["name"].unique())
        order = [name for name in names if name in changing]
        chosen = {*[*order, *(name for name in names if name not in order)][:MOST]}
        left += len(names) - len(chosen)
        kept.append(own.loc[own["name"].isin(chosen)])
    scale = "Means and differences on r, taus" if found.scale.has_r else "Everything"
    also = f"{scale} on the analysis scale."
    also += f" Not shown: {left} answers, they stand in the table." if left else ""
    columns = ["prior", "kind", "name", "median", "lower", "upper", "changed"]
    return AlternativesData(
        answers=pd.concat(kept, ignore_index=True)[columns],
        priors=("declared", *(row.label for row in found.rows)),
        scale=found.scale,
        footer=footer_of(fitted, caution=caution, also=also),
    )


def alternatives(
    fitted: Fitted, found: PriorAlternatives, *, caution: str = "", width: float = TWO_COLUMNS
) -> Figure:
    """Draw every headline answer under other priors.

    Parameters
    ----------
    fitted : Fitted
        The analysis.
    found : PriorAlternatives
        Its answers under other priors.
    caution : str
        What the reader must beware of; stands under the figure in red.
    width : float
        Of the figure, in inches.

    Returns
    -------
    matplotlib.figure.Figure
        One panel an answer, one row a prior.

    Examples
    --------
    >>> from bayes_alliance.data.bundled import load
    >>> from bayes_alliance.engines.choose import run_analysis
    >>> from bayes_alliance.sensitivity.priors import over_priors
    >>> from bayes_alliance.spec.library import read_specification
    >>> fitted = run_analysis(load("konstantopoulos2011"), read_specification("schools"))
    >>> [ax.get_title("left") for ax in alternatives(fitted, over_priors(fitted)).axes]
    ['overall', 'tau_sample', 'tau_effect']
    """
    data = alternatives_data(fitted, found, caution=caution)
    with figure_style():
        return _draw(data, width)


def _draw(data: AlternativesData, width: float) -> Figure:
    widest = max(text_width(name) for name in data.priors)
    labels = min(widest, WIDEST_LABEL, LABELS * width) + GUTTER
    most = columns_that_fit(width - labels, NARROWEST, most=ACROSS)
    lines = [data.panels[i : i + most] for i in range(0, len(data.panels), most)]
    tall = ROW * (len(data.priors) + 0.6)
    room, key = width - 2 * MARGIN, _key(data)
    across = min(most, len(data.panels))
    wide = (room - labels - GUTTER * across) / across
    under = MARGIN + footer_height(data.footer, room) + PAUSE + key_height(key, room) + NUMBERS
    step = TITLE + tall + NUMBERS
    figure = new_figure(width, under + step * len(lines) - NUMBERS + MARGIN)
    for number, line in enumerate(lines):
        bottom = under + (len(lines) - 1 - number) * step
        for column, (kind, name) in enumerate(line):
            left = MARGIN + labels + column * (wide + GUTTER)
            ax = placed_axes(figure, left=left, bottom=bottom, width=wide, height=tall)
            ax.set_title(escape(shorten(name, wide, size=LARGE)), fontsize=LARGE, loc="left")
            _draw_panel(ax, data, kind, name)
            if column == 0:
                for height, prior in enumerate(data.priors):
                    left_text(ax, height, prior, start=labels, width=labels - GUTTER)
    place_footer(figure, data.footer)
    first = figure.axes[-len(lines[-1])]
    hang_key(first, key, below=NUMBERS, width=room, left=labels)
    return figure


def _draw_panel(ax: Axes, data: AlternativesData, kind: str, name: str) -> None:
    own = data.answers.loc[(data.answers["kind"] == kind) & (data.answers["name"] == name)]
    from matplotlib.ticker import FuncFormatter, MaxNLocator

    limits, is_r = _limits(own), data.scale.has_r and kind != "tau"
    ax.set_xlim(*limits)
    ax.xaxis.set_major_locator(MaxNLocator(nbins=3, steps=[1, 2, 5, 10]))
    ax.xaxis.set_major_formatter(
        FuncFormatter(lambda x, _: "0" if abs(x) < 1e-9 else number_text(x, is_r=is_r))
    )
    dress(ax)
    ax.set_ylim(len(data.priors) - 0.4, -0.6)
    ax.set_yticks([])
    ax.spines["left"].set_visible(False)
    declared = own.loc[own["prior"] == "declared"].iloc[0]
    ax.axvspan(declared["lower"], declared["upper"], color=ESTIMATE, alpha=0.1, lw=0, zorder=0.2)
    ax.axvline(declared["median"], color=ESTIMATE, lw=0.6, alpha=0.7, zorder=0.4)
    ax.axvline(0, color=GREY, lw=0.6, zorder=0.5)
    for row in own.to_dict("records"):
        y = data.priors.index(row["prior"])
        colour = CAUTION if row["changed"] else ESTIMATE
        draw_interval(ax, y, (row["lower"], row["upper"]), limits, color=colour, lw=1.8, alpha=0.6)
        look: dict[str, Any] = {"color": colour, "mec": PAPER, "mew": 0.4, "zorder": 5}
        ax.plot([row["median"]], [y], marker="D" if row["changed"] else "o", ms=4, **look)


def _limits(own: pd.DataFrame) -> tuple[float, float]:
    """Ends of the axis: all intervals, and 0."""
    values = np.append(own[["lower", "upper"]].to_numpy(float).ravel(), 0.0)
    low, high = float(np.nanmin(values)), float(np.nanmax(values))
    edge = 0.06 * ((high - low) or 1.0)
    return low - edge, high + edge


def _key(data: AlternativesData) -> list[KeyEntry]:
    point = {"color": ESTIMATE, "lw": 1.8, "marker": "o", "markersize": 4, "markeredgecolor": PAPER}
    band = {"patch": True, "facecolor": ESTIMATE, "alpha": 0.15, "edgecolor": "none"}
    entries = [
        KeyEntry("Posterior median and 95 % interval", point),
        KeyEntry("The same under the declared priors", band),
    ]
    if data.answers["changed"].any():
        look = {**point, "color": CAUTION, "marker": "D"}
        entries.append(KeyEntry("A conclusion is another", look))
    return entries
